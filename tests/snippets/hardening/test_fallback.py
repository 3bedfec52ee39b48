"""What fallback promises, what its retries cost, and what it cannot see."""

import math
import random
import socket
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from threading import Barrier, Event
from urllib.error import HTTPError
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scripts.figures import fallback_storm as figure
from snippets.hardening.fallback import (
    Guard,
    Ladder,
    Reply,
    Rung,
    Unavailable,
)

NOON = datetime(2013, 6, 3, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)
HOUR = timedelta(hours=1)
LIMIT = 2.5 * HOUR
NEVER = 10**6


class Clock:
    """Seconds that pass when somebody sleeps, and only then."""

    def __init__(self):
        self.seconds = 0.0
        self.pauses = []

    def __call__(self):
        return self.seconds

    def sleep(self, seconds):
        self.pauses.append(seconds)
        self.seconds += seconds

    def now(self):
        return NOON + timedelta(seconds=self.seconds)


def guarded(clock, /, **settings):
    usual = {
        "failures": (OSError,),
        "timeout": 1,
        "clock": clock,
        "sleep": clock.sleep,
        "random": lambda: 0.5,
    }
    return Guard(**usual | settings)


def ladder(*rungs, clock=None, seconds=1, **settings):
    clock = clock or Clock()
    return Ladder(
        rungs=rungs, seconds=seconds, now=clock.now, clock=clock, **settings
    )


def model(age, limit=LIMIT):
    return Rung("model", lambda *_: Reply(0.31, NOON - age), limit)


TABLE = Rung("table", lambda *_: Reply(0.16))


def down(*_):
    raise ConnectionError("refused")


def codes(answer):
    return [f"{no.rung} {no.code}" for no in answer.refused]


# Identity


def test_while_all_is_well_the_first_rung_answers_and_nothing_is_degraded():
    value = {"late": 0.31}
    feed = Rung("model", lambda request, _: Reply(request, NOON - HOUR), LIMIT)
    answer = ladder(feed, TABLE).answer(value)
    assert answer.value is value
    assert (answer.rung, answer.degraded, answer.refused) == (
        "model",
        False,
        (),
    )
    assert (answer.as_of, answer.age) == (NOON - HOUR, HOUR)
    assert (answer.since, answer.at, answer.late) == (NOON, NOON, False)


# The order of the rungs, worked by hand


@pytest.mark.parametrize(
    ("age", "rung"),
    [
        (0 * HOUR, "model"),
        (LIMIT, "model"),  # the limit itself is fine
        (LIMIT + timedelta.resolution, "table"),
        (6 * HOUR, "table"),
    ],
)
def test_old_data_are_used_up_to_the_limit_and_then_the_next_rung(age, rung):
    answer = ladder(model(age), TABLE).answer("flight 1545")
    assert (answer.rung, answer.degraded) == (rung, rung == "table")


def test_an_answer_says_why_each_better_rung_did_not_give_it():
    old = Rung("cache", lambda *_: Reply(0.3, NOON - 3 * HOUR), LIMIT)
    answer = ladder(Rung("model", down), old, TABLE).answer("flight 1545")
    assert [(no.rung, no.code, no.detail) for no in answer.refused] == [
        ("model", "failed", "ConnectionError('refused')"),
        ("cache", "stale", "3:00:00 old, limit 2:30:00"),
    ]
    line = "table since 2013-06-03 12:00Z; model failed; cache stale"
    assert str(answer) == line


def test_when_no_rung_can_the_answer_says_so():
    answer = ladder(Rung("model", down)).answer("flight 1545")
    assert (answer.value, answer.rung) == (None, "no answer")
    assert answer.degraded
    assert (answer.as_of, answer.age) == (None, None)


def test_since_is_the_start_of_the_present_run_of_this_rung():
    clock, works = Clock(), [True]
    feed = Rung("model", lambda *_: Reply(0.3) if works[0] else down())
    both, seen = ladder(feed, TABLE, clock=clock), []
    for minute, works[0] in enumerate([1, 1, 0, 0, 0, 1]):
        clock.seconds = 60 * minute
        seen.append(both.answer("x").since.minute)
    assert seen == [0, 0, 2, 2, 2, 5]


def test_a_rung_can_be_switched_off_with_a_reason():
    why = (
        "2013-06-03 12:00Z delay-model on -> off by on call: feed silent, "
        "limit passed at 11:45 (owner Ada, review by 2013-06-03 16:00Z)"
    )
    answer = ladder(model(0 * HOUR), TABLE).answer("x", off={"model": why})
    assert answer.rung == "table"
    assert codes(answer) == ["model off"]
    assert why in answer.refused[0].detail  # uncut


def test_each_rung_is_told_the_seconds_left_and_a_late_answer_says_so():
    clock, told = Clock(), []

    def slow(_, seconds):
        told.append(seconds)
        clock.seconds += 0.75
        raise TimeoutError

    rungs = [Rung(name, slow) for name in "ab"]
    last = Rung("table", lambda _, seconds: Reply(seconds))
    answer = ladder(*rungs, last, clock=clock).answer("x")
    assert told == [1, 0.25]
    assert answer.value == 0  # it answers all the same
    assert (answer.seconds, answer.late) == (1.5, True)


