"""What slice_report promises, how far it holds, and what it cannot see."""

import math
from collections import Counter
from datetime import UTC, date, datetime

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from snippets.readiness.slices import slice_report

NAN, INF = math.nan, math.inf


def report(value, column, **options):
    """One column, judged against 0 whatever its size, row by row."""
    options = {"cluster": None, "against": 0.0, "min_n": 2, **options}
    return slice_report(value, {"a": column}, **options)


def verdicts(found):
    return {tuple(s.where.values()): s.verdict for s in found}


# Identity


def test_rows_that_bring_just_the_floor_are_off_nowhere():
    found = report([0.7] * 800, ["x", "y"] * 400, against=0.7, min_n=300)
    assert verdicts(found) == {("x",): "unclear", ("y",): "unclear"}
    assert [s.gap for s in found] == [0, 0]
    assert [s.p_value for s in found] == [1, 1]


# Worked by hand


def test_three_equal_days_worked_by_hand():
    # Monday brings 1 and 3, Tuesday 0 and 2, Wednesday 2 and 4: mean 2.
    # Without Monday it is 2, without Tuesday 2.5, without Wednesday 1.5:
    # moves 0, .5 and -.5, and 2/3 x .5 = .3333, its root .57735. Six such
    # rows, each on its own: 10/6 / 6 = .2778, which is less.
    # t with 2 degrees of freedom is 4.302653: half the interval is 2.48414
    days = ["mon", "mon", "tue", "tue", "wed", "wed"]
    (s,) = report([1, 3, 0, 2, 2, 4], ["x"] * 6, cluster=days, against=0.5)
    assert (s.value, s.gap, s.n, s.n_clusters) == (2, 1.5, 6, 3)
    assert s.high - s.gap == pytest.approx(2.48414, abs=1e-5)
    assert s.gap - s.low == pytest.approx(2.48414, abs=1e-5)
    assert s.verdict == "unclear"


def test_three_unequal_days_worked_by_hand():
    # One day brings 2 four times, one 5, one -1: mean 2. The moves are 0,
    # -.6 and .6: 2/3 x .72 = .48. Six such rows, each on its own: 18/6 / 6 =
    # .5, which is more, and halfway is .49, its root .7.
    # Days of 4, 1 and 1 rows say as much as 36 / (16 + 1 + 1) = 2 equal ones:
    # t with 1 degree of freedom is 12.7062, half the interval 8.89434
    days = ["mon"] * 4 + ["tue", "wed"]
    (s,) = report([2, 2, 2, 2, 5, -1], ["x"] * 6, cluster=days)
    assert (s.gap, s.n_clusters) == (2, 3)
    assert s.high - s.gap == pytest.approx(8.89434, abs=1e-4)


def test_a_slice_with_no_failure_by_chance_keeps_an_interval():
    # x is right 100 times of 100, y 80 times of 100. Rows like all of them
    # spread by .9 x .1 = .09, so the mean of 100 by .0009; x shows 0, and
    # half of it is .00045, its root .0212132. y is settled at once, so x
    # stands alone: t with 99 degrees of freedom at .025 is 1.984217
    right = [1] * 100 + [1] * 80 + [0] * 20
    found = report(right, ["x"] * 100 + ["y"] * 100, against=0.97)
    y, x = found
    assert (y.verdict, x.verdict) == ("worse", "unclear")
    assert x.gap == pytest.approx(0.03)
    assert x.high - x.gap == pytest.approx(0.0212132 * 1.984217, abs=1e-6)


def test_four_p_values_are_adjusted_by_hand():
    # Holm: the smallest times 4, the next times 3, and so on, and no result
    # falls below the one before it.
    rng = np.random.default_rng(5)
    shift = np.repeat([0.5, -0.4, 0.2, 0.1], 100)
    found = report(rng.normal(shift), np.repeat(list("abcd"), 100))
    by_p = sorted(found, key=lambda s: s.p_value)
    times = [(4 - i) * s.p_value for i, s in enumerate(by_p)]
    stairs = [min(max(times[: i + 1]), 1) for i in range(4)]
    assert [s.p_adjusted for s in by_p] == pytest.approx(stairs)
    assert Counter(s.verdict for s in found)["unclear"] not in (0, 4)


# Agreement with others


