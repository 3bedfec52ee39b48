"""Is the largest gap between two distributions more than noise?

Answers: up to which value two samples of one column differ most in their
share of rows, by how much (the two-sample Kolmogorov-Smirnov statistic), and
how often chance alone leaves a gap at least as large.

Does not answer: whether the gap matters (with a million rows nearly every
gap passes the test), what happens in the far tails, whether columns moved
together, or whether rows went missing: NaN is refused. The p-value assumes
rows that are independent of each other; rows of the same hour seldom are.

Needs:   Python 3.11, NumPy 1.26, SciPy 1.11
Source:  snippets/drift/ks.py
Page:    snippets/drift/ks
Version: 1.0.0 (MIT-0)
"""

from __future__ import annotations

import math
from bisect import bisect_left
from dataclasses import dataclass
from itertools import pairwise
from numbers import Integral, Real

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import stats  # type: ignore[import-untyped, unused-ignore]

__all__ = ["KsResult", "Reference", "critical_ks", "ks_two_sample"]

_EXACT = 10_000  # rows on the larger side: up to here SciPy counts paths
_BLOCK = 131_072  # rows sorted at a time: 1 MB, so a block stays in the cache
_STEP = 64  # look at every 64th row first, then where the gap can be larger


@dataclass(frozen=True, eq=False)
class Reference:
    """The rows that others are held to, sorted once: all, or a sketch.

    Without `counts` the edges are all the rows. With `counts` they are a few
    of the rows, and `counts` says how many rows lie below and up to each.

    Attributes:
        edges: shape (k,), in the column's unit, never falling, without NaN.
        counts: None, or shape (2, k): rows below each edge; rows up to it.

    Raises:
        ValueError: `edges` is empty, falls or holds NaN, or `counts` has
            another shape, does not begin at 0 or falls on the way.
        TypeError: `edges` holds something other than numbers.

    Example:
        >>> Reference([1, 4, 9], counts=[[0, 3, 7], [1, 4, 8]]).error
        0.375
    """

    edges: NDArray[np.float64]
    counts: NDArray[np.int64] | None = None

    def __post_init__(self) -> None:
        edges = _values("edges", self.edges).copy()
        if np.any(edges[1:] < edges[:-1]):
            raise ValueError(f"edges must not fall, got {edges}")
        edges.setflags(write=False)
        object.__setattr__(self, "edges", edges)
        if self.counts is not None:
            counts = np.array(self.counts)
            whole = counts.dtype.kind in "iu"
            if not whole or counts.shape != (2, len(edges)):
                shown = f"{counts.dtype} of shape {counts.shape}"
                raise ValueError(f"counts must be 2 per edge, got {shown}")
            up = counts.T.ravel()  # below, up to, below, up to, ...
            if up[0] != 0 or up[-1] < 1 or np.any(up[1:] < up[:-1]):
                raise ValueError(f"counts must rise from 0, got {up}")
            object.__setattr__(self, "counts", counts.astype(np.int64))

    @property
    def n(self) -> int:
        """Rows, 1 or more."""
        if self.counts is None:
            return len(self.edges)
        return int(self.counts[1, -1])

    @property
    def error(self) -> float:
        """Largest share of rows between two edges: 0 if all are kept."""
        if self.counts is None:
            return 0.0
        below, up_to = self.counts
        return float(np.max(below[1:] - up_to[:-1], initial=0) / self.n)

    @classmethod
    def fit(cls, reference: ArrayLike, k: int | None = None) -> Reference:
        """Sort the rows, and keep all of them or a sketch.

        A sketch of `k` edges stands in for any number of rows. It counts
        ties as they are; the share between two edges is below 1 / (k - 1).

        Args:
            reference: shape (n,), numbers in any unit; `-inf` and `inf` are
                values.
            k: rows to keep, 2 or more, at even ranks from the lowest to the
                highest; None keeps all.

        Returns:
            The rows to give to `ks_two_sample`, as often as you like.

        Raises:
            ValueError: `reference` is empty, holds NaN or None or is not
                one-dimensional, or `k` is not a whole number of 2 or more.
            TypeError: `reference` holds something other than numbers.

        Example:
            >>> Reference.fit(range(100), k=5).edges.tolist()
            [0.0, 24.0, 49.0, 74.0, 99.0]
        """
        if k is not None and (not isinstance(k, Integral) or k < 2):
            raise ValueError(f"k must be a whole number above 1, got {k!r}")
        rows = np.sort(_values("reference", reference))
        if k is None or k >= len(rows):
            return cls(rows)
        ranks = np.linspace(0, len(rows) - 1, k).astype(np.intp)
        edges = np.unique(rows[ranks])
        sides = [rows.searchsorted(edges, s) for s in ("left", "right")]
        return cls(edges, np.array(sides))


