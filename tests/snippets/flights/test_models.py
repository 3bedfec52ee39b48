"""Contract of snippets/flights/models.py."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from snippets.flights.loader import Flights
from snippets.flights.models import (
    HARDENED,
    DayBootstrap,
    Models,
    RateTable,
    calibration_error,
    gain,
    measure,
    reliability,
    report,
    run,
    spread,
    value_per_1000,
)

LATE = np.array([True, True, False, False])


@pytest.fixture(scope="module")
def models(sample: Flights) -> Models:
    return run(sample, seeds=2)


def test_value_worked_by_hand() -> None:
    # acts on flights 1 and 3: +3 and -1, so 2 points on 4 flights
    p = np.array([0.9, 0.1, 0.25, 0.2499])
    np.testing.assert_array_equal(gain(LATE, p), [3, 0, -1, 0])
    assert value_per_1000(LATE, p) == 500


def test_doing_nothing_is_worth_nothing() -> None:
    assert value_per_1000(LATE, np.zeros(4)) == 0


def test_knowing_the_outcome_saves_three_points_on_each_late_flight() -> None:
    assert value_per_1000(LATE, LATE.astype(float)) == 1000 * 3 * 2 / 4


def test_the_threshold_is_where_an_honest_probability_breaks_even() -> None:
    p = np.array([0.5, 0.5, 0.49, 0.49])
    np.testing.assert_array_equal(gain(LATE, p, saving=2), [1, 1, 0, 0])
    moved = gain(LATE, p, saving=2, threshold=0.4)
    np.testing.assert_array_equal(moved, [1, 1, -1, -1])


@given(
    st.lists(st.booleans(), min_size=1, max_size=50),
    st.floats(1.1, 20),
)
def test_nothing_beats_knowing_the_outcome(
    outcome: list[bool], saving: float
) -> None:
    late = np.array(outcome)
    best = value_per_1000(late, late.astype(float), saving=saving)
    p = np.random.default_rng(0).random(len(late))
    assert value_per_1000(late, p, saving=saving) <= best + 1e-9
    everyone = value_per_1000(late, np.ones(len(late)), saving=saving)
    assert everyone == pytest.approx(1000 * (saving * late.mean() - 1))


def test_a_table_agrees_with_counting_row_by_row() -> None:
    rng = np.random.default_rng(1)
    x = rng.integers(0, 30, 2000) / 30
    x[::17] = np.nan
    late = rng.random(2000) < 0.2
    table = RateTable.fit(x, late)
    for value in (0.0, 0.1, 0.5, 29 / 30):
        below = sum(edge <= value for edge in table.edges)
        rows = [sum(edge <= v for edge in table.edges) for v in x]
        same = (np.array(rows) == below) & ~np.isnan(x)
        expected = late[same].mean()
        assert table.predict(np.array([value]))[0] == pytest.approx(expected)
    missing = table.predict(np.array([np.nan]))[0]
    assert missing == late[np.isnan(x)].mean()


def test_ties_make_fewer_rows_and_an_empty_row_has_the_overall_rate() -> None:
    table = RateTable.fit(np.zeros(100), np.arange(100) < 30)
    assert len(table.edges) == 1
    np.testing.assert_allclose(table.rates, [0.3, 0.3, 0.3])


def test_the_interval_agrees_with_scipys_bootstrap_of_daily_means() -> None:
    rng = np.random.default_rng(2)
    daily = rng.normal(0, 1, 60)
    points = np.repeat(daily, 20)  # 20 flights a day, all alike
    low, high = DayBootstrap(np.repeat(np.arange(60), 20)).interval(points)
    oracle = stats.bootstrap(
        (1000 * daily,), np.mean, method="percentile", rng=rng
    ).confidence_interval
    assert low == pytest.approx(oracle.low, abs=30)
    assert high == pytest.approx(oracle.high, abs=30)


def test_flights_of_one_day_do_not_count_as_many_witnesses() -> None:
    rng = np.random.default_rng(3)
    points = np.repeat(rng.normal(0, 1, 50), 100)
    by_day = DayBootstrap(np.repeat(np.arange(50), 100)).interval(points)
    by_flight = DayBootstrap(np.arange(5000)).interval(points)
    width = [high - low for low, high in (by_day, by_flight)]
    assert width[0] > 8 * width[1]


def test_an_interval_of_equal_days_has_no_width() -> None:
    days = DayBootstrap(np.repeat(np.arange(10), 3))
    points = np.tile([3.0, -1.0, 0.0], 10)
    assert days.interval(points) == pytest.approx((2000 / 3, 2000 / 3))
    first = np.tile([True, False, False], 10)
    assert days.interval(points, first) == pytest.approx((3000, 3000))


def test_calibration_worked_by_hand() -> None:
    # two bins: says .1, comes 0 of 2; says .9, comes 2 of 2: off by .1
    p = np.array([0.9, 0.9, 0.1, 0.1])
    bins = reliability(LATE, p, n_bins=2)
    assert [b.n for b in bins] == [2, 2]
    assert [b.late for b in bins] == [0, 1]
    assert calibration_error(bins) == pytest.approx(0.1)


def test_a_probability_of_one_falls_in_the_last_bin() -> None:
    bins = reliability(LATE, np.ones(4), n_bins=15)
    assert (bins[-1].n, bins[-1].claimed, bins[-1].late) == (4, 1.0, 0.5)
    assert bins[0].claimed is None


def test_the_same_rows_give_the_same_model_twice(sample: Flights) -> None:
    few = sample.production.matrix(HARDENED.columns)[:1000]
    first, again = (
        HARDENED.fit(sample.train).predict_proba(few) for _ in range(2)
    )
    np.testing.assert_array_equal(first, again)


def test_the_sample_tells_the_story_of_all_flights(models: Models) -> None:
    """Ranges over ten samples, drawn with the seeds 2013 to 2022."""
    assert 0.70 < models.notebook.auc < 0.74
    assert 0.755 < models.hardened.auc < 0.77
    assert 55 <= models.notebook.value.value <= 84
    assert 105 <= models.table.value.value <= 122
    assert 122 <= models.hardened.value.value <= 133
    assert -77 <= models.notebook.autumn.value <= -37
    assert 34 <= models.hardened.autumn.value <= 47


def test_ten_rows_without_a_model_beat_the_notebook(models: Models) -> None:
    assert models.table_minus_notebook.low > 0
    assert models.hardened_minus_table.low > 0
    assert 0.8 < models.table_share_of_hardened < 1


def test_the_notebook_promises_more_than_it_keeps(models: Models) -> None:
    kept = models.notebook
    assert kept.claimed_value > 2 * kept.value.value
    assert kept.ece > 2 * models.hardened.ece
    top = models.overconfidence["notebook"]
    assert top.claimed is not None
    assert top.late is not None
    assert top.claimed > top.late + 0.1


def test_american_at_laguardia_loses_while_the_total_gains(
    models: Models,
) -> None:
    assert models.slices["notebook"]["AA_LGA"].value.high < 0
    assert models.slices["hardened"]["AA_LGA"].value.low > 0


def test_the_report_fits_a_terminal(models: Models) -> None:
    lines = report(models).splitlines()
    assert max(map(len, lines)) <= 79
    assert any("AA LGA" in line for line in lines)


def test_what_makes_no_sense_is_refused_by_name() -> None:
    p = np.full(4, 0.5)
    with pytest.raises(ValueError, match=r"above 0, got 0 and 4\.0"):
        gain(LATE, p, cost=0)
    with pytest.raises(ValueError, match="late must have at least one"):
        value_per_1000(LATE[:0], p[:0])
    with pytest.raises(ValueError, match="n_rows must be 2 or more, got 1"):
        RateTable.fit(p, LATE, n_rows=1)
    with pytest.raises(ValueError, match="x must have at least one value"):
        RateTable.fit(np.full(4, np.nan), LATE)
    with pytest.raises(ValueError, match="draws must be 100 or more, got 9"):
        DayBootstrap(np.arange(4), draws=9)
    with pytest.raises(ValueError, match="day must have 2 days or more"):
        DayBootstrap(np.zeros(4))
    with pytest.raises(ValueError, match="n_bins must be 1 or more, got 0"):
        reliability(LATE, p, n_bins=0)


def test_blind_spot_a_quiet_month_makes_a_perfect_model_look_poor(
    sample: Flights,
) -> None:
    """Value follows the late rate first, and the model second."""
    served = sample.production
    july = served.where(served["month"] == 7)
    september = served.where(served["month"] == 9)
    knows = [
        measure(month, month.late.astype(float)) for month in (july, september)
    ]
    assert knows[0].auc == knows[1].auc == 1
    assert knows[1].value.value < 0.5 * knows[0].value.value


def test_blind_spot_an_interval_over_days_does_not_see_the_luck_of_a_fit(
    models: Models, sample: Flights
) -> None:
    """The draws vary the days, never the rows or the seed of the fit."""
    seeds = models.seeds["notebook"]
    assert seeds["value_high"] - seeds["value_low"] > 3
    calm = spread(HARDENED, sample.train, sample.production, seeds=2)
    assert calm["value_high"] - calm["value_low"] < 3
