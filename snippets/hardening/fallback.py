"""What do users get when a dependency fails, and do they know it?

Answers: which source answered (the first rung that could), since when, how
old its data were, and why each better rung did not. Around each dependency:
a time for each call, few retries with jitter and a budget, a circuit breaker.

Does not answer: is the answer right? A dependency that answers fast and wrong
passes. Nor can it stop a call: each call is told its seconds and has to keep
them by its own time-out. One that hangs keeps its thread, and the request.

Needs:   Python 3.11, standard library
Source:  snippets/hardening/fallback.py
Page:    snippets/hardening/fallback
Version: 1.1.0 (MIT-0)
"""

from __future__ import annotations

import math
import reprlib
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from numbers import Real
from threading import Lock
from typing import Any, Final, TypeVar

__all__ = [
    "Answer",
    "Guard",
    "Ladder",
    "Refusal",
    "Reply",
    "Rung",
    "Unavailable",
]

T = TypeVar("T")

NOBODY: Final = "no answer"


class Unavailable(Exception):
    """The guard did not call.

    Attributes:
        code: `open` (the breaker) or `no_time`.
    """

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(kw_only=True, eq=False)
class Guard:
    """Time, retries, budget and breaker around one dependency.

    Share one guard among all threads that call the dependency: it is
    thread-safe, and holds no lock during a call or a pause.

    Args:
        failures: The errors that mean "the dependency failed". Only these
            are retried and counted. Any other error passes through and is
            an answer, as a 404 is: it ends a row of failures and closes the
            breaker. So name all that the client raises for a failure.
        timeout: Seconds for one attempt, above 0.
        clock: Seconds that never go back, as `time.monotonic` gives them.
        sleep: Waits for a number of seconds, as `time.sleep` does.
        random: Gives numbers in [0, 1), as `random.random` does.
        attempts: Attempts for one call, the first included, 1 to 10.
        pause: Longest pause before the first retry, in seconds, above 0. It
            doubles with each further retry.
        calls_per_retry: One retry for so many first attempts, 1 or more.
        burst: Retries that may be saved up, 1 or more.
        open_after: The breaker opens after so many failures in a row.
            Below 10 it also opens on a dependency that fails now and then.
        open_for: Seconds from opening to a probe, above 0, on average: each
            wait is drawn from half of it to one and a half.

    Raises:
        ValueError: If an argument is out of its range.
        TypeError: If an argument is no number, or no class of errors.
    """

    failures: tuple[type[Exception], ...]
    timeout: float
    clock: Callable[[], float]
    sleep: Callable[[float], object]
    random: Callable[[], float]
    attempts: int = 2
    pause: float = 0.1
    calls_per_retry: int = 10
    burst: int = 10
    open_after: int = 10
    open_for: float = 10.0
    _saved: int = field(default=0, init=False)  # in first attempts: exact
    _failed: int = field(default=0, init=False)  # in a row
    _until: float = field(default=0.0, init=False)
    _epoch: int = field(default=0, init=False)  # older results are ignored
    _lock: Any = field(default_factory=Lock, init=False, repr=False)

    def __post_init__(self) -> None:
        kinds = self.failures if isinstance(self.failures, tuple) else ()
        if not kinds or not all(
            isinstance(kind, type) and issubclass(kind, Exception)
            for kind in kinds
        ):
            rule = "failures must be a tuple of exception classes"
            raise TypeError(f"{rule}, got {_show(self.failures)}")
        for name in ("timeout", "pause", "open_for"):
            _number(name, getattr(self, name))
        for name in ("attempts", "calls_per_retry", "burst", "open_after"):
            _count(name, getattr(self, name))
        for name in ("clock", "sleep", "random"):
            _callable(name, getattr(self, name))
        if self.attempts > 10:
            shown = _show(self.attempts)
            raise ValueError(f"attempts must be 1 to 10, got {shown}")

    def call(
        self,
        ask: Callable[[float], T],
        *,
        seconds: float,
        repeatable: bool,
    ) -> T:
        """Call the dependency, if it may be called.

        Args:
            ask: Takes the seconds that this attempt has, above 0, and hands
                them to the time-out of its client library.
            seconds: Time for all attempts and pauses. With 0 or less the
                dependency is not called.
            repeatable: Whether asking twice does no more than asking once.
                Only then is there a retry.

        Returns:
            What `ask` returns. If that took longer than it had, the breaker
            counts a failure, and you get the value all the same.

        Raises:
            Unavailable: If the dependency was not called: the breaker is
                open or no time is left.
            ValueError: If `seconds` is not finite.
            TypeError: If `seconds` is no number, or `repeatable` no bool.
            Exception: What the last attempt raised, also if no time was left
                or the breaker was open after the pause.

        Example:
            >>> import random, time
            >>> guard = Guard(
            ...     failures=(OSError,), timeout=0.2, clock=time.monotonic,
            ...     sleep=time.sleep, random=random.random,
            ... )
            >>> guard.call(lambda s: f"{s} s", seconds=1, repeatable=True)
            '0.2 s'
        """
        if not isinstance(repeatable, bool):  # the text "false" is true
            shown = _show(repeatable)
            raise TypeError(f"repeatable must be a bool, got {shown}")
        # --8<-- [start:core]
        end = self.clock() + _number("seconds", seconds, above=-math.inf)
        entry: tuple[int, float, float] | None
        entry = self._enter(end, seconds, first=True)
        attempt = 1
        while True:
            epoch, start, left = entry
            try:
                value = ask(left)
            except self.failures:
                self._leave(epoch, well=False)
                pause = self.pause * 2 ** (attempt - 1) * self.random()
                over = attempt == self.attempts or not repeatable
                late = pause >= end - self.clock()
                tripped = self.state != "closed"
                if over or late or tripped or not self._pay():
                    raise
                self.sleep(pause)
                entry = None
                with suppress(Unavailable):
                    entry = self._enter(end, seconds, first=False)
                if entry is None:  # it did call: say what that gave
                    raise
                attempt += 1
            except Unavailable:  # of a guard within: nobody was asked
                raise
            except Exception:  # no failure, so an answer
                self._leave(epoch, well=self.clock() - start <= left)
                raise
            else:
                self._leave(epoch, well=self.clock() - start <= left)
                return value
        # --8<-- [end:core]

    @property
    def state(self) -> str:
        """`closed`, `open`, or `half-open`: the next call is the probe."""
        with self._lock:
            if self._failed < self.open_after:
                return "closed"
            return "open" if self._waits() else "half-open"

    def _waits(self) -> bool:
        # a wait longer than any we set: the clock went back, so probe
        return 0 < self._until - self.clock() <= 1.5 * self.open_for

    def _wait(self) -> None:
        share = 0.5 + self.random()  # or all processes probe at once
        self._until = self.clock() + self.open_for * share
        self._epoch += 1

    def _enter(
        self, end: float, seconds: float, *, first: bool
    ) -> tuple[int, float, float]:
        """Admit one attempt: epoch, start and seconds left. Or raise."""
        start = self.clock()
        left = min(self.timeout, seconds, end - start)
        if left <= 0:
            raise Unavailable("no_time")
        with self._lock:
            if self._failed >= self.open_after:
                if self._waits():
                    raise Unavailable("open")
                self._wait()  # one probe; if it hangs, another after this
            if first:
                most = self.burst * self.calls_per_retry
                self._saved = min(self._saved + 1, most)
            return self._epoch, start, left

    def _leave(self, epoch: int, *, well: bool) -> None:
        with self._lock:
            if epoch != self._epoch:
                return
            if well:
                self._failed = 0
            else:
                self._failed += 1
                if self._failed >= self.open_after:
                    self._wait()

    def _pay(self) -> bool:
        with self._lock:
            if self._saved < self.calls_per_retry:
                return False
            self._saved -= self.calls_per_retry
            return True


