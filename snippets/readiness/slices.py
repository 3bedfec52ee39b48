"""Worse for whom, and is that more than noise?

Answers: for every slice of the rows (an airline, an airport, an airline at an
airport), how far its mean is from a floor you name, or from the rows outside
it, and whether that is more than you would see by looking at so many slices.

Does not answer: why a slice is worse, whether a threshold of its own would
help, or what happens in a slice for which you have no column.

Needs:   Python 3.11, NumPy 1.26, SciPy 1.11
Source:  snippets/readiness/slices.py
Page:    snippets/readiness/slices
Version: 1.0.0 (MIT-0)
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import combinations
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special  # type: ignore[import-untyped, unused-ignore]

__all__ = ["Slice", "slice_report"]

Column = NDArray[Any]
Codes = tuple[list[Any], Column]  # the values, and which of them a row has
Base = tuple[dict[str, Any], int, int, int, float | None]
Verdict = Literal["worse", "better", "unclear", "too small"]

_ABSENT = ("None", "nan", "NaN", "NaT", "<NA>")
_REAL = (int, float, np.integer, np.floating)


@dataclass(frozen=True)
class Slice:
    """One slice, beside what it is held against.

    Attributes:
        where: the value of each column, `{"carrier": "AA"}`. None stands for
            the rows in which the column is missing.
        n: rows with a value, 0 or more.
        n_clusters: different clusters among them.
        missing: rows of the slice without a value. They count nowhere else.
        value: mean of the `n` rows; None without such a row.
        gap: `value` less what it is held against; below 0 is worse. This
            and the next four are None if the slice is too small.
        low: lower end of the interval of the gap.
        high: upper end of the interval of the gap.
        p_value: chance of such a gap or a larger one, either way, where
            there is none, [0, 1]: for somebody who looked at this slice only.
        p_adjusted: the same for somebody who looked at all of them (Holm).
        verdict: "worse" or "better" if `p_adjusted` is `alpha` or less,
            else "unclear", which is no proof that the slice is fine. "too
            small" if nothing was judged.
    """

    where: dict[str, Any]
    n: int
    n_clusters: int
    missing: int
    value: float | None = None
    gap: float | None = None
    low: float | None = None
    high: float | None = None
    p_value: float | None = None
    p_adjusted: float | None = None
    verdict: Verdict = "too small"


def slice_report(
    value: ArrayLike,
    slices: Mapping[str, ArrayLike],
    *,
    cluster: ArrayLike | None,
    against: float | Literal["rest"],
    cross: bool = False,
    min_n: int = 300,
    alpha: float = 0.05,
) -> list[Slice]:
    """Hold each slice against a floor, or against the rows outside it.

    Rows are matched by position, never by a pandas index. With no slice off
    what it is held against, a share `alpha` of reports names one or more.
    Each interval covers its gap in 1 - `alpha` of reports or more, and an
    interval lies beside 0 exactly where the verdict is worse or better.

    Args:
        value: shape (n,), what each row brought, higher is better: points,
            minus a loss, 1 for right and 0 for wrong, or your model's points
            less those of a baseline. NaN and None are missing.
        slices: name to column of shape (n,), text, numbers or dates of one
            type. Each value is a slice, and so are the missing ones.
        cluster: shape (n,), the group of each row, such as its day or its
            customer; none of them missing. Rows of one group may depend on
            each other. None if all rows are independent.
        against: a mean that is good enough, in the unit of `value`; or
            "rest", the rows outside the slice.
        cross: whether to add a slice for each pair of values of two columns.
        min_n: rows with a value that a slice must have to be judged, 2 or
            more. It must also have more than one cluster, and none that
            outweighs the others together by far.
        alpha: share of reports that may name a slice when nothing is off,
            from 1e-12 to below 1.

    Returns:
        Every slice: the judged ones with the lowest gap first, then those
        that are too small, the largest first.

    Raises:
        ValueError: no value is known, one is infinite or beyond 1e100,
            `slices` is empty, columns differ in length or are not one
            column, a cluster is missing, or an option is out of range.
        TypeError: `value` holds something other than numbers, `slices` is
            no mapping, or a column holds values that cannot be sorted.

    Example:
        >>> right = [1, 1, 0, 1] * 100 + [1, 0, 0, 0] * 100
        >>> site = ["A"] * 400 + ["B"] * 400
        >>> for s in slice_report(right, {"site": site}, cluster=None,
        ...                       against=0.72):
        ...     print(s.where["site"], s.n, round(s.gap, 2), s.verdict)
        B 400 -0.47 worse
        A 400 0.03 unclear
    """
    if not (isinstance(min_n, int | np.integer) and min_n >= 2):
        raise ValueError(f"min_n must be a whole number >= 2, got {min_n!r}")
    if not (isinstance(alpha, _REAL) and 1e-12 <= alpha < 1):
        raise ValueError(f"alpha must be 1e-12 to below 1, got {alpha!r}")
    rest = isinstance(against, str)
    floor = 0.0 if isinstance(against, str) else against
    number = isinstance(floor, _REAL) and abs(floor) <= 1e100
    if not number or (rest and against != "rest"):
        raise ValueError(f"against must be a number or rest, got {against!r}")
    y = _numbers("value", value).astype(np.float64)
    known = ~np.isnan(y)
    if not known.any():
        raise ValueError(f"value must be known in a row, got {len(y)} rows")
    if (largest := float(np.abs(y[known]).max())) > 1e100:
        raise ValueError(f"value must be within ±1e100, got {largest}")
    if not isinstance(slices, Mapping):
        raise TypeError(f"slices must be a mapping, got {type(slices)}")
    if not slices:
        raise ValueError("slices must have 1 column or more, got 0")
    table = {k: _codes(f"slices[{k!r}]", v, y) for k, v in slices.items()}
    groups = np.arange(len(y))
    if cluster is not None:
        names, groups = _codes("cluster", cluster, y)
        if None in names:
            raise ValueError("cluster must not be missing, got None or NaN")
    everywhere = np.bincount(groups[known], y[known], groups.max() + 1)
    counted = np.bincount(groups[known], minlength=len(everywhere))
    spread = float(y[known].var())
    judged, small = [], []
    for where, rows in _cuts(table, cross):
        here = rows[known[rows]]
        held, own = np.unique(groups[here], return_inverse=True)
        n, mean = len(here), float(y[here].mean()) if len(here) else None
        found = None
        if n >= min_n:
            place, size = (groups[here], len(everywhere)) if rest else (own, 0)
            sums = np.bincount(place, y[here], size)
            counts = np.bincount(place, minlength=size)
            sides = [(sums, counts)]
            if rest:
                sides.append((everywhere - sums, counted - counts))
            found = _gap(sides, floor, spread, largest)
        base = where, n, len(held), len(rows) - n, mean
        if found:
            judged.append((base, *found))
        else:
            small.append(Slice(*base))
    small.sort(key=lambda part: -part.n)
    return _judged(judged, alpha) + small


def _gap(
    sides: list[tuple[Column, Column]], floor: float, spread: float, top: float
) -> tuple[float, float, float] | None:
    """Return the gap, its error and its degrees of freedom, if there are any.

    A side is the sum and the number of rows in each cluster.
    """
    # --8<-- [start:core]
    gap, df, expected = -floor, math.inf, 0.0
    moves = held = np.zeros(1)
    for sign, (total, counts) in zip((1, -1), sides, strict=False):
        n, rows = int(counts.sum()), counts.astype(float)
        # how many clusters of equal size would say as much
        df = min(df, n**2 / max(float(rows @ rows), 1.0) - 1)
        if df < 1:
            return None
        mean = float(total.sum()) / n
        gap += sign * mean
        expected += spread / n
        # how far the gap moves when one cluster is left out, each in turn
        moves = moves + sign * (total - mean * rows) / (n - rows)
        held = held + rows
    k = int(np.count_nonzero(held))
    variance = (1 - 1 / k) * float(moves @ moves)
    # few events by chance spread too little as well: where ordinary rows
    # would spread more than these did, meet them halfway
    variance = max(variance, (variance + expected) / 2)
    # --8<-- [end:core]
    rounding = max(float(np.finfo(float).eps) * top, 1e-300)
    return gap, max(math.sqrt(variance), rounding), df


def _judged(
    judged: list[tuple[Base, float, float, float]], alpha: float
) -> list[Slice]:
    """Return the slices with interval and verdict, the lowest gap first."""
    gap, error, df = np.array([j[1:] for j in judged]).reshape(-1, 3).T
    # --8<-- [start:holm]
    p = 2 * special.stdtr(df, -np.abs(gap) / error)
    order, steps = np.argsort(p, kind="stable"), np.arange(len(p), 0, -1)
    adjusted, left = np.empty_like(p), np.empty_like(p)
    adjusted[order] = np.minimum(np.maximum.accumulate(p[order] * steps), 1)
    named = adjusted <= alpha
    # as many slices were not yet settled when this one was judged
    left[order] = np.where(named[order], steps, np.sum(~named))
    half = -special.stdtrit(df, alpha / left / 2) * error
    # --8<-- [end:holm]
    numbers = np.stack([gap, gap - half, gap + half, p, adjusted], axis=1)
    found = []
    for i in np.argsort(gap, kind="stable"):
        side: Verdict = "worse" if gap[i] < 0 else "better"
        verdict = side if named[i] else "unclear"
        g, low, high, alone, all_ = numbers[i].tolist()
        base: Base = judged[i][0]
        found.append(Slice(*base, g, low, high, alone, all_, verdict))
    return found


def _cuts(
    table: dict[str, Codes], cross: bool
) -> Iterator[tuple[dict[str, Any], Column]]:
    """Yield each slice: what its rows have in common, and which they are."""
    pairs = combinations(table, 2) if cross else ()
    for names in *((name,) for name in table), *pairs:
        code = np.zeros(1, np.int64)
        for name in names:
            code = code * len(table[name][0]) + table[name][1]
        order = np.argsort(code, kind="stable")
        for rows in np.split(order, np.flatnonzero(np.diff(code[order])) + 1):
            seen = {name: table[name][1][rows[0]] for name in names}
            yield {name: table[name][0][i] for name, i in seen.items()}, rows


def _codes(name: str, values: ArrayLike, like: Column) -> Codes:
    """Return the values of a column, None last, and which one a row has."""
    column = np.asarray(values)
    if column.dtype.kind in "US" and not hasattr(values, "dtype"):
        column = np.array(values, dtype=object)  # asarray made all of it text
    if column.shape != like.shape:
        rule = f"one column of {len(like)} rows"
        raise ValueError(f"{name} must be {rule}, got {column.shape}")
    if column.dtype == object:
        absent = (not isinstance(v, str) and str(v) in _ABSENT for v in column)
        missing = np.fromiter(absent, bool, len(column))
    else:
        missing = np.array(column != column)  # NaN and NaT
    if isinstance(values, np.ma.MaskedArray):  # asarray drops the mask
        missing |= np.ma.getmaskarray(values)
    codes = np.zeros(len(column), np.int64)
    try:
        seen, codes[~missing] = np.unique(
            column[~missing], return_inverse=True
        )
    except TypeError as error:
        raise TypeError(f"{name} must hold one type: {error}") from None
    codes[missing] = len(seen)
    labels = list(seen) if seen.dtype.kind in "mM" else seen.tolist()
    return labels + [None] * bool(missing.any()), codes


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


if __name__ == "__main__":
    row = np.arange(4_800)
    day, site = row // 24, np.array(["A", "B", None, "C"])[row % 24 // 7]
    points = np.where((row + day) % 5 < 2, 1.4, -0.5) - (site == "B") * 0.3
    cuts = {"site": site, "night": row % 24 % 3 == 0}
    for s in slice_report(points, cuts, cluster=day, against=0.0, cross=True):
        span = f"{s.low:.2f} to {s.high:.2f}" if s.low is not None else "-"
        print(f"{s.n:5} {s.value:5.2f} {span:>14} {s.verdict:9}", s.where)
