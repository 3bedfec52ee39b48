"""Which hours belong together, what that is worth, and what it misses."""

import math
from datetime import UTC, date, datetime, timedelta, timezone
from functools import cache
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from snippets.drift.seasonal_reference import (
    Unlike,
    same_hour_reference,
    unlike_past,
)
from snippets.flights.loader import load

NAN, INF = math.nan, math.inf
NEW_YORK = ZoneInfo("America/New_York")
HOUR, WEEK = timedelta(hours=1), timedelta(weeks=1)
MONDAY = datetime(2013, 6, 3, 10, tzinfo=UTC)


def hourly(first, n):
    """`n` times, an hour apart."""
    return [first + i * HOUR for i in range(n)]


# Identity


@given(st.integers(1, 6), st.floats(-1e6, 1e6), st.integers(1, 168))
def test_a_week_that_repeats_itself_is_like_the_others(weeks, level, hours):
    times = hourly(MONDAY, 168 * (weeks + 2))
    wave = [level + (i % 168) for i in range(len(times))]
    now = times[-1] + HOUR
    same = same_hour_reference(times, wave, now, weeks, zone=UTC, hours=hours)
    assert same.past_means == pytest.approx([same.mean] * weeks)
    assert same.past_rates.tolist() == [same.rate] * weeks == [1] * weeks
    if weeks > 1:
        found = unlike_past(same.rate, same.past_rates)
        assert (found.t, found.p_value, found.alarm) == (0, 1, False)


# Worked by hand


def test_four_weeks_worked_by_hand():
    # Mean 101. Off it -1, 3, -3, 1: squares 20, over 3 is 6.67, root 2.582.
    # One more week: x sqrt(1 + 1/4) = 2.887. Beyond 5.841 lies 1 % of
    # Student's curve with 3 degrees, so the interval is 101 +- 16.9.
    found = unlike_past(30, [100, 104, 98, 102])
    assert found == Unlike(
        expected=pytest.approx(101),
        low=pytest.approx(101 - 16.86, abs=0.01),
        high=pytest.approx(101 + 16.86, abs=0.01),
        t=pytest.approx(-71 / 2.887, rel=1e-3),
        p_value=pytest.approx(0.00015, rel=0.02),
        alarm=True,
        n_weeks=4,
    )


def test_monday_at_ten_takes_nine_to_ten_on_mondays():
    # Three Mondays, a row every half hour from 08:30 to 10:00; the value
    # says when: 170930 is the 17th at 09:30. Rows at 10:00 are too late.
    stamps = [
        datetime(2013, 6, day, hour, minute, tzinfo=UTC)
        for day in (3, 10, 17)
        for hour, minute in ((8, 30), (9, 0), (9, 30), (10, 0))
    ]
    values = [s.day * 10_000 + s.hour * 100 + s.minute for s in stamps]
    now = datetime(2013, 6, 17, 10, 20, tzinfo=UTC)
    same = same_hour_reference(stamps, values, now, zone=UTC)
    assert same.current.tolist() == [170900, 170930]
    assert same.reference.tolist() == [30900, 30930, 100900, 100930]
    assert same.week.tolist() == [2, 2, 1, 1]
    assert same.mean == 170915
    assert same.past_means.tolist()[:2] == [100915, 30915]
    assert same.rate == 2
    # Before the first row of all nobody knows how many rows there were.
    assert same.past_rates.tolist()[:2] == [2, 2]
    assert np.isnan(same.past_rates[2:]).all()
    assert np.isnan(same.past_means[2:]).all()
    assert (same.start.hour, same.end.hour) == (9, 10)


SPRING, AUTUMN = datetime(2013, 3, 10), datetime(2013, 11, 3)