def test_an_answer_that_takes_all_its_time_is_not_late():
    clock = Clock()
    rung = Rung("model", lambda _, seconds: Reply(clock.sleep(seconds) or 1))
    answer = ladder(rung, clock=clock).answer("x")
    assert (answer.seconds, answer.late) == (1, False)


# Retries


def test_the_pauses_double_and_are_cut_by_chance():
    clock = Clock()
    guard = guarded(clock, attempts=4, calls_per_retry=1, burst=3)
    for _ in range(2):
        guard.call(lambda _: None, seconds=9, repeatable=True)
    with pytest.raises(ConnectionError):
        guard.call(down, seconds=9, repeatable=True)
    # at most .1, .2 and .4 seconds; the chance is half each time
    assert clock.pauses == [0.05, 0.1, 0.2]


@pytest.mark.parametrize(
    ("seconds", "repeatable", "error", "calls"),
    [
        (9, True, OSError, 2),
        (9, False, OSError, 1),  # asking twice might book two seats
        (9, True, KeyError, 1),  # our own bug: asking again changes nothing
        (0.05, True, OSError, 1),  # no time after the pause of .05
        (0, True, Unavailable, 0),
    ],
)
def test_a_call_is_repeated_when_that_may_help(
    seconds, repeatable, error, calls
):
    made = []

    def ask(left):
        made.append(left)
        raise error

    guard = guarded(Clock(), calls_per_retry=1)
    with pytest.raises(error):
        guard.call(ask, seconds=seconds, repeatable=repeatable)
    assert made == [min(1, seconds), min(1, seconds - 0.05)][:calls]


def test_one_retry_for_ten_calls_and_none_for_the_first_nine():
    calls = []

    def ask(_):
        calls.append(1)
        raise TimeoutError

    guard = guarded(Clock(), open_after=NEVER)
    for first in range(1, 1001):
        with pytest.raises(TimeoutError):
            guard.call(ask, seconds=9, repeatable=True)
        assert len(calls) == first + first // 10


def test_good_days_do_not_pay_for_a_storm():
    calls, works = [], [True]

    def ask(_):
        calls.append(1)
        return works[0] or down()

    guard = guarded(Clock(), burst=2, open_after=NEVER)
    for _ in range(1000):
        guard.call(ask, seconds=9, repeatable=True)
    works[0] = False
    for _ in range(30):
        with pytest.raises(ConnectionError):
            guard.call(ask, seconds=9, repeatable=True)
    # two saved up; then one for the calls 2 to 11, and one for 12 to 21
    assert len(calls) == 1000 + 30 + 4


@given(
    outcomes=st.lists(st.booleans(), max_size=200),
    attempts=st.integers(1, 5),
    price=st.integers(1, 7),
    burst=st.integers(1, 5),
)
@settings(max_examples=50)
def test_no_run_of_calls_has_more_retries_than_the_budget(
    outcomes, attempts, price, burst
):
    clock, extra, works = Clock(), [], iter(outcomes)
    guard = guarded(
        clock,
        attempts=attempts,
        calls_per_retry=price,
        burst=burst,
        open_after=NEVER,
    )
    while True:
        made = []

        def ask(_, made=made):
            made.append(1)
            if not next(works):
                raise TimeoutError

        try:
            guard.call(ask, seconds=999, repeatable=True)
        except TimeoutError:
            pass
        except StopIteration:
            break
        extra.append(len(made) - 1)
    assert sum(extra) <= len(extra) // price
    for start in range(0, len(extra), 7):
        window = extra[start:]
        assert sum(window) <= burst + len(window) / price


# The breaker


def test_the_breaker_opens_lets_one_probe_through_and_closes():
    clock, works, calls = Clock(), [False], []

    def ask(_):
        calls.append(clock.seconds)
        return "fine" if works[0] else down()

    def call():
        return guard.call(ask, seconds=9, repeatable=False)

    guard = guarded(clock, open_after=3, open_for=10)
    for _ in range(3):
        assert guard.state == "closed"
        with pytest.raises(ConnectionError):
            call()
    for clock.seconds, state in [(0, "open"), (9.9, "open")]:
        assert guard.state == state
        with pytest.raises(Unavailable, match="open"):
            call()
    clock.seconds = 10  # chance of half: the wait is as long as its mean
    assert guard.state == "half-open"
    with pytest.raises(ConnectionError):
        call()
    with pytest.raises(Unavailable, match="open"):
        call()
    clock.seconds, works[0] = 20, True
    assert call() == "fine"
    assert guard.state == "closed"
    assert calls == [0, 0, 0, 10, 20]


