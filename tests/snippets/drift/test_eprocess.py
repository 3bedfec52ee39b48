"""What the e-process promises, how fast it is, and what breaks it."""

import json
import math
from dataclasses import asdict
from fractions import Fraction
from functools import cache
from itertools import pairwise, product

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from snippets.drift.eprocess import EProcess, rate_bound

NAN, INF = math.nan, math.inf
ODDS = EProcess(0.1).odds
EVENTS = (100, 300, 1_000, 3_000, 10_000)

flags = st.lists(st.booleans(), max_size=40)
rates = st.floats(0.001, 0.999)


def after(events, **fields):
    """A process that has seen these events."""
    process = EProcess(**{"p0": 0.1, **fields})
    for flag in events:
        process.update(flag)
    return process


def held(process):
    return math.exp(process.log_evidence)


def kept(n):
    """The share of the money that is kept for the events after n."""
    return 1 / (1 + math.log(1 + n))


# Identity


def test_a_new_process_holds_one_and_does_not_ring():
    process = EProcess(p0=0.1)
    assert (process.log_evidence, process.alarm, process.n) == (0, False, 0)


@given(rates, flags)
def test_a_bet_on_hardly_any_change_wins_and_loses_hardly_anything(p0, seen):
    process = after(seen, p0=p0, odds=(1 + 1e-12,))
    assert process.log_evidence == pytest.approx(0, abs=1e-9)


# Worked by hand


def test_two_events_worked_by_hand():
    # p0 = .2 and odds 2: the bet takes the rate to be .4 / 1.2 = 1/3. A
    # flag multiplies by (1/3) / .2 = 5/3, none by (2/3) / .8 = 5/6.
    # Kept for later: 1, then 1 / (1 + log 2) = .5906, then .4765.
    one, two = 1 / (1 + math.log(2)), 1 / (1 + math.log(3))
    process = EProcess(p0=0.2, odds=(2,))
    process.update(1)
    assert held(process) == pytest.approx((1 - one) * 5 / 3 + one)
    process.update(0)
    first = (1 - one) * 5 / 3 * 5 / 6
    second = (one - two) * 5 / 6
    assert held(process) == pytest.approx(first + second + two)


@settings(max_examples=50)
@given(rates, flags)
def test_it_is_the_average_over_every_start_and_every_size(p0, seen):
    # Written out: one likelihood ratio for each event at which trouble may
    # have begun, and for each size of the trouble.
    total = kept(len(seen))
    for start, odds in product(range(len(seen)), ODDS):
        q = odds * p0 / (1 - p0 + odds * p0)
        yes = sum(seen[start:])
        no = len(seen) - start - yes
        share = (kept(start) - kept(start + 1)) / len(ODDS)
        total += share * (q / p0) ** yes * ((1 - q) / (1 - p0)) ** no
    assert after(seen, p0=p0).log_evidence == pytest.approx(math.log(total))


# The promise, exactly: every sequence of flags is counted


def every_sequence(n, **fields):
    """Each sequence of n flags, and what is held after each event."""
    for seen in product((0, 1), repeat=n):
        process, wealth = EProcess(**fields), [1.0]
        for flag in seen:
            process.update(flag)
            wealth.append(held(process))
        yield seen, wealth, process.alarm


@pytest.mark.parametrize("p0", [0.01, 0.1, 0.5, 0.9])
def test_at_p0_the_bet_is_fair_and_below_it_loses(p0):
    n = 9
    sequences = list(every_sequence(n, p0=p0))
    for rate in (p0, p0 / 2):
        average = np.zeros(n + 1)
        for seen, wealth, _ in sequences:
            chance = rate ** sum(seen) * (1 - rate) ** (n - sum(seen))
            average += chance * np.array(wealth)
        if rate == p0:
            assert average == pytest.approx(np.ones(n + 1))
        else:
            assert all(b < a for a, b in pairwise(average))


@pytest.mark.parametrize("p0", [0.01, 0.3, 0.8])
def test_from_every_past_the_next_event_is_fair(p0):
    wealth = {
        seen[:k]: path[k]
        for seen, path, _ in every_sequence(8, p0=p0)
        for k in range(9)
    }
    for past in (past for past in wealth if len(past) < 8):
        expected = p0 * wealth[*past, 1] + (1 - p0) * wealth[*past, 0]
        assert expected == pytest.approx(wealth[past])


