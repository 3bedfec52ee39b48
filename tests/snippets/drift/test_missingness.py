"""What missingness promises, how far it holds, and what it cannot see."""

import math
from decimal import Decimal

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from snippets.drift.missingness import burst_size, missing_shift
from snippets.flights.loader import load_weather

NAN, INF = math.nan, math.inf

sides = st.integers(1, 2_000).flatmap(
    lambda n: st.tuples(st.integers(0, n), st.just(n))
)


# Identity


@given(sides, st.floats(1, 50))
def test_the_same_counts_differ_by_nothing(side, burst):
    shift = missing_shift(*side, *side, burst=burst)
    assert (shift.difference, shift.p_value, shift.alarm) == (0, 1, False)
    assert shift.low == pytest.approx(-shift.high)


# Published values, and work by hand


@pytest.mark.parametrize(
    ("current", "reference", "low", "high"),
    [
        ((56, 70), (48, 80), 0.05243147, 0.3338727),
        ((9, 10), (3, 10), 0.1705, 0.8090),
    ],
)
def test_the_interval_is_newcombes_of_1998(current, reference, low, high):
    shift = missing_shift(*reference, *current, alpha=0.05)
    assert shift.low == pytest.approx(low, abs=5e-5)
    assert shift.high == pytest.approx(high, abs=5e-5)


def test_three_of_four_against_none_of_four_worked_by_hand():
    # 3 missing among 8 rows: 56 ways, and 4 of them put all three today.
    # That is the end of the tail, and counts half: p = 2 x (4/56)/2
    shift = missing_shift(0, 4, 3, 4)
    assert shift.p_value == pytest.approx(4 / 56)
    assert (shift.reference_share, shift.current_share) == (0, 0.75)
    assert (shift.difference, shift.alarm) == (0.75, False)


def test_rows_that_go_missing_ten_at_a_time_count_as_a_tenth():
    tens = missing_shift(120, 10_000, 60, 1_000, burst=10)
    ones = missing_shift(12, 1_000, 6, 100)
    assert tens.p_value == ones.p_value
    assert tens.low == pytest.approx(ones.low)
    assert tens.high == pytest.approx(ones.high)


def test_the_size_of_bursts_worked_by_hand():
    # share .05; squares (0 - 5)^2, (10 - 5)^2 over 100 rows: .25 + .25,
    # over 2 - 1 days .5; one by one it would be .05 x .95 = .0475
    assert burst_size([0, 10], [100, 100]) == pytest.approx(0.5 / 0.0475)


# Agreement with others


@given(sides, sides)
def test_the_p_value_is_scipys_hypergeometric_tail(reference, current):
    (k1, n1), (k2, n2) = reference, current
    law = stats.hypergeom(n1 + n2, k1 + k2, n2)
    upper = law.sf(k2 - 1) - law.pmf(k2) / 2
    lower = law.cdf(k2) - law.pmf(k2) / 2
    expected = min(1, 2 * min(upper, lower))
    if k1 * n2 == k2 * n1:
        expected = 1
    found = missing_shift(*reference, *current).p_value
    assert found == pytest.approx(expected, rel=1e-6, abs=1e-12)


