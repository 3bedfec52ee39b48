"""What ks promises, how far the promise holds, and what it cannot see."""

import json
import math
from dataclasses import asdict
from itertools import combinations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from snippets.drift.ks import Reference, critical_ks, ks_two_sample
from snippets.drift.psi import Baseline, psi

NAN, INF = math.nan, math.inf
TIED = np.repeat([0.0, 1.0, 2.0], [700, 200, 100])

values = st.lists(
    st.floats(allow_nan=False) | st.integers(-3, 3), min_size=1, max_size=60
)


def bell(seed, *shape, shift=0.0):
    return np.random.default_rng(seed).normal(shift, size=shape)


def gap_by_definition(reference, current):
    """The largest difference of the two shares, value by value."""
    every = np.concatenate([reference, current])
    before = np.mean(np.asarray(reference) <= every[:, None], axis=1)
    now = np.mean(np.asarray(current) <= every[:, None], axis=1)
    return np.abs(before - now).max()


# Identity


@given(values)
def test_the_same_rows_have_no_gap(rows):
    result = ks_two_sample(rows, rows[::-1])
    assert (result.statistic, result.p_value) == (0, 1)


# Worked by hand


def test_five_rows_a_side_worked_by_hand():
    # Up to 2 there are 2 of 5 rows on the left and 0 of 5 on the right; up
    # to 5 it is 5 of 5 and 3 of 5. No value has a larger gap.
    result = ks_two_sample([1, 2, 3, 4, 5], [3, 4, 5, 6, 7])
    assert result.statistic == 0.4
    assert result.p_value == pytest.approx(0.873015873)
    assert (result.share_reference, result.share_current) == (0.4, 0)
    assert (result.location, result.error) == (2, 0)
    assert (result.n_reference, result.n_current) == (5, 5)


def test_two_samples_that_lie_apart_worked_by_hand():
    # 2 of the C(10, 5) = 252 orders keep the sides apart: 2 / 252.
    result = ks_two_sample([1, 2, 3, 4, 5], [6, 7, 8, 9, 9])
    assert result.statistic == 1
    assert result.p_value == pytest.approx(2 / 252)


def test_the_limit_law_at_one_is_the_published_value():
    # Kolmogorov's law passes 1 with probability .26999967.
    rows = 10**12
    gap = critical_ks(rows, rows, alpha=0.26999967167735456)
    assert gap * math.sqrt(rows / 2) == pytest.approx(1, abs=1e-5)


# Agreement with others


@pytest.mark.parametrize(("n", "m"), [(1, 1), (1, 6), (4, 4), (3, 5), (5, 4)])
def test_the_p_value_counts_all_orders_of_the_rows(n, m):
    gaps = []
    for chosen in combinations(range(n + m), n):
        rest = [i for i in range(n + m) if i not in chosen]
        gaps.append(ks_two_sample(chosen, rest).statistic)
    for chosen in combinations(range(n + m), n):
        rest = [i for i in range(n + m) if i not in chosen]
        result = ks_two_sample(chosen, rest)
        as_large = np.mean(np.array(gaps) >= result.statistic - 1e-12)
        assert result.p_value == pytest.approx(as_large, rel=1e-12)


@settings(max_examples=50)
@given(values, values)
def test_the_gap_is_the_largest_by_definition(reference, current):
    result = ks_two_sample(reference, current)
    expected = gap_by_definition(reference, current)
    assert result.statistic == pytest.approx(expected, abs=1e-12)


def draw(kind, rng, n):
    """Rows without ties, whole numbers, or six zeros in ten."""
    if kind == "smooth":
        return rng.normal(rng.choice([0, 0.3]), size=n)
    if kind == "whole":
        return rng.integers(0, rng.choice([3, 50]), n)
    return np.where(rng.random(n) < 0.6, 0, rng.exponential(size=n))


