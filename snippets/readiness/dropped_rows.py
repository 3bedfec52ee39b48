"""Who was thrown out of the clean export, and does it matter for the outcome?

Answers: how often the outcome occurs among kept and among dropped rows, with
an interval for the difference; how far the rate of the clean rows is from the
rate of all; how far it could be, since some rows have no label; and which
reason drops whom.

Does not answer: what a model trained on the clean rows is worth, or what the
dropped rows have in common besides the outcome. Rows that never reached the
table are in no count. Name the cluster (day, customer) if rows of one storm
share their fate: without it the interval takes every row for independent.

Needs:   Python 3.11, NumPy 1.26, SciPy 1.11
Source:  snippets/readiness/dropped_rows.py
Page:    snippets/readiness/dropped_rows
Version: 1.0.0 (MIT-0)
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special  # type: ignore[import-untyped, unused-ignore]

__all__ = ["DroppedReport", "Reason", "Rows", "dropped_report"]

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Ints = NDArray[np.int64]

_ABSENT = ("None", "nan", "NaT", "<NA>")


@dataclass(frozen=True)
class Rows:
    """Some rows of a table, and how often the outcome occurred in them.

    Attributes:
        n: rows, 0 or more.
        clusters: different clusters they come from; `n` without `cluster`.
        unlabelled: rows among them whose outcome is not known.
        rate: share of labelled rows with the outcome, [0, 1]; None without
            a labelled row.
        lowest: the rate of all `n` rows if no unlabelled row had the
            outcome; 0 without rows.
        highest: the same if every unlabelled row had it; 1 without rows.
    """

    n: int
    clusters: int
    unlabelled: int
    rate: float | None
    lowest: float
    highest: float


@dataclass(frozen=True)
class Reason:
    """What one reason costs.

    Attributes:
        rows: the rows it drops, whatever else would drop them too.
        alone: the rows that nothing else drops: what mending it brings back.
    """

    rows: Rows
    alone: Rows


@dataclass(frozen=True)
class DroppedReport:
    """Kept rows beside dropped rows.

    Attributes:
        kept: the clean export.
        dropped: the rows it lost.
        everyone: both together: what the system will be asked about.
        difference: rate of the dropped minus rate of the kept, [-1, 1];
            None if one of the two has no labelled row.
        low: lower end of the interval for the difference; -1 if there is no
            difference. From a single cluster on one side nothing follows for
            the next one: that side's rate may then be anything from 0 to 1.
        high: upper end; 1 if there is no difference.
        bias: rate of the kept minus rate of all labelled rows, [-1, 1]; None
            as above. Below 0, the clean export makes the outcome look rarer
            than it is. Exact for these rows, so it has no interval.
        reasons: what each reason drops, by the names and in the order given.
        unexplained: dropped rows that no reason marks.
    """

    kept: Rows
    dropped: Rows
    everyone: Rows
    difference: float | None
    low: float
    high: float
    bias: float | None
    reasons: dict[str, Reason]
    unexplained: int


def dropped_report(
    y: ArrayLike,
    keep_mask: ArrayLike,
    *,
    reasons: Mapping[str, ArrayLike] | None = None,
    cluster: ArrayLike | None = None,
    alpha: float = 0.05,
) -> DroppedReport:
    """Compare the rows a cleaning step keeps with those it drops.

    Rows are matched by position, never by a pandas index. Call it on the
    table as it was before anything was dropped.

    Args:
        y: shape (n,), the outcome of every row: 0 or 1, False or True; NaN
            and None for a row without a label.
        keep_mask: shape (n,), True for a row that the clean export keeps.
        reasons: name to shape (n,), True for the rows this reason drops. One
            row may have several. A pandas table of booleans will do.
        cluster: shape (n,), what the row shares its fate with: the day, the
            customer, the site. Equal values are one cluster; none missing.
        alpha: 1 minus the coverage the interval aims at, 1e-12 to below 1.

    Returns:
        Both sides with their rates, and the difference. Without `cluster`
        the interval is Newcombe's for independent rows. With it each side
        counts as many rows as its clusters are worth, rows of one cluster
        on both sides included.

    Raises:
        ValueError: an argument is not one column, lengths differ, there is
            no row, `y` or a mask holds something besides 0 and 1, a mask or
            `cluster` has a missing value, a reason marks a kept row, or
            `alpha` is out of range.
        TypeError: `y` or a mask does not hold numbers or booleans, `reasons`
            is no mapping from names, `cluster` holds values that cannot be
            looked up (lists), or `alpha` is not a number.

    Example:
        >>> y = [0, 0, 1, 0, 1, 1, 0, None]
        >>> report = dropped_report(y, [1, 1, 1, 1, 0, 0, 0, 0])
        >>> report.kept.rate, report.dropped.lowest, report.dropped.highest
        (0.25, 0.5, 0.75)
    """
    if not isinstance(alpha, int | float | np.integer | np.floating):
        raise TypeError(f"alpha must be a number, got {alpha!r}")
    if not 1e-12 <= alpha < 1:
        raise ValueError(f"alpha must be from 1e-12 to below 1, got {alpha}")
    label = _flags("y", y)
    if len(label) == 0:
        raise ValueError("y must hold at least 1 row, got 0")
    keep = _mask("keep_mask", keep_mask, len(label))
    group = None if cluster is None else _groups(cluster, len(label))
    bill = _bill(label, group, keep, {} if reasons is None else reasons)
    kept, dropped, everyone = (
        _rows(label, group, side) for side in (keep, ~keep, keep | ~keep)
    )
    difference, bias, low, high = None, None, -1.0, 1.0
    if kept.rate is not None and dropped.rate is not None:
        difference = dropped.rate - kept.rate
        bias = kept.rate - float(np.nanmean(label))
        k_down, k_up, k_moves = _limits(label, group, keep, alpha)
        d_down, d_up, d_moves = _limits(label, group, ~keep, alpha)
        # how far the two rates move together, -1 to 1; 0 if rows stand alone
        norm = np.linalg.norm(k_moves) * np.linalg.norm(d_moves)
        r = float(k_moves @ d_moves / norm) if norm else 0.0
        low = max(difference - _joined(d_down, k_up, r), -1.0)
        high = min(difference + _joined(d_up, k_down, r), 1.0)
    return DroppedReport(
        kept, dropped, everyone, difference, low, high, bias, *bill
    )


def _limits(
    label: Floats, group: Ints | None, side: Bools, alpha: float
) -> tuple[float, float, Floats]:
    """Distances from the rate of one side down and up to Wilson's limits.

    And by how much the rate moves when a cluster is left out, each in turn.
    """
    side = side & ~np.isnan(label)
    n, rate = int(side.sum()), float(label[side].mean())
    if group is None:
        z = -float(special.ndtri(alpha / 2))
        return *_wilson(rate, n, z), np.zeros(1)
    # --8<-- [start:core]
    held = np.bincount(group, side)
    k = int((held > 0).sum())
    if k == 1:  # one storm says nothing about the next
        return rate, 1 - rate, np.zeros(len(held))
    events = np.bincount(group, np.where(side, label, 0))
    # whole numbers, so that equal clusters move nothing, not even by rounding
    moves = (events * n - held * events.sum()) / (n * (n - held))
    variance = (k - 1) / k * float(moves @ moves)
    # as many clusters of one size would be as sure: a few large ones rule
    equal = n**2 / float(held @ held)
    # as many independent rows would be as sure: at most those there are
    alone = rate * (1 - rate)
    worth = max(alone / max(variance, alone / n), 1.0) if alone else equal
    t = -float(special.stdtrit(max(equal - 1, 1), alpha / 2))
    # --8<-- [end:core]
    return *_wilson(rate, worth, t), moves


def _wilson(rate: float, n: float, z: float) -> tuple[float, float]:
    """Distances from a rate of `n` rows down and up to Wilson's limits."""
    middle = rate + z * z / (2 * n)
    half = z * math.sqrt(rate * (1 - rate) / n + (z / (2 * n)) ** 2)
    low, high = (
        (middle - half) / (1 + z * z / n),
        (middle + half) / (1 + z * z / n),
    )
    return max(rate - low, 0.0), max(high - rate, 0.0)


