"""Contract of snippets/flights/replay.py."""

from __future__ import annotations

from datetime import UTC, datetime

import httpx
import numpy as np
import pytest

from snippets.flights.features import CARRIERS, ORIGINS
from snippets.flights.loader import DAYS, load_day
from snippets.flights.replay import (
    Played,
    World,
    main,
    report,
    weather_server,
)


@pytest.mark.parametrize("date", DAYS)
def test_the_world_tells_the_flights_of_the_day(date: str) -> None:
    world, day = World(date), load_day(date)
    assert len(world.callers) == len(day.flights)
    late = sum(caller.late for caller in world.callers)
    assert late == int(day.flights.late.sum())
    assert [c.at for c in world.callers] == sorted(c.at for c in world.callers)
    assert len(world.schedule()) == len(day.departures)
    never = int(np.isnan(day.departures["dep_delay"]).sum())
    end = datetime(2014, 1, 1, tzinfo=UTC)
    assert len(world.departures(None, end)) == len(day.departures) - never
    for caller in world.callers:
        hour = datetime.fromisoformat(caller.ask["due"])
        assert hour.timestamp() - caller.at.timestamp() == 7200


def test_the_first_flight_is_the_one_in_the_table() -> None:
    day = load_day("2013-12-09").flights
    caller = World("2013-12-09").callers[0]
    row = int(np.argmin(day["time"]))
    assert caller.ask == {
        "carrier": CARRIERS[day["carrier"][row]],
        "flight": day["flight"][row],
        "origin": ORIGINS[day["origin"][row]],
        "due": f"{day['time'][row]}:00Z",
    }
    assert caller.arrival_delay == day["arr_delay"][row]


def test_the_weather_server_hands_on_what_it_is_told_to_say() -> None:
    world, hour = World("2013-12-09"), datetime(2013, 12, 9, 14, tzinfo=UTC)
    with weather_server(world.weather) as url:
        asked = {"origin": "JFK", "hour": "2013-12-09T14:00:00Z"}
        said = httpx.get(url, params=asked)
        assert said.json() == world.weather("JFK", hour)
        asked["origin"] = "BOS"
        assert httpx.get(url, params=asked).status_code == 500


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--day", "2013-12-10"], "date must be one of 2013-02-12"),
        (["--day", "yesterday"], "date must be one of 2013-02-12"),
        (["--speed", "-1"], "speed must be 0 or more, got -1.0"),
        (["--speed", "nan"], "speed must be 0 or more, got nan"),
        (["--speed", "inf"], "speed must be 0 or more, got inf"),
    ],
)
def test_wrong_arguments_are_refused_by_name(
    arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments) == 2
    assert message in capsys.readouterr().err


def test_the_report_says_what_was_refused_and_what_it_was_worth() -> None:
    played = Played(
        date="2013-12-09",
        rungs={"model": 60, "table": 30, "plain": 10, "nothing": 0},
        refused={"503": 4},
        points={"the service": 25.0, "nothing": 0.0},
        flights=50,
        late=20,
        seconds=[0.001] * 98 + [0.003] * 2,
        shadow={"same": 55, "changed": 5},
    )
    lines = report(played, times=True).splitlines()
    assert lines[0] == "2013-12-09: 100 answers, 40% of the flights late"
    assert "  by model           60   60.0%" in lines
    assert "  refused 503         4" in lines
    assert "  the service        25     500" in lines
    assert "5 changed, 55 same" in lines[-3]
    assert lines[-1] == "Waiting times: p99 is 3.0 times p50"
    assert "times p50" not in report(played, times=False)
