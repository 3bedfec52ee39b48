"""What freshness promises, how far it holds, and what it cannot see."""

import math
from datetime import UTC, date, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from snippets.drift.freshness import Run, age, assess, stuck_runs
from snippets.flights.loader import load_weather

NAN, INF = math.nan, math.inf
HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
NEW_YORK, BERLIN = ZoneInfo("America/New_York"), ZoneInfo("Europe/Berlin")
NOON = datetime(2013, 6, 3, 12, tzinfo=UTC)
NAIVE = datetime(2013, 6, 3, 12)


def hours(n):
    return [NOON + i * HOUR for i in range(n)]


def in_new_york(*when, fold=0):
    return datetime(2013, *when, tzinfo=NEW_YORK, fold=fold)


# Identity


@given(st.datetimes(timezones=st.timezones()))
def test_what_happens_now_is_of_age_zero(now):
    assert age(now, now) == timedelta(0)


# Worked by hand


@pytest.mark.parametrize(
    ("newest", "now", "true_age", "by_the_wall"),
    [
        # 10 March: 01:30 is 06:30 UTC, 03:30 is 07:30 UTC
        (in_new_york(3, 10, 1, 30), in_new_york(3, 10, 3, 30), 1, 2),
        # 3 November: the first 01:30 is 05:30 UTC, the second is 06:30 UTC
        (in_new_york(11, 3, 1, 30), in_new_york(11, 3, 1, 30, fold=1), 1, 0),
        (in_new_york(11, 3, 0, 30), in_new_york(11, 3, 3, 30), 4, 3),
    ],
)
def test_on_the_nights_the_clock_jumps_age_counts_hours_that_passed(
    newest, now, true_age, by_the_wall
):
    assert age(now, newest) == true_age * HOUR
    assert now - newest == by_the_wall * HOUR  # what Python answers


def test_zones_may_differ_and_datetime64_is_utc():
    now = datetime(2013, 7, 1, 12, tzinfo=BERLIN)  # 10:00 UTC
    newest = datetime(2013, 7, 1, 4, tzinfo=NEW_YORK)  # 08:00 UTC
    assert age(now, newest) == 2 * HOUR
    assert age(np.datetime64("2013-07-01T10:00"), newest) == 2 * HOUR
    stamp = pd.Timestamp("2013-07-01 04:00", tz="America/New_York")
    assert age(now, stamp) == 2 * HOUR
    assert type(age(now, stamp)) is timedelta


@pytest.mark.parametrize(
    ("minutes_old", "stale", "ahead"),
    [
        (0, False, False),
        (120, False, False),  # the limit itself is fine
        (120.01, True, False),
        (-5, False, False),  # and so is the tolerated skew
        (-5.01, False, True),
    ],
)
def test_limits_include_their_end(minutes_old, stale, ahead):
    newest = NOON - minutes_old * MINUTE
    result = assess(NOON, newest, 2 * HOUR, max_ahead=5 * MINUTE)
    assert result.age == minutes_old * MINUTE
    assert (result.limit, result.max_ahead) == (2 * HOUR, 5 * MINUTE)
    assert (result.stale, result.ahead) == (stale, ahead)
    assert result.alarm == (stale or ahead)


def test_without_tolerance_a_microsecond_ahead_is_ahead():
    newest = NOON + timedelta(microseconds=1)
    assert assess(NOON, newest, HOUR).ahead


def test_a_run_worked_by_hand():
    # 12:00 7, then 5 at 13, 14, 15, 16: three hours, four readings
    (run,) = stuck_runs(hours(6), [7, 5, 5, 5, 5, 8], 2 * HOUR)
    assert run == Run(NOON + HOUR, NOON + 4 * HOUR, 5.0, 4)
    assert run.length == 3 * HOUR
    assert stuck_runs(hours(6), [7, 5, 5, 5, 5, 8], 3 * HOUR) == (run,)
    assert stuck_runs(hours(6), [7, 5, 5, 5, 5, 8], 3 * HOUR + MINUTE) == ()


@pytest.mark.parametrize(("day", "first"), [((3, 10), 5), ((11, 3), 4)])
def test_a_run_over_a_night_the_clock_jumps_keeps_its_length(day, first):
    start = datetime(2013, *day, first, tzinfo=UTC)
    times = [(start + i * HOUR).astimezone(NEW_YORK) for i in range(6)]
    (run,) = stuck_runs(times, [3] * 6, 2 * HOUR)
    assert (run.start, run.length, run.n) == (start, 5 * HOUR, 6)