@pytest.mark.parametrize(
    ("night", "now", "rows", "rate"),
    [
        # 02:00 to 03:00 does not exist, so at 03:00 there is nothing to judge
        (SPRING, 1, 12, 12),
        (SPRING, 3, 0, NAN),
        (SPRING, 4, 12, 12),
        # 01:00 to 02:00 comes twice: 24 rows, and still 12 an hour
        (AUTUMN, 1, 12, 12),
        (AUTUMN, 2, 24, 12),
        (AUTUMN, 3, 12, 12),
    ],
)
def test_the_nights_on_which_the_clock_jumps(night, now, rows, rate):
    # A row every five minutes, on a clock that knows no jumps.
    first = (night - timedelta(days=20)).replace(tzinfo=UTC)
    times = [first + i * timedelta(minutes=5) for i in range(12 * 24 * 30)]
    values = np.ones(len(times))
    now = night.replace(hour=now, minute=10, tzinfo=NEW_YORK)
    same = same_hour_reference(times, values, now, 2, zone=NEW_YORK)
    assert len(same.current) == rows
    assert same.rate == pytest.approx(rate, nan_ok=True)
    assert same.past_rates.tolist() == [12, 12]
    # A week later that night is the reference, and the rate is still right.
    same = same_hour_reference(times, values, now + WEEK, 2, zone=NEW_YORK)
    assert (same.week == 1).sum() == rows
    assert same.past_rates == pytest.approx([rate, 12], nan_ok=True)


def test_in_the_hour_that_comes_twice_the_last_full_one_is_before_it():
    # 01:30 for the second time: 01:00 to 02:00 is not over, 00:00 to 01:00 is
    again = datetime(2013, 11, 3, 1, 30, tzinfo=NEW_YORK, fold=1)
    same = same_hour_reference([], [], again, zone=NEW_YORK)
    assert (same.start.hour, same.end.hour) == (0, 1)


def test_nine_in_new_york_is_nine_before_and_after_the_jump():
    # A flight every morning at nine on the clock of New York.
    days = [datetime(2013, 3, 1 + d, 9, 5, tzinfo=NEW_YORK) for d in range(14)]
    now = datetime(2013, 3, 14, 10, 1, tzinfo=NEW_YORK)
    here = same_hour_reference(days, [1] * 14, now, 1, zone=NEW_YORK)
    assert (here.rate, here.past_rates.tolist()) == (1, [1])
    there = same_hour_reference(days, [1] * 14, now, 1, zone=UTC)
    assert (there.rate, there.past_rates.tolist()) == (1, [0])


# Agreement with others


@settings(max_examples=60)
@given(
    st.sampled_from(["America/New_York", "Australia/Lord_Howe", "UTC"]),
    st.sampled_from(
        [
            datetime(2013, 3, 10),
            datetime(2013, 11, 3),
            datetime(2013, 4, 7),
            datetime(2013, 10, 6),
        ]
    ),
    st.integers(-3_000, 3_000),
    st.integers(1, 30),
)
def test_it_is_the_clock_read_row_by_row(name, near, minutes, hours):
    zone = ZoneInfo(name)
    now = near.replace(tzinfo=UTC) + timedelta(minutes=minutes)
    quarter = timedelta(minutes=15)
    times = [now - i * quarter for i in range(-8, 4 * 24 * 16)]
    same = same_hour_reference(
        times, range(len(times)), now, 2, zone=zone, hours=hours
    )
    struck = now.astimezone(zone).replace(tzinfo=None, fold=0)
    struck = struck.replace(minute=0, second=0, microsecond=0)
    weeks = [[], [], []]
    for i, time in enumerate(times):
        wall = time.astimezone(zone).replace(tzinfo=None)
        for k in range(3):
            end = struck - k * WEEK
            if end - hours * HOUR <= wall < end:
                weeks[k].append(i)
    assert same.current.tolist() == weeks[0]
    assert same.reference[same.week == 1].tolist() == weeks[1]
    assert same.reference[same.week == 2].tolist() == weeks[2]


figures = st.lists(st.integers(-50, 50), min_size=3, max_size=12)


@given(st.integers(-99, 99), figures)
def test_it_is_the_t_of_a_regression_with_a_mark_on_now(now, past):
    if len(set(past)) < 2:
        return
    y = np.array([*past, now], dtype=float)
    design = np.column_stack([np.ones(len(y)), np.arange(len(y)) == len(past)])
    beta, squares = np.linalg.lstsq(design, y, rcond=None)[:2]
    cover = np.linalg.inv(design.T @ design) * squares[0] / (len(past) - 1)
    found = unlike_past(now, past)
    t = beta[1] / math.sqrt(cover[1, 1])
    assert found.t == pytest.approx(t, abs=1e-6)
    p = 2 * stats.t.cdf(-abs(t), len(past) - 1)
    assert found.p_value == pytest.approx(p, rel=1e-5, abs=1e-9)
    assert found.alarm == (not found.low <= now <= found.high)


