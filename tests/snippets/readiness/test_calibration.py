"""What calibration promises, how far it holds, and what it cannot see."""

import json
import math
import re
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from sklearn.calibration import calibration_curve
from sklearn.metrics import brier_score_loss

from snippets.flights.loader import load
from snippets.readiness.calibration import (
    BrierSkill,
    CalibrationError,
    brier_skill,
    expected_calibration_error,
    reliability,
)

NAN, INF = math.nan, math.inf
RESULTS = Path(__file__).parents[3] / "snippets/flights/results/models.json"

rows = st.lists(
    st.tuples(st.booleans(), st.floats(0, 1)), min_size=1, max_size=60
)


def columns(pairs):
    return [y for y, _ in pairs], [p for _, p in pairs]


# Identity


def test_a_claim_that_comes_true_in_every_bin_has_no_error():
    p = [0.25, 0.25, 0.25, 0.25, 0.5, 0.5]
    e = expected_calibration_error([1, 0, 0, 0, 1, 0], p)
    assert (e.value, e.alarm, e.n, e.n_bins) == (0, False, 6, 2)
    assert e.limit > e.expected > 0  # a perfect model seldom shows 0


# Worked by hand


def test_two_bins_worked_by_hand():
    # said .1 .2 .3, came 0 0 1: .200 and .333, off by .133, three rows
    # said .7 .9, came 1 1: .8 and 1, off by .2, two rows
    # (3 x .1333 + 2 x .2) / 5 = .8 / 5 = .16
    y, p = [0, 0, 1, 1, 1], [0.1, 0.2, 0.3, 0.7, 0.9]
    low, high = reliability(y, p, n_bins=2)
    assert (low.edges, low.n, high.edges, high.n) == ((0, 0.5), 3, (0.5, 1), 2)
    assert low.claimed == pytest.approx(0.2)
    assert low.observed == pytest.approx(1 / 3)
    # nobody missing in two rows: (alpha / 2) ** (1 / 2) is the lower limit
    assert (high.low, high.high) == (pytest.approx(0.025**0.5), 1)
    e = expected_calibration_error(y, p, n_bins=2)
    assert e.value == pytest.approx(0.16)


def test_what_chance_shows_worked_by_hand():
    # Two rows of .5: both or none come in half of samples, off by 1 of 2.
    # Mean .25; the limit of 5 % is .5, and nothing can lie above it.
    e = expected_calibration_error([1, 1], [0.5, 0.5])
    assert e.value == e.limit == 0.5
    assert e.expected == pytest.approx(0.25, abs=0.03)
    assert not e.alarm


def test_an_event_that_was_said_to_be_impossible_alarms_at_once():
    e = expected_calibration_error([0] * 99 + [1], [0.0] * 100)
    assert (e.value, e.expected, e.limit, e.alarm) == (0.01, 0, 0, True)


def test_skill_worked_by_hand():
    # (.04 + .04 + .16 + .04) / 4 = .07 against .25: 1 - .28 = .72
    s = brier_skill([0, 0, 1, 1], [0.2, 0.2, 0.6, 0.8])
    assert (s.brier, s.reference) == (pytest.approx(0.07), 0.25)
    assert (s.skill, s.base_rate, s.n) == (pytest.approx(0.72), 0.5, 4)
    # beyond its share, each row adds: .04 - .28 x .25 = -.03, -.03, .09, -.03
    # sqrt(4/3 x .0108) / 1 = .12; t with 3 degrees of freedom: 3.18245
    assert s.high - s.skill == pytest.approx(0.12 * 3.18245, rel=1e-5)
    # the rate of the training rows, .25, is the easier opponent here
    known = brier_skill([0, 0, 1, 1], [0.2, 0.2, 0.6, 0.8], base_rate=0.25)
    assert known.reference == (2 * 0.25**2 + 2 * 0.75**2) / 4


