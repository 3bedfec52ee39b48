"""Which of three thermometers is wrong?

Answers: what a drift check of one thermometer says about a year of it, whole
and broken; how often three thermometers that are compared with each other
ring when nothing is wrong; after how many days they see five faults, which
one they name, and how small a fault stays unseen.

Does not answer: what is wrong when all three fail alike, or which of two is
right. **The money is invented**: acting costs 1, acting on a truly late
flight saves 4. The faults are planted; one year of weather has one summer.

Needs:   Python 3.11, NumPy 1.26, SciPy 1.11, scikit-learn 1.7
Source:  snippets/flights/sensors.py
Page:    snippets/flights/sensors
Version: 1.0.0 (MIT-0)
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final, Literal

import numpy as np
from numpy.typing import NDArray

from snippets.drift.freshness import stuck_runs
from snippets.drift.ks import Reference, ks_two_sample
from snippets.drift.psi import Baseline, psi
from snippets.flights.features import ORIGINS
from snippets.flights.loader import Flights, chapter, load_weather
from snippets.flights.models import NOTEBOOK, DayBootstrap, gain, score

__all__ = [
    "CHECKS",
    "FAULTS",
    "Check",
    "Seen",
    "Sensors",
    "Watch",
    "by_day",
    "plant",
    "report",
    "run",
    "shared",
]

Bools = NDArray[np.bool_]
Days = NDArray[np.datetime64]
Floats = NDArray[np.float64]
Fault = Callable[[Floats], Floats]

JFK: Final = ORIGINS.index("JFK")
LEAST: Final = 18  # hours that make a day
FINEST: Final = 0.1  # °F, no limit is closer than that
NINE: Final = 0.9  # of the hours of a day
MEMORY: Final = 28  # days that the moving reference looks back
NEAR: Final = 3  # weeks on each side that stand in for last year
HORIZON: Final = 60  # days in which a fault may be seen
BEFORE: Final = 36  # days that a reading may look back on, and some more
SEPTEMBER: Final = np.datetime64("2013-09-01")
MAY: Final = np.datetime64("2013-05-01")
AUGUST: Final = np.datetime64("2013-08-01")
SEA: Final = (110, 220)  # degrees: the ocean lies south of JFK
RULE_OF_THUMB: Final = 0.25  # for PSI, as in chapter 9
SIZES: Final = (1, 2, 3, 4, 5)  # °F at once
RATES: Final = (2, 5, 10, 20)  # hundredths of a °F a day


def by_day(weather: Mapping[str, NDArray[Any]]) -> tuple[Days, Floats]:
    """Temperatures by airport, day and hour of the stations' own clock.

    That clock is Eastern Standard Time all year, five hours behind UTC.

    Args:
        weather: What `load_weather` returns.

    Returns:
        The days, shape (d,), and degrees Fahrenheit, shape (3, d, 24), NaN
        where nothing was reported.
    """
    clock = weather["time"] - np.timedelta64(300, "m")
    date = clock.astype("M8[D]")
    days = np.arange(date.min(), date.max() + 1)
    hour = (clock - date).astype("m8[h]").astype(int)
    temps = np.full((len(ORIGINS), len(days), 24), np.nan)
    row = (date - days[0]).astype(int)
    temps[weather["origin"], row, hour] = weather["temp"]
    return days, temps


def middle(temps: Floats) -> Floats:
    """Each thermometer less the middle one of the three, hour by hour.

    Args:
        temps: shape (3, d, 24).

    Returns:
        The same shape; NaN where one of the three is missing. The middle one
        itself has 0, so a single bad thermometer cannot move it far.
    """
    # --8<-- [start:core]
    least, most = temps.min(axis=0), temps.max(axis=0)
    between: Floats = temps.sum(axis=0) - least - most
    gaps: Floats = temps - between
    # --8<-- [end:core]
    return gaps


def _others(temps: Floats) -> Floats:
    """Each thermometer less the mean of the other two."""
    gaps: Floats = 1.5 * (temps - temps.mean(axis=0))
    return gaps


def _alone(temps: Floats) -> Floats:
    return temps


def day_mean(gaps: Floats) -> Floats:
    """The mean of each day, NaN below 18 hours; shape (3, d, 24) to (3, d)."""
    known = ~np.isnan(gaps)
    n = known.sum(axis=2)
    total = np.where(known, gaps, 0.0).sum(axis=2)
    return np.where(n >= LEAST, total / np.maximum(n, 1), np.nan)


def shared(gaps: Floats, share: float = NINE) -> Floats:
    """The gap that at least a share of the hours of a day reach.

    A broken thermometer is wrong by day and by night. Weather that comes and
    goes leaves 0 here, for some hours lie on the other side.

    Args:
        gaps: shape (3, d, 24), NaN for missing.
        share: Of the hours that have a value, above 0.5 and up to 1.

    Returns:
        shape (3, d): above 0 if that share of the hours is at least so much
        too warm, below 0 if too cold, 0 if neither; NaN below 18 hours.

    Raises:
        ValueError: `share` is not above 0.5 and up to 1.

    Example:
        >>> day = np.array([[[5.0] * 22 + [0.0] * 2]])  # too warm, two apart
        >>> shared(day).tolist(), shared(day, share=0.95).tolist()
        ([[5.0]], [[0.0]])
    """
    if not 0.5 < share <= 1:
        raise ValueError(f"share must be above 0.5, up to 1, got {share}")
    ranked = np.sort(gaps, axis=2)  # missing hours come last
    n = (~np.isnan(gaps)).sum(axis=2)
    enough = np.maximum(np.ceil(share * n).astype(int), 1)
    low, high = (np.maximum(n - enough, 0), enough - 1)
    warm, cold = (
        np.take_along_axis(ranked, place[..., None], axis=2)[..., 0]
        for place in (low, high)
    )
    reached = np.where(warm > 0, warm, np.where(cold < 0, cold, 0.0))
    return np.where(n >= LEAST, reached, np.nan)


def _three_quarters(gaps: Floats) -> Floats:
    return shared(gaps, 0.75)


@dataclass(frozen=True)
class Check:
    """How a day of three thermometers becomes one number for each of them.

    Attributes:
        title: What the report calls it.
        centre: What each hour is compared with.
        read: Makes a number of a day.
        against: `fixed`: the usual of the calm days. `moving`: the mean of
            the 28 days before, as well. `season`: mean and spread of the
            three weeks before and after, as a stand-in for last year.
    """

    title: str
    centre: Callable[[Floats], Floats]
    read: Callable[[Floats], Floats]
    against: Literal["fixed", "moving", "season"] = "fixed"


CHECKS: Final = {
    "alone": Check("alone, own last 28 days", _alone, day_mean, "moving"),
    "others": Check("mean of the other two", _others, day_mean),
    "middle": Check("middle of three", middle, day_mean),
    "moving": Check("middle, own last 28 days", middle, day_mean, "moving"),
    "season": Check("middle, same season", middle, day_mean, "season"),
    "hours": Check("middle, nine hours of ten", middle, shared),
    "hours_75": Check("middle, three of four", middle, _three_quarters),
}


def _stuck(days: Floats) -> Floats:
    read = days[~np.isnan(days)]
    return np.full(days.shape, read[0])


def _creeping(rate: float) -> Fault:
    return lambda days: days + rate * np.arange(len(days))[:, None]


def _step(by: float) -> Fault:
    return lambda days: days + by


FAULTS: Final[dict[str, Fault]] = {
    "celsius": lambda days: (days - 32) / 1.8,
    "stuck": _stuck,
    "warmer": _step(3),
    "colder": _step(-3),
    "creeping": _creeping(0.1),
}
NAMES: Final = {
    "celsius": "°C",
    "stuck": "stuck",
    "warmer": "+3 °F",
    "colder": "-3 °F",
    "creeping": "+0.1/day",
    "missing": "left empty",
    "neighbours": "from the other two",
}


@dataclass(frozen=True, eq=False)
class Watch:
    """A check with the limits that calm days gave it.

    Attributes:
        check: How a day is read.
        usual: shape (3, 1, 24), what each thermometer usually has beyond the
            mean of the three, by the hour of the day.
        limit: shape (3,), the widest reading of the calm days.
        level: shape (3, d), what the same season reads, 0 unless asked for.
        spread: shape (3, d), its standard deviation, 1 unless asked for.
    """

    check: Check
    usual: Floats
    limit: Floats
    level: Floats
    spread: Floats

    @classmethod
    def fit(cls, check: Check, temps: Floats, calm: Bools) -> Watch:
        """Learn what is usual, and the widest reading, from calm days.

        Args:
            check: How a day is read.
            temps: shape (3, d, 24).
            calm: shape (d,), the days on which nothing was wrong.

        Returns:
            The watch. Had the days no season, a new one would pass the
            widest of n with a chance of 1 in n + 1.
        """
        beyond = (temps - temps.mean(axis=0))[:, calm]
        usual: Floats = np.nanmean(beyond, axis=1)[:, None]
        shape = temps.shape[:2]
        level, spread = np.zeros(shape), np.ones(shape)
        plain = cls(check, usual, np.ones(len(temps)), level, spread)
        readings = plain.scores(temps)
        if check.against == "season":
            level, spread = _season(readings)
            readings = (readings - level) / spread
        widest = np.nanmax(np.abs(readings[:, calm]), axis=1)
        limit: Floats = np.maximum(widest, FINEST)
        return cls(check, usual, limit, level, spread)

    def scores(self, temps: Floats, first: int = 0) -> Floats:
        """Readings in limits: above 1 or below -1 a thermometer rings.

        Args:
            temps: shape (3, k, 24), days in a row.
            first: Which day of the year the first of them is, 0 or more.

        Returns:
            shape (3, k), NaN where a day has too few hours.
        """
        readings = self.check.read(self.check.centre(temps - self.usual))
        if self.check.against == "moving":
            readings = readings - _before(readings)
        now = slice(first, first + readings.shape[1])
        readings = (readings - self.level[:, now]) / self.spread[:, now]
        return readings / self.limit[:, None]


def _before(readings: Floats) -> Floats:
    """Mean of the 28 days before each, NaN if fewer than half are known."""
    known = ~np.isnan(readings)
    start = np.zeros((len(readings), MEMORY + 1))
    total, n = (
        np.concatenate([start, np.cumsum(x, axis=1)[:, :-1]], axis=1)
        for x in (np.where(known, readings, 0.0), known)
    )
    days = readings.shape[1]
    n = n[:, MEMORY:] - n[:, :days]
    total = total[:, MEMORY:] - total[:, :days]
    return np.where(n >= MEMORY / 2, total / np.maximum(n, 1), np.nan)


def _season(readings: Floats) -> tuple[Floats, Floats]:
    """Mean and standard deviation of the weeks around, without the own."""
    week = np.arange(readings.shape[1]) // 7
    level, spread = np.empty_like(readings), np.empty_like(readings)
    for one in np.unique(week):
        near = (np.abs(week - one) <= NEAR) & (week != one)
        level[:, week == one] = np.nanmean(readings[:, near], 1)[:, None]
        std = np.nanstd(readings[:, near], axis=1, ddof=1)
        spread[:, week == one] = std[:, None]
    return level, spread


def plant(
    watch: Watch,
    temps: Floats,
    fault: Fault,
    start: int,
    broken: Sequence[int],
    days: int = HORIZON,
) -> Floats:
    """Break thermometers from one day on, and look at the days after it.

    Args:
        watch: The check.
        temps: shape (3, d, 24), the true readings.
        fault: Makes bad days, shape (k, 24), of good ones.
        start: Number of the first bad day, 36 or more.
        broken: Which of the three are broken, in the same way.
        days: How many days to look at, 1 or more.

    Returns:
        shape (3, days), scores of the days on which a thermometer rings and
        would not have rung without the fault; 0 on all others.

    Raises:
        ValueError: `start` is below 36, or fewer than `days` days follow.

    Example:
        >>> noise = np.random.default_rng(0).normal(60, 1, (3, 200, 24))
        >>> calm = np.arange(200) < 120
        >>> watch = Watch.fit(CHECKS["middle"], noise, calm)
        >>> new = plant(watch, noise, lambda days: days + 3, 130, [1], days=2)
        >>> (new > 1).tolist()
        [[False, False], [True, True], [False, False]]
    """
    most = temps.shape[1] - days
    if not BEFORE <= start <= most:
        raise ValueError(f"start must be {BEFORE} to {most}, got {start}")
    first = start - BEFORE
    seen = temps[:, first : start + days]
    bad = seen.copy()
    for one in broken:
        bad[one, BEFORE:] = fault(seen[one, BEFORE:])
    was, now = (
        np.nan_to_num(watch.scores(x, first)[:, BEFORE:]) for x in (seen, bad)
    )
    return np.where((abs(now) > 1) & ~(abs(was) > 1), now, 0.0)


@dataclass(frozen=True)
class Quiet:
    """Alarms of one check on a year without a planted fault.

    An alarm is a run of days on which one thermometer rings.

    Attributes:
        limit: Widest reading of January to April by airport, °F; for the
            same season, in standard deviations.
        alarms: From May to December, by airport.
        days: Days in them, by airport.
        summer: Alarms at JFK from May to July.
        winter: Alarms of all three from January to April if each month is
            judged by limits from the other three.
        year: `winter` and the alarms from May on.
    """

    limit: dict[str, float]
    alarms: dict[str, int]
    days: dict[str, int]
    summer: int
    winter: int
    year: int


@dataclass(frozen=True)
class Seen:
    """One fault, planted in each thermometer on many days.

    Attributes:
        september: Days until JFK rings if it breaks on 1 September; None if
            it does not within 60 days.
        half: Days until half of the plantings were seen; None if they were
            not within 60 days.
        nine_in_ten: The same for nine of ten.
        unseen: Share of the plantings in which nothing rings for 60 days.
        named: Share of the others in which the first thermometer to ring is
            the broken one; of several the one with most limits.
        by_size: The same, of several the one with the widest reading.
    """

    september: int | None
    half: int | None
    nine_in_ten: int | None
    unseen: float
    named: float
    by_size: float


@dataclass(frozen=True)
class Alone:
    """Weeks of September to December on which JFK's own drift check rings.

    Attributes:
        psi: PSI against January to April above 0.25.
        ks: KS against January to April with p below .01.
        recent: PSI against the four weeks before above 0.25.
        first_psi: PSI against January to April in the first week.
    """

    psi: int
    ks: int
    recent: int
    first_psi: float


@dataclass(frozen=True)
class Hour:
    """One hour against the middle of three; the limit is the widest one.

    Attributes:
        limit: By airport, °F.
        days: Days from May to December with an hour outside, by airport.
        worst: The hour at JFK that is farthest outside, its clock EST.
        gap: Its gap, °F.
        read: What was reported an hour before, then, and an hour after.
        day_score: What the check of nine hours in ten makes of that day.
    """

    limit: dict[str, float]
    days: dict[str, int]
    worst: str
    gap: float
    read: list[float]
    day_score: float


@dataclass(frozen=True)
class Together:
    """More than one thermometer wrong in the same way.

    Attributes:
        three_rings: Of the 27 starting days of +3 °F in all three, those on
            which anything rings within 60 days.
        celsius_rings: The same for °C in all three.
        two_seen: Share of plantings of +3 °F in two that ring in 60 days.
        healthy_named: Share of those that name the one that is right.
    """

    three_rings: int
    celsius_rings: int
    two_seen: float
    healthy_named: float


@dataclass(frozen=True)
class Price:
    """What a fault at JFK costs the notebook's model until the year ends.

    Attributes:
        change: Points per 1,000 flights from JFK, September to December.
        low: Lower end of a 95 % interval over days.
        high: Upper end.
    """

    change: float
    low: float
    high: float


@dataclass(frozen=True)
class Sensors:
    """The year of three thermometers, whole and broken.

    Attributes:
        days: Days by part of the year.
        missing: Hours without a temperature, by airport.
        quiet: Alarms without a fault, by check.
        plantings: Starting days times thermometers.
        seen: By check and fault.
        unseen_steps: Share of steps that nine hours in ten do not see in 60
            days, both directions, by size in °F.
        unseen_rates: The same for creeping faults, by hundredths of a °F a
            day.
        weeks: Whole weeks from 1 September on.
        alone: By fault, and for the clean year.
        stuck_limit: Hours that one value may stay: one more than it did
            from January to April at any of the three.
        stuck_alarms: Runs as long as that from May to December.
        hour: The check of a single hour.
        together: More than one wrong.
        sea: Share of hours from 12 to 18 EST with wind from the sea at JFK,
            May to July, on days with an alarm of `hours` and on others.
        cold: Alarm days at JFK from May to July, and those on its cold side.
        flights: Labelled flights from JFK, September to December.
        prices: By fault; `missing` if JFK's temperature is left empty, and
            `neighbours` if it is made of the other two.
    """

    days: dict[str, int]
    missing: dict[str, int]
    quiet: dict[str, Quiet]
    plantings: int
    seen: dict[str, dict[str, Seen]]
    unseen_steps: dict[str, float]
    unseen_rates: dict[str, float]
    weeks: int
    alone: dict[str, Alone]
    stuck_limit: int
    stuck_alarms: int
    hour: Hour
    together: Together
    sea: dict[str, float]
    cold: dict[str, int]
    flights: int
    prices: dict[str, Price]


def run(flights: Flights) -> Sensors:
    """Watch the thermometers of 2013, and break them.

    The weather is complete in both sizes of the data; only the prices need
    flights.

    Args:
        flights: The sample or all flights.

    Returns:
        What rang, and when.
    """
    weather = load_weather()
    days, temps = by_day(weather)
    calm = days < MAY
    watches = {
        name: Watch.fit(check, temps, calm) for name, check in CHECKS.items()
    }
    last = len(days) - HORIZON
    starts = range(int(calm.sum()), last, 7)
    third = int((days < SEPTEMBER).sum())
    best = watches["hours"]
    weeks = (len(days) - third) // 7
    jfk = temps[JFK]
    runs = [_stuck_hours(weather, at) for at in range(len(ORIGINS))]
    calm_runs = [h for one in runs for when, h in one if when < MAY]
    stuck_limit = max(calm_runs) + 1
    sea, cold = _sea(weather, days, best.scores(temps)[JFK])
    faults = {"none": _step(0), **FAULTS}
    priced, n = _prices(flights, days, temps, best.usual)
    return Sensors(
        days={"calm": int(calm.sum()), "rest": int((~calm).sum())},
        missing={
            name: _span(weather) - int((~np.isnan(temps[at])).sum())
            for at, name in enumerate(ORIGINS)
        },
        quiet={
            name: _quiet(watch, days, temps) for name, watch in watches.items()
        },
        plantings=len(starts) * len(ORIGINS),
        seen={
            name: {
                key: _seen(watch, temps, fault, starts, third)
                for key, fault in FAULTS.items()
            }
            for name, watch in watches.items()
        },
        unseen_steps={
            str(by): _unseen(best, temps, [_step(by), _step(-by)], starts)
            for by in SIZES
        },
        unseen_rates={
            str(by): _unseen(
                best,
                temps,
                [_creeping(by / 100), _creeping(-by / 100)],
                starts,
            )
            for by in RATES
        },
        weeks=weeks,
        alone={
            key: _single(jfk, fault, calm, third, weeks)
            for key, fault in faults.items()
        },
        stuck_limit=stuck_limit,
        stuck_alarms=sum(
            bool(when >= MAY) and hours >= stuck_limit
            for one in runs
            for when, hours in one
        ),
        hour=_hour(best, days, temps),
        together=_together(best, temps, starts),
        sea=sea,
        cold=cold,
        flights=n,
        prices=priced,
    )


def _span(weather: Mapping[str, NDArray[Any]]) -> int:
    """Hours from the first to the last row of the table."""
    first, last = weather["time"].min(), weather["time"].max()
    return int((last - first) / np.timedelta64(60, "m")) + 1


def _alarms(rings: Bools) -> int:
    """Runs of days that ring."""
    return int(rings[0]) + int((rings[1:] & ~rings[:-1]).sum())


def _quiet(watch: Watch, days: Days, temps: Floats) -> Quiet:
    calm = days < MAY
    rings = np.abs(watch.scores(temps)) > 1
    months = days.astype("M8[M]")
    winter = 0
    for month in np.unique(months[calm]):
        other = Watch.fit(watch.check, temps, calm & (months != month))
        held_out = np.abs(other.scores(temps)) > 1
        winter += sum(_alarms(one[months == month]) for one in held_out)
    alarms = [_alarms(one[~calm]) for one in rings]
    return Quiet(
        limit=dict(zip(ORIGINS, watch.limit.tolist(), strict=True)),
        alarms=dict(zip(ORIGINS, alarms, strict=True)),
        days={
            name: int(rings[at][~calm].sum())
            for at, name in enumerate(ORIGINS)
        },
        summer=_alarms(rings[JFK][~calm & (days < AUGUST)]),
        winter=winter,
        year=winter + sum(alarms),
    )


def _first(rings: Bools) -> int | None:
    """Number of the first day that rings."""
    found = np.flatnonzero(rings)
    return int(found[0]) if len(found) else None


def _named(new: Floats) -> int | None:
    """The thermometer farthest outside on the first day that rings."""
    day = _first((new != 0).any(axis=0))
    return None if day is None else int(np.abs(new[:, day]).argmax())


def _seen(
    watch: Watch, temps: Floats, fault: Fault, starts: range, third: int
) -> Seen:
    waits, right, by_size = [], [], []
    for start in starts:
        for at in range(len(ORIGINS)):
            new = plant(watch, temps, fault, start, [at])
            wait = _first(new[at] != 0)
            waits.append(HORIZON if wait is None else wait)
            if new.any():
                right.append(_named(new) == at)
                by_size.append(_named(new * watch.limit[:, None]) == at)
    known = np.sort(waits)
    half, nine = (
        int(known[int(np.ceil(share * len(known))) - 1])
        for share in (0.5, 0.9)
    )
    jfk = plant(watch, temps, fault, third, [JFK])[JFK]
    return Seen(
        september=_first(jfk != 0),
        half=None if half == HORIZON else half,
        nine_in_ten=None if nine == HORIZON else nine,
        unseen=float(np.mean(known == HORIZON)),
        named=float(np.mean(right)) if right else 0.0,
        by_size=float(np.mean(by_size)) if right else 0.0,
    )


def _unseen(
    watch: Watch, temps: Floats, faults: Sequence[Fault], starts: range
) -> float:
    """Share of plantings after which the broken one never rings."""
    return float(
        np.mean(
            [
                not plant(watch, temps, fault, start, [at])[at].any()
                for fault in faults
                for start in starts
                for at in range(len(ORIGINS))
            ]
        )
    )


def _single(
    jfk: Floats, fault: Fault, calm: Bools, third: int, weeks: int
) -> Alone:
    """Weekly checks of one column that knows no other."""
    column = jfk.copy()
    column[third:] = fault(jfk[third:])
    calm_hours = _known(jfk[calm])
    baseline, sketch = Baseline.fit(calm_hours), Reference.fit(calm_hours)
    values, gaps, recent = [], [], []
    for week in range(weeks):
        day = third + 7 * week
        now = _known(column[day : day + 7])
        before = Baseline.fit(_known(column[day - 28 : day]))
        values.append(psi(baseline, baseline.count(now)).value)
        gaps.append(ks_two_sample(sketch, now).p_value)
        recent.append(psi(before, before.count(now)).value)
    return Alone(
        psi=sum(x > RULE_OF_THUMB for x in values),
        ks=sum(p < 0.01 for p in gaps),
        recent=sum(x > RULE_OF_THUMB for x in recent),
        first_psi=values[0],
    )


def _known(x: Floats) -> Floats:
    found: Floats = x[~np.isnan(x)]
    return found


def _stuck_hours(
    weather: Mapping[str, NDArray[Any]], at: int
) -> list[tuple[np.datetime64, int]]:
    """Start and hours of the long runs of one value at an airport."""
    here = weather["origin"] == at
    time, temp = weather["time"][here], weather["temp"][here]
    return [
        (
            np.datetime64(one.start.replace(tzinfo=None)),
            one.length // timedelta(hours=1),
        )
        for one in stuck_runs(time, temp, timedelta(hours=4))
    ]


def _hour(watch: Watch, days: Days, temps: Floats) -> Hour:
    gaps = middle(temps - watch.usual)
    calm = days < MAY
    limit = np.nanmax(np.abs(gaps[:, calm]), axis=(1, 2))
    outside = np.abs(gaps) > limit[:, None, None]
    rest = np.where(calm[:, None], np.nan, np.abs(gaps[JFK]))
    day, hour = divmod(int(np.nanargmax(rest)), 24)
    return Hour(
        limit=dict(zip(ORIGINS, limit.tolist(), strict=True)),
        days={
            name: int(outside[at].any(axis=1).sum())
            for at, name in enumerate(ORIGINS)
        },
        worst=f"{days[day]} {hour:02}:00",
        gap=float(gaps[JFK, day, hour]),
        read=temps[JFK].ravel()[24 * day + hour - 1 :][:3].tolist(),
        day_score=float(watch.scores(temps)[JFK, day]),
    )


def _together(watch: Watch, temps: Floats, starts: range) -> Together:
    everyone = range(len(ORIGINS))
    three, celsius, two = 0, 0, list[bool]()
    for start in starts:
        for at in everyone:
            pair = [one for one in everyone if one != at]
            named = _named(plant(watch, temps, _step(3), start, pair))
            two += [] if named is None else [named == at]
        for fault in ("warmer", "celsius"):
            new = plant(watch, temps, FAULTS[fault], start, everyone)
            three += int(fault == "warmer" and bool(new.any()))
            celsius += int(fault == "celsius" and bool(new.any()))
    return Together(
        three_rings=three,
        celsius_rings=celsius,
        two_seen=len(two) / (len(starts) * len(ORIGINS)),
        healthy_named=float(np.mean(two)) if two else 0.0,
    )


def _sea(
    weather: Mapping[str, NDArray[Any]], days: Days, scores: Floats
) -> tuple[dict[str, float], dict[str, int]]:
    """Wind on the afternoons of May to July, with and without an alarm."""
    wind: dict[str, NDArray[Any]] = {**weather, "temp": weather["wind_dir"]}
    afternoon = by_day(wind)[1][JFK][:, 12:19]
    from_sea = (afternoon >= SEA[0]) & (afternoon <= SEA[1])
    summer = (days >= MAY) & (days < AUGUST)
    rings = np.abs(scores) > 1
    return (
        {
            "alarm": float(from_sea[summer & rings].mean()),
            "other": float(from_sea[summer & ~rings].mean()),
        },
        {
            "days": int((summer & rings).sum()),
            "cold": int((summer & (scores < -1)).sum()),
        },
    )


def _prices(
    flights: Flights, days: Days, temps: Floats, usual: Floats
) -> tuple[dict[str, Price], int]:
    """Serve the notebook's model what JFK reports, or what replaces it."""
    train, served = flights.train, flights.production
    here = (served["origin"] == JFK) & (served["date"] >= SEPTEMBER)
    asked = served.where(here)
    clock = asked["time"] - np.timedelta64(300, "m")
    date = clock.astype("M8[D]")
    day = (date - days[0]).astype(int)
    hour = (clock - date).astype("m8[h]").astype(int)
    third = int((days < SEPTEMBER).sum())
    level = temps - usual
    level[JFK] = np.nan  # two are left, and what JFK usually has beside them
    instead = {
        "missing": np.full(temps[JFK].shape, np.nan),
        "neighbours": level[np.arange(len(ORIGINS)) != JFK].mean(axis=0)
        + usual[JFK],
    }
    for key, fault in FAULTS.items():
        instead[key] = np.vstack(
            [temps[JFK, :third], fault(temps[JFK, third:])]
        )
    fresh = gain(asked.late, score(NOTEBOOK, train, asked))
    bootstrap = DayBootstrap(asked["date"])
    found = {}
    for key in (*FAULTS, "missing", "neighbours"):
        # the last day of the year is not in the table of the weather
        known = day < len(days)
        column = asked["temp"].copy()
        column[known] = instead[key][day[known], hour[known]]
        broken = Flights({**asked.columns, "temp": column})
        less = gain(asked.late, score(NOTEBOOK, train, broken)) - fresh
        low, high = bootstrap.interval(less)
        found[key] = Price(1000 * float(less.mean()), low, high)
    return found, len(asked)


