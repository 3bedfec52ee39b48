"""What the comparator promises, what that costs, and what it cannot see."""

import math
from datetime import UTC, date, datetime, timedelta
from functools import cache

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from snippets.drift.comparator import (
    Comparison,
    alarm_limit,
    compare,
    first_alarm,
)

NAN, INF = math.nan, math.inf
MONDAY = date(2013, 6, 3)
DATES = [MONDAY + timedelta(days=i) for i in range(40)]
YEAR = 365

money = st.floats(-50, 50).map(lambda x: round(x, 2))
rows = st.lists(st.tuples(money, money, st.integers(0, 9)), min_size=2)


def of_days(daily, limit=-4, window=14):
    """Alarms for one row a day against a rule that earns nothing."""
    days = range(len(daily))
    nothing = np.zeros(len(daily))
    return first_alarm(daily, nothing, days, limit=limit, window=window)


# Identity


@given(rows)
def test_a_model_that_does_what_the_rule_does_never_rings(found):
    value, _, day = zip(*found, (1.0, 1.0, 10), (1.0, 1.0, 11), strict=True)
    same = compare(value, value, day)
    assert (same.mean_difference, same.low, same.high) == (0, 0, 0)
    assert (same.t, same.lag1) == (0, 0)
    assert not first_alarm(value, value, day, limit=-1e-9, window=2).days


# Worked by hand


def test_three_days_worked_by_hand():
    # Day 1: 5 - 4 = 1 and 3 - 2 = 1, mean 1. Day 2: 0 and 0, mean 0.
    # Day 3: 3. Mean of the days 4/3; squares 1/9 + 16/9 + 25/9 = 42/9,
    # variance 21/9, standard error sqrt(21/9 / 3) = sqrt(7)/3 = .8819.
    # t = 1.5119, and t beyond which 5 % lie with 2 degrees is 4.3027.
    found = compare([5, 3, 4, 2, 6], [4, 2, 4, 2, 3], [1, 1, 2, 2, 3])
    assert found.mean_difference == pytest.approx(4 / 3)
    assert found.t == pytest.approx(4 / math.sqrt(7))
    assert found.low == pytest.approx(4 / 3 - 4.302653 * math.sqrt(7) / 3)
    assert found.high == pytest.approx(4 / 3 + 4.302653 * math.sqrt(7) / 3)
    assert (found.n_days, found.n_rows) == (3, 5)
    # Off the mean: -1/3, -4/3, 5/3. Neighbours 4/9 - 20/9, squares 42/9.
    assert found.lag1 == pytest.approx(-16 / 42)


def test_a_morning_sees_the_days_before_it_and_no_other():
    # Windows of two: (1, 3) t 2; (3, -1) t .5; (-1, -2) t -3; (-2, -4) t -3
    found = of_days([1, 3, -1, -2, -4], limit=-2.5, window=2)
    assert found.mornings == (2, 3, 4, 5)
    assert found.t == pytest.approx((2, 0.5, -3, -3))
    assert (found.first, found.days, found.share) == (4, (4, 5), 0.5)
    assert found.ringing
    # On the limit is not below it.
    assert not of_days([1, 3, -1, -2, -4], found.t[-1], window=2).ringing


def test_the_last_morning_is_the_one_after_your_data():
    losing = [-1, -2] * 7
    found = first_alarm(losing, [0] * 14, DATES[:14], limit=-4, window=14)
    assert found.mornings == found.days == (date(2013, 6, 17),)
    assert (found.first, found.ringing) == (date(2013, 6, 17), True)
    healed = of_days([*losing, *[9] * 20])
    assert (healed.first, healed.ringing) == (14, False)


# Agreement with others


