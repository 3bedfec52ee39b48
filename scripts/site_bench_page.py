"""Tables on the site itself, as scripts/bench/site_bench.py measured it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

RESULT = "scripts/bench/results/site.json"
FILES = ("includes/generated/bench/site.md",)
SCORES = ("performance", "accessibility", "best practices", "SEO")
SEARCHES = {
    "cold": "First word typed in a page",
    "slow": "The same on a slow line",
    "warm": "The next word",
}


def site_bench_markdown(root: Path) -> str:
    """Every table whose part was measured, in one order."""
    found = json.loads((root / RESULT).read_text("utf-8"))
    parts = {
        "lighthouse": scores,
        "axe": violations,
        "weight": weights,
        "search": searches,
        "build": builds,
    }
    tools = found["with"]
    text = [
        f"Measured on {tools['made']} with Chromium {tools['chromium']} and "
        f"Lighthouse {tools['lighthouse']}. Two values are stock / ours."
    ]
    text += [make(found[x]) for x, make in parts.items() if x in found]
    return "\n\n".join(text) + "\n"


def table(head: list[str], rows: list[list[str]]) -> str:
    """A Markdown table."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def pair(both: dict[str, Any], key: str, form: str = "{:,}") -> str:
    """Stock / ours."""
    return " / ".join(form.format(both[x][key]) for x in ("stock", "ours"))


def scores(found: dict[str, Any]) -> str:
    """Lighthouse, as a phone."""
    rows = [
        [
            kind,
            *(pair(both, key, "{:.0f}") for key in SCORES),
            pair(both, "largest paint, ms"),
            pair(both, "blocked, ms"),
            pair(both, "layout shift", "{:.3g}"),
        ]
        for kind, both in found.items()
    ]
    head = ["Page", "Performance", "Accessibility", "Best practices", "SEO"]
    head += ["Largest paint, ms", "Blocked, ms", "Layout shift"]
    runs = max(len(both["ours"]["runs"]) for both in found.values())
    return table(head, rows) + (
        "\n\nPerformance, paint and blocked time are medians of "
        f"{runs} runs; layout shift is the largest of them."
        if runs > 1
        else "\n\nOne run."
    )


def violations(found: dict[str, Any]) -> str:
    """axe-core."""
    rows = []
    for kind, both in found.items():
        rules = " / ".join(
            str(len(both[x]["rules"])) for x in ("stock", "ours")
        )
        rows.append([kind, rules, pair(both, "elements")])
    return table(["Page", "Rules of axe broken", "Elements"], rows)


def weights(found: dict[str, Any]) -> str:
    """What the first view fetches."""
    rows = [
        [
            kind,
            pair(both, "requests"),
            pair(both, "KB without the index", "{:,.1f}"),
            pair(both, "KB", "{:,.1f}"),
        ]
        for kind, both in found.items()
    ]
    head = ["Page", "Requests", "KB without the index", "KB in all"]
    return table(head, rows)


def searches(found: dict[str, Any]) -> str:
    """How long until a result shows, and how often the right page does."""
    rows = [
        [name, pair(found, key, "{:,} ms")] for key, name in SEARCHES.items()
    ]
    share = " / ".join(
        f"{found[x]['found']} of {found[x]['of']}" for x in ("stock", "ours")
    )
    rows.append(["Queries of readers that find their page", share])
    return table(["Search", "Stock / ours"], rows)


def builds(found: dict[str, Any]) -> str:
    """CPU seconds of a build."""
    rows = [
        [
            case[0].upper() + case[1:],
            pair(both, "seconds", "{:.1f}"),
            f"{both['ours']['seconds'] / both['stock']['seconds']:.2f}",
        ]
        for case, values in found.items()
        for both in [{x: {"seconds": s} for x, s in values.items()}]
    ]
    sides = "Ours has the theme overrides and `finish_site.py` in it."
    return table(["Build", "CPU seconds", "Ratio"], rows) + f"\n\n{sides}"
