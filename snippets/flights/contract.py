"""Chapter 6: what does a changed feed do, and who notices?

Answers: changes the live stream of May to December in ways that feeds change,
and prices what the notebook's and the hardened model make of it in silence,
what the label gap says in each week, and what is earned if a contract stands
at the door and a table of ten rows answers for the rows it refuses.

Does not answer: how often feeds change, or what a feed that comes too late
does: that is chapter 7. **The money is invented**: acting costs 1, acting on
a truly late flight saves 4.

Needs:   Python 3.11, NumPy 1.26, SciPy 1.11, scikit-learn 1.7
Source:  snippets/flights/contract.py
Page:    snippets/flights/contract
Version: 1.0.0 (MIT-0)
"""

from __future__ import annotations

import textwrap
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from snippets.drift.label_gap import Gap, label_gap
from snippets.flights.features import ORIGINS
from snippets.flights.loader import Flights, chapter, load_weather
from snippets.flights.models import (
    HARDENED,
    NOTEBOOK,
    DayBootstrap,
    RateTable,
    Recipe,
    Value,
    fitted,
    gain,
    score,
    value_per_1000,
)
from snippets.flights.monitors import weeks
from snippets.hardening.data_contract import Batch, Contract, Field

__all__ = [
    "FAULTS",
    "Changed",
    "Fault",
    "answer",
    "door_for",
    "guarded",
    "report",
    "run",
    "serve",
]

Bools = NDArray[np.bool_]
Column = NDArray[Any]
Feed = dict[str, Column]
Floats = NDArray[np.float64]

# no field of these rows is a time, so any aware clock will do
CLOCK: Final = datetime(2013, 5, 1, tzinfo=UTC)
SHUFFLES: Final = 10
UNSEEN: Final = {("dest", "unseen")}

# What a feed of January to April shows, with room around it. The medians are
# those of its 120 days, rounded outwards; fields that follow the seasons have
# none, for July would break what April agreed to.
FIELDS: Final = (
    Field("month", "integer", low=1, high=12),
    Field("day", "integer", low=1, high=31),
    Field("day_of_week", "integer", low=0, high=6),
    Field("minute_of_day", "integer", "min New York", 300, 1439),
    Field("carrier", "integer", "carriers 2013", categories=range(16)),
    Field("origin", "integer", "origins 2013", categories=range(3)),
    Field("dest", "integer", "airports 2013"),
    Field("distance", "integer", "mi", 80, 5000, (700, 1100)),
    Field("block_minutes", "integer", "min", 20, 720),
    Field("flight", "integer", low=1, high=9999),
    Field("temp", "number", "degF", -60, 130, nullable=True),
    Field("dewp", "number", "degF", -60, 130, nullable=True),
    Field("humid", "number", "%", 0, 100, (20, 100), nullable=True),
    Field("wind_dir", "number", "degrees", 0, 360, nullable=True),
    Field("wind_speed", "number", "mph", 0, 150, nullable=True),
    Field("precip", "number", "in", 0, 12, nullable=True),
    Field("pressure", "number", "hPa", 870, 1085, (990, 1045), nullable=True),
    Field("visib", "number", "mi", 0, 10, (1, 10), nullable=True),
    Field("live_delay", "number", "min", -15, 180, nullable=True),
    Field("live_late", "number", "share", 0, 1, nullable=True),
    Field("live_wait", "number", "share", 0, 1, nullable=True),
)
STATION: Final = Contract(list(FIELDS[10:18]), version="weather 1")


@dataclass(frozen=True)
class Fault:
    """One change at the sender.

    Attributes:
        name: What the report calls it.
        field: The field that changes; others beside it in `also`.
        change: From the flights and the old column to the new one; None for
            a field that comes under another name.
        unit: What an honest sender declares now; None if there is nothing
            that it could declare.
        also: Fields that change in the same way.
    """

    name: str
    field: str
    change: Callable[[Flights, Column], Column] | None
    unit: str | None = None
    also: tuple[str, ...] = ()


def _by_size(_: Flights, codes: Column) -> Column:
    """The codes of a list that somebody sorted by number of flights."""
    order = np.argsort(-np.bincount(codes, minlength=16), kind="stable")
    place: Column = np.argsort(order)[codes]
    return place


def _utc(flights: Flights, _: Column) -> Column:
    minute: Column = flights["time"].astype("M8[m]").astype(np.int64) % 1440
    return minute


