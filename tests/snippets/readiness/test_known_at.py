"""What known_at promises, what the case would have heard, and its limits."""

import json
import re
from datetime import UTC, date, datetime, timedelta, timezone
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from snippets.flights.leak import KNOWN_AT as CHAPTER
from snippets.flights.loader import load
from snippets.readiness.known_at import (
    ColumnCheck,
    FeatureCheck,
    KnownAt,
    check_features,
)

HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
NEW_YORK, BERLIN = ZoneInfo("America/New_York"), ZoneInfo("Europe/Berlin")
NOON = datetime(2013, 6, 3, 12, tzinfo=UTC)
NAIVE = datetime(2013, 6, 3, 12)
NOW = KnownAt(0 * HOUR, why="counted at the decision")
LOADED = KnownAt(0 * HOUR, "loaded", why="our own clock")


def only(known, decision_time, clocks=None):
    """The entry of one column."""
    result = check_features(["x"], {"x": known}, decision_time, clocks)
    (found,) = result.columns
    assert result.in_time == (found.n_late == found.n_unknown == 0)
    return found


# Identity


@given(st.lists(st.datetimes(timezones=st.timezones()), min_size=1))
def test_what_is_counted_at_the_decision_is_in_time(decisions):
    assert only(NOW, decisions) == ColumnCheck("x", 0, 0, 0 * HOUR, None)
    loaded = only(LOADED, decisions, {"loaded": decisions})
    assert loaded == ColumnCheck("x", 0, 0, 0 * HOUR, None)


# Worked by hand


def test_the_weather_of_chapter_1_worked_by_hand():
    # The flight is due at 10:00 and decided at 08:00. The row called 08 is
    # complete at 08:51, 51 minutes too late; the row called 07 at 07:51.
    complete = KnownAt(51 * MINUTE, "hour", why="the last report is of :51")
    eight = datetime(2013, 6, 3, 8, tzinfo=UTC)
    assert only(complete, eight, {"hour": eight}).worst == 51 * MINUTE
    assert only(complete, eight, {"hour": eight - HOUR}).worst == -9 * MINUTE


def test_late_and_unknown_rows_are_counted_and_the_first_is_named():
    decided = [NOON + h * HOUR for h in range(5)]
    loaded = [NOON - HOUR, None, NOON + 3 * HOUR, NOON + 9 * HOUR, NOON]
    # waits of -1, unknown, +1, +6 and -4 hours
    found = only(LOADED, decided, {"loaded": loaded})
    assert found == ColumnCheck("x", 2, 1, 6 * HOUR, 2)


def test_the_declarations_are_held_side_by_side():
    known_at = {
        "a": NOW,
        "b": KnownAt(HOUR, why="a report", revised=True),
        "label": KnownAt(9 * HOUR, why="when it lands", revised=True),
    }
    result = check_features(["b", "a"], known_at, [NOON] * 3)
    assert result == FeatureCheck(
        in_time=False,
        n_rows=3,
        columns=(
            ColumnCheck("b", 3, 0, HOUR, 0),
            ColumnCheck("a", 0, 0, 0 * HOUR, None),
        ),
        revised=("b",),
        unused=("label",),
    )


# Agreement with others

minutes = st.integers(-300, 300)
tables = st.lists(st.tuples(minutes, minutes | st.none()), min_size=1)


@given(tables, minutes)
def test_a_column_is_that_of_a_plain_loop(table, delay):
    decided = [NOON + d * MINUTE for d, _ in table]
    clock = [None if c is None else NOON + c * MINUTE for _, c in table]
    waits = [None if c is None else c + delay - d for d, c in table]
    told = [w for w in waits if w is not None]
    late = [i for i, w in enumerate(waits) if w is not None and w > 0]
    known = KnownAt(delay * MINUTE, "clock", why="drawn")
    assert only(known, decided, {"clock": clock}) == ColumnCheck(
        "x",
        len(late),
        len(waits) - len(told),
        max(told) * MINUTE if told else None,
        late[0] if late else None,
    )


