"""Is this Monday morning unlike other Monday mornings?

Answers: which rows of the last weeks fell on the same weekday and the same
hours on the clock as those that just ended, also across a clock change; and
whether one figure of these hours, such as a mean or rows per hour, lies
further from the same hours of past weeks than they lie from each other.

Does not answer: whether Monday is drifting slowly, for the reference moves
along; or whether a holiday is a Monday. A fault that is one of the past weeks
widens the interval, and the next fault passes.

Needs:   Python 3.11, NumPy 1.26, SciPy 1.11
Source:  snippets/drift/seasonal_reference.py
Page:    snippets/drift/seasonal_reference
Version: 1.0.1 (MIT-0)
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import stats  # type: ignore[import-untyped, unused-ignore]

__all__ = ["SameHours", "Unlike", "same_hour_reference", "unlike_past"]

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_TICK: Final = timedelta(microseconds=1)
_HOUR: Final = timedelta(hours=1) // _TICK
_FIRST: Final = (datetime.min.replace(tzinfo=UTC) - _EPOCH) // _TICK
_LAST: Final = (datetime.max.replace(tzinfo=UTC) - _EPOCH) // _TICK
_LARGEST = 1e100  # sums of larger values overflow
_DUST = 1e-12  # a relative difference this small is rounding

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class SameHours:
    """The rows of the hours that just ended, and of the same hours before.

    Attributes:
        start: first moment of the hours judged, on the clock of the zone.
        end: the moment after the last one, at or before `now`.
        current: shape (m,), their values; rows without a value are left out.
        reference: shape (n,), the values of the same hours in past weeks.
        week: shape (n,), how many weeks ago each was, 1 to `weeks`. As
            blocks they are independent of each other, if weeks are.
        mean: mean of `current`; NaN if there is no row.
        past_means: shape (weeks,), the same of each past week, last week
            first; NaN for a week without a row.
        rate: rows of `current` per hour that passed; NaN if none did, as in
            the night the clock jumps forward.
        past_rates: shape (weeks,), the same of each past week; NaN also for
            hours that began before the first row of all.
    """

    start: datetime
    end: datetime
    current: Floats
    reference: Floats
    week: NDArray[np.int64]
    mean: float
    past_means: Floats
    rate: float
    past_rates: Floats


@dataclass(frozen=True)
class Unlike:
    """A figure of now, beside what past weeks lead you to expect.

    Attributes:
        expected: mean of the past weeks, in the unit of the figure.
        low: lower end of the interval in which the figure of now falls with
            probability 1 - `alpha`, if it is a week like the others.
        high: its upper end.
        t: distance from `expected` in standard errors, below 0 if lower;
            `-inf` or `inf` if past weeks were all alike and now is not.
        p_value: how often a week like the others is at least as far off.
        alarm: whether `p_value` is at most `alpha`.
        n_weeks: past weeks with a figure, 2 or more.
    """

    expected: float
    low: float
    high: float
    t: float
    p_value: float
    alarm: bool
    n_weeks: int


def same_hour_reference(
    times: ArrayLike,
    values: ArrayLike,
    now: datetime | np.datetime64,
    weeks: int = 4,
    *,
    zone: tzinfo,
    hours: int = 1,
) -> SameHours:
    """Take the rows of the last full hours, and of the same ones before.

    The hours end when the clock of `zone` last struck, and are compared with
    those from one to `weeks` weeks ago. They are hours on that clock: in the
    night it is set back, one of them lasts two; in the night it is set
    forward, one lasts none. No row at or after `end` is used.

    Args:
        times: shape (n,), when each row happened, in any order: datetimes
            with a time zone, or `datetime64` in UTC.
        values: shape (n,), numbers; NaN or None where a value is missing.
        now: a time of the same kind.
        weeks: how many weeks back to look, 1 or more.
        zone: whose clock sets the season, such as
            `ZoneInfo("America/New_York")`. There is no default: people and
            machines live by different clocks.
        hours: how many full hours to judge at once, 1 to 168.

    Returns:
        The rows, and for each week their mean and their number per hour.

    Raises:
        ValueError: lengths differ, a time is missing, naive or outside years
            1 to 9999, an argument is not one column, a value is beyond
            1e100, `weeks` or `hours` is out of range, or `now` has too
            few weeks before it.
        TypeError: a time, a value or `zone` is of another kind.

    Example:
        >>> mondays = np.array(["2013-06-03T09:20", "2013-06-10T09:40"], "M8")
        >>> now = np.datetime64("2013-06-10T10:05")
        >>> same = same_hour_reference(mondays, [5, 8], now, zone=UTC)
        >>> same.current, same.reference, same.week
        (array([8.]), array([5.]), array([1]))
    """
    _whole("weeks", weeks, 1, 5_000)
    _whole("hours", hours, 1, 168)
    if not isinstance(zone, tzinfo):
        raise TypeError(f"zone must be a tzinfo, got {zone!r}")
    ticks, rows = _all_ticks("times", times), _numbers("values", values)
    if len(ticks) != len(rows):
        raise ValueError(
            f"values must be as long as times, {len(ticks)}, got {len(rows)}"
        )
    if (wild := rows[np.abs(rows) > _LARGEST]).size:
        raise ValueError(f"values must be within 1e100, got {wild[0]}")
    moment = _EPOCH + _ticks("now", now) * _TICK
    oldest = ticks.min(initial=_LAST)
    ticks, rows = ticks[~np.isnan(rows)], rows[~np.isnan(rows)]
    back = np.zeros(len(rows), dtype=np.int64) - 1
    lasted, covered = np.zeros(weeks + 1), np.zeros(weeks + 1, dtype=bool)
    try:
        # --8<-- [start:core]
        struck = moment.astimezone(zone).replace(tzinfo=None, fold=0)
        struck = struck.replace(minute=0, second=0, microsecond=0)
        for k in range(weeks + 1):
            # Arithmetic on the bare clock, and only then the zone.
            end = struck - timedelta(weeks=k)
            walls = end - timedelta(hours=hours), end
            first, after = (_utc(wall, zone) for wall in walls)
            back[(first <= ticks) & (ticks < after)] = k
            lasted[k] = (after - first) / _HOUR
            covered[k] = oldest <= first
        # --8<-- [end:core]
    except OverflowError as error:
        raise ValueError(
            f"now must have {weeks} weeks before it, got {moment}"
        ) from error
    found = back >= 0
    n = np.bincount(back[found], minlength=weeks + 1)
    total = np.bincount(back[found], rows[found], minlength=weeks + 1)
    covered[0] = True
    means = np.where(n > 0, total / np.maximum(n, 1), np.nan)
    known = covered & (lasted > 0)
    rates = np.where(known, n / np.where(known, lasted, 1), np.nan)
    return SameHours(
        start=(struck - timedelta(hours=hours)).replace(tzinfo=zone),
        end=struck.replace(tzinfo=zone),
        current=rows[back == 0],
        reference=rows[back > 0],
        week=back[back > 0],
        mean=float(means[0]),
        past_means=means[1:],
        rate=float(rates[0]),
        past_rates=rates[1:],
    )


def unlike_past(now: float, past: ArrayLike, *, alpha: float = 0.01) -> Unlike:
    """Hold one figure against the same figure of past weeks.

    Each week is one observation, however many rows it holds. The interval is
    Student's for one more observation: it knows that few weeks tell little
    about how far weeks differ. It takes them for independent draws from one
    bell curve.

    Args:
        now: the figure of now, finite.
        past: shape (k,), the figure of past weeks, in any order; NaN or None
            where a week has none. Two are needed, eight are better.
        alpha: share of weeks like the others that may ring, in (0, 1).

    Returns:
        The interval, and whether the figure of now is outside.

    Raises:
        ValueError: `now` or a figure is infinite, `now` is NaN, fewer than 2
            weeks have a figure, a value is beyond 1e100, `past` is not one
            column, or `alpha` is not between 0 and 1.
        TypeError: `past` or `now` holds something other than numbers.

    Example:
        >>> found = unlike_past(30, [100, 104, 98, 102])
        >>> round(found.low, 1), round(found.high, 1), found.alarm
        (84.1, 117.9, True)
    """
    if not isinstance(alpha, float | np.floating) or not 0 < alpha < 1:
        raise ValueError(f"alpha must be between 0 and 1, got {alpha!r}")
    today, figures = _numbers("now", [now]), _numbers("past", past)
    figures = figures[~np.isnan(figures)]
    k = len(figures)
    for name, side in ("now", today), ("past", figures):
        if not (np.abs(side) <= _LARGEST).all():
            raise ValueError(f"{name} must be within 1e100, got {side}")
    if k < 2:
        raise ValueError(f"past must hold 2 or more weeks, got {k}")
    # not in the unit of now: a wild one would make all past weeks alike
    now = float(today[0])
    unit = float(np.abs(figures).max()) or abs(now) or 1.0
    figures, new = figures / unit, now / unit
    expected = float(figures.mean())
    flat = np.ptp(figures) <= _DUST
    spread = 0.0 if flat else float(figures.std(ddof=1))
    error = spread * math.sqrt(1 + 1 / k)
    off = new - expected
    off = 0.0 if abs(off) < _DUST * max(1.0, abs(new)) else off
    t = off / error if error > 0 else math.copysign(math.inf, off)
    t = t if off else 0.0
    reach = float(stats.t.isf(alpha / 2, k - 1)) * error
    p = min(1.0, 2 * float(stats.t.sf(abs(t), k - 1)))
    return Unlike(
        expected=expected * unit,
        low=(expected - reach) * unit,
        high=(expected + reach) * unit,
        t=t,
        p_value=p,
        alarm=p <= alpha,
        n_weeks=k,
    )


def _utc(wall: datetime, zone: tzinfo) -> int:
    """When the clock of the zone first shows this, in microseconds of 1970.

    A clock that jumps may never show it: then the moment of the jump.
    """
    while True:
        time = wall.replace(tzinfo=zone).astimezone(UTC)
        if time.astimezone(zone).replace(tzinfo=None) == wall:
            return (time - _EPOCH) // _TICK
        wall += timedelta(minutes=15)


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
    years = column.astype("M8[Y]").astype(np.int64)  # these never overflow
    if (wild := years[(years < 1 - 1970) | (years > 9999 - 1970)]).size:
        year = 1970 + int(wild[0])
        raise ValueError(f"{name} must be in years 1 to 9999, got {year}")
    return column.astype("M8[us]").astype(np.int64)


def _in_range(name: str, ticks: int) -> int:
    """Refuse what a datetime cannot hold in UTC."""
    if not _FIRST <= ticks <= _LAST:
        raise ValueError(f"{name} must be in years 1 to 9999, got {ticks} µs")
    return ticks


def _whole(name: str, value: int, least: int, most: int) -> None:
    """Refuse what is not a whole number of this range, by name."""
    if not isinstance(value, int | np.integer) or not least <= value <= most:
        raise ValueError(
            f"{name} must be whole, {least} to {most}, got {value!r}"
        )


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
    hour = np.arange(24 * 7 * 9)
    wave = 100 + 50 * np.sin(2 * np.pi * hour / 168) + 3 * np.sin(hour**1.5)
    wave[-1] -= 30  # it is Monday, and quieter than it should be
    times = np.datetime64("2013-06-03T10") + hour.astype("m8[h]")
    same = same_hour_reference(times, wave, times[-1] + 1, 8, zone=UTC)
    for name, past in ("any hour", wave[:-1]), ("same", same.past_means):
        found = unlike_past(same.mean, past)
        print(f"{name:<8} {found.low:.0f} to {found.high:.0f} {found.alarm}")
