"""Which mix of classes the predictions mean, and what that takes for granted.

The confusion counts rows by true class, columns by predicted class.
"""

import json
import math
import re
from datetime import UTC, datetime
from decimal import Decimal
from fractions import Fraction
from functools import cache

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import confusion_matrix

from snippets.drift.label_shift import LabelShift, label_shift
from snippets.flights.loader import DATA, load
from snippets.flights.models import RateTable

NAN, INF = math.nan, math.inf
TWO = [[900, 100], [200, 800]]
THREE = [[1500, 60, 40], [30, 240, 30], [5, 15, 80]]


@st.composite
def cases(draw):
    """A model that is mostly right, and what it predicts of new rows."""
    k = draw(st.integers(2, 4))
    confusion = draw(
        st.lists(
            st.lists(st.integers(0, 30), min_size=k, max_size=k),
            min_size=k,
            max_size=k,
        )
    )
    predicted = draw(st.lists(st.integers(0, 500), min_size=k, max_size=k))
    predicted[0] += 1
    return np.array(confusion) + 200 * np.eye(k, dtype=int), predicted


# Identity


def test_the_same_predictions_as_before_mean_the_same_mix():
    found = label_shift(THREE, np.sum(THREE, axis=0))
    assert found.shares == pytest.approx((0.8, 0.15, 0.05))
    assert found.weights == pytest.approx((1, 1, 1))
    assert found.p_value == pytest.approx(1)
    assert (found.alarm, found.fits, found.n) == (False, True, 2000)


# Worked by hand


def test_two_classes_worked_by_hand():
    # Of class 1, 800 of 1000 are called 1; of class 0, 100 of 1000 are. With
    # share q of class 1: .8 q + .1 (1 - q) = .59, so q = .49 / .7 = .7.
    found = label_shift(TWO, [410, 590])
    assert found.shares == pytest.approx((0.3, 0.7))
    # Half of the labelled rows were of each class: .3 / .5 and .7 / .5.
    assert found.weights == pytest.approx((0.6, 1.4))
    # Variance of .59 from 1000 rows, of .8 and .1 from 1000 rows each
    # (with half a row more in each cell), weighed by .7 and .3 squared.
    t, f, m = 800.5 / 1001, 100.5 / 1001, 590.5 / 1001
    noise = m * (1 - m) + 0.49 * t * (1 - t) + 0.09 * f * (1 - f)
    reach = 1.959964 * math.sqrt(noise / 1000) / 0.7
    assert found.low == pytest.approx((0.3 - reach, 0.7 - reach))
    assert found.high == pytest.approx((0.3 + reach, 0.7 + reach))


def test_the_rows_are_the_truth_or_the_answer_is_another_one():
    turned = label_shift(np.transpose(TWO), [410, 590])
    assert turned.shares != pytest.approx((0.3, 0.7), abs=0.05)


def test_a_perfect_model_is_believed():
    found = label_shift([[50, 0], [0, 50]], [30, 10])
    assert found.shares == pytest.approx((0.75, 0.25))
    assert found.condition == pytest.approx(1)


# Agreement with others


@given(cases())
def test_the_p_value_is_scipys_chi_square_on_predicted_classes(case):
    confusion, predicted = case
    table = np.array([confusion.sum(axis=0), predicted])
    theirs = stats.chi2_contingency(table, correction=False).pvalue
    ours = label_shift(*case).p_value
    assert ours == pytest.approx(theirs, rel=1e-6, abs=1e-12)


@settings(max_examples=30)
@given(cases())
def test_shares_above_0_are_those_of_greatest_likelihood(case):
    confusion, predicted = case
    found = label_shift(confusion, predicted)
    if min(found.shares) < 0.02:  # where this loop would take for ever
        return
    chance = confusion / confusion.sum(axis=1, keepdims=True)
    mix = np.ones(len(predicted)) / len(predicted)
    for _ in range(2_000):  # Saerens' loop: guess the class of each row
        guess = mix[:, None] * chance
        guess /= guess.sum(axis=0)
        mix = guess @ predicted / sum(predicted)
    assert found.shares == pytest.approx(mix, abs=1e-3)


