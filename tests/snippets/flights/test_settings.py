"""Contract of snippets/flights/settings.py."""

from __future__ import annotations

import difflib
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from sklearn.ensemble import HistGradientBoostingClassifier

from snippets.flights import settings
from snippets.flights.loader import Flights
from snippets.flights.models import HARDENED
from snippets.flights.settings import (
    DECIDED,
    FILE,
    HERE,
    OTHERS,
    PATCH,
    PATH,
    REVIEWED,
    SETTINGS,
    Case,
    Chapter,
    numbers,
    patched,
    refusal,
    report,
    run,
    started,
)
from snippets.hardening.config import load

RESULTS = HERE / "results"
LATE = (
    "Input should be 'month', 'day', 'day_of_week', 'minute_of_day', "
    "'carrier', 'origin', 'dest', 'distance', 'block_minutes', 'flight', "
    "'live_delay', 'live_late' or 'live_wait', got 'dep_delay'"
)


@pytest.fixture(scope="module")
def chapter(sample: Flights) -> Chapter:
    return run(sample)


def source(file: str) -> str:
    return (HERE / f"{file}.py").read_text("utf-8")


def after_the_patch() -> dict[str, str]:
    files = [file for file in PATH if file != "notebook"]
    sources = {f"snippets/flights/{file}.py": source(file) for file in files}
    return patched(PATCH.read_text("utf-8"), sources)


def test_numbers_are_found_with_their_function_and_sign() -> None:
    text = 'def build(x=1.5):\n    """9"""\n    return -2 * x[True] + f(3)\n'
    found = [(n.line, n.place) for n in numbers("loader", text)]
    assert found == [
        (1, "loader build 1.5"),
        (3, "loader build -2"),
        (3, "loader build 3"),
    ]


def test_numbers_of_a_notebook_are_found_with_their_cell() -> None:
    text = "# In[1]:\nx = 4\n# In[2]:\nact = x >= 0.25\n"
    found = [n.place for n in numbers("notebook", text)]
    assert found == ["notebook In[1] 4", "notebook In[2] 0.25"]


def test_every_number_on_the_path_has_been_judged_once() -> None:
    judged = [p for x in (DECIDED, OTHERS) for y in x.values() for p in y]
    assert len(judged) == len(set(judged))
    found = {n.place for file in PATH for n in numbers(file, source(file))}
    assert found == set(judged)


def test_a_new_number_is_refused_until_somebody_judges_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for file in PATH:
        text = source(file).replace("moments - 120", "moments - 90")
        (tmp_path / f"{file}.py").write_text(text, "utf-8")
    monkeypatch.setattr(settings, "HERE", tmp_path)
    with pytest.raises(ValueError, match=r"judged: features _count 90$"):
        settings.count()


@pytest.mark.parametrize("key", DECIDED)
def test_the_file_says_what_the_code_says(key: str) -> None:
    values = SETTINGS.values | {
        # two numbers of the code follow from others
        "decision.threshold": SETTINGS.decision.threshold,
        "live.window_minutes": SETTINGS.live.reach_minutes,
    }
    for place in DECIDED[key]:
        assert values[key] == float(place.split()[-1])


def test_names_and_the_librarys_default_are_those_in_use() -> None:
    assert SETTINGS.columns == HARDENED.columns
    library = HistGradientBoostingClassifier().validation_fraction
    assert SETTINGS.model.held_back == library


def test_the_patch_takes_every_decision_out_of_the_code() -> None:
    decided = {place for places in DECIDED.values() for place in places}
    for path, text in after_the_patch().items():
        left = {n.place for n in numbers(Path(path).stem, text)} & decided
        # the default of Recipe stays: the hardened recipe overrides it
        assert left <= {"models Recipe 0"}


def test_the_committed_patch_is_the_difference_of_the_two() -> None:
    lines = []
    for path, new in after_the_patch().items():
        old = (HERE.parents[1] / path).read_text("utf-8")
        ab = f"a/{path}", f"b/{path}"
        two = old.splitlines(), new.splitlines()
        lines += [*difflib.unified_diff(*two, *ab, n=0, lineterm="")]
    moved = r"(?m)^(?:---|\+\+\+|[-+]).*$"
    committed = PATCH.read_text("utf-8")
    assert re.findall(moved, committed) == re.findall(moved, "\n".join(lines))


def test_a_patch_for_other_code_is_refused() -> None:
    sources = {f"snippets/flights/{f}.py": "x = 1\n" for f in PATH}
    with pytest.raises(ValueError, match=r"features\.py has changed: cannot"):
        patched(PATCH.read_text("utf-8"), sources)


def test_the_patched_code_answers_as_before_to_the_last_bit(
    chapter: Chapter, sample: Flights
) -> None:
    assert chapter.same["largest_difference"] == 0
    assert chapter.same["before"] == chapter.same["after"]
    assert chapter.same["flights"] == len(sample.production)


