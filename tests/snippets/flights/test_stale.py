"""Contract of snippets/flights/stale.py."""

from __future__ import annotations

import inspect
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from snippets.flights import stale as module
from snippets.flights.loader import DAYS, Flights, load_day
from snippets.flights.stale import (
    LIVE,
    Pair,
    Scored,
    Stale,
    columns_seen,
    guards,
    left_at,
    outage,
    own_clock,
    report,
    run,
    serve,
    served_again,
)
from snippets.hardening.kill_switch import KillSwitch

ROOT = Path(__file__).parents[3]
QUIET = [d for d in DAYS if d not in ("2013-06-03", "2013-12-09")]


@pytest.fixture(scope="module")
def found(sample: Flights) -> Stale:
    return run(sample)


def departures(due: list[str], delay: list[float]) -> Flights:
    """Flights of Newark on 3 June, due at these times."""
    time = np.array([f"2013-06-03T{t}" for t in due], "M8[m]")
    columns = {"time": time, "dep_delay": np.array(delay)}
    columns |= {"origin": np.zeros(len(due), np.int64)}
    columns |= {name: np.arange(len(due)) + 1.0 for name in LIVE}
    return Flights(columns)


# The three ways to be old


def test_a_feed_of_age_nothing_gives_the_columns_as_they_are() -> None:
    day = load_day("2013-11-03")
    asked, flights = day.flights, day.departures
    for columns in (
        columns_seen(flights, asked, left_at(flights)),
        own_clock(flights, asked, 0),
    ):
        np.testing.assert_array_equal(columns, asked.matrix(LIVE))


def test_old_rows_are_those_of_the_last_flight_due_so_long_before() -> None:
    flights = departures(["10:00", "11:00", "12:30"], [0, 0, 0])
    # an hour before 12:30 is 11:30, and the last flight then is the second
    assert served_again(flights, flights, 60)[2].tolist() == [2, 2, 2]
    # an hour before 11:00 is 10:00 itself; before 10:00 there is nothing
    assert served_again(flights, flights, 60)[1].tolist() == [1, 1, 1]
    assert np.isnan(served_again(flights, flights, 60)[0]).all()


def test_a_departure_not_yet_reported_counts_as_one_that_waits() -> None:
    # Five flights due 10:00 to 10:04 left on time. At 10:30, for the flight
    # due 12:30, all have left: delay 0, none late, none waiting. If nothing
    # after 10:00 is known, they wait for 30, 29, 28, 27 and 26 minutes.
    due = [f"10:0{i}" for i in range(5)] + ["12:30"]
    flights = departures(due, [0.0] * 6)
    left = left_at(flights)
    asked = flights.take(np.array([5]))
    assert columns_seen(flights, asked, left).tolist() == [[0, 0, 0]]
    later = columns_seen(flights, asked, left + 60)
    assert later.tolist() == [[28, 1, 1]]


def test_a_flight_that_never_left_has_no_departure_to_report() -> None:
    flights = departures(["10:00", "10:05"], [np.nan, 5])
    assert left_at(flights)[0] == np.iinfo(np.int64).max
    assert left_at(flights)[1] - left_at(flights)[0] < 0


# What an age is worth


def test_the_sample_tells_the_story_of_all_flights(found: Stale) -> None:
    assert 110 < found.fresh < 140
    assert found.missing < found.fallback < found.again[120] < found.again[60]
    assert found.again[180] < found.fallback
    assert found.again[300] < 0 < found.missing
    assert found.events == found.own == {}


def test_frozen_at_the_worst_moment_warns_of_every_flight(
    found: Stale,
) -> None:
    assert found.frozen["bad"] == pytest.approx(found.act_on_all)
    assert abs(found.frozen["quiet"]) < 20


# The guards


def test_the_stuck_guard_is_silent_on_a_healthy_feed_and_sees_a_freeze(
    found: Stale,
) -> None:
    assert found.guards.stuck == 0
    assert found.guards.longest_run < 120
    assert found.guards.days == 245
    assert found.guards.seen == found.guards.planted == 3 * 245
    assert 1 < found.guards.seen_after["half"] < 2.2
    assert found.guards.seen_after["last"] < 3.5


def test_the_tempting_guard_rings_on_days_that_earn(found: Stale) -> None:
    ringing = found.guards.tempting
    assert "2013-12-09" in ringing
    for day in ringing.values():
        assert day["acted"] > 0.6
        assert day["late_rate"] > 0.25
        assert day["value"] > found.fresh


def test_a_frozen_column_alarms_the_guard() -> None:
    minute = np.arange(0, 600, 10)
    time = np.datetime64("2013-06-03T12:00", "m") + minute
    flights = Flights(
        {
            "time": time,
            "date": np.full(60, np.datetime64("2013-06-03", "D")),
            "origin": np.zeros(60, np.int64),
            "minute_of_day": 480 + minute,
            "arr_delay": np.zeros(60),
            "live_delay": np.full(60, 7.0),
        }
    )
    asked = guards(flights, np.zeros(60), np.zeros(60, np.bool_))
    assert asked.stuck == 1
    assert asked.longest_run == pytest.approx(590)


# A day with an outage


def a_day(hours: int = 6, silent_from: int = 2) -> Scored:
    """One flight an hour; the feed falls silent."""
    at = [
        datetime(2013, 6, 3, 12, tzinfo=UTC) + timedelta(hours=h)
        for h in range(hours)
    ]
    as_of = [min(t, at[silent_from]) for t in at]
    return Scored(at, as_of, [0.9] * hours, [0.1] * hours)


