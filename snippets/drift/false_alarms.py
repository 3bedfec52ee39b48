"""How many of these alarms would ring with nothing wrong?

Answers: how many false alarms a set of checks brings a year, how often a day
has one, and which of today's p-values stay small once you count how many
checks were asked (Holm, Benjamini and Hochberg).

Does not answer: whether an alarm that stays is a loss, or how large a move
your checks can still see. Correcting across today's columns does not correct
across days: a family at 5 % still rings on 18 clean days a year.

Needs:   Python 3.11, NumPy 1.26
Source:  snippets/drift/false_alarms.py
Page:    snippets/drift/false_alarms
Version: 1.0.0 (MIT-0)
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = [
    "FalseAlarms",
    "benjamini_hochberg",
    "expected_false_alarms",
    "holm",
]


@dataclass(frozen=True)
class FalseAlarms:
    """What checks bring while nothing is wrong.

    Attributes:
        expected: false alarms in all days together, on average, 0 or more.
            It holds whatever the checks have to do with each other.
        any_on_a_day: chance that a day has at least one, (0, 1], for checks
            that are independent. Checks that ring together make it smaller,
            down to `alpha`; checks that take turns make it larger, up to
            `checks_per_day * alpha`.
        days_with_one: days with at least one, on average, at the same
            condition.
    """

    expected: float
    any_on_a_day: float
    days_with_one: float


def expected_false_alarms(
    checks_per_day: int, alpha: float, days: int = 365
) -> FalseAlarms:
    """Count the alarms that come while nothing is wrong.

    Each check must ring in a share `alpha` of the days without a change. A
    limit that was copied from elsewhere has another rate: measure that first.

    Args:
        checks_per_day: checks of one day, all columns and groups, 1 or more.
            For checks of another rhythm count their looks instead of days.
        alpha: share of checks that ring when nothing is wrong, (0, 1).
        days: days of operation, 1 or more.

    Returns:
        The number, the chance for a day, and the number of such days.

    Raises:
        ValueError: `checks_per_day` or `days` is not a whole number of 1 or
            more, or `alpha` is not between 0 and 1.

    Example:
        >>> year = expected_false_alarms(20, 0.05)
        >>> round(year.expected), round(year.any_on_a_day, 3)
        (365, 0.642)
    """
    for name, number in ("checks_per_day", checks_per_day), ("days", days):
        counted = isinstance(number, int | float | np.integer)
        if not (counted and 1 <= number < math.inf and number % 1 == 0):
            least = f"{name} must be a whole number of 1 or more"
            raise ValueError(f"{least}, got {number!r}")
    if not 0 < alpha < 1:
        raise ValueError(f"alpha must be between 0 and 1, got {alpha}")
    expected = checks_per_day * days * alpha
    any_on_a_day = -math.expm1(checks_per_day * math.log1p(-alpha))
    return FalseAlarms(expected, any_on_a_day, days * any_on_a_day)


def benjamini_hochberg(p_values: ArrayLike) -> NDArray[np.float64]:
    """Adjust p-values so that few of the alarms are false.

    Ring where the result is `alpha` or less. Then the share of false ones
    among the alarms of a family, 0 if there is none, is `alpha` or less on
    average. That holds for independent checks and for checks that depend on
    each other positively; for others it may not.

    Args:
        p_values: shape (k,), [0, 1], one p-value for each check of a family,
            1 or more, the ones that did not ring included.

    Returns:
        shape (k,), [0, 1], in the order of `p_values`, none of them smaller
        than its own p-value.

    Raises:
        ValueError: there is no p-value, one is missing or outside [0, 1], or
            they are not one-dimensional.
        TypeError: `p_values` holds something other than numbers.

    Example:
        >>> benjamini_hochberg([0.01, 0.04, 0.03, 0.005])
        array([0.02, 0.04, 0.04, 0.02])
    """
    # --8<-- [start:core]
    p = _family(p_values)
    order, ranks = np.argsort(p), np.arange(1, len(p) + 1)
    scaled = p[order] * (len(p) / ranks)
    adjusted = np.empty(len(p))
    adjusted[order] = np.minimum.accumulate(scaled[::-1])[::-1]
    # --8<-- [end:core]
    return adjusted


def holm(p_values: ArrayLike) -> NDArray[np.float64]:
    """Adjust p-values so that seldom any alarm is false.

    Ring where the result is `alpha` or less. Then a family has one false
    alarm or more with a chance of `alpha` at most, whatever the checks have
    to do with each other. It rings wherever Bonferroni's correction rings,
    and sometimes where that stays silent.

    Args:
        p_values: shape (k,), [0, 1], one p-value for each check of a family,
            1 or more, the ones that did not ring included.

    Returns:
        shape (k,), [0, 1], in the order of `p_values`, none of them smaller
        than its own p-value.

    Raises:
        ValueError: there is no p-value, one is missing or outside [0, 1], or
            they are not one-dimensional.
        TypeError: `p_values` holds something other than numbers.

    Example:
        >>> holm([0.01, 0.04, 0.03, 0.005])
        array([0.03, 0.06, 0.06, 0.02])
    """
    p = _family(p_values)
    order = np.argsort(p)
    scaled = p[order] * np.arange(len(p), 0, -1)
    adjusted = np.empty(len(p))
    adjusted[order] = np.minimum(np.maximum.accumulate(scaled), 1)
    return adjusted


def _family(p_values: ArrayLike) -> NDArray[np.float64]:
    """Return the p-values as floats, or refuse the first wrong one."""
    p = _numbers("p_values", p_values).astype(np.float64)
    if len(p) == 0:
        raise ValueError("p_values must hold at least 1 value, got 0")
    wrong = np.flatnonzero(~((p >= 0) & (p <= 1)))
    if len(wrong):  # NaN too: leaving it out would shrink the family unseen
        place = f"got {p[wrong[0]]} at position {wrong[0]}"
        raise ValueError(f"p_values must be between 0 and 1, {place}")
    return p


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
    for checks, alpha in (20, 0.05), (20, 0.01), (100, 0.01), (20, 0.0016):
        year = expected_false_alarms(checks, alpha)
        print(
            f"{checks:3} checks at {100 * alpha:g} %: {year.expected:.0f} "
            f"a year, {year.any_on_a_day:.3f} of days"
        )
    today = [0.01, 0.04, 0.03, 0.005]
    print("BH", benjamini_hochberg(today), "Holm", holm(today))
