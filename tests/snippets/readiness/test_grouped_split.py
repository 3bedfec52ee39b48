"""What the folds promise, what a score from them is worth, and the limits."""

import re
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import rankdata
from sklearn.dummy import DummyClassifier
from sklearn.model_selection import (
    GroupKFold,
    TimeSeriesSplit,
    cross_val_score,
)

from snippets.flights.loader import load
from snippets.flights.slide import slide_split
from snippets.flights.split import neighbours
from snippets.readiness.grouped_split import (
    Fold,
    Overlap,
    forward_folds,
    group_folds,
    overlap,
)

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
NOON = datetime(2013, 6, 3, 12, tzinfo=UTC)
NAIVE = datetime(2013, 6, 3, 12)
NEW_YORK = ZoneInfo("America/New_York")
NAN = float("nan")

labels = st.lists(st.integers(0, 8), min_size=2, max_size=60)
moments = st.lists(st.integers(0, 60), min_size=2, max_size=60)


def rows_of(folds):
    return [(fold.train.tolist(), fold.test.tolist()) for fold in folds]


def hours(numbers):
    return np.datetime64("2013-06-03T00") + np.array(numbers, dtype=int)


# Identity


def test_a_group_for_each_row_and_a_fold_for_each_group_leaves_one_out():
    folds = group_folds(["c", "a", "b"], 3)
    assert rows_of(folds) == [([0, 2], [1]), ([0, 1], [2]), ([1, 2], [0])]


def test_the_same_rows_on_both_sides_overlap_entirely():
    assert overlap([1, 1, 2], [0, 1, 2], [0, 1, 2]) == Overlap(2, 3, 1.0)


# Worked by hand


def test_five_weeks_in_two_folds_worked_by_hand():
    # 6 | -, 6 | 5, 6 | 5 + 4, 6 + 3 | 9, then a tie: 9 + 2 | 9
    weeks = np.repeat([1, 2, 3, 4, 5], [6, 5, 4, 3, 2])
    one, other = group_folds(weeks, 2)
    assert set(weeks[one.test]) == {1, 4, 5}
    assert set(weeks[other.test]) == {2, 3}
    assert (len(one.test), len(other.test)) == (11, 9)


def test_seven_days_and_a_gap_worked_by_hand():
    # Blocks of 7 // 3 = 2 days: 0 to 2 are never tested, then 3 4 and 5 6.
    # A gap of one day takes day 2 and day 4 out of training.
    days = np.datetime64("2013-01-01") + np.arange(7)
    folds = forward_folds(days, 2, DAY)
    assert rows_of(folds) == [([0, 1], [3, 4]), ([0, 1, 2, 3], [5, 6])]


def test_a_third_of_the_rows_has_no_mate():
    found = overlap(["ann", "ann", "bob", "bob", "cy"], [0, 2], [1, 3, 4])
    assert found == Overlap(n_groups=2, n_rows=2, share=2 / 3)


# Agreement with scikit-learn


@given(labels, st.integers(2, 6))
def test_folds_hold_as_many_rows_as_scikit_learns(groups, n_folds):
    if len(set(groups)) < n_folds:
        with pytest.raises(ValueError, match="n_folds must be at most"):
            group_folds(groups, n_folds)
        return
    theirs = GroupKFold(n_folds).split(groups, groups=groups)
    sizes = [len(test) for _, test in theirs]
    assert [len(test) for _, test in group_folds(groups, n_folds)] == sizes


@given(st.integers(4, 60), st.integers(2, 6), st.integers(0, 12))
def test_equal_steps_give_scikit_learns_folds_and_its_gap(n, n_folds, gap):
    # Their gap counts rows; with one row an hour it counts hours.
    splitter = TimeSeriesSplit(n_folds, gap=gap)
    try:
        theirs = [
            (a.tolist(), b.tolist()) for a, b in splitter.split(range(n))
        ]
    except ValueError:
        with pytest.raises(ValueError, match=r"n_folds must|gap and gro"):
            forward_folds(hours(range(n)), n_folds, gap * HOUR)
        return
    ours = rows_of(forward_folds(hours(range(n)), n_folds, gap * HOUR))
    assert ours == theirs


