"""Is the model still worth more than the simple rule beside it?

Answers: by how much per row the model beats a rule that runs in its shadow,
with an interval that treats each day as one observation; on which mornings a
daily look at the last days would have rung; and how low the limit must be for
a stated chance of any false alarm when somebody looks every morning.

Does not answer: whether the season is bad (both sides fall, the difference
stays), why the model lost, or on which rows. One ruinous day raises the
standard error as much as it lowers the mean, so it does not ring: keep a
floor in money beside this. The limit assumes a bell curve.

Needs:   Python 3.11, NumPy 1.26
Source:  snippets/drift/comparator.py
Page:    snippets/drift/comparator
Version: 1.0.0 (MIT-0)
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = ["Alarms", "Comparison", "alarm_limit", "compare", "first_alarm"]

_LARGEST = 1e100  # larger values overflow when they are squared
_DUST = 1e-12  # a relative difference this small is rounding


@dataclass(frozen=True)
class Comparison:
    """What the model earned beyond the rule, with each day one observation.

    Attributes:
        mean_difference: mean over days of the day's mean of model minus
            rule, in the unit of the values, per row. Above 0: the model
            earns more. A day of one row weighs as much as any other.
        low: lower end of the interval, same unit.
        high: upper end. Below 0: the rule earns more.
        t: `mean_difference` divided by its standard error. Days that all
            differ by the same amount give `-inf` or `inf`, or 0 for 0.
        lag1: correlation of a day with the next one, [-1, 1]; 0 if every
            day is the same. `n` days carry an error of about `n ** -0.5`.
        n_days: days with at least one value on both sides, 2 or more.
        n_rows: rows with a value on both sides.
    """

    mean_difference: float
    low: float
    high: float
    t: float
    lag1: float
    n_days: int
    n_rows: int


@dataclass(frozen=True)
class Alarms:
    """What a look every morning at the days before it said.

    Attributes:
        first: the first morning in alarm; None if there was none.
        share: mornings in alarm, out of all in `mornings`, [0, 1].
        days: the mornings in alarm, as `datetime.date` or int, increasing.
        ringing: whether the last morning, the one after your data, rings.
        mornings: every morning with a look: the days with values from day
            `window + 1` on, and the day after the last one.
        t: the statistic of each morning, in the order of `mornings`.
    """

    first: date | int | None
    share: float
    days: tuple[date | int, ...]
    ringing: bool
    mornings: tuple[date | int, ...]
    t: tuple[float, ...]


def compare(
    value_model: ArrayLike,
    value_baseline: ArrayLike,
    day: ArrayLike,
    *,
    alpha: float = 0.05,
) -> Comparison:
    """Compare what the model earned with what the rule would have earned.

    Rows of one day share their weather, so the day is the unit: the rows of
    a day become one mean, and the means are treated as independent. Days
    that resemble the next make the interval too narrow: see `lag1`.

    Args:
        value_model: shape (n,), value of each row under the model, in money
            or points. A row without an outcome is NaN or None on both sides.
        value_baseline: shape (n,), value of the same rows under the rule.
        day: shape (n,), the day of each row, in any order: `datetime.date`,
            `numpy.datetime64` at midnight, or integers that count days.
        alpha: share of intervals that may miss, in (0, 1).

    Returns:
        The mean difference with its interval of Student's t.

    Raises:
        ValueError: the lengths differ, a value is infinite or beyond 1e100,
            a row has a value on one side only, a day is missing or has a
            time of day, fewer than 2 days have values, an argument is not
            one column, or `alpha` is not between 0 and 1.
        TypeError: a value is not a number, or a day not a day.

    Example:
        >>> c = compare([5, 3, 4, 2, 6], [4, 2, 4, 2, 3], [1, 1, 2, 2, 3])
        >>> round(c.mean_difference, 3), round(c.t, 2), c.n_days
        (1.333, 1.51, 3)
    """
    if not 0 < alpha < 1:
        raise ValueError(f"alpha must be between 0 and 1, got {alpha}")
    days, daily, n_rows = _daily(value_model, value_baseline, day)
    n = len(days)
    if n < 2:
        raise ValueError(f"day must hold 2 or more days with values, got {n}")
    mean, error = map(float, _mean_and_error(daily))
    reach = _student(alpha, n - 1) * error
    return Comparison(
        mean_difference=mean,
        low=mean - reach,
        high=mean + reach,
        t=float(_t(daily)),
        lag1=_lag1(daily),
        n_days=n,
        n_rows=n_rows,
    )


def first_alarm(
    value_model: ArrayLike,
    value_baseline: ArrayLike,
    day: ArrayLike,
    *,
    limit: float,
    window: int = 28,
) -> Alarms:
    """Look every morning at the days before it, and ring below a limit.

    A morning sees only days before it. It rings if the mean of the last
    `window` daily differences, divided by its standard error, is below
    `limit`. Days without values are skipped, so a window can span more than
    `window` dates.

    Args:
        value_model: shape (n,), as in `compare`.
        value_baseline: shape (n,), as in `compare`.
        day: shape (n,), as in `compare`.
        limit: a number below 0, from `alarm_limit`. There is no default: at
            -2 a year of looks rings on nearly every model that is worth as
            much as the rule.
        window: days with values that one look sees, 2 or more.

    Returns:
        The first morning in alarm, the share of mornings, and their list.

    Raises:
        ValueError: as in `compare`; or fewer than `window` days have values,
            `window` is not a whole number of 2 or more, or `limit` is not
            finite and below 0.
        TypeError: a value is not a number, or a day not a day.

    Example:
        >>> good, bad = [2, 1, 3, 2, 1], [-2, -1, -3, -2, -3]
        >>> found = first_alarm(good + bad, [0] * 10, range(10), limit=-4,
        ...                     window=4)
        >>> found.first, found.days, found.ringing
        (9, (9, 10), True)
    """
    _at_least("window", window, 2)
    if not -math.inf < limit < 0:
        raise ValueError(f"limit must be finite and below 0, got {limit}")
    days, daily, _ = _daily(value_model, value_baseline, day)
    if len(days) < window:
        raise ValueError(
            f"day must hold {window} or more days with values, got {len(days)}"
        )
    # --8<-- [start:core]
    after = days[-1] + (1 if isinstance(days[-1], int) else timedelta(days=1))
    mornings = (*days[window:], after)
    # morning i comes after days i to i + window - 1, and sees no other
    t = [float(_t(daily[i : i + window])) for i in range(len(mornings))]
    rings = [value < limit for value in t]
    alarmed = tuple(m for m, ring in zip(mornings, rings, strict=True) if ring)
    # --8<-- [end:core]
    return Alarms(
        first=alarmed[0] if alarmed else None,
        share=len(alarmed) / len(mornings),
        days=alarmed,
        ringing=rings[-1],
        mornings=mornings,
        t=tuple(t),
    )


def alarm_limit(
    mornings: int,
    *,
    phi: float = 0.0,
    lead: float = 0.0,
    window: int = 28,
    alpha: float = 0.05,
    n_runs: int = 4_000,
    seed: int = 0,
) -> float:
    """The limit that a model which is still well seldom passes.

    Simulates daily differences from a bell curve with the mean `lead`, each
    keeping `phi` of the day before, looks every morning as `first_alarm`
    does, and takes the value that the lowest look of a run passes in a share
    `alpha` of runs. It is never above the limit of one look at a model worth
    as much as the rule, so an alarm always speaks against the model. Rare
    large gains on top of small daily losses ring more often than promised.

    Args:
        mornings: looks that share one promise, 1 or more; 365 is a year.
        phi: how much of a day carries over to the next, in (-1, 1): `lag1`
            of `compare` on days you trust. The default, 0, says that no
            weather and no campaign lasts until tomorrow.
        lead: mean daily difference while all is well, in standard deviations
            of the daily difference, 0 or more: `t / n_days ** 0.5` of
            `compare`, on days you trust. 0 is a model worth as much as the
            rule, the strictest case; one that earns more rings less often.
        window: days that one look sees, 2 or more.
        alpha: chance of any false alarm within `mornings`, in (0, 0.5).
        n_runs: simulated runs, `20 / alpha` or more.
        seed: of the simulation. Another seed moves the chance that is kept
            by about `(alpha / n_runs) ** 0.5`: .0035 as it stands.

    Returns:
        The limit for `first_alarm`, a number below 0.

    Raises:
        ValueError: `mornings`, `window` or `n_runs` is not a whole number or
            too small, or `phi`, `lead` or `alpha` is out of range.

    Example:
        >>> for mornings, phi in (1, 0), (365, 0), (365, 0.3):
        ...     print(f"{alarm_limit(mornings, phi=phi):.1f}")
        -1.7
        -3.7
        -5.0
    """
    if not 0 < alpha < 0.5:
        raise ValueError(f"alpha must be between 0 and 0.5, got {alpha}")
    if not -1 < phi < 1:
        raise ValueError(f"phi must be between -1 and 1, got {phi}")
    if not 0 <= lead < math.inf:
        raise ValueError(f"lead must be finite and 0 or more, got {lead}")
    _at_least("mornings", mornings, 1)
    _at_least("window", window, 2)
    _at_least("n_runs", n_runs, math.ceil(20 / alpha))
    noise = np.random.default_rng(seed)
    daily = noise.standard_normal((mornings + window - 1, n_runs))
    for before, today in pairwise(daily):
        today[:] = phi * before + math.sqrt(1 - phi * phi) * today
    daily += lead
    lowest = np.full(n_runs, -_student(2 * alpha, window - 1))
    for i in range(mornings):
        np.minimum(lowest, _t(daily[i : i + window]), out=lowest)
    return float(np.quantile(lowest, alpha))


def _mean_and_error(
    daily: NDArray[np.float64],
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Mean and its standard error along the first axis."""
    largest = np.abs(daily).max(axis=0)
    scale = np.where(largest > 0, largest, 1.0)
    part = daily / scale  # so that no square overflows or vanishes
    error = part.std(axis=0, ddof=1) / math.sqrt(len(part))
    error = np.where(np.ptp(part, axis=0) > _DUST, error, 0.0)
    return part.mean(axis=0) * scale, error * scale


