"""What psi promises, how far the promise holds, and what it cannot see."""

import json
import math
import re
import tracemalloc
from bisect import bisect_left
from dataclasses import asdict
from datetime import UTC, datetime
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from snippets.drift.psi import Baseline, PsiResult, psi, psi_limit

NAN, INF = math.nan, math.inf
EDGES = (1.0, 2.0, 3.0)
BEFORE = Baseline(EDGES, (10, 20, 30, 40))
AFTER = Baseline(EDGES, (20, 20, 30, 30))

values = st.lists(st.floats() | st.none(), min_size=1, max_size=60)
counts = st.lists(st.integers(0, 50), min_size=4, max_size=4).filter(any)


# Identity


@given(counts)
def test_the_same_counts_have_no_distance(rows):
    same = Baseline(EDGES, tuple(rows), missing=3)
    result = psi(same, same)
    assert result.value == 0
    assert not result.alarm


# Worked by hand


def test_four_bins_worked_by_hand():
    # (.2 - .1) ln(.2 / .1) + (.3 - .4) ln(.3 / .4) + 0 + 0
    # = .1 x .693147 + .1 x .287682 = .069315 + .028768 = .098083
    result = psi(BEFORE, AFTER, pseudo_count=0)
    assert result.value == pytest.approx(0.0980829253011726)
    assert result.parts == pytest.approx((0.069315, 0, 0, 0.028768, 0), 1e-4)


def test_half_a_row_more_in_each_bin_worked_by_hand():
    # 10/102 x ln(20.5 / 10.5) + 10/102 x ln(40.5 / 30.5) = .093395
    result = psi(BEFORE, AFTER)
    assert result.value == pytest.approx(0.0933945990)
    # 3 degrees of freedom: mean 3, 99 % point 11.34487, noise 1/100 + 1/100
    assert result.expected == pytest.approx(3 * 0.02)
    assert result.limit == pytest.approx(11.34487 * 0.02)
    assert result.limit == psi_limit(4, 100, 100)
    assert (result.alarm, result.n_bins) == (False, 4)


def test_the_edge_itself_belongs_to_the_lower_bin():
    rows = Baseline(EDGES, (0, 0, 0, 0)).count([1, 1.5, 2, 3, 3.1, NAN])
    assert rows == Baseline(EDGES, (1, 2, 1, 1), missing=1)
    assert rows.n == 6


def test_nine_edges_hold_ten_bins_of_a_tenth_each():
    fitted = Baseline.fit(range(1, 1001))
    assert fitted.edges == tuple(range(100, 1000, 100))
    assert fitted.counts == (100,) * 10


def test_a_value_that_overfills_a_bin_gets_a_bin_of_its_own():
    rain = Baseline.fit([0.0] * 60 + list(range(1, 41)))
    assert rain.edges[1] == 0 > rain.edges[0] > -1e-300
    assert rain.counts == (0, 60, 10, 10, 10, 10)
    just_full = Baseline.fit([0.0] * 10 + list(range(1, 91)))
    assert just_full.edges[0] == 0
    assert just_full.counts == (10,) * 10


@pytest.mark.parametrize(
    ("pseudo_count", "value"), [(0.5, 0.0306), (1, 0.0241)]
)
def test_a_bin_nobody_falls_in_stays_finite(pseudo_count, value):
    # The value depends on the pseudo-count, so compare like with like.
    before = Baseline((1, 2), (500, 500, 0))
    after = Baseline((1, 2), (500, 490, 10))
    result = psi(before, after, pseudo_count=pseudo_count)
    assert result.value == pytest.approx(value, abs=5e-5)


def test_a_bin_empty_on_both_sides_counts_for_nothing():
    before, after = (0, 10, 20, 0, 30, 40), (0, 20, 20, 0, 30, 30)
    dead = psi(Baseline((0, 1, 2, 3, 4), before), Baseline(range(5), after))
    live = psi(BEFORE, AFTER)
    assert dead.value == pytest.approx(live.value)
    assert (dead.limit, dead.n_bins) == (live.limit, 4)
    assert dead.parts[0] == dead.parts[3] == 0


