"""Chapter 9: which monitor would have said that the model was losing?

Answers: reads thirteen monitors week by week from May to December and sets
their rings against the weeks in which the model earned less than a table of
ten rows, or less than nothing. It prices the rule "switch to the table at the
first ring" for a bad model and for a good one, and resamples the days to count
how often a look every morning rings when model and table are worth the same.
It looks for airlines at airports in which a model loses, before release and
week by week, and prices giving those to the table.

Does not answer: what another year brings. One limit was chosen and the good
model was picked with these months in view, and the table learned from the
same four months as the models. **The money is invented**: acting costs 1,
acting on a truly late flight saves 4.

Needs:   Python 3.11, NumPy 1.26, SciPy 1.11, scikit-learn 1.7
Source:  snippets/flights/monitors.py
Page:    snippets/flights/monitors
Version: 1.1.0 (MIT-0)
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from scipy import stats  # type: ignore[import-untyped, unused-ignore]

from snippets.drift.categories import category_shift
from snippets.drift.comparator import alarm_limit, compare, first_alarm
from snippets.drift.ks import Reference, critical_ks, ks_two_sample
from snippets.drift.label_gap import label_gap
from snippets.drift.missingness import burst_size, missing_shift
from snippets.drift.psi import Baseline, psi
from snippets.flights.features import CARRIERS, DESTINATIONS, ORIGINS
from snippets.flights.loader import Flights, chapter
from snippets.flights.models import (
    ACT_COST,
    HARDENED,
    NOTEBOOK,
    SAVING,
    RateTable,
    Recipe,
    gain,
    score,
)
from snippets.readiness.slices import Slice, slice_report

__all__ = ["Monitors", "judge", "lowest_looks", "report", "run", "weeks"]

Array = NDArray[Any]
Bools = NDArray[np.bool_]
Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

RULE_OF_THUMB: Final = 0.25  # of PSI; no rate of false alarms goes with it
CHOSEN: Final = -2.0  # standard errors, with these months in view
CALENDAR: Final = ("month", "day", "day_of_week")  # a week has its own
WINDOWS: Final = (14, 28)  # days
DRAWN: Final = {"days": 1, "weeks": 7}  # days that are drawn together
ALPHA: Final = 0.05  # of a slice report
FOLDS: Final = 3  # January to April, whole weeks held out in turn


@dataclass(frozen=True)
class Tally:
    """Weeks in alarm against weeks of loss.

    Attributes:
        losses: Weeks of loss.
        caught: Weeks of loss in alarm.
        by_chance: The mean of `caught` if the rings fell on any weeks.
        no_loss: Weeks in alarm without loss.
        missed: Weeks of loss without alarm.
    """

    losses: int
    caught: int
    by_chance: float
    no_loss: int
    missed: int


@dataclass(frozen=True)
class Monitor:
    """What one monitor said of one model.

    Attributes:
        reading: One figure a week; None in a week without one.
        rings: The weeks in alarm, counted from 0.
        weeks_in_alarm: How many they are.
        behind: Against weeks in which the model earned less than the table.
        below_zero: Against weeks in which it earned less than nothing.
        rank_behind: Spearman's correlation over the weeks between the
            reading and the points lost against the table, [-1, 1].
        rank_money: The same with the points lost against doing nothing.
        switched: Points per 1,000 flights, May to December, if the table
            takes over after the first ring.
        change: `switched` less the points without a switch.
    """

    reading: list[float | None]
    rings: list[int]
    weeks_in_alarm: int
    behind: Tally
    below_zero: Tally
    rank_behind: float
    rank_money: float
    switched: float
    change: float


@dataclass(frozen=True)
class Watch:
    """A look every morning at the last days.

    Attributes:
        window: Days that a morning sees.
        first: The first morning in alarm; None if there is none.
        mornings: Mornings with a look.
        in_alarm: Mornings in alarm.
        share: Mornings in alarm out of all, [0, 1].
        limit: A comparator rings below this, in standard errors. The label
            gap has none: this and all that follows is None or empty.
        phi: How much of a day carries over to the next, as the limit
            assumes; None for the limit that was chosen.
        lowest: The lowest look, in standard errors.
        by_luck: Share of resampled months with any ring although model and
            table are worth the same, [0, 1]: by what is drawn.
        mean_kept: The same with the difference that there really was. For a
            good model: how often it would have been switched off.
    """

    window: int
    first: str | None
    mornings: int
    in_alarm: int
    share: float
    limit: float | None = None
    phi: float | None = None
    lowest: float | None = None
    by_luck: dict[str, float] = field(default_factory=dict)
    mean_kept: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Inputs:
    """What the input monitors said beyond their rings.

    Attributes:
        training_weeks: Whole weeks of January to April.
        training_weeks_above: Those in which the temperature has a PSI above
            .25 against January to April, of which they are a part.
        training_psi: The lowest, middle and highest of those PSI.
        march_april_psi: Against January and February.
        columns_training_weeks: Training weeks in which any column but the
            calendar's has a PSI above .25, by model.
        score_training_weeks: Those in which the score has, by model.
        ks_above: Columns and months past the critical value of 5 %.
        ks_checks: Columns times months.
    """

    training_weeks: int
    training_weeks_above: int
    training_psi: dict[str, float]
    march_april_psi: float
    columns_training_weeks: dict[str, int]
    score_training_weeks: dict[str, int]
    ks_above: int
    ks_checks: int


@dataclass(frozen=True)
class Found:
    """One slice that was judged, in points per 1,000 flights.

    Attributes:
        n: Flights.
        value: Their mean.
        gap: `value` less what it is held against.
        low: Lower end of the interval of the gap.
        high: Upper end of the interval of the gap.
        p_value: For somebody who looked at this slice only, [0, 1].
        p_adjusted: For somebody who looked at all of them, [0, 1].
        verdict: "worse", "better" or "unclear".
    """

    n: int
    value: float
    gap: float
    low: float
    high: float
    p_value: float
    p_adjusted: float
    verdict: str


@dataclass(frozen=True)
class Handover:
    """Slices given to the table for good.

    Attributes:
        first: The first morning of each under the table.
        slices: How many they are.
        hurt: Those in which the model would have earned more from then on.
        value: Points per 1,000 flights, May to December, all flights.
        change: `value` less the points of the model alone.
    """

    first: dict[str, str]
    slices: int
    hurt: int
    value: float
    change: float


@dataclass(frozen=True)
class Sliced:
    """Airlines at airports, held against doing nothing or the table.

    Attributes:
        before: In January to April, with whole weeks held out, by slice.
        after: In May to December, by slice.
        too_small: Slices that were not judged, before and after.
        named_before: Slices that were worse before release.
        named_after: Slices that were worse in May to December.
        chosen_before: Those named before are given to the table on 1 May.
        hindsight: The same with those named after: nobody can do that.
        weekly: After each week, over all days so far, by rule: slices that
            are behind on average; whose p-value is .05 or less; which the
            report names; which it names at .05 over the number of weeks.
    """

    before: dict[str, Found]
    after: dict[str, Found]
    too_small: dict[str, int]
    named_before: list[str]
    named_after: list[str]
    chosen_before: Handover
    hindsight: Handover
    weekly: dict[str, Handover]


@dataclass(frozen=True)
class Monitors:
    """The figures of this chapter.

    Attributes:
        weeks: The first day of each week.
        points: Points per 1,000 flights by week, by way to decide.
        value: The same for all weeks at once.
        monitors: By model, then by monitor.
        watch: Those that look daily, by model, then by monitor.
        lag1: Correlation of a day's model minus table with the next day's.
        lag1_training: The same for the notebook's model in January to April:
            as trained on them, and with whole weeks held out in turn.
        peak: The day on which the notebook's running total was highest.
        onset: By model, the day from whose end on the running total of model
            minus table stays below 0; None if it ends above.
        inputs: What the input monitors said beyond their rings.
        labels_by_morning: Share of labels that are in on the next morning,
            or more, [0, 1].
        slices: By model, then by what each slice is held against: nothing,
            or the table on the same flights.
        recall_by_hour: Share of late flights that the hardened model acts
            on, by hour of departure, against the other hours; a share where
            others have points.
    """

    weeks: list[str]
    points: dict[str, list[float]]
    value: dict[str, float]
    monitors: dict[str, dict[str, Monitor]]
    watch: dict[str, dict[str, Watch]]
    lag1: dict[str, float]
    lag1_training: dict[str, float]
    peak: str
    onset: dict[str, str | None]
    inputs: Inputs
    labels_by_morning: float
    slices: dict[str, dict[str, Sliced]]
    recall_by_hour: dict[str, Found]


def weeks(flights: Flights) -> Ints:
    """Number the weeks from the first day on.

    May to December has 245 days: 35 whole weeks, Wednesday to Tuesday.

    Args:
        flights: n of them, 1 or more.

    Returns:
        shape (n,), 0 or more; a last week may be shorter.
    """
    week: Ints = (flights["date"] - flights["date"].min()).astype(int) // 7
    return week


def judge(rings: Bools, loss: Bools) -> Tally:
    """Set rings against losses.

    Args:
        rings: shape (k,), weeks in alarm.
        loss: shape (k,), weeks of loss.

    Returns:
        The tally.

    Example:
        >>> judge(np.array([True, True]), np.array([True, False]))
        Tally(losses=1, caught=1, by_chance=1.0, no_loss=1, missed=0)
    """
    return Tally(
        losses=int(loss.sum()),
        caught=int((rings & loss).sum()),
        by_chance=float(rings.sum() * loss.mean()),
        no_loss=int((rings & ~loss).sum()),
        missed=int((loss & ~rings).sum()),
    )


def lowest_looks(
    daily: Floats,
    window: int,
    block: int = 1,
    keep_mean: bool = False,
    redraws: int = 2000,
    seed: int = 0,
) -> Floats:
    """Resample some months, and look every morning.

    A bootstrap: the daily differences are drawn with replacement in blocks
    of days until there are as many as before.

    Args:
        daily: shape (d,), model minus table by day.
        window: Days that a morning sees, 2 to d.
        block: Days drawn together, 1 or more: inside a block, what a day
            says about the next one survives.
        keep_mean: If not, the mean is set to 0: nothing is wrong then.
        redraws: How often d days are drawn, 1 or more.
        seed: For the draws.

    Returns:
        shape (redraws,), the lowest look of each, in standard errors.
    """
    d = len(daily)
    rng = np.random.default_rng(seed)
    # --8<-- [start:core]
    first = rng.integers(d, size=(-(-d // block), 1, redraws))
    days = (first + np.arange(block)[:, None]).reshape(-1, redraws)[:d] % d
    drawn = daily[days] - (0 if keep_mean else daily.mean())
    lowest = np.full(redraws, np.inf)
    for morning in range(window, d + 1):
        seen = drawn[morning - window : morning]
        error = seen.std(axis=0, ddof=1) / np.sqrt(window)
        np.minimum(lowest, seen.mean(axis=0) / error, out=lowest)
    # --8<-- [end:core]
    return lowest


def run(flights: Flights) -> Monitors:
    """Train on January to April, watch May to December.

    Args:
        flights: The sample or all flights.

    Returns:
        The figures of this chapter.
    """
    train, served = flights.train, flights.production
    late, date, week = served.late, served["date"], weeks(served)
    rates = RateTable.fit(train["live_late"], train.late)
    table = gain(late, rates.predict(served["live_late"]))
    shared = _input_monitors(train, served, week)
    known = {r.name: score(r, train, train) for r in (NOTEBOOK, HARDENED)}
    held_out = _held_out(train)
    points, lag1 = {"table": table}, {}
    monitors: dict[str, dict[str, Monitor]] = {}
    watch: dict[str, dict[str, Watch]] = {}
    for recipe in (NOTEBOOK, HARDENED):
        name, p = recipe.name, score(recipe, train, served)
        points[name] = own = gain(late, p)
        lag1[name] = compare(own, table, date).lag1
        said = shared | _model_monitors(
            recipe, train, known[name], served, week
        )
        gaps = _gaps(p, late, date)
        said["label_gap_28"] = _by_week(gaps, date, week)
        watch[name] = {"label_gap_28": _watch(gaps)}
        daily = _daily(own - table, date)
        luck, kept = _lows(daily, False), _lows(daily, True)
        for key, (limit, phi) in _limits(date, lag1[name]).items():
            window = 28 if "28" in key else 14
            looks = _looks(own, table, date, window, limit)
            said[key] = _by_week(looks, date, week)
            watch[name][key] = replace(
                _watch(looks),
                limit=limit,
                phi=phi,
                lowest=-float(looks.reading.max()),
                by_luck=_below(luck[window], limit),
                mean_kept=_below(kept[window], limit),
            )
        monitors[name] = {
            key: _judged(s, own, table, date, week) for key, s in said.items()
        }
    return Monitors(
        weeks=[str(part[0]) for part in _parts(week, date)],
        points={
            k: (1000 * _mean(week, x)).tolist() for k, x in points.items()
        },
        value={k: _per_1000(x) for k, x in points.items()},
        monitors=monitors,
        watch=watch,
        lag1=lag1,
        lag1_training=_lag1_training(train, known["notebook"], held_out),
        peak=str(date[np.cumsum(points["notebook"]).argmax()]),
        onset={k: _onset(points[k] - table, date) for k in monitors},
        inputs=_inputs(train, known, served),
        labels_by_morning=_labels_by_morning(served),
        slices={
            name: {
                against: _sliced(
                    name, against, held_out, _Rows.of(served, points)
                )
                for against in ("nothing", "table")
            }
            for name in monitors
        },
        recall_by_hour=_recall_by_hour(
            served, score(HARDENED, train, served) >= ACT_COST / SAVING
        ),
    )


def _limits(date: Array, phi: float) -> dict[str, tuple[float, float | None]]:
    """The limit of each comparator, and the carry-over that it assumes."""
    days = len(np.unique(date))
    limits: dict[str, tuple[float, float | None]] = {
        "comparator": (CHOSEN, None)
    }
    for name, assumed in ("", 0.0), ("_lag", phi):
        for window in WINDOWS:
            limit = _limit(days - window + 1, assumed, window)
            limits[f"comparator_{window}{name}"] = limit, assumed
    return limits


@lru_cache(maxsize=16)
def _limit(mornings: int, phi: float, window: int) -> float:
    return alarm_limit(mornings, phi=phi, window=window)


@dataclass(frozen=True, eq=False)
class _Said:
    """What a monitor said: one reading and one ring or none a week.

    The table takes over on `start`; without it, after the first ring's week.
    """

    reading: Floats
    rings: Bools
    start: np.datetime64 | None = None


def _input_monitors(
    train: Flights, served: Flights, week: Ints
) -> dict[str, _Said]:
    """The monitors in which no model takes part."""
    temperature = _psi(train["temp"], _parts(week, served["temp"]))
    gone = np.isnan(train["pressure"])
    day = (train["date"] - train["date"].min()).astype(int)
    burst = burst_size(
        np.bincount(day[gone], minlength=day[-1] + 1), np.bincount(day)
    )
    missing = [
        missing_shift(gone.sum(), len(gone), now.sum(), len(now), burst=burst)
        for now in _parts(week, np.isnan(served["pressure"]))
    ]
    mix = [
        category_shift(_counts(train["dest"]), _counts(now))
        for now in _parts(week, served["dest"])
    ]
    rate = _mean(week, served.late)
    seen = [part.mean() for part in _whole_weeks(train, train.late)]
    return {
        "temperature": _Said(temperature, temperature > RULE_OF_THUMB),
        "pressure_missing": _Said(
            np.array([m.difference for m in missing]),
            np.array([m.alarm for m in missing]),
        ),
        "destinations": _Said(
            np.array([m.cramers_v for m in mix]),
            np.array([m.p_value < 0.05 for m in mix]),
        ),
        "late_rate": _Said(rate, (rate < min(seen)) | (rate > max(seen))),
    }


def _model_monitors(
    recipe: Recipe, train: Flights, known: Floats, served: Flights, week: Ints
) -> dict[str, _Said]:
    """The monitors that look at one model: its columns, score, outcomes."""
    p = score(recipe, train, served)
    moved = _psi(known, _parts(week, p))
    above = (_column_psi(recipe, train, served, week) > RULE_OF_THUMB).sum(0)
    claim_outcome_day = (
        _parts(week, x) for x in (p, served.late, served["date"])
    )
    gaps = [
        label_gap(claim, outcome, cluster=day)
        for claim, outcome, day in zip(*claim_outcome_day, strict=True)
    ]
    return {
        "columns": _Said(above.astype(float), above > 0),
        "score_psi": _Said(moved, moved > RULE_OF_THUMB),
        "label_gap": _Said(
            np.array([g.gap for g in gaps]), np.array([g.alarm for g in gaps])
        ),
    }


@dataclass(frozen=True, eq=False)
class _Looks:
    """What a look every morning said."""

    window: int
    mornings: Array
    reading: Floats
    rang: Bools


def _looks(
    own: Floats, table: Floats, date: Array, window: int, limit: float
) -> _Looks:
    """The comparator, every morning from the first full window on."""
    alarms = first_alarm(own, table, date, limit=limit, window=window)
    t = np.array(alarms.t)
    mornings = np.array(alarms.mornings, "M8[D]")
    return _Looks(window, mornings, -t, t < limit)


def _gaps(p: Floats, late: Bools, date: Array, window: int = 28) -> _Looks:
    """The label gap as its own page wants it: 28 days, every morning."""
    days, start = np.unique(date, return_index=True)
    edges = [*start, len(date)]
    gaps = []
    for i in range(len(days) - window + 1):
        seen = slice(edges[i], edges[i + window])
        gap = label_gap(p[seen], late[seen], cluster=date[seen], alpha=0.001)
        gaps.append(gap)
    return _Looks(
        window,
        days[window - 1 :] + 1,
        np.array([g.gap for g in gaps]),
        np.array([g.alarm for g in gaps]),
    )


def _by_week(looks: _Looks, date: Array, week: Ints) -> _Said:
    """A morning belongs to the week of the newest day that it sees."""
    place = (looks.mornings - 1 - date[0]).astype(int) // 7
    reading = np.full(week[-1] + 1, np.nan)
    reading[place] = looks.reading  # the last morning of a week stays
    rings = np.bincount(place, looks.rang, len(reading)) > 0
    rang = looks.mornings[looks.rang]
    return _Said(reading, rings, rang[0] if len(rang) else None)


def _watch(looks: _Looks) -> Watch:
    rang = looks.mornings[looks.rang]
    return Watch(
        window=looks.window,
        first=str(rang[0]) if len(rang) else None,
        mornings=len(looks.mornings),
        in_alarm=len(rang),
        share=float(looks.rang.mean()),
    )


def _lows(daily: Floats, keep_mean: bool) -> dict[int, dict[str, Floats]]:
    """The lowest looks by window and by what is drawn."""
    return {
        window: {
            drawn: lowest_looks(daily, window, block, keep_mean)
            for drawn, block in DRAWN.items()
        }
        for window in WINDOWS
    }


def _below(lows: dict[str, Floats], limit: float) -> dict[str, float]:
    return {drawn: float((low < limit).mean()) for drawn, low in lows.items()}


def _judged(
    said: _Said, own: Floats, table: Floats, date: Array, week: Ints
) -> Monitor:
    behind, lost = _mean(week, table - own), -_mean(week, own)
    start, seen = said.start, ~np.isnan(said.reading)
    if start is None and said.rings.any():
        start = date[0] + 7 * (said.rings.argmax() + 1)
    taken = np.zeros(len(date), bool) if start is None else date >= start
    ranks = [
        float(stats.spearmanr(said.reading[seen], x[seen])[0])
        for x in (behind, lost)
    ]
    switched = _per_1000(np.where(taken, table, own))
    return Monitor(
        reading=[None if np.isnan(x) else x for x in said.reading.tolist()],
        rings=np.flatnonzero(said.rings).tolist(),
        weeks_in_alarm=int(said.rings.sum()),
        behind=judge(said.rings, behind > 0),
        below_zero=judge(said.rings, lost > 0),
        rank_behind=ranks[0],
        rank_money=ranks[1],
        switched=switched,
        change=switched - _per_1000(own),
    )


def _onset(ahead: Floats, date: Array) -> str | None:
    days, start = np.unique(date, return_index=True)
    running = np.cumsum(np.add.reduceat(ahead, start))
    level = np.flatnonzero(running >= 0)  # ends of days that are not behind
    first = level[-1] + 1 if len(level) else 0
    return str(days[first]) if first < len(days) else None


def _inputs(
    train: Flights, known: dict[str, Floats], served: Flights
) -> Inputs:
    temp, month = train["temp"], train["month"]
    training = _psi(temp, _whole_weeks(train, temp))
    passed = [
        _ks_above(train[c], served[c], served["month"])
        for c in NOTEBOOK.columns
    ]
    columns, scores = {}, {}
    for recipe in (NOTEBOOK, HARDENED):
        above = _column_psi(recipe, train, train, weeks(train)) > RULE_OF_THUMB
        columns[recipe.name] = int(above[:, :17].any(axis=0).sum())
        p = known[recipe.name]
        moved = _psi(p, _whole_weeks(train, p))
        scores[recipe.name] = int((moved > RULE_OF_THUMB).sum())
    return Inputs(
        training_weeks=len(training),
        training_weeks_above=int((training > RULE_OF_THUMB).sum()),
        training_psi={
            "lowest": float(training.min()),
            "middle": float(np.median(training)),
            "highest": float(training.max()),
        },
        march_april_psi=float(_psi(temp[month <= 2], [temp[month > 2]])[0]),
        columns_training_weeks=columns,
        score_training_weeks=scores,
        ks_above=sum(map(sum, passed)),
        ks_checks=sum(map(len, passed)),
    )


def _column_psi(
    recipe: Recipe, train: Flights, served: Flights, week: Ints
) -> Floats:
    """One row for each column but the calendar's, one column for each week."""
    columns = [c for c in recipe.columns if c not in CALENDAR]
    return np.array([_psi(train[c], _parts(week, served[c])) for c in columns])