def test_scikit_learn_takes_the_folds_as_they_are():
    groups, late = [1, 1, 2, 2, 3, 3], [0, 1] * 3
    for folds in (
        group_folds(groups, 3),
        forward_folds(hours(range(6)), 2, HOUR),
    ):
        scores = cross_val_score(
            DummyClassifier(), np.zeros((6, 1)), late, cv=folds
        )
        assert len(scores) == len(folds)


@given(labels, st.data())
def test_the_overlap_is_that_of_sets(groups, data):
    some = st.lists(st.integers(0, len(groups) - 1), min_size=1)
    train, test = data.draw(some), data.draw(some)
    shared = {groups[i] for i in train} & {groups[i] for i in test}
    n_rows = sum(groups[i] in shared for i in test)
    assert overlap(groups, train, test) == Overlap(
        len(shared), n_rows, pytest.approx(n_rows / len(test))
    )


# Properties


@given(labels.filter(lambda g: len(set(g)) > 1), st.data())
def test_no_group_is_shared_and_each_row_is_tested_once(groups, data):
    n_folds = data.draw(st.integers(2, len(set(groups))))
    folds = group_folds(groups, n_folds)
    tested = sorted(row for fold in folds for row in fold.test)
    assert tested == list(range(len(groups)))
    for train, test in folds:
        assert sorted([*train, *test]) == list(range(len(groups)))
        assert overlap(groups, train, test) == Overlap(0, 0, 0.0)


@given(labels.filter(lambda g: len(set(g)) > 1), st.data())
def test_two_folds_differ_by_the_largest_group_at_most(groups, data):
    n_folds = data.draw(st.integers(2, len(set(groups))))
    sizes = [len(test) for _, test in group_folds(groups, n_folds)]
    assert max(sizes) - min(sizes) <= max(map(groups.count, groups))


@given(labels.filter(lambda g: len(set(g)) > 1), st.data())
def test_the_order_of_the_rows_moves_no_group(groups, data):
    mixed = data.draw(st.permutations(groups))
    one, other = (
        [{g[i] for i in test} for _, test in group_folds(g, 2)]
        for g in (groups, mixed)
    )
    assert one == other


@given(moments, st.integers(1, 5), st.integers(0, 20), st.booleans())
def test_forward_folds_train_on_what_came_before_the_gap(
    numbers, n_folds, gap, grouped
):
    groups = [n % 7 for n in range(len(numbers))] if grouped else None
    when = np.array(numbers)
    try:
        folds = forward_folds(
            hours(numbers), n_folds, gap * HOUR, groups=groups
        )
    except ValueError as error:
        refused = str(error)
    else:
        refused = None
    if refused is not None:
        assert re.match("n_folds|gap and groups|times must differ", refused)
        return
    assert len(folds) == n_folds
    last = -1
    for train, test in folds:
        assert when[train].max() < when[test].min() - gap
        assert last < when[test].min()  # one moment, one block
        last = when[test].max()
        if grouped:
            assert overlap(groups, train, test).n_groups == 0
    # Everything from the first block on is tested once.
    tested = sorted(row for fold in folds for row in fold.test)
    assert tested == np.flatnonzero(when >= when[folds[0].test].min()).tolist()


@given(st.lists(st.integers(0, 60), min_size=9, unique=True), st.data())
def test_rows_may_come_in_any_order(numbers, data):
    mixed = data.draw(st.permutations(numbers))
    folds = forward_folds(hours(sorted(numbers)), 3, HOUR)
    for fold, again in zip(
        folds, forward_folds(hours(mixed), 3, HOUR), strict=True
    ):
        for one, other in zip(fold, again, strict=True):
            assert {sorted(numbers)[i] for i in one} == {
                mixed[i] for i in other
            }
            assert other.tolist() == sorted(other)


