"""What a readiness verdict promises, and one thing it cannot see."""

import copy
import json
import math
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from snippets.readiness import review
from snippets.readiness.review import (
    STAGES,
    Bank,
    ReviewError,
    Verdict,
    as_json,
    as_markdown,
    as_text,
    assess,
    dead_links,
    load_questions,
    load_sheet,
    main,
    parse_questions,
)

TODAY = date(2026, 11, 21)
HERE = Path(review.__file__).parent
SHIPPED = load_questions()


def days_ago(number: int) -> date:
    return TODAY - timedelta(days=number)


def question(name: str, gate: str, **more: Any) -> dict[str, Any]:
    return {
        "id": name,
        "section": name[:3],
        "name": name.lower(),
        "question": "What?",
        "why": "Because.",
        "evidence": "A page.",
        "levels": ["zero", "one", "two", "three"],
        "gate": gate,
        "fixes": ["how-to/fix"],
        "max_age_days": 100,
        "may_be_na": False,
        **more,
    }


# A bank with every gate, so that every rule can be seen at work.
TABLES: dict[str, Any] = {
    "version": "test",
    "core": [{"id": "Q1", "group": "g", "text": "t"}],
    "reviews": [
        {"id": "short", "title": "short review", "asks": ["core"]},
        {
            "id": "full",
            "title": "full review",
            "asks": ["core", "research", "engineering", "operations"],
        },
    ],
    "live": [
        {"id": "drill", "text": "Drilled.", "max_age_days": 90},
        {"id": "minutes", "text": "Discussed.", "max_age_days": 90},
    ],
    "sections": [
        {"id": name, "title": name.title()}
        for name in ("OWN", "FAL", "RES", "ENG", "LLM", "OPS")
    ],
    "questions": [
        question("OWN-01", "engineering", core=["Q1"]),
        question("FAL-01", "engineering", core=["Q1"]),
        question("RES-01", "research"),
        question("RES-02", "research"),
        question("ENG-01", "engineering"),
        question("LLM-01", "engineering", may_be_na=True),
        question("OPS-01", "operations"),
    ],
}
BANK = parse_questions(TABLES)
IDS = [q.id for q in BANK.questions]
CORE = [q.id for q in BANK.questions if q.core]
Sheet = dict[str, Any]


def answer(level: object = 3, **more: Any) -> dict[str, Any]:
    return {
        "level": level,
        "link": "docs/page.md",
        "date": days_ago(10),
        "owner": "Ada",
        "result": "runs/7.txt",
        "verified_by": "Grace",
        **more,
    }


def sheet(level: object = 3, bank: Bank = BANK, **more: Any) -> Sheet:
    """A sheet that answers everything, at one level."""
    fact = {"date": days_ago(10), "link": "log", "owner": "Ada"}
    return {
        "system": "demo",
        "version": "1.0",
        "population": "everyone",
        "date": TODAY,
        "answers": {q.id: answer(level) for q in bank.questions},
        "live": {f.id: dict(fact) for f in bank.live},
        **more,
    }


def everywhere(**more: Any) -> Sheet:
    return sheet(answers={name: answer(**more) for name in IDS})


def changed(base: Sheet, name: str, **more: Any) -> Sheet:
    new = copy.deepcopy(base)
    new["answers"][name].update(more)
    return new


def judge(given: Mapping[str, Any], bank: Bank = BANK) -> Verdict:
    return assess(given, bank, TODAY)


def level_of(given: Sheet, name: str) -> int:
    return {a.id: a.level for a in judge(given).answers}[name]


LOOK = {"question": "RES-01", "date": days_ago(3), "by": "Grace"}


def risk(name: str, **more: Any) -> dict[str, Any]:
    start, until = days_ago(5), days_ago(-30)
    base = {"question": name, "owner": "Ada", "date": start, "until": until}
    return {**base, **more}


# --- Identity -----------------------------------------------------------


def test_the_shipped_bank_holds_63_questions_and_the_eleven_of_the_core() -> (
    None
):
    ids = "DAT-01 DAT-02 DAT-03 MON-01 MON-02 OWN-01 LAT-01 FAL-01 FAL-02"
    core = [*ids.split(), "RET-01", "RET-02"]
    assert [q.id for q in SHIPPED.asked(SHIPPED.review("five-minute"))] == core
    assert len(SHIPPED.core) == 10
    sizes = [len(SHIPPED.asked(review)) for review in SHIPPED.reviews]
    assert sizes == [11, 29, 63]
    assert SHIPPED.review().id == "full"
    assert len(SHIPPED.sections) == 12


def test_every_shipped_question_says_what_counts_and_how_to_get_there() -> (
    None
):
    texts = [text for q in SHIPPED.questions for text in q.levels]
    assert len(texts) == len(set(texts)) == 4 * 63
    absent = {q.id for q in SHIPPED.questions if q.may_be_na}
    assert absent == {f"LLM-0{i}" for i in range(1, 6)} | {
        *("DAT-04", "DAT-05", "DAT-07", "RET-03", "RET-05"),  # bought models
        *("INT-02", "SLC-03", "SLC-04"),  # nobody is told how sure it is
    }
    for q in SHIPPED.questions:
        assert q.id.startswith(f"{q.section}-")
        assert q.question.endswith("?")
        assert q.max_age_days in (90, 180)
        assert len(q.fixes) == len(set(q.fixes)) >= 1
        if q.may_be_na and q.section != "LLM":
            assert "Not applicable where" in q.why


def test_the_numbers_that_the_bank_states_are_right() -> None:
    def bound(escapes: int, answers: int) -> float:
        """The exact upper 95 % bound on a share, one-sided: bisection."""
        low, high = 0.0, 1.0
        for _ in range(60):
            p = (low + high) / 2
            tail = sum(
                math.comb(answers, k) * p**k * (1 - p) ** (answers - k)
                for k in range(escapes + 1)
            )
            low, high = (p, high) if tail > 0.05 else (low, p)
        return high

    text = {q.id: q.evidence for q in SHIPPED.questions}
    for share, answers in ((1 / 1000, (2995, 4742)), (1 / 100, (299, 473))):
        for escapes, number in enumerate(answers):
            assert bound(escapes, number) <= share < bound(escapes, number - 1)
            assert f"{number:,}" in text["LLM-01"]
    # What 200 answers without an escape can show: 1 in 67.
    assert round(1 / bound(0, 200)) == 67
    luck = (math.comb(10, 9) + 1) / 2**10  # nine or ten of ten by a coin
    assert f"once in {round(1 / luck)} tries" in text["OWN-03"]