@dataclass(frozen=True)
class KsResult:
    """The largest gap between two samples, and what it takes for noise.

    Attributes:
        statistic: the gap as a share of rows, from 0 (none) to 1 (apart):
            the effect, whatever the number of rows.
        p_value: how often chance alone gives a gap at least as large, 0 to
            1; too large where values repeat or the reference is a sketch.
        location: the value up to which the shares differ by `statistic`.
        share_reference: share of the reference up to `location`, 0 to 1.
        share_current: share of the current rows up to `location`, 0 to 1.
        n_reference: rows of the reference.
        n_current: rows judged.
        error: the gap over all rows is at most this much larger; 0 unless
            the reference is a sketch.
    """

    statistic: float
    p_value: float
    location: float
    share_reference: float
    share_current: float
    n_reference: int
    n_current: int
    error: float


def ks_two_sample(
    reference: Reference | ArrayLike, current: ArrayLike
) -> KsResult:
    """Find the largest gap between the shares of rows up to any one value.

    Statistic and p-value are those of `scipy.stats.ks_2samp`: exact up to
    10,000 rows on the larger side, above that the limit law to 1e-9. With a
    sketch the statistic is too small by `error` at most.

    Args:
        reference: what `Reference.fit` gave, or shape (n,), numbers.
        current: shape (m,), numbers in the unit of the reference, in any
            order; `-inf` and `inf` are values.

    Returns:
        The gap, where it is, and its p-value.

    Raises:
        ValueError: a side is empty, holds NaN or None, or is not
            one-dimensional.
        TypeError: a side holds something other than numbers.

    Example:
        >>> result = ks_two_sample([1, 2, 3, 4, 5], [3, 4, 5, 6, 7])
        >>> result.statistic, result.location, round(result.p_value, 6)
        (0.4, 2.0, 0.873016)
    """
    if not isinstance(reference, Reference):
        reference = Reference.fit(reference)
    rows = _values("current", current)
    n, m = reference.n, len(rows)
    if reference.counts is None:
        i, j, location = _largest_gap(reference.edges, np.sort(rows))
    else:
        i, j, location = _gap_at_edges(reference.edges, reference.counts, rows)
    gap, p = abs(i * m - j * n) / (n * m), _p_value(i, j, n, m)
    return KsResult(gap, p, location, i / n, j / m, n, m, reference.error)


def critical_ks(
    n_reference: int, n_current: int, alpha: float = 0.05
) -> float:
    """The smallest gap that chance reaches in a share `alpha` of checks.

    Exact up to 10,000 rows on the larger side, where a gap is `i / n - j / m`
    with whole numbers `i` and `j`: the share is then at most `alpha`. Values
    that repeat make it smaller still. Near 10,000 unequal rows it takes two
    seconds, so keep it.

    Args:
        n_reference: rows of the reference, 1 or more.
        n_current: rows to judge, 1 or more.
        alpha: share of checks that may alarm when nothing moved, in (0, 1).

    Returns:
        The gap, in (0, 1]: `p_value <= alpha` from there on. `inf` if even
        two samples that lie apart are too few rows to tell.

    Raises:
        ValueError: `n_reference` or `n_current` is not a whole number of 1
            or more, or `alpha` is not between 0 and 1.

    Example:
        >>> critical_ks(5, 5), round(critical_ks(10**6, 10**6), 5)
        (1.0, 0.00192)
        >>> critical_ks(3, 3)
        inf
    """
    for side, rows in ("reference", n_reference), ("current", n_current):
        if not isinstance(rows, Integral) or rows < 1:
            raise ValueError(f"n_{side} must be 1 or more, got {rows!r}")
    if not isinstance(alpha, Real) or not 0 < alpha < 1:
        raise ValueError(f"alpha must be between 0 and 1, got {alpha!r}")
    n, m = int(n_reference), int(n_current)
    if max(n, m) > _EXACT:
        return float(stats.kstwo.isf(alpha, round(n * m / (n + m))))
    ahead = np.arange(n + 1) * m  # gaps in units of 1 / (n * m)

    def next_gap(least: int) -> tuple[int, int]:
        behind = (ahead - least) // n
        gaps = np.where(behind < 0, 2 * n * m, ahead - behind * n)
        i = int(gaps.argmin())
        return i, int(behind[i])

    units = range(1, n * m + 1)
    found = bisect_left(
        units, True, key=lambda u: _p_value(*next_gap(u), n, m) <= alpha
    )
    if found == len(units):
        return math.inf
    i, j = next_gap(units[found])
    return (i * m - j * n) / (n * m)


