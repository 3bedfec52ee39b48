"""How well new rows are told from old ones, and what that does not mean."""

import math
import re
from datetime import UTC, datetime
from fractions import Fraction
from statistics import NormalDist
from typing import ClassVar

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.metrics import roc_auc_score

from snippets.drift.domain_classifier import DomainShift, two_sample_auc

NAN, INF = math.nan, math.inf
QUICK = LogisticRegression()
OLD = np.arange(60.0).reshape(30, 2) % 7
NEW = OLD + 100


def sides(change, n, run):
    """Old and new rows of five columns, and what changed between them."""
    rng = np.random.default_rng([20130102, n, run])
    old, new = rng.normal(size=(2, n, 5))
    if change == "one column":
        new[:, 0] += 0.5
    elif change == "together":  # each of the two alone stays as it was
        new[:, 1] = 0.7 * new[:, 0] + 0.51**0.5 * new[:, 1]
    return old, new


def by_column(change, n, runs):
    """Share of looks in which a KS test of any column rings (Bonferroni)."""
    least = []
    for run in range(runs):
        pairs = zip(*(side.T for side in sides(change, n, run)), strict=True)
        tests = [stats.ks_2samp(*pair, method="asymp") for pair in pairs]
        least.append(min(test.pvalue for test in tests))
    return np.mean(np.array(least) < 0.05 / 5)


class FirstColumn(ClassifierMixin, BaseEstimator):
    """A model that learns nothing: its score is the first column.

    It keeps the rows it saw, so that a test can judge it in another way.
    """

    seen: ClassVar[list] = []

    def fit(self, rows, is_new):
        self.seen.clear()
        self.seen.append((rows, is_new))
        return self

    def predict_proba(self, rows):
        self.seen.append(rows)
        return np.stack([1 - rows[:, 0], rows[:, 0]], axis=1)


def judged(old, new, **kwargs):
    """The result, and the rows that trained and that judged."""
    found = two_sample_auc(old, new, model=FirstColumn(), n_top=0, **kwargs)
    (trained, _), rows = FirstColumn.seen
    return found, trained, rows


# Identity


def test_rows_that_are_all_alike_cannot_be_told_apart():
    found = two_sample_auc(np.ones((40, 3)), np.ones((30, 3)))
    assert (found.auc, found.p_value, found.alarm) == (0.5, 1, False)
    assert (found.n_reference, found.n_current) == (20, 15)
    assert found.low < 0.5 < found.high
    assert found.top_features == ()


def test_rows_with_nothing_in_common_are_told_apart():
    found = two_sample_auc(OLD, NEW)
    assert found.auc == found.high == 1
    assert found.low < 1  # fifteen rows a side prove no certainty
    assert found.alarm


# Worked by hand


def test_the_auc_counts_pairs_and_the_p_value_mann_whitneys_way():
    # Scores .1 (ten old), .5 (ten old, ten new), .9 (ten new), doubled so
    # that any half of them is alike up to the draw.
    old, new = (
        np.repeat([[0.1], [0.5]], 20, 0),
        np.repeat([[0.5], [0.9]], 20, 0),
    )
    found, _, rows = judged(np.c_[old, old * 0], np.c_[new, new * 0 + 1])
    a, b = rows[rows[:, 1] == 0, 0], rows[rows[:, 1] == 1, 0]
    assert len(a) == len(b) == 20
    wins = sum((y > x) + (y == x) / 2 for x in a for y in b)
    assert found.auc == pytest.approx(wins / 400)


# Agreement with others