@pytest.mark.parametrize("alpha", [0.5, 0.05, 1e-6])
def test_one_slice_of_independent_rows_has_scipys_t_interval(alpha):
    y = np.random.default_rng(1).gamma(2, size=400)
    (s,) = report(y, np.zeros(400), alpha=alpha)
    theirs = stats.ttest_1samp(y, 0).confidence_interval(1 - alpha)
    assert (s.low, s.high) == pytest.approx(tuple(theirs))
    assert s.p_value == stats.ttest_1samp(y, 0).pvalue


def test_equal_days_give_the_t_interval_of_the_day_means():
    rng = np.random.default_rng(1)
    y = rng.normal(size=(9, 30)) + rng.normal(size=(9, 1))
    day = np.repeat(np.arange(9), 30)
    (s,) = report(y.ravel(), np.zeros(270), cluster=day)
    theirs = stats.ttest_1samp(y.mean(axis=1), 0)
    assert (s.low, s.high) == pytest.approx(
        tuple(theirs.confidence_interval())
    )
    assert s.p_value == pytest.approx(theirs.pvalue)


def test_unequal_days_agree_with_scipys_bootstrap_of_days():
    rng = np.random.default_rng(2)
    sizes = rng.integers(5, 60, size=80)
    day = np.repeat(np.arange(80), sizes)
    y = rng.normal(size=80)[day] + rng.normal(size=len(day))
    (s,) = report(y, np.zeros(len(day)), cluster=day)
    df = sizes.sum() ** 2 / (sizes**2).sum() - 1
    error = (s.high - s.gap) / stats.t.isf(0.025, df)

    def mean(sums, sizes, axis):
        return sums.sum(axis=axis) / sizes.sum(axis=axis)

    theirs = stats.bootstrap(
        (np.bincount(day, y), sizes),
        mean,
        paired=True,
        vectorized=True,
        n_resamples=4_000,
        method="percentile",
        random_state=3,
    )
    assert error == pytest.approx(theirs.standard_error, rel=0.05)


def test_against_the_rest_it_is_welchs_test():
    rng = np.random.default_rng(3)
    a, b = rng.normal(0, 2, 4_000), rng.normal(0.1, 1, 6_000)
    y, column = np.concatenate([a, b]), np.repeat(["a", "b"], [4_000, 6_000])
    found = report(y, column, against="rest", alpha=0.05)
    one, other = (s for s in found)
    assert one.gap == pytest.approx(a.mean() - b.mean())
    assert (one.gap, one.low) == pytest.approx((-other.gap, -other.high))
    theirs = stats.ttest_ind(a, b, equal_var=False)
    assert one.p_value == pytest.approx(theirs.pvalue, rel=0.02)


# Properties

cells = st.tuples(
    st.integers(-3, 3),
    st.sampled_from([*"abc", None]),
    st.sampled_from("wxyz"),
)
rows_of = st.lists(cells, min_size=1, max_size=60)
held = st.sampled_from([0.0, 0.5, "rest"])


@given(rows_of, held, st.integers(2, 6))
@settings(max_examples=50)
def test_every_row_is_in_one_slice_of_each_column(rows, against, min_n):
    y, a, b = zip(*rows, strict=True)
    columns = {"a": a, "b": b}
    options = {"cluster": None, "against": against, "min_n": min_n}
    found = slice_report(y, columns, cross=True, **options)
    for names in (["a"], ["b"], ["a", "b"]):
        own = [s for s in found if list(s.where) == names]
        counted = {tuple(s.where.values()): s.n for s in own}
        assert counted == Counter(
            zip(*(columns[n] for n in names), strict=True)
        )
    for s in found:
        if s.n < min_n:
            assert s.verdict == "too small"
        if s.verdict == "too small":
            assert (
                s.gap is s.low is s.high is s.p_value is s.p_adjusted is None
            )
        else:
            assert s.low <= s.gap <= s.high
            assert 0 <= s.p_value <= s.p_adjusted <= 1
            beside = (s.high < 0, s.low > 0)
            assert beside == (s.verdict == "worse", s.verdict == "better")


@given(rows_of, held, st.randoms(use_true_random=False))
@settings(max_examples=50)
def test_neither_order_nor_names_matter(rows, against, random):
    y, a, day = zip(*rows, strict=True)
    z, b, night = zip(*random.sample(rows, len(rows)), strict=True)
    one = report(y, a, cluster=day, against=against)
    two = report(
        z,
        [v and "slice " + v for v in b],
        cluster=[ord(n) for n in night],
        against=against,
    )
    names = {
        ("slice " + k if k else k): v for (k,), v in verdicts(one).items()
    }
    assert names == {k: v for (k,), v in verdicts(two).items()}
    assert [s.n for s in one if s.gap is not None] == [
        s.n for s in two if s.gap is not None
    ] or against == "rest"