# Hard inputs


def test_one_giant_group_makes_one_giant_fold():
    groups = ["unknown"] * 80 + [f"customer {i}" for i in range(20)]
    sizes = [len(test) for _, test in group_folds(groups, 5)]
    assert sizes == [80, 5, 5, 5, 5]


def test_a_crowded_moment_stays_in_one_block():
    # Blocks of 2: the last three rows share a time, so their block has all
    # of them, and the block before is the shorter one.
    folds = forward_folds(hours([0, 1, 2, 3, 4, 5, 5, 5]), 2)
    assert rows_of(folds) == [
        ([0, 1, 2, 3], [4]),
        ([0, 1, 2, 3, 4], [5, 6, 7]),
    ]


def test_late_outcomes_are_all_known_when_the_block_begins():
    # Flights land up to six hours after the prediction.
    known = hours(range(48)) + np.timedelta64(6, "h")
    for train, test in forward_folds(hours(range(48)), 4, 6 * HOUR):
        assert known[train].max() < hours(test).min()
    # Without the gap the model learns from outcomes nobody had.
    train, test = forward_folds(hours(range(48)), 4)[0]
    assert np.sum(known[train] >= hours(test).min()) == 6


SAME = ["a", "a", "b", "b", "b", "c"]


@pytest.mark.parametrize(
    "groups",
    [
        tuple(SAME),
        np.array(SAME),
        np.array(SAME, dtype=object),
        np.ma.array(SAME, mask=False),
        pd.Series(SAME, index=[9, 8, 7, 7, 7, 7]),
        pd.Series(SAME, dtype="category"),
        pd.Series(SAME, dtype="string"),
        pd.Series([1, 1, 2, 2, 2, 3], dtype="Int64"),
        [1, 1, 2, 2, 2, 3],
        np.array([1, 1, 2, 2, 2, np.inf]),
        [True, 1, 2, 2.0, np.int8(2), 3],
        np.array([0, 0, 7, 7, 7, 14], "M8[D]"),
        [date(2013, 1, d) for d in (1, 1, 2, 2, 2, 3)],
        [("JFK", d) for d in (1, 1, 2, 2, 2, 3)],
        [b"1", b"1", b"2", b"2", b"2", b"3"],
    ],
    ids=lambda groups: type(groups).__name__,
)
def test_any_labels_give_the_folds_of_the_list(groups):
    assert rows_of(group_folds(groups, 3)) == rows_of(group_folds(SAME, 3))


@pytest.mark.parametrize(
    "times",
    [
        [NOON + h * HOUR for h in range(6)],
        tuple(NOON.astimezone(NEW_YORK) + h * HOUR for h in range(6)),
        np.datetime64("2013-06-03T12") + np.arange(6),
        pd.date_range(NOON, periods=6, freq="h"),
        pd.Series(pd.date_range(NAIVE, periods=6, freq="h"), index=[7] * 6),
        pd.Series(pd.date_range(NOON, periods=6, freq="h")).astype(object),
        list(np.datetime64("2013-06-03T12") + np.arange(6)),
        [
            *(np.datetime64("2013-06-03T12") + np.arange(3)),
            *(NOON + h * HOUR for h in (3, 4, 5)),
        ],
        np.ma.array(np.datetime64("2013-06-03T12") + np.arange(6)),
    ],
    ids=lambda times: type(times).__name__,
)
def test_other_containers_of_times_give_the_folds_of_the_list(times):
    folds = forward_folds(times, 2, HOUR)
    assert rows_of(folds) == [([0], [2, 3]), ([0, 1, 2], [4, 5])]


def test_the_first_and_the_last_moment_are_times():
    ends = np.array(["9999-12-31T23:59:59.999999", "0001-01-01"], "M8[us]")
    assert rows_of(forward_folds(ends, 1)) == [([1], [0])]


