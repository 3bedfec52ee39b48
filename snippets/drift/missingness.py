"""Is a field going missing more often?

Answers: by how much the share of missing values differs between a reference
and today, with an interval (Newcombe's), and whether sampling noise alone
gives such a difference as seldom as you asked for. Values that go missing in
bursts are counted as bursts, once you have measured how large those are.

Does not answer: which rows lost the field, or whether it matters. A field
that empties in one group while another recovers, one that is filled before
you count, and one that says -999 for "unknown" all look the same as ever.

Needs:   Python 3.11, standard library
Source:  snippets/drift/missingness.py
Page:    snippets/drift/missingness
Version: 1.0.0 (MIT-0)
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from numbers import Real
from operator import index
from statistics import NormalDist
from typing import SupportsIndex

__all__ = ["MissingShift", "burst_size", "missing_shift"]

_MOST = 10**10  # rows; above it the logarithms lose the digits of p_value


@dataclass(frozen=True)
class MissingShift:
    """Two shares of missing values, and the difference between them.

    Attributes:
        reference_share: missing values per row before, [0, 1].
        current_share: missing values per row now, [0, 1].
        difference: current minus reference, [-1, 1].
        low: lower end of the interval for the difference, [-1, 1].
        high: upper end, [-1, 1].
        p_value: how often noise alone gives a difference at least as odd,
            [0, 1]; the chance of exactly this one counts half.
        alarm: whether `p_value` is at most `alpha`. The sign of `difference`
            says whether the field is missing more often or less often.
    """

    reference_share: float
    current_share: float
    difference: float
    low: float
    high: float
    p_value: float
    alarm: bool


def missing_shift(
    reference_missing: SupportsIndex,
    n_reference: SupportsIndex,
    current_missing: SupportsIndex,
    n_current: SupportsIndex,
    *,
    burst: float = 1.0,
    alpha: float = 0.01,
) -> MissingShift:
    """Compare how often one field is missing, before and now.

    The alarm comes from the exact test with the mid-p-value, the interval
    from Wilson's limits. They can disagree by a row or two when few values
    are missing; then the test is the one that keeps to `alpha`.

    Args:
        reference_missing: missing values in the reference, 0 or more.
        n_reference: rows of the reference, 1 to 10**10. Take ten times the
            rows of a day or more, because its noise stays for every day.
        current_missing: missing values now, 0 or more.
        n_current: rows now, 1 to 10**10.
        burst: rows that go missing together, 1 or more, as `burst_size`
            measures them. All four counts are divided by it.
        alpha: share of checks that may alarm when nothing changed, (0, 1);
            the interval covers 1 - alpha.

    Returns:
        The two shares, their difference with its interval, and the alarm.
        Two shares that are equal (both 0, say) have difference 0 and
        p_value 1; the interval then says what could still be there.

    Raises:
        ValueError: a number of rows is outside its range, a count is below 0
            or above its rows, `burst` is below 1 or not finite, or `alpha`
            is not between 0 and 1.
        TypeError: a count is not a whole number (True, 3.0 and "3" are
            not), or `burst` or `alpha` is not a number.

    Example:
        >>> shift = missing_shift(20, 10_000, 9, 1_000)
        >>> round(shift.difference, 4), round(shift.low, 4), shift.alarm
        (0.007, 0.0017, True)
    """
    before, n_before = _counts(
        "reference_missing", reference_missing, "n_reference", n_reference
    )
    now, n_now = _counts(
        "current_missing", current_missing, "n_current", n_current
    )
    if not isinstance(burst, Real):
        raise TypeError(f"burst must be a number, got {burst!r}")
    if not 1 <= burst < math.inf:
        raise ValueError(f"burst must be finite and 1 or more, got {burst}")
    if not isinstance(alpha, Real):
        raise TypeError(f"alpha must be a number, got {alpha!r}")
    if not 0 < alpha / 2 < 0.5:
        raise ValueError(f"alpha must be between 0 and 1, got {alpha}")
    p, q = before / n_before, now / n_now
    # --8<-- [start:core]
    z = -NormalDist().inv_cdf(alpha / 2)
    p_low, p_high = _wilson(p, max(1.0, n_before / burst), z)
    q_low, q_high = _wilson(q, max(1.0, n_now / burst), z)
    low = q - p - math.hypot(q - q_low, p_high - p)
    high = q - p + math.hypot(q_high - q, p - p_low)
    # --8<-- [end:core]
    p_value = _mid_p(
        round(before / burst),
        max(1, round(n_before / burst)),
        round(now / burst),
        max(1, round(n_now / burst)),
    )
    return MissingShift(
        p, q, q - p, max(-1.0, low), min(1.0, high), p_value, p_value <= alpha
    )


def burst_size(
    missing: Iterable[SupportsIndex], rows: Iterable[SupportsIndex]
) -> float:
    """How many rows go missing together, from counts of many past days.

    The variance of the daily shares, divided by what it would be if rows went
    missing one by one (the design effect of a survey). A station that is
    silent for an hour takes all rows of that hour with it.

    Args:
        missing: shape (k,), missing values of each past day, 0 or more.
        rows: shape (k,), rows of each day, 1 or more; k is 2 or more. Use
            days from a time you trust, 30 or more of them.

    Returns:
        Rows in a burst, from 1 (one by one) upwards; also 1 if nothing was
        ever missing, or everything always was.

    Raises:
        ValueError: the two differ in length, there are fewer than 2 days, or
            a count is refused by `missing_shift`.
        TypeError: a count is not a whole number.

    Example:
        >>> round(burst_size([0, 50, 0, 0, 60, 0], [1_000] * 6), 1)
        45.4
    """
    counts, sizes = list(missing), list(rows)
    if len(counts) != len(sizes):
        raise ValueError(
            "missing and rows must be equally long, "
            f"got {len(counts)} and {len(sizes)}"
        )
    if len(counts) < 2:
        raise ValueError(
            f"missing must hold 2 days or more, got {len(counts)}"
        )
    days = [
        _counts(f"missing[{i}]", k, f"rows[{i}]", n)
        for i, (k, n) in enumerate(zip(counts, sizes, strict=True))
    ]
    share = sum(k for k, _ in days) / sum(n for _, n in days)
    if share in (0, 1):
        return 1.0
    spread = sum((k - n * share) ** 2 / n for k, n in days) / (len(days) - 1)
    return max(1.0, spread / (share * (1 - share)))


def _counts(
    k_name: str, k: SupportsIndex, n_name: str, n: SupportsIndex
) -> tuple[int, int]:
    """Missing values and rows as plain integers, or refuse them by name."""
    missing, rows = _whole(k_name, k), _whole(n_name, n)
    if not 1 <= rows <= _MOST:
        raise ValueError(f"{n_name} must be 1 to 10**10, got {rows}")
    if not 0 <= missing <= rows:
        raise ValueError(f"{k_name} must be 0 to {rows} rows, got {missing}")
    return missing, rows


def _whole(name: str, value: SupportsIndex) -> int:
    """An integer of Python or NumPy; a mask passed by mistake is none."""
    try:
        if "bool" in (type(value).__name__, str(getattr(value, "dtype", ""))):
            raise TypeError
        return index(value)
    except TypeError:
        message = f"{name} must be a whole number, got {value!r}"
        raise TypeError(message) from None


def _wilson(share: float, n: float, z: float) -> tuple[float, float]:
    """Wilson's limits for a share of `n` rows."""
    middle = share + z * z / (2 * n)
    half = z * math.sqrt(share * (1 - share) / n + (z / (2 * n)) ** 2)
    return (middle - half) / (1 + z * z / n), (middle + half) / (1 + z * z / n)