FAULTS: Final = {
    "utc": Fault("hour sent as UTC", "minute_of_day", _utc, "min UTC"),
    "renamed": Fault("field renamed", "minute_of_day", None),
    "zero": Fault(
        "sensor down, coded 0", "visib", lambda _, x: np.zeros_like(x)
    ),
    "celsius": Fault(
        "temperature in °C", "temp", lambda _, x: (x - 32) / 1.8, "degC"
    ),
    "celsius_both": Fault(
        "... and dew point",
        "temp",
        lambda _, x: (x - 32) / 1.8,
        "degC",
        ("dewp",),
    ),
    "pressure": Fault(
        "pressure in inHg", "pressure", lambda _, x: x / 33.8639, "inHg"
    ),
    "distance": Fault(
        "distance in km",
        "distance",
        lambda _, x: np.rint(x * 1.609344).astype(np.int64),
        "km",
    ),
    "visibility": Fault(
        "visibility in km", "visib", lambda _, x: x * 1.609344, "km"
    ),
    "gaps": Fault("gaps coded 0", "visib", lambda _, x: np.nan_to_num(x)),
    "carriers": Fault(
        "carrier list re-sorted", "carrier", _by_size, "carriers by size"
    ),
    "percent": Fault(
        "live share in per cent", "live_late", lambda _, x: 100 * x, "%"
    ),
}


@dataclass(frozen=True)
class Changed:
    """One fault, one model, May to December.

    Attributes:
        silent: Points per 1,000 flights of the model that reads what comes.
        rows: The same if refused rows go to the ten-row table, where the
            sender declares no units.
        held: The same if a held day sends the next one to the table, too.
        held_bare: As `held`, if no day were judged by its medians.
        declared: The same where the sender declares its units.
        nothing: As `declared`, but a refused row gets no answer.
        change: `silent` less the clean feed, with its 95 % interval by days.
        won: `declared` less `silent`, with the same interval.
        refused: Share of rows refused without declared units, [0, 1].
        refused_declared: Share of rows refused with them, [0, 1].
        first_refused: Rows accepted before the first refusal without
            declared units; None if none was refused.
        first_declared: The same with declared units.
        days_held: Days held without declared units.
        reasons: Rows by reason without declared units, the first three.
        reasons_declared: The same with declared units.
        gap: Label gap of the first week.
        gap_rings: Whether its 95 % interval leaves out 0.
        weeks_ringing: Weeks of 35 in which it does.
        weeks_silenced: Weeks that rang on the clean feed and do no longer.
        weeks_woken: Weeks that ring now and were quiet on the clean feed.
    """

    silent: float
    rows: float
    held: float
    held_bare: float
    declared: float
    nothing: float
    change: Value
    won: Value
    refused: float
    refused_declared: float
    first_refused: int | None
    first_declared: int | None
    days_held: int
    reasons: dict[str, int]
    reasons_declared: dict[str, int]
    gap: float
    gap_rings: bool
    weeks_ringing: int
    weeks_silenced: int
    weeks_woken: int


@dataclass(frozen=True)
class Door:
    """The contract on real rows that nobody changed.

    Attributes:
        rows: Flights, January to December, cancelled ones included.
        unseen: Those refused since the model never met their destination.
        other: Those refused for another reason.
        other_reasons: Their reasons.
        new_airports: Destinations that came after April.
        days: Days, January to December.
        held: Days that are held as a whole, with the first reason.
        station_hours: Rows of the weather table.
        station_refused: Those refused.
        station_reason: Where, when, and why.
        misread: Flights of January to April for which the hardened model
            was trained on the refused row.
    """

    rows: int
    unseen: int
    other: int
    other_reasons: dict[str, int]
    new_airports: int
    days: int
    held: dict[str, str]
    station_hours: int
    station_refused: int
    station_reason: str
    misread: int


@dataclass(frozen=True)
class Results:
    """The figures of this chapter.

    Attributes:
        door: The contract on clean rows.
        table: Points per 1,000 flights of the ten-row table alone.
        clean: The unchanged feed by model; `silent` is the model alone.
        faults: By model, then by fault.
        renames: Points per 1,000 flights by model if one field is renamed
            and filled with NaN, by field.
        shuffled: Lowest, middle and highest points per 1,000 flights over
            random orders of the carrier list, and how many beat the clean
            feed.
        beyond_april: Days of May to December, by field, whose median lies
            outside the daily medians of January to April.
    """

    door: Door
    table: float
    clean: dict[str, Changed]
    faults: dict[str, dict[str, Changed]]
    renames: dict[str, dict[str, float]]
    shuffled: dict[str, float]
    beyond_april: dict[str, int]


