"""What a refresh promises, when it pays, and the season that turns on it."""

from functools import cache

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize_scalar
from scipy.special import expit, logit
from sklearn.isotonic import IsotonicRegression
from sklearn.metrics import log_loss

from scripts.figures import recalibrate_rows
from snippets.flights.loader import load
from snippets.flights.models import NOTEBOOK
from snippets.hardening.recalibrate import (
    Gain,
    Refresh,
    apply_refresh,
    fit_refresh,
    refresh_gain,
)


def drawn(n, moved=0.0, seed=0):
    """Stated probabilities, and outcomes whose log-odds lie `moved` apart."""
    draw = np.random.default_rng([seed, n])
    p = draw.beta(1.2, 6, n)
    return p, (draw.random(n) < expit(logit(p) + moved)).astype(float)


# Identity and oracles


def test_after_a_shift_predictions_and_outcomes_agree_on_average():
    p, y = drawn(2_000, 0.7)
    new = apply_refresh(fit_refresh(p, y), p)
    assert new.mean() == pytest.approx(y.mean(), abs=1e-9)
    assert np.array_equal(np.argsort(new), np.argsort(p))


def test_the_shift_has_the_largest_likelihood():
    p, y = drawn(3_000, -0.4, seed=1)

    def loss(shift):
        return log_loss(y, expit(logit(p) + shift))

    best = minimize_scalar(loss, bounds=(-3, 3), method="bounded")
    assert fit_refresh(p, y).shift == pytest.approx(best.x, abs=1e-4)


def test_worked_by_hand():
    # All said .5, and three of four happened: log-odds 0 become log 3.
    refresh = fit_refresh([0.5] * 4, [1, 1, 1, 0])
    assert refresh.shift == pytest.approx(np.log(3))
    assert apply_refresh(refresh, [0.5]) == pytest.approx([0.75])


@pytest.mark.parametrize("seed", range(5))
def test_the_curve_is_that_of_scikit_learn_off_its_ends(seed):
    p, y = drawn(500, 0.5, seed)
    refresh = fit_refresh(p, y, method="isotonic")
    theirs = IsotonicRegression(out_of_bounds="clip").fit(p, y)
    ours, expected = apply_refresh(refresh, p), theirs.predict(p)
    inner = (expected > 0) & (expected < 1)
    assert inner.sum() > 400
    assert ours[inner] == pytest.approx(expected[inner], abs=1e-6)
    assert ours.min() > 0
    assert ours.max() < 1


def test_the_interval_is_the_t_interval_over_rows():
    p, y = drawn(200, 0.3)
    new = np.clip(p + 0.05, 0, 1)
    gain = refresh_gain(p, new, y)
    each = (p - y) ** 2 - (new - y) ** 2
    half = 1.971957 * each.std(ddof=1) / np.sqrt(200)  # t, 199 degrees
    assert gain.gain == pytest.approx(each.mean())
    assert gain.high - gain.gain == pytest.approx(half, rel=1e-5)
    assert gain.old - gain.new == pytest.approx(gain.gain)


# Calibration of the interval


def test_the_interval_covers_the_truth_with_clusters():
    draw = np.random.default_rng(5)
    covered = alone = 0
    for _ in range(400):
        luck = np.repeat(draw.normal(0, 0.8, 40), 25)
        p = draw.beta(1.2, 6, 1_000)
        y = draw.random(1_000) < expit(logit(p) + luck)
        new = apply_refresh(Refresh("shift", 0.3, (), (), 1), p)
        day = np.repeat(np.arange(40), 25)
        truth = TRUTH
        gain = refresh_gain(p, new, y, cluster=day)
        covered += gain.low <= truth <= gain.high
        gain = refresh_gain(p, new, y)
        alone += gain.low <= truth <= gain.high
    assert 0.92 <= covered / 400 <= 0.98
    assert alone / 400 < 0.85  # by row, the interval is too narrow


def _truth():
    draw = np.random.default_rng(6)
    p = draw.beta(1.2, 6, 1_000_000)
    true = expit(logit(p) + draw.normal(0, 0.8, 1_000_000))
    new = expit(logit(p) + 0.3)
    old_cost = true * (1 - p) ** 2 + (1 - true) * p**2
    new_cost = true * (1 - new) ** 2 + (1 - true) * new**2
    return float(np.mean(old_cost - new_cost))


TRUTH = _truth()


# When it pays: the figure of the page


