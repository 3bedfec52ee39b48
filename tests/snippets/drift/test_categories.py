"""What category_shift promises, how far it holds, and what it cannot see."""

import json
import math
from itertools import product

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from snippets.drift.categories import category_shift, count_categories

NAN, INF = math.nan, math.inf
BEFORE = {"AA": 10, "B6": 20, "DL": 30, "UA": 40}
AFTER = {"AA": 20, "B6": 20, "DL": 30, "UA": 30}

names = st.sampled_from(["AA", "B6", "DL", "UA", "1", 1, 0, None, ("EV", 2)])
mixes = st.dictionaries(names, st.integers(0, 60)).filter(
    lambda mix: any(mix.values())
)


# Identity


@settings(max_examples=50)
@given(mixes)
def test_the_same_counts_have_no_distance(mix):
    same = category_shift(mix, mix)
    assert same.statistic == same.cramers_v == same.new_share == 0
    assert same.p_value == same.p_new == same.p_gone == 1
    assert (same.new, same.gone, same.why, same.alarm) == ((), (), (), False)


# Worked by hand


def test_four_categories_worked_by_hand():
    # Equal rows, so fair cells are the mean of both: 15, 20, 30, 35.
    # 2 x (5^2 / 15 + 0 + 0 + 5^2 / 35) = 100 / 21 = 4.7619, 3 degrees of
    # freedom; V = sqrt(4.7619 / 200)
    result = category_shift(BEFORE, AFTER)
    assert result.statistic == pytest.approx(4.761904761904762)
    assert (result.df, result.alarm) == (3, False)
    assert result.p_value == pytest.approx(0.190085231903695)
    assert result.cramers_v == pytest.approx(0.154303349962092)
    assert result.moves[:2] == (("AA", 0.1, 0.2), ("UA", 0.4, 0.3))
    assert result.rare_shares == (0, 0)


def test_a_new_category_worked_by_hand():
    # Three rows, all on the side that has 1,000 of the 11,000 rows:
    # 1000/11000 x 999/10999 x 998/10998 = .000749, twice for two looks
    before = {"AA": 6_000, "UA": 4_000}
    three = category_shift(before, {"AA": 597, "UA": 400, "ZZ": 3})
    assert three.p_new == pytest.approx(2 * 0.000749, abs=2e-6)
    assert (three.new, three.new_share) == (("ZZ",), 0.003)
    assert three.why == ("new",)
    # Two rows: twice .0083, and new categories have a quarter of 1 %.
    two = category_shift(before, {"AA": 598, "UA": 400, "ZZ": 2})
    assert two.p_new == pytest.approx(2 * 0.00826, abs=2e-5)
    assert (two.new, two.alarm) == (("ZZ",), False)


def test_a_category_that_is_gone_worked_by_hand():
    # Eighty of 11,000 rows, none among the 1,000 of today:
    # 10000/11000 x 9999/10999 x ... about (10 / 11)^80 = .0005, twice
    before = {"AA": 6_000, "UA": 3_920, "HA": 80}
    result = category_shift(before, {"AA": 605, "UA": 395})
    assert result.p_gone == pytest.approx(2 * (10 / 11) ** 80, rel=0.05)
    assert (result.gone, result.new) == (("HA",), ())
    assert "gone" in result.why


def test_rare_categories_share_one_cell():
    # The smaller side has 100 of 1,100 rows. A cell of its own takes 55 rows
    # on both: AA has 565, UA 385, and three rare ones 50 each, or 4.5 today.
    before = {"AA": 515, "UA": 350, "x": 45, "y": 45, "z": 45}
    today = {"AA": 50, "UA": 35, "x": 5, "y": 5, "z": 5}
    result = category_shift(before, today)
    assert result.df == 2
    assert {name for name, _, _ in result.moves} == {"AA", "UA"}
    assert result.rare_shares == (0.135, 0.15)
    pooled = category_shift(
        {"AA": 515, "UA": 350, "xyz": 135}, {"AA": 50, "UA": 35, "xyz": 15}
    )
    assert result.p_value == pooled.p_value


def test_a_pool_that_expects_fewer_than_2_rows_takes_in_the_next_cell():
    before = {"AA": 600, "UA": 384, "x": 8, "y": 8}  # 16 / 11 = 1.5 today
    result = category_shift(before, {"AA": 60, "UA": 40})
    assert result.df == 1
    assert result.rare_shares == (0.4, 0.4)


