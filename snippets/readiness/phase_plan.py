"""Is each phase budgeted, owned, and able to end?

Answers: which of the three phases of a plan (research: can it work?
engineering: how will it run? operations: how is it kept alive?) lacks money,
time, an owner, exit evidence that somebody else can open, a result that ends
it or a person who says so; and where the phases contradict each other.

Does not answer: whether the sums suffice. No ratio between the phases is
checked, because we know of no measurement of one. It reads the plan's form
and opens no link, and it cannot see money that is moved later.

Needs:   Python 3.11, standard library
Source:  snippets/readiness/phase_plan.py
Page:    snippets/readiness/phase_plan
Version: 1.0.0 (MIT-0)
"""

from __future__ import annotations

import math
import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import pairwise
from numbers import Real
from typing import Any, Final

__all__ = ["Finding", "check_plan"]

PHASES: Final = ("research", "engineering", "operations")
_LACKS: Final = {
    "budget": "has no money of its own",
    "budget_per_year": "has no money for each year",
    "people": "has nobody's time",
    "owner": "has no owner",
    "starts": "has no first day",
    "ends": "has no day on which it ends",
    "renews": "has no day on which its money is renewed or stopped",
    "evidence": "has no exit evidence",
    "evidence_due": "has no day on which its evidence is due",
    "opened_by": "has no second person who opens the evidence",
    "go_if": "has no result that is good enough",
    "stop_if": "has no result that ends it",
    "decided_by": "has nobody who decides: stop, change or go",
    "paid_by": "has nobody who pays for the second year",
    "switch_off": "has no way to switch the system off",
}
# Lines that a phase must not have, and why. The others fit all three.
_ONCE: Final = {
    "budget": "budget is paid once: give budget_per_year",
    "ends": "ends by no date of its own: give renews",
}
_YEARLY: Final = {
    key: f"{key} belongs to operations"
    for key in ("budget_per_year", "renews", "paid_by", "switch_off")
}
_AMOUNTS: Final = ("budget", "budget_per_year", "people")
_DATES: Final = ("starts", "ends", "renews", "evidence_due", "opened_on")
_PERSONS: Final = ("owner", "opened_by", "decided_by", "paid_by")
_YEAR: Final = timedelta(days=366)
# What people write where they have nothing.
_BLANK: Final = {"", "?", "-", "n/a", "none", "planned", "tba", "tbd", "todo"}
_BLANK_TOO: Final = {"as needed", "in progress", "later", "open", "unknown"}
# Signs that a name is none. A tripwire: "Phoenix" may be a team as well.
_NO_PERSON: Final = re.compile(
    r"^\W+$|[@#/_?\d]|\b(?:admins?|anyone|board|committee|department|dept|"
    r"desk|engineering|everyone|group|management|manager|nobody|operations|"
    r"ops|owner|research|support|teams?|vacan\w+)\b",
    re.IGNORECASE,
)
# A web address, a file, a path, a ticket: something to open.
_OPENS: Final = re.compile(
    r"\w://\w|\w\.(?:csv|html?|ipynb|json|md|pdf|toml|txt|xlsx?)\b"
    r"|(?:^|\s)[.~]{0,2}/\w|\w/[\w.-]+/\w|\b[A-Z]{2,}-\d|#\d"
)


@dataclass(frozen=True)
class Finding:
    """One thing that the plan lacks, or that contradicts itself.

    Attributes:
        phase: "research", "engineering", "operations", or "plan".
        key: the line of the plan to mend; blank if the whole phase lacks.
        says: what is wrong, one line.
    """

    phase: str
    key: str
    says: str

    def __str__(self) -> str:
        return f"{self.phase}: {self.says}"


def check_plan(
    plan: Mapping[str, Any], *, today: date | None = None
) -> tuple[Finding, ...]:
    """Say what a plan of three phases lacks, and where it contradicts itself.

    Args:
        plan: what `tomllib` or `json` read: `system`, `unit` (of the money)
            and a table for each phase. A sum is a number or [low, high], in
            that unit, 0 or more; `people` is how many work on it, 0.5 for
            half of one. A day is a date or ISO 8601 text. All else is text.
            Research and engineering have `budget` and `ends`. Operations has
            `budget_per_year`, `renews`, `paid_by` and `switch_off` instead.
            All three have `people`, `owner`, `starts`, `evidence`,
            `evidence_due`, `opened_by`, `go_if`, `stop_if`, `decided_by` and,
            once it happened, `opened_on`. Every line may be left out.
        today: if given, what should have happened by this day is asked for
            as well.

    Returns:
        The findings: phase by phase, then between the phases, then what is
        late. Empty if the form is complete; it says nothing about the sums.

    Raises:
        ValueError: a key is unknown, or a value is not of the form above.

    Example:
        >>> plan = {"system": "Late flights", "unit": "days", "research": {}}
        >>> for finding in check_plan(plan)[-2:]:
        ...     print(finding)
        engineering: is not in the plan
        operations: is not in the plan
    """
    table = _table("plan", plan, ("system", "unit", *PHASES))
    found = [
        Finding("plan", key, f"has no {key}")
        for key in ("system", "unit")
        if not _value(f"plan.{key}", key, table.get(key, ""))
    ]
    phases = {}
    for phase in PHASES:
        if phase not in table:
            found.append(Finding(phase, "", "is not in the plan"))
            continue
        lines = _table(phase, table[phase], (*_LACKS, "opened_on"))
        phases[phase] = {
            k: _value(f"{phase}.{k}", k, v) for k, v in lines.items()
        }
        found += _alone(phase, phases[phase])
    found += _together(phases)
    if today is not None:
        found += _late(phases, _value("today", "starts", today))
    return tuple(found)