@pytest.mark.parametrize(("chance", "wait"), [(0, 5), (0.5, 10), (1, 15)])
def test_the_wait_is_drawn_around_its_mean(chance, wait):
    clock = Clock()
    guard = guarded(clock, open_after=1, open_for=10, random=lambda: chance)
    with pytest.raises(ConnectionError):
        guard.call(down, seconds=1, repeatable=False)
    for clock.seconds, state in [(wait - 0.1, "open"), (wait, "half-open")]:
        assert guard.state == state


def test_the_failure_that_opens_the_breaker_is_not_repeated():
    clock = Clock()
    guard = guarded(clock, open_after=1, calls_per_retry=1)
    with pytest.raises(ConnectionError):
        guard.call(down, seconds=9, repeatable=True)
    assert clock.pauses == []


def test_a_success_in_between_starts_the_count_again():
    guard = guarded(Clock(), open_after=3)
    for works in [0, 0, 1, 0, 0, 1]:
        try:
            guard.call(
                (lambda _: 1) if works else down, seconds=1, repeatable=False
            )
        except ConnectionError:
            assert guard.state == "closed"


def test_a_probe_that_never_returns_does_not_hold_the_door_for_ever():
    clock = Clock()
    guard = guarded(clock, open_after=1, open_for=10)
    with pytest.raises(ConnectionError):
        guard.call(down, seconds=1, repeatable=False)

    def hangs(_):
        with pytest.raises(Unavailable):
            guard.call(lambda _: "second", seconds=1, repeatable=False)
        clock.seconds += 10  # the first probe still hangs
        return guard.call(lambda _: "third", seconds=1, repeatable=False)

    clock.seconds = 10
    assert guard.call(hangs, seconds=99, repeatable=False) == "third"
    assert guard.state == "closed"


def test_news_from_before_the_breaker_opened_does_not_close_it():
    guard = guarded(Clock(), open_after=1)

    def slow(_):
        with pytest.raises(ConnectionError):
            guard.call(down, seconds=1, repeatable=False)
        return "an answer of a call that began earlier"

    guard.call(slow, seconds=1, repeatable=False)
    assert guard.state == "open"


def test_a_slow_success_is_used_and_counts_as_a_failure():
    clock = Clock()

    def slow(seconds):
        clock.seconds += seconds + 0.1
        return "late"

    guard = guarded(clock, open_after=2, open_for=10)
    for state in ("closed", "open"):
        assert guard.call(slow, seconds=9, repeatable=True) == "late"
        assert guard.state == state
    clock.seconds += 10
    # one that takes all its time, and no more, is a success
    guard.call(clock.sleep, seconds=9, repeatable=True)
    assert guard.state == "closed"


def test_a_bug_of_ours_does_not_open_the_breaker():
    guard = guarded(Clock(), open_after=1)
    with pytest.raises(ZeroDivisionError):
        guard.call(lambda _: 1 / 0, seconds=1, repeatable=True)
    assert guard.state == "closed"


def test_the_reason_of_a_closed_door_reaches_the_answer():
    guard = guarded(Clock(), open_after=1)
    feed = Rung(
        "model",
        lambda _, left: guard.call(down, seconds=left, repeatable=False),
    )
    both = ladder(feed, TABLE)
    seen = [codes(both.answer("x")) for _ in range(2)]
    assert seen == [["model failed"], ["model open"]]


class NotFound(Exception):
    pass


def not_found(*_):
    raise NotFound  # as a 404 does: the other side answered


def test_an_answer_that_is_an_error_closes_a_half_open_door():
    clock = Clock()
    guard = guarded(clock, open_after=1, open_for=10)
    with pytest.raises(ConnectionError):
        guard.call(down, seconds=1, repeatable=False)
    clock.seconds = 10
    with pytest.raises(NotFound):
        guard.call(not_found, seconds=1, repeatable=False)
    assert guard.state == "closed"


def test_ten_failures_among_ten_thousand_answers_are_not_in_a_row():
    guard = guarded(Clock())
    for i in range(10_000):
        with pytest.raises((ConnectionError, NotFound)):
            guard.call(
                down if i % 1000 == 0 else not_found,
                seconds=1,
                repeatable=False,
            )
        assert guard.state == "closed"


def test_an_answer_that_is_an_error_and_late_counts_as_a_failure():
    clock = Clock()

    def slow(seconds):
        clock.seconds += seconds + 0.1
        raise NotFound

    guard = guarded(clock, open_after=1)
    with pytest.raises(NotFound):
        guard.call(slow, seconds=1, repeatable=True)
    assert guard.state == "open"


def test_a_guard_within_that_did_not_call_says_nothing_about_this_one():
    clock = Clock()
    inner = guarded(clock, open_after=1, open_for=100)
    outer = guarded(clock, open_after=1, open_for=10)
    for guard in (inner, outer):
        with pytest.raises(ConnectionError):
            guard.call(down, seconds=1, repeatable=False)

    def ask(seconds):
        return inner.call(down, seconds=seconds, repeatable=False)

    clock.seconds = 10
    with pytest.raises(Unavailable, match="open"):
        outer.call(ask, seconds=1, repeatable=False)
    assert outer.state == "open"


