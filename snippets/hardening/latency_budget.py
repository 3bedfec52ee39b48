"""Is it fast enough, and what happens when it is not?

Answers: from measured times, the time within which 99 of 100 answers come,
between two limits that hold for times of any shape, and whether that keeps a
time limit, breaks it, or cannot be told from so few. While one answer is
made: how much of its time is left, and which step took the rest.

Does not answer: whether these are the times that users wait. A load test
that sends the next request only after the last answer leaves the waiting out.
Nor can a deadline stop a step from outside: it is looked at before and after.

Needs:   Python 3.11, NumPy 1.26
Source:  snippets/hardening/latency_budget.py
Page:    snippets/hardening/latency_budget
Version: 1.0.0 (MIT-0)
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = ["Deadline", "LatencyQuantile", "latency_quantile", "samples_needed"]

Verdict = Literal["met", "missed", "unsure"]
_REAL = (int, float, np.integer, np.floating)
_MOST = 1e15  # seconds: a clock in nanoseconds since 1970 passes it


@dataclass(frozen=True)
class LatencyQuantile:
    """The time within which a share `q` of answers came.

    Attributes:
        n: answers measured, 1 or more.
        q: the share asked for: 0.99 for p99.
        value: seconds, 0 or more: the smallest measured time that a share
            `q` of the sample does not pass. Infinite if too many never came.
        low: seconds: the true quantile is below it in a share `alpha` of
            samples at most. 0 if the sample is too small to say.
        high: seconds: the true quantile is above it in a share `alpha` of
            samples at most. Infinite if the sample is too small to say.
        verdict: `met` if `high` keeps the limit, `missed` if `low` is above
            it, `unsure` in between; None without a limit.
    """

    n: int
    q: float
    value: float
    low: float
    high: float
    verdict: Verdict | None


def latency_quantile(
    seconds: ArrayLike,
    q: float,
    *,
    limit: float | None = None,
    alpha: float = 0.05,
) -> LatencyQuantile:
    """Estimate one quantile of answer times, and hold it to a limit.

    Both limits are measured times. Which ones follows from the binomial law
    alone, so a long tail, two humps or a coarse clock do no harm. The answers
    must be independent of each other: neighbours in a queue are not.

    Args:
        seconds: shape (n,), one time for each answer, 0 or more, in any
            order. An answer that never came is `inf`; to leave it out would
            hide the worst ones.
        q: share of answers, in (0, 1), 1e-9 or more from its ends.
        limit: seconds within which a share `q` must come, 0 or more.
        alpha: share of samples for which `low`, and for which `high`, may be
            wrong, from 1e-9 to below 0.5. Both hold together in a share
            `1 - 2 * alpha` or more.

    Returns:
        The quantile with its limits and the verdict.

    Raises:
        ValueError: `seconds` is empty or not one-dimensional, a time is NaN,
            None or below 0, or `q`, `limit` or `alpha` is out of its range.
        TypeError: something is not a number.

    Example:
        >>> times = [0.02] * 990 + [0.30] * 10
        >>> found = latency_quantile(times, 0.99, limit=0.2)
        >>> found.value, found.low, found.high, found.verdict
        (0.02, 0.02, 0.3, 'unsure')
    """
    times = _numbers("seconds", seconds).astype(np.float64)
    n = len(times)
    _check_share(q)
    _check_alpha(alpha)
    if limit is not None:
        _check_seconds("limit", limit)
    if n == 0:
        raise ValueError("seconds must hold at least 1 time, got 0")
    if not (times >= 0).all():
        row = int(np.argmin(times >= 0))
        raise ValueError(
            f"seconds must be 0 or more, got {times[row]} in row {row}"
        )
    # --8<-- [start:core]
    times.sort()
    few, many = _by_luck(n, 1 - float(q), alpha)
    low = float(times[n - many]) if many <= n else 0.0
    high = float(times[n - 1 - few]) if few >= 0 else math.inf
    rank = math.ceil(n * q * (1 - 1e-12))  # 0.07 * 100 is above 7
    # --8<-- [end:core]
    verdict: Verdict | None = None
    if limit is not None and low > limit:
        verdict = "missed"
    elif limit is not None:
        verdict = "met" if high <= limit else "unsure"
    value = float(times[rank - 1])
    return LatencyQuantile(n, float(q), value, low, high, verdict)


def samples_needed(q: float, *, late: int = 0, alpha: float = 0.05) -> int:
    """Count the answers without which a quantile has no upper limit.

    Args:
        q: share of answers, in (0, 1): 0.99 for p99.
        late: answers beyond the limit that should still end in `met`, 0 to
            a million.
        alpha: as in `latency_quantile`.

    Returns:
        The smallest sample in which `late` answers beyond the limit are too
        few to be luck. With 0 it is the first sample whose `high` is finite.

    Raises:
        ValueError: `q`, `late` or `alpha` is out of its range.
        TypeError: one of them is not a number.

    Example:
        >>> samples_needed(0.99), samples_needed(0.99, late=4)
        (299, 913)
    """
    _check_share(q)
    _check_alpha(alpha)
    whole = isinstance(late, int | np.integer)
    rule = "a whole number from 0 to 1e6"
    _check("late", late, whole and 0 <= late <= 1e6, rule)
    # By Chernoff's bound this many are enough.
    enough = math.ceil(4 * (late - math.log(alpha)) / (1 - q))
    return bisect_left(
        range(enough), late, key=lambda n: _by_luck(n, 1 - q, alpha)[0]
    )


class Deadline:
    """The time one answer may take, and where it went.

    Catch `TimeoutError` around the steps and answer with the fallback: it is
    what sockets and `asyncio` raise as well. One object serves one answer
    and one thread.

    Args:
        seconds: Time for the steps, 0 or more: what the caller waits, less
            what the fallback and the way back take.
        clock: Returns seconds from any fixed start, such as
            `time.monotonic`. A clock that people or NTP can set is wrong here.
        started: What `clock` read when the request was due or came in; now
            if left out. Time in a queue counts only if you pass it.

    Attributes:
        spent: Seconds by name of the step, steps that failed included; a
            step done twice has the sum. Log it with the answer.

    Raises:
        ValueError: `seconds` is not 0 to 1e15, `started` is later than the
            clock, or the clock has gone back.
        TypeError: `seconds`, `started` or what the clock returns is not a
            number.

    Example:
        >>> ticks = iter([0.0, 0.0, 0.05, 0.05, 0.25])
        >>> deadline = Deadline(0.2, clock=lambda: next(ticks))
        >>> try:
        ...     with deadline.step("features", at_most=0.1) as seconds:
        ...         print(f"ask the store with a time-out of {seconds} s")
        ...     with deadline.step("model"):
        ...         answer = "late"
        ... except TimeoutError as error:
        ...     answer = f"fallback: {error}"
        ask the store with a time-out of 0.1 s
        >>> answer
        "fallback: 'model' ended 0.05 s after the deadline"
    """

    def __init__(
        self,
        seconds: float,
        clock: Callable[[], float],
        *,
        started: float | None = None,
    ) -> None:
        _check_seconds("seconds", seconds)
        self.spent: dict[str, float] = {}
        self._clock = clock
        self._last = -_MOST
        now = self._now()
        begun = now if started is None else started
        rule = f"a number up to the {now} that the clock reads"
        fits = begun <= now if isinstance(begun, _REAL) else None
        _check("started", begun, fits, rule)
        self._end = float(begun) + float(seconds)

    @classmethod
    def until(
        cls, due: datetime, now: datetime, clock: Callable[[], float]
    ) -> Deadline:
        """Make the deadline of a list that is due at a time of day.

        Python subtracts two times of one zone as a wall clock would, and is
        an hour off on two nights a year. This counts the seconds that pass.

        Args:
            due: When the list is due, with its time zone. An hour that the
                clock skips counts as the one after it; of an hour that comes
                twice the first is meant, unless `fold=1`.
            now: The time now, with its time zone.
            clock: As in the class.

        Returns:
            The deadline; nothing is left if `due` has passed.

        Raises:
            ValueError: `due` or `now` has no time zone.
            TypeError: `due` or `now` is no datetime.
        """
        for name, moment in (("due", due), ("now", now)):
            aware = isinstance(moment, datetime) or None
            aware = aware and moment.utcoffset() is not None
            _check(name, moment, aware, "a datetime with a time zone")
        return cls(max(0.0, due.timestamp() - now.timestamp()), clock)

    def left(self) -> float:
        """Return what is left, to pass on as a time-out.

        Send it to another machine as seconds and not as a time of day: its
        clock is not yours.

        Returns:
            Seconds, 0 or more; 0 once the deadline has passed.

        Raises:
            ValueError: The clock went back.
        """
        return max(0.0, self._end - self._now())

    @contextmanager
    def step(self, name: str, *, at_most: float = math.inf) -> Iterator[float]:
        """Time one step, unless the deadline has passed.

        Args:
            name: The step in `spent`.
            at_most: Seconds this step may use of what is left, 0 or more.

        Yields:
            Seconds for this step: the smaller of `at_most` and what is left.

        Raises:
            TimeoutError: The deadline passed before the step began, so that
                it was not run, or while it ran: then its answer is late.
            ValueError: The clock went back, or `at_most` is below 0 or NaN.
            TypeError: `name` is not text or `at_most` not a number.
        """
        _check("name", name, isinstance(name, str) or None, "text")
        fits = at_most >= 0 if isinstance(at_most, _REAL) else None
        _check("at_most", at_most, fits, "0 or more")
        begun = self._now()
        if begun >= self._end:
            late = f"{begun - self._end:.3g} s after the deadline"
            raise TimeoutError(f"{name!r} would begin {late}")
        try:
            yield float(min(at_most, self._end - begun))
        finally:
            now = self._now()
            self.spent[name] = self.spent.get(name, 0.0) + now - begun
        if now > self._end:
            late = f"{now - self._end:.3g} s after the deadline"
            raise TimeoutError(f"{name!r} ended {late}")

    def _now(self) -> float:
        now = self._clock()
        fits = self._last <= now <= _MOST if isinstance(now, _REAL) else None
        rule = f"seconds from {self._last:g}, its last, to {_MOST:g}"
        _check("clock", now, fits, rule)
        self._last = float(now)
        return self._last


def _by_luck(n: int, share: float, alpha: float) -> tuple[int, int]:
    """How few, and how many, of n are beyond a point that `share` is beyond.

    Returns the largest count that so few, and the smallest that so many,
    come with probability `alpha` at most: -1 and n + 1 if there is none.
    """
    half = int(40 * math.sqrt(n * share * (1 - share))) + 100
    first = max(int(n * share) - half, 0)
    k = np.arange(first, min(int(n * share) + half, n) + 1)
    ratios = np.log((n - k[:-1]) / k[1:]) + math.log(share / (1 - share))
    logs = np.concatenate([[0.0], np.cumsum(ratios)])
    chances = np.exp(logs - logs.max())  # what lies outside is below 1e-300
    chances /= chances.sum()
    bound = alpha * (1 + 1e-9)  # 1 in 32 stays 1 in 32 when it is rounded
    few = np.searchsorted(np.cumsum(chances), bound, "right")
    many = np.searchsorted(np.cumsum(chances[::-1]), bound, "right")
    return first + int(few) - 1, int(k[-1]) + 1 - int(many)


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


def _check(name: str, value: object, fits: bool | None, rule: str) -> None:
    """Refuse a value that does not fit; None says that its type is wrong."""
    if not fits:
        error = TypeError if fits is None else ValueError
        raise error(f"{name} must be {rule}, got {value!r}")


def _check_seconds(name: str, value: float) -> None:
    fits = 0 <= value <= _MOST if isinstance(value, _REAL) else None
    _check(name, value, fits, f"0 to {_MOST:g} seconds")


def _check_share(q: float) -> None:
    fits = 1e-9 <= q <= 1 - 1e-9 if isinstance(q, _REAL) else None
    _check("q", q, fits, "in (0, 1), 1e-9 or more from its ends")


def _check_alpha(alpha: float) -> None:
    fits = 1e-9 <= alpha < 0.5 if isinstance(alpha, _REAL) else None
    _check("alpha", alpha, fits, "from 1e-9 to below 0.5")


if __name__ == "__main__":
    print(f"p99 has no upper limit below {samples_needed(0.99)} answers")
    for late in 4, 10, 16:
        times = [0.02] * (1_000 - late) + [0.3] * late
        r = latency_quantile(times, 0.99, limit=0.2)
        seen = f"p99 from {r.low} to {r.high} s: {r.verdict}"
        print(f"{late:2} of {r.n:,} later than 0.2 s: {seen}")
