"""What false_alarms promises, how far it holds, and what gets lost."""

import math
from functools import cache
from itertools import combinations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from snippets.drift.false_alarms import (
    benjamini_hochberg,
    expected_false_alarms,
    holm,
)

NAN, INF = math.nan, math.inf
FOUR = [0.01, 0.04, 0.03, 0.005]

shares = st.floats(0, 1) | st.sampled_from([0.0, 1.0, 0.05, 1e-300])
families = st.lists(shares, min_size=1, max_size=30)
both = pytest.mark.parametrize("adjust", [benjamini_hochberg, holm])


# Identity


@both
@given(shares)
def test_a_family_of_one_needs_no_correction(adjust, p):
    assert adjust([p]).tolist() == [p]


def test_one_check_on_one_day_rings_in_a_share_alpha():
    one = expected_false_alarms(1, 0.05, days=1)
    assert one.expected == 0.05
    assert one.any_on_a_day == one.days_with_one == pytest.approx(0.05)


# Worked by hand


def test_four_p_values_worked_by_hand():
    # Sorted: .005 .01 .03 .04.
    # BH times 4, 4/2, 4/3, 1: .02 .02 .04 .04, each at most the next.
    assert benjamini_hochberg(FOUR) == pytest.approx([0.02, 0.04, 0.04, 0.02])
    # Holm times 4, 3, 2, 1: .02 .03 .06 .04, each at least the one before.
    assert holm(FOUR) == pytest.approx([0.03, 0.06, 0.06, 0.02])


def test_twenty_checks_at_5_percent_worked_by_hand():
    # 20 x 365 x .05 = 365; 1 - .95^20 = .6415; .6415 x 365 = 234 days
    year = expected_false_alarms(20, 0.05)
    assert year.expected == pytest.approx(365)
    assert year.any_on_a_day == pytest.approx(1 - 0.95**20)
    assert year.days_with_one == pytest.approx(234.2, abs=0.05)


def test_twelve_false_alarms_a_year_from_twenty_checks_a_day():
    assert expected_false_alarms(20, 12 / (20 * 365)).expected == 12


# Agreement with others


@given(families)
def test_it_is_scipys_false_discovery_control(p_values):
    expected = stats.false_discovery_control(p_values, method="bh")
    assert benjamini_hochberg(p_values) == pytest.approx(expected, rel=1e-12)


@given(st.lists(shares, min_size=1, max_size=7))
def test_holm_is_bonferroni_over_every_subset(p_values):
    # A check rings when Bonferroni rejects every subset that holds it.
    k = range(len(p_values))
    worst = [0.0] * len(p_values)
    for size in range(1, len(p_values) + 1):
        for subset in combinations(k, size):
            p = min(1.0, size * min(p_values[i] for i in subset))
            for i in subset:
                worst[i] = max(worst[i], p)
    assert holm(p_values) == pytest.approx(worst, rel=1e-12)


@given(st.integers(1, 500), st.floats(1e-9, 0.99))
def test_the_day_is_the_binomial_law(checks, alpha):
    day = expected_false_alarms(checks, alpha, days=1)
    none = stats.binom(checks, alpha).logpmf(0)
    assert day.any_on_a_day == pytest.approx(-math.expm1(none), rel=1e-9)


# Properties


@both
@given(families)
def test_no_p_value_gets_smaller_and_none_leaves_the_range(adjust, p_values):
    adjusted = adjust(p_values)
    assert (adjusted >= p_values).all()
    assert (adjusted <= 1).all()


@given(families)
def test_holm_asks_more_than_bh_and_less_than_bonferroni(p_values):
    bonferroni = np.minimum(1, len(p_values) * np.array(p_values))
    strict, mild = holm(p_values), benjamini_hochberg(p_values)
    assert (mild <= strict * (1 + 1e-12)).all()
    assert (strict <= bonferroni * (1 + 1e-12)).all()


