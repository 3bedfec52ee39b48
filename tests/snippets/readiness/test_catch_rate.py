"""What catch_rate promises, how far it holds, and what it cannot see."""

import math
import re
from dataclasses import asdict
from datetime import UTC, datetime
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from snippets.flights.loader import load
from snippets.readiness.catch_rate import (
    CatchRate,
    answers_needed,
    catch_rate,
)

NAN, INF = math.nan, math.inf


def log(caught_wrong, escaped, blocked_right, passed_right):
    """Columns with so many answers of each kind, all of them judged."""
    counts = caught_wrong, escaped, blocked_right, passed_right
    wrong = np.repeat([1.0, 1.0, 0.0, 0.0], counts)
    return wrong, np.repeat([1.0, 0.0, 1.0, 0.0], counts)


kinds = st.tuples(*[st.integers(0, 30)] * 4).filter(any)


# Identity


@given(kinds)
def test_a_lot_that_judges_everything_changes_nothing(counts):
    wrong, caught = log(*counts)
    by_lot = catch_rate(wrong, caught, judged_by_lot=True)
    assert by_lot == catch_rate(wrong, caught)


# Worked by hand


def test_two_hundred_answers_worked_by_hand():
    # 20 wrong, 15 caught; 180 right, 9 blocked; 5 of 200 get through
    c = catch_rate(*log(15, 5, 9, 171), escape_cost=50, block_cost=2)
    assert (c.rate, c.false_block_rate) == (0.75, 0.05)
    assert c.escapes_per_1000 == pytest.approx(25)
    # 5 x 50, 9 x 2 and 20 x 50 in 200 answers, times five
    assert c.escape_cost == pytest.approx(1_250)
    assert c.block_cost == pytest.approx(90)
    assert c.unguarded_cost == pytest.approx(5_000)
    assert (c.n, c.n_judged) == (200, 200)


def test_one_in_ten_of_the_passed_is_judged_worked_by_hand():
    # 8 wrong among 10 blocked; 3 wrong among 100 judged of 1,000 passed.
    # Each of the 3 stands for ten: 8 / (8 + 30), and 30 in 1,010 answers.
    wrong = np.full(1_010, NAN)
    wrong[:10] = [1] * 8 + [0] * 2
    wrong[10:110] = [1] * 3 + [0] * 97
    caught = np.arange(1_010) < 10
    c = catch_rate(wrong, caught, judged_by_lot=True)
    assert c.rate == pytest.approx(8 / 38)
    assert c.escapes_per_1000 == pytest.approx(30_000 / 1_010)
    assert c.false_block_rate == pytest.approx(2 / (2 + 970))
    # the rows that were judged, taken alone, say 73 % for 21 %
    seen = ~np.isnan(wrong)
    assert catch_rate(wrong[seen], caught[seen]).rate == 8 / 11
    # 8 of 11 lies between .436 and .921; with tenfold odds against it:
    assert c.low == pytest.approx(0.436 / (0.436 + 10 * 0.564), abs=2e-3)
    assert c.high == pytest.approx(0.921 / (0.921 + 10 * 0.079), abs=2e-3)


def test_no_escape_in_n_answers_means_at_most_about_3_in_n():
    # the chance of none is (1 - x) ** n = .05, so x is close to 3 / n
    for n in 100, 200, 1_000, 3_000:
        c = catch_rate(*log(0, 0, 0, n))
        assert c.escapes_high == pytest.approx(1000 * (1 - 0.05 ** (1 / n)))
        assert c.escapes_high == pytest.approx(3_000 / n, rel=0.02)
    assert (c.rate, c.low, c.high) == (None, 0, 1)