@pytest.fixture
def switch(tmp_path: Path) -> KillSwitch:
    made = KillSwitch(tmp_path / "switches.db", notify=str)
    made.create()
    dawn = datetime(2013, 6, 3, 11, tzinfo=UTC)
    made.add("delay-model", owner="mo", who="ana", why="test", now=dawn)
    made.turn("delay-model", "on", who="ana", why="test", now=dawn)
    return made


def test_beyond_the_limit_the_fallback_answers_and_says_why(
    switch: KillSwitch,
) -> None:
    answers = serve(a_day(), switch, {})
    assert [a.rung for a in answers] == ["model"] * 3 + ["fallback"] * 3
    assert [a.value for a in answers] == [0.9] * 3 + [0.1] * 3
    assert answers[3].refused[0].code == "stale"
    assert answers[3].refused[0].detail == "1:00:00 old, limit 0:30:00"


def test_off_means_the_fallback_and_the_answer_names_who_and_why(
    switch: KillSwitch,
) -> None:
    day = a_day(silent_from=5)
    answers = serve(day, switch, {day.at[1]: "off", day.at[4]: "on"})
    rungs = ["model", "fallback", "fallback", "fallback", "model", "model"]
    assert [a.rung for a in answers] == rungs
    assert answers[1].refused[0].code == "off"
    assert "on -> off by on" in answers[1].refused[0].detail


def test_without_the_file_of_the_switch_the_fallback_answers(
    switch: KillSwitch,
) -> None:
    switch.path.unlink()
    answers = serve(a_day(), switch, {})
    assert {a.rung for a in answers} == {"fallback"}
    assert "switches.db" in answers[0].refused[0].detail


def test_hours_of_a_day_add_up_and_nothing_is_lost(found: Stale) -> None:
    for one in found.outages.values():
        for way in ("healthy", "nothing", "ladder", "steps"):
            hours = sum(getattr(hour, way) for hour in one.hours)
            assert hours == pytest.approx(getattr(one, way))


def test_the_days_of_training_are_told_apart_and_the_sign_rests_on_them(
    sample: Flights, found: Stale
) -> None:
    trained = ("2013-02-12", "2013-03-10")
    known = set(sample.train["date"].astype(str))
    assert {date for date in DAYS if date in known} == set(trained)
    for way, points in found.total.items():
        theirs = sum(getattr(found.outages[date], way) for date in trained)
        assert found.unseen[way] == pytest.approx(points - theirs)
    assert found.total["ladder"] < 0 < found.unseen["ladder"]
    for one in found.total, found.unseen:
        assert one["nothing"] < one["ladder"] < one["steps"] < one["healthy"]


@pytest.mark.parametrize(
    ("date", "share"), [("2013-06-03", 0.40), ("2013-12-09", 0.52)]
)
def test_on_the_storm_days_four_or_five_in_ten_are_late_in_the_outage(
    found: Stale, date: str, share: float
) -> None:
    # Whole days are read in full, so the sample gives the same shares.
    during = [h for h in found.outages[date].hours if 10 <= h.hour < 17]
    late, flights = sum(h.late for h in during), sum(h.flights for h in during)
    assert late / flights == pytest.approx(share, abs=0.005)


@pytest.mark.parametrize("date", DAYS)
def test_the_outage_is_at_the_same_hours_in_summer_and_in_winter(
    found: Stale, date: str
) -> None:
    one = found.outages[date]
    assert re.match(r"10:[45]\d on -> off by on call", one.record[2])
    assert re.match(r"17:1\d off -> on by on call", one.record[3])
    by_model = {hour.hour: hour.model for hour in one.hours}
    assert [by_model[h] for h in range(11, 17)] == [0] * 6
    for hour in one.hours:
        if hour.hour < 10:
            assert hour.model == hour.flights
            assert hour.steps == hour.nothing == hour.healthy


@pytest.mark.parametrize("date", QUIET)
def test_on_a_quiet_day_each_step_saves_points(
    found: Stale, date: str
) -> None:
    one = found.outages[date]
    assert one.nothing + 20 < one.ladder < one.steps - 80


def test_the_report_fits_a_terminal(found: Stale) -> None:
    assert max(map(len, report(found).splitlines())) <= 79
    some = replace(found, events={0: 129.0}, own={60: 114.0})
    assert "--full" in report(found)
    assert "--full" not in report(some)


def test_the_diff_on_the_page_is_the_code_that_ran() -> None:
    page = (ROOT / "docs/snippets/flights/stale.md").read_text("utf-8")
    diff = re.search(r"(?s)```diff\n(.*?)```", page)
    assert diff is not None
    code = inspect.getsource(serve).splitlines()
    known = [line.strip() for line in code]
    added = [x[1:].strip() for x in diff[1].splitlines() if x[0] == "+"]
    assert len(added) > 8
    assert [line for line in added if line not in known] == []


def test_blind_spot_on_a_storm_day_the_broken_feed_earns_as_much(
    sample: Flights,
) -> None:
    """It warns of every flight, and on such a day that pays.

    So outcomes hide the fault on 9 December, and the steps cost money.
    """
    assert module.TEMPTING < 1
    storm = outage(Pair(sample.train), "2013-12-09")
    assert storm.nothing > storm.healthy - 20
    assert storm.steps < storm.nothing - 40