def _mid_p(k1: int, n1: int, k2: int, n2: int) -> float:
    """Twice the smaller mid-p tail of the hypergeometric law (Fisher's)."""
    if k1 * n2 == k2 * n1:
        return 1.0
    if k1 * n2 > k2 * n1:  # let sample 2 have the larger share
        k1, n1, k2, n2 = k2, n2, k1, n1
    k = k1 + k2
    term = math.exp(
        _log_choose(n1, k1) + _log_choose(n2, k2) - _log_choose(n1 + n2, k)
    )
    tail = term / 2
    for i in range(k2, min(k, n2)):
        term *= (k - i) * (n2 - i) / ((i + 1) * (n1 - k + i + 1))
        tail += term
        if term <= 1e-17 * tail:
            break
    return min(1.0, 2 * tail)


def _log_choose(n: int, k: int) -> float:
    return math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1)


if __name__ == "__main__":
    storms = burst_size([0, 40, 0, 0, 0, 60, 0, 0, 20, 0], [1_000] * 10)
    print(f"rows go missing {storms:.1f} at a time")
    for missing in 12, 40, 250:
        for size in 1.0, storms:
            s = missing_shift(120, 10_000, missing, 1_000, burst=size)
            print(
                f"{missing:3} of 1000: {s.low:+.4f} to {s.high:+.4f}", s.alarm
            )