@pytest.mark.parametrize("kind", ["smooth", "whole", "zeros"])
def test_gap_and_p_value_are_scipys(kind):
    rng = np.random.default_rng(1)
    sizes = 10 ** rng.uniform(0, 3.2, size=(60, 2))
    sizes[::3, 1] = sizes[::3, 0]
    for n, m in [*sizes.astype(int), (9_999, 70), (30_000, 500)]:
        reference, current = draw(kind, rng, n), draw(kind, rng, m)
        result = ks_two_sample(Reference.fit(reference), current)
        if result.p_value > 0.999:
            continue  # there SciPy may give up counting, with a warning
        expected = stats.ks_2samp(reference, current)
        assert result.statistic == pytest.approx(expected.statistic, 1e-14)
        assert result.p_value == pytest.approx(expected.pvalue, rel=1e-9)


@pytest.mark.parametrize("shift", [0, 0.015, 0.02, 0.03, 0.05, 0.3])
def test_with_many_rows_too_and_then_within_1e_9(shift):
    reference, current = bell(2, 120_000), bell(3, 110_000, shift=shift)
    result = ks_two_sample(reference, current)
    expected = stats.ks_2samp(reference, current)
    assert result.statistic == pytest.approx(expected.statistic, 1e-14)
    assert result.p_value == pytest.approx(expected.pvalue, abs=1e-9)
    assert 0 < result.p_value <= 1 or expected.pvalue == 0


# Properties


@settings(max_examples=50)
@given(values, values)
def test_the_location_is_where_the_shares_differ_by_the_gap(first, second):
    for reference in Reference.fit(first), Reference.fit(first, 2):
        result = ks_two_sample(reference, second)
        before = np.mean(np.array(first, float) <= result.location)
        now = np.mean(np.array(second, float) <= result.location)
        assert result.share_reference == pytest.approx(before)
        assert result.share_current == pytest.approx(now)
        assert result.statistic == pytest.approx(abs(before - now))


@settings(max_examples=50)
@given(values, values)
def test_either_side_may_be_the_reference(first, second):
    forth, back = ks_two_sample(first, second), ks_two_sample(second, first)
    assert forth.statistic == back.statistic
    assert forth.p_value == pytest.approx(back.p_value)


@given(st.lists(st.integers(-50, 50), min_size=1), st.integers(-50, 50))
def test_another_unit_or_a_logarithm_changes_nothing(celsius, other):
    warm = [math.exp(c / 50) for c in celsius]
    plain = ks_two_sample(celsius, [other])
    bent = ks_two_sample(warm, [math.exp(other / 50)])
    assert plain.statistic == bent.statistic


@settings(max_examples=50)
@given(values, values, st.integers(2, 70))
def test_a_sketch_is_off_by_its_largest_cell_at_most(first, second, k):
    sketch, exact = Reference.fit(first, k), ks_two_sample(first, second)
    result = ks_two_sample(sketch, second)
    assert result.error == sketch.error < 1 / (k - 1)
    assert result.statistic <= exact.statistic + 1e-12
    assert exact.statistic <= result.statistic + sketch.error + 1e-12
    assert result.p_value >= exact.p_value * (1 - 1e-9)
    assert sketch.n == len(first)


def test_a_sketch_counts_a_tie_as_it_is():
    sketch = Reference.fit(TIED, k=20)
    assert sketch.edges.tolist() == [0, 1, 2]
    assert sketch.error == 0
    today = np.repeat([0.0, 1.0, 2.0], [100, 200, 300])
    exact = ks_two_sample(TIED, today)
    assert ks_two_sample(sketch, today) == exact


def test_a_sketch_of_a_thousand_edges_loses_little():
    for seed in range(5):
        reference, current = bell(seed, 20_000), bell(-seed % 97, 150_000)
        exact = ks_two_sample(reference, current)
        sketch = ks_two_sample(Reference.fit(reference, 1_000), current)
        assert 0 <= exact.statistic - sketch.statistic < 0.0005