def test_a_shift_pays_at_100_rows_and_a_curve_from_some_200():
    shift = recalibrate_rows.gains("shift", recalibrate_rows.MOVED)
    curve = recalibrate_rows.gains("isotonic", recalibrate_rows.MOVED)
    pairs = zip(shift, curve, strict=True)
    at = dict(zip(recalibrate_rows.ROWS, pairs, strict=True))
    assert at[100][0] > 3
    assert at[100][1] < 0 < at[200][1]
    assert all(s > c for s, c in at.values())


def test_with_nothing_to_mend_a_refresh_costs():
    for method in ("shift", "isotonic"):
        gains = recalibrate_rows.gains(method, 0.0)
        assert max(gains) < 0
        assert gains[0] < gains[-1]


# The flights: each month refreshed from the month before, 20 % sample


@cache
def flights():
    rows = load()
    rows = rows.where(rows.labelled)
    later = rows.production
    fitted = NOTEBOOK.fit(rows.train)
    p = fitted.predict_proba(later.matrix(NOTEBOOK.columns))[:, 1]
    day = later["date"].astype("M8[D]").astype(np.int64)
    return p, later.late.astype(float), later["month"], day


def points(p, y):
    """Points per 1,000 flights: a warning costs 1 and saves 4 if late."""
    return 1000 * float(np.mean(np.where(p >= 0.25, 4 * y - 1, 0)))


def monthly(month, method="shift"):
    """Gain in thousandths with its ends, and points before and after."""
    p, y, months, day = flights()
    past, now = months == month - 1, months == month
    refresh = fit_refresh(p[past], y[past], method=method)
    new = apply_refresh(refresh, p[now])
    gain = refresh_gain(p[now], new, y[now], cluster=day[now])
    ends = [1_000 * x for x in (gain.gain, gain.low, gain.high)]
    return *ends, points(p[now], y[now]), points(new, y[now])


@pytest.mark.parametrize(
    ("month", "gain", "low", "high", "before", "after"),
    [
        (6, 3.3, -4.7, 11.2, 222, 236),
        (7, 3.5, -0.8, 7.9, 221, 228),
        (8, 10.4, 6.7, 14.2, 8, 50),
        (9, 21.3, 12.9, 29.7, -92, 20),
        (10, 18.3, 6.3, 30.4, -46, 14),
        (11, 10.5, 4.0, 17.0, -43, 7),
        (12, -10.2, -18.0, -2.4, 137, 95),
    ],
)
def test_the_months_that_the_page_prints(
    month, gain, low, high, before, after
):
    found = monthly(month)
    assert found[:3] == pytest.approx((gain, low, high), abs=1)
    assert found[3:] == pytest.approx((before, after), abs=6)


def test_a_curve_loses_more_than_a_shift_when_the_season_turns():
    assert monthly(12, "isotonic")[4] < monthly(12)[4] - 20


# Properties

P = st.floats(0.01, 0.99)
PAIRS = st.lists(st.tuples(P, st.integers(0, 1)), min_size=4, max_size=40)


@settings(max_examples=60)
@given(PAIRS, st.sampled_from(["shift", "isotonic"]))
def test_the_order_is_never_turned_round(pairs, method):
    p, y = zip(*pairs, strict=True)
    if len(set(y)) < 2:
        y = (1 - y[0], *y[1:])
    refresh = fit_refresh(p, y, method=method)
    new = apply_refresh(refresh, np.sort(p))
    assert np.all(np.diff(new) >= -1e-12)
    assert np.all((new >= 0) & (new <= 1))
    assert refresh.rows == len(p)


@settings(max_examples=60)
@given(PAIRS)
def test_swapping_old_and_new_turns_the_sign(pairs):
    p, y = zip(*pairs, strict=True)
    new = 1 - np.array(p)
    there, back = refresh_gain(p, new, y), refresh_gain(new, p, y)
    assert there.gain == pytest.approx(-back.gain)
    assert there.low == pytest.approx(-back.high)


JUNK = st.one_of(
    st.none(),
    st.floats(),
    st.text(max_size=3),
    st.lists(st.one_of(st.none(), st.floats(), st.integers(), st.text())),
    st.lists(st.lists(st.floats(0, 1), max_size=2), max_size=3),
    st.just(np.ma.masked_array([0.5, 0.1], [True, False])),
)


@settings(max_examples=150)
@given(JUNK, JUNK, st.sampled_from(["shift", "isotonic", "x", None]))
def test_any_input_gives_a_refresh_or_an_error_by_name(p, y, method):
    message = "p"
    try:
        refresh = fit_refresh(p, y, method=method)
        assert np.isfinite(refresh.shift)
    except (TypeError, ValueError) as error:
        message = str(error)
    assert message.startswith(("p", "y", "method"))