def test_the_level_is_what_new_and_gone_cannot_spend():
    # Two heavy categories are never new or gone by luck ...
    heavy = category_shift({"AA": 600, "UA": 400}, {"AA": 55, "UA": 45})
    assert heavy.level == pytest.approx(0.01)
    # ... of 400 rare ones some are: up to a quarter of 1 % is kept for each.
    rare = {f"D{i}": 1 + 2_000 // i for i in range(1, 400)}
    some = category_shift(rare, {name: n // 4 for name, n in rare.items()})
    assert 0.005 < some.level < 0.0075


# Agreement with others


@given(
    st.lists(
        st.tuples(st.integers(5, 400), st.integers(5, 400)),
        min_size=2,
        max_size=12,
    )
)
def test_with_enough_rows_it_is_scipys_chi_square_test(table):
    before, now = zip(*table, strict=True)
    expected = stats.chi2_contingency([before, now], correction=False)
    result = category_shift(dict(enumerate(before)), dict(enumerate(now)))
    if expected.expected_freq.min() >= 5:
        assert result.statistic == pytest.approx(expected.statistic)
        assert result.p_value == pytest.approx(expected.pvalue, abs=1e-12)
        assert result.df == expected.dof
        cramer = stats.contingency.association([before, now], "cramer")
        assert result.cramers_v == pytest.approx(cramer)
    else:
        assert result.df <= expected.dof


@settings(max_examples=50)
@given(st.integers(1, 30), st.integers(1, 3_000), st.integers(31, 3_000))
def test_one_new_category_has_the_chance_of_the_hypergeometric_law(
    new, others_now, before
):
    # AA has more rows than today: it cannot be new as well.
    n, m = before + others_now + new, others_now + new
    result = category_shift({"AA": before}, {"AA": others_now, "ZZ": new})
    chance = stats.hypergeom.pmf(new, n, new, m)
    assert result.p_new == pytest.approx(min(1, 2 * chance), rel=1e-6)


def test_the_bound_is_never_below_the_exact_chance():
    # Deal 6 + 4 rows of four categories in every possible way.
    totals, m = (4, 3, 2, 1), 4
    ways, bounds = [], []
    for now in product(*(range(t + 1) for t in totals)):
        if sum(now) == m:
            ways.append(math.prod(map(math.comb, totals, now)))
            here = dict(enumerate(now))
            there = {i: t - now[i] for i, t in enumerate(totals)}
            bounds.append(category_shift(there, here).p_new)
    assert sum(ways) == math.comb(10, 4)
    for bound in set(bounds):
        as_low = sum(
            w for w, b in zip(ways, bounds, strict=True) if b <= bound
        )
        assert as_low / sum(ways) <= bound + 1e-12


@given(st.lists(names))
def test_each_row_is_counted_once(rows):
    counts = count_categories(rows)
    assert counts == {name: rows.count(name) for name in rows}


# Properties


@settings(max_examples=50)
@given(mixes, mixes)
def test_either_side_may_be_the_reference(one, other):
    forth, back = category_shift(one, other), category_shift(other, one)
    assert forth.statistic == pytest.approx(back.statistic)
    assert forth.p_value == pytest.approx(back.p_value)
    assert set(forth.new) == set(back.gone)
    assert forth.p_new == pytest.approx(back.p_gone)
    assert forth.alarm == back.alarm


@settings(max_examples=50)
@given(mixes, mixes, st.randoms(use_true_random=False))
def test_the_order_of_categories_does_not_matter(one, other, random):
    mixed = dict(random.sample(list(one.items()), len(one)))
    there, back = category_shift(one, other), category_shift(mixed, other)
    assert there.statistic == pytest.approx(back.statistic)
    assert (there.df, there.why) == (back.df, back.why)


@settings(max_examples=50)
@given(mixes, mixes)
def test_a_category_without_rows_changes_nothing(one, other):
    both = {**dict.fromkeys(other, 0), **one, "never": 0}
    assert category_shift(both, other) == category_shift(one, other)


@settings(max_examples=50)
@given(mixes, mixes)
def test_every_figure_stays_in_its_range(one, other):
    result = category_shift(one, other)
    for share in (result.p_value, result.p_new, result.p_gone):
        assert 0 <= share <= 1
    assert 0 <= result.new_share <= 1
    assert 0 <= result.cramers_v <= 1 + 1e-12
    assert 0.005 - 1e-12 <= result.level <= 0.01
    assert result.alarm == bool(result.why)


@given(mixes)
def test_counts_survive_json_as_pairs_and_not_as_an_object(mix):
    pairs = [(k, v) for k, v in mix.items() if not isinstance(k, tuple)]
    assert dict(json.loads(json.dumps(pairs))) == dict(pairs)
    assert json.loads(json.dumps({1: 2, None: 3})) == {"1": 2, "null": 3}


def test_cramers_v_depends_on_the_ratio_of_rows():
    # The same shares, ten times as many rows in the reference.
    tenfold = category_shift({k: 10 * n for k, n in BEFORE.items()}, AFTER)
    assert tenfold.cramers_v == pytest.approx(0.0984, abs=5e-5)
    assert tenfold.moves[0] == ("AA", 0.1, 0.2)


def test_with_many_rows_a_change_of_no_size_rings():
    before = {"AA": 1_000_000, "UA": 1_000_000}
    result = category_shift(before, {"AA": 1_003_000, "UA": 997_000})
    assert result.alarm
    assert result.cramers_v < 0.002


# Hard inputs

FEW = {"AA": 600, "UA": 400}
HARD = {
    "one category that stays": ({"AA": 9}, {"AA": 99}, (), (), ()),
    "one that becomes another": (
        {"AA": 99},
        {"UA": 99},
        ("mix", "new", "gone"),
        ("UA",),
        ("AA",),
    ),
    "one row on each side": ({"AA": 1}, {"UA": 1}, (), ("UA",), ("AA",)),
    "four rows are too few": ({"AA": 4}, {"UA": 4}, (), ("UA",), ("AA",)),
    "one row today": (FEW, {"UA": 1}, (), (), ("AA",)),
    "one new row": (FEW, {"AA": 99, "UA": 66, "ZZ": 1}, (), ("ZZ",), ()),
    "None appears": (
        FEW,
        {"AA": 60, "UA": 35, None: 5},
        ("new",),
        (None,),
        (),
    ),
    "None and two NaN are one": (
        {"AA": 90, None: 5, NAN: 5},
        {"AA": 90, float("nan"): 10},
        (),
        (),
        (),
    ),
    "pandas.NA and NaT are missing": (
        {"AA": 90, pd.NA: 5, pd.NaT: 5},
        {"AA": 90, np.datetime64("NaT", "D"): 10},
        (),
        (),
        (),
    ),
    "1, 1.0 and True are one": (
        {1: 50, 0: 50},
        {True: 50, np.float64(0): 50},
        (),
        (),
        (),
    ),
    "'1' is not 1": (
        {1: 60, "AA": 600},
        {"1": 60, "AA": 600},
        ("mix", "new", "gone"),
        ("1",),
        (1,),
    ),
    "'AA ' is not 'AA'": (
        {"AA": 60, "UA": 600},
        {"AA ": 60, "UA": 600},
        ("mix", "new", "gone"),
        ("AA ",),
        ("AA",),
    ),
    "every row its own category": (
        dict.fromkeys(range(500), 1),
        dict.fromkeys(range(500, 600), 1),
        (),
        tuple(range(500, 600)),
        tuple(range(500)),
    ),
    "ids leak into a short list": (
        FEW,
        {"AA": 57, "UA": 38, **dict.fromkeys(range(5), 1)},
        ("new",),
        tuple(range(5)),
        (),
    ),
    "a rare flag that spreads": (
        {0: 970, 1: 30},
        {0: 85, 1: 15},
        ("mix",),
        (),
        (),
    ),
    "whole floats and NumPy integers": (
        {"AA": 60.0, "UA": np.int32(40)},
        {"AA": 60, "UA": 40},
        (),
        (),
        (),
    ),
    "a trillion rows": (
        {"AA": 10**12 - 5, "UA": 5},
        {"AA": 10**12},
        (),
        (),
        ("UA",),
    ),
}


@pytest.mark.parametrize(
    ("before", "now", "why", "new", "gone"), HARD.values(), ids=HARD
)
def test_hard_inputs(before, now, why, new, gone):
    result = category_shift(before, now)
    assert (result.why, result.new, result.gone) == (why, new, gone)
    assert math.isfinite(result.statistic)


TEXT = ["UA", "DL", None, "UA"]


@pytest.mark.parametrize(
    "column",
    [
        tuple(TEXT),
        iter(TEXT),
        np.array(TEXT, dtype=object),
        [np.str_("UA"), "DL", NAN, "UA"],
        np.ma.array(["UA", "DL", "AA", "UA"], mask=[0, 0, 1, 0]),
        pd.Series(TEXT, index=[9, 8, 7, 7]),
        pd.Series(TEXT, dtype=object),
        pd.Series(TEXT, dtype="string"),
        pd.Series(TEXT, dtype=pd.CategoricalDtype(["AA", "DL", "UA"])),
        pd.Categorical(TEXT),
        pd.Index(TEXT),
    ],
    ids=lambda column: f"{type(column).__name__}",
)
def test_other_containers_give_the_answer_of_the_list(column):
    assert count_categories(column) == {"UA": 2, "DL": 1, None: 1}


@pytest.mark.parametrize(
    "column",
    [
        [1, 0, 0, None],
        [True, False, 0, NAN],
        np.array([1, 0, 0, NAN], dtype=np.float32),
        np.ma.array([1, 0, 0, 7], mask=[0, 0, 0, 1], dtype=np.int8),
        pd.Series([1, 0, 0, None]),
        pd.Series([1, 0, 0, None], dtype="Int64"),
        pd.Series([True, False, False, None], dtype="boolean"),
        pd.Series([True, False, 0, None], dtype=object),
    ],
    ids=lambda column: f"{type(column).__name__}",
)
def test_numbers_and_flags_are_the_same_categories_everywhere(column):
    counts = count_categories(column)
    assert counts == {1: 1, 0: 2, None: 1}
    assert json.dumps(list(counts.items()))


def test_an_array_of_text_keeps_each_word_and_turns_nan_into_text():
    # NumPy did that: once it is the text "nan", nobody can tell.
    assert count_categories(np.array(["UA", NAN])) == {"UA": 1, "nan": 1}


def test_no_rows_are_no_categories():
    for column in ([], np.array([]), pd.Series([], dtype=object), iter(())):
        assert count_categories(column) == {}


# Errors


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: category_shift({}, AFTER), ValueError, "reference_.* got 0"),
        (
            lambda: category_shift(BEFORE, {"AA": 0}),
            ValueError,
            "current_counts must hold 1 to 1,000,000,000,000 rows, got 0",
        ),
        (
            lambda: category_shift(BEFORE, {"AA": 10**12, "UA": 1}),
            ValueError,
            "current_counts must .* rows, got 1000000000001",
        ),
        (
            lambda: category_shift({"AA": -1}, AFTER),
            ValueError,
            "reference_counts must hold whole .* got -1 for 'AA'",
        ),
        (
            lambda: category_shift(BEFORE, {"AA": 0.5}),
            ValueError,
            "current_counts must hold whole .* got 0.5 for 'AA'",
        ),
        (
            lambda: category_shift(BEFORE, {None: NAN}),
            ValueError,
            "current_counts must hold whole .* got nan for None",
        ),
        (
            lambda: category_shift(BEFORE, {"AA": np.float64(INF)}),
            ValueError,
            "whole numbers of 0 or more, got .*inf.* for 'AA'",
        ),
        (
            lambda: category_shift(BEFORE, {"AA": "9"}),
            ValueError,
            "got '9' for 'AA'",
        ),
        (
            lambda: category_shift(["AA"], AFTER),
            TypeError,
            "reference_counts must map categories to rows, got list",
        ),
        (
            lambda: category_shift(BEFORE, None),
            TypeError,
            "current_counts must map categories to rows, got NoneType",
        ),
        (
            lambda: category_shift(BEFORE, AFTER, alpha=0),
            ValueError,
            "alpha must be between 0 and 1, got 0",
        ),
        (
            lambda: category_shift(BEFORE, AFTER, alpha=NAN),
            ValueError,
            "alpha must be between 0 and 1, got nan",
        ),
        (
            lambda: count_categories("UA"),
            TypeError,
            "values must be a column of categories, got str",
        ),
        (lambda: count_categories(BEFORE), TypeError, "values .* got dict"),
        (
            lambda: count_categories(np.array(["2013-01-01"], "M8[D]")),
            TypeError,
            r"values must .* got datetime64\[D\]",
        ),
        (
            lambda: count_categories(pd.Series([1, 2]).astype("M8[ns]")),
            TypeError,
            r"values must .* got datetime64\[ns\]",
        ),
        (lambda: count_categories([["UA"]]), TypeError, "values .* hash: .*"),
        (
            lambda: count_categories(pd.Series([["UA"], {}])),
            TypeError,
            "values must hold categories with a hash",
        ),
        (lambda: count_categories(5), TypeError, "values must .* 'int'"),
        (
            lambda: count_categories(np.array([["UA", "DL"]])),
            ValueError,
            r"values must be one column, got \(1, 2\)",
        ),
        (
            lambda: count_categories(pd.DataFrame({"carrier": ["UA"]})),
            ValueError,
            r"values must be one column, got \(1, 1\)",
        ),
        (
            lambda: count_categories(np.array("UA")),
            ValueError,
            r"values must be one column, got \(\)",
        ),
    ],
)
def test_what_is_refused_is_refused_by_name(call, error, message):
    with pytest.raises(error, match=message):
        call()


