"""What mmd promises, how far the promise holds, and what it cannot see."""

import math
from itertools import combinations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from snippets.drift.ks import ks_two_sample
from snippets.drift.mmd import mmd_test
from snippets.flights.loader import DAYS, load, load_day

NAN, INF = math.nan, math.inf

cells = st.integers(-3, 3) | st.floats(-1e9, 1e9)


def tables(columns, most=12):
    row = st.lists(cells, min_size=columns, max_size=columns)
    return st.lists(row, min_size=2, max_size=most)


two_tables = st.integers(1, 3).flatmap(
    lambda columns: st.tuples(tables(columns), tables(columns))
)


def ranked(reference, current):
    """Both tables with each column as ranks from 0 to 1, by SciPy."""
    rows = np.vstack([reference, current])
    ranks = (stats.rankdata(rows, axis=0) - 1) / (len(rows) - 1)
    return ranks[: len(reference)], ranks[len(reference) :]


def mmd_by_definition(reference, current, bandwidth):
    """Squared MMD, without bias, as a double loop over the rows."""

    def mean_likeness(left, right, skip_same):
        found = []
        for i, a in enumerate(left):
            for j, b in enumerate(right):
                if not (skip_same and i == j):
                    distance = math.dist(a, b) / bandwidth
                    found.append(math.exp(-(distance**2) / 2))
        return sum(found) / len(found)

    return (
        mean_likeness(reference, reference, True)
        + mean_likeness(current, current, True)
        - 2 * mean_likeness(reference, current, False)
    )


# Identity


@given(tables(2))
def test_the_same_table_twice_is_no_drift(rows):
    result = mmd_test(rows, rows[::-1], n_permutations=19)
    assert result.statistic <= 1e-12
    assert result.p_value > 0.3


# Worked by hand


def test_two_rows_a_side_worked_by_hand():
    # The ranks are 1/6, 1/6 and 5/6, 5/6, so rows are 0 or 2/3 apart, and
    # the bandwidth is 2/3. Alike: 1 within a side, exp(-1/2) across.
    result = mmd_test([[3], [3]], [[7], [7]], n_permutations=999)
    assert result.bandwidth == pytest.approx(2 / 3)
    assert result.statistic == pytest.approx(2 - 2 * math.exp(-0.5))
    assert (result.n_reference, result.n_current) == (2, 2)
    # 2 of the 6 ways to hand out the labels keep the pairs together.
    assert result.p_value == pytest.approx(1 / 3, abs=0.05)


def test_a_table_without_any_difference_between_rows():
    result = mmd_test([[3, 1]] * 4, [[3, 1]] * 5)
    assert result.statistic == pytest.approx(0)
    assert result.p_value == 1


# Agreement with the definition


@settings(max_examples=50)
@given(two_tables, st.none() | st.floats(0.01, 10), st.booleans())
def test_the_statistic_is_that_of_the_double_loop(pair, bandwidth, ranks):
    if not ranks:
        bandwidth = bandwidth and 1e8 * bandwidth
    result = mmd_test(
        *pair, bandwidth=bandwidth, ranks=ranks, n_permutations=1
    )
    pair = ranked(*pair) if ranks else pair
    expected = mmd_by_definition(*pair, result.bandwidth)
    assert result.statistic == pytest.approx(expected, abs=1e-9)
    if bandwidth is None:  # at most 24 rows: all pairs are looked at
        every = [math.dist(*p) for p in combinations(np.vstack(pair), 2)]
        apart = [gap for gap in every if gap * gap > 0] or [1]
        middle = math.sqrt(np.median(np.square(apart)))
        assert result.bandwidth == pytest.approx(middle)


def test_thirty_rows_a_side_against_the_double_loop():
    rng = np.random.default_rng(1)
    x, y = rng.normal(size=(30, 4)), rng.exponential(size=(30, 4))
    result = mmd_test(x, y)
    expected = mmd_by_definition(*ranked(x, y), result.bandwidth)
    assert result.statistic == pytest.approx(expected, rel=1e-12)