@given(sides, st.sampled_from([0.2, 0.05, 0.01]))
def test_one_side_without_noise_leaves_wilsons_interval(side, alpha):
    k, n = side
    known = 10**10  # a reference of this size has no noise to speak of
    shift = missing_shift(known // 2, known, k, n, alpha=alpha)
    wilson = stats.binomtest(k, n).proportion_ci(1 - alpha, method="wilson")
    assert shift.low == pytest.approx(wilson.low - 0.5, abs=1e-3)
    assert shift.high == pytest.approx(wilson.high - 0.5, abs=1e-3)


# Properties


@given(sides, sides, st.floats(1, 20), st.sampled_from([0.05, 0.01, 1e-6]))
def test_the_interval_holds_the_difference(reference, current, burst, alpha):
    shift = missing_shift(*reference, *current, burst=burst, alpha=alpha)
    assert -1 <= shift.low <= shift.difference <= shift.high <= 1
    assert 0 <= shift.p_value <= 1
    assert shift.alarm == (shift.p_value <= alpha)


@given(sides, sides)
def test_either_side_may_be_the_reference(one, other):
    forth, back = missing_shift(*one, *other), missing_shift(*other, *one)
    assert forth.low == pytest.approx(-back.high)
    assert forth.high == pytest.approx(-back.low)
    assert forth.p_value == back.p_value


@given(sides, sides)
def test_counting_the_values_that_are_there_gives_the_same_answer(one, other):
    missing = missing_shift(*one, *other)
    there = missing_shift(
        one[1] - one[0], one[1], other[1] - other[0], other[1]
    )
    assert there.difference == pytest.approx(-missing.difference)
    assert there.low == pytest.approx(-missing.high)
    assert there.p_value == pytest.approx(missing.p_value)


@given(sides, st.integers(1, 500))
def test_one_more_missing_value_never_lowers_the_difference(reference, n):
    found = [missing_shift(*reference, k, n) for k in (n - 1, n)]
    assert found[0].low <= found[1].low + 1e-12
    assert found[0].high <= found[1].high + 1e-12


@settings(max_examples=50)
@given(st.lists(sides, min_size=2, max_size=15))
def test_bursts_have_at_least_one_row(days):
    size = burst_size([k for k, _ in days], [n for _, n in days])
    assert 1 <= size < INF


# Hard inputs

HARD = {
    "nothing missing, before and now": ((0, 100, 0, 100), 0, 1, False),
    "nothing missing, one row": ((0, 1, 0, 1), 0, 1, False),
    "everything missing, before and now": ((9, 9, 7, 7), 0, 1, False),
    "everything goes missing": ((0, 1_000, 50, 50), 1, 0, True),
    "everything comes back": ((1_000, 1_000, 0, 50), -1, 0, True),
    "one row is too few to tell": ((0, 1_000, 0, 1), 0, 1, False),
    "one missing row after a thousand": ((0, 1_000, 1, 1), 1, 0.001, True),
    "the first one in a thousand": ((0, 10**4, 1, 10**3), 0.001, 0.091, False),
    "the first two": ((0, 10**4, 2, 10**3), 0.002, 0.0083, True),
    "ten billion rows a side": (
        (10**8, 10**10, 10**8 + 40_000, 10**10), 4e-6, 0.0045, True,
    ),
    "far beyond the smallest float": (
        (10**5, 10**6, 8 * 10**5, 10**6), 0.7, 0, True,
    ),
}  # fmt: skip


@pytest.mark.parametrize(
    ("counts", "difference", "p_value", "alarm"), HARD.values(), ids=HARD
)
def test_hard_inputs(counts, difference, p_value, alarm):
    shift = missing_shift(*counts)
    assert shift.difference == pytest.approx(difference)
    assert shift.p_value == pytest.approx(p_value, rel=0.02, abs=1e-9)
    assert shift.alarm == alarm
    assert -1 <= shift.low <= shift.high <= 1


def test_no_missing_value_in_a_hundred_rows_still_leaves_room_for_one():
    shift = missing_shift(0, 10_000, 0, 100)
    assert shift.high == pytest.approx(0.062, abs=1e-3)


def test_counts_of_numpy_and_pandas_are_whole_numbers():
    column = pd.Series([1.0, None, 3.0, None])
    counted = missing_shift(
        np.int32(0), np.uint8(200), column.isna().sum(), column.size
    )
    assert counted == missing_shift(0, 200, 2, 4)
    days = pd.DataFrame({"missing": [0, 10], "rows": [100, 100]})
    assert burst_size(days.missing, days.rows) == burst_size(
        [0, 10], [100] * 2
    )


@pytest.mark.parametrize(
    ("missing", "rows", "size"),
    [
        ([0, 0, 0], [5, 9, 2], 1),
        ([5, 9, 2], [5, 9, 2], 1),
        ([5, 5], [100, 100], 1),  # steadier than chance
        ([0, 100], [100, 100], 200),
    ],
)
def test_hard_days(missing, rows, size):
    assert burst_size(missing, rows) == pytest.approx(size)


# Errors


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (
            lambda: missing_shift(0, 0, 0, 9),
            ValueError,
            r"n_reference must be 1 to 10\*\*10, got 0",
        ),
        (lambda: missing_shift(0, 9, 0, 0), ValueError, "n_current .* got 0"),
        (lambda: missing_shift(0, 9, 0, -5), ValueError, "n_curr.* got -5"),
        (
            lambda: missing_shift(0, 9, 0, 10**11),
            ValueError,
            "n_current .* got 100000000000",
        ),
        (
            lambda: missing_shift(10, 9, 0, 9),
            ValueError,
            "reference_missing must be 0 to 9 rows, got 10",
        ),
        (
            lambda: missing_shift(0, 9, -1, 9),
            ValueError,
            "current_missing must be 0 to 9 rows, got -1",
        ),
        (
            lambda: missing_shift(0.1, 9, 0, 9),
            TypeError,
            "reference_missing must be a whole number, got 0.1",
        ),
        (lambda: missing_shift(0, 9.0, 0, 9), TypeError, "n_ref.* got 9.0"),
        (lambda: missing_shift(0, 9, True, 9), TypeError, "current.* True"),
        (
            lambda: missing_shift(0, 9, np.bool_(True), 9),
            TypeError,
            "current_missing must be a whole number",
        ),
        (
            lambda: missing_shift(0, 9, np.array([1, 2]), 9),
            TypeError,
            "current_missing must be a whole number",
        ),
        (lambda: missing_shift(0, 9, "3", 9), TypeError, "current.* got '3'"),
        (lambda: missing_shift(0, 9, None, 9), TypeError, "current.* None"),
        (lambda: missing_shift(0, 9, NAN, 9), TypeError, "current.* got nan"),
        (
            lambda: missing_shift(0, 9, 0, 9, alpha=0),
            ValueError,
            "alpha must be between 0 and 1, got 0",
        ),
        (lambda: missing_shift(0, 9, 0, 9, alpha=1), ValueError, "alpha"),
        (lambda: missing_shift(0, 9, 0, 9, alpha=NAN), ValueError, "alpha"),
        (lambda: missing_shift(0, 9, 0, 9, alpha="1"), TypeError, "alpha"),
        (
            lambda: missing_shift(0, 9, 0, 9, burst=0.5),
            ValueError,
            "burst must be finite and 1 or more, got 0.5",
        ),
        (lambda: missing_shift(0, 9, 0, 9, burst=INF), ValueError, "burst"),
        (lambda: missing_shift(0, 9, 0, 9, burst=NAN), ValueError, "burst"),
        (
            lambda: missing_shift(0, 9, 0, 9, burst=Decimal(2)),
            TypeError,
            "burst must be a number",
        ),
        (
            lambda: burst_size([1, 2], [3]),
            ValueError,
            "missing and rows must be equally long, got 2 and 1",
        ),
        (
            lambda: burst_size([1], [3]),
            ValueError,
            "missing must hold 2 days or more, got 1",
        ),
        (lambda: burst_size([], []), ValueError, "2 days or more, got 0"),
        (
            lambda: burst_size([1, 4], [3, 3]),
            ValueError,
            r"missing\[1\] must be 0 to 3 rows, got 4",
        ),
        (
            lambda: burst_size([0, 0], [3, 0]),
            ValueError,
            r"rows\[1\] must be 1 to",
        ),
        (
            lambda: burst_size([0.5, 0], [3, 3]),
            TypeError,
            r"missing\[0\] must be a whole number, got 0.5",
        ),
    ],
)
def test_what_is_refused_is_refused_by_name(call, error, message):
    with pytest.raises(error, match=message):
        call()