@pytest.mark.parametrize("alpha", [0.05, 0.3, 0.6])
@pytest.mark.parametrize("p0", [0.02, 0.2, 0.6])
def test_no_opponent_who_keeps_to_p0_makes_it_ring_more_often(p0, alpha):
    # The opponent sees everything and chooses the rate of the next event,
    # up to p0, so as to make it ring. At any past 0 or p0 is the best.
    rings = {
        seen: float(alarm)
        for seen, _, alarm in every_sequence(11, p0=p0, alpha=alpha)
    }
    while () not in rings:
        rings = {
            past: max(
                rings[*past, 0],
                p0 * rings[*past, 1] + (1 - p0) * rings[*past, 0],
            )
            for past in {seen[:-1] for seen in rings}
        }
    assert rings[()] <= alpha
    if p0 == 0.2 and alpha == 0.6:
        assert rings[()] > 0.2  # it does ring


# The promise, measured over many looks


def watch(seen, p0, before=None):
    """Watch many runs at once, with the sums of the snippet.

    Args:
        seen: shape (events, runs), whether there was a flag.
        p0: a rate, or one for each run.
        before: events so far and wealth, from an earlier call.

    Returns:
        Events until each run rang, INF for never; and the state.
    """
    odds = np.array(ODDS)[:, None]
    no = 1 / (1 - p0 + odds * p0)
    yes = odds * no
    n, wealth = before or (0, np.zeros((len(odds), seen.shape[1])))
    wealth, rang = wealth.copy(), np.full(seen.shape[1], INF)
    for i, flag in enumerate(seen, start=1):
        wealth += (kept(n) - kept(n + 1)) / len(odds)
        wealth *= np.where(flag, yes, no)
        n += 1
        now = wealth.sum(axis=0) + kept(n) >= 20
        rang[now & (rang == INF)] = i
    return rang, (n, wealth)


@cache
def steady(rate, events=10_000, runs=800):
    """Independent flags, shape (events, runs)."""
    rng = np.random.default_rng(round(1_000 * rate))
    return rng.random((events, runs)) < rate


@cache
def clumped(kept_over, rate=0.1, events=10_000, runs=200):
    """Flags that keep a share of the one before, the same rate overall."""
    rng = np.random.default_rng(21)
    seen = np.empty((events, runs), dtype=bool)
    flag = rng.random(runs) < rate
    for row in seen:
        flag = rng.random(runs) < rate + kept_over * (flag - rate)
        row[:] = flag
    return seen


def share(rang):
    """Share of runs that have rung after each number of EVENTS."""
    return [float(np.mean(rang <= n)) for n in EVENTS]


@pytest.mark.parametrize("rate", [0.1, 0.3])
def test_many_at_once_are_as_many_one_by_one(rate):
    seen = steady(rate)[:200, :40]
    for run, rang in zip(seen.T, watch(seen, 0.1)[0], strict=True):
        process = EProcess(p0=0.1)
        rings = [process.update(flag) for flag in run]
        assert rang == (rings.index(True) + 1 if process.alarm else INF)


@cache
def nothing_wrong():
    return watch(steady(0.1), 0.1)[0]


def test_looking_after_every_event_keeps_the_promise():
    assert share(nothing_wrong()) == pytest.approx(
        [0.015, 0.020, 0.027, 0.031, 0.032], abs=0.015
    )
    # At half of the rate that is all right it hardly ever rings.
    assert np.mean(watch(steady(0.05, 3_000), 0.1)[0] < INF) < 0.002


def binomial_rings(seen, p0, alpha):
    """Whether a test made for one look rings at each event."""
    n = np.arange(1, len(seen) + 1)
    most = stats.binom.isf(alpha, n, p0)[:, None]
    return seen.cumsum(axis=0) > most


def at_events(rings):
    return rings[np.array(EVENTS) - 1].mean(axis=1)