@pytest.mark.parametrize(
    ("at_most", "escapes", "needed"),
    [(1, 0, 2_995), (1, 1, 4_742), (1, 3, 7_752), (15, 0, 199), (10, 0, 299)],
)
def test_how_many_answers_show_that_few_enough_escape(
    at_most, escapes, needed
):
    # (1 - .001) ** 2995 = .04996, and one answer fewer gives .05001
    assert answers_needed(at_most, escapes=escapes) == needed
    for n, shown in (needed, True), (needed - 1, False):
        c = catch_rate(*log(0, escapes, 0, n - escapes))
        assert (c.escapes_high <= at_most) == shown


def test_two_hundred_answers_cannot_show_less_than_15_in_1000():
    assert catch_rate(*log(0, 0, 0, 200)).escapes_high > 14.8
    # a system with 14 escapes in 1,000 shows none in 6 of 100 such tests
    none_seen = (1 - 0.014) ** 200
    assert none_seen == pytest.approx(0.06, abs=0.001)


def test_planning_for_none_fails_most_of_the_time_at_half_the_limit():
    # the true number is .5 in 1,000: how often is the test passed?
    passed = {
        k: stats.binom.cdf(k, answers_needed(1, escapes=k), 0.0005)
        for k in (0, 3, 10)
    }
    assert passed == pytest.approx({0: 0.22, 3: 0.46, 10: 0.77}, abs=0.01)


# Agreement with others


@given(st.integers(0, 300), st.integers(1, 300), st.floats(1e-6, 0.2))
def test_the_limits_are_the_exact_ones_of_scipy(k, more, alpha):
    n = k + more
    c = catch_rate(*log(k, more, 0, 0), alpha=alpha)
    exact = stats.binomtest(k, n).proportion_ci(1 - 2 * alpha)
    assert (c.low, c.high) == pytest.approx((exact.low, exact.high), rel=1e-6)
    # and by their definition: as many or more, as few or fewer
    assert k == 0 or stats.binom.sf(k - 1, n, c.low) == pytest.approx(alpha)
    assert stats.binom.cdf(k, n, c.high) == pytest.approx(alpha)


@settings(max_examples=50)
@given(st.floats(0.01, 900), st.integers(0, 40), st.floats(1e-6, 0.2))
def test_the_number_needed_is_the_least_one_by_scipy(most, escapes, alpha):
    n = answers_needed(most, escapes=escapes, alpha=alpha)
    assert stats.binom.cdf(escapes, n, most / 1000) <= alpha * (1 + 1e-9)
    if n > escapes + 1:
        assert stats.binom.cdf(escapes, n - 1, most / 1000) > alpha * (
            1 - 1e-9
        )


# Properties


@given(kinds, st.floats(1e-6, 0.5))
def test_limits_hold_what_was_seen(counts, alpha):
    c = catch_rate(*log(*counts), alpha=alpha)
    assert c.rate is None or 0 <= c.low <= c.rate <= c.high <= 1
    assert c.false_block_low <= (c.false_block_rate or 0)
    assert c.escapes_low <= c.escapes_per_1000 + 1e-9
    assert c.escapes_per_1000 <= c.escapes_high + 1e-9 <= 1000 + 1e-8


@given(kinds, st.randoms(use_true_random=False))
def test_the_order_of_answers_does_not_matter(counts, random):
    wrong, caught = log(*counts)
    order = random.sample(range(len(wrong)), len(wrong))
    mixed = catch_rate(wrong[order], caught[order])
    assert asdict(mixed) == pytest.approx(asdict(catch_rate(wrong, caught)))


@given(kinds)
def test_right_and_wrong_are_two_sides_of_one_count(counts):
    wrong, caught = log(*counts)
    there, back = catch_rate(wrong, caught), catch_rate(1 - wrong, caught)
    assert there.rate == back.false_block_rate
    assert (there.low, there.high) == (
        back.false_block_low,
        back.false_block_high,
    )