# Agreement with others


@pytest.mark.parametrize("alpha", [0.5, 0.05, 0.01, 1e-3, 1e-6])
def test_the_limit_is_scipys_chi_square_quantile(alpha):
    for df in [*range(1, 40), 99, 100, 1000]:
        expected = stats.chi2.isf(alpha, df) * (1 / 300 + 1 / 70)
        limit = psi_limit(df + 1, 300, 70, alpha)
        assert limit == pytest.approx(expected, rel=1e-9)


@given(counts, counts)
def test_the_value_is_scipys_entropy_taken_both_ways(before, after):
    before, after = np.array(before) + 1, np.array(after) + 1
    there = stats.entropy(before, after)
    back = stats.entropy(after, before)
    result = psi(
        Baseline(EDGES, tuple(before.tolist())),
        Baseline(EDGES, tuple(after.tolist())),
        pseudo_count=0,
    )
    assert result.value == pytest.approx(there + back, abs=1e-12)
    assert sum(result.parts) == pytest.approx(result.value)


@given(values, values)
def test_each_row_is_counted_once_and_where_bisection_puts_it(first, second):
    base = Baseline.fit(first)
    bins, missing = [0] * len(base.counts), 0
    for v in second:
        if v is None or math.isnan(v):
            missing += 1
        else:
            bins[bisect_left(base.edges, v)] += 1
    assert base.count(second) == Baseline(base.edges, tuple(bins), missing)
    assert base.n == len(first)


KINDS = {
    "all of them": lambda rows: rows,
    "off a cache line": lambda rows: rows[1:],
    "backwards": lambda rows: rows[::-3],
    "one block": lambda rows: rows[:20_000],
    "two blocks": lambda rows: rows[:40_000],
    "float32": lambda rows: rows.astype(np.float32),
    "bytes swapped": lambda rows: rows.astype(">f8"),
    "int8": lambda rows: np.nan_to_num(9 * rows).astype(np.int8),
    "bool": lambda rows: rows > 0,
}


@pytest.mark.parametrize("n_bins", [2, 10, 33, 34, 200])
@pytest.mark.parametrize("rows", KINDS.values(), ids=KINDS)
def test_blocks_of_any_kind_and_length_are_counted_to_the_row(rows, n_bins):
    bell = np.random.default_rng(1).normal(size=70_000)
    bell[::7] = NAN
    base, rows = Baseline.fit(bell, n_bins), rows(bell)
    wide = rows.astype(np.float64)
    held = wide[~np.isnan(wide)]
    bins = np.bincount(np.searchsorted(base.edges, held), minlength=n_bins)
    assert base.count(rows).counts == tuple(bins.tolist())
    assert base.count(rows).missing == len(rows) - len(held)


def test_hits_are_carried_over_before_a_byte_of_them_is_full():
    # 300 blocks in which every row is a hit: more than a byte can hold.
    rows = np.zeros(6_000_000, dtype=np.int8)
    assert Baseline((0, 1), (0, 0, 0)).count(rows).counts == (len(rows), 0, 0)


def test_a_memory_map_and_a_float32_column_are_read_block_by_block(tmp_path):
    rows = np.random.default_rng(2).normal(size=1_000_000)
    base = Baseline.fit(rows[:1_000])
    expected = base.count(rows)
    rows.tofile(tmp_path / "rows")
    mapped = np.memmap(tmp_path / "rows", dtype=np.float64, mode="r")
    narrow = rows.astype(np.float32)
    tracemalloc.start()
    assert base.count(mapped) == expected
    assert base.count(narrow).n == expected.n
    assert base.count(rows > 0).n == expected.n
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 3_000_000  # the comparison made here holds 1,000,000


# Properties


