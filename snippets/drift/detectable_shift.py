"""How many rows until this check could see a shift?

Answers: before any data are there, the smallest change that a PSI check or a
Kolmogorov-Smirnov test would see with the rows you have, and how many rows it
needs for the change that you want to see.

Does not answer: whether such a change would cost anything, or whether it has
happened: that takes outcomes, and the check itself. It counts rows that are
independent of each other; a thousand rows of one storm are worth far fewer.

Needs:   Python 3.11, standard library
Source:  snippets/drift/detectable_shift.py
Page:    snippets/drift/detectable_shift
Version: 1.0.0 (MIT-0)
"""

from __future__ import annotations

import math
from collections.abc import Callable
from itertools import pairwise
from statistics import NormalDist
from typing import Any

__all__ = ["detectable_psi", "detectable_shift", "rows_needed"]

_BELL = NormalDist()
_ROWS_A_BIN = 10  # with fewer, the limit of a PSI check no longer holds
_MOST = 1e15  # rows: beyond them a float does not hold every whole number


def detectable_psi(
    n_bins: int,
    n_reference: float,
    n_current: float,
    alpha: float = 0.01,
    power: float = 0.8,
) -> float:
    """The smallest population PSI that a check sees with this power.

    PSI divided by the noise `1 / n_reference + 1 / n_current` is close to a
    noncentral chi-square law with `n_bins - 1` degrees of freedom, and its
    noncentrality is the population PSI divided by the same noise. That
    holds from ten rows a bin on both sides; with five, a check planned for
    a power of 0.8 sees 7 changes in 10, with two hardly any.

    Args:
        n_bins: bins with rows in them, that of missing rows included, 2 to
            10,000.
        n_reference: rows of the reference, 1 or more; `inf` if it is known
            without sampling.
        n_current: rows to judge, 1 or more; `inf` gives the floor below
            which no number of rows gets.
        alpha: share of checks that may alarm when nothing moved, in (0, 1).
        power: share of checks that shall see the change, above `alpha`, at
            most 0.999999.

    Returns:
        The PSI of the two populations, above 0; 0 if both sides are `inf`.

    Raises:
        ValueError: an argument is outside its range.

    Example:
        >>> round(detectable_psi(10, 1_000, 1_000), 4)
        0.0429
        >>> round(detectable_psi(10, 1_000, float("inf")), 4)
        0.0214
    """
    noise = _noise(n_reference, n_current)
    return _noncentrality(n_bins, alpha, power) * noise


def detectable_shift(
    n_bins: int | None,
    n_reference: float,
    n_current: float,
    alpha: float = 0.01,
    power: float = 0.8,
) -> float:
    """The same for a bell-shaped column, in standard deviations.

    Args:
        n_bins: bins that hold equal shares of the reference, 2 to 10,000;
            None for the Kolmogorov-Smirnov test, which has no bins.
        n_reference: rows of the reference, 1 or more, or `inf`.
        n_current: rows to judge, 1 or more, or `inf`.
        alpha: share of checks that may alarm when nothing moved, in (0, 1);
            without bins 1e-6 to 0.1.
        power: share of checks that shall see the shift, above `alpha`, at
            most 0.999999; without bins 0.5 to 0.99.

    Returns:
        How far the mean moves while the spread stays, 0 or more.

    Raises:
        ValueError: an argument is outside its range, or with so few rows no
            shift is seen with this power.

    Example:
        >>> round(detectable_shift(10, 1_000, 1_000), 3)
        0.212
        >>> round(detectable_shift(None, 1_000, 1_000), 3)
        0.177
    """
    noise = _noise(n_reference, n_current)
    if n_bins is not None:
        psi = _noncentrality(n_bins, alpha, power) * noise
        if psi == 0:
            return 0.0
        return _where(lambda shift: _bell_psi(shift, int(n_bins)), psi)
    gap = _gap_per_noise(alpha, power) * math.sqrt(noise)
    if gap >= 1:
        few = f"got {n_reference} and {n_current}"
        raise ValueError(f"n_reference and n_current must be more, {few}")
    return 2 * _BELL.inv_cdf((1 + gap) / 2)