def _psi(reference: Array, parts: list[Array]) -> Floats:
    base = Baseline.fit(reference)
    return np.array([psi(base, base.count(part)).value for part in parts])


def _ks_above(reference: Array, current: Array, month: Ints) -> list[bool]:
    """Whether each month reaches the critical value of 5 %."""
    kept = Reference.fit(reference[~np.isnan(reference)])
    known = ~np.isnan(current)
    parts = [current[known & (month == m)] for m in np.unique(month)]
    return [
        ks_two_sample(kept, part).statistic >= critical_ks(kept.n, len(part))
        for part in parts
    ]


def _mean(week: Ints, x: Array) -> Floats:
    """The mean of each week."""
    means: Floats = np.bincount(week, x) / np.bincount(week)
    return means


def _parts(week: Ints, x: Array) -> list[Array]:
    """The rows of each week; flights are in the order of days."""
    return np.split(x, np.flatnonzero(np.diff(week)) + 1)


def _whole_weeks(train: Flights, x: Array) -> list[Array]:
    """The rows of the 17 whole weeks of training; 30 April is left over."""
    return _parts(weeks(train), x)[:17]


@dataclass(frozen=True, eq=False)
class _Rows:
    """Flights with the points of each way to decide."""

    date: Array
    cell: Ints
    points: Mapping[str, Floats]

    @classmethod
    def of(cls, flights: Flights, points: Mapping[str, Floats]) -> _Rows:
        cell = flights["carrier"] * len(ORIGINS) + flights["origin"]
        return cls(flights["date"], cell, points)

    def ahead(self, model: str, against: str) -> Floats:
        """The points of a model above what it is held against."""
        own = self.points[model]
        return own if against == "nothing" else own - self.points[against]


