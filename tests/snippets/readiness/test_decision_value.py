"""What a decision is worth, how sure that is, and what it cannot see."""

import json
import math
import re
from dataclasses import asdict
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import cache
from itertools import product
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from sklearn.metrics import confusion_matrix

from snippets.flights import loader, models
from snippets.readiness.decision_value import (
    Difference,
    Value,
    paired_bootstrap,
    threshold,
    value_per_1000,
)

NAN, INF = math.nan, math.inf
Y, P = [1, 0, 1, 0], [0.9, 0.4, 0.2, 0.1]
RESULTS = Path(loader.__file__).parent / "results"

cases = st.lists(
    st.tuples(st.integers(0, 1), st.sampled_from([0, 0.1, 0.25, 0.5, 1])),
    min_size=1,
    max_size=40,
)
prices = st.tuples(st.floats(0.1, 5), st.floats(1.1, 20)).map(
    lambda pair: (pair[0], pair[0] * pair[1])
)


def by_group(values, **settings):
    """The interval of one value a group, against doing nothing."""
    nothing, groups = np.zeros(len(values)), np.arange(len(values))
    return paired_bootstrap(values, nothing, groups, **settings)


# Identity


@given(cases, prices)
def test_never_acting_is_worth_nothing(rows, price):
    y, _ = zip(*rows, strict=True)
    found = value_per_1000(y, [0] * len(y), *price)
    assert (found.per_1000, found.acted_on) == (0, 0)


@given(st.lists(st.floats(-9, 9), min_size=5, max_size=30))
def test_a_way_to_decide_does_not_differ_from_itself(values):
    found = paired_bootstrap(values, values, range(len(values)))
    assert (found.per_1000, found.low, found.high) == (0, 0, 0)
    assert found.n_differ == 0


# Worked by hand


def test_four_rows_worked_by_hand():
    # Acts from 1 / 4 on, so on rows 1 and 2: 4 - 1 = 3, and -1. Sum 2 on 4
    # rows: 500 per 1,000. All: 2 x 3 - 2 x 1 = 4. Perfect: 2 x 3 = 6.
    found = value_per_1000(Y, P, 1, 4)
    assert found.rows.tolist() == [3, -1, 0, 0]
    assert (found.per_1000, found.act_on_all, found.perfect) == (
        500,
        1e3,
        1.5e3,
    )
    assert (found.act_from, found.acted_on, found.n) == (0.25, 0.5, 4)


def test_the_threshold_itself_acts():
    assert value_per_1000([1], [0.25], 1, 4).per_1000 == 3000
    assert value_per_1000([1], [0.2499], 1, 4).per_1000 == 0
    assert threshold(1, 4) == 0.25
    assert threshold(2, 3) == 2 / 3


def test_at_the_threshold_acting_gains_as_often_as_it_loses():
    # Of 4 rows with probability .25 one comes true: 3 - 1 - 1 - 1 = 0.
    found = value_per_1000([1, 0, 0, 0], [0.25] * 4, 1, 4)
    assert found.rows.tolist() == [3, -1, -1, -1]
    assert found.per_1000 == 0


def test_rows_without_an_outcome_are_counted_and_not_priced():
    found = value_per_1000([*Y, NAN, None], [*P, 0.8, 0.1], 1, 4)
    assert (found.per_1000, found.n) == (500, 4)
    assert (found.missing, found.missing_acted_on) == (2, 1)
    assert found.rows[4:].tolist() == pytest.approx([NAN, NAN], nan_ok=True)


def test_another_threshold_is_priced_with_the_same_prices():
    # At .15 row 3 is a hit as well: 3 - 1 + 3 = 5. At .5 only row 1 is.
    assert value_per_1000(Y, P, 1, 4, act_from=0.15).per_1000 == 1250
    assert value_per_1000(Y, P, 1, 4, act_from=0.5).per_1000 == 750
    everyone = value_per_1000(Y, P, 1, 4, act_from=0)
    assert everyone.per_1000 == everyone.act_on_all == 1000