def test_many_rows_go_through_in_blocks():
    # 700 rows are eight blocks: held against the whole kernel at once.
    rng = np.random.default_rng(2)
    x, y = rng.normal(size=(300, 3)), rng.normal(0.1, size=(400, 3))
    result = mmd_test(x, y, ranks=False)
    rows = np.vstack([x, y]) / result.bandwidth
    kernel = np.exp(-((rows[:, None] - rows) ** 2).sum(axis=2) / 2)
    np.fill_diagonal(kernel, 0)
    expected = (
        kernel[:300, :300].sum() / (300 * 299)
        + kernel[300:, 300:].sum() / (400 * 399)
        - 2 * kernel[:300, 300:].mean()
    )
    assert result.statistic == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize("n", [50, 51, 400])
def test_the_bandwidth_is_the_median_distance_of_rows(n):
    # Up to 100 rows in all every pair is looked at, beyond some are drawn.
    x, y = np.random.default_rng(26).normal(size=(2, n, 3))
    every = [math.dist(*pair) for pair in combinations(np.vstack([x, y]), 2)]
    found = [
        mmd_test(x, y, ranks=False, n_permutations=1, seed=seed).bandwidth
        for seed in range(2)
    ]
    assert found == pytest.approx([np.median(every)] * 2, rel=0.02)
    if n == 50:
        assert found == pytest.approx([np.median(every)] * 2)
    else:
        assert found[0] != found[1]


@pytest.mark.parametrize(("n", "m"), [(4, 4), (3, 6)])
def test_the_p_value_nears_the_share_of_all_ways_to_hand_out_labels(n, m):
    rng = np.random.default_rng(3)
    rows = rng.normal(size=(n + m, 2))
    rows[:n] += 1
    result = mmd_test(rows[:n], rows[n:], n_permutations=2_999)
    as_large = []
    for chosen in combinations(range(n + m), n):
        rest = [i for i in range(n + m) if i not in chosen]
        x, y = ranked(rows[list(chosen)], rows[rest])
        other = mmd_by_definition(x, y, result.bandwidth)
        as_large.append(other >= result.statistic - 1e-10)
    assert result.p_value == pytest.approx(np.mean(as_large), abs=0.03)


# Properties


@settings(max_examples=50)
@given(two_tables)
def test_either_table_may_be_the_reference(pair):
    forth = mmd_test(*pair, bandwidth=0.5, n_permutations=1).statistic
    back = mmd_test(*pair[::-1], bandwidth=0.5, n_permutations=1).statistic
    assert forth == pytest.approx(back, abs=1e-12)


def test_another_unit_a_logarithm_or_the_order_of_columns_changes_nothing():
    rng = np.random.default_rng(4)
    x, y = np.exp(rng.normal(size=(2, 40, 3)))
    plain = mmd_test(x, y)
    assert mmd_test(np.log(x), 9 + 0.1 * np.log(y) - 9) != plain
    assert mmd_test(np.log(x), np.log(y)) == plain
    assert mmd_test(x * [1, 9, 1e6], y * [1, 9, 1e6]) == plain
    turned = mmd_test(x[:, ::-1], y[:, ::-1])
    assert turned.statistic == pytest.approx(plain.statistic)
    assert turned.p_value == plain.p_value


def test_without_ranks_one_unit_for_all_columns_changes_nothing_else():
    x, y = np.random.default_rng(5).normal(size=(2, 40, 3))
    metres, feet = (mmd_test(x * u, y * u, ranks=False) for u in (1, 3.28))
    assert feet.bandwidth == pytest.approx(3.28 * metres.bandwidth)
    assert feet.statistic == pytest.approx(metres.statistic)
    assert feet.p_value == metres.p_value


def test_the_seed_decides_the_labels_and_nothing_else():
    x, y = np.random.default_rng(6).normal(size=(2, 40, 3))
    assert mmd_test(x, y, seed=7) == mmd_test(x, y, seed=7)
    some = [mmd_test(x, y, seed=seed) for seed in range(5)]
    assert len({result.statistic for result in some}) == 1
    assert len({result.p_value for result in some}) > 1