@pytest.mark.parametrize(
    ("failures", "state"),
    [((OSError,), "open"), ((ConnectionError, TimeoutError), "closed")],
)
def test_the_404_of_urllib_is_an_oserror_and_opens_a_breaker_on_those(
    failures, state
):
    def ask(_):
        raise HTTPError("http://feed", 404, "Not Found", {}, None)

    guard = guarded(Clock(), failures=failures, open_after=1)
    with pytest.raises(HTTPError):
        guard.call(ask, seconds=1, repeatable=False)
    assert guard.state == state


@pytest.mark.parametrize("why", ["no_time", "open"])
def test_what_the_attempt_before_the_pause_raised_is_not_lost(why):
    clock, cause, made = Clock(), KeyError("cause"), []

    def ask(_):
        made.append(1)
        raise ConnectionError("refused") from cause

    def sleep(_):
        if why == "no_time":
            clock.seconds += 5  # longer than asked for
        else:  # another thread
            with pytest.raises(ConnectionError):
                guard.call(down, seconds=9, repeatable=False)

    guard = guarded(clock, sleep=sleep, calls_per_retry=1, open_after=2)
    with pytest.raises(ConnectionError, match="refused") as raised:
        guard.call(ask, seconds=1, repeatable=True)
    assert raised.value.__cause__ is cause
    assert len(made) == 1


# Threads


def test_of_many_threads_at_a_half_open_door_one_gets_through():
    clock, n = Clock(), 16
    guard = guarded(clock, open_after=1, open_for=10)
    with pytest.raises(ConnectionError):
        guard.call(down, seconds=1, repeatable=False)
    clock.seconds = 10
    start, end, passed = Barrier(n), Event(), []

    def probe(_):
        passed.append(1)
        assert end.wait(10)  # until the others have been refused

    def call(_):
        start.wait()
        try:
            guard.call(probe, seconds=1, repeatable=False)
        except Unavailable:
            refused.append(1)
            if len(refused) == n - 1:
                end.set()

    refused = []
    with ThreadPoolExecutor(n) as pool:
        list(pool.map(call, range(n)))
    assert (len(passed), len(refused)) == (1, n - 1)


def test_threads_together_keep_the_budget_and_agree_since_when():
    clock, calls = Clock(), []
    guard = guarded(clock, open_after=NEVER)

    def ask(_):
        calls.append(1)
        raise TimeoutError

    def feed(_, left):
        return guard.call(ask, seconds=left, repeatable=True)

    both = ladder(Rung("model", feed), TABLE, clock=clock, seconds=NEVER)
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(both.answer, range(800)))
    assert 800 + 70 <= len(calls) <= 800 + 80
    assert len({answer.since for answer in answers}) == 1


# What a time-out stops, and what it does not


def test_waiting_no_longer_does_not_stop_a_thread():
    go_on, done = Event(), []

    def job():
        assert go_on.wait(10)
        done.append("charged")

    with ThreadPoolExecutor() as pool:
        future = pool.submit(job)
        while not future.running():
            pass
        with pytest.raises(TimeoutError):
            future.result(timeout=0)
        assert not future.cancel()
        go_on.set()
    assert done == ["charged"]


def test_a_process_can_be_stopped(tmp_path):
    job = "import pathlib; input(); pathlib.Path('charged').touch()"
    process = subprocess.Popen(
        [sys.executable, "-I", "-c", job], stdin=subprocess.PIPE, cwd=tmp_path
    )
    with pytest.raises(subprocess.TimeoutExpired):
        process.wait(timeout=0)
    process.kill()
    process.communicate(b"\n")
    assert list(tmp_path.iterdir()) == []


def test_the_time_out_of_the_client_library_ends_the_call():
    with socket.create_server(("127.0.0.1", 0)) as silent:

        def ask(seconds):
            address = silent.getsockname()
            with socket.create_connection(address, timeout=seconds) as line:
                return line.recv(1)

        guard = guarded(Clock(), timeout=0.01)
        with pytest.raises(TimeoutError):
            guard.call(ask, seconds=1, repeatable=False)


def test_a_time_out_of_sockets_does_not_hold_while_a_name_is_looked_up(
    monkeypatch,
):
    clock, look_up, had = Clock(), socket.getaddrinfo, []

    def slow(*given, **named):
        clock.sleep(2)
        return look_up(*given, **named)

    with socket.create_server(("127.0.0.1", 0)) as server:

        def ask(seconds):
            address = server.getsockname()
            with socket.create_connection(address, timeout=seconds) as line:
                had.append(line.gettimeout())  # for `recv`, and all of it
                return "connected"

        monkeypatch.setattr(socket, "getaddrinfo", slow)
        guard = guarded(clock, timeout=0.1, open_after=1)
        call = guard.call(ask, seconds=0.1, repeatable=False)
    assert (call, clock.seconds, had) == ("connected", 2, [0.1])
    assert guard.state == "open"  # the guard noticed


# Hard inputs