def rows_needed(
    n_bins: int | None,
    *,
    psi: float | None = None,
    shift: float | None = None,
    rates: tuple[float, float] | None = None,
    n_reference: float | None = None,
    ratio: float = 1.0,
    alpha: float = 0.01,
    power: float = 0.8,
) -> int:
    """The rows to judge that a check needs to see one stated change.

    Give the change as `psi`, as `shift` or as `rates`. A rate of missing or
    late rows has two bins if it is checked by itself; as one bin of a column
    it has all the bins of that column.

    Args:
        n_bins: bins with rows in them, 2 to 10,000; None for the
            Kolmogorov-Smirnov test, which takes a `shift` only.
        psi: PSI between the two populations, above 0, finite.
        shift: of the mean of a bell-shaped column whose bins hold equal
            shares, in standard deviations: not 0, up to 30 either way.
        rates: share of rows before and after, each in (0, 1), not equal.
        n_reference: rows of the reference, 1 or more; `inf` if it is known
            without sampling; None if it grows with the rows to judge.
        ratio: rows of the reference for each row to judge, above 0, where
            `n_reference` is None.
        alpha: as in `detectable_shift`.
        power: as in `detectable_shift`.

    Returns:
        Rows to judge, 1 or more; with bins never fewer than ten a bin.

    Raises:
        ValueError: an argument is outside its range, not exactly one change
            is given, it is too small for 1e15 rows, or `n_reference` is too
            small to see it however many rows there are to judge.

    Example:
        >>> rows_needed(10, shift=0.1)
        4471
        >>> rows_needed(2, rates=(0.01, 0.02), n_reference=50_000)
        1718
    """
    changes = {"psi": psi, "shift": shift, "rates": rates}
    given = [name for name, change in changes.items() if change is not None]
    if len(given) != 1 or (n_bins is None and shift is None):
        allowed = "shift" if n_bins is None else "psi, shift or rates"
        raise ValueError(f"{allowed} must be given alone, got {given}")
    _refuse("ratio", ratio, "above 0, finite", lambda x: 0 < x < math.inf)
    # --8<-- [start:core]
    if n_bins is None:
        gap = math.erf(_size(shift) / math.sqrt(8))
        noise = (gap / _gap_per_noise(alpha, power)) ** 2
    else:
        needed = _noncentrality(n_bins, alpha, power)
        noise = _population_psi(n_bins, psi, shift, rates) / needed
    if n_reference is None:
        left = noise / (1 + 1 / ratio)
    else:
        left = noise - _noise(n_reference, math.inf)
    # --8<-- [end:core]
    if noise * _MOST < 1:
        got = changes[given[0]]
        raise ValueError(f"{given[0]} must be larger to be seen, got {got}")
    if left * _MOST < 1:
        least = f"above {1 / noise:.0f} to see it, got {n_reference}"
        raise ValueError(f"n_reference must be {least}")
    return max(math.ceil(1 / left), _ROWS_A_BIN * (n_bins or 0))


def _refuse(
    name: str, value: object, rule: str, fits: Callable[[Any], bool]
) -> None:
    """Raise by name unless the value fits its rule."""
    try:
        good = fits(value)
    except TypeError:
        good = False
    if not good:
        raise ValueError(f"{name} must be {rule}, got {value!r}")


def _noise(n_reference: float, n_current: float) -> float:
    """What sampling adds on average, for each degree of freedom."""
    _refuse("n_reference", n_reference, "1 or more", lambda n: n >= 1)
    _refuse("n_current", n_current, "1 or more", lambda n: n >= 1)
    return 1 / n_reference + 1 / n_current


def _refuse_shares(alpha: float, power: float) -> None:
    """Raise unless they are shares of alarms in order."""
    _refuse("alpha", alpha, "between 0 and 1", lambda a: 0 < a < 1)
    rule = f"above alpha = {alpha} and at most 0.999999"
    _refuse("power", power, rule, lambda p: alpha < p <= 0.999999)


def _noncentrality(n_bins: int, alpha: float, power: float) -> float:
    """How far a chi-square law must move to pass its limit so often."""
    rule = "a whole number from 2 to 10,000"
    _refuse("n_bins", n_bins, rule, lambda b: b in range(2, 10_001))
    _refuse_shares(alpha, power)
    df = int(n_bins) - 1
    limit = _where(lambda x: -_tail(x, df, 0.0), -alpha)
    return _where(lambda moved: _tail(limit, df, moved), power)


