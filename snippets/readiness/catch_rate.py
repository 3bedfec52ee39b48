"""When it is wrong, does the system catch it?

Answers: which share of wrong answers the system stopped, how many escape in
1,000 answers, and how many right answers it blocked, each between limits
with a stated error rate, also where people judged only a sample. And how
many answers must be judged before "less than 1 in 1,000" has been shown.

Does not answer: whether the judge was right, what kind of error gets
through, or what next month's answers will be like. The limits take answers
as independent: ten from one conversation may count as one.

Needs:   Python 3.11, NumPy 1.26, SciPy 1.11
Source:  snippets/readiness/catch_rate.py
Page:    snippets/readiness/catch_rate
Version: 1.0.0 (MIT-0)
"""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special  # type: ignore[import-untyped, unused-ignore]

__all__ = ["CatchRate", "answers_needed", "catch_rate"]

_REAL = (int, float, np.integer, np.floating)


@dataclass(frozen=True)
class CatchRate:
    """What the system caught, what it let through, and what it blocked.

    Every limit is one-sided: by itself it is on the wrong side of the truth
    in a share `alpha` of logs at most.

    Attributes:
        rate: share of wrong answers that were caught, [0, 1]; None if no
            answer was judged wrong.
        low: the true rate is above this; 0 if `rate` is None.
        high: the true rate is below this; 1 if `rate` is None.
        escapes_per_1000: wrong answers let through, in 1,000 answers.
        escapes_low: their true number is above this.
        escapes_high: their true number is below this.
        false_block_rate: share of right answers that were blocked, [0, 1];
            None if no answer was judged right.
        false_block_low: the true share is above this.
        false_block_high: the true share is below this.
        escape_cost: cost of the escapes in 1,000 answers, in your unit.
        block_cost: cost of the false blocks in 1,000 answers.
        unguarded_cost: cost in 1,000 answers if all had been let through.
        n: answers.
        n_judged: answers with a verdict.
    """

    rate: float | None
    low: float
    high: float
    escapes_per_1000: float
    escapes_low: float
    escapes_high: float
    false_block_rate: float | None
    false_block_low: float
    false_block_high: float
    escape_cost: float
    block_cost: float
    unguarded_cost: float
    n: int
    n_judged: int


def catch_rate(
    wrong: ArrayLike,
    caught: ArrayLike,
    *,
    escape_cost: ArrayLike = 1.0,
    block_cost: ArrayLike = 1.0,
    judged_by_lot: bool = False,
    alpha: float = 0.05,
) -> CatchRate:
    """Count what was caught, let through and blocked, with limits.

    Where people judge all blocked answers and a sample of the passed ones,
    the rate among judged answers is too high. With `judged_by_lot` each
    verdict stands for as many answers as were passed, or blocked, for one
    that was judged.

    Args:
        wrong: shape (n,), was the answer wrong? 0 and 1; NaN and None are
            answers without a verdict, refused unless `judged_by_lot`.
        caught: shape (n,), did the system stop it? 0 and 1, none missing.
        escape_cost: what a wrong answer costs that gets through, 0 or more:
            one number or shape (n,). At 1, costs are counts.
        block_cost: what blocking a right answer costs, in the same unit.
        judged_by_lot: True: chance alone decided which passed answers, and
            which blocked ones, got a verdict. Complaints are no lot.
        alpha: the error rate of each limit, 1e-9 to .5.

    Returns:
        Rates, limits and costs. With every answer judged the limits are
        Clopper-Pearson's, so exact or cautious. With a lot none of them
        erred more often than `alpha` in any setting that we simulated.

    Raises:
        ValueError: no answers; verdicts are missing and `judged_by_lot` is
            False; none among the passed, or the blocked, answers; a column
            is not 0 and 1; lengths differ; a cost is missing, negative or
            above 1e100; `alpha` is out of range.
        TypeError: a column holds something other than numbers, or
            `judged_by_lot` is no bool.

    Example:
        >>> wrong = [1] * 20 + [0] * 180
        >>> caught = [1] * 15 + [0] * 5 + [1] * 9 + [0] * 171
        >>> c = catch_rate(wrong, caught)
        >>> c.rate, round(c.low, 2), c.escapes_per_1000, c.false_block_rate
        (0.75, 0.54, 25.0, 0.05)
    """
    _inside("alpha", alpha, 1e-9, 0.5)
    if not isinstance(judged_by_lot, bool | np.bool_):
        raise TypeError(f"judged_by_lot must be a bool, got {judged_by_lot!r}")
    bad, stopped = _flags("wrong", wrong), _flags("caught", caught)
    n = len(bad)
    if n != len(stopped):
        sizes = f"{n} and {len(stopped)}"
        raise ValueError(f"wrong, caught must be equally long, got {sizes}")
    if n == 0:
        raise ValueError("wrong must hold at least 1 answer, got 0")
    if np.isnan(stopped).any():
        row = int(np.argmax(np.isnan(stopped)))
        raise ValueError(f"caught must be 0 or 1, got nan in row {row}")
    seen, blocked = ~np.isnan(bad), stopped == 1
    if not (judged_by_lot or seen.all()):
        rule = "known in every row unless judged_by_lot"
        count = f"{n - int(seen.sum())} of {n} missing"
        raise ValueError(f"wrong must be {rule}, got {count}")
    # --8<-- [start:core]
    f = _share("passed", seen[~blocked])  # of the passed, this is judged
    g = _share("blocked", seen[blocked])
    caught_wrong = int(np.sum(blocked & (bad == 1)))
    escaped = int(np.sum(~blocked & (bad == 1)))
    blocked_right = int(np.sum(blocked & (bad == 0)))
    passed_right = int(np.sum(~blocked & (bad == 0)))
    rate, low, high = _ratio(caught_wrong, g, escaped, f, alpha)
    false_block = _ratio(blocked_right, g, passed_right, f, alpha)
    fewest, most = _clopper_pearson(escaped, n, alpha)
    # --8<-- [end:core]
    worth = np.where(blocked, 1 / g, 1 / f) * 1000 / n
    per_escape = worth * _cost("escape_cost", escape_cost, n)
    per_block = worth * _cost("block_cost", block_cost, n)
    return CatchRate(
        rate=rate,
        low=low,
        high=high,
        escapes_per_1000=1000 * escaped / n / f,
        escapes_low=1000 * fewest / f,
        escapes_high=1000 * min(1.0, most / f),
        false_block_rate=false_block[0],
        false_block_low=false_block[1],
        false_block_high=false_block[2],
        escape_cost=float(per_escape[~blocked & (bad == 1)].sum()),
        block_cost=float(per_block[blocked & (bad == 0)].sum()),
        unguarded_cost=float(per_escape[bad == 1].sum()),
        n=n,
        n_judged=int(seen.sum()),
    )


