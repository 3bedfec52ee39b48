"""What the three distances promise, and what they cannot see."""

import math
import re
from collections import Counter
from datetime import UTC, datetime
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from scipy.optimize import brentq
from scipy.spatial.distance import jensenshannon

from snippets.drift.distances import hellinger, jensen_shannon, total_variation

NAN, INF = math.nan, math.inf
THREE = (jensen_shannon, hellinger, total_variation)
BEFORE, AFTER = [10, 20, 30, 40], [20, 20, 30, 30]

three = pytest.mark.parametrize("distance", THREE)
counts = st.lists(st.integers(0, 10**6), min_size=5, max_size=5).filter(any)


# Identity


@given(counts, st.integers(1, 1000))
def test_the_same_shares_have_no_distance_whatever_the_rows(rows, times):
    for distance in THREE:
        assert distance(rows, [times * n for n in rows]) == 0


@three
def test_sides_that_share_no_bin_are_1_apart(distance):
    assert distance([3, 7, 0, 0], [0, 0, 1, 2]) == 1


# Worked by hand


def test_four_bins_worked_by_hand():
    # Shares .1 .2 .3 .4 and .2 .2 .3 .3: two bins differ, by .1 each.
    # total variation: (.1 + .1) / 2 = .1
    # Hellinger, squared: ((.447214 - .316228)**2 + (.632456 - .547723)**2) / 2
    #   = (.017157 + .007180) / 2 = .012168, and its root is .110311
    # Jensen-Shannon, squared, half of: .1 log2(.1 / .15) + .2 log2(.2 / .15)
    #   + .4 log2(.4 / .35) + .3 log2(.3 / .35)
    #   = -.058496 + .083008 + .077058 - .066718 = .034852
    #   half of it is .017426, and its root is .132007
    assert total_variation(BEFORE, AFTER) == pytest.approx(0.1)
    assert hellinger(BEFORE, AFTER) == pytest.approx(0.110310843750354)
    assert jensen_shannon(BEFORE, AFTER) == pytest.approx(0.132006731948937)


def test_what_other_packages_print_for_the_same_counts():
    ours = jensen_shannon(BEFORE, AFTER)
    assert jensenshannon(BEFORE, AFTER) == pytest.approx(0.1099, abs=5e-5)
    assert ours * math.sqrt(math.log(2)) == pytest.approx(0.1099, abs=5e-5)
    assert ours**2 == pytest.approx(0.0174, abs=5e-5)  # the divergence


# Agreement with others


@given(counts, counts)
def test_jensen_shannon_is_scipys_with_base_2(p, q):
    # SciPy goes wrong below 1e-7 and may say NaN for two that are alike.
    ours = jensen_shannon(p, q)
    if ours > 1e-6:
        assert ours == pytest.approx(jensenshannon(p, q, base=2), abs=1e-8)


@given(counts, counts)
def test_hellinger_and_total_variation_are_sums_over_the_bins(p, q):
    a = [Fraction(n, sum(p)) for n in p]
    b = [Fraction(n, sum(q)) for n in q]
    gap = sum(abs(x - y) for x, y in zip(a, b, strict=True)) / 2
    assert total_variation(p, q) == pytest.approx(float(gap), abs=1e-12)
    overlap = sum(math.sqrt(x * y) for x, y in zip(a, b, strict=True))
    assert 1 - hellinger(p, q) ** 2 == pytest.approx(overlap, abs=1e-12)


@pytest.mark.parametrize(
    ("p", "q"),
    [
        (np.float32([0.027501475, 0.055202297]), [0.027537677, 0.055334348]),
        ([0.5 - 2**-54, 0.5 + 2**-54], [0.5 + 2**-54, 0.5 - 2**-54]),
        ([1 / 3, 1 / 3, 1 / 3], [0.3333, 0.3333, 0.3333]),
    ],
)
def test_two_sides_that_are_nearly_alike_give_a_number(p, q):
    # The first two made SciPy say NaN: its issues 20083 and 20779.
    assert 0 <= jensen_shannon(p, q) < 3e-4