def test_the_p_value_is_never_zero():
    far = np.arange(20.0)[:, None]
    assert mmd_test(far, far + 100).p_value == 1 / 200
    assert mmd_test(far, far + 100, n_permutations=9).p_value == 0.1


# Groups change sides whole


def test_one_group_a_row_is_the_test_by_rows():
    x, y = np.random.default_rng(20).normal(size=(2, 30, 2))
    alone = mmd_test(x, y, groups=(np.arange(30), np.arange(30)))
    assert alone == mmd_test(x, y)


def test_three_days_of_two_sizes_worked_by_hand():
    # Days of 2, 1 and 3 rows; the third is today. Each of the three is
    # today's in a third of the deals, and sides change their size.
    rows = np.array([[0.0], [1.0], [5.0], [20.0], [21.0], [25.0]])
    day = np.array([1, 1, 2, 3, 3, 3])
    result = mmd_test(
        rows[:3],
        rows[3:],
        groups=(day[:3], day[3:]),
        ranks=False,
        bandwidth=5,
        n_permutations=2_999,
    )
    expected = mmd_by_definition(rows[:3], rows[3:], 5)
    assert result.statistic == pytest.approx(expected)
    least = [
        mmd_by_definition(rows[day != k], rows[day == k], 5) for k in (1, 3)
    ]
    assert least[0] < least[1]  # day 2, one row, has no likeness within
    apart = np.array([5.0, 4, 15, 16, 20])  # row 2 from the others
    across = np.exp(-((apart / 5) ** 2) / 2).mean()
    others = np.delete(rows, 2, axis=0)
    within = np.mean(
        [
            math.exp(-((a - b).item() ** 2) / 50)
            for a, b in combinations(others, 2)
        ]
    )
    larger = (within - 2 * across) >= least[1]
    assert result.p_value == pytest.approx((1 + larger) / 3, abs=0.03)


def test_a_bandwidth_of_32_bits_is_a_bandwidth():
    rows = np.random.default_rng(22).normal(size=(20, 2))
    wide = mmd_test(rows[:9], rows[9:], bandwidth=0.5)
    assert mmd_test(rows[:9], rows[9:], bandwidth=np.float32(0.5)) == wide


def test_the_names_of_groups_and_their_order_change_nothing():
    rng = np.random.default_rng(21)
    x, y, day = *rng.normal(size=(2, 40, 2)), np.arange(40) // 8
    plain = mmd_test(x, y, groups=(day, day))
    texts = np.array(["mon", "tue", "wed", "thu", "fri"], dtype=object)
    dates = np.datetime64("2013-07-01") + day
    assert mmd_test(x, y, groups=(dates, list(dates))) == plain
    mixed = rng.permutation(40)
    moved = mmd_test(x[mixed], y, groups=(day[mixed], pd.Series(day)))
    assert moved.statistic == pytest.approx(plain.statistic, abs=1e-6)
    named = mmd_test(x, y, groups=(texts[day], day + 7))
    assert named.statistic == plain.statistic


# Hard inputs

MANY = np.random.default_rng(7).normal(size=(60, 2))
HARD = {
    "two rows a side": (MANY[:2], MANY[2:4], False),
    "two rows today": (MANY, MANY[:2] + 0.01, False),
    "one column": (MANY[:, :1], MANY[:, 1:], False),
    "a column that is constant": (MANY * [1, 0], MANY[::-1] * [1, 0], False),
    "a constant that moves": (MANY * [1, 0], MANY * [1, 0] + [0, 5], True),
    "all rows equal": (np.ones((9, 2)), np.ones((9, 2)), False),
    "booleans": (MANY > 0, np.ones((30, 2), bool), True),
    "integers": (np.arange(40).reshape(20, 2), np.zeros((9, 2), int), True),
    "one wild value": (MANY, np.vstack([MANY, [[1e300, 0]]]), False),
    "inf in one row": (MANY, np.vstack([MANY, [[INF, -INF]]]), False),
    "inf everywhere": (MANY, np.full((30, 2), INF), True),
    "minus zero is zero": (np.zeros((9, 2)), -np.zeros((9, 2)), False),
}


