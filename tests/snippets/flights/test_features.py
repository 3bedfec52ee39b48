"""Contract of snippets/flights/features.py."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from numpy.typing import NDArray

from snippets.flights import loader
from snippets.flights.features import (
    CARRIERS,
    DESTINATIONS,
    ORIGINS,
    WEATHER,
    calendar,
    encode,
    live_windows,
    weather_at,
)
from snippets.flights.loader import Flights, load_day, load_weather

NEW_YORK = ZoneInfo("America/New_York")
LIVE = ("live_delay", "live_late", "live_wait")
NOON = np.datetime64("2013-06-03T12:00", "m")


def minutes_before_noon(*minutes: int) -> NDArray[np.datetime64]:
    """Scheduled departures so many minutes before 12:00 UTC."""
    return NOON - np.array(minutes, "m8[m]")


def seen_at_noon(minutes: Sequence[int], delay: Sequence[float]) -> list[int]:
    """Flights, clipped delay, late, waiting: what a flight at noon sees."""
    seen = live_windows(
        minutes_before_noon(*minutes),
        np.zeros(len(minutes), np.int64),
        np.array(delay, float),
        at=np.array([NOON]),
        at_origin=np.array([0]),
    )
    return [
        int(x[0])
        for x in (seen.flights, seen.delay_sum, seen.late, seen.waiting)
    ]


def test_a_window_worked_by_hand() -> None:
    # It is 10:00, two hours before noon. Due 08:00, left 08:20: +20, late.
    # Due 08:30, left 08:25: -5. Due 09:00, left 11:00: still waiting, +60.
    # Due 09:50, never left: still waiting, +10. Sum 85, 2 late, 2 waiting.
    assert seen_at_noon([240, 210, 180, 130], [20, -5, 120, float("nan")]) == [
        4,
        85,
        2,
        2,
    ]


def test_the_window_is_open_at_five_hours_and_closed_at_two() -> None:
    assert seen_at_noon([301, 300, 299], [0, 0, 0])[0] == 1
    assert seen_at_noon([121, 120, 119], [0, 0, 0])[0] == 2


def test_a_flight_that_leaves_at_the_moment_of_decision_has_left() -> None:
    assert seen_at_noon([150], [30])[3] == 0
    assert seen_at_noon([150], [31])[3] == 1


def test_delays_are_clipped_at_both_ends() -> None:
    assert seen_at_noon([299], [-40])[1] == -15
    # the longest wait a window can show is 179 minutes: 180 is never cut
    assert seen_at_noon([299], [999])[1] == 179


def test_another_airport_is_not_seen() -> None:
    seen = live_windows(
        minutes_before_noon(200, 200, 0),
        np.array([0, 1, 0]),
        np.array([50.0, 90.0, 0.0]),
    )
    assert seen.delay_sum[2] == 50


def test_four_flights_are_too_few_and_five_are_enough() -> None:
    due = minutes_before_noon(200, 200, 200, 200, 200, 0)
    seen = live_windows(due, np.zeros(6, np.int64), np.full(6, 20.0))
    assert seen.columns()["live_late"][-1] == 1.0
    seen = live_windows(due[1:], np.zeros(5, np.int64), np.full(5, 20.0))
    assert np.isnan(seen.columns()["live_late"][-1])


@pytest.mark.parametrize("date", loader.DAYS)
def test_live_columns_agree_with_a_slow_double_loop(date: str) -> None:
    """Another road to the same numbers: New York's clock, plain Python."""
    table = loader.read_csv(loader.read_file("days_flights.csv.gz"))
    columns = zip(*table.values(), strict=True)
    rows = [dict(zip(table, row, strict=True)) for row in columns]
    rows = [row for row in rows if abs(days_from(date, row)) <= 1]
    due = [on_the_clock(row) for row in rows]
    expected = [
        slow_window(rows, due, rows[i]["origin"], due[i])
        for i in range(len(rows))
        if days_from(date, rows[i]) == 0
    ]
    flights = load_day(date).flights
    found = np.column_stack([flights[name] for name in LIVE])
    assert len(expected) == len(flights)
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-12)


def days_from(date: str, row: Mapping[str, str]) -> int:
    day = dt.date(int(row["year"]), int(row["month"]), int(row["day"]))
    return (day - dt.date.fromisoformat(date)).days


def on_the_clock(row: Mapping[str, str]) -> dt.datetime:
    """The moment; on these days no flight is due in a doubtful hour."""
    clock = int(row["sched_dep_time"])
    return dt.datetime(
        int(row["year"]),
        int(row["month"]),
        int(row["day"]),
        clock // 100,
        clock % 100,
        tzinfo=NEW_YORK,
    ).astimezone(dt.UTC)


