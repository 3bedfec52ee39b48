"""The end of the case: what did each step cost, and what did it buy?

Answers: adds up the chapters from their results on all flights: points before
and after each step, the lines of code that somebody has to keep, what those
lines need, and which steps never paid. Then it reads the owner card: who is
there in which hour, and for which duty nobody.

Does not answer: what the work takes, for nobody measured hours; nor how often
each fault comes, so the column of changes must not be summed up. **The money
is invented**: acting costs 1, acting on a truly late flight saves 4. So are
the people.

Needs:   Python 3.11, standard library
Source:  snippets/flights/ledger.py
Page:    snippets/flights/ledger
Version: 1.0.0 (MIT-0)
"""

from __future__ import annotations

import ast
import json
import re
import tomllib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any, Final

from snippets.readiness.owner_card import (
    OwnerCard,
    Shift,
    coverage,
    loads,
    read_card,
)

__all__ = ["LEDGER", "Entry", "card", "lines_of_code", "needs", "points"]

SNIPPETS: Final = Path(__file__).parents[1]
RESULTS: Final = Path(__file__).with_name("results")
CARD: Final = Path(__file__).with_name("owner.toml")
PERIOD: Final = (
    datetime(2013, 10, 28, 4, tzinfo=UTC),
    datetime(2013, 11, 11, 5, tzinfo=UTC),  # the clocks go back in between
)


@dataclass(frozen=True)
class Entry:
    """One step, priced by the chapter that measured it.

    Attributes:
        kind: `each day`: it earns whatever happens. `one day`: it spares a
            loss if that fault comes. `never`: it earned nothing here.
        chapter: Number of the chapter; 0 is the slide.
        step: What was done, and to which model or against which fault.
        before: Key of the points without it, in the results.
        after: Key of the points with it.
        files: The snippets that do it, as area/name.
    """

    kind: str
    chapter: int
    step: str
    before: str
    after: str
    files: tuple[str, ...]


_HARDENED: Final = "models.hardened.value.value"
_TABLE: Final = "models.table.value.value"
_NOTEBOOK: Final = "models.notebook.value.value"
_POLICY: Final = "retrain.models.{}.policies.{}.value.value"

LEDGER: Final = (
    Entry(
        "each day", 2, "ten rows, no model", _NOTEBOOK, _TABLE,
        ("readiness/baselines",),
    ),
    Entry(
        "each day", 1, "hardened model, known inputs", _TABLE, _HARDENED,
        ("readiness/known_at",),
    ),
    Entry(
        "one day", 1, "a column from the future",
        "leak.served.value.value", "leak.without_the_column.value.value",
        ("readiness/known_at",),
    ),
    Entry(
        "one day", 3, "no answer where a hole is",
        "dropped.ways.refused.all.value", "dropped.ways.served.all.value",
        ("readiness/dropped_rows",),
    ),
    Entry(
        "one day", 4, "a clean rewrite", "golden.rewrite.value",
        "golden.refactored", ("hardening/golden_rows",),
    ),
    Entry(
        "one day", 5, "a forgotten override",
        "settings.mistakes.forgotten override.today",
        "settings.mistakes.forgotten override.meant",
        ("hardening/config", "hardening/prediction_log"),
    ),
    Entry(
        "one day", 6, "the hour in UTC, notebook",
        "contract.faults.notebook.utc.silent",
        "contract.faults.notebook.utc.declared",
        ("hardening/data_contract",),
    ),
    Entry(
        "one day", 6, "a share in per cent, hardened",
        "contract.faults.hardened.percent.silent",
        "contract.faults.hardened.percent.declared",
        ("hardening/data_contract",),
    ),
    Entry(
        "one day", 7, "a feed six hours old", "stale.again.360",
        "stale.fallback",
        ("drift/freshness", "hardening/fallback", "hardening/kill_switch"),
    ),
    Entry(
        "one day", 9, "the model falls behind", _NOTEBOOK,
        "monitors.monitors.notebook.comparator_28_lag.switched",
        ("drift/comparator",),
    ),
    Entry(
        "one day", 10, "a worthless release", "leak.served.value.value",
        _HARDENED,
        ("hardening/shadow", "hardening/canary", "hardening/rollback"),
    ),
    Entry(
        "one day", 11, "outcomes read too early",
        "retrain.ditches.early.policies.calendar.value.value",
        "retrain.ditches.early.policies.gate.value.value",
        ("hardening/promote",),
    ),
    Entry(
        "never", 6, "contract: hour in UTC, hardened",
        "contract.faults.hardened.utc.silent",
        "contract.faults.hardened.utc.declared",
        ("hardening/data_contract",),
    ),
    Entry(
        "never", 9, "comparator on the hardened model", _HARDENED,
        "monitors.monitors.hardened.comparator_28_lag.switched",
        ("drift/comparator",),
    ),
    Entry(
        "never", 9, "switch at a PSI of the score", _HARDENED,
        "monitors.monitors.hardened.score_psi.switched", ("drift/psi",),
    ),
    Entry(
        "never", 11, "recalibrate the hardened model", _HARDENED,
        _POLICY.format("hardened", "recalibrated"),
        ("hardening/recalibrate",),
    ),
    Entry(
        "never", 11, "make the ten rows again", _TABLE,
        "retrain.table_monthly.value.value", ("readiness/baselines",),
    ),
    Entry(
        "never", 11, "gate in place of the calendar",
        _POLICY.format("hardened", "calendar"),
        _POLICY.format("hardened", "gate"), ("hardening/promote",),
    ),
)  # fmt: skip
KINDS: Final = {
    "each day": "Earns on each day",
    "one day": "Spares a loss on the day this happens",
    "never": "Earned nothing from May to December",
}