def answers_needed(
    at_most_per_1000: float, *, escapes: int = 0, alpha: float = 0.05
) -> int:
    """How many answers must be judged to show that few enough escape.

    Args:
        at_most_per_1000: the number of escapes in 1,000 answers to rule out,
            1e-6 to 999.
        escapes: how many you will see, 0 to 100,000. Nobody knows it before:
            plan with more than 0.
        alpha: how often worse systems may pass this test, 1e-9 to .5.

    Returns:
        The least number of answers, all of them judged, at which
        `escapes_high` is no higher than `at_most_per_1000`.

    Raises:
        ValueError: an argument is out of range.

    Example:
        >>> answers_needed(1), answers_needed(1, escapes=3)
        (2995, 7752)
    """
    share = _inside("at_most_per_1000", at_most_per_1000, 1e-6, 999.0) / 1000
    _inside("alpha", alpha, 1e-9, 0.5)
    whole = isinstance(escapes, int | np.integer)
    if not whole or not 0 <= escapes <= 100_000:
        rule = "a whole number, 0 to 100000"
        raise ValueError(f"escapes must be {rule}, got {escapes!r}")
    k = int(escapes)

    def shown(n: int) -> bool:
        return bool(special.betainc(k + 1, n - k, share) >= 1 - alpha)

    return bisect_left(range(10**15), True, lo=k + 1, key=shown)


def _ratio(
    k: int, k_share: float, m: int, m_share: float, alpha: float
) -> tuple[float | None, float, float]:
    """Share of one kind in two, each seen only in a known share, and limits.

    Among what was seen, the first kind has the share a / (a + b) with
    a = rate * k_share and b = (1 - rate) * m_share. That one is binomial;
    its limits are turned back into limits for the rate.
    """
    if k + m == 0:
        return None, 0.0, 1.0

    def back(x: float) -> float:
        return x * m_share / (x * m_share + (1 - x) * k_share)

    low, high = _clopper_pearson(k, k + m, alpha)
    return back(k / (k + m)), back(low), back(high)


def _clopper_pearson(k: int, n: int, alpha: float) -> tuple[float, float]:
    """Lower and upper limit of a share, each with the error rate `alpha`."""
    low = special.betaincinv(k, n - k + 1, alpha) if k else 0.0
    high = special.betaincinv(k + 1, n - k, 1 - alpha) if k < n else 1.0
    return float(low), float(high)


def _share(which: str, seen: NDArray[np.bool_]) -> float:
    """Share of these answers that has a verdict, 1 if there are none."""
    if len(seen) and not seen.any():
        count = f"0 of {len(seen)}"
        raise ValueError(f"wrong must be known for some {which}, got {count}")
    return float(seen.mean()) if len(seen) else 1.0


def _cost(name: str, values: Any, n: int) -> NDArray[np.float64]:
    """Return a cost for each of `n` answers, or refuse it."""
    one = isinstance(values, _REAL)
    cost = _numbers(name, [values] if one else values).astype(np.float64)
    if not one and len(cost) != n:
        raise ValueError(f"{name} must hold {n} numbers, got {len(cost)}")
    if not (kept := (cost >= 0) & (cost <= 1e100)).all():
        worst = cost[~kept][0]
        raise ValueError(f"{name} must be from 0 to 1e100, got {worst}")
    return np.broadcast_to(cost, n)


def _flags(name: str, values: ArrayLike) -> NDArray[np.float64]:
    """Return a column of 0, 1 and NaN, or refuse it."""
    column = _numbers(name, values).astype(np.float64)
    if (odd := ~(np.isnan(column) | (column == 0) | (column == 1))).any():
        row = int(np.argmax(odd))
        worst = f"{column[row]} in row {row}"
        raise ValueError(f"{name} must be 0 or 1, got {worst}")
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


def _inside(name: str, value: float, least: float, most: float) -> float:
    """Refuse what is not a number in this range, by name."""
    if not (isinstance(value, _REAL) and least <= value <= most):
        raise ValueError(f"{name} must be {least} to {most}, got {value!r}")
    return float(value)


if __name__ == "__main__":
    caught = np.arange(2_000) < 120  # all of these were read by people
    wrong = np.where(caught, np.arange(2_000) < 90, np.nan)
    wrong[120:2_000:10] = [1] * 3 + [0] * 185  # and every tenth of the rest
    c = catch_rate(wrong, caught, judged_by_lot=True)
    print(f"caught {c.rate:.0%} of the wrong ({c.low:.0%} to {c.high:.0%})")
    print(f"escapes in 1,000: {c.escapes_per_1000:.0f}", end=", ")
    print(f"at most {c.escapes_high:.0f}; to show 1: {answers_needed(1):,}")