def _t(daily: NDArray[np.float64]) -> NDArray[np.float64]:
    """Mean over its standard error along the first axis; 0 over 0 is 0."""
    mean, error = _mean_and_error(daily)
    with np.errstate(divide="ignore", invalid="ignore"):
        t = mean / error
    return np.where(np.isnan(t), 0.0, t)


def _student(alpha: float, df: int) -> float:
    """What |t| passes with probability `alpha`: a finite sum, so no SciPy."""
    low, high = 0.0, math.pi / 2
    while low < (angle := (low + high) / 2) < high:
        sine, cosine = math.sin(angle), math.cos(angle)
        term = 2 / math.pi * cosine if df % 2 else 1.0
        inside = 2 / math.pi * angle if df % 2 else 0.0
        for k in range(2 + df % 2, df + 1, 2):
            inside += sine * term
            term *= (k - 1) / k * cosine * cosine
        low, high = (angle, high) if inside < 1 - alpha else (low, angle)
    return math.tan(angle) * math.sqrt(df)


def _lag1(daily: NDArray[np.float64]) -> float:
    """Correlation of each day with the next one."""
    part = daily / (float(np.abs(daily).max()) or 1.0)
    off = part - part.mean()
    if np.ptp(part) <= _DUST:
        return 0.0
    return float((off[1:] * off[:-1]).sum() / (off * off).sum())


