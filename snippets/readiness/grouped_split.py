"""Will production recognise the score that this split promises?

Answers: folds that keep rows of one group on one side, folds that train only
on what came before, and, for any split at all, how many rows it tests have a
group mate among the rows it trains on.

Does not answer: which group is the right one. A grouping that leaves out what
rows truly share is as kind as a random split, and no split shows a season
that the data do not hold.

Needs:   Python 3.11, NumPy 1.26
Source:  snippets/readiness/grouped_split.py
Page:    snippets/readiness/grouped_split
Version: 1.0.0 (MIT-0)
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = ["Fold", "Overlap", "forward_folds", "group_folds", "overlap"]

Rows = NDArray[np.int64]
Times = ArrayLike | Sequence[datetime]

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_TICK: Final = timedelta(microseconds=1)


@dataclass(frozen=True, eq=False)
class Fold:
    """One split. It unpacks: `for train, test in folds`.

    Attributes:
        train: shape (k,), k of 1 or more: row numbers from 0, increasing.
        test: shape (m,), m of 1 or more, the same. No row is in both.
    """

    train: Rows
    test: Rows

    def __iter__(self) -> Iterator[Rows]:
        return iter((self.train, self.test))


@dataclass(frozen=True)
class Overlap:
    """What the two sides of a split share.

    Attributes:
        n_groups: groups with rows on both sides, 0 or more.
        n_rows: rows tested that have a group mate in training, 0 or more.
        share: `n_rows` per row tested, [0, 1]; 0 if the sides share nothing.
    """

    n_groups: int
    n_rows: int
    share: float


def group_folds(groups: ArrayLike, n_folds: int) -> tuple[Fold, ...]:
    """Split rows into folds that share no group, about equal in rows.

    The largest group goes first, each into the fold with the fewest rows so
    far. So two folds differ by at most the rows of the largest group. There
    is no chance in it: the same groups give the same folds, whatever the
    order of the rows.

    Args:
        groups: shape (n,), what the rows share: text, whole numbers, dates
            or any labels that sort, or tuples of them for two keys at once.
            Labels are compared exactly: "07" and "7" are two groups.
        n_folds: 2 or more, and no more than there are groups.

    Returns:
        The folds. Each row is tested once, each group in one fold.

    Raises:
        ValueError: a group is missing (None, NaN, NaT, a masked row), there
            are fewer groups than folds, `groups` is not one column, or
            `n_folds` is not a whole number of 2 or more.
        TypeError: the groups are of kinds that do not sort with each other,
            or no labels (lists, complex numbers).

    Example:
        >>> storms = ["ann", "ann", "ann", "bob", "bob", "cy"]
        >>> for train, test in group_folds(storms, 2):
        ...     print(train, test)
        [3 4 5] [0 1 2]
        [0 1 2] [3 4 5]
    """
    _whole("n_folds", n_folds, 2)
    codes, sizes = _codes(groups)
    if len(sizes) < n_folds:
        most = f"at most the number of groups, {len(sizes)}"
        raise ValueError(f"n_folds must be {most}, got {n_folds}")
    # --8<-- [start:groups]
    fold_of = np.zeros(len(sizes), dtype=np.int64)
    filled = [0] * n_folds
    for group in np.argsort(-sizes, kind="stable"):
        emptiest = filled.index(min(filled))
        fold_of[group] = emptiest
        filled[emptiest] += int(sizes[group])
    fold = fold_of[codes]
    # --8<-- [end:groups]
    return tuple(
        Fold(np.flatnonzero(fold != k), np.flatnonzero(fold == k))
        for k in range(n_folds)
    )


def forward_folds(
    times: Times,
    n_folds: int,
    gap: timedelta = timedelta(0),
    *,
    groups: ArrayLike | None = None,
) -> tuple[Fold, ...]:
    """Test on later and later blocks, and train on what came before each.

    The rows are cut into `n_folds` + 1 blocks of about equal rows; all but
    the first are tested. Rows of one moment stay in one block, so folds are
    uneven where many rows share a time. Rows may come in any order.

    Args:
        times: shape (n,), when each prediction was due: datetimes with a
            time zone, or `numpy.datetime64`, which is taken as UTC.
        n_folds: blocks to test on, 1 or more.
        gap: rows this close before a block are not trained on, 0 or more.
            Take the time until an outcome is known: at the start of the
            block, the outcomes of later rows were still to come.
        groups: shape (n,), as in `group_folds`. If given, rows of a group
            that is tested are not trained on.

    Returns:
        The folds, from early to late. In each, every row trained on lies
        more than `gap` before every row tested.

    Raises:
        ValueError: a time is missing, has no time zone or is outside the
            years 1 to 9999, `times` and `groups` differ in length, a column
            is not one-dimensional, `n_folds` is not a whole number of 1 or
            more, `gap` is below 0, a block holds no row of its own because
            too many rows share a time, or a fold has nothing to train on.
        TypeError: `times` holds something other than times, `gap` is not a
            timedelta, or `groups` is refused by `group_folds`.

    Example:
        >>> days = np.datetime64("2013-01-01") + np.arange(6)
        >>> for train, test in forward_folds(days, 2, timedelta(days=1)):
        ...     print(train, test)
        [0] [2 3]
        [0 1 2] [4 5]
    """
    _whole("n_folds", n_folds, 1)
    if not isinstance(gap, timedelta):
        raise TypeError(f"gap must be a timedelta, got {gap!r}")
    if gap < timedelta(0):
        raise ValueError(f"gap must be 0 or more, got {gap}")
    when = _ticks(times)
    codes = np.arange(len(when)) if groups is None else _codes(groups)[0]
    if len(codes) != len(when):
        told = f"{len(codes)} and {len(when)}"
        raise ValueError(f"groups and times must be equally long, got {told}")
    if len(when) <= n_folds:
        most = f"below the number of rows, {len(when)}"
        raise ValueError(f"n_folds must be {most}, got {n_folds}")
    # --8<-- [start:forward]
    size = len(when) // (n_folds + 1)
    first = len(when) - size * np.arange(n_folds, 0, -1)
    starts = np.sort(when)[first]
    block = np.searchsorted(starts, when, side="right")  # 0 is never tested
    folds = []
    for k, start in enumerate(starts.tolist(), 1):
        test = block == k
        early = when < max(start - gap // _TICK, -(2**63))
        train = early & ~np.isin(codes, codes[test])
        folds.append(Fold(np.flatnonzero(train), np.flatnonzero(test)))
    # --8<-- [end:forward]
    for k, (train, test) in enumerate(folds, 1):
        if len(test) == 0:
            raise ValueError(f"times must differ more: block {k} is empty")
        if len(train) == 0:
            rule = "leave rows to train on"
            raise ValueError(f"gap and groups must {rule}, fold {k} has none")
    return tuple(folds)


def overlap(groups: ArrayLike, train: ArrayLike, test: ArrayLike) -> Overlap:
    """How many rows tested have a group mate among the rows trained on.

    Made for any split, also one that this file did not make. Hand over a
    hash of each row as the group, and it counts duplicates across the split.

    Args:
        groups: shape (n,), as in `group_folds`.
        train: shape (k,), row numbers from 0, k of 1 or more.
        test: shape (m,), row numbers from 0, m of 1 or more. A mask is
            refused: pass `numpy.flatnonzero(mask)`.

    Returns:
        The counts, and the share of rows tested, [0, 1].

    Raises:
        ValueError: `groups` is refused by `group_folds`, or `train` or
            `test` is empty, not one column, or names a row that is not there.
        TypeError: `train` or `test` holds something other than whole
            numbers, or `groups` is refused by `group_folds`.

    Example:
        >>> overlap(["ann", "ann", "bob", "bob", "cy"], [0, 2], [1, 3, 4])
        Overlap(n_groups=2, n_rows=2, share=0.6666666666666666)
    """
    codes, _ = _codes(groups)
    trained = codes[_rows("train", train, len(codes))]
    tested = codes[_rows("test", test, len(codes))]
    seen = np.isin(tested, trained)
    n_groups = len(np.unique(tested[seen]))
    return Overlap(n_groups, int(seen.sum()), float(seen.mean()))


def _whole(name: str, value: object, least: int) -> None:
    """Refuse what is not a whole number of `least` or more."""
    whole = isinstance(value, int | np.integer) and value is not True
    if not whole or value < least:  # type: ignore[operator]
        rule = f"a whole number, {least} or more"
        raise ValueError(f"{name} must be {rule}, got {value!r}")


def _rows(name: str, rows: ArrayLike, n: int) -> Rows:
    """Row numbers of a table of n rows, or refuse them."""
    try:
        column = np.asarray(rows)
    except ValueError as error:
        raise ValueError(f"{name} must be one column: {error}") from error
    if column.ndim != 1 or not len(column):
        rule = "one column of 1 row or more"
        raise ValueError(f"{name} must be {rule}, got shape {column.shape}")
    if column.dtype.kind not in "iu" or np.ma.is_masked(rows):
        raise TypeError(f"{name} must hold row numbers, got {rows!r}")
    if column.min() < 0 or column.max() >= n:
        odd = column[(column < 0) | (column >= n)][0]
        raise ValueError(f"{name} must hold rows 0 to {n - 1}, got {odd}")
    return column.astype(np.int64)


def _column(name: str, values: Any) -> NDArray[Any]:
    """One column; a list stays as it is, so 1 and "1" stay apart."""
    if np.ma.is_masked(values):
        raise ValueError(f"{name} must not be masked, a row is")
    if isinstance(values, list | tuple):
        return np.fromiter(values, dtype=object, count=len(values))
    column = np.asarray(values)
    if column.ndim != 1:
        raise ValueError(f"{name} must be one column, got {column.shape}")
    return column


def _codes(groups: Any) -> tuple[Rows, Rows]:
    """The groups numbered from 0 in the order of their labels; their sizes."""
    column = _column("groups", groups)
    if column.dtype.kind not in "biufSUMmO":
        raise TypeError(f"groups must be labels, got {column.dtype}")
    objects = column.dtype == object
    try:
        gone = [_missing(g) for g in column] if objects else column != column
        if np.any(gone):
            row = int(np.argmax(gone))
            label = f"row {row} has {column[row]!r}"
        elif objects:
            number = {g: i for i, g in enumerate(sorted(set(column)))}
            codes = np.array([number[g] for g in column], dtype=np.int64)
        else:
            codes = np.unique(column, return_inverse=True)[1]
    except (TypeError, ValueError) as error:
        raise TypeError(f"groups must be labels that sort: {error}") from error
    if np.any(gone):
        raise ValueError(f"groups must name a group for each row, {label}")
    return codes, np.bincount(codes)


def _missing(label: Any) -> bool:
    """Whether a label or a part of it is None, NaN, NaT or pandas' NA."""
    if isinstance(label, tuple):
        return any(map(_missing, label))
    return type(label).__name__ in ("NoneType", "NAType") or label != label


