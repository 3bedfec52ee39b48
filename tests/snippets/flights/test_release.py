"""Contract of snippets/flights/release.py."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import pytest

from snippets.flights import release as module
from snippets.flights.loader import Flights
from snippets.flights.models import HARDENED, NOTEBOOK, SLIDE, Recipe
from snippets.flights.release import (
    Candidate,
    Floats,
    Found,
    canary,
    candidates,
    rehearse,
    report,
    run,
    shadow,
    tuesday,
)

ROOT = Path(__file__).parents[3]
MEASURED = ROOT / "snippets/flights/results/release.json"


@pytest.fixture(scope="module")
def found(sample: Flights) -> Found:
    return run(sample)


@pytest.fixture(scope="module")
def pairs(sample: Flights) -> dict[str, Candidate]:
    return candidates(sample)


def made(
    late: list[bool], old: list[float], new: list[float], hours: float = 1
) -> Candidate:
    """Flights in a row, the first on Wednesday, 1 May, at noon in New York."""
    n = len(late)
    minutes = (60 * hours * np.arange(n)).astype("m8[m]")
    time = np.datetime64("2013-05-01T16:00", "m") + minutes
    columns = {
        "time": time,
        "date": time.astype("M8[D]"),
        "arr_delay": np.where(late, 60.0, 0.0),
    }
    return Candidate(Flights(columns), np.array(old), np.array(new))


# The shadow


def test_a_release_that_says_the_same_is_never_held() -> None:
    p = [0.1, 0.4] * 500
    assert shadow(made([True] * 1_000, p, p), 0) is None


def test_one_that_decides_otherwise_each_time_is_held_at_the_first_look() -> (
    None
):
    n = 1_000
    assert shadow(made([True] * n, [0.3] * n, [0.2] * n), 0) == 50


def test_scores_hold_it_where_no_decision_differs() -> None:
    n = 1_000
    assert shadow(made([True] * n, [0.15] * n, [0.02] * n), 100) == 50


def test_the_shadow_sees_flights_that_never_get_an_outcome(
    sample: Flights, pairs: dict[str, Candidate]
) -> None:
    asked = pairs["good"].flights
    assert len(asked) == int((sample["month"] > 4).sum())
    assert not asked.labelled.all()
    for points in pairs["good"].points():
        assert (points[~asked.labelled] == 0).all()


def test_the_good_release_and_its_reverse_look_alike_without_outcomes(
    found: Found,
) -> None:
    good, old = found.releases["good"], found.releases["old"]
    assert good.shadow == old.shadow
    assert (good.changed, good.moved) == (old.changed, old.moved)
    assert good.worth.value == pytest.approx(-old.worth.value)
    assert good.worth.low > 0 > old.worth.high


# The canary, by hand


def test_a_ruin_is_stopped_and_costs_what_its_share_lost() -> None:
    # Every flight is late. The incumbent warns and earns 3; the candidate
    # is silent and earns 0. One flight an hour, so eight more are decided
    # before the outcome of the last one is known.
    n = 2_000
    pair = made([True] * n, [0.9] * n, [0.0] * n)
    ended = canary(pair, 0, 1_000, "ruin")
    assert ended.word == "stop"
    assert ended.flights < 60
    rows = range(24, 24 + ended.flights - 1 + 8)
    mine = sum(module.in_canary(str(row), 0.2, "ruin") for row in rows)
    assert ended.lost == 3 * mine
    assert ended.waited == -3 * (24 + len(rows) - mine)


def test_an_equal_one_goes_on_and_costs_nothing() -> None:
    n = 8_000
    late = [i % 6 == 0 for i in range(n)]
    pair = made(late, [0.3] * n, [0.3] * n, hours=0.1)
    ended = canary(pair, 0, 4_192, "equal")
    assert (ended.word, ended.lost, ended.waited) == ("go", 0, 0)
    assert 4_192 <= ended.flights <= 6_288


def test_flights_without_an_outcome_are_neither_counted_nor_priced(
    pairs: dict[str, Candidate],
) -> None:
    flights = pairs["slide"].flights
    gone = replace(
        pairs["slide"],
        flights=flights,
        new=np.where(flights.labelled, pairs["slide"].new, 0.99),
    )
    for at in 0, 9_000:
        assert canary(gone, at, 4_192, "x") == canary(
            pairs["slide"], at, 4_192, "x"
        )


# The naive team, by hand


def weeks(*late: bool) -> Candidate:
    """Four flights a day; each week all flights are late, or none is."""
    first = [late[0]] * 24  # Wednesday, 1 May, to Monday, before week one
    rest = [x for one in late for x in [one] * 28]
    n = len(first + rest)
    pair = made(first + rest, [0.9] * n, [0.9] * n, hours=6)
    minutes = (360 * np.arange(n)).astype("m8[m]")
    time = np.datetime64("2013-05-01T00:00", "m") + minutes
    columns = {**pair.flights.columns, "time": time}
    columns["date"] = time.astype("M8[D]")
    return replace(pair, flights=Flights(columns))


def test_the_weather_of_the_week_before_decides_for_the_naive_team() -> None:
    """The same answers before and after: nothing changed but the flights."""
    kept = tuesday(weeks(False, True, True, True, True))
    assert (kept.tuesdays, kept.back, kept.running) == (1, 0, 1)
    returned = tuesday(weeks(True, False, False, False, False))
    assert (returned.tuesdays, returned.back, returned.running) == (1, 1, 0)
    assert kept.lost == returned.lost == 0


def test_what_it_loses_is_counted_until_it_is_taken_back() -> None:
    pair = weeks(True, True, False, True, True)
    silent = replace(pair, new=np.zeros(len(pair.new)))
    seen = tuesday(silent)  # earns 0 where the week before earned 3 a flight
    assert (seen.back, seen.lost) == (1, 28 * 3)


# The way back


def test_the_way_back_is_walked_and_the_answers_are_asked_again(
    sample: Flights, tmp_path: Path
) -> None:
    record, problem = rehearse(tmp_path, (HARDENED, NOTEBOOK), sample.train)
    assert problem == ""
    assert len(record) == 4
    first, second = record[1].split()[2], record[1].split()[4]
    assert record[2].split()[2:5] == [second, "->", first]
    assert record[3].split()[2:5] == [first, "->", second]
    assert all("DRILL" in entry for entry in record[2:])


def test_a_release_that_answers_otherwise_fails_the_drill(
    sample: Flights, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    true, asked = module.score, list[Recipe]()

    def drifting(recipe: Recipe, *flights: Flights) -> Floats:
        asked.append(recipe)
        return true(recipe, *flights) + 1e-3 * (len(asked) > 2)

    monkeypatch.setattr(module, "score", drifting)
    _, problem = rehearse(tmp_path, (HARDENED, NOTEBOOK), sample.train)
    assert "AssertionError" in problem


# The chapter


def test_the_sample_tells_the_story_of_all_flights(found: Found) -> None:
    r = found.releases
    assert r["good"].worth.value > 45
    assert abs(r["equal"].worth.value) < 5
    order = ["slide", "old", "cached", "equal", "good"]
    assert sorted(r, key=lambda name: r[name].worth.value) == order
    assert r["equal"].shadow.held[1_000] == 0
    assert r["slide"].shadow.held[100] == r["slide"].shadow.starts
    assert r["slide"].outcomes["better"] == r["good"].outcomes["worse"] == 0
    assert r["slide"].canary.verdicts["stop"] >= 5
    assert all(one.patient is None for one in r.values())
    assert found.false_alarms == {}
    assert found.problem == ""


def test_roads_that_last_longer_cost_more(found: Found) -> None:
    for one in found.releases.values():
        assert list(one.shadow.held.values()) == sorted(
            one.shadow.held.values()
        )
        night, weekend = one.back[480], one.back[3_840]
        assert weekend == pytest.approx(8 * night)


def test_the_weekly_score_rings_for_equal_releases_too(found: Found) -> None:
    equal = found.releases["equal"].tuesday
    assert equal.tuesdays == 30
    assert 10 <= equal.back <= 20


def test_what_the_page_says_of_false_alarms() -> None:
    told = json.loads(MEASURED.read_text("utf-8"))["false_alarms"]
    n = sum(told.values())
    assert n == 96
    # a binomial of 96 at 5 % is above 10 once in 75 times
    assert max(told["stop"], told["broken"]) <= 10


def test_the_report_fits_a_terminal(found: Found) -> None:
    assert max(map(len, report(found).splitlines())) <= 79
    one = found.releases["good"]
    patient = replace(
        found,
        releases={"good": replace(one, patient=one.canary)},
        false_alarms={"broken": 6, "go": 86, "stop": 4},
    )
    assert max(map(len, report(patient).splitlines())) <= 79
    assert "--full" in report(found)
    assert "drawn 96 times: 4 stop, 6 broken" in report(patient)
    assert "--full" not in report(patient)


def test_the_recipe_of_a_release_is_all_that_its_name_depends_on() -> None:
    assert json.loads(json.dumps(asdict(SLIDE)))["columns"] == list(
        SLIDE.columns
    )


# The blind spot


def test_blind_spot_a_small_regression_walks_through_the_canary(
    found: Found,
) -> None:
    """It loses less than the canary was built to stop, on every flight."""
    cached = found.releases["cached"]
    assert -100 < cached.worth.value < cached.worth.high < 0
    assert cached.canary.verdicts["go"] >= 3
    assert cached.outcomes["worse"] >= 6  # the paired shadow sees it