@pytest.mark.parametrize("k", [None, 20])
def test_a_reference_survives_json(k):
    fitted = Reference.fit(bell(4, 200), k)
    counts = None if fitted.counts is None else fitted.counts.tolist()
    text = json.dumps({"edges": fitted.edges.tolist(), "counts": counts})
    again = Reference(**json.loads(text))
    assert ks_two_sample(again, TIED) == ks_two_sample(fitted, TIED)
    assert set(asdict(fitted)) == {"edges", "counts"}


def test_a_reference_keeps_its_rows_when_yours_change():
    mine = np.arange(5.0)
    kept = Reference(mine)
    mine[:] = 0
    assert kept.edges.tolist() == [0, 1, 2, 3, 4]
    with pytest.raises(ValueError, match="read-only"):
        kept.edges[0] = 7


# The critical value


@pytest.mark.parametrize("alpha", [0.05, 0.01, 0.3])
@pytest.mark.parametrize(
    ("n", "m"), [(1, 40), (5, 5), (8, 9), (12, 30), (64, 64), (10, 700)]
)
def test_the_critical_value_is_the_smallest_gap_that_rings(n, m, alpha):
    critical = critical_ks(n, m, alpha)
    ahead, behind = np.meshgrid(np.arange(n + 1), np.arange(m + 1))
    gaps = np.abs(ahead * m - behind * n).ravel()
    for near in sorted(set(gaps[np.abs(gaps / (n * m) - critical) < 0.08])):
        k = int(np.argmax(gaps == near))
        i, j = int(ahead.ravel()[k]), int(behind.ravel()[k])
        result = ks_two_sample(
            [0] * i + [1] * (n - i), [0] * j + [1] * (m - j)
        )
        assert (result.statistic >= critical) == (result.p_value <= alpha)


def test_too_few_rows_never_ring():
    assert critical_ks(3, 3) == INF
    assert critical_ks(4, 4) == 1
    assert ks_two_sample([1, 2, 3], [7, 8, 9]).p_value == pytest.approx(0.1)


@pytest.mark.parametrize(
    ("n", "gap"), [(100, 0.20), (1_000, 0.061), (10_000, 0.0193)]
)
def test_the_critical_values_of_the_page(n, gap):
    assert critical_ks(n, n) == gap
    assert critical_ks(np.int64(n), n) == gap
    assert gap == pytest.approx(1.36 * math.sqrt(2 / n), rel=0.045)


def test_at_a_million_rows_a_gap_of_two_thousandths_rings():
    assert critical_ks(10**6, 10**6) == pytest.approx(0.00192, abs=5e-6)


# Hard inputs

MANY = [float(i) for i in range(1000)]
HARD = {
    "constant that stays": ([7] * 99, [7] * 99, 0, False),
    "constant that rises": ([7] * 99, [7.5] * 99, 1, True),
    "constant that falls": ([7] * 99, [6.5] * 99, 1, True),
    "one value each, the same": ([7], [7], 0, False),
    "one value each, too few to tell": ([7], [9], 1, False),
    "one row today, far out": (MANY, [1e9], 1, True),
    "one row today, in the middle": (MANY, [500], 0.5, False),
    "zeros become -999": ([0] * 60 + MANY[:40], [-999] * 99, 1, True),
    "rare flag that spreads": ([0] * 95 + [1] * 5, [0, 1] * 50, 0.45, True),
    "one row of a million": (MANY, [*MANY, 1e6], 1 / 1001, False),
    "inf is the largest value": ([*MANY, INF], [*MANY, INF], 0, False),
    "inf by the hundred": (MANY, [*MANY, *[INF] * 250], 0.2, True),
    "-inf by the hundred": (MANY, [*MANY, *[-INF] * 250], 0.2, True),
    "no row between ±inf": ([INF, -INF] * 99, [INF, -INF] * 9, 0, False),
    "minus zero is zero": ([-0.0] * 99, [0.0] * 99, 0, False),
    "booleans": ([True, False] * 99, np.ones(99, dtype=bool), 0.5, True),
    "integers": (range(1000), np.arange(500, dtype=np.int16), 0.5, True),
    "three blocks": (MANY, MANY * 300, 0, False),
}


