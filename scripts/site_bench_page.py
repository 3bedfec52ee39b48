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
    return "\u00a0/\u00a0".join(
        form.format(both[x][key]) for x in ("stock", "ours")
    )


def scores(found: dict[str, Any]) -> str:
    """Lighthouse, as a phone."""
    rows = [
        [
            kind,
            *(pair(both, key, "{:.0f}") for key in SCORES),
            pair(both, "largest paint, ms"),
        ]
        for kind, both in found.items()
    ]
    head = ["Page", "Performance", "Accessibility", "Best practices", "SEO"]
    head += ["Largest paint, ms"]
    most = {
        (key, site): max(both[site][key] for both in found.values())
        for key in ("layout shift", "blocked, ms")
        for site in ("stock", "ours")
    }
    runs = sorted({len(both["ours"]["runs"]) for both in found.values()})
    many = f"Medians of {' to '.join(map(str, runs))} runs"
    shift, blocked = (
        [f"{most[key, site]:.3g}" for site in ("stock", "ours")]
        for key in ("layout shift", "blocked, ms")
    )
    return (
        f"{table(head, rows)}\n\n{many}. The page that moves most while it "
        f"loads has a layout shift of {shift[0]} with the stock theme, and "
        f"of {shift[1]} here. The longest time that scripts block a page is "
        f"{blocked[0]} ms there and {blocked[1]} ms here."
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
