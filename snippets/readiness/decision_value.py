"""What is it worth if we act on it?

Answers: from which probability acting pays, what acting on these predictions
would have been worth per 1,000 decisions beside acting always and knowing the
outcome, and whether one way to decide beats another by more than the luck of
the days, customers or machines that happened to be in the test.

Does not answer: whether your prices are right. They are an input, and the
owner of the decision sets them. It prices outcomes that came without your
action: if acting changes whether the event comes, or whether you learn of it,
only an experiment tells. Rows without an outcome are counted, never priced.

Needs:   Python 3.11, NumPy 1.26
Source:  snippets/readiness/decision_value.py
Page:    snippets/readiness/decision_value
Version: 1.0.0 (MIT-0)
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = [
    "Difference",
    "Value",
    "paired_bootstrap",
    "threshold",
    "value_per_1000",
]

_BLOCK = 2_000_000  # cells of draws by clusters at a time: 16 MB
_DUST = 1e-12  # a relative difference this small is rounding
_ABSENT = ("None", "nan", "NaT", "<NA>")
_REAL = (int, float, np.integer, np.floating)


@dataclass(frozen=True, eq=False)
class Value:
    """What acting from a threshold on is worth, beside what frames it.

    Money is in the unit of the prices, per 1,000 rows with an outcome. Never
    acting is worth 0.

    Attributes:
        per_1000: worth of this way to decide, up to `perfect`.
        act_on_all: worth of acting on every row.
        perfect: worth of acting on the events and on nothing else.
        act_from: the probability from which it acts, included.
        acted_on: share of the rows with an outcome acted on, [0, 1].
        n: rows with an outcome, 1 or more.
        missing: rows without an outcome. They are not priced.
        missing_acted_on: how many of those it would have acted on. Each
            costs up to `cost_act` that `per_1000` does not know of.
        rows: shape (m,), worth of each row in the order given; NaN without
            an outcome. Two such columns go into `paired_bootstrap`.
    """

    per_1000: float
    act_on_all: float
    perfect: float
    act_from: float
    acted_on: float
    n: int
    missing: int
    missing_acted_on: int
    rows: NDArray[np.float64]


@dataclass(frozen=True)
class Difference:
    """One way to decide minus another, on the same rows.

    Attributes:
        per_1000: mean of a minus b, times 1,000. Above 0: a is worth more.
        low: lower end of the interval, same unit.
        high: upper end. `low` above 0 speaks for a, `high` below 0 for b.
        n: rows with a value on both sides.
        n_clusters: groups of rows among them. Where a few carry most of the
            money, the interval holds less than it promises below about 50.
        n_differ: groups in which the two sides differ at all.
    """

    per_1000: float
    low: float
    high: float
    n: int
    n_clusters: int
    n_differ: int


def threshold(cost_act: float, saving_hit: float) -> float:
    """The probability from which acting pays.

    Acting costs `cost_act` in any case and brings `saving_hit` only if the
    event comes. With probability p it brings p times `saving_hit` on average,
    which is the cost or more once p is `cost_act / saving_hit` or more. This
    holds for probabilities that mean what they say.

    Args:
        cost_act: price of acting once, in your unit, from 1e-100.
        saving_hit: what acting saves if the event comes, the cost not taken
            off, same unit; above `cost_act` and up to 1e100.

    Returns:
        A probability between 0 and 1.

    Raises:
        ValueError: a price is not a number in its range, or acting would
            cost as much as it can save: then no probability pays.

    Example:
        >>> threshold(cost_act=1, saving_hit=4)
        0.25
    """
    cost, saving = (
        _price("cost_act", cost_act),
        _price("saving_hit", saving_hit),
    )
    if not cost < saving:
        rule = f"above cost_act, {cost_act}, or acting never pays"
        raise ValueError(f"saving_hit must be {rule}, got {saving_hit}")
    return cost / saving


def value_per_1000(
    y: ArrayLike,
    p: ArrayLike,
    cost_act: float,
    saving_hit: float,
    *,
    act_from: float | None = None,
) -> Value:
    """Price a way to decide on rows whose outcome is known.

    Args:
        y: shape (m,), whether the event came, 0 or 1; NaN and None are rows
            without an outcome.
        p: shape (m,), probability of the event, [0, 1], in the same order. A
            rule that says yes or no is a column of 1 and 0. No row may lack
            it: give 0 to a row that your system leaves alone.
        cost_act: as in `threshold`.
        saving_hit: as in `threshold`.
        act_from: act from this probability on, it included, [0, 1]; the
            threshold of the prices if left out.

    Returns:
        Worth per 1,000 rows: a row acted on brings `saving_hit - cost_act`
        if the event came and `-cost_act` if not, any other 0.

    Raises:
        ValueError: no row has an outcome, an outcome is neither 0 nor 1, a
            probability is missing or not 0 to 1, the lengths differ, an
            argument is not one column, or a price or `act_from` is out of
            its range.
        TypeError: `y` or `p` holds something other than numbers.

    Example:
        >>> found = value_per_1000([1, 0, 1, 0], [0.9, 0.4, 0.2, 0.1], 1, 4)
        >>> found.per_1000, found.act_on_all, found.perfect
        (500.0, 1000.0, 1500.0)
    """
    pays_from = threshold(cost_act, saving_hit)
    start = pays_from if act_from is None else act_from
    if not (isinstance(start, _REAL) and 0 <= start <= 1):
        raise ValueError(f"act_from must be 0 to 1, got {start!r}")
    event, chance = _numbers("y", y), _numbers("p", p)
    _same_length(y=event, p=chance)
    known = ~np.isnan(event)
    if (odd := known & ~np.isin(event, (0, 1))).any():
        raise ValueError(f"y must be 0 or 1, got {event[odd][0]}")
    if (odd := ~((chance >= 0) & (chance <= 1))).any():
        raise ValueError(
            f"p must be 0 to 1 in every row, got {chance[odd][0]}"
        )
    if not (n := int(known.sum())):
        raise ValueError("y must have an outcome in 1 row or more, got none")
    acts = chance >= start
    rows = np.where(acts, saving_hit * event - cost_act, 0.0)
    rows[~known] = np.nan
    rate = float(event[known].mean())
    return Value(
        per_1000=1000 * float(rows[known].mean()),
        act_on_all=1000 * (saving_hit * rate - cost_act),
        perfect=1000 * (saving_hit - cost_act) * rate,
        act_from=float(start),
        acted_on=float(acts[known].mean()),
        n=n,
        missing=len(rows) - n,
        missing_acted_on=int((acts & ~known).sum()),
        rows=rows,
    )


def paired_bootstrap(
    value_a: ArrayLike,
    value_b: ArrayLike,
    cluster: ArrayLike,
    *,
    alpha: float = 0.05,
    draws: int = 4_000,
    seed: int = 0,
) -> Difference:
    """Compare two ways to decide, drawing whole groups of rows anew.

    Both sides are read on the same rows, so what makes a day bad for both
    cancels. Groups are drawn with replacement; each draw's difference is
    divided by the spread it shows among its own groups (a bootstrap t), for
    with few groups, or a few that carry most of the money, the plain
    percentiles of the draws are too close together.

    Args:
        value_a: shape (m,), worth of each row, such as `Value.rows`; NaN and
            None are rows without an outcome, on both sides.
        value_b: shape (m,), the other way to decide, on the same rows.
        cluster: shape (m,), the group of each row, such as its day: values
            of one type, none missing. Rows of one group may depend on each
            other, groups may not.
        alpha: share of intervals that may miss, from .001 to .5.
        draws: samples of groups, 1,000 and `40 / alpha` at least, a million
            at most. Time grows with draws times groups.
        seed: for the draws, 0 or more. Another seed moves the ends a little.

    Returns:
        The mean difference per 1,000 rows, with its interval.

    Raises:
        ValueError: fewer than 5 groups have values; so few differ, or so
            many are alike, that the interval has no end; a row has a value on
            one side only, or one beyond 1e100; a group is missing; lengths
            differ; an argument is not one column, or out of its range.
        TypeError: a value is not a number, or groups cannot be sorted.

    Example:
        >>> a, b = [3, -1, 0, 3, -1, 3, 3, 0, 3, 0], [0, -1, 0, 0, 0] * 2
        >>> d = paired_bootstrap(a, b, [1, 2, 3, 4, 5, 6, 7, 8, 9, 10])
        >>> d.per_1000, d.low < 0 < d.high, d.n_clusters, d.n_differ
        (1500.0, False, 10, 6)
    """
    if not (isinstance(alpha, _REAL) and 0.001 <= alpha <= 0.5):
        raise ValueError(f"alpha must be from .001 to .5, got {alpha!r}")
    _whole("draws", draws, max(1_000, math.ceil(40 / alpha)), 1_000_000)
    _whole("seed", seed, 0, 2**63)
    a, b = _numbers("value_a", value_a), _numbers("value_b", value_b)
    groups = _groups(cluster)
    _same_length(value_a=a, value_b=b, cluster=groups)
    for name, column in ("value_a", a), ("value_b", b):
        if (far := np.abs(column) > 1e100).any():
            worst = column[far][0]
            raise ValueError(f"{name} must be within 1e100, got {worst}")
    known = ~np.isnan(a)
    if odd := int((known == np.isnan(b)).sum()):
        rule = "missing where value_b is"
        raise ValueError(f"value_a must be {rule}, got {odd} rows with one")
    gain = a[known] - b[known]
    gain[np.abs(gain) <= _DUST * np.abs(a[known])] = 0.0
    group = np.unique(groups[known], return_inverse=True)[1]
    sizes, sums = np.bincount(group), np.bincount(group, gain)
    if (k := len(sizes)) < 5:
        raise ValueError(f"cluster must hold 5 groups or more, got {k}")
    # --8<-- [start:core]
    mean = float(gain.mean())
    low, high = mean, mean
    off = sums - mean * sizes  # what each group adds beyond the mean
    scale = float(np.abs(off).max())
    if scale > _DUST * float(np.abs(sums).max()):  # else all groups agree
        off /= scale
        spread = math.sqrt(float(off @ off)) / len(gain) * scale
        t = np.sort(_studentised(off, sizes, draws, seed))
        tail = math.floor((draws + 1) * alpha / 2)
        # a draw above the sample stands for a sample above the truth
        low, high = mean - t[-tail] * spread, mean - t[tail - 1] * spread
    # --8<-- [end:core]
    differ = int((np.bincount(group, gain != 0) > 0).sum())
    if not math.isfinite(high - low):
        got = f"got {k}, {differ} of them with a difference"
        raise ValueError(f"cluster must hold more groups that differ, {got}")
    ends = 1000 * float(low), 1000 * float(high)
    return Difference(1000 * mean, *ends, len(gain), k, differ)


def _studentised(
    off: NDArray[np.float64],
    sizes: NDArray[np.int64],
    draws: int,
    seed: int,
) -> NDArray[np.float64]:
    """How many of its own standard errors each draw is off the sample."""
    rng, k = np.random.default_rng(seed), len(off)
    size = sizes / sizes.mean()
    terms = np.array([off, size, off * off, off * size, size * size]).T
    found = []
    for start in range(0, draws, block := max(1, _BLOCK // k)):
        n = min(block, draws - start)
        drawn = rng.integers(k, size=(n, k)) + k * np.arange(n)[:, None]
        times = np.bincount(drawn.ravel(), minlength=n * k).reshape(n, k)
        e, rows, ee, en, nn = (times @ terms).T
        move = e / rows
        square = ee - 2 * move * en + move * move * nn
        none = square <= _DUST * (ee + 1e-300)  # groups that are all alike
        move[none] = np.where(e == 0, 0, np.copysign(np.inf, e))[none]
        found.append(move * rows / np.sqrt(np.where(none, 1, square)))
    return np.concatenate(found)


def _numbers(name: str, values: ArrayLike) -> NDArray[np.float64]:
    """Return a column as floats with NaN for missing, or refuse it."""
    try:
        column = np.asarray(values)
        if column.dtype == object:
            column = np.array([np.nan if v is None else v for v in column])
    except (OverflowError, TypeError, ValueError) as error:
        raise TypeError(f"{name} must hold numbers: {error}") from error
    if column.ndim != 1:
        raise ValueError(f"{name} must be one column, got {column.shape}")
    if column.dtype.kind not in "biuf":
        raise TypeError(f"{name} must hold numbers, got {column.dtype}")
    if isinstance(values, np.ma.MaskedArray):  # asarray dropped the mask
        column = np.where(np.ma.getmaskarray(values), np.nan, column)
    return column.astype(np.float64, copy=False)


def _groups(cluster: ArrayLike) -> NDArray[np.int64]:
    """Return the number of each row's group, or refuse the column."""
    try:
        column = np.asarray(cluster)
    except ValueError as error:
        raise ValueError(f"cluster must be one column: {error}") from error
    if column.ndim != 1:
        raise ValueError(f"cluster must be one column, got {column.shape}")
    if column.dtype.kind in "OU":  # asarray makes text of NaN among text
        missing = np.array([str(v) in _ABSENT for v in column], bool)
    else:
        missing = np.asarray(column != column)  # NaN and NaT
    if isinstance(cluster, np.ma.MaskedArray):  # asarray drops the mask
        missing = missing | np.ma.getmaskarray(cluster)
    if missing.any():
        raise ValueError(f"cluster must not be missing, got {column[missing]}")
    try:
        return np.unique(column, return_inverse=True)[1]
    except TypeError as error:
        raise TypeError(f"cluster must hold one type: {error}") from None