odd = (
    st.none()
    | st.booleans()
    | st.integers(-3, 40)
    | st.floats()
    | st.sampled_from(["", "UA", "12", "nan", b"UA", pd.NA, np.int8(3)])
    | st.lists(st.integers(), max_size=2)
)
keys = odd.filter(lambda value: not isinstance(value, list))
sides = st.one_of(odd, st.lists(odd, max_size=3), st.dictionaries(keys, odd))
columns = st.one_of(
    odd,
    st.lists(odd, max_size=5),
    st.lists(odd, max_size=5).map(lambda x: pd.Series(x, dtype=object)),
    st.lists(st.floats(width=32), max_size=4).map(np.array),
    st.lists(st.datetimes(), max_size=3).map(lambda x: np.array(x, "M8[us]")),
    st.lists(st.tuples(odd, odd), max_size=2).map(
        lambda x: np.array([*x, (1, 2)], dtype=object)
    ),
)


def outcome(call):
    """The result, or the text of one of the two documented errors."""
    try:
        return call(), ""
    except (TypeError, ValueError) as error:
        return None, str(error)


@given(columns, sides | st.just(BEFORE), st.floats() | st.just(0.01))
def test_bad_input_gives_a_documented_result_or_an_error_by_name(
    column, side, alpha
):
    counts, refused = outcome(lambda: count_categories(column))
    if counts is None:
        assert refused.startswith("values must")
        counts = BEFORE
    assert all(isinstance(n, int) and n > 0 for n in counts.values())
    result, refused = outcome(
        lambda: category_shift(side, counts, alpha=alpha)
    )
    if result is None:
        named = ("reference_counts must", "current_counts must", "alpha must")
        assert refused.startswith(named)
    else:
        assert math.isfinite(result.statistic)
        assert 0 <= result.p_value <= 1