@given(values, values, values)
def test_merging_batches_equals_counting_them_together(first, second, third):
    base = Baseline.fit(first)
    merged = base.count(second).merge(base.count(third))
    assert merged == base.count(second + third)


@given(values, st.randoms(use_true_random=False))
def test_the_order_of_rows_does_not_matter(rows, random):
    shuffled = random.sample(rows, len(rows))
    assert Baseline.fit(rows) == Baseline.fit(shuffled)


@given(st.lists(st.integers(-500, 500), min_size=2), st.integers(2, 20))
def test_another_unit_gives_the_same_counts(rows, n_bins):
    fahrenheit = [1.8 * celsius + 32 for celsius in rows]
    there = Baseline.fit(rows, n_bins)
    assert there.counts == Baseline.fit(fahrenheit, n_bins).counts


@given(counts, counts)
def test_either_side_may_be_the_reference(before, after):
    one, other = Baseline(EDGES, before), Baseline(EDGES, after)
    forth, back = psi(one, other), psi(other, one)
    assert forth.value == pytest.approx(back.value)
    assert forth.value >= 0
    assert forth.limit == back.limit


@given(st.lists(st.integers(0, 9), min_size=1), st.integers(2, 12))
def test_an_overfull_bin_holds_one_value_only(rows, n_bins):
    base, share = Baseline.fit(rows, n_bins), len(rows) / n_bins
    for i, count in enumerate(base.counts):
        if count > share + max(share, 1):
            held = {v for v in rows if bisect_left(base.edges, v) == i}
            assert len(held) == 1


@given(values)
def test_a_baseline_survives_json(rows):
    base = Baseline.fit(rows)
    assert Baseline(**json.loads(json.dumps(asdict(base)))) == base


# Hard inputs

BELL = stats.norm.ppf(np.linspace(0.0005, 0.9995, 1000))
MANY = [float(i) for i in range(1000)]
MOST = np.finfo(np.float64).max
HARD = {
    "a fifth goes missing": (BELL, [*BELL[::5], *[NAN] * 50], 11, True),
    "None is missing too": (MANY, [*MANY[::5], *[None] * 50], 11, True),
    "all goes missing": (MANY, [None] * 200, 11, True),
    "always missing, and still is": ([NAN] * 9, [NAN] * 9, 1, False),
    "always missing, now filled": ([None] * 99, MANY, 2, True),
    "constant that stays": ([7] * 99, [7] * 99, 1, False),
    "constant that rises": ([7] * 99, [7.5] * 99, 2, True),
    "constant that falls": ([7] * 99, [6.5] * 99, 2, True),
    "constant, two bins": (Baseline.fit([7] * 99, 2), [6] * 99, 2, True),
    "one value that stays": ([7], [7], 1, False),
    "one value is too few to tell": ([7], [9], 2, False),
    "two values that stay": ([7, 8], [8, 7], 2, False),
    "rare flag that spreads": ([1] * 95 + [0] * 5, [0, 1] * 50, 2, True),
    "zeros become -999": ([0] * 60 + MANY[:40], [-999] * 100, 6, True),
    "one row of a million": (MANY, [*MANY, 1e6], 10, False),
    "a few inf among many": (MANY, [*MANY, INF, -INF], 10, False),
    "inf by the hundred": (MANY, [*MANY, *[INF] * 200], 10, True),
    "inf in the reference": ([*MANY, *[INF] * 200], MANY, 10, True),
    "no row between ±inf": ([INF, -INF] * 99, [INF, -INF] * 9, 2, False),
    "one row today": (MANY, [5], 10, False),
    "least float there is": ([-MOST] * 9, [-MOST] * 9, 1, False),
    "booleans": ([True, False] * 99, np.ones(99, dtype=bool), 2, True),
    "integers": (range(1000), np.arange(500, dtype=np.int16), 10, True),
}