def test_what_happens_once_is_dated_by_whoever_last_opened_it() -> None:
    for q in SHIPPED.questions:
        if q.id in ("SUC-04", "PHS-02", "INT-04"):
            assert "somebody other than the owner last opened" in q.evidence
            assert "somebody other than the owner has" in q.levels[2].lower()


def test_the_better_model_moves_four_answers_and_no_stage() -> None:
    short = load_sheet(HERE / "example.toml")
    full = load_sheet(HERE / "example_hardened.toml")
    # The notebook at the size of the full review: what it lacks is 0.
    same = {k: v for k, v in full["answers"].items() if k[:3] == "LLM"}
    rest = {q.id: {"level": 0} for q in SHIPPED.questions}
    long = {"review": "full", "answers": rest | same | short["answers"]}
    old, new = judge(short | long, SHIPPED), judge(full, SHIPPED)
    assert (old.stage, old.core_floor) == (new.stage, new.core_floor)
    assert (new.stage, new.core_floor, new.asked) == ("experiment", 0, 63)
    was = {a.id: (a.level, a.not_applicable) for a in old.answers}
    now = {a.id: (a.level, a.not_applicable) for a in new.answers}
    moved = {name: now[name] for name in now if now[name] != was[name]}
    stated = ("DAT-05", "DAT-06", "SUC-01", "RET-05")
    assert moved == dict.fromkeys(stated, (1, False)) | {"INT-02": (0, True)}
    assert all(a.level == 0 for a in new.answers if a.core)
    assert (len(old.blockers), len(new.blockers)) == (28, 25)


def test_each_answer_of_the_hardened_sheet_has_a_file_or_a_reason() -> None:
    given = load_sheet(HERE / "example_hardened.toml")
    verdict = judge(given, SHIPPED)
    assert set(given["answers"]) == {q.id for q in SHIPPED.questions}
    assert given["bank"] == SHIPPED.version
    assert load_sheet(HERE / "example.toml")["bank"] == SHIPPED.version
    assert dead_links(verdict, HERE.parents[1]) == ()
    for a in verdict.answers:
        assert a.claimed == a.level  # it claims no more than it has
        assert a.link or a.absence or (a.level == 0 and a.note), a.id
        assert a.note or a.absence, a.id
        for name in filter(None, (a.owner, a.approver)):
            assert name.endswith("(invented)")


def test_24_answers_of_it_have_a_file_and_count_nothing() -> None:
    verdict = judge(load_sheet(HERE / "example_hardened.toml"), SHIPPED)
    near = [
        a
        for a in verdict.answers
        if a.level == 0 and a.link and not a.not_applicable
    ]
    assert len(near) == 24  # the page says so
    debt = {"DAT-03", "DAT-07", "FAL-05", "RET-06", "SEC-03"}
    assert debt < {a.id for a in near}
    assert sum(a.core and a.id in debt for a in near) == 1


def test_toml_and_json_give_the_same_verdict(tmp_path: Path) -> None:
    toml = load_sheet(HERE / "example.toml")
    file = tmp_path / "sheet.json"
    file.write_text(json.dumps(toml, default=str), "utf-8")
    assert judge(load_sheet(file), SHIPPED) == judge(toml, SHIPPED)


def test_judging_leaves_the_sheet_as_it_was() -> None:
    given = sheet(2)
    before = copy.deepcopy(given)
    judge(given)
    assert given == before


# --- Worked by hand -----------------------------------------------------


@pytest.mark.parametrize(
    ("given", "stage"),
    [
        # Nothing but a score on a slide.
        (sheet(score="94 % accuracy", answers={}), "experiment"),
        (sheet(0), "experiment"),
        # Everything is written down, nothing was ever run.
        (sheet(1), "engineering"),
        (sheet("stated"), "engineering"),
        (sheet(2), "ready_for_launch"),
        (sheet(3), "operated"),
        # The best sheet there is, but nobody is paged.
        (changed(sheet(3), "OWN-01", level=0), "experiment"),
        # The best sheet there is, but no answer names its owner.
        (everywhere(owner=""), "experiment"),
        # Everybody vouches for himself.
        (everywhere(verified_by="ada "), "engineering"),
        # Two hundred days old: two levels lost at 100 days a level.
        (everywhere(date=days_ago(200)), "engineering"),
        # All is enforced, but nothing has been drilled on the live system.
        (sheet(3, live={}), "ready_for_launch"),
        # The core only has to be demonstrated at launch, enforced later.
        (changed(sheet(3), "OWN-01", level=2), "ready_for_launch"),
        # A question beyond the core holds back the stage of its gate only.
        (changed(sheet(3), "RES-01", level=0), "experiment"),
        (changed(sheet(3), "ENG-01", level=0), "engineering"),
        (changed(sheet(3), "OPS-01", level=1), "ready_for_launch"),
    ],
)
def test_the_stage_follows_from_the_weakest_answer(
    given: Sheet, stage: str
) -> None:
    assert judge(given).stage == stage


def test_the_headline_names_stage_weakest_sections_and_blockers() -> None:
    given = changed(sheet(3), "ENG-01", level=0)
    given = changed(given, "FAL-01", level=1)
    verdict = judge(given)
    assert (verdict.stage, verdict.aim) == ("engineering", "ready_for_launch")
    assert [s.id for s in verdict.weakest] == ["ENG"]
    assert [b.id for b in verdict.blockers] == ["FAL-01", "ENG-01"]
    blocker = verdict.blockers[0]
    assert blocker.core
    assert (blocker.level, blocker.needed, blocker.show) == (1, 2, "two")
    assert blocker.fixes == ("how-to/fix",)