odd = st.sampled_from(
    [0, 1, 9, 10**10, -1, 10**400, True, 3.0, NAN, INF, "3", None, [1], 1j]
)
odd_numbers = st.sampled_from(
    [0.01, 0.5, 1, 2.5, 0, -1, 1e-320, 5e-324, NAN, INF, "1", None, 1j]
)


@settings(max_examples=200)
@given(odd, odd, odd, odd, odd_numbers, odd_numbers)
def test_anything_gives_a_result_or_an_error_with_a_name(
    k1, n1, k2, n2, burst, alpha
):
    found = answer(
        lambda: missing_shift(k1, n1, k2, n2, burst=burst, alpha=alpha)
    )
    names = ("reference_missing", "n_reference", "current_missing")
    if isinstance(found, str):
        assert found.startswith((*names, "n_current", "burst", "alpha"))
    else:
        assert -1 <= found.low <= found.difference <= found.high <= 1
        assert 0 <= found.p_value <= 1
    size = answer(lambda: burst_size([k1, k2], [n1, n2]))
    if isinstance(size, str):
        assert size.startswith(("missing", "rows"))
    else:
        assert 1 <= size < INF


def answer(call):
    try:
        return call()
    except (ValueError, TypeError) as error:
        return str(error)


# How far the promise holds: every pair of counts, weighed with its chance


def chance(n1, n2, before, now, too_few, too_many):
    """The chance of a pair of counts that is too few or too many today."""
    one, today = stats.binom(n1, before), stats.binom(n2, now)
    counts = np.arange(one.ppf(1e-9), one.isf(1e-9) + 1, dtype=int)
    few = int(today.ppf(1e-10)) - 1
    many, total = few + 1, 0.0
    for k1, weight in zip(counts.tolist(), one.pmf(counts), strict=True):
        while few < n2 and too_few(k1, few + 1):
            few += 1
        while many <= n2 and not too_many(k1, many):
            many += 1
        total += weight * (today.cdf(few) + today.sf(many - 1))
    return total


