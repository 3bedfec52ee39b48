"""What is each model worth on the flights it never saw, and how sure is that?

Answers: trains the notebook's model, a hardened model and a table of ten rows
on January to April and prices what they would have done from May to December,
against doing nothing, acting on every flight and knowing the outcome. It
prints intervals by day, months, slices, calibration and the score's drift.

Does not answer: what a late flight costs you. **The money is invented**:
acting costs 1, acting on a truly late flight saves 4. One year cannot tell a
season from a change for good, and the hardened model was found while looking
at these months.

Needs:   Python 3.11, NumPy 1.26, scikit-learn 1.7
Source:  snippets/flights/models.py
Page:    snippets/flights/models
Version: 1.0.0 (MIT-0)
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.metrics import roc_auc_score
from threadpoolctl import threadpool_limits

from snippets.drift.psi import Baseline, psi
from snippets.flights.features import CARRIERS, ORIGINS, WEATHER
from snippets.flights.loader import Flights, chapter

__all__ = [
    "HARDENED",
    "NOTEBOOK",
    "SLIDE",
    "DayBootstrap",
    "RateTable",
    "Recipe",
    "fitted",
    "gain",
    "measure",
    "run",
    "score",
    "value_per_1000",
]

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

ACT_COST: Final = 1.0  # invented
SAVING: Final = 4.0  # invented
MONTHS: Final = ("may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
AUTUMN: Final = (9, 10, 11)


@dataclass(frozen=True)
class Recipe:
    """Columns and settings: everything that makes a model, but the rows.

    Attributes:
        name: What the reports call it.
        columns: The columns of `Flights` it reads, in this order.
        max_iter: Trees, 1 or more.
        learning_rate: Above 0.
        max_leaf_nodes: Leaves of each tree, 2 or more.
        min_samples_leaf: Flights in a leaf, 1 or more.
        seed: Draws the tenth of the rows on which the fit may stop early.
    """

    name: str
    columns: tuple[str, ...]
    max_iter: int
    learning_rate: float
    max_leaf_nodes: int
    min_samples_leaf: int
    seed: int = 0

    def fit(self, flights: Flights) -> HistGradientBoostingClassifier:
        """Train on labelled flights, on one thread.

        Args:
            flights: Labelled flights; their order matters, because the rows
                held back for early stopping are drawn by position.

        Returns:
            The fitted estimator.
        """
        estimator = HistGradientBoostingClassifier(
            max_iter=self.max_iter,
            learning_rate=self.learning_rate,
            max_leaf_nodes=self.max_leaf_nodes,
            min_samples_leaf=self.min_samples_leaf,
            random_state=self.seed,
        )
        with threadpool_limits(1):
            return estimator.fit(flights.matrix(self.columns), flights.late)


NOTEBOOK: Final = Recipe(
    name="notebook",
    columns=(
        "month",
        "day",
        "day_of_week",
        "minute_of_day",
        "carrier",
        "origin",
        "dest",
        "distance",
        "block_minutes",
        "flight",
        *WEATHER,
    ),
    max_iter=150,
    learning_rate=0.1,
    max_leaf_nodes=31,
    min_samples_leaf=20,
)
HARDENED: Final = Recipe(
    name="hardened",
    columns=(
        "minute_of_day",
        "origin",
        "carrier",
        "live_delay",
        "live_late",
        "live_wait",
        "wind_speed_3h",
        "precip_3h",
        "visib_3h",
    ),
    max_iter=100,
    learning_rate=0.05,
    max_leaf_nodes=8,
    min_samples_leaf=500,
)

SLIDE: Final = replace(
    NOTEBOOK, name="slide", columns=(*NOTEBOOK.columns, "dep_delay")
)


@dataclass(frozen=True, eq=False)
class RateTable:
    """A late rate for each tenth of one column: ten rows and no model.

    Attributes:
        edges: shape (9,) or fewer, in the column's unit, increasing.
        rates: shape (len(edges) + 2,), [0, 1]; the last one is the rate of
            the rows where the column is missing.
    """

    edges: Floats
    rates: Floats

    @classmethod
    def fit(cls, x: Floats, late: Bools, n_rows: int = 10) -> RateTable:
        """Learn the table.

        Args:
            x: shape (n,), NaN for missing.
            late: shape (n,).
            n_rows: Rows asked for, 2 or more; ties make them fewer.

        Returns:
            The table. A row nobody falls in has the rate of all flights.

        Raises:
            ValueError: `n_rows` is below 2, or `x` has no value at all.
        """
        if n_rows < 2:
            raise ValueError(f"n_rows must be 2 or more, got {n_rows}")
        seen = x[~np.isnan(x)]
        if not len(seen):
            raise ValueError("x must have at least one value, got none")
        inner = np.arange(1, n_rows) / n_rows
        edges: Floats = np.unique(np.quantile(seen, inner))
        row = _row(edges, x)
        n = np.bincount(row, minlength=len(edges) + 2)
        k = np.bincount(row, weights=late, minlength=len(edges) + 2)
        return cls(edges, np.where(n, k / np.maximum(n, 1), late.mean()))

    def predict(self, x: Floats) -> Floats:
        """Look the rates up.

        Args:
            x: shape (n,), NaN for missing.

        Returns:
            shape (n,), [0, 1].
        """
        rates: Floats = self.rates[_row(self.edges, x)]
        return rates


def _row(edges: Floats, x: Floats) -> NDArray[np.int64]:
    """Row i holds edges[i - 1] <= x < edges[i]; NaN has the last row."""
    place = np.searchsorted(edges, x, side="right")
    row: NDArray[np.int64] = np.where(np.isnan(x), len(edges) + 1, place)
    return row


def gain(
    late: Bools,
    p: Floats,
    *,
    threshold: float | None = None,
    cost: float = ACT_COST,
    saving: float = SAVING,
) -> Floats:
    """What acting on each flight brings, in points.

    Args:
        late: shape (n,).
        p: shape (n,), [0, 1], probability of being late.
        threshold: Act from this probability on, it included; `cost / saving`
            if left out, where an honest probability breaks even.
        cost: Points an action costs, above 0.
        saving: Points an action saves if the flight is late, above 0.

    Returns:
        shape (n,): 0 without action, `saving - cost` or `-cost` with.

    Raises:
        ValueError: `cost` or `saving` is not above 0.

    Example:
        >>> gain(np.array([True, False, True]), np.array([0.3, 0.3, 0.1]))
        array([ 3., -1.,  0.])
    """
    if min(cost, saving) <= 0:
        raise ValueError(
            f"cost and saving must be above 0, got {cost} and {saving}"
        )
    act = p >= (cost / saving if threshold is None else threshold)
    return np.where(act, saving * late - cost, 0.0)


def value_per_1000(
    late: Bools,
    p: Floats,
    *,
    threshold: float | None = None,
    cost: float = ACT_COST,
    saving: float = SAVING,
) -> float:
    """Points per 1,000 flights; the arguments are those of `gain`.

    Returns:
        Up to 1,000 times `saving - cost`; 0 is what doing nothing brings.

    Raises:
        ValueError: No flights are given.

    Example:
        >>> value_per_1000(np.array([True, False]), np.array([0.9, 0.1]))
        1500.0
    """
    if not len(late):
        raise ValueError("late must have at least one flight, got none")
    points = gain(late, p, threshold=threshold, cost=cost, saving=saving)
    return 1000 * float(points.mean())


class DayBootstrap:
    """Intervals that know flights of one day share their weather.

    Whole days are drawn with replacement. Two columns measured with the same
    object see the same draws, so their difference is a paired one.
    """

    def __init__(self, day: ArrayLike, draws: int = 2000, seed: int = 0):
        """Draw the days.

        Args:
            day: shape (n,), the day of each flight.
            draws: Samples of days, 100 or more.
            seed: For the draws.

        Raises:
            ValueError: `draws` is below 100, or there are fewer than 2 days.
        """
        if draws < 100:
            raise ValueError(f"draws must be 100 or more, got {draws}")
        days, self._day = np.unique(np.asarray(day), return_inverse=True)
        if len(days) < 2:
            raise ValueError(f"day must have 2 days or more, got {len(days)}")
        self._n = len(days)
        share = np.full(self._n, 1 / self._n)
        rng = np.random.default_rng(seed)
        self._times = rng.multinomial(self._n, share, size=draws).astype(float)

    def interval(
        self, points: Floats, keep: Bools | None = None
    ) -> tuple[float, float]:
        """A 95 % interval for the mean of `points`, times 1,000.

        Args:
            points: shape (n,), such as `gain` returns.
            keep: shape (n,), the flights to count; all if left out.

        Returns:
            2.5th and 97.5th percentile over the draws. A draw without one
            such flight is left out.
        """
        n = np.ones(len(points)) if keep is None else keep.astype(float)
        daily = np.bincount(self._day, points * n, self._n)
        flights = self._times @ np.bincount(self._day, n, self._n)
        some = flights > 0
        means = (self._times @ daily)[some] / flights[some]
        low, high = np.percentile(means, [2.5, 97.5])
        return 1000 * float(low), 1000 * float(high)


@dataclass(frozen=True)
class Value:
    """Points per 1,000 flights with a 95 % interval over days.

    Attributes:
        value: Points per 1,000 flights.
        low: Lower end of the interval.
        high: Upper end of the interval.
        n: Flights.
    """

    value: float
    low: float
    high: float
    n: int


@dataclass(frozen=True)
class Score:
    """One set of predictions, measured.

    Attributes:
        accuracy: Share right when "late" is called from .5 on, [0, 1].
        auc: Share of late and punctual pairs ranked the right way, [0, 1].
        value: Points per 1,000 flights, with its interval over days.
    """

    accuracy: float
    auc: float
    value: Value


@dataclass(frozen=True)
class Standing:
    """How one way to decide did from May to December.

    Attributes:
        value: Points per 1,000 flights, with its interval.
        auc: Share of late and punctual pairs ranked the right way, [0, 1].
        accuracy: Share right when "late" is called from .5 on, [0, 1].
        acted_on: Share of flights acted on, [0, 1].
        claimed_value: The value if its probabilities were true.
        ece: Expected calibration error in 15 equal bins, [0, 1].
        months: Points per 1,000 flights by month, May to December.
        autumn: The value from September to November, with its interval.
        recall_before_7: Share of the late flights due before 07:00 that it
            acts on, [0, 1].
    """

    value: Value
    auc: float
    accuracy: float
    acted_on: float
    claimed_value: float
    ece: float
    months: dict[str, float]
    claimed_months: dict[str, float]
    autumn: Value
    recall_before_7: float


@dataclass(frozen=True)
class Bin:
    """Predictions in [low, high): what they claim and what came.

    Attributes:
        low: Lower end, [0, 1].
        high: Upper end, [0, 1].
        n: Flights.
        claimed: Mean prediction; None without flights.
        late: Late rate; None without flights.
    """

    low: float
    high: float
    n: int
    claimed: float | None
    late: float | None


@dataclass(frozen=True)
class Slice:
    """One airline at one airport.

    Attributes:
        value: Points per 1,000 flights, with its interval.
        late_rate: [0, 1].
    """

    value: Value
    late_rate: float


@dataclass(frozen=True)
class Price:
    """Every way to decide, if acting on a late flight saved `saving`.

    Attributes:
        saving: Points saved; acting costs 1.
        threshold: Act from this probability on: 1 / saving.
        notebook: Points per 1,000 flights, and so on.
        notebook_at_25: The same with the threshold left at .25.
    """

    saving: float
    threshold: float
    notebook: float
    table: float
    hardened: float
    act_on_all: float
    oracle: float
    notebook_at_25: float
    table_at_25: float
    hardened_at_25: float


@dataclass(frozen=True)
class Models:
    """Everything `run` measures; page and figures read it by these names.

    Attributes:
        flights: All, labelled, to train on, and in production.
        late_rate: January to April, and May to December, [0, 1].
        late_rate_months: May to December, [0, 1].
        do_nothing_accuracy: Accuracy of "never late" in production.
        act_on_all: Points per 1,000 flights if every flight is acted on.
        oracle: The same for somebody who knows the outcome.
        notebook: How the notebook's model did; the next two likewise.
        table: The late rate by tenths of `live_late`.
        hardened: The model on live columns and complete weather rows.
        hardened_minus_table: Paired difference; the next two likewise.
        table_share_of_hardened: Value of the table over that of the model.
        table_rates: The table itself; the last rate is for a missing value.
        seeds: What the luck of early stopping does to a model.
        score_psi: By model and month, against its scores in training.
        reliability: Claim and outcome in 15 bins, by model.
        overconfidence: The same where a model says .8 to .9.
        slices: By model, then airline and airport, such as `AA_LGA`.
        slices_below_zero: Slices whose value is below 0, by model.
        slices_interval_below_zero: Those whose whole interval is; one in
            forty would be by chance where the value is 0.
        prices: One row for each number of points an action may save.
    """

    flights: dict[str, int]
    late_rate: dict[str, float]
    late_rate_months: dict[str, float]
    do_nothing_accuracy: float
    act_on_all: float
    oracle: float
    notebook: Standing
    table: Standing
    hardened: Standing
    hardened_minus_table: Value
    hardened_minus_notebook: Value
    table_minus_notebook: Value
    table_share_of_hardened: float
    table_rates: dict[str, list[float]]
    seeds: dict[str, dict[str, float]]
    score_psi: dict[str, dict[str, float]]
    reliability: dict[str, list[Bin]]
    overconfidence: dict[str, Bin]
    slices: dict[str, dict[str, Slice]]
    slices_below_zero: dict[str, int]
    slices_interval_below_zero: dict[str, int]
    prices: list[Price]


@lru_cache(maxsize=32)
def fitted(recipe: Recipe, train: Flights) -> HistGradientBoostingClassifier:
    """Train, or hand out the model already trained on the same flights.

    Args:
        recipe: Columns and settings.
        train: Labelled flights.

    Returns:
        The fitted estimator.
    """
    return recipe.fit(train)


@lru_cache(maxsize=64)
def score(recipe: Recipe, train: Flights, served: Flights) -> Floats:
    """Train on some flights and predict others; the answers are kept.

    Args:
        recipe: Columns and settings.
        train: Labelled flights.
        served: Flights to predict.

    Returns:
        shape (len(served),), probability of arriving more than 30 minutes
        late, [0, 1], read-only.
    """
    model = fitted(recipe, train)
    with threadpool_limits(1):
        both = model.predict_proba(served.matrix(recipe.columns))
    probability: Floats = both[:, 1].copy()
    probability.flags.writeable = False
    return probability


def measure(flights: Flights, p: Floats) -> Score:
    """Accuracy, AUC and value of predictions for labelled flights.

    Args:
        flights: Labelled flights, n of them.
        p: shape (n,), [0, 1].

    Returns:
        The three figures.
    """
    late = flights.late
    return Score(
        accuracy=float(((p >= 0.5) == late).mean()),
        auc=float(roc_auc_score(late, p)),
        value=_value(gain(late, p), DayBootstrap(flights["date"])),
    )


def reliability(late: Bools, p: Floats, n_bins: int = 15) -> list[Bin]:
    """Claim and outcome in bins of equal width.

    Args:
        late: shape (n,).
        p: shape (n,), [0, 1].
        n_bins: 1 or more.

    Returns:
        `n_bins` bins; 1.0 falls in the last one.

    Raises:
        ValueError: `n_bins` is below 1.
    """
    if n_bins < 1:
        raise ValueError(f"n_bins must be 1 or more, got {n_bins}")
    bin_ = np.minimum((p * n_bins).astype(int), n_bins - 1)
    return [
        _bin(late, p, bin_ == i, i / n_bins, (i + 1) / n_bins)
        for i in range(n_bins)
    ]


def _bin(late: Bools, p: Floats, here: Bools, low: float, high: float) -> Bin:
    n = int(here.sum())
    if not n:
        return Bin(low, high, 0, None, None)
    claimed, came = float(p[here].mean()), float(late[here].mean())
    return Bin(low, high, n, claimed, came)


def calibration_error(bins: list[Bin]) -> float:
    """Mean distance between claim and outcome over flights, [0, 1].

    Args:
        bins: What `reliability` returns.

    Returns:
        0 if every bin keeps its claim. At small n even honest probabilities
        are above 0.
    """
    n = sum(b.n for b in bins)
    apart = [
        b.n * abs(b.claimed - b.late)
        for b in bins
        if b.claimed is not None and b.late is not None
    ]
    return sum(apart) / n


def run(flights: Flights, seeds: int = 5) -> Models:
    """Train on January to April, price May to December.

    Args:
        flights: The sample or all flights.
        seeds: Fits of the same rows that differ in the tenth held back for
            early stopping, 1 or more; the first is the one reported.

    Returns:
        Every figure of this page.
    """
    train, served = flights.train, flights.production
    late = served.late
    table = RateTable.fit(train["live_late"], train.late)
    p = {
        "notebook": score(NOTEBOOK, train, served),
        "table": table.predict(served["live_late"]),
        "hardened": score(HARDENED, train, served),
    }
    points = {name: gain(late, p[name]) for name in p}
    days = DayBootstrap(served["date"])
    everyone = np.ones(len(late))
    slices = {name: _slices(served, points[name], days) for name in p}
    return Models(
        flights={
            "all": len(flights),
            "labelled": int(flights.labelled.sum()),
            "train": len(train),
            "production": len(served),
        },
        late_rate={
            "train": float(train.late.mean()),
            "production": float(late.mean()),
        },
        late_rate_months=_months(served, late.astype(float)),
        do_nothing_accuracy=float((~late).mean()),
        act_on_all=value_per_1000(late, everyone),
        oracle=value_per_1000(late, late.astype(float)),
        notebook=_standing(served, p["notebook"], days),
        table=_standing(served, p["table"], days),
        hardened=_standing(served, p["hardened"], days),
        hardened_minus_table=_value(
            points["hardened"] - points["table"], days
        ),
        hardened_minus_notebook=_value(
            points["hardened"] - points["notebook"], days
        ),
        table_minus_notebook=_value(
            points["table"] - points["notebook"], days
        ),
        table_share_of_hardened=float(
            points["table"].mean() / points["hardened"].mean()
        ),
        table_rates={
            "edges": [float(edge) for edge in table.edges],
            "rates": [float(rate) for rate in table.rates],
        },
        seeds={
            recipe.name: spread(recipe, train, served, seeds)
            for recipe in (NOTEBOOK, HARDENED)
        },
        score_psi={
            recipe.name: _score_psi(
                score(recipe, train, train), p[recipe.name], served
            )
            for recipe in (NOTEBOOK, HARDENED)
        },
        reliability={name: reliability(late, p[name]) for name in p},
        overconfidence={name: _top(late, p[name]) for name in p},
        slices=slices,
        slices_below_zero={
            name: sum(s.value.value < 0 for s in slices[name].values())
            for name in p
        },
        slices_interval_below_zero={
            name: sum(s.value.high < 0 for s in slices[name].values())
            for name in p
        },
        prices=[
            _price(late, p, saving) for saving in (2.0, 3.0, 4.0, 6.0, 8.0)
        ],
    )


def _value(
    points: Floats, days: DayBootstrap, keep: Bools | None = None
) -> Value:
    low, high = days.interval(points, keep)
    kept = points if keep is None else points[keep]
    return Value(1000 * float(kept.mean()), low, high, len(kept))


def _standing(served: Flights, p: Floats, days: DayBootstrap) -> Standing:
    late, act = served.late, p >= ACT_COST / SAVING
    points, claimed = gain(late, p), np.where(act, SAVING * p - ACT_COST, 0.0)
    early = late & (served["minute_of_day"] < 7 * 60)
    return Standing(
        value=_value(points, days),
        auc=float(roc_auc_score(late, p)),
        accuracy=float(((p >= 0.5) == late).mean()),
        acted_on=float(act.mean()),
        claimed_value=1000 * float(claimed.mean()),
        ece=calibration_error(reliability(late, p)),
        months=_months(served, 1000 * points),
        claimed_months=_months(served, 1000 * claimed),
        autumn=_value(points, days, np.isin(served["month"], AUTUMN)),
        recall_before_7=float(act[early].mean()),
    )


def _months(served: Flights, x: Floats) -> dict[str, float]:
    return {
        name: float(x[served["month"] == month].mean())
        for month, name in enumerate(MONTHS, start=5)
    }


def spread(
    recipe: Recipe, train: Flights, served: Flights, seeds: int = 5
) -> dict[str, float]:
    """What chance alone does: the same rows, another tenth held back.

    Args:
        recipe: Columns and settings; its own seed is ignored.
        train: Labelled flights.
        served: Labelled flights.
        seeds: Fits, with the seeds 0, 1, 2 and so on, 1 or more.

    Returns:
        `n`, and the lowest and highest value and AUC.
    """
    values, aucs = [], []
    for seed in range(seeds):
        p = score(replace(recipe, seed=seed), train, served)
        values.append(value_per_1000(served.late, p))
        aucs.append(float(roc_auc_score(served.late, p)))
    return {
        "n": seeds,
        "value_low": min(values),
        "value_high": max(values),
        "auc_low": min(aucs),
        "auc_high": max(aucs),
    }


def _score_psi(
    reference: Floats, p: Floats, served: Flights
) -> dict[str, float]:
    base = Baseline.fit(reference)
    return {
        name: psi(base, base.count(p[served["month"] == month])).value
        for month, name in enumerate(MONTHS, start=5)
    }


def _top(late: Bools, p: Floats) -> Bin:
    """What it claims and what comes where it says .8 to .9."""
    return _bin(late, p, (p >= 0.8) & (p < 0.9), 0.8, 0.9)


def _slices(
    served: Flights, points: Floats, days: DayBootstrap, min_n: int = 300
) -> dict[str, Slice]:
    """Airline at airport, where there are enough flights to say anything."""
    slices = {}
    for c, carrier in enumerate(CARRIERS):
        for o, origin in enumerate(ORIGINS):
            here = (served["carrier"] == c) & (served["origin"] == o)
            if here.sum() >= min_n:
                slices[f"{carrier}_{origin}"] = Slice(
                    _value(points, days, here),
                    float(served.late[here].mean()),
                )
    return slices


def _price(late: Bools, p: Mapping[str, Floats], saving: float) -> Price:
    def value(p: Floats, threshold: float | None = None) -> float:
        return value_per_1000(late, p, threshold=threshold, saving=saving)

    return Price(
        saving=saving,
        threshold=ACT_COST / saving,
        notebook=value(p["notebook"]),
        table=value(p["table"]),
        hardened=value(p["hardened"]),
        act_on_all=value(np.ones(len(late))),
        oracle=value(late.astype(float)),
        notebook_at_25=value(p["notebook"], 0.25),
        table_at_25=value(p["table"], 0.25),
        hardened_at_25=value(p["hardened"], 0.25),
    )


def report(models: Models) -> str:
    """The results as text for a terminal, 79 columns at most.

    Args:
        models: What `run` returns.

    Returns:
        Text without a final line break.
    """
    three = {
        "notebook": models.notebook,
        "table": models.table,
        "hardened": models.hardened,
    }
    n = models.flights["production"]
    lines = [f"Points per 1,000 flights, May to December ({n:,} flights)", ""]
    lines.append(f"{'':<12}" + "".join(f"{m.title():>6}" for m in MONTHS))
    lines[-1] += "   all"
    rates = [*models.late_rate_months.values(), models.late_rate["production"]]
    lines.append(
        f"  {'late rate':<10}" + "".join(f"{_p(r):>6}" for r in rates)
    )
    for name, s in three.items():
        cells = [*s.months.values(), s.value.value]
        row = f"  {name:<10}" + "".join(f"{cell:>6.0f}" for cell in cells)
        lines.append(f"{row} [{s.value.low:.0f}, {s.value.high:.0f}]")
    lines += [
        f"  do nothing 0, act on all {models.act_on_all:.0f}, "
        f"know the outcome {models.oracle:.0f}",
        "  (invented: acting costs 1, acting on a late flight saves 4)",
        "",
    ]
    for name, v in (
        ("hardened - table", models.hardened_minus_table),
        ("hardened - notebook", models.hardened_minus_notebook),
        ("table - notebook", models.table_minus_notebook),
    ):
        lines.append(
            f"  {name:<22}{v.value:>5.0f} [{v.low:.0f}, {v.high:.0f}]"
        )
    seeds = models.seeds["notebook"]
    lines += [
        f"  the notebook, fitted {seeds['n']} times: {seeds['value_low']:.0f} "
        f"to {seeds['value_high']:.0f}, by the luck of the early stop",
        "",
        f"{'':<12}   AUC  accuracy  acts on   ECE  says .8-.9, comes  "
        "caught before 7",
    ]
    for name, s in three.items():
        top = models.overconfidence[name]
        said = (
            "never"
            if top.claimed is None or top.late is None
            else f"{_p(top.claimed)}, {_p(top.late)}"
        )
        lines.append(
            f"  {name:<10}{_p(s.auc):>6}{_p(s.accuracy):>10}"
            f"{s.acted_on:>9.0%}{_p(s.ece):>6}{said:>18}"
            f"{s.recall_before_7:>17.0%}"
        )
    quiet = _p(models.do_nothing_accuracy)
    lines += [
        f"  {'do nothing':<10}{'.500':>6}{quiet:>10}{0:>9.0%}",
        "",
        "Score PSI against January to April, and what the notebook claimed",
        "",
    ]
    for name, psis in models.score_psi.items():
        drifts = "".join(f"{value:>6.2f}" for value in psis.values())
        lines.append(f"  {name:<10}{drifts}")
    claims = "".join(
        f"{c:>6.0f}" for c in models.notebook.claimed_months.values()
    )
    lines += [
        f"  {'claimed':<10}{claims}{models.notebook.claimed_value:>6.0f}",
        "",
        "Airline at airport, 300 flights or more: worst for the notebook",
        "",
    ]
    slices = models.slices["notebook"]
    for key in sorted(slices, key=lambda k: slices[k].value.value)[:3]:
        worst = ""
        for name in three:
            v = models.slices[name][key].value
            worst += f"{f'{v.value:.0f} [{v.low:.0f}, {v.high:.0f}]':>18}"
        lines.append(
            f"  {key.replace('_', ' '):<8}n ={slices[key].value.n:>7,}{worst}"
        )
    lines += [
        "  below zero: "
        + ", ".join(
            f"{name} {models.slices_below_zero[name]} of "
            f"{len(models.slices[name])}"
            for name in three
        ),
        "",
        "If acting on a late flight saved more or less (acting from 1/saving)",
        "",
        "  saving  from  notebook  (from .25)  table  hardened  act on all",
    ]
    for price in models.prices:
        lines.append(
            f"  {price.saving:>6.0f}{_p(price.threshold)[:4]:>6}"
            f"{price.notebook:>10.0f}{price.notebook_at_25:>12.0f}"
            f"{price.table:>7.0f}{price.hardened:>10.0f}"
            f"{price.act_on_all:>12.0f}"
        )
    return "\n".join(lines)


def _p(x: float) -> str:
    """A probability without its leading zero."""
    return f"{x:.3f}".removeprefix("0")


if __name__ == "__main__":
    chapter(run, report)