@settings(max_examples=50)
@given(rows, st.sampled_from([0.5, 0.05, 0.001]))
def test_it_is_scipys_paired_test_on_daily_means(found, alpha):
    model, rule, day = zip(*found, (0.0, 1.0, 10), (0.0, 3.0, 11), strict=True)
    means = pd.DataFrame({"m": model, "r": rule}).groupby(list(day)).mean()
    paired = stats.ttest_rel(means.m, means.r)
    single = stats.ttest_1samp(means.m - means.r, 0)
    low, high = single.confidence_interval(1 - alpha)
    ours = compare(model, rule, day, alpha=alpha)
    assert ours.t == pytest.approx(paired.statistic, rel=1e-6)
    assert ours.low == pytest.approx(low, rel=1e-6, abs=1e-9)
    assert ours.high == pytest.approx(high, rel=1e-6, abs=1e-9)
    assert (ours.n_days, ours.n_rows) == (len(means), len(model))


@pytest.mark.parametrize("n", [2, 3, 4, 14, 57, 365])
@pytest.mark.parametrize("alpha", [0.9, 0.5, 0.05, 0.01, 1e-4, 1e-6])
def test_the_quantile_is_scipys_student(n, alpha):
    daily = np.arange(n) % 5
    found = compare(daily, np.zeros(n), range(n), alpha=alpha)
    reach = stats.t.isf(alpha / 2, n - 1) * stats.sem(daily)
    middle = found.mean_difference
    # SciPy 1.11 is itself good to eight digits here.
    assert found.high - middle == pytest.approx(reach, rel=1e-7)


def test_resampling_whole_days_gives_the_same_interval():
    rng = np.random.default_rng(1)
    day = np.repeat(np.arange(90), rng.integers(50, 150, size=90))
    weather = rng.normal(0, 3, size=90)
    model = rng.normal(1 + weather[day], 5)
    found = compare(model, np.zeros(len(day)), day)
    daily = np.bincount(day, model) / np.bincount(day)
    drawn = daily[rng.integers(90, size=(4_000, 90))].mean(axis=1)
    low, high = np.quantile(drawn, [0.025, 0.975])
    width = found.high - found.low
    assert found.low == pytest.approx(low, abs=0.05 * width)
    assert found.high == pytest.approx(high, abs=0.05 * width)
    # Counted as 9,000 independent rows, it would look twice as sure.
    naive = stats.sem(model) * 1.96 * 2
    assert width > 2 * naive


@settings(max_examples=50)
@given(rows, st.integers(2, 4), st.sampled_from([-0.5, -2, -6]))
def test_each_look_is_a_comparison_of_its_window(found, window, limit):
    model, rule, day = map(np.array, zip(*found, strict=True))
    days = np.unique(day)
    if len(days) < window:
        return
    alarms = first_alarm(model, rule, day, limit=limit, window=window)
    rings = []
    for i in range(len(days) - window + 1):
        seen = np.isin(day, days[i : i + window])
        look = compare(model[seen], rule[seen], day[seen])
        assert alarms.t[i] == look.t
        rings.append(look.t < limit)
    mornings = [*days[window:].tolist(), int(days[-1]) + 1]
    assert alarms.mornings == tuple(mornings)
    assert alarms.days == tuple(np.array(mornings)[rings].tolist())
    assert alarms.share == np.mean(rings)
    assert alarms.first == (alarms.days[0] if any(rings) else None)


# Properties


@given(rows, st.randoms(use_true_random=False))
def test_the_order_of_rows_does_not_matter(found, random):
    found = [*found, (1.0, 0.0, 10), (2.0, 0.0, 11)]
    shuffled = random.sample(found, len(found))
    one, other = (
        compare(*zip(*part, strict=True)) for part in (found, shuffled)
    )
    assert one.mean_difference == pytest.approx(other.mean_difference)
    assert one.high == pytest.approx(other.high)
    assert one.lag1 == pytest.approx(other.lag1)


@given(rows, st.sampled_from([1e-9, 0.01, 1000.0]))
def test_cents_ring_as_euros_do(found, rate):
    model, rule, day = map(np.array, zip(*found, strict=True))
    model = np.append(model, [1, -2, 5])
    rule, day = np.append(rule, [0, 0, 0]), np.append(day, [10, 11, 12])
    euros = first_alarm(model, rule, day, limit=-2, window=3)
    other = first_alarm(rate * model, rate * rule, day, limit=-2, window=3)
    assert other.t == pytest.approx(euros.t, rel=1e-6, abs=1e-9)


