"""Which cases should a person decide?

Answers: above which sureness the model may answer, so that the error among
the answered cases stays under a target with a stated confidence, how many
cases a day that leaves to people, and whether they can take them. And: are
today's scores still like those it was chosen on?

Does not answer: whether the person decides better, or whether a case that
looks the same still ends the same. The promise holds for cases like those it
was chosen on; rows of a day may fail together, days must not.

Needs:   Python 3.11, NumPy 1.26
Source:  snippets/hardening/abstain.py
Page:    snippets/hardening/abstain
Version: 1.0.1 (MIT-0)
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime, time
from functools import lru_cache
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = [
    "Limit",
    "Moved",
    "Plan",
    "ask_a_person",
    "choose_threshold",
    "scores_moved",
]

_FEWEST_DAYS = 20  # fewer say too little of clumps: see the test
_FEWEST_BAD = 10  # days with a wrong row that it takes to see clumps at all
_REAL = (int, float, np.integer, np.floating)


@dataclass(frozen=True)
class Limit:
    """One place to stop answering, and what it costs.

    Attributes:
        threshold: answer where sureness is above it; `-inf` answers all.
        answered: share of the rows answered, [0, 1].
        error: share wrong among these, [0, 1]; 0 if none is answered.
        error_high: the true share is below this, for all limits of a plan
            at once, with confidence `1 - alpha`; 1 shows nothing.
        a_day: cases handed over on a mean day, 0 or more.
        busy_day: on 19 days of 20 no more are handed over.
    """

    threshold: float
    answered: float
    error: float
    error_high: float
    a_day: float
    busy_day: float


@dataclass(frozen=True)
class Plan:
    """The limit to use, or why there is none.

    Attributes:
        verdict: `answer`: use `threshold`. `capacity`: the error can be met,
            and people cannot take what that hands over. `error`: no limit
            shows that the error is met.
        threshold: None unless the verdict is `answer`.
        reason: the verdict in one line, with its numbers.
        limits: all that were tried, from the most answers to the fewest.
    """

    verdict: Literal["answer", "capacity", "error"]
    threshold: float | None
    reason: str
    limits: tuple[Limit, ...]


@dataclass(frozen=True)
class Moved:
    """How far apart two samples of scores are, days taken whole.

    Attributes:
        gap: largest difference between the shares above any one score,
            missing scores last, [0, 1].
        p_value: how often days dealt out by chance give such a gap, (0, 1].
        alarm: whether `p_value` is `alpha` or less.
    """

    gap: float
    p_value: float
    alarm: bool


def choose_threshold(
    sureness: ArrayLike,
    wrong: ArrayLike,
    day: ArrayLike,
    *,
    max_error: float,
    cases_a_day: float,
    capacity: float,
    alpha: float = 0.05,
    n_limits: int = 20,
) -> Plan:
    """Answer as many cases as an error target and the people allow.

    The limits lie at even shares of the rows, fixed before an outcome is
    read. Each gets an exact binomial bound at `alpha / n_limits`, so all
    hold at once and any may be chosen afterwards. Where rows of a day fail
    together, the bound counts fewer rows; that part is an estimate.

    Args:
        sureness: shape (n,), higher is surer, any unit. NaN and None are
            never answered.
        wrong: shape (n,), would the answer have been wrong? 0 and 1.
        day: shape (n,), the day of each row: dates, numbers or text, 20
            days or more.
        max_error: error accepted among the answered, above 0, below 1.
        cases_a_day: live cases on a mean day, above 0; the rows are taken
            as an even sample of them.
        capacity: cases that people can take in a day, 0 or more.
        alpha: how often the promise may be broken, 1e-9 to .5.
        n_limits: limits to try, 1 to 1,000; fewer cost less correction.

    Returns:
        The plan. Its threshold has the most answers among the limits whose
        `error_high` is at most `max_error`, or is None.

    Raises:
        ValueError: no rows, columns of unequal length or not flat, `wrong`
            is not 0 or 1 in every row, `day` has a gap, times of day or
            fewer than 20 days, or another argument is out of range.
        TypeError: `sureness` or `wrong` holds something other than numbers,
            or the days cannot be sorted.

    Example:
        >>> sure, wrong = [0.9] * 270 + [0.6] * 30, [0] * 260 + [1] * 40
        >>> plan = choose_threshold(sure, wrong, list(range(30)) * 10,
        ...     max_error=0.1, cases_a_day=50, capacity=8, n_limits=10)
        >>> plan.threshold, plan.reason
        (0.6, 'answers 90%, error below 7.8%, hands over 5 on a busy day')
    """
    score = _numbers("sureness", sureness).astype(np.float64)
    bad = _numbers("wrong", wrong).astype(np.float64)
    days = _days("day", day, _FEWEST_DAYS)
    if not len(score) == len(bad) == len(days):
        sizes = f"{len(score)}, {len(bad)} and {len(days)} rows"
        raise ValueError(f"sureness, wrong, day must match, got {sizes}")
    if (odd := ~((bad == 0) | (bad == 1))).any():
        row = int(np.argmax(odd))
        raise ValueError(f"wrong must be 0 or 1, got {bad[row]} in row {row}")
    for name, value in ("max_error", max_error), ("cases_a_day", cases_a_day):
        top = 1.0 if name == "max_error" else math.inf
        if not (isinstance(value, _REAL) and 0 < value < top):
            rule = f"above 0 and below {top}"
            raise ValueError(f"{name} must be {rule}, got {value!r}")
    _inside("capacity", capacity, 0, math.inf)
    _inside("alpha", alpha, 1e-9, 0.5)
    _whole("n_limits", n_limits, 1, 1_000)
    n, size = len(score), np.bincount(days).astype(np.float64)
    scale = cases_a_day / float(size.mean())
    rho = _clumping(size, np.bincount(days, bad).astype(np.float64))
    # --8<-- [start:core]
    surest = np.sort(np.where(np.isnan(score), -np.inf, score))[::-1]
    # The first row that is not answered sets the limit; ties fall together.
    ranks = [n * i // n_limits for i in range(n_limits, 0, -1)]
    places = [float(surest[rank]) if rank < n else -math.inf for rank in ranks]
    limits = []
    for threshold in dict.fromkeys(places):
        kept = ~ask_a_person(score, threshold)
        rows = np.bincount(days[kept], minlength=len(size)).astype(np.float64)
        errors = np.bincount(days[kept], bad[kept], len(size)).astype(float)
        answered, k = float(rows.sum()), float(errors.sum())
        # Rows in clumps count as fewer rows, with the same share wrong.
        n_like = int(answered / _design_effect(rows, errors, rho) + 1e-9)
        k_like = math.ceil(k * n_like / max(answered, 1) - 1e-9)
        high = _error_high(k_like, n_like, alpha / n_limits)
        handed = np.sort((size - rows) * scale)
        busy = float(handed[math.ceil(0.95 * len(handed)) - 1])
        share, error = answered / n, k / max(answered, 1)
        mean = float(handed.mean())
        limits.append(Limit(threshold, share, error, high, mean, busy))
    # --8<-- [end:core]
    return _plan(tuple(limits), max_error, capacity)


def ask_a_person(
    sureness: ArrayLike, threshold: float | None
) -> NDArray[np.bool_]:
    """Say for each case whether a person decides.

    Args:
        sureness: shape (n,), in the unit the threshold was chosen in. It may
            be empty.
        threshold: `Plan.threshold`, any number but NaN.

    Returns:
        shape (n,), True where a person decides: at or below the threshold,
        and wherever sureness is missing.

    Raises:
        ValueError: the threshold is None or NaN, or `sureness` is not flat.
        TypeError: `sureness` holds something other than numbers.

    Example:
        >>> ask_a_person([0.97, 0.9, float("nan")], 0.9).tolist()
        [False, True, True]
    """
    if not isinstance(threshold, _REAL) or math.isnan(threshold):
        raise ValueError(f"threshold must be a number, got {threshold!r}")
    score = _numbers("sureness", sureness).astype(np.float64)
    asked: NDArray[np.bool_] = ~(score > threshold)  # NaN is not above
    return asked


def scores_moved(
    reference: ArrayLike,
    reference_day: ArrayLike,
    current: ArrayLike,
    current_day: ArrayLike,
    *,
    rng: np.random.Generator,
    alpha: float = 0.01,
    draws: int = 999,
) -> Moved:
    """Warn when scores are no longer like those a threshold was chosen on.

    Whole days are dealt out again by chance. If days are alike and do not
    depend on each other, it rings in a share `alpha` of checks at most,
    however much the rows of one day hang together.

    Args:
        reference: shape (n,), sureness the threshold was chosen on; NaN and
            None are missing.
        reference_day: shape (n,), their days, as in `choose_threshold`.
        current: shape (m,), sureness now, in the same unit.
        current_day: shape (m,), their days.
        rng: the source of chance; the same seed gives the same answer.
        alpha: share of checks that may ring when nothing moved, 1e-9 to .5.
        draws: times the days are dealt, 99 to 1,000,000, at least
            `1 / alpha - 1`.

    Returns:
        Gap, p-value and alarm.

    Raises:
        ValueError: a side is empty or not flat, lengths differ, a day is
            missing or a time, or `alpha` or `draws` is out of range. Also if
            so few days can be dealt in so few ways that it could never ring.
        TypeError: scores are not numbers, or days cannot be sorted.

    Example:
        >>> past, now = np.arange(600) % 30, np.arange(200) % 10
        >>> moved = scores_moved(np.arange(600) % 100, past,
        ...     np.arange(200) % 50, now, rng=np.random.default_rng(1))
        >>> moved.gap, moved.alarm
        (0.5, True)
    """
    _inside("alpha", alpha, 1e-9, 0.5)
    _whole("draws", draws, 99, 1_000_000)
    if (draws + 1) * alpha < 1 - 1e-9:
        rule = f"1 / alpha - 1 or more, here {1 / alpha - 1:.0f}"
        raise ValueError(f"draws must be {rule}, got {draws}")
    sides, where = [], []
    for name, values, label in (
        ("reference", reference, reference_day),
        ("current", current, current_day),
    ):
        score = _numbers(name, values).astype(np.float64)
        days = _days(f"{name}_day", label, 1)
        if len(score) != len(days):
            sizes = f"{len(score)} and {len(days)} rows"
            raise ValueError(f"{name}, {name}_day must match, got {sizes}")
        sides.append(np.where(np.isnan(score), -np.inf, score))
        where.append(days)
    n_past, n_now = (int(days.max()) + 1 for days in where)
    ways = math.comb(n_past + n_now, n_now)
    if ways * alpha < 1:
        got = f"{n_past} and {n_now} days, dealt in {ways} ways"
        raise ValueError(f"it takes {1 / alpha:.0f} ways to ring, got {got}")
    scores = np.concatenate(sides)
    days = np.concatenate([where[0], where[1] + n_past])
    at_40_ranks = np.sort(scores)[len(scores) * np.arange(40) // 40]
    cuts = np.unique(at_40_ranks)
    # One line per day: its rows at or above each cut; the lowest cut has all.
    cell = np.searchsorted(cuts, scores, "right") + days * (len(cuts) + 1)
    cells = np.bincount(cell, minlength=(n_past + n_now) * (len(cuts) + 1))
    table = cells.reshape(n_past + n_now, -1)
    above = np.cumsum(table[:, ::-1], axis=1)[:, ::-1].astype(np.float64)
    is_now = np.arange(n_past + n_now) >= n_past
    gap = _gaps(above, is_now[np.newaxis])[0]
    reached = 1
    for first in range(0, draws, 500):
        deals = np.tile(is_now, (min(500, draws - first), 1))
        dealt = _gaps(above, rng.permuted(deals, axis=1))
        reached += int(np.sum(dealt >= gap - 1e-12))
    p_value = reached / (draws + 1)
    return Moved(float(gap), p_value, p_value <= alpha)


def _plan(
    limits: tuple[Limit, ...], max_error: float, capacity: float
) -> Plan:
    """Pick the limit with the most answers, or say what stands against it."""
    met = [x for x in limits if x.answered and x.error_high <= max_error]
    if not met:
        best = min(x.error_high for x in limits)
        reason = f"{max_error:.1%} not shown, the best limit: {best:.1%}"
        return Plan("error", None, reason, limits)
    use = max(met, key=lambda x: x.answered)
    needs = f"hands over {use.busy_day:.0f} on a busy day"
    if use.busy_day > capacity:
        fit = [x.error_high for x in limits if x.busy_day <= capacity]
        then = (
            f"error up to {min(fit, default=1.0):.1%}" if fit else "no limit"
        )
        reason = f"{max_error:.1%} {needs}; for {capacity:g}: {then}"
        return Plan("capacity", None, reason, limits)
    reason = f"answers {use.answered:.0%}, error below {use.error_high:.1%}"
    return Plan("answer", use.threshold, f"{reason}, {needs}", limits)


def _clumping(size: NDArray[np.float64], bad: NDArray[np.float64]) -> float:
    """Estimate how alike rows of one day are, 0 (not) to 1 (one and all)."""
    typical = float((size**2).sum() / size.sum())  # the day of a random row
    if typical == 1:
        return 0.0
    if np.count_nonzero(bad) < _FEWEST_BAD:
        return 1.0  # nothing to see clumps by: a day counts as one row
    extra = _design_effect(size, bad, 0.0) - 1
    return min(1.0, extra / (typical - 1))


def _design_effect(
    size: NDArray[np.float64], bad: NDArray[np.float64], rho: float
) -> float:
    """How many rows of these days say as much as one independent row, 1 up.

    The larger of two: the spread of the share wrong over these days against
    that of independent rows, and the spread that `rho` foretells.
    """
    if size.max(initial=0) <= 1:
        return 1.0
    n, k, days = size.sum(), bad.sum(), np.count_nonzero(size)
    foretold = 1 + ((size**2).sum() / n - 1) * rho
    if not 0 < k < n or days < 2:
        return float(foretold)
    spread = ((bad - size * k / n) ** 2).sum() * days / (days - 1)
    return float(max(1.0, foretold, spread / (k * (1 - k / n))))


@lru_cache(maxsize=10_000)
def _error_high(wrong: int, n: int, alpha: float) -> float:
    """Clopper and Pearson's upper limit for `wrong` of `n` rows.

    Searched: the share at which so few wrong rows have the chance `alpha`.
    """
    if wrong >= n:
        return 1.0
    i = np.arange(wrong + 1)
    ways = np.cumsum(np.log(np.maximum(n + 1 - i, 1) / np.maximum(i, 1)))
    ways -= ways[0]  # log of n over i
    low, high = wrong / n, 1.0
    for _ in range(40):
        p = (low + high) / 2
        chance = np.exp(ways + i * math.log(p) + (n - i) * math.log1p(-p))
        low, high = (p, high) if chance.sum() > alpha else (low, p)
    return high


def _gaps(
    above: NDArray[np.float64], is_now: NDArray[np.bool_]
) -> NDArray[np.float64]:
    """Largest gap of each deal: days on one side, shape (deals, days)."""
    now = is_now @ above
    past = above.sum(axis=0) - now
    gaps = np.abs(now / now[:, :1] - past / past[:, :1])
    largest: NDArray[np.float64] = gaps.max(axis=1)
    return largest


def _days(name: str, values: ArrayLike, fewest: int) -> NDArray[np.intp]:
    """Number the days from 0, or refuse them."""
    label = np.asarray(values)
    if label.ndim != 1 or len(label) == 0:
        raise ValueError(f"{name} must be one column, got {label.shape}")
    if label.dtype.kind == "M":
        whole = label.astype("datetime64[D]")
        timed = (whole != label) & ~np.isnat(label)
        gone = np.isnat(label)
    else:
        each = label.tolist()
        timed = np.array([_is_time(v) for v in each])
        gone = np.array([_is_gone(v) for v in each])
    gone |= np.ma.getmaskarray(np.ma.asarray(values))
    for fault, rule in (gone, "known in every row"), (timed, "a day, no time"):
        if fault.any():
            row = int(np.argmax(fault))
            got = f"{label[row]} in row {row}"
            raise ValueError(f"{name} must be {rule}, got {got}")
    try:
        found, number = np.unique(label, return_inverse=True)
    except TypeError as error:
        raise TypeError(f"{name} must be days of one kind: {error}") from error
    if len(found) < fewest:
        rule = f"{fewest} days or more"
        raise ValueError(f"{name} must hold {rule}, got {len(found)}")
    return number.reshape(-1)


def _is_gone(value: object) -> bool:
    try:
        return value is None or bool(value != value)
    except TypeError:  # pandas' NA is neither
        return True


def _is_time(value: object) -> bool:
    if not isinstance(value, datetime) or _is_gone(value):
        return False
    return value.time() != time(0)


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


def _inside(name: str, value: float, least: float, most: float) -> None:
    """Refuse what is not a number in this range, by name."""
    if not (isinstance(value, _REAL) and least <= value <= most):
        raise ValueError(f"{name} must be {least} to {most}, got {value!r}")


def _whole(name: str, value: int, least: int, most: int) -> None:
    """Refuse what is not a whole number in this range, by name."""
    whole = isinstance(value, int | np.integer)
    if not whole or not least <= value <= most:
        rule = f"a whole number, {least} to {most}"
        raise ValueError(f"{name} must be {rule}, got {value!r}")


if __name__ == "__main__":
    case = np.arange(6_000)
    sure, day = 0.5 + case * 37 % 101 / 202, case // 30
    wrong = case * 7919 % 1_009 < 700 * (1 - sure)
    for error, people in (0.12, 35), (0.12, 20), (0.01, 35):
        plan = choose_threshold(
            sure, wrong, day, max_error=error, cases_a_day=50, capacity=people
        )
        print(f"{plan.verdict}: {plan.reason}")
