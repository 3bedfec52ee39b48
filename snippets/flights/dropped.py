"""Chapter 3: who did the clean export throw away, and who pays for it?

Answers: which column drops how many flights, on which days, and how late they
were; what the clean export does to the promise; and what it costs from May to
December if a flight with a hole in its weather gets no answer, an answer from
a model that never saw a hole, or one from a model trained on every flight.

Does not answer: what cancelled flights cost, which have no label and are not
priced, or whether next year's holes will come with storms again. **The money
is invented**: acting costs 1, acting on a truly late flight saves 4.

Needs:   Python 3.11, NumPy 1.26, SciPy 1.11, scikit-learn 1.7
Source:  snippets/flights/dropped.py
Page:    snippets/flights/dropped
Version: 1.0.0 (MIT-0)
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import roc_auc_score

from snippets.flights.features import WEATHER
from snippets.flights.leak import OLD_WEATHER
from snippets.flights.loader import Flights, chapter
from snippets.flights.models import (
    HARDENED,
    NOTEBOOK,
    DayBootstrap,
    RateTable,
    Recipe,
    Score,
    Value,
    gain,
    measure,
    score,
    spread,
)
from snippets.flights.slide import slide_split
from snippets.readiness.dropped_rows import DroppedReport, dropped_report

__all__ = ["Dropped", "holes", "report", "run", "thrown_away"]

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

# what the hardened model reads that can be missing
LIVE = tuple(
    n
    for n in HARDENED.columns
    if n.endswith(("_3h", "_delay", "_late", "_wait"))
)


@dataclass(frozen=True)
class Sky:
    """The weather of some flights of January to April.

    Attributes:
        flights: How many have rain and visibility on record.
        rain: Share with rain or snow in the hour, [0, 1].
        hazy: Share with a visibility below 10 miles, [0, 1].
    """

    flights: int
    rain: float
    hazy: float


@dataclass(frozen=True)
class Way:
    """One way to treat flights with a hole, May to December.

    Attributes:
        all: Points per 1,000 flights, with the interval over days.
        kept: The same over flights the clean export would keep.
        dropped: The same over flights it would drop.
        from_dropped: Points of `all` that come from the dropped flights.
        auc: Share of pairs ranked the right way, over all flights.
        acts_on_dropped: Share of the dropped flights acted on, [0, 1].
    """

    all: Value
    kept: Value
    dropped: Value
    from_dropped: float
    auc: float
    acts_on_dropped: float


@dataclass(frozen=True)
class InTime:
    """The same with the newest complete weather row, without the future.

    Attributes:
        kept_late: Late rate of flights without a hole, May to December.
        dropped_late: Late rate of flights with one.
        served: Trained on every flight, answers every flight.
        refused: Trained on the clean export, no answer for a hole.
    """

    kept_late: float
    dropped_late: float
    served: Way
    refused: Way


@dataclass(frozen=True)
class Dropped:
    """The figures of this chapter.

    Attributes:
        export: January to April: kept and dropped flights, rows of one day
            counted as one cluster; reasons are the columns and the label.
        as_if_independent: Low and high end if every flight stood alone.
        half_on_days: Days that hold half of the flights with a hole.
        days: Days from January to April.
        hardened_columns: January to April, if `dropna` ran on the columns of
            the hardened model instead.
        served: May to December, the labelled flights.
        months: Share of flights with a hole by month, 1 to 12.
        sky: Where the pressure is missing, and where it is there.
        promised: A random fifth of January to April, cut from all flights
            and from the clean export.
        ways: May to December, by the way a flight with a hole is treated.
        served_minus_refused: Paired difference, points per 1,000 flights.
        served_minus_holes: The model trained on every flight minus the one
            trained on the clean export, both answering every flight.
        as_many_at_random: Trained on as many flights as the clean export
            has, drawn at random.
        seeds: Fits that stop elsewhere: lowest and highest figures.
        in_time: Whether the story depends on weather from the future.
    """

    export: DroppedReport
    as_if_independent: dict[str, float]
    half_on_days: int
    days: int
    hardened_columns: DroppedReport
    served: DroppedReport
    months: dict[str, float]
    sky: dict[str, Sky]
    promised: dict[str, Score]
    ways: dict[str, Way]
    served_minus_refused: Value
    served_minus_holes: Value
    as_many_at_random: Score
    seeds: dict[str, dict[str, float]]
    in_time: InTime


def holes(flights: Flights, recipe: Recipe = NOTEBOOK) -> Bools:
    """Which flights lack a value in a column the model reads.

    Args:
        flights: The flights.
        recipe: The model.

    Returns:
        shape (n,), True for a flight that `dropna` would throw away.
    """
    missing = np.isnan(flights.matrix(recipe.columns))
    return np.asarray(missing.any(axis=1))


def thrown_away(
    flights: Flights, columns: Sequence[str] = WEATHER, by_day: bool = True
) -> DroppedReport:
    """Ask the snippet who is missing from the clean export of some flights.

    Args:
        flights: Scheduled flights, those without a label included.
        columns: Columns that must not be empty; the notebook's weather.
        by_day: Whether flights of one day count as one cluster.

    Returns:
        Kept and dropped flights, with each column and the label as reasons.
    """
    # --8<-- [start:core]
    late = np.where(flights.labelled, flights.late, np.nan)
    missing = {name: np.isnan(flights[name]) for name in columns}
    missing["no label"] = ~flights.labelled
    keep = ~np.any(list(missing.values()), axis=0)
    day = flights["date"] if by_day else None
    return dropped_report(late, keep, reasons=missing, cluster=day)
    # --8<-- [end:core]


def run(flights: Flights, seeds: int = 3) -> Dropped:
    """Count who is dropped, and price what becomes of them.

    Args:
        flights: The sample or all flights.
        seeds: Fits by which chance is told from effect, 1 or more.

    Returns:
        The figures of this chapter.
    """
    export, served = flights.train, flights.production
    clean = export.where(~holes(export))
    spring = flights.where(flights["month"] <= 4)
    alone = thrown_away(spring, by_day=False)
    of_day = np.bincount(
        np.unique(spring["date"], return_inverse=True)[1], holes(spring)
    )
    largest_first = np.cumsum(np.sort(of_day)[::-1])
    days, hole = DayBootstrap(served["date"]), holes(served)
    predicted = _predictions(export, clean, served)
    points = {n: gain(served.late, p) for n, p in predicted.items()}
    return Dropped(
        export=thrown_away(spring),
        as_if_independent={"low": alone.low, "high": alone.high},
        half_on_days=1 + int(np.sum(largest_first < largest_first[-1] / 2)),
        days=len(of_day),
        hardened_columns=thrown_away(spring, LIVE),
        served=thrown_away(served),
        months={
            str(month): float(holes(flights)[flights["month"] == month].mean())
            for month in range(1, 13)
        },
        sky=_sky(export),
        promised={
            name: measure(tested, score(NOTEBOOK, trained, tested))
            for name, (trained, tested) in (
                ("all", slide_split(export)),
                ("clean", slide_split(clean)),
            )
        },
        ways={
            name: _way(served, p, hole, days) for name, p in predicted.items()
        },
        served_minus_refused=_value(
            points["served"] - points["refused"], days
        ),
        served_minus_holes=_value(points["served"] - points["holes"], days),
        as_many_at_random=measure(
            served, score(NOTEBOOK, _as_many(export, len(clean)), served)
        ),
        seeds={
            "all": spread(NOTEBOOK, export, served, seeds),
            "clean": spread(NOTEBOOK, clean, served, seeds),
        },
        in_time=_in_time(export, served, days),
    )


def _predictions(
    export: Flights, clean: Flights, served: Flights
) -> dict[str, Floats]:
    """Every way to treat a flight with a hole, as probabilities."""
    hole = holes(served)
    usual = {name: np.median(clean[name]) for name in WEATHER}
    filled = {
        name: np.where(np.isnan(served[name]), usual[name], served[name])
        for name in WEATHER
    }
    table = RateTable.fit(export["live_late"], export.late)
    ten_rows = table.predict(served["live_late"])
    learned = score(NOTEBOOK, clean, served)
    return {
        "served": score(NOTEBOOK, export, served),
        "holes": learned,
        "filled": score(
            NOTEBOOK, clean, Flights({**served.columns, **filled})
        ),
        "fallback": np.where(hole, ten_rows, learned),
        "refused": np.where(hole, 0.0, learned),
        "table": ten_rows,
        "hardened": score(HARDENED, export, served),
    }


def _as_many(export: Flights, n: int) -> Flights:
    """As many flights, drawn at random, in their order."""
    rng = np.random.default_rng(0)
    return export.take(np.sort(rng.choice(len(export), n, replace=False)))


def _way(served: Flights, p: Floats, hole: Bools, days: DayBootstrap) -> Way:
    points = gain(served.late, p)
    return Way(
        all=_value(points, days),
        kept=_value(points, days, ~hole),
        dropped=_value(points, days, hole),
        from_dropped=1000 * float(points[hole].sum()) / len(points),
        auc=float(roc_auc_score(served.late, p)),
        acts_on_dropped=float((p[hole] >= 0.25).mean()),
    )


def _value(
    points: Floats, days: DayBootstrap, keep: Bools | None = None
) -> Value:
    low, high = days.interval(points, keep)
    kept = points if keep is None else points[keep]
    return Value(1000 * float(kept.mean()), low, high, len(kept))


def _sky(export: Flights) -> dict[str, Sky]:
    rain, sight = export["precip"], export["visib"]
    known = ~np.isnan(rain) & ~np.isnan(sight)
    gone = np.isnan(export["pressure"])
    return {
        name: Sky(
            int(here.sum()),
            float((rain[here] > 0).mean()),
            float((sight[here] < 10).mean()),
        )
        for name, here in (
            ("pressure_missing", known & gone),
            ("pressure_there", known & ~gone),
        )
    }


def _in_time(export: Flights, served: Flights, days: DayBootstrap) -> InTime:
    hole = holes(served, OLD_WEATHER)
    clean = export.where(~holes(export, OLD_WEATHER))
    learned = score(OLD_WEATHER, clean, served)
    return InTime(
        kept_late=float(served.late[~hole].mean()),
        dropped_late=float(served.late[hole].mean()),
        served=_way(served, score(OLD_WEATHER, export, served), hole, days),
        refused=_way(served, np.where(hole, 0.0, learned), hole, days),
    )


NAMES = {
    "served": "trained on all, answers all",
    "holes": "trained on clean, answers all",
    "filled": "... holes filled with the median",
    "fallback": "... holes go to the ten-row table",
    "refused": "... holes get no answer",
    "table": "ten-row table alone",
    "hardened": "hardened model",
}


def report(dropped: Dropped) -> str:
    """The results as text for a terminal, 79 columns at most.

    Args:
        dropped: What `run` returns.

    Returns:
        Text without a final line break.
    """
    export, alone = dropped.export, dropped.as_if_independent
    lines = [
        "January to April    flights   days  no label   late  whatever the "
        "labels are"
    ]
    for name in ("kept", "dropped", "everyone"):
        rows = getattr(export, name)
        lines.append(
            f"  {name:<16}{rows.n:>9,}{rows.clusters:>7}{rows.unlabelled:>10,}"
            f"{_p(rows.rate):>7}  {_p(rows.lowest)} to {_p(rows.highest)}"
        )
    lines += [
        f"  dropped - kept  {_p(export.difference)}, 95 % by days "
        f"{_p(export.low)} to {_p(export.high)}, "
        f"by flights {_p(alone['low'])} to {_p(alone['high'])}",
        f"  half of the holes on {dropped.half_on_days} of "
        f"{dropped.days} days",
        "",
        "Dropped by          flights   days  no label   late  nothing else "
        "drops",
    ]
    bill = sorted(export.reasons.items(), key=lambda r: -r[1].rows.n)
    for name, reason in bill:
        rows = reason.rows
        lines.append(
            f"  {name:<16}{rows.n:>9,}{rows.clusters:>7}{rows.unlabelled:>10,}"
            f"{_p(rows.rate):>7}{reason.alone.n:>20,}"
        )
    other = dropped.hardened_columns
    lines += [
        "",
        "If dropna ran on the hardened model's columns: late "
        f"dropped {_p(other.dropped.rate)}, kept {_p(other.kept.rate)}",
    ]
    lines += ["", "Weather where the pressure is ...   rain  below 10 miles"]
    for name, sky in dropped.sky.items():
        where = name.removeprefix("pressure_")
        lines.append(f"  {where:<32}{sky.rain:>6.0%}{sky.hazy:>16.0%}")
    lines += ["", "Promised by a random fifth      accuracy    AUC  value"]
    for name, made in dropped.promised.items():
        lines.append(
            f"  of {name:<27}{_p(made.accuracy):>8}{_p(made.auc):>7}"
            f"{made.value.value:>7.0f}"
        )
    head = "Delivered, May to December"
    lines += ["", f"{head:<36}   AUC  value   kept  dropped  acts there"]
    for name, way in dropped.ways.items():
        lines.append(_way_line(NAMES[name], way))
    for name, v in (
        ("answering instead of refusing", dropped.served_minus_refused),
        ("training on all instead of clean", dropped.served_minus_holes),
    ):
        lines.append(f"  {name}: {v.value:.0f} [{v.low:.0f}, {v.high:.0f}]")
    random = dropped.as_many_at_random
    lines.append(
        "  trained on as many flights as clean, drawn at random: "
        f"AUC {_p(random.auc)}, {random.value.value:.0f}"
    )
    for name, seeds in dropped.seeds.items():
        lines.append(f"  {seeds['n']} fits on {name}: {_span(seeds)}")
    late = dropped.in_time
    lines += [
        "",
        "The same with the newest complete weather row: late "
        f"{_p(late.dropped_late)} and {_p(late.kept_late)}",
        _way_line(NAMES["served"], late.served),
        _way_line(NAMES["refused"], late.refused),
    ]
    return "\n".join(lines)


def _way_line(name: str, way: Way) -> str:
    return (
        f"  {name:<34}{_p(way.auc):>6}{way.all.value:>7.0f}"
        f"{way.kept.value:>7.0f}{way.dropped.value:>9.0f}"
        f"{way.acts_on_dropped:>12.0%}"
    )


def _p(x: float | None) -> str:
    """A probability without its leading zero; a dash if there is none."""
    return "-" if x is None else f"{x:.3f}".replace("0.", ".", 1)


def _span(seeds: Mapping[str, float]) -> str:
    return (
        f"AUC {_p(seeds['auc_low'])} to {_p(seeds['auc_high'])}, "
        f"value {seeds['value_low']:.0f} to {seeds['value_high']:.0f}"
    )


if __name__ == "__main__":
    chapter(run, report)