def test_the_condition_is_numpys():
    chance = np.array(THREE) / np.sum(THREE, axis=1, keepdims=True)
    found = label_shift(THREE, [5, 5, 5]).condition
    assert found == pytest.approx(np.linalg.cond(chance.T))


def test_it_finds_the_mix_behind_a_classifier_of_scikit_learn():
    rng = np.random.default_rng(1)
    place = np.array([[0, 0], [2, 0], [0, 2]])

    def draw(mix, n):
        y = rng.choice(3, size=n, p=mix)
        return place[y] + rng.normal(size=(n, 2)), y

    model = LogisticRegression().fit(*draw([0.7, 0.2, 0.1], 1_000))
    x, y = draw([0.7, 0.2, 0.1], 2_000)
    confusion = confusion_matrix(y, model.predict(x))
    x, y = draw([0.3, 0.2, 0.5], 2_000)
    counted = np.bincount(model.predict(x), minlength=3)
    found = label_shift(confusion, counted)
    true = np.bincount(y) / len(y)
    # what it predicts is off by 8 points, what it means by 3
    assert np.max(np.abs(counted / len(y) - true)) > 0.08
    assert found.shares == pytest.approx(true, abs=0.03)
    assert found.alarm
    assert found.fits


def test_the_weights_mend_probabilities_and_the_decisions_with_them():
    rng = np.random.default_rng(2)

    def draw(share, n):
        y = rng.uniform(size=n) < share
        return rng.normal(2 * y, 1), y

    def honest(x):  # what Bayes says where one row in ten is of class 1
        odds = 0.1 / 0.9 * np.exp(2 * x - 2)
        return np.stack([1 / (1 + odds), odds / (1 + odds)], axis=1)

    x, y = draw(0.1, 5_000)
    confusion = confusion_matrix(y, honest(x)[:, 1] >= 0.25)
    x, y = draw(0.4, 5_000)
    p = honest(x)
    called = np.bincount(p[:, 1] >= 0.25, minlength=2)
    w = label_shift(confusion, called).weights
    mended = p * w / (p * w).sum(axis=1, keepdims=True)
    assert p[:, 1].mean() == pytest.approx(y.mean() - 0.18, abs=0.01)
    assert mended[:, 1].mean() == pytest.approx(y.mean(), abs=0.02)
    before = np.mean((p[:, 1] >= 0.5) == y)
    after = np.mean((mended[:, 1] >= 0.5) == y)
    assert after > before + 0.04


# Properties


@given(cases())
def test_shares_are_shares_and_lie_in_their_intervals(case):
    found = label_shift(*case)
    shares, low, high = map(np.array, (found.shares, found.low, found.high))
    assert shares.sum() == pytest.approx(1)
    assert (low >= 0).all()
    assert (low <= shares).all()
    assert (shares <= high).all()
    assert (high <= 1).all()
    assert min(found.weights) >= 0
    assert found.condition >= 1 - 1e-9
    if not found.fits:
        assert (low == 0).all()
        assert (high == 1).all()


@given(cases(), st.randoms(use_true_random=False))
def test_the_order_of_the_classes_does_not_matter(case, random):
    confusion, predicted = case
    order = random.sample(range(len(predicted)), len(predicted))
    found = label_shift(confusion, predicted)
    mixed = label_shift(
        confusion[np.ix_(order, order)], np.array(predicted)[order]
    )
    for name in "shares", "low", "high", "weights":
        there = np.array(getattr(found, name))[order]
        assert getattr(mixed, name) == pytest.approx(there, abs=1e-9)
    assert mixed.p_value == pytest.approx(found.p_value)