def _tail(x: float, df: int, moved: float) -> float:
    """P(noncentral chi-square > x): central ones, with Poisson weights."""
    half, mean = x / 2, max(moved / 2, 1e-300)
    tail = math.erfc(math.sqrt(half)) if df % 2 else math.exp(-half)
    a, total = 0.5 if df % 2 else 1.0, 0.0
    first = (df - 1) // 2  # steps to df: Q(a + 1) = Q(a) + x**a e**-x / a!
    for step in range(first + int(mean + 10 * math.sqrt(mean)) + 40):
        if (j := step - first) >= 0:
            log = j * math.log(mean) - mean - math.lgamma(j + 1)
            total += math.exp(log) * tail
        tail += math.exp(a * math.log(half) - half - math.lgamma(a + 1))
        a += 1
    return total


def _gap_per_noise(alpha: float, power: float) -> float:
    """The gap of two bells, divided by the root of the noise, that KS sees.

    A line through the law of a Brownian bridge with a bell-shaped hump,
    which we solved on a grid: within 1.5 % in the range that is let through.
    """
    _refuse_shares(alpha, power)
    rule = "1e-06 to 0.1 without bins"
    _refuse("alpha", alpha, rule, lambda a: 1e-6 <= a <= 0.1)
    rule = "0.5 to 0.99 without bins"
    _refuse("power", power, rule, lambda p: 0.5 <= p <= 0.99)
    critical = math.sqrt(math.log(2 / alpha) / 2)
    return 1.06 * critical - 0.53 + 0.455 * _BELL.inv_cdf(power)


def _population_psi(n_bins: int, psi: Any, shift: Any, rates: Any) -> float:
    """The change that is given, as PSI."""
    if shift is not None:
        return _bell_psi(_size(shift), int(n_bins))
    if psi is not None:
        _refuse("psi", psi, "above 0, finite", lambda x: 0 < x < 1e300)
        return float(psi)
    rule = "two different shares between 0 and 1"
    _refuse("rates", rates, rule, _are_rates)
    low, high = sorted(rates)
    odds = math.log(high) - math.log(low) + math.log1p(-low)
    return float((high - low) * (odds - math.log1p(-high)))


def _are_rates(rates: Any) -> bool:
    return len(set(rates)) == len(rates) == 2 and all(0 < r < 1 for r in rates)


def _size(shift: Any) -> float:
    """How far a shift goes, whichever way."""
    rule = "up to 30 standard deviations and not 0"
    _refuse("shift", shift, rule, lambda x: 0 < abs(x) <= 30)
    return float(abs(shift))


def _bell_psi(shift: float, n_bins: int) -> float:
    """PSI of a bell that moves, on bins of equal shares."""
    edges = [_BELL.inv_cdf(i / n_bins) for i in range(1, n_bins)]
    up_to = [math.erfc((shift - e) / math.sqrt(2)) / 2 for e in edges]
    shares = [high - low for low, high in pairwise([0.0, *up_to, 1.0])]
    if min(shares) <= 0:  # too far for a float
        return math.inf
    return sum((q - 1 / n_bins) * math.log(q * n_bins) for q in shares)


def _where(rises: Callable[[float], float], target: float) -> float:
    """Where a function that rises from 0 on reaches its target."""
    low, high = 0.0, 1.0
    while rises(high) < target:
        low, high = high, 2 * high
    while low < (middle := (low + high) / 2) < high:
        if rises(middle) < target:
            low = middle
        else:
            high = middle
    return high


if __name__ == "__main__":
    for n in 100, 1_000, 10_000:
        seen = detectable_shift(10, n, n)
        print(f"{n:6,} rows a side, PSI of 10 bins: {seen:.3f} sd")
    late = rows_needed(10, shift=0.1, n_reference=50_000)
    gone = rows_needed(2, rates=(0.01, 0.02), n_reference=50_000)
    print(f"a tenth of an sd needs {late:,} rows beside 50,000")
    print(f"missing rows from 1 % to 2 % need {gone:,}")