@pytest.mark.parametrize(
    ("rate", "one", "every", "shared", "ours"),
    [
        (0.1, [0.04] * 5, [0.17, 0.23, 0.29, 0.36, 0.42], [0] * 5, None),
        (
            0.15,
            [0.42, 0.82, 1, 1, 1],
            [0.65, 0.94, 1, 1, 1],
            [0.02, 0.17, 0.87, 1, 1],
            [0.19, 0.58, 0.98, 1, 1],
        ),
    ],
)
def test_a_test_for_one_look_rings_when_it_is_looked_at_often(
    rate, one, every, shared, ours
):
    seen = steady(rate, runs=400)
    rings = binomial_rings(seen, 0.1, 0.05)
    assert at_events(rings) == pytest.approx(one, abs=0.045)
    ever = np.maximum.accumulate(rings)
    assert at_events(ever) == pytest.approx(every, abs=0.05)
    # The 5 % shared out over 1,000 looks, one after every ten events.
    strict = binomial_rings(seen, 0.1, 0.05 / 1_000)
    strict[np.arange(1, len(seen) + 1) % 10 > 0] = False
    ever = np.maximum.accumulate(strict)
    assert at_events(ever) == pytest.approx(shared, abs=0.05)
    if ours:
        assert share(watch(seen[:1_000], 0.1)[0]) == pytest.approx(
            ours, abs=0.05
        )


DELAYS = {  # the rate that trouble brings: events until half have rung
    0: {0.15: 280, 0.2: 74, 0.3: 23, 0.5: 9},
    1_000: {0.15: 600, 0.2: 210, 0.3: 68, 0.5: 24},
    10_000: {0.15: 900, 0.2: 290, 0.3: 93, 0.5: 32},
}


def test_how_long_it_takes_depends_on_how_long_all_was_well():
    quiet = steady(0.1)
    state, found = None, {}
    for before, until in zip((0, *DELAYS), DELAYS, strict=False):
        if until:
            _, state = watch(quiet[before:until], 0.1, state)
        found[until] = {
            rate: np.median(watch(steady(rate)[: 3 * delay], 0.1, state)[0])
            for rate, delay in DELAYS[until].items()
        }
    for until, delays in DELAYS.items():
        for rate, delay in delays.items():
            assert found[until][rate] == pytest.approx(delay, rel=0.1)


def test_a_daily_check_at_one_percent_becomes_one_for_all_days():
    year = [day % 100 == 0 for day in range(1, 366)]
    assert sum(year) == 3
    assert not after(year, p0=0.01).alarm
    assert not after([*year, *[True] * 5], p0=0.01).alarm
    assert after([*year, *[True] * 6], p0=0.01).alarm
    large = (2, 5, 20, 100)
    assert not after([*year, *[True] * 3], p0=0.01, odds=large).alarm
    assert after([*year, *[True] * 4], p0=0.01, odds=large).alarm


def test_ten_thousand_quiet_events_cost_little():
    assert after([0] * 10_000).log_evidence == pytest.approx(-2.3, abs=0.05)


# A rate nobody gave: it is estimated, and estimates are off


def test_a_measured_rate_is_no_p0_and_its_bound_is():
    rng = np.random.default_rng(31)
    found = rng.binomial(1_000, 0.1, size=400)
    bounds = np.array([rate_bound(int(k), 1_000) for k in found])
    seen = steady(0.1, runs=400)
    plain, bound = watch(seen, found / 1_000)[0], watch(seen, bounds)[0]
    assert share(plain) == pytest.approx(
        [0.02, 0.03, 0.08, 0.15, 0.21], abs=0.04
    )
    assert np.mean(bound < INF) < 0.02
    # It is paid with what can be seen: a p0 of .124 instead of .1.
    assert np.median(bounds) == pytest.approx(0.124, abs=0.002)


@settings(max_examples=50)
@given(
    st.integers(1, 10**6).flatmap(
        lambda n: st.tuples(st.integers(0, n - 1), st.just(n))
    ),
    st.sampled_from([0.5, 0.05, 0.01, 1e-6]),
)
def test_the_bound_is_scipys_exact_one(rows, miss):
    k, n = rows
    expected = stats.beta.isf(miss, k + 1, n - k)
    assert rate_bound(k, n, miss) == pytest.approx(expected, rel=1e-6)


def test_without_a_single_flag_the_bound_is_still_above_zero():
    # (1 - p)^300 = .01, so p = 1 - .01^(1/300)
    assert rate_bound(0, 300) == pytest.approx(1 - 0.01 ** (1 / 300))
    assert rate_bound(300, 300) == 1


# Properties