def slow_window(
    rows: list[dict[str, str]],
    due: list[dt.datetime],
    origin: str,
    departure: dt.datetime,
) -> tuple[float, float, float]:
    now = departure - dt.timedelta(hours=2)
    delays, waiting = [], 0
    for row, other in zip(rows, due, strict=True):
        age = (now - other).total_seconds() / 60
        if row["origin"] != origin or not 0 <= age < 180:
            continue
        delay = float(row["dep_delay"]) if row["dep_delay"] else float("inf")
        if delay > age:
            waiting += 1
            delay = age
        delays.append(delay)
    if len(delays) < 5:
        return (float("nan"),) * 3
    clipped = [min(max(delay, -15), 180) for delay in delays]
    late = sum(delay > 15 for delay in delays)
    n = len(delays)
    return sum(clipped) / n, late / n, waiting / n


def test_a_day_on_its_own_sees_what_the_whole_year_sees(
    everything: Flights,
) -> None:
    for date in loader.DAYS:
        alone = load_day(date).flights
        within = everything.where(everything["date"] == np.datetime64(date))
        for name in alone.columns:
            np.testing.assert_array_equal(alone[name], within[name])


def test_the_night_the_clock_jumps_has_windows_of_three_hours() -> None:
    # 10 March, 05:00 in New York is 09:00 UTC: the window opens at 04:00 UTC,
    # which the clock called 23:00 on the 9th. Clock minus five is midnight.
    flights = load_day("2013-03-10").departures
    evening = flights.where(flights["date"] < np.datetime64("2013-03-10"))
    assert len(evening) > 0
    assert evening["time"].min() > np.datetime64("2013-03-10T04:00")
    assert flights["time"].max() < np.datetime64("2013-03-11T04:00")


def test_weather_agrees_with_a_lookup_row_by_row(sample: Flights) -> None:
    weather = load_weather()
    rows = {
        (int(o), str(t)): i
        for i, (o, t) in enumerate(
            zip(weather["origin"], weather["time"], strict=True)
        )
    }
    some = sample.take(np.arange(0, len(sample), 97))
    for hours_back, suffix in ((0, ""), (2, "_2h"), (3, "_3h")):
        hour = some["time"].astype("M8[h]") - np.timedelta64(hours_back, "h")
        for i in range(len(some)):
            key = int(some["origin"][i]), str(hour[i].astype("M8[m]"))
            row = rows.get(key)
            for name in WEATHER:
                want = np.nan if row is None else weather[name][row]
                found = some[name + suffix][i]
                assert found == want or (np.isnan(found) and np.isnan(want))


def test_an_hour_without_a_report_is_missing() -> None:
    table = {"time": np.array([NOON]), "origin": np.array([0])}
    table |= {name: np.array([1.0]) for name in WEATHER}
    hour = np.timedelta64(1, "h")
    for origin, time in ((1, NOON), (0, NOON + hour), (0, NOON - hour)):
        found = weather_at(table, np.array([time]), np.array([origin]))
        assert np.isnan(found["temp"][0])


def test_the_calendar_agrees_with_pythons() -> None:
    days = np.arange("2013-01-01", "2013-12-30", dtype="M8[D]")
    made = calendar(days, np.zeros(len(days), np.int64))
    for i, day in enumerate(days.astype(object)):
        assert made["month"][i] == day.month
        assert made["day"][i] == day.day
        assert made["day_of_week"][i] == day.weekday()
        assert made["week"][i] + 1 == day.isocalendar().week


def test_codes_are_positions_in_sorted_lists() -> None:
    for names in (CARRIERS, ORIGINS, DESTINATIONS):
        assert list(names) == sorted(set(names))
        codes = encode("any", np.array(names), names)
        np.testing.assert_array_equal(codes, np.arange(len(names)))


def test_no_flights_give_no_windows() -> None:
    nothing = np.array([], "M8[m]")
    seen = live_windows(nothing, np.array([], int), np.array([], float))
    assert len(seen.columns()["live_wait"]) == 0


def test_what_makes_no_sense_is_refused_by_name() -> None:
    due, origin = minutes_before_noon(0), np.array([0])
    seen = live_windows(due, origin, np.array([0.0]))
    with pytest.raises(ValueError, match="carrier has an unknown value: XX"):
        encode("carrier", np.array(["UA", "XX"]), CARRIERS)
    with pytest.raises(ValueError, match="at_least must be 1 or more, got 0"):
        seen.columns(at_least=0)
    with pytest.raises(ValueError, match="must be given together"):
        live_windows(due, origin, np.array([0.0]), at=due)
    table = {"time": np.array([NOON] * 2), "origin": np.array([0, 0])}
    table |= {name: np.zeros(2) for name in WEATHER}
    with pytest.raises(ValueError, match="two rows for one airport and hour"):
        weather_at(table, due, origin)
    with pytest.raises(ValueError, match="hours_back must be 0 or more"):
        weather_at(table, due, origin, hours_back=-1)


def test_blind_spot_a_feed_that_loses_half_its_rows_looks_healthy() -> None:
    """Shares do not show that fewer flights were counted."""
    day = load_day("2013-12-09").departures
    half = day.take(np.arange(0, len(day), 2))
    thin = live_windows(half["time"], half["origin"], half["dep_delay"])
    all_day = np.nanmean(day["live_late"])
    assert abs(np.nanmean(thin.columns()["live_late"]) - all_day) < 0.02