def door_for(recipe: Recipe, train: Flights) -> Contract:
    """The contract for the fields that a model reads.

    Args:
        recipe: The model; `visib_3h` is judged as `visib`.
        train: Flights whose destinations the model has met.

    Returns:
        The contract; a day with more than 5 % refused rows is held.
    """
    spec = {field.name: field for field in FIELDS}
    met = frozenset(np.unique(train["dest"]).tolist())
    spec["dest"] = replace(spec["dest"], categories=met)
    fields = [
        replace(spec[name.removesuffix("_3h")], name=name)
        for name in recipe.columns
    ]
    return Contract(fields, version="2013-05-01", max_quarantined=0.05)


def serve(recipe: Recipe, flights: Flights, fault: Fault | None) -> Feed:
    """What the sender sends for some flights.

    Args:
        recipe: The model whose fields are sent.
        flights: The flights.
        fault: The change; None for the feed as agreed.

    Returns:
        Columns by name. A renamed field has another name.
    """
    feed = {name: flights[name] for name in recipe.columns}
    for name in _touched(recipe, fault):
        assert fault is not None
        old = feed.pop(name)
        if fault.change is None:
            feed["scheduled_" + name] = old
        else:
            feed[name] = fault.change(flights, old)
    return feed


def _touched(recipe: Recipe, fault: Fault | None) -> list[str]:
    if fault is None:
        return []
    stems = (fault.field, *fault.also)
    return [n for n in recipe.columns if n.removesuffix("_3h") in stems]


def answer(recipe: Recipe, train: Flights, feed: Feed) -> Floats:
    """What the model says, whatever comes: the silent re-index.

    Args:
        recipe: The model.
        train: The flights it learned from.
        feed: Columns by name, each of shape (n,).

    Returns:
        shape (n,), [0, 1]. A column that is not there is read as NaN.
    """
    n = len(next(iter(feed.values())))
    gone = np.full(n, np.nan)
    x = np.column_stack([feed.get(name, gone) for name in recipe.columns])
    with threadpool_limits(1):
        p: Floats = fitted(recipe, train).predict_proba(x)[:, 1]
    return p


def guarded(
    door: Contract,
    feed: Feed,
    date: Column,
    units: Mapping[str, str] | None,
) -> tuple[Bools, Bools, Bools, list[Batch]]:
    """Put the contract between the feed and the model, day by day.

    Args:
        door: The contract.
        feed: Columns by name, each of shape (n,).
        date: shape (n,), the day of each row, in order.
        units: What the sender declares; None if it declares nothing.

    Returns:
        Rows that are refused, shape (n,); rows that the fallback answers:
        those, and every row of the day after a held day; the same if no day
        were held for its median; the days' batches.
    """
    refused, fallback, bare = (np.zeros(len(date), np.bool_) for _ in "abc")
    start = np.unique(date, return_index=True)[1]
    batches: list[Batch] = []
    held = without = False
    for day in map(slice, start, [*start[1:], len(date)]):
        # --8<-- [start:core]
        sent = {name: column[day] for name, column in feed.items()}
        batch = door.check_columns(sent, now=CLOCK, units=units)
        refused[day] = ~batch.accepted
        # the day is judged as a whole at its end, too late for itself
        fallback[day] = refused[day] | held
        held = bool(batch.held)
        # --8<-- [end:core]
        bare[day] = refused[day] | without
        without = any(why.code != "median" for why in batch.held)
        batches.append(batch)
    return refused, fallback, bare, batches


def run(flights: Flights) -> Results:
    """Break the feed in every way, with and without the contract.

    Args:
        flights: The sample or all flights.

    Returns:
        The figures of this chapter.
    """
    train, served = flights.train, flights.production
    rates = RateTable.fit(train["live_late"], train.late)
    table = rates.predict(served["live_late"])
    days = DayBootstrap(served["date"])
    clean, faults, renames = {}, {}, {}
    for recipe in (NOTEBOOK, HARDENED):
        name, p = recipe.name, score(recipe, train, served)
        quiet = _rings(served, p)
        changed = partial(
            _changed, recipe, train, served, table, p, quiet, days
        )
        clean[name] = changed(None)
        faults[name] = {
            key: changed(fault)
            for key, fault in FAULTS.items()
            if _touched(recipe, fault)
        }
        renames[name] = {
            column: _worth(
                served,
                answer(
                    recipe,
                    train,
                    _without(serve(recipe, served, None), column),
                ),
            )
            for column in recipe.columns
        }
    return Results(
        door=_door(flights),
        table=_worth(served, table),
        clean=clean,
        faults=faults,
        renames=renames,
        shuffled=_shuffled(train, served, clean["notebook"].silent),
        beyond_april=_beyond_april(train, served),
    )


