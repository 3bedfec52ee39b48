"""What detectable_shift promises, and the real checks held to it."""

import math
from statistics import NormalDist

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from snippets.drift.detectable_shift import (
    detectable_psi,
    detectable_shift,
    rows_needed,
)
from snippets.drift.ks import critical_ks, ks_two_sample
from snippets.drift.psi import Baseline, psi

NAN, INF = math.nan, math.inf

bins = st.integers(2, 20)
rows = st.floats(1, 1e7)
alphas = st.floats(1e-6, 0.1)
powers = st.floats(0.5, 0.99)


# Identity


@given(bins, rows, rows, alphas, powers)
@settings(max_examples=30)
def test_the_rows_for_what_you_can_see_are_the_rows_you_have(
    n_bins, n_reference, n_current, alpha, power
):
    shares = {"alpha": alpha, "power": power}
    seen = detectable_psi(n_bins, n_reference, n_current, **shares)
    needed = rows_needed(
        n_bins, psi=seen * 1.000001, n_reference=n_reference, **shares
    )
    least = max(n_current, 10 * n_bins)
    assert needed <= math.ceil(least * 1.0001)
    assert needed >= math.floor(n_current * 0.98) or n_current > n_reference


@pytest.mark.parametrize("n_bins", [None, 2, 10])
@pytest.mark.parametrize("n", [500, 4_000, 10**6])
def test_a_shift_and_its_rows_are_inverse(n_bins, n):
    seen = detectable_shift(n_bins, n, n)
    assert rows_needed(n_bins, shift=seen) == pytest.approx(n, abs=1)
    assert rows_needed(n_bins, shift=-seen) == pytest.approx(n, abs=1)


# Worked by hand


def test_two_bins_worked_by_hand():
    # One degree of freedom: a bell whose square passes 1.960 squared on 4
    # days in 5 has its mean at 1.960 + 0.842 = 2.802, squared 7.849.
    seen = detectable_psi(2, 1_000, 1_000, alpha=0.05)
    assert seen == pytest.approx(7.849 * 2 / 1_000, rel=1e-4)
    # A rate from .1 to .2: .1 x (ln(.2 / .8) - ln(.1 / .9)) = .0810930
    # 2 x 7.849 / .0810930 = 193.58 rows on each side
    assert rows_needed(2, rates=(0.1, 0.2), alpha=0.05) == 194
    assert rows_needed(2, rates=(0.2, 0.1), alpha=0.05) == 194


@pytest.mark.parametrize(
    ("shift", "value"), [(0.1, 0.009587276), (0.5, 0.237749205)]
)
def test_the_psi_of_deciles_is_the_known_one(shift, value):
    noise = value / detectable_psi(10, 1, INF)
    assert detectable_shift(10, 2 / noise, 2 / noise) == pytest.approx(
        shift, rel=1e-7
    )
    assert rows_needed(10, shift=shift) == rows_needed(10, psi=value)


# Agreement with others


@pytest.mark.parametrize("alpha", [0.3, 0.05, 0.01, 1e-6])
@pytest.mark.parametrize("n_bins", [2, 3, 10, 11, 100, 1_000])
def test_scipys_noncentral_chi_square_passes_its_limit_so_often(n_bins, alpha):
    for power in 0.5, 0.8, 0.999:
        moved = detectable_psi(n_bins, INF, 1, alpha, power)
        limit = stats.chi2.isf(alpha, n_bins - 1)
        found = stats.ncx2.sf(limit, n_bins - 1, moved)
        assert found == pytest.approx(power, rel=1e-9)


def test_two_rates_need_the_rows_that_a_published_example_prints():
    # JMP 13, Two Sample Proportions: .08 and .06, two-sided, alpha .05,
    # power .8: 2,554.
    needed = rows_needed(2, rates=(0.08, 0.06), alpha=0.05)
    assert needed == pytest.approx(2_554, rel=0.01)


@pytest.mark.parametrize(
    ("rates", "off"),
    [((0.45, 0.25), 0.01), ((0.05, 0.1), 0.04), ((0.01, 0.03), 0.1)],
)
def test_the_usual_formula_for_two_rates_differs_where_they_are_rare(
    rates, off
):
    bell, (p, q) = NormalDist(), rates
    pooled = math.sqrt((p + q) * (1 - (p + q) / 2))
    apart = math.sqrt(p * (1 - p) + q * (1 - q))
    passed = bell.inv_cdf(0.975) * pooled + bell.inv_cdf(0.9) * apart
    needed = rows_needed(2, rates=rates, alpha=0.05, power=0.9)
    assert needed == pytest.approx((passed / (p - q)) ** 2, rel=off)


