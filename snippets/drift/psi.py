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
Version: 1.1.0 (MIT-0)
"""

from __future__ import annotations

import math
from bisect import bisect_left
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = ["Baseline", "PsiResult", "psi", "psi_limit"]

_BLOCK = 20_000  # rows at a time: 160 KB stay in the cache
_REAL = (int, float, np.integer, np.floating)


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
            than there are edges, or a count is below 0 or not whole.
        TypeError: the edges or the counts are not numbers.

    Example:
        >>> Baseline(edges=(18.0, 65.0), counts=(40, 250, 60), missing=3).n
        353
    """

    edges: tuple[float, ...]
    counts: tuple[int, ...]
    missing: int = 0

    def __post_init__(self) -> None:
        for name in ("edges", "counts"):
            held = _numbers(name, getattr(self, name)).tolist()
            object.__setattr__(self, name, tuple(held))
        if list(self.edges) != sorted({e for e in self.edges if e == e}):
            raise ValueError(f"edges must increase, got {self.edges}")
        if len(self.counts) != len(self.edges) + 1:
            raise ValueError(f"counts must outnumber edges by 1, got {self}")
        _whole(0, counts=min(self.counts), missing=self.missing)

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
                missing, `-inf` and `inf` are values. A copy is sorted, so
                hand over a sample of a column that fills the memory.
            n_bins: number of bins for a column without ties, 2 or more. With
                fewer than 100 rows take fewer: 8 to 10 rows a bin.

        Returns:
            The edges and the counts of the reference.

        Raises:
            ValueError: `reference` is empty or not one-dimensional, or
                `n_bins` is not a whole number of 2 or more.
            TypeError: `reference` holds something other than numbers.

        Example:
            >>> Baseline.fit([1, 2, 3, 4, 5, 6, 7, 8, None], n_bins=4)
            Baseline(edges=(2.0, 4.0, 6.0), counts=(2, 2, 2, 2), missing=1)
        """
        _whole(2, n_bins=n_bins)
        rows = _numbers("reference", reference).astype(np.float64)
        if len(rows) == 0:
            raise ValueError("reference must hold at least 1 row, got 0")
        rows.sort()  # NaN comes last
        n = int(np.searchsorted(rows, np.nan))
        n_bins = min(n_bins, n + 1)  # more bins have no more edges
        cuts = rows[[(i * n - 1) // n_bins for i in range(1, n_bins)]]
        times = np.searchsorted(rows, cuts, "right")
        times -= np.searchsorted(rows, cuts)
        heavy = cuts[times > max(n / n_bins, 1)]
        below = [math.nextafter(v, -math.inf) for v in heavy]
        return _counted(rows, tuple(sorted({*cuts.tolist(), *below})))

    def count(self, current: ArrayLike) -> Baseline:
        """Count other rows of the same column on the same edges.

        An array is read in blocks, so a column of any length, a memory map
        too, needs less than 10 MB beside it. Each value is compared as the
        float64 that it equals: 0.1 in float32 is 0.100000001, above 0.1.

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
        if other.edges != self.edges:
            raise ValueError(f"edges must be {self.edges}, got {other.edges}")
        counts = tuple(map(sum, zip(self.counts, other.counts, strict=True)))
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
            not from 0 to a million, or 0 while a bin is empty on one side
            only, or `alpha` is not between 0 and 1.

    Example:
        >>> reference = Baseline((1.0, 2.0, 3.0), (10, 20, 30, 40))
        >>> today = Baseline((1.0, 2.0, 3.0), (20, 20, 30, 30))
        >>> result = psi(reference, today)
        >>> round(result.value, 4), round(result.limit, 4), result.alarm
        (0.0934, 0.2269, False)
    """
    both = reference.merge(current)
    if not (isinstance(pseudo_count, _REAL) and 0 <= pseudo_count <= 1e6):
        raise ValueError(f"pseudo_count must be 0 to 1e6, got {pseudo_count}")
    # --8<-- [start:core]
    before = *reference.counts, reference.missing
    now = *current.counts, current.missing
    bins = list(zip(before, now, strict=True))
    # A bin empty on both sides says nothing.
    n_bins = sum(rows > 0 for rows in (*both.counts, both.missing))
    limit = psi_limit(n_bins, reference.n, current.n, alpha)
    if pseudo_count == 0 and sum(map(all, bins)) < n_bins:
        raise ValueError("pseudo_count must be > 0 if a bin is empty, got 0")
    parts = []
    for a, b in bins:
        p = (a + pseudo_count) / (reference.n + pseudo_count * n_bins)
        q = (b + pseudo_count) / (current.n + pseudo_count * n_bins)
        parts.append((q - p) * math.log(q / p) if a or b else 0.0)
    value = math.fsum(parts)
    # --8<-- [end:core]
    expected = (n_bins - 1) * (1 / reference.n + 1 / current.n)
    alarm = value > limit
    return PsiResult(value, expected, limit, alarm, n_bins, tuple(parts))


def psi_limit(
    n_bins: int, n_reference: int, n_current: int, alpha: float = 0.01
) -> float:
    """The PSI that sampling noise alone passes in a share `alpha` of checks.

    When nothing has moved, PSI divided by `1 / n_reference + 1 / n_current`
    nears a chi-square law with `n_bins - 1` degrees of freedom as the rows
    grow in number. With a pseudo-count of 0.5 and ten rows a bin on both
    sides the share is close to `alpha`. With fewer it falls: of 1 % there is
    0.3 % left at five rows in each of ten bins, and 0.01 % at three. At
    worst, two bins and four rows in one of them, it triples.

    Args:
        n_bins: bins with rows in them, 1 or more; at 1 the limit is 0.
        n_reference: rows of the reference, 1 or more.
        n_current: rows to judge, 1 or more.
        alpha: share of checks that may alarm when nothing moved, in (0, 1).

    Returns:
        The limit, 0 or more, in the unit of PSI (none).

    Raises:
        ValueError: `n_bins`, `n_reference` or `n_current` is not a whole
            number of 1 or more, or `alpha` is not between 0 and 1.

    Example:
        >>> round(psi_limit(10, 100, 100), 3)
        0.433
        >>> round(psi_limit(10, 10_000, 10_000), 5)
        0.00433
    """
    _whole(1, n_reference=n_reference, n_current=n_current, n_bins=n_bins)
    if not (isinstance(alpha, _REAL) and 0 < alpha < 1):
        raise ValueError(f"alpha must be between 0 and 1, got {alpha!r}")
    noise = 1 / n_reference + 1 / n_current
    return _chi_square_quantile(float(alpha), n_bins - 1) * noise


@lru_cache
def _chi_square_quantile(alpha: float, df: int) -> float:
    """The point a chi-square law passes with probability `alpha`.

    Searched in 2**53 steps, up to a bound that always lies above it.
    """
    step = (2 * df - 3 * math.log(alpha)) / 2**53
    return step * bisect_left(
        range(1, 2**53), -alpha, key=lambda i: -_chi_square_tail(i * step, df)
    )


def _chi_square_tail(x: float, df: int) -> float:
    """P(chi-square > x): for a whole `df` a finite sum, so no SciPy."""
    half, first = x / 2, df % 2 / 2
    tail = math.erfc(math.sqrt(half)) if first else 0.0
    for a in (first + k for k in range(df // 2)):
        tail += math.exp(a * math.log(half) - half - math.lgamma(a + 1))
    return tail


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


def _counted(rows: NDArray[np.generic], edges: tuple[float, ...]) -> Baseline:
    """Count rows per bin, and NaN apart, in one pass over the data.

    Comparing a cached block with every edge beats a search per value up to
    some 32 edges, by more if the block starts on a cache line. The hits of
    255 blocks fit in a byte, and adding bytes is the cheapest way to count.
    """
    cuts = np.array([*edges, math.inf])[:, np.newaxis]  # NaN is not <= inf
    reached = np.zeros(len(cuts), dtype=np.int64)
    tally = np.zeros((len(cuts), min(len(rows), _BLOCK)), dtype=np.uint8)
    first = -rows.ctypes.data % 64 // rows.itemsize  # start on a cache line
    for turn, stop in enumerate(range(first, len(rows) + _BLOCK, _BLOCK), 1):
        block = rows[max(stop - _BLOCK, 0) : stop]
        block = np.ascontiguousarray(block, dtype=np.float64)
        if len(edges) > 32:
            reached += np.searchsorted(np.sort(block), cuts[:, 0], "right")
            continue
        tally[:, : len(block)] += (block <= cuts).view(np.uint8)
        if turn % 255 == 0 or stop >= len(rows):
            reached += tally.sum(axis=1, dtype=np.uint32)
            tally[:] = 0
    counts = tuple(np.diff(reached, prepend=0).tolist())
    return Baseline(edges, counts, len(rows) - int(reached[-1]))


def _whole(least: int, **given: int) -> None:
    """Refuse what is not a whole number of `least` or more, by name."""
    for name, value in given.items():
        if not isinstance(value, int | np.integer) or value < least:
            rule = f"a whole number, {least} or more"
            raise ValueError(f"{name} must be {rule}, got {value!r}")


if __name__ == "__main__":
    reference = Baseline.fit(np.arange(1_000))
    same = np.arange(0.0, 1_000.0, 5.0)
    gone = np.where(same < 100, np.nan, same)
    for name, rows in ("same", same), ("late", same + 100), ("gone", gone):
        r = psi(reference, reference.count(rows))
        print(f"{name} PSI {r.value:.3f} limit {r.limit:.3f} alarm {r.alarm}")
    for n in 100, 1_000, 10_000:
        print(f"{n:6,} rows a side, 10 bins: limit {psi_limit(10, n, n):.4f}")