def test_rows_that_always_agree_count_as_one_row_a_group():
    y, p, day = [1] * 8, [0.9] * 8, [1, 1, 1, 1, 1, 2, 2, 2]
    (by_row,) = reliability(y, p)
    (by_day,) = reliability(y, p, cluster=day)
    assert by_row.low == pytest.approx(0.025 ** (1 / 8))
    assert by_day.low == pytest.approx(0.025 ** (1 / 2))


# Agreement with others


@pytest.mark.parametrize("n_bins", [1, 2, 5, 15, 60])
@pytest.mark.parametrize("equal_count", [False, True])
def test_the_bins_are_those_of_scikit_learn(n_bins, equal_count):
    rng = np.random.default_rng(n_bins)
    p = rng.beta(1, 4, 500).round(2)  # ties, and scores on the edges
    y = rng.random(500) < p
    bins = reliability(y, p, n_bins=n_bins, equal_count=equal_count)
    strategy = "quantile" if equal_count else "uniform"
    came, said = calibration_curve(y, p, n_bins=n_bins, strategy=strategy)
    assert [b.observed for b in bins] == pytest.approx(came)
    assert [b.claimed for b in bins] == pytest.approx(said)
    assert sum(b.n for b in bins) == 500
    for b in bins:
        assert b.edges[0] - 1e-9 <= b.claimed <= b.edges[1] + 1e-9
        exact = stats.binomtest(round(b.n * b.observed), b.n)
        assert (b.low, b.high) == pytest.approx(exact.proportion_ci(0.95))
    e = expected_calibration_error(
        y, p, n_bins=n_bins, equal_count=equal_count
    )
    off = sum(b.n * abs(b.claimed - b.observed) for b in bins) / 500
    assert (e.value, e.n_bins) == (pytest.approx(off), len(bins))


@given(rows)
def test_the_brier_score_is_that_of_scikit_learn(pairs):
    y, p = columns([*pairs, (True, 0.3), (False, 0.3)])
    s = brier_skill(y, p)
    assert s.brier == pytest.approx(brier_score_loss(y, p))
    constant = brier_score_loss(y, np.full(len(y), np.mean(y)))
    assert s.reference == pytest.approx(constant)


@pytest.mark.parametrize("model", ["notebook", "table", "hardened"])
def test_the_case_has_the_error_that_another_program_measured(model):
    # the committed run keeps its bins: rows with the same bins are made here
    results = json.loads(RESULTS.read_text("utf-8"))
    bins = [b for b in results["reliability"][model] if b["n"]]
    p = np.repeat([b["claimed"] for b in bins], [b["n"] for b in bins])
    came = [np.arange(b["n"]) < round(b["n"] * b["late"]) for b in bins]
    e = expected_calibration_error(np.concatenate(came), p)
    assert e.value == pytest.approx(results[model]["ece"], abs=2e-6)
    # counted by row, chance would explain less than a fifth of it
    assert e.alarm
    assert e.expected < 0.0025 < e.value / 5


def test_drawing_signs_of_single_rows_gives_the_limit_of_drawing_outcomes():
    rng = np.random.default_rng(6)
    p = rng.beta(1, 5.4, 3_000)
    y = rng.random(3_000) < p
    drawn = expected_calibration_error(y, p)
    signs = expected_calibration_error(y, p, cluster=np.arange(3_000))
    assert signs.value == drawn.value
    assert signs.expected == pytest.approx(drawn.expected, rel=0.05)
    assert signs.limit == pytest.approx(drawn.limit, rel=0.05)


# Properties


@settings(max_examples=50)
@given(rows, st.integers(1, 20), st.booleans())
def test_the_error_is_at_least_the_overall_gap(pairs, n_bins, equal_count):
    y, p = columns(pairs)
    kind = {"n_bins": n_bins, "equal_count": equal_count}
    e = expected_calibration_error(y, p, **kind)
    gap = abs(np.mean(p) - np.mean(y))
    assert gap - 1e-12 <= e.value <= 1
    assert 0 <= e.expected <= e.limit + 1e-12 or e.limit < e.expected
    assert e.n_bins <= min(n_bins, len(y))


