"""What parity promises, on the flights and by hand, and what it cannot see."""

import datetime as dt
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from snippets.flights.features import live_windows
from snippets.flights.loader import load_day
from snippets.hardening.parity import Parity, compare_features

NEW_YORK = ZoneInfo("America/New_York")
IDS = list(range(100))


def one(training, serving, **more):
    """Compare one column, joined by position."""
    ids = list(range(len(training)))
    found = compare_features(
        {"id": ids, "x": training}, {"id": ids, "x": serving}, key="id", **more
    )
    return found.columns[0]


# Identity and hand-worked values


def test_the_same_twice_is_the_same():
    table = {"id": IDS, "x": np.linspace(0, 1, 100), "name": ["a"] * 100}
    found = compare_features(table, table, key="id")
    assert found.same
    assert [c.mismatches for c in found.columns] == [0, 0]
    assert (found.rows, found.examples) == (100, ())


def test_worked_by_hand():
    found = compare_features(
        {"id": [1, 2, 3, 9], "x": [1.0, 2.0, None, 4.0]},
        {"id": [3, 2, 1, 8], "x": [5.0, 2.5, 1.0, 4.0]},
        key="id",
    )
    # 1 agrees, 2 is apart by .5, 3 has a value in serving only, 9 and 8 have
    # no partner.
    column = found.columns[0]
    assert (found.rows, column.mismatches) == (3, 2)
    assert (column.only_training, column.only_serving) == (0, 1)
    assert column.worst == (2, 2.0, 2.5)
    assert (found.only_training, found.only_serving) == (1, 1)
    assert found.examples == (9, 8)
    assert not found.same


def test_a_row_without_a_partner_is_not_the_same():
    table = {"id": [1, 2], "x": [0, 0]}
    assert not compare_features(table, {"id": [1], "x": [0]}, key="id").same


@pytest.mark.parametrize("rows", [1, 10, 1_000, 100_000])
def test_what_may_still_differ_is_the_exact_binomial_limit(rows):
    table = {"id": range(rows), "x": np.zeros(rows)}
    found = compare_features(table, table, key="id")
    limit = stats.beta.ppf(0.95, 1, rows)
    assert found.may_differ == pytest.approx(limit, rel=1e-9)


def test_a_limit_holds_in_19_of_20_drawings():
    # A true share right at the limit of 300 rows is missed in 5 % of draws.
    draw = np.random.default_rng(3)
    table = {"id": range(300), "x": np.zeros(300)}
    share = compare_features(table, table, key="id").may_differ
    clean = draw.binomial(300, share, 20_000) == 0
    assert clean.mean() == pytest.approx(0.05, abs=0.006)


@pytest.mark.parametrize(
    ("training", "serving", "pattern"),
    [
        ([1, 2, 3], [1.61, 3.22, 4.83], "serving = 1.61 * training"),
        ([50, 68, 32.0], [10, 20, 0.0], "serving = 0.5556 * training -17.78"),
        ([7, 9, 12], [12, 14, 17], "serving = training +5"),
        ([0.1, 0.2], np.float32([0.1, 0.2]), "apart by rounding"),
        ([1, 2, 3], [None] * 3, "serving has no value"),
        (["7", "8"], [7, 8], "training has object, serving has int64"),
        ([1, 2, 3], [2, 9, 4], ""),
        ([1, 1], [2, 3], ""),
        ([1, 2, 3], [np.inf, 2, 9], ""),
        ([0, 0], [60, 60], "serving = training +60"),
    ],
)
def test_a_plain_pattern_is_named(training, serving, pattern):
    found = one(training, serving)
    assert found.mismatches >= 1
    assert found.pattern.startswith(pattern)
    assert bool(found.pattern) == bool(pattern)


def test_an_hour_s_shift_of_times_is_named():
    times = np.array(["2013-03-10T06:59", "2013-03-10T07:00"], "M8[m]")
    late = times + np.timedelta64(3600, "s")
    assert one(times, late).pattern == "serving = training +3600 s"
    assert one(times, late, tolerance=3600).mismatches == 0


def test_a_swapped_column_is_named():
    wind, gust = np.arange(9.0), np.arange(9.0) ** 2
    found = compare_features(
        {"id": range(9), "wind": wind, "gust": gust},
        {"id": range(9), "wind": gust, "gust": wind},
        key="id",
    )
    assert {c.name: c.pattern for c in found.columns} == {
        "wind": "serving holds 'gust' of training",
        "gust": "serving holds 'wind' of training",
    }