# Agreement with plain Python


def plain_runs(times, values, limit, gap):
    rows = zip(times, values, strict=True)
    rows = sorted((t, v) for t, v in rows if v is not None and v == v)
    runs = []
    for t, v in rows:
        if runs and runs[-1][2] == v and t - runs[-1][1] < gap:
            runs[-1][1] = t
            runs[-1][3] += 1
        else:
            runs.append([t, t, v, 1])
    return tuple(Run(*run) for run in runs if run[1] - run[0] >= limit)


moments = st.integers(0, 40).map(lambda minutes: NOON + minutes * MINUTE)
shown = st.sampled_from([0.0, 1.0, 2.0, INF, -INF, NAN, None])
feeds = st.lists(st.tuples(moments, shown), max_size=40)
spans = st.integers(1, 15).map(lambda minutes: minutes * MINUTE)


@given(feeds, spans, spans)
def test_runs_are_those_of_a_plain_loop(feed, limit, gap):
    times, values = [t for t, _ in feed], [v for _, v in feed]
    found = stuck_runs(times, values, limit, max_gap=gap)
    assert found == plain_runs(times, values, limit, gap)


# Properties


@given(feeds, spans, st.randoms(use_true_random=False))
def test_the_order_of_arrival_does_not_matter(feed, limit, random):
    mixed = random.sample(feed, len(feed))
    one, other = (
        stuck_runs([t for t, _ in f], [v for _, v in f], limit)
        for f in (feed, mixed)
    )
    assert one == other


@given(feeds, spans)
def test_a_reading_delivered_twice_changes_only_the_count(feed, limit):
    once = stuck_runs([t for t, _ in feed], [v for _, v in feed], limit)
    twice = stuck_runs(
        [t for t, _ in feed] * 2, [v for _, v in feed] * 2, limit
    )
    assert [(r.start, r.end, r.value) for r in once] == [
        (r.start, r.end, r.value) for r in twice
    ]


@given(st.lists(st.integers(0, 2), min_size=1, max_size=40), spans)
def test_a_run_has_three_moments_unless_max_gap_is_set_wider(shown, limit):
    times = [NOON + 2 * i * MINUTE for i in range(len(shown))]
    assert all(run.n >= 3 for run in stuck_runs(times, shown, limit))


@given(st.datetimes(timezones=st.timezones()), st.timezones())
def test_the_zone_a_time_is_told_in_does_not_matter(now, zone):
    newest = datetime(2013, 3, 10, 12, tzinfo=UTC)
    assert age(now.astimezone(UTC), newest) == age(now, newest)
    assert age(now, newest) == age(now, newest.astimezone(zone))
    assert age(now, newest) == -age(newest, now)


# Hard inputs

FIVE = [5, 5, 5, 5]
HARD = {
    "no readings": (hours(0), [], []),
    "one reading": (hours(1), [5], []),
    "all missing": (hours(4), [NAN, None, NAN, NAN], []),
    "constant": (hours(4), FIVE, [(0, 3, 5)]),
    "the whole column at inf": (hours(4), [INF] * 4, [(0, 3, INF)]),
    "both zeros are one value": (hours(4), [0.0, -0.0] * 2, [(0, 3, 0)]),
    "booleans": (hours(4), [True] * 4, [(0, 3, 1)]),
    "integers": (hours(4), np.array(FIVE, np.int16), [(0, 3, 5)]),
    "unsorted": (hours(4)[::-1], FIVE, [(0, 3, 5)]),
    "one missing reading in a run": (hours(5), [5, 5, NAN, 5, 5], []),
    "a night without readings": (
        [NOON + h * HOUR for h in (0, 1, 9, 10)],
        FIVE,
        [],
    ),
    "two values at one moment": (
        [NOON + h * HOUR for h in (0, 1, 1, 2)],
        [5, 5, 7, 5],
        [],
    ),
    "two runs": (hours(7), [1, 1, 1, 1, 2, 2, 2], [(0, 3, 1), (4, 6, 2)]),
    "readings as far apart as the limit": (hours(40)[::2], [5] * 20, []),
}