@given(cases())
def test_more_rows_of_the_same_kind_make_the_intervals_narrower(case):
    confusion, predicted = case
    few = label_shift(confusion, predicted)
    many = label_shift(4 * confusion, 4 * np.array(predicted))
    assert many.shares == pytest.approx(few.shares)
    if few.fits and many.fits and min(few.shares) > 0:
        width = np.subtract(few.high, few.low)
        assert (np.subtract(many.high, many.low) <= width + 1e-9).all()


# Hard inputs

HARD = {
    "one new row": (TWO, [0, 1], (0, 1), True),
    "all in one class": (TWO, [500, 0], (1, 0), False),
    "a class is gone": ([[90, 10], [0, 100]], [900, 100], (1, 0), True),
    "huge counts": (np.array(TWO) * 10**11, [41, 59], (0.3, 0.7), True),
    "floats": ([[900.0, 100], [200, 800]], [41.0, 59], (0.3, 0.7), True),
    "a frame": (pd.DataFrame(TWO), pd.Series([41, 59]), (0.3, 0.7), True),
    "named": (
        pd.DataFrame(TWO, index=list("ba"), columns=list("ba")),
        pd.Series({"b": 41, "a": 59}),
        (0.3, 0.7),
        True,
    ),
    "no order": (TWO, pd.Series({"a": 41, None: 59}), (0.3, 0.7), True),
    "no mask": (np.ma.array(TWO), np.ma.array([41, 59]), (0.3, 0.7), True),
    "booleans": ([[40, 0], [0, 40]], [True, True], (0.5, 0.5), True),
}


@pytest.mark.parametrize(
    ("confusion", "predicted", "shares", "fits"), HARD.values(), ids=HARD
)
def test_hard_inputs(confusion, predicted, shares, fits):
    found = label_shift(confusion, predicted)
    assert found.shares == pytest.approx(shares)
    assert found.fits is fits


# Errors

MASKED = np.ma.array([41, 59], mask=[False, True])


@pytest.mark.parametrize(
    ("confusion", "predicted", "alpha", "error", "message"),
    [
        ([], [1, 1], 0.05, ValueError, r"confusion must be square.* \(0,\)"),
        ([[1]], [1], 0.05, ValueError, r"confusion must be squ.* \(1, 1\)"),
        ([5, 5], [1, 1], 0.05, ValueError, r"confusion must be squ.* \(2,\)"),
        ([[1, 2]], [1, 1], 0.05, ValueError, r"confusion .* \(1, 2\)"),
        (7, [1, 1], 0.05, ValueError, r"confusion must be counts.* \(\)"),
        ([[5, 1], [0, 0]], [1, 1], 0.05, ValueError, "confusion .* 0 of 1"),
        ([[-5, 1], [1, 5]], [1, 1], 0.05, ValueError, "confusion .* got -5"),
        ([[0.9, 1], [1, 5]], [1, 1], 0.05, ValueError, "confusion .* 0.9"),
        ([[NAN, 1], [1, 5]], [1, 1], 0.05, ValueError, "confusion .* nan"),
        ([[INF, 1], [1, 5]], [1, 1], 0.05, ValueError, "confusion .* inf"),
        ([[5, 1], [1]], [1, 1], 0.05, TypeError, "confusion must hold num"),
        ([["5", "1"]] * 2, [1, 1], 0.05, TypeError, "confusion must hold nu"),
        (TWO, [], 0.05, ValueError, r"predicted must be 2 counts, got \(0,\)"),
        (TWO, [1, 2, 3], 0.05, ValueError, r"predicted must be 2 .* \(3,\)"),
        (TWO, TWO, 0.05, ValueError, r"predicted must be 2 .* \(2, 2\)"),
        (TWO, [0, 0], 0.05, ValueError, "predicted must hold 1 row or more"),
        (TWO, [0.41, 0.59], 0.05, ValueError, "predicted must be whole"),
        (TWO, [None, 5], 0.05, ValueError, "predicted must be whole .* nan"),
        (TWO, MASKED, 0.05, ValueError, "predicted must be whole .* nan"),
        (TWO, ["1", "2"], 0.05, TypeError, "predicted must hold numbers"),
        (
            TWO,  # as value_counts sorts them
            pd.Series([1, 1, 0]).value_counts(),
            0.05,
            ValueError,
            r"predicted must be in the order \[0, 1\], got \[1, 0\]",
        ),
        (
            pd.DataFrame(TWO, index=list("ba"), columns=list("ba")),
            pd.Series({"a": 59, "b": 41}),
            0.05,
            ValueError,
            r"predicted must be in the order \['b', 'a'\], got \['a', 'b'\]",
        ),
        (
            pd.DataFrame(TWO, index=list("ba"), columns=list("ab")),
            [41, 59],
            0.05,
            ValueError,
            r"confusion must have as columns .*'b', 'a'\], got \['a', 'b'\]",
        ),
        (TWO, [41, 59], 0, ValueError, "alpha must be from 1e-12 .* got 0"),
        (TWO, [41, 59], NAN, ValueError, "alpha must be .* got nan"),
    ],
)
def test_what_is_refused_is_refused_by_name(
    confusion, predicted, alpha, error, message
):
    with pytest.raises(error, match=message):
        label_shift(confusion, predicted, alpha=alpha)