@given(kinds, st.floats(0, 100), st.floats(0, 100))
def test_costs_of_one_are_counts_and_others_multiply_them(counts, a, b):
    wrong, caught = log(*counts)
    ones = catch_rate(wrong, caught)
    priced = catch_rate(wrong, caught, escape_cost=a, block_cost=b)
    assert ones.escape_cost == pytest.approx(ones.escapes_per_1000)
    assert priced.escape_cost == pytest.approx(a * ones.escape_cost)
    assert priced.block_cost == pytest.approx(b * ones.block_cost)
    assert priced.unguarded_cost >= priced.escape_cost - 1e-9


@given(st.integers(0, 20), st.floats(0.1, 100))
def test_more_escapes_or_a_lower_limit_need_more_answers(escapes, most):
    n = answers_needed(most, escapes=escapes)
    assert answers_needed(most, escapes=escapes + 1) > n
    assert answers_needed(most / 2, escapes=escapes) > n


# Hard inputs

HARD = {  # of each kind; rate, escapes per 1,000, false block rate
    "one answer, right, passed": ((0, 0, 0, 1), None, 0, 0),
    "one answer, wrong, passed": ((0, 1, 0, 0), 0, 1000, None),
    "one answer, wrong, caught": ((1, 0, 0, 0), 1, 0, None),
    "one answer, right, blocked": ((0, 0, 1, 0), None, 0, 1),
    "everything is blocked": ((5, 0, 95, 0), 1, 0, 1),
    "nothing is blocked": ((0, 5, 0, 95), 0, 50, 0),
    "never wrong": ((0, 0, 3, 97), None, 0, 0.03),
    "always wrong": ((50, 50, 0, 0), 0.5, 500, None),
    "it blocks the right ones": ((0, 50, 50, 0), 0, 500, 1),
}


@pytest.mark.parametrize(
    ("counts", "rate", "escapes", "false_block"), HARD.values(), ids=HARD
)
def test_hard_inputs(counts, rate, escapes, false_block):
    c = catch_rate(*log(*counts))
    assert (c.rate, c.escapes_per_1000) == (rate, escapes)
    assert c.false_block_rate == false_block
    assert 0 <= c.low < c.high <= 1
    assert 0 <= c.escapes_low < c.escapes_high <= 1000


@pytest.mark.parametrize(
    "column",
    [
        (1, 0, None, 1),
        np.array([1, 0, NAN, 1], dtype=np.float32),
        np.array([True, False, None, True], dtype=object),
        np.ma.array([1, 0, 1, 1], mask=[0, 0, 1, 0]),
        pd.Series([1, 0, None, 1], index=[9, 8, 7, 7]),
        pd.Series([1, 0, None, 1], dtype="Int64"),
    ],
    ids=lambda column: type(column).__name__,
)
def test_other_containers_give_the_answer_of_the_list(column):
    caught = pd.Series([True, False, False, True])
    found = catch_rate(column, caught, judged_by_lot=True)
    assert found == catch_rate(
        [1, 0, NAN, 1], [1, 0, 0, 1], judged_by_lot=True
    )
    assert (found.n, found.n_judged) == (4, 3)


def test_dear_escapes_count_by_their_own_price():
    # nine cheap errors are caught and the dear one is not: 90 %, and 99 lost
    wrong, caught = log(9, 1, 0, 90)
    price = np.where(caught == 1, 1.0, 99.0)
    c = catch_rate(wrong, caught, escape_cost=price)
    assert c.rate == 0.9
    assert (c.escape_cost, c.unguarded_cost) == (990, 1080)


def test_the_cost_of_an_answer_that_is_neither_is_not_asked():
    c = catch_rate(*log(1, 1, 1, 1), escape_cost=[1, 2, 0, 0], block_cost=0)
    assert (c.escape_cost, c.unguarded_cost, c.block_cost) == (500, 750, 0)


# Errors