@given(rows)
def test_the_two_sides_are_mirror_images(found):
    model, rule, day = zip(*found, (1.0, 0.0, 10), (2.0, 0.0, 11), strict=True)
    there, back = compare(model, rule, day), compare(rule, model, day)
    assert there.mean_difference == pytest.approx(-back.mean_difference)
    assert there.low == pytest.approx(-back.high)
    assert there.lag1 == pytest.approx(back.lag1)


@given(st.lists(money, min_size=8, max_size=30))
def test_what_comes_later_changes_no_earlier_look(daily):
    before, after = of_days(daily[:-3], window=4), of_days(daily, window=4)
    assert after.t[: len(before.t)] == before.t
    assert after.mornings[: len(before.t)] == before.mornings


def test_more_rows_on_a_day_do_not_make_it_another_day():
    once = compare([1, 2, 4], [0, 0, 0], [1, 2, 3])
    often = compare([1] * 900 + [2, 4], [0] * 902, [1] * 900 + [2, 3])
    assert often.t == once.t
    assert (often.n_days, often.n_rows) == (3, 902)


# Hard inputs

HARD = {
    "unsorted days": ([4, 1, 2], [0, 0, 0], [9, 3, 5], (7 / 3, 3)),
    "a gap is no day": ([1, 2, 4], [0, 0, 0], [1, 2, 99], (7 / 3, 3)),
    "no outcome yet": ([1, NAN, 4], [0, NAN, 0], [1, 2, 3], (2.5, 2)),
    "None is missing too": ([1, None, 4], [0, None, 0], [1, 2, 3], (2.5, 2)),
    "one row of a day": ([1, NAN, 4], [0, NAN, 0], [1, 1, 2], (2.5, 2)),
    "booleans": ([True, False], [False, False], [1, 2], (0.5, 2)),
    "days before year 0": ([1, 2], [0, 0], [-5, -4], (1.5, 2)),
    "constant": ([3, 3], [1, 1], [1, 2], (2, 2)),
    "rounding dust": ([0.3, 0.3], [0.1 + 0.2] * 2, [1, 2], (0, 2)),
    "as large as it takes": ([1e100, -1e100], [0, 0], [1, 2], (0, 2)),
    "as small as it gets": ([5e-324] * 2, [0, 0], [1, 2], (5e-324, 2)),
}


@pytest.mark.parametrize(
    ("model", "rule", "day", "expected"), HARD.values(), ids=HARD
)
def test_hard_inputs(model, rule, day, expected):
    found = compare(model, rule, day)
    assert (found.mean_difference, found.n_days) == expected
    assert found.low <= found.mean_difference <= found.high
    assert -1 <= found.lag1 <= 1


@pytest.mark.parametrize(
    ("step", "t"), [(0, 0), (-2, -INF), (2, INF), (-1e-200, -INF)]
)
def test_days_that_all_differ_by_the_same_amount(step, t):
    daily = [step] * 14
    found = compare(daily, [0] * 14, DATES[:14])
    assert (found.t, found.low, found.high) == (t, step, step)
    assert of_days(daily).ringing == (t < 0)


DAYS = {
    "dates": DATES[:14],
    "tuple": tuple(DATES[:14]),
    "datetime64[D]": np.array(DATES[:14], "M8[D]"),
    "datetime64[ns]": np.array(DATES[:14], "M8[ns]"),
    "pandas": pd.Series(pd.to_datetime(DATES[:14])),
    "pandas index": pd.date_range(MONDAY, periods=14),
}


@pytest.mark.parametrize("day", DAYS.values(), ids=DAYS)
@pytest.mark.parametrize(
    "column",
    [
        list,
        np.float32,
        lambda v: np.ma.array(v, mask=False),
        lambda v: pd.Series(v, index=range(50, 50 - len(v), -1)),
        lambda v: pd.Series(v, dtype="Int64"),
    ],
)
def test_other_containers_give_the_answer_of_the_list(day, column):
    daily = [-1, -2, -3] * 4 + [-1, -2]
    found = first_alarm(
        column(daily), column([0] * 14), day, limit=-4, window=14
    )
    assert found.mornings == (date(2013, 6, 17),)
    assert found.t == of_days(daily).t
    found_mask = np.isin(
        np.array(DATES, "M8[D]"), np.array(found.days, "M8[D]")
    )
    assert found_mask.sum() == 1