@pytest.mark.parametrize(
    ("reference", "current", "n_bins", "alarm"), HARD.values(), ids=HARD
)
def test_hard_inputs(reference, current, n_bins, alarm):
    if not isinstance(reference, Baseline):
        reference = Baseline.fit(reference)
    result = psi(reference, reference.count(current))
    assert (result.n_bins, result.alarm) == (n_bins, alarm)
    assert math.isfinite(result.value)


@pytest.mark.parametrize(
    "column",
    [
        (1, 2, None, 4),
        np.array([1, 2, None, 4]),
        np.array([1, 2, NAN, 4], dtype=np.float32),
        np.array([[1, 2, NAN, 4], [9, 9, 9, 9]]).T[:, 0],
        np.ma.array([1, 2, 3, 4], mask=[0, 0, 1, 0]),
        np.ma.array([1, 2, None, 4], mask=[0, 0, 1, 0], dtype=object),
        pd.Series([1, 2, None, 4], index=[9, 8, 7, 7]),
        pd.Series([1, 2, None, 4], dtype="Int64"),
    ],
    ids=lambda column: type(column).__name__,
)
def test_other_containers_give_the_answer_of_the_list(column):
    assert Baseline.fit(column) == Baseline.fit([1, 2, NAN, 4])


def test_an_empty_batch_adds_nothing():
    assert AFTER.merge(AFTER.count([])) == AFTER
    assert AFTER.merge(AFTER.count(pd.Series([], dtype=object))) == AFTER


def test_a_value_rounded_to_float32_can_fall_in_another_bin():
    served = np.full(99, 0.1, dtype=np.float32)  # 0.10000000149
    base = Baseline.fit(np.full(99, 0.1))
    assert psi(base, base.count(served)).alarm