@pytest.mark.parametrize(
    ("reference", "current", "alarm"), HARD.values(), ids=HARD
)
def test_hard_inputs(reference, current, alarm):
    result = mmd_test(reference, current)
    assert -1 <= result.statistic <= 2
    assert (result.p_value <= 0.01) == alarm


@pytest.mark.parametrize("ranks", [True, False])
def test_the_largest_and_the_smallest_values(ranks):
    big = mmd_test([[-1e100], [1e100]], [[1e100], [1e-100]], ranks=ranks)
    small = mmd_test([[0], [5e-324]], [[1e-200], [0]], ranks=ranks)
    for result in big, small:
        assert math.isfinite(result.statistic)
        assert result.p_value > 0.3


@pytest.mark.parametrize(
    "table",
    [
        ((1, 4), (2, 5), (9, 6)),
        np.array([[1, 4], [2, 5], [9, 6]], dtype=np.float32),
        np.array([[1, 2, 9], [4, 5, 6]]).T,
        np.ma.array([[1, 4], [2, 5], [9, 6]], mask=False),
        pd.DataFrame({"a": [1, 2, 9], "b": [4, 5, 6]}, index=[7, 8, 9]),
        pd.DataFrame({"a": [1, 2, 9], "b": [4.0, 5, 6]}, dtype=object),
    ],
    ids=lambda table: type(table).__name__,
)
def test_other_containers_give_the_answer_of_the_list(table):
    expected = mmd_test([[0, 3], [2, 2]], [[1, 4], [2, 5], [9, 6]])
    assert mmd_test([[0, 3], [2, 2]], table) == expected


def test_nothing_that_comes_in_is_changed():
    mine = MANY.copy()
    mmd_test(mine, mine[:30], ranks=False)
    assert np.array_equal(mine, MANY)


# Errors

FRAME = pd.DataFrame({"a": [1, 2], "b": [3, 4]})
OK = [[1.0, 2.0], [3.0, 4.0]]


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: mmd_test([], OK), ValueError, r"reference .* got \(0,\)"),
        (lambda: mmd_test(OK, [1, 2]), ValueError, r"current .* got \(2,\)"),
        (lambda: mmd_test(OK, 5), ValueError, r"current must be rows .* \(\)"),
        (lambda: mmd_test(OK, [[], []]), ValueError, r"current .* \(2, 0\)"),
        (lambda: mmd_test([OK], OK), ValueError, r"got \(1, 2, 2\)"),
        (lambda: mmd_test(OK[:1], OK), ValueError, "2 rows or more, got 1"),
        (
            lambda: mmd_test(OK, [[NAN, None], [1, 2]]),
            ValueError,
            "current must hold no missing value, got 2",
        ),
        (
            lambda: mmd_test(np.ma.array(OK, mask=[[0, 1], [0, 0]]), OK),
            ValueError,
            "reference must hold no missing value, got 1",
        ),
        (lambda: mmd_test(OK, [["1", "2"]] * 2), TypeError, "current must ho"),
        (lambda: mmd_test(OK, [[1, "2"]] * 2), TypeError, "current must hold"),
        (lambda: mmd_test([[1], [2, 3]], OK), TypeError, "reference must hol"),
        (lambda: mmd_test([[1j]] * 2, OK), TypeError, "reference .* complex"),
        (
            lambda: mmd_test(OK, np.array([["2013-01-01"]] * 2, "M8[D]")),
            TypeError,
            r"current must hold numbers, got datetime64\[D\]",
        ),
        (
            lambda: mmd_test(OK, [[1], [2]]),
            ValueError,
            "current must have the columns of reference, 2, got 1",
        ),
        (
            lambda: mmd_test(FRAME, FRAME[["b", "a"]]),
            ValueError,
            r"the columns of reference, \['a', 'b'\], got \['b', 'a'\]",
        ),
        (
            lambda: mmd_test(np.ones((20_000, 1)), [[1], [2]]),
            ValueError,
            "current must leave 20000 rows in all; draw a sample, got 20000",
        ),
        (
            lambda: mmd_test(OK, [[1, INF], [2, 3]], ranks=False),
            ValueError,
            "current must lie within ±1e100 without ranks",
        ),
        (
            lambda: mmd_test([[1, -2e100], [2, 3]], OK, ranks=False),
            ValueError,
            "reference must lie within ±1e100",
        ),
        (
            lambda: mmd_test(OK, OK, groups=[1, 2, 3]),
            ValueError,
            r"groups must be a pair of columns, got \[1, 2, 3\]",
        ),
        (
            lambda: mmd_test(OK, OK, groups=([1, 2], [1, 2, 3])),
            ValueError,
            r"one label a row, 2 for one side, got \(3,\)",
        ),
        (
            lambda: mmd_test(OK, OK, groups=([1, 2], [1, NAN])),
            ValueError,
            "groups must not be missing",
        ),
        (
            lambda: mmd_test(OK, OK, groups=(np.array([1, None]), [1, 2])),
            TypeError,
            "groups must be columns",
        ),
        (lambda: mmd_test(OK, OK, ranks="yes"), TypeError, "ranks .* 'yes'"),
        (lambda: mmd_test(OK, OK, bandwidth=0), ValueError, "bandwidth .* 0"),
        (lambda: mmd_test(OK, OK, bandwidth=NAN), ValueError, "bandw.* nan"),
        (lambda: mmd_test(OK, OK, bandwidth="1"), ValueError, "bandwidth mus"),
        (
            lambda: mmd_test(OK, OK, n_permutations=0),
            ValueError,
            "n_permutations must be 1 to 9999, a whole number, got 0",
        ),
        (lambda: mmd_test(OK, OK, n_permutations=9.5), ValueError, "got 9.5"),
        (lambda: mmd_test(OK, OK, seed=-1), ValueError, "seed must .* got -1"),
        (lambda: mmd_test(OK, OK, seed=None), ValueError, "seed .* got None"),
    ],
)
def test_what_is_refused_is_refused_by_name(call, error, message):
    with pytest.raises(error, match=message):
        call()


