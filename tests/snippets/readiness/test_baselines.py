"""What the two baselines promise, and what they cannot see."""

import json
import math
import re
from dataclasses import asdict
from datetime import UTC, datetime
from decimal import Decimal
from functools import cache

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.dummy import DummyClassifier
from sklearn.metrics import accuracy_score, brier_score_loss, log_loss

from snippets.flights import loader
from snippets.flights.models import RateTable as CaseTable
from snippets.readiness.baselines import (
    DoNothing,
    RateTable,
    do_nothing,
    rate_table,
)

NAN, INF = math.nan, math.inf
MANY = list(range(1000))
LATE = [0] * 900 + [1] * 100
flights = cache(loader.load)

outcomes = st.lists(st.integers(0, 1), min_size=1, max_size=60)
pairs = st.lists(
    st.tuples(st.integers(0, 9) | st.none(), st.integers(0, 1)),
    min_size=1,
    max_size=80,
).filter(lambda rows: any(x is not None for x, _ in rows))


def value(p, late):
    """Points per 1,000: a warning costs 1 and saves 4 if late."""
    return 1000 * np.where(p >= 0.25, 4.0 * np.asarray(late) - 1, 0).mean()


def brier(p, y):
    return np.mean((p - np.asarray(y)) ** 2)


# Identity


@given(st.integers(0, 1), st.integers(1, 50))
def test_if_nothing_ever_differs_doing_nothing_is_perfect(outcome, n):
    found = do_nothing([outcome] * n)
    assert (found.rate, found.majority) == (outcome, outcome)
    assert (found.accuracy, found.brier, found.log_loss) == (1, 0, 0)


@given(outcomes)
def test_a_table_of_one_row_says_the_base_rate(y):
    table = rate_table([7] * len(y), y)
    assert table.edges == ()
    assert table.predict([7, 0, NAN]).tolist() == [np.mean(y)] * 3


# Worked by hand


def test_one_late_in_four_worked_by_hand():
    # Right 3 times in 4. Brier: .25 x .75^2 + .75 x .25^2 = .1875.
    # Log loss: -.25 ln .25 - .75 ln .75 = .346574 + .215762 = .562335.
    found = do_nothing([0, 0, 1, 0])
    assert found == DoNothing(
        rate=0.25,
        majority=0,
        accuracy=0.75,
        brier=0.1875,
        log_loss=pytest.approx(0.5623351446),
        n=4,
        missing=0,
    )


def test_eleven_rows_worked_by_hand():
    # Sorted 1 to 8, four rows: cuts at the positions ceil(7 i / 4) = 2, 4,
    # 6, so at 3, 5, 7. Late: 1, then 4, then 5 and 6, then 8; NaN never.
    x = [8, 7, 6, 5, 4, 3, 2, 1, NAN, NAN, NAN]
    y = [1, 0, 1, 1, 1, 0, 0, 1, 0, 0, 0]
    table = rate_table(x, y, 4, min_rows=1)
    assert table.edges == (3, 5, 7)
    assert table.rates == (0.5, 0.5, 1, 0.5, 0)
    assert table.counts == (2, 2, 2, 2, 3)
    found = table.predict([-99, 2.9, 3, 5, 6.9, 7, 99, NAN])
    assert found.tolist() == [0.5, 0.5, 0.5, 1, 1, 0.5, 0.5, 0]


def test_ten_rows_hold_a_tenth_each():
    table = rate_table(MANY, LATE)
    assert table.edges == tuple(range(100, 1000, 100))
    assert table.counts == (100,) * 10 + (0,)
    assert table.rates == (0,) * 9 + (1, 0.1)


def test_beyond_all_that_was_seen_the_end_rows_answer():
    table = rate_table(MANY, LATE)
    assert table.predict([-INF, -1e9, 1e9, INF]).tolist() == [0, 0, 1, 1]


@pytest.mark.parametrize(
    ("n", "n_rows", "rows"),
    [(1000, 10, 10), (500, 10, 10), (499, 10, 9), (99, 10, 1), (60, 3, 1)],
)
def test_each_row_has_fifty_rows_of_data_behind_it(n, n_rows, rows):
    table = rate_table(MANY[:n], LATE[-n:], n_rows)
    assert len(table.edges) + 1 == rows
    assert min(table.counts[:-1]) >= 50