NEW_YORK = ZoneInfo("America/New_York")


def in_new_york(*when, fold=0):
    return datetime(2013, *when, tzinfo=NEW_YORK, fold=fold)


@pytest.mark.parametrize(
    ("now", "as_of", "hours"),
    [
        # 10 March: 00:30 is 05:30 UTC, 03:30 is 07:30 UTC
        (in_new_york(3, 10, 3, 30), in_new_york(3, 10, 0, 30), 2),
        # 3 November: 00:30 is 04:30 UTC, the second 01:30 is 06:30 UTC
        (in_new_york(11, 3, 1, 30, fold=1), in_new_york(11, 3, 0, 30), 2),
    ],
)
def test_on_the_nights_the_clock_jumps_age_counts_hours_that_passed(
    now, as_of, hours
):
    rung = Rung("model", lambda *_: Reply(0.3, as_of), LIMIT)
    both = Ladder(rungs=[rung], seconds=1, now=lambda: now, clock=float)
    assert both.answer("x").age == hours * HOUR


@pytest.mark.parametrize(
    ("value", "as_of", "code", "detail"),
    [
        (None, NOON, "empty", "None"),
        (math.nan, NOON, "empty", "nan"),
        (np.float32("nan"), NOON, "empty", "nan"),
        (np.array([math.nan]), NOON, "empty", "array([nan])"),
        (np.array(math.nan), NOON, "empty", "array(nan)"),
        (np.array([[-math.inf]]), NOON, "empty", "array([[-inf]])"),
        (np.array([None]), NOON, "empty", "None"),
        (np.ma.array([0.3], mask=[True]), NOON, "empty", "masked_array"),
        (pd.Series([math.nan]), NOON, "empty", "NaN"),
        (Decimal("nan"), NOON, "empty", "Decimal('NaN')"),
        (Decimal("snan"), NOON, "empty", "Decimal('sNaN')"),
        (Decimal("-inf"), NOON, "empty", "Decimal('-Infinity')"),
        (math.inf, NOON, "empty", "inf"),
        (0.3, None, "undated", "as_of is None"),
        (0.3, datetime(2013, 6, 3), "undated", "must have a time zone"),
        (0.3, pd.NaT, "undated", "NaTType does not support utcoffset"),
        (0.3, np.datetime64("2013-06-03"), "undated", "must be a datetime"),
        (0.3, "2013-06-03T12:00Z", "undated", "must be a datetime"),
        (0.3, datetime(1900, 1, 1, tzinfo=UTC), "stale", "41426 days, 12:00"),
        (0.3, datetime(2100, 1, 1, tzinfo=UTC), "ahead", "in the future"),
        (0.3, datetime.max.replace(tzinfo=UTC), "ahead", "in the future"),
        (0.3, datetime.min.replace(tzinfo=NEW_YORK), "stale", "limit 2:30"),
        (0.3, datetime.max.replace(tzinfo=NEW_YORK), "undated", "time zone"),
        (0.3, NOON + 1.000001 * SECOND, "ahead", "limit 0:00:01"),
    ],
)
def test_a_rung_with_a_bad_answer_is_passed_over_by_name(
    value, as_of, code, detail
):
    rung = Rung("model", lambda *_: Reply(value, as_of), LIMIT)
    answer = ladder(rung, TABLE).answer("x")
    assert codes(answer) == [f"model {code}"]
    assert detail in answer.refused[0].detail


@pytest.mark.parametrize(
    "value",
    [
        *(0, 0.0, False, "", [], np.array([0.0]), np.array([])),
        *(Decimal(0), Fraction(0), 10**400, [math.nan], pd.NA),
        pd.DataFrame({"size": [math.nan, 1]}),
    ],
)
def test_a_value_that_is_false_huge_or_unread_is_an_answer(value):
    answer = ladder(Rung("model", lambda *_: Reply(value))).answer("x")
    assert answer.value is value
    assert not answer.degraded


def test_columns_are_handed_through_unread():
    column = np.array([0.3, math.nan])
    answer = ladder(Rung("model", lambda *_: Reply(column))).answer("x")
    assert answer.value is column


class Broken:
    size = 1

    def tolist(self):
        raise RuntimeError("the device is gone")


def test_an_array_that_cannot_be_read_is_a_failure_of_its_rung():
    answer = ladder(Rung("model", lambda *_: Reply(Broken())), TABLE)
    assert codes(answer.answer("x")) == ["model failed"]


@pytest.mark.parametrize("ahead", [5e-3, 1])
def test_a_feed_a_little_ahead_of_us_is_fresh_and_not_younger_than_new(ahead):
    answer = ladder(model(-ahead * SECOND), TABLE).answer("x")
    assert (answer.rung, answer.age) == ("model", timedelta(0))
    assert answer.as_of > answer.at
    assert str(answer).endswith("data 0:00:00 old")