def _alone(phase: str, held: Mapping[str, Any]) -> Iterator[Finding]:
    """What one phase lacks."""
    # --8<-- [start:core]
    foreign = _ONCE if phase == "operations" else _YEARLY
    for key, lack in _LACKS.items():
        if key in foreign and key in held:
            yield Finding(phase, key, foreign[key])
        if key not in foreign and not held.get(key):
            yield Finding(phase, key, lack)
    for key in _PERSONS:
        if _NO_PERSON.search(held.get(key) or "Ada"):
            yield Finding(phase, key, f"{key} is no person: {held[key]}")
    for key in "opened_by", "decided_by":
        if held.get(key) and _same(held[key], held.get("owner")):
            yield Finding(phase, key, f"{key} is the owner: {held[key]}")
    for key in "evidence", "switch_off":
        if held.get(key) and not _OPENS.search(held[key]):
            yield Finding(phase, key, f"{key} names nothing to open")
    for key in "go_if", "stop_if":
        if held.get(key) and not re.search(r"\d", held[key]):
            yield Finding(phase, key, f"{key} has no number")
    # --8<-- [end:core]
    last = "renews" if phase == "operations" else "ends"
    start, end = held.get("starts"), held.get(last)
    due = held.get("evidence_due")
    if start and end and end <= start:
        yield Finding(phase, last, f"{last} on {end}, and starts on {start}")
    if start and end and phase == "operations" and end - start > _YEAR:
        yield Finding(phase, last, f"{last} on {end}, after more than a year")
    if due and end and due > end:
        yield Finding(phase, "evidence_due", f"is due on {due}, after {end}")


def _together(phases: Mapping[str, Mapping[str, Any]]) -> Iterator[Finding]:
    """Where two phases contradict each other, or one person holds all."""
    dated = [phase for phase in phases if phases[phase].get("starts")]
    for phase, after in pairwise(dated):
        start = phases[after]["starts"]
        when = f"{after} starts on {start}"
        for key in "ends", "evidence_due":
            day = phases[phase].get(key)
            if day and start < day:
                yield Finding(phase, key, f"{key} on {day}; {when}")
    owners = [phases.get(phase, {}).get("owner") for phase in PHASES]
    if all(owners) and _same(*owners):
        yield Finding("plan", "owner", f"{owners[0]} owns all three phases")


def _late(
    phases: Mapping[str, Mapping[str, Any]], today: date
) -> Iterator[Finding]:
    """What should have happened by today."""
    for phase, held in phases.items():
        due, opened = held.get("evidence_due"), held.get("opened_on")
        if due and due < today and not opened:
            text = f"was due on {due}, and nobody opened it"
            yield Finding(phase, "evidence_due", text)
        if opened and opened > today:
            yield Finding(phase, "opened_on", f"{opened} has not come yet")
        if held.get("renews") and held["renews"] < today:
            text = f"was to be renewed on {held['renews']}"
            yield Finding(phase, "renews", text)


def _same(*names: str | None) -> bool:
    """Whether all names are one, whatever their case and spaces."""
    return len({str(name).casefold() for name in names}) == 1


def _table(
    name: str, value: object, known: tuple[str, ...]
) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise ValueError(f"{name} must be a table, got {value!r}")
    for key in value:
        if key not in known:
            raise ValueError(f"{name} must hold known keys, got {key!r}")
    return value


def _value(name: str, key: str, value: Any) -> Any:
    """A sum (the upper end), a day or a text, or refuse it by name."""
    if key in _AMOUNTS:
        ends = value if isinstance(value, list | tuple) else [value, value]
        fine = len(ends) == 2 and all(map(_amount, ends))
        if not (fine and ends[0] <= ends[1]):
            rule = "must be a number, 0 or more, or [low, high]"
            raise ValueError(f"{name} {rule}, got {value!r}")
        return ends[1]
    if key in _DATES:
        try:
            if not isinstance(value, date):
                return date.fromisoformat(value)
            if not isinstance(value, datetime):
                return value
        except (TypeError, ValueError):
            pass
        raise ValueError(f"{name} must be a day, got {value!r}")
    text = " ".join(value.split()) if isinstance(value, str) else None
    odd = "<>" if key in _PERSONS else ""
    if text is None or not text.isprintable() or set(odd) & set(text):
        raise ValueError(f"{name} must be plain text, got {value!r}")
    return "" if text.casefold() in _BLANK | _BLANK_TOO else text


def _amount(value: Any) -> bool:
    number = isinstance(value, Real) and not isinstance(value, bool)
    return number and 0 <= value < math.inf


# The case, with invented people and days of work: one phase in full, a line
# for the second, none for the third.
_EXAMPLE = """
system = "Late flights"
unit = "days of work"
[research]
budget = [30, 45]
people = 1
owner = "Ines Fabre"
starts = 2026-01-12
ends = 2026-03-13
evidence = "reports/week-split.html"
evidence_due = 2026-03-06
opened_by = "Tomas Rehn"
go_if = "model minus ten-row table above 0, 95 % interval, held-out weeks"
stop_if = "model minus ten-row table below 0, held-out weeks"
decided_by = "Aino Salo"
[engineering]
budget = 20
owner = "ML team"
starts = 2026-03-02
evidence = "it runs well"
"""

if __name__ == "__main__":
    for finding in check_plan(tomllib.loads(_EXAMPLE)):
        print(finding)