def test_a_cut_with_too_few_rows_since_the_last_one_is_left_out():
    # Cuts at the positions 3 and 6 of nine: at 1 and 2. Only one row of
    # data is between them.
    table = rate_table([0, 0, 0, 1, 2, 2, 2, 2, 2], [0] * 9, 3, min_rows=3)
    assert table.edges == (1,)
    assert table.counts == (3, 6, 0)


def test_too_few_to_count_get_the_rate_of_all():
    few = rate_table([1, 2, NAN], [1, 0, 0])
    assert few.rates == (1 / 3, 1 / 3)
    assert few.counts == (2, 1)
    # 40 missing values, all late, are fewer than 50: (100 + 40) / 1,040.
    some = rate_table(MANY + [NAN] * 40, LATE + [1] * 40)
    assert some.rates[-1] == 140 / 1040
    enough = rate_table(MANY + [NAN] * 50, LATE + [1] * 50)
    assert enough.rates[-1] == 1


# Agreement with others


@given(outcomes)
def test_it_is_scikit_learns_dummy(y):
    x = np.zeros((len(y), 1))
    dummy = DummyClassifier(strategy="prior").fit(x, y)
    p = dummy.predict_proba(x)[:, -1] if 1 in y else np.zeros(len(y))
    found = do_nothing(y)
    assert found.rate == pytest.approx(p[0])
    assert found.accuracy == pytest.approx(accuracy_score(y, dummy.predict(x)))
    assert found.brier == pytest.approx(brier_score_loss(y, p, pos_label=1))
    expected = log_loss(y, p, labels=[0, 1])
    assert found.log_loss == pytest.approx(expected, abs=1e-12)


@given(outcomes, st.floats(0, 1))
def test_no_other_constant_has_a_better_brier_score(y, constant):
    assert do_nothing(y).brier <= brier(constant, y) + 1e-12


@given(pairs, st.integers(2, 12))
def test_its_rows_predict_what_the_table_of_the_case_predicts(rows, n_rows):
    # The case cuts between two values, this table at the upper of the two:
    # the same for every value that the table was made from.
    x, y = (np.array(column, float) for column in zip(*rows, strict=True))
    ours = rate_table(x, y, n_rows, min_rows=1)
    theirs = CaseTable.fit(x, y == 1, n_rows)
    if n_rows <= np.isfinite(x).sum():
        np.testing.assert_allclose(ours.predict(x), theirs.predict(x))


@given(pairs, st.integers(2, 12), st.integers(1, 9))
def test_a_row_is_the_share_pandas_finds_in_it(rows, n_rows, min_rows):
    x, y = (np.array(column, float) for column in zip(*rows, strict=True))
    table = rate_table(x, y, n_rows, min_rows=min_rows)
    assert sum(table.counts) == len(rows)
    cuts = [-INF, *table.edges, INF]
    groups = pd.Series(y).groupby(pd.cut(x, cuts, right=False), observed=False)
    for mean, n, rate, count in zip(
        groups.mean(), groups.size(), table.rates, table.counts, strict=False
    ):
        assert n == count
        assert rate == pytest.approx(mean if n >= min_rows else y.mean())
    if len(table.edges):
        assert min(table.counts[:-1]) >= min_rows


# The worked case, on the 20 % sample


def test_on_the_flights_it_is_the_table_of_the_case():
    train, served = flights().train, flights().production
    ours = rate_table(train["live_late"], train.late)
    theirs = CaseTable.fit(train["live_late"], train.late)
    np.testing.assert_array_equal(ours.edges, theirs.edges)
    np.testing.assert_allclose(ours.rates, theirs.rates)
    p = ours.predict(served["live_late"])
    np.testing.assert_allclose(p, theirs.predict(served["live_late"]))
    # 117 on all flights, 118 on this sample
    assert value(p, served.late) == pytest.approx(118, abs=1)


def test_never_warning_is_right_on_84_flights_in_100_and_worth_nothing():
    found = do_nothing(flights().production.late)
    assert found.accuracy == pytest.approx(0.843, abs=0.003)
    assert found.majority == 0
    assert found.brier == pytest.approx(0.133, abs=0.001)