@pytest.mark.parametrize(
    ("n", "shift"), [(100, 0.67), (1_000, 0.21), (10_000, 0.067)]
)
def test_the_table_of_the_psi_page_is_computed_within_2_percent(n, shift):
    assert detectable_shift(10, n, n) == pytest.approx(shift, rel=0.02)


def test_the_numbers_of_the_page():
    for shift, psi_rows, known, ks_rows in (
        (0.5, 181, 100, 128),
        (0.2, 1_119, 560, 786),
        (0.1, 4_471, 2_236, 3_133),
        (0.05, 17_877, 8_939, 12_523),
    ):
        assert rows_needed(10, shift=shift) == psi_rows
        assert rows_needed(10, shift=shift, n_reference=INF) == known
        assert rows_needed(None, shift=shift) == ks_rows
        assert psi_rows == pytest.approx(45 / shift**2, rel=0.01)
        assert ks_rows == pytest.approx(31 / shift**2, rel=0.035)
    for before, after, needed in (
        (0.01, 0.02, 3_322),
        (0.01, 0.03, 1_044),
        (0.001, 0.002, 33_650),
        (0.2, 0.3, 434),
    ):
        assert rows_needed(2, rates=(before, after)) == needed
    assert rows_needed(11, rates=(0.01, 0.02)) == 6_307
    assert [rows_needed(b, shift=0.1) for b in (5, 20)] == [3_737, 5_625]
    monthly = [rows_needed(10, shift=0.1, alpha=0.05 / n) for n in (1, 30)]
    assert monthly == [3_265, 5_679]
    trained = [
        rows_needed(10, shift=shift, n_reference=105_475)
        for shift in (0.1, 0.05)
    ]
    assert trained == [2_284, 9_766]
    assert rows_needed(10, shift=0.1, n_reference=2_236) > 5e6


# Properties


@given(bins, rows, rows, alphas, powers)
@settings(max_examples=25)
def test_more_rows_fewer_bins_and_lower_demands_never_see_less(
    n_bins, n_reference, n_current, alpha, power
):
    seen = detectable_psi(n_bins, n_reference, n_current, alpha, power)
    assert detectable_psi(n_bins, n_current, n_reference, alpha, power) == (
        pytest.approx(seen)
    )
    for easier in (
        detectable_psi(n_bins, 2 * n_reference, n_current, alpha, power),
        detectable_psi(n_bins - 1, n_reference, n_current, alpha, power)
        if n_bins > 2
        else seen,
        detectable_psi(n_bins, n_reference, n_current, 2 * alpha, power),
        detectable_psi(n_bins, n_reference, n_current, alpha, power - 0.1),
    ):
        assert 0 < easier <= seen * (1 + 1e-9)


@given(st.floats(0.01, 3), powers)
@settings(max_examples=20)
def test_a_larger_reference_saves_rows_up_to_one_half(shift, power):
    alone = rows_needed(10, shift=shift, power=power)
    known = rows_needed(10, shift=shift, power=power, n_reference=INF)
    ten = rows_needed(10, shift=shift, power=power, ratio=10)
    assert known <= ten <= alone <= max(2 * known, 100)


# Hard inputs


def test_a_reference_has_a_floor_that_no_number_of_rows_gets_below():
    floor = detectable_psi(10, 2_000, INF)
    assert floor == pytest.approx(21.4286 / 2_000, rel=1e-5)
    assert detectable_psi(10, 2_000, 10**12) == pytest.approx(floor)
    assert rows_needed(10, psi=1.001 * floor, n_reference=2_000) > 10**6
    with pytest.raises(ValueError, match="n_reference must be above 2002"):
        rows_needed(10, psi=0.999 * floor, n_reference=2_000)