def test_a_night_on_which_the_clock_jumps_is_sorted_in_utc():
    # New York, 3 November 2013: 01:30 comes twice, an hour apart.
    first = datetime(2013, 11, 3, 1, 30, tzinfo=NEW_YORK)
    second = first.replace(fold=1)
    ((train, test),) = forward_folds([second, first], 1)
    assert (train.tolist(), test.tolist()) == ([1], [0])


# Errors


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (
            lambda: group_folds([1, 1, 2], 3),
            ValueError,
            "n_folds must be at most the number of groups, 2, got 3",
        ),
        (lambda: group_folds([], 2), ValueError, "of groups, 0, got 2"),
        (lambda: group_folds([1, 2], 1), ValueError, "n_folds .* 2 or more"),
        (lambda: group_folds([1, 2], 2.0), ValueError, "n_folds .* got 2.0"),
        (lambda: group_folds([1, 2], "2"), ValueError, "n_folds .* got '2'"),
        (
            lambda: group_folds([1, None], 2),
            ValueError,
            "groups must name a group for each row, row 1 has None",
        ),
        (lambda: group_folds([1, NAN], 2), ValueError, "groups .* row 1"),
        (
            lambda: group_folds(np.array([NAN, 1]), 2),
            ValueError,
            "groups .* row 0 has .*nan",
        ),
        (
            lambda: group_folds(np.array(["2013", "NaT"], "M8[D]"), 2),
            ValueError,
            "groups .* row 1 has .*NaT",
        ),
        (
            lambda: group_folds([("JFK", 1), ("JFK", None)], 2),
            ValueError,
            r"groups .* row 1 has \('JFK', None\)",
        ),
        (
            lambda: group_folds(np.ma.array([1, 2], mask=[0, 1]), 2),
            ValueError,
            "groups must not be masked",
        ),
        (
            lambda: group_folds(pd.Series(["a", None]), 2),
            ValueError,
            "groups .* row 1 has",
        ),
        (
            lambda: group_folds(pd.Series([1, None], dtype="Int64"), 2),
            ValueError,
            "groups .* row 1 has",
        ),
        (
            lambda: group_folds([1, "1"], 2),
            TypeError,
            "groups must be labels that sort: '<' not supported",
        ),
        (lambda: group_folds([[1], [2]], 2), TypeError, "groups .* that sort"),
        (lambda: group_folds(np.eye(2), 2), ValueError, r"groups .* \(2, 2\)"),
        (lambda: group_folds("ab", 2), ValueError, r"groups .* got \(\)"),
        (
            lambda: group_folds(np.ones(2) * 1j, 2),
            TypeError,
            "groups .* compl",
        ),
        (
            lambda: forward_folds(hours(range(3)), 3),
            ValueError,
            "n_folds must be below the number of rows, 3, got 3",
        ),
        (lambda: forward_folds([NOON], 0), ValueError, "n_folds .* got 0"),
        (
            lambda: forward_folds(hours([1, 2, 3, 3, 3, 3]), 3),
            ValueError,
            "times must differ more: block 1 is empty",
        ),
        (
            lambda: forward_folds(hours(range(6)), 2, 3 * HOUR),
            ValueError,
            "gap and groups must leave rows to train on, fold 1 has none",
        ),
        (
            lambda: forward_folds(hours(range(6)), 2, timedelta.max),
            ValueError,
            "gap and groups must leave rows",
        ),
        (
            lambda: forward_folds(hours(range(6)), 2, groups=[1] * 6),
            ValueError,
            "gap and groups must leave rows to train on, fold 1 has none",
        ),
        (
            lambda: forward_folds(hours(range(6)), 2, groups=[1] * 5),
            ValueError,
            "groups and times must be equally long, got 5 and 6",
        ),
        (
            lambda: forward_folds(hours(range(6)), 2, -HOUR),
            ValueError,
            "gap must be 0 or more, got -1 day",
        ),
        (
            lambda: forward_folds(hours(range(6)), 2, 3),
            TypeError,
            "gap must be a timedelta, got 3",
        ),
        (
            lambda: forward_folds([NOON, NAIVE, NOON], 1),
            ValueError,
            r"times\[1\] must have a time zone, got naive 2013-06-03",
        ),
        (
            lambda: forward_folds([NOON, pd.NaT, NOON], 1),
            ValueError,
            r"times\[1\] must be a time, got NaT",
        ),
        (
            lambda: forward_folds([NOON, None, NOON], 1),
            TypeError,
            r"times\[1\] must be a datetime, got None",
        ),
        (
            lambda: forward_folds(np.array(["2013", "NaT"], "M8[D]"), 1),
            ValueError,
            "times must be in years 1 to 9999, got NaT",
        ),
        (
            lambda: forward_folds(np.array([10**9, 0], "M8[Y]"), 1),
            ValueError,
            "times must be in years 1 to 9999, got 1000001970",
        ),
        (
            lambda: forward_folds([NOON, np.datetime64("10000")], 1),
            ValueError,
            r"times\[1\] must be in years 1 to 9999, got 10000",
        ),
        (lambda: forward_folds([1, 2, 3], 1), TypeError, r"times\[0\] .* 1"),
        (lambda: forward_folds(range(3), 1), TypeError, "times .* got int64"),
        (lambda: forward_folds(NOON, 1), ValueError, r"times .* got \(\)"),
        (lambda: overlap([1, 2], [], [0]), ValueError, "train .* 1 row or mo"),
        (lambda: overlap([1, 2], [0], [[1]]), ValueError, "test must be one"),
        (
            lambda: overlap([1, 2], [0], [[1], [1, 2]]),
            ValueError,
            "test must be one column",
        ),
        (
            lambda: overlap([1, 2], [0], [0, 1, 2]),
            ValueError,
            "test must hold rows 0 to 1, got 2",
        ),
        (lambda: overlap([1, 2], [-1], [1]), ValueError, "train .* got -1"),
        (
            lambda: overlap([1, 2], [True, False], [1]),
            TypeError,
            r"train must hold row numbers, got \[True, False\]",
        ),
        (lambda: overlap([1, 2], [0.0], [1]), TypeError, "train .* numbers"),
    ],
)
def test_what_is_refused_is_refused_by_name(call, error, message):
    with pytest.raises(error, match=message):
        call()