def _worth(served: Flights, p: Floats) -> float:
    return value_per_1000(served.late, p)


def _without(feed: Feed, name: str) -> Feed:
    return {n: column for n, column in feed.items() if n != name}


def _units(recipe: Recipe, door: Contract, fault: Fault) -> dict[str, str]:
    """What an honest sender declares."""
    units = {f.name: f.unit for f in door.fields if f.unit is not None}
    if fault.unit is not None:
        units |= dict.fromkeys(_touched(recipe, fault), fault.unit)
    return units


def _rings(served: Flights, p: Floats) -> list[Gap]:
    """The label gap of each week, by itself."""
    week = weeks(served)
    gaps = []
    for w in range(week[-1] + 1):
        now = week == w
        late, date = served.late[now], served["date"][now]
        gaps.append(label_gap(p[now], late, cluster=date))
    return gaps


def _changed(
    recipe: Recipe,
    train: Flights,
    served: Flights,
    table: Floats,
    clean: Floats,
    quiet: Sequence[Gap],
    days: DayBootstrap,
    fault: Fault | None,
) -> Changed:
    feed, door = serve(recipe, served, fault), door_for(recipe, train)
    p = clean if fault is None else answer(recipe, train, feed)
    gaps = quiet if fault is None else _rings(served, p)
    rings, before = (np.array([g.alarm for g in x]) for x in (gaps, quiet))
    refused, fallback, bare, batches = guarded(
        door, feed, served["date"], None
    )
    out, behind, told = refused, fallback, batches
    if fault is not None and fault.unit is not None:
        honest = _units(recipe, door, fault)
        out, behind, _, told = guarded(door, feed, served["date"], honest)
    return Changed(
        silent=_worth(served, p),
        rows=_worth(served, np.where(refused, table, p)),
        held=_worth(served, np.where(fallback, table, p)),
        held_bare=_worth(served, np.where(bare, table, p)),
        declared=_worth(served, np.where(behind, table, p)),
        nothing=_worth(served, np.where(behind, 0.0, p)),
        change=_difference(served, p, clean, days),
        won=_difference(served, np.where(behind, table, p), p, days),
        refused=float(refused.mean()),
        refused_declared=float(out.mean()),
        first_refused=_first(refused),
        first_declared=_first(out),
        days_held=sum(bool(batch.held) for batch in batches),
        reasons=_reasons(batches),
        reasons_declared=_reasons(told),
        gap=gaps[0].gap,
        gap_rings=bool(rings[0]),
        weeks_ringing=int(rings.sum()),
        weeks_silenced=int((before & ~rings).sum()),
        weeks_woken=int((rings & ~before).sum()),
    )


def _difference(
    served: Flights, p: Floats, other: Floats, days: DayBootstrap
) -> Value:
    points = gain(served.late, p) - gain(served.late, other)
    low, high = days.interval(points)
    return Value(1000 * float(points.mean()), low, high, len(points))


def _first(refused: Bools) -> int | None:
    return int(np.argmax(refused)) if refused.any() else None


def _reasons(batches: Sequence[Batch], most: int = 3) -> dict[str, int]:
    tally: Counter[str] = Counter()
    for batch in batches:
        tally.update(batch.counts)
    return dict(tally.most_common(most))


def _shuffled(
    train: Flights, served: Flights, clean: float
) -> dict[str, float]:
    """The carrier list in random orders."""
    values = []
    for seed in range(SHUFFLES):
        order = np.random.default_rng(seed).permutation(16)
        feed = serve(NOTEBOOK, served, None)
        feed["carrier"] = order[feed["carrier"]]
        values.append(_worth(served, answer(NOTEBOOK, train, feed)))
    return {
        "n": SHUFFLES,
        "lowest": min(values),
        "middle": float(np.median(values)),
        "highest": max(values),
        "above_clean": sum(value > clean for value in values),
    }


def _beyond_april(train: Flights, served: Flights) -> dict[str, int]:
    """Where a range of medians, set in April, does not last the year."""
    days = {}
    for name in NOTEBOOK.columns[7:]:
        known, later = _medians(train, name), _medians(served, name)
        out = (later < np.nanmin(known)) | (later > np.nanmax(known))
        days[name] = int(out.sum())
    return days


def _medians(flights: Flights, name: str) -> Floats:
    start = np.unique(flights["date"], return_index=True)[1]
    days = [day[~np.isnan(day)] for day in np.split(flights[name], start[1:])]
    return np.array([np.median(day) if len(day) else np.nan for day in days])