@given(flags)
def test_a_flag_speaks_for_trouble_and_its_absence_against(seen):
    process, yes, no = (after([*seen, *last]) for last in ((), (1,), (0,)))
    assert yes.log_evidence > process.log_evidence > no.log_evidence


@given(flags, st.integers(0, 40))
def test_stopping_and_reading_the_state_back_changes_nothing(seen, k):
    stopped = after(seen[:k], alpha=0.3)
    text = json.dumps(asdict(stopped))
    goes_on = EProcess(**json.loads(text))
    for flag in seen[k:]:
        goes_on.update(flag)
    assert goes_on == after(seen, alpha=0.3)


@given(flags)
def test_an_alarm_stays_and_the_evidence_may_fall_again(seen):
    process = after([1] * 10)
    assert process.alarm
    assert all(process.update(flag) for flag in [*seen, *[0] * 200])
    assert process.log_evidence < 3


# Hard inputs


@pytest.mark.parametrize("events", [[1] * 3_000, [1] * 2_000 + [0] * 9_000])
@pytest.mark.parametrize("odds", [(1e6,), (1.25, 10)])
def test_a_long_run_of_flags_stays_finite(events, odds):
    process = after(events, p0=1e-9, odds=odds)
    assert process.alarm
    assert math.isfinite(process.log_evidence)
    assert EProcess(**json.loads(json.dumps(asdict(process)))) == process


@pytest.mark.parametrize(
    ("yes", "no"),
    [
        (True, False),
        (1, 0),
        (1.0, 0.0),
        (np.True_, np.False_),
        (np.int8(1), np.uint64(0)),
        (np.float32(1), np.float64(-0.0)),
        (Fraction(1), Fraction(0)),
    ],
)
def test_every_way_to_write_a_flag_counts_alike(yes, no):
    plain = after([True, False, True])
    assert after([yes, no, yes]) == plain


@pytest.mark.parametrize(
    "column",
    [
        np.array([0, 1, 1, 0]),
        pd.Series([0, 1, 1, 0], index=[9, 8, 7, 6]),
        pd.Series([False, True, True, False], dtype="boolean"),
        np.ma.array([0, 1, 1, 0], mask=False),
    ],
)
def test_a_column_is_counted_value_by_value(column):
    assert after(column) == after([0, 1, 1, 0])


@pytest.mark.parametrize("p0", [5e-324, 1e-12, 0.5, 1 - 1e-16])
def test_the_smallest_and_the_largest_rate_work(p0):
    process = after([1, 0] * 50, p0=p0)
    assert math.isfinite(process.log_evidence)
    assert process.alarm == (p0 < 1e-6)


@pytest.mark.parametrize("alpha", [1e-100, 1e-9, 0.999])
def test_the_strictest_promise_can_still_be_kept(alpha):
    process = after([1] * 400, alpha=alpha)
    assert process.alarm
    assert process.log_evidence > -math.log(alpha)


def test_numbers_from_numpy_can_be_written_to_json():
    process = EProcess(np.float32(0.5), np.float64(0.1), n=np.int64(3))
    assert json.loads(json.dumps(asdict(process)))["n"] == 3


# Errors


@pytest.mark.parametrize(
    ("flag", "error", "message"),
    [
        (NAN, ValueError, "flag must be True, False, 0 or 1, got nan"),
        (INF, ValueError, "flag must be .* got inf"),
        (2, ValueError, "flag must be .* got 2"),
        (-1, ValueError, "flag must be .* got -1"),
        (0.1, ValueError, r"flag must be .* got 0\.1"),
        (10**400, TypeError, "flag must be a number, got 1000"),
        (None, TypeError, "flag must be a number, got None"),
        ("1", TypeError, "flag must be a number, got '1'"),
        (b"1", TypeError, "flag must be a number"),
        (1j, TypeError, "flag must be a number, got 1j"),
        (np.complex64(1), TypeError, "flag must be a number"),
        ([1], TypeError, r"flag must be a number, got \[1\]"),
        (np.array([1]), TypeError, "flag must be a number, got array"),
        (np.ma.masked, TypeError, "flag must be a number, got masked"),
        (pd.NA, TypeError, "flag must be a number, got <NA>"),
        (pd.Series([1]), TypeError, "flag must be a number"),
        (np.datetime64("2013-01-01"), TypeError, "flag must be a number"),
        (np.timedelta64(1, "D"), TypeError, "flag must be a number"),
    ],
)
def test_what_is_no_flag_is_refused_and_not_counted(flag, error, message):
    process = EProcess(p0=0.1)
    with pytest.raises(error, match=message):
        process.update(flag)
    assert process == EProcess(p0=0.1)