@pytest.mark.parametrize(
    ("call", "value"),
    [
        (lambda: detectable_psi(10, INF, INF), 0),
        (lambda: detectable_shift(10, INF, INF), 0),
        (lambda: detectable_shift(None, INF, INF), 0),
        (lambda: detectable_psi(np.int64(2), 1, np.float32(1)), 23.358),
        (lambda: detectable_shift(10, 1, 1), 9.391),
        (lambda: rows_needed(10, shift=30), 100),
        (lambda: rows_needed(2, rates=(1e-300, 0.5)), 20),
        (lambda: rows_needed(2, rates=[0.5, 0.501]), 5_839_484),
        (lambda: rows_needed(None, shift=30), 5),
    ],
)
def test_hard_inputs(call, value):
    assert call() == pytest.approx(value, rel=1e-4)


# Errors


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: detectable_psi(1, 9, 9), "n_bins must be a whole .* got 1"),
        (lambda: detectable_psi(2.5, 9, 9), "n_bins .* got 2.5"),
        (lambda: detectable_psi("10", 9, 9), "n_bins .* got '10'"),
        (lambda: detectable_psi(10**9, 9, 9), "n_bins .* got 1000000000"),
        (lambda: detectable_psi(None, 9, 9), "n_bins .* got None"),
        (lambda: detectable_psi(10, 0, 9), "n_reference .* 1 or more, got 0"),
        (lambda: detectable_psi(10, 9, NAN), "n_current .* got nan"),
        (lambda: detectable_psi(10, 9, "9"), "n_current .* got '9'"),
        (lambda: detectable_psi(10, 9, 9, 0), "alpha .* 0 and 1, got 0"),
        (lambda: detectable_psi(10, 9, 9, 1), "alpha .* got 1"),
        (lambda: detectable_psi(10, 9, 9, NAN), "alpha .* got nan"),
        (
            lambda: detectable_psi(10, 9, 9, 0.05, 0.05),
            "power must be above alpha = 0.05 and at most 0.999999, got 0.05",
        ),
        (lambda: detectable_psi(10, 9, 9, power=1), "power .* got 1"),
        (lambda: detectable_shift(0, 9, 9), "n_bins .* got 0"),
        (
            lambda: detectable_shift(None, 3, 3),
            "n_reference and n_current must be more, got 3 and 3",
        ),
        (
            lambda: detectable_shift(None, 99, 99, 0.2),
            "alpha must be 1e-06 to 0.1 without bins, got 0.2",
        ),
        (
            lambda: detectable_shift(None, 99, 99, power=0.4),
            "power must be 0.5 to 0.99 without bins, got 0.4",
        ),
        (lambda: rows_needed(10), r"psi, shift or rates .* alone, got \[\]"),
        (
            lambda: rows_needed(10, psi=0.1, shift=1),
            r"given alone, got \['psi', 'shift'\]",
        ),
        (
            lambda: rows_needed(None, psi=0.1),
            r"shift must be given alone, got \['psi'\]",
        ),
        (lambda: rows_needed(0, shift=1), "n_bins .* got 0"),
        (lambda: rows_needed(10, psi=0), "psi must be above 0, .* got 0"),
        (lambda: rows_needed(10, psi=INF), "psi .* got inf"),
        (lambda: rows_needed(10, psi="0.1"), "psi .* got '0.1'"),
        (lambda: rows_needed(10, psi=1e-15), "psi must be larger .* 1e-15"),
        (lambda: rows_needed(10, shift=0), "shift .* not 0, got 0"),
        (lambda: rows_needed(10, shift=-INF), "shift .* got -inf"),
        (lambda: rows_needed(10, shift=NAN), "shift .* got nan"),
        (lambda: rows_needed(10, shift=31), "shift must be up to 30 .* 31"),
        (lambda: rows_needed(10, shift=1e-9), "shift must be larger"),
        (lambda: rows_needed(None, shift=1e-9), "shift must be larger"),
        (lambda: rows_needed(2, rates=(0, 0.1)), r"rates .* got \(0, 0.1\)"),
        (lambda: rows_needed(2, rates=(0.1, 0.1)), "rates must be two diff"),
        (lambda: rows_needed(2, rates=(0.1, NAN)), "rates .* nan"),
        (lambda: rows_needed(2, rates=(0.1,)), "rates"),
        (lambda: rows_needed(2, rates=0.1), "rates .* got 0.1"),
        (lambda: rows_needed(2, rates=("a", "b")), "rates .* got"),
        (
            lambda: rows_needed(10, shift=0.1, n_reference=2_235),
            "n_reference must be above 2235 to see it, got 2235",
        ),
        (lambda: rows_needed(10, shift=1, ratio=0), "ratio .* got 0"),
        (lambda: rows_needed(10, shift=1, ratio=INF), "ratio .* got inf"),
        (lambda: rows_needed(10, shift=1, n_reference=0), "n_reference .* 0"),
        (
            lambda: rows_needed(None, shift=0.1, n_reference=1_000),
            "n_reference must be above 1566 to see it, got 1000",
        ),
    ],
)
def test_what_is_refused_is_refused_by_name(call, message):
    with pytest.raises(ValueError, match=message):
        call()


