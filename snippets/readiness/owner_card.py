"""Is there a name for every duty, in every hour?

Answers: in which hours nobody who can be reached holds a duty (drift,
thresholds, retraining, complaints), who stands there instead (a team, a list,
somebody away), and how much of the card hangs on each person. Hours are hours
that pass: a day may have 23, 24 or 25.

Does not answer: whether the person picks up, knows the system, or has agreed.
A name on a calendar is a promise; a test call shows what it is worth.

Needs:   Python 3.11, standard library
Source:  snippets/readiness/owner_card.py
Page:    snippets/readiness/owner_card
Version: 1.0.0 (MIT-0)
"""

from __future__ import annotations

import re
import tomllib
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import groupby, pairwise
from operator import itemgetter
from typing import Any, Final
from zoneinfo import ZoneInfo

__all__ = [
    "Gap",
    "Load",
    "OwnerCard",
    "Shift",
    "coverage",
    "loads",
    "read_card",
]

DUTIES: Final = ("drift", "thresholds", "retraining", "complaints")
AWAY: Final = "away"
_TIMES: Final = {"start", "end", "expires"}
_Held = tuple[tuple[str, ...], tuple[str, ...]]  # who counts, who does not
# Signs that a name is none. A tripwire: "Phoenix" may be a team as well.
_NO_PERSON: Final = re.compile(
    r"^\W+$|[@#/_?\d]|\b(?:admins?|anyone|channel|department|dept|desk|"
    r"engineering|everyone|group|manager|nobody|none|on-?call|operations|"
    r"ops|owner|research|rota|support|tb[acd]|teams?|unknown|vacan\w+)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Shift:
    """One person holds some duties for a while, once or again and again.

    Attributes:
        person: the name, one line of text.
        duties: one or more duties of the card; "away" takes the person off
            all others for that time (leave, illness, every Friday, gone).
        start: first moment, with a time zone.
        end: the moment after the last, with a time zone: the hand-over.
        every_days: repeat after so many days until the card expires, 0 to
            366; 0 is once. With a `ZoneInfo` a repetition keeps the time on
            the wall; with a bare offset such as -05:00 it keeps that of UTC.

    Raises:
        ValueError: a text is no single line, there is no duty, a time has no
            zone or lies outside the years 1970 to 2999, `end` is not after
            `start`, or `every_days` is not a whole number in its range.
    """

    person: str
    duties: Sequence[str]
    start: datetime
    end: datetime
    every_days: int = 0

    def __post_init__(self) -> None:
        _texts("person", [self.person])
        _keep(self, "duties", _texts("duties", self.duties))
        _need(self.duties, "duties must hold 1 or more", self.duties)
        _keep(self, "start", _moment("start", self.start))
        _keep(self, "end", _moment("end", self.end))
        later = _utc(self.end) > _utc(self.start)
        _need(later, f"end must be after {self.start}", str(self.end))
        _whole("every_days", self.every_days, 0, 366)


@dataclass(frozen=True)
class OwnerCard:
    """Who answers for one system, and until when the card may be believed.

    Attributes:
        system: its name, one line of text.
        expires: from this moment on, with a time zone, nobody counts.
        duties: each duty with its promised time to answer, "30 minutes". The
            four of `DUTIES` are asked for whether they stand here or not.
        people: each person with a way to reach them. Who is not here does
            not count.
        shifts: who holds what, and when.

    Raises:
        ValueError: a value is not of the form above, or a shift names a duty
            or an absent person that nothing else on the card knows.
    """

    system: str
    expires: datetime
    duties: Mapping[str, str]
    people: Mapping[str, str]
    shifts: Sequence[Shift]

    def __post_init__(self) -> None:
        _texts("system", [self.system])
        _keep(self, "expires", _moment("expires", self.expires))
        for name in "duties", "people":
            table = getattr(self, name)
            _need(isinstance(table, Mapping), f"{name} must be a table", table)
            _texts(name, list(table))
            _texts(name, list(table.values()), blank=True)
            _keep(self, name, dict(table))
        held = self.shifts
        fine = isinstance(held, list | tuple)
        fine = fine and all(isinstance(shift, Shift) for shift in held)
        _need(fine, "shifts must be a list of Shift", held)
        _keep(self, "shifts", tuple(held))
        known = {*DUTIES, AWAY, *self.duties}
        people = {s.person for s in held if AWAY not in s.duties}
        for shift in self.shifts:
            odd = sorted(set(shift.duties) - known)
            _need(not odd, f"shifts must hold one of {sorted(known)}", odd)
            here = shift.person in people.union(self.people)
            _need(here, "shifts must take known people away", shift.person)


@dataclass(frozen=True)
class Gap:
    """Hours in which a duty has too few names that count.

    Attributes:
        duty: which one.
        start: first moment, in UTC.
        end: the moment after the last, in UTC.
        named: who does count: fewer than you asked for.
        instead: who stands on the card without counting, and why not.
    """

    duty: str
    start: datetime
    end: datetime
    named: tuple[str, ...]
    instead: tuple[str, ...]

    @property
    def hours(self) -> float:
        """Hours that pass between `start` and `end`."""
        return (self.end - self.start) / timedelta(hours=1)


@dataclass(frozen=True)
class Load:
    """What hangs on one person.

    Attributes:
        person: the name.
        share: hours with at least one duty, as a share of the period, (0, 1].
        most: duties held at the same time, at most.
        alone: duties for which nobody else counts at any time in the period.
            If it is not empty, the bus factor of the card is one.
    """

    person: str
    share: float
    most: int
    alone: tuple[str, ...]


def coverage(
    card: OwnerCard, start: datetime, end: datetime, *, names: int = 1
) -> tuple[Gap, ...]:
    """Find the hours in which a duty has too few names that count.

    A name counts if it stands in `card.people` with a way to reach the
    person, does not look like a team or a list, is not away, the card has not
    expired, and the duty has a promised time to answer.

    Args:
        card: the card.
        start: first moment to look at, with a time zone.
        end: the moment after the last, with a time zone, 366 days later at
            most.
        names: people that each duty needs at every moment, 1 or more: 1 asks
            for an owner, 2 for an owner and a deputy.

    Returns:
        The gaps, duty by duty and by time; empty if every duty has enough
        names in every hour.

    Raises:
        ValueError: an argument is not of the form above.

    Example:
        >>> monday = datetime(2026, 3, 2, 9, tzinfo=UTC)
        >>> friday = datetime(2026, 3, 6, 9, tzinfo=UTC)
        >>> held = Shift("Ines Fabre", DUTIES[:3], monday, friday)
        >>> promised = dict.fromkeys(DUTIES, "1 working day")
        >>> people = {"Ines Fabre": "+1 555 0100"}
        >>> card = OwnerCard("Late flights", friday, promised, people, [held])
        >>> [(gap.duty, gap.hours) for gap in coverage(card, monday, friday)]
        [('complaints', 96.0)]
    """
    _whole("names", names, 1, 100)
    spans, gaps = _spans(card, start, end), []
    for duty in spans[0][2]:
        rows = [(held[duty], a, b) for a, b, held in spans]
        for (named, instead), run in groupby(rows, key=itemgetter(0)):
            times = [time for _, a, b in run for time in (a, b)]
            if len(named) < names:
                gaps.append(Gap(duty, times[0], times[-1], named, instead))
    return tuple(gaps)


def loads(card: OwnerCard, start: datetime, end: datetime) -> tuple[Load, ...]:
    """Say how much of the card hangs on each person who counts.

    Args:
        card: the card.
        start: first moment to look at, with a time zone.
        end: the moment after the last, with a time zone, 366 days later at
            most.

    Returns:
        One entry for each person who counts at some moment, the largest
        share first; empty if nobody does.

    Raises:
        ValueError: an argument is not of the form above.

    Example:
        >>> monday = datetime(2026, 3, 2, 9, tzinfo=UTC)
        >>> friday = datetime(2026, 3, 6, 9, tzinfo=UTC)
        >>> held = Shift("Ines Fabre", ["drift"], monday, friday)
        >>> promised = dict.fromkeys(DUTIES, "1 working day")
        >>> people = {"Ines Fabre": "+1 555 0100"}
        >>> card = OwnerCard("Late flights", friday, promised, people, [held])
        >>> loads(card, monday, friday)
        (Load(person='Ines Fabre', share=1.0, most=1, alone=('drift',)),)
    """
    time: dict[str, timedelta] = defaultdict(timedelta)
    most: Counter[str] = Counter()
    holders: dict[str, set[str]] = defaultdict(set)
    for a, b, held in _spans(card, start, end):
        now = Counter(who for named, _ in held.values() for who in named)
        most |= now  # the larger number, person by person
        for who in now:
            time[who] += b - a
        for duty, (named, _) in held.items():
            holders[duty].update(named)
    whole = _utc(end) - _utc(start)
    found = []
    for who in sorted(time, key=lambda who: (-time[who], who)):
        alone = tuple(duty for duty in holders if holders[duty] == {who})
        found.append(Load(who, time[who] / whole, most[who], alone))
    return tuple(found)


def read_card(table: Mapping[str, Any]) -> OwnerCard:
    """Make a card from what `tomllib` or `json` read.

    Args:
        table: the fields of `OwnerCard`, its shifts as a list of tables. A
            time is a datetime or ISO 8601 text. With a `time_zone` such as
            "America/New_York" beside them, a time without an offset is read
            on its clock, and all shifts repeat by it. (On Windows, zones
            need the package `tzdata`.)

    Returns:
        The card.

    Raises:
        ValueError: a key is unknown or missing, the zone is unknown, a time
            has neither offset nor zone or falls where the clock jumps, or a
            class refuses a value.

    Example:
        >>> card = read_card({
        ...     "system": "Late flights", "expires": "2026-06-01T00:00Z",
        ...     "duties": {}, "people": {}, "shifts": [],
        ... })
        >>> card.expires.isoformat()
        '2026-06-01T00:00:00+00:00'
    """
    _need(isinstance(table, Mapping), "table must be a table", table)
    given, zone = dict(table), None
    if "time_zone" in given:
        name = given.pop("time_zone")
        try:
            zone = ZoneInfo(name)
        except (AttributeError, LookupError, OSError, TypeError, ValueError):
            _need(False, "time_zone must name a known zone", name)
    rows = given.get("shifts", ())
    _need(isinstance(rows, list | tuple), "shifts must be a list", rows)
    given["shifts"] = [
        _made(Shift, f"shifts[{i}]", row, zone) for i, row in enumerate(rows)
    ]
    card: OwnerCard = _made(OwnerCard, "table", given, zone)
    return card


def _made(kind: Any, place: str, row: Any, zone: ZoneInfo | None) -> Any:
    """One object from one table; an error says in which."""
    try:
        return kind(
            **{
                key: _read(key, value, zone) if key in _TIMES else value
                for key, value in row.items()
            }
        )
    except (AttributeError, TypeError, ValueError) as error:
        raise ValueError(f"{place}: {error}") from error


def _read(name: str, time: object, zone: ZoneInfo | None) -> object:
    """A time from text, and on the clock of the zone."""
    if isinstance(time, str):
        _need(":" in time, f"{name} must have a time of day", time)
        time = datetime.fromisoformat(time)
    if not isinstance(time, datetime) or zone is None:
        return time
    if time.tzinfo is not None:
        return time.astimezone(zone)
    first, again = (time.replace(tzinfo=zone, fold=fold) for fold in (0, 1))
    sure = first.utcoffset() == again.utcoffset()
    _need(sure, f"{name} needs an offset where the clock jumps", str(time))
    return first


def _spans(
    card: OwnerCard, start: datetime, end: datetime
) -> list[tuple[datetime, datetime, dict[str, _Held]]]:
    """Spans without a change: who counts for each duty, and who does not."""
    _need(isinstance(card, OwnerCard), "card must be an OwnerCard", card)
    low, high = _utc(_moment("start", start)), _utc(_moment("end", end))
    fine = timedelta() < high - low <= timedelta(days=366)
    _need(fine, f"end must be within 366 days after {start}", str(end))
    # --8<-- [start:core]
    turns = [
        (a, b, shift)
        for shift in sorted(card.shifts, key=lambda shift: shift.person)
        for a, b in _turns(shift, low, high)
    ]
    expires = _utc(card.expires)
    times = {expires}.union(*((a, b) for a, b, _ in turns))
    edges = sorted({low, high} | {t for t in times if low < t < high})
    spans = []
    for a, b in pairwise(edges):
        on = [shift for first, last, shift in turns if first <= a < last]
        away = {shift.person for shift in on if AWAY in shift.duties}
        held = {}
        for duty in dict.fromkeys((*DUTIES, *card.duties)):
            names = dict.fromkeys(s.person for s in on if duty in s.duties)
            whys = {w: _why(card, duty, w, away, a < expires) for w in names}
            held[duty] = (
                tuple(who for who, why in whys.items() if not why),
                tuple(f"{who}, {why}" for who, why in whys.items() if why),
            )
        spans.append((a, b, held))
    # --8<-- [end:core]
    return spans


def _turns(
    shift: Shift, low: datetime, high: datetime
) -> Iterator[tuple[datetime, datetime]]:
    """In UTC, each time that the shift is held near the period."""
    yield _utc(shift.start), _utc(shift.end)
    step, turn = timedelta(days=shift.every_days), 1
    if step:
        turn = max(1, (low - _utc(shift.end)) // step - 1)
    # Days added to a datetime with a zone keep the time on the wall.
    while step and (a := _utc(shift.start + turn * step)) < high:
        yield a, _utc(shift.end + turn * step)
        turn += 1


def _why(
    card: OwnerCard, duty: str, who: str, away: set[str], valid: bool
) -> str:
    """Why a name does not count; an empty text if it does."""
    reasons = {
        "card expired": not valid,
        "not in people": who not in card.people,
        "no person": _NO_PERSON.search(who),
        "no way to reach": not card.people.get(who, "").strip(),
        "away": who in away,
        "promised no time to answer": not card.duties.get(duty, "").strip(),
    }
    return next((why for why, holds in reasons.items() if holds), "")


def _moment(name: str, time: object) -> datetime:
    """A plain datetime with a zone, or refuse it by name.

    A subclass such as pandas' own adds days in UTC, so it is not kept.
    """
    rule = f"{name} must be a datetime with a time zone"
    if not isinstance(time, datetime) or time != time:  # pandas' NaT
        raise ValueError(f"{rule}, got {time!r}")
    _need(time.utcoffset() is not None, rule, f"naive {time}")
    fine = 1970 <= time.year < 3000
    _need(fine, f"{name} must be in the years 1970 to 2999", str(time))
    wall = time.time().replace(fold=time.fold)
    return datetime.combine(time.date(), wall, time.tzinfo)


def _utc(time: datetime) -> datetime:
    return time.astimezone(UTC)


def _texts(name: str, values: Any, blank: bool = False) -> tuple[str, ...]:
    """A list of texts of one line each, or refuse it by name."""
    _need(isinstance(values, list | tuple), f"{name} must be a list", values)
    for text in values:
        fine = isinstance(text, str) and text.isprintable() and len(text) < 200
        fine = fine and not set("<>") & set(text) and (blank or text.strip())
        _need(fine, f"{name} must be one line of text", text)
    return tuple(values)


def _whole(name: str, value: object, least: int, most: int) -> None:
    fine = type(value) is int and least <= value <= most
    _need(fine, f"{name} must be a whole number, {least} to {most}", value)


def _keep(held: object, name: str, value: object) -> None:
    object.__setattr__(held, name, value)


def _need(fine: object, rule: str, got: object) -> None:
    if not fine:
        raise ValueError(f"{rule}, got {got!r}")


# The case, with two invented people. The first shift was exported as 168
# hours; its week has 169, because the clock goes back on 3 November.
_EXAMPLE = """
system = "Late flights"
expires = 2014-01-01T00:00:00-05:00
[duties]  # each with its promised time to answer
drift = "30 minutes"
thresholds = "1 working day"
retraining = "1 working day"
complaints = "2 working days"
[people]  # each with a way to reach them
"Ines Fabre" = "+1 555 0100"
"Tomas Rehn" = "+1 555 0101"
[[shifts]]
person = "Ines Fabre"
duties = ["drift", "thresholds", "retraining"]
start = 2013-10-28T09:00:00-04:00
end = 2013-11-04T08:00:00-05:00
[[shifts]]
person = "Tomas Rehn"
duties = ["drift", "thresholds"]
start = 2013-11-04T09:00:00-05:00
end = 2013-11-11T09:00:00-05:00
[[shifts]]
person = "Tomas Rehn"
duties = ["away"]
start = 2013-11-07T00:00:00-05:00
end = 2013-11-09T00:00:00-05:00
[[shifts]]
person = "Data Science"
duties = ["complaints"]
start = 2013-10-28T09:00:00-04:00
end = 2013-11-11T09:00:00-05:00
"""

if __name__ == "__main__":
    card = read_card(tomllib.loads(_EXAMPLE))
    period = card.shifts[0].start, card.shifts[1].end
    for gap in coverage(card, *period):
        when = f"{gap.hours:3.0f} h from {gap.start:%d %b %H:%M} UTC"
        print(f"{gap.duty:10} {when}:", *gap.instead or ["nobody"])
    for load in loads(card, *period):
        print(f"{load.person} {load.share:.0%}, {load.most} duties at once")
