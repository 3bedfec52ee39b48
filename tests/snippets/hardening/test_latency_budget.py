"""What a time budget promises, how far it holds, and what it cannot see."""

from __future__ import annotations

import math
import socket
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from itertools import accumulate
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from snippets.hardening.latency_budget import (
    Deadline,
    latency_quantile,
    samples_needed,
)

NEW_YORK = ZoneInfo("America/New_York")


class Clock:
    """A clock that moves when it is told to."""

    def __init__(self, now: float = 0.0) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now

    def wait(self, seconds: float) -> None:
        self.now += seconds


def limits(n: int, q: float, alpha: float = 0.05) -> tuple[int, int]:
    """Ranks of the two limits in a sample, counted from 1."""
    found = latency_quantile(np.arange(1, n + 1), q, alpha=alpha)
    high = n + 1 if found.high == math.inf else int(found.high)
    return int(found.low), high


# Identity


def test_answers_that_all_take_the_same_time_have_that_quantile() -> None:
    found = latency_quantile([0.2] * 1_000, 0.99, limit=0.2)
    assert found.value == found.low == found.high == 0.2
    assert found.verdict == "met"


def test_the_order_of_the_answers_does_not_matter() -> None:
    times = np.random.default_rng(1).lognormal(size=500)
    assert latency_quantile(times, 0.9) == latency_quantile(times[::-1], 0.9)


def test_the_column_that_comes_in_is_left_as_it_was() -> None:
    times = np.array([3.0, 1.0, 2.0])
    latency_quantile(times, 0.5)
    assert times.tolist() == [3.0, 1.0, 2.0]


# Worked by hand


def test_p99_needs_299_answers_for_any_upper_limit() -> None:
    # The largest of n misses p99 if all n lie below it: .99 ** n. That is
    # .0500 at 298 and .0495 at 299.
    assert 0.99**298 > 0.05 > 0.99**299
    assert samples_needed(0.99) == 299
    times = np.linspace(0.1, 0.2, 299)
    assert latency_quantile(times, 0.99).high == 0.2
    assert latency_quantile(times[1:], 0.99).high == math.inf


def test_of_five_answers_all_lie_above_the_median_once_in_32() -> None:
    # .5 ** 5 = .03125, so 1 and 5 are limits at .04 and not at .03.
    five = [1, 2, 3, 4, 5]
    wide, none = (latency_quantile(five, 0.5, alpha=a) for a in (0.04, 0.03))
    assert (wide.low, wide.value, wide.high) == (1, 3, 5)
    assert (none.low, none.value, none.high) == (0, 3, math.inf)


@pytest.mark.parametrize(
    ("q", "needed"),
    [(0.5, 5), (0.9, 29), (0.95, 59), (0.99, 299), (0.999, 2_995)],
)
def test_the_sample_that_each_quantile_needs(q: float, needed: int) -> None:
    # 59 and 299 are the numbers of one-sided tolerance limits, "95/95" and
    # "95/99"; the rule is log(alpha) / log(q), rounded up.
    assert samples_needed(q) == needed == math.ceil(math.log(0.05, q))


def test_at_both_limits_together_95_per_cent_p99_needs_368() -> None:
    # .99 ** 368 = .0248, half of .05
    assert samples_needed(0.99, alpha=0.025) == 368


def test_four_late_nights_a_year_need_272_nights_in_time() -> None:
    assert samples_needed(1 - 4 / 365) == 272


@pytest.mark.parametrize(
    ("n", "met", "missed"),
    [
        (299, 0, 7),
        (1_000, 4, 16),
        (3_000, 20, 40),
        (10_000, 83, 118),
        (100_000, 948, 1_053),
    ],
)
def test_so_many_late_answers_meet_or_miss_a_limit(
    n: int, met: int, missed: int
) -> None:
    said = [
        latency_quantile([0] * (n - k) + [1] * k, 0.99, limit=0.5).verdict
        for k in (met, met + 1, missed - 1, missed)
    ]
    assert said == ["met", "unsure", "unsure", "missed"]


def test_the_rank_of_a_quantile_is_not_rounded_up_by_a_rest() -> None:
    assert 0.07 * 100 > 7
    assert latency_quantile(range(1, 101), 0.07).value == 7