# The flights: whole days, with both nights on which the clocks change


def served(due, origin, delay, wall_clock=False):
    """Live columns as a service makes them: one flight after another."""
    minutes = due.astype(np.int64)
    if wall_clock:  # what the clock on the wall of the airport shows
        times = [t.replace(tzinfo=dt.UTC) for t in due.astype(object)]
        zones = [t.astimezone(NEW_YORK).utcoffset() for t in times]
        minutes = minutes + np.array([z.total_seconds() / 60 for z in zones])
    late, flights = [], []
    for t, airport in zip(minutes, origin, strict=True):
        window = (origin == airport) & (minutes > t - 300)
        window &= minutes <= t - 120
        left = minutes[window] + delay[window]
        waits = np.isnan(left) | (left > t - 120)
        so_far = np.where(waits, t - 120 - minutes[window], delay[window])
        late.append(int(np.sum(so_far > 15)))
        flights.append(int(window.sum()))
    return {"id": range(len(due)), "late": late, "flights": flights}


def on_both_sides(date, moved=0, wall_clock=False):
    """A day through both codes; `moved` hours later than it was."""
    flights = load_day(date).flights
    due = flights["time"].astype("M8[m]") + np.timedelta64(moved, "h")
    day = due, flights["origin"], flights["dep_delay"]
    windows = live_windows(*day)
    trained = {"late": windows.late, "flights": windows.flights}
    trained |= {"id": range(len(due))}
    return compare_features(trained, served(*day, wall_clock), key="id")


@pytest.mark.parametrize("date", ["2013-03-10", "2013-11-03", "2013-06-03"])
def test_training_and_serving_agree_on_whole_days(date):
    found = on_both_sides(date)
    assert found.same
    assert found.rows > 800


@pytest.mark.parametrize("date", ["2013-03-10", "2013-11-03"])
def test_a_service_on_the_wall_clock_differs_when_the_clocks_change(date):
    # The real rows cannot show it: nobody is due to leave from one to five
    # at night, so no window spans the change. Eight hours earlier, many do.
    assert on_both_sides(date, wall_clock=True).same
    assert on_both_sides(date, moved=-8).same
    found = on_both_sides(date, moved=-8, wall_clock=True)
    assert {c.name: c.mismatches > 50 for c in found.columns} == {
        "late": True,
        "flights": True,
    }


# Properties

CELL = st.one_of(
    st.none(),
    st.integers(-9, 9),
    st.floats(allow_nan=True, allow_infinity=True),
    st.text(max_size=3),
    st.booleans(),
)
COLUMN = st.lists(CELL, min_size=1, max_size=6)


@given(COLUMN, st.randoms(use_true_random=False))
def test_order_does_not_matter_and_a_copy_agrees(column, random):
    order = list(range(len(column)))
    random.shuffle(order)
    mixed = {"id": order, "x": [column[i] for i in order]}
    found = compare_features(
        {"id": range(len(column)), "x": column}, mixed, key="id"
    )
    assert found.columns[0].mismatches == 0


@given(COLUMN, COLUMN)
def test_swapping_the_sides_swaps_the_report(a, b):
    n = min(len(a), len(b))
    there, back = one(a[:n], b[:n]), one(b[:n], a[:n])
    assert there.mismatches == back.mismatches
    assert there.only_training == back.only_serving
    assert there.mismatches >= there.only_training + there.only_serving


JUNK = st.one_of(
    CELL,
    COLUMN,
    st.lists(COLUMN, max_size=2),
    st.dictionaries(st.sampled_from(["id", "x"]), COLUMN | CELL),
    st.just(np.zeros((2, 2))),
    st.just(np.array([1 + 2j])),
    st.just(np.ma.masked_array([1.0, 2.0], [True, False])),
)


@settings(max_examples=200)
@given(JUNK, JUNK, st.sampled_from(["id", "y", 3]), JUNK)
def test_any_input_gives_a_report_or_an_error_by_name(a, b, key, tolerance):
    message = "training"
    try:
        found = compare_features(a, b, key=key, tolerance=tolerance)
        assert isinstance(found, Parity)
        assert 0 < found.may_differ < 1
    except (TypeError, ValueError) as error:
        message = str(error)
    assert message.startswith(("training", "serving", "key", "tolerance"))


# Hard inputs