def _held_out(train: Flights) -> _Rows:
    """What one could measure before going live: whole weeks held out."""
    fold, parts = weeks(train) % FOLDS, []
    for k in range(FOLDS):
        known, asked = train.where(fold != k), train.where(fold == k)
        rates = RateTable.fit(known["live_late"], known.late)
        points = {"table": gain(asked.late, rates.predict(asked["live_late"]))}
        for recipe in (NOTEBOOK, HARDENED):
            points[recipe.name] = gain(asked.late, score(recipe, known, asked))
        parts.append(_Rows.of(asked, points))
    return _Rows(
        np.concatenate([part.date for part in parts]),
        np.concatenate([part.cell for part in parts]),
        {k: np.concatenate([p.points[k] for p in parts]) for k in points},
    )


def _lag1_training(
    train: Flights, known: Floats, held_out: _Rows
) -> dict[str, float]:
    """The carry-over from day to day that one could measure beforehand."""
    rates = RateTable.fit(train["live_late"], train.late)
    table = gain(train.late, rates.predict(train["live_late"]))
    own, beside = held_out.points["notebook"], held_out.points["table"]
    return {
        "in_sample": compare(
            gain(train.late, known), table, train["date"]
        ).lag1,
        "weeks_held_out": compare(own, beside, held_out.date).lag1,
    }