@settings(max_examples=60)
@given(st.integers(20, 60), st.integers(20, 60), st.integers(0, 9))
def test_auc_and_p_value_are_those_of_scikit_learn_and_scipy(n, m, seed):
    rng = np.random.default_rng(seed)
    score = rng.integers(0, 8, n + m) / 8  # many ties
    flag = np.repeat([0.0, 1.0], [n, m])
    table = np.stack([score + 0.05 * flag, flag], axis=1)
    found, trained, rows = judged(table[:n], table[n:], seed=seed)
    truth, s = rows[:, 1], rows[:, 0]
    assert found.auc == pytest.approx(roc_auc_score(truth, s))
    theirs = stats.mannwhitneyu(
        s[truth == 1],
        s[truth == 0],
        alternative="greater",
        method="asymptotic",
    )
    assert found.p_value == pytest.approx(theirs.pvalue)
    assert len(trained) + len(rows) == n + m
    assert (found.n_reference, found.n_current) == (n // 2, m // 2)


def test_groups_are_judged_once_each_by_their_mean_score():
    rng = np.random.default_rng(4)
    days = np.repeat(np.arange(20), 5)
    table = np.stack([rng.uniform(size=200), np.tile(days, 2), [0] * 200])
    table[2, 100:] = 1
    old, new = table.T[:100], table.T[100:]
    found, trained, rows = judged(old, new, groups=(days, days))
    frame = pd.DataFrame(rows, columns=["score", "day", "new"])
    means = frame.groupby(["new", "day"]).score.mean().reset_index()
    assert found.auc == pytest.approx(roc_auc_score(means.new, means.score))
    assert (found.n_reference, found.n_current) == (10, 10)
    # no day of a side is in both halves
    both = [set(map(tuple, x[:, 1:].tolist())) for x in (trained, rows)]
    assert not both[0] & both[1]


@pytest.mark.parametrize(("a", "b"), [(13, 11), (11, 13), (7, 10)])
def test_groups_that_are_all_alike_are_ties_whatever_their_size(a, b):
    sizes = np.repeat(range(12), a), np.repeat(range(12), b)
    found = two_sample_auc(
        np.zeros((12 * a, 1)), np.zeros((12 * b, 1)), groups=sizes
    )
    assert (found.auc, found.p_value, found.alarm) == (0.5, 1, False)
    # half of each group is another kind of row: still ties
    kinds = (np.arange(k * 24)[:, None] % 2 + 0.1 for k in (a, b))
    sizes = np.repeat(range(12), 2 * a), np.repeat(range(12), 2 * b)
    found = two_sample_auc(*kinds, groups=sizes, model=FirstColumn())
    assert (found.auc, found.alarm) == (0.5, False)


def test_a_column_without_any_value_teaches_nothing():
    empty = np.full((30, 1), NAN)
    found = two_sample_auc(empty, empty)
    assert (found.auc, found.p_value) == (0.5, 1)
    plain = two_sample_auc(OLD, NEW)
    beside = two_sample_auc(np.hstack([OLD, empty]), np.hstack([NEW, empty]))
    assert beside == plain


def test_a_shift_of_one_sd_gives_the_auc_of_the_textbook():
    rng = np.random.default_rng(5)
    old, new = rng.normal(size=(2, 8_000, 1))
    found = two_sample_auc(old, new + 1, model=QUICK)
    assert found.auc == pytest.approx(stats.norm.cdf(1 / 2**0.5), abs=0.012)
    assert found.low < stats.norm.cdf(1 / 2**0.5) < found.high


# Properties


@settings(max_examples=30)
@given(st.integers(20, 50), st.integers(20, 50), st.floats(0.001, 0.5))
def test_the_auc_lies_in_its_interval_and_nothing_leaves_its_range(
    n, m, alpha
):
    rng = np.random.default_rng(n)
    old, new = rng.normal(size=(n, 2)), rng.normal(0.5, 1, size=(m, 2))
    found = two_sample_auc(old, new, model=QUICK, alpha=alpha)
    assert 0 <= found.low <= found.auc <= found.high <= 1
    assert 0 <= found.p_value <= 1
    assert found.alarm == (found.p_value < alpha)
    wider = two_sample_auc(old, new, model=QUICK, alpha=alpha / 2)
    assert wider.low <= found.low
    assert found.high <= wider.high


def test_the_same_seed_gives_the_same_answer_and_another_another_draw():
    old, new = sides("one column", 100, 0)
    first, again, other = (two_sample_auc(old, new, seed=s) for s in (1, 1, 2))
    assert first == again
    assert first.auc != other.auc


def test_the_model_that_is_given_stays_as_it_was():
    model = LogisticRegression()
    two_sample_auc(OLD, NEW, model=model)
    assert not hasattr(model, "coef_")


# Hard inputs


def test_values_that_went_missing_are_a_difference():
    new = OLD.copy()
    new[::2, 1] = NAN
    found = two_sample_auc(np.tile(OLD, (4, 1)), np.tile(new, (4, 1)))
    assert found.alarm
    assert found.top_features[0][0] == "1"
    assert two_sample_auc(OLD, new * NAN).auc == 1


@pytest.mark.parametrize(
    "table",
    [
        OLD.tolist(),
        [[None if v == 3 else v for v in row] for row in OLD.tolist()],
        OLD.astype(np.float32),
        OLD.astype(int),
        OLD > 3,
        np.ma.array(OLD, mask=OLD == 3),
        pd.DataFrame(OLD, columns=["0", "1"], index=[7] * 30),
        pd.DataFrame(OLD, columns=["0", "1"]).astype("Int64"),
        np.asfortranarray(OLD),
    ],
    ids=range(9),
)
def test_other_containers_are_read_like_arrays(table):
    assert two_sample_auc(table, table).n_current == 15
    assert not two_sample_auc(table, table).alarm
    found = two_sample_auc(table, NEW)
    assert found.auc == 1


def test_a_frame_gives_its_names_and_both_frames_must_agree():
    names = ["fare", "age"]
    old, new = (pd.DataFrame(x, columns=names) for x in (OLD, NEW))
    assert set(dict(two_sample_auc(old, new).top_features)) <= set(names)
    turned = new[["age", "fare"]]
    with pytest.raises(
        ValueError, match=r"current must have \['fare', 'age'\]"
    ):
        two_sample_auc(old, turned)


def test_groups_may_be_dates_text_or_numbers():
    days = np.arange(30) % 10
    for labels in (
        days.tolist(),
        [f"day {d}" for d in days],
        np.datetime64("2013-01-01") + days,
        [datetime(2013, 1, 1 + d, tzinfo=UTC) for d in days],
    ):
        found = two_sample_auc(OLD, NEW, groups=(labels, labels))
        assert (found.auc, found.n_current) == (1, 5)


# Errors

FEW = [0] * 15 + [1] * 15
DAYS = [d % 10 for d in range(30)]


@pytest.mark.parametrize(
    ("old", "new", "options", "error", "message"),
    [
        (OLD[:19], NEW, {}, ValueError, "reference must have 20 .* got 19"),
        (OLD, NEW[:5], {}, ValueError, "current must have 20 rows .* got 5"),
        ([], NEW, {}, ValueError, r"reference must be rows.* \(0,\)"),
        (OLD[:, 0], NEW, {}, ValueError, r"reference must be .* \(30,\)"),
        (OLD, NEW[:, :0], {}, ValueError, r"current must be .* \(30, 0\)"),
        (OLD, NEW[:, :1], {}, ValueError, r"current must have \['0', '1'\]"),
        (OLD + INF, NEW, {}, ValueError, "reference must be within"),
        (OLD, NEW * 1e99, {}, ValueError, "current must be within 1e100"),
        (OLD.astype(str), NEW, {}, TypeError, "reference must hold numbers"),
        (OLD, [["a", 1.0]] * 30, {}, TypeError, "current must hold numbers"),
        (OLD, [[1, 2], [3]], {}, TypeError, "current must hold numbers"),
        (OLD, NEW, {"alpha": 0}, ValueError, "alpha must be .* got 0"),
        (OLD, NEW, {"alpha": NAN}, ValueError, "alpha must be .* got nan"),
        (OLD, NEW, {"n_top": -1}, ValueError, "n_top must be .* got -1"),
        (OLD, NEW, {"n_top": 1.5}, ValueError, "n_top must be .* got 1.5"),
        (OLD, NEW, {"seed": -1}, ValueError, "seed must be a whole .* -1"),
        (
            OLD,
            NEW,
            {"model": LogisticRegression},
            TypeError,
            "model must have predict_proba, got <class",
        ),
        (
            OLD,
            NEW,
            {"model": LinearRegression()},
            TypeError,
            r"model must have predict_proba, got LinearRegression\(\)",
        ),
        (OLD, NEW, {"groups": DAYS}, ValueError, "groups must be a pair"),
        (
            OLD,
            NEW,
            {"groups": (DAYS, FEW)},
            ValueError,
            "groups must be 8 or more on each side, got 2",
        ),
        (
            OLD,
            NEW,
            {"groups": (DAYS[:9], DAYS)},
            ValueError,
            r"groups must have one label a row, 30 for one side, got \(9,\)",
        ),
        (
            OLD,
            NEW,
            {"groups": (DAYS, [NAN, *DAYS[1:]])},
            ValueError,
            "groups must not be missing",
        ),
        (
            OLD,
            NEW,
            {"groups": ([None, *DAYS[1:]], DAYS)},
            TypeError,
            "groups must be columns",
        ),
    ],
)
def test_what_is_refused_is_refused_by_name(old, new, options, error, message):
    with pytest.raises(error, match=message):
        two_sample_auc(old, new, **options)


things = st.one_of(
    st.floats(),
    st.integers(-3, 30),
    st.sampled_from([-(2**70), 10**400, Fraction(1, 2), None, True, "1"]),
    st.sampled_from([b"1", 1j, pd.NA, pd.NaT, np.float32(7), 1e101]),
    st.sampled_from([datetime(2013, 1, 1, tzinfo=UTC)]),
)


def spoilt(cell, place, shape):
    """Good rows with one cell replaced, or a table of another shape."""
    rows = OLD.tolist()
    rows[place % 30][place % 2] = cell
    return rows[: 30 - place] if shape == "short" else rows


tables = st.one_of(
    things,
    st.lists(things, max_size=3),
    st.lists(st.lists(things, max_size=2), max_size=3),
    st.builds(
        spoilt, things, st.integers(0, 29), st.sampled_from(["short", "whole"])
    ),
)


@settings(max_examples=60)
@given(tables, things, st.lists(things, max_size=2).map(tuple))
def test_bad_input_gives_a_documented_result_or_an_error_by_name(
    table, thing, pair
):
    labels = [thing, *DAYS[1:]]
    calls = [
        ("reference", (table, NEW), {}),
        ("current", (OLD, table), {}),
        ("alpha", (OLD, NEW), {"alpha": thing}),
        ("n_top", (OLD, NEW), {"n_top": thing}),
        ("seed", (OLD, NEW), {"seed": thing}),
        ("groups", (OLD, NEW), {"groups": pair}),
        ("groups", (OLD, NEW), {"groups": (labels, DAYS)}),
    ]
    for name, rows, options in calls:
        found, message = None, name
        try:
            found = two_sample_auc(
                *rows, **({"n_top": 1} | options), model=FirstColumn()
            )
        except (TypeError, ValueError) as error:
            message = str(error)
        if found is None:
            assert re.search(rf"\b{name}\b", message), message
            continue
        assert isinstance(found, DomainShift)
        assert 0 <= found.low <= found.auc <= found.high <= 1
        assert 0 <= found.p_value <= 1


# How often it alarms with nothing changed, and what it sees


def rate(change, n, runs, model=None, alpha=0.05):
    found = [
        two_sample_auc(*sides(change, n, run), model=model, seed=run, n_top=0)
        for run in range(runs)
    ]
    return float(np.mean([x.p_value < alpha for x in found]))


@pytest.mark.parametrize(("n", "runs"), [(30, 200), (300, 150)])
def test_with_nothing_changed_5_percent_of_looks_alarm(n, runs):
    assert 0.02 <= rate("none", n, runs, QUICK) <= 0.07


def test_the_boosted_trees_keep_the_rate_too():
    assert 0.015 <= rate("none", 100, 100) <= 0.085


def test_with_cross_validation_instead_twice_as_many_would_alarm():
    # Each half judges what the other taught, so the same luck counts twice.
    # The classifier is the line between the two means.
    rings = []
    for run in range(1_000):
        old, new = sides("none", 60, run)
        score = []
        for a, b in (slice(0, 30), slice(30, 60)), (slice(30, 60), slice(30)):
            low, high = old[a].mean(axis=0), new[a].mean(axis=0)
            both = np.concatenate([old[b], new[b]]) - (low + high) / 2
            score.append((both @ (high - low)).reshape(2, 30))
        ours, theirs = np.concatenate(score, axis=1)
        found = stats.mannwhitneyu(
            theirs, ours, alternative="greater", method="asymptotic"
        )
        rings.append(found.pvalue < 0.05)
    assert np.mean(rings) == pytest.approx(0.10, abs=0.015)


def test_columns_that_move_together_are_seen_and_no_single_one_shows_them():
    assert rate("together", 600, 15) == 1
    assert by_column("together", 600, 150) < 0.08


def test_one_column_that_moves_is_seen_better_by_a_test_of_that_column():
    assert rate("one column", 200, 32) == pytest.approx(0.59, abs=0.01)
    assert by_column("one column", 200, 100) > 0.9


def test_looking_every_morning_rings_sooner_or_later():
    rang, looks = [], []
    for run in range(20):
        rng = np.random.default_rng([7, run])
        old = rng.normal(size=(60, 5))
        days = [
            two_sample_auc(
                old, rng.normal(size=(60, 5)), model=QUICK, seed=day, n_top=0
            ).alarm
            for day in range(20)
        ]
        rang.append(any(days))
        looks += days
    assert np.mean(looks) == pytest.approx(0.05, abs=0.02)
    assert np.mean(rang) == pytest.approx(0.6, abs=0.15)


@pytest.mark.parametrize(
    ("units", "at_5", "at_01"),
    [
        (28, 0.69, 0.85),
        (60, 0.62, 0.73),
        (100, 0.60, 0.68),
        (1000, 0.53, 0.56),
    ],
)
def test_the_least_auc_that_alarms(units, at_5, at_01):
    half = units // 2
    sd = math.sqrt((2 * half + 1) / (12 * half**2))
    for alpha, least in (0.05, at_5), (0.001, at_01):
        z = -NormalDist().inv_cdf(alpha)
        auc = 0.5 + z * sd + 0.5 / half**2
        assert auc == pytest.approx(least, abs=0.0055)


@pytest.mark.parametrize(
    ("shift", "half"), [(0.5, 30), (1.5, 30), (2.5, 30), (1, 200)]
)
def test_the_interval_holds_the_auc_of_the_classifier(shift, half):
    true = stats.norm.cdf(shift / 2**0.5)
    held = []
    for seed in range(150):
        rng = np.random.default_rng([9, seed])
        old, new = rng.normal(size=(2, 2 * half, 1))
        score = stats.norm.cdf(np.concatenate([old, new + shift]))
        found = two_sample_auc(
            score[: 2 * half], score[2 * half :], model=FirstColumn(), n_top=0
        )
        held.append(found.low <= true <= found.high)
    assert 0.92 <= np.mean(held) <= 0.99


def test_rows_of_a_day_give_the_day_away_and_whole_days_do_not():
    # Each day has its weather; the days of both sides are alike.
    rings, by_day = [], []
    for run in range(60):
        rng = np.random.default_rng([11, run])
        days = np.repeat(np.arange(80), 10)
        rows = rng.normal(size=(80, 3))[days] + 0.3 * rng.normal(size=(800, 3))
        old, new = rows[:400], rows[400:]
        if run < 10:
            rings.append(two_sample_auc(old, new, seed=run, n_top=0).alarm)
        found = two_sample_auc(
            old,
            new,
            groups=(days[:400], days[400:]),
            model=QUICK,
            seed=run,
            n_top=0,
        )
        by_day.append(found.alarm)
    assert np.mean(rings) == 1
    assert np.mean(by_day) <= 0.1


@pytest.mark.parametrize(
    ("auc", "shift", "left"),
    [
        (0.55, 0.2, 0.97),
        (0.6, 0.4, 0.88),
        (0.64, 0.5, 0.77),
        (0.7, 0.7, 0.58),
        (0.8, 1.2, 0.24),
        (0.9, 1.8, 0.04),
    ],
)
def test_how_many_old_rows_are_left_after_weighting_them_to_the_new(
    auc, shift, left
):
    # Two bell curves d apart have this AUC; a row at x weighs exp(dx - dd/2).
    d = 2**0.5 * NormalDist().inv_cdf(auc)
    assert d == pytest.approx(shift, abs=0.05)
    x = NormalDist().inv_cdf
    rows = np.array([x((i + 0.5) / 50_000) for i in range(50_000)])
    weight = np.exp(d * rows - d * d / 2)
    effective = weight.sum() ** 2 / (weight**2).sum() / len(rows)
    assert effective == pytest.approx(left, abs=0.01)
    assert math.exp(-d * d) == pytest.approx(left, abs=0.01)


# The blind spot


def test_blind_spot_a_name_for_the_day_rings_and_a_new_meaning_does_not():
    rng = np.random.default_rng(12)
    old, new = rng.normal(size=(2, 300, 3))
    # A counter tells old from new for ever, and nothing is wrong.
    counted = np.c_[old, np.arange(300)], np.c_[new, np.arange(300, 600)]
    found = two_sample_auc(*counted)
    assert found.auc == 1
    assert found.top_features[0][0] == "3"
    # The outcome turns round: large values meant yes, and now mean no. The
    # model is wrong on every row, and the columns are as they were.
    before, after = old[:, 0] > 0, new[:, 0] < 0
    assert np.mean((new[:, 0] > 0) == after) == 0
    assert before.mean() == pytest.approx(after.mean(), abs=0.1)
    assert not two_sample_auc(old, new).alarm