@dataclass(frozen=True, slots=True)
class Reply:
    """What a rung found.

    Attributes:
        value: The answer. None, NaN and infinity count as no answer, also
            as a `Decimal` or as the one value of an array or a column.
            Anything else is handed on unread: a list, a column of more
            values, pandas' NA.
        as_of: Time of the newest event behind it, with a time zone; None if
            nothing behind it ages.
    """

    value: Any
    as_of: datetime | None = None


@dataclass(frozen=True, slots=True)
class Rung:
    """One source of answers.

    Args:
        name: For the log, the metric and the user.
        ask: Takes the request and the seconds left, 0 or more, and gives a
            `Reply`. It raises if it has none. The last rungs should need no
            time, no network and nothing that a rung above needs.
        stale_after: Greatest age of the data that is still worth more than
            the next rung; None for no limit. Measure it.

    Raises:
        ValueError: If `name` is not one printable line or is "no answer", or
            `stale_after` is not above 0.
        TypeError: If `ask` cannot be called or `stale_after` is no timedelta.
    """

    name: str
    ask: Callable[[Any, float], Reply]
    stale_after: timedelta | None = None

    def __post_init__(self) -> None:
        name, limit = self.name, self.stale_after
        text = isinstance(name, str) and name.isprintable() and name.strip()
        if not text or name == NOBODY:
            rule = f'name must be one printable line and not "{NOBODY}"'
            raise ValueError(f"{rule}, got {_show(name)}")
        _callable("ask", self.ask)
        if limit is not None:
            _duration(f"stale_after of {name}", limit, timedelta.resolution)


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a better rung did not answer.

    Attributes:
        rung: Its name.
        code: `off`, `failed` (it raised), `open`, `no_time`, `empty`,
            `undated` (a limit, and no usable time), `stale` or `ahead`.
        detail: One printable line of at most 200 characters. The text of an
            error is in it, so it can hold what the request held.
    """

    rung: str
    code: str
    detail: str


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer that says where it comes from.

    Attributes:
        value: What the rung said; None if no rung could.
        rung: Name of the rung, or "no answer".
        degraded: Whether any rung but the first answered, or none did.
        since: When the present run of answers from this rung began, in UTC.
        as_of: Time of the newest event behind the value, in UTC, or None.
        age: Age of that event at `at`, or None. 0 if it lies ahead.
        at: Time of the answer, in UTC.
        seconds: What it took.
        late: Whether it took longer than the ladder's time.
        refused: Why each rung above did not answer, best first.
    """

    value: Any
    rung: str
    degraded: bool
    since: datetime
    as_of: datetime | None
    age: timedelta | None
    at: datetime
    seconds: float
    late: bool
    refused: tuple[Refusal, ...]

    def __str__(self) -> str:
        age = "" if self.age is None else f", data {self.age} old"
        why = "".join(f"; {no.rung} {no.code}" for no in self.refused)
        return f"{self.rung} since {self.since:%Y-%m-%d %H:%M}Z{age}{why}"