def report(found: Sensors) -> str:
    """The year as text.

    Args:
        found: What `run` returns.

    Returns:
        Text without a final line break.
    """
    lines = [
        "JFK's thermometer by itself: weeks that ring, of "
        f"{found.weeks} from 1 September on",
        "",
        f"  {'':<14}{'PSI':>5}{'KS':>5}{'PSI, last 4 weeks':>20}"
        f"{'PSI of week 1':>16}",
    ]
    for key, one in found.alone.items():
        lines.append(
            f"  {NAMES.get(key, 'nothing wrong'):<14}{one.psi:5}{one.ks:5}"
            f"{one.recent:20}{one.first_psi:16.1f}"
        )
    lines += [
        "",
        "Nothing wrong: alarms with the widest day of January to April as "
        "limit",
        "",
        f"  {'':<27}{'limit':>9}{'May to December':>22}{'JFK':>8}"
        f"{'a year,':>9}",
        f"  {'':<27}{'at JFK':>9}{'EWR':>8}{'JFK':>7}{'LGA':>7}"
        f"{'to July':>8}{'all':>9}",
    ]
    for name, quiet in found.quiet.items():
        unit = "sd" if CHECKS[name].against == "season" else "°F"
        rang = quiet.alarms
        lines.append(
            f"  {CHECKS[name].title:<27}{quiet.limit['JFK']:6.1f} {unit}"
            f"{rang['EWR']:8}{rang['JFK']:7}{rang['LGA']:7}"
            f"{quiet.summer:8}{quiet.year:9}"
        )
    lines += [
        "",
        f"Faults planted {found.plantings} times: days until half were seen, "
        f"and share not seen in {HORIZON}",
        "",
        f"  {'':<27}" + "".join(f"{NAMES[key]:>10}" for key in FAULTS),
    ]
    for name, faults in found.seen.items():
        row = "".join(
            f"{'-' if one.half is None else one.half:>5} {one.unseen:>4.0%}"
            for one in faults.values()
        )
        lines.append(f"  {CHECKS[name].title:<27}{row}")
    lines += ["", "The first to ring is the broken one", ""]
    for name, faults in found.seen.items():
        row = "".join(f"{one.named:>10.0%}" for one in faults.values())
        lines.append(f"  {CHECKS[name].title:<27}{row}")
    lines += ["", "JFK breaks on 1 September: rings on day", ""]
    for name, faults in found.seen.items():
        row = "".join(
            f"{'-' if one.september is None else one.september:>10}"
            for one in faults.values()
        )
        lines.append(f"  {CHECKS[name].title:<27}{row}")
    h, t = found.hour, found.together
    lines += [
        "",
        f"Nine hours of ten, nothing rings in {HORIZON} days",
        "",
        "  step     "
        + ", ".join(f"{k} °F {v:.0%}" for k, v in found.unseen_steps.items()),
        "  creeping "
        + ", ".join(
            f"0.{int(k):02} a day {v:.0%}"
            for k, v in found.unseen_rates.items()
        ),
        f"  all three alike: {t.three_rings} alarms at +3 °F, "
        f"{t.celsius_rings} at °C",
        f"  two of three at +3 °F: {t.two_seen:.0%} ring, "
        f"{t.healthy_named:.0%} of them name the healthy one",
        "",
        f"One hour at JFK, {h.worst} EST: {h.read[0]:g}, {h.read[1]:g}, "
        f"{h.read[2]:g} °F; its day scores {h.day_score:.1f}",
        f"One value for {found.stuck_limit} hours: {found.stuck_alarms} "
        "false alarm from May on",
        "",
        f"JFK broken until December, {found.flights:,} flights: points per "
        "1,000",
        "",
    ]
    for key, price in found.prices.items():
        lines.append(
            f"  {NAMES[key]:<20}{price.change:6.1f}  "
            f"[{price.low:.1f}, {price.high:.1f}]"
        )
    return "\n".join(lines)


if __name__ == "__main__":
    chapter(run, report)