@pytest.mark.parametrize(
    "confusion",
    [
        [[70, 30], [70, 30]],  # a coin
        [[90, 0], [10, 0]],  # one answer for all
        [[70, 30], [60, 40]],  # too few rows to tell it from a coin
        [[900, 50, 50], [50, 475, 475], [50, 475, 475]],  # two of three
    ],
)
def test_a_model_that_may_know_nothing_is_refused(confusion):
    predicted = [10] * len(confusion)
    with pytest.raises(ValueError, match="confusion must tell the classes"):
        label_shift(confusion, predicted)


things = st.one_of(
    st.integers(-2, 300),
    st.floats(),
    st.sampled_from([-(2**70), 10**400, Fraction(1, 2), Decimal(3)]),
    st.sampled_from([None, True, "1", b"1", 1j, pd.NA, pd.NaT, 1e16]),
    st.sampled_from([datetime(2013, 1, 1, tzinfo=UTC), np.float32(7)]),
)
columns = st.one_of(
    things,
    st.lists(things, max_size=3),
    st.lists(st.integers(0, 300), min_size=2, max_size=2),
    st.lists(things, max_size=3).map(lambda x: pd.Series(x, dtype="O")),
)
tables = columns | st.lists(columns, max_size=3)


@given(tables, tables, st.just(0.05) | things)
def test_bad_input_gives_a_documented_result_or_an_error_by_name(
    confusion, predicted, alpha
):
    calls = [
        ("confusion", (confusion, [3, 4], 0.05)),
        ("predicted", (TWO, predicted, 0.05)),
        ("alpha", (TWO, [3, 4], alpha)),
    ]
    for name, (table, now, level) in calls:
        found, message = None, name
        try:
            found = label_shift(table, now, alpha=level)
        except (TypeError, ValueError) as error:
            message = str(error)
        if found is None:
            assert re.search(rf"\b{name} |predicted", message), message
            continue
        assert isinstance(found, LabelShift)
        numbers = *found.shares, *found.low, *found.high, *found.weights
        assert all(map(math.isfinite, numbers))
        assert math.isfinite(found.condition)
        assert 0 <= found.p_value <= 1


# How far the promise holds: many sets of labelled rows and of new ones

WEAK = [[0.87, 0.13], [0.6, 0.4]]
GOOD = [[0.9, 0.1], [0.2, 0.8]]
TRIPLE = [[0.9, 0.06, 0.04], [0.1, 0.8, 0.1], [0.05, 0.15, 0.8]]