things = st.sampled_from(
    [
        *(0, 1, 2, 7, -1, 2.5, NAN, float("inf"), True, None, "a", "1", ""),
        *("<b>\n", b"1", 1j, 10**400, NOON, NAIVE, NOON.date(), pd.NaT, pd.NA),
        *(np.datetime64("2013-06-03"), np.datetime64("NaT"), HOUR, -HOUR),
        *((1, 2), (1, None), [1], {}, np.ones(2), np.float32(0.5)),
    ]
)
columns = st.one_of(
    things,
    st.lists(things, max_size=4),
    st.lists(things, max_size=4).map(lambda rows: pd.Series(rows, dtype="O")),
    st.lists(st.lists(things, max_size=2), max_size=3),
    st.lists(st.integers(-3, 9), max_size=4).map(np.array),
    st.lists(st.integers(0, 9), max_size=6).map(hours),
)


@settings(max_examples=200)
@given(columns, columns, columns, things)
def test_bad_input_gives_a_documented_result_or_an_error_by_name(
    column, train, test, thing
):
    calls = {
        "groups|n_folds": lambda: group_folds(column, 2),
        "n_folds": lambda: group_folds(SAME, thing),
        "times|n_folds|gap": lambda: forward_folds(column, 1),
        "gap": lambda: forward_folds(hours(range(6)), 2, thing),
        "groups": lambda: forward_folds(hours(range(4)), 1, groups=column),
        "train|test|groups": lambda: overlap(column, train, test),
        "train|test": lambda: overlap(SAME, train, test),
    }
    for name, call in calls.items():
        result, message = None, name
        try:
            result = call()
        except (TypeError, ValueError) as error:
            message = str(error)
        assert re.search(name, message), message
        if isinstance(result, Overlap):
            assert 0 <= result.share <= 1
        for fold in result if isinstance(result, tuple) else ():
            assert isinstance(fold, Fold)
            assert not set(fold.train) & set(fold.test)
            assert min(len(fold.train), len(fold.test)) > 0