def test_the_ends_of_what_may_be_asked_are_allowed() -> None:
    assert samples_needed(0.5, late=10**6) > 2 * 10**6
    # All five lie below the median with a chance of exactly 1 in 32.
    assert latency_quantile(range(5), 0.5, alpha=1 / 32).high == 4


# Independent oracles


@pytest.mark.parametrize("n", [1, 4, 59, 298, 299, 1_000, 50_000])
@pytest.mark.parametrize("q", [0.5, 0.9, 0.99, 0.999_999])
@pytest.mark.parametrize("alpha", [1e-9, 0.05, 0.3])
def test_the_limits_are_those_of_the_binomial_law(
    n: int, q: float, alpha: float
) -> None:
    low, high = limits(n, q, alpha)
    # The r-th smallest lies below the quantile if r or more do.
    assert high > n or stats.binom.sf(high - 1, n, q) <= alpha
    assert stats.binom.sf(high - 2, n, q) > alpha
    # It lies above the quantile if fewer than r do not.
    assert low == 0 or stats.binom.cdf(low - 1, n, q) <= alpha
    assert stats.binom.cdf(low, n, q) > alpha


@pytest.mark.parametrize(("n", "q"), [(400, 0.99), (1_000, 0.9), (50, 0.5)])
def test_the_limits_agree_with_the_beta_law_and_scipys_quantile_test(
    n: int, q: float
) -> None:
    # The share of all answers below the r-th smallest has a beta law.
    low, high = limits(n, q)
    assert stats.beta.cdf(q, high, n + 1 - high) <= 0.05
    assert stats.beta.cdf(q, high - 1, n + 2 - high) > 0.05
    assert stats.beta.sf(q, low, n + 1 - low) <= 0.05
    assert stats.beta.sf(q, low + 1, n - low) > 0.05
    if not hasattr(stats, "quantile_test"):  # new in SciPy 1.12
        return
    times = np.random.default_rng(n).lognormal(size=n)
    found = latency_quantile(times, q)
    for side, ours in (("less", found.high), ("greater", found.low)):
        test = stats.quantile_test(times, p=q, alternative=side)
        theirs = test.confidence_interval(0.95)
        assert ours in (theirs.low, theirs.high)