def _sliced(model: str, against: str, before: _Rows, after: _Rows) -> Sliced:
    """Airlines at airports before release, and week by week after it."""
    was, small_before = _cells(before, before.ahead(model, against))
    now, small_after = _cells(after, after.ahead(model, against))
    worse = [
        [name for name, s in found.items() if s.verdict == "worse"]
        for found in (was, now)
    ]
    start = str(after.date[0])
    chosen, hindsight = (
        _handover(model, after, dict.fromkeys(names, start)) for names in worse
    )
    return Sliced(
        before=was,
        after=now,
        too_small={"before": small_before, "after": small_after},
        named_before=worse[0],
        named_after=worse[1],
        chosen_before=chosen,
        hindsight=hindsight,
        weekly=_weekly(model, against, after),
    )


def _weekly(model: str, against: str, rows: _Rows) -> dict[str, Handover]:
    """Look after each week at all days so far, and hand over what is named."""
    ahead = rows.ahead(model, against)
    week = (rows.date - rows.date[0]).astype(int) // 7
    looks = int(week[-1]) + 1
    rules: dict[str, Callable[[Found], bool]] = {
        "behind": lambda s: s.gap < 0,
        "alone": lambda s: s.gap < 0 and s.p_value <= ALPHA,
        "holm": lambda s: s.verdict == "worse",
        "holm_looks": lambda s: s.gap < 0 and s.p_adjusted <= ALPHA / looks,
    }
    first: dict[str, dict[str, str]] = {rule: {} for rule in rules}
    for look in range(1, looks):
        end = int(np.searchsorted(week, look))
        morning = str(rows.date[0] + 7 * look)
        seen = _Rows(rows.date[:end], rows.cell[:end], {})
        for name, s in _cells(seen, ahead[:end])[0].items():
            for rule, holds in rules.items():
                if holds(s):
                    first[rule].setdefault(name, morning)
    return {rule: _handover(model, rows, first[rule]) for rule in rules}