def test_missing_live_facts_are_named_before_operated() -> None:
    verdict = judge(sheet(3, live={}))
    assert (verdict.aim, verdict.blockers) == ("operated", ())
    assert verdict.missing_facts == ("drill", "minutes")
    assert "in the way: 2 live facts" in as_text(verdict)


@pytest.mark.parametrize(
    ("level", "stage"),
    [
        (0, "experiment"),
        (1, "engineering"),
        (2, "ready_for_launch"),
        (3, "operated"),
    ],
)
def test_the_full_bank_awards_every_stage(level: int, stage: str) -> None:
    verdict = judge(sheet(level, SHIPPED), SHIPPED)
    assert (verdict.stage, verdict.asked) == (stage, 63)
    assert verdict.ceiling == "operated"


@pytest.mark.parametrize(
    ("review", "number"), [("five-minute", 11), ("one-hour", 29)]
)
def test_a_short_review_can_hold_a_launch_back_and_cannot_grant_one(
    review: str, number: int
) -> None:
    verdict = judge(sheet(3, SHIPPED, review=review), SHIPPED)
    assert (verdict.stage, verdict.ceiling) == ("engineering", "engineering")
    assert verdict.core_floor == 3
    assert verdict.blockers == ()
    text = " ".join(as_text(verdict).split())
    assert f"{number} questions, 11 of them core, and nothing beyond" in text
    assert "the highest stage it can award is engineering" in text


def test_a_sheet_may_choose_the_short_review_of_a_long_bank() -> None:
    given = sheet(2, review="short")
    del given["answers"]["RES-01"], given["answers"]["ENG-01"]
    verdict = judge(given)
    assert (verdict.stage, verdict.asked) == ("engineering", 2)
    assert verdict.not_asked == ("research", "engineering", "operations")


# --- An independent oracle ----------------------------------------------

LEVELS = st.fixed_dictionaries({name: st.integers(0, 3) for name in IDS})


@given(LEVELS, st.booleans())
def test_the_stage_agrees_with_the_table_of_thresholds(
    levels: dict[str, int], drilled: bool
) -> None:
    given = sheet(answers={i: answer(n) for i, n in levels.items()})
    if not drilled:
        del given["live"]["drill"]
    core = min(levels[i] for i in CORE)
    research = min(levels["RES-01"], levels["RES-02"])
    engineering = min(levels["ENG-01"], levels["LLM-01"])
    steps = [
        core >= 1 and research >= 1,
        core >= 2 and research >= 2 and engineering >= 2,
        core >= 3 and levels["OPS-01"] >= 2 and drilled,
    ]
    reached = next((i for i, ok in enumerate(steps) if not ok), 3)
    assert judge(given).stage == STAGES[reached]


# --- The rules, one by one ----------------------------------------------


@pytest.mark.parametrize(
    ("change", "level"),
    [
        ({}, 3),
        ({"link": ""}, 0),
        ({"date": ""}, 0),
        ({"owner": ""}, 0),
        ({"link": "tbd"}, 0),
        ({"result": ""}, 1),
        ({"verified_by": ""}, 1),
        ({"verified_by": "ADA"}, 1),
        ({"level": 1, "result": "", "verified_by": ""}, 1),
        ({"level": 2}, 2),
        ({"level": "enforced"}, 3),
        ({"level": ""}, 0),
        ({"level": "unknown"}, 0),
        ({"level": "Planned"}, 0),
        ({"level": "in-progress"}, 0),
        ({"date": TODAY.isoformat()}, 3),
    ],
)
def test_evidence_caps_the_level_of_a_core_answer(
    change: dict[str, Any], level: int
) -> None:
    assert level_of(changed(sheet(3), "OWN-01", **change), "OWN-01") == level


def test_beyond_the_core_no_second_person_is_needed() -> None:
    assert level_of(changed(sheet(3), "RES-01", verified_by=""), "RES-01") == 3


@pytest.mark.parametrize(
    ("age", "level"), [(0, 3), (99, 3), (100, 2), (199, 2), (200, 1), (300, 0)]
)
def test_one_level_is_lost_on_the_day_each_full_term_is_over(
    age: int, level: int
) -> None:
    given = changed(sheet(3), "OWN-01", date=days_ago(age))
    assert level_of(given, "OWN-01") == level


def test_a_live_fact_counts_until_the_day_its_term_is_over() -> None:
    for age, stage in ((89, "operated"), (90, "ready_for_launch")):
        given = sheet(3)
        given["live"]["drill"]["date"] = days_ago(age)
        assert judge(given).stage == stage


@pytest.mark.parametrize(
    ("name", "change", "counts"),
    [
        ("LLM-01", {}, True),
        ("LLM-01", {"approver": ""}, False),
        ("ENG-01", {}, False),
        ("OWN-01", {}, False),
    ],
)
def test_not_applicable_needs_a_question_that_allows_it_and_an_approver(
    name: str, change: dict[str, str], counts: bool
) -> None:
    absent = {"not_applicable": "no text is generated", "approver": "Grace"}
    given = changed(sheet(3), name, level="", **(absent | change))
    verdict = judge(given)
    assert (verdict.stage == "operated") is counts
    assert (name[:3] in [s.id for s in verdict.weakest]) is not counts


@pytest.mark.parametrize(
    ("risks", "accepted"),
    [
        ([risk("ENG-01")], True),
        ([risk("ENG-01", owner="")], False),
        ([risk("ENG-01", until="")], False),
        ([risk("ENG-01", until=TODAY)], True),
        ([risk("ENG-01", until=days_ago(1))], False),
        ([risk("ENG-01", date=TODAY, until=days_ago(-90))], True),
        ([risk("ENG-01", date=TODAY, until=days_ago(-91))], False),
        ([risk("ENG-01"), risk("LLM-01"), risk("OPS-01")], True),
        ([risk(i) for i in ("ENG-01", "LLM-01", "OPS-01", "RES-01")], False),
        ([risk("ENG-01"), risk("ENG-01")], False),
        ([risk("OPS-01")], False),
    ],
)
def test_an_accepted_risk_needs_an_owner_and_ends_within_90_days(
    risks: list[dict[str, Any]], accepted: bool
) -> None:
    given = changed(sheet(2, accepted_risks=risks), "ENG-01", level=1)
    verdict = judge(given)
    assert (verdict.stage == "ready_for_launch") is accepted
    assert all(r["question"] in as_text(verdict) for r in risks)
    assert "Accepted risks" in as_text(verdict)