@given(
    st.lists(st.floats(0, 1e6), min_size=1, max_size=60), st.integers(1, 99)
)
def test_the_value_is_numpys_inverted_cdf(
    times: list[float], percent: int
) -> None:
    found = latency_quantile(times, percent / 100)
    ranked = sorted(times)
    # the rank in whole numbers: NumPy takes the 8th of 100 for q = .07
    assert found.value == ranked[-(-percent * len(times) // 100) - 1]
    if percent in (25, 50, 75):
        assert found.value == np.quantile(
            times, percent / 100, method="inverted_cdf"
        )


# Properties


@given(
    st.lists(st.floats(0, 100), min_size=1, max_size=400),
    st.floats(0.001, 0.999),
    st.floats(1e-9, 0.49),
)
@settings(max_examples=50)
def test_the_quantile_lies_between_its_limits(
    times: list[float], q: float, alpha: float
) -> None:
    found = latency_quantile(times, q, alpha=alpha, limit=50)
    assert 0 <= found.low <= found.value <= found.high
    assert found.verdict != "met" or found.value <= 50
    assert found.verdict != "missed" or found.value > 50


@given(st.floats(0.01, 0.9999), st.integers(0, 30), st.floats(1e-6, 0.4))
@settings(max_examples=50)
def test_the_sample_needed_is_the_smallest_that_does(
    q: float, late: int, alpha: float
) -> None:
    n = samples_needed(q, late=late, alpha=alpha)
    assert stats.binom.cdf(late, n, 1 - q) <= alpha * (1 + 1e-6)
    assert stats.binom.cdf(late, n - 1, 1 - q) > alpha * (1 - 1e-6)


def test_an_answer_that_never_came_counts_as_the_slowest() -> None:
    times = [0.1] * 980 + [math.inf] * 20
    lost = latency_quantile(times, 0.99, limit=0.2)
    assert (lost.value, lost.high) == (math.inf, math.inf)
    assert lost.verdict == "missed"
    hidden = latency_quantile(times[:980], 0.99, limit=0.2)
    assert hidden.verdict == "met"


# Calibration: how often the two limits, and the verdicts, are wrong


SHAPES: dict[str, tuple[Callable[..., Any], Callable[[float], float]]] = {
    "bell of logarithms": (
        lambda rng, size: rng.lognormal(size=size),
        lambda q: float(stats.lognorm(1).ppf(q)),
    ),
    "tail without a mean": (
        lambda rng, size: rng.pareto(0.9, size=size),
        lambda q: float((1 - q) ** (-1 / 0.9) - 1),
    ),
    "two humps": (
        lambda rng, size: (
            rng.normal(10, 1, size) + 90 * (rng.random(size) < 0.05)
        ),
        lambda q: (
            10
            + 90 * (q > 0.95)
            + float(
                stats.norm.ppf((q - 0.95) / 0.05 if q > 0.95 else q / 0.95)
            )
        ),
    ),
    "whole milliseconds": (
        lambda rng, size: np.ceil(rng.exponential(2, size)),
        lambda q: math.ceil(-2 * math.log(1 - q)),
    ),
}


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("q", [0.5, 0.99])
def test_each_limit_is_wrong_in_at_most_5_samples_of_100(
    shape: str, q: float
) -> None:
    draw, quantile = SHAPES[shape]
    times = np.sort(draw(np.random.default_rng(7), (4_000, 400)), axis=1)
    low, high = limits(400, q)
    above = np.mean(times[:, low - 1] > quantile(q) + 1e-9)
    below = np.mean(times[:, high - 1] < quantile(q) - 1e-9)
    # By the binomial law, .049 on both sides for p50, .021 and .018 for
    # p99; 4,000 samples add .007 of noise.
    assert max(above, below) <= 0.05 + 0.007
    if shape != "whole milliseconds":  # on a coarse clock they are rarer
        assert min(above, below) >= 0.018 - 0.007


@pytest.mark.parametrize(
    ("n", "met_at", "missed_at"),
    [
        (299, 0.00075, 0.0302),
        (1_000, 0.0031, 0.0192),
        (3_000, 0.0057, 0.0151),
        (10_000, 0.0076, 0.0127),
        (100_000, 0.00923, 0.0108),
    ],
)
def test_the_shares_of_late_answers_told_apart_4_times_in_5(
    n: int, met_at: float, missed_at: float
) -> None:
    rng = np.random.default_rng(n)
    for share, wanted in ((met_at, "met"), (missed_at, "missed")):
        late = rng.binomial(n, share, size=20_000)
        low, high = limits(n, 0.99)
        said = late <= n - high if wanted == "met" else late > n - low
        assert np.mean(said) == pytest.approx(0.8, abs=0.02)


def queue(load: float, n: int, runs: int, rng: np.random.Generator) -> Any:
    """Times in a queue with one server whose answers take 1 on average.

    It starts as busy as it is on average, so every answer has the same law:
    a share exp(-(1 - load) * t) takes longer than t.
    """
    wait = rng.exponential(1 / (1 - load), runs) * (rng.random(runs) < load)
    answers = np.empty((runs, n))
    for i in range(n):
        service = rng.exponential(1, runs)
        answers[:, i] = wait + service
        wait = np.maximum(answers[:, i] - rng.exponential(1 / load, runs), 0)
    return answers


def too_low(times: Any, load: float) -> float:
    """Share of samples, one a row, whose p99 lies above their `high`."""
    _, high = limits(times.shape[1], 0.99)
    true = math.log(100) / (1 - load)
    return float(np.mean(np.sort(times, axis=1)[:, high - 1] < true))


def test_answers_that_queue_behind_each_other_break_the_promise() -> None:
    rng = np.random.default_rng(3)
    wrong = {
        load: too_low(queue(load, 1_000, 2_000, rng), load)
        for load in (0.5, 0.8, 0.9)
    }
    assert wrong == pytest.approx({0.5: 0.33, 0.8: 0.73, 0.9: 0.91}, abs=0.03)


def test_every_fortieth_answer_of_a_half_busy_server_keeps_it() -> None:
    rows = queue(0.5, 12_000, 1_000, np.random.default_rng(4))
    assert too_low(rows[:, ::40], 0.5) <= 0.05 + 0.02
    # The same 300 in a row do not.
    assert too_low(rows[:, :300], 0.5) == pytest.approx(0.45, abs=0.03)


# The deadline


def test_the_first_step_may_take_all_and_the_next_what_it_leaves() -> None:
    clock = Clock(100.0)
    deadline = Deadline(0.5, clock)
    with deadline.step("features") as seconds:
        assert seconds == 0.5
        clock.wait(0.25)
    with deadline.step("model", at_most=0.125) as seconds:
        assert seconds == 0.125
        clock.wait(0.125)
    with deadline.step("model") as seconds:
        assert seconds == deadline.left() == 0.125
    assert deadline.spent == {"features": 0.25, "model": 0.125}


def test_a_step_that_ends_after_the_deadline_is_late() -> None:
    clock = Clock()
    deadline = Deadline(0.5, clock)
    with (
        pytest.raises(TimeoutError, match=r"'model' ended 0\.25 s after"),
        deadline.step("model"),
    ):
        clock.wait(0.75)
    assert deadline.spent == {"model": 0.75}
    assert deadline.left() == 0


def test_a_step_that_ends_at_the_deadline_is_in_time() -> None:
    clock = Clock()
    deadline = Deadline(0.5, clock)
    with deadline.step("model"):
        clock.wait(0.5)
    assert deadline.left() == 0


def test_a_step_that_may_use_nothing_is_told_so() -> None:
    with Deadline(0.5, Clock()).step("cache", at_most=0) as seconds:
        assert seconds == 0


def test_a_step_after_the_deadline_is_not_run() -> None:
    clock = Clock()
    deadline = Deadline(0.5, clock)
    clock.wait(0.5)
    with (
        pytest.raises(TimeoutError, match="'model' would begin 0 s after"),
        deadline.step("model"),
    ):
        raise AssertionError("the step ran")
    assert deadline.spent == {}


def test_a_name_with_a_line_break_stays_on_one_line_of_the_log() -> None:
    with (
        pytest.raises(
            TimeoutError, match=r"^'model\\nok' would begin"
        ) as caught,
        Deadline(0, Clock()).step("model\nok"),
    ):
        raise AssertionError("the step ran")
    assert "\n" not in str(caught.value)


@given(
    st.floats(0, 100),
    st.lists(st.tuples(st.sampled_from("abc"), st.floats(0, 50)), max_size=8),
)
@settings(max_examples=50)
def test_what_is_spent_and_what_is_left_add_up(
    seconds: float, waits: list[tuple[str, float]]
) -> None:
    clock = Clock(1_000.0)
    deadline = Deadline(seconds, clock)
    late, left = False, seconds
    for name, wait in waits:
        try:
            with deadline.step(name) as given_seconds:
                assert given_seconds == deadline.left() <= left + 1e-9
                clock.wait(wait)
        except TimeoutError:
            late = True
            break
        left = deadline.left()
    spent = math.fsum(deadline.spent.values())
    assert clock.now - 1_000 == pytest.approx(spent)
    if late:
        assert deadline.left() == 0
        assert spent >= seconds - 1e-9
    else:
        assert spent + deadline.left() == pytest.approx(seconds)


def test_a_step_that_fails_is_timed_and_fails_as_it_did() -> None:
    clock = Clock()
    deadline = Deadline(0.5, clock)

    def broken() -> None:
        with deadline.step("features"):
            clock.wait(2)
            raise KeyError("wind")

    with pytest.raises(KeyError, match="wind"):
        broken()
    assert deadline.spent == {"features": 2}


def test_the_time_in_the_queue_counts_if_it_is_passed() -> None:
    clock = Clock(10.0)
    assert Deadline(0.5, clock, started=9.75).left() == 0.25
    assert Deadline(0.5, clock, started=9.0).left() == 0
    assert Deadline(0.5, clock).left() == 0.5


def test_what_is_left_stops_a_real_call_to_a_server_that_is_silent() -> None:
    deadline = Deadline(0.02, time.monotonic)
    ours, theirs = socket.socketpair()

    def ask() -> bytes:
        with deadline.step("store") as seconds:
            ours.settimeout(seconds)
            return ours.recv(1)

    with ours, theirs, pytest.raises(TimeoutError):
        ask()
    assert list(deadline.spent) == ["store"]


def test_a_night_run_counts_the_seconds_that_pass() -> None:
    # On 10 March 2013 the clock in New York jumps from 2 to 3 o'clock, on
    # 3 November from 2 back to 1: six hours on it are five, and seven.
    left = {}
    for month, day in ((3, 9), (3, 10), (11, 3)):
        night = datetime(2013, month, day, tzinfo=NEW_YORK)
        due = night.replace(hour=6)
        assert due - night == timedelta(hours=6)  # as Python subtracts
        left[month, day] = Deadline.until(due, night, Clock()).left() / 3600
    assert left == {(3, 9): 6, (3, 10): 5, (11, 3): 7}


def test_hours_that_the_clock_skips_or_repeats_have_one_meaning() -> None:
    now = datetime(2013, 3, 10, 5, tzinfo=UTC)  # midnight in New York
    skipped = datetime(2013, 3, 10, 2, 30, tzinfo=NEW_YORK)
    assert Deadline.until(skipped, now, Clock()).left() == 2.5 * 3600
    now = datetime(2013, 11, 3, 4, tzinfo=UTC)
    twice = datetime(2013, 11, 3, 1, 30, tzinfo=NEW_YORK)
    for fold, hours in ((0, 1.5), (1, 2.5)):
        due = twice.replace(fold=fold)
        assert Deadline.until(due, now, Clock()).left() == hours * 3600


def test_a_list_that_is_overdue_has_nothing_left() -> None:
    now = datetime(2100, 1, 1, tzinfo=UTC)
    past = Deadline.until(datetime(1900, 1, 1, tzinfo=UTC), now, Clock())
    assert past.left() == 0
    ahead = Deadline.until(now, datetime(1900, 1, 1, tzinfo=UTC), Clock())
    assert ahead.left() == 73_049 * 86_400


def test_a_clock_that_goes_back_is_refused_by_name() -> None:
    clock = Clock(5.0)
    deadline = Deadline(1, clock)
    clock.wait(-0.5)
    with pytest.raises(ValueError, match="clock must be seconds from 5, its"):
        deadline.left()


# Hard inputs


@pytest.mark.parametrize(
    ("seconds", "value"),
    [
        ([0.5], 0.5),
        ([0], 0),
        ([-0.0], 0),
        ([True, False], 0),
        ([math.inf], math.inf),
        ([5e-324, 1e308], 5e-324),
        ((1, 2, 3), 2),
        (range(1, 4), 2),
        (np.array([1, 2, 3], dtype=np.uint8), 2),
        (np.array([1, 2, 3], dtype=np.float16), 2),
        (np.array([3, 9, 2, 9, 1])[::2], 2),
        (np.ma.masked_array([1.0, 2.0, 3.0]), 2),
    ],
)
def test_an_odd_column_has_a_documented_median(
    seconds: Any, value: float
) -> None:
    assert latency_quantile(seconds, 0.5).value == value


def test_a_series_gives_the_answer_of_its_array() -> None:
    pandas = pytest.importorskip("pandas")
    times = np.random.default_rng(2).exponential(size=300)
    series = pandas.Series(times, index=np.arange(300) + 7)
    assert latency_quantile(series, 0.9) == latency_quantile(times, 0.9)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        ({"seconds": []}, ValueError, "hold at least 1 time, got 0"),
        ({"seconds": [[0.1]]}, ValueError, r"one column, got \(1, 1\)"),
        ({"seconds": 0.1}, ValueError, r"one column, got \(\)"),
        ({"seconds": [1, -1]}, ValueError, "0 or more, got -1.0 in row 1"),
        ({"seconds": [1, math.nan]}, ValueError, "got nan in row 1"),
        ({"seconds": [None, 1]}, ValueError, "got nan in row 0"),
        (
            {"seconds": np.ma.masked_array([1.0, 2.0], [False, True])},
            ValueError,
            "got nan in row 1",
        ),
        ({"seconds": [-math.inf]}, ValueError, "got -inf in row 0"),
        ({"seconds": ["0.1"]}, TypeError, "seconds must hold numbers"),
        ({"seconds": "0.1"}, ValueError, "one column"),
        ({"seconds": [1j]}, TypeError, "must hold numbers, got complex"),
        ({"seconds": [10**400]}, TypeError, "must hold numbers, got object"),
        (
            {"seconds": np.array(["2013-03-10"], "M8[s]")},
            TypeError,
            "must hold numbers, got datetime64",
        ),
        ({"seconds": [timedelta(1)]}, TypeError, "must hold numbers"),
        ({"q": 0}, ValueError, "q must be in .* ends, got 0"),
        ({"q": 1}, ValueError, "q must be in .* ends, got 1"),
        ({"q": 1e-17}, ValueError, "q must be .* got 1e-17"),
        ({"q": 1 - 1e-16}, ValueError, "q must be .* got 0.99999"),
        ({"q": 99}, ValueError, "q must be in .* ends, got 99"),
        ({"q": math.nan}, ValueError, "q must be .* got nan"),
        ({"q": "p99"}, TypeError, "q must be .* got 'p99'"),
        ({"limit": -1}, ValueError, "limit must be 0 to .* got -1"),
        ({"limit": math.nan}, ValueError, "limit must be .* got nan"),
        ({"limit": math.inf}, ValueError, "limit must be .* got inf"),
        ({"limit": 10**400}, ValueError, "limit must be 0 to 1e.15"),
        ({"limit": "0.2\nok"}, TypeError, r"got '0.2\\nok'"),
        ({"alpha": 0}, ValueError, "alpha must be from 1e-9 .* got 0"),
        ({"alpha": 0.5}, ValueError, "alpha must be .* got 0.5"),
        ({"alpha": None}, TypeError, "alpha must be .* got None"),
    ],
)
def test_a_wrong_measurement_is_refused_by_name(
    call: dict[str, Any], error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        latency_quantile(**{"seconds": [0.1], "q": 0.9} | call)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        ({"q": 1.0}, ValueError, "q must be in .* ends, got 1.0"),
        ({"late": -1}, ValueError, "late must be a whole number .* got -1"),
        ({"late": 0.5}, ValueError, "late must be a whole number .* got 0.5"),
        ({"late": 10**7}, ValueError, "late must be .* 1e6, got 10000000"),
        ({"alpha": 2}, ValueError, "alpha must be .* got 2"),
    ],
)
def test_a_wrong_question_about_samples_is_refused_by_name(
    call: dict[str, Any], error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        samples_needed(**{"q": 0.9} | call)


def stepping(**options: Any) -> None:
    with Deadline(1, Clock()).step(**{"name": "x"} | options):
        pass


def now_is(value: Any) -> Callable[[], Any]:
    return lambda: value


MIDNIGHT = datetime(2013, 3, 10, tzinfo=UTC)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: Deadline(-1, Clock()), ValueError, "seconds must be 0 to"),
        (lambda: Deadline(math.nan, Clock()), ValueError, "seconds .* nan"),
        (lambda: Deadline(math.inf, Clock()), ValueError, "seconds .* inf"),
        (lambda: Deadline(10**400, Clock()), ValueError, "seconds must be"),
        (lambda: Deadline("1", Clock()), TypeError, "seconds .* got '1'"),
        (lambda: Deadline(1, now_is("12:00")), TypeError, "clock .* '12:00'"),
        (lambda: Deadline(1, now_is(math.nan)), ValueError, "clock .* nan"),
        (lambda: Deadline(1, now_is(math.inf)), ValueError, "clock .* inf"),
        (lambda: Deadline(1, time.time_ns), ValueError, "clock .* to 1e.15"),
        (
            lambda: Deadline(1, Clock(5), started=6),
            ValueError,
            "started must be a number up to the 5.0 .* got 6",
        ),
        (
            lambda: Deadline(1, Clock(5), started=math.nan),
            ValueError,
            "started must be .* got nan",
        ),
        (
            lambda: Deadline(1, Clock(5), started="now"),
            TypeError,
            "started must be .* got 'now'",
        ),
        (lambda: stepping(name=None), TypeError, "name must be text, got N"),
        (lambda: stepping(at_most=-1), ValueError, "at_most .* got -1"),
        (lambda: stepping(at_most=math.nan), ValueError, "at_most .* nan"),
        (lambda: stepping(at_most="1"), TypeError, "at_most .* got '1'"),
        (
            lambda: Deadline.until(datetime(2013, 1, 1), MIDNIGHT, Clock()),
            ValueError,
            "due must be a datetime with a time zone, got datetime",
        ),
        (
            lambda: Deadline.until(MIDNIGHT, datetime(2013, 1, 1), Clock()),
            ValueError,
            "now must be a datetime with a time zone, got datetime",
        ),
        (
            lambda: Deadline.until("06:00", MIDNIGHT, Clock()),
            TypeError,
            "due must be a datetime with a time zone, got '06:00'",
        ),
    ],
)
def test_a_wrong_deadline_is_refused_by_name(
    call: Callable[[], object], error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        call()


ANYTHING = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=5),
    st.datetimes(),
    st.lists(st.one_of(st.none(), st.floats(), st.text(max_size=3))),
)


