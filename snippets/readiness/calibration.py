"""Does .8 mean 80 %?

Answers: how often the event came where the model said .8, bin by bin with an
interval; how far claim and outcome are apart on average (the expected
calibration error, ECE), beside what a perfectly calibrated model with the
same scores would show; and whether the probabilities beat the base rate.

Does not answer: whether the model ranks well, whether each group of cases is
calibrated, or whether it still is next month. Intervals and limits take rows,
or with `cluster` whole groups of rows, as independent.

Needs:   Python 3.11, NumPy 1.26, SciPy 1.11
Source:  snippets/readiness/calibration.py
Page:    snippets/readiness/calibration
Version: 1.0.0 (MIT-0)
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special  # type: ignore[import-untyped, unused-ignore]

__all__ = [
    "Bin",
    "BrierSkill",
    "CalibrationError",
    "brier_skill",
    "expected_calibration_error",
    "reliability",
]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

_ABSENT = ("None", "nan", "NaT", "<NA>")
_DRAWS = 999
_CELLS = 250  # rows of nearly equal score share a draw above this number


@dataclass(frozen=True)
class Bin:
    """Rows with scores in one stretch: what was claimed and what came.

    Attributes:
        edges: the stretch, lower < score <= upper; the first holds 0 too.
        n: rows in it, 1 or more.
        claimed: mean score, [0, 1].
        observed: share of rows in which the event came, [0, 1].
        low: lower end of the interval for the true share, [0, 1].
        high: upper end, [0, 1].
    """

    edges: tuple[float, float]
    n: int
    claimed: float
    observed: float
    low: float
    high: float


@dataclass(frozen=True)
class CalibrationError:
    """ECE, beside the ECE that chance alone gives a calibrated model.

    Attributes:
        value: mean distance between claim and outcome over the bins, each
            weighted with its rows, [0, 1]; 0 when they agree in every bin.
        expected: what a perfectly calibrated model with these scores shows
            on average.
        limit: what it passes in a share `alpha` of samples.
        alarm: whether `value` is above `limit`.
        n: rows.
        n_bins: bins that hold rows.
    """

    value: float
    expected: float
    limit: float
    alarm: bool
    n: int
    n_bins: int


@dataclass(frozen=True)
class BrierSkill:
    """Mean squared error of the scores, against that of one constant.

    Attributes:
        skill: 1 - `brier` / `reference`. 1 is perfect, 0 no better than the
            constant, below 0 worse; no lower end.
        low: lower end of the interval for `skill`.
        high: upper end.
        brier: mean squared distance of score and outcome, [0, 1].
        reference: the same for the constant, above 0.
        base_rate: the constant, [0, 1].
        n: rows.
    """

    skill: float
    low: float
    high: float
    brier: float
    reference: float
    base_rate: float
    n: int


def reliability(
    y: ArrayLike,
    p: ArrayLike,
    *,
    n_bins: int = 15,
    equal_count: bool = False,
    cluster: ArrayLike | None = None,
    alpha: float = 0.05,
) -> tuple[Bin, ...]:
    """Set claims beside outcomes, bin by bin: the numbers of the diagram.

    Args:
        y: shape (n,), 0 and 1: did the event come? None missing.
        p: shape (n,), probabilities of the event, [0, 1]; None missing.
        n_bins: bins asked for, 1 to 1,000.
        equal_count: False: bins of equal width, the same for every sample.
            True: of about equal numbers of rows; equal scores stay together.
        cluster: shape (n,), the group of each row, such as its day, none
            missing. Rows of one group may depend on each other, groups may
            not. Left out, each row is a group.
        alpha: share of intervals that may miss the true share, .001 to .5.

    Returns:
        The bins that hold rows, from low scores to high ones. An interval
        (Clopper-Pearson's, and with `cluster` for as many rows as the groups
        are worth) covers in 1 - `alpha` of samples or more. A bin with rows
        of one group only has an interval worth one row.

    Raises:
        ValueError: no rows; `y` is not 0 or 1, or `p` not from 0 to 1, in
            some row; lengths differ; an argument is not one column; a
            cluster is missing; `n_bins` or `alpha` is out of range.
        TypeError: `y` or `p` holds something other than numbers, `cluster`
            something that cannot be a key, or `equal_count` is no bool.

    Example:
        >>> first, last = reliability([0, 1, 1], [0.1, 0.2, 0.9], n_bins=2)
        >>> first.n, round(first.claimed, 3), first.observed, first.edges
        (2, 0.15, 0.5, (0.0, 0.5))
    """
    y, p, groups = _rows(y, p, cluster)
    _inside("alpha", alpha, 0.001, 0.5)
    ids, edges = _binned(p, n_bins, equal_count)
    found = []
    for b in np.unique(ids):
        here = ids == b
        n, share = int(here.sum()), float(y[here].mean())
        worth = float(n)
        if cluster is not None:
            worth = _worth(y[here] - share, groups[here], share, alpha)
        low, high = _clopper_pearson(share * worth, worth, alpha)
        claimed = float(p[here].mean())
        stretch = float(edges[b]), float(edges[b + 1])
        found.append(Bin(stretch, n, claimed, share, low, high))
    return tuple(found)


def expected_calibration_error(
    y: ArrayLike,
    p: ArrayLike,
    *,
    n_bins: int = 15,
    equal_count: bool = False,
    cluster: ArrayLike | None = None,
    alpha: float = 0.05,
    seed: int = 0,
) -> CalibrationError:
    """Measure the calibration error, and what chance alone would show.

    ECE is never negative, so noise adds to it: a perfect model has one too.
    Here outcomes are drawn as the scores say, again and again. With
    `cluster` the distance of each group is kept and its sign is drawn.

    Args:
        y: shape (n,), 0 and 1: did the event come? None missing.
        p: shape (n,), probabilities of the event, [0, 1]; None missing.
        n_bins: bins asked for, 1 to 1,000. `value` depends on it.
        equal_count: as in `reliability`.
        cluster: as in `reliability`. Too few groups could never alarm and
            are refused: 6 is the least at an `alpha` of .05.
        alpha: share of samples in which a calibrated model may alarm, .001
            to .5.
        seed: seed of the 999 draws, 0 or more: the same seed, the same limit.

    Returns:
        ECE with what belongs to it. A calibrated model with independent rows
        alarms in `alpha` of samples, never more up to 250 rows.

    Raises:
        ValueError: as in `reliability`; too few groups for `alpha`; `seed`
            is out of range.
        TypeError: as in `reliability`.

    Example:
        >>> y, p = [0, 0, 0, 1] * 25, [0.1, 0.2, 0.4, 0.7] * 25
        >>> e = expected_calibration_error(y, p, n_bins=5)
        >>> round(e.value, 3), round(e.limit, 3), e.alarm
        (0.25, 0.11, True)
    """
    y, p, groups = _rows(y, p, cluster)
    _inside("alpha", alpha, 0.001, 0.5)
    ids, _ = _binned(p, n_bins, equal_count)
    _whole("seed", seed, 0, 2**63)
    off, n, rng = y - p, len(p), np.random.default_rng(seed)
    # --8<-- [start:core]
    ids = np.unique(ids, return_inverse=True)[1]
    value = float(abs(np.bincount(ids, off)).sum()) / n
    if cluster is None:
        chance = _drawn(p, ids, rng) / n
    else:
        chance = _flipped(off, ids, groups, alpha, rng) / n
    # of 1,000 equal chances, at most `alpha` lie above this one
    rank = math.ceil((1 - alpha) * (_DRAWS + 1) - 1e-9)
    limit = float(np.sort(chance)[rank - 1])
    alarm = value > limit + 1e-12  # not for rounding alone
    # --8<-- [end:core]
    k, expected = int(ids.max()) + 1, float(chance.mean())
    return CalibrationError(value, expected, limit, alarm, n, k)


def brier_skill(
    y: ArrayLike,
    p: ArrayLike,
    *,
    base_rate: float | None = None,
    cluster: ArrayLike | None = None,
    alpha: float = 0.05,
) -> BrierSkill:
    """Compare the scores with saying one constant to everybody.

    A model may be calibrated and useless. The Brier score falls when the
    model is calibrated and also when it tells cases apart.

    Args:
        y: shape (n,), 0 and 1: did the event come? None missing.
        p: shape (n,), probabilities of the event, [0, 1]; None missing.
        base_rate: the constant, [0, 1]: the rate of the training rows, say.
            Left out, the rate of these rows, which nobody knew before.
        cluster: as in `reliability`, 2 groups or more.
        alpha: share of intervals that may miss the true skill, .001 to .5.

    Returns:
        The skill with its interval, which is the t interval of a ratio, and
        so has no width where all rows agree: a skill of 1, or scores that
        equal the constant.

    Raises:
        ValueError: as in `reliability`; fewer than 2 groups of rows; the
            constant is right in every row, so that skill has no meaning.
        TypeError: as in `reliability`.

    Example:
        >>> s = brier_skill([0, 0, 1, 1], [0.2, 0.2, 0.6, 0.8])
        >>> round(s.brier, 3), s.reference, round(s.skill, 3)
        (0.07, 0.25, 0.72)
    """
    y, p, groups = _rows(y, p, cluster)
    _inside("alpha", alpha, 0.001, 0.5)
    rate = float(y.mean())
    if base_rate is not None:
        rate = _inside("base_rate", base_rate, 0.0, 1.0)
    loss, constant = (p - y) ** 2, (rate - y) ** 2
    total, k = float(constant.sum()), int(groups.max()) + 1
    if total < 1e-100:
        raise ValueError(f"y must differ from the constant, got {rate} always")
    if k < 2:
        raise ValueError(f"cluster must hold 2 groups or more, got {k}")
    ratio = float(loss.sum()) / total
    sums = np.bincount(groups, loss - ratio * constant)
    spread = math.sqrt(k / (k - 1) * float(sums @ sums)) / total
    half = -float(special.stdtrit(k - 1, alpha / 2)) * spread
    skill, n = 1 - ratio, len(p)
    means = float(loss.mean()), total / n
    return BrierSkill(skill, skill - half, skill + half, *means, rate, n)


def _binned(p: Floats, n_bins: int, equal_count: bool) -> tuple[Ints, Floats]:
    """The bin of each row, and the edges between the bins."""
    _whole("n_bins", n_bins, 1, 1_000)
    if not isinstance(equal_count, bool | np.bool_):
        raise TypeError(f"equal_count must be a bool, got {equal_count!r}")
    edges = np.linspace(0.0, 1.0, n_bins + 1)
    if equal_count:
        edges = np.quantile(p, edges)
    return np.searchsorted(edges[1:-1], p), edges


def _drawn(p: Floats, ids: Ints, rng: np.random.Generator) -> Floats:
    """Sum of distances over bins when outcomes come as the scores say.

    Rows are sorted and cut into cells. A cell of one row is drawn exactly;
    rows that share a cell have nearly the same score, and share its mean.
    """
    order = np.argsort(p)
    p, ids = p[order], ids[order]
    starts = np.flatnonzero(np.diff(ids, prepend=-1))
    cells = np.union1d(starts, np.arange(0, len(p), -(-len(p) // _CELLS)))
    sizes, claimed = np.diff(cells, append=len(p)), np.add.reduceat(p, cells)
    share = np.minimum(claimed / sizes, 1)
    off = rng.binomial(sizes, share, (_DRAWS, len(cells))) - claimed
    sums = np.add.reduceat(off, np.searchsorted(cells, starts), axis=1)
    distances: Floats = abs(sums).sum(axis=1)
    return distances


def _flipped(
    off: Floats,
    ids: Ints,
    groups: Ints,
    alpha: float,
    rng: np.random.Generator,
) -> Floats:
    """The same when each group may be off either way, all bins together."""
    k, wide = int(groups.max()) + 1, int(ids.max()) + 1
    least = 1 + math.ceil(-math.log2(alpha))
    if k < least:
        raise ValueError(f"cluster must hold {least} groups, got {k}")
    sums = np.bincount(groups * wide + ids, off, k * wide).reshape(k, wide)
    total = np.zeros((_DRAWS, wide))
    for i in range(0, k, 1_000):
        few = sums[i : i + 1_000]
        total += (2.0 * rng.integers(0, 2, (_DRAWS, len(few))) - 1) @ few
    distances: Floats = abs(total).sum(axis=1)
    return distances


def _worth(off: Floats, groups: Ints, share: float, alpha: float) -> float:
    """As how many independent rows the rows of these groups count."""
    sums = np.bincount(groups, off)[np.unique(groups)]
    n, k = len(off), len(sums)
    if k < 2 or share in (0, 1):  # no spread to be seen: a group, a row
        return float(k)
    variance = k / (k - 1) * float(sums @ sums) / n**2
    wide = special.stdtrit(k - 1, alpha / 2) / special.ndtri(alpha / 2)
    return min(
        n, share * (1 - share) / max(variance, 1e-12) / float(wide) ** 2
    )


def _clopper_pearson(k: float, n: float, alpha: float) -> tuple[float, float]:
    """Limits for a share, from `k` events in `n` rows, whole or not."""
    low = special.betaincinv(k, n - k + 1, alpha / 2) if k > 0 else 0.0
    high = special.betaincinv(k + 1, n - k, 1 - alpha / 2) if k < n else 1.0
    return float(low), float(high)


def _rows(
    y: ArrayLike, p: ArrayLike, cluster: ArrayLike | None
) -> tuple[Floats, Floats, Ints]:
    """Outcome, score and number of the group of each row, or refuse them."""
    came = _numbers("y", y).astype(np.float64)
    said = _numbers("p", p).astype(np.float64)
    groups = np.arange(len(said)) if cluster is None else _groups(cluster)
    if len({len(came), len(said), len(groups)}) > 1:
        sizes = [len(came), len(said), len(groups)]
        raise ValueError(f"y, p, cluster must be equally long, got {sizes}")
    if len(came) == 0:
        raise ValueError("y must hold at least 1 row, got 0")
    for name, column, rule, kept in (
        ("y", came, "0 or 1", (came == 0) | (came == 1)),
        ("p", said, "from 0 to 1", (said >= 0) & (said <= 1)),
    ):
        if not kept.all():
            i = int(np.argmin(kept))
            worst = f"{column[i]} in row {i}"
            raise ValueError(f"{name} must be {rule}, got {worst}")
    return came, said, groups


def _numbers(name: str, values: ArrayLike) -> NDArray[np.generic]:
    """Return a column of numbers with NaN for missing, or refuse it."""
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
    return column


def _groups(cluster: Any) -> Ints:
    """Return the number of each row's group, or refuse the column."""
    try:
        column = np.asarray(cluster)
        if column.ndim != 1:
            raise ValueError(f"not one column, got {column.shape}")
        if column.dtype.kind in "OU":  # asarray makes text of NaN among text
            missing = np.array([str(v) in _ABSENT for v in column], bool)
        else:
            missing = np.array(column != column)  # NaN and NaT
        if isinstance(cluster, np.ma.MaskedArray):  # asarray dropped the mask
            missing |= np.ma.getmaskarray(cluster)
        if missing.any():
            raise ValueError(f"missing in row {np.argmax(missing)}")
        seen: dict[Any, int] = {}
        numbers = [seen.setdefault(v, len(seen)) for v in column.tolist()]
    except (TypeError, ValueError) as error:
        kind = TypeError if isinstance(error, TypeError) else ValueError
        raise kind(f"cluster must name each row's group: {error}") from None
    return np.array(numbers, dtype=np.int64)


def _whole(name: str, value: int, least: int, most: int) -> None:
    """Refuse what is not a whole number in this range, by name."""
    if not isinstance(value, int | np.integer) or not least <= value <= most:
        rule = f"a whole number, {least} to {most}"
        raise ValueError(f"{name} must be {rule}, got {value!r}")


def _inside(name: str, value: float, least: float, most: float) -> float:
    """Refuse what is not a number in this range, by name."""
    real = isinstance(value, int | float | np.integer | np.floating)
    if not (real and least <= value <= most):
        raise ValueError(f"{name} must be {least} to {most}, got {value!r}")
    return float(value)


if __name__ == "__main__":
    p = np.tile(np.arange(0.05, 1, 0.1), 30)
    late = np.arange(300) // 10 / 30 < 0.1 + 0.6 * p
    for row in reliability(late, p, n_bins=5):
        print(f"said {row.claimed:.2f}, came {row.observed:.2f}", end=" ")
        print(f"({row.low:.2f} to {row.high:.2f})")
    e = expected_calibration_error(late, p, n_bins=5)
    print(f"ECE {e.value:.3f}, by chance {e.expected:.3f}, alarm {e.alarm}")
    print(f"skill {brier_skill(late, p).skill:.2f}")