@pytest.mark.parametrize(
    ("name", "level", "stage"),
    [
        ("ENG-01", 1, "ready_for_launch"),
        ("ENG-01", 0, "engineering"),
        ("RES-01", 0, "experiment"),
        ("OWN-01", 1, "engineering"),
    ],
)
def test_an_accepted_risk_covers_one_level_before_launch_and_never_the_core(
    name: str, level: int, stage: str
) -> None:
    given = changed(sheet(2), name, level=level)
    given["accepted_risks"] = [risk(name)]
    assert judge(given).stage == stage


def test_a_refuted_answer_counts_nothing_and_caps_its_section() -> None:
    given = sheet(3, spot_checks=[LOOK | {"refuted": True}])
    assert [level_of(given, i) for i in ("RES-01", "RES-02", "ENG-01")] == [
        0,
        1,
        3,
    ]
    held = sheet(3, spot_checks=[LOOK | {"refuted": False}])
    assert judge(held).stage == "operated"


def test_only_a_later_look_by_a_second_person_lifts_a_refutation() -> None:
    given = sheet(3, spot_checks=[LOOK | {"refuted": True}])
    for day, by, level in (
        (days_ago(3), "Grace", 0),
        (days_ago(2), "Ada", 0),
        (days_ago(2), "Grace", 3),
    ):
        more = {"verified_on": day, "verified_by": by}
        assert level_of(changed(given, "RES-01", **more), "RES-01") == level


def test_a_sheet_for_another_bank_is_judged_and_says_so() -> None:
    verdict = judge(sheet() | {"bank": "0.9"})
    assert "filled in for bank 0.9" in as_text(verdict)


# --- Properties ---------------------------------------------------------

MAYBE = st.sampled_from(["", "x"])
ANSWERS = st.fixed_dictionaries(
    {
        "level": st.integers(0, 3) | st.sampled_from(["", "planned"]),
        "link": st.sampled_from(["", "x", "x", "x"]),
        "date": st.integers(0, 320).map(days_ago) | st.just(""),
        "owner": st.sampled_from(["", "Ada", "Ada", "Ada"]),
        "result": MAYBE,
        "verified_by": st.sampled_from(["", "Ada", "Grace"]),
        "verified_on": st.integers(0, 9).map(days_ago) | st.just(""),
    }
)
CHECKS = st.fixed_dictionaries(
    {
        "question": st.sampled_from(IDS),
        "date": st.integers(0, 9).map(days_ago),
        "by": st.just("Joan"),
        "refuted": st.booleans(),
    }
)
RISKS = st.builds(
    risk,
    st.sampled_from(IDS),
    owner=MAYBE,
    date=st.integers(0, 60).map(days_ago),
    until=st.integers(-60, 3).map(days_ago),
)


@st.composite
def sheets(draw: st.DrawFn) -> Sheet:
    """Sheets near the thresholds: a good sheet with some of it spoilt."""
    given = sheet(draw(st.integers(1, 3)))
    given["answers"] |= draw(
        st.dictionaries(st.sampled_from(IDS), ANSWERS, max_size=3)
    )
    if draw(st.booleans()):
        given["answers"]["LLM-01"] = {
            "not_applicable": "reason",
            "approver": draw(MAYBE),
        }
    given["accepted_risks"] = draw(st.lists(RISKS, max_size=4))
    given["spot_checks"] = draw(st.lists(CHECKS, max_size=1))
    for name in draw(st.sets(st.sampled_from(["drill", "minutes"]))):
        given["live"][name]["date"] = days_ago(draw(st.integers(60, 120)))
    return given


def rank(given: Sheet) -> int:
    return STAGES.index(judge(given).stage)


@given(sheets(), st.sampled_from(IDS), st.integers(0, 3))
def test_raising_an_answer_never_lowers_the_stage(
    given: Sheet, name: str, level: int
) -> None:
    now = given["answers"][name].get("level")
    if now is None or (isinstance(now, int) and level < now):
        return
    assert rank(changed(given, name, level=level)) >= rank(given)


EVIDENCE = ["link", "date", "owner", "result", "verified_by", "verified_on"]
EVIDENCE += ["approver"]


@given(sheets(), st.sampled_from(IDS), st.sampled_from(EVIDENCE))
def test_removing_evidence_never_raises_the_stage(
    given: Sheet, name: str, key: str
) -> None:
    assert rank(changed(given, name, **{key: ""})) <= rank(given)


@settings(max_examples=60)
@given(sheets(), st.sampled_from(["date", "link", "owner"]))
def test_removing_part_of_a_live_fact_never_raises_the_stage(
    given: Sheet, key: str
) -> None:
    less = copy.deepcopy(given)
    less["live"]["drill"][key] = ""
    assert rank(less) <= rank(given)


@given(
    st.sampled_from(SHIPPED.questions),
    st.integers(0, 3),
    st.integers(0, 4),
    st.sampled_from([-1, 0, 1]),
)
def test_every_level_is_lost_on_its_day_and_not_one_day_earlier(
    asked: review.Question, level: int, terms: int, off: int
) -> None:
    age = max(terms * asked.max_age_days + off, 0)
    given = changed(sheet(3, SHIPPED), asked.id, level=level)
    given["answers"][asked.id]["date"] = days_ago(age)
    found = {a.id: a.level for a in judge(given, SHIPPED).answers}
    full_terms = terms if off >= 0 else max(terms - 1, 0)
    assert found[asked.id] == max(level - full_terms, 0)