@pytest.mark.parametrize(
    ("training", "serving", "mismatches"),
    [
        ([None, np.nan], [np.nan, None], 0),
        ([np.inf, -np.inf], [np.inf, -np.inf], 0),
        ([np.inf, 1.0], [-np.inf, 1.0], 1),
        ([2**53, 2**53 + 1], [2**53, 2**53 + 2], 1),
        ([True, False], [1, 0], 0),
        (["AA", None], ["AA", float("nan")], 0),
        (["AA", "AA "], ["AA", "AA"], 1),
        (["1", "2"], [1, 2], 2),
        (pd.Series([1.0, np.nan]), [1, None], 0),
        (pd.Series(["a", None]), ["a", None], 0),
        (pd.array([1, None], dtype="Int64"), [1, None], 0),
        (np.ma.masked_array([1.0, 9.0], [False, True]), [1.0, None], 0),
        ([0.1 + 0.2, 1], [0.3, 1], 1),
        (["x'; DROP TABLE log; --", "a\nb"], ["x", "a\nb"], 1),
    ],
)
def test_hard_inputs(training, serving, mismatches):
    assert one(training, serving).mismatches == mismatches


def test_dates_far_away_and_two_units_meet():
    minutes = np.array(["1900-01-01T00:00", "2100-12-31T23:59"], "M8[m]")
    seconds = minutes.astype("M8[s]")
    assert one(minutes, seconds).mismatches == 0
    found = compare_features(
        {"t": minutes, "x": [1, 2]}, {"t": seconds, "x": [1, 2]}, key="t"
    )
    assert found.same


def test_a_tolerance_is_in_the_unit_of_its_column():
    assert one([1.0, 2.0], [1.01, 2.0], tolerance=0.02).mismatches == 0
    assert one([1.0, 2.0], [1.01, 2.0], tolerance={"x": 0.02}).mismatches == 0
    assert one([1.0, 2.0], [1.03, 2.0], tolerance={"x": 0.02}).mismatches == 1
    assert one([1.0, 2.0], [1.01, 2.0], tolerance={}).mismatches == 1


# Bad input

GOOD = {"id": [1, 2], "x": [1.0, 2.0]}


@pytest.mark.parametrize(
    ("training", "serving", "more", "message"),
    [
        ([1], GOOD, {}, "training must map names to columns, got list"),
        (GOOD, None, {}, "serving must map names to columns, got NoneType"),
        (GOOD, {"id": [1, 2]}, {}, "serving lacks 'x', which training has"),
        ({"id": [1]}, GOOD, {}, "training lacks 'x', which serving has"),
        (GOOD, GOOD | {"x": [1.0]}, {}, "got 1 in 'x' and 2 in 'id'"),
        (
            GOOD,
            GOOD | {"x": [[1], [2]]},
            {},
            r"serving\['x'\] must be one col",
        ),
        (GOOD, GOOD | {"x": [[1], [2, 3]]}, {}, r"serving\['x'\] must be one"),
        (GOOD, GOOD | {"x": [1j, 2j]}, {}, r"serving\['x'\] cannot be comp"),
        (GOOD, GOOD | {"id": [1, 1]}, {}, r"serving\['id'\] has 1 twice"),
        (GOOD, GOOD | {"id": [1, None]}, {}, r"serving\['id'\] is missing in"),
        (GOOD, GOOD | {"id": [3, 4]}, {}, "serving share no 'id'"),
        (GOOD, GOOD, {"key": "no"}, "key must name a column, got 'no'"),
        (GOOD, GOOD, {"tolerance": -1}, "tolerance of 'x' must be 0 or more"),
        (GOOD, GOOD, {"tolerance": np.nan}, "tolerance of 'x' .*got nan"),
        (GOOD, GOOD, {"tolerance": {"y": 1}}, "tolerance names 'y', which"),
        (GOOD, GOOD, {"tolerance": "1"}, "tolerance of 'x' .*got '1'"),
        ({}, {}, {}, "key must name a column"),
        ({"id": [], "x": []}, {"id": [], "x": []}, {}, "share no 'id'"),
    ],
)
def test_bad_input_is_named(training, serving, more, message):
    with pytest.raises((TypeError, ValueError), match=message):
        compare_features(training, serving, **({"key": "id"} | more))


# Blind spot


def test_the_same_mistake_on_both_sides_agrees():
    celsius = np.array([10.0, 20.0, 30.0])
    wrong = celsius * 9 / 5  # both forgot the 32
    assert one(wrong, wrong).mismatches == 0
    assert one(celsius * 9 / 5 + 32, wrong).pattern == "serving = training -32"