# Properties


@given(counts, counts)
def test_either_side_may_come_first(p, q):
    for distance in THREE:
        assert distance(p, q) == distance(q, p)
        assert 0 <= distance(p, q) <= 1


@given(counts, counts, counts)
def test_a_detour_is_never_shorter(p, q, r):
    for distance in THREE:
        assert distance(p, r) <= distance(p, q) + distance(q, r) + 1e-7


@given(counts, counts)
def test_joining_two_bins_never_moves_the_sides_apart(p, q):
    for distance in THREE:
        joined = distance([p[0] + p[1], *p[2:]], [q[0] + q[1], *q[2:]])
        assert joined <= distance(p, q) + 1e-7


@given(counts, counts)
def test_each_of_the_three_bounds_the_others(p, q):
    js, h, tv = (distance(p, q) for distance in THREE)
    slack = 1e-7
    assert h - slack <= js <= h / math.sqrt(math.log(2)) + slack
    assert h * h - slack <= tv <= h * math.sqrt(2 - h * h) + slack
    # Pinsker below, Lin above.
    assert tv / math.sqrt(2 * math.log(2)) - slack <= js
    assert js <= math.sqrt(tv) + slack


def test_a_small_move_is_the_root_of_psi_in_other_units():
    p, q = np.array([0.2, 0.3, 0.5]), np.array([0.21, 0.28, 0.51])
    psi = np.sum((q - p) * np.log(q / p))
    assert hellinger(p, q) ** 2 * 8 == pytest.approx(psi, rel=1e-3)
    js = jensen_shannon(p, q)
    assert js**2 * 8 * math.log(2) == pytest.approx(psi, rel=1e-3)


# Hard inputs

HARD = {
    "one bin": ([7], [9_000], 0),
    "one row each": ([1, 0], [0, 1], 1),
    "a bin empty on both sides": ([0, 5, 0], [0, 9, 0], 0),
    "booleans": ([True, False], np.array([False, True]), 1),
    "shares": ([0.25, 0.75], [1, 3], 0),
    "shares that do not add up to 1 are counts": ([0.2, 0.2], [0.5, 0.5], 0),
    "very large": ([1e300, 1e300], [1, 1], 0),
    "very small": ([5e-324, 0], [1, 0], 0),
    "very small beside large": ([5e-324, 1], [0, 1], 0),
    "large whole numbers": ([2**62, 2**62], [1, 1], 0),
    "a Counter": (Counter("aab"), Counter("baa"), 0),
    "an absent key is 0": ({"a": 2}, {"a": 2, "b": 0}, 0),
    "another key for all": ({1: 2}, {"1": 2}, 1),
    "None and NaN are one key": ({None: 2, "a": 1}, {NAN: 2, "a": 1}, 0),
    "and are added up": ({None: 1, NAN: 1, "a": 2}, {pd.NA: 1, "a": 1}, 0),
    "Series in another order": (
        pd.Series(["a", "a", "b", None]).value_counts(dropna=False),
        pd.Series([None, "b", "a", "a"]).value_counts(dropna=False),
        0,
    ),
}


@three
@pytest.mark.parametrize(("p", "q", "expected"), HARD.values(), ids=HARD)
def test_hard_inputs(distance, p, q, expected):
    assert distance(p, q) == expected


@three
@pytest.mark.parametrize(
    "column",
    [
        tuple(BEFORE),
        np.array(BEFORE, dtype=np.uint8),
        np.array([BEFORE, AFTER]).T[:, 0],
        np.array(BEFORE, dtype=object),
        np.ma.array(BEFORE, mask=[0, 0, 0, 0]),
        np.histogram(np.repeat([0, 1, 2, 3], BEFORE), bins=4)[0],
    ],
    ids=lambda column: type(column).__name__,
)
def test_other_containers_give_the_answer_of_the_list(distance, column):
    assert distance(column, AFTER) == distance(BEFORE, AFTER)