@given(
    st.sampled_from([q.id for q in SHIPPED.questions if q.core]),
    st.text(min_size=1, max_size=9),
)
def test_a_core_question_is_never_not_applicable(
    name: str, reason: str
) -> None:
    given = sheet(3, SHIPPED)
    given["answers"][name] = answer(0, not_applicable=reason, approver="Grace")
    verdict = judge(given, SHIPPED)
    assert verdict.stage == "experiment"
    assert not any(a.not_applicable for a in verdict.answers)


@st.composite
def full_sheets(draw: st.DrawFn) -> Sheet:
    """Sheets of the full bank, good but for a few answers."""
    ids = [q.id for q in SHIPPED.questions]
    given = sheet(draw(st.integers(1, 3)), SHIPPED)
    given["answers"] |= draw(
        st.dictionaries(st.sampled_from(ids), ANSWERS, max_size=4)
    )
    return given


@settings(max_examples=40)
@given(
    full_sheets(),
    st.sampled_from([q.id for q in SHIPPED.questions]),
    st.integers(0, 3),
    st.sampled_from(["link", "date", "owner", "result", "verified_by"]),
    st.randoms(use_true_random=False),
)
def test_the_full_bank_never_rewards_less_and_does_not_mind_the_order(
    given: Sheet, name: str, level: int, key: str, random: Any
) -> None:
    def stage(given: Sheet) -> int:
        return STAGES.index(judge(given, SHIPPED).stage)

    now = given["answers"][name]["level"]
    if not isinstance(now, int) or level >= now:
        assert stage(changed(given, name, level=level)) >= stage(given)
    assert stage(changed(given, name, **{key: ""})) <= stage(given)
    order = list(given["answers"])
    random.shuffle(order)
    answers = {name: given["answers"][name] for name in order}
    other = given | {"answers": answers}
    assert judge(other, SHIPPED) == judge(given, SHIPPED)


@settings(max_examples=60)
@given(sheets(), st.integers(0, 400))
def test_an_untouched_sheet_never_gets_better_with_time(
    given: Sheet, days: int
) -> None:
    later = assess(given, BANK, TODAY + timedelta(days=days))
    assert STAGES.index(later.stage) <= rank(given)


@settings(max_examples=60)
@given(sheets(), st.permutations(TABLES["questions"]), st.permutations(IDS))
def test_the_order_of_questions_and_answers_does_not_matter(
    given: Sheet, questions: list[Any], order: list[str]
) -> None:
    shuffled = {name: given["answers"][name] for name in order}
    other = given | {
        "answers": shuffled,
        "accepted_risks": given["accepted_risks"][::-1],
    }
    bank = parse_questions(TABLES | {"questions": questions})
    assert judge(other, bank) == judge(given)


@settings(max_examples=60)
@given(sheets(), st.text(max_size=300))
@example(sheet(1), "\x1b[31m<b>|" + "word" * 40)
def test_text_keeps_to_78_columns_and_no_output_obeys_the_sheet(
    given: Sheet, text: str
) -> None:
    given = changed(given | {"system": "s" + text}, "OWN-01", owner=text)
    verdict = judge(given)
    lines = as_text(verdict).splitlines()
    assert max(map(len, lines)) <= 78
    assert "\x1b" not in as_text(verdict)
    assert "<" not in as_markdown(verdict).replace("\\<", "")
    assert json.loads(as_json(verdict))["stage"] == verdict.stage


SCRIPT = "<script>alert('x')</script> & [a](javascript:x) | `b` \x1b[2J"


def hostile() -> Sheet:
    """A sheet with HTML and script in every field that takes a text."""
    marked = iter(range(99))

    def text() -> str:
        return f"{SCRIPT} {next(marked)}"

    given = sheet(system=text(), version=text(), population=text())
    given |= {"score": text(), "note": text(), "bank": text()}
    keys = ("link", "owner", "result", "verified_by", "note")
    given["answers"]["OWN-01"] |= {key: text() for key in keys}
    absent = {key: text() for key in ("not_applicable", "approver", "note")}
    given["answers"]["LLM-01"] = {"level": 0, **absent}
    keys = ("link", "owner", "note")
    given["live"]["drill"] |= {key: text() for key in keys}
    given["accepted_risks"] = [risk("ENG-01", owner=text(), reason=text())]
    given["spot_checks"] = [
        LOOK | {"refuted": True, "by": text(), "note": text()}
    ]
    return given


def test_html_in_every_text_field_is_kept_whole_and_stays_a_text() -> None:
    verdict = judge(hostile())
    found = json.dumps(json.loads(as_json(verdict)), ensure_ascii=False)
    for number in range(21):
        if number != 5:  # the bank's version is named in a note of ours
            assert f'?[2J {number}"' in found or f"[2J {number} " in found
    assert "?[2J 5." in found
    shown = as_markdown(verdict)
    assert re.findall(r"(?<!\\)[<`\[&]", shown) == []
    assert "\x1b" not in as_text(verdict) + shown


# --- Dead links ---------------------------------------------------------


def test_dead_local_links_are_named_and_change_no_verdict(
    tmp_path: Path,
) -> None:
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs/page.md").write_text("x", "utf-8")
    given = changed(sheet(), "OWN-01", link="docs/gone.md#owner")
    given = changed(given, "FAL-01", link="https://example.invalid/404")
    given = changed(given, "RES-01", link="docs/page.md#here", result="run 7")
    before = judge(given)
    dead = dead_links(before, tmp_path)
    found = {row.at: row.link for row in dead}
    assert found["OWN-01.link"] == "docs/gone.md#owner"
    assert found["OWN-01.result"] == "runs/7.txt"
    assert found["live.drill.link"] == "log"
    assert not {"FAL-01.link", "RES-01.link", "RES-01.result"} & set(found)
    assert judge(given) == before
    assert "OWN-01.link" in as_text(before, dead=dead)
    assert "gone.md" in as_markdown(before, dead=dead)
    assert json.loads(as_json(before, dead=dead))["dead_links"]


def test_a_link_to_another_machine_is_not_followed(tmp_path: Path) -> None:
    for link in ("//host/share", "\\\\host\\share", "mailto:a@b", "#here"):
        given = changed(sheet(live={}), "OWN-01", link=link)
        dead = dead_links(judge(given), tmp_path)
        assert "OWN-01.link" not in {row.at for row in dead}