def test_groups_that_all_agree_leave_no_doubt():
    found = paired_bootstrap([3, -1] * 6, [0] * 12, np.arange(12) // 2)
    assert (found.per_1000, found.low, found.high) == (1000, 1000, 1000)
    assert (found.n, found.n_clusters, found.n_differ) == (12, 6, 6)


def test_the_ends_are_those_of_all_3125_ways_to_draw_five_groups():
    # Groups of 1, 2, 2, 3 and 4 rows; every draw of five, one by one.
    sums, sizes = np.array([2.0, 1, 5, -2, 7]), np.array([1, 2, 2, 3, 4])
    mean = sums.sum() / sizes.sum()
    spread = math.sqrt(((sums - mean * sizes) ** 2).sum()) / sizes.sum()
    t = []
    for drawn in map(list, product(range(5), repeat=5)):
        s, n = sums[drawn], sizes[drawn]
        own = s.sum() / n.sum()
        error = math.sqrt(((s - own * n) ** 2).sum()) / n.sum()
        side = math.copysign(INF, own - mean)
        t.append((own - mean) / error if len({*drawn}) > 1 else side)
    low, high = np.sort(t)[[round(0.05 * 3125), round(0.95 * 3125)]]
    rows = np.repeat(sums / sizes, sizes)
    found = paired_bootstrap(
        rows, 0 * rows, np.repeat(range(5), sizes), alpha=0.1, draws=100_000
    )
    assert found.per_1000 == pytest.approx(1000 * mean)
    assert found.low == pytest.approx(1000 * (mean - high * spread), rel=0.02)
    assert found.high == pytest.approx(1000 * (mean - low * spread), rel=0.02)


# Agreement with others


@given(cases, prices)
def test_it_is_the_confusion_matrix_priced(rows, price):
    y, p = zip(*rows, strict=True)
    cost, saving = price
    acts = np.array(p) >= cost / saving
    (_, false), (_, hits) = confusion_matrix(y, acts, labels=[0, 1])
    expected = 1000 * (hits * (saving - cost) - false * cost) / len(y)
    found = value_per_1000(y, p, cost, saving)
    assert found.per_1000 == pytest.approx(expected, abs=1e-9)


@given(cases, prices)
def test_net_benefit_is_the_same_in_units_of_a_hit(rows, price):
    # Hits / n - false alarms / n x odds of the threshold, times what a hit
    # nets: saving - cost.
    y, p = map(np.array, zip(*rows, strict=True))
    at = threshold(*price)
    acts = p >= at
    net = np.mean(acts & (y == 1)) - np.mean(acts & (y == 0)) * at / (1 - at)
    found = value_per_1000(y, p, *price)
    per_hit = found.per_1000 / 1000 / (price[1] - price[0])
    assert per_hit == pytest.approx(net, abs=1e-9)


def test_with_many_like_groups_it_is_scipys_bootstrap_and_t_interval():
    daily = np.random.default_rng(1).normal(1, 3, 150)
    found = by_group(daily, draws=10_000)
    bca = stats.bootstrap((daily,), np.mean, random_state=1)
    width = found.high - found.low
    t = stats.ttest_1samp(daily, 0).confidence_interval(0.95)
    for low, high in bca.confidence_interval, t:
        assert found.low == pytest.approx(1000 * low, abs=0.06 * width)
        assert found.high == pytest.approx(1000 * high, abs=0.06 * width)


# Properties


@given(cases, prices)
def test_nothing_beats_knowing_the_outcome(rows, price):
    y, p = zip(*rows, strict=True)
    found = value_per_1000(y, p, *price)
    assert found.per_1000 <= found.perfect + 1e-9
    knows = value_per_1000(y, y, *price)
    assert knows.per_1000 == pytest.approx(found.perfect)
    everyone = value_per_1000(y, [1] * len(y), *price)
    assert everyone.per_1000 == pytest.approx(found.act_on_all)


@given(cases, prices, st.sampled_from([0.01, 7, 1e6]))
def test_cents_and_euros_make_the_same_decision(rows, price, rate):
    y, p = zip(*rows, strict=True)
    euros = value_per_1000(y, p, *price)
    cents = value_per_1000(y, p, *(rate * x for x in price))
    if euros.act_from == cents.act_from:
        assert cents.per_1000 == pytest.approx(rate * euros.per_1000)


@pytest.mark.parametrize("saving", [2, 3, 4, 6, 8])
def test_honest_probabilities_earn_most_from_the_threshold_on(saving):
    rng = np.random.default_rng(2)
    p = rng.random(200_000)
    y = rng.random(200_000) < p
    starts = np.arange(1, 20) / 20
    worth = [
        value_per_1000(y, p, 1, saving, act_from=s).per_1000 for s in starts
    ]
    best = value_per_1000(y, p, 1, saving)
    assert abs(starts[np.argmax(worth)] - best.act_from) <= 0.05
    assert best.per_1000 >= max(worth) - 2


values = st.lists(st.integers(-4, 4), min_size=6, max_size=20)


@given(values, st.randoms(use_true_random=False))
@settings(max_examples=25)
def test_sides_mirror_and_order_does_not_matter(rows, random):
    day = [i % 6 for i in range(len(rows))]
    zero = [0] * len(rows)
    rows[:6] = [0.1 * i * i + x for i, x in enumerate(rows[:6])]
    try:
        there = paired_bootstrap(rows, zero, day)
    except ValueError:  # too many groups are alike
        return
    back = paired_bootstrap(zero, rows, day)
    assert there.low == pytest.approx(-back.high)
    assert there.low <= there.per_1000 <= there.high
    order = random.sample(range(len(rows)), len(rows))
    mixed = paired_bootstrap(
        [rows[i] for i in order], zero, [day[i] for i in order]
    )
    assert mixed.low == pytest.approx(there.low)
    assert mixed.high == pytest.approx(there.high)


def test_what_both_sides_share_cancels():
    rng = np.random.default_rng(3)
    day = np.repeat(np.arange(40), 50)
    storm = rng.normal(0, 3, 40)[day]
    model = storm + rng.normal(0.3, 1, 2_000)
    rule = storm + rng.normal(0, 1, 2_000)
    pair = paired_bootstrap(model, rule, day)
    alone = paired_bootstrap(model, 0 * model, day)
    assert pair.low > 0
    assert alone.high - alone.low > 10 * (pair.high - pair.low)


def test_the_seed_moves_the_ends_a_little():
    daily = np.random.default_rng(4).exponential(1, 30)
    runs = [by_group(daily, seed=seed) for seed in range(10)]
    assert by_group(daily, seed=3) == runs[3]
    width = runs[0].high - runs[0].low
    for ends in [r.low for r in runs], [r.high for r in runs]:
        assert 0 < np.ptp(ends) < 0.15 * width


# How far the promise holds


def share_held(draw, truth, n_groups, runs=400):
    """How many intervals hold the truth, of those that have ends."""
    rng = np.random.default_rng(5)
    held, above = [], []
    for seed in range(runs):
        rows, groups = draw(rng, n_groups)
        try:
            found = paired_bootstrap(
                rows, 0 * rows, groups, draws=1_000, seed=seed
            )
        except ValueError:
            continue
        held.append(found.low <= 1000 * truth <= found.high)
        above.append(found.low > 0)
    assert len(held) > 0.95 * runs
    return np.mean(held), np.mean(above)


def bell(rng, n):
    return rng.normal(size=n), np.arange(n)


def skewed(rng, n):
    return rng.exponential(size=n), np.arange(n)


@pytest.mark.parametrize(
    ("law", "truth", "n", "share"),
    [
        (bell, 0, 5, 0.95),
        (bell, 0, 14, 0.95),
        (bell, 0, 60, 0.95),
        (skewed, 1, 5, 0.92),
        (skewed, 1, 14, 0.94),
        (skewed, 1, 60, 0.95),
    ],
)
def test_it_holds_in_95_of_100_even_for_five_like_groups(law, truth, n, share):
    assert share_held(law, truth, n)[0] == pytest.approx(share, abs=0.03)


@cache
def worth():
    """Sample flights: day, and the worth of three ways to decide."""
    flights = loader.load()
    train, served = flights.train, flights.production
    table = models.RateTable.fit(train["live_late"], train.late)
    p = {
        "notebook": models.score(models.NOTEBOOK, train, served),
        "table": table.predict(served["live_late"]),
        "hardened": models.score(models.HARDENED, train, served),
    }
    priced = {
        name: value_per_1000(served.late, p[name], cost_act=1, saving_hit=4)
        for name in p
    }
    return served["date"].astype("M8[D]"), priced


def real_days(name, other=None):
    """Windows of real days, drawn with replacement from May to December."""
    date_of, priced = worth()
    rows = priced[name].rows - (priced[other].rows if other else 0)
    day = np.unique(date_of, return_inverse=True)[1]
    order = np.split(np.arange(len(day)), np.cumsum(np.bincount(day))[:-1])

    def draw(rng, n):
        drawn = rng.integers(0, len(order), n)
        sizes = [len(order[i]) for i in drawn]
        which = np.concatenate([order[i] for i in drawn])
        return rows[which], np.repeat(np.arange(n), sizes)

    return draw, rows.mean()


@pytest.mark.parametrize(
    ("sides", "n_days", "share", "seen"),
    [
        (("table",), 14, 0.955, 0.46),
        (("table",), 28, 0.97, 0.86),
        (("table", "notebook"), 28, 0.945, 0.565),
        (("table", "notebook"), 56, 0.945, 0.845),
        (("hardened", "table"), 14, 0.915, 0.18),
        (("hardened", "table"), 28, 0.90, 0.19),
        (("hardened", "table"), 56, 0.935, 0.25),
    ],
)
def test_on_real_days_it_needs_14_to_56_of_them(sides, n_days, share, seen):
    draw, truth = real_days(*sides)
    held, above = share_held(draw, truth, n_days, runs=300)
    assert held == pytest.approx(share, abs=0.035)
    assert above == pytest.approx(seen, abs=0.08)


def test_plain_percentiles_and_single_rows_hold_less():
    draw, truth = real_days("table")
    rng = np.random.default_rng(6)
    times = rng.multinomial(14, np.full(14, 1 / 14), size=1_000)
    held = {"percentiles": 0.0, "rows": 0.0}
    for _ in range(400):
        rows, day = draw(rng, 14)
        drawn = times @ np.bincount(day, rows) / (times @ np.bincount(day))
        low, high = np.quantile(drawn, [0.025, 0.975])
        held["percentiles"] += (low <= truth <= high) / 400
        reach = 1.96 * stats.sem(rows)
        held["rows"] += (abs(rows.mean() - truth) <= reach) / 400
    assert held["percentiles"] == pytest.approx(0.87, abs=0.04)
    assert held["rows"] == pytest.approx(0.36, abs=0.05)


@pytest.mark.parametrize(("phi", "share"), [(0.2, 0.90), (0.5, 0.74)])
def test_days_that_follow_each_other_break_the_promise(phi, share):
    def following(rng, n):
        days = rng.normal(size=n)
        for t in range(1, n):
            days[t] = phi * days[t - 1] + math.sqrt(1 - phi**2) * days[t]
        return days, np.arange(n)

    assert share_held(following, 0, 60)[0] == pytest.approx(share, abs=0.04)


# The worked case, on the 20 % sample


def test_on_the_flights_it_gives_the_figures_of_the_case():
    date_of, priced = worth()
    committed = json.loads((RESULTS / "models.json").read_text("utf-8"))
    for name, found in priced.items():
        expected = committed[name]["value"]
        assert found.per_1000 == pytest.approx(expected["value"], abs=5)
        alone = paired_bootstrap(found.rows, 0 * found.rows, date_of)
        assert alone.low == pytest.approx(expected["low"], abs=5)
        assert alone.high == pytest.approx(expected["high"], abs=8)
        assert alone.n_clusters == 245
    assert priced["table"].act_on_all == pytest.approx(-371, abs=8)
    assert priced["table"].perfect == pytest.approx(472, abs=8)
    # 12 points, 7 to 17, on all flights; a fifth of them is less sure.
    d = paired_bootstrap(
        priced["hardened"].rows, priced["table"].rows, date_of
    )
    assert d.per_1000 == pytest.approx(9, abs=3)
    assert d.low == pytest.approx(0, abs=4)
    assert d.high == pytest.approx(16, abs=4)


def test_the_case_draws_plain_percentiles_and_with_245_days_that_is_near():
    date_of, priced = worth()
    rows = priced["table"].rows
    low, high = models.DayBootstrap(date_of).interval(rows)
    found = paired_bootstrap(rows, 0 * rows, date_of)
    assert found.low == pytest.approx(low, abs=4)
    assert found.high == pytest.approx(high, abs=6)


def test_by_week_the_interval_is_half_as_wide_again_as_by_day():
    date_of, priced = worth()
    sides = priced["table"].rows, priced["notebook"].rows
    week = (date_of.astype(int) + 3) // 7
    by_day, by_week = (paired_bootstrap(*sides, c) for c in (date_of, week))
    assert by_day.low == pytest.approx(39, abs=3)
    assert by_day.high == pytest.approx(74, abs=3)
    assert by_week.low == pytest.approx(31, abs=3)
    assert by_week.high == pytest.approx(84, abs=3)
    assert by_week.n_clusters == 36


# Hard inputs

HARD = {
    "one row": ([1], [1], (3000, 3000, 3000)),
    "no event": ([0, 0], [0.9, 0.1], (-500, -1000, 0)),
    "only events": ([1, 1], [0.9, 0.1], (1500, 3000, 3000)),
    "booleans": ([True, False], [True, False], (1500, 1000, 1500)),
    "a rule of yes and no": ([1, 0], [0, 1], (-500, 1000, 1500)),
    "one outcome missing": ([1, NAN], [0.9, 0.9], (3000, 3000, 3000)),
    "None is missing too": ([1, None], [0.9, 0.1], (3000, 3000, 3000)),
}


@pytest.mark.parametrize(("y", "p", "expected"), HARD.values(), ids=HARD)
def test_hard_inputs(y, p, expected):
    found = value_per_1000(y, p, 1, 4)
    assert (found.per_1000, found.act_on_all, found.perfect) == expected


@pytest.mark.parametrize(
    "container",
    [tuple, np.array, pd.Series, lambda v: np.ma.array(v, mask=False)],
)
def test_other_containers_give_the_answer_of_the_list(container):
    found = value_per_1000(container(Y), container(P), 1, 4)
    assert found.rows.tolist() == [3, -1, 0, 0]
    daily = [3.0, -1, 0, 2, 5, 1]
    days = [date(2013, 5, 1) + timedelta(days=i) for i in range(6)]
    ours = paired_bootstrap(container(daily), container([0] * 6), days)
    assert ours == paired_bootstrap(daily, [0] * 6, range(6))


@pytest.mark.parametrize(
    "cluster",
    [
        list("abcdef"),
        np.arange("2013-05-01", "2013-05-07", dtype="M8[D]"),
        pd.Series(pd.date_range("2013-05-01", periods=6, tz="UTC")),
        [9, 7, 5, 3, 1, -1],
    ],
)
def test_groups_may_have_any_names(cluster):
    daily = [3.0, -1, 0, 2, 5, 1]
    found = paired_bootstrap(daily, [0] * 6, cluster)
    assert found.per_1000 == pytest.approx(10_000 / 6)
    assert found.n_clusters == 6


def test_rows_without_a_value_on_both_sides_are_left_out():
    daily = [3.0, -1, 0, 2, 5, 1]
    more = paired_bootstrap([*daily, NAN], [*[0] * 6, None], range(7))
    assert more == paired_bootstrap(daily, [0] * 6, range(6))


@pytest.mark.parametrize("unit", [1e-320, 1e-9, 1e9, 1e99])
def test_the_unit_of_the_money_does_not_matter(unit):
    daily = np.array([3.0, -1, 0, 2, 5, 1])
    plain, other = by_group(daily), by_group(daily * unit)
    assert other.low / unit == pytest.approx(plain.low, rel=0.01)
    assert other.n_differ == 5


def test_rounding_dust_is_no_difference():
    found = paired_bootstrap([0.1 + 0.2] * 6, [0.3] * 6, range(6))
    assert (found.low, found.high, found.n_differ) == (0, 0, 0)


def test_groups_that_agree_but_for_rounding_leave_no_doubt():
    day = np.repeat(range(12), range(1, 13))
    found = paired_bootstrap(np.full(78, 0.1), np.zeros(78), day)
    assert found.low == found.high == pytest.approx(100)


@pytest.mark.parametrize("most", [1, 7])
def test_a_difference_in_too_few_groups_has_no_interval(most):
    day = np.repeat(range(40), 1 + np.arange(40) % most)
    gain = np.zeros(len(day))
    gain[day == 3], gain[day == 30] = 0.7, 0.9
    with pytest.raises(ValueError, match="got 40, 2 of them with a diff"):
        paired_bootstrap(gain, 0 * gain, day)
    gain[day > 31] = 0.1 * day[day > 31]
    assert paired_bootstrap(gain, 0 * gain, day).n_differ == 10


# Errors

SIX = [1.0, 2, 3, 4, 5, 6]


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (
            lambda: threshold(0, 4),
            ValueError,
            "cost_act must be a number from 1e-100 to 1e100, got 0",
        ),
        (lambda: threshold(-1, 4), ValueError, "cost_act must .* got -1"),
        (lambda: threshold(NAN, 4), ValueError, "cost_act must .* got nan"),
        (lambda: threshold("1", 4), ValueError, "cost_act must .* got '1'"),
        (lambda: threshold(1, INF), ValueError, "saving_hit must .* got inf"),
        (lambda: threshold(1, None), ValueError, "saving_hit .* got None"),
        (
            lambda: threshold(4, 4),
            ValueError,
            "saving_hit must be above cost_act, 4, or acting never pays",
        ),
        (lambda: value_per_1000([], [], 1, 4), ValueError, "y must have an o"),
        (
            lambda: value_per_1000([NAN], [0.5], 1, 4),
            ValueError,
            "y must have an outcome in 1 row or more, got none",
        ),
        (
            lambda: value_per_1000([2], [0.5], 1, 4),
            ValueError,
            "y must be 0 or 1, got 2.0",
        ),
        (lambda: value_per_1000([INF], [1], 1, 4), ValueError, "y must be 0"),
        (
            lambda: value_per_1000([1], [1.5], 1, 4),
            ValueError,
            "p must be 0 to 1 in every row, got 1.5",
        ),
        (
            lambda: value_per_1000([1], [NAN], 1, 4),
            ValueError,
            "p must .* nan",
        ),
        (
            lambda: value_per_1000([1], [-1], 1, 4),
            ValueError,
            "p must .* -1.0",
        ),
        (
            lambda: value_per_1000([1, 0], [1], 1, 4),
            ValueError,
            r"y, p must be equally long, got \[2, 1\]",
        ),
        (lambda: value_per_1000(["1"], [1], 1, 4), TypeError, "y must hold n"),
        (lambda: value_per_1000([1], ["1"], 1, 4), TypeError, "p must hold n"),
        (
            lambda: value_per_1000([[1]], [1], 1, 4),
            ValueError,
            "y must be one",
        ),
        (lambda: value_per_1000(1, 1, 1, 4), ValueError, "y must be one colu"),
        (
            lambda: value_per_1000(Y, P, 1, 4, act_from=1.5),
            ValueError,
            "act_from must be 0 to 1, got 1.5",
        ),
        (lambda: value_per_1000(Y, P, 4, 1), ValueError, "saving_hit must be"),
        (
            lambda: by_group(SIX[:4]),
            ValueError,
            "cluster must hold 5 groups or more, got 4",
        ),
        (lambda: by_group([]), ValueError, "cluster must hold 5 .* got 0"),
        (
            lambda: paired_bootstrap(SIX, [NAN, *SIX[1:]], range(6)),
            ValueError,
            "value_a must be missing where value_b is, got 1 rows with one",
        ),
        (
            lambda: paired_bootstrap(SIX, SIX[1:], range(6)),
            ValueError,
            r"value_a, value_b, cluster must be equally long, got \[6, 5, 6\]",
        ),
        (
            lambda: paired_bootstrap([INF, *SIX[1:]], SIX, range(6)),
            ValueError,
            "value_a must be within 1e100, got inf",
        ),
        (
            lambda: paired_bootstrap(SIX, [-1e200, *SIX[1:]], range(6)),
            ValueError,
            "value_b must be within 1e100, got -1e",
        ),
        (
            lambda: paired_bootstrap(list("abcdef"), SIX, range(6)),
            TypeError,
            "value_a must hold numbers",
        ),
        (
            lambda: paired_bootstrap(SIX, SIX, [1, 2, 3, 4, 5, None]),
            ValueError,
            "cluster must not be missing",
        ),
        (
            lambda: paired_bootstrap(SIX, SIX, [1, 2, 3, 4, 5, date.max]),
            TypeError,
            "cluster must hold one type",
        ),
        (
            lambda: paired_bootstrap(SIX, SIX, [[1]] * 6),
            ValueError,
            "cluster must be one column",
        ),
        (
            lambda: by_group(SIX, alpha=0),
            ValueError,
            "alpha must be from .001",
        ),
        (lambda: by_group(SIX, alpha="1"), ValueError, "alpha must .* '1'"),
        (
            lambda: by_group(SIX, alpha=0.01, draws=3_999),
            ValueError,
            "draws must be a whole number from 4000 to 1000000, got 3999",
        ),
        (lambda: by_group(SIX, draws=10.5), ValueError, "draws .* got 10.5"),
        (lambda: by_group(SIX, seed=-1), ValueError, "seed must .* got -1"),
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
    st.sampled_from([datetime(2013, 1, 1, tzinfo=UTC), datetime(2013, 1, 1)]),
    st.just("a\n<b>"),
)
columns = st.one_of(
    things,
    st.lists(things, max_size=7),
    st.lists(things, max_size=7).map(lambda rows: pd.Series(rows, dtype="O")),
    st.lists(st.lists(things, max_size=2), max_size=3),
    st.lists(st.sampled_from([0, 1, NAN]), max_size=7).map(np.array),
)