# Properties


@given(figures, st.integers(-99, 99), st.sampled_from([1e-90, 0.01, 1e90]))
def test_cents_ring_as_euros_do(past, now, rate):
    euros = unlike_past(now, past)
    other = unlike_past(now * rate, np.multiply(past, rate))
    assert other.t == pytest.approx(euros.t)
    assert other.low == pytest.approx(euros.low * rate)
    assert unlike_past(-now, np.negative(past)).t == pytest.approx(-euros.t)


@settings(max_examples=25)
@given(st.integers(0, 400), st.randoms(use_true_random=False))
def test_rows_of_the_future_and_their_order_change_nothing(cut, random):
    times = hourly(MONDAY, 800)
    now = times[300 + cut]
    order = random.sample(range(800), 800)
    past = same_hour_reference(times[: 300 + cut], range(300 + cut), now,
                               zone=UTC)  # fmt: skip
    every = same_hour_reference(
        [times[i] for i in order], order, now, zone=UTC
    )
    assert every.mean == past.mean
    assert sorted(every.reference) == sorted(past.reference)
    assert every.past_rates == pytest.approx(past.past_rates, nan_ok=True)


# Hard inputs


def test_no_row_at_all_is_a_rate_of_nothing():
    same = same_hour_reference([], [], MONDAY, 2, zone=UTC)
    assert (len(same.current), len(same.reference)) == (0, 0)
    assert math.isnan(same.mean)
    assert same.rate == 0
    assert np.isnan([*same.past_means, *same.past_rates]).all()


def test_an_hour_without_a_row_has_a_rate_of_0_and_no_mean():
    times = [MONDAY - 2 * WEEK - HOUR, MONDAY - HOUR]
    same = same_hour_reference(times, [1, 2], MONDAY, 3, zone=UTC)
    assert (same.mean, same.rate) == (2, 1)
    assert same.past_rates == pytest.approx([0, 1, NAN], nan_ok=True)
    assert same.past_means == pytest.approx([NAN, 1, NAN], nan_ok=True)


def test_a_missing_value_is_left_out_and_still_says_that_the_feed_ran():
    times = [MONDAY - k * WEEK - HOUR for k in (0, 0, 1, 2)]
    same = same_hour_reference(times, [1, None, NAN, NAN], MONDAY, 2, zone=UTC)
    assert same.current.tolist() == [1]
    assert same.past_rates == pytest.approx([0, 0])


def test_a_feed_without_a_single_value_has_a_rate_of_0_every_week():
    times = [MONDAY - k * WEEK - HOUR for k in (0, 1, 2, 3)]
    same = same_hour_reference(times, [None] * 4, MONDAY, 2, zone=UTC)
    assert same.rate == 0
    assert same.past_rates.tolist() == [0, 0]


def test_a_wild_figure_of_now_leaves_the_interval_of_the_past_alone():
    usual = unlike_past(100, [1, 2, 3, 4])
    for now in 1e13, 1e100, -1e100:
        found = unlike_past(now, [1, 2, 3, 4])
        assert (found.low, found.high) == (usual.low, usual.high)
        assert math.isfinite(found.t)
        assert found.alarm
    far = unlike_past(1e100, [0, 1e-310])  # beyond what a float holds
    assert (far.t, far.p_value, far.alarm) == (INF, 0, True)


def test_a_clock_that_skips_a_day_has_no_such_day():
    # Samoa went from 29 to 31 December 2011.
    samoa = ZoneInfo("Pacific/Apia")
    now = datetime(2012, 1, 6, 10, tzinfo=samoa)
    times = hourly(now - timedelta(days=20), 24 * 20)
    same = same_hour_reference(times, range(480), now, 1, zone=samoa, hours=9)
    assert len(same.current) == 9
    assert len(same.reference) == 0
    assert math.isnan(same.past_rates[0])


