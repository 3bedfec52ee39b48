"""Is the feed late, or frozen?

Answers: how old the newest event of a feed is, and whether that passes the
limit you measured; and which values stood still for longer than a column of
this kind stands still by itself.

Does not answer: whether the values are right, or whether enough of them
arrived. It sees the times you hand it: give it the time of the event, because
the time of arrival stays fresh while an old row is sent again and again.

Needs:   Python 3.11, NumPy 1.26
Source:  snippets/drift/freshness.py
Page:    snippets/drift/freshness
Version: 1.0.0 (MIT-0)
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = ["Freshness", "Run", "age", "assess", "stuck_runs"]

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_TICK: Final = timedelta(microseconds=1)
_FIRST: Final = (datetime.min.replace(tzinfo=UTC) - _EPOCH) // _TICK
_LAST: Final = (datetime.max.replace(tzinfo=UTC) - _EPOCH) // _TICK


@dataclass(frozen=True)
class Freshness:
    """The age of a feed beside the limits it is held to.

    Attributes:
        age: time since the newest event; below 0 if that lies in the future.
        limit: the greatest age that is still fine.
        max_ahead: how far in the future an event may lie.
        stale: whether `age` is above `limit`: the feed is late.
        ahead: whether the newest event lies more than `max_ahead` in the
            future. Then a clock is wrong, and `age` says nothing.
    """

    age: timedelta
    limit: timedelta
    max_ahead: timedelta
    stale: bool
    ahead: bool

    @property
    def alarm(self) -> bool:
        """Whether somebody has to look: the feed is stale or ahead."""
        return self.stale or self.ahead


@dataclass(frozen=True)
class Run:
    """Readings in a row that all show the same value.

    Attributes:
        start: time of the first reading, in UTC.
        end: time of the last reading, in UTC. The run still goes on if this
            is the newest reading of the feed.
        value: what they all show, in the column's unit.
        n: readings in the run, 2 or more; missing ones are not counted.
    """

    start: datetime
    end: datetime
    value: float
    n: int

    @property
    def length(self) -> timedelta:
        """Time from the first to the last reading."""
        return self.end - self.start


def age(
    now: datetime | np.datetime64, newest: datetime | np.datetime64
) -> timedelta:
    """The time since the newest event of a feed, counted in UTC.

    Python subtracts two times of one zone by what the clock on the wall says,
    so on a night when that clock jumps the difference is an hour off. Here
    both become UTC first.

    Args:
        now: a datetime with a time zone, or a `numpy.datetime64`, which has
            none and is taken as UTC. Pass the clock in; nothing here reads it.
        newest: when the newest event happened, in either form.

    Returns:
        The age to the microsecond; below 0 if `newest` lies after `now`.

    Raises:
        ValueError: a datetime has no time zone, or a time is NaT or outside
            the years 1 to 9999.
        TypeError: an argument is something else: text, a number, None.

    Example:
        >>> from zoneinfo import ZoneInfo
        >>> new_york = ZoneInfo("America/New_York")
        >>> now = datetime(2013, 3, 10, 4, 30, tzinfo=new_york)
        >>> newest = datetime(2013, 3, 10, 0, 30, tzinfo=new_york)
        >>> print(now - newest, "or rather", age(now, newest))
        4:00:00 or rather 3:00:00
    """
    return (_ticks("now", now) - _ticks("newest", newest)) * _TICK


def assess(
    now: datetime | np.datetime64,
    newest: datetime | np.datetime64,
    limit: timedelta,
    *,
    max_ahead: timedelta = timedelta(0),
) -> Freshness:
    """Hold the age of a feed to a limit.

    Args:
        now: as in `age`.
        newest: as in `age`. A feed that never sent anything has no newest
            event: that is a missing feed, and yours to report.
        limit: the greatest age that is still fine, above 0. Measure where
            the fallback becomes worth more than the old feed.
        max_ahead: how far in the future an event may lie, 0 or more: the
            difference between two clocks that you tolerate.

    Returns:
        The age with the two limits and the two answers. An age equal to
        `limit`, or an event `max_ahead` ahead, is still fine.

    Raises:
        ValueError: `limit` is not above 0, `max_ahead` is below 0, or a time
            is refused by `age`.
        TypeError: `limit` or `max_ahead` is not a timedelta, or a time is
            refused by `age`.

    Example:
        >>> now = datetime(2013, 6, 3, 12, 0, tzinfo=UTC)
        >>> newest = datetime(2013, 6, 3, 9, 0, tzinfo=UTC)
        >>> result = assess(now, newest, limit=timedelta(hours=2))
        >>> str(result.age), result.stale, result.ahead
        ('3:00:00', True, False)
    """
    _refuse_other_than_duration("limit", limit)
    _refuse_other_than_duration("max_ahead", max_ahead, zero=True)
    found = age(now, newest)
    stale, ahead = found > limit, -found > max_ahead
    return Freshness(found, limit, max_ahead, stale, ahead)


def stuck_runs(
    times: ArrayLike,
    values: ArrayLike,
    limit: timedelta,
    *,
    may_stay: ArrayLike = (),
    max_gap: timedelta | None = None,
) -> tuple[Run, ...]:
    """Find where one column of a feed shows the same value for too long.

    A missing value is no reading, and silence is no stuck value: a run ends
    where no reading comes for `max_gap`. So a run as long as `limit` has
    three readings or more, unless you set `max_gap` above it. Readings that
    arrive out of order are sorted. One that is delivered twice changes
    nothing but `n`; two different values at the same moment end a run.

    Args:
        times: shape (n,), when each reading was taken: datetimes with a time
            zone, or `numpy.datetime64`, which is taken as UTC.
        values: shape (n,), numbers in any unit, compared exactly, as float64;
            NaN and None are missing, `-inf` and `inf` are values.
        limit: report runs from this length on, above 0. It must be longer
            than the usual time between two readings.
        may_stay: shape (k,), values that may stay for any time, such as the
            0 of a rain gauge. Nothing if left out, because a sensor that
            died at 0 looks like a dry month: excuse a value by name.
        max_gap: a silence of this length or longer ends a run, above 0;
            `limit` if left out.

    Returns:
        The runs in the order of their start; empty if nothing stood still,
        or if there are fewer than two readings.

    Raises:
        ValueError: `times` and `values` differ in length, a column is not
            one-dimensional, a time is missing, has no time zone or is outside
            the years 1 to 9999, or `limit` or `max_gap` is not above 0.
        TypeError: `values` or `may_stay` holds something other than numbers,
            `times` something other than times, or `limit` or `max_gap` is
            not a timedelta.

    Example:
        >>> hours = np.datetime64("2013-06-03T00") + np.arange(6)
        >>> for run in stuck_runs(
        ...     hours, [7, 5, 5, 5, 5, 8], limit=timedelta(hours=2)
        ... ):
        ...     print(run.value, "for", run.length, "from", run.start.hour)
        5.0 for 3:00:00 from 1
    """
    _refuse_other_than_duration("limit", limit)
    gap = limit if max_gap is None else max_gap
    _refuse_other_than_duration("max_gap", gap)
    when, column = _all_ticks("times", times), _numbers("values", values)
    excused = _numbers("may_stay", may_stay)
    if len(when) != len(column):
        sizes = f"{len(when)} and {len(column)}"
        raise ValueError(f"times and values must be equally long, got {sizes}")
    read = ~np.isnan(column)
    if not read.any():
        return ()
    # --8<-- [start:core]
    when, column = when[read], column[read]
    order = np.lexsort((column, when))  # by time, then by value
    when, column = when[order], column[order]
    other = column[1:] != column[:-1]
    silent = np.diff(when) >= gap // _TICK
    breaks = np.flatnonzero(other | silent) + 1
    first, last = np.append(0, breaks), np.append(breaks, len(when)) - 1
    stuck = when[last] - when[first] >= limit // _TICK
    stuck &= ~np.isin(column[first], excused)
    # --8<-- [end:core]
    return tuple(
        Run(_utc(when[i]), _utc(when[j]), float(column[i]), int(j - i + 1))
        for i, j in zip(first[stuck], last[stuck], strict=True)
    )


def _ticks(name: str, time: object) -> int:
    """Microseconds since 1970 in UTC, or refuse the time by name."""
    if isinstance(time, np.datetime64):
        return int(_all_ticks(name, np.array([time]))[0])
    if not isinstance(time, datetime):
        kind = type(time).__name__
        raise TypeError(f"{name} must be a datetime or datetime64, got {kind}")
    if time != time:  # pandas' NaT is a datetime
        raise ValueError(f"{name} must be a time, got NaT")
    if time.utcoffset() is None:
        raise ValueError(f"{name} must have a time zone, got naive {time}")
    return _in_range(name, (time - _EPOCH) // _TICK)


def _all_ticks(name: str, times: ArrayLike) -> NDArray[np.int64]:
    """The same for a column of times."""
    if np.ma.is_masked(times):  # asarray would drop the mask
        raise ValueError(f"{name} must not be masked")
    column = np.asarray(times)
    if column.ndim != 1:
        raise ValueError(f"{name} must be one column, got {column.shape}")
    if column.dtype.kind != "M":
        found = [_ticks(f"{name}[{i}]", t) for i, t in enumerate(column)]
        return np.array(found, dtype=np.int64)
    if np.isnat(column).any():
        raise ValueError(f"{name} must be times, got NaT")
    ticks = column.astype("M8[us]").astype(np.int64)
    for extreme in (ticks.min(), ticks.max()) if len(ticks) else ():
        _in_range(name, int(extreme))
    return ticks


def _in_range(name: str, ticks: int) -> int:
    """Refuse what a datetime cannot hold; whole years may overflow."""
    if not _FIRST <= ticks <= _LAST:
        raise ValueError(f"{name} must be in years 1 to 9999, got {ticks} µs")
    return ticks


def _utc(ticks: np.int64) -> datetime:
    return _EPOCH + int(ticks) * _TICK


def _refuse_other_than_duration(
    name: str, value: object, zero: bool = False
) -> None:
    """Raise unless it is a timedelta above 0, or 0 if that is allowed."""
    if not isinstance(value, timedelta):
        kind = type(value).__name__
        raise TypeError(f"{name} must be a timedelta, got {kind}")
    if value < timedelta(0) or (value == timedelta(0) and not zero):
        least = "0 or more" if zero else "above 0"
        raise ValueError(f"{name} must be {least}, got {value}")


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
    sent = datetime(2013, 3, 10, 6, 30, tzinfo=UTC)
    limit = timedelta(hours=2)
    for late in 1, 3, -1:
        r = assess(sent + timedelta(hours=late), sent, limit)
        print(f"{late:2} h later: stale {r.stale}, ahead {r.ahead}")
    minutes = np.datetime64("2013-03-10T06:00") + 30 * np.arange(8)
    for run in stuck_runs(minutes, [0, 0, 4, 4, 4, 4, 4, 9], limit):
        print(run.value, "stood still for", run.length, "in", run.n, "rows")