def test_a_masked_value_is_a_missing_one():
    mask = [False, True, False]
    masked = np.ma.array([1, 9, 4], mask=mask)
    found = compare(masked, np.ma.array([0, 0, 0], mask=mask), [1, 2, 3])
    assert found == compare([1, NAN, 4], [0, NAN, 0], [1, 2, 3])


# Errors

NOON = np.array(["2013-06-03T12", "2013-06-04T00"], "M8[h]")
GOOD = ([1, 2], [0, 0], [1, 2])


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        (([], [], []), ValueError, "day must hold 2 or more .* got 0"),
        (([1], [1], [1]), ValueError, "day must hold 2 or more .* got 1"),
        (([NAN] * 3, [NAN] * 3, [1, 2, 3]), ValueError, "day .* got 0"),
        (([1, 2], [1], [1, 2]), ValueError, "value_baseline .* 2, got 1"),
        (([1, 2], [1, 2], [1]), ValueError, "day must be .* 2, got 1"),
        (([1, NAN], [0, 0], [1, 2]), ValueError, "value_model .* got 1 row"),
        (([1, 1], [0, NAN], [1, 2]), ValueError, "value_model .* got 1 row"),
        (([1, INF], [0, 0], [1, 2]), ValueError, "value_model .* got inf"),
        (([1, 2], [-INF, 0], [1, 2]), ValueError, "baseline .* got -inf"),
        (([1e101, 0], [0, 0], [1, 2]), ValueError, "model .* got 1e\\+101"),
        (([[1, 2]], [[0, 0]], [1]), ValueError, r"model .* got \(1, 2\)"),
        (([1, 2], [0, 0], [[1, 2]]), ValueError, r"day .* got \(1, 2\)"),
        ((1, 0, 1), ValueError, r"value_model must be one column, got \(\)"),
        ((["1", "2"], [0, 0], [1, 2]), TypeError, "value_model .* got <U1"),
        (([1, 2], ["a", None], [1, 2]), TypeError, "value_baseline .* got"),
        ((GOOD[2], GOOD[1], ["a", "b"]), TypeError, "day must hold .* <U1"),
        (([1, 2], [0, 0], [1.0, 2.0]), TypeError, "day .* got float64"),
        (([1, 2], [0, 0], [True, False]), TypeError, "day .* got bool"),
        (([1, 2], [0, 0], [MONDAY, None]), TypeError, "NoneType, date"),
        (([1, 2], [0, 0], [MONDAY, 5]), TypeError, "day .* got date, int"),
        (
            ([1, 2], [0, 0], [datetime(2013, 6, 3), datetime(2013, 6, 4)]),
            TypeError,
            "day must hold dates or integers, got datetime",
        ),
        (
            ([1, 2], [0, 0], [datetime(2013, 6, 3, tzinfo=UTC)] * 2),
            TypeError,
            "day .* got datetime",
        ),
        (
            ([1, 2], [0, 0], pd.date_range(MONDAY, periods=2, tz="UTC")),
            TypeError,
            "day .* got Timestamp",
        ),
        (([1, 2], [0, 0], NOON), ValueError, "whole days, got 2013-06-03T12"),
        (
            ([1, 2], [0, 0], np.array(["2013-06-03", "NaT"], "M8[D]")),
            ValueError,
            "day must be whole days, got NaT",
        ),
        (
            ([1, 2], [0, 0], np.array(["20000-01-01"] * 2, "M8[D]")),
            ValueError,
            "day must be whole days, got 20000-01-01",
        ),
        (
            ([1, 2], [0, 0], [date(9999, 12, 30), date(9999, 12, 31)]),
            ValueError,
            "day must be whole days, got 9999-12-31",
        ),
        (
            ([1, 2], [0, 0], np.ma.array([1, 2], mask=[0, 1])),
            ValueError,
            "day must not be missing, got a masked value",
        ),
    ],
)
def test_values_and_days_that_are_refused(arguments, error, message):
    with pytest.raises(error, match=message):
        compare(*arguments)
    with pytest.raises(error, match=message):
        first_alarm(*arguments, limit=-2, window=2)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: compare(*GOOD, alpha=0), "alpha must be .* got 0"),
        (lambda: compare(*GOOD, alpha=NAN), "alpha must be .* got nan"),
        (lambda: of_days([1] * 13), "day must hold 14 or more .* got 13"),
        (lambda: of_days([1] * 14, limit=2), "limit must be .* got 2"),
        (lambda: of_days([1] * 14, limit=0), "limit must be .* got 0"),
        (lambda: of_days([1] * 14, limit=-INF), "limit .* got -inf"),
        (lambda: of_days([1] * 14, limit=NAN), "limit .* got nan"),
        (lambda: of_days([1] * 14, window=1), "window must .* got 1"),
        (lambda: of_days([1] * 14, window=2.5), "window must .* got 2.5"),
        (lambda: alarm_limit(0), "mornings must be whole, 1 .* got 0"),
        (lambda: alarm_limit(9, window=True), "window must .* got True"),
        (lambda: alarm_limit(9, alpha=0.5), "alpha .* 0 and 0.5, got 0.5"),
        (lambda: alarm_limit(9, alpha=0), "alpha must .* got 0"),
        (lambda: alarm_limit(9, phi=1), "phi must be .* got 1"),
        (lambda: alarm_limit(9, phi=-1), "phi must be .* got -1"),
        (lambda: alarm_limit(9, phi=NAN), "phi must be .* got nan"),
        (lambda: alarm_limit(9, lead=-0.1), "lead must be .* got -0.1"),
        (lambda: alarm_limit(9, lead=INF), "lead must be .* got inf"),
        (lambda: alarm_limit(9, n_runs=399), "n_runs .* 400 .* got 399"),
    ],
)
def test_settings_that_are_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call()


