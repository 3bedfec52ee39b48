"""Contract of snippets/flights/retrain.py."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Literal

import numpy as np
import pytest

from snippets.flights.loader import Flights
from snippets.flights.models import MONTHS, RateTable, gain
from snippets.flights.retrain import (
    LOOSE,
    TABLE,
    Floats,
    Found,
    Gate,
    calendar,
    early,
    gated,
    judge,
    known,
    recalibrated,
    report,
    run,
    twice,
)
from snippets.hardening.promote import due

PER_DAY = 200


@pytest.fixture(scope="module")
def found(sample: Flights) -> Found:
    return run(sample)


def year() -> Flights:
    """May to December, 200 flights a day, one in five of them late."""
    days = np.arange(np.datetime64("2013-05-01"), np.datetime64("2014-01-01"))
    date = np.repeat(days, PER_DAY)
    n = len(date)
    late = np.random.default_rng(0).random(n) < 0.2
    month = date.astype("M8[M]").astype(int) % 12 + 1
    columns = {
        "time": date.astype("M8[m]"),
        "date": date,
        "month": month,
        "arr_delay": np.where(late, 60.0, 0.0),
        "block_minutes": np.full(n, 90),
        "origin": np.arange(n) % 3,
    }
    return Flights(columns)


def silent(flights: Flights) -> Floats:
    return np.zeros(len(flights))


def knows(flights: Flights, share: float) -> Floats:
    """Warns of a share of the late flights, and of no other."""
    drawn = np.random.default_rng(1).random(len(flights)) < share
    return np.where(flights.late & drawn, 0.9, 0.1)


# What was known when


def test_no_outcome_is_used_before_it_was_in(sample: Flights) -> None:
    """Schedules are local time at both ends; three hours more reach the
    west coast."""
    minutes = sample["block_minutes"] + 180 + sample["arr_delay"]
    for month in range(5, 13):
        rows = known(sample, month)
        first = np.datetime64(f"2013-{month:02d}-01", "D")
        landed = sample["time"][rows] + minutes[rows].astype("m8[m]")
        assert landed.max() < first.astype("M8[h]") + 4  # midnight, New York
        assert sample["date"][rows].max() == first - 2


def test_cancelled_flights_are_never_known(sample: Flights) -> None:
    assert not (known(sample, 12) & ~sample.labelled).any()


def test_what_comes_later_changes_no_decision() -> None:
    flights = year()
    models = {TABLE: silent(flights), 5: knows(flights, 0.2)}
    models |= dict.fromkeys(range(6, 13), knows(flights, 0.1))
    late = flights.columns["arr_delay"].copy()
    later = flights["date"] >= np.datetime64("2013-09-30")
    late[later] = 60 - late[later]
    other = Flights({**flights.columns, "arr_delay": late})
    told = gated(models, flights, Gate()), gated(models, other, Gate())
    said = [[(j.month, j.answer) for j in looks[:4]] for _, looks, _ in told]
    assert said[0] == said[1]
    assert [j.month for j in told[0][1][:4]] == ["jul", "aug", "sep", "oct"]
    november = [looks[4].gain for _, looks, _ in told]  # it saw October
    assert abs(november[0] - november[1]) > 10


# The gate, by hand


def test_a_better_model_goes_in_a_month_after_it_was_trained() -> None:
    # A fifth of the flights is late. A warning for .2 of those earns
    # .2 * .2 * 3 = 120 per 1,000 flights, and for .3 of them 180.
    flights = year()
    models = {TABLE: silent(flights), 5: knows(flights, 0.2)}
    models |= dict.fromkeys(range(6, 13), knows(flights, 0.3))
    serving, looks, back = gated(models, flights, Gate())
    assert looks[0].answer == "promote"
    assert looks[0].gain == pytest.approx(60, abs=15)
    assert serving == {5: 5, 6: 5} | dict.fromkeys(range(7, 13), 6)
    assert back == []
    # A model of the same worth is no reason for another release.
    assert [j.answer for j in looks[1:]] == ["hold"] * 5


def test_one_that_loses_at_an_airport_is_held() -> None:
    flights = year()
    better = knows(flights, 0.3)
    better[flights["origin"] == 1] = 0.1
    models = {TABLE: silent(flights), 5: knows(flights, 0.2)}
    models |= dict.fromkeys(range(6, 13), better)
    _, looks, _ = gated(models, flights, replace(LOOSE, margin=0.0))
    assert all("slice" in j.doubts for j in looks)
    assert all(j.answer == "hold" for j in looks)


def test_a_gain_beyond_all_reason_asks_a_person() -> None:
    flights = year()
    models = {TABLE: silent(flights), 5: knows(flights, 0.2)}
    models |= dict.fromkeys(range(6, 13), knows(flights, 0.9))
    _, looks, _ = gated(models, flights, Gate(), "signs")
    assert (looks[0].answer, looks[0].doubts) == ("ask a person", ["surprise"])


@pytest.mark.parametrize(
    ("asked", "july"), [("waits", 5), ("signs", 6), ("takes the table", TABLE)]
)
def test_the_owner_decides_where_only_the_table_is_in_the_way(
    asked: Literal["waits", "signs", "takes the table"], july: int
) -> None:
    flights = year()
    models = {TABLE: knows(flights, 0.35), 5: knows(flights, 0.2)}
    models |= dict.fromkeys(range(6, 13), knows(flights, 0.3))
    serving, looks, _ = gated(models, flights, Gate(), asked)
    assert (looks[0].answer, looks[0].doubts) == ("ask a person", ["baseline"])
    assert serving[7] == july
    assert serving[12] == july


def test_the_release_before_comes_back_when_it_is_shown_to_be_better() -> None:
    flights = year()
    turned = knows(flights, 0.3)
    autumn = flights["month"] >= 9
    turned[autumn] = knows(flights, 0.05)[autumn]
    models = {TABLE: silent(flights), 5: knows(flights, 0.2)}
    models |= dict.fromkeys(range(6, 13), turned)
    serving, _, back = gated(models, flights, Gate())
    assert (serving[9], serving[10], back) == (6, 5, [10])


def test_the_interval_is_the_one_that_twelve_gates_share() -> None:
    flights = year()
    sides = knows(flights, 0.2), knows(flights, 0.25), silent(flights)
    alone, _ = judge(7, *sides, flights, replace(Gate(), gates=1))
    shared, _ = judge(7, *sides, flights, Gate())
    assert alone.gain == shared.gain
    assert shared.low < alone.low < alone.gain < alone.high < shared.high


# The faults


def test_late_flights_come_twice_from_june_on() -> None:
    flights = year()
    feed = twice(flights)
    assert len(feed) == len(flights) + int(
        (flights.late & (flights["month"] > 5)).sum()
    )
    june, may = feed["month"] == 6, feed["month"] == 5
    rate = flights.late[flights["month"] == 6].mean()
    assert feed.late[june].mean() == pytest.approx(2 * rate / (1 + rate))
    assert int(may.sum()) == int((flights["month"] == 5).sum())


def test_what_has_not_landed_after_two_hours_counts_as_on_time() -> None:
    flights = year()  # 90 minutes in the air, and an hour late
    feed = early(flights)
    may = feed["month"] == 5
    assert not feed.late[~may].any()
    assert (feed.late[may] == flights.late[may]).all()
    assert (feed.labelled == flights.labelled).all()
    short = Flights({**flights.columns, "block_minutes": np.full(1, 40)})
    assert (early(short).late == short.late).all()


def test_a_cancelled_flight_gets_no_outcome_by_reading_early(
    sample: Flights,
) -> None:
    assert (early(sample).labelled == sample.labelled).all()


# The chapter


def test_june_is_served_by_nothing_newer_than_june(found: Found) -> None:
    for kept in found.models.values():
        for serving in kept.serving.values():
            assert list(serving) == list(MONTHS)
            for month, model in serving.items():
                if model != "table":
                    assert MONTHS.index(model) <= MONTHS.index(month)


def test_never_is_the_model_of_the_other_chapters(found: Found) -> None:
    for kept in found.models.values():
        assert kept.policies["never"].against_never.value == 0
    assert found.table.against_table.value == 0
    assert found.models["notebook"].policies["never"].value.value < 80
    assert found.models["hardened"].policies["never"].value.value > 110


def test_retraining_helps_the_notebook_and_stays_behind_ten_rows(
    found: Found,
) -> None:
    policies = found.models["notebook"].policies
    assert policies["calendar"].against_never.low > 0
    assert policies["recalibrated"].against_never.low > 0
    for one in policies.values():
        assert one.value.value < found.table.value.value
    for name in "calendar", "recalibrated":  # the season turns
        december = policies[name].months["dec"].value
        assert december < policies["never"].months["dec"].value - 10


def test_the_gate_lets_nothing_in_and_costs_a_bad_model_its_repair(
    found: Found,
) -> None:
    for name, kept in found.models.items():
        assert "promote" not in {j.answer for j in kept.gate}, name
        assert kept.policies["gate"].against_never.value == 0
    notebook = found.models["notebook"].policies
    assert notebook["calendar"].value.value > notebook["gate"].value.value
    hardened = found.models["hardened"].policies["calendar"]
    assert abs(hardened.against_never.value) < 8


def test_the_calendar_walks_into_the_ditch_and_the_gate_does_not(
    found: Found,
) -> None:
    ditch = found.ditches["early"]
    assert ditch.late_rate < 0.02 < found.late_rate
    assert ditch.policies["calendar"].against_never.high < -15
    assert ditch.policies["gate"].against_never.value == 0
    assert found.ditches["twice"].late_rate == pytest.approx(
        2 * found.late_rate / (1 + found.late_rate), abs=1e-9
    )


def test_retraining_narrows_a_gap_that_was_about_the_feed(
    found: Found,
) -> None:
    ditch = found.ditches["early"]
    gap = {m: ditch.claimed[m] - ditch.told[m] for m in MONTHS}
    assert abs(gap["may"]) < 0.03
    assert gap["jun"] > 0.15
    assert 0 < gap["sep"] < gap["jun"] / 2
    twice_ = found.ditches["twice"]
    assert twice_.told["jun"] - twice_.claimed["jun"] > 0.15
    assert abs(twice_.told["sep"] - twice_.claimed["sep"]) < 0.02


def test_a_recount_stops_all_training_on_broken_outcomes(
    found: Found,
) -> None:
    for ditch in found.ditches.values():
        assert ditch.asked == {"look first": 6}
    may, july = (datetime(2013, m, 1, tzinfo=UTC) for m in (5, 7))
    healthy = due(
        july,
        may,
        max_age=timedelta(days=28),
        rings={"calendar": True},
        broken={"recount": False},
        new_cases=25_000,
        min_cases=1_000,
    )
    assert healthy.answer == "retrain"


def test_recalibration_uses_the_month_that_has_ended() -> None:
    # One in five is late where .1 was said, and from July on four in five.
    flights = year()
    turn = (flights["month"] >= 7) & ~flights.late
    delay = np.where(turn, 60.0, np.where(flights.late, 60.0, 0.0))
    few = np.random.default_rng(2).random(len(flights)) < 0.2
    turned = Flights({**flights.columns, "arr_delay": np.where(few, 0, delay)})
    p = recalibrated(np.full(len(turned), 0.1), turned)
    by = {m: p[turned["month"] == m][0] for m in (5, 6, 7, 8)}
    assert by[5] == 0.1
    assert by[6] == pytest.approx(0.16, abs=0.02)
    assert by[7] == pytest.approx(0.16, abs=0.02)  # July is not over
    assert by[8] == pytest.approx(0.8, abs=0.02)


def test_the_calendar_serves_each_month_by_its_own_model() -> None:
    flights = year()
    models = {m: np.full(len(flights), m / 100) for m in range(5, 13)}
    assert (100 * calendar(models, flights)).round().astype(int).tolist() == (
        flights["month"].tolist()
    )


def test_the_ten_rows_can_be_made_again(found: Found, sample: Flights) -> None:
    train = sample.train
    made = RateTable.fit(train["live_late"], train.late)
    served = sample.production
    points = gain(served.late, made.predict(served["live_late"]))
    assert found.table.value.value == pytest.approx(1000 * points.mean())
    assert abs(found.table_monthly.against_table.value) < 12


def test_the_report_fits_a_terminal(found: Found) -> None:
    text = report(found)
    assert max(map(len, text.splitlines())) <= 79
    assert "back: never" in text
    kept = found.models["hardened"]
    turned = replace(kept, back={"gate": ["oct"], "loose gate": []})
    again = report(replace(found, models={"hardened": turned}))
    assert "back: gate in oct" in again


# The blind spot


def test_blind_spot_a_gate_that_is_told_the_same_lie_agrees(
    found: Found,
) -> None:
    """Both the rows and the model have learned the fault."""
    for ditch in found.ditches.values():
        first = ditch.same_feed[1]
        assert (first.month, first.answer, first.doubts) == (
            "aug",
            "promote",
            [],
        )
        assert first.low > 10
        assert first.after < 0  # in truth it loses
        assert ditch.policies["same feed"].against_never.value < 0