def trials(chance, old, new, labelled, n, runs=400, seed=1):
    """Share of intervals that hold, of alarms, of no fit, of refusals."""
    rng = np.random.default_rng(seed)
    holds, alarms, no_fit, refused = [], [], [], 0
    for _ in range(runs):
        rows = rng.multinomial(labelled, old)
        table = np.array(
            [rng.multinomial(r, c) for r, c in zip(rows, chance, strict=True)]
        )
        predicted = rng.multinomial(n, np.array(new) @ np.array(chance))
        try:
            found = label_shift(table, predicted)
        except ValueError:
            refused += 1
            continue
        low, high = np.array(found.low), np.array(found.high)
        holds.append(np.mean((low <= new) & (new <= high)))
        alarms.append(found.alarm)
        no_fit.append(not found.fits)
    rates = [float(np.mean(x or [NAN])) for x in (holds, alarms, no_fit)]
    return *rates, refused / runs


@pytest.mark.parametrize("n", [30, 300, 3000])
@pytest.mark.parametrize(
    ("chance", "old"),
    [(GOOD, (0.85, 0.15)), (WEAK, (0.85, 0.15)), (TRIPLE, (0.8, 0.15, 0.05))],
)
def test_with_nothing_moved_5_percent_alarm_and_intervals_hold(chance, old, n):
    holds, alarms, no_fit, refused = trials(chance, old, old, 2_000, n)
    assert 0.925 <= holds <= 0.97
    assert 0.02 <= alarms <= 0.075
    assert no_fit <= 0.01
    assert refused == 0


@pytest.mark.parametrize(
    ("false_alarms", "n", "expected", "times"),
    [(148, 100, 1.2, 7.1), (297, 300, 5.1, 2.1), (594, 450, 12.1, 1.3)],
)
def test_a_class_that_is_hardly_predicted_rings_too_often_at_a_tenth_percent(
    false_alarms, n, expected, times
):
    table = [[29_700 - false_alarms, false_alarms], [90, 210]]
    rate = (false_alarms + 210) / 30_000
    assert n * rate == pytest.approx(expected, abs=0.05)
    counts = np.arange(n + 1)  # exact: every number of rows called rare
    chance = stats.binom.pmf(counts, n, rate)
    alarms = [
        label_shift(table, [n - k, k], alpha=0.001).alarm for k in counts
    ]
    assert chance @ alarms / 0.001 == pytest.approx(times, abs=0.1)


def test_intervals_hold_after_a_great_move_and_without_one_class():
    new = np.array([0.3, 0.2, 0.5])
    holds, alarms, no_fit, _ = trials(
        TRIPLE, (0.8, 0.15, 0.05), new, 2000, 500
    )
    assert holds == pytest.approx(0.95, abs=0.015)
    assert (alarms, no_fit) == (1, 0)
    gone = np.array([1.0, 0, 0])
    holds, _, no_fit, _ = trials(TRIPLE, (0.8, 0.15, 0.05), gone, 2000, 500)
    assert holds > 0.95
    assert no_fit <= 0.03


def test_ten_labelled_rows_of_a_class_are_too_few():
    old, new = (0.9, 0.1), np.array([0.5, 0.5])
    holds, *_, refused = trials(GOOD, old, new, 100, 3_000)
    assert holds == pytest.approx(0.8, abs=0.04)
    assert refused == pytest.approx(0.32, abs=0.05)
    holds, *_, refused = trials(GOOD, old, new, 1_000, 3_000)
    assert holds == pytest.approx(0.94, abs=0.02)
    assert refused == 0


@pytest.mark.parametrize("labelled", [50, 500])
def test_of_models_that_know_nothing_fewer_than_1_percent_pass(labelled):
    coin = [[0.7, 0.3], [0.7, 0.3]]
    *_, refused = trials(coin, (0.8, 0.2), np.array([0.8, 0.2]), labelled, 300)
    assert refused >= 0.99


LABELLED = 2_000


