"""How far apart are two sets of counts, on a scale from 0 to 1?

Answers: the Jensen-Shannon distance, the Hellinger distance and the total
variation between two histograms, from counts or shares made anywhere: by SQL,
a metrics store, `Counter`, `numpy.histogram`, `Series.value_counts()`.

Does not answer: whether a distance is more than chance. With nothing moved
the value still depends on the number of rows and of bins, so there is no
limit here. And bins have no order: a move to the next bin counts as much as a
move to the last.

Needs:   Python 3.11, NumPy 1.26
Source:  snippets/drift/distances.py
Page:    snippets/drift/distances
Version: 1.0.0 (MIT-0)
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Mapping
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = ["hellinger", "jensen_shannon", "total_variation"]

Counts = ArrayLike | Mapping[Any, float]


def jensen_shannon(p: Counts, q: Counts) -> float:
    """Jensen-Shannon distance: the root of the divergence in bits.

    Against `scipy.spatial.distance.jensenshannon` it is the value for
    `base=2`; the default there ends at .83. Some packages print the
    divergence under this name: the square, so .1 becomes .01.

    Args:
        p: shape (k,), rows per bin or shares, 0 or more, not all 0; they are
            divided by their sum. Or a mapping (a dict, a `Counter`, a pandas
            Series by its index) from bin to count: bins are matched by key,
            an absent key is 0, and None, NaN and NA are one key.
        q: the same for the other side, with the same bins in the same order,
            or a mapping too. The two may differ in their number of rows.

    Returns:
        From 0, the shares are equal, to 1, no bin is held by both. With one
        bin it is 0. Below 1e-7 it is rounding.

    Raises:
        ValueError: a side is not one column, is empty or adds up to 0, holds
            a number that is negative, missing or above 1e300, or `q` has
            another number of bins than `p`.
        TypeError: a side holds something other than numbers, or only one of
            the two is a mapping.

    Example:
        >>> round(jensen_shannon([10, 20, 30, 40], [20, 20, 30, 30]), 6)
        0.132007
        >>> jensen_shannon({"EWR": 10, "JFK": 30}, {"LGA": 5})
        1.0
    """
    a, b = _shares(p, q)
    # --8<-- [start:core]
    both = a + b
    bits = 0.0
    for side in (a, b):
        held = side > 0  # an empty bin adds nothing
        ratio = side[held] / both[held]
        bits += float(np.sum(side[held] * (1 + np.log2(ratio)))) / 2
    return math.sqrt(min(max(bits, 0.0), 1.0))  # rounding may leave 0 to 1
    # --8<-- [end:core]


def hellinger(p: Counts, q: Counts) -> float:
    """Hellinger distance: how far apart the roots of the shares are.

    Args:
        p: counts, shares or a mapping, as for `jensen_shannon`.
        q: the same for the other side.

    Returns:
        From 0, the shares are equal, to 1, no bin is held by both.

    Raises:
        ValueError: as for `jensen_shannon`.
        TypeError: as for `jensen_shannon`.

    Example:
        >>> round(hellinger([10, 20, 30, 40], [20, 20, 30, 30]), 6)
        0.110311
    """
    a, b = _shares(p, q)
    gap = np.sqrt(a) - np.sqrt(b)
    return min(math.sqrt(float(np.sum(gap * gap)) / 2), 1.0)


def total_variation(p: Counts, q: Counts) -> float:
    """Total variation: the share of rows that would have to change bin.

    Args:
        p: counts, shares or a mapping, as for `jensen_shannon`.
        q: the same for the other side.

    Returns:
        From 0, the shares are equal, to 1, no bin is held by both. It is
        also the largest difference in share that any set of bins shows.

    Raises:
        ValueError: as for `jensen_shannon`.
        TypeError: as for `jensen_shannon`.

    Example:
        >>> round(total_variation([10, 20, 30, 40], [20, 20, 30, 30]), 6)
        0.1
    """
    a, b = _shares(p, q)
    return min(float(np.sum(np.abs(a - b))) / 2, 1.0)


def _shares(
    p: Counts, q: Counts
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return both sides as shares of the same bins, or refuse them."""
    keyed = [hasattr(side, "keys") for side in (p, q)]
    if keyed[0] != keyed[1]:
        got = f"{type(p).__name__} and {type(q).__name__}"
        raise TypeError(f"p and q must both have keys or neither, got {got}")
    if all(keyed):
        one, other = _by_key("p", p), _by_key("q", q)
        p, q = ([s.get(k, 0.0) for k in one | other] for s in (one, other))
    a, b = _counts("p", p), _counts("q", q)
    if len(a) != len(b):
        raise ValueError(f"q must have {len(a)} bins as p has, got {len(b)}")
    return a / a.sum(), b / b.sum()


def _by_key(name: str, side: Any) -> dict[Hashable, float]:
    """Add up the counts of each key; all missing keys are one."""
    pairs = list(side.items())
    counts = _counts(name, [count for _, count in pairs]).tolist()
    held: dict[Hashable, float] = {}
    for (key, _), count in zip(pairs, counts, strict=True):
        try:
            known = key if key == key else None  # NaN is not itself
        except TypeError:  # and pandas.NA cannot tell
            known = None
        held[known] = held.get(known, 0.0) + count
    return held


def _counts(name: str, values: Any) -> NDArray[np.float64]:
    """Return counts that can be turned into shares, or refuse them."""
    column = _numbers(name, values).astype(np.float64)
    bad = column[~((column >= 0) & (column <= 1e300))]
    if len(bad):
        raise ValueError(f"{name} must hold 0 to 1e300, got {bad[0]}")
    if column.sum() == 0:
        got = f"{len(column)} bins of 0"
        raise ValueError(f"{name} must add up to more than 0, got {got}")
    return column


def _numbers(name: str, values: Any) -> NDArray[np.generic]:
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


if __name__ == "__main__":
    even, three = [100] * 10, (jensen_shannon, hellinger, total_variation)
    for name, now in (
        ("ten times the rows", [1_000] * 10),
        ("half a bin to the next", [50, 150, *even[2:]]),
        ("half a bin to the last", [50, *even[2:], 150]),
    ):
        print(f"{name:22}", *(f"{f(even, now):.3f}" for f in three))
