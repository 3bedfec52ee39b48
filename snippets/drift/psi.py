"""Has this input moved since the baseline, by more than sampling noise?

Answers: how far apart two samples of one column are, bin by bin, as the
population stability index (PSI), and which value sampling noise alone passes
as often as you allow it to.

Does not answer: whether the model became worse (that takes outcomes), why the
column moved, or whether columns moved together. The limit assumes rows that
are independent of each other; rows of the same hour seldom are.

Needs:   Python 3.11, NumPy 1.26
Source:  snippets/drift/psi.py
Page:    snippets/drift/psi
Version: 1.0.0 (MIT-0)
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise
from operator import add

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = ["Baseline", "PsiResult", "psi", "psi_limit"]

_BLOCK = 32_768  # rows at a time: 256 KB, so a block stays in the cache


@dataclass(frozen=True)
class Baseline:
    """The rows of one column, counted in bins: all that PSI has to keep.

    Bin `i` holds `edges[i - 1] < value <= edges[i]`. The first and last bins
    are open, so `-inf` and `inf` fall in them. Lists become tuples, so that
    `Baseline(**json.loads(text))` reads back `json.dumps(asdict(baseline))`.

    Attributes:
        edges: shape (k,), in the column's unit, increasing, without NaN.
        counts: shape (k + 1,), rows per bin, 0 or more.
        missing: rows that are NaN or None, 0 or more: a bin of its own.

    Raises:
        ValueError: the edges do not increase, there is not one more count
            than there are edges, or a count is below 0.

    Example:
        >>> Baseline(edges=(18.0, 65.0), counts=(40, 250, 60), missing=3).n
        353
    """

    edges: tuple[float, ...]
    counts: tuple[int, ...]
    missing: int = 0

    def __post_init__(self) -> None:
        edges, counts = tuple(self.edges), tuple(self.counts)
        object.__setattr__(self, "edges", edges)
        object.__setattr__(self, "counts", counts)
        steps = pairwise(edges)
        if any(map(math.isnan, edges)) or any(a >= b for a, b in steps):
            raise ValueError(f"edges must increase, got {edges}")
        if len(counts) != len(edges) + 1:
            sizes = f"{len(counts)} counts and {len(edges)} edges"
            raise ValueError(f"counts must outnumber edges by 1, got {sizes}")
        for name, least in ("counts", min(counts)), ("missing", self.missing):
            if least < 0:
                raise ValueError(f"{name} must be 0 or more, got {least}")

    @property
    def n(self) -> int:
        """All rows, missing ones included."""
        return sum(self.counts) + self.missing

    @classmethod
    def fit(cls, reference: ArrayLike, n_bins: int = 10) -> Baseline:
        """Set the edges at the quantiles of the reference, and count it.

        A value that overfills a bin by itself (the zeros of a rain gauge)
        gets its own bin: the edge before it is the next smaller float. So a
        constant, a flag or a sentinel is seen to move, up or down. Ties make
        the number of bins with rows in them differ from `n_bins`.

        Args:
            reference: shape (n,), numbers in any unit; NaN and None are
                missing, `-inf` and `inf` are values.
            n_bins: number of bins for a column without ties, 2 or more.

        Returns:
            The edges and the counts of the reference.

        Raises:
            ValueError: `reference` is empty or not one-dimensional, or
                `n_bins` is below 2.
            TypeError: `reference` holds something other than numbers.

        Example:
            >>> Baseline.fit([1, 2, 3, 4, 5, 6, 7, 8, None], n_bins=4)
            Baseline(edges=(2.0, 4.0, 6.0), counts=(2, 2, 2, 2), missing=1)
        """
        if n_bins < 2:
            raise ValueError(f"n_bins must be 2 or more, got {n_bins}")
        rows = _numbers("reference", reference)
        if len(rows) == 0:
            raise ValueError("reference must hold at least 1 row, got 0")
        values, times = np.unique(rows[~np.isnan(rows)], return_counts=True)
        n = times.sum()
        ranks = np.arange(1, n_bins) * n / n_bins if n else []
        cuts = values[np.searchsorted(np.cumsum(times), ranks)]
        heavy = values[times > max(n / n_bins, 1)]
        just_below = [math.nextafter(v, -math.inf) for v in heavy]
        edges = np.unique(np.concatenate([cuts, heavy, just_below]))
        return _counted(rows, tuple(edges.tolist()))

    def count(self, current: ArrayLike) -> Baseline:
        """Count other rows of the same column on the same edges.

        Args:
            current: shape (m,), numbers in the unit of the reference; NaN
                and None are missing. It may be empty: a batch without rows.

        Returns:
            The same edges with the counts of `current`.

        Raises:
            ValueError: `current` is not one-dimensional.
            TypeError: `current` holds something other than numbers.

        Example:
            >>> Baseline((2.0, 4.0), (2, 2, 2)).count([4, 4.5, float("nan")])
            Baseline(edges=(2.0, 4.0), counts=(0, 1, 1), missing=1)
        """
        return _counted(_numbers("current", current), self.edges)

    def merge(self, other: Baseline) -> Baseline:
        """Add the rows of another batch counted on the same edges.

        Args:
            other: counts on the edges of this one.

        Returns:
            What counting the rows of both at once would give.

        Raises:
            ValueError: the edges differ.

        Example:
            >>> monday = Baseline((2.0,), (3, 1))
            >>> monday.merge(Baseline((2.0,), (2, 2), missing=1))
            Baseline(edges=(2.0,), counts=(5, 3), missing=1)
        """
        _refuse_other_edges("other", other, self)
        counts = tuple(map(add, self.counts, other.counts))
        return Baseline(self.edges, counts, self.missing + other.missing)


@dataclass(frozen=True)
class PsiResult:
    """PSI between two samples, beside what sampling noise alone would give.

    Attributes:
        value: PSI, 0 or more; 0 when the shares are equal. No upper end.
        expected: about what `value` is on average when nothing has moved.
        limit: passed in a share `alpha` of checks when nothing has moved.
        alarm: whether `value` is above `limit`.
        n_bins: bins with at least one row on either side, missing included.
        parts: shape (k + 2,), what each bin adds to `value`, in the order of
            `edges`, the missing rows last: the largest says where it moved.
    """

    value: float
    expected: float
    limit: float
    alarm: bool
    n_bins: int
    parts: tuple[float, ...]


def psi(
    reference: Baseline,
    current: Baseline,
    *,
    pseudo_count: float = 0.5,
    alpha: float = 0.01,
) -> PsiResult:
    """Compare two samples of one column, counted on the same edges.

    Args:
        reference: the rows the column is held to, at least 1.
        current: the rows to judge, `reference.count(values)`, at least 1.
        pseudo_count: rows added to each bin before shares are taken, so that
            an empty bin stays finite; 0 or more. The value depends on it.
        alpha: share of checks that may alarm when nothing moved, in (0, 1).

    Returns:
        The value, from 0 (equal shares) upwards without end, with the limit
        that belongs to these two numbers of rows.

    Raises:
        ValueError: the edges differ, a side has no rows, `pseudo_count` is
            negative or not finite, or 0 while a bin is empty on one side
            only, or `alpha` is not between 0 and 1.

    Example:
        >>> reference = Baseline((1.0, 2.0, 3.0), (10, 20, 30, 40))
        >>> today = Baseline((1.0, 2.0, 3.0), (20, 20, 30, 30))
        >>> result = psi(reference, today)
        >>> round(result.value, 4), round(result.limit, 4), result.alarm
        (0.0934, 0.2269, False)
    """
    _refuse_other_edges("current", current, reference)
    if not 0 <= pseudo_count < math.inf:
        raise ValueError(
            f"pseudo_count must be finite and 0 or more, got {pseudo_count}"
        )
    for name, side in ("reference", reference), ("current", current):
        if side.n == 0:
            raise ValueError(f"{name} must hold at least 1 row, got 0")
    # --8<-- [start:core]
    before = np.array([*reference.counts, reference.missing])
    now = np.array([*current.counts, current.missing])
    live = before + now > 0  # a bin empty on both sides says nothing
    before, now, n_bins = before[live], now[live], int(live.sum())
    if pseudo_count == 0 and min(before.min(), now.min()) == 0:
        raise ValueError("pseudo_count must be > 0 if a bin is empty, got 0")
    p = (before + pseudo_count) / (reference.n + pseudo_count * n_bins)
    q = (now + pseudo_count) / (current.n + pseudo_count * n_bins)
    parts = np.zeros(len(live))
    parts[live] = (q - p) * np.log(q / p)
    value = float(parts.sum())
    # --8<-- [end:core]
    limit = psi_limit(n_bins, reference.n, current.n, alpha)
    expected = (n_bins - 1) * (1 / reference.n + 1 / current.n)
    shown = tuple(parts.tolist())
    return PsiResult(value, expected, limit, value > limit, n_bins, shown)


def psi_limit(
    n_bins: int, n_reference: int, n_current: int, alpha: float = 0.01
) -> float:
    """The PSI that sampling noise alone passes in a share `alpha` of checks.

    When nothing has moved, PSI divided by `1 / n_reference + 1 / n_current`
    nears a chi-square law with `n_bins - 1` degrees of freedom as the rows
    grow in number. With a pseudo-count of 0.5 and ten rows a bin on both
    sides the share is close to `alpha`. With fewer it falls to 0 in most
    cases; at worst, two bins and four rows in one of them, it triples.

    Args:
        n_bins: bins with rows in them, 1 or more; at 1 the limit is 0.
        n_reference: rows of the reference, 1 or more.
        n_current: rows to judge, 1 or more.
        alpha: share of checks that may alarm when nothing moved, in (0, 1).

    Returns:
        The limit, 0 or more, in the unit of PSI (none).

    Raises:
        ValueError: `n_bins`, `n_reference` or `n_current` is below 1, or
            `alpha` is not between 0 and 1.

    Example:
        >>> round(psi_limit(10, 100, 100), 3)
        0.433
        >>> round(psi_limit(10, 10_000, 10_000), 5)
        0.00433
    """
    if n_bins < 1:
        raise ValueError(f"n_bins must be 1 or more, got {n_bins}")
    for side, n in ("reference", n_reference), ("current", n_current):
        if n < 1:
            raise ValueError(f"n_{side} must be 1 or more, got {n}")
    if not 0 < alpha < 1:
        raise ValueError(f"alpha must be between 0 and 1, got {alpha}")
    noise = 1 / n_reference + 1 / n_current
    return _chi_square_quantile(alpha, n_bins - 1) * noise


def _chi_square_quantile(alpha: float, df: int) -> float:
    """The point a chi-square law passes with probability `alpha`."""
    low, high = 0.0, float(df)
    while _chi_square_tail(high, df) > alpha:
        low, high = high, 2 * high
    while low < (middle := (low + high) / 2) < high:
        if _chi_square_tail(middle, df) > alpha:
            low = middle
        else:
            high = middle
    return high


def _chi_square_tail(x: float, df: int) -> float:
    """P(chi-square > x): for a whole `df` a finite sum, so no SciPy."""
    if df == 0:
        return 0.0
    half, a = x / 2, 0.5 if df % 2 else 1.0
    tail = math.erfc(math.sqrt(half)) if df % 2 else math.exp(-half)
    while a < df / 2:  # Q(a + 1, x) = Q(a, x) + x**a exp(-x) / gamma(a + 1)
        tail += math.exp(a * math.log(half) - half - math.lgamma(a + 1))
        a += 1
    return tail


def _numbers(name: str, values: ArrayLike) -> NDArray[np.float64]:
    """Return a column as floats with NaN for missing, or refuse it."""
    if isinstance(values, np.ma.MaskedArray):  # asarray would drop the mask
        values = np.ma.filled(values.astype(float), np.nan)
    column = np.asarray(values)
    if column.ndim != 1:
        raise ValueError(f"{name} must be one column, got {column.shape}")
    if column.dtype == object:
        column = np.array([np.nan if v is None else v for v in column])
    if column.dtype.kind not in "biuf":
        raise TypeError(f"{name} must hold numbers, got {column.dtype}")
    return column.astype(np.float64, copy=False)


def _counted(rows: NDArray[np.float64], edges: tuple[float, ...]) -> Baseline:
    """Count rows per bin, and NaN apart, in one pass over the data.

    At ten bins comparing a cached block with each edge beats a binary search
    per value; and every comparison with NaN is false, so NaN never counts.
    """
    up_to, missing = [0] * len(edges), 0
    buffer = np.empty(_BLOCK, dtype=np.bool_)
    for start in range(0, len(rows), _BLOCK):
        block = rows[start : start + _BLOCK]
        hit = buffer[: len(block)]
        missing += int(np.count_nonzero(np.isnan(block, out=hit)))
        for i, edge in enumerate(edges):
            np.less_equal(block, edge, out=hit)
            up_to[i] += int(np.count_nonzero(hit))
    reached = [0, *up_to, len(rows) - missing]
    return Baseline(edges, tuple(np.diff(reached).tolist()), missing)


def _refuse_other_edges(name: str, one: Baseline, base: Baseline) -> None:
    """Raise if two sets of counts do not share their edges."""
    if one.edges != base.edges:
        raise ValueError(
            f"{name} must be counted on edges {base.edges}, got {one.edges}"
        )


if __name__ == "__main__":
    reference = Baseline.fit(np.arange(1_000))
    same = np.arange(0.0, 1_000.0, 5.0)
    gone = np.where(same < 100, np.nan, same)
    for name, rows in ("same", same), ("late", same + 100), ("gone", gone):
        r = psi(reference, reference.count(rows))
        print(f"{name} PSI {r.value:.3f} limit {r.limit:.3f} alarm {r.alarm}")
    for n in 100, 1_000, 10_000:
        print(f"{n:6,} rows a side, 10 bins: limit {psi_limit(10, n, n):.4f}")