W, K = [1, 0, 0, 1], [1, 0, 0, 0]


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: catch_rate([], []), ValueError, "wrong must hold at least 1"),
        (
            lambda: catch_rate([1, 0, None, None], K),
            ValueError,
            "wrong must be known in every row unless judged_by_lot, "
            "got 2 of 4 missing",
        ),
        (
            lambda: catch_rate([1] + [None] * 3, K, judged_by_lot=True),
            ValueError,
            "wrong must be known for some passed, got 0 of 3",
        ),
        (
            lambda: catch_rate([None, 0, 0, 1], K, judged_by_lot=True),
            ValueError,
            "wrong must be known for some blocked, got 0 of 1",
        ),
        (lambda: catch_rate([2, 0, 0, 1], K), ValueError, "wrong .* 2.0 in r"),
        (lambda: catch_rate([1, 0, -1, 1], K), ValueError, "wrong .* row 2"),
        (
            lambda: catch_rate([1, 0, INF, 1], K),
            ValueError,
            "wrong .* got inf",
        ),
        (lambda: catch_rate(["no"] * 4, K), TypeError, "wrong must hold num"),
        (lambda: catch_rate("1001", K), ValueError, "wrong must be one col"),
        (lambda: catch_rate([W], K), ValueError, r"wrong .* \(1, 4\)"),
        (
            lambda: catch_rate(W, [1, 0, None, 0]),
            ValueError,
            "caught must be 0 or 1, got nan in row 2",
        ),
        (lambda: catch_rate(W, [1, 0, 0.5, 0]), ValueError, "caught .* 0.5"),
        (
            lambda: catch_rate(W, K[:3]),
            ValueError,
            "wrong, caught must be equally long, got 4 and 3",
        ),
        (
            lambda: catch_rate(W, K, escape_cost=-1),
            ValueError,
            "escape_cost must be from 0 to 1e100, got -1.0",
        ),
        (lambda: catch_rate(W, K, block_cost=NAN), ValueError, "block_.* nan"),
        (lambda: catch_rate(W, K, block_cost="2"), ValueError, "block_cost"),
        (
            lambda: catch_rate(W, K, escape_cost=[1, 2]),
            ValueError,
            "escape_cost must hold 4 numbers, got 2",
        ),
        (
            lambda: catch_rate(W, K, judged_by_lot=0.1),
            TypeError,
            "judged_by_lot must be a bool, got 0.1",
        ),
        (lambda: catch_rate(W, K, alpha=0), ValueError, "alpha .* got 0"),
        (lambda: catch_rate(W, K, alpha=95), ValueError, "alpha .* got 95"),
        (
            lambda: answers_needed(0),
            ValueError,
            "at_most_per_1000 must be 1e-06 to 999.0, got 0",
        ),
        (lambda: answers_needed(1000), ValueError, "at_most_per_1000 .* 1000"),
        (lambda: answers_needed("1"), ValueError, "at_most_per_1000 .* '1'"),
        (
            lambda: answers_needed(1, escapes=-1),
            ValueError,
            "escapes must be a whole number, 0 to 100000, got -1",
        ),
        (lambda: answers_needed(1, escapes=1.0), ValueError, "escapes .* 1.0"),
        (lambda: answers_needed(1, alpha=1), ValueError, "alpha .* got 1"),
    ],
)
def test_what_is_refused_is_refused_by_name(call, error, message):
    with pytest.raises(error, match=message):
        call()


things = st.one_of(
    st.floats(),
    st.integers(-3, 30),
    st.sampled_from([-(2**70), 10**400, Fraction(1, 2), Decimal("0.5")]),
    st.sampled_from([None, True, "1", "nan", b"1", "<b>\n", 1j, pd.NA]),
    st.sampled_from([datetime(2013, 1, 1, tzinfo=UTC), np.float32(0.1)]),
)
columns = st.one_of(
    things,
    st.lists(things, max_size=4),
    st.lists(things, max_size=4).map(lambda x: pd.Series(x, dtype="O")),
    st.lists(st.lists(things, max_size=2), max_size=3),
    st.lists(st.sampled_from([0, 1, True, None]), min_size=4, max_size=4),
)