@given(columns, columns, columns, things)
@settings(max_examples=50)
def test_bad_input_gives_a_documented_result_or_an_error_by_name(
    column, other, third, thing
):
    def settle(**given):
        return by_group(SIX, **{"draws": 1_000, **given})

    calls = {
        "cost_act|saving_hit": lambda: threshold(thing, 4),
        "saving_hit": lambda: threshold(1, thing),
        "y|p": lambda: value_per_1000(column, other, 1, 4),
        "act_from": lambda: value_per_1000(Y, P, 1, 4, act_from=thing),
        "value_a|value_b|cluster": lambda: paired_bootstrap(
            column, other, third, draws=1_000
        ),
        "value_a|cluster": lambda: paired_bootstrap(
            column, column, range(7), draws=1_000
        ),
        "cluster": lambda: paired_bootstrap(SIX, SIX, third, draws=1_000),
        "alpha|draws": lambda: settle(alpha=thing),
        "draws": lambda: settle(draws=thing),
        "seed": lambda: settle(seed=thing),
    }
    for name, call in calls.items():
        result, message = None, name
        try:
            result = call()
        except (TypeError, ValueError) as error:
            message = str(error)
        assert re.search(rf"\b({name})\b", message), message
        if isinstance(result, float):
            assert 0 <= result < 1
        if isinstance(result, Value):
            assert result.n + result.missing == len(result.rows)
            figures = asdict(result)
            figures.pop("rows")
            assert all(map(math.isfinite, figures.values()))
        if isinstance(result, Difference):
            assert all(map(math.isfinite, asdict(result).values()))
            assert result.low <= result.per_1000 <= result.high


