"""How many independent rows are these rows worth, and has the column moved?

Answers: how many independent rows would pin down the mean as well as these
linked ones do (the effective sample size), and how often two samples cut into
blocks of linked rows differ this much by chance (a block permutation test).

Does not answer: whether the mean of a seasonal column is stable, or how long
a block has to be if its season is longer than your data. The effective size
is the mean's: put into the limit of KS or PSI, it silences them on most
columns, and on others not enough.

Needs:   Python 3.11, NumPy 1.26
Source:  snippets/drift/autocorrelation.py
Page:    snippets/drift/autocorrelation
Version: 1.0.1 (MIT-0)
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = ["BlockTest", "block_permutation_test", "effective_sample_size"]

_CUTS = {"ks": 500, "psi": 9}  # most cuts of the pooled rows
_HALF_ROW = 0.5  # added to each bin of PSI, so that an empty one stays finite

Floats = NDArray[np.float64]


def effective_sample_size(x: ArrayLike) -> float:
    """Count the independent rows that would fix the mean as well as these.

    The variance of the mean of `x` is the variance of one row, divided by
    this number. Correlations between rows are added up lag by lag until two
    neighbouring ones sum to nothing (Geyer's initial monotone sequence).
    With fewer than about 50 effective rows the answer is too large: by some
    40 % at ten of them.

    Args:
        x: shape (n,), numbers in the order of time, evenly spaced: leave NaN
            or None where a reading is missing, so that the others keep their
            place.

    Returns:
        From 1, a column that never changes, to the number of rows that are
        not missing, rows without a link. Rows that swing from one side to
        the other fix the mean better than that; they count as no more.

    Raises:
        ValueError: `x` is not one-dimensional, holds `inf`, or has no row.
        TypeError: `x` holds something other than numbers.

    Example:
        >>> readings = np.sin(1.3 * np.arange(200) ** 2)  # no link in sight
        >>> round(effective_sample_size(np.repeat(readings, 5)))
        199
    """
    rows = _finite("x", x, missing=True)
    there = ~np.isnan(rows)
    n = int(there.sum())
    if n == 0:
        raise ValueError(f"x must hold at least 1 value, got 0 in {len(rows)}")
    rows = rows / max(np.max(np.abs(rows[there])), np.finfo(float).tiny)
    spread = np.where(there, rows - rows[there].mean(), 0.0)
    if np.ptp(rows[there]) == 0:
        return 1.0
    spread /= np.max(np.abs(spread))
    # --8<-- [start:core]
    # All sums of products at once: the spectrum, squared, and back.
    size = 1 << (2 * len(rows) - 1).bit_length()
    power = np.abs(np.fft.rfft(spread, size)) ** 2
    linked = np.fft.irfft(power, size)[: len(rows) // 2 * 2]
    pairs = (linked / linked[0]).reshape(-1, 2).sum(axis=1)
    stop = np.append(pairs <= 0, True).argmax()
    time = 2 * np.minimum.accumulate(pairs[:stop]).sum() - 1
    # --8<-- [end:core]
    return float(min(max(n / time, 1.0), n)) if time > 0 else float(n)


@dataclass(frozen=True)
class BlockTest:
    """How far apart two samples are, and how often chance does the same.

    Attributes:
        statistic: the largest gap between the two shares of rows, 0 to 1
            (`ks`), or the population stability index, 0 or more (`psi`).
        p_value: share of arrangements of the blocks that lie at least as far
            apart, above 0, at most 1.
        smallest_p: the least p-value that so few blocks, or so few deals,
            can give. If it is above your alpha, the test can never ring.
        n_reference_blocks: blocks of the reference, 1 or more.
        n_current_blocks: blocks judged, 1 or more.
    """

    statistic: float
    p_value: float
    smallest_p: float
    n_reference_blocks: int
    n_current_blocks: int


def block_permutation_test(
    reference: ArrayLike,
    current: ArrayLike,
    reference_blocks: ArrayLike,
    current_blocks: ArrayLike,
    *,
    statistic: str = "ks",
    n_permutations: int = 999,
    seed: int = 0,
) -> BlockTest:
    """Compare two samples by dealing whole blocks out anew.

    Rows of one block stay together, so what links them counts as little as
    it should. Blocks must be long enough to have nothing to do with each
    other: four times `n / effective_sample_size`, or a day, or a week. For
    blocks of L rows in the order of time: `np.arange(n) // L`. Made for up
    to a few thousand blocks: memory grows with blocks times permutations.

    Args:
        reference: shape (n,), finite numbers.
        current: shape (m,), finite numbers in the unit of the reference.
        reference_blocks: shape (n,), the block of each row: a date, a
            number, a name. Equal labels on the two sides are two blocks.
        current_blocks: shape (m,), the block of each row.
        statistic: "ks", the largest gap at 500 values or at all if there
            are fewer, or "psi", in ten bins of both samples together.
        n_permutations: arrangements drawn by chance, 1 or more. If there are
            no more than that, each is looked at once and nothing is drawn.
        seed: of the draw, 0 or more.

    Returns:
        The distance and its p-value; `p_value <= alpha` rings on about a
        share `alpha` of checks if the blocks are independent.

    Raises:
        ValueError: a side is empty, not one-dimensional, or holds NaN, None
            or `inf`; blocks and rows differ in number, a label is missing,
            `statistic` is neither word, or a number is too small.
        TypeError: a side holds something other than numbers, or labels that
            cannot be told apart.

    Example:
        >>> hours = [1, 2, 3] + [2, 3, 4] + [1, 3, 5] + [2, 2, 4]
        >>> days = [1, 1, 1, 2, 2, 2, 3, 3, 3, 4, 4, 4]
        >>> found = block_permutation_test(hours, [7, 8, 9], days, [5, 5, 5])
        >>> found.statistic, found.p_value
        (1.0, 0.2)
    """
    if not isinstance(statistic, str) or statistic not in _CUTS:
        raise ValueError(f"statistic must be 'ks' or 'psi', got {statistic!r}")
    _whole(1, n_permutations=n_permutations)
    _whole(0, seed=seed)
    sides = _finite("reference", reference), _finite("current", current)
    before = _codes("reference_blocks", reference_blocks, len(sides[0]))
    now = _codes("current_blocks", current_blocks, len(sides[1]))
    rows = np.concatenate(sides)
    n_before = int(before.max()) + 1
    codes = np.concatenate([before, now + n_before])
    n_blocks = int(codes.max()) + 1
    # Rows of each block in each bin, counted once for all arrangements.
    cuts = _cuts(rows, _CUTS[statistic])
    width = len(cuts) + 1
    cells = codes * width + np.searchsorted(cuts, rows)
    counts = np.bincount(cells, minlength=n_blocks * width)
    table = counts.reshape(n_blocks, width).astype(np.float64)
    dealt = _deal(n_before, n_blocks, n_permutations, seed)
    distance = _gap if statistic == "ks" else _psi
    found = distance(dealt, table)
    as_far = int(np.sum(found >= found[0] * (1 - 1e-9) - 1e-12))
    n_now = n_blocks - n_before
    every = math.comb(n_blocks, n_now) <= n_permutations
    mirrored = every and n_now == n_before  # sides swapped: the same gap
    return BlockTest(
        statistic=float(found[0]),
        p_value=as_far / len(found),
        smallest_p=(1 + mirrored) / len(found),
        n_reference_blocks=n_before,
        n_current_blocks=n_now,
    )


def _deal(
    n_before: int, n_blocks: int, n_permutations: int, seed: int
) -> Floats:
    """Which blocks are today's: shape (k, n_blocks), the true deal first."""
    n_now = n_blocks - n_before
    if math.comb(n_blocks, n_now) <= n_permutations:
        last_first = range(n_blocks - 1, -1, -1)
        picked = np.array(list(combinations(last_first, n_now)))
    else:
        rng = np.random.default_rng(seed)
        order = rng.random((n_permutations + 1, n_blocks)).argsort(axis=1)
        picked = order[:, :n_now]
        picked[0] = range(n_before, n_blocks)
    dealt = np.zeros((len(picked), n_blocks))
    np.put_along_axis(dealt, picked, 1.0, axis=1)
    return dealt


def _gap(dealt: Floats, table: Floats) -> Floats:
    """The largest gap between the shares of rows, for each deal."""
    sizes, both = table.sum(axis=1), table.sum(axis=0).cumsum()
    total, n = sizes.sum(), dealt @ sizes
    # All integers, so no rounding: a tie stays a tie.
    ahead = dealt @ (table.cumsum(axis=1) * total - np.outer(sizes, both))
    most = np.maximum(ahead.max(axis=1), -ahead.min(axis=1))
    return np.asarray(most / (n * (total - n)) + 0.0)  # and no -0.0


def _psi(dealt: Floats, table: Floats) -> Floats:
    """The population stability index, for each deal."""
    now = dealt @ table
    q, p = now + _HALF_ROW, table.sum(axis=0) - now + _HALF_ROW
    q, p = (side / side.sum(axis=1, keepdims=True) for side in (q, p))
    index: Floats = ((q - p) * np.log(q / p)).sum(axis=1)
    return index


def _cuts(rows: Floats, most: int) -> Floats:
    """Values that cut the pooled rows into bins, none of them empty."""
    cuts = np.unique(rows)
    if len(cuts) > most + 1:
        ranks = np.arange(1, most + 1) * len(rows) // (most + 1)
        cuts = np.unique(np.sort(rows)[ranks - 1])
    return np.asarray(cuts[cuts < rows.max()])


def _codes(name: str, labels: ArrayLike, n: int) -> NDArray[np.int64]:
    """Number the blocks of n rows from 0, or refuse them."""
    try:
        held = np.asarray(labels)
        masked = np.ma.getmaskarray(labels) if np.ma.isMA(labels) else False
        missing = (
            np.any(masked | (held != held)) or None in held.ravel().tolist()
        )
    except (TypeError, ValueError) as error:
        raise TypeError(f"{name} must hold one kind of label") from error
    if missing:
        raise ValueError(f"{name} must hold no missing label, got {held}")
    plain = labels if isinstance(labels, list | tuple) else []
    mixed = any(not isinstance(label, str | bytes) for label in plain)
    if mixed and held.dtype.kind in "US":  # NumPy made texts of the others
        raise TypeError(f"{name} must hold one kind of label, got {held}")
    if held.shape != (n,):
        raise ValueError(f"{name} must have shape ({n},), got {held.shape}")
    try:
        codes = np.unique(held, return_inverse=True)[1]
    except TypeError as error:
        raise TypeError(f"{name} must hold one kind of label") from error
    return codes.astype(np.int64)


def _finite(name: str, values: ArrayLike, missing: bool = False) -> Floats:
    """Return at least one row without inf and, as asked, NaN, or refuse."""
    rows = _numbers(name, values).astype(np.float64)
    if len(rows) == 0:
        raise ValueError(f"{name} must hold at least 1 row, got 0")
    odd = np.isinf(rows) if missing else ~np.isfinite(rows)
    if odd.any():
        at = int(odd.argmax())
        raise ValueError(f"{name}[{at}] must be finite, got {rows[at]}")
    return rows


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


def _whole(least: int, **given: int) -> None:
    """Refuse what is not a whole number of `least` or more, by name."""
    for name, value in given.items():
        if not isinstance(value, int | np.integer) or value < least:
            rule = f"a whole number, {least} or more"
            raise ValueError(f"{name} must be {rule}, got {value!r}")


if __name__ == "__main__":
    hours = np.arange(24 * 35)
    x = np.sin(2.4 * hours) + np.sin(1.3 * (hours // 24) ** 2)  # day's luck
    print(f"{len(x)} rows, worth {effective_sample_size(x):.0f} for the mean")
    days, past = hours // 24, hours < 24 * 28
    for name, b in ("rows", hours), ("days", days), ("weeks", days // 7):
        r = block_permutation_test(x[past], x[~past], b[past], b[~past])
        p = f"p {r.p_value:.3f}, at least {r.smallest_p:.3f}"
        print(f"{name:<5} gap {r.statistic:.3f}, {p}")