@pytest.mark.parametrize(("times", "values", "runs"), HARD.values(), ids=HARD)
def test_hard_inputs(times, values, runs):
    found = stuck_runs(times, values, 2 * HOUR)
    assert [
        ((run.start - NOON) / HOUR, (run.end - NOON) / HOUR, run.value)
        for run in found
    ] == runs


def test_a_wider_gap_bridges_a_missing_reading():
    feed = hours(5), [5, 5, NAN, 5, 5]
    (run,) = stuck_runs(*feed, 4 * HOUR, max_gap=3 * HOUR)
    assert (run.length, run.n) == (4 * HOUR, 4)


def test_nothing_may_stay_unless_it_is_excused_by_name():
    feed = hours(8), [0, 0, 0, 0, 5, 5, 5, 5]
    assert [r.value for r in stuck_runs(*feed, 2 * HOUR)] == [0, 5]
    excused = stuck_runs(*feed, 2 * HOUR, may_stay=[0])
    assert [r.value for r in excused] == [5]


@pytest.mark.parametrize(
    "times",
    [
        tuple(hours(4)),
        np.array(hours(4)),
        np.datetime64("2013-06-03T12") + np.arange(4),
        np.array(["2013-06-03T12", "2013-06-03T13", "2013-06-03T14",
                  "2013-06-03T15"], "M8[ns]"),
        pd.date_range(NOON, periods=4, freq="h"),
        pd.Series(pd.date_range(NOON, periods=4, freq="h"), [7, 7, 1, 0]),
        pd.Series(pd.date_range(NAIVE, periods=4, freq="h")),
        [t.astimezone(zone) for t, zone in zip(
            hours(4), (UTC, NEW_YORK, BERLIN, timezone(HOUR)), strict=True)],
    ],
    ids=lambda times: type(times).__name__,
)  # fmt: skip
def test_other_containers_give_the_answer_of_the_list(times):
    columns = (
        (5, 5, 5, None),
        np.array([5, 5, 5, NAN], np.float32),
        np.ma.array(FIVE, mask=[0, 0, 0, 1]),
        pd.Series([5, 5, 5, None], index=[9, 8, 7, 7]),
        pd.Series([5, 5, 5, None], dtype="Int64"),
    )
    for values in columns:
        (run,) = stuck_runs(times, values, 2 * HOUR)
        assert run == Run(NOON, NOON + 2 * HOUR, 5.0, 3)
        assert type(run.start) is datetime