NAMES = ("n_bins", "n_ref", "n_cur", "alpha", "power", "psi", "shift", "rates")
junk = st.one_of(
    st.floats(),
    st.integers(-3, 30),
    st.floats(0, 1),
    st.booleans(),
    st.none(),
    st.sampled_from(["1", b"1", 1j, (0.1, 0.2), [NAN, 1], {}, 10**400]),
)


def answer(call):
    """What a call returns, or the message of the error that is allowed."""
    try:
        return call()
    except ValueError as error:
        return str(error)


@given(st.lists(junk, min_size=8, max_size=8), st.sampled_from([10, None]))
@settings(max_examples=50)
def test_whatever_comes_in_a_number_or_the_name_comes_out(values, n_bins):
    b, n, m, alpha, power, one, two, three = values
    for call in (
        lambda: detectable_psi(b, n, m, alpha, power),
        lambda: detectable_psi(10, n, m),
        lambda: detectable_shift(n_bins, n, m),
        lambda: detectable_shift(b, 99, 99, alpha, power),
        lambda: rows_needed(n_bins, psi=one, shift=two, rates=three),
        lambda: rows_needed(n_bins, shift=two, n_reference=n, alpha=alpha),
        lambda: rows_needed(2, rates=three, power=power),
        lambda: rows_needed(10, psi=one, ratio=m),
    ):
        found = answer(call)
        if isinstance(found, str):
            assert found.startswith((*NAMES, "ratio"))
        else:
            assert 0 <= found < INF


# The real checks held to it


def rings(check, reference, current):
    if check == "psi":
        base = Baseline.fit(reference)
        return psi(base, base.count(current)).alarm
    return ks_two_sample(reference, current).statistic >= check


def share_seen(check, n, m, days, move, seed=1):
    """Share of days on which a check rings after a move."""
    rng = np.random.default_rng(seed)
    if check == "ks":
        check = critical_ks(n, m, 0.01)
    return np.mean(
        [
            rings(check, rng.normal(size=n), move(rng.normal(size=m)))
            for _ in range(days)
        ]
    )


@pytest.mark.parametrize(
    ("n", "m"),
    [(100, 100), (200, 200), (1_000, 1_000), (1_000, 200), (20_000, 100)],
)
def test_psi_sees_the_shift_on_4_days_in_5(n, m):
    shift = detectable_shift(10, n, m)
    found = share_seen("psi", n, m, 400, lambda x: x + shift)
    assert found == pytest.approx(0.8, abs=0.06)


@pytest.mark.parametrize(("alpha", "power"), [(0.05, 0.8), (0.001, 0.95)])
def test_other_demands_are_met_too(alpha, power):
    n = rows_needed(10, shift=0.4, alpha=alpha, power=power)
    rng, hits = np.random.default_rng(2), 0
    for _ in range(500):
        base = Baseline.fit(rng.normal(size=n))
        today = base.count(rng.normal(0.4, size=n))
        hits += psi(base, today, alpha=alpha).alarm
    assert hits / 500 == pytest.approx(power, abs=0.045)


def test_a_column_that_goes_missing_is_seen_on_4_days_in_5():
    # 10 bins of values and one of missing rows, 2 % before, 6 % after.
    n = rows_needed(11, rates=(0.02, 0.06))
    rng, hits = np.random.default_rng(3), 0
    for _ in range(400):
        before, now = rng.normal(size=(2, n))
        before[rng.random(n) < 0.02] = NAN
        now[rng.random(n) < 0.06] = NAN
        hits += rings("psi", before, now)
    assert hits / 400 == pytest.approx(0.8, abs=0.06)