def _joined(x: float, y: float, r: float) -> float:
    """Two distances as sides of a triangle; Newcombe's has a right angle."""
    return math.sqrt(max(x * x + y * y - 2 * r * x * y, 0.0))


def _rows(label: Floats, group: Ints | None, chosen: Bools) -> Rows:
    """Count some rows of the table."""
    n, events = int(chosen.sum()), int(np.nansum(label[chosen]))
    missing = int(np.isnan(label[chosen]).sum())
    return Rows(
        n=n,
        clusters=n if group is None else len(np.unique(group[chosen])),
        unlabelled=missing,
        rate=events / (n - missing) if n > missing else None,
        lowest=events / n if n else 0.0,
        highest=(events + missing) / n if n else 1.0,
    )


def _bill(
    label: Floats,
    group: Ints | None,
    keep: Bools,
    reasons: Mapping[str, ArrayLike],
) -> tuple[dict[str, Reason], int]:
    """What each reason drops, and how many rows none of them marks."""
    if not hasattr(reasons, "keys"):
        raise TypeError(f"reasons must map names to masks, got {reasons!r}")
    masks: dict[str, Bools] = {}
    for name, mask in dict(reasons).items():
        if not isinstance(name, str):
            raise TypeError(f"reasons must be named by text, got {name!r}")
        what = f"reasons[{name!r}]"
        masks[name] = _mask(what, mask, len(keep))
        if wrong := int((masks[name] & keep).sum()):
            rule = "must mark dropped rows only"
            raise ValueError(f"{what} {rule}, got {wrong} kept rows")
    times = sum(masks.values(), np.zeros(len(keep), np.int64))
    return {
        name: Reason(
            _rows(label, group, mask), _rows(label, group, mask & (times == 1))
        )
        for name, mask in masks.items()
    }, int((~keep & (times == 0)).sum())