# How far the promise holds: days on which nothing changes


def zipf(k):
    """Shares of k categories: the second is half the first, and so on."""
    return 1 / np.arange(1, k + 1) / np.sum(1 / np.arange(1, k + 1))


HUNDRED = np.append(zipf(100), 0)  # and one that nobody has seen


def days(n_reference, n_current, n_days, before, now=None, seed=1):
    """Days with a fresh reference each; `now` are the shares of today."""
    rng = np.random.default_rng(seed)
    references = rng.multinomial(n_reference, before, n_days).tolist()
    today = rng.multinomial(n_current, before if now is None else now, n_days)
    for one, other in zip(references, today.tolist(), strict=True):
        yield dict(enumerate(one)), dict(enumerate(other))


def share_of_alarms(pairs):
    return np.mean([category_shift(*pair).alarm for pair in pairs])


@pytest.mark.parametrize(
    ("k", "n_reference", "n_current"),
    [
        (100, 30, 30),
        (100, 100, 100),
        (100, 1_000, 100),
        (100, 10_000, 1_000),
        (16, 1_000, 1_000),
    ],
)
def test_up_to_1_percent_of_checks_ring_on_days_without_a_change(
    k, n_reference, n_current
):
    pairs = days(n_reference, n_current, 800, zipf(k), seed=2)
    assert 0.001 < share_of_alarms(pairs) < 0.016