@both
@given(families, st.randoms(use_true_random=False))
def test_the_order_of_checks_does_not_matter(adjust, p_values, random):
    places = random.sample(range(len(p_values)), len(p_values))
    shuffled = adjust([p_values[i] for i in places])
    assert shuffled == pytest.approx(adjust(p_values)[places], rel=1e-12)


@both
@given(families)
def test_the_order_of_p_values_survives_and_ties_stay_ties(adjust, p_values):
    p, adjusted = np.array(p_values), adjust(p_values)
    for i, j in combinations(range(len(p)), 2):
        if p[i] == p[j]:
            assert adjusted[i] == adjusted[j]
        elif p[i] < p[j]:
            assert adjusted[i] <= adjusted[j]


@given(st.integers(1, 1000), st.floats(1e-6, 0.5), st.integers(1, 5000))
def test_more_checks_never_mean_fewer_alarms(checks, alpha, days):
    fewer = expected_false_alarms(checks, alpha, days)
    more = expected_false_alarms(checks + 1, alpha, days)
    assert more.expected > fewer.expected
    assert more.any_on_a_day >= fewer.any_on_a_day
    assert fewer.days_with_one <= fewer.expected * (1 + 1e-12)


# Hard inputs

HARD = {
    "p of 0 stays 0": ([0.0, 0.5], [0.0, 0.5], [0.0, 0.5]),
    "all 1": ([1.0, 1.0], [1.0, 1.0], [1.0, 1.0]),
    "all equal": ([0.03] * 4, [0.03] * 4, [0.12] * 4),
    "whole numbers": ([0, 1], [0, 1], [0, 1]),
    "booleans count as 0 and 1": ([False, True], [0, 1], [0, 1]),
    "a tuple": (
        tuple(FOUR),
        [0.02, 0.04, 0.04, 0.02],
        [0.03, 0.06, 0.06, 0.02],
    ),
    "an object array": (
        np.array(FOUR, dtype=object),
        [0.02, 0.04, 0.04, 0.02],
        [0.03, 0.06, 0.06, 0.02],
    ),
    "a pandas Series": (
        pd.Series(FOUR, index=[9, 8, 7, 7]),
        [0.02, 0.04, 0.04, 0.02],
        [0.03, 0.06, 0.06, 0.02],
    ),
    "a masked array without a mask": (
        np.ma.array(FOUR),
        [0.02, 0.04, 0.04, 0.02],
        [0.03, 0.06, 0.06, 0.02],
    ),
}


@pytest.mark.parametrize(("p", "bh", "step_down"), HARD.values(), ids=HARD)
def test_hard_inputs(p, bh, step_down):
    assert benjamini_hochberg(p) == pytest.approx(bh)
    assert holm(p) == pytest.approx(step_down)


@both
def test_the_p_values_of_the_caller_stay_as_they_are(adjust):
    mine = np.array(FOUR)
    adjust(mine)
    assert mine.tolist() == FOUR


# Errors