@pytest.mark.parametrize("k", [None, 50])
@pytest.mark.parametrize(
    ("reference", "current", "gap", "alarm"), HARD.values(), ids=HARD
)
def test_hard_inputs(reference, current, gap, alarm, k):
    fitted = Reference.fit(reference, k)
    result = ks_two_sample(fitted, current)
    assert result.statistic <= gap + 1e-12 <= result.statistic + 0.02
    assert (result.p_value <= 0.05) == alarm
    assert k or result.statistic == pytest.approx(gap)


@pytest.mark.parametrize(
    "column",
    [
        (1, 2, 4),
        np.array([1, 2, 4], dtype=np.float32),
        np.array([[1, 2, 4], [9, 9, 9]]).T[:, 0],
        np.ma.array([1, 2, 4], mask=[0, 0, 0]),
        pd.Series([1, 2, 4], index=[9, 8, 7]),
        pd.Series([1, 2, 4], dtype="Int64"),
        pd.Series([1, 2, 4], dtype=object),
    ],
    ids=lambda column: type(column).__name__,
)
def test_other_containers_give_the_answer_of_the_list(column):
    expected = ks_two_sample([0, 2, 3], [1, 2, 4])
    assert ks_two_sample([0, 2, 3], column) == expected


# Errors


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: ks_two_sample([], [1]), ValueError, "reference .* 1 row, g"),
        (lambda: ks_two_sample([1], []), ValueError, "current .* got 0"),
        (
            lambda: ks_two_sample([1], [1, NAN, None, 4]),
            ValueError,
            "current must hold no missing value, got 2 in 4 rows",
        ),
        (lambda: Reference.fit([NAN]), ValueError, "reference .* 1 in 1 row"),
        (
            lambda: ks_two_sample([1], np.ma.array([1, 2], mask=[0, 1])),
            ValueError,
            "current must hold no missing value, got 1 in 2 rows",
        ),
        (
            lambda: ks_two_sample([1], [[1]]),
            ValueError,
            r"one column, got \(1",
        ),
        (
            lambda: ks_two_sample([1], pd.Series([[1, 2], [3, 4]])),
            ValueError,
            r"current must be one column, got \(2, 2\)",
        ),
        (lambda: ks_two_sample(5, [1]), ValueError, r"reference .* got \(\)"),
        (lambda: ks_two_sample([1], ["1"]), TypeError, "current must hold nu"),
        (lambda: ks_two_sample([1], [1, "2"]), TypeError, "current must hol"),
        (lambda: ks_two_sample([1j], [1]), TypeError, "reference .* complex"),
        (
            lambda: ks_two_sample([1], np.array(["2013-01-01"], "M8[D]")),
            TypeError,
            r"current must hold numbers, got datetime64\[D\]",
        ),
        (lambda: Reference.fit([1], 1), ValueError, "k .* above 1, got 1"),
        (lambda: Reference.fit([1], 2.5), ValueError, "k .* got 2.5"),
        (lambda: Reference([]), ValueError, "edges must hold at least 1 row"),
        (
            lambda: Reference([2, 1]),
            ValueError,
            r"edges must not fall, got \[",
        ),
        (lambda: Reference([1, NAN]), ValueError, "edges must hold no missi"),
        (
            lambda: Reference([1, 2], [[0, 1]]),
            ValueError,
            r"counts must be 2 per edge, got int64 of shape \(1, 2\)",
        ),
        (lambda: Reference([1], [[0], [0.5]]), ValueError, "counts .* float"),
        (lambda: Reference([1], [[1], [2]]), ValueError, "rise from 0, got"),
        (lambda: Reference([1], [[0], [0]]), ValueError, "rise from 0, got"),
        (
            lambda: Reference([1, 2], [[0, 1], [3, 4]]),
            ValueError,
            r"counts must rise from 0, got \[0 3 1 4\]",
        ),
        (lambda: critical_ks(0, 9), ValueError, "n_reference .* got 0"),
        (lambda: critical_ks(9, -1), ValueError, "n_current .* got -1"),
        (lambda: critical_ks(9, 9.5), ValueError, "n_current .* got 9.5"),
        (lambda: critical_ks("9", 9), ValueError, "n_reference .* got '9'"),
        (lambda: critical_ks(9, 9, 0), ValueError, "alpha .* got 0"),
        (lambda: critical_ks(9, 9, NAN), ValueError, "alpha .* got nan"),
        (lambda: critical_ks(9, 9, "5 %"), ValueError, "alpha .* got '5 %'"),
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
            st.sampled_from(["1", "a", b"x", 1j, np.datetime64("2013-01-01")]),
        ),
        max_size=4,
    ),
    st.floats(),
    st.none(),
    st.text(max_size=2),
    st.lists(st.just([1.0, 2.0]), max_size=2),
    st.builds(lambda rows: np.array(rows, dtype=object), values),
)