messy_numbers = st.one_of(
    st.lists(st.floats() | st.none() | st.booleans(), max_size=9),
    st.lists(st.floats() | st.text(max_size=2), max_size=4),
    st.lists(st.integers(), max_size=9),
    st.just([[1.0], [2.0]]),
    st.none(),
)
messy_days = st.one_of(
    st.lists(st.integers(-9, 9), max_size=9),
    st.lists(st.dates(), max_size=9),
    st.lists(st.dates() | st.datetimes() | st.none(), max_size=4),
    st.lists(st.integers() | st.floats() | st.text(max_size=2), max_size=4),
    st.lists(
        st.dates().map(lambda d: np.datetime64(d, "D"))
        | st.just(np.datetime64("NaT")),
        max_size=9,
    ).map(lambda days: np.array(days, "M8[D]")),
)


@given(messy_numbers, messy_numbers, messy_days, st.integers(-1, 4))
def test_whatever_comes_is_answered_or_refused_by_name(a, b, day, window):
    refusals, answers = [], []
    for call in (
        lambda: compare(a, b, day),
        lambda: first_alarm(a, b, day, limit=-2, window=window),
        lambda: first_alarm(b, b, day, limit=-2, window=window),
    ):
        try:
            found = call()
        except (TypeError, ValueError) as error:
            refusals.append(str(error))
        else:
            answers.append(found)
    names = ("value_model ", "value_baseline ", "day ", "window ")
    assert all(text.startswith(names) for text in refusals)
    for found in answers:
        t = found.t if isinstance(found.t, tuple) else (found.t,)
        assert not any(map(math.isnan, t))
        if isinstance(found, Comparison):
            assert found.low <= found.mean_difference <= found.high
            assert math.isfinite(found.low + found.high + found.lag1)


# Does it keep its word?


def years(seed, phi=0.0, runs=800, days=YEAR + 55):
    """Daily differences of many models, shape (runs, days), mean 0."""
    fresh = np.random.default_rng(seed).normal(size=(runs, days))
    daily = fresh.copy()
    for i in range(1, days):
        daily[:, i] = phi * daily[:, i - 1]
        daily[:, i] += math.sqrt(1 - phi**2) * fresh[:, i]
    return daily