@given(rows_of)
@settings(max_examples=50)
def test_another_unit_and_another_floor_change_no_verdict(rows):
    y, a, day = (np.array(x) for x in zip(*rows, strict=True))
    points = report(y, a, cluster=day, against=0.5)
    cents = report(100 * y + 7, a, cluster=day, against=57)
    assert verdicts(points) == verdicts(cents)


def test_the_worst_slice_comes_first_and_the_small_ones_last():
    y = [0] * 5 + [1] * 400 + [-1] * 400 + [2] * 400 + [9] * 20
    column = np.repeat(list("sabcl"), [5, 400, 400, 400, 20])
    found = report(y, column, min_n=300)
    assert [s.where["a"] for s in found] == ["b", "a", "c", "l", "s"]
    assert [s.verdict for s in found[3:]] == ["too small"] * 2


# Hard inputs

SAME = [1.0] * 40
HARD = {
    # value, column, options, verdict of each slice
    "constant above the floor": (SAME, ["x"] * 40, {}, {"x": "better"}),
    "constant at the floor": ([0] * 40, ["x"] * 40, {}, {"x": "unclear"}),
    "rounding is no gap": (
        [0.1 + 0.2] * 40,
        ["x"] * 40,
        {"against": 0.3},
        {"x": "unclear"},
    ),
    "decisions as booleans": (
        [True] * 40 + [False] * 40,
        [True] * 40 + [False] * 40,
        {"against": 0.5},
        {True: "better", False: "worse"},
    ),
    "one row": ([1], ["x"], {}, {"x": "too small"}),
    "one slice has no rest": (
        SAME,
        ["x"] * 40,
        {"against": "rest"},
        {"x": "too small"},
    ),
    "one day": (SAME, ["x"] * 40, {"cluster": [1] * 40}, {"x": "too small"}),
    "one day outweighs": (
        SAME,
        ["x"] * 40,
        {"cluster": [1] * 38 + [2, 3]},
        {"x": "too small"},
    ),
    "no label in one slice": (
        [1, 2, 3, NAN, None, NAN],
        list("xxxyyy"),
        {},
        {"x": "unclear", "y": "too small"},
    ),
    "only missing names": ([1, 2] * 20, [None] * 40, {}, {None: "better"}),
    "text with a break and a tag": (
        [-1, -2] * 20,
        ["a\n<b>"] * 40,
        {},
        {"a\n<b>": "worse"},
    ),
    "a text called nan": ([-1, -2] * 20, ["nan"] * 40, {}, {"nan": "worse"}),
    "infinity is a name": ([1, 2] * 20, [INF] * 40, {}, {INF: "better"}),
    "large but finite": ([1e100, -1e100], ["x"] * 2, {}, {"x": "unclear"}),
    "tiny": ([1e-300] * 40, ["x"] * 40, {}, {"x": "unclear"}),
    "as strict as it gets": (
        [1, 2] * 20,
        ["x"] * 40,
        {"alpha": 1e-12},
        {"x": "better"},
    ),
}


@pytest.mark.parametrize(
    ("value", "column", "options", "expected"), HARD.values(), ids=HARD
)
def test_hard_inputs(value, column, options, expected):
    found = report(value, column, **options)
    assert {s.where["a"]: s.verdict for s in found} == expected
    for s in found:
        if s.gap is not None:
            assert all(map(math.isfinite, (s.value, s.gap, s.low, s.high)))


def test_rows_without_a_value_are_counted_by_slice_and_nowhere_else():
    y = [1, NAN, 3, None, None, 5]
    found = report(y, ["x", "x", "x", "y", "y", None])
    kept = {s.where["a"]: (s.n, s.missing, s.value) for s in found}
    assert kept == {"x": (2, 1, 2), "y": (0, 2, None), None: (1, 0, 5)}


def test_rows_without_a_name_are_a_slice_of_their_own():
    column = ["x"] * 50 + [None] * 50
    bad = [1, 0.9] * 25 + [-1, -0.9] * 25
    assert verdicts(report(bad, column)) == {
        ("x",): "better",
        (None,): "worse",
    }
    crossed = slice_report(
        bad,
        {"a": column, "b": [NAN] * 100},
        cluster=None,
        against=0.0,
        cross=True,
        min_n=2,
    )
    assert crossed[0].where == {"a": None}
    assert {"a": None, "b": None} in [s.where for s in crossed]
    assert {"b": None} in [s.where for s in crossed]