# What a score is worth: 400 groups of 25 rows with an effect of their own


def draw(rng, groups, effect):
    """A column that works for every group, and an outcome."""
    x = rng.normal(size=len(groups))
    return x, rng.random(len(groups)) < sigmoid(x + effect[groups])


def sigmoid(score):
    return 1 / (1 + np.exp(1.7 - score))


def effects(groups, x, y, n):
    """The effect of each group as rows show it; 0 for a group unseen."""
    found = np.zeros(n)
    for _ in range(5):  # Newton's steps, towards 0 by a prior
        p = sigmoid(x + found[groups])
        slope = np.bincount(groups, y - p, n) - found
        found += slope / (np.bincount(groups, p * (1 - p), n) + 1)
    return found


def auc(y, score):
    ranks, n = rankdata(score), y.sum()
    return (ranks[y].sum() - n * (n + 1) / 2) / (n * (len(y) - n))


def promised_and_delivered(seed):
    """AUC of a random split, of a grouped one, and of production."""
    rng = np.random.default_rng(seed)
    groups, effect = np.repeat(np.arange(400), 25), rng.normal(size=800)
    x, y = draw(rng, groups, effect)
    chance = rng.permutation(len(y)) % 5
    at_random = [
        (np.flatnonzero(chance != k), np.flatnonzero(chance == k))
        for k in range(5)
    ]
    found = []
    for folds in at_random, group_folds(groups, 5):
        score = np.zeros(len(y))
        for train, test in folds:
            off = effects(groups[train], x[train], y[train], 800)
            score[test] = x[test] + off[groups[test]]
        found.append(auc(y, score))
    off = effects(groups, x, y, 800)
    for share in 0, 0.25, 0.5, 0.75, 1:  # of new rows, from known groups
        old = rng.random(20_000) < share
        later = rng.integers(0, 400, 20_000) + np.where(old, 0, 400)
        x_later, y_later = draw(rng, later, effect)
        found.append(auc(y_later, x_later + off[later]))
    return found


def test_production_lies_between_the_two_scores_by_its_share_of_known_groups():
    runs = [promised_and_delivered(seed) for seed in range(20)]
    at_random, grouped, *delivered = np.mean(runs, axis=0)
    assert at_random == pytest.approx(0.787, abs=0.001)
    assert grouped == pytest.approx(0.721, abs=0.001)
    assert delivered == pytest.approx(
        [0.719, 0.736, 0.755, 0.771, 0.788], abs=0.001
    )


# The case

FLIGHTS = load()
FLOWN = FLIGHTS.where(FLIGHTS.labelled)


def test_the_overlap_is_the_share_of_neighbours_of_chapter_2():
    trained, tested = slide_split(FLIGHTS.train)
    groups = np.concatenate(
        [
            f["time"].astype("M8[h]").astype(np.int64) * 3 + f["origin"]
            for f in (trained, tested)
        ]
    )
    rows = np.arange(len(groups))
    found = overlap(groups, rows[: len(trained)], rows[len(trained) :])
    assert found.share == neighbours(trained, tested)
    assert found.share == pytest.approx(0.93, abs=0.001)


def test_the_weeks_of_chapter_2_are_held_apart():
    weeks = FLIGHTS.train["week"]
    folds = group_folds(weeks, 5)
    theirs = GroupKFold(5).split(weeks, groups=weeks)
    assert [len(fold.test) for fold in folds] == [len(t) for _, t in theirs]
    assert all(overlap(weeks, *fold).share == 0 for fold in folds)


