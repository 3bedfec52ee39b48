"""What is an old feed still worth, and what answers in its place?

Answers: what the hardened model earns while its live feed grows old in three
ways, stands still or is gone, and where the fallback overtakes it; whether
two guards ring when nothing is wrong; and what one planted outage costs on
eight whole days, with nothing, with a stale limit and a ladder of fallbacks,
and with a kill switch as well.

Does not answer: how your feed fails. **The money is invented**: acting costs
1, acting on a truly late flight saves 4. The limits were read off the same
months that they are priced on, and the outage is made up.

Needs:   Python 3.11, NumPy 1.26, scikit-learn 1.7
Source:  snippets/flights/stale.py
Page:    snippets/flights/stale
Version: 1.1.0 (MIT-0)
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray
from sklearn.ensemble import HistGradientBoostingClassifier
from threadpoolctl import threadpool_limits

from snippets.drift.freshness import assess, stuck_runs
from snippets.flights.features import ORIGINS, LiveWindows, live_windows
from snippets.flights.loader import DAYS, Day, Flights, chapter, load_day
from snippets.flights.models import HARDENED, DayBootstrap, fitted, gain
from snippets.hardening.fallback import Answer, Ladder, Reply, Rung
from snippets.hardening.kill_switch import Change, KillSwitch

__all__ = [
    "FALLBACK",
    "Pair",
    "Stale",
    "columns_seen",
    "outage",
    "own_clock",
    "report",
    "run",
    "serve",
    "served_again",
]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

LIVE: Final = ("live_delay", "live_late", "live_wait")
FALLBACK: Final = replace(
    HARDENED,
    name="fallback",
    columns=tuple(c for c in HARDENED.columns if c not in LIVE),
)
AGAIN: Final = (30, 60, 90, 120, 150, 180, 240, 300, 360)  # minutes
EVENTS: Final = (15, 30, 45, 60, 90)
OWN: Final = (60, 120, 180, 240, 300, 360)
LIMIT: Final = timedelta(minutes=30)  # measured here: events stop
STUCK: Final = timedelta(hours=2)
TEMPTING: Final = 0.6  # share of a day acted on
NEVER: Final = np.iinfo(np.int64).max
ALL_FLIGHTS: Final = 336_776
SHOWN: Final = "2013-09-17"
NEW_YORK: Final = ZoneInfo("America/New_York")
# The planted outage, on the clock in New York.
STOPS, THIN, BACK = 10, 13, 17
REPORTED: Final = 5  # while thin, one departure in so many is reported
SWITCH: Final = "delay-model"
WAYS: Final = ("healthy", "nothing", "ladder", "steps")


@dataclass(frozen=True)
class Ahead:
    """What old rows earn beyond the fallback, per 1,000 flights.

    Attributes:
        value: The difference.
        low: Lower end of a 95 % interval over days.
        high: Upper end.
    """

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class Guards:
    """Two guards, asked on months in which nothing was wrong.

    Attributes:
        days: Days from May to December.
        stuck: Runs of two hours or more of one non-zero `live_delay`.
        longest_run: The longest such run of any length, in minutes.
        planted: Freezes planted at noon, one for each airport and day.
        seen: Those that the guard saw by midnight.
        seen_after: Hours until half of those, and until the last, were seen.
        tempting: Each day with more than 60 % of flights acted on: share
            acted on, late rate, and points earned per 1,000 flights.
        tempting_rank: Rank of each by points among all days, 1 is best.
    """

    days: int
    stuck: int
    longest_run: float
    planted: int
    seen: int
    seen_after: dict[str, float]
    tempting: dict[str, dict[str, float]]
    tempting_rank: dict[str, int]


@dataclass(frozen=True)
class Hour:
    """One hour of a day, by the clock in New York when we decide.

    Attributes:
        hour: [0, 23].
        flights: Labelled flights decided on.
        late: How many of them came late.
        model: How many the model answered, with the steps.
        healthy: Points without an outage; the others with it.
        nothing: Points without any step.
        ladder: Points with a stale limit and a ladder of fallbacks.
        steps: Points with the kill switch as well.
    """

    hour: int
    flights: int
    late: int
    model: int
    healthy: float
    nothing: float
    ladder: float
    steps: float


@dataclass(frozen=True)
class Outage:
    """One planted outage on one whole day; points of the day, not per 1,000.

    Attributes:
        late_rate: [0, 1].
        healthy: Points without an outage; the others with it.
        nothing: Points without any step.
        ladder: Points with a stale limit and a ladder of fallbacks.
        steps: Points with the kill switch as well.
        hours: The day hour by hour.
        record: What the switch gave notice of, one line per change.
    """

    late_rate: float
    healthy: float
    nothing: float
    ladder: float
    steps: float
    hours: list[Hour]
    record: list[str]


@dataclass(frozen=True)
class Stale:
    """Points per 1,000 flights, where there is an age by minutes of it.

    Attributes:
        again: Old rows are served again.
        ahead: The same, less the fallback.
        events: Events stop and the clock goes on. Needs all flights, so it
            is empty on the sample.
        own: Counted as of the feed's newest event; empty on the sample.
        fresh: The live feed as it should be.
        missing: The live columns are empty.
        fallback: The same recipe trained without them.
        frozen: For eight months the columns of one moment of January to
            April: the one with the largest and the smallest delay.
        act_on_all: Every flight acted on.
        guards: Two guards.
        outages: The planted outage on each of the eight days.
        total: Points of the eight days together.
        unseen: Points of those that the models were not trained on.
    """

    again: dict[int, float]
    ahead: dict[int, Ahead]
    events: dict[int, float]
    own: dict[int, float]
    fresh: float
    missing: float
    fallback: float
    frozen: dict[str, float]
    act_on_all: float
    guards: Guards
    outages: dict[str, Outage]
    total: dict[str, float]
    unseen: dict[str, float]


def served_again(flights: Flights, asked: Flights, minutes: int) -> Floats:
    """The live columns last written for a flight due `minutes` earlier.

    Args:
        flights: The flights whose columns were written, in their order.
        asked: The flights to answer.
        minutes: Age of the feed, 0 or more.

    Returns:
        shape (len(asked), 3), NaN where nothing was written yet.
    """
    found = np.full((len(asked), len(LIVE)), np.nan)
    late = np.timedelta64(minutes, "m")
    for airport in np.unique(asked["origin"]):
        here = flights.where(flights["origin"] == airport)
        mine = asked["origin"] == airport
        moment = asked["time"][mine] - late
        place = np.searchsorted(here["time"], moment, side="right")
        rows = here.matrix(LIVE)[np.maximum(place - 1, 0)]
        found[mine] = np.where(place[:, None] > 0, rows, np.nan)
    return found


def columns_seen(flights: Flights, asked: Flights, seen_at: Ints) -> Floats:
    """The live columns if each departure is known only from `seen_at` on.

    Args:
        flights: All departures that a window reaches.
        asked: The flights to answer.
        seen_at: shape (len(flights),), minutes since 1970 in UTC.

    Returns:
        shape (len(asked), 3): a flight that is not known to have left counts
        as one that waits.
    """
    counted = np.zeros((4, len(asked)), np.int64)
    for airport in np.unique(asked["origin"]):
        there = flights["origin"] == airport
        mine = asked["origin"] == airport
        due, seen = flights["time"][there].astype(np.int64), seen_at[there]
        delay = np.nan_to_num(flights["dep_delay"][there]).astype(np.int64)
        moments, back = np.unique(
            asked["time"][mine].astype(np.int64), return_inverse=True
        )
        now = moments - 120
        first = np.searchsorted(due, moments - 300, side="right")
        size = np.searchsorted(due, now, side="right") - first
        total = np.zeros((4, len(moments)), np.int64)
        for step in range(int(size.max(initial=0))):
            row = np.flatnonzero(size > step)
            flight = first[row] + step
            unseen = seen[flight] > now[row]
            so_far = np.where(unseen, now[row] - due[flight], delay[flight])
            total[0, row] += 1
            total[1, row] += np.clip(so_far, -15, 180)
            total[2, row] += so_far > 15
            total[3, row] += unseen
        counted[:, mine] = total[:, back]
    columns = LiveWindows(*counted).columns()
    return np.column_stack([columns[name] for name in LIVE])


def left_at(flights: Flights) -> Ints:
    """When each flight left, minutes since 1970 in UTC; `NEVER` if it did not.

    Args:
        flights: Flights with `time` and `dep_delay`.

    Returns:
        shape (len(flights),).
    """
    never = np.isnan(flights["dep_delay"])
    delay = np.nan_to_num(flights["dep_delay"]).astype(np.int64)
    return np.where(never, NEVER, flights["time"].astype(np.int64) + delay)


def own_clock(flights: Flights, asked: Flights, minutes: int) -> Floats:
    """The live columns counted as of the newest event of the feed.

    Args:
        flights: All departures.
        asked: The flights to answer.
        minutes: Age of that event, 0 or more.

    Returns:
        shape (len(asked), 3).
    """
    now: NDArray[np.datetime64] = asked["time"].copy()
    now -= np.timedelta64(minutes, "m")
    columns = live_windows(
        flights["time"],
        flights["origin"],
        flights["dep_delay"],
        now,
        asked["origin"],
    ).columns()
    return np.column_stack([columns[name] for name in LIVE])


class Pair:
    """The hardened model and its fallback, trained on the same flights."""

    def __init__(self, train: Flights):
        self.model = fitted(HARDENED, train)
        self.plain = fitted(FALLBACK, train)

    def with_live(self, asked: Flights, columns: Floats) -> Floats:
        """Probabilities with these live columns, shape (len(asked),)."""
        x = asked.matrix(HARDENED.columns)
        x[:, [HARDENED.columns.index(name) for name in LIVE]] = columns
        return _scores(self.model, x)

    def without(self, asked: Flights) -> Floats:
        """Probabilities of the fallback, shape (len(asked),)."""
        return _scores(self.plain, asked.matrix(FALLBACK.columns))


def _scores(model: HistGradientBoostingClassifier, x: Floats) -> Floats:
    with threadpool_limits(1):
        scores: Floats = model.predict_proba(x)[:, 1]
    return scores


@dataclass(frozen=True, eq=False)
class Scored:
    """Flights of one day in the order in which they are decided.

    Attributes:
        at: When each is decided, in UTC.
        as_of: Up to when its live feed claims to have told everything.
        model: Probabilities of the hardened model on what the feed told.
        plain: Probabilities of the fallback.
    """

    at: list[datetime]
    as_of: list[datetime]
    model: list[float]
    plain: list[float]


def serve(
    scored: Scored, switch: KillSwitch, calls: dict[datetime, str]
) -> list[Answer]:
    """Answer a day of flights: switch, stale limit, rungs.

    Args:
        scored: The flights.
        switch: Has a switch named `delay-model`.
        calls: When a person turns it `on` or `off`.

    Returns:
        One answer per flight, each with its rung and its reasons.
    """
    clock, answers = [scored.at[0]], []
    waiting = sorted(calls)
    ladder = Ladder(
        rungs=[
            Rung(
                "model",
                lambda row, _: Reply(scored.model[row], scored.as_of[row]),
                stale_after=LIMIT,
            ),
            Rung("fallback", lambda row, _: Reply(scored.plain[row])),
            Rung("no warning", lambda *_: Reply(0.0)),
        ],
        seconds=1.0,
        now=lambda: clock[-1],
        clock=float,
    )
    for row, now in enumerate(scored.at):
        clock.append(now)
        while waiting and waiting[0] <= now:
            _person(switch, calls[waiting[0]], waiting.pop(0))
        state = switch.read(SWITCH, now=now)
        off = {} if state.on else {"model": state.alarm or str(state.change)}
        answers.append(ladder.answer(row, off=off))
    return answers


def _person(switch: KillSwitch, to: str, now: datetime) -> None:
    """What the person on call types."""
    if to == "off":
        why = "departures feed silent, its owner is looking"
        hours = timedelta(hours=8)
        switch.turn(
            SWITCH, "off", who="on call", why=why, now=now, review_in=hours
        )
    else:
        why = "feed complete again, says its owner"
        switch.turn(SWITCH, "on", who="on call", why=why, now=now)


def outage(pair: Pair, date: str) -> Outage:
    """Plant the outage on one day and answer its flights in four ways.

    At 10:00 in New York the feed of departures falls silent. At 13:00 it
    claims to be back, and reports one departure in five. At 17:00 all is in.
    Fifteen minutes after the limit has passed somebody turns the model off,
    and fifteen minutes after the feed is whole they turn it on again.

    Args:
        pair: The models.
        date: One of the eight days.

    Returns:
        Points of the day.
    """
    day = _whole(date)
    asked, flights = day.flights, day.departures
    start = datetime.fromisoformat(date).replace(tzinfo=NEW_YORK)
    stops, thin, back = (start.replace(hour=h) for h in (STOPS, THIN, BACK))
    left = left_at(flights)
    first, second, last = (
        int(t.timestamp()) // 60 for t in (stops, thin, back)
    )
    lost = (left >= first) & (left < last)
    seen = np.where(lost, last, left)
    some = lost & (np.arange(len(left)) % REPORTED == 0)
    seen[some] = np.maximum(left[some], second)
    order = np.argsort(asked["time"], kind="stable")
    asked = asked.take(order)
    at = [
        datetime.fromtimestamp(60 * int(m), UTC)
        for m in asked["time"].astype(np.int64) - 120
    ]
    silent = [stops <= t < thin for t in at]
    healthy = pair.with_live(asked, asked.matrix(LIVE))
    broken = pair.with_live(asked, columns_seen(flights, asked, seen))
    plain = pair.without(asked)
    scored = Scored(
        at=at,
        as_of=[
            stops.astimezone(UTC) if gone else t
            for t, gone in zip(at, silent, strict=True)
        ],
        model=broken.tolist(),
        plain=plain.tolist(),
    )
    paged = _paged(scored) + timedelta(minutes=15)
    calls = {paged: "off", back + timedelta(minutes=15): "on"}
    with tempfile.TemporaryDirectory() as folder:
        alone, record = _day(scored, Path(folder, "alone.db"), {})
        steps, record = _day(scored, Path(folder, "steps.db"), calls)
    ways = {
        "healthy": healthy,
        "nothing": broken,
        "ladder": np.array([answer.value for answer in alone]),
        "steps": np.array([answer.value for answer in steps]),
    }
    known = asked.labelled
    points = {name: gain(asked.late, p) * known for name, p in ways.items()}
    hour = np.array([t.astimezone(NEW_YORK).hour for t in at])
    by_model = np.array([answer.rung == "model" for answer in steps])
    return Outage(
        late_rate=float(asked.late[known].mean()),
        **{name: float(p.sum()) for name, p in points.items()},
        hours=[
            Hour(
                hour=int(h),
                flights=int((known & (hour == h)).sum()),
                late=int((asked.late & known & (hour == h)).sum()),
                model=int((by_model & known & (hour == h)).sum()),
                **{n: float(p[hour == h].sum()) for n, p in points.items()},
            )
            for h in np.unique(hour)
        ],
        record=record,
    )


@lru_cache(maxsize=len(DAYS))
def _whole(date: str) -> Day:
    return load_day(date)


def _paged(scored: Scored) -> datetime:
    """When the feed is first too old."""
    return next(
        now
        for now, as_of in zip(scored.at, scored.as_of, strict=True)
        if assess(now, as_of, LIMIT).stale
    )


def _day(
    scored: Scored, path: Path, calls: dict[datetime, str]
) -> tuple[list[Answer], list[str]]:
    """Serve a day with a new switch; the answers, and its record."""
    told: list[Change] = []
    switch = KillSwitch(path, notify=told.append)
    switch.create()
    dawn = scored.at[0]
    why = "chapter 7"
    switch.add(SWITCH, owner="model team", who="release", why=why, now=dawn)
    switch.turn(SWITCH, "on", who="release", why=why, now=dawn)
    answers = serve(scored, switch, calls)
    return answers, [
        f"{change.at.astimezone(NEW_YORK):%H:%M} {change.before} -> "
        f"{change.after} by {change.who}: {change.why}"
        for change in told
    ]


def guards(asked: Flights, points: Floats, acted: NDArray[np.bool_]) -> Guards:
    """Ask two guards about months in which nothing was wrong.

    Args:
        asked: Labelled flights in their order.
        points: shape (n,), what the healthy model earned.
        acted: shape (n,), whether it acted.

    Returns:
        Their false alarms, and what the first one sees when there is a fault.
    """
    days, back = np.unique(asked["date"], return_inverse=True)
    longest, stuck, delays = timedelta(0), 0, list[float]()
    planted = 0
    for airport in range(len(ORIGINS)):
        here = asked.where(asked["origin"] == airport)
        times, values = here["time"] - np.timedelta64(120, "m"), here[LIVE[0]]
        tick = timedelta(minutes=1)
        runs = stuck_runs(times, values, tick, may_stay=[0], max_gap=STUCK)
        stuck += sum(one.length >= STUCK for one in runs)
        longest = max([longest, *(one.length for one in runs)])
        for date in days:
            on = here["date"] == date
            noon = np.searchsorted(here["minute_of_day"][on], 120 + 720)
            planted += 1
            delays += _noticed(times[on], values[on], int(noon))
    n = np.bincount(back)
    share = np.bincount(back, acted) / n
    value = 1000 * np.bincount(back, points) / n
    late = np.bincount(back, asked.late) / n
    rank = np.argsort(np.argsort(-value)) + 1
    rings = [(str(days[i]), i) for i in np.flatnonzero(share > TEMPTING)]
    return Guards(
        days=len(days),
        stuck=stuck,
        longest_run=longest / timedelta(minutes=1),
        planted=planted,
        seen=len(delays),
        seen_after={
            "half": float(np.median(delays)),
            "last": float(max(delays)),
        },
        tempting={
            date: {
                "acted": float(share[i]),
                "late_rate": float(late[i]),
                "value": float(value[i]),
            }
            for date, i in rings
        },
        tempting_rank={date: int(rank[i]) for date, i in rings},
    )


def _noticed(
    times: NDArray[np.datetime64], values: Floats, noon: int
) -> Iterable[float]:
    """Hours from a freeze at noon until the guard sees it, if it does."""
    there = np.flatnonzero(~np.isnan(values[:noon]))
    if not len(there) or noon == len(values):
        return
    frozen = np.append(values[:noon], np.full(len(values) - noon, np.nan))
    frozen[noon:] = values[there[-1]]
    for one in stuck_runs(times, frozen, STUCK, may_stay=[0]):
        due = np.datetime64((one.start + STUCK).replace(tzinfo=None))
        rings = times[max(int(np.searchsorted(times, due)), noon)]
        yield float((rings - times[noon]) / np.timedelta64(1, "h"))
        return


def run(flights: Flights) -> Stale:
    """Price the ages, ask the guards, and plant the outages.

    Args:
        flights: The sample or all flights.

    Returns:
        The figures of this chapter.
    """
    pair, asked = Pair(flights.train), flights.production
    days = DayBootstrap(asked["date"])

    def earned(columns: Floats | float) -> Floats:
        full = np.broadcast_to(columns, (len(asked), len(LIVE)))
        return gain(asked.late, pair.with_live(asked, full))

    def per_1000(points: Floats) -> float:
        return 1000 * float(points.mean())

    healthy = pair.with_live(asked, asked.matrix(LIVE))
    fresh = gain(asked.late, healthy)
    plain = gain(asked.late, pair.without(asked))
    again = {0: fresh}
    again |= {m: earned(served_again(flights, asked, m)) for m in AGAIN}
    ahead = {}
    for minutes, points in again.items():
        beyond = points - plain
        ahead[minutes] = Ahead(per_1000(beyond), *days.interval(beyond))
    events, own = dict[int, float](), dict[int, float]()
    if len(flights) == ALL_FLIGHTS:
        left = np.minimum(left_at(flights), NEVER - max(EVENTS))
        events = {0: per_1000(fresh)}
        for m in EVENTS:
            columns = columns_seen(flights, asked, left + m)
            events[m] = per_1000(earned(columns))
        own = {0: per_1000(fresh)}
        for m in OWN:
            own[m] = per_1000(earned(own_clock(flights, asked, m)))
    train = flights.train
    some = np.where(np.isnan(train[LIVE[0]]), 0.0, train[LIVE[0]])
    outages = {date: outage(pair, date) for date in DAYS}
    first = str(asked["date"].min())
    return Stale(
        again={m: per_1000(points) for m, points in again.items()},
        ahead=ahead,
        events=events,
        own=own,
        fresh=per_1000(fresh),
        missing=per_1000(earned(np.nan)),
        fallback=per_1000(plain),
        frozen={
            name: per_1000(earned(train.matrix(LIVE)[int(row)]))
            for name, row in (
                ("bad", np.argmax(some)),
                ("quiet", np.argmin(some)),
            )
        },
        act_on_all=per_1000(gain(asked.late, np.ones(len(asked)))),
        guards=guards(asked, fresh, healthy >= 0.25),
        outages=outages,
        total=_total(outages.values()),
        unseen=_total(outages[date] for date in DAYS if date >= first),
    )


def _total(days: Iterable[Outage]) -> dict[str, float]:
    """Points of several days together, each way to answer them."""
    days = list(days)
    return {way: sum(getattr(one, way) for one in days) for way in WAYS}


def report(found: Stale) -> str:
    """The results as text for a terminal, 79 columns at most.

    Args:
        found: What `run` returns.

    Returns:
        Text without a final line break.
    """
    lines = ["Points per 1,000 flights, May to December", ""]
    for name, points in (
        ("live feed fresh", found.fresh),
        ("live columns empty", found.missing),
        ("fallback, trained without them", found.fallback),
        ("frozen at the worst moment", found.frozen["bad"]),
        ("frozen at the best moment", found.frozen["quiet"]),
    ):
        lines.append(f"  {name:<32}{points:6.0f}")
    lines += ["", "  age      old rows  less the fallback     events    own"]
    lines.append("  of feed     again  (95 % over days)        stop  clock")
    for m in sorted({*found.again, *found.events, *found.own}):
        cells = [_cell(line, m) for line in (found.events, found.own)]
        beside = ""
        if m in found.ahead:
            a = found.ahead[m]
            beside = f"{a.value:5.0f} [{a.low:.0f}, {a.high:.0f}]"
        row = f"  {m / 60:4g} h  {_cell(found.again, m):>10}  {beside:<18}"
        lines.append(f"{row}{cells[0]:>9}{cells[1]:>7}".rstrip())
    if not found.events:
        lines.append("  (the last two need all departures: --full)")
    g = found.guards
    lines += [
        "",
        f"Guards, {g.days} days with a healthy feed",
        "",
        f"  the same non-zero delay for 2 h: {g.stuck} alarms; the longest "
        f"run is {g.longest_run:.0f} min",
        f"  freezes planted at noon: {g.seen} of {g.planted} seen, half of "
        f"them by {g.seen_after['half']:.1f} h",
        f"  more than 60 % of a day acted on: {len(g.tempting)} alarms",
    ]
    for date, day in g.tempting.items():
        lines.append(
            f"    {date}: {day['acted']:.0%} acted on, {day['late_rate']:.0%}"
            f" late, {day['value']:.0f} points, rank {g.tempting_rank[date]}"
        )
    lines += ["", *_outages(found)]
    return "\n".join(lines)


def _outages(found: Stale) -> list[str]:
    day = found.outages[SHOWN]
    head = "".join(f"{way:>9}" for way in WAYS)
    lines = [
        f"{SHOWN}: silent from {STOPS}:00, thin from {THIN}:00, whole from "
        f"{BACK}:00; points",
        "",
        f"  decided  flights  late  by model{head}",
    ]
    for h in day.hours:
        cells = "".join(f"{getattr(h, way):9.0f}" for way in WAYS)
        lines.append(
            f"  {h.hour:5}:00{h.flights:9}{h.late:6}{h.model:10}{cells}"
        )
    lines += ["", *(f"  {entry}" for entry in day.record)]
    lines += ["", "The same outage on each whole day; points of the day", ""]
    lines.append(f"  {'':<12}late{head}")
    for date, one in found.outages.items():
        cells = "".join(f"{getattr(one, way):9.0f}" for way in WAYS)
        lines.append(f"  {date}{one.late_rate:6.0%}{cells}")
    for name, sums in (
        ("together", found.total),
        ("not trained on", found.unseen),
    ):
        cells = "".join(f"{sums[way]:9.0f}" for way in WAYS)
        lines.append(f"  {name:<16}{cells}")
    return lines


def _cell(line: dict[int, float], minutes: int) -> str:
    return f"{line[minutes]:.0f}" if minutes in line else ""


if __name__ == "__main__":
    chapter(run, report)