def looks(chance, share, n, seed=20130101):
    """P-values of 30 mornings for each of 3,000 sets of labelled rows."""
    rng = np.random.default_rng(seed)
    wrong, right = chance[0][1], chance[1][1]
    second = rng.binomial(LABELLED, 0.15, 3_000)
    old = rng.binomial(second, right) + rng.binomial(LABELLED - second, wrong)
    new = rng.binomial(n, share * right + (1 - share) * wrong, (30, 3_000))
    pool = (old + new) / (LABELLED + n)
    width = pool * (1 - pool) * (1 / LABELLED + 1 / n)
    distance = (old / LABELLED - new / n) ** 2 / np.maximum(width, 1e-300)
    return stats.chi2.sf(distance, 1)


def test_p_values_in_bulk_are_those_of_the_snippet():
    rng = np.random.default_rng(20130101)
    wrong, right = 0.1, 0.8
    second = rng.binomial(LABELLED, 0.15, 3_000)
    hit = rng.binomial(second, right)
    false = rng.binomial(LABELLED - second, wrong)
    new = rng.binomial(300, 0.15 * right + 0.85 * wrong, (30, 3_000))
    ours = looks(GOOD, 0.15, 300)
    for run in range(20):
        b, h, f = second[run], hit[run], false[run]
        table = [[LABELLED - b - f, f], [b - h, h]]
        found = label_shift(table, [300 - new[5, run], new[5, run]])
        assert found.p_value == pytest.approx(ours[5, run])


def test_looking_every_morning_rings_sooner_or_later():
    day = looks(GOOD, 0.15, 300)
    assert (day < 0.05).mean() == pytest.approx(0.05, abs=0.005)
    assert (day < 0.05).any(axis=0).mean() == pytest.approx(0.73, abs=0.01)
    assert (day < 0.001).any(axis=0).mean() == pytest.approx(0.03, abs=0.01)
    # Labelled rows that misled one morning mislead the next ones as well.
    large = (looks(GOOD, 0.15, 3_000) < 0.05).sum(axis=0)
    assert np.mean(large > 0) == pytest.approx(0.42, abs=0.01)
    assert large[large > 0].mean() == pytest.approx(3.6, abs=0.15)


@pytest.mark.parametrize(
    ("model", "n", "seen", "at_001"),
    [
        (GOOD, 100, 0.40, 0.07),
        (GOOD, 300, 0.77, 0.31),
        (GOOD, 1000, 0.99, 0.85),
        (WEAK, 300, 0.22, 0.02),
        (WEAK, 3000, 0.69, 0.20),
    ],
)
def test_15_percent_that_become_25_show_up_by_model_and_rows(
    model, n, seen, at_001
):
    day = looks(model, 0.25, n)
    assert (day < 0.05).mean() == pytest.approx(seen, abs=0.01)
    assert (day < 0.001).mean() == pytest.approx(at_001, abs=0.01)


@pytest.mark.parametrize(
    ("confusion", "predicted", "low", "high"),
    [
        ([[1530, 170], [60, 240]], [238, 62], 0.08, 0.22),
        ([[1530, 170], [60, 240]], [795, 205], 0.11, 0.19),
        ([[1530, 170], [60, 240]], [7950, 2050], 0.13, 0.17),
        ([[1479, 221], [180, 120]], [249, 51], 0.00, 0.32),
        ([[1479, 221], [180, 120]], [829, 171], 0.05, 0.26),
        ([[1479, 221], [180, 120]], [8295, 1705], 0.08, 0.22),
    ],
)
def test_a_share_of_15_percent_is_known_as_well_as_the_page_says(
    confusion, predicted, low, high
):
    found = label_shift(confusion, predicted)
    good = confusion[0][0] == 1530
    assert found.condition == pytest.approx(1.5 if good else 4.6, abs=0.05)
    assert found.shares[1] == pytest.approx(0.15, abs=0.003)
    assert (found.low[1], found.high[1]) == pytest.approx(
        (low, high), abs=0.0055
    )


# The blind spot