@settings(max_examples=50)
@given(
    st.lists(st.integers(0, 400), min_size=1, max_size=30, unique=True),
    st.lists(st.integers(-50, 500), min_size=1, max_size=30),
    st.integers(0, 60),
)
def test_pandas_point_in_time_join_passes_and_a_join_by_name_does_not(
    stamps, decisions, delay
):
    start = pd.Timestamp("2013-06-03", tz="UTC")

    def times(numbers):
        return start + pd.to_timedelta(sorted(numbers), unit="min")

    asked = pd.DataFrame({"decided": times(decisions)})
    feed = pd.DataFrame({"stamp": times(stamps)})
    feed["readable"] = feed["stamp"] + pd.Timedelta(minutes=delay)
    known = KnownAt(delay * MINUTE, "stamp", why="measured")
    for key in "readable", "stamp":
        joined = pd.merge_asof(
            asked, feed, left_on="decided", right_on=key, direction="backward"
        )
        found = only(known, joined["decided"], joined)
        seen_early = joined["readable"] > joined["decided"]
        assert found.n_late == seen_early.sum()
        assert found.n_unknown == joined["stamp"].isna().sum()
        if key == "readable":
            assert found.n_late == 0


# The case

FLIGHTS = load()
DUE = FLIGHTS["time"]
DECIDED = DUE - np.timedelta64(2, "h")


def weather(hours_back):
    known = KnownAt(51 * MINUTE, "hour", why="the last report is of :51")
    hour = DUE.astype("M8[h]") - hours_back
    return only(known, DECIDED, {"hour": hour})


def test_weather_two_hours_old_was_from_the_future_in_58387_of_67276_rows():
    assert weather(2) == ColumnCheck("x", 58_387, 0, 51 * MINUTE, 0)
    assert weather(3).n_late == 0


def test_the_rows_agree_with_the_hours_that_chapter_1_wrote_by_hand():
    # Hours after the decision: 2.85 for the departure hour, .85, -.15.
    for back, name in (0, "temp"), (2, "temp_2h"), (3, "temp_3h"):
        assert weather(back).worst / HOUR == CHAPTER[name].hours
    committed = json.loads(
        Path("snippets/flights/results/leak.json").read_text("utf-8")
    )
    for hours in committed["future_columns"]["first_hardened"].values():
        assert hours == weather(2).worst / HOUR


def test_the_departure_delay_is_late_in_every_row_or_never_known():
    left = DUE + FLIGHTS["dep_delay"].astype("m8[m]")  # NaN becomes NaT
    known = KnownAt(0 * MINUTE, "left", why="the gate reports it")
    found = only(known, DECIDED, {"left": left})
    assert (found.n_late, found.n_unknown) == (65_650, 1_626)
    assert found.n_late + found.n_unknown == len(DUE)
    assert found.worst == 1_031 * MINUTE


# Properties


@given(tables, st.timezones(), st.integers(-10_000, 10_000))
def test_neither_the_zone_nor_the_date_matters(table, zone, shift):
    decided = [NOON + d * MINUTE for d, _ in table]
    clock = [None if c is None else NOON + c * MINUTE for _, c in table]
    there = [(d + shift * HOUR).astimezone(zone) for d in decided]
    moved = [c and (c + shift * HOUR).astimezone(zone) for c in clock]
    one = only(LOADED, decided, {"loaded": clock})
    assert only(LOADED, there, {"loaded": moved}) == one


@given(st.lists(minutes, min_size=1), st.data())
def test_a_planted_value_from_the_future_is_found_in_its_row(waits, data):
    row = data.draw(st.integers(0, len(waits) - 1))
    loaded = [NOON - abs(w) * MINUTE for w in waits]
    loaded[row] = NOON + timedelta(microseconds=1)
    found = only(LOADED, NOON, {"loaded": loaded})
    assert (found.n_late, found.first_late) == (1, row)


@given(tables, minutes, st.integers(0, 300))
def test_a_longer_delay_never_makes_fewer_rows_late(table, delay, more):
    decided = [NOON + d * MINUTE for d, _ in table]
    clocks = {
        "c": [None if c is None else NOON + c * MINUTE for _, c in table]
    }
    short, long = (
        only(KnownAt(m * MINUTE, "c", why="drawn"), decided, clocks)
        for m in (delay, delay + more)
    )
    assert short.n_late <= long.n_late
    assert short.n_unknown == long.n_unknown


# Time zones


def test_a_night_on_which_the_clock_jumps_is_counted_in_utc():
    # New York, 3 November 2013: 01:50 comes twice. The decision is at the
    # first one, the row was loaded at the second 01:40: 50 minutes late.
    decided = datetime(2013, 11, 3, 1, 50, tzinfo=NEW_YORK)
    loaded = datetime(2013, 11, 3, 1, 40, tzinfo=NEW_YORK, fold=1)
    assert only(LOADED, decided, {"loaded": loaded}).worst == 50 * MINUTE
    # 10 March: from 00:30 to 04:30 are three hours.
    half_past = datetime(2013, 3, 10, 0, 30, tzinfo=NEW_YORK)
    later = datetime(2013, 3, 10, 4, 30, tzinfo=NEW_YORK)
    assert only(LOADED, later, {"loaded": half_past}).worst == -3 * HOUR


