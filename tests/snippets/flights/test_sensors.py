"""Contract of snippets/flights/sensors.py."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray

from snippets.flights.loader import Flights, load_weather
from snippets.flights.sensors import (
    CHECKS,
    FAULTS,
    JFK,
    LEAST,
    MAY,
    SEPTEMBER,
    Sensors,
    Watch,
    by_day,
    day_mean,
    middle,
    plant,
    report,
    run,
    shared,
)

Floats = NDArray[np.float64]
Year = tuple[NDArray[np.datetime64], Floats]
CENTRED = [name for name in CHECKS if name != "alone"]


@pytest.fixture(scope="module")
def found(sample: Flights) -> Sensors:
    return run(sample)


@pytest.fixture(scope="module")
def year() -> Year:
    return by_day(load_weather())


def fit(year: Year, name: str) -> Watch:
    return Watch.fit(CHECKS[name], year[1], year[0] < MAY)


def noise(seed: int, days: int = 364) -> Floats:
    return np.random.default_rng(seed).normal(60, 3, (3, days, 24))


def test_three_that_agree_have_no_gap() -> None:
    assert not middle(np.full((3, 5, 24), 61.0)).any()


def test_the_gap_is_counted_from_the_middle_one() -> None:
    # 50, 60 and 61: the middle is 60
    temps = np.array([60.0, 50.0, 61.0])[:, None, None] * np.ones((3, 1, 24))
    assert middle(temps)[:, 0, 0].tolist() == [0, -10, 1]


def test_one_bad_moves_the_others_no_farther_than_they_differ() -> None:
    temps = noise(0, days=50)
    bad = temps.copy()
    bad[JFK] += 1000
    apart = np.abs(temps[0] - temps[2])
    for at in (0, 2):
        assert (np.abs(middle(bad)[at]) <= apart + 1e-9).all()


def test_five_degrees_in_twenty_two_hours_are_shared_by_nine_in_ten() -> None:
    # 22 of 24 is 92 %; without one more it is 88 %
    day = np.array([[[5.0] * 22 + [-3.0] * 2]])
    assert shared(day).item() == 5
    day[0, 0, 0] = -3
    assert shared(day).item() == 0
    assert shared(-np.abs(day)).item() == -3


@settings(max_examples=50)
@given(
    arrays(np.float64, (1, 1, 24), elements=st.floats(-50, 50, width=32)),
    st.floats(0.51, 1),
)
def test_so_many_hours_are_at_least_so_far_out(
    day: Floats, share: float
) -> None:
    """Against the definition, tried on each hour as the answer."""
    enough = math.ceil(share * 24)
    hours = day.ravel()
    warm = [x for x in hours if x > 0 and (hours >= x).sum() >= enough]
    cold = [x for x in hours if x < 0 and (hours <= x).sum() >= enough]
    wanted = max(warm, default=0) or min(cold, default=0)
    assert shared(day, share).item() == wanted


def test_a_fault_of_all_hours_moves_what_they_share_by_its_whole_size() -> (
    None
):
    gaps = np.abs(noise(1, days=20) - 60) + 0.1
    assert shared(gaps + 3) == pytest.approx(shared(gaps) + 3)


@pytest.mark.parametrize("share", [0.5, 0, 1.01, -1, math.nan])
def test_a_share_that_both_sides_could_have_is_refused(share: float) -> None:
    with pytest.raises(ValueError, match=f"share must be above 0.5.*{share}"):
        shared(np.zeros((3, 1, 24)), share)


@pytest.mark.parametrize("read", [day_mean, shared])
@pytest.mark.parametrize(
    ("missing", "judged"), [(0, True), (6, True), (7, False), (24, False)]
)
def test_a_day_needs_eighteen_hours(
    read: Callable[[Floats], Floats], missing: int, judged: bool
) -> None:
    gaps = np.full((3, 1, 24), 4.0)
    gaps[0, 0, :missing] = np.nan
    reading = read(gaps)
    assert np.isnan(reading[0, 0]) != judged
    assert reading[1, 0] == 4
    assert LEAST == 18


def test_with_one_of_three_silent_nobody_is_judged() -> None:
    temps = noise(2, days=200)
    watch = Watch.fit(CHECKS["hours"], temps, np.arange(200) < 120)
    temps[0, 150] = np.nan
    assert np.isnan(watch.scores(temps)[:, 150]).all()


def test_the_day_is_that_of_standard_time() -> None:
    """Midnight in New York is 05:00 UTC, in summer as well."""
    weather = {
        "time": np.array(
            ["2013-07-01T04:00", "2013-07-01T05:00", "2013-07-02T04:00"],
            "M8[m]",
        ),
        "origin": np.array([1, 1, 1]),
        "temp": np.array([70.0, 71.0, 72.0]),
    }
    days, temps = by_day(weather)
    assert [str(day) for day in days] == ["2013-06-30", "2013-07-01"]
    assert temps[1, 0, 23] == 70
    assert temps[1, 1, [0, 23]].tolist() == [71, 72]
    assert np.isnan(temps).sum() == 3 * 48 - 3


@pytest.mark.parametrize("start", [35, -1, 141])
def test_a_start_without_room_before_or_after_it_is_refused(
    start: int,
) -> None:
    temps = noise(3, days=200)
    watch = Watch.fit(CHECKS["middle"], temps, np.arange(200) < 120)
    with pytest.raises(ValueError, match=f"start must be 36 to 140.*{start}"):
        plant(watch, temps, FAULTS["stuck"], start, [JFK])


@pytest.mark.parametrize("name", CHECKS)
def test_calm_days_stay_within_the_limits_they_gave(
    year: Year, name: str
) -> None:
    days, temps = year
    scores = fit(year, name).scores(temps)[:, days < MAY]
    assert np.nanmax(np.abs(scores)) == pytest.approx(1)


@pytest.mark.parametrize("name", CHECKS)
def test_a_planting_reads_as_the_whole_year_does(
    year: Year, name: str
) -> None:
    """It looks at a part of the days, and finds the same alarms."""
    days, temps = year
    watch, start = fit(year, name), int((days < SEPTEMBER).sum())
    bad = temps.copy()
    bad[JFK, start:] += 3
    now, was = (watch.scores(x)[:, start : start + 60] for x in (bad, temps))
    rings = (np.abs(now) > 1) & ~(np.abs(was) > 1)
    new = plant(watch, temps, FAULTS["warmer"], start, [JFK])
    assert ((new != 0) == rings).all()
    assert new[rings] == pytest.approx(now[rings])


@pytest.mark.parametrize("name", CHECKS)
def test_nothing_broken_rings_nothing_new(year: Year, name: str) -> None:
    new = plant(fit(year, name), year[1], lambda x: x, 200, [0, 1, 2])
    assert not new.any()


@pytest.mark.parametrize("name", ["others", "middle"])
def test_without_a_season_one_day_in_121_passes_the_widest_of_120(
    name: str,
) -> None:
    """244 later days: two for each thermometer, six in all."""
    calm = np.arange(364) < 120
    later = []
    for seed in range(60):
        temps = noise(seed)
        scores = Watch.fit(CHECKS[name], temps, calm).scores(temps)
        later.append((np.abs(scores[:, 120:]) > 1).sum(axis=1).mean())
    assert np.mean(later) == pytest.approx(244 / 121, rel=0.25)


def test_at_jfk_summer_breaks_that_promise(found: Sensors) -> None:
    days = found.quiet["hours"].days
    assert days == {"EWR": 3, "JFK": 14, "LGA": 1}
    assert found.quiet["middle"].alarms == {"EWR": 2, "JFK": 13, "LGA": 2}
    assert found.quiet["middle"].summer == 10


def test_what_rings_in_summer_is_cold_air_with_wind_from_the_sea(
    found: Sensors,
) -> None:
    assert found.cold == {"days": 12, "cold": 12}
    assert found.sea["alarm"] > 0.99
    assert found.sea["other"] < 0.7


def test_the_season_of_another_year_would_buy_most_alarms(
    found: Sensors,
) -> None:
    quiet, seen = found.quiet, found.seen
    assert quiet["season"].alarms["JFK"] < quiet["middle"].alarms["JFK"] / 3
    assert quiet["season"].year < quiet["middle"].year / 2
    before, after = (
        seen[name]["creeping"].half for name in ("middle", "season")
    )
    assert before is not None
    assert after is not None
    assert before < after


def test_a_thermometer_by_itself_rings_alike_whole_and_broken(
    found: Sensors,
) -> None:
    whole = found.alone["none"]
    assert whole.psi >= 16
    assert whole.ks == 17
    for key in FAULTS:
        broken = found.alone[key]
        assert abs(broken.psi - whole.psi) <= 1
        assert abs(broken.ks - whole.ks) <= 1
    assert found.alone["celsius"].first_psi < whole.first_psi


def test_with_a_limit_of_its_own_season_it_sees_celsius_alone(
    found: Sensors,
) -> None:
    alone = found.seen["alone"]
    assert alone["celsius"].nine_in_ten == 0
    assert min(alone[k].unseen for k in FAULTS if k != "celsius") > 0.95


def test_nine_hours_in_ten_see_each_fault_wherever_it_was_planted(
    found: Sensors,
) -> None:
    assert found.plantings == 81
    seen = found.seen["hours"]
    assert [seen[key].unseen for key in FAULTS] == [0] * 5
    assert [seen[key].half for key in FAULTS] == [0, 4, 2, 2, 27]
    assert [seen[key].nine_in_ten for key in FAULTS] == [0, 9, 16, 14, 40]


def test_the_middle_of_three_names_the_broken_one(found: Sensors) -> None:
    for name in CENTRED:
        if name != "others":
            assert found.seen[name]["celsius"].named == 1
    assert found.seen["others"]["celsius"].named < 0.6
    assert found.seen["others"]["celsius"].by_size > 0.95
    for key in FAULTS:
        middle_of, others = (
            found.seen[name][key] for name in ("hours", "others")
        )
        assert middle_of.named > max(others.named, others.by_size)


def test_of_121_warm_days_nine_hours_in_ten_ring_on_70(year: Year) -> None:
    """As the figure shows it; the mean of the day rings on 45."""
    days, temps = year
    late = days >= SEPTEMBER
    bad = temps.copy()
    bad[JFK, late] += 3
    outside = [
        int((np.abs(fit(year, name).scores(bad)[JFK, late]) > 1).sum())
        for name in ("middle", "hours")
    ]
    assert (outside, int(late.sum())) == ([45, 70], 121)


def test_a_value_that_stays_needs_no_neighbour(found: Sensors) -> None:
    """The longest calm run is 12 hours; 13 ring once in eight months."""
    assert (found.stuck_limit, found.stuck_alarms) == (13, 1)


def test_a_stuck_thermometer_costs_points(found: Sensors) -> None:
    """On the sample other intervals hold 0; on all flights they do not."""
    for price in found.prices.values():
        assert price.low < price.change < price.high
    assert found.prices["stuck"].high < 0


def test_the_other_two_stand_in_for_next_to_nothing(found: Sensors) -> None:
    instead = found.prices["neighbours"]
    assert abs(instead.change) < 4
    assert instead.high - instead.low < 10


def test_the_report_fits_a_terminal(found: Sensors) -> None:
    assert max(map(len, report(found).splitlines())) <= 79


def test_a_fault_that_was_never_seen_is_a_dash(found: Sensors) -> None:
    never = replace(found.seen["hours"]["stuck"], half=None, september=None)
    seen = {**found.seen, "hours": dict.fromkeys(FAULTS, never)}
    assert "    -   0%" in report(replace(found, seen=seen))


def test_blind_spot_all_three_wrong_alike_ring_nothing(year: Year) -> None:
    _, temps = year
    for name in CENTRED:
        watch = fit(year, name)
        for by in (3, 300):
            assert watch.scores(temps + by) == pytest.approx(
                watch.scores(temps), nan_ok=True
            )


def test_blind_spot_two_wrong_alike_accuse_the_healthy_one(
    found: Sensors,
) -> None:
    assert found.together.three_rings == 0
    assert found.together.celsius_rings <= 2
    assert found.together.two_seen > 0.95
    assert found.together.healthy_named > 0.8


def test_blind_spot_a_slow_drift_stays_within_the_limit(
    found: Sensors,
) -> None:
    """0.02 °F a day makes 1.2 °F in 60 days."""
    assert found.unseen_steps["1"] > 0.5
    assert found.unseen_steps["2"] > 0.1
    assert found.unseen_rates["2"] > 0.6
    assert found.unseen_rates["10"] == 0


def test_blind_spot_a_reference_that_moves_follows_the_drift(
    found: Sensors,
) -> None:
    fixed, moving = (
        found.seen[name]["creeping"].unseen for name in ("middle", "moving")
    )
    assert moving > 1.5 * fixed


def test_blind_spot_the_one_wrong_hour_in_the_table_leaves_no_mark(
    found: Sensors,
) -> None:
    """13.1 °F between 57.0 and 57.2, as the package ships it."""
    assert found.hour.worst == "2013-05-08 21:00"
    assert found.hour.read == [57.02, 13.1, 57.2]
    assert found.hour.day_score == 0
    assert abs(found.hour.gap) > 3 * found.hour.limit["JFK"]