def fate():
    """Late or not, less what is usual for the month and the hour of day."""
    late = FLOWN.late.astype(float)
    usual = 100 * FLOWN["month"] + FLOWN["minute_of_day"] // 60
    usual = np.unique(usual, return_inverse=True)[1]
    return late - (np.bincount(usual, late) / np.bincount(usual))[usual]


def alike(groups):
    """Correlation of two flights of one group (intraclass)."""
    rest = fate()
    codes = np.unique(groups, return_inverse=True)[1]
    rows, total = np.bincount(codes), np.bincount(codes, rest)
    pairs = total @ total - rest @ rest
    return pairs / (rows @ rows - len(rest)) / np.mean(rest**2)


def alike_after(lag):
    """Correlation of two flights of one airport, and of two airports."""
    rest = fate()
    hour = FLOWN["time"].astype("M8[h]").astype(np.int64)
    hour, airport = hour - hour.min(), FLOWN["origin"]
    total, rows = np.zeros((2, 3, hour.max() + 1))
    np.add.at(total, (airport, hour), rest)
    np.add.at(rows, (airport, hour), 1)
    pairs, n = (
        np.einsum("ai,bi->ab", a[:, : a.shape[1] - lag], a[:, lag:])
        for a in (total, rows)
    )
    if lag == 0:  # a flight is no pair with itself
        pairs -= np.diag(np.bincount(airport, rest**2))
        n -= np.diag(np.bincount(airport))
    same, other = np.eye(3, dtype=bool), ~np.eye(3, dtype=bool)
    return [
        pairs[of].sum() / n[of].sum() / np.mean(rest**2)
        for of in (same, other)
    ]


@pytest.mark.parametrize(
    ("lag", "one_airport", "two_airports"),
    [(0, 0.168, 0.129), (6, 0.100, 0.075), (24, 0.035, 0.021), (48, 0, 0)],
)
def test_flights_share_their_fate_for_a_day_and_across_airports(
    lag, one_airport, two_airports
):
    found = alike_after(lag)
    near = 0.018 if lag == 48 else 0.001
    assert found == pytest.approx([one_airport, two_airports], abs=near)


def test_a_day_is_shared_and_a_carrier_is_not():
    carrier = FLOWN["carrier"].astype(np.int64)
    number = 100_000 * carrier + FLOWN["flight"].astype(np.int64)
    assert alike(FLOWN["date"]) == pytest.approx(0.098, abs=0.001)
    assert alike(carrier) == pytest.approx(0.012, abs=0.001)
    assert alike(FLOWN["dest"]) == pytest.approx(0.004, abs=0.001)
    assert alike(number) == pytest.approx(0.023, abs=0.001)


# The blind spots


def test_blind_spot_a_grouping_that_leaves_out_what_is_shared():
    # Rows share a storm. Grouped by airport, every storm is on both sides,
    # and a model that knows the storm is as good as under a random split.
    rng = np.random.default_rng(7)
    storm, airport = np.repeat(np.arange(40), 25), np.arange(1_000) % 5
    late = rng.random(40)[storm] < 0.5  # the whole storm, or nothing
    for groups, right in (airport, 1.0), (storm, 0.5):
        for train, test in group_folds(groups, 5):
            assert overlap(groups, train, test).share == 0
            seen = np.bincount(storm[train], late[train], 40)
            rows = np.bincount(storm[train], minlength=40)
            guess = np.where(rows, seen / np.maximum(rows, 1), 0.5) > 0.5
            if right == 1:
                assert np.mean(guess[storm[test]] == late[test]) == 1
            else:  # never seen: it says "on time"
                assert not guess[storm[test]].any()
    assert 0.3 < late.mean() < 0.7


def test_blind_spot_no_fold_holds_a_season_that_the_data_do_not():
    # January to April, in whole weeks or forward: no fold has a July.
    export = FLIGHTS.train
    for folds in (
        group_folds(export["week"], 5),
        forward_folds(export["time"], 4, DAY),
    ):
        for _, test in folds:
            assert export["month"][test].max() <= 4