odd = st.one_of(
    st.floats(),
    st.none(),
    st.booleans(),
    st.integers(-(2**70), 2**70),
    st.sampled_from(["1", "a", b"x", 1j, np.datetime64("2013-01-01")]),
)
junk = st.one_of(
    odd,
    st.lists(odd, max_size=3),
    st.lists(st.lists(odd, min_size=2, max_size=2), max_size=4),
    tables(2, most=4),
    st.builds(lambda rows: np.array(rows, dtype=object), tables(2, most=4)),
)
few = st.integers(-1, 9) | odd


def answer(left, right, options):
    """The result of the test, or the message of an error that is allowed."""
    try:
        return mmd_test(left, right, **options)
    except (ValueError, TypeError) as error:
        return str(error)


@settings(max_examples=100)
@given(junk, junk, few, few, st.booleans())
def test_whatever_comes_in_a_result_or_the_name_comes_out(
    left, right, count, width, ranks
):
    options = [{"ranks": ranks}, {"n_permutations": count}]
    options += [{"bandwidth": width}, {"seed": count, "ranks": width}]
    options += [{"groups": left}, {"groups": (left, right)}]
    names = ("reference", "current", "ranks", "n_permutations")
    names += ("bandwidth", "seed", "groups")
    for option in options:
        result = answer(left, right, {"n_permutations": 9} | option)
        if isinstance(result, str):
            assert result.split(" must ")[0] in names
        else:
            assert -1 - 1e-9 <= result.statistic <= 2 + 1e-9
            assert 0 < result.p_value <= 1


# How far the promise holds: days on which nothing moves


def p_values(pairs, n_permutations=99, **options):
    return np.array(
        [
            mmd_test(
                *pair, n_permutations=n_permutations, seed=seed, **options
            ).p_value
            for seed, pair in enumerate(pairs)
        ]
    )