@pytest.mark.parametrize(
    ("k", "n_reference", "n_current", "low", "high"),
    [(100, 100, 100, 0, 0.002), (1_000, 10_000, 100, 0.2, 0.32)],
)
def test_without_the_pool_chi_square_rings_never_or_on_every_fourth_day(
    k, n_reference, n_current, low, high
):
    plain, shipped = [], []
    for before, now in days(n_reference, n_current, 150, zipf(k)):
        table = np.array([list(before.values()), list(now.values())])
        table = table[:, table.any(axis=0)]
        test = stats.chi2_contingency(table, correction=False)
        plain.append(test.pvalue <= 0.01)
        shipped.append(category_shift(before, now).alarm)
    assert low <= np.mean(plain) <= high
    assert np.mean(shipped) < 0.025


def test_a_hundred_even_shares_of_a_hundred_rows_are_not_looked_at():
    pairs = list(days(1_000, 100, 50, np.full(100, 0.01)))
    assert share_of_alarms(pairs) == 0
    assert {category_shift(*pair).df for pair in pairs} == {0}


def test_at_worst_a_sparse_pair_of_categories_rings_twice_as_often():
    # 2.11 rows of 1,000 expected in the rare one: 2.1 % instead of 1 %.
    before = {"common": 10_000_000 - 21_100, "rare": 21_100}
    rings = [
        k
        for k in range(40)
        if category_shift(before, {"common": 1_000 - k, "rare": k}).alarm
    ]
    rate = stats.binom.pmf(rings, 1_000, 0.00211).sum()
    assert rate == pytest.approx(0.021, abs=5e-4)