def _largest_gap(
    reference: NDArray[np.float64], rows: NDArray[np.float64]
) -> tuple[int, int, float]:
    """Rows on both sides up to the value of the largest gap, and the value.

    The gap is largest at, or right below, one of the current rows. Between
    two of them it grows by their distance in rank at most.
    """
    n, m = len(reference), len(rows)

    # --8<-- [start:core]
    def gaps(at: NDArray[np.int64]) -> tuple[NDArray[np.int64], ...]:
        up_to = (at + 1) * n - m * reference.searchsorted(rows[at], "right")
        below = m * reference.searchsorted(rows[at]) - at * n
        return up_to, below  # in units of 1 / (n * m)

    few = np.append(np.arange(0, m - 1, _STEP), m - 1)
    up_to, below = gaps(few)
    best = max(up_to.max(), below.max())
    room = (np.diff(few) - 1) * n
    can_grow = np.maximum(up_to[:-1], below[1:]) + room > best
    between = few[:-1][can_grow, None] + np.arange(1, _STEP)
    at = np.append(few, between[between < m])
    up_to, below = gaps(at)
    # --8<-- [end:core]
    side, k = divmod(int(np.append(up_to, below).argmax()), len(at))
    j, value = int(at[k]), rows[at[k]]
    if side == 0:
        i = int(reference.searchsorted(value, "right"))
        return i, j + 1, float(value)
    i = int(reference.searchsorted(value))
    return i, j, float(reference[i - 1])


def _gap_at_edges(
    edges: NDArray[np.float64],
    counts: NDArray[np.int64],
    current: NDArray[np.float64],
) -> tuple[int, int, float]:
    """The same at, or right below, one of a few edges."""
    n, m, here = int(counts[1, -1]), len(current), np.zeros_like(counts)
    for start in range(0, m, _BLOCK):
        block = np.sort(current[start : start + _BLOCK])
        up_to = below = block.searchsorted(edges, "right")
        if np.any(block[up_to - 1] == edges):  # rows equal to an edge
            below = block.searchsorted(edges)
        here += np.array([below, up_to])
    gaps = np.abs(counts * m - here * n)
    k = int(gaps.max(axis=0).argmax())
    side = int(gaps[1, k] >= gaps[0, k])
    location = edges[k] if side else np.nextafter(edges[k], -np.inf)
    return int(counts[side, k]), int(here[side, k]), float(location)


def _p_value(i: int, j: int, n: int, m: int) -> float:
    """How often chance gives the gap `i / n - j / m`, up or down."""
    gap = abs(i * m - j * n) / (n * m)
    if gap == 0:
        return 1.0
    if max(n, m) > _EXACT:
        return _limit_law(gap, round(n * m / (n + m)))
    if n == m:  # paths counted by reflection, as one nested product
        height, tail = abs(i - j), 0.0
        log = [
            math.lgamma(n + 1 + x) + math.lgamma(n + 1 - x)
            for x in range(0, n + 1, height)
        ]
        for near, far in reversed(list(pairwise(log))):
            tail = math.exp(near - far) * (1 - tail)
        return min(2 * tail, 1.0)
    # SciPy counts the paths: zeros and ones with the same gap will do.
    one, other = (np.repeat([0, 1], [x, y - x]) for x, y in ((i, n), (j, m)))
    return float(stats.ks_2samp(one, other).pvalue)


def _limit_law(gap: float, rows: int) -> float:
    """P(the largest gap of `rows` rows and their own law >= `gap`)."""
    y = rows * gap * gap
    if y < 2.2 or rows < _EXACT:
        return float(stats.kstwo.sf(gap, rows))
    # Above 2.2 SciPy sums as many terms as there are rows. Four terms of the
    # expansion in powers of 1 / sqrt(rows) are within 1e-9 of that sum.
    first = 1 - 2 / 3 * gap + 2 / 3 * gap**2 * (1 - 2 / 3 * y)
    last = 4 / 9 * gap / rows * (1 / 5 - 19 / 15 * y + 2 / 3 * y * y)
    return 2 * math.exp(-2 * y) * (first + last if y < 16 else 1)


def _values(name: str, values: ArrayLike) -> NDArray[np.float64]:
    """Return a column of at least one float without NaN, or refuse it."""
    rows = _numbers(name, values)
    if len(rows) == 0:
        raise ValueError(f"{name} must hold at least 1 row, got 0")
    if np.isnan(rows.min()):
        got = f"{np.count_nonzero(np.isnan(rows))} in {len(rows)} rows"
        raise ValueError(f"{name} must hold no missing value, got {got}")
    return rows


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


if __name__ == "__main__":
    reference = Reference.fit(np.arange(1_000))
    same = np.arange(0.0, 1_000.0, 5.0)
    for name, rows in ("same", same), ("late", same + 100):
        r = ks_two_sample(reference, rows)
        print(f"{name} gap {r.statistic:.3f} p {r.p_value:.2g}")
    for n in 100, 1_000, 10_000, 1_000_000:
        print(f"{n:9,} rows a side: 5 % pass {critical_ks(n, n):.4f}")