@settings(max_examples=200)
@given(columns, things)
def test_bad_input_gives_a_documented_result_or_an_error_by_name(
    column, thing
):
    calls = {
        "wrong": lambda: catch_rate(column, K),
        "caught": lambda: catch_rate(W, column),
        "wrong|judged_by_lot": lambda: catch_rate(
            column, K, judged_by_lot=True
        ),
        "escape_cost": lambda: catch_rate(W, K, escape_cost=column),
        "block_cost": lambda: catch_rate(W, K, block_cost=thing),
        "judged_by_lot": lambda: catch_rate(W, K, judged_by_lot=thing),
        "alpha": lambda: catch_rate(W, K, alpha=thing),
        "at_most_per_1000": lambda: answers_needed(thing),
        "escapes": lambda: answers_needed(1, escapes=thing),
    }
    for name, call in calls.items():
        result, message = None, name
        try:
            result = call()
        except (TypeError, ValueError) as error:
            message = str(error)
        assert re.search(rf"\b({name})\b", message), message
        if isinstance(result, CatchRate):
            assert result.n == 4
            assert 0 <= result.low <= result.high <= 1
            assert 0 <= result.escapes_low <= result.escapes_high <= 1000
            assert 0 <= result.escape_cost < INF
        assert not isinstance(result, int) or result > 0


# How far the promise holds: how often a limit is on the wrong side


def judged(cells, f, fixed, rng):
    """Columns of one log of which a share f of the passed is judged."""
    wrong, caught = log(*cells)
    passed = np.flatnonzero(caught == 0)
    if fixed:  # so many cards are drawn
        drawn = rng.permutation(passed)[: max(1, round(f * len(passed)))]
    else:  # a coin is thrown for each
        drawn = passed[rng.random(len(passed)) < f]
    wrong[np.setdiff1d(passed, drawn)] = NAN
    return wrong, caught


@pytest.mark.parametrize("fixed", [True, False])
@pytest.mark.parametrize(
    ("n", "bad", "caught", "blocked", "f"),
    [
        (2_000, 0.06, 0.75, 0.02, 1.0),
        (2_000, 0.06, 0.75, 0.02, 0.1),
        (3_000, 0.1, 0.5, 0.05, 0.05),
        (500, 0.5, 0.5, 0.3, 0.3),
        (300, 0.01, 0.1, 0.3, 0.3),
    ],
)
def test_no_limit_errs_more_often_than_in_5_percent_of_logs(
    n, bad, caught, blocked, f, fixed
):
    rng, times = np.random.default_rng(1), 600
    chances = (
        bad * caught,
        bad * (1 - caught),
        (1 - bad) * blocked,
        (1 - bad) * (1 - blocked),
    )
    errors = np.zeros(6)
    for cells in rng.multinomial(n, chances, size=times):
        columns = judged(cells, f, fixed, rng)
        c = catch_rate(*columns, judged_by_lot=True)
        escapes = 1000 * bad * (1 - caught)
        errors += [
            c.low > caught,
            c.high < caught,
            c.escapes_low > escapes,
            c.escapes_high < escapes,
            c.false_block_low > blocked,
            c.false_block_high < blocked,
        ]
    # 5 % and the luck of 600 logs
    assert (
        errors / times <= 0.05 + 2.6 * math.sqrt(0.05 * 0.95 / times)
    ).all()
    assert f < 1 or errors.mean() / times > 0.02  # and not for being idle


def test_the_rows_judged_alone_err_nearly_always():
    # all blocked answers are judged, and one in ten of the others
    rng, too_high = np.random.default_rng(2), 0
    for cells in rng.multinomial(2_000, (0.045, 0.015, 0.02, 0.92), size=200):
        wrong, caught = judged(cells, 0.1, True, rng)
        seen = ~np.isnan(wrong)
        c = catch_rate(wrong[seen], caught[seen])
        too_high += c.low > 0.75
    assert too_high / 200 > 0.95