def share_of_alarms(n1, n2, before, now=None, alpha=0.01):
    """The chance that a check rings, exactly: nothing is simulated."""

    def rings(k1, k2, sign):
        shift = missing_shift(k1, n1, k2, n2, alpha=alpha)
        return shift.alarm and shift.difference * sign > 0

    return chance(
        n1,
        n2,
        before,
        before if now is None else now,
        lambda k1, k2: rings(k1, k2, -1),
        lambda k1, k2: rings(k1, k2, 1),
    )


def share_beside(n1, n2, before, now):
    """The chance that the interval leaves out the true difference."""
    true = now - before

    def ends(k1, k2):
        shift = missing_shift(k1, n1, k2, n2)
        return shift.low, shift.high

    return chance(
        n1,
        n2,
        before,
        now,
        lambda k1, k2: ends(k1, k2)[1] < true,
        lambda k1, k2: ends(k1, k2)[0] > true,
    )


SIZES = [(100, 100), (1_000, 100), (10_000, 100), (1_000, 1_000),
         (10_000, 1_000), (10_000, 10_000), (100_000, 10_000),
         (100_000, 1_000)]  # fmt: skip


@pytest.mark.parametrize("sizes", SIZES)
@pytest.mark.parametrize("share", [0.0, 0.0001, 0.001, 0.01, 0.1])
def test_the_alarm_of_1_percent_never_rings_on_more_than_that(sizes, share):
    assert share_of_alarms(*sizes, share) <= 0.0101


@pytest.mark.parametrize("expected", [10, 100, 1_000])
def test_and_it_is_close_to_that_from_ten_missing_values_a_day(expected):
    share = share_of_alarms(100 * expected, 10 * expected, 0.1)
    assert share == pytest.approx(0.0095, abs=0.0006)


def test_with_a_hundred_thousand_rows_a_side_it_is_1_percent():
    assert share_of_alarms(10**5, 10**5, 0.001) == pytest.approx(0.01, 0.03)


def test_the_most_we_found_is_a_hundredth_above_the_promise():
    assert share_of_alarms(10**6, 1_000, 0.03) == pytest.approx(0.0101, 1e-2)


@pytest.mark.parametrize(
    ("sizes", "share", "rate"),
    [
        ((1_000, 1_000), 0.01, 0.006),  # equal sides: fine
        ((10_000, 1_000), 0.001, 0.0146),
        ((10_000, 100), 0.001, 0.057),
        ((100_000, 1_000), 0.001, 0.019),
        ((100_000, 1_000), 0.0001, 0.057),  # six times the promise
    ],
)
def test_an_interval_without_0_is_no_alarm_of_1_percent(sizes, share, rate):
    found = share_beside(*sizes, share, share)
    assert found == pytest.approx(rate, rel=0.03)


def test_the_interval_holds_the_true_difference_as_often_as_it_says():
    for shares in (0.1, 0.2), (0.01, 0.02), (0.01, 0.01):
        assert share_beside(10_000, 1_000, *shares) == pytest.approx(0.01, 0.3)


@pytest.mark.parametrize(
    ("n_reference", "average", "unlucky", "a_year"),
    [(1_000, 0.0079, 0.029, 2.9), (10_000, 0.0094, 0.0143, 3.4)],
)
def test_the_daily_look_at_one_field_rings_this_often_with_nothing_wrong(
    n_reference, average, unlucky, a_year
):
    # 1,000 rows a day, 1 % missing; one reference serves every day.
    one, today = stats.binom(n_reference, 0.01), stats.binom(1_000, 0.01)
    counts = np.arange(one.ppf(1e-7), one.isf(1e-7) + 1, dtype=int).tolist()
    possible = np.arange(45)
    daily = np.array(
        [
            today.pmf(possible)
            @ [
                missing_shift(k1, n_reference, k2, 1_000).alarm
                for k2 in possible.tolist()
            ]
            for k1 in counts
        ]
    )
    chance_of_each = one.pmf(counts)
    assert chance_of_each @ daily == pytest.approx(average, abs=5e-5)
    assert 365 * chance_of_each @ daily == pytest.approx(a_year, abs=0.05)
    order = np.argsort(daily)  # one reference in twenty rings more often:
    place = np.searchsorted(np.cumsum(chance_of_each[order]), 0.95)
    assert daily[order][place] == pytest.approx(unlucky, abs=5e-4)