def test_numpy_times_are_taken_as_utc():
    at_noon = np.datetime64("2013-06-03T12:00")
    assert only(LOADED, NOON, {"loaded": at_noon}).worst == 0 * HOUR
    in_berlin = NOON.astimezone(BERLIN)
    assert only(LOADED, at_noon, {"loaded": in_berlin}).worst == 0 * HOUR


# Hard inputs

HARD = {
    "one time for all rows": ([NOON] * 3, NOON + HOUR, (3, 0, HOUR, 0)),
    "one decision for all": (NOON, [NOON, NOON + HOUR], (1, 0, HOUR, 1)),
    "one row": ([NOON], [NOON], (0, 0, 0 * HOUR, None)),
    "a microsecond late": (NOON, NOON.replace(microsecond=1), 1),
    "nothing is known": ([NOON] * 2, [None, pd.NaT], (0, 2, None, None)),
    "NaN is no time": (NOON, [float("nan"), NOON], (0, 1, 0 * HOUR, None)),
    "a NaT of NumPy": (NOON, np.datetime64("NaT"), (0, 1, None, None)),
    "a NaT without a unit": (
        NOON,
        np.array(["NaT"], "M8"),
        (0, 1, None, None),
    ),
    "years": (NOON, np.array(["2014"], "M8[Y]"), 1),
    "picoseconds": (np.datetime64(0, "ps"), np.array([10**7], "M8[ps]"), 1),
    "the ends of time": (
        NOON,
        np.array(["0001-01-01", "9999-12-31T23:59:59.999999"], "M8[us]"),
        1,
    ),
    "the first hour there is": (
        NOON,
        datetime(1, 1, 1, tzinfo=timezone(14 * HOUR)),
        0,
    ),
    "mixed forms": (
        [NOON, np.datetime64("2013-06-03T12")],
        (pd.Timestamp(NOON), NOON.astimezone(BERLIN)),
        (0, 0, 0 * HOUR, None),
    ),
}


@pytest.mark.parametrize(
    ("decided", "loaded", "expected"), HARD.values(), ids=HARD
)
def test_hard_inputs(decided, loaded, expected):
    found = only(LOADED, decided, {"loaded": loaded})
    if isinstance(expected, int):
        assert found.n_late == expected
    else:
        assert found == ColumnCheck("x", *expected)


NAIVE_UTC = pd.date_range("2013-06-03T12", periods=3, freq="h")


@pytest.mark.parametrize(
    "loaded",
    [
        [NOON, NOON + HOUR, None],
        (NOON, NOON + HOUR, pd.NaT),
        np.array([NOON, NOON + HOUR, None]),
        np.array(["2013-06-03T12", "2013-06-03T13", "NaT"], "M8[ns]"),
        np.ma.array(NAIVE_UTC.to_numpy(), mask=[0, 0, 1]),
        np.ma.array([NOON, NOON + HOUR, NOON], mask=[0, 0, 1], dtype=object),
        pd.Series([*NAIVE_UTC[:2], None], index=[9, 7, 7]),
        pd.Series([*NAIVE_UTC[:2], None]).dt.tz_localize("UTC"),
        pd.DatetimeIndex([*NAIVE_UTC[:2], None], tz="UTC").tz_convert(BERLIN),
        pd.Series([NOON, NOON + HOUR, None], dtype=object),
    ],
    ids=lambda loaded: type(loaded).__name__,
)
def test_other_containers_give_the_answer_of_the_list(loaded):
    found = only(LOADED, NOON, {"loaded": loaded})
    assert found == ColumnCheck("x", 1, 1, HOUR, 1)
    assert type(found.worst) is timedelta


def test_the_longest_delay_there_may_be_is_all_the_years_of_a_datetime():
    years = timedelta(days=3_652_059)
    last = datetime(9999, 12, 31, tzinfo=UTC)
    for delay in years, -years:
        assert only(KnownAt(delay, why="drawn"), last).worst == delay


def test_a_data_frame_gives_the_names_and_the_clocks():
    frame = pd.DataFrame({"x": [1.0, 2.0], "loaded": NAIVE_UTC[:2]})
    result = check_features(frame[["x"]], {"x": LOADED}, NOON, frame)
    assert result.columns == (ColumnCheck("x", 1, 0, HOUR, 1),)