def _price(name: str, value: float) -> float:
    """Return a price, or refuse it."""
    if isinstance(value, _REAL):
        price = value.item() if isinstance(value, np.generic) else value
        if 1e-100 <= price <= 1e100:
            return float(price)
    rule = "a number from 1e-100 to 1e100"
    raise ValueError(f"{name} must be {rule}, got {value!r}")


def _whole(name: str, value: int, least: int, most: int) -> None:
    """Refuse what is not a whole number in its range, by name."""
    if not isinstance(value, int | np.integer) or not least <= value <= most:
        rule = f"a whole number from {least} to {most}"
        raise ValueError(f"{name} must be {rule}, got {value!r}")


def _same_length(**columns: NDArray[Any]) -> None:
    """Refuse columns that differ in length, by name."""
    sizes = [len(column) for column in columns.values()]
    if len(set(sizes)) > 1:
        names = ", ".join(columns)
        raise ValueError(f"{names} must be equally long, got {sizes}")


if __name__ == "__main__":
    day, hour = np.divmod(np.arange(40 * 25), 25)
    risk = (day * 7 % 20 + hour) / 60
    late = (day * 13 + hour * 29) % 100 / 100 < risk
    model = value_per_1000(late, risk, cost_act=1, saving_hit=4)
    rule = value_per_1000(late, hour >= 10, cost_act=1, saving_hit=4)
    print(f"act from {model.act_from}; perfect {model.perfect:.0f}")
    print(f"model {model.per_1000:.0f}, rule {rule.per_1000:.0f}")
    print(paired_bootstrap(model.rows, rule.rows, day))
