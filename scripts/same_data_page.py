"""Tables of "Same data, different answers", from the committed run.

No figure on that page is typed: scripts/bench/same_data.py asks the packages
and writes JSON, and this makes the parts that the page includes.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

RESULT = "scripts/bench/results/same_data.json"
# The cases of each table, by its name.
PARTS = {
    "quiet": ("quiet", "few", "heavy", "ties", "slow"),
    "wild": ("shift", "outlier", "infinite"),
    "missing": ("missing",),
    "shape": ("spread", "zeros", "flag"),
    "many": ("tiny",),
    "categories": ("shops", "new", "gaps"),
}
FILES = tuple(
    f"includes/generated/same_data/{x}.md" for x in ("setting", "all", *PARTS)
)
GAPS = ("missingness", "missing values")  # checks that count empty fields
EMPTY = ("missing", "gaps")  # cases with empty fields


def same_data_markdown(root: Path) -> tuple[str, ...]:
    """The parts in the order of ``FILES``."""
    found = json.loads((root / RESULT).read_text("utf-8"))
    parts = [table(found, PARTS[name]) for name in PARTS]
    return tuple(
        x.rstrip() + "\n" for x in (setting(found), overview(found), *parts)
    )


def setting(found: dict[str, Any]) -> str:
    """Date, rows, versions, and when each check rings."""
    n, m = found["rows"]
    lines = [
        f"Asked on {found['made']} with Python {found['python']}. Unless a "
        f"case says otherwise, the reference has {n:,} rows and the batch "
        f"{m:,}; each case is drawn {found['draws']} times from seeds.",
        "",
        "| Package | Check | It rings | Exact versions |",
        "|---|---|---|---|",
    ]
    for name, package in found["packages"].items():
        pins = ", ".join(x.replace("==", " ") for x in package["pins"])
        limits = {
            check: limit
            for kind in package["limits"].values()
            for check, limit in kind.items()
        }
        for check, limit in limits.items():
            lines.append(f"| {name} | {check} | {limit} | {pins} |")
            pins = "the same"
    return "\n".join(lines)


def overview(found: dict[str, Any]) -> str:
    """One row a case, one check a package: in how many draws it rang."""
    packages = found["packages"]
    lines = [
        "| Case, % of draws that rang | We want | "
        + " | ".join(packages)
        + " |",
        "|---" * (2 + len(packages)) + "|",
    ]
    for case in found["cases"]:
        for gaps in (False, True)[: 1 + (case["name"] in EMPTY)]:
            cells = []
            for package in packages.values():
                checks = [
                    name
                    for name in package["cases"][case["name"]]
                    if (name in GAPS) == gaps
                ]
                judged = package["cases"][case["name"]]
                cell = rang(judged[checks[0]]) if checks else "none"
                cells.append(cell.removesuffix(" %"))
            title = case["title"] + (", asked as missing values" * gaps)
            lines.append(
                f"| {title} | {case['wanted']} | {' | '.join(cells)} |"
            )
    return "\n".join(lines)


def table(found: dict[str, Any], names: tuple[str, ...]) -> str:
    """Every check of every package on a few cases."""
    titles = {x["name"]: x["title"] for x in found["cases"]}
    gaps = {*EMPTY} & {*names}
    lines = [
        "| Package | Check | " + " | ".join(titles[x] for x in names) + " |",
        "|---" * (2 + len(names)) + "|",
    ]
    for name, package in found["packages"].items():
        for check in package["cases"][names[0]]:
            if check in GAPS and not gaps:
                continue
            answers = (package["cases"][x][check] for x in names)
            cells = " | ".join(map(answer, answers))
            lines.append(f"| {name} | {check} | {cells} |")
    return "\n".join(lines)


def answer(one: dict[str, Any]) -> str:
    """The value of the first draw, and how often it rang."""
    if one["first"] is None:
        return rang(one)
    return f"{number(one['first'])}, {rang(one)}"


def number(x: float) -> str:
    if x == float("inf"):
        return "∞"
    shown = f"{x:,.0f}" if abs(x) >= 100 else f"{x:.3g}"
    return shown.replace("0.", ".", 1) if shown.startswith("0.") else shown


def rang(one: dict[str, Any]) -> str:
    """Rings in a hundred draws, or why there is no verdict."""
    if one["errors"]:
        failed = one["draws"] - one["judged"]
        why = next(iter(one["errors"]))
        shown = "NaN" if "not a number" in why else "error"
        return shown if failed == one["draws"] else f"{shown} {failed} times"
    if not one["judged"]:
        return "no limit"
    return f"{100 * one['rang'] / one['judged']:.0f} %"