def test_errors_that_come_ten_at_a_time_break_the_promise():
    # 100 conversations of ten answers; in one of them all are wrong or none
    rng, errs = np.random.default_rng(3), 0
    for _ in range(600):
        bad = rng.random(100) < 0.06
        stopped = bad & (rng.random(100) < 0.5)
        c = catch_rate(bad.repeat(10), stopped.repeat(10))
        errs += c.escapes_high < 30
    assert errs / 600 == pytest.approx(0.42, abs=0.05)


# A judge that errs


@pytest.mark.parametrize(
    ("truth", "misses", "accuses", "reported"),
    [
        (1, 0.2, 0.01, 10.8),
        (1, 0.2, 0, 0.8),
        (10, 0.2, 0.01, 17.9),
        (10, 0, 0.01, 19.9),
        (100, 0.2, 0.01, 89.0),
    ],
)
def test_what_a_judge_who_errs_makes_of_escapes(
    truth, misses, accuses, reported
):
    # reported = truth x (1 - misses) + (1000 - truth) x accuses
    wrong = np.arange(100_000) < 100 * truth
    said = wrong.copy()
    said[: round(100 * truth * misses)] = False
    said[100_000 - round((100_000 - 100 * truth) * accuses) :] = True
    c = catch_rate(said, np.zeros(100_000))
    assert c.escapes_per_1000 == pytest.approx(reported, abs=0.06)


# Real wrong predictions


def test_a_table_that_asks_when_unsure_catches_44_percent_of_its_errors():
    # ten rows counted on January to April, used from May: late from .25 up
    flights = load()
    train, later = flights.train, flights.production
    edges = np.nanquantile(train["live_late"], np.arange(1, 10) / 10)
    before, now = (
        np.where(
            np.isnan(f["live_late"]),
            10,
            np.searchsorted(edges, f["live_late"]),
        )
        for f in (train, later)
    )
    p = (np.bincount(before, train.late) / np.bincount(before))[now]
    wrong, asks = (p >= 0.25) != later.late, (p > 0.15) & (p < 0.35)
    c = catch_rate(wrong, asks)
    assert (c.n, round(c.escapes_per_1000)) == (44_284, 103)
    assert c.rate == pytest.approx(0.442, abs=5e-4)
    assert c.false_block_rate == pytest.approx(0.164, abs=5e-4)
    # one passed flight in a hundred is judged: 98 % are "caught"
    rng = np.random.default_rng(20130501)
    seen = asks | (rng.random(len(asks)) < 0.01)
    assert catch_rate(wrong[seen], asks[seen]).rate > 0.98
    lot = catch_rate(np.where(seen, wrong, NAN), asks, judged_by_lot=True)
    assert lot.low < c.rate < lot.high


# The blind spots


def test_blind_spot_a_judge_that_shares_the_errors_of_the_guard():
    # Of 100 wrong answers 40 are wrong in a way that neither can see.
    rng = np.random.default_rng(4)
    wrong, odd = np.arange(2_000) < 100, np.arange(2_000) < 40
    caught = wrong & ~odd & (rng.random(2_000) < 0.95)
    found = catch_rate(wrong & ~odd, caught)  # what this judge calls wrong
    assert found.low > 0.85
    assert catch_rate(wrong, caught).high < 0.68


def test_blind_spot_complaints_are_no_lot():
    # Users complain of 1 wrong answer in 5, and of none that is right.
    rng = np.random.default_rng(5)
    wrong, caught = log(90, 30, 20, 1_860)
    seen = (caught == 1) | ((wrong == 1) & (rng.random(2_000) < 0.2))
    verdict = np.where(seen, wrong, NAN)
    truth = catch_rate(wrong, caught)
    claimed = catch_rate(verdict, caught, judged_by_lot=True)
    assert truth.rate == 0.75
    assert claimed.high < 0.2  # each complaint stands for hundreds