HARD = {
    "all alike, now too": (5, [5, 5, 5], (5, 5, 0, 1)),
    "all alike, now more": (6, [5, 5, 5], (5, 5, INF, 0)),
    "all alike, now less": (4, [5, 5, 5], (5, 5, -INF, 0)),
    "nothing, as always": (0, [0, 0], (0, 0, 0, 1)),
    "rounding dust": (0.1 + 0.2, [0.3, 0.3, 0.3], (0.3, 0.3, 0, 1)),
    "two weeks": (1, [0, 2], (-109.26, 111.26, 0, 1)),
    "a week without a figure": (1, [0, NAN, 2], (-109.26, 111.26, 0, 1)),
    "None is missing too": (1, [0, None, 2], (-109.26, 111.26, 0, 1)),
    "booleans": (True, [False, True], (-54.63, 55.63, 0.58, 0.67)),
    "large": (1e100, [0, 0], (0, 0, INF, 0)),
}


@pytest.mark.parametrize(("now", "past", "expected"), HARD.values(), ids=HARD)
def test_hard_figures(now, past, expected):
    found = unlike_past(now, past)
    four = found.low, found.high, found.t, found.p_value
    assert four == pytest.approx(expected, abs=0.01)


@pytest.mark.parametrize(
    "column",
    [
        tuple,
        np.float32,
        lambda v: np.ma.array(v, mask=False),
        lambda v: pd.Series(v, index=range(9, 9 - len(v), -1)),
        lambda v: pd.Series(v, dtype="Int64"),
    ],
)
@pytest.mark.parametrize(
    "stamps",
    [
        list,
        lambda v: np.array([t.replace(tzinfo=None) for t in v], "M8[s]"),
        lambda v: pd.Series(pd.to_datetime(v)),
        lambda v: [t.astimezone(NEW_YORK) for t in v],
    ],
)
def test_other_containers_give_the_answer_of_the_list(column, stamps):
    times, values = hourly(MONDAY, 400), [i % 7 for i in range(400)]
    plain = same_hour_reference(times, values, times[-1], zone=NEW_YORK)
    found = same_hour_reference(
        stamps(times), column(values), times[-1], zone=NEW_YORK
    )
    assert found.reference.tolist() == plain.reference.tolist()
    assert found.mean == plain.mean
    assert unlike_past(9, column([1, 2, 4])) == unlike_past(9, [1, 2, 4])


# Errors


def asked(times=(MONDAY,), values=(1,), now=MONDAY, weeks=4, **more):
    return same_hour_reference(
        times, values, now, weeks, **{"zone": UTC, **more}
    )