def looks(daily, window):
    """The statistic of a year of mornings, shape (runs, 365), by sums."""
    daily = np.pad(daily[:, : YEAR + window - 1], ((0, 0), (1, 0)))
    total, squares = daily.cumsum(axis=1), (daily**2).cumsum(axis=1)
    mean = (total[:, window:] - total[:, :-window]) / window
    square = (squares[:, window:] - squares[:, :-window]) / window
    return mean / np.sqrt((square - mean**2) / (window - 1))


limit_of = cache(alarm_limit)


# From here on, "rings" means: at least once in a year of mornings.


@pytest.mark.parametrize(
    ("window", "phi", "at_minus_2", "limit"),
    [
        (14, 0.0, 0.96, -4.6),
        (14, 0.3, 1.0, -6.3),
        (14, 0.5, 1.0, -8.4),
        (28, 0.0, 0.79, -3.7),
        (28, 0.3, 0.97, -5.0),
        (28, 0.5, 0.99, -6.7),
        (56, 0.0, 0.55, -3.3),
        (56, 0.3, 0.83, -4.4),
        (56, 0.5, 0.94, -5.7),
    ],
)
def test_minus_2_rings_on_models_worth_the_same_and_the_limit_seldom(
    window, phi, at_minus_2, limit
):
    lowest = looks(years(11, phi), window).min(axis=1)
    ours = limit_of(YEAR, phi=phi, window=window)
    assert np.mean(lowest < -2) == pytest.approx(at_minus_2, abs=0.04)
    assert ours == pytest.approx(limit, abs=0.15)
    assert np.mean(lowest < ours) == pytest.approx(0.05, abs=0.025)


def test_one_look_at_minus_2_rings_on_one_model_in_thirty():
    assert stats.t.cdf(-2, 13) == pytest.approx(0.033, abs=0.001)
    one_look = looks(years(12, runs=4_000, days=14), 14)
    assert np.mean(one_look < -2) == pytest.approx(0.033, abs=0.01)
    one = alarm_limit(1, window=14)
    assert one == pytest.approx(stats.t.ppf(0.05, 13), abs=0.06)
    # Days that resemble each other leave 14 days with the news of fewer.
    fewer = alarm_limit(1, phi=0.5, window=14)
    assert fewer == pytest.approx(-3.2, abs=0.15)


def test_twenty_per_cent_a_year_buys_a_nearer_limit():
    limit = limit_of(YEAR, phi=0.3, window=28, alpha=0.2)
    assert limit == pytest.approx(-4.2, abs=0.1)
    rings = looks(years(11, phi=0.3), 28).min(axis=1) < limit
    assert np.mean(rings) == pytest.approx(0.2, abs=0.05)


def test_a_limit_for_independent_days_breaks_where_weather_lasts():
    limit = limit_of(YEAR, window=14)
    for phi, share in (0.3, 0.31), (0.5, 0.72):
        rings = looks(years(13, phi), 14).min(axis=1) < limit
        assert np.mean(rings) == pytest.approx(share, abs=0.05)


def test_a_model_that_leads_may_be_held_to_a_nearer_limit():
    # It earns a quarter of a daily standard deviation more than the rule.
    daily = years(14, phi=0.3) + 0.25
    for window, expected in (14, -4.7), (28, -3.4), (56, -2.4):
        limit = limit_of(YEAR, phi=0.3, lead=0.25, window=window)
        assert limit == pytest.approx(expected, abs=0.15)
        rings = looks(daily, window).min(axis=1) < limit
        assert np.mean(rings) == pytest.approx(0.05, abs=0.025)
    # A larger lead is never held to a limit that one look would pass.
    assert alarm_limit(30, lead=9) == pytest.approx(stats.t.ppf(0.05, 27))


def days_until(daily, window, limit):
    """Median number of days of loss until the first ring."""
    t = looks(daily, window)[:, 1:]
    return np.median(np.where((t < limit).any(1), (t < limit).argmax(1), 999))