def _ticks(times: Any) -> Rows:
    """Microseconds since 1970 in UTC; refuse a missing or naive time."""
    if getattr(getattr(times, "dtype", None), "tz", None) is not None:
        times = np.asarray(times, dtype="M8[us]")  # pandas, turned to UTC
    column = _column("times", times)
    if column.dtype.kind == "O":
        told = [_tick(f"times[{i}]", t) for i, t in enumerate(column)]
        return np.array(told, dtype=np.int64)
    return _checked("times", column).astype("M8[us]").astype(np.int64)


def _tick(name: str, time: object) -> int:
    if isinstance(time, np.datetime64):
        column = _checked(name, np.array([time]))
        return int(column.astype("M8[us]").astype(np.int64)[0])
    if not isinstance(time, datetime):
        raise TypeError(f"{name} must be a datetime, got {time!r}")
    if time != time:  # pandas' NaT is a datetime
        raise ValueError(f"{name} must be a time, got NaT")
    if time.utcoffset() is None:
        raise ValueError(f"{name} must have a time zone, got naive {time}")
    return (time - _EPOCH) // _TICK


def _checked(name: str, column: NDArray[Any]) -> NDArray[np.datetime64]:
    """Refuse NaT, and years that a datetime cannot hold."""
    if column.dtype.kind != "M":
        raise TypeError(f"{name} must hold times, got {column.dtype}")
    odd = np.isnat(column)
    if np.datetime_data(column.dtype)[0] not in ("ns", "ps", "fs", "as"):
        years = np.array(["0001", "10000"], "M8[us]")
        first, past = years.astype(column.dtype)
        odd |= (column < first) | (column >= past)
    if odd.any():
        rule = f"{name} must be in years 1 to 9999"
        raise ValueError(f"{rule}, got {column[odd][0]}")
    return column


if __name__ == "__main__":
    weeks = np.repeat(["w1", "w2", "w3", "w4", "w5"], [6, 5, 4, 3, 2])
    for fold in group_folds(weeks, 2):
        print(len(fold.test), "rows, test", *sorted({*weeks[fold.test]}))
    print("mixed:", overlap(weeks, range(0, 20, 2), range(1, 20, 2)))
    hours = np.datetime64("2013-01-01T00") + np.arange(20)
    for train, test in forward_folds(hours, 3, timedelta(hours=2)):
        print("train to", hours[train][-1], "test from", hours[test][0])