def test_skew_between_two_clocks_is_tolerated_if_you_say_how_much():
    soon = model(-timedelta(seconds=5))
    allowed = ladder(soon, TABLE, max_ahead=timedelta(seconds=5))
    assert allowed.answer("x").rung == "model"
    assert ladder(soon, TABLE).answer("x").rung == "table"


def test_a_rung_that_forgets_its_reply_is_named():
    answer = ladder(Rung("model", lambda *_: 0.31), TABLE).answer("x")
    assert answer.rung == "table"
    assert "ask must give a Reply: 0.31" in answer.refused[0].detail


def test_a_full_disk_in_a_rung_is_a_reason_like_any_other():
    def ask(*_):
        with Path("/dev/full").open("w") as log:
            log.write("x")
        return Reply(0.3)

    answer = ladder(Rung("model", ask), TABLE).answer("x")
    assert "No space left on device" in answer.refused[0].detail


def test_a_forged_log_line_stays_inside_its_quotes():
    forged = "x\n2013-06-03 INFO model fine\x1b[2J'; DROP TABLE answers; --"

    def ask(*_):
        raise ValueError(forged)

    answer = ladder(Rung("model", ask), TABLE).answer(forged)
    assert r"x\n2013" in answer.refused[0].detail
    assert answer.refused[0].detail.isprintable()


def test_a_wall_clock_that_goes_back_makes_fresh_data_come_from_the_future():
    clock = Clock()
    fresh = Rung("model", lambda *_: Reply(0.3, NOON), LIMIT)
    both = ladder(fresh, TABLE, clock=clock)
    assert both.answer("x").rung == "model"
    clock.seconds = -3600
    answer = both.answer("x")
    assert codes(answer) == ["model ahead"]
    assert answer.seconds == 0


def test_a_monotonic_clock_that_goes_back_costs_one_probe_and_no_more():
    clock = Clock()
    clock.seconds = 1e6
    guard = guarded(clock, open_after=1, open_for=10)
    with pytest.raises(ConnectionError):
        guard.call(down, seconds=1, repeatable=False)
    clock.seconds = 0
    assert guard.state == "half-open"
    assert guard.call(lambda left: left, seconds=1, repeatable=False) == 1


def test_a_monotonic_clock_that_goes_back_gives_nobody_more_time():
    clock, told = Clock(), []

    def back(*given):
        told.append(given[-1])
        clock.seconds -= 1000
        raise TimeoutError

    guard = guarded(clock, calls_per_retry=1)
    with pytest.raises(TimeoutError):
        guard.call(back, seconds=0.5, repeatable=True)
    rungs = [Rung(name, back) for name in "ab"]
    assert ladder(*rungs, clock=clock).answer("x").seconds == 0
    assert told == [0.5, 0.5, 1, 1]


class Rude(Exception):
    def __str__(self):
        raise RuntimeError

    __repr__ = __str__


class Loud(Exception):
    def __repr__(self):
        return "\n" * 300


ANYTHING = st.one_of(
    st.none(),
    st.floats(),
    st.text(),
    st.binary(),
    st.dates(),
    st.integers(),
    st.builds(Reply, st.floats() | st.none() | st.text(), st.datetimes()),
    st.builds(
        Reply,
        st.floats() | st.none() | st.text(),
        st.none() | st.datetimes(timezones=st.timezones()) | st.text(),
    ),
    st.sampled_from(
        [Rude(), Loud(), ValueError("\n"), OSError(28), 10**5000, pd.NA]
    ),
    st.sampled_from([Unavailable("open"), Unavailable("no_time")]),
)


@given(found=st.lists(ANYTHING, min_size=1, max_size=4), limited=st.booleans())
@settings(max_examples=200)
def test_whatever_a_rung_does_there_is_one_honest_answer(found, limited):
    def rung(name, what):
        def ask(*_):
            if isinstance(what, Exception):
                raise what
            return what

        return Rung(name, ask, LIMIT if limited else None)

    names = [f"rung {i}" for i in range(len(found))]
    answer = ladder(*map(rung, names, found)).answer("x")
    place = len(answer.refused)
    assert [no.rung for no in answer.refused] == names[:place]
    assert answer.rung == [*names, "no answer"][place]
    assert answer.degraded == (place > 0)
    assert str(answer).isprintable()
    for no in answer.refused:
        assert no.detail.isprintable()
        assert len(no.detail) <= 200
    if place < len(found):
        assert answer.value is found[place].value
        assert answer.value is not None
        assert answer.age is None or answer.age >= timedelta(0)
        if limited:
            assert answer.age <= LIMIT


@given(
    wrong=st.dictionaries(
        st.sampled_from(
            [
                *("timeout", "attempts", "pause", "calls_per_retry", "burst"),
                *("open_after", "open_for", "clock", "sleep", "random"),
                "failures",
            ]
        ),
        ANYTHING,
    )
)
def test_a_guard_is_made_or_refused_by_the_name_of_the_argument(wrong):
    said = ""
    try:
        assert guarded(Clock(), **wrong).state == "closed"
    except (TypeError, ValueError) as error:
        said = str(error)
    assert said.isprintable()
    assert said == "" or said.split()[0] in wrong