def bells(rng, link, *shape):
    """Rows of two bells whose correlation is `link`."""
    rows = rng.normal(size=(*shape, 2))
    rows[..., 1] *= math.sqrt(1 - link**2)
    rows[..., 1] += link * rows[..., 0]
    return rows


@pytest.mark.parametrize(
    ("draw", "n", "m", "options"),
    [
        (lambda rng, k: bells(rng, 0.6, k), 50, 50, {}),
        (lambda rng, k: bells(rng, 0.6, k), 90, 15, {}),
        (lambda rng, k: rng.integers(0, 2, (k, 3)), 30, 30, {}),
        (lambda rng, k: rng.standard_cauchy((k, 2)), 30, 30, {"ranks": False}),
        (lambda rng, k: rng.normal(size=(k, 2)), 4, 4, {}),
        (lambda rng, k: rng.normal(size=(k, 9)), 20, 20, {"bandwidth": 0.4}),
    ],
    ids=["bells", "unequal", "flags", "wild", "four rows", "narrow"],
)
def test_five_percent_ring_when_nothing_moved(draw, n, m, options):
    rng = np.random.default_rng(18)
    found = p_values(
        ((draw(rng, n), draw(rng, m)) for _ in range(400)), **options
    )
    assert np.mean(found <= 0.05) == pytest.approx(0.05, abs=0.025)
    assert np.mean(found <= 0.25) == pytest.approx(0.25, abs=0.06)


def test_thirty_days_at_5_percent_ring_in_half_of_all_months():
    rng, rang = np.random.default_rng(9), 0
    for _ in range(40):
        kept, days = bells(rng, 0.6, 30), bells(rng, 0.6, 30, 30)
        rang += any(p_values((kept, day) for day in days) <= 0.05)
    assert rang / 40 == pytest.approx(0.52, abs=0.16)


def test_a_thirtieth_of_the_share_holds_a_month():
    # 599 relabelled tables are the fewest that can reach .05 / 30.
    rng, rang = np.random.default_rng(10), 0
    for _ in range(30):
        kept, days = bells(rng, 0.6, 15), bells(rng, 0.6, 30, 15)
        found = p_values(((kept, day) for day in days), n_permutations=599)
        rang += any(found <= 0.05 / 30)
    assert 0 < rang / 30 < 0.14


@pytest.mark.parametrize(("n", "share"), [(50, 0.15), (100, 0.4), (200, 0.87)])
def test_a_lost_correlation_is_seen_and_no_column_shows_it(n, share):
    rng = np.random.default_rng(11)
    days = 30_000 // n // 2
    pairs = [(bells(rng, 0.6, n), bells(rng, 0.0, n)) for _ in range(days)]
    found = np.mean(p_values(pairs) <= 0.05)
    assert found == pytest.approx(share, abs=0.1)
    ks = [
        min(ks_two_sample(a, b).p_value for a, b in zip(x.T, y.T, strict=True))
        for x, y in pairs
    ]
    assert np.mean(np.array(ks) <= 0.05 / 2) < 0.1


@pytest.mark.parametrize(("kept", "share"), [(0.5, 0.36), (0.9, 0.93)])
def test_rows_that_follow_each_other_break_the_promise(kept, share):
    rng = np.random.default_rng(33)
    line = rng.normal(size=(160, 400, 2))
    line[0] /= math.sqrt(1 - kept**2)
    for t in range(1, len(line)):
        line[t] += kept * line[t - 1]
    sides = line[-60:].swapaxes(0, 1).reshape(200, 2, 60, 2)
    assert np.mean(p_values(sides) <= 0.05) == pytest.approx(share, abs=0.1)


def day_by_day(rng, *shape):
    """Days of 10 rows that share half of their spread, and each its day."""
    shared = rng.normal(size=(*shape, 1, 2))
    rows = (shared + rng.normal(size=(*shape, 10, 2))) / math.sqrt(2)
    days = np.repeat(np.arange(shape[-1]), 10)
    return rows.reshape(*shape[:-1], -1, 2), days