# Errors


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: Baseline.fit([]), ValueError, "reference must hold at le"),
        (
            lambda: Baseline.fit([1], 1),
            ValueError,
            "n_bins must be a whole number, 2 or more, got 1",
        ),
        (lambda: Baseline.fit([1], 2.5), ValueError, "n_bins .* got 2.5"),
        (lambda: Baseline.fit([1], "10"), ValueError, "n_bins .* got '10'"),
        (lambda: Baseline.fit([[1]]), ValueError, r"one column, got \(1, 1\)"),
        (lambda: Baseline.fit(5), ValueError, r"must be one column, got \(\)"),
        (lambda: Baseline.fit(["1"]), TypeError, "reference must hold num"),
        (lambda: AFTER.count([1, "2"]), TypeError, "current must hold num"),
        (lambda: AFTER.count([1, [2]]), TypeError, "current must hold num"),
        (lambda: AFTER.count({1: 2}), TypeError, "current must hold numbers"),
        (lambda: AFTER.count("12"), ValueError, r"current must be .* \(\)"),
        (lambda: AFTER.count([1j]), TypeError, "numbers, got complex128"),
        (lambda: AFTER.count([Decimal(1)]), TypeError, "numbers, got object"),
        (
            lambda: AFTER.count(np.array([1, "2", None], dtype=object)),
            TypeError,
            "current must hold numbers, got <U",
        ),
        (
            lambda: AFTER.count(np.ma.array(["1", "2"], mask=[0, 1])),
            TypeError,
            "current must hold numbers, got <U1",
        ),
        (
            lambda: AFTER.count([datetime(2013, 1, 1, tzinfo=UTC)]),
            TypeError,
            "current must hold numbers, got object",
        ),
        (
            lambda: AFTER.count(pd.DataFrame({"a": [1], "b": [2]})),
            ValueError,
            r"current must be one column, got \(1, 2\)",
        ),
        (
            lambda: AFTER.count(pd.Series([True, None], dtype="boolean")),
            TypeError,
            "numbers, got object",
        ),
        (
            lambda: AFTER.count(np.array(["2013-01-01"], "M8[D]")),
            TypeError,
            r"numbers, got datetime64\[D\]",
        ),
        (
            lambda: AFTER.merge(Baseline((1.0,), (1, 2))),
            ValueError,
            r"edges must be \(1.0, 2.0, 3.0\), got \(1.0,\)",
        ),
        (
            lambda: psi(BEFORE, Baseline((1.0,), (1, 2))),
            ValueError,
            r"edges must be \(1.0, 2.0, 3.0\), got \(1.0,\)",
        ),
        (
            lambda: psi(BEFORE.count([]), AFTER),
            ValueError,
            "n_reference must be a whole number, 1 or more, got 0",
        ),
        (
            lambda: psi(BEFORE, BEFORE.count([])),
            ValueError,
            "n_current must be a whole number, 1 or more, got 0",
        ),
        (
            lambda: psi(BEFORE, AFTER, pseudo_count=-0.5),
            ValueError,
            "pseudo_count must be 0 to 1e6, got -0.5",
        ),
        (
            lambda: psi(BEFORE, AFTER, pseudo_count=INF),
            ValueError,
            "pseudo_count .*, got inf",
        ),
        (
            lambda: psi(BEFORE, AFTER.count([1]), pseudo_count=0),
            ValueError,
            "pseudo_count must be > 0 if a bin is empty, got 0",
        ),
        (lambda: psi(BEFORE, AFTER, alpha=0), ValueError, "alpha .* got 0"),
        (lambda: psi(BEFORE, AFTER, alpha="1"), ValueError, "alpha .* '1'"),
        (lambda: psi_limit(10, 9, 9, 1), ValueError, "alpha .* got 1"),
        (lambda: psi_limit(0, 9, 9), ValueError, "n_bins must .* got 0"),
        (lambda: psi_limit(2, 0, 9), ValueError, "n_reference .* got 0"),
        (lambda: psi_limit(2, 9, -1), ValueError, "n_current .* got -1"),
        (
            lambda: Baseline((2, 2), (1, 1, 1)),
            ValueError,
            r"edges must increase, got \(2, 2\)",
        ),
        (lambda: Baseline((NAN,), (1, 1)), ValueError, "edges must increase"),
        (
            lambda: Baseline((1, 2), (1, 1)),
            ValueError,
            r"counts must outnumber edges by 1, got Baseline\(edges=\(1, 2\)",
        ),
        (lambda: Baseline((1,), (1, -1)), ValueError, "counts must .* got -1"),
        (lambda: Baseline((1,), (1, 2.5)), ValueError, "counts .* got 1.0"),
        (lambda: Baseline((1,), ("1", "2")), TypeError, "counts must hold"),
        (lambda: Baseline(("1",), (1, 2)), TypeError, "edges must hold num"),
        (lambda: Baseline((), (1,), -1), ValueError, "missing .* got -1"),
        (lambda: Baseline((), (1,), 2.0), ValueError, "missing .* got 2.0"),
    ],
)
def test_what_is_refused_is_refused_by_name(call, error, message):
    with pytest.raises(error, match=message):
        call()


things = st.one_of(
    st.floats(),
    st.integers(-3, 30),
    st.sampled_from([-(2**70), 10**400, Fraction(1, 2), Decimal("0.5")]),
    st.sampled_from([None, True, "1", "nan", b"1", 1j, pd.NA, pd.NaT]),
    st.sampled_from([datetime(2013, 1, 1, tzinfo=UTC), np.float32(0.1)]),
)
columns = st.one_of(
    things,
    st.lists(things, max_size=4),
    st.lists(things, max_size=4).map(lambda rows: pd.Series(rows, dtype="O")),
    st.lists(st.lists(things, max_size=2), max_size=3),
    st.lists(st.integers(-3, 3), max_size=4).map(np.array),
)