@three
def test_a_series_is_read_by_its_index_and_like_a_dict(distance):
    before, after = pd.Series(BEFORE), pd.Series(AFTER)
    assert distance(before, after[::-1]) == distance(BEFORE, AFTER)
    assert distance(before, dict(after)) == distance(BEFORE, AFTER)


# Errors


@three
@pytest.mark.parametrize(
    ("p", "q", "error", "message"),
    [
        ([], [1], ValueError, "p must add up to more than 0, got 0 bins of 0"),
        ({}, {}, ValueError, "p must add up to more than 0, got 0 bins of 0"),
        ([1], [0], ValueError, "q must add up to more than 0, got 1 bins of"),
        ([1, 2], [1], ValueError, "q must have 2 bins as p has, got 1"),
        ([-1, 2], [1, 2], ValueError, r"p must hold 0 to 1e300, got -1\.0"),
        ([1, 2], [NAN, 2], ValueError, "q must hold 0 to 1e300, got nan"),
        ([1, 2], [None, 2], ValueError, "q must hold 0 to 1e300, got nan"),
        ([INF, 2], [1, 2], ValueError, "p must hold 0 to 1e300, got inf"),
        (
            np.ma.array([1, 2], mask=[0, 1]),
            [1, 2],
            ValueError,
            "p must hold 0 to 1e300, got nan",
        ),
        ([[1, 2]], [1, 2], ValueError, r"p must be one column, got \(1, 2\)"),
        (3, [1, 2], ValueError, r"p must be one column, got \(\)"),
        (["1", "2"], [1, 2], TypeError, "p must hold numbers, got <U1"),
        ([1, 2], [1, [2]], TypeError, "q must hold numbers: "),
        ([1, 2], [1, 2j], TypeError, "q must hold numbers, got complex128"),
        ([1], [Decimal(1)], TypeError, "q must hold numbers, got object"),
        (
            np.array(["2013-01-01"], "M8[D]"),
            [1],
            TypeError,
            r"p must hold numbers, got datetime64\[D\]",
        ),
        ({"a": "1"}, {"a": 1}, TypeError, "p must hold numbers, got <U1"),
        ({"a": 1}, {"a": -1}, ValueError, "q must hold 0 to 1e300, got -1"),
        (
            {"a": 1},
            [1],
            TypeError,
            "p and q must both have keys or neither, got dict and list",
        ),
        (
            [1, 2],
            pd.Series([1, 2]),
            TypeError,
            "p and q must both have keys or neither, got list and Series",
        ),
        (
            pd.DataFrame({"a": [1, 2]}),
            pd.DataFrame({"a": [1, 2]}),
            ValueError,
            r"p must be one column, got \(1, 2\)",
        ),
    ],
)
def test_what_is_refused_is_refused_by_name(distance, p, q, error, message):
    with pytest.raises(error, match=message):
        distance(p, q)


things = st.one_of(
    st.floats(),
    st.integers(-3, 30),
    st.sampled_from([10**400, Fraction(1, 2), Decimal("0.5"), 5e-324, 1e308]),
    st.sampled_from([None, True, "1", "nan", b"1", 1j, pd.NA, pd.NaT]),
    st.sampled_from([datetime(2013, 1, 1, tzinfo=UTC), np.float32(0.1)]),
)
columns = st.one_of(
    things,
    st.lists(things, max_size=4),
    st.lists(st.floats(0, exclude_min=True), min_size=2, max_size=2),
    st.lists(st.lists(things, max_size=2), max_size=3),
    st.dictionaries(things, st.integers(-1, 9), max_size=3),
    st.lists(things, max_size=3).map(lambda rows: pd.Series(rows, dtype="O")),
)


@given(columns, columns, st.sampled_from(THREE))
def test_bad_input_gives_a_number_from_0_to_1_or_an_error_by_name(
    p, q, distance
):
    try:
        found, message = distance(p, q), "p must"
    except (TypeError, ValueError) as error:
        found, message = 0, str(error)
    assert 0 <= found <= 1
    assert re.match("p must|q must|p and q must", message)


# What chance alone gives: two samples of the same ten shares


