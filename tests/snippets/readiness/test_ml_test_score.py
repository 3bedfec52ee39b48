"""The rule of 2017 on our answers, and what it cannot see in them."""

import io
import json
import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from snippets.readiness import review
from snippets.readiness.ml_test_score import TESTS, _main, ml_test_score

FOLDER = Path(__file__).resolve().parents[3] / "snippets/readiness"
ASKED = sorted({name for _, names in TESTS.values() for name in names})
UNASKED = [test for test in TESTS if not TESTS[test][1]]
levels = st.dictionaries(
    st.sampled_from(ASKED), st.sampled_from([None, 0, 1, 2, 3])
)
own = st.dictionaries(st.sampled_from(UNASKED), st.sampled_from([0, 0.5, 1]))


# The rubric


def test_it_has_seven_tests_in_each_of_four_sections():
    sections = ["Data", "Model", "Infra", "Monitor"]
    assert list(TESTS) == [f"{s}{i}" for s in sections for i in range(1, 8)]
    assert len(ASKED) == 16
    assert len(UNASKED) == 10


def test_every_question_it_reads_is_in_the_bank():
    bank = review.load_questions()
    assert {*ASKED} <= {question.id for question in bank.questions}


def test_worked_by_hand():
    # Data: DAT-02 at 3 gives 1, Data2 of our own .5; together 1.5.
    # Model: SLC-01 at 3 gives Model6 1; Model7 takes SLC-05, at 2: .5.
    # Infra: RET-01 at 2 gives Infra3 and Infra4 .5 each.
    # Monitor: DAT-02 again 1, MON-02 at 1 nothing.
    found = ml_test_score(
        {"DAT-02": 3, "SLC-01": 3, "SLC-05": 2, "RET-01": 2, "MON-02": 1},
        {"Data2": 0.5},
    )
    assert found.sums == {"Data": 1.5, "Model": 1.5, "Infra": 1, "Monitor": 1}
    assert found.score == 1
    assert found.points["Model7"] == 0.5


@pytest.mark.parametrize(
    ("level", "sums"),
    [
        (0, (0, 0, 0, 0)),
        (1, (0, 0, 0, 0)),
        (2, (1, 2.5, 2.5, 3)),
        (3, (2, 5, 5, 6)),
    ],
)
def test_the_same_level_everywhere(level, sums):
    found = ml_test_score(dict.fromkeys(ASKED, level))
    assert tuple(found.sums.values()) == sums
    assert found.score == min(sums)
    assert list(found.not_asked) == UNASKED


def test_with_own_points_for_the_rest_the_end_of_the_scale_is_reached():
    found = ml_test_score(dict.fromkeys(ASKED, 3), dict.fromkeys(UNASKED, 1))
    assert found.score == 7
    assert found.not_asked == ()


def test_not_applicable_counts_nothing_and_is_named():
    found = ml_test_score(dict.fromkeys(ASKED, 3) | {"RET-03": None})
    assert found.not_applicable == ("Model4", "Monitor4")
    assert found.points["Model4"] == found.points["Monitor4"] == 0


# Properties


@given(levels, own)
def test_points_add_up_and_the_smallest_sum_is_the_score(levels, own):
    found = ml_test_score(levels, own)
    assert list(found.points) == list(TESTS)
    assert {*found.points.values()} <= {0, 0.5, 1}
    assert sum(found.sums.values()) == sum(found.points.values())
    assert 0 <= found.score == min(found.sums.values()) <= 7


@given(levels, own, st.sampled_from(ASKED))
def test_raising_an_answer_never_lowers_a_point(levels, own, name):
    before = ml_test_score(levels, own).points
    after = ml_test_score(levels | {name: 3}, own).points
    assert all(after[test] >= before[test] for test in TESTS)


# Bad input