# Errors


@pytest.mark.parametrize(
    ("settings", "error", "message"),
    [
        (
            {"timeout": 0},
            ValueError,
            "timeout must be finite and above 0, got 0",
        ),
        ({"timeout": math.nan}, ValueError, "timeout must be finite"),
        ({"timeout": math.inf}, ValueError, "got inf"),
        ({"timeout": "1"}, TypeError, "timeout must be a number, got '1'"),
        ({"timeout": True}, TypeError, "timeout must be a number, got True"),
        (
            {"pause": -1},
            ValueError,
            "pause must be finite and above 0, got -1",
        ),
        ({"open_for": None}, TypeError, "open_for must be a number, got None"),
        ({"attempts": 0}, ValueError, "attempts must be 1 or more, got 0"),
        ({"attempts": 11}, ValueError, "attempts must be 1 to 10, got 11"),
        ({"burst": 0}, ValueError, "burst must be 1 or more, got 0"),
        (
            {"calls_per_retry": 0.5},
            TypeError,
            "calls_per_retry must be an int",
        ),
        ({"open_after": True}, TypeError, "open_after must be an integer"),
        ({"clock": 0.0}, TypeError, "clock must be callable, got 0.0"),
        ({"random": 4}, TypeError, "random must be callable, got 4"),
        ({"failures": OSError}, TypeError, "failures must be a tuple of"),
        ({"failures": ()}, TypeError, "failures must be a tuple of"),
        ({"failures": ("OSError",)}, TypeError, r"got \('OSError',\)"),
        ({"failures": (SystemExit,)}, TypeError, "of exception classes"),
    ],
)
def test_a_guard_refuses_by_name(settings, error, message):
    with pytest.raises(error, match=message):
        guarded(Clock(), **settings)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: Rung("", down), ValueError, "name must be one printable"),
        (lambda: Rung("a\n", down), ValueError, r"got 'a\\n'"),
        (lambda: Rung("no answer", down), ValueError, 'not "no answer"'),
        (lambda: Rung(7, down), ValueError, "got 7"),
        (lambda: Rung("a", 0.16), TypeError, "ask must be callable, got 0.16"),
        (lambda: Rung("a", down, 2.5), TypeError, "stale_after of a must be"),
        (lambda: Rung("a", down, 0 * HOUR), ValueError, "got 0:00:00"),
        (ladder, ValueError, "rungs must be one or more"),
        (lambda: ladder(TABLE, TABLE), ValueError, "named once, got"),
        (lambda: ladder(down), TypeError, "rungs must be a sequence of Rung"),
        (
            lambda: Ladder(
                rungs=None, seconds=1, now=Clock().now, clock=float
            ),
            TypeError,
            "rungs must be a sequence of Rung, got None",
        ),
        (
            lambda: Ladder(rungs=[TABLE], seconds=1, now=NOON, clock=float),
            TypeError,
            "now must be callable",
        ),
        (
            lambda: ladder(TABLE).answer("x", off=["table"]),
            TypeError,
            "off must map names to reasons",
        ),
        (
            lambda: guarded(Clock()).call(down, seconds=1, repeatable="false"),
            TypeError,
            "repeatable must be a bool, got 'false'",
        ),
        (lambda: ladder(TABLE, seconds=0), ValueError, "seconds must be"),
        (lambda: ladder(TABLE, max_ahead=5), TypeError, "max_ahead must be"),
        (lambda: ladder(TABLE, max_ahead=-HOUR), ValueError, "max_ahead must"),
        (
            lambda: ladder(TABLE).answer("x", off={"cache": "drill"}),
            ValueError,
            "off must name rungs of this ladder, got \\['cache'\\]",
        ),
        (
            lambda: Ladder(
                rungs=[TABLE],
                seconds=1,
                now=lambda: datetime(2013, 6, 3),
                clock=float,
            ),
            ValueError,
            r"now\(\) must have a time zone",
        ),
        (
            lambda: guarded(Clock()).call(
                down, seconds=math.nan, repeatable=True
            ),
            ValueError,
            "seconds must be finite, got nan",
        ),
        (
            lambda: guarded(Clock()).call(down, seconds="1", repeatable=True),
            TypeError,
            "seconds must be a number, got '1'",
        ),
        (
            lambda: guarded(Clock()).call(down, seconds=-1, repeatable=True),
            Unavailable,
            "no_time",
        ),
    ],
)
def test_what_is_refused_is_refused_by_name(call, error, message):
    with pytest.raises(error, match=message):
        call()


# What retries cost: the figures of the page, on a made-up clock


def ten_a_second(fails, n=20_000, **settings):
    """Calls sent and calls answered, for each request."""
    clock, draw, sent, answered = Clock(), random.Random(1), 0, 0

    def ask(_):
        nonlocal sent
        sent += 1
        if draw.random() < fails:
            raise ConnectionError

    guard = guarded(clock, random=draw.random, **settings)
    guard.sleep = lambda _: None  # the pauses of one request hold up no other
    for i in range(n):
        clock.seconds = i / 10
        try:
            guard.call(ask, seconds=2, repeatable=True)
            answered += 1
        except (ConnectionError, Unavailable):
            pass
    return round(sent / n, 2), round(answered / n, 2)