def _door(flights: Flights) -> Door:
    """Count what the contract refuses on rows that nobody changed."""
    train = flights.train
    door = door_for(NOTEBOOK, train)
    feed = serve(NOTEBOOK, flights, None)
    _, _, _, batches = guarded(door, feed, flights["date"], None)
    reasons = [why for batch in batches for why in batch.reasons.values()]
    news = [{(w.field, w.code) for w in why} == UNSEEN for why in reasons]
    other = Counter(
        f"{w.field} {w.code}"
        for why, new in zip(reasons, news, strict=True)
        for w in why
        if not new
    )
    dates = np.unique(flights["date"])
    new = np.setdiff1d(flights["dest"], train["dest"])
    weather = load_weather()
    sky = {field.name: weather[field.name] for field in STATION.fields}
    hours = STATION.check_columns(sky, now=CLOCK, units=None)
    [(row, [why])] = hours.reasons.items()
    where = ORIGINS[weather["origin"][row]]
    return Door(
        rows=len(flights),
        unseen=sum(news),
        other=len(news) - sum(news),
        other_reasons=dict(other.most_common()),
        new_airports=len(new),
        days=len(dates),
        held={
            str(date): str(batch.held[0])
            for date, batch in zip(dates, batches, strict=True)
            if batch.held
        },
        station_hours=len(weather["time"]),
        station_refused=len(hours.reasons),
        station_reason=f"{where} {weather['time'][row]} {why}",
        misread=int((train["wind_speed_3h"] > 150).sum()),
    )


def report(results: Results) -> str:
    """The results as text for a terminal, 79 columns at most.

    Args:
        results: What `run` returns.

    Returns:
        Text without a final line break.
    """
    door, shuffled = results.door, results.shuffled
    lines = [
        f"Clean rows: {door.rows:,} flights, {door.unseen} refused for one of "
        f"{door.new_airports} airports",
        f"  the model never met, {door.other} otherwise: "
        + ("; ".join(door.other_reasons) or "none"),
        f"Days held: {len(door.held)} of {door.days}",
        *(f"  {day} {why}" for day, why in door.held.items()),
        f"Weather: {door.station_hours:,} station-hours, "
        f"{door.station_refused} refused:",
        *(f"  {x}" for x in textwrap.wrap(door.station_reason, 75)),
        f"  training rows of the hardened model with it: {door.misread}",
        "",
        "Points per 1,000 flights, May to December; the ten-row table alone "
        f"{results.table:.0f}",
        f"{'':<34}{'no units declared':>20}{'units':>10}{'weeks':>9}",
        f"{'':<26}{'silent':>8}{'rows':>8}{'+ days':>12}{'declared':>10}"
        f"{'ringing':>9}",
    ]
    for name, clean in results.clean.items():
        lines.append(f"{name} model")
        lines.append(_line("feed as agreed", clean))
        lines += [
            _line(FAULTS[key].name, changed)
            for key, changed in results.faults[name].items()
        ]
    lines += ["", "Refused without and with declared units, for the notebook"]
    for key, changed in results.faults["notebook"].items():
        bare, told = (
            next(iter(why), "nothing")
            for why in (changed.reasons, changed.reasons_declared)
        )
        lines.append(
            f"  {FAULTS[key].name:<24}{changed.refused:>7.1%} {bare:<24}"
            f"{changed.refused_declared:>7.1%} {told.split()[-1]}"
        )
    lines += ["", "One field renamed and read as NaN: points per 1,000"]
    for name, values in results.renames.items():
        best = sorted(values, key=lambda column: values[column])
        shown = [f"{n} {values[n]:.0f}" for n in best]
        lines.append(
            f"  {name:<10}" + ", ".join(shown[:3]) + " ... " + shown[-1]
        )
    lines += [
        f"Carrier list in {shuffled['n']} random orders: "
        f"{shuffled['lowest']:.0f} to {shuffled['highest']:.0f}, "
        f"{shuffled['above_clean']} of them above the clean feed",
        "Days of 245 with a median that January to April never had:",
        "  "
        + ", ".join(
            f"{name} {results.beyond_april[name]}"
            for name in ("temp", "dewp", "block_minutes", "visib", "distance")
        ),
    ]
    return "\n".join(lines)


def _line(name: str, c: Changed) -> str:
    return (
        f"  {name:<24}{c.silent:>8.0f}{c.rows:>8.0f}{c.held:>12.0f}"
        f"{c.declared:>10.0f}{c.weeks_ringing:>9}"
    )


if __name__ == "__main__":
    chapter(run, report)
