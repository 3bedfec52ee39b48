"""Do predictions still match what happened, counting only complete outcomes?

Answers: how far the mean prediction is above the mean outcome, between which
limits the true gap lies, and which rows are old enough to be asked: those
whose label has had its time, whether or not it came early.

Does not answer: whether the model still ranks well or earns money, nor which
group of rows is wrong. Errors of two groups can cancel. The interval assumes
rows, or with `cluster` whole groups of rows, that are independent.

Needs:   Python 3.11, NumPy 1.26, SciPy 1.11
Source:  snippets/drift/label_gap.py
Page:    snippets/drift/label_gap
Version: 1.0.1 (MIT-0)
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special  # type: ignore[import-untyped, unused-ignore]

__all__ = ["Gap", "MatureRows", "label_gap", "mature"]

Column = NDArray[Any]

_ABSENT = ("None", "nan", "NaT", "<NA>")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


@dataclass(frozen=True)
class Gap:
    """Mean prediction minus mean outcome, with the interval of the gap.

    Attributes:
        gap: `predicted` minus `outcome`, in the unit of both. Above 0 the
            model overstates, below 0 it understates; 0 is no gap.
        low: lower end of the interval, `gap` or less.
        high: upper end of the interval, `gap` or more.
        predicted: mean prediction of the `n` rows.
        outcome: mean outcome of the `n` rows.
        n: rows that have both numbers, 2 or more.
        n_clusters: independent groups among them; `n` without `cluster`.
        missing: rows left out, since one of the two numbers is not there.
        alarm: whether 0 lies outside `low` to `high`.
    """

    gap: float
    low: float
    high: float
    predicted: float
    outcome: float
    n: int
    n_clusters: int
    missing: int
    alarm: bool


@dataclass(frozen=True, eq=False)
class MatureRows:
    """Which rows may be counted now, and what happens to the others.

    Attributes:
        rows: shape (n,), True: old enough, and its label is in. Count it.
        overdue: shape (n,), True: old enough, and its label is not in. Find
            out why: these rows are seldom like the others.
        young: number of rows that are not old enough.
        early: how many of those have their label already. Leave them out.
    """

    rows: NDArray[np.bool_]
    overdue: NDArray[np.bool_]
    young: int
    early: int


def label_gap(
    predicted: ArrayLike,
    outcome: ArrayLike,
    *,
    cluster: ArrayLike | None = None,
    alpha: float = 0.05,
) -> Gap:
    """Compare predictions with what happened, row by row.

    Rows are matched by position, never by a pandas index. A row without a
    prediction or without an outcome is left out and counted in `missing`.
    The interval comes from the spread of the differences, or with `cluster`
    from how far the gap moves when one group is left out, each in its turn.

    Args:
        predicted: shape (n,), probabilities or numbers in any unit; NaN and
            None are missing.
        outcome: shape (n,), 0 and 1, or numbers in the unit of `predicted`;
            NaN and None are missing.
        cluster: shape (n,), the group of each row, such as its day: values
            of one type, none of them missing. Rows of one group may depend
            on each other, groups may not. Left out, each row is a group.
        alpha: share of looks that may alarm when there is no gap, from 1e-12
            to below 1. The interval aims to cover the gap in 1 - `alpha`.

    Returns:
        The gap with its interval. Where all outcomes are 0 or 1 and the
        predictions are probabilities, the noise these expect counts too, so
        the interval keeps its width when, by chance, few events occurred.

    Raises:
        ValueError: fewer than 2 complete rows, or 2 clusters among them; a
            number is infinite or beyond 1e100; lengths differ; an argument
            is not one column; a cluster is missing; `alpha` is out of range.
        TypeError: `predicted` or `outcome` holds something other than
            numbers, or `cluster` holds values that cannot be sorted.

    Example:
        >>> result = label_gap([0.5, 0.5, 0.25, 0.75], [0, 1, 0, 0])
        >>> result.gap, round(result.low, 3), round(result.high, 3)
        (0.25, -0.609, 1.109)
    """
    if not 1e-12 <= alpha < 1:
        raise ValueError(f"alpha must be from 1e-12 to below 1, got {alpha}")
    p, y = _numbers("predicted", predicted), _numbers("outcome", outcome)
    groups = np.arange(len(p)) if cluster is None else _groups(cluster)
    _refuse_unequal(predicted=p, outcome=y, cluster=groups)
    for name, column in ("predicted", p), ("outcome", y):
        if (far := np.abs(column) > 1e100).any():
            worst = column[far][0]
            raise ValueError(f"{name} must be within ±1e100, got {worst}")
    keep = ~(np.isnan(p) | np.isnan(y))
    p, y, groups, n = p[keep], y[keep], groups[keep], int(keep.sum())
    if n < 2:
        raise ValueError(f"outcome must be known in 2 rows or more, got {n}")
    # --8<-- [start:core]
    off = p - y
    gap = float(off.mean())
    sizes = np.bincount(groups)
    sums = np.bincount(groups, off - gap)[sizes > 0]
    sizes, k = sizes[sizes > 0], len(sums)
    if k < 2:
        raise ValueError(f"cluster must hold 2 groups or more, got {k}")
    # how far the gap moves when one cluster is left out, each in its turn
    variance = (k - 1) / k * float(np.sum((sums / (n - sizes)) ** 2))
    if np.isin(y, (0, 1)).all() and p.min() >= 0 and p.max() <= 1:
        # events that are few by chance also spread too little: where the
        # predictions expect more noise than was seen, meet them halfway
        expected = float(p @ (1 - p)) / n**2
        variance = max(variance, (variance + expected) / 2)
    # what rounding alone makes of equal columns is no gap
    rounding = float(np.finfo(float).eps * max(abs(p).max(), abs(y).max()))
    t = -float(special.stdtrit(k - 1, alpha / 2))
    half = t * max(math.sqrt(variance), rounding)
    # --8<-- [end:core]
    low, high, missing = gap - half, gap + half, len(keep) - n
    means, alarm = (float(p.mean()), float(y.mean())), not low <= 0 <= high
    return Gap(gap, low, high, *means, n, k, missing, alarm)


def mature(
    times: ArrayLike | Sequence[datetime],
    label_times: ArrayLike | Sequence[datetime | None],
    now: datetime | np.datetime64,
    maturity: timedelta,
) -> MatureRows:
    """Pick the rows whose labels have had time to come in.

    A row counts once `maturity` has passed since its time. It never counts
    because its label is there: labels that come first differ from the rest.
    Times are aware datetimes, or `numpy.datetime64`, which is taken as UTC.

    Args:
        times: shape (n,), when each row's clock starts: the prediction, or
            the event it speaks of. It may be empty.
        label_times: shape (n,), when each label came in; None and NaT have
            not come, and in a replay neither has one later than `now`.
        now: the moment of the look.
        maturity: how long a label may take, 0 or more.

    Returns:
        The rows to count, those overdue, and how many are too young.

    Raises:
        ValueError: a datetime is naive, `times` or `now` is missing, a year
            is not 1 to 9999, lengths differ, an argument is not one column,
            or `maturity` is negative.
        TypeError: an argument holds something other than times, `now` is
            not one time, or `maturity` is no timedelta.

    Example:
        >>> hours = np.array([8, 9, 10, 11]).astype("datetime64[h]")
        >>> labels = np.array([9, "NaT", 10, "NaT"]).astype("datetime64[h]")
        >>> now = np.datetime64(11, "h")
        >>> seen = mature(hours, labels, now, timedelta(hours=2))
        >>> seen.rows.tolist(), seen.overdue.tolist(), seen.early
        ([True, False, False, False], [False, True, False, False], 1)
    """
    began = _instants("times", times)
    came = _instants("label_times", label_times)
    _refuse_unequal(times=began, label_times=came)
    moment = _instants("now", [now])
    for name, column in ("times", began), ("now", moment):
        if np.isnat(column).any():
            raise ValueError(f"{name} must not be missing, got NaT")
    if not isinstance(maturity, timedelta):
        raise TypeError(f"maturity must be a timedelta, got {maturity!r}")
    if maturity < timedelta(0):
        raise ValueError(f"maturity must be 0 or more, got {maturity}")
    # --8<-- [start:mature]
    wait = maturity // _MICROSECOND
    old = (moment - began).astype(np.int64) >= min(wait, 2**62)
    arrived = came <= moment  # never, if NaT
    young, early = int((~old).sum()), int((arrived & ~old).sum())
    return MatureRows(old & arrived, old & ~arrived, young, early)
    # --8<-- [end:mature]


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


def _column(name: str, values: object) -> tuple[Column, NDArray[np.bool_]]:
    """Return a column, and where it is missing, or refuse it."""
    try:
        column = np.asarray(values)
    except ValueError as error:  # rows of unequal length
        raise ValueError(f"{name} must be one column: {error}") from None
    if column.ndim != 1:
        raise ValueError(f"{name} must be one column, got {column.shape}")
    if column.dtype.kind in "OU":  # asarray makes text of NaN among text
        missing = np.array([str(v) in _ABSENT for v in column], bool)
    else:
        missing = np.array(column != column)  # NaN and NaT
    if isinstance(values, np.ma.MaskedArray):  # asarray drops the mask
        missing |= np.ma.getmaskarray(values)
    return column, missing


def _groups(cluster: ArrayLike) -> NDArray[np.int64]:
    """Return the number of each row's group, or refuse the column."""
    column, missing = _column("cluster", cluster)
    if missing.any():
        raise ValueError(f"cluster must not be missing, got {column[missing]}")
    try:
        return np.unique(column, return_inverse=True)[1]
    except TypeError as error:
        raise TypeError(f"cluster must hold one type: {error}") from None