def by_chance(n, m, n_bins, n_pairs=1_000):
    """The three distances of pairs of samples of even shares."""
    rng = np.random.default_rng(1)
    one = rng.multinomial(n, [1 / n_bins] * n_bins, size=n_pairs)
    other = rng.multinomial(m, [1 / n_bins] * n_bins, size=n_pairs)
    pairs = list(zip(one, other, strict=True))
    return [np.array([f(p, q) for p, q in pairs]) for f in THREE]


@pytest.mark.parametrize(
    ("n", "means", "upper"),
    [
        (100, (0.178, 0.149, 0.168), (0.251, 0.211, 0.240)),
        (1_000, (0.056, 0.046, 0.053), (0.079, 0.066, 0.077)),
        (10_000, (0.0175, 0.0146, 0.0169), (0.025, 0.021, 0.024)),
    ],
)
def test_with_nothing_moved_the_distance_is_this_large_by_chance(
    n, means, upper
):
    found = by_chance(n, n, 10)
    assert [f.mean() for f in found] == pytest.approx(means, rel=0.03)
    ninety_five = [np.quantile(f, 0.95) for f in found]
    assert ninety_five == pytest.approx(upper, rel=0.06)


@pytest.mark.parametrize(
    ("n", "m", "n_bins"),
    [
        (100, 100, 10),
        (1_000, 100, 10),
        (10_000, 1_000, 10),
        (1_000, 1_000, 20),
    ],
)
def test_the_mean_by_chance_follows_from_rows_and_bins(n, m, n_bins):
    noise = (n_bins - 1) * (1 / n + 1 / m)
    divisors = (8 * math.log(2), 8, 2 * math.pi)
    expected = [math.sqrt(noise / divisor) for divisor in divisors]
    found = [f.mean() for f in by_chance(n, m, n_bins)]
    assert found == pytest.approx(expected, rel=0.05)


def test_a_tenth_is_common_on_100_rows_and_never_seen_on_10_000():
    for n, shares in ((100, (0.97, 0.92, 0.95)), (10_000, (0, 0, 0))):
        found = [np.mean(f > 0.1) for f in by_chance(n, n, 10)]
        assert found == pytest.approx(shares, abs=0.02)


def test_more_bins_look_farther_with_nothing_moved():
    few, many = (by_chance(100, 100, k)[0].mean() for k in (5, 20))
    assert few == pytest.approx(0.114, abs=0.005)
    assert many == pytest.approx(0.268, abs=0.005)


@pytest.mark.parametrize("n", [100, 1_000])
def test_the_psi_limit_of_1_percent_serves_after_a_root(n):
    limit = stats.chi2.isf(0.01, 9) * 2 / n  # psi_limit(10, n, n)
    js, h, _ = by_chance(n, n, 10, n_pairs=4_000)
    assert np.mean(js > math.sqrt(limit / 5.545)) == pytest.approx(
        0.01, abs=5e-3
    )
    assert np.mean(h > math.sqrt(limit / 8)) == pytest.approx(0.012, abs=6e-3)


@pytest.mark.parametrize(
    ("distance", "shift"),
    [(jensen_shannon, 0.24), (hellinger, 0.29), (total_variation, 0.25)],
)
def test_a_tenth_is_a_quarter_of_a_standard_deviation(distance, shift):
    # A bell-shaped column in ten bins that held a tenth each.
    edges = stats.norm.ppf(np.arange(1, 10) / 10)

    def moved(by):
        now = np.diff([0, *stats.norm.cdf(edges, by), 1])
        return distance([1] * 10, now)

    found = brentq(lambda by: moved(by) - 0.1, 0.01, 1)
    assert found == pytest.approx(shift, abs=0.005)


# The blind spot


@three
def test_blind_spot_one_bin_further_counts_as_much_as_nine(distance):
    # Delay in ten bins: half the rows of the first come a little later, or
    # hours later. Passengers notice. The distance is the same.
    before = [100] * 10
    a_little_later = [50, 150, *[100] * 8]
    hours_later = [50, *[100] * 8, 150]
    assert distance(before, a_little_later) == distance(before, hours_later)