def _daily(
    value_model: ArrayLike, value_baseline: ArrayLike, day: ArrayLike
) -> tuple[list[Any], NDArray[np.float64], int]:
    """Days in order, their mean of model minus rule, and rows used."""
    model = _numbers("value_model", value_model)
    rule = _numbers("value_baseline", value_baseline)
    when = _days("day", day)
    for name, column in ("value_baseline", rule), ("day", when):
        if len(column) != len(model):
            raise ValueError(
                f"{name} must be as long as value_model, {len(model)}, "
                f"got {len(column)}"
            )
    for name, values in ("value_model", model), ("value_baseline", rule):
        if (wild := values[np.abs(values) > _LARGEST]).size:
            raise ValueError(f"{name} must be within 1e100, got {wild[0]}")
    known = ~np.isnan(model)
    if odd := int((known == np.isnan(rule)).sum()):
        raise ValueError(
            "value_model must be missing where value_baseline is, "
            f"got {odd} rows with one of the two"
        )
    model, rule = model[known], rule[known]
    gain = model - rule
    gain[np.abs(gain) <= _DUST * (np.abs(model) + np.abs(rule))] = 0.0
    days, place, rows = np.unique(
        when[known], return_inverse=True, return_counts=True
    )
    return days.tolist(), np.bincount(place, gain) / rows, len(gain)


def _days(name: str, values: ArrayLike) -> NDArray[Any]:
    """Return a column of days as datetime64[D] or integers, or refuse it."""
    if isinstance(values, np.ma.MaskedArray) and np.ma.is_masked(values):
        raise ValueError(f"{name} must not be missing, got a masked value")
    column = np.asarray(values)
    if column.ndim != 1:
        raise ValueError(f"{name} must be one column, got {column.shape}")
    kinds = {type(v) for v in column} if column.dtype == object else set()
    if len(column) == 0:
        return np.empty(0, dtype=np.int64)
    if kinds == {date}:
        column = column.astype("M8[D]")
    if column.dtype.kind in "iu":
        return column
    if column.dtype.kind != "M":
        found = ", ".join(sorted(k.__name__ for k in kinds)) or column.dtype
        raise TypeError(f"{name} must hold dates or integers, got {found}")
    whole = column.astype("M8[D]")
    years = np.datetime64("0001-01-01"), np.datetime64("9999-12-31")
    wrong = (whole != column) | (whole < years[0]) | (whole >= years[1])
    if wrong.any():
        raise ValueError(f"{name} must be whole days, got {column[wrong][0]}")
    return whole


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


def _at_least(name: str, value: int, least: int) -> None:
    """Raise if a count is not a whole number or too small."""
    if not isinstance(value, int | np.integer) or value < least:
        raise ValueError(f"{name} must be whole, {least} or more, got {value}")


if __name__ == "__main__":
    usual = [3, 1, -2, 4, 0, 2, -1, 3, 5, -4, 2, 1, -3, 4] * 4
    gain = [*usual, *[-3, 0, -7, -1] * 9]  # it turns bad on day 56
    well = compare(usual, [0] * 56, range(56))
    sure = max(0, well.t / well.n_days**0.5 * well.low / well.mean_difference)
    for lead in 0.0, sure:
        limit = alarm_limit(365, lead=lead)
        a = first_alarm(gain, [0] * 92, range(92), limit=limit)
        print(f"lead {lead:.2f}, t below {limit:.2f}: first day {a.first}")