def test_an_empty_field_passes_once_somebody_says_when_it_was_seen_empty():
    # A left join found no row, so field and time are empty together. Write
    # the time at which you looked: the decision.
    decided = pd.Series(NAIVE_UTC[:2])
    row = pd.DataFrame({"x": [1.0, None], "loaded": [NAIVE_UTC[0], None]})
    assert only(LOADED, decided, row).n_unknown == 1
    row.loc[row["x"].isna(), "loaded"] = decided
    assert only(LOADED, decided, row).n_unknown == 0


# Errors


def check(features=("x",), known_at=None, decided=NOON, clocks=None):
    return check_features(features, known_at or {"x": LOADED}, decided, clocks)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (
            lambda: check(["x", "y", "z"], {"x": NOW}),
            ValueError,
            r"known_at must declare each feature, not \['y', 'z'\]",
        ),
        (lambda: check(["<b>\n"], {"x": NOW}), ValueError, r"\['<b>\\n'\]"),
        (lambda: check("x"), TypeError, "features must be .* got 'x'"),
        (lambda: check(5), TypeError, "features must be several .* got 5"),
        (lambda: check([5]), TypeError, "features must be names, got 5"),
        (lambda: check([]), ValueError, "features must name at least 1"),
        (
            lambda: check(["x", "x"]),
            ValueError,
            r"features must name a column once, got \['x'\]",
        ),
        (lambda: check(known_at=[NOW]), TypeError, "known_at must be a map"),
        (
            lambda: check(known_at={"x": NOW, "y": HOUR}),
            TypeError,
            "known_at must hold KnownAt, got 'y'",
        ),
        (check, ValueError, r"clocks must hold 'loaded', got \[\]"),
        (
            lambda: check(clocks={"landed": NOON}),
            ValueError,
            r"clocks must hold 'loaded', got \['landed'\]",
        ),
        (lambda: check(clocks=[NOON]), TypeError, "clocks must be a mapping"),
        (
            lambda: check(decided=[NOON] * 2, clocks={"loaded": [NOON]}),
            ValueError,
            r"clocks .* got {'decision_time': 2, 'loaded': 1}",
        ),
        (
            lambda: check(clocks={"loaded": []}),
            ValueError,
            "decision_time and clocks must hold rows, got 0",
        ),
        (
            lambda: check(clocks={"loaded": [NOON, NAIVE]}),
            ValueError,
            r"clocks\['loaded'\]\[1\] must have a time zone, got naive 2013-0",
        ),
        (
            lambda: check(decided=NAIVE),
            ValueError,
            "decision_time.* must have a time zone",
        ),
        (
            lambda: check(decided=[NOON, None]),
            ValueError,
            "decision_time must not be missing, row 1 is",
        ),
        (
            lambda: check(decided=pd.NaT),
            ValueError,
            "decision_time must not be missing, row 0 is",
        ),
        (
            lambda: check(decided=np.zeros((2, 1), "M8[h]")),
            ValueError,
            r"decision_time must be one column, got \(2, 1\)",
        ),
        (
            lambda: check(decided=[[NOON]]),
            TypeError,
            r"decision_time\[0\] must be a datetime, got \[datetime",
        ),
        (lambda: check(decided=None), ValueError, "decision_time .* row 0 is"),
        (
            lambda: check(decided=["2013-06-03"]),
            TypeError,
            r"decision_time\[0\] must be a datetime, got '2013-06-03'",
        ),
        (
            lambda: check(decided=np.array([1.4e9])),
            TypeError,
            "decision_time must hold times, got float64",
        ),
        (
            lambda: check(decided=[date(2013, 6, 3)]),
            TypeError,
            r"decision_time\[0\] must .* got datetime.date\(2013",
        ),
        (
            lambda: check(clocks={"loaded": pd.Series([True])}),
            TypeError,
            r"clocks\['loaded'\] must hold times, got bool",
        ),
        (
            lambda: check(decided=np.array([10**18], "M8[Y]")),
            ValueError,
            "decision_time must be in years 1 to 9999, got 10000000",
        ),
        (
            lambda: check(decided=np.array(["0000-12-31"], "M8[D]")),
            ValueError,
            "decision_time must be in years 1 to 9999, got 0000-12-31",
        ),
        (
            lambda: check(decided=np.array(["10000-01-01"], "M8[D]")),
            ValueError,
            "decision_time must be in years 1 to 9999, got 10000-01-01",
        ),
        (lambda: KnownAt(2, why="x"), TypeError, "delay must .* got 2"),
        (
            lambda: KnownAt(timedelta.max, why="x"),
            ValueError,
            "delay must be a usable span, got 999999999 days",
        ),
        (lambda: KnownAt(HOUR, 5, why="x"), TypeError, "clock .* got 5"),
        (lambda: KnownAt(HOUR, "", why="x"), ValueError, "clock .* got ''"),
        (lambda: KnownAt(HOUR, why=None), TypeError, "why must .* got None"),
        (lambda: KnownAt(HOUR, why=" "), ValueError, "why must .* got ' '"),
        (
            lambda: KnownAt(HOUR, why="x", revised=1),
            TypeError,
            "revised must be a bool, got 1",
        ),
    ],
)
def test_what_is_refused_is_refused_by_name(call, error, message):
    with pytest.raises(error, match=message):
        call()


