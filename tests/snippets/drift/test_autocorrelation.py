"""What linked rows are worth, which test keeps its word, what it misses."""

import math
from datetime import UTC, date, datetime
from itertools import combinations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from snippets.drift.autocorrelation import (
    BlockTest,
    block_permutation_test,
    effective_sample_size,
)
from snippets.drift.ks import critical_ks
from snippets.drift.psi import psi_limit

NAN, INF = math.nan, math.inf
PROMISED = 0.05

values = st.lists(st.integers(-5, 5), min_size=1, max_size=40)


def linked(seed, kept, *shape):
    """Series in which each row keeps this share of the last.

    Their spread is 1, and they are read to a tenth, as a sensor would be.
    """
    rows = np.random.default_rng(seed).normal(size=(shape[-1], *shape[:-1]))
    for t in range(1, len(rows)):
        rows[t] *= math.sqrt(1 - kept**2)
        rows[t] += kept * rows[t - 1]
    return np.moveaxis(rows, 0, -1).round(1)


def compare(before, now, length, **settings):
    """Two samples in blocks of `length` rows."""
    blocks = [np.arange(len(side)) // length for side in (before, now)]
    return block_permutation_test(before, now, *blocks, **settings)


# Identity


@given(values, st.sampled_from(["ks", "psi"]))
def test_the_same_rows_are_no_distance_apart(rows, statistic):
    found = compare(rows, rows, 4, statistic=statistic)
    assert (found.statistic, found.p_value) == (0, 1)
    assert math.copysign(1, found.statistic) == 1  # prints no -0.000


def test_a_row_that_is_sent_five_times_counts_once():
    rows = linked(1, 0, 4_000)
    once, often = map(effective_sample_size, (rows, np.repeat(rows, 5)))
    assert often == pytest.approx(once, rel=0.02)


# Worked by hand


def test_six_rows_worked_by_hand():
    # Mean 2; off it -1 -1 -1 1 1 1, squares 6. Sums of products one row
    # apart 1+1-1+1+1 = 3, two apart 1-1-1+1 = 0, three apart -3. In pairs:
    # (6 + 3)/6 = 1.5, then (0 - 3)/6, which is not above 0: stop.
    # 2 x 1.5 - 1 = 2 linked rows are worth one.
    assert effective_sample_size([1, 1, 1, 3, 3, 3]) == pytest.approx(6 / 2)


def test_two_blocks_against_two_worked_by_hand():
    # Six ways to pick two blocks of four. The true one and its mirror have
    # a gap of 1, the four mixed ones of 1/2: 2 of 6, and never fewer.
    found = compare([1, 2, 3, 4], [5, 6, 7, 8], 2)
    assert found == BlockTest(1, pytest.approx(2 / 6), 2 / 6, 2, 2)


def test_psi_of_three_bins_worked_by_hand():
    # Three values, three bins. Half a row more in each of 1 1 0 and 0 1 1
    # is 3/7 3/7 1/7 and 1/7 3/7 3/7: twice 2/7 x ln 3.
    found = compare([1, 2], [2, 3], 2, statistic="psi")
    assert found.statistic == pytest.approx(4 / 7 * math.log(3))
    assert found.p_value == found.smallest_p == 1


# Agreement with others


def by_definition(x):
    """Geyer's initial monotone sequence, product by product."""
    x = np.asarray(x, dtype=float)
    there = ~np.isnan(x)
    off = x - x[there].mean()

    def link(lag):
        products = off[: len(x) - lag] * off[lag:]
        return np.nansum(products) / np.nansum(off**2)

    total, last = 0.0, INF
    for lag in range(0, len(x) // 2 * 2, 2):
        last = min(last, link(lag) + link(lag + 1))
        if last <= 0:
            break
        total += last
    n = there.sum()
    return min(max(n / (2 * total - 1), 1), n) if 2 * total > 1 else n


@given(st.lists(st.integers(-3, 3) | st.just(NAN), min_size=2, max_size=40))
def test_the_effective_size_is_geyers_sum_lag_by_lag(x):
    if len({v for v in x if not math.isnan(v)}) < 2:
        return
    expected = by_definition(x)
    assert effective_sample_size(x) == pytest.approx(expected, rel=1e-6)


@given(st.sets(st.integers(0, 60), min_size=10, max_size=10))
def test_blocks_of_one_row_give_scipys_exact_ks(rows):
    # Ten different rows, 252 deals, each looked at once.
    rows = np.random.default_rng(2).permutation(sorted(rows))
    exact = stats.ks_2samp(rows[:5], rows[5:], method="exact")
    found = compare(rows[:5], rows[5:], 1)
    assert found.statistic == pytest.approx(exact.statistic)
    assert found.p_value == pytest.approx(exact.pvalue)


def psi_by_definition(before, now):
    """The index over the values there are, half a row added to each."""
    kinds = set(before) | set(now)
    p, q = (
        [(side.count(k) + 0.5) / (len(side) + len(kinds) / 2) for k in kinds]
        for side in (before, now)
    )
    return sum((b - a) * math.log(b / a) for a, b in zip(p, q, strict=True))


def gap_by_scipy(before, now):
    return stats.ks_2samp(before, now, method="asymp").statistic


@settings(max_examples=40)
@given(
    st.lists(
        st.lists(st.integers(0, 6), min_size=1, max_size=4),
        min_size=3,
        max_size=6,
    )
)
@pytest.mark.parametrize(
    ("statistic", "distance"),
    [("ks", gap_by_scipy), ("psi", psi_by_definition)],
)
def test_it_counts_the_deals_that_are_as_far_apart(
    statistic, distance, blocks
):
    def apart(now):
        sides = [[], []]
        for i, block in enumerate(blocks):
            sides[i in now] += block
        return distance(*sides)

    k = len(blocks)
    true = apart((k - 2, k - 1))
    deals = [apart(now) for now in combinations(range(k), 2)]
    labels = np.repeat(range(k), [*map(len, blocks)])
    rows, late = np.concatenate(blocks), labels >= k - 2
    found = block_permutation_test(
        rows[~late], rows[late], labels[~late], labels[late],
        statistic=statistic,
    )  # fmt: skip
    assert found.statistic == pytest.approx(true, abs=1e-9)
    share = np.mean(np.array(deals) >= true - 1e-9)
    assert found.p_value == pytest.approx(share)


# Properties

sides = st.tuples(values, values, st.integers(1, 5))


@given(sides, st.randoms(use_true_random=False))
def test_neither_order_nor_names_nor_the_unit_matter(sides, random):
    before, now, length = sides
    plain = compare(before, now, length)
    order = random.sample(range(len(before)), len(before))
    found = block_permutation_test(
        [math.exp(before[i]) for i in order],
        [math.exp(row) for row in now],
        [f"day {99 - i // length}" for i in order],
        [datetime(2013, 1, 1 + i // length) for i in range(len(now))],
    )
    assert found.statistic == plain.statistic
    if 1 in (plain.n_reference_blocks, plain.n_current_blocks):
        assert found == plain  # so few deals that each is looked at


@given(sides)
def test_either_side_may_be_the_reference(sides):
    before, now, length = sides
    there, back = (
        compare(a, b, length) for a, b in ((before, now), (now, before))
    )
    assert there.statistic == pytest.approx(back.statistic)
    if 1 in (there.n_reference_blocks, there.n_current_blocks):
        assert there.p_value == pytest.approx(back.p_value)


@given(st.lists(st.floats(-1e300, 1e300), min_size=1, max_size=50))
def test_the_effective_size_has_no_unit_and_stays_within_the_rows(x):
    size = effective_sample_size(x)
    assert 1 <= size <= len(x)
    assert effective_sample_size(x[::-1]) == pytest.approx(size, rel=1e-6)
    smaller = [v * 2.0**-100 for v in x]
    if all(abs(v) > 1e-100 for v in smaller):
        assert effective_sample_size(smaller) == size


def test_the_same_seed_deals_the_same_blocks():
    before, now = linked(3, 0, 2, 400)
    one, same, other = (compare(before, now, 20, seed=s) for s in (4, 4, 5))
    assert one == same
    assert one.p_value != other.p_value
    assert abs(one.p_value - other.p_value) < 0.1


# Hard inputs


@pytest.mark.parametrize(
    ("x", "size"),
    [
        ([7], 1),
        ([7] * 50, 1),
        ([NAN, 7, NAN], 1),
        ([1e300, -1e300], 2),
        ([5e-324, 0.0], 2),
        ([1, -1] * 50, 100),  # swings: worth no more than its rows
        ([0] * 50 + [1] * 50, 3.0),  # one step
        ([True, False, False, True], 4),
    ],
)
def test_hard_series(x, size):
    assert effective_sample_size(x) == pytest.approx(size, abs=0.01)


def test_a_missing_reading_keeps_its_place():
    rows = linked(4, 0.9, 20_000)
    holes = rows.copy()
    holes[np.random.default_rng(5).random(len(rows)) < 0.5] = NAN
    whole, half = map(effective_sample_size, (rows, holes))
    assert whole == pytest.approx(20_000 / 19, rel=0.15)
    assert half == pytest.approx(whole, rel=0.1)
    # Closed up, the rows look less linked than they are.
    closed = effective_sample_size(holes[~np.isnan(holes)])
    assert closed == pytest.approx(half, rel=0.05)


HARD = {
    "one row each": ([1], [2], 1, (1, 1, 1)),
    "constant": ([7] * 8, [7] * 4, 2, (0, 1, 1 / 15)),
    "one block each": ([1, 2], [3, 4], 2, (1, 1, 1)),
    "a constant that moves": ([7] * 38, [8] * 2, 2, (1, 1 / 20, 1 / 20)),
    "as large as it gets": ([1.7e308] * 3, [-1.7e308], 1, (1, 1 / 4, 1 / 4)),
    "booleans": ([True] * 3, [False], 1, (1, 1 / 4, 1 / 4)),
    "minus zero is zero": ([0.0] * 3, [-0.0], 1, (0, 1, 1 / 4)),
}


@pytest.mark.parametrize(
    ("before", "now", "length", "expected"), HARD.values(), ids=HARD
)
def test_hard_samples(before, now, length, expected):
    found = compare(before, now, length)
    figures = found.statistic, found.p_value, found.smallest_p
    assert figures == pytest.approx(expected)
    index = compare(before, now, length, statistic="psi")
    assert index.p_value == pytest.approx(found.p_value)


@pytest.mark.parametrize(
    ("before", "now", "least"),
    [(28, 1, 1 / 29), (99, 1, 0.01), (28, 2, 1 / 435), (4, 4, 2 / 70)],
)
def test_few_blocks_can_give_no_small_p(before, now, least):
    found = compare([0, 1] * before, [7, 8] * now, 2)
    assert found.p_value == found.smallest_p == pytest.approx(least)


@pytest.mark.parametrize(
    "column",
    [
        tuple,
        np.float32,
        lambda v: np.ma.array(v, mask=False),
        lambda v: pd.Series(v, index=range(9, 9 - len(v), -1)),
        lambda v: pd.Series(v, dtype="Int64"),
        lambda v: pd.Series(v, dtype=object),
    ],
)
def test_other_containers_give_the_answer_of_the_list(column):
    before, now, days = [1, 2, 4, 8, 16, 32], [4, 8, 9], [1, 1, 2, 2, 3, 3]
    expected = block_permutation_test(before, now, days, [1, 1, 1])
    found = block_permutation_test(
        column(before), column(now), column(days), column([1, 1, 1])
    )
    assert found == expected
    assert effective_sample_size(column(before)) == pytest.approx(
        effective_sample_size(before)
    )


DAYS = [date(2013, 6, d) for d in (3, 3, 4, 5)]


@pytest.mark.parametrize(
    "labels",
    [
        DAYS,
        np.array(DAYS, "M8[D]"),
        pd.Series(pd.to_datetime(DAYS)),
        [datetime(d.year, d.month, d.day, tzinfo=UTC) for d in DAYS],
        ["mon", "mon", "tue", "wed"],
        [1.5, 1.5, 2.5, 3.5],
        [False, False, True, 2],
        pd.Series(["a", "a", "b", "c"], dtype="category"),
    ],
    ids=lambda labels: str(type(labels).__name__),
)
def test_anything_that_can_be_told_apart_labels_a_block(labels):
    found = block_permutation_test([1, 2, 3, 2], [9], labels, [0])
    assert found.n_reference_blocks == 3
    assert found.p_value == 1 / 4


# Errors

ROWS, BLOCKS = [1.0, 2.0], [1, 2]


def judged(reference=ROWS, current=ROWS, before=BLOCKS, now=BLOCKS, **more):
    return block_permutation_test(reference, current, before, now, **more)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: effective_sample_size([]), ValueError, "x .* row, got 0"),
        (
            lambda: effective_sample_size([NAN, None]),
            ValueError,
            "x must hold at least 1 value, got 0 in 2",
        ),
        (
            lambda: effective_sample_size([1, INF]),
            ValueError,
            r"x\[1\] must be finite, got inf",
        ),
        (lambda: effective_sample_size(["1"]), TypeError, "x .* got <U1"),
        (lambda: effective_sample_size([[1]]), ValueError, "x must be one c"),
        (lambda: effective_sample_size(3), ValueError, r"x .* got \(\)"),
        (lambda: effective_sample_size(DAYS), TypeError, "x must hold numb"),
        (lambda: judged([], before=[]), ValueError, "reference .* got 0"),
        (lambda: judged(current=[], now=[]), ValueError, "current .* got 0"),
        (
            lambda: judged([1, NAN]),
            ValueError,
            r"reference\[1\] must be finite, got nan",
        ),
        (lambda: judged(current=[None, 1]), ValueError, r"current\[0\] must"),
        (lambda: judged([1, -INF]), ValueError, r"reference\[1\] .* -inf"),
        (lambda: judged(["a", "b"]), TypeError, "reference must hold numb"),
        (lambda: judged([[1, 2]]), ValueError, r"reference .* \(1, 2\)"),
        (lambda: judged(before=[1]), ValueError, r"ce_blocks .* \(2,\), got"),
        (
            lambda: judged(now=[[1], [2]]),
            ValueError,
            r"current_blocks .* \(2",
        ),
        (lambda: judged(now=3), ValueError, r"current_blocks .* got \(\)"),
        (lambda: judged(now=[1, None]), ValueError, "current_blocks .* miss"),
        (lambda: judged(now=[1, NAN]), ValueError, "current_blocks .* miss"),
        (
            lambda: judged(before=np.ma.array(BLOCKS, mask=[0, 1])),
            ValueError,
            "reference_blocks must hold no missing label",
        ),
        (
            lambda: judged(now=np.array(["2013-01-01", "NaT"], "M8[D]")),
            ValueError,
            "current_blocks must hold no missing label",
        ),
        (lambda: judged(now=["a", NAN]), TypeError, "current_blocks .* one"),
        (lambda: judged(now=["1", 1]), TypeError, "current_blocks .* one ki"),
        (
            lambda: judged(before=[DAYS[0], 3]),
            TypeError,
            "reference_blocks must hold one kind of label",
        ),
        (
            lambda: judged(
                now=[datetime(2013, 1, 1), datetime(2013, 1, 1, tzinfo=UTC)]
            ),
            TypeError,
            "current_blocks must hold one kind of label",
        ),
        (lambda: judged(statistic="t"), ValueError, "statistic .* got 't'"),
        (lambda: judged(statistic=None), ValueError, "statistic .* got None"),
        (
            lambda: judged(n_permutations=0),
            ValueError,
            "n_permutations must be a whole number, 1 or more, got 0",
        ),
        (
            lambda: judged(n_permutations=9.5),
            ValueError,
            "n_permutations .* got 9.5",
        ),
        (lambda: judged(seed=-1), ValueError, "seed must .* got -1"),
        (lambda: judged(seed=None), ValueError, "seed must .* got None"),
    ],
)
def test_what_is_refused_is_refused_by_name(call, error, message):
    with pytest.raises(error, match=message):
        call()


junk = st.one_of(
    st.lists(
        st.one_of(
            st.floats(),
            st.none(),
            st.booleans(),
            st.integers(-(2**70), 2**70),
            st.sampled_from(["1", "a", b"x", 1j, DAYS[0], [1.0], {}]),
        ),
        max_size=4,
    ),
    st.lists(st.floats(allow_nan=False), min_size=2, max_size=3),
    st.lists(st.integers(0, 2), min_size=2, max_size=3),
    st.floats(),
    st.none(),
    st.text(max_size=2),
    st.lists(st.just([1.0, 2.0]), max_size=2),
)


def answer(call):
    try:
        return call()
    except (ValueError, TypeError) as error:
        return str(error)


@given(junk, junk, junk, junk, st.sampled_from(["ks", "psi", "KS", 0]))
def test_whatever_comes_in_a_result_or_a_name_comes_out(a, b, c, d, statistic):
    size = answer(lambda: effective_sample_size(a))
    assert size.startswith("x") if isinstance(size, str) else size >= 1
    found = answer(
        lambda: block_permutation_test(
            a, b, c, d, statistic=statistic, n_permutations=5
        )
    )
    if isinstance(found, str):
        assert found.startswith(("reference", "current", "statistic"))
    else:
        assert 0 <= found.statistic < INF
        assert 0 < found.smallest_p <= found.p_value <= 1


# Does it keep its word? Each row keeps nine tenths of the row before, so
# that 19 rows are worth one for the mean: (1 + .9) / (1 - .9).


@pytest.mark.parametrize(
    ("kept", "n", "true", "found"),
    [
        (0.0, 500, 500, 470),
        (0.5, 1_500, 500, 490),
        (0.9, 1_900, 100, 105),
        (0.9, 950, 50, 55),
        (0.9, 200, 11, 15),
        (0.5, 30, 10.5, 14),
    ],
)
def test_the_effective_size_is_right_above_fifty_and_too_large_below(
    kept, n, true, found
):
    series = linked(6, kept, 400, n)
    assert true == pytest.approx(n * (1 - kept) / (1 + kept), rel=0.06)
    # What it promises: the variance of the mean is that of a row over it.
    assert 1 / series.mean(axis=1).var() == pytest.approx(true, rel=0.15)
    sizes = [effective_sample_size(x) for x in series]
    assert np.median(sizes) == pytest.approx(found, rel=0.06)


def test_a_moving_sum_of_two_rows_is_worth_half():
    rows = linked(7, 0, 40_001)
    size = effective_sample_size(rows[1:] + rows[:-1])
    assert size == pytest.approx(20_000, rel=0.1)


def p_values(pairs, length, **more):
    return np.array(
        [
            compare(*pair, length, n_permutations=99, seed=i, **more).p_value
            for i, pair in enumerate(zip(*pairs, strict=True))
        ]
    )


@pytest.mark.parametrize(
    ("length", "runs", "rings"),
    [(1, 25, 0.73), (10, 120, 0.23), (19, 150, 0.14), (38, 200, 0.1)],
)
def test_blocks_that_are_too_short_ring_too_often(length, runs, rings):
    pairs = linked(8, 0.9, 2, runs, 1_600)
    share = np.mean(p_values(pairs, length) <= PROMISED)
    assert share == pytest.approx(rings, abs=0.15 if length == 1 else 0.06)


@pytest.mark.parametrize("statistic", ["ks", "psi"])
def test_blocks_of_four_times_nineteen_rows_keep_the_promise(statistic):
    pairs = linked(9, 0.9, 2, 400, 1_600)
    p = p_values(pairs, 76, statistic=statistic)
    assert np.mean(p <= PROMISED) == pytest.approx(0.06, abs=0.025)
    assert np.mean(p <= 0.2) == pytest.approx(0.2, abs=0.05)


def test_fewer_rows_silence_ks_and_psi_and_blocks_still_see_a_shift():
    before, now = linked(10, 0.9, 2, 250, 1_600)
    fewer = round(1_600 / 19)
    gap, index = critical_ks(fewer, fewer), psi_limit(10, fewer, fewer, 0.05)
    plain = critical_ks(1_600, 1_600)

    def shares(now):
        rings = []
        for i, pair in enumerate(zip(before, now, strict=True)):
            found = compare(*pair, 80, n_permutations=99, seed=i)
            whole = compare(*pair, 1_600, statistic="psi")
            rings.append(
                [
                    found.statistic >= plain,
                    found.statistic >= gap,
                    whole.statistic > index,
                    found.p_value <= PROMISED,
                ]
            )
        return np.mean(rings, axis=0)

    as_it_is, ks, psi, blocks = shares(now)
    assert as_it_is == pytest.approx(0.68, abs=0.06)
    assert max(ks, psi) <= 0.01
    assert blocks == pytest.approx(0.05, abs=0.035)
    as_it_is, ks, psi, blocks = shares(now + 0.5)
    assert as_it_is > 0.99
    assert ks == pytest.approx(0.59, abs=0.08)
    assert psi == pytest.approx(0.27, abs=0.08)
    assert blocks == pytest.approx(0.94, abs=0.04)


def test_twelve_weekly_looks_ring_in_half_of_all_quarters_unless_divided():
    # Hourly rows, a reference of 28 days, and a day is a block: .7 is kept
    # from hour to hour, 5.7 hours are worth one, and four times that is a day.
    series = linked(11, 0.7, 200, 24 * (28 + 84))
    limit, rings, p, moved = critical_ks(24 * 28, 24 * 7), [], [], []
    for i, hours in enumerate(series):
        before, weeks = hours[: 24 * 28], hours[24 * 28 :].reshape(12, -1)
        looks = [
            compare(before, week, 24, n_permutations=299, seed=i)
            for week in weeks
        ]
        p.append([look.p_value for look in looks])
        rings.append([look.statistic >= limit for look in looks])
        week = weeks[0] + 0.5
        later = compare(before, week, 24, n_permutations=299, seed=i)
        moved.append(later.p_value)
    rings, p, moved = np.array(rings), np.array(p), np.array(moved)
    assert rings.mean() == pytest.approx(0.33, abs=0.03)
    assert rings.any(axis=1).mean() > 0.97
    assert (p <= 0.05).mean() == pytest.approx(0.06, abs=0.012)
    assert (p <= 0.05).any(axis=1).mean() == pytest.approx(0.5, abs=0.08)
    assert (p <= 0.05 / 12).any(axis=1).mean() == pytest.approx(
        0.055, abs=0.03
    )
    assert (moved <= 0.05).mean() == pytest.approx(0.7, abs=0.08)
    assert (moved <= 0.05 / 12).mean() == pytest.approx(0.32, abs=0.08)


# The blind spots


def test_blind_spot_a_whole_broken_day_is_one_block_of_a_week():
    # On Tuesday a sensor sends -999 all day. The gap by rows rings. But that
    # day lies among today's seven in 7 of 35 deals, whatever it holds: p is
    # anything up to .2, and at 5 % one such week in four rings.
    series = linked(12, 0, 100, 24 * 35)
    series[:, 24 * 29 : 24 * 30] = -999
    before, weeks = series[:, : 24 * 28], series[:, 24 * 28 :]
    p = []
    for i, pair in enumerate(zip(before, weeks, strict=True)):
        found = compare(*pair, 24, n_permutations=199, seed=i)
        assert found.statistic > critical_ks(24 * 28, 24 * 7)
        p.append(found.p_value)
    assert max(p) < 0.3
    assert np.mean(np.array(p) <= PROMISED) == pytest.approx(0.25, abs=0.1)


def test_blind_spot_a_sensor_that_repeats_itself_keeps_its_distribution():
    # From now on each reading is sent six times. No test of the values can
    # ring; the effective size of a week drops to a sixth.
    before, now = linked(13, 0, 2, 24 * 28)
    stuck = np.repeat(now[::6], 6)
    assert compare(before, stuck, 24).p_value > PROMISED
    fresh, held = map(effective_sample_size, (before, stuck))
    assert held == pytest.approx(fresh / 6, rel=0.2)


def test_blind_spot_a_season_longer_than_a_block_rings_with_nothing_wrong():
    # Days follow the year. Every week differs from the four before it, and
    # the blocks, days, say so: nothing is broken.
    day = np.arange(364).repeat(24)
    heat = 10 * np.sin(2 * np.pi * day / 364) + linked(14, 0.7, 364 * 24)
    rings = [
        compare(heat[t - 672 : t], heat[t : t + 168], 24, n_permutations=99)
        for t in range(672, len(heat) - 167, 168)
    ]
    assert np.mean([found.p_value <= PROMISED for found in rings]) > 0.7