@both
@pytest.mark.parametrize(
    ("p", "error", "message"),
    [
        ([], ValueError, "p_values must hold at least 1 value, got 0"),
        ([0.1, NAN], ValueError, "between 0 and 1, got nan at position 1"),
        ([None, 0.1], ValueError, "between 0 and 1, got nan at position 0"),
        ([0.1, 1.5], ValueError, "between 0 and 1, got 1.5 at position 1"),
        ([-0.01], ValueError, "between 0 and 1, got -0.01 at position 0"),
        ([0.1, INF], ValueError, "between 0 and 1, got inf at position 1"),
        ([5], ValueError, "between 0 and 1, got 5.0 at position 0"),
        ([[0.1]], ValueError, r"p_values must be one column, got \(1, 1\)"),
        (0.1, ValueError, r"p_values must be one column, got \(\)"),
        (["0.1"], TypeError, "p_values must hold numbers"),
        ([0.1, [0.2]], TypeError, "p_values must hold numbers"),
        ([10**400], TypeError, "p_values must hold numbers"),
        ({"wind": 0.1}, TypeError, "p_values must hold numbers"),
        (
            np.ma.array(FOUR, mask=[0, 0, 1, 0]),
            ValueError,
            "got nan at position 2",
        ),
        (
            np.array(["2013-01-01"], "M8[D]"),
            TypeError,
            r"p_values must hold numbers, got datetime64\[D\]",
        ),
    ],
)
def test_wrong_p_values_are_refused_by_place(adjust, p, error, message):
    with pytest.raises(error, match=message):
        adjust(p)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((0, 0.05), "checks_per_day must be a whole .* got 0"),
        ((2.5, 0.05), "checks_per_day must be a whole .* got 2.5"),
        ((NAN, 0.05), "checks_per_day must be a whole .* got nan"),
        ((INF, 0.05), "checks_per_day must be a whole .* got inf"),
        (("20", 0.05), "checks_per_day must be a whole .* got '20'"),
        ((20, 0.05, 0), "days must be a whole number of 1 or more, got 0"),
        ((20, 0.05, None), "days must be a whole .* got None"),
        ((20, 0), "alpha must be between 0 and 1, got 0"),
        ((20, 1), "alpha must be between 0 and 1, got 1"),
        ((20, NAN), "alpha must be between 0 and 1, got nan"),
        ((20, 5), "alpha must be between 0 and 1, got 5"),
    ],
)
def test_wrong_settings_are_refused_by_name(arguments, message):
    with pytest.raises(ValueError, match=message):
        expected_false_alarms(*arguments)


odd = (
    st.none()
    | st.booleans()
    | st.integers(-2, 3)
    | st.floats()
    | st.sampled_from(["", "0.05", 1j, b"1", pd.NaT])
)


def outcome(call):
    """The result, or the text of one of the two documented errors."""
    try:
        return call(), ""
    except (TypeError, ValueError) as error:
        return None, str(error)


@both
@given(
    odd
    | st.lists(odd | st.lists(odd, max_size=2), max_size=5)
    | st.lists(odd, max_size=5).map(lambda x: np.array(x, dtype=object))
    | st.dictionaries(st.text(max_size=2), shares, max_size=2)
    | st.lists(st.lists(shares, min_size=2, max_size=2), max_size=3)
    | st.lists(st.booleans() | shares, max_size=4).map(pd.Series)
)
def test_bad_p_values_give_a_result_in_range_or_an_error_by_name(adjust, p):
    adjusted, refused = outcome(lambda: adjust(p))
    if adjusted is None:
        assert refused.startswith("p_values must")
    else:
        assert ((adjusted >= 0) & (adjusted <= 1)).all()


@given(odd, st.floats(), odd)
def test_bad_settings_give_a_number_or_an_error_by_name(checks, alpha, days):
    found, refused = outcome(
        lambda: expected_false_alarms(checks, alpha, days)
    )
    if found is None:
        names = ("checks_per_day must", "days must", "alpha must")
        assert refused.startswith(names)
    else:
        assert found.expected >= 0
        assert 0 < found.any_on_a_day <= 1


# How far the promise holds: six years of daily families at 5 %

DAYS = 6 * 365
SEEN_ALONE = stats.norm.isf(0.025) + stats.norm.ppf(0.8)  # 2.80 errors


@cache
def years(columns, correlation, moved):
    """Who rings on which day: uncorrected, Holm, Benjamini and Hochberg.

    Each column brings a test statistic in standard errors. The first `moved`
    of them moved so far that one check at 5 % sees it on 4 days in 5.
    """
    rng = np.random.default_rng(columns)
    own, common = rng.normal(size=(DAYS, columns)), rng.normal(size=(DAYS, 1))
    z = math.sqrt(1 - correlation) * own + math.sqrt(correlation) * common
    z[:, :moved] += SEEN_ALONE
    p_values = 2 * stats.norm.sf(abs(z))
    return {
        "none": p_values <= 0.05,
        "holm": np.array([holm(p) <= 0.05 for p in p_values]),
        "bh": np.array([benjamini_hochberg(p) <= 0.05 for p in p_values]),
    }


def days_with_any(rings):
    return rings.any(axis=1).mean()