@given(ANYTHING, ANYTHING, ANYTHING, ANYTHING)
@settings(max_examples=200)
def test_whatever_comes_there_is_an_answer_or_an_error_with_a_name(
    one: Any, two: Any, three: Any, four: Any
) -> None:
    names = "seconds|q|limit|alpha|late|clock|started|name|at_most|due|now"
    said: list[str] = []
    for call in (
        lambda: asdict(latency_quantile(one, two, limit=three, alpha=four)),
        lambda: samples_needed(two, alpha=three),
        lambda: samples_needed(0.9, late=one),
        lambda: Deadline(one, Clock(), started=two).left(),
        lambda: Deadline(1, now_is(one)).left(),
        lambda: Deadline.until(one, MIDNIGHT, Clock()),
        lambda: stepping(name=one, at_most=two),
    ):
        try:
            call()
        except (TypeError, ValueError) as error:
            said.append(str(error).split(" must ")[0])
    assert set(said) <= set(names.split("|"))


# The blind spots


def test_blind_spot_the_mean_of_p99s_is_not_the_p99_of_all() -> None:
    # Nine servers answer 1,000 requests each within 20 ms. The tenth gets
    # 9,000, and a tenth of those take 2 s: 5 % of all answers.
    good = [0.02] * 1_000
    bad = [0.02] * 8_100 + [2.0] * 900
    each = [latency_quantile(x, 0.99).value for x in [good] * 9 + [bad]]
    assert np.mean(each) == pytest.approx(0.218)
    assert latency_quantile(good * 9 + bad, 0.99).value == 2.0
    # The other way round: nine quiet servers, and one bad hour for a few.
    rare = [0.02] * 50 + [2.0] * 50
    each = [latency_quantile(x, 0.99).value for x in [good] * 9 + [rare]]
    assert np.mean(each) == pytest.approx(0.218)
    assert latency_quantile(good * 9 + rare, 0.99).value == 0.02