@pytest.mark.parametrize(
    ("fields", "error", "message"),
    [
        ({"p0": 0}, ValueError, "p0 must be between 0 and 1, got 0"),
        ({"p0": 1}, ValueError, "p0 must be between 0 and 1, got 1"),
        ({"p0": NAN}, ValueError, "p0 must .* got nan"),
        ({"p0": "0.1"}, TypeError, "p0 must be a number, got '0.1'"),
        ({"p0": None}, TypeError, "p0 must be a number, got None"),
        ({"alpha": 0}, ValueError, "alpha must .* got 0"),
        ({"alpha": 5}, ValueError, "alpha must .* got 5"),
        ({"alpha": 1e-200}, ValueError, "alpha must be 1e-100 or more"),
        ({"odds": ()}, ValueError, r"odds must .* got \(\)"),
        ({"odds": (1.0,)}, ValueError, r"odds must .* got \(1\.0,\)"),
        ({"odds": (2, INF)}, ValueError, "odds must be in"),
        ({"odds": (2, NAN)}, ValueError, "odds must be in"),
        ({"odds": (2, 1e7)}, ValueError, "odds must be in"),
        ({"odds": 2}, TypeError, "odds must be a tuple or a list, got 2"),
        ({"odds": ("2",)}, TypeError, "odds must be a number, got '2'"),
        ({"n": -1}, ValueError, "n must be 0 or more, got -1"),
        ({"n": 1.5}, TypeError, r"n must be a whole number, got 1\.5"),
        ({"n": NAN}, TypeError, "n must be a whole number, got nan"),
        ({"n": True}, TypeError, "n must be a whole number, got True"),
        ({"n": 9, "wealth": (1,)}, ValueError, "wealth must be like odds"),
        ({"wealth": (9,) * 6}, ValueError, "wealth .* 0] for n = 0, got"),
        ({"n": 9, "wealth": (-1,) * 6}, ValueError, "wealth must be in"),
        ({"n": 9, "wealth": (NAN,) * 6}, ValueError, "wealth must be in"),
        ({"n": 9, "wealth": (INF,) * 6}, ValueError, "wealth must be in"),
        ({"wealth": None}, TypeError, "wealth must be a tuple .* got None"),
        ({"alarm": 1}, TypeError, "alarm must be True or False, got 1"),
        ({"alarm": "no"}, TypeError, "alarm must be .* got 'no'"),
    ],
)
def test_fields_that_are_refused(fields, error, message):
    with pytest.raises(error, match=message):
        EProcess(**{"p0": 0.1, **fields})


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ((-1, 9), ValueError, "flags must be 0 or more, got -1"),
        ((10, 9), ValueError, "flags must be at most n = 9, got 10"),
        ((0, 0), ValueError, "n must be 1 or more, got 0"),
        ((0, 10**10), ValueError, "n must be at most 1,000,000,000, got"),
        ((0, 9, 0), ValueError, "miss must be between 0 and 1, got 0"),
        ((0, 9, 0.6), ValueError, r"miss must be at most 0\.5, got 0\.6"),
        ((0, 9, NAN), ValueError, "miss must .* got nan"),
        ((0.5, 9), TypeError, r"flags must be a whole number, got 0\.5"),
        ((True, 9), TypeError, "flags must be a whole number, got True"),
        ((0, None), TypeError, "n must be a number, got None"),
        ((0, "9"), TypeError, "n must be a number, got '9'"),
        ((0, 9, "1 %"), TypeError, "miss must be a number, got '1 %'"),
        (([0], 9), TypeError, r"flags must be a number, got \[0\]"),
    ],
)
def test_counts_that_are_refused(arguments, error, message):
    with pytest.raises(error, match=message):
        rate_bound(*arguments)


junk = st.one_of(
    st.floats(),
    st.integers(-(2**70), 2**70),
    st.booleans(),
    st.none(),
    st.text(max_size=2),
    st.sampled_from(
        [b"1", 1j, np.ma.masked, pd.NaT, np.array([[1]]), np.array([None])]
    ),
    st.lists(st.floats(), max_size=6).map(tuple),
    st.floats(0, 1),
    st.floats(1, 10).map(lambda r: (r,)),
)