NAIVE = datetime(2013, 6, 3)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: asked(values=[]), ValueError, "values must be .* 1, got 0"),
        (lambda: asked(values=[INF]), ValueError, "values .* got inf"),
        (lambda: asked(values=[1e101]), ValueError, r"values .* got 1e\+101"),
        (lambda: asked(values=["1"]), TypeError, "values must hold numbers"),
        (lambda: asked(values=[[1]]), ValueError, r"values .* got \(1, 1\)"),
        (lambda: asked([NAIVE]), ValueError, r"times\[0\] .* got naive 2013"),
        (lambda: asked([MONDAY, NAIVE]), ValueError, r"times\[1\] .* naive"),
        (lambda: asked([date(2013, 6, 3)]), TypeError, r"times\[0\] .* date"),
        (lambda: asked(["2013"]), TypeError, r"times\[0\] must .* got str"),
        (lambda: asked([1]), TypeError, r"times\[0\] .* got int"),
        (lambda: asked([None]), TypeError, r"times\[0\] .* got NoneType"),
        (lambda: asked([pd.NaT]), (TypeError, ValueError), r"times\[0\] must"),
        (lambda: asked([[MONDAY]]), ValueError, r"times .* got \(1, 1\)"),
        (lambda: asked(MONDAY), ValueError, r"times must .* got \(\)"),
        (
            lambda: asked(np.array(["NaT"], "M8[s]")),
            ValueError,
            "times must be times, got NaT",
        ),
        (
            lambda: asked(np.array(["20000"], "M8[Y]")),
            ValueError,
            "times must be in years 1 to 9999",
        ),
        (
            lambda: asked(np.array([10**17], "M8[s]")),  # wraps as M8[us]
            ValueError,
            "times must be in years 1 to 9999, got 3168",
        ),
        (
            lambda: asked(np.ma.array([MONDAY], mask=[True])),
            ValueError,
            "times must not be masked",
        ),
        (lambda: asked(now=NAIVE), ValueError, "now must have a time zone"),
        (lambda: asked(now=None), TypeError, "now must be .* got NoneType"),
        (lambda: asked(now=np.datetime64("NaT")), ValueError, "now must be t"),
        (
            lambda: asked(now=datetime(1, 1, 2, tzinfo=UTC)),
            ValueError,
            "now must have 4 weeks before it, got 0001-01-02",
        ),
        (
            lambda: asked(
                now=datetime(9999, 12, 31, 23, tzinfo=UTC),
                zone=timezone(HOUR * 14),
            ),
            ValueError,
            "now must have 4 weeks before it, got 9999",
        ),
        (lambda: asked(weeks=0), ValueError, "weeks must .* got 0"),
        (lambda: asked(weeks=2.5), ValueError, "weeks must .* got 2.5"),
        (lambda: asked(weeks=9_999), ValueError, "weeks must .* got 9999"),
        (lambda: asked(hours=0), ValueError, "hours must .* got 0"),
        (lambda: asked(hours=169), ValueError, "hours .* 1 to 168, got 169"),
        (lambda: asked(hours="1"), ValueError, "hours must .* got '1'"),
        (lambda: asked(zone="UTC"), TypeError, "zone must .* got 'UTC'"),
        (lambda: asked(zone=None), TypeError, "zone must .* got None"),
        (lambda: unlike_past(1, []), ValueError, "past .* weeks, got 0"),
        (lambda: unlike_past(1, [2, NAN]), ValueError, "past .* weeks, got 1"),
        (lambda: unlike_past(NAN, [1, 2]), ValueError, "now .* within 1e100"),
        (lambda: unlike_past(None, [1, 2]), ValueError, "now .* within 1e100"),
        (lambda: unlike_past(-INF, [1, 2]), ValueError, "now .* got .*inf"),
        (lambda: unlike_past("3", [1, 2]), TypeError, "now must hold numbers"),
        (lambda: unlike_past([3], [1, 2]), ValueError, "now must be one col"),
        (lambda: unlike_past(3, [1, INF]), ValueError, "past .* within 1e100"),
        (lambda: unlike_past(3, ["1", "2"]), TypeError, "past must hold numb"),
        (lambda: unlike_past(3, [[1, 2]]), ValueError, "past must be one col"),
        (lambda: unlike_past(3, 5), ValueError, r"past .* got \(\)"),
        (lambda: unlike_past(3, [1, 2], alpha=0), ValueError, "alpha .* 0"),
        (lambda: unlike_past(3, [1, 2], alpha="1"), ValueError, "alpha .*'1'"),
        (
            lambda: unlike_past(3, [1, 2], alpha=NAN),
            ValueError,
            "alpha .* nan",
        ),
    ],
)
def test_what_is_refused_is_refused_by_name(call, error, message):
    with pytest.raises(error, match=message):
        call()


moments = st.one_of(
    st.datetimes(timezones=st.sampled_from([UTC, NEW_YORK, None])),
    st.sampled_from([None, 3, "2013", date(2013, 1, 1), pd.NaT]),
    st.integers(-(2**62), 2**62).map(lambda i: np.datetime64(i, "s")),
)
numbers = st.one_of(
    st.floats(), st.none(), st.booleans(), st.integers(-(2**70), 2**70),
    st.sampled_from(["1", b"x", 1j, [1.0], MONDAY]),
)  # fmt: skip


def answer(call):
    try:
        return call()
    except (ValueError, TypeError) as error:
        return str(error)


@given(
    st.lists(moments, max_size=3) | st.none() | st.just([[MONDAY]]),
    st.lists(numbers, max_size=3) | st.none() | st.just([[1.0]]),
    moments,
    numbers,
    st.sampled_from([UTC, NEW_YORK, "UTC", None]),
)
def test_whatever_comes_in_a_result_or_a_name_comes_out(
    times, values, now, number, zone
):
    same = answer(
        lambda: same_hour_reference(times, values, now, 2, zone=zone)
    )
    if isinstance(same, str):
        assert same.startswith(("times", "values", "now", "zone"))
    else:
        assert len(same.reference) == len(same.week) <= len(times)
        assert math.isnan(same.rate) or same.rate >= 0
    found = answer(lambda: unlike_past(number, values))
    if isinstance(found, str):
        assert found.startswith(("now", "past"))
    else:
        assert found.low <= found.expected <= found.high
        assert 0 <= found.p_value <= 1
        assert found.alarm == (found.p_value <= 0.01)