@pytest.mark.parametrize(
    ("levels", "own", "message"),
    [
        ([], {}, "levels must be a mapping, got list"),
        ({}, [], "own must be a mapping, got list"),
        (
            {"DAT-02": 4},
            {},
            r"levels\['DAT-02'\] must be 0 to 3 or None, got 4",
        ),
        ({"DAT-02": -1}, {}, "got -1"),
        ({"DAT-02": True}, {}, "got True"),
        ({"DAT-02": 2.0}, {}, "got 2.0"),
        ({"DAT-02": "3"}, {}, "got '3'"),
        ({"X": float("nan")}, {}, "got nan"),
        ({}, {"Data8": 1}, r"own\['Data8'\] is not a test"),
        ({}, {"Data1": 1}, r"own\['Data1'\] is asked here"),
        ({}, {"Data2": 0.7}, r"own\['Data2'\] must be 0, .5 or 1, got 0.7"),
        ({}, {"Data2": float("nan")}, "got nan"),
        ({}, {"Data2": None}, "got None"),
    ],
)
def test_bad_input_is_named(levels, own, message):
    with pytest.raises((TypeError, ValueError), match=message):
        ml_test_score(levels, own)


def test_ids_that_belong_to_no_test_are_not_read():
    assert ml_test_score({"OWN-01": 3, "X": 0}) == ml_test_score({})


# The command


def verdict(**fixed: int) -> str:
    bank = review.load_questions()
    day = date(2026, 11, 21)
    full = {"level": 3, "link": "x", "date": day, "owner": "a", "result": "y"}
    full |= {"verified_by": "b", "verified_on": day}
    answers = {q.id: dict(full) for q in bank.questions}
    for name, level in fixed.items():
        answers[name.replace("_", "-")]["level"] = level
    sheet = {"system": "s", "version": "v", "population": "p", "date": day}
    return review.as_json(
        review.assess(sheet | {"answers": answers}, bank, day)
    )


def test_it_reads_the_verdict_of_the_review(tmp_path, capsys):
    path = tmp_path / "verdict.json"
    path.write_text(verdict(DAT_02=2))
    assert _main([str(path), "Data2=1", "Monitor5=.5"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == (
        "ML Test Score 2.5 (of 7): Data 2.5, Model 5, Infra 5, Monitor 6"
    )
    assert lines[1].split(maxsplit=2)[:2] == ["0.5", "Data1"]
    assert len(lines) == 29
    assert lines[2].endswith("yours")
    assert lines[3].endswith("not asked")


def test_it_reads_a_pipe(monkeypatch, capsys):
    monkeypatch.setattr("sys.stdin", io.StringIO(verdict()))
    assert _main(["-"]) == 0
    assert capsys.readouterr().out.startswith("ML Test Score 2 (of 7)")


@pytest.mark.parametrize(
    ("text", "words", "message"),
    [
        ("", [], "Expecting value"),
        ("[" * 100_000, [], "recursion"),
        ("{}", [], "no 'answers'"),
        ("[]", [], "list indices"),
        ('{"answers": [{"id": "DAT-02"}]}', [], "no 'not_applicable'"),
        ('{"answers": []}', ["Data2"], "could not convert string"),
        ('{"answers": []}', ["Data1=1"], "own['Data1'] is asked here"),
        (b"\xff\xfe", [], "can't decode"),
    ],
)
def test_a_bad_file_is_one_line(tmp_path, capsys, text, words, message):
    path = tmp_path / "a\nb.json"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    assert _main([str(path), *words]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert message in err
    assert err.count("\n") == 1


def test_the_two_commands_of_the_page(tmp_path):
    python, day = [sys.executable, "-I"], ["--today", "2026-11-21"]
    check = [*python, FOLDER / "review.py", "check", FOLDER / "example.toml"]
    with open(tmp_path / "verdict.json", "wb") as file:
        subprocess.run(
            [*check, "--format", "json", *day], stdout=file, check=True
        )
    score = [*python, FOLDER / "ml_test_score.py", "verdict.json", "Data2=.5"]
    done = subprocess.run(
        score, cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert "Data 0.5, Model 0, Infra 0, Monitor 0" in done.stdout


# Blind spot


def test_full_marks_say_nothing_of_an_owner_or_a_fallback():
    judged = json.loads(verdict(OWN_01=0, FAL_02=0))
    found = ml_test_score(
        {a["id"]: a["level"] for a in judged["answers"]},
        dict.fromkeys(UNASKED, 1),
    )
    assert found.score == 7
    assert judged["stage"] == "experiment"
