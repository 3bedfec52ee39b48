"""Contract of snippets/flights/golden.py."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from snippets.flights import golden as chapter
from snippets.flights.golden import (
    LOST,
    NAMES,
    RECIPE,
    REWRITE,
    SERVED,
    Golden,
    _as_flights,
    by_cell,
    by_features,
    cell,
    features,
    read,
    report,
    run,
    versions,
)
from snippets.flights.loader import Flights, as_json
from snippets.hardening.golden_rows import record, replay

RESULTS = Path(chapter.__file__).parent / "results"
# The loader's names for the notebook's columns.
LOADER = {
    "dow": "day_of_week",
    "minute": "minute_of_day",
    "block": "block_minutes",
}


@pytest.fixture(scope="module")
def golden(sample: Flights) -> Golden:
    return run(sample)


@pytest.fixture(scope="module")
def tables() -> tuple[Any, Any]:
    return read(full=False)


def test_the_cell_is_the_notebooks_own_text() -> None:
    notebook = Path(chapter.__file__).with_name("notebook.py").read_text()
    for line in filter(None, cell().splitlines()):
        assert line in notebook.splitlines()
    assert "time_hour is UTC" in cell()
    assert "LogisticRegression" not in cell()


def test_the_functions_make_the_notebooks_columns(golden: Golden) -> None:
    assert golden.everywhere == {
        "flights": 21138,
        "column": 0,
        "prediction": 0,
    }
    assert golden.refactored == golden.notebook


def test_the_functions_agree_with_the_loader(
    tables: tuple[Any, Any], sample: Flights
) -> None:
    """Written apart from them, in NumPy; codes keep their order."""
    raw, weather = tables
    made, _ = features(raw[raw.month <= 4], weather)
    ids = {f"{name}_id": name for name in NAMES}
    for name in SERVED:
        theirs = sample.train[ids.get(name, LOADER.get(name, name))]
        ours = made[name].to_numpy(float)
        if name in ids:
            pairs = np.unique(np.column_stack([ours, theirs]), axis=0)
            assert (np.diff(pairs, axis=0) > 0).all()
        elif name == "wind_speed":  # the loader leaves the typing error in
            np.testing.assert_array_equal(ours[ours < 200], theirs[ours < 200])
        else:
            np.testing.assert_array_equal(ours, theirs)


def test_every_step_replays_to_the_last_digit(golden: Golden) -> None:
    assert [step.name for step in golden.steps] == [
        "order of departure",
        "weather",
        "labels",
        "clocks",
        "codes",
    ]
    for step in golden.steps:
        assert step.lines[1] < step.lines[0]
        assert (step.apart, step.largest) == (0, 0)


def test_the_last_step_is_the_cell_with_calls() -> None:
    *_, (*_, after) = versions()
    assert cell().count("\n") - after.count("\n") == 14 - 5
    for known in ("wind_speed > 200", "1440", "notna", "stable", "sorted(set"):
        assert known in cell()
        assert known not in after


def test_a_notebook_that_changed_stops_the_steps(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    other = cell().replace("1440", "24 * 60")
    monkeypatch.setattr(chapter, "cell", lambda: other)
    with pytest.raises(ValueError, match="does not hold, once: clocks"):
        list(versions())


def test_the_golden_rows_name_every_loss(golden: Golden) -> None:
    """Rows that differ, rows added, rows moved; and the columns."""
    kept = golden.rows["all"] - golden.rows["left_out"]
    seen = {
        name: (loss.rows > 0, loss.added > 0, loss.moved > 0)
        for name, loss in golden.losses.items()
    }
    assert seen == {
        "order": (False, False, True),
        "typing error": (True, False, False),
        "weather hour": (True, False, False),
        "gaps": (True, False, False),
        "no label": (False, True, False),
        "midnight": (True, False, False),
        "codes": (True, False, False),
        "wall clock": (True, False, False),
    }
    columns = {name: loss.columns for name, loss in golden.losses.items()}
    assert columns["typing error"] == ["wind_speed"]
    assert columns["midnight"] == ["block"]
    assert columns["codes"] == ["carrier_id", "origin_id", "dest_id"]
    assert columns["wall clock"] == ["minute", "dow"]
    assert set(columns["weather hour"]) == set(columns["gaps"])
    assert golden.losses["weather hour"].rows == kept
    assert all(loss.removed == 0 for loss in golden.losses.values())
    assert "sched_arr_time from" in golden.losses["midnight"].shared
    assert ", as in 0 of" in golden.losses["midnight"].shared


def test_what_the_losses_cost_on_the_sample(golden: Golden) -> None:
    """Intervals by day; on all flights the rewrite's excludes 0 as well."""
    loss = golden.losses
    assert 55 <= golden.notebook <= 75
    for free in ("order", "typing error", "no label"):
        assert loss[free].change.value == 0
    assert loss["midnight"].change.high <= 0
    assert loss["wall clock"].change.high < -60
    assert golden.rewrite.change.value < -3
    assert golden.rewrite.value == pytest.approx(
        golden.notebook + golden.rewrite.change.value
    )


def test_the_committed_results_tell_the_same_story() -> None:
    """`refresh.py --check` compares them with a fresh run on all flights."""
    full = json.loads((RESULTS / "golden.json").read_text("utf-8"))
    assert full["everywhere"] == {
        "flights": 105475,
        "column": 0,
        "prediction": 0,
    }
    assert full["refactored"] == full["notebook"]
    assert full["rewrite"]["change"]["high"] < 0
    assert full["losses"]["codes"]["change"]["high"] < 0


def test_trained_again_the_rewrite_hides_in_the_luck_of_the_seed() -> None:
    full = json.loads((RESULTS / "golden.json").read_text("utf-8"))
    models = json.loads((RESULTS / "models.json").read_text("utf-8"))
    luck = models["seeds"]["notebook"]
    assert luck["value_low"] < full["trained_again"] < luck["value_high"]
    assert full["trained_again"] > full["notebook"]


def test_the_rewrite_is_seven_losses_and_keeps_one_clock() -> None:
    assert len(REWRITE) == 7
    assert set(LOST) - set(REWRITE) == {"wall clock"}


def test_the_results_are_plain_json(golden: Golden) -> None:
    assert json.loads(as_json(golden))["rows"]["left_out"] > 30


def test_the_report_fits_a_terminal(golden: Golden) -> None:
    """The notebook's longest line has a mark before it in the difference."""
    lines = report(golden).splitlines()
    assert max(len(line) for line in lines if line[:1] not in "+-") <= 79
    assert max(map(len, lines)) <= 80


def test_blind_spot_no_real_flight_meets_the_typing_error(
    golden: Golden, tables: tuple[Any, Any], tmp_path: Path
) -> None:
    """A limit that no golden row reaches may be lost and nothing tells."""
    assert golden.losses["typing error"].rows == 1  # the one made up
    raw, weather = tables
    assert (weather.wind_speed > 200).sum() == 1
    made, _ = features(raw[raw.month == 2], weather)
    small = replace(RECIPE, max_iter=2).fit(_as_flights(made))
    the_day = raw[(raw.month == 2) & (raw.day == 12)].to_dict("records")
    assert len(the_day) > 150
    file = tmp_path / "golden.jsonl"
    record(
        file, by_cell(cell(), weather, small), the_day, key="id", batch=True
    )
    assert replay(file, by_features(weather, small, ["typing error"])).same