@cache
def _results(name: str) -> Any:
    return json.loads((RESULTS / f"{name}.json").read_text("utf-8"))


def points(key: str) -> float:
    """A number from the results of the chapters.

    Args:
        key: Name of the file and of each level, with dots between them.

    Returns:
        Points per 1,000 flights, unrounded.

    Raises:
        KeyError: A level is not there.
        TypeError: What is there is no number.

    Example:
        >>> round(points("models.act_on_all"))
        -371
    """
    name, *levels = key.split(".")
    found = _results(name)
    for level in levels:
        found = found[level]
    if not isinstance(found, float):
        raise TypeError(f"{key} must be a number, got {found!r}")
    return found


def lines_of_code(name: str) -> int:
    """Lines of a snippet without comments, docstrings, blanks and its demo.

    Args:
        name: Such as "hardening/fallback".

    Returns:
        1 or more.
    """
    text = (SNIPPETS / f"{name}.py").read_text("utf-8")
    tree = ast.parse(text)
    skip = set[int]()
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            skip.update(range(node.lineno, (node.end_lineno or 0) + 1))
    demo = [n.lineno for n in tree.body if isinstance(n, ast.If)]
    end = min(demo, default=len(text.splitlines()) + 1)
    return sum(
        bool(line.strip()) and not line.strip().startswith("#")
        for i, line in enumerate(text.splitlines(), 1)
        if i not in skip and i < end
    )


def needs(names: Iterable[str]) -> str:
    """What these snippets need beside Python, as their first lines say."""
    found = dict[str, None]()
    for name in names:
        text = (SNIPPETS / f"{name}.py").read_text("utf-8")
        line = re.search(r"^Needs: +Python [\d.]+, (.+)$", text, re.M)
        if line and line[1] != "standard library":
            found |= dict.fromkeys(re.findall(r"[A-Za-z][A-Za-z-]+", line[1]))
    return ", ".join(found) or "nothing"


def card() -> OwnerCard:
    """The owner card of the flights, with invented people."""
    return read_card(tomllib.loads(CARD.read_text("utf-8")))


def _ledger() -> Iterator[str]:
    yield f"{'Points per 1,000 flights':37}before  after change  lines  needs"
    for kind, title in KINDS.items():
        yield f"{title}"
        for e in (e for e in LEDGER if e.kind == kind):
            a, b = round(points(e.before)), round(points(e.after))
            lines = sum(map(lines_of_code, e.files))
            yield (
                f"  {e.chapter:>2} {e.step:32}{a:>6}{b:>7}{_signed(b - a):>7}"
                f"{lines:>7}  {needs(e.files)}"
            )


def _signed(change: int) -> str:
    return f"{change:+}" if change else "0"


def _owners(held: OwnerCard) -> Iterator[str]:
    start, end = PERIOD
    yield f"{held.system}, {start:%d %B} to {end:%d %B}"
    for n, what in (1, "an owner"), (2, "a deputy as well"):
        open_ = coverage(held, start, end, names=n)
        hours = {g.duty: 0.0 for g in open_}
        for gap in open_:
            hours[gap.duty] += gap.hours
        said = ", ".join(f"{duty} {h:.0f} h" for duty, h in hours.items())
        yield f"  hours without {what}: {said or 'none'}"
    for load in loads(held, start, end):
        yield f"  {load.person} {load.share:.0%}, alone: {len(load.alone)}"
    ill = Shift("Tomas Rehn", ["away"], start, end)
    gaps = coverage(replace(held, shifts=(*held.shifts, ill)), start, end)
    without = sum(g.hours for g in gaps)
    yield f"  and if Tomas Rehn is ill: {without:.0f} duty-hours open"


if __name__ == "__main__":
    print("\n".join(_ledger()))
    print()
    print("\n".join(_owners(card())))