def answer(call):
    """What a call returns, or the message of an error that is allowed."""
    try:
        return call()
    except (ValueError, TypeError) as error:
        return str(error)


@settings(max_examples=200)
@given(
    st.fixed_dictionaries(
        {"p0": junk}, optional=dict.fromkeys(["alpha", "odds", "n"], junk)
    ),
    st.lists(junk, max_size=3),
)
def test_whatever_comes_in_a_result_or_the_name_comes_out(fields, events):
    process = answer(lambda: EProcess(**fields))
    if isinstance(process, str):
        assert process.startswith(tuple(f"{name} must" for name in fields))
        return
    for event in events:
        result = answer(lambda event=event: process.update(event))
        assert isinstance(result, bool) or result.startswith("flag must")
        assert math.isfinite(process.log_evidence)


@settings(max_examples=200)
@given(junk, st.one_of(junk, st.integers(1, 10**5)), junk)
def test_whatever_is_counted_a_bound_or_the_name_comes_out(k, n, miss):
    result = answer(lambda: rate_bound(k, n, miss))
    if isinstance(result, str):
        assert result.startswith(("flags must", "n must", "miss must"))
    else:
        assert k / n < result <= 1 or k == n


# The blind spots


def test_blind_spot_flags_that_come_in_clumps_ring_with_nothing_wrong():
    # One flag in ten throughout. After a flag the next is likelier than
    # that: .19, .37, .55 for a tenth, three tenths, a half kept.
    found = {
        kept_over: np.mean(watch(clumped(kept_over), 0.1)[0] < INF)
        for kept_over in (0.1, 0.3, 0.5)
    }
    assert found == pytest.approx({0.1: 0.09, 0.3: 0.58, 0.5: 0.99}, abs=0.06)
    # With the highest chance that any past leaves as p0, the promise is kept.
    assert np.mean(watch(clumped(0.3), 0.37)[0] < INF) < 0.01


def test_one_flag_for_a_day_repairs_clumps_within_the_day():
    # 100 events a day, each keeping .3. A day is bad if it has more flags
    # than 95 % of quiet days had; 10,000 quiet days say how often.
    quiet = clumped(0.3).reshape(100, 100, -1).sum(axis=1)
    assert quiet.shape == (100, 200)
    limit = np.quantile(quiet[:50], 0.95)
    p0 = rate_bound(int((quiet[:50] > limit).sum()), quiet[:50].size)
    assert (limit, p0) == (17, pytest.approx(0.047, abs=0.001))
    assert np.mean(watch(quiet[50:] > limit, p0)[0] < INF) < 0.02
    worse = clumped(0.3, rate=0.15, events=5_000)
    days = worse.reshape(50, 100, -1).sum(axis=1)
    rang, _ = watch(days > limit, p0)
    assert np.median(rang) == pytest.approx(12, abs=2)
    # With 60 quiet days of one's own stream the bound is far off.
    own = clumped(0.3)[:6_000].reshape(60, 100, -1).sum(axis=1)
    limits = np.quantile(own, 0.9, axis=0)
    bad = (own > limits).sum(axis=0)
    bounds = np.array([rate_bound(int(k), 60) for k in bad])
    assert np.median(bounds) == pytest.approx(0.2, abs=0.01)
    rang, _ = watch(days > limits, bounds)
    assert np.median(rang) == pytest.approx(27, abs=3)


def test_blind_spot_a_rate_that_halves_is_never_reported():
    # The feed stops, so no answer is checked and none is found wrong.
    process = after([False] * 10_000)
    assert not process.alarm
    # And trouble that comes after it is found later than it would be.
    rang, _ = watch(steady(0.2)[:2_000, :100], 0.1)
    late = np.vstack([np.zeros((2_000, 100), bool), steady(0.2)[:2_000, :100]])
    found = watch(late, 0.1)[0] - 2_000
    assert np.median(found) > 2 * np.median(rang)


def test_blind_spot_a_slice_too_small_to_move_the_rate():
    # Every answer for one customer in 200 is wrong: .1 becomes .1045.
    rang, _ = watch(steady(0.1045, 5_000, 200), 0.1)
    assert np.mean(rang < INF) < 0.15
