"""Contract of snippets/flights/split.py."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from snippets.flights.loader import Flights
from snippets.flights.split import Split, neighbours, report, run


@pytest.fixture(scope="module")
def split(sample: Flights) -> Split:
    return run(sample)


def some_flights(hours: list[int], origin: list[int]) -> Flights:
    """Flights due at 20 past these hours."""
    time = np.datetime64("2013-06-03T00:20", "m") + 60 * np.array(hours)
    return Flights({"time": time, "origin": np.array(origin)})


def test_every_flight_is_its_own_neighbour() -> None:
    flights = some_flights([5, 6, 7], [0, 1, 2])
    assert neighbours(flights, flights) == 1


def test_neighbours_share_airport_and_hour() -> None:
    # of four tested flights only the first has both in training
    train = some_flights([5, 6], [0, 1])
    tested = some_flights([5, 5, 6, 9], [0, 1, 0, 2])
    assert neighbours(train, tested) == 0.25


def test_a_random_split_keeps_a_neighbour_of_nearly_every_flight(
    split: Split,
) -> None:
    assert split.neighbours["random"] > 0.9
    assert split.neighbours["weeks"] == split.neighbours["production"] == 0


def test_every_labelled_flight_is_held_out_once(
    split: Split, sample: Flights
) -> None:
    assert split.weeks["table"].value.n == len(sample.train)
    assert split.weeks_held_out == 18


def test_the_sample_tells_the_story_of_all_flights(split: Split) -> None:
    """Ranges over ten samples, drawn with the seeds 2013 to 2022."""
    assert 0.75 <= split.random["notebook"].auc <= 0.79
    assert 0.67 <= split.weeks["notebook"].auc <= 0.70
    assert 0.72 <= split.random["hardened"].auc <= 0.75
    assert 0.715 <= split.weeks["hardened"].auc <= 0.735
    assert 42 <= split.weeks["notebook"].value.value <= 66
    assert 93 <= split.weeks["hardened"].value.value <= 110


def test_whole_weeks_promise_what_production_delivers_and_random_twice_that(
    split: Split,
) -> None:
    promised = split.random["notebook"].value.value
    by_week = split.weeks["notebook"].value.value
    delivered = split.production["notebook"].value.value
    assert promised > 1.7 * delivered
    assert abs(by_week - delivered) < 30


def test_the_order_of_the_models_is_that_of_whole_weeks(split: Split) -> None:
    def best_first(scores: dict[str, Any]) -> list[str]:
        return sorted(scores, key=lambda name: -scores[name].value.value)

    assert best_first(split.random)[0] == "notebook"
    assert best_first(split.weeks) == ["hardened", "table", "notebook"]
    assert best_first(split.production) == best_first(split.weeks)


def test_the_report_fits_a_terminal(split: Split) -> None:
    assert max(map(len, report(split).splitlines())) <= 79


def test_blind_spot_no_split_of_winter_shows_the_summer(split: Split) -> None:
    """What changes after April is in no fold, however the rows are held."""
    for name in ("table", "hardened"):
        held_out = split.weeks[name].value.value
        assert split.production[name].value.value > 1.15 * held_out