FREE = {"calls_per_retry": 1, "burst": NEVER, "open_after": NEVER}


@pytest.mark.parametrize(
    ("fails", "without", "budget", "breaker"),
    [
        (0.01, (1.01, 1.0), (1.01, 1.0), (1.01, 1.0)),
        (0.1, (1.10, 0.99), (1.10, 0.98), (1.10, 0.98)),
        (0.3, (1.30, 0.91), (1.10, 0.77), (1.10, 0.77)),
        (0.5, (1.50, 0.75), (1.10, 0.55), (1.06, 0.53)),
        (1.0, (2.00, 0.0), (1.10, 0.0), (0.01, 0.0)),
    ],
)
def test_the_budget_bounds_the_extra_calls_and_the_breaker_ends_them(
    fails, without, budget, breaker
):
    # one retry: 1 + p calls, of which 1 - p² are answered in the end
    assert without == pytest.approx((1 + fails, 1 - fails**2), abs=0.01)
    assert ten_a_second(fails, **FREE) == without
    assert ten_a_second(fails, open_after=NEVER) == budget
    assert ten_a_second(fails) == breaker


def test_a_hasty_breaker_makes_a_partial_outage_worse():
    assert ten_a_second(0.3, open_after=5)[1] == 0.57
    assert ten_a_second(0.3, open_after=10)[1] == 0.77
    assert ten_a_second(0.5, open_after=5)[1] == 0.12


@pytest.mark.parametrize("seed", [1, 2, 3, 4])
def test_a_stop_of_ten_seconds_never_ends_if_everybody_tries_again(seed):
    back = {}
    for name, usual in figure.SETTINGS.items():
        answers = figure.blocks(figure.storm(usual, seed)[0])
        assert min(answers[:6]) > 0
        assert answers[7] == 0  # from 35 to 40 seconds
        well = [5 * i for i, rate in enumerate(answers) if rate >= 5]
        back[name] = min((t for t in well if t >= 40), default=None)
    assert back["one retry"] is None
    assert 40 + 10 <= back["no retry"] <= 40 + 30
    assert 40 + 25 <= back["one retry, budget"] <= 40 + 50
    assert 40 + 5 <= back["budget and breaker"] <= 40 + 10


def test_without_jitter_everybody_comes_back_in_the_same_instant():
    def peak(pause, chance):
        arrivals = []
        for client in range(1000):
            clock = Clock()
            draw = random.Random(client)
            guard = guarded(
                clock,
                calls_per_retry=1,
                pause=pause,
                random=draw.random if chance else lambda: 1.0,
            )
            with pytest.raises(ConnectionError):
                guard.call(down, seconds=9, repeatable=True)
            arrivals += clock.pauses
        return int(np.bincount((np.array(arrivals) * 100).astype(int)).max())

    assert peak(0.1, chance=False) == 1000  # in ten milliseconds
    assert peak(0.1, chance=True) == 112
    assert peak(1.0, chance=True) == 19


# The blind spots


def test_blind_spot_a_dependency_that_answers_fast_and_wrong():
    frozen = Rung("model", lambda *_: Reply(0.31, NOON), LIMIT)  # whatever
    answers = [ladder(frozen, TABLE).answer(f) for f in range(100)]
    assert {answer.value for answer in answers} == {0.31}
    assert not any(answer.degraded for answer in answers)


def test_blind_spot_a_breaker_shuts_out_the_shards_that_are_well():
    """Ten shards, the last is down. Each batch of ten asks one of them."""

    def answered(n_guards, **settings):
        clock, draw, done = Clock(), random.Random(1), 0
        guards = [
            guarded(clock, random=random.Random(2).random, **settings)
            for _ in range(n_guards)
        ]
        for batch in range(2000):
            shard = draw.randrange(10)
            guard = guards[shard % n_guards]
            guard.sleep = lambda _: None
            ask = down if shard == 9 else lambda _: 1
            for i in range(10):
                clock.seconds = batch + i / 10
                with suppress(ConnectionError, Unavailable):
                    done += guard.call(ask, seconds=2, repeatable=True)
        return round(done / 20_000, 2)

    assert answered(1, open_after=NEVER) == 0.9
    assert answered(1) == 0.43
    assert answered(10) == 0.9


def test_blind_spot_rungs_that_stand_on_the_same_dead_dependency():
    guard = guarded(Clock(), open_after=1)

    def lookup(_, seconds):
        return guard.call(down, seconds=seconds, repeatable=False)

    rungs = [Rung(name, lookup) for name in ("model", "cache", "table")]
    answer = ladder(*rungs).answer("flight 1545")
    assert codes(answer) == ["model failed", "cache open", "table open"]
    assert answer.rung == "no answer"