def _cells(rows: _Rows, ahead: Floats) -> tuple[dict[str, Found], int]:
    """The judged slices, and the number of those that are too small."""
    report = slice_report(
        1000 * ahead,
        {"cell": rows.cell},
        cluster=rows.date,
        against=0.0,
        alpha=ALPHA,
    )
    judged = {
        _cell_name(s.where["cell"]): s for s in report if s.gap is not None
    }
    return {k: _found(s) for k, s in judged.items()}, len(report) - len(judged)


def _found(s: Slice) -> Found:
    """The same without the columns, for a slice that was judged."""
    numbers = s.value, s.gap, s.low, s.high, s.p_value, s.p_adjusted
    value, gap, low, high, alone, all_ = np.array(numbers, float).tolist()
    return Found(s.n, value, gap, low, high, alone, all_, s.verdict)


def _cell_name(cell: int) -> str:
    carrier, origin = divmod(cell, len(ORIGINS))
    return f"{CARRIERS[carrier]}_{ORIGINS[origin]}"


def _handover(model: str, rows: _Rows, first: dict[str, str]) -> Handover:
    """Give each slice to the table from its morning on."""
    own, table = rows.points[model], rows.points["table"]
    name = [_cell_name(cell) for cell in range(rows.cell.max() + 1)]
    start = np.array([first.get(n, "NaT") for n in name], "M8[D]")
    taken = rows.date >= start[rows.cell]  # never, if NaT
    given = np.bincount(rows.cell[taken], (own - table)[taken], len(name))
    value = _per_1000(np.where(taken, table, own))
    return Handover(
        first=first,
        slices=len(first),
        hurt=int((given > 0).sum()),
        value=value,
        change=value - _per_1000(own),
    )


