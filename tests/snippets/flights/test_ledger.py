"""Contract of snippets/flights/ledger.py."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from snippets.flights.ledger import (
    CARD,
    LEDGER,
    PERIOD,
    SNIPPETS,
    Entry,
    card,
    lines_of_code,
    needs,
    points,
)
from snippets.readiness.owner_card import DUTIES, coverage

ROOT = SNIPPETS.parent


def change(entry: Entry) -> float:
    return points(entry.after) - points(entry.before)


def of(kind: str) -> list[Entry]:
    return [entry for entry in LEDGER if entry.kind == kind]


# Every number is a chapter's


@pytest.mark.parametrize("entry", LEDGER, ids=lambda e: e.step)
def test_each_entry_has_points_and_files_that_exist(entry: Entry) -> None:
    for key in entry.before, entry.after:
        assert -371 <= points(key) <= 473  # act on all, and know all
    for name in entry.files:
        assert (SNIPPETS / f"{name}.py").is_file()
        assert (ROOT / f"docs/snippets/{name}.md").is_file()
    assert 0 <= entry.chapter <= 11


def test_the_steps_of_each_day_lead_from_the_notebook_to_the_end() -> None:
    first, second = of("each day")
    assert first.before == "models.notebook.value.value"
    assert first.after == second.before
    whole = points("models.hardened_minus_notebook.value")
    assert change(first) + change(second) == pytest.approx(whole, abs=1e-5)
    share = change(first) / whole
    assert share == pytest.approx(0.825, abs=0.005)


def test_what_spares_a_loss_does_and_what_never_paid_did_not() -> None:
    assert all(change(entry) > 10 for entry in of("one day"))
    assert all(change(entry) < 1 for entry in of("never"))
    assert len(of("one day")) == 10
    assert len(LEDGER) == 18


def test_recalibrating_the_good_model_is_no_more_than_chance() -> None:
    key = "retrain.models.hardened.policies.recalibrated.against_never."
    assert points(key + "low") < 0 < points(key + "high")


def test_a_key_that_is_no_number_is_refused() -> None:
    with pytest.raises(TypeError, match="notebook must be a number"):
        points("models.notebook")
    with pytest.raises(KeyError):
        points("models.nobody")


# Costs


def test_lines_are_counted_without_words_and_demo(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = '"""One.\n\nTwo.\n"""\n\nimport a  # said\n\n# why\n\n\ndef f():\n'
    text += '    """Words."""\n    return (\n        1\n    )\n'
    text += '\n\nif __name__ == "__main__":\n    print(f())\n'
    (tmp_path / "x.py").write_text(text, "utf-8")
    monkeypatch.setattr("snippets.flights.ledger.SNIPPETS", tmp_path)
    assert lines_of_code("x") == 5  # import, def, and three of the return


def test_needs_are_those_of_the_banner() -> None:
    assert needs(["hardening/golden_rows"]) == "nothing"
    assert needs(["readiness/dropped_rows", "drift/psi"]) == "NumPy, SciPy"
    assert needs(["hardening/config"]) == "Pydantic"


# Who is paged


def test_each_duty_has_an_owner_in_each_hour_over_the_change_of_clocks() -> (
    None
):
    start, end = PERIOD
    assert (end - start).total_seconds() == 337 * 3600  # a day of 25 hours
    assert coverage(card(), start, end) == ()


def test_the_card_owns_up_to_the_duty_without_a_deputy() -> None:
    gaps = coverage(card(), *PERIOD, names=2)
    assert {gap.duty for gap in gaps} == {"live feed"}
    assert set(card().duties) == {"live feed", *DUTIES}


def test_the_people_are_said_to_be_invented() -> None:
    assert "invented" in CARD.read_text("utf-8").split("\n\n")[0]


def test_the_output_fits_a_terminal_and_has_every_entry() -> None:
    command = [sys.executable, "-W", "error", "-m", "snippets.flights.ledger"]
    done = subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, check=True
    )
    lines = done.stdout.splitlines()
    assert max(map(len, lines)) <= 79
    for entry in LEDGER:
        row = next(line for line in lines if entry.step in line)
        said = row.split(entry.step)[1].split()[:3]
        a, b = round(points(entry.before)), round(points(entry.after))
        assert said == [str(a), str(b), f"{b - a:+}" if a != b else "0"]


# The blind spot


def test_blind_spot_the_changes_must_not_be_summed_up() -> None:
    """The same points are spared twice, and more than there were to earn."""
    spared = sum(change(entry) for entry in of("one day"))
    assert spared > points("models.oracle")