def answer(call):
    """What a call returns, or the message of an error that is allowed."""
    try:
        return call()
    except (ValueError, TypeError) as error:
        return str(error)


@given(junk, junk, st.integers(2, 4))
def test_whatever_comes_in_a_result_or_the_name_comes_out(left, right, k):
    for fit in (lambda rows: rows, lambda rows: Reference.fit(rows, k)):
        result = answer(lambda fit=fit: ks_two_sample(fit(left), right))
        if isinstance(result, str):
            assert result.startswith(("reference must", "current must"))
        else:
            assert 0 <= result.statistic <= 1
            assert 0 < result.p_value <= 1


# How far the promise holds: days on which nothing moves


def share_of_alarms(pairs, alpha=0.05):
    pairs = list(pairs)
    n, m = np.shape(pairs[0][0])[0], np.shape(pairs[0][1])[0]
    critical = critical_ks(n, m, alpha)
    return np.mean(
        [ks_two_sample(*pair).statistic >= critical for pair in pairs]
    )


@pytest.mark.parametrize(
    ("n", "m", "share"),
    [(100, 100, 0.037), (1000, 1000, 0.047), (300, 50, 0.048)],
)
def test_five_percent_ring_when_nothing_moved(n, m, share):
    pairs = zip(bell(5, 1_400, n), bell(6, 1_400, m), strict=True)
    assert share_of_alarms(pairs) == pytest.approx(share, abs=0.014)


def any_alarm_in_a_month(n_reference, n, alpha, months=120, seed=7):
    rng = np.random.default_rng(seed)
    critical = critical_ks(n_reference, n, alpha)
    rang = 0
    for _ in range(months):
        kept = Reference.fit(rng.normal(size=n_reference))
        days = rng.normal(size=(30, n))
        rang += any(ks_two_sample(kept, x).statistic >= critical for x in days)
    return rang / months


def test_thirty_days_at_5_percent_ring_in_half_of_all_months_or_more():
    assert 0.38 < any_alarm_in_a_month(200, 200, 0.05) < 0.56
    assert 0.67 < any_alarm_in_a_month(1_000, 100, 0.05, months=60) < 0.88


def test_a_thirtieth_of_the_share_holds_a_month():
    share = any_alarm_in_a_month(200, 200, 0.05 / 30, months=200)
    assert 0.01 <= share <= 0.065


@pytest.mark.parametrize(
    ("n", "shift"), [(100, 0.48), (1_000, 0.145), (10_000, 0.046)]
)
def test_a_shift_of_this_many_standard_deviations_is_seen_4_days_in_5(
    n, shift
):
    rng, days = np.random.default_rng(8), 1_000 if n < 10_000 else 200
    pairs = (
        (rng.normal(size=n), rng.normal(shift, size=n)) for _ in range(days)
    )
    assert share_of_alarms(pairs) == pytest.approx(0.8, abs=0.05)