@pytest.mark.parametrize(
    ("lead", "window", "half", "whole"),
    [
        (0, 14, 223, 39),
        (0, 28, 98, 26),
        (0, 56, 65, 36),
        (0.25, 14, 65, 20),
        (0.25, 28, 35, 22),
        (0.25, 56, 43, 28),
    ],
)
def test_what_the_promise_costs_in_days(lead, window, half, whole):
    # The loss begins once the first window is full. phi is .3.
    noise = years(15, phi=0.3)
    limit = limit_of(YEAR, phi=0.3, lead=lead, window=window)
    for loss, expected in (0.5, half), (1.0, whole):
        daily = noise + lead
        daily[:, window:] -= lead + loss
        found = days_until(daily, window, limit) + 1
        assert found == pytest.approx(expected, rel=0.2)


@pytest.mark.parametrize(
    ("phi", "share"), [(0.0, 0.95), (0.3, 0.85), (0.5, 0.74)]
)
def test_the_interval_holds_for_days_that_are_independent(phi, share):
    held = 0
    for daily in years(16, phi, runs=800, days=60):
        found = compare(daily, np.zeros(60), range(60))
        held += found.low < 0 < found.high
    assert held / 800 == pytest.approx(share, abs=0.03)


@pytest.mark.parametrize("phi", [0.0, 0.3, 0.5])
def test_lag1_finds_how_much_of_a_day_carries_over(phi):
    daily = years(17, phi, runs=1, days=1_000)[0]
    found = compare(daily, np.zeros(1_000), range(1_000))
    assert found.lag1 == pytest.approx(phi, abs=0.1)


def test_rare_large_gains_ring_more_often_and_rare_large_losses_less():
    # An exponential curve with mean 0: skewed by 2, where a bell has 0.
    storms = np.random.default_rng(18).exponential(size=(1_000, YEAR + 13)) - 1
    limit = limit_of(YEAR, window=14)
    rings = [looks(x, 14).min(axis=1) < limit for x in (storms, -storms)]
    assert np.mean(rings[0]) == pytest.approx(0.70, abs=0.05)
    assert np.mean(rings[1]) < 0.01


def test_the_same_seed_gives_the_same_limit():
    assert alarm_limit(9, seed=3) == alarm_limit(9, seed=3)
    assert alarm_limit(9, seed=3) != alarm_limit(9, seed=4)
    assert alarm_limit(9, alpha=0.4) < 0


# The blind spots


def test_blind_spot_one_ruinous_day_does_not_ring():
    # The model loses a little every day: t is -10.8, and it rings. Then one
    # day costs a hundred times as much: the mean falls, the alarm stops.
    losing = [-1, -2] * 7
    assert of_days(losing).ringing
    ruined = [*losing[:-1], -200]
    assert sum(ruined) < sum(losing)
    assert not of_days(ruined).ringing
    assert of_days(ruined).t[-1] == pytest.approx(-1.1, abs=0.05)


def test_blind_spot_the_rule_reads_the_same_broken_feed():
    # A stuck feed makes the model and the rule act on every case alike.
    rng = np.random.default_rng(19)
    day = np.repeat(np.arange(60), 100)
    late = rng.random(6_000) < 0.15

    def earned(acts):
        return np.where(acts, 4.0 * late - 1, 0.0)

    sees = rng.random(6_000) < np.where(late, 0.6, 0.1)
    guesses = rng.random(6_000) < np.where(late, 0.5, 0.1)
    stuck = day >= 30
    model, rule = earned(sees | stuck), earned(guesses | stuck)
    assert model[~stuck].mean() > 0.1 > -0.3 > model[stuck].mean()
    found = first_alarm(model, rule, day, limit=-2)
    assert not found.days


def test_blind_spot_a_slice_too_small_to_move_the_mean():
    # One customer in fifty loses 2 a case; the others still earn .1 more.
    rng = np.random.default_rng(20)
    day = np.repeat(np.arange(60), 500)
    small = np.tile(np.arange(500) % 50 == 0, 60)
    model = np.where(small, -2.0, 0.1) + rng.normal(0, 1, size=30_000)
    rule = np.zeros(30_000)
    assert compare(model[small], rule[small], day[small]).high < -1.8
    assert not first_alarm(model, rule, day, limit=-2).days