def test_1800_flights_of_the_top_row_tell_as_much_as_400_independent_ones():
    # Days are drawn whole: flights of a storm are late together.
    train = flights().train
    x, late = train["live_late"], train.late
    table = rate_table(x, late)
    day = np.unique(train["date"], return_inverse=True)[1]
    n_days = day.max() + 1
    drawn = np.random.default_rng(1).multinomial(
        n_days, np.full(n_days, 1 / n_days), size=2_000
    )
    errors = []
    for row in (8, 9):
        here = np.searchsorted(table.edges, x, "right") == row
        here &= ~np.isnan(x)
        rates = drawn @ np.bincount(day, here & late, n_days)
        rates = rates / (drawn @ np.bincount(day, here, n_days))
        errors.append(rates.std())
    assert table.counts[8:10] == (1779, 1820)
    rate = table.rates[9]
    assert rate * (1 - rate) / errors[1] ** 2 == pytest.approx(400, abs=40)
    # The row below it has a rate of .255, give or take .032.
    assert table.rates[8] == pytest.approx(0.255, abs=0.001)
    assert 2 * errors[0] == pytest.approx(0.032, abs=0.003)


@pytest.mark.parametrize(
    ("flights_seen", "n_rows", "points"),
    [(300, 5, 102), (500, 10, 100), (500, 5, 107), (2000, 5, 113)],
)
def test_five_rows_from_a_few_hundred_flights_earn_almost_as_much(
    flights_seen, n_rows, points
):
    # Made in even weeks, judged in odd ones; 60 tables of each size.
    known = flights().where(flights().labelled)
    x, late = known["live_late"], known.late
    week = (known["date"].astype("M8[D]").astype(int) + 3) // 7
    odd, even = week % 2 == 1, np.flatnonzero(week % 2 == 0)
    rng = np.random.default_rng(2)
    found = []
    for _ in range(60):
        i = rng.choice(even, flights_seen, replace=False)
        p = rate_table(x[i], late[i], n_rows).predict(x[odd])
        found.append(value(p, late[odd]))
    assert np.mean(found) == pytest.approx(points, abs=5)


# Properties


@given(pairs, st.randoms(use_true_random=False))
def test_the_order_of_the_rows_does_not_matter(rows, random):
    mixed = random.sample(rows, len(rows))
    one, other = (
        rate_table(*zip(*part, strict=True), min_rows=2)
        for part in (rows, mixed)
    )
    assert one == other


@given(pairs)
def test_a_table_survives_json(rows):
    table = rate_table(*zip(*rows, strict=True), min_rows=3)
    assert RateTable(**json.loads(json.dumps(asdict(table)))) == table


@given(pairs)
def test_rows_without_an_outcome_change_nothing(rows):
    x, y = zip(*rows, strict=True)
    more = rate_table([*x, 3, NAN], [*y, None, NAN])
    assert more == rate_table(x, y)
    assert do_nothing([*y, None]).rate == do_nothing(y).rate


# Hard inputs

HARD = {
    "constant": ([7] * 100, [0, 1] * 50, (), (0.5, 0.5)),
    "two values": ([0, 1] * 60, [0, 1] * 60, (1,), (0, 1, 0.5)),
    "a flag": ([False, True] * 60, [0, 1] * 60, (1,), (0, 1, 0.5)),
    "one row": ([7], [1], (), (1, 1)),
    "infinities": ([-INF, INF] * 60, [0, 1] * 60, (INF,), (0, 1, 0.5)),
    "only inf": ([INF] * 60, [1] * 60, (), (1, 1)),
    "mostly zero": ([0] * 90 + [5] * 60, [0] * 90 + [1] * 60, (5,), (0, 1, 0)),
    "rare top": ([0] * 90 + [5] * 10, [0] * 90 + [1] * 10, (), (0.1, 0.1)),
    "mostly missing": (
        [NAN] * 100 + [1] * 60,
        [0] * 100 + [1] * 60,
        (),
        (1, 0),
    ),
}


@pytest.mark.parametrize(
    ("feature", "y", "edges", "rates"), HARD.values(), ids=HARD
)
def test_hard_inputs(feature, y, edges, rates):
    table = rate_table(feature, y)
    assert table.edges == edges
    if table.counts[-1] == 0:  # nobody missing: the rate of all
        rates = (*rates[:-1], np.mean(y))
    assert table.rates == rates