@pytest.mark.parametrize(
    ("draw_rows", "share"),
    [
        (lambda rng: rng.integers(0, 2, 1_000), 0.006),
        (lambda rng: rng.integers(0, 11, 1_000), 0.019),
        (lambda rng: rng.integers(0, 101, 1_000), 0.04),
        (lambda rng: np.maximum(rng.normal(-0.253, size=1_000), 0), 0.02),
    ],
    ids=["a flag", "0 to 10", "0 to 100", "six zeros in ten"],
)
def test_values_that_repeat_ring_less_often_than_promised(draw_rows, share):
    rng = np.random.default_rng(9)
    pairs = ((draw_rows(rng), draw_rows(rng)) for _ in range(1_500))
    assert share_of_alarms(pairs) == pytest.approx(share, abs=0.01)


@pytest.mark.parametrize(
    ("kept", "share"), [(0.5, 0.2), (0.9, 0.72), (0.99, 0.97)]
)
def test_rows_that_follow_each_other_break_the_promise(kept, share):
    # Each row keeps this share of the row before: 200 rows, 400 pairs.
    rng = np.random.default_rng(10)
    rows = rng.normal(size=(1_400, 800))
    rows[0] /= math.sqrt(1 - kept**2)
    for t in range(1, len(rows)):
        rows[t] += kept * rows[t - 1]
    sides = rows[-200:].T.reshape(2, 400, 200)
    found = share_of_alarms(zip(*sides, strict=True))
    assert found == pytest.approx(share, abs=0.05)
    # As many rows as would be right for the mean: no alarm is left.
    fewer = int(200 * (1 - kept) / (1 + kept))
    gaps = [
        ks_two_sample(*pair).statistic for pair in zip(*sides, strict=True)
    ]
    assert np.mean(np.array(gaps) >= critical_ks(fewer, fewer)) < 0.01


def test_with_a_million_rows_a_hundredth_of_a_deviation_rings():
    result = ks_two_sample(bell(11, 10**6), bell(12, 10**6, shift=0.01))
    assert result.p_value < 1e-4
    assert result.statistic < 0.006


# The blind spots


def share_of_psi_alarms(pairs):
    bases = [(Baseline.fit(before), now) for before, now in pairs]
    return np.mean([psi(base, base.count(now)).alarm for base, now in bases])


def test_a_wider_spread_is_seen_far_less_than_a_shift():
    rows = bell(13, 400, 2, 1_000)
    wider, later = rows * [[1], [1.2]], np.add(rows, [[0], [0.2]])
    assert share_of_alarms(wider, 0.01) == pytest.approx(0.28, abs=0.07)
    assert share_of_alarms(later, 0.01) == pytest.approx(0.88, abs=0.05)
    assert share_of_psi_alarms(wider) == pytest.approx(0.8, abs=0.08)


def test_blind_spot_one_row_in_a_hundred_becomes_a_hundred_times_larger():
    # The mean is ruined; the gap cannot pass the share of rows that moved.
    price = np.exp(bell(14, 400, 2, 1_000))
    price[:, 1, ::100] *= 100
    assert price[:, 1].mean() > 1.7 * price[:, 0].mean()
    assert share_of_alarms(price) < 0.08
    assert share_of_psi_alarms(price) < 0.05


def test_blind_spot_two_columns_that_part_ways():
    # Heat and delay rose together; now they have nothing to do with each
    # other. Each column alone has the very rows it had before.
    heat = bell(15, 2_000)
    delay = heat + 0.1 * bell(16, 2_000)
    shuffled = np.random.default_rng(17).permutation(delay)
    assert np.corrcoef(heat, delay)[0, 1] > 0.99
    assert abs(np.corrcoef(heat, shuffled)[0, 1]) < 0.1
    for before, now in (heat, heat), (delay, shuffled):
        assert ks_two_sample(before, now).p_value == 1