# --- Bad input ----------------------------------------------------------


def top(**more: Any) -> Sheet:
    return sheet() | more


def owner(**more: Any) -> Sheet:
    return changed(sheet(), "OWN-01", **more)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (top(system=""), r"system must be filled in, got ''"),
        (top(population="unknown"), r"population must be filled in"),
        (top(version=1.2), r"version must be text, got 1.2"),
        (top(date=""), r"date must be filled in"),
        (top(review="ful"), r"review 'ful' is not known, did you mean 'full'"),
        (top(anwsers={}), r"anwsers is not known, did you mean 'answers'"),
        (top(answers=[]), r"answers must be a table, got \[\]"),
        (top(answers={"OWN-1": {}}), r"answers.OWN-1 .* mean 'OWN-01'"),
        (top(answers={"own-01": {}}), r"answers.own-01 .* mean 'OWN-01'"),
        (top(answers={"OWN-01": 3}), r"answers.OWN-01 must be a table, got 3"),
        (owner(level=4), r"answers.OWN-01.level must be 0, 1, 2 or 3, got 4"),
        (owner(level=-1), r"level must be 0, 1, 2 or 3, got -1"),
        (owner(level=True), r"level must be .*, got True"),
        (owner(level=2.0), r"level must be .*, got 2.0"),
        (owner(level="yes"), r"level must be .*, got 'yes'"),
        (owner(level=10**9999), r"got a whole number of 33216 bits"),
        (owner(date="21.11.2026"), r"date like 2026-11-21, got '21.11.2026'"),
        (owner(date="2026-02-30"), r"date like 2026-11-21"),
        (owner(date="20261121"), r"date like 2026-11-21"),
        (owner(date=datetime(2026, 1, 1)), r"date like .* 00:00:00"),
        (owner(date=days_ago(-1)), r"date must be today .* got 2026-11-22"),
        (owner(verified_on=days_ago(-1)), r"verified_on must be today"),
        (owner(owner=["Ada"]), r"OWN-01.owner must be text, got \['Ada'\]"),
        (owner(link="x" * 2001), r"at most 2,000 characters"),
        (owner(verifed_by="G"), r"verifed_by is .* mean 'verified_by'"),
        (owner(not_applicable="x"), r"must be blank when level is 3"),
        (top(accepted_risks={}), r"accepted_risks must be a list of tables"),
        (top(accepted_risks=[risk("X")]), r"risks.1.question 'X' is not"),
        (top(live={"drll": {}}), r"live.drll is not known"),
        (top(spot_checks=[{}]), r"spot_checks.1.question must be filled in"),
        (top(spot_checks=[LOOK]), r"1.refuted must be true or false, got no"),
        ([], r"the sheet must be a table, got \[\]"),
    ],
)
def test_a_bad_sheet_is_refused_by_key_and_value(
    given: Any, message: str
) -> None:
    with pytest.raises(ReviewError, match=message):
        judge(given)


def test_the_day_of_the_verdict_must_be_a_date() -> None:
    with pytest.raises(ReviewError, match="today must be a date, got 2026"):
        assess(sheet(), BANK, datetime(2026, 11, 21))


def bad(**change: Any) -> dict[str, Any]:
    tables = copy.deepcopy(TABLES)
    tables["questions"][0].update(change)
    return tables


@pytest.mark.parametrize(
    ("tables", "message"),
    [
        (bad(levels=["a", "b", "c"]), r"OWN-01.levels must be a list of four"),
        (bad(section="ZZZ"), r"OWN-01.section must be from OWN, FAL"),
        (bad(gate="later"), r"OWN-01.gate must be from research"),
        (bad(core=["Q9"]), r"OWN-01.core must be from Q1"),
        (bad(may_be_na=True), r"may_be_na must be false for a core question"),
        (bad(max_age_days=0), r"max_age_days must be a whole number of days"),
        (bad(fixes=[]), r"fixes must be a list of at least one path"),
        (bad(why=""), r"OWN-01.why must be filled in, got ''"),
        (bad(colour="red"), r"questions.OWN-01.colour is not known"),
        (bad(id="FAL-01"), r"questions.FAL-01.id must be unique"),
        (TABLES | {"version": ""}, r"version must be filled in"),
        (TABLES | {"questions": []}, r"core.Q1.id must be carried by"),
        (TABLES | {"reviews": []}, r"at least one table each"),
        (
            TABLES | {"reviews": [{"id": "r", "title": "r", "asks": []}]},
            r"reviews.r.asks must be a list that holds 'core'",
        ),
    ],
)
def test_a_bad_bank_is_refused_by_key_and_value(
    tables: dict[str, Any], message: str
) -> None:
    with pytest.raises(ReviewError, match=message):
        parse_questions(tables)


# --- The command line, copied into an empty folder ----------------------

Run = Callable[..., "subprocess.CompletedProcess[str]"]
CHECK = ["check", "sheet.toml", "--today", "2026-11-21"]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    for name in ("review.py", "questions.toml", "example.toml"):
        shutil.copy(HERE / name, tmp_path)

    def start(*args: str) -> "subprocess.CompletedProcess[str]":
        command = [sys.executable, "-I", "-S", "-W", "error", "review.py"]
        return subprocess.run(
            [*command, *args],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            encoding="utf-8",
            check=False,
        )

    return start


def test_without_arguments_it_judges_the_example(run: Run) -> None:
    done = run()
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == (HERE / "review.out.txt").read_text("utf-8")
    assert "EXPERIMENT" in done.stdout