# Does it keep its word?


def rings(now, past, alpha=0.01):
    """`unlike_past` for many cases at once: past has shape (weeks, cases)."""
    weeks = len(past)
    error = past.std(axis=0, ddof=1) * math.sqrt(1 + 1 / weeks)
    limit = stats.t.isf(alpha / 2, weeks - 1)
    return np.abs(now - past.mean(axis=0)) > limit * error


def bell(seed, weeks, cases=40_000):
    """The figure of now, and of past weeks: all from one bell curve."""
    drawn = np.random.default_rng(seed).normal(size=(weeks + 1, cases))
    return drawn[0], drawn[1:]


@pytest.mark.parametrize("weeks", [4, 8, 12])
def test_one_week_in_a_hundred_rings_when_nothing_changed(weeks):
    now, past = bell(1, weeks)
    assert rings(now, past).mean() == pytest.approx(0.01, abs=0.0015)
    few = [unlike_past(now[i], past[:, i]).alarm for i in range(500)]
    assert few == rings(now, past)[:500].tolist()


@pytest.mark.parametrize(
    ("weeks", "share"),
    [(3, 0.122), (4, 0.075), (8, 0.0255), (12, 0.015), (26, 0.007)],
)
def test_three_standard_deviations_are_no_one_in_370(weeks, share):
    now, past = bell(2, weeks)
    off = np.abs(now - past.mean(axis=0)) / past.std(axis=0, ddof=1)
    assert np.mean(off > 3) == pytest.approx(share, abs=0.004)


@pytest.mark.parametrize(
    ("weeks", "limit", "seen"),
    [(3, 11.5, 14.6), (4, 6.5, 8.3), (8, 3.7, 4.8), (12, 3.2, 4.2),
     (26, 2.8, 3.7)],
)  # fmt: skip
def test_the_least_change_that_is_seen_four_times_in_five(weeks, limit, seen):
    past = np.tile([1.0, -1.0], weeks)[:weeks]
    found = unlike_past(0, past)
    reach = (found.high - found.low) / 2 / past.std(ddof=1)
    assert reach == pytest.approx(limit, abs=0.05)
    now, past = bell(3, weeks)
    assert rings(now + seen, past).mean() == pytest.approx(0.8, abs=0.02)


@pytest.mark.parametrize(
    ("weeks", "limit"), [(4, 13.0), (8, 5.4), (12, 4.4), (26, 3.7)]
)
def test_twelve_false_alarms_a_year_from_hourly_looks(weeks, limit):
    alpha = 12 / 8_760
    reach = stats.t.isf(alpha / 2, weeks - 1) * math.sqrt(1 + 1 / weeks)
    assert reach == pytest.approx(limit, abs=0.05)
    now, past = bell(4, weeks, 200_000)
    year = 8_760 * rings(now, past, alpha).mean()
    assert year == pytest.approx(12, abs=2)


@pytest.mark.parametrize(("kept", "share"), [(0.0, 0.83), (0.9, 0.6)])
def test_hourly_looks_ring_in_most_weeks_with_nothing_wrong(kept, share):
    # Eight past weeks; each hour keeps this share of the hour before.
    hours = np.random.default_rng(5).normal(size=(9 * 168, 800))
    for t in range(1, len(hours)):
        hours[t] *= math.sqrt(1 - kept**2)
        hours[t] += kept * hours[t - 1]
    weeks = hours.reshape(9, -1)
    rang = rings(weeks[8], weeks[:8]).reshape(168, 800)
    assert rang.sum(axis=0).mean() == pytest.approx(1.7, abs=0.25)
    assert rang.any(axis=0).mean() == pytest.approx(share, abs=0.06)