DAY = np.array(["2013-05-01", "2013-05-02", "NaT"], "M8[D]")
COLUMNS = [
    (("AA", "UA", None), ("AA", "UA", None)),
    (["AA", "UA", NAN], ("AA", "UA", None)),
    (np.array(["AA", "UA", None]), ("AA", "UA", None)),
    (pd.Series(["AA", "UA", None], index=[7, 7, 1]), ("AA", "UA", None)),
    (pd.Series(["AA", "UA", None], dtype="string"), ("AA", "UA", None)),
    (pd.Categorical(["AA", "UA", None]), ("AA", "UA", None)),
    (np.ma.array([1, 2, 3], mask=[0, 0, 1]), (1, 2, None)),
    (pd.Series([1, 2, None], dtype="Int64"), (1, 2, None)),
    ([1.5, 2, NAN], (1.5, 2.0, None)),
    ([True, False, None], (True, False, None)),
    (DAY, (DAY[0], DAY[1], None)),
    (
        [date(2013, 5, 1), date(2013, 5, 2), pd.NaT],
        (date(2013, 5, 1), date(2013, 5, 2), None),
    ),
]


@pytest.mark.parametrize(("column", "names"), COLUMNS, ids=str)
def test_other_containers_give_the_answer_of_the_list(column, names):
    found = report(pd.Series([1.0, 2.0, 3.0], index=[3, 2, 1]), column)
    assert {s.where["a"]: s.value for s in found} == dict(
        zip(names, (1, 2, 3), strict=True)
    )


def test_values_and_clusters_of_any_kind_say_the_same():
    column, day = list("xxxxyyyy"), [1, 2, 3, 3, 1, 2, 2, 4]
    y = [1, 0, 1, None, 0, 1, 1, 1]
    expected = report(y, column, cluster=day)
    for same in (
        np.array([1, 0, 1, NAN, 0, 1, 1, 1], np.float32),
        pd.Series(y, dtype="Int64"),
        np.ma.array([1, 0, 1, 5, 0, 1, 1, 1], mask=[0, 0, 0, 1, 0, 0, 0, 0]),
    ):
        dates = pd.Series(np.array(day, "M8[D]"))
        assert report(same, column, cluster=dates) == expected
        assert report(same, column, cluster=dates.dt.date) == expected


# Errors

GOOD = {"value": [1, 2], "slices": {"a": ["x", "y"]}}
NAIVE = datetime(2026, 11, 21)


@pytest.mark.parametrize(
    ("given_", "error", "message"),
    [
        (
            {"value": [], "slices": {"a": []}},
            ValueError,
            "value .* got 0 rows",
        ),
        ({"value": [None, NAN]}, ValueError, "value must be known .* 2 rows"),
        ({"value": [1, INF]}, ValueError, "value .* ±1e100, got inf"),
        ({"value": [1, -1e101]}, ValueError, "value must be within"),
        ({"value": ["1", "2"]}, TypeError, "value must hold numbers"),
        ({"value": [1j, 2]}, TypeError, "value must hold numbers"),
        ({"value": [NAIVE] * 2}, TypeError, "value must hold numbers"),
        ({"value": [[1, 2]]}, ValueError, "value must be one column"),
        ({"slices": {}}, ValueError, "slices must have 1 column .* got 0"),
        (
            {"slices": [["x", "y"]]},
            TypeError,
            "slices must be a mapping, got .*list",
        ),
        (
            {"slices": {"a": ["x"]}},
            ValueError,
            r"slices\['a'\] .* 2 rows, got",
        ),
        ({"slices": {"a": [["x", "y"]]}}, ValueError, r"got \(1, 2\)"),
        ({"slices": {"a": "xy"}}, ValueError, r"slices\['a'\] .* got \(\)"),
        ({"slices": {"a": [1, "1"]}}, TypeError, r"slices\['a'\] .* one type"),
        (
            {"slices": {"a": [NAIVE, NAIVE.replace(tzinfo=UTC)]}},
            TypeError,
            r"slices\['a'\] must hold one type",
        ),
        ({"cluster": [1]}, ValueError, "cluster must be one column of 2 rows"),
        ({"cluster": [1, None]}, ValueError, "cluster must not be missing"),
        ({"cluster": ["1", NAN]}, ValueError, "cluster must not be missing"),
        ({"cluster": [1, "1"]}, TypeError, "cluster must hold one type"),
        ({"against": "best"}, ValueError, "against .* rest, got 'best'"),
        ({"against": NAN}, ValueError, "against .* got nan"),
        ({"against": None}, ValueError, "against .* got None"),
        ({"min_n": 1}, ValueError, "min_n must be .* got 1"),
        ({"min_n": 2.5}, ValueError, "min_n must be .* got 2.5"),
        ({"alpha": 0}, ValueError, "alpha must be .* got 0"),
        ({"alpha": 1}, ValueError, "alpha must be .* got 1"),
        ({"alpha": NAN}, ValueError, "alpha must be .* got nan"),
    ],
)
def test_what_it_refuses_it_refuses_by_name(given_, error, message):
    options = {**GOOD, "cluster": None, "against": 0.0, "min_n": 2, **given_}
    with pytest.raises(error, match=message):
        slice_report(**options)