# The blind spots


def test_blind_spot_the_prices_decide_and_the_interval_does_not_know():
    # One rule warns of few and is mostly right, one warns of many.
    rng = np.random.default_rng(7)
    day = np.repeat(np.arange(60), 100)
    late = rng.random(6_000) < 0.2
    few = rng.random(6_000) < np.where(late, 0.3, 0.02)
    many = rng.random(6_000) < np.where(late, 0.8, 0.3)
    ahead = {}
    for saving in 2, 8:
        sides = [value_per_1000(late, x, 1, saving).rows for x in (few, many)]
        ahead[saving] = paired_bootstrap(*sides, day)
    assert ahead[2].low > 0
    assert ahead[8].high < 0


def test_blind_spot_acting_changes_what_is_recorded():
    # The pump would fail; the warning has it mended; the log says "no
    # failure". Priced from that log, a model that works seems to lose.
    rng = np.random.default_rng(8)
    p = rng.random(20_000) * 0.6
    would_fail = rng.random(20_000) < p
    acts = p >= threshold(1, 4)
    recorded = would_fail & ~(acts & (rng.random(20_000) < 0.9))
    truth = value_per_1000(would_fail, p, 1, 4)
    logged = value_per_1000(recorded, p, 1, 4)
    assert truth.per_1000 > 350
    assert logged.per_1000 < -450