def _instants(name: str, values: object) -> NDArray[np.datetime64]:
    """Return moments in UTC with NaT for missing, or refuse the column."""
    column, missing = _column(name, values)
    if column.dtype.kind not in "OM" and len(column):
        raise TypeError(f"{name} must hold times, got {column.dtype}")
    known = column[~missing]
    if column.dtype == object:
        known = np.array([_utc(name, value) for value in known], "M8[us]")
    years = known.astype("M8[Y]").astype(np.int64) + 1970
    if (odd := (years < 1) | (years > 9999)).any():
        year = years[odd][0]
        raise ValueError(f"{name} must be in years 1 to 9999, got {year}")
    moments = np.full(len(column), np.datetime64("NaT", "us"))
    moments[~missing] = known
    return moments


def _utc(name: str, value: object) -> np.datetime64:
    """Return an aware datetime in UTC, or refuse it."""
    if not isinstance(value, datetime):
        raise TypeError(f"{name} must hold datetimes, got {value!r}")
    if value.utcoffset() is None:
        raise ValueError(f"{name} must have a time zone, got {value!r}")
    return np.datetime64((value - _EPOCH) // _MICROSECOND, "us")


def _refuse_unequal(**columns: Column) -> None:
    """Raise if columns differ in length."""
    sizes = [len(column) for column in columns.values()]
    if len(set(sizes)) > 1:
        names = ", ".join(columns)
        raise ValueError(f"{names} must be equally long, got {sizes}")


if __name__ == "__main__":
    now, late = np.datetime64("2026-11-21T12", "m"), np.arange(96) % 4 == 0
    due = now - 15 * np.arange(96).astype("timedelta64[m]")
    came = due + np.where(late, 720, 120).astype("timedelta64[m]")
    seen = mature(due, came, now, timedelta(hours=12))
    print(f"{seen.young} too young, {seen.early} of them with a label")
    for name, rows in ("label in", came <= now), ("old enough", seen.rows):
        g = label_gap(np.full(rows.sum(), 0.25), late[rows])
        print(f"{name}: {g.n} rows, gap {g.gap:.3f}, alarm {g.alarm}")