anything = st.one_of(
    st.floats(),
    st.none(),
    st.booleans(),
    st.integers(-9, 9),
    st.datetimes(),
    st.datetimes(timezones=st.just(UTC)),
    st.sampled_from([1j, b"1", "1", pd.NA, pd.NaT, np.datetime64(9, "Y")]),
    st.text(max_size=3),
)
column_of = st.one_of(
    st.lists(st.floats(0, 1), min_size=4, max_size=4),
    st.lists(st.sampled_from("ab"), min_size=4, max_size=4),
    st.lists(anything, min_size=4, max_size=4),
    st.lists(anything, min_size=4, max_size=4).map(pd.Series),
    st.lists(anything, max_size=5).map(tuple),
    st.lists(st.lists(st.floats(), min_size=2, max_size=2), max_size=4),
    anything,
)


@given(
    column_of,
    column_of,
    st.none() | column_of,
    st.just("rest") | anything,
    st.integers(1, 4) | anything,
    st.floats(0, 1) | anything,
)
@settings(max_examples=150)
def test_any_input_gives_finite_numbers_or_an_error_by_name(
    value, column, cluster, against, min_n, alpha
):
    names = ("value", "slices", "cluster", "against", "min_n", "alpha")
    try:
        found = slice_report(
            value,
            {"a": column, "b": column},
            cluster=cluster,
            against=against,
            cross=True,
            min_n=min_n,
            alpha=alpha,
        )
    except (TypeError, ValueError) as error:
        if not str(error).startswith(names):
            raise
    else:
        assert sum(s.n + s.missing for s in found) == 3 * len(value)
        for s in found:
            numbers = s.gap, s.low, s.high, s.p_value, s.p_adjusted
            assert (s.verdict == "too small") == (None in numbers)
            assert all(x is None or math.isfinite(x) for x in numbers)


# How far the promise holds: 32 slices, of which none is off, or one

SLICES, DAYS = 32, 120


def drawn(n, reports, seed=1, *, late=0.25, lost=0.0, uneven=0.0, days=DAYS):
    """Rows that cost 1 in a fifth of cases, and then bring 4 at that rate.

    At a rate of .25 they bring nothing, on average. A twentieth of the
    spread lies between days, and half of a day's luck all slices share.
    `uneven` days differ in size, as `lognormal(0, uneven)` does.
    """
    rng = np.random.default_rng(seed)
    grid = np.linspace(1e-5, 1 - 1e-5, 2_001)
    law = stats.beta.ppf(grid, 19 * late, 19 * (1 - late))
    for _ in range(reports):
        share = rng.lognormal(0, uneven, size=days)
        sizes = rng.poisson(n * share / share.sum(), size=(SLICES, days))
        luck = rng.normal(size=(SLICES, days)) + rng.normal(size=days)
        rate = np.interp(stats.norm.cdf(luck / math.sqrt(2)), grid, law)
        rate[0] *= 1 - lost / 0.2
        cell = np.repeat(np.arange(SLICES * days), sizes.ravel())
        acted = rng.random(len(cell)) < 0.2
        hit = acted & (rng.random(len(cell)) < rate.ravel()[cell])
        yield 4.0 * hit - acted, cell // days, cell % days


def named(reports, **options):
    """Share of reports that name a slice, and that call slice 0 worse."""
    found = []
    for y, column, day in reports:
        asked = {"cluster": day, "against": 0.0, "min_n": 100, **options}
        by_name = verdicts(slice_report(y, {"s": column}, **asked))
        said = set(by_name.values()) & {"worse", "better"}
        found.append((bool(said), by_name[0,] == "worse"))
    return np.mean(found, axis=0)