def test_five_minutes_from_an_empty_sheet_to_a_gate(
    run: Run, tmp_path: Path
) -> None:
    file = tmp_path / "sheet.toml"
    file.write_text(run("init", "--today", "2026-11-21").stdout, "utf-8")
    assert "system must be filled in" in run(*CHECK).stderr

    text = file.read_text("utf-8")
    for key in ("system", "version", "population"):
        text = text.replace(f'{key} = ""', f'{key} = "1.0"', 1)
    file.write_text(text, "utf-8")
    done = run(*CHECK, "--require", "engineering")
    assert done.returncode == 1
    assert "EXPERIMENT" in done.stdout
    assert done.stderr == (
        "review.py: stage is experiment, engineering is required\n"
    )

    for old, new in (
        ("level = 0", "level = 2"),
        ('link = ""', 'link = "a"'),
        ('\ndate = ""', "\ndate = 2026-11-20"),
        ('owner = ""', 'owner = "Ada"'),
        ('result = ""', 'result = "b"'),
        ('verified_by = ""', 'verified_by = "Grace"'),
    ):
        text = text.replace(old, new)
    file.write_text(text, "utf-8")
    good = [*CHECK, "--require", "engineering", "--require-core", "2"]
    assert run(*good, "--for-version", "1.0").returncode == 0
    for gate, message in (
        (["--require-core", "3"], "lowest core level is 2, 3 is required"),
        (["--for-version", "1.1"], "sheet is for version '1.0', not '1.1'"),
        (["--require", "operated"], "five-minute review cannot award it"),
    ):
        done = run(*CHECK, *gate)
        assert (done.returncode, message in done.stderr) == (1, True)


def test_a_sheet_grows_from_five_minutes_to_the_full_review(
    run: Run, tmp_path: Path
) -> None:
    file = tmp_path / "sheet.toml"
    short = run("init", "--today", "2026-11-21").stdout
    assert short.count("[answers.") == 11
    assert "five-minute (11), one-hour (29), full (63)" in short
    assert run("init", "full").stdout.count("[answers.") == 63
    for key in ("system", "version", "population"):
        short = short.replace(f'{key} = ""', f'{key} = "1.0"', 1)
    file.write_text(short, "utf-8")
    rest = run("init", "full", "--after", "sheet.toml").stdout
    assert rest.count("[answers.") == 52
    long = short.replace('review = "five-minute"', 'review = "full"') + rest
    file.write_text(long, "utf-8")
    done = run(*CHECK, "--require", "ready_for_launch")
    assert (done.returncode, done.stderr) == (
        1,
        "review.py: stage is experiment, ready_for_launch is required\n",
    )
    assert "full review, 63 questions" in done.stdout
    assert max(map(len, done.stdout.splitlines())) <= 78
    assert "more answers (--all shows how)" in done.stdout
    assert "(--all" not in run(*CHECK, "--all").stdout
    linked = run(*CHECK, "--links", "--require", "experiment")
    assert (linked.returncode, linked.stderr) == (0, "")
    assert "Dead links (looked up, not judged)" in linked.stdout


def test_the_formats_hold_the_same_verdict(run: Run) -> None:
    example = ["check", "example.toml", "--today", "2026-11-21", "--format"]
    found = json.loads(run(*example, "json").stdout)
    assert (found["stage"], found["core_floor"]) == ("experiment", 0)
    assert run(*example, "markdown").stdout.startswith(
        "## Readiness: experiment"
    )
    assert "\x1b" not in run(*example, "text").stdout


def test_a_spot_check_is_drawn_by_a_seed_and_the_same_for_all(
    run: Run, tmp_path: Path
) -> None:
    given = changed(sheet(2, SHIPPED), "OWN-01", level=0)
    text = json.dumps(given, default=str)
    (tmp_path / "sheet.json").write_text(text, "utf-8")

    def draw(seed: str) -> list[str]:
        done = run(
            "spot-check", "sheet.json", CHECK[2], CHECK[3], "--seed", seed
        )
        first, *lines = done.stdout.splitlines()
        assert first == f"Open these 3 of 62 (seed {seed}):"
        return [line for line in lines if "counts 2 of 3" in line]

    assert draw("a") == draw("a") != draw("b")


def test_a_difference_shows_what_counts_otherwise(
    run: Run, tmp_path: Path
) -> None:
    for name, level in (("old", 1), ("new", 0)):
        given = changed(sheet(1, SHIPPED), "OWN-01", level=level)
        text = json.dumps(given, default=str)
        (tmp_path / f"{name}.json").write_text(text, "utf-8")
    done = run("diff", "old.json", "new.json", "--today", "2026-11-21")
    assert done.stdout.splitlines() == [
        "Stage  engineering -> experiment",
        "OWN-01  Owner: 1 -> 0, nothing to show",
    ]


