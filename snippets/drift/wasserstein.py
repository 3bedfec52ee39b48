"""How far has this number moved, in its own unit?

Answers: how many minutes, degrees or euros the rows of one column have moved
on average (the Wasserstein or earth mover's distance), which part of that is
one common shift, and which distance chance alone passes as seldom as you ask.

Does not answer: whether the move matters (a person who knows the unit can
say), whether columns moved together, or whether rows went missing: NaN is
refused. The limit assumes rows that are independent of each other, and a
column with a variance; one far value moves the distance as it moves a mean.

Needs:   Python 3.11, NumPy 1.26
Source:  snippets/drift/wasserstein.py
Page:    snippets/drift/wasserstein
Version: 1.0.1 (MIT-0)
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from numbers import Integral, Real
from statistics import NormalDist

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = [
    "Move",
    "Sketch",
    "quantile_sketch",
    "wasserstein",
    "wasserstein_from_sketch",
]

_BLOCK = 131_072  # rows sorted at a time: 1 MB, so a block stays in the cache
_FAR = 1e100  # sums and squares of values up to here stay finite
# Far out, the distance passes a value as often as a mean does, times a factor:
# about 0.9 for a flag and 1.5 for a bell at 5 %, less at 1 %. Measured.
_TAIL = 1.5


@dataclass(frozen=True)
class Sketch:
    """A reference column, reduced to cells between a few of its rows.

    Cell `i` holds `edges[i] <= value < edges[i + 1]`; the last one holds the
    rows equal to the highest. Lists become tuples, so `Sketch(**json.loads(
    text))` reads back `json.dumps(asdict(sketch))`.

    Attributes:
        edges: shape (k,), in the column's unit, increasing, within ±1e100:
            rows of the reference from the lowest to the highest.
        counts: shape (k,), rows per cell, 1 or more.
        means: shape (k,), mean of the rows of each cell, in the cell.
        sd: standard deviation of the reference, 0 or more.

    Raises:
        ValueError: the edges do not increase, the three differ in length, a
            count is not whole or below 1, a mean lies outside its cell, or
            `sd` is negative or not finite.
        TypeError: one of them holds something other than numbers.

    Example:
        >>> Sketch((0.0, 5.0), counts=(3, 1), means=(2.0, 5.0), sd=2.2).n
        4
    """

    edges: tuple[float, ...]
    counts: tuple[int, ...]
    means: tuple[float, ...]
    sd: float

    def __post_init__(self) -> None:
        for name in ("edges", "counts", "means"):
            held = tuple(_values(name, getattr(self, name)).tolist())
            object.__setattr__(self, name, held)
        low, high = np.array(self.edges), np.array([*self.edges[1:], math.inf])
        if np.any(low >= high):
            raise ValueError(f"edges must increase, got {self.edges}")
        for name in ("counts", "means"):
            if len(getattr(self, name)) != len(low):
                got = f"{len(getattr(self, name))} for {len(low)}"
                raise ValueError(f"{name} must be one per edge, got {got}")
        if any(c < 1 or c != int(c) for c in self.counts):
            raise ValueError(f"counts must be 1 or more, got {self.counts}")
        object.__setattr__(self, "counts", tuple(map(int, self.counts)))
        means = np.array(self.means)
        if np.any((means < low) | (means > high)) or means[-1] != low[-1]:
            raise ValueError(f"means must be in their cells, got {self.means}")
        sd = float(self.sd) if isinstance(self.sd, np.floating) else self.sd
        if not (isinstance(sd, Real) and 0 <= sd <= 2 * _FAR):
            raise ValueError(f"sd must be 0 or more, got {sd!r}")
        object.__setattr__(self, "sd", sd)

    @property
    def n(self) -> int:
        """Rows of the reference."""
        return sum(self.counts)


@dataclass(frozen=True)
class Move:
    """How far a column has moved, beside what chance alone would give.

    All but the numbers of rows are in the column's unit.

    Attributes:
        distance: the way that the average row moved, 0 or more.
        shift: mean of the current rows less mean of the reference, from
            -distance to distance; at the ends every part moved one way.
        error: the distance over all rows is at most this much larger.
        limit: passed in about a share `alpha` of checks if nothing moved,
            seldomer for flags and even spreads, oftener for wild tails. 0
            if the reference is one value: then any other value rings.
        alarm: whether `distance` is above `limit`.
        n_reference: rows of the reference.
        n_current: rows judged.
    """

    distance: float
    shift: float
    error: float
    limit: float
    alarm: bool
    n_reference: int
    n_current: int


def wasserstein(reference: ArrayLike, current: ArrayLike) -> float:
    """Measure how far one sample lies from another, over all rows.

    The value is that of `scipy.stats.wasserstein_distance`: the area between
    the two curves of shares, which is the least total way that turns the one
    sample into the other, a row.

    Args:
        reference: shape (n,), numbers within ±1e100, in any order.
        current: shape (m,), numbers in the unit of the reference.

    Returns:
        The distance in the column's unit, 0 (the same shares of the same
        values) or more, without an upper end.

    Raises:
        ValueError: a side is empty, holds NaN, None, infinity or a value
            beyond ±1e100, or is not one-dimensional.
        TypeError: a side holds something other than numbers.

    Example:
        >>> wasserstein([0, 1, 2, 3], [0, 0])
        1.5
    """
    old = np.sort(_values("reference", reference))
    new = np.sort(_values("current", current))
    n, m = len(old), len(new)
    if n == m:
        return float(np.abs(old - new).mean())
    rows = np.concatenate([old, new])
    order = np.argsort(rows, kind="stable")  # two runs are merged, not sorted
    ahead = np.cumsum(np.where(order < n, m, -n))  # in units of 1 / (n * m)
    return float(np.abs(ahead[:-1]) @ np.diff(rows[order]) / (n * m))


def quantile_sketch(values: ArrayLike, k: int = 512) -> Sketch:
    """Reduce a reference to `k` cells, with the rows and the mean of each.

    Args:
        values: shape (n,), two or more numbers within ±1e100.
        k: rows to keep as edges, from the lowest to the highest and closer
            towards both, 2 or more. Where values repeat there are fewer.

    Returns:
        What `wasserstein_from_sketch` needs in the place of the rows.

    Raises:
        ValueError: `values` has fewer than two rows, holds NaN, None,
            infinity or a value beyond ±1e100, or is not one-dimensional, or
            `k` is not a whole number of 2 or more.
        TypeError: `values` holds something other than numbers.

    Example:
        >>> quantile_sketch([1, 2, 4, 4, 9], k=3).means
        (1.5, 4.0, 9.0)
    """
    if not isinstance(k, Integral) or k < 2:
        raise ValueError(f"k must be a whole number above 1, got {k!r}")
    rows = np.sort(_values("values", values))
    if len(rows) < 2:
        raise ValueError("values must hold at least 2 rows, got 1")
    turn = np.linspace(0, np.pi, min(int(k), 2 * len(rows)))
    ranks = (len(rows) - 1) * (1 - np.cos(turn)) / 2
    edges = np.unique(rows[np.round(ranks).astype(np.intp)])
    counts, sums = _cells(rows, edges)
    means = edges[0] + sums[1:] / counts[1:]
    means = np.clip(means, edges, [*edges[1:], edges[-1]])
    sd = float(np.std(rows, ddof=1)) if len(edges) > 1 else 0.0
    return Sketch(*map(tuple, (edges, counts[1:], means)), sd)


def wasserstein_from_sketch(
    sketch: Sketch, current: ArrayLike, alpha: float = 0.01
) -> Move:
    """Measure how far the current rows lie from a sketched reference.

    Inside a cell the sketch knows how many rows there are and their mean, so
    the distance is exact unless the two curves of shares cross in the cell.
    It is never too large, and short by `error` at most. For an `alpha` of
    1 % the limit is 2.7 times `sd * sqrt(1 / n_reference + 1 / n_current)`.

    Args:
        sketch: what `quantile_sketch` gave.
        current: shape (m,), numbers within ±1e100, in the same unit.
        alpha: share of checks that may alarm when nothing moved, from 1e-9
            to 0.05.

    Returns:
        The distance, its signed part, and the limit for these rows.

    Raises:
        ValueError: `current` is empty, holds NaN, None, infinity or a value
            beyond ±1e100, or is not one-dimensional, or `alpha` is not from
            1e-9 to 0.05.
        TypeError: `current` holds something other than numbers, or `sketch`
            is no `Sketch`.

    Example:
        >>> sketch = quantile_sketch(range(100))
        >>> move = wasserstein_from_sketch(sketch, range(5, 105))
        >>> move.distance, move.shift, round(move.limit, 1), move.alarm
        (5.0, 5.0, 11.1, False)
    """
    if not isinstance(sketch, Sketch):
        kind = type(sketch).__name__
        raise TypeError(f"sketch must be a Sketch, got {kind}")
    if not isinstance(alpha, Real) or not 1e-9 <= alpha <= 0.05:
        raise ValueError(f"alpha must be 1e-9 to 0.05, got {alpha!r}")
    rows = _values("current", current)
    n, m, edges = sketch.n, len(rows), np.array(sketch.edges)
    counts, sums = _cells(rows, edges)
    here = edges[0] + sums / np.maximum(counts, 1)  # means of today's cells
    # --8<-- [start:core]
    low, high = edges[:-1], edges[1:]
    # Share of the rows below the start and the end of each cell, both sides.
    before = np.cumsum([0, *sketch.counts[:-1]]) / n
    now = np.cumsum(counts[:-1]) / m
    a, b, c, d = before[:-1], before[1:], now[:-1], now[1:]
    # Area under a curve of shares: where it starts, and what it gains.
    gained = (b - a) * (high - np.array(sketch.means[:-1]))
    gains = (d - c) * (high - here[1:-1])
    inside = (a - c) * (high - low) + gained - gains
    left = now[0] * (here[0] - edges[0])
    right = (1 - now[-1]) * (here[-1] - edges[-1])
    areas = np.array([left, *inside, right])  # signed, between the curves
    distance, shift = float(np.abs(areas).sum()), float(areas.sum())
    # --8<-- [end:core]
    error = _unseen(a, b, c, d, high - low, gained, gains)
    z = -NormalDist().inv_cdf(float(alpha) / (2 * _TAIL))
    limit = z * sketch.sd * math.sqrt(1 / n + 1 / m)
    return Move(distance, shift, error, limit, distance > limit, n, m)


def _unseen(*cells: NDArray[np.float64]) -> float:
    """The most that the distance can lose where the two curves cross.

    A cell loses twice the smaller of the areas on the two sides of the
    crossing. One is bounded by the gain of the curve that starts lower, the
    other by what the curve that ends higher still lacks.
    """
    a, b, c, d, *_ = cells
    a, b, c, d, width, gained, gains = (x[(a < d) & (c < b)] for x in cells)
    lower, higher = a <= c, b >= d
    start = np.where(lower, gained * (b - c), gains * (d - a))
    start /= np.where(lower, b - a, d - c)
    lack, lacks = (b - a) * width - gained, (d - c) * width - gains
    end = np.where(higher, lack * (d - a), lacks * (b - c))
    end /= np.where(higher, b - a, d - c)
    return 2 * float(np.clip(np.minimum(start, end), 0, None).sum())


def _cells(
    rows: NDArray[np.float64], edges: NDArray[np.float64]
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Rows below the first edge and from each edge on, and their sum.

    The sum is counted from the first edge, so that a constant gives zero.
    """
    counts = np.zeros(len(edges) + 1, dtype=np.int64)
    sums = np.zeros(len(edges) + 1)
    for start in range(0, len(rows), _BLOCK):
        block = np.sort(rows[start : start + _BLOCK])
        cuts = np.array([0, *block.searchsorted(edges), len(block)])
        inside = np.diff(cuts)
        counts += inside
        some = inside > 0  # reduceat has no empty cell
        sums[some] += np.add.reduceat(block - edges[0], cuts[:-1][some])
    return counts, sums


def _values(name: str, values: ArrayLike) -> NDArray[np.float64]:
    """Return a column of at least one usable float, or refuse it."""
    rows = _numbers(name, values)
    if len(rows) == 0:
        raise ValueError(f"{name} must hold at least 1 row, got 0")
    if not (rows.min() >= -_FAR and rows.max() <= _FAR):
        bad = rows[~(np.abs(rows) <= _FAR)]
        got = f"{bad[0]} and {len(bad) - 1} more in {len(rows)} rows"
        raise ValueError(f"{name} must lie within ±1e100, got {got}")
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
    reference = quantile_sketch(np.arange(1_000))
    same = np.arange(0.0, 1_000.0, 5.0)
    wide = 1.5 * (same - same.mean()) + same.mean()
    for name, rows in ("same", same), ("late", same + 100), ("wide", wide):
        r = wasserstein_from_sketch(reference, rows)
        print(f"{name} moved {r.distance:5.1f}, on average {r.shift:+6.1f},")
        print(f"     chance gives up to {r.limit:.1f}: alarm {r.alarm}")