@pytest.mark.parametrize(
    ("draw", "share"),
    [
        (lambda rng, n: rng.poisson(30, n), 0.010),
        (lambda rng, n: rng.poisson(10, n), 0.010),
        (lambda rng, n: rng.poisson(3, n), 0.013),
        (lambda rng, n: rng.poisson(0.5, n), 0.030),
        (lambda rng, n: rng.exponential(size=n), 0.037),
        (lambda rng, n: np.exp(rng.normal(size=n)), 0.051),
    ],
    ids=["counts of 30", "of 10", "of 3", "of .5", "exponential", "lognormal"],
)
def test_figures_that_are_skewed_ring_too_often(draw, share):
    drawn = draw(np.random.default_rng(6), (9, 60_000)).astype(float)
    assert rings(drawn[0], drawn[1:]).mean() == pytest.approx(share, abs=0.004)


flights = cache(load)  # the 20 % sample


def test_on_the_flights_the_hour_sees_what_any_hour_cannot():
    # Flights per three hours on the clock of New York, every second week
    # from March on, each against the eight before it: 22 x 56 looks. Then
    # three flights in four are lost, where there were any.
    time, day = flights()["time"], np.timedelta64(1, "D")
    rings = {"same": [], "any": [], "same, lost": [], "any, lost": []}
    for week in range(0, 43, 2):
        monday = datetime(2013, 3, 4, tzinfo=NEW_YORK) + week * WEEK
        first = np.datetime64(monday.date())
        near = time[(time > first - 58 * day) & (time < first + 8 * day)]
        ones = np.ones(len(near))
        parts = [
            same_hour_reference(near, ones, now, 8, zone=NEW_YORK, hours=3)
            for now in (monday + 3 * i * HOUR for i in range(1, 57))
        ]
        every = np.concatenate([part.past_rates for part in parts])
        for part in parts:
            for name, past in ("same", part.past_rates), ("any", every):
                rings[name].append(unlike_past(part.rate, past).alarm)
                if part.rate > 0:
                    left = unlike_past(part.rate / 4, past)
                    rings[f"{name}, lost"].append(left.alarm)
    n_looks = [len(looks) for looks in rings.values()]
    assert n_looks == [1_232, 1_232, 1_026, 1_026]
    assert [sum(looks) for looks in rings.values()] == [13, 0, 707, 0]
    # Five of the thirteen lie in the week of Thanksgiving, the 20th.
    assert sum(rings["same"][19 * 56 : 20 * 56]) == 5


# The blind spots


@pytest.mark.parametrize("weeks", [4, 8, 12])
def test_blind_spot_one_bad_week_in_the_past_hides_the_next(weeks):
    # The figure falls by 10 standard deviations: clean weeks see it. If one
    # of the past weeks was broken too, by 20, nothing rings.
    now, past = bell(7, weeks)
    assert rings(now - 10, past).mean() > (0.9 if weeks == 4 else 0.99)
    past[0] -= 20
    assert rings(now - 10, past).mean() < 0.002
    # Left out by name, that week does no harm.
    case = unlike_past(now[0] - 10, [NAN, *past[1:, 0]])
    assert case.n_weeks == weeks - 1


def test_blind_spot_a_fault_that_grows_by_the_week_is_never_seen():
    # A standard deviation a week: after a year the figure is 52 off. A
    # quarter of that rings twice as often as nothing at all.
    now, past = bell(8, 8)
    weeks_ago = np.arange(1, 9)[:, None]
    assert rings(now, past - weeks_ago).mean() < 0.003
    slow = rings(now, past - weeks_ago / 4).mean()
    assert slow == pytest.approx(0.02, abs=0.004)


@pytest.mark.parametrize(
    ("day", "n", "alarm"),
    [
        (date(2013, 7, 4), 154, False),
        (date(2013, 11, 28), 131, True),
        (date(2013, 12, 25), 146, True),
    ],
)
def test_blind_spot_a_holiday_is_no_thursday(day, n, alarm):
    # Nothing is broken: fewer people fly. The 20 % sample, whole days.
    time = flights()["time"]
    night = datetime(day.year, day.month, day.day, tzinfo=NEW_YORK)
    now = night + timedelta(days=1)
    same = same_hour_reference(
        time, np.ones(len(time)), now, 8, zone=NEW_YORK, hours=24
    )
    assert len(same.current) == n < min(same.past_rates * 24)
    assert unlike_past(same.rate, same.past_rates).alarm == alarm