@pytest.mark.parametrize(
    ("n", "before", "now"),
    [
        (100, 0.0, 0.030),
        (100, 0.001, 0.0396),
        (100, 0.01, 0.072),
        (100, 0.1, 0.2275),
        (1_000, 0.0, 0.0031),
        (1_000, 0.001, 0.0074),
        (1_000, 0.01, 0.024),
        (1_000, 0.1, 0.136),
        (10_000, 0.0, 0.00031),
        (10_000, 0.001, 0.0024),
        (10_000, 0.01, 0.0139),
        (10_000, 0.1, 0.111),
    ],
)
def test_a_rise_to_this_share_is_seen_on_4_days_in_5(n, before, now):
    # the reference has ten times the rows of a day
    seen = share_of_alarms(10 * n, n, before, now)
    assert seen == pytest.approx(0.80, abs=0.02)


def days_of_bursts(rng, n_days, share, size=10):
    """Missing rows of days with 1,000 rows; outages take 10 on average."""
    outages = rng.poisson(1_000 * share / size, n_days)
    return [int(min(1_000, rng.geometric(1 / size, m).sum())) for m in outages]


def test_bursts_break_the_promise_and_their_size_mends_it():
    rng = np.random.default_rng(7)
    ring = {"as rows": 0, "as bursts": 0, "as bursts, four times as many": 0}
    for _ in range(12):  # 90 days of reference, 100 days to judge
        past = days_of_bursts(rng, 90, 0.05)
        size = burst_size(past, [1_000] * 90)
        for name, share, burst in zip(
            ring, (0.05, 0.05, 0.20), (1, size, size), strict=True
        ):
            for k in days_of_bursts(rng, 100, share):
                ring[name] += missing_shift(
                    sum(past), 90_000, k, 1_000, burst=burst
                ).alarm
    of_days = {name: rings / 1_200 for name, rings in ring.items()}
    assert of_days["as rows"] == pytest.approx(0.58, abs=0.05)
    assert of_days["as bursts"] == pytest.approx(0.01, abs=0.008)
    assert of_days["as bursts, four times as many"] > 0.8


def test_the_pressure_of_2013_goes_missing_sixteen_hours_at_a_time():
    weather = load_weather()
    date, day = np.unique(weather["time"].astype("M8[D]"), return_inverse=True)
    rows = np.bincount(day)
    missing = np.bincount(day, np.isnan(weather["pressure"])).astype(int)
    spring = date < np.datetime64("2013-05-01")
    size = burst_size(missing[spring], rows[spring])
    assert size == pytest.approx(16.6, abs=0.05)
    reference = missing[spring].sum(), rows[spring].sum()
    later = list(zip(missing[~spring], rows[~spring], strict=True))
    assert len(later) == 244
    assert [
        sum(missing_shift(*reference, *d, burst=b).alarm for d in later)
        for b in (1, size)
    ] == [168, 1]


# The blind spots


def test_blind_spot_one_group_loses_the_field_while_another_recovers():
    # 1,000 rows of two shops, 50 missing: first all in one, then the other.
    overall = missing_shift(500, 10_000, 50, 1_000)
    assert (overall.difference, overall.alarm) == (0, False)
    one, other = (0, 5_000, 50, 500), (500, 5_000, 0, 500)
    assert missing_shift(*one).alarm
    assert missing_shift(*other).alarm


def test_blind_spot_a_sentinel_is_a_value():
    before = pd.Series([1_013.0, None, 1_009.0, 1_011.0] * 250)
    after = before.fillna(-999.0)  # a new version of the sender
    shift = missing_shift(
        before.isna().sum(), before.size, after.isna().sum(), after.size
    )
    assert shift.alarm  # this one helps: it went missing less often
    assert shift.difference == -0.25
    started_with_it = before.fillna(-999.0)
    assert not missing_shift(
        started_with_it.isna().sum(), 1_000, after.isna().sum(), 1_000
    ).alarm


def test_blind_spot_once_filled_a_sensor_that_fails_in_storms_is_whole():
    # Pressure is lost on every stormy day, and storms are what delays.
    storm = np.arange(1_000) % 5 == 0
    pressure = np.where(storm, NAN, 1_013.0)
    filled = np.where(np.isnan(pressure), np.nanmean(pressure), pressure)
    assert np.ptp(filled) == 0  # nothing in the column says storm any more
    holes = int(np.isnan(filled).sum())
    assert not missing_shift(0, 10_000, holes, 1_000).alarm
    assert missing_shift(0, 10_000, int(np.isnan(pressure).sum()), 1_000).alarm