@pytest.mark.parametrize(
    ("rates", "power"),
    [
        ((0.1, 0.15), 0.80),
        ((0.001, 0.002), 0.80),  # 34 rows of the rare kind before
        ((0.01, 0.05), 0.78),  # 3.5 rows
        ((0.001, 0.01), 0.75),  # one row
        ((0.0001, 0.01), 0.39),  # a twentieth of a row
    ],
)
def test_rare_rows_are_seen_as_planned_down_to_one_expected_row(rates, power):
    n = rows_needed(2, rates=rates)
    rng = np.random.default_rng(4)
    hits = 0
    for before, now in rng.binomial(n, rates, size=(1_500, 2)).tolist():
        base = Baseline((0.0,), (n - before, before))
        hits += psi(base, Baseline((0.0,), (n - now, now))).alarm
    assert hits / 1_500 == pytest.approx(power, abs=0.04)


@pytest.mark.parametrize(("n", "power"), [(50, 0.71), (30, 0.44), (20, 0.08)])
def test_below_ten_rows_a_bin_psi_sees_less_than_planned(n, power):
    shift = detectable_shift(10, n, n)
    found = share_seen("psi", n, n, 600, lambda x: x + shift)
    assert found == pytest.approx(power, abs=0.06)
    assert rows_needed(10, shift=shift) == 100


@pytest.mark.parametrize(("n", "m"), [(30, 30), (300, 300), (1_000, 200)])
def test_the_kolmogorov_smirnov_test_sees_the_shift_on_4_days_in_5(n, m):
    shift = detectable_shift(None, n, m)
    found = share_seen("ks", n, m, 500, lambda x: x + shift)
    assert found == pytest.approx(0.8, abs=0.06)


def test_for_a_shift_it_wants_three_rows_where_ten_bins_want_four_to_five():
    for shift in 0.05, 0.1, 0.3:
        more = rows_needed(10, shift=shift) / rows_needed(None, shift=shift)
        assert more == pytest.approx(1.43, abs=0.02)


def bridge_with_a_hump(height, limit, steps=48, grid=150):
    """P(|bridge + height x bell hump| passes limit), solved on a grid."""
    bell, dt = NormalDist(), 1 / steps
    hump = [bell.pdf(bell.inv_cdf(i * dt)) for i in range(1, steps)]
    hump = height * np.array([0, *hump, 0])
    x, density = np.zeros(1), np.ones(1)
    for i in range(steps):
        low, high = -limit - hump[i : i + 2], limit - hump[i : i + 2]
        step = (high[1] - low[1]) / grid
        y = np.zeros(1)
        if i < steps - 1:
            y = low[1] + step * (np.arange(grid) + 0.5)
        moved = np.exp(-((y[:, None] - x) ** 2) / (2 * dt))
        up = np.exp(-2 * (high[0] - x) * (high[1] - y[:, None]) / dt)
        down = np.exp(-2 * (x - low[0]) * (y[:, None] - low[1]) / dt)
        kept = moved * np.clip(1 - up - down, 0, 1)
        density = kept @ density / math.sqrt(2 * math.pi * dt)
        x, density = y, density * (step if i < steps - 1 else 1)
    return 1 - density[0] * math.sqrt(2 * math.pi)


@pytest.mark.parametrize("alpha", [0.1, 0.01, 1e-4, 1e-6])
@pytest.mark.parametrize("power", [0.5, 0.8, 0.99])
def test_its_line_is_within_2_percent_of_the_law_in_the_limit(alpha, power):
    n = 1e8
    height = detectable_shift(None, n, n, alpha, power) * math.sqrt(n / 2)
    limit = math.sqrt(math.log(2 / alpha) / 2)
    assert bridge_with_a_hump(0.98 * height, limit) < power
    assert bridge_with_a_hump(1.02 * height, limit) > power


# The blind spot


def test_blind_spot_a_thousand_rows_of_fifty_storms_are_not_a_thousand():
    # The plan for .2 deviations says 1,119 rows: 56 storms of 20 flights.
    # The flights of a storm share half of their variance. Nothing changes.
    n = rows_needed(10, shift=0.2)
    storms, flights = 56, 20
    assert storms * flights >= n

    rng = np.random.default_rng(5)

    def a_day():
        storm = rng.normal(size=(storms, 1)) * math.sqrt(0.5)
        own = rng.normal(size=(storms, flights)) * math.sqrt(0.5)
        return (storm + own).ravel()

    alarms = np.mean([rings("psi", a_day(), a_day()) for _ in range(300)])
    assert alarms > 0.3