@dataclass(kw_only=True, eq=False)
class Ladder:
    """Rungs from best to last. Thread-safe if the rungs are.

    Args:
        rungs: One or more, each with its own name.
        seconds: Time for one answer, above 0. Rungs are told what is left.
        now: The time, with a time zone, as `lambda: datetime.now(UTC)` gives
            it.
        clock: Seconds that never go back, as `time.monotonic` gives them.
        max_ahead: How far in the future an event may lie, 0 or more: the
            difference between two clocks that you tolerate. One second, if
            you do not say; that is our judgement.

    Raises:
        ValueError: If a value is out of its range, names repeat, or `now`
            gives a time without a zone.
        TypeError: If a value has the wrong type.
    """

    rungs: Sequence[Rung]
    seconds: float
    now: Callable[[], datetime]
    clock: Callable[[], float]
    max_ahead: timedelta = timedelta(seconds=1)
    _run: tuple[str, datetime] | None = field(default=None, init=False)
    _lock: Any = field(default_factory=Lock, init=False, repr=False)

    def __post_init__(self) -> None:
        rungs = self.rungs
        fine = isinstance(rungs, Sequence)
        if not fine or not all(isinstance(rung, Rung) for rung in rungs):
            rule = "rungs must be a sequence of Rung"
            raise TypeError(f"{rule}, got {_show(rungs)}")
        self.rungs = tuple(rungs)
        names = [rung.name for rung in rungs]
        if not 0 < len(names) == len(set(names)):
            rule = "rungs must be one or more, each named once"
            raise ValueError(f"{rule}, got {_show(names)}")
        _number("seconds", self.seconds)
        _duration("max_ahead", self.max_ahead, timedelta(0))
        _callable("now", self.now)
        _callable("clock", self.clock)
        _utc("now()", self.now())

    def answer(
        self, request: Any, *, off: Mapping[str, str] | None = None
    ) -> Answer:
        """The answer of the first rung that can.

        Args:
            request: Handed to each rung as it is.
            off: Rungs to leave out, by name, with the reason: a kill switch,
                a drill, a share of live cases that tests a lower rung.

        Returns:
            The answer. Whatever `Exception` a rung raises becomes a refusal;
            the last resort is an answer that says "no answer".

        Raises:
            ValueError: If `off` names a rung that is not there.
            TypeError: If `off` is no mapping.

        Example:
            >>> import time
            >>> table = Rung("table", lambda *_: Reply(0.16))
            >>> now = lambda: datetime(2013, 6, 3, 12, tzinfo=UTC)
            >>> rungs = [Rung("model", lambda *_: 1 / 0), table]
            >>> clock = time.monotonic
            >>> ladder = Ladder(
            ...     rungs=rungs, seconds=1, now=now, clock=clock
            ... )
            >>> print(ladder.answer({"flight": 1545}))
            table since 2013-06-03 12:00Z; model failed
        """
        off = {} if off is None else off
        if not isinstance(off, Mapping):
            raise TypeError(f"off must map names to reasons, got {_show(off)}")
        unknown = set(off) - {rung.name for rung in self.rungs}
        if unknown:
            rule = "off must name rungs of this ladder"
            raise ValueError(f"{rule}, got {_show(sorted(unknown, key=str))}")
        start = self.clock()
        refused: list[Refusal] = []
        for rung in self.rungs:
            name = rung.name
            if name in off:
                refused.append(Refusal(name, "off", _show(off[name])))
                continue
            left = self.seconds - max(0.0, self.clock() - start)
            try:
                reply = rung.ask(request, max(0.0, left))
                if not isinstance(reply, Reply):
                    raise TypeError(f"ask must give a Reply: {_show(reply)}")
                empty = _is_empty(reply.value)
            except Exception as error:  # named in the answer, never lost
                code = "failed"
                if isinstance(error, Unavailable):
                    code = error.code
                refused.append(Refusal(name, code, _show(error)))
                continue
            at = _utc("now()", self.now())
            if empty:
                refused.append(Refusal(name, "empty", _show(reply.value)))
                continue
            no = _refuse(reply.as_of, rung.stale_after, self.max_ahead, at)
            if no is None:
                return self._sign(name, reply, at, start, refused)
            refused.append(Refusal(name, *no))
        at = _utc("now()", self.now())
        return self._sign(NOBODY, Reply(None), at, start, refused)

    def _sign(
        self,
        name: str,
        reply: Reply,
        at: datetime,
        start: float,
        refused: list[Refusal],
    ) -> Answer:
        with self._lock:
            if self._run is None or self._run[0] != name:
                self._run = name, at
            since = self._run[1]
        as_of = None if reply.as_of is None else _utc("as_of", reply.as_of)
        took = max(0.0, self.clock() - start)
        return Answer(
            value=reply.value,
            rung=name,
            degraded=name != self.rungs[0].name,
            since=since,
            as_of=as_of,
            age=None if as_of is None else max(at - as_of, timedelta(0)),
            at=at,
            seconds=took,
            late=took > self.seconds,
            refused=tuple(refused),
        )