def answered(due: list[float], stall: tuple[float, float]) -> Iterator[float]:
    """When one server that takes 1 ms, and stalls once, ends each request."""
    free = 0.0
    for arrival in due:
        begin = max(arrival, free)
        if stall[0] <= begin < stall[1]:
            begin = stall[1]
        free = begin + 0.001
        yield free


def test_blind_spot_a_test_that_waits_for_answers_leaves_out_the_waiting() -> (
    None
):
    # 100 s, a request is due every 10 ms, and the server stands still for
    # 5 s. The loop sends the next request when the last one is answered.
    stall, due = (40.0, 45.0), [i / 100 for i in range(10_000)]
    times, now = [], 0.0
    while now < 100:
        (end,) = answered([now], stall)
        times.append(end - now)
        now = max(end, now + 0.01)
    said = latency_quantile(times, 0.99, limit=0.1)
    assert said.verdict == "met"
    assert said.high == pytest.approx(0.001)
    assert (len(times), sum(t > 0.1 for t in times)) == (9_501, 1)

    # The same server, from the moment at which each request was due.
    ends = answered(due, stall)
    waited = [end - at for end, at in zip(ends, due, strict=True)]
    true = latency_quantile(waited, 0.99, limit=0.1)
    assert true.verdict == "missed"
    assert true.value == pytest.approx(4.1, abs=0.1)
    assert sum(wait > 0.1 for wait in waited) == 545


def test_blind_spot_steps_that_keep_their_p99_can_break_the_whole() -> None:
    # Ten steps, each slow in 0.9 % of answers and never in the same ones.
    answers, steps = 10_000, 10
    slow = np.zeros((steps, answers))
    for i, first in enumerate(accumulate([90] * (steps - 1), initial=0)):
        slow[i, first : first + 90] = 1.0
    times = 0.01 + slow
    each = [latency_quantile(t, 0.99, limit=0.05).value for t in times]
    assert max(each) == pytest.approx(0.01)
    whole = times.sum(axis=0)
    assert latency_quantile(whole, 0.99).value > 1
    assert np.mean(whole > 1) == 0.09