def test_days_that_share_their_luck_need_whole_days_to_change_sides():
    before, old = day_by_day(np.random.default_rng(22), 200, 20)
    now, new = day_by_day(np.random.default_rng(23), 200, 7)
    pairs = list(zip(before, now, strict=True))
    assert np.mean(p_values(pairs) <= 0.05) == pytest.approx(0.6, abs=0.1)
    found = p_values(pairs, groups=(old, new))
    assert np.mean(found <= 0.05) == pytest.approx(0.05, abs=0.03)
    assert np.mean(found <= 0.25) == pytest.approx(0.25, abs=0.07)
    seen = p_values([(x, y + 0.5) for x, y in pairs], groups=(old, new))
    assert np.mean(seen <= 0.05) == pytest.approx(0.4, abs=0.1)


# The flights: real days, and one day split by lot

JOIN = ("live_delay", "live_wait", "minute_of_day")
JOIN += ("temp_2h", "wind_speed_2h", "visib_2h")


def test_a_real_day_rings_against_the_rest_of_its_month():
    flights = load()
    flights = flights.where(flights["month"] == 7)
    rows = flights.matrix(JOIN)
    whole = ~np.isnan(rows).any(axis=1)
    rows, day = rows[whole], flights["date"][whole]
    rng, pairs = np.random.default_rng(24), []
    for today in np.unique(day):
        now, rest = rows[day == today], rows[day != today]
        pairs.append((rng.permutation(rest)[: len(now)], now))
    assert np.mean(p_values(pairs) <= 0.05) == 1
    calm = [(a[:, :3], b[:, :3]) for a, b in pairs]
    assert np.sum(p_values(calm) <= 0.05) == pytest.approx(25, abs=4)


def test_by_lot_one_whole_day_is_enough_for_a_wrong_join():
    rng, quiet, wrong = np.random.default_rng(25), [], []
    for name in DAYS:
        rows = load_day(name).flights.matrix(JOIN)
        rows = rows[~np.isnan(rows).any(axis=1)]
        for _ in range(8):
            one, other = np.array_split(rng.permutation(rows), 2)
            quiet.append((one, other))
            joined = other.copy()
            joined[:, :2] = rng.permutation(joined[:, :2])
            wrong.append((one, joined))
    quiet, wrong = p_values(quiet, 19), p_values(wrong, 19)
    assert np.mean(quiet <= 0.05) == pytest.approx(0.05, abs=0.05)
    assert np.mean(wrong <= 0.05) == pytest.approx(0.9, abs=0.07)


# The blind spots


@pytest.mark.parametrize(
    ("columns", "share", "ks_share"), [(2, 0.99, 0.95), (50, 0.63, 0.85)]
)
def test_blind_spot_one_column_of_many(columns, share, ks_share):
    # One column moves by half a standard deviation, the others stay.
    rng = np.random.default_rng(13)
    before, now = rng.normal(size=(2, 60, 200, columns))
    now[:, :, 0] += 0.5
    found = np.mean(p_values(zip(before, now, strict=True)) <= 0.05)
    assert found == pytest.approx(share, abs=0.12)
    one = zip(before[:, :, 0], now[:, :, 0], strict=True)
    ks = np.array([ks_two_sample(x, y).p_value for x, y in one])
    assert np.mean(ks <= 0.05 / columns) == pytest.approx(ks_share, abs=0.1)


def test_blind_spot_a_rule_that_takes_three_columns():
    # The third column takes the sign of the product of the other two. Each
    # pair of columns stays as it was, and the model's world is another one.
    rng = np.random.default_rng(14)
    before, now = rng.normal(size=(2, 50, 300, 3))
    now[:, :, 2] = np.abs(now[:, :, 2]) * np.sign(now[:, :, 0] * now[:, :, 1])
    found = p_values(zip(before, now, strict=True))
    assert np.mean(found <= 0.05) < 0.25


def test_blind_spot_one_row_in_a_hundred_is_absurd():
    rng = np.random.default_rng(15)
    before, now = rng.normal(size=(2, 150, 300, 3))
    now[:, ::100] = 1e6
    found = p_values(zip(before, now, strict=True))
    assert np.mean(found <= 0.05) < 0.11