@given(columns, columns, things)
def test_bad_input_gives_a_documented_result_or_an_error_by_name(
    column, other, thing
):
    calls = {
        "reference": lambda: Baseline.fit(column),
        "current": lambda: AFTER.count(column),
        "edges|counts|missing": lambda: Baseline(column, other, thing),
        "n_bins": lambda: Baseline.fit([1, 2, 3], thing),
        "pseudo_count": lambda: psi(BEFORE, AFTER, pseudo_count=thing),
        "alpha": lambda: psi(BEFORE, AFTER, alpha=thing),
        "n_current": lambda: psi_limit(10, 30, thing),
    }
    for name, call in calls.items():
        result, message = None, name
        try:
            result = call()
        except (TypeError, ValueError) as error:
            message = str(error)
        assert re.search(name, message), message
        if result is not None and name in ("reference", "current"):
            assert result.n == len(column)
        if isinstance(result, Baseline) and result.n:
            result = psi(result, result)
            assert result.value == 0
        if isinstance(result, PsiResult):
            assert math.isfinite(result.value)
            assert 0 <= result.limit < INF


# How far the promise holds: days on which nothing moves


def values_and_limit(n_reference, n_current, shift=0.0, days=365, seed=1):
    """PSI of days of bell-shaped rows: a row of days per baseline.

    Rows fall in bins with known chances, so a day's counts are drawn at once.
    """
    rng = np.random.default_rng(seed)
    found = []
    for _ in range(500):
        base = Baseline.fit(rng.normal(size=n_reference))
        chances = np.diff([0, *stats.norm.cdf(base.edges, shift), 1])
        drawn = rng.multinomial(n_current, chances, size=days)
        before, now = np.array(base.counts) + 0.5, drawn + 0.5
        p, q = before / before.sum(), now / now.sum(axis=1, keepdims=True)
        found.append(((q - p) * np.log(q / p)).sum(axis=1))
    last = psi(base, Baseline(base.edges, drawn[-1].tolist()))
    assert last.value == pytest.approx(found[-1][-1])
    return np.array(found), last.limit


def share_of_alarms(*args, **settings):
    values, limit = values_and_limit(*args, **settings)
    return np.mean(values > limit)


@pytest.mark.parametrize(
    ("n_reference", "n_current"),
    [(100, 100), (1000, 1000), (10_000, 10_000), (5000, 100)],
)
def test_a_single_look_at_a_limit_of_1_percent_rings_on_1_day_in_100(
    n_reference, n_current
):
    # Five days per baseline, so that no baseline counts for much.
    share = share_of_alarms(n_reference, n_current, days=5)
    assert share == pytest.approx(0.01, abs=0.005)


@pytest.mark.parametrize(
    ("n_reference", "n_current", "unlucky"),
    [
        (100, 100, (12, 19)),
        (1_000, 1_000, (12, 19)),
        (10_000, 10_000, (12, 19)),
        (1_000, 100, (6, 9)),
        (10_000, 1_000, (6, 9)),
    ],
)
def test_a_year_of_daily_looks_rings_on_3_to_4_days_and_on_more_if_unlucky(
    n_reference, n_current, unlucky
):
    # One baseline serves 365 days: its luck stays. Unlucky: one in twenty.
    values, limit = values_and_limit(n_reference, n_current)
    alarms = np.sum(values > limit, axis=1)
    assert alarms.mean() == pytest.approx(3.5, abs=0.8)
    assert unlucky[0] <= np.quantile(alarms, 0.95) <= unlucky[1]
    if n_reference == n_current:
        assert np.mean(alarms == 0) == pytest.approx(0.4, abs=0.07)


@pytest.mark.parametrize(("n", "share"), [(30, 0.0001), (50, 0.003)])
def test_with_less_than_ten_rows_a_bin_the_limit_rings_less_than_promised(
    n, share
):
    assert share_of_alarms(n, n) == pytest.approx(share, abs=0.001)


def test_the_mean_without_a_shift_is_the_expected_value():
    values, _ = values_and_limit(1000, 1000, days=20)
    base = Baseline(range(9), [100] * 10)
    assert values.mean() == pytest.approx(psi(base, base).expected, rel=0.03)