# Hard inputs


def test_0_and_1_stay_under_a_shift():
    refresh = fit_refresh([0, 0.2, 0.4, 1], [0, 1, 0, 1])
    new = apply_refresh(refresh, [0, 0.3, 1])
    assert (new[0], new[2]) == (0, 1)
    assert 0 < new[1] < 1


def test_one_row_at_the_end_does_not_lift_the_curve():
    draw = np.random.default_rng(4)
    p = np.sort(draw.beta(1.2, 6, 10_000))
    y = (draw.random(10_000) < p).astype(float)
    y[:2] = 0, 1  # the lowest block is one row without an event
    new = apply_refresh(fit_refresh(p, y, method="isotonic"), p)
    assert new.mean() == pytest.approx(y.mean(), abs=0.001)


def test_a_curve_of_one_level_gives_one_rate():
    refresh = fit_refresh([0.3] * 10, [1] * 4 + [0] * 6, method="isotonic")
    assert apply_refresh(refresh, [0.0, 0.3, 1.0]) == pytest.approx([0.4] * 3)


def test_a_block_without_an_event_is_no_proof_of_none():
    p = np.repeat([0.1, 0.9], 50)
    y = np.repeat([0, 1], 50)
    new = apply_refresh(fit_refresh(p, y, method="isotonic"), [0.1, 0.9])
    assert new == pytest.approx([0.01, 0.99])


@pytest.mark.parametrize(
    "kind", [list, tuple, pd.Series, np.float32, lambda x: np.array(x, object)]
)
def test_columns_of_any_kind(kind):
    p, y = [0.25, 0.5, 0.75, 0.5], [0, 1, 1, 0]
    same = fit_refresh(kind(p), kind(y))
    assert same.shift == pytest.approx(fit_refresh(p, y).shift)


# Bad input


@pytest.mark.parametrize(
    ("p", "y", "more", "message"),
    [
        ([], [], {}, "y must hold both 0 and 1, got 0 rows"),
        ([0.5] * 3, [1, 1, 1], {}, "y must hold both 0 and 1"),
        ([0.5, 1.2], [0, 1], {}, "p must be 0 to 1, got 1.2"),
        ([0.5, None], [0, 1], {}, "p must be 0 to 1, got nan"),
        ([0.5, np.inf], [0, 1], {}, "p must be 0 to 1, got inf"),
        ([0.5, 0.5], [0, 2], {}, "y must be 0 or 1, got 2"),
        ([0.5, 0.5], [0, None], {}, "y must be 0 or 1, got nan"),
        ([0.5, 0.5], [0, 1, 1], {}, "p, y must agree"),
        ([[0.5, 0.5]], [0, 1], {}, "p must be one column"),
        (["a", "b"], [0, 1], {}, "p must hold numbers"),
        ([0, 1], [0, 1], {}, "p must lie between 0 and 1 in 2 rows"),
        ([0.5, 0.5, 1], [0, 0, 1], {}, "y must hold both 0 and 1 where p"),
        ([0.5, 0.5], [0, 1], {"method": "platt"}, "method must be one of"),
    ],
)
def test_bad_input_is_named(p, y, more, message):
    with pytest.raises((TypeError, ValueError), match=message):
        fit_refresh(p, y, **more)


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        (([0.5], [0.5], [1]), "cluster must hold 2 groups, got 1"),
        (([0.5] * 2, [0.5] * 3, [1, 0]), "old, new, y, cluster must agree"),
        (([0.5] * 2, [0.5, 7], [1, 0]), "new must be 0 to 1, got 7"),
        (([0.5] * 2, [0.5] * 2, [1, 0], [1, None]), "cluster must have no"),
        (([0.5] * 2, [0.5] * 2, [1, 0], [[1], [2, 3]]), "cluster must be one"),
    ],
)
def test_bad_columns_of_a_comparison_are_named(columns, message):
    *three, cluster = columns if len(columns) == 4 else (*columns, None)
    with pytest.raises((TypeError, ValueError), match=message):
        refresh_gain(*three, cluster=cluster)


# Blind spot


def test_the_gain_on_the_rows_of_the_fit_flatters_and_the_turn_is_not_seen():
    p, june = drawn(2_000, 0.8, seed=2)
    _, september = drawn(2_000, -0.8, seed=3)
    new = apply_refresh(fit_refresh(p, june), p)
    assert refresh_gain(p, new, june).low > 0
    turned = refresh_gain(p, new, september)
    assert isinstance(turned, Gain)
    assert turned.high < 0