@pytest.mark.parametrize(
    "column",
    [
        (0, 1, None, 1),
        np.array([0, 1, None, 1]),
        np.array([0, 1, NAN, 1], dtype=np.float32),
        np.ma.array([0, 1, 1, 1], mask=[0, 0, 1, 0]),
        pd.Series([0, 1, None, 1], index=[9, 8, 7, 7]),
        pd.Series([0, 1, None, 1], dtype="Int64"),
        [False, True, None, True],
    ],
    ids=lambda column: type(column).__name__,
)
def test_other_containers_give_the_answer_of_the_list(column):
    plain = [0, 1, NAN, 1]
    assert do_nothing(column) == do_nothing(plain)
    ours = rate_table(column, column, 2, min_rows=1)
    assert ours == rate_table(plain, plain, 2, min_rows=1)
    assert ours.predict(column).tolist() == ours.predict(plain).tolist()


def test_an_empty_batch_has_no_predictions():
    assert rate_table(MANY, LATE).predict([]).shape == (0,)


def test_a_tie_is_no_majority():
    assert do_nothing([0, 1]).majority == 0


# Errors


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: do_nothing([]), ValueError, "y must have an outcome in 1"),
        (lambda: do_nothing([NAN, None]), ValueError, "1 row .* got none"),
        (lambda: do_nothing([0, 2]), ValueError, "y must be 0 or 1, got 2.0"),
        (lambda: do_nothing([0, 0.5]), ValueError, "0 or 1, got 0.5"),
        (lambda: do_nothing([0, INF]), ValueError, "0 or 1, got inf"),
        (lambda: do_nothing([-1, 1]), ValueError, "0 or 1, got -1.0"),
        (lambda: do_nothing(["0", "1"]), TypeError, "y must hold numbers"),
        (lambda: do_nothing(["a\n<b>"]), TypeError, "y must hold numbers"),
        (lambda: do_nothing([[0, 1]]), ValueError, r"one column, got \(1, 2"),
        (lambda: do_nothing(1), ValueError, r"y must be one column, got \(\)"),
        (
            lambda: do_nothing([datetime(2013, 1, 1, tzinfo=UTC)]),
            TypeError,
            "y must hold numbers, got object",
        ),
        (
            lambda: rate_table([1], [0, 1]),
            ValueError,
            "feature and y must be equally long, got 1 and 2",
        ),
        (lambda: rate_table([], []), ValueError, "feature must be known in 1"),
        (lambda: rate_table([NAN], [1]), ValueError, "feature must be known"),
        (lambda: rate_table([1], [NAN]), ValueError, "feature must be known"),
        (lambda: rate_table(["1"], [1]), TypeError, "feature must hold num"),
        (lambda: rate_table([1], ["1"]), TypeError, "y must hold numbers"),
        (lambda: rate_table([[1]], [1]), ValueError, "feature must be one c"),
        (lambda: rate_table([1], [7]), ValueError, "y must be 0 or 1, got 7"),
        (
            lambda: rate_table([1], [1], 1),
            ValueError,
            "n_rows must be a whole number, 2 or more, got 1",
        ),
        (lambda: rate_table([1], [1], 2.5), ValueError, "n_rows .* got 2.5"),
        (lambda: rate_table([1], [1], "9"), ValueError, "n_rows .* got '9'"),
        (
            lambda: rate_table([1], [1], min_rows=0),
            ValueError,
            "min_rows must be a whole number, 1 or more, got 0",
        ),
        (
            lambda: RateTable((2, 1), (0, 0, 0, 0), (1, 1, 1, 1)),
            ValueError,
            r"edges must increase, got \(2, 1\)",
        ),
        (lambda: RateTable((NAN,), (0,) * 3, (1,) * 3), ValueError, "edges"),
        (
            lambda: RateTable((1,), (0, 0), (1, 1, 1)),
            ValueError,
            "rates must be 3 numbers, 2 more than edges, got 2",
        ),
        (lambda: RateTable((), (0, 0), (1,)), ValueError, "counts must be 2"),
        (lambda: RateTable((), (0, 1.5), (1, 1)), ValueError, "rates must be"),
        (lambda: RateTable((), (0, NAN), (1, 1)), ValueError, "rates must be"),
        (lambda: RateTable((), (0, 1), (1, -1)), ValueError, "counts must be"),
        (lambda: RateTable((), (0, 1), (1, 0.5)), ValueError, "counts must b"),
        (lambda: RateTable((), (0, 1), (1, INF)), ValueError, "counts must b"),
        (lambda: RateTable((), ("0", "1"), (1, 1)), TypeError, "rates must h"),
        (
            lambda: rate_table(MANY, LATE).predict(["1"]),
            TypeError,
            "feature must hold numbers",
        ),
        (
            lambda: rate_table(MANY, LATE).predict(1),
            ValueError,
            r"feature must be one column, got \(\)",
        ),
    ],
)
def test_what_is_refused_is_refused_by_name(call, error, message):
    with pytest.raises(error, match=message):
        call()