def months():
    """Each month of the 20 % sample, with the ten-row table as the model."""
    models = json.loads((DATA.parent / "results/models.json").read_text())
    table = RateTable(*map(np.array, models["table_rates"].values()))
    flights = load()
    known, served = flights.train, flights.production
    warned = table.predict(known["live_late"]) >= 0.25
    confusion = confusion_matrix(known.late, warned)
    for month in range(5, 13):
        now = served.where(served["month"] == month)
        p, late = table.predict(now["live_late"]), now.late
        warned = p >= 0.25
        found = label_shift(confusion, np.bincount(warned, minlength=2))
        rates = warned[late].mean(), warned[~late].mean()
        yield late.mean(), p.mean(), *rates, found


def test_on_the_flights_the_premise_is_wrong_and_the_answer_with_it():
    # In January to April 40 % of late flights are warned about, and 13 % of
    # the others. Both rates rise in bad months and fall in good ones.
    late, mean, caught, false, found = zip(*months(), strict=True)
    fits = [True] * 4 + [False] * 3 + [True]
    assert [rate > 0.40 for rate in caught] == fits
    assert [round(100 * x) for x in false] == [13, 17, 19, 10, 4, 4, 6, 23]
    assert [x.fits for x in found] == fits
    off = [abs(x.shares[1] - y) for x, y in zip(found, late, strict=True)]
    assert max(off) > 0.36
    off = [abs(x - y) for x, y in zip(mean, late, strict=True)]
    assert max(off) < 0.0505
    # in each of the five months in which a mix fits, the interval misses
    held = [
        x.low[1] <= y <= x.high[1] for x, y in zip(found, late, strict=True)
    ]
    assert held == [not x for x in fits]


def test_blind_spot_rows_that_look_different_pass_for_another_mix():
    # The mix stays at .15. A new camera doubles the false alarms in class 0,
    # from .1 to .2: the model now calls .85 x .2 + .15 x .8 = .29 class 1.
    confusion = [[7650, 850], [300, 1200]]
    found = label_shift(confusion, [7100, 2900])
    assert found.fits
    assert found.alarm
    assert found.shares[1] == pytest.approx(0.19 / 0.7)  # .27, not .15
    assert found.low[1] > 0.25


@cache
def by_chance(hits, n, share):
    """Chance of so few or so many hits among n, two-sided."""
    return stats.binomtest(hits, n, share).pvalue if n else 1.0


@pytest.mark.parametrize(
    ("false", "claimed", "n", "share_seen", "either_seen"),
    [
        (0.10, 0.15, 100, 0.05, 0.09),
        (0.15, 0.21, 100, 0.34, 0.48),
        (0.15, 0.21, 400, 0.88, 0.97),
        (0.20, 0.27, 100, 0.84, 0.95),
    ],
)
def test_blind_spot_a_hundred_labels_seldom_refute_a_mild_case(
    false, claimed, n, share_seen, either_seen
):
    # The mix stays at .15; class 0 is called class 1 at the rate `false`,
    # with a confusion matrix that says .1. Somebody labels n of the rows:
    # does their share refute the claim, or do they betray the new rate?
    mean = 0.85 * false + 0.15 * 0.8
    assert (mean - 0.1) / 0.7 == pytest.approx(claimed, abs=0.005)
    rng = np.random.default_rng(31)
    rare = rng.binomial(n, 0.15, 1_000)
    called = rng.binomial(n - rare, false), rng.binomial(rare, 0.8)
    share, rates = [], []
    for k, wrong, right in zip(rare, *called, strict=True):
        share.append(by_chance(int(k), n, (mean - 0.1) / 0.7) < 0.05)
        few = by_chance(int(wrong), int(n - k), 0.1)
        rates.append(min(few, by_chance(int(right), int(k), 0.8)) < 0.025)
    assert np.mean(share) == pytest.approx(share_seen, abs=0.03)
    either = np.logical_or(share, rates)
    assert np.mean(either) == pytest.approx(either_seen, abs=0.03)


def test_a_hundred_labels_know_a_share_of_15_percent_within_7_points():
    low, high = stats.binomtest(15, 100).proportion_ci(method="wilson")
    assert (low, high) == pytest.approx((0.09, 0.23), abs=0.005)