def _refuse(
    as_of: datetime | None,
    limit: timedelta | None,
    ahead: timedelta,
    at: datetime,
) -> tuple[str, str] | None:
    """Code and detail of why the time is no good, if so."""
    if as_of is None:
        return None if limit is None else ("undated", "as_of is None")
    try:
        age = at - _utc("as_of", as_of)
    except (TypeError, ValueError) as error:
        return "undated", _show(error)
    if age < -ahead:
        return "ahead", f"{-age} in the future, limit {ahead}"
    if limit is not None and age > limit:
        return "stale", f"{age} old, limit {limit}"
    return None


def _is_empty(value: Any) -> bool:
    """Whether it is None, NaN or infinite, alone or in an array of one."""
    size = getattr(value, "size", None)
    if isinstance(size, int) and size == 1 and hasattr(value, "tolist"):
        value = value.tolist()  # one that is masked gives None
        while isinstance(value, list) and len(value) == 1:
            value = value[0]
    if isinstance(value, Decimal):
        return not value.is_finite()
    if isinstance(value, Real):  # isfinite() fails on an int of 400 digits
        return value != value or abs(value) == math.inf
    return value is None


def _utc(name: str, time: datetime) -> datetime:
    """In UTC: two times of one zone subtract by the clock on the wall."""
    if not isinstance(time, datetime):
        raise TypeError(f"{name} must be a datetime, got {_show(time)}")
    try:
        if time.utcoffset() is not None:
            return time.astimezone(UTC)
    except OverflowError:  # within a day of the years 1 and 9999
        pass
    raise ValueError(f"{name} must have a time zone, got {_show(time)}")