@pytest.mark.parametrize(
    ("n", "above_a_tenth", "above_a_quarter"),
    [(100, 0.80, 0.16), (200, 0.33, 0.003), (1000, 0, 0)],
)
def test_the_usual_limits_ring_by_sample_size(
    n, above_a_tenth, above_a_quarter
):
    found, _ = values_and_limit(n, n, days=20)
    assert np.mean(found > 0.10) == pytest.approx(above_a_tenth, abs=0.03)
    assert np.mean(found > 0.25) == pytest.approx(above_a_quarter, abs=0.03)


@pytest.mark.parametrize(
    ("n", "tenth", "quarter", "limit"),
    [(100, 0.90, 0.31, 0.03), (1_000, 0.03, 0, 0.74), (10_000, 0, 0, 1)],
)
def test_a_fifth_of_a_standard_deviation_against_three_limits(
    n, tenth, quarter, limit
):
    found, passed = values_and_limit(n, n, shift=0.2, days=20)
    assert np.mean(found > 0.10) == pytest.approx(tenth, abs=0.03)
    assert np.mean(found > 0.25) == pytest.approx(quarter, abs=0.03)
    assert np.mean(found > passed) == pytest.approx(limit, abs=0.04)


def test_at_worst_a_sparse_pair_of_bins_rings_three_times_as_often():
    # 3.8 rows of 1,000 expected in the rare bin: 2.8 % instead of 1 %.
    reference = Baseline((0,), (38_000, 10_000_000 - 38_000))
    rings = [
        k
        for k in range(60)
        if psi(reference, Baseline((0,), (k, 1000 - k))).alarm
    ]
    rate = stats.binom.pmf(rings, 1000, 0.0038).sum()
    assert rate == pytest.approx(0.028, abs=5e-4)


@pytest.mark.parametrize(
    ("n_reference", "n_current", "shift"),
    [
        (100, 100, 0.68),
        (1_000, 100, 0.52),
        (1_000, 1_000, 0.21),
        (10_000, 1_000, 0.16),
        (10_000, 10_000, 0.067),
    ],
)
def test_a_shift_of_this_many_standard_deviations_is_seen_4_days_in_5(
    n_reference, n_current, shift
):
    share = share_of_alarms(n_reference, n_current, shift=shift, days=20)
    assert share == pytest.approx(0.80, abs=0.04)


def test_half_a_standard_deviation_is_mostly_missed_with_100_rows():
    assert 0.35 < share_of_alarms(100, 100, shift=0.5, days=20) < 0.45


def test_four_bins_see_with_thirty_rows_what_ten_bins_do_not():
    rng = np.random.default_rng(3)
    seen = {4: 0, 10: 0}
    for before, now in rng.normal((0, 1), size=(400, 30, 2)).swapaxes(1, 2):
        for n_bins in seen:
            base = Baseline.fit(before, n_bins)
            seen[n_bins] += psi(base, base.count(now)).alarm / 400
    assert seen == pytest.approx({4: 0.67, 10: 0.16}, abs=0.06)


def test_rows_that_follow_each_other_break_the_promise():
    # Each row keeps 0.9 of the row before: 200 rows, 300 no-shift days.
    rng = np.random.default_rng(4)
    rows = rng.normal(size=(700, 600))
    for t in range(1, 700):
        rows[t] += 0.9 * rows[t - 1]
    alarms = 0
    for reference, today in zip(rows[300:500].T, rows[500:].T, strict=True):
        base = Baseline.fit(reference)
        alarms += psi(base, base.count(today)).alarm
    assert alarms / 600 > 0.5


# The blind spot


def test_blind_spot_the_outcome_turns_round_while_the_input_stays():
    # Say heat used to mean delay. Now cold does. The input is as before.
    rng = np.random.default_rng(5)
    last_year, this_year = rng.normal(size=(2, 2_000))
    base = Baseline.fit(last_year)

    def predicts_late(heat):
        return heat > 0

    assert np.mean(predicts_late(last_year) == (last_year > 0)) == 1
    assert np.mean(predicts_late(this_year) == (this_year < 0)) == 0
    assert not psi(base, base.count(this_year)).alarm