@pytest.mark.parametrize(("n", "share"), [(300, 0.035), (1_000, 0.045)])
def test_with_nothing_off_about_one_report_in_twenty_names_a_slice(n, share):
    any_slice, _ = named(drawn(n, 200))
    assert any_slice == pytest.approx(share, abs=0.025)


def test_against_the_rest_it_is_one_report_in_twenty_too():
    any_slice, _ = named(drawn(300, 200, seed=2), against="rest")
    assert any_slice == pytest.approx(0.04, abs=0.025)


def test_judged_one_by_one_three_reports_in_four_name_a_slice():
    found = [
        any(s.p_value <= 0.05 for s in report(y, column, cluster=day))
        for y, column, day in drawn(300, 100)
    ]
    assert np.mean(found) == pytest.approx(0.77, abs=0.1)


def test_by_row_half_of_all_reports_name_a_slice():
    """Some 80 rows of a slice in a day, which share their luck."""
    rows = list(drawn(1_000, 80, days=12))
    by_row, _ = named(rows, cluster=None)
    by_day, _ = named(rows)
    assert by_row == pytest.approx(0.5, abs=0.12)
    assert by_day < 0.1


@pytest.mark.parametrize("days", [7, 28])
def test_days_of_unequal_size_do_not_break_the_promise(days):
    any_slice, _ = named(drawn(300, 150, uneven=1.0, days=days))
    assert any_slice < 0.06


def test_few_failures_break_a_plain_t_test_and_not_this_one():
    # 300 rows a slice, 15 failures expected: by chance 6, and a plain t
    # takes the small spread for certainty.
    rng = np.random.default_rng(4)
    right = rng.random((400, SLICES, 300)) > 0.05
    plain = stats.ttest_1samp(right, 0.95, axis=2).pvalue.min(axis=1)
    assert np.mean(plain * SLICES <= 0.05) == pytest.approx(0.2, abs=0.05)
    column = np.repeat(np.arange(SLICES), 300)
    rows = [(y.ravel(), column, None) for y in right]
    any_slice, _ = named(rows, against=0.95)
    assert any_slice == pytest.approx(0.065, abs=0.03)


@pytest.mark.parametrize(
    ("n", "lost", "share"),
    [
        (300, 0.1, 0.2),
        (1_000, 0.05, 0.13),
        (1_000, 0.1, 0.88),
        (3_000, 0.05, 0.6),
    ],
)
def test_what_n_rows_of_a_slice_can_see(n, lost, share):
    _, seen = named(drawn(n, 60 if n > 1_000 else 150, seed=6, lost=lost))
    assert seen == pytest.approx(share, abs=0.13)


def test_intervals_hold_one_by_one_and_not_all_at_once():
    """All 32 slices lose .2: each is settled, the last ones at 5 % alone."""
    rng = np.random.default_rng(7)
    column = np.repeat(np.arange(SLICES), 400)
    each, together = [], []
    for _ in range(100):
        y = rng.normal(-0.2, 0.8, size=len(column))
        found = [s.low <= -0.2 <= s.high for s in report(y, column)]
        each.append(np.mean(found))
        together.append(all(found))
    assert np.mean(each) > 0.96
    assert np.mean(together) == pytest.approx(0.5, abs=0.15)


# What it cannot see


def test_a_total_falls_while_no_slice_does():
    """Easy rows are right in 96 of 100 cases, hard ones in 70: as before."""
    easy, hard = [1] * 96 + [0] * 4, [1] * 70 + [0] * 30
    before = easy * 8 + hard * 2
    now = easy * 2 + hard * 8
    assert np.mean(before) - np.mean(now) > 0.15
    column = ["easy"] * 200 + ["hard"] * 800
    (last,) = (s for s in report(now, column, against=0.7) if s.gap == 0)
    assert last.where == {"a": "hard"}
    assert last.verdict == "unclear"
    assert verdicts(report(now, column, against=0.7))["easy",] == "better"


def test_blind_spot_a_group_without_a_column_hides_in_every_slice():
    """Images of one scanner are all wrong; the scanner was not recorded."""
    row = np.arange(8_000)
    scanner = row % 20 == 0
    right = np.where(scanner, 0, row % 50 != 1)
    ward, sex = row // 20 % 4, row // 80 % 2
    found = slice_report(
        right,
        {"ward": ward, "sex": sex},
        cluster=None,
        against=0.9,
        cross=True,
    )
    assert {s.verdict for s in found} == {"better"}
    told = report(right, scanner, against=0.9, min_n=300)
    assert verdicts(told) == {(True,): "worse", (False,): "better"}
    assert told[0].value == 0