things = st.sampled_from(
    [
        *(NOON, NAIVE, None, pd.NaT, pd.NA, 0, -1.5, float("nan"), True, "x"),
        *("loaded", "", "2013-06-03", "<b>\n", b"1", 1j, 10**400, NOON.date()),
        *(HOUR, timedelta.max, NOW, LOADED, np.datetime64("2013-06-03")),
        *(np.datetime64("NaT"), np.datetime64(10**9, "Y"), {}, [], ()),
    ]
)
columns = st.one_of(
    things,
    st.lists(things, max_size=3),
    st.lists(things, max_size=3).map(lambda rows: pd.Series(rows, dtype="O")),
    st.lists(st.lists(things, max_size=2), max_size=2),
    st.lists(st.integers(-3, 3), max_size=3).map(
        lambda n: np.array(n, "M8[D]")
    ),
    st.dictionaries(st.sampled_from(["x", "loaded"]), things, max_size=2),
)


@settings(max_examples=200)
@given(columns, columns, columns, columns, things, things)
def test_bad_input_gives_a_documented_result_or_an_error_by_name(
    features, known_at, decided, clock, delay, text
):
    calls = {
        "features|known_at|clocks": lambda: check(features),
        "known_at": lambda: check_features(["x"], known_at, NOON),
        "decision_time": lambda: check(
            decided=decided, clocks={"loaded": NOON}
        ),
        "clocks|decision_time": lambda: check(clocks={"loaded": clock}),
        "clocks": lambda: check(clocks=clock),
        "delay": lambda: KnownAt(delay, why="x"),
        "clock|why|revised": lambda: KnownAt(
            HOUR, text, why=text, revised=text
        ),
    }
    for name, call in calls.items():
        result, message = None, name
        try:
            result = call()
        except (TypeError, ValueError) as error:
            message = str(error)
        assert re.search(name, message), message
        if isinstance(result, FeatureCheck):
            (found,) = result.columns
            assert found.n_late + found.n_unknown <= result.n_rows
            assert (found.worst is None) == (found.n_unknown == result.n_rows)
            assert (found.first_late is None) == (found.n_late == 0)


# The blind spots


def test_blind_spot_a_wrong_declaration_passes():
    # The balance is exported at midnight. Somebody wrote: known at once.
    hopeful = KnownAt(0 * HOUR, "booked", why="it is in the ledger")
    honest = KnownAt(12 * HOUR, "booked", why="the export runs at midnight")
    clocks = {"booked": NOON - HOUR}
    assert only(hopeful, NOON, clocks).n_late == 0
    assert only(honest, NOON, clocks).n_late == 1


def test_blind_spot_local_times_without_a_zone_lose_an_hour():
    # The same night in November, exported as local time without a zone.
    decided = np.datetime64("2013-11-03T01:50")
    loaded = np.datetime64("2013-11-03T01:40")  # the second 01:40
    assert only(LOADED, decided, {"loaded": loaded}).n_late == 0


def test_blind_spot_a_value_that_was_corrected_under_its_old_time():
    # A sensor reported 3. Two days later somebody corrected it to 9, and the
    # table kept the time of the report. The model decided in between.
    reported, decided = NOON, NOON + HOUR
    corrected = NOON + 48 * HOUR
    export = {"value": 9.0, "loaded": reported}  # the row as it is today
    assert only(LOADED, decided, export).n_late == 0
    # A table that keeps both times has what the model would have seen.
    versions = [(3.0, reported), (9.0, corrected)]
    seen = [value for value, since in versions if since <= decided]
    assert seen[-1] == 3.0
    assert only(LOADED, decided, {"loaded": corrected}).n_late == 1