def _number(name: str, value: float, above: float = 0.0) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TypeError(f"{name} must be a number, got {_show(value)}")
    if not above < value <= sys.float_info.max:
        rule = "finite" if above else "finite and above 0"
        raise ValueError(f"{name} must be {rule}, got {_show(value)}")
    return float(value)


def _count(name: str, value: int) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError(f"{name} must be an integer, got {_show(value)}")
    if value < 1:
        raise ValueError(f"{name} must be 1 or more, got {_show(value)}")
    return value


def _callable(name: str, value: object) -> None:
    if not callable(value):
        raise TypeError(f"{name} must be callable, got {_show(value)}")


def _duration(name: str, value: timedelta, least: timedelta) -> timedelta:
    if not isinstance(value, timedelta):
        raise TypeError(f"{name} must be a timedelta, got {_show(value)}")
    if value < least:
        raise ValueError(f"{name} must be {least} or more, got {value}")
    return value


_LINE: Final = reprlib.Repr()
_LINE.maxstring = _LINE.maxother = 197


def _show(value: object) -> str:
    """One printable line of at most 200 characters, whatever came."""
    try:
        text = _LINE.repr(value)
    except ValueError:
        text = f"{type(value).__name__} too long to print"
    text = text if text.isprintable() else ascii(text)
    return text if len(text) <= 200 else text[:197] + "..."


if __name__ == "__main__":
    noon = datetime(2013, 6, 3, 12, tzinfo=UTC)
    feed = Reply(0.31, as_of=noon - timedelta(hours=3))
    model = Rung("model", lambda *_: feed, timedelta(hours=2.5))
    rungs = [model, Rung("table", lambda *_: Reply(0.16))]
    # float() is 0.0: a clock that stands still
    ladder = Ladder(rungs=rungs, seconds=1, now=lambda: noon, clock=float)
    print(ladder.answer("flight 1545"))
    print(ladder.answer("flight 1545", off={"table": "drill"}))