# Errors


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: age(NAIVE, NOON), ValueError, "now must have a time zone"),
        (lambda: age(NOON, NAIVE), ValueError, "newest .* naive 2013-06-03"),
        (lambda: age(NAIVE, NAIVE), ValueError, "now .* got naive"),
        (lambda: age(NOON, None), TypeError, "newest must .* got NoneType"),
        (lambda: age(NOON, "2013"), TypeError, "newest must .* got str"),
        (lambda: age(NOON, 1.4e9), TypeError, "newest must .* got float"),
        (lambda: age(date(2013, 6, 3), NOON), TypeError, "now .* got date"),
        (lambda: age(pd.NaT, NOON), ValueError, "now must be .* NaT"),
        (
            lambda: age(NOON, np.datetime64("NaT")),
            ValueError,
            "newest must be times, got NaT",
        ),
        (
            lambda: age(np.datetime64(10**6, "Y"), NOON),
            ValueError,
            "now must be in years 1 to 9999",
        ),
        (lambda: assess(NOON, NOON, 0 * HOUR), ValueError, "limit .* above 0"),
        (lambda: assess(NOON, NOON, -HOUR), ValueError, "limit .* got -1 day"),
        (lambda: assess(NOON, NOON, 2), TypeError, "limit .* got int"),
        (
            lambda: assess(NOON, NOON, HOUR, max_ahead=-HOUR),
            ValueError,
            "max_ahead must be 0 or more",
        ),
        (
            lambda: assess(NOON, NOON, HOUR, max_ahead=None),
            TypeError,
            "max_ahead must be a timedelta, got NoneType",
        ),
        (
            lambda: stuck_runs(hours(2), [1], HOUR),
            ValueError,
            "times and values must be equally long, got 2 and 1",
        ),
        (
            lambda: stuck_runs([NOON, NAIVE], [1, 2], HOUR),
            ValueError,
            r"times\[1\] must have a time zone",
        ),
        (
            lambda: stuck_runs([NOON, pd.NaT], [1, 2], HOUR),
            ValueError,
            r"times\[1\] must be a time, got NaT",
        ),
        (
            lambda: stuck_runs([NOON, None], [1, 2], HOUR),
            TypeError,
            r"times\[1\] must .* got NoneType",
        ),
        (
            lambda: stuck_runs(["2013-06-03"], [1], HOUR),
            TypeError,
            r"times\[0\] must .* got str",
        ),
        (
            lambda: stuck_runs(np.array(["NaT"], "M8[h]"), [1], HOUR),
            ValueError,
            "times must be times, got NaT",
        ),
        (
            lambda: stuck_runs(
                np.ma.array(np.zeros(2, "M8[h]"), mask=[0, 1]), [1, 2], HOUR
            ),
            ValueError,
            "times must not be masked",
        ),
        (
            lambda: stuck_runs([hours(2)], [1, 2], HOUR),
            ValueError,
            r"times must be one column, got \(1, 2\)",
        ),
        (
            lambda: stuck_runs(hours(2), [[1, 2]], HOUR),
            ValueError,
            r"values must be one column, got \(1, 2\)",
        ),
        (
            lambda: stuck_runs(hours(1), ["5"], HOUR),
            TypeError,
            "values must hold numbers",
        ),
        (lambda: stuck_runs([], [], -HOUR), ValueError, "limit must be above"),
        (
            lambda: stuck_runs([], [], HOUR, max_gap=0 * HOUR),
            ValueError,
            "max_gap must be above 0, got 0:00:00",
        ),
        (
            lambda: stuck_runs([], [], HOUR, may_stay=0),
            ValueError,
            r"may_stay must be one column, got \(\)",
        ),
        (
            lambda: stuck_runs([], [], HOUR, may_stay=["0"]),
            TypeError,
            "may_stay must hold numbers",
        ),
    ],
)
def test_what_is_refused_is_refused_by_name(call, error, message):
    with pytest.raises(error, match=message):
        call()


odd_times = st.sampled_from(
    [
        *(NOON, NAIVE, None, pd.NaT, 0, 1.5, "2013-06-03", True, NOON.date()),
        *(np.datetime64("2013-06-03"), np.datetime64("NaT")),
        in_new_york(11, 3),
    ]
)
odd_values = st.sampled_from(
    [0, 5, -1.5, NAN, INF, -INF, None, True, "5", NOON, 10**400, 1j, np.nan]
)
odd_limits = st.sampled_from(
    [HOUR, MINUTE, -HOUR, 0 * HOUR, timedelta.max, timedelta.min, 2, None, "1"]
)


@settings(max_examples=300)
@given(
    st.lists(odd_times, max_size=4),
    st.lists(odd_values, max_size=4) | st.just([[1, 2], [3, 4]]),
    odd_limits,
    st.just(()) | odd_values | st.lists(odd_values, max_size=2),
)
def test_anything_gives_a_result_or_an_error_with_a_name(
    times, values, limit, may_stay
):
    names = ("now", "newest", "times", "values", "limit", "may_stay")
    now, newest = (times * 2)[:2] if times else (NOON, NOON)
    judged = answer(lambda: assess(now, newest, limit))
    assert not isinstance(judged, str) or judged.startswith(names)
    runs = answer(lambda: stuck_runs(times, values, limit, may_stay=may_stay))
    if isinstance(runs, str):
        assert runs.startswith(names)
    else:
        assert all(run.length >= limit for run in runs)
        assert not any(math.isnan(run.value) for run in runs)


def answer(call):
    try:
        return call()
    except (ValueError, TypeError) as error:
        return str(error)


# How far the promise holds: the weather of 2013, where nothing froze

WEATHER = load_weather()


def weather(name, airport, months=range(1, 13)):
    month = WEATHER["time"].astype("M8[M]").astype(int) % 12 + 1
    here = (WEATHER["origin"] == airport) & np.isin(month, list(months))
    return WEATHER["time"][here], WEATHER[name][here]


def year_of_runs(name, limit, **kwargs):
    return [
        run
        for airport in range(3)
        for run in stuck_runs(*weather(name, airport), limit, **kwargs)
    ]