def test_the_bank_is_printed_as_text_and_as_json(run: Run) -> None:
    assert "Who is paged" in run("questions", "OWN-01").stdout
    found = json.loads(run("questions", "--format", "json").stdout)
    assert parse_questions(found) == SHIPPED
    assert "mean 'OWN-01'" in run("questions", "OWN01").stderr


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"level = ", "sheet.toml: is not valid TOML: Invalid value"),
        (b'{"a": 1, "a": 2}', "is not valid JSON: key 'a' stands 2 times"),
        (b'{"a": NaN}', "is not valid JSON: NaN is not a number"),
        (b"{", "is not valid JSON"),
        (b"[answers.A]\n[answers.A]\n", "Cannot declare ('answers', 'A')"),
        (b"a = 2026-02-30", "sheet.toml: is not valid TOML"),
        (b"a = " + b"[" * 5000, "is nested too deeply"),
        (b"a = 1" + b"0" * 5000, "is not valid TOML: Exceeds the limit"),
        (b'name = "\xe9"', "is not UTF-8 text at byte 8"),
        ("system".encode("utf-16"), "(UTF-16? save it as UTF-8)"),
        (b"\x00\x01", "is not valid TOML"),
        (b"#" * 1_000_001, "is larger than 1,000,000 bytes"),
        (b"#" * 10_000_000, "is larger than 1,000,000 bytes"),
        (b"\x89PNG\r\n\x1a\n\x00", "is not UTF-8 text at byte 0, line 1"),
        (b'{\n "a": {},\n "a": 2}', "stands 2 times, the second at line 3"),
        # Each of these once took minutes, or ended in a traceback.
        (
            b'{"a": {"b": 1, "\\u0062": 2}, "c": "' + b'\\"' * 200_000,
            "key 'b' stands 2 times",
        ),
        (
            b'{"a": {"b": 1, "b": 2}, "c": ' + b'{"d":' * 100_000,
            "key 'b' stands 2 times, the second at line 1",
        ),
        (b"", "sheet.toml: system must be filled in, got nothing"),
    ],
)
def test_a_broken_file_gets_one_line_that_names_it(
    content: bytes,
    message: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("sheet.toml").write_bytes(content)
    assert main(CHECK) == 2
    error = capsys.readouterr().err
    assert error.startswith("review.py: sheet.toml: ")
    assert error.count("\n") == 1
    assert message in error


SCOPE = 'system = "s"\nversion = "1"\npopulation = "p"\ndate = 2026-11-20\n'


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        (
            "a.toml",
            SCOPE + "[answers.OWN-01]\nlevel = 4\n",
            "line 6: answers.OWN-01.level must be 0, 1, 2 or 3, got 4",
        ),
        (
            "b.toml",
            SCOPE + "answers.OWN-01.level = 1\nanswers.FAL-01.level = 9\n",
            "line 6: answers.FAL-01.level must be",
        ),
        (
            "c.toml",
            SCOPE + "[answers.OWN-01]\n[answers.'OWN-9']\nlevel = 1\n",
            "line 6: answers.OWN-9 is not known, did you mean 'OWN-0",
        ),
        (
            "d.toml",
            SCOPE + "[[accepted_risks]]\nquestion = 'DAT-04'\n"
            "[[accepted_risks]]\nquestion = 'DAT-04'\ndate = 2027-01-01\n",
            "line 9: accepted_risks.2.date must be today (2026-11-21)",
        ),
        (
            "e.toml",
            SCOPE + "[answers]\nOWN-01 = { level = 4 }\n",
            "line 6: answers.OWN-01.level must be",
        ),
        (
            "f.json",
            '{"system": "s", "version": "1",\n"population": "p: [,]",\n'
            '"spot_checks": [{"question": "DAT-01", "note": "\\"{", '
            '"by": "G", "refuted": false, "date": "2026-11-20"},\n'
            '{"question":\n "OWN-1"}], "answers": {}, "date": "2026-11-20"}',
            "line 4: spot_checks.2.question 'OWN-1' is not known",
        ),
        ("g.toml", "version = '1'\n", "g.toml: system must be filled in"),
    ],
)
def test_a_wrong_value_is_named_with_its_line(
    name: str,
    content: str,
    message: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    Path(name).write_text(content, "utf-8")
    assert main(["check", name, "--today", "2026-11-21"]) == 2
    assert message in capsys.readouterr().err


def test_a_wrong_bank_is_named_with_its_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = (HERE / "questions.toml").read_text("utf-8")
    before, name, after = text.partition('id = "MON-02"')
    after = after.replace('gate = "engineering"', 'gate = "later"', 1)
    bank = tmp_path / "bank.toml"
    bank.write_text(before + name + after, "utf-8")
    line = (before + name + after).partition('"later"')[0].count("\n") + 1
    assert main(["questions", "--questions", str(bank)]) == 2
    wanted = f"line {line}: questions.MON-02.gate must be from research"
    assert wanted in capsys.readouterr().err


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["check", "none.toml"], "none.toml: cannot be read: No such file"),
        (["check", "."], ".: cannot be read: Is a directory"),
        (["check"], "check needs SHEET"),
        (["diff", "a.toml"], "diff needs NEW"),
        (["check", "a", "b"], "check got 'b' too many"),
        (["chek", "a"], "'chek' is not known, did you mean 'check'?"),
        ([*CHECK, "--link"], "'--link' of check is not known, did you"),
        ([*CHECK, "--links=yes"], "--links takes no value, got 'yes'"),
        ([*CHECK, "--format"], "--format needs a value"),
        ([*CHECK, "--format", "html"], "text, markdown, json, got 'html'"),
        ([*CHECK, "--today", "21.11.26"], "2026-11-21, got '21.11.26'"),
        ([*CHECK, "--require", "launch"], "operated, got 'launch'"),
        (["init", "long"], "review 'long' is not known"),
        (["init", "ful"], "is not known, did you mean 'full'"),
        (["init", "--after", "none.toml"], "none.toml: cannot be read"),
        (["spot-check", "a", "--number", "0"], "from 1 to 999, got '0'"),
        (["questions", "--questions", "x.toml"], "x.toml: cannot be read"),
    ],
)
def test_bad_arguments_get_one_line(
    args: list[str],
    message: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(args) == 2
    out, error = capsys.readouterr()
    assert (out, error.count("\n")) == ("", 1)
    assert message in error


def test_help_names_every_command_and_option(run: Run) -> None:
    for args in (["--help"], ["check", "-h"]):
        done = run(*args)
        assert (done.returncode, done.stderr) == (0, "")
        for names, options in review._COMMANDS.values():
            for name in [*names, *options.split()]:
                assert name.rstrip("?") in done.stdout
        assert max(map(len, done.stdout.splitlines())) <= 78


@pytest.mark.parametrize(
    ("lost", "args", "message"),
    [
        ("questions.toml", [], "questions.toml must lie next to review.py"),
        ("example.toml", [], "example.toml must lie next to review.py"),
    ],
)
def test_a_missing_neighbour_is_named(
    run: Run, tmp_path: Path, lost: str, args: list[str], message: str
) -> None:
    os.remove(tmp_path / lost)
    done = run(*args)
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert message in done.stderr


# --- The blind spot -----------------------------------------------------


def test_a_sheet_of_polished_lies_passes_because_nobody_opened_a_link() -> (
    None
):
    lie = answer(link="https://example.invalid/404", result="it went well")
    given = sheet(answers=dict.fromkeys(IDS, lie))
    assert judge(given).stage == "operated"
    # What sees it is a person: one opened link takes the launch away.
    found = {"question": "OWN-01", "date": TODAY, "by": "Joan"}
    given["spot_checks"] = [found | {"refuted": True}]
    assert judge(given).stage == "experiment"
