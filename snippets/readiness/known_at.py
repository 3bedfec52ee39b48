"""Is any feature from the future at the moment of the decision?

Answers: for every column the model reads, in how many rows its value becomes
known only after the decision, by how much at worst, and in which row first.
Each column has to declare when it is known; one that does not is refused.

Does not answer: whether a declaration is true, or whether a value was
corrected later and kept its old time. It compares the times you hand it; only
a replay of what was stored at the time proves them.

Needs:   Python 3.11, NumPy 1.26
Source:  snippets/readiness/known_at.py
Page:    snippets/readiness/known_at
Version: 1.0.0 (MIT-0)
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = ["ColumnCheck", "FeatureCheck", "KnownAt", "check_features"]

Times = ArrayLike | datetime | Sequence[datetime | None]

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_TICK: Final = timedelta(microseconds=1)
_MISSING: Final = np.iinfo(np.int64).min  # NaT, seen as an integer
_MOST: Final = timedelta(days=3_652_059)  # the years 1 to 9999


@dataclass(frozen=True)
class KnownAt:
    """When the value of one column can first be read where the model runs.

    Attributes:
        delay: from the clock to that moment; below 0 if it is known before.
        clock: the column of times that it counts from, such as the hour a
            report is named after, or the moment a row was loaded. None
            counts from the decision itself.
        why: what the delay rests on, for whoever reads this next.
        revised: whether the value may be corrected later while its time
            stays the same. `check_features` cannot see that, and lists it.

    Raises:
        ValueError: `delay` is longer than 9,999 years, or `clock` or `why`
            is empty.
        TypeError: `delay` is not a timedelta, `clock` or `why` not text, or
            `revised` not a bool.

    Example:
        >>> KnownAt(timedelta(minutes=51), "hour", why="sent at minute 51")
        ... # doctest: +ELLIPSIS
        KnownAt(delay=datetime.timedelta(seconds=3060), clock='hour', ...)
    """

    delay: timedelta
    clock: str | None = None
    why: str = field(kw_only=True)
    revised: bool = field(default=False, kw_only=True)

    def __post_init__(self) -> None:
        if not isinstance(self.delay, timedelta):
            raise TypeError(f"delay must be a timedelta, got {self.delay!r}")
        if not -_MOST <= self.delay <= _MOST:
            raise ValueError(f"delay must be a usable span, got {self.delay}")
        clock = "decision" if self.clock is None else self.clock
        for name, text in ("clock", clock), ("why", self.why):
            if not isinstance(text, str):
                raise TypeError(f"{name} must be text, got {text!r}")
            if not text.strip():
                raise ValueError(f"{name} must not be empty, got {text!r}")
        if not isinstance(self.revised, bool):
            raise TypeError(f"revised must be a bool, got {self.revised!r}")


@dataclass(frozen=True)
class ColumnCheck:
    """One column against the decisions it is used for.

    Attributes:
        column: its name.
        n_late: rows whose value is known only after the decision.
        n_unknown: rows whose clock holds no time, so nobody can say.
        worst: the longest time from a decision to its value. Above 0 it is
            from the future; at 0 or below it is the margin that is left.
            None if every row is unknown.
        first_late: row number, from 0, of the first late row, or None.
    """

    column: str
    n_late: int
    n_unknown: int
    worst: timedelta | None
    first_late: int | None


@dataclass(frozen=True)
class FeatureCheck:
    """What the declarations say about the features of one model.

    Attributes:
        in_time: whether no column has a late or an unknown row.
        n_rows: decisions that were checked, 1 or more.
        columns: one entry per feature, in the order given.
        revised: features that may be corrected under an old time.
        unused: declared columns that the model does not read.
    """

    in_time: bool
    n_rows: int
    columns: tuple[ColumnCheck, ...]
    revised: tuple[str, ...]
    unused: tuple[str, ...]


def check_features(
    features: Iterable[str],
    known_at: Mapping[str, KnownAt],
    decision_time: Times,
    clocks: Mapping[str, Times] | None = None,
) -> FeatureCheck:
    """Hold every feature to the moment of the decision, row by row.

    A value known at the very moment of the decision is in time. Times are
    compared in UTC, to the microsecond. One time that stands alone, outside
    a list, counts for every row: so a contract without data is checked on
    one row that you write by hand, the worst one.

    Args:
        features: names of the columns the model reads, 1 or more. A data
            frame or a dictionary gives the names of its columns.
        known_at: what each column declares. It may declare more.
        decision_time: shape (n,) or one time: when the prediction must be
            made. Datetimes with a time zone, or `numpy.datetime64`, which
            has none and is taken as UTC. None may be missing.
        clocks: column of times by name, each shape (n,) or one time. NaT,
            None and NaN are unknown. A data frame will do, and clocks that
            no feature counts from are not read.

    Returns:
        The answer for all columns, and one entry for each.

    Raises:
        ValueError: a feature declares nothing or is named twice, a clock is
            not there, a datetime has no time zone, a decision is missing,
            there are no rows, columns differ in length, a column is not
            one-dimensional, or a time is outside the years 1 to 9999.
        TypeError: `features` is not several names, `known_at` or `clocks`
            not a mapping of the right things, or a time is something else:
            text, a number, a date.

    Example:
        >>> seen = KnownAt(timedelta(hours=2), why="when the flight leaves")
        >>> noon = datetime(2013, 6, 3, 12, tzinfo=UTC)
        >>> found = check_features(["dep_delay"], {"dep_delay": seen}, noon)
        >>> found.in_time, str(found.columns[0].worst)
        (False, '2:00:00')
    """
    names = _names(features)
    declared = _declared(names, known_at)
    clocks = {} if clocks is None else clocks
    if not hasattr(clocks, "keys"):
        raise TypeError(f"clocks must be a mapping, got {clocks!r}")
    now = _times("decision_time", decision_time)
    if np.isnat(now).any():
        row = int(np.isnat(now).argmax())
        raise ValueError(f"decision_time must not be missing, row {row} is")
    columns: dict[str | None, NDArray[np.datetime64]] = {None: now}
    for said in declared:
        if said.clock is not None and said.clock not in columns:
            if said.clock not in clocks:
                held = [*clocks.keys()]
                raise ValueError(
                    f"clocks must hold {said.clock!r}, got {held}"
                )
            name = f"clocks[{said.clock!r}]"
            columns[said.clock] = _times(name, clocks[said.clock])
    n_rows = _length({k: len(v) for k, v in columns.items() if v.ndim})
    checks = []
    # --8<-- [start:core]
    for name, said in zip(names, declared, strict=True):
        known = columns[said.clock] + np.timedelta64(said.delay)
        wait = np.broadcast_to(known - now, n_rows)
        unknown, late = np.isnat(wait), wait > np.timedelta64(0)
        worst = None if unknown.all() else wait[~unknown].max().item()
        first = int(late.argmax()) if late.any() else None
        n_late, n_unknown = int(late.sum()), int(unknown.sum())
        checks.append(ColumnCheck(name, n_late, n_unknown, worst, first))
    # --8<-- [end:core]
    return FeatureCheck(
        in_time=not any(c.n_late or c.n_unknown for c in checks),
        n_rows=n_rows,
        columns=tuple(checks),
        revised=tuple(n for n in names if known_at[n].revised),
        unused=tuple(n for n in known_at if n not in names),
    )


def _names(features: Iterable[str]) -> list[str]:
    """The names as a list, or refuse them."""
    if isinstance(features, str) or not isinstance(features, Iterable):
        raise TypeError(f"features must be several names, got {features!r}")
    names = list(features)
    for name in names:
        if not isinstance(name, str):
            raise TypeError(f"features must be names, got {name!r}")
    if not names:
        raise ValueError("features must name at least 1 column, got none")
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise ValueError(f"features must name a column once, got {twice}")
    return names


def _declared(
    names: list[str], known_at: Mapping[str, KnownAt]
) -> list[KnownAt]:
    """The declaration of each name, in order, or refuse silence."""
    if not isinstance(known_at, Mapping):
        raise TypeError(f"known_at must be a mapping, got {known_at!r}")
    for name, said in known_at.items():
        if not isinstance(said, KnownAt):
            raise TypeError(
                f"known_at must hold KnownAt, got {name!r}: {said!r}"
            )
    if silent := [name for name in names if name not in known_at]:
        raise ValueError(f"known_at must declare each feature, not {silent}")
    return [known_at[name] for name in names]


def _length(lengths: dict[str | None, int]) -> int:
    """The one number of rows that all columns share."""
    told = {k or "decision_time": n for k, n in lengths.items()}
    if len({*told.values()}) > 1:
        raise ValueError(f"clocks must be as long as the rest, got {told}")
    if 0 in told.values():
        raise ValueError("decision_time and clocks must hold rows, got 0")
    return next(iter(told.values()), 1)


def _times(name: str, times: Any) -> NDArray[np.datetime64]:
    """A column of times, or one time, in UTC with NaT for missing."""
    if isinstance(times, list | tuple):
        column = np.fromiter(times, dtype=object, count=len(times))
    elif getattr(getattr(times, "dtype", None), "tz", None) is not None:
        column = np.asarray(times, dtype="M8[us]")  # pandas, turned to UTC
    elif isinstance(times, datetime):
        column = np.array(times, dtype=object)
    else:
        column = np.asarray(times)
    if column.ndim > 1:
        raise ValueError(f"{name} must be one column, got {column.shape}")
    if column.dtype.kind == "M":
        ticks = _ticks(name, column)
    elif column.dtype.kind == "O":
        told = [_tick(f"{name}[{i}]", t) for i, t in enumerate(column.flat)]
        ticks = np.array(told, dtype=np.int64).reshape(column.shape)
    else:
        raise TypeError(f"{name} must hold times, got {column.dtype}")
    if isinstance(times, np.ma.MaskedArray):  # asarray dropped the mask
        ticks = np.where(np.ma.getmaskarray(times), _MISSING, ticks)
    return ticks.view("M8[us]")


def _ticks(name: str, column: NDArray[np.datetime64]) -> NDArray[np.int64]:
    """Microseconds since 1970; refuse what a datetime cannot hold."""
    if np.datetime_data(column.dtype)[0] not in ("ns", "ps", "fs", "as"):
        years = np.array(["0001", "10000"], "M8[us]")
        first, past = years.astype(column.dtype)
        odd = column[(column < first) | (column >= past)]
        if odd.size:
            raise ValueError(
                f"{name} must be in years 1 to 9999, got {odd[0]}"
            )
    return column.astype("M8[us]").astype(np.int64)


def _tick(name: str, time: object) -> int:
    """The same for one object."""
    if isinstance(time, np.datetime64):
        return int(_ticks(name, np.array(time)))
    if time is None or (isinstance(time, float | datetime) and time != time):
        return _MISSING
    if not isinstance(time, datetime):
        raise TypeError(f"{name} must be a datetime, got {time!r}")
    if time.utcoffset() is None:
        raise ValueError(f"{name} must have a time zone, got naive {time}")
    return (time - _EPOCH) // _TICK


if __name__ == "__main__":
    due = np.datetime64("2013-06-03T10:00") + np.array([0, 30, 55])
    times = {"due": due, "weather_hour": due.astype("M8[h]") - 2}
    plan = KnownAt(timedelta(days=-7), "due", why="schedules are public")
    wind = KnownAt(timedelta(minutes=51), "weather_hour", why="sent at :51")
    both = {"carrier": plan, "wind": wind}
    for found in check_features(both, both, due - 120, times).columns:
        print(found)