@pytest.mark.parametrize(
    ("n", "new", "moved", "gone"),
    [
        (100, 0.056, 0.14, 1),
        (1_000, 0.0045, 0.039, 19),
        (10_000, 0.00043, 0.014, 99),
    ],
)
def test_changes_of_this_size_are_seen_4_days_in_5(n, new, moved, gone):
    # The reference has ten times the rows, spread over 100 categories.
    fresh = HUNDRED * (1 - new)
    fresh[-1] = new
    shifted = HUNDRED.copy()
    shifted[[0, 4]] += (-moved, moved)
    for now in (fresh, shifted):
        share = share_of_alarms(days(10 * n, n, 150, HUNDRED, now))
        assert share == pytest.approx(0.80, abs=0.08)
    less = HUNDRED.copy()
    less[gone] = 0  # a share of 9.6 %, 1.0 % and .2 %
    share = share_of_alarms(days(10 * n, n, 150, HUNDRED, less / less.sum()))
    assert share > 0.77


def test_two_hundred_one_off_codes_are_seen_when_they_hold_7_in_1000():
    usual = np.append(zipf(100), np.zeros(200))
    littered = 0.993 * usual + 0.007 * np.append(np.zeros(100), [0.005] * 200)
    share = share_of_alarms(days(10_000, 1_000, 150, usual, littered))
    assert share == pytest.approx(0.80, abs=0.1)


@pytest.mark.parametrize(
    ("n_reference", "share_of_days"), [(1_000, 0.043), (10_000, 0.017)]
)
def test_one_reference_in_twenty_rings_this_often_on_the_same_days(
    n_reference, share_of_days
):
    # Draw 100 references and keep the fifth farthest from the truth.
    rng = np.random.default_rng(3)
    drawn = rng.multinomial(n_reference, zipf(16), 100)
    off = (drawn / n_reference - zipf(16)) ** 2 / zipf(16)
    unlucky = drawn[np.argsort(off.sum(axis=1))[-5]]
    base = dict(enumerate(unlucky.tolist()))
    today = rng.multinomial(1_000, zipf(16), 1_000).tolist()
    share = share_of_alarms((base, dict(enumerate(day))) for day in today)
    assert share == pytest.approx(share_of_days, rel=0.3)


def test_thirty_daily_looks_ring_once_or_more_in_one_month_of_four():
    rng = np.random.default_rng(6)
    months = []
    for rows in rng.multinomial(10_000, zipf(16), 60).tolist():
        month = rng.multinomial(1_000, zipf(16), 30).tolist()
        base = dict(enumerate(rows))
        pairs = [(base, dict(enumerate(day))) for day in month]
        months.append(any(category_shift(*pair).alarm for pair in pairs))
    assert np.mean(months) == pytest.approx(0.25, abs=0.12)


def test_rows_that_come_in_tens_break_the_promise():
    # Each order brings ten rows of one category: 100 orders, 1,000 rows.
    pairs = []
    for before, now in days(1_000, 100, 100, zipf(16)):
        tens = [{k: 10 * n for k, n in side.items()} for side in (before, now)]
        pairs.append(tens)
    assert share_of_alarms(pairs) > 0.9


# The blind spot


def test_blind_spot_two_codes_change_places_and_the_counts_stay():
    # Upstream sorts its code list anew: "AA" now means what "UA" meant.
    before = ["AA"] * 500 + ["UA"] * 500 + ["DL"] * 300
    meant = ["UA"] * 500 + ["AA"] * 500 + ["DL"] * 300
    wrong = [was != now for was, now in zip(before, meant, strict=True)]
    assert np.mean(wrong) > 0.75
    result = category_shift(count_categories(before), count_categories(meant))
    assert (result.statistic, result.new, result.alarm) == (0, (), False)
