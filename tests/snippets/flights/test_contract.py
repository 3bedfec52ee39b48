"""Contract of snippets/flights/contract.py."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from snippets.flights.contract import (
    FAULTS,
    Results,
    answer,
    door_for,
    guarded,
    report,
    run,
    serve,
)
from snippets.flights.loader import Flights
from snippets.flights.models import HARDENED, NOTEBOOK, score


@pytest.fixture(scope="module")
def results(sample: Flights) -> Results:
    return run(sample)


@pytest.fixture(scope="module")
def may(sample: Flights) -> Flights:
    """Labelled flights of the first week of May."""
    production = sample.production
    return production.where(production["date"] < np.datetime64("2013-05-08"))


# The feed, and the model that reads what comes


@pytest.mark.parametrize("recipe", [NOTEBOOK, HARDENED], ids=lambda r: r.name)
def test_the_feed_as_agreed_gives_the_answers_of_the_model(
    recipe: Any, sample: Flights, may: Flights
) -> None:
    p = answer(recipe, sample.train, serve(recipe, may, None))
    assert np.array_equal(p, score(recipe, sample.train, may))


def test_a_renamed_field_is_read_as_missing_and_nobody_is_told(
    sample: Flights, may: Flights
) -> None:
    renamed = serve(NOTEBOOK, may, FAULTS["renamed"])
    gone = serve(NOTEBOOK, may, None)
    gone["minute_of_day"] = np.full(len(may), np.nan)
    assert "scheduled_minute_of_day" in renamed
    assert "minute_of_day" not in renamed
    train = sample.train
    silent = answer(NOTEBOOK, train, renamed)
    assert np.array_equal(silent, answer(NOTEBOOK, train, gone))


@pytest.mark.parametrize(
    ("key", "before", "after"),
    [
        ("celsius", 50.0, 10.0),
        ("pressure", 1013.25, 29.92),  # the standard atmosphere in both
        ("distance", 2475, 3983),  # JFK to Los Angeles
        ("visibility", 10.0, 16.09344),
        ("percent", 0.25, 25.0),
        ("zero", 10.0, 0.0),
        ("gaps", np.nan, 0.0),
    ],
)
def test_a_fault_changes_the_value_as_its_name_says(
    key: str, before: float, after: float, may: Flights
) -> None:
    change = FAULTS[key].change
    assert change is not None
    assert change(may, np.array([before]))[0] == pytest.approx(after, rel=1e-4)


def test_an_hour_sent_as_utc_is_four_hours_ahead_of_new_york_in_may(
    may: Flights,
) -> None:
    change = FAULTS["utc"].change
    assert change is not None
    ahead = change(may, may["minute_of_day"]) - may["minute_of_day"]
    assert set(ahead % 1440) == {240}


def test_a_re_sorted_list_holds_the_same_airlines(may: Flights) -> None:
    change = FAULTS["carriers"].change
    assert change is not None
    codes = change(may, may["carrier"])
    pairs = set(zip(codes.tolist(), may["carrier"].tolist(), strict=True))
    assert len(pairs) == len(np.unique(may["carrier"]))
    assert np.bincount(codes)[0] == np.bincount(may["carrier"]).max()


# The contract at the door


def refusals(
    sample: Flights, may: Flights, key: str | None, declared: str | None
) -> dict[str, int]:
    """What is refused in a week, by reason; new airports left out."""
    fault = FAULTS[key] if key else None
    door = door_for(NOTEBOOK, sample.train)
    units = None
    if declared is not None:
        units = {f.name: f.unit for f in door.fields if f.unit is not None}
        if fault is not None and fault.unit is not None:
            units[fault.field] = declared
    feed = serve(NOTEBOOK, may, fault)
    counts: dict[str, int] = {}
    for batch in guarded(door, feed, may["date"], units)[3]:
        for why, n in batch.counts.items():
            counts[why] = counts.get(why, 0) + n
    counts.pop("dest unseen", None)
    return counts


@pytest.mark.parametrize("declared", [None, "as agreed"])
def test_a_clean_week_has_no_refusal(
    declared: str | None, sample: Flights, may: Flights
) -> None:
    assert refusals(sample, may, None, declared) == {}


@pytest.mark.parametrize(
    ("key", "reason"),
    [
        ("utc", "minute_of_day unit"),
        ("celsius", "temp unit"),
        ("pressure", "pressure unit"),
        ("distance", "distance unit"),
        ("visibility", "visib unit"),
        ("carriers", "carrier unit"),
    ],
)
def test_a_declared_change_refuses_every_row(
    key: str, reason: str, sample: Flights, may: Flights
) -> None:
    unit = FAULTS[key].unit
    assert refusals(sample, may, key, unit)[reason] == len(may)


def test_a_rename_refuses_every_row_under_both_names(
    sample: Flights, may: Flights
) -> None:
    assert refusals(sample, may, "renamed", None) == {
        "minute_of_day missing": len(may),
        "'scheduled_minute_of_day' unknown": len(may),
    }


def test_the_fallback_takes_refused_rows_and_the_day_after_a_held_one(
    sample: Flights, may: Flights
) -> None:
    # visibility 0 is allowed in a row; a whole day of it is held
    door = door_for(NOTEBOOK, sample.train)
    feed = serve(NOTEBOOK, may, FAULTS["zero"])
    first = may["date"] == may["date"][0]
    refused, fallback, bare, batches = guarded(door, feed, may["date"], None)
    assert all(batch.held for batch in batches)
    assert batches[0].held[0].field == "visib"
    assert np.array_equal(fallback, refused | ~first)
    assert np.array_equal(bare, refused)


# The story, on the sample


def test_silence_costs_the_notebook_and_the_contract_gives_the_table(
    results: Results,
) -> None:
    """Wide: on 20 % of the flights these values move by twenty points."""
    clean = results.clean["notebook"].silent
    faults = results.faults["notebook"]
    for key in ("utc", "renamed", "zero", "pressure"):
        assert faults[key].silent < clean - 20
    for key, fault in faults.items():
        if FAULTS[key].unit or key == "renamed":
            assert fault.declared == pytest.approx(results.table)
            assert (fault.refused_declared, fault.first_declared) == (1, 0)
            assert fault.nothing == 0


def test_the_hardened_model_has_one_dangerous_field_among_these(
    results: Results,
) -> None:
    faults = results.faults["hardened"]
    assert faults["percent"].silent < results.table - 40
    for key, fault in faults.items():
        if key != "percent":
            assert fault.silent > results.table - 5


def test_medians_find_what_no_single_row_shows(results: Results) -> None:
    for key in ("zero", "distance"):
        fault = results.faults["notebook"][key]
        assert fault.refused < 0.01
        assert fault.held > fault.held_bare + 60


def test_the_weather_table_holds_one_impossible_row(results: Results) -> None:
    door = results.door
    assert (door.station_hours, door.station_refused) == (26_115, 1)
    assert door.station_reason == (
        "EWR 2013-02-12T08:00 wind_speed above_high: 1048.36058; number in "
        "mph from 0 to 150 or null"
    )


def test_clean_rows_are_refused_for_unseen_airports_only(
    results: Results,
) -> None:
    assert results.door.other == 0
    assert results.door.unseen < 0.005 * results.door.rows
    assert results.clean["hardened"].refused == 0


def test_a_median_cannot_follow_the_seasons(results: Results) -> None:
    days = results.beyond_april
    assert days["visib"] < 5
    assert days["temp"] > 40


def test_the_report_fits_a_terminal(results: Results) -> None:
    assert max(map(len, report(results).splitlines())) <= 79


def test_blind_spot_without_declared_units_celsius_walks_in(
    results: Results, sample: Flights, may: Flights
) -> None:
    """Every value is a possible temperature, and so is every median."""
    assert refusals(sample, may, "celsius", None) == {}
    for key in ("celsius", "celsius_both", "carriers", "gaps"):
        fault = results.faults["notebook"][key]
        assert fault.refused == results.clean["notebook"].refused
        assert fault.days_held == results.clean["notebook"].days_held