def _recall_by_hour(served: Flights, acted: Bools) -> dict[str, Found]:
    """Of the late flights, the share acted on, against the other hours."""
    late = served.late
    report = slice_report(
        acted[late],
        {"hour": served["minute_of_day"][late] // 60},
        cluster=served["date"][late],
        against="rest",
        min_n=100,
        alpha=ALPHA,
    )
    judged = {s.where["hour"]: s for s in report if s.gap is not None}
    return {f"{hour:02}": _found(judged[hour]) for hour in sorted(judged)}


def _daily(x: Floats, date: Array) -> Floats:
    """The mean of each day."""
    _, day = np.unique(date, return_inverse=True)
    return _mean(day, x)


def _counts(dest: Ints) -> dict[str, int]:
    counts = np.bincount(dest, minlength=len(DESTINATIONS)).tolist()
    return {k: n for k, n in zip(DESTINATIONS, counts, strict=True) if n}


def _labels_by_morning(served: Flights) -> float:
    """Landed by noon UTC of the next day: seven or eight in New York.

    The schedule is local time at both ends; three hours more reach
    California.
    """
    minutes = served["block_minutes"] + 180 + served["arr_delay"]
    landed = served["time"] + minutes.astype("m8[m]")
    morning = (served["date"] + 1).astype("M8[h]") + 12
    return float((landed < morning).mean())


def _per_1000(points: Floats) -> float:
    return 1000 * float(points.mean())


def report(found: Monitors) -> str:
    """The results as text for a terminal, 79 columns at most.

    Args:
        found: What `run` returns.

    Returns:
        Text without a final line break.
    """
    lines = [
        "Points per 1,000 flights (invented: acting costs 1, acting on a late",
        "flight saves 4). Switched: the table takes over at the first ring",
    ]
    for model, monitors in found.monitors.items():
        weeks_behind = monitors["label_gap"].behind.losses
        since = found.onset[model]
        lines += [
            "",
            f"{model}: {found.value[model]:.0f} points, the table "
            f"{found.value['table']:.0f}; behind it in {weeks_behind} of "
            f"{len(found.weeks)} weeks,",
            "its running total "
            + (f"behind for good from {since}" if since else "ahead at last"),
            f"{'':<18}{'losses':>13}{'by':>8}{'no':>8}{'losses':>7}"
            f"{'rank correlation':>17}",
            f"{'':<18}{'weeks':>6}{'caught':>7}{'chance':>8}{'loss':>8}"
            f"{'missed':>7}{'behind':>9}{'money':>7}{'switched':>9}",
        ]
        for name, m in monitors.items():
            if (model, name) == ("hardened", "temperature"):
                continue  # it reads none
            lines.append(
                f"{name:<18}{m.weeks_in_alarm:>6}{m.behind.caught:>7}"
                f"{m.behind.by_chance:>8.1f}{m.behind.no_loss:>8}"
                f"{m.behind.missed:>7}{m.rank_behind:>9.2f}"
                f"{m.rank_money:>7.2f}{m.switched:>9.0f}"
            )
    lines += [
        "",
        "A look every morning, and the share of resampled months with a ring",
        f"{'':<27}{'limit':>5}{'first':>11}{'mornings':>11}"
        f"{'mean set to 0':>14}{'kept':>10}",
    ]
    for model, looks in found.watch.items():
        for name, look in looks.items():
            limit = "" if look.limit is None else f"{look.limit:.2f}"
            shares = [*look.by_luck.values(), *look.mean_kept.values()]
            lines.append(
                f"{model:<9}{name:<18}{limit:>5}{look.first or 'never':>11}"
                f"{look.in_alarm:>4} of {look.mornings}"
                + "".join(f"{share:>6.0%}" for share in shares)
            )
    i, before = found.inputs, found.lag1_training
    lines += [
        "",
        f"A day and the next, notebook: {found.lag1['notebook']:.2f}; before "
        f"May {before['in_sample']:.2f} in sample, "
        f"{before['weeks_held_out']:.2f} held out",
        f"PSI above .25 in the {i.training_weeks} training weeks: "
        f"temperature {i.training_weeks_above}",
        *(
            f"  {model}: any column {n}, score {i.score_training_weeks[model]}"
            for model, n in i.columns_training_weeks.items()
        ),
        *_report_slices(found),
    ]
    return "\n".join(lines)


def _report_slices(found: Monitors) -> list[str]:
    """Airlines at airports: AA at LGA, and what handing over is worth."""
    lines = ["", "Slices: airline at airport, at least 300 flights"]
    for model, by in found.slices.items():
        for against, s in by.items():
            lines.append(
                f"{model} against {against}: {len(s.named_before)} of "
                f"{len(s.before)} worse before May, {len(s.named_after)} of "
                f"{len(s.after)} after"
            )
            for when, slices in ("before", s.before), ("after", s.after):
                aa = slices["AA_LGA"]
                lines.append(
                    f"  AA at LGA {when}: {aa.gap:.0f} ({aa.low:.0f} to "
                    f"{aa.high:.0f}), {aa.n:,} flights, {aa.verdict}"
                )
    lines += ["", "Given to the table: slices and points; AA at LGA from"]
    for model, by in found.slices.items():
        for against, s in by.items():
            ways = {
                "chosen before": s.chosen_before,
                **s.weekly,
                "in hindsight": s.hindsight,
            }
            for way, h in ways.items():
                lines.append(
                    f"{model:<9}{against:<8}{way:<14}{h.slices:>3}"
                    f"{h.value:>5.0f}  {h.first.get('AA_LGA', 'never')}"
                )
    recall = [f"{h} {s.value:.0%}" for h, s in found.recall_by_hour.items()]
    return [
        *lines,
        "",
        "Late flights that the hardened model acts on, by hour",
        " ".join(recall[:9]),
        " ".join(recall[9:]),
    ]


if __name__ == "__main__":
    chapter(run, report)