@pytest.mark.parametrize(
    ("columns", "correlation", "none", "corrected"),
    [
        (20, 0, 0.64, 0.05),
        (100, 0, 0.994, 0.05),
        (20, 0.5, 0.42, 0.035),
        (100, 0.5, 0.77, 0.03),
    ],
)
def test_on_a_clean_day_the_family_rings_in_5_percent_or_fewer(
    columns, correlation, none, corrected
):
    rings = years(columns, correlation, 0)
    assert days_with_any(rings["none"]) == pytest.approx(none, abs=0.025)
    for name in ("holm", "bh"):
        share = days_with_any(rings[name])
        assert share == pytest.approx(corrected, abs=0.013)


def test_without_a_correction_the_number_of_alarms_is_as_expected():
    for columns, correlation in ((20, 0), (20, 0.5), (100, 0), (100, 0.5)):
        found = years(columns, correlation, 0)["none"].sum()
        expected = expected_false_alarms(columns, 0.05, DAYS).expected
        assert found == pytest.approx(expected, rel=0.08)


def test_correcting_across_columns_does_not_correct_across_days():
    # 5 % of clean days is 18 days a year; 5 % of years would be 1 in 20.
    rings = years(100, 0, 0)["holm"].any(axis=1).reshape(6, 365)
    assert (rings.sum(axis=1) > 5).all()
    assert rings.sum() / 6 == pytest.approx(18, abs=4)


@pytest.mark.parametrize(
    ("columns", "alone", "corrected"), [(20, 0.80, 0.42), (100, 0.80, 0.25)]
)
def test_the_correction_loses_the_one_column_that_moved(
    columns, alone, corrected
):
    rings = years(columns, 0, 1)
    assert rings["none"][:, 0].mean() == pytest.approx(alone, abs=0.025)
    for name in ("holm", "bh"):
        seen = rings[name][:, 0].mean()
        assert seen == pytest.approx(corrected, abs=0.03)


def test_with_twenty_moved_columns_of_100_bh_sees_more_than_holm():
    rings = years(100, 0, 20)
    assert rings["holm"][:, :20].mean() == pytest.approx(0.26, abs=0.02)
    assert rings["bh"][:, :20].mean() == pytest.approx(0.51, abs=0.02)
    assert false_share_of_a_day(rings["bh"], 20) < 0.045


def false_share_of_a_day(rings, moved):
    """Mean share of false alarms of a day; 0 for a day without any."""
    false = rings[:, moved:].sum(axis=1)
    return np.mean(false / np.maximum(rings.sum(axis=1), 1))


@pytest.mark.parametrize(
    ("correlation", "of_a_year"), [(0, 0.22), (0.5, 0.51)]
)
def test_the_false_share_of_a_day_holds_and_that_of_a_year_is_far_higher(
    correlation, of_a_year
):
    # Silent days count as 0, and false alarms come in heaps.
    rings = years(100, correlation, 1)["bh"]
    assert false_share_of_a_day(rings, 1) < 0.06
    share = rings[:, 1:].sum() / rings.sum()
    assert share == pytest.approx(of_a_year, abs=0.03)


def test_columns_that_go_together_ring_together():
    # Columns on a clean day with an alarm, and false alarms a year.
    for correlation, at_once, a_year in ((0, 1.1, 21), (0.5, 8.3, 90)):
        rings = years(100, correlation, 0)["bh"].sum(axis=1)
        assert rings[rings > 0].mean() == pytest.approx(at_once, rel=0.1)
        assert rings.sum() / 6 == pytest.approx(a_year, rel=0.1)


# The blind spot


@both
def test_blind_spot_the_one_column_that_matters_hides_among_a_hundred(adjust):
    # Alone it would ring at 1 %. Beside 99 quiet ones it does not at 5 %.
    quiet = np.linspace(0.01, 1, 99)
    alone = adjust([0.001])
    assert alone[0] <= 0.01
    among = adjust([0.001, *quiet])
    assert among[0] == pytest.approx(0.1)
    assert (among > 0.05).all()