def test_the_reviewed_settings_start_as_reviewed() -> None:
    assert SETTINGS.hash == REVIEWED
    assert started({}) == f"{REVIEWED} as reviewed"


@pytest.mark.parametrize(
    ("name", "low", "high", "says"),
    [
        (
            "misspelt key",
            100,
            125,
            "decision.savng: unknown key, did you mean decision.saving?",
        ),
        (
            "percent for share",
            -2,
            30,
            "model.held_back: Input should be less than 0.5, got 10",
        ),
        (
            "minutes for hours",
            3,
            16,
            "weather.age_hours: Input should be less than or equal to 24, "
            "got 180",
        ),
        ("threshold left behind", 14, 24, "decision.threshold: unknown key"),
        (
            "forgotten override",
            50,
            72,
            "74f2b2f1e320, reviewed c209819036b6: decision.saving: 4.0 -> 2.0",
        ),
    ],
)
def test_a_mistake_costs_points_and_is_told(
    chapter: Chapter, name: str, low: float, high: float, says: str
) -> None:
    mistake = chapter.mistakes[name]
    assert mistake.meant - mistake.today == mistake.cost
    assert low < mistake.cost < high
    assert mistake.says == says


def test_a_threshold_left_behind_turns_a_gain_into_a_loss(
    chapter: Chapter,
) -> None:
    mistake = chapter.mistakes["threshold left behind"]
    assert mistake.today < 0 < mistake.meant


def test_a_lost_key_of_the_model_costs_next_to_nothing(
    chapter: Chapter,
) -> None:
    assert max(map(abs, chapter.defaults.values())) < 3


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("age_hours = 3", "age_hours = 2", "all: weather.age_hours must rea"),
        ("age_hours = 3", "age_hours = 0", "120 minutes ahead, got 0"),
        ("lead_minutes = 120", "lead_minutes = 180", "180 minutes ahead, g"),
        ("lead_minutes = 120", "lead_minutes = 2", "than or equal to 30, g"),
        ("cost = 1.0", "cost = 4.0", "cost must be below saving, or no war"),
        ("late_after_minutes = 30", "late_after_minutes = 0.5", "valid int"),
        ("last_month = 4", "last_month = 12", "less than or equal to 11, g"),
        ('  "carrier",', '  "dep_delay",', LATE),
        ("trees = 100", "trees = 100", "nothing"),
    ],
)
def test_values_that_cannot_be_are_refused_together_with_the_others(
    old: str, new: str, told: str
) -> None:
    assert told in refusal(old, new)


def test_a_process_with_a_misspelt_variable_does_not_start() -> None:
    done = subprocess.run(
        [sys.executable, "-c", "import snippets.flights.settings"],
        env=os.environ | {"FLIGHTS__DECISION__SAVNG": "8"},
        cwd=HERE.parents[1],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert done.stderr.endswith("did you mean FLIGHTS__DECISION__SAVING?\n")


def test_the_committed_results_agree_with_those_of_the_models(
    chapter: Chapter,
) -> None:
    """All flights take half a minute; `refresh --check` runs them."""
    mine = json.loads((RESULTS / "settings.json").read_text("utf-8"))
    models = json.loads((RESULTS / "models.json").read_text("utf-8"))
    assert mine["found"] == chapter.found
    assert mine["hash"] == chapter.hash
    assert mine["same"]["largest_difference"] == 0
    assert mine["same"]["flights"] == models["flights"]["production"]
    value = models["hardened"]["value"]["value"]
    assert mine["same"]["before"] == pytest.approx(value, abs=1)
    priced = {price["saving"]: price for price in models["prices"]}
    for name, saving in ("misspelt key", 8), ("threshold left behind", 2):
        told, price = mine["mistakes"][name], priced[saving]
        assert told["meant"] == pytest.approx(price["hardened"], abs=1)
        assert told["today"] == pytest.approx(price["hardened_at_25"], abs=1)
        assert told["says"] == chapter.mistakes[name].says


def test_the_report_fits_a_terminal(chapter: Chapter) -> None:
    assert max(map(len, report(chapter).splitlines())) <= 79


def test_blind_spot_a_number_that_nobody_wrote_is_not_found() -> None:
    """The notebook's warning costs the 1 in `4 * hits - warnings`."""
    places = {n.place for n in numbers("notebook", source("notebook"))}
    assert "- act.sum()" in source("notebook")
    assert not {"notebook In[7] 1", "notebook In[7] 1.0"} & places
    # and scikit-learn has decided on bins, which no file of ours says
    assert HistGradientBoostingClassifier().max_bins == 255
    assert "255" not in " ".join(places | set(SETTINGS.values))


def test_blind_spot_a_price_ten_times_too_high_is_a_price() -> None:
    raw = FILE.read_text("utf-8").replace("saving = 4.0", "saving = 40.0")
    wrong = load(Case, raw.encode(), environ={}, prefix="FLIGHTS__").settings
    assert wrong.decision.threshold == 0.025
    assert wrong.hash != REVIEWED
