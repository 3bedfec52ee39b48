"""Contract of snippets/flights/dropped.py."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from snippets.flights.dropped import (
    Dropped,
    holes,
    report,
    run,
    thrown_away,
)
from snippets.flights.features import WEATHER
from snippets.flights.loader import Flights


@pytest.fixture(scope="module")
def dropped(sample: Flights) -> Dropped:
    return run(sample, seeds=1)


def some_flights(pressure: list[float], arr_delay: list[float]) -> Flights:
    """Flights of one day with their weather in place but for the pressure."""
    n = len(pressure)
    weather = {name: np.ones(n) for name in WEATHER}
    weather["pressure"] = np.array(pressure)
    day = np.full(n, np.datetime64("2013-02-08"))
    return Flights({"date": day, "arr_delay": np.array(arr_delay), **weather})


def test_four_flights_worked_by_hand() -> None:
    # kept: on time; dropped: one late, one on time, one cancelled
    nan = np.nan
    flights = some_flights([1008.0, nan, nan, nan], [5.0, 95.0, 5.0, nan])
    found = thrown_away(flights)
    assert (found.kept.n, found.dropped.n, found.unexplained) == (1, 3, 0)
    assert (found.kept.rate, found.dropped.rate) == (0, 0.5)
    assert found.everyone.lowest == 1 / 4
    assert found.everyone.highest == 2 / 4
    pressure, label = found.reasons["pressure"], found.reasons["no label"]
    assert (pressure.rows.n, pressure.alone.n) == (3, 2)
    assert (label.rows.n, label.alone.n) == (1, 0)


def test_dropped_and_kept_flights_are_all_that_were_scheduled(
    dropped: Dropped, sample: Flights
) -> None:
    export = dropped.export
    assert export.everyone.n == int((sample["month"] <= 4).sum())
    assert export.kept.n == int((~holes(sample.train)).sum())
    assert export.unexplained == 0
    assert dropped.days == 120


def test_every_way_answers_alike_where_nothing_is_missing(
    dropped: Dropped,
) -> None:
    learned = dropped.ways["holes"].kept
    for way in ("filled", "fallback", "refused"):
        assert dropped.ways[way].kept == learned


def test_a_flight_without_an_answer_earns_nothing(dropped: Dropped) -> None:
    refused = dropped.ways["refused"]
    assert refused.dropped.value == refused.acts_on_dropped == 0
    assert 0 < refused.all.value < dropped.ways["holes"].all.value / 2


def test_the_parts_of_the_value_add_up(dropped: Dropped) -> None:
    for way in dropped.ways.values():
        share = way.kept.n / way.all.n
        whole = share * way.kept.value + way.from_dropped
        assert whole == pytest.approx(way.all.value)


def test_the_sample_tells_the_story_of_all_flights(dropped: Dropped) -> None:
    """Ranges over ten samples, drawn with the seeds 2013 to 2022."""
    assert dropped.export.kept.rate == pytest.approx(0.143, abs=0.004)
    assert dropped.export.dropped.rate == pytest.approx(0.272, abs=0.013)
    assert 0.078 <= dropped.export.low <= 0.102
    assert 0.163 <= dropped.export.high <= 0.198
    assert 53 <= dropped.ways["served"].all.value <= 86
    assert 11 <= dropped.ways["refused"].all.value <= 29
    assert 39 <= dropped.served_minus_refused.value <= 66
    assert 0.5 <= dropped.ways["served"].from_dropped / 62 <= 0.77


def test_the_clean_test_set_flatters_the_accuracy_and_hides_the_value(
    dropped: Dropped,
) -> None:
    # so it was in each of ten samples; the AUC went both ways
    everyone, clean = dropped.promised["all"], dropped.promised["clean"]
    assert clean.accuracy > everyone.accuracy
    assert clean.value.value < everyone.value.value - 15


def test_training_on_the_dropped_flights_is_worth_less_than_answering_them(
    dropped: Dropped,
) -> None:
    assert dropped.served_minus_refused.low > 0
    assert dropped.served_minus_holes.low < 0 < dropped.served_minus_holes.high


def test_missing_pressure_is_a_sign_of_bad_weather(dropped: Dropped) -> None:
    gone = dropped.sky["pressure_missing"]
    there = dropped.sky["pressure_there"]
    assert gone.rain > 8 * there.rain
    assert gone.hazy > 4 * there.hazy


def test_weather_in_time_tells_the_same_story(dropped: Dropped) -> None:
    late = dropped.in_time
    assert late.dropped_late > 1.7 * late.kept_late
    assert late.served.all.value > late.refused.all.value + 25


def test_the_notebooks_logistic_regression_has_no_answer_for_a_hole(
    sample: Flights,
) -> None:
    few = sample.train.take(np.arange(2_000))
    clean = few.where(~holes(few))
    model = LogisticRegression(max_iter=5_000)
    model.fit(clean.matrix(["pressure"]), clean.late)
    with pytest.raises(ValueError, match="Input X contains NaN"):
        model.predict(few.matrix(["pressure"]))


def test_the_report_fits_a_terminal(dropped: Dropped) -> None:
    assert max(map(len, report(dropped).splitlines())) <= 79


def test_on_other_columns_the_same_call_drops_the_punctual(
    dropped: Dropped,
) -> None:
    # before dawn no flight has left yet, so the live columns are empty
    other = dropped.hardened_columns
    assert other.dropped.rate == pytest.approx(0.07, abs=0.01)
    assert other.kept.rate == pytest.approx(0.172, abs=0.01)
    assert other.high < 0


def test_blind_spot_a_column_that_was_filled_upstream_drops_nobody(
    sample: Flights,
) -> None:
    """The hole is gone, and with it the only mark of a storm."""
    train = sample.train
    usual = np.nanmedian(train["pressure"])
    filled = np.where(np.isnan(train["pressure"]), usual, train["pressure"])
    found = thrown_away(Flights({**train.columns, "pressure": filled}))
    assert found.reasons["pressure"].rows.n == 0
    assert found.low < 0 < found.high
    assert thrown_away(train).low > 0