things = st.one_of(
    st.floats(),
    st.integers(-3, 30),
    st.sampled_from([-(2**70), 10**400, Decimal("0.5"), "1", "nan", b"1"]),
    st.sampled_from([None, True, 1j, pd.NA, pd.NaT, np.float32(0.1)]),
    st.sampled_from([datetime(2013, 1, 1, tzinfo=UTC), "a\n<b>"]),
)
columns = st.one_of(
    things,
    st.lists(things, max_size=4),
    st.lists(things, max_size=4).map(lambda rows: pd.Series(rows, dtype="O")),
    st.lists(st.lists(things, max_size=2), max_size=3),
    st.lists(st.sampled_from([0, 1, NAN]), max_size=4).map(np.array),
)


@given(columns, columns, things)
@settings(max_examples=50)
def test_bad_input_gives_a_documented_result_or_an_error_by_name(
    column, other, thing
):
    calls = {
        "y": lambda: do_nothing(column),
        "feature|y": lambda: rate_table(column, other, min_rows=1),
        "n_rows": lambda: rate_table([1, 2, 3], [0, 1, 0], thing),
        "min_rows": lambda: rate_table([1, 2], [0, 1], min_rows=thing),
        "edges|rates|counts": lambda: RateTable(column, other, column),
        "feature": lambda: rate_table(MANY, LATE).predict(column),
    }
    for name, call in calls.items():
        result, message = None, name
        try:
            result = call()
        except (TypeError, ValueError) as error:
            message = str(error)
        assert re.search(rf"\b({name})\b", message), message
        if isinstance(result, DoNothing):
            assert result.n + result.missing == len(column)
            assert 0.5 <= result.accuracy <= 1
            assert 0 <= result.brier <= 0.25
            assert 0 <= result.log_loss <= math.log(2) + 1e-12
        if isinstance(result, RateTable):
            result = result.predict([-1e9, 0, 1e9, NAN, INF])
        if isinstance(result, np.ndarray):
            assert ((result >= 0) & (result <= 1)).all()


# The blind spots


def test_blind_spot_a_table_tuned_on_its_own_rows():
    # Nothing to learn: a coin with .2 on one side, and a column of noise.
    rng = np.random.default_rng(3)
    noise, late = rng.random((2, 2_000)), rng.random((2, 2_000)) < 0.2
    tuned = rate_table(noise[0], late[0], 500, min_rows=1)
    own, new = (
        brier(tuned.predict(noise[i]), late[i]) / do_nothing(late[i]).brier
        for i in (0, 1)
    )
    assert own == pytest.approx(0.75, abs=0.04)
    assert new == pytest.approx(1.26, abs=0.06)
    # With fifty rows behind each rate it cannot learn the noise by heart.
    safe = rate_table(noise[0], late[0], 500).predict(noise[1])
    assert brier(safe, late[1]) < 1.05 * do_nothing(late[1]).brier


def test_blind_spot_a_column_from_the_future():
    # The departure delay: known an hour after take-off, and asked for two
    # hours before it. On paper the table earns more than any model here.
    train, served = flights().train, flights().production
    table = rate_table(train["dep_delay"], train.late)
    promised = table.predict(served["dep_delay"])
    assert value(promised, served.late) == pytest.approx(335, abs=5)
    delivered = table.predict(np.full(len(served), NAN))
    assert value(delivered, served.late) == 0