def _mask(name: str, values: ArrayLike, n: int) -> Bools:
    """Return True and False for each row, or refuse the column by name."""
    column = _flags(name, values)
    if len(column) != n:
        rule = f"must be as long as y, {n} rows"
        raise ValueError(f"{name} {rule}, got {len(column)}")
    if np.isnan(column).any():
        raise ValueError(f"{name} must not be missing, got nan")
    return np.asarray(column == 1)


def _flags(name: str, values: ArrayLike) -> Floats:
    """Return a column of 0, 1 and NaN, or refuse it by name."""
    column = _numbers(name, values).astype(np.float64)
    other = column[(column != 0) & (column != 1) & ~np.isnan(column)]
    if len(other):
        raise ValueError(f"{name} must hold 0 and 1, got {other[0]}")
    return column


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


def _groups(cluster: ArrayLike, n: int) -> Ints:
    """Return the number of each row's cluster, or refuse the column."""
    mixed = isinstance(cluster, list | tuple)  # 1 and "1" must stay apart
    column = np.asarray(cluster, dtype=object if mixed else None)
    if column.ndim != 1:
        raise ValueError(f"cluster must be one column, got {column.shape}")
    if len(column) != n:
        rule = f"must be as long as y, {n} rows"
        raise ValueError(f"cluster {rule}, got {len(column)}")
    if column.dtype == object:
        missing = np.array([str(v) in _ABSENT for v in column], bool)
    else:
        missing = np.array(column != column)  # NaN and NaT
    if isinstance(cluster, np.ma.MaskedArray):  # asarray drops the mask
        missing |= np.ma.getmaskarray(cluster)
    if missing.any():
        raise ValueError(f"cluster must not be missing, got {column[missing]}")
    if column.dtype != object:
        return np.unique(column, return_inverse=True)[1]
    numbers: dict[object, int] = {}
    try:
        return np.array([numbers.setdefault(v, len(numbers)) for v in column])
    except TypeError as error:
        raise TypeError(f"cluster must hold plain values: {error}") from None


if __name__ == "__main__":
    day, nth = np.divmod(np.arange(300), 25)  # 12 days, 4 of them stormy
    storm = np.isin(day, (1, 4, 5, 9))
    late = np.where(nth == 24, np.nan, nth < np.where(storm, 8 + day % 3, 3))
    for name, cluster in ("rows", None), ("days", day):
        r = dropped_report(late, ~storm | (nth % 5 == 0), cluster=cluster)
        print(f"by {name}: {r.difference:.3f}, {r.low:.3f} to {r.high:.3f}")
    for side in r.kept, r.dropped, r.everyone:
        print(f"{side.n:3} rows: {side.lowest:.3f} to {side.highest:.3f}")