@settings(max_examples=50)
@given(rows, st.randoms(use_true_random=False))
def test_the_order_of_rows_does_not_matter(pairs, random):
    mixed = random.sample(pairs, len(pairs))
    one, other = (
        expected_calibration_error(*columns(x)) for x in (pairs, mixed)
    )
    assert one.value == pytest.approx(other.value)
    assert one.limit == pytest.approx(other.limit)


@settings(max_examples=50)
@given(rows)
def test_intervals_hold_what_was_observed_and_are_wider_by_group(pairs):
    y, p = columns(pairs)
    half = [i // 2 for i in range(len(y))]
    for cluster in None, half:
        for b in reliability(y, p, n_bins=4, cluster=cluster):
            assert 0 <= b.low <= b.observed <= b.high <= 1
            assert b.low < b.high


@given(rows, st.floats(0, 1))
def test_the_constant_itself_has_no_skill(pairs, constant):
    y = [*columns(pairs)[0], True, False]
    s = brier_skill(y, [constant] * len(y), base_rate=constant)
    assert (s.skill, s.low, s.high) == (0, 0, 0)


# Hard inputs

HARD = {
    "one row, came": ([1], [0.8], 0.2, False, 1),
    "one row, did not": ([0], [0.8], 0.8, False, 1),
    "sure, and right": ([0, 1, 1], [0, 1, 1], 0, False, 2),
    "sure, and wrong": ([1, 0, 0], [0, 1, 1], 1, True, 2),
    "never came": ([0] * 50, [0.01] * 50, 0.01, False, 1),
    "never came, said often": ([0] * 50, [0.2] * 50, 0.2, True, 1),
    "always came": ([1] * 50, [0.99] * 50, 0.01, False, 1),
    "constant that is right": ([0, 1] * 50, [0.5] * 100, 0, False, 1),
    "scores on the edges": ([0, 1, 1], [0, 1 / 15, 1], 14 / 45, False, 2),
    "a score of almost 0": ([0], [5e-324], 0, False, 1),
    "booleans": ([True, False], [True, False], 0, False, 2),
    "percent of 1": (np.array([1, 0], np.int8), [1, 0], 0, False, 2),
}  # fmt: skip


@pytest.mark.parametrize(
    ("y", "p", "value", "alarm", "n_bins"), HARD.values(), ids=HARD
)
def test_hard_inputs(y, p, value, alarm, n_bins):
    for equal_count in False, True:
        e = expected_calibration_error(y, p, equal_count=equal_count)
        assert e.value <= value + 1e-9
    e = expected_calibration_error(y, p)
    assert e.value == pytest.approx(value)
    assert (e.alarm, e.n_bins) == (alarm, n_bins)


def test_a_million_rows_need_no_more_draws_than_a_thousand():
    p = np.linspace(0, 1, 1_000_001)
    e = expected_calibration_error(np.arange(1_000_001) % 2, p)
    assert e.value == pytest.approx(0.249, abs=1e-3)
    # root(2 / pi) x the sum over 15 bins of root(p (1 - p) / (15 n))
    middle = (np.arange(15) + 0.5) / 15
    by_hand = np.sqrt(2 / np.pi * middle * (1 - middle) / 15 / 1e6).sum()
    assert e.expected == pytest.approx(by_hand, rel=0.02)


@pytest.mark.parametrize(
    "wrap",
    [
        tuple,
        np.array,
        lambda x: np.array(x, dtype=np.float32),
        lambda x: np.array(x, dtype=object),
        lambda x: np.ma.array(x, mask=[0] * len(x)),
        lambda x: pd.Series(x, index=range(9, 9 - len(x), -1)),
        lambda x: pd.Series(x, dtype="Float64"),
    ],
)
def test_other_containers_give_the_answer_of_the_list(wrap):
    y, p = [0, 1, 1, 0], [0.25, 0.5, 0.75, 0.25]
    assert reliability(wrap(y), wrap(p)) == reliability(y, p)
    assert brier_skill(wrap(y), wrap(p)) == brier_skill(y, p)


@pytest.mark.parametrize(
    "day",
    [
        ["Mon", "Mon", "Tue", "Tue", "Wed", "Wed"],
        [date(2013, 5, 1 + i // 2) for i in range(6)],
        [datetime(2013, 5, 1 + i // 2, tzinfo=UTC) for i in range(6)],
        np.array(["2013-05-01", "2013-05-02"], "M8[D]").repeat([2, 4]),
        pd.Series([7.5, 7.5, 8, 8, 9, 9], dtype=object),
        pd.Categorical(["a", "a", "b", "b", "c", "c"]),
    ],
    ids=lambda day: type(day).__name__,
)
def test_groups_may_be_named_by_anything_that_can_be_a_key(day):
    y, p = [0, 0, 1, 1, 0, 1], [0.5] * 6
    (found,) = reliability(y, p, cluster=day)
    (by_row,) = reliability(y, p)
    assert found.low < by_row.low < by_row.high < found.high


# Errors

Y, P = [0, 1, 1], [0.2, 0.7, 0.6]


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: reliability([], []), ValueError, "y must hold at least 1"),
        (
            lambda: reliability([0, 1, NAN], P),
            ValueError,
            "y must be 0 or 1, got nan in row 2",
        ),
        (lambda: reliability([0, None, 1], P), ValueError, "y .* in row 1"),
        (lambda: reliability([0, 2, 1], P), ValueError, "y .* 2.0 in row 1"),
        (lambda: reliability([0, -1, 1], P), ValueError, "y .* got -1.0 in"),
        (lambda: reliability(["0", "1", "1"], P), TypeError, "y must hold"),
        (lambda: reliability([[0, 1, 1]], P), ValueError, r"y .*\(1, 3\)"),
        (lambda: reliability(1, P), ValueError, r"y must be one column"),
        (
            lambda: reliability(Y, [20, 70, 60]),
            ValueError,
            "p must be from 0 to 1, got 20.0 in row 0",
        ),
        (lambda: reliability(Y, [0.2, NAN, 1]), ValueError, "p .* got nan in"),
        (lambda: reliability(Y, [0.2, INF, 1]), ValueError, "p .* got inf in"),
        (lambda: reliability(Y, [0.2, -1e-9, 1]), ValueError, "p .* row 1"),
        (lambda: reliability(Y, ["a", "b", "c"]), TypeError, "p must hold"),
        (
            lambda: reliability(Y, np.ma.array(P, mask=[0, 0, 1])),
            ValueError,
            "p must be from 0 to 1, got nan in row 2",
        ),
        (
            lambda: reliability(Y, np.array([P, P]).T),
            ValueError,
            r"p must be one column, got \(3, 2\)",
        ),
        (
            lambda: reliability(Y, P[:2]),
            ValueError,
            r"y, p, cluster must be equally long, got \[3, 2, 2\]",
        ),
        (lambda: reliability(Y, P, cluster=[1]), ValueError, "cluster .* eq"),
        (lambda: reliability(Y, P, cluster=5), ValueError, "cluster .* one"),
        (
            lambda: reliability(Y, P, cluster=["a", None, "b"]),
            ValueError,
            "cluster must name each row's group: missing in row 1",
        ),
        (
            lambda: reliability(Y, P, cluster=["a", {}, "b"]),
            TypeError,
            "cluster must name each row's group: unhashable type",
        ),
        (lambda: reliability(Y, P, n_bins=0), ValueError, "n_bins .* got 0"),
        (lambda: reliability(Y, P, n_bins=2.0), ValueError, "n_bins .* 2.0"),
        (lambda: reliability(Y, P, alpha=0), ValueError, "alpha .* got 0"),
        (lambda: reliability(Y, P, alpha=95), ValueError, "alpha .* got 95"),
        (
            lambda: reliability(Y, P, equal_count="quantile"),
            TypeError,
            "equal_count must be a bool, got 'quantile'",
        ),
        (
            lambda: expected_calibration_error(Y, P, alpha=1e-4),
            ValueError,
            "alpha must be 0.001 to 0.5, got 0.0001",
        ),
        (
            lambda: expected_calibration_error(Y, P, seed=-1),
            ValueError,
            "seed must be a whole number, 0 to .*, got -1",
        ),
        (
            lambda: expected_calibration_error(Y, P, cluster=[1, 2, 3]),
            ValueError,
            "cluster must hold 6 groups, got 3",
        ),
        (lambda: brier_skill([1, 1], [0.5, 1]), ValueError, "y must differ"),
        (
            lambda: brier_skill([0, 0], [0.5, 1], base_rate=1e-160),
            ValueError,
            "y must differ from the constant, got 1e-160 always",
        ),
        (
            lambda: brier_skill(Y, P, base_rate=1.5),
            ValueError,
            "base_rate must be 0.0 to 1.0, got 1.5",
        ),
        (
            lambda: brier_skill(Y, P, cluster=[1, 1, 1]),
            ValueError,
            "cluster must hold 2 groups or more, got 1",
        ),
    ],
)  # fmt: skip
def test_what_is_refused_is_refused_by_name(call, error, message):
    with pytest.raises(error, match=message):
        call()


things = st.one_of(
    st.floats(),
    st.integers(-3, 30),
    st.sampled_from([-(2**70), 10**400, Fraction(1, 2), Decimal("0.5")]),
    st.sampled_from([None, True, "1", "nan", b"1", "<b>\n", 1j, pd.NA]),
    st.sampled_from([datetime(2013, 1, 1, tzinfo=UTC), timedelta(1), pd.NaT]),
    st.sampled_from([datetime(2013, 1, 1), np.float32(0.1)]),
)
odd_columns = st.one_of(
    things,
    st.lists(things, max_size=4),
    st.lists(things, max_size=4).map(lambda x: pd.Series(x, dtype="O")),
    st.lists(st.lists(things, max_size=2), max_size=3),
    st.lists(st.floats(0, 1), max_size=4).map(np.array),
    st.lists(st.booleans(), max_size=4).map(np.array),
)


@settings(max_examples=150, deadline=None)
@given(odd_columns, things)
def test_bad_input_gives_a_documented_result_or_an_error_by_name(
    column, thing
):
    good = [0, 1] * 4
    calls = {
        "y": lambda: expected_calibration_error(column, [0.5] * 4),
        "p": lambda: brier_skill([0, 1, 1, 0], column),
        "cluster": lambda: reliability(good[:4], good[:4], cluster=column),
        "n_bins": lambda: reliability(good, good, n_bins=thing),
        "equal_count": lambda: reliability(good, good, equal_count=thing),
        "alpha": lambda: expected_calibration_error(good, good, alpha=thing),
        "seed": lambda: expected_calibration_error(good, good, seed=thing),
        "base_rate": lambda: brier_skill(good, good, base_rate=thing),
    }  # fmt: skip
    for name, call in calls.items():
        result, message = None, name
        try:
            result = call()
        except (TypeError, ValueError) as error:
            message = str(error)
        assert re.search(rf"\b{name}\b", message), message
        if isinstance(result, CalibrationError):
            assert 0 <= result.value <= 1
            assert 0 <= result.limit <= 1
        elif isinstance(result, BrierSkill):
            assert -INF < result.low <= result.skill <= result.high < INF
        for b in result if isinstance(result, tuple) else ():
            assert 0 <= b.low <= b.observed <= b.high <= 1


# How far the promise holds: independent rows


def rare(rng, n):
    """Scores as in the case: mean .16, few of them high."""
    return rng.beta(1, 5.4, n)


def pushed(p, stretch=1.0, shift=0.0):
    """What is true if the model's log-odds are stretched, and too high."""
    odds = np.log(np.clip(p, 1e-9, None) / np.clip(1 - p, 1e-9, None))
    return 1 / (1 + np.exp(-(odds - shift) / stretch))


def looks(n, true=lambda p: p, equal_count=False, alpha=0.05, seed=1):
    """Of many samples of n rows: error, limit, alarms, share above .05."""
    rng = np.random.default_rng(seed)
    errors, expected, limits, alarms = [], [], [], []
    for turn in range(20):
        p = rare(rng, n)
        kind = {"equal_count": equal_count, "alpha": alpha, "seed": turn}
        samples = rng.random((max(20, min(200, 100_000 // n)), n)) < true(p)
        e = expected_calibration_error(samples[-1], p, **kind)
        steps = reliability(samples[-1], p, equal_count=equal_count)
        inner = [b.edges[1] for b in steps][:-1]
        ids = np.searchsorted(inner, p)
        hits = np.equal.outer(ids, np.arange(len(steps))).astype(float)
        found = abs((samples - p) @ hits).sum(axis=1) / n
        assert found[-1] == pytest.approx(e.value)
        errors.extend(found)
        alarms.extend(found > e.limit)
        limits.append(e.limit)
        expected.append(e.expected)
    assert true(0.3) != 0.3 or np.mean(errors) == pytest.approx(
        np.mean(expected), rel=0.03
    )
    above = np.mean(np.array(errors) > 0.05)
    return np.mean(errors), np.mean(limits), np.mean(alarms), above


@pytest.mark.parametrize(
    ("n", "mean", "limit", "above"),
    [
        (30, 0.131, 0.191, 1),
        (100, 0.077, 0.112, 0.92),
        (300, 0.046, 0.067, 0.34),
        (1_000, 0.026, 0.037, 0),
        (3_000, 0.015, 0.021, 0),
        (10_000, 0.008, 0.012, 0),
    ],
)
def test_a_perfect_model_has_an_error_and_alarms_in_one_sample_of_20(
    n, mean, limit, above
):
    found = looks(n)
    assert found[0] == pytest.approx(mean, rel=0.04, abs=5e-4)
    assert found[1] == pytest.approx(limit, rel=0.04, abs=5e-4)
    assert found[2] == pytest.approx(0.05, abs=0.016)
    # so "at most .05" says more about the rows than about the model
    assert found[3] == pytest.approx(above, abs=0.05)


@pytest.mark.parametrize(
    ("alpha", "equal_count"), [(0.01, False), (0.2, True)]
)
def test_it_alarms_as_often_as_asked(alpha, equal_count):
    found = looks(300, alpha=alpha, equal_count=equal_count)
    assert found[2] == pytest.approx(alpha, abs=0.3 * alpha)


@pytest.mark.parametrize(
    ("n", "width", "count"),
    [(100, 0.23, 0.22), (300, 0.45, 0.38), (1_000, 0.93, 0.83)],
)
def test_log_odds_stretched_by_30_percent_are_seen_this_often(n, width, count):
    def true(p):
        return pushed(p, stretch=1.3)

    assert looks(n, true)[2] == pytest.approx(width, abs=0.05)
    assert looks(n, true, True)[2] == pytest.approx(count, abs=0.05)


@pytest.mark.parametrize(
    ("n", "share"), [(30, 0.02), (100, 0.04), (300, 0.10), (1_000, 0.50)]
)
def test_claims_a_quarter_too_high_are_hardly_seen_below_300_rows(n, share):
    p = rare(np.random.default_rng(0), 10**6)
    true = pushed(p, shift=0.3)
    assert p.mean() / true.mean() == pytest.approx(1.24, abs=0.02)
    found = looks(n, lambda p: pushed(p, shift=0.3))
    assert found[2] == pytest.approx(share, abs=0.05)


def test_intervals_of_bins_cover_95_percent_and_more_with_few_rows():
    rng, covered = np.random.default_rng(3), {}
    for n in 100, 1_000, 10_000:
        hits = []
        for _ in range(60):
            p = rare(rng, n)
            bins = reliability(rng.random(n) < p, p)
            hits += [b.low <= b.claimed <= b.high for b in bins]
        covered[n] = np.mean(hits)
    assert covered == pytest.approx(
        {100: 0.985, 1_000: 0.97, 10_000: 0.965}, abs=0.02
    )


def test_the_interval_of_skill_covers_95_percent_from_300_rows():
    rng, covered = np.random.default_rng(4), {}
    p = rare(rng, 10**6)
    truth = 1 - (p * (1 - p)).mean() / (p.mean() * (1 - p.mean()))
    for n in 50, 300, 1_000:
        hits = []
        for _ in range(400):
            p = rare(rng, n)
            s = brier_skill(rng.random(n) < p, p)
            hits.append(s.low <= truth <= s.high)
        covered[n] = np.mean(hits)
    assert covered == pytest.approx(
        {50: 0.94, 300: 0.95, 1_000: 0.95}, abs=0.03
    )


# The same on real days, whose flights are late together


@pytest.fixture(scope="module")
def year():
    """A table that is calibrated over the year, on the 20 % sample."""
    flights = load()
    flights = flights.where(flights.labelled)
    late, live = flights.late, flights["live_late"]
    edges = np.nanquantile(live, np.arange(1, 10) / 10)
    row = np.where(np.isnan(live), 10, np.searchsorted(edges, live))
    rate = np.bincount(row, late) / np.bincount(row)
    day = np.unique(flights["date"], return_inverse=True)[1]
    by_day = np.split(
        np.argsort(day, kind="stable"), np.cumsum(np.bincount(day))
    )
    return rate[row], late, by_day[:-1]


def windows(year, k, times, seed=5):
    """Scores, outcomes and days of windows of k real days, drawn by lot."""
    rng, (p, late, by_day) = np.random.default_rng(seed), year
    for _ in range(times):
        drawn = [by_day[d] for d in rng.integers(0, len(by_day), k)]
        here = np.concatenate(drawn)
        yield late[here], p[here], np.repeat(range(k), list(map(len, drawn)))


def test_counted_by_row_six_windows_in_ten_ring_with_nothing_wrong(year):
    rows, days = zip(
        *(
            (
                expected_calibration_error(y, p).alarm,
                expected_calibration_error(y, p, cluster=day).alarm,
            )
            for y, p, day in windows(year, 28, 80)
        ),
        strict=True,
    )
    assert np.mean(rows) == pytest.approx(0.62, abs=0.1)
    assert np.mean(days) == pytest.approx(0.06, abs=0.04)


def test_intervals_by_day_cover_94_percent_and_by_row_72_percent(year):
    covered = {"day": [], "row": [], "skill": []}
    p, late, _ = year
    truth = brier_skill(late, p).skill
    for y, p, day in windows(year, 28, 150):
        for name, cluster in ("day", day), ("row", None):
            bins = reliability(y, p, cluster=cluster)
            covered[name] += [b.low <= b.claimed <= b.high for b in bins]
        s = brier_skill(y, p, cluster=day)
        covered["skill"].append(s.low <= truth <= s.high)
    found = {name: np.mean(hits) for name, hits in covered.items()}
    assert found == pytest.approx(
        {"day": 0.94, "row": 0.72, "skill": 0.92}, abs=0.04
    )


# The blind spots


def test_blind_spot_wrong_in_each_group_and_calibrated_in_all():
    # It says .3 to everybody. In one group .1 come, in the other .5 do.
    p = np.full(2_000, 0.3)
    here = np.arange(2_000) < 1_000
    y = np.arange(2_000) % 10 < np.where(here, 1, 5)
    assert not expected_calibration_error(y, p).alarm
    assert expected_calibration_error(y[here], p[here]).value == pytest.approx(
        0.2
    )
    assert expected_calibration_error(
        y[~here], p[~here]
    ).value == pytest.approx(0.2)


def test_blind_spot_the_base_rate_for_everybody_is_perfectly_calibrated():
    y = np.arange(1_000) % 5 == 0
    constant, right = np.full(1_000, 0.2), np.where(y, 0.6, 0.1)
    assert expected_calibration_error(y, constant).value < 1e-12
    assert expected_calibration_error(y, right).value > 0.1
    # the calibrated one tells no two cases apart; skill sees that
    assert brier_skill(y, constant).skill == pytest.approx(0)
    assert brier_skill(y, right).skill == pytest.approx(0.75)