@pytest.mark.parametrize(
    ("name", "may_stay", "longest"),
    [
        ("pressure", [], 4),
        ("temp", [], 13),
        ("precip", [], 311),
        ("precip", [0], 3),
        ("visib", [], 312),
        ("visib", [10], 14),
    ],
)
def test_healthy_columns_stand_still_for_this_many_hours_in_2013(
    name, may_stay, longest
):
    how = {"may_stay": may_stay, "max_gap": 2 * HOUR}
    assert year_of_runs(name, longest * HOUR, **how)
    assert not year_of_runs(name, (longest + 1) * HOUR, **how)


def test_twice_the_longest_run_of_four_months_rang_once_in_the_next_eight():
    # Eight columns at three airports, each with one limit for the airports.
    rang = {}
    for name, may_stay in {
        "temp": [], "dewp": [], "humid": [], "pressure": [], "wind_dir": [0],
        "wind_speed": [0], "precip": [0], "visib": [10],
    }.items():  # fmt: skip
        how = {"may_stay": may_stay, "max_gap": 2 * HOUR}
        spring = [
            run.length
            for airport in range(3)
            for run in stuck_runs(
                *weather(name, airport, range(1, 5)), HOUR, **how
            )
        ]
        rang[name] = sum(
            len(
                stuck_runs(
                    *weather(name, airport, range(5, 13)),
                    2 * max(spring),
                    **how,
                )
            )
            for airport in range(3)
        )
    assert sum(rang.values()) == rang["wind_speed"] == 1


def test_looking_every_hour_finds_no_more_runs_than_looking_once():
    times, values = weather("temp", 1, months=[1])
    once = {run.start for run in stuck_runs(times, values, 5 * HOUR)}
    hourly = set()
    for k in range(1, len(times) + 1):
        for run in stuck_runs(times[:k], values[:k], 5 * HOUR):
            hourly.add(run.start)
    assert once == hourly
    assert len(once) == 8


def test_each_frozen_day_is_seen_as_soon_as_the_limit_has_passed():
    # The pressure stops at the reading of a random hour, on 300 days.
    times, values = weather("pressure", 2)
    rng = np.random.default_rng(1)
    limit, seen, could = 5 * HOUR, 0, 0
    for start in rng.choice(np.arange(24, len(times) - 24), 300, False):
        frozen = values[start - 12 : start + 12].copy()
        frozen[12:] = values[start]
        could += not np.isnan(values[start])
        until = 12 + limit // HOUR + 1
        hour = times[start - 12 : start + 12]
        seen += bool(stuck_runs(hour[:until], frozen[:until], limit))
    assert (seen, could) == (262, 262)


def test_the_weather_of_2013_ends_a_day_early():
    newest = WEATHER["time"].max()
    assert newest == np.datetime64("2013-12-30T23:00")
    noon = in_new_york(12, 31, 12)  # 17:00 UTC
    assert assess(noon, newest, 3 * HOUR).age == 18 * HOUR
    assert assess(noon, newest, 3 * HOUR).stale


# The blind spots


def test_blind_spot_a_dead_source_behind_a_busy_clock():
    # No departure has come in since noon. The average wait is counted afresh
    # each minute, so its rows are new and its value moves.
    left_to_wait = np.array([3.0, 8.0, 21.0])
    now = [NOON + i * MINUTE for i in range(240)]
    average = [float(np.mean(i + left_to_wait)) for i in range(240)]
    assert not assess(now[-1], now[-1], HOUR).alarm
    assert stuck_runs(now, average, HOUR) == ()
    # The time of the newest event tells.
    assert assess(now[-1], NOON, HOUR).stale


def test_blind_spot_a_gauge_that_dies_at_an_excused_value():
    dead = np.zeros(24 * 30)
    times = np.datetime64("2013-06-01T00") + np.arange(len(dead))
    assert stuck_runs(times, dead, 5 * HOUR, may_stay=[0]) == ()
    assert len(stuck_runs(times, dead, 5 * HOUR)) == 1


def test_blind_spot_the_newest_row_of_all_hides_a_station_that_stopped():
    last_seen = [NOON - 9 * HOUR, NOON, NOON - MINUTE]
    assert not assess(NOON, max(last_seen), HOUR).alarm
    assert [assess(NOON, t, HOUR).alarm for t in last_seen] == [1, 0, 0]
