"""The order of the suspects, faults planted in the flights, and a blind spot.

The planted faults go through the real checks of this library.
"""

from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from snippets.drift.freshness import assess
from snippets.drift.label_gap import label_gap
from snippets.drift.psi import Baseline, psi
from snippets.flights.loader import load
from snippets.hardening.data_contract import Contract, Field
from snippets.hardening.parity import compare_features
from snippets.hardening.triage import triage
from snippets.readiness.baselines import rate_table

PLUMBING = ("replay_same", "parity_same", "contract_kept", "feeds_fresh")
PLUMBING += ("labels_ripe", "behind_rule")
WORLD = ("inputs_moved", "gap_open")
NAMES = PLUMBING + WORLD
CALM = dict.fromkeys(PLUMBING, True) | dict.fromkeys(WORLD, False)
SUSPECTS = {"code", "data", "labels", "cases", "relation", "world"}
SUSPECTS |= {"not worse", "unsure"}


# The order


@pytest.mark.parametrize(
    ("found", "suspect", "because"),
    [
        ({}, "unsure", ""),
        ({"behind_rule": False}, "not worse", "behind_rule=False"),
        ({"replay_same": False}, "code", "replay_same=False"),
        ({"parity_same": False}, "code", "parity_same=False"),
        ({"contract_kept": False}, "data", "contract_kept=False"),
        ({"feeds_fresh": False}, "data", "feeds_fresh=False"),
        ({"labels_ripe": False}, "labels", "labels_ripe=False"),
        ({"inputs_moved": True}, "cases", "inputs_moved=True"),
        ({"gap_open": True}, "relation", "gap_open=True"),
        (
            {"inputs_moved": True, "gap_open": True},
            "world",
            "inputs_moved=True, gap_open=True",
        ),
    ],
)
def test_one_finding_names_its_suspect(found, suspect, because):
    result = triage(**(CALM | found))
    assert (result.suspect, result.because) == (suspect, because)
    assert result.ask_first == result.also == ()
    assert result.next_step


def test_an_earlier_finding_wins_and_the_later_ones_are_kept():
    everything = dict.fromkeys(PLUMBING, False) | dict.fromkeys(WORLD, True)
    result = triage(**everything)
    assert result.suspect == "code"
    assert result.also == (
        "contract_kept=False",
        "feeds_fresh=False",
        "labels_ripe=False",
        "behind_rule=False",
        "inputs_moved=True",
        "gap_open=True",
    )


def test_a_rule_that_fell_with_the_model_hides_no_broken_feed():
    both_fell = CALM | {"behind_rule": False, "feeds_fresh": False}
    assert triage(**both_fell).suspect == "data"
    unasked = triage(**(both_fell | {"feeds_fresh": None}))
    assert unasked.suspect == "unsure"
    assert unasked.ask_first == ("feeds_fresh",)


def test_a_broken_feed_is_answered_before_the_questions_are():
    stale = CALM | {"feeds_fresh": False, "replay_same": None}
    result = triage(**stale)
    assert result.suspect == "unsure"
    assert result.next_step == "Fall back now, then run replay_same first."


def test_a_model_no_worse_than_the_rule_is_not_suspected():
    noisy = CALM | {"behind_rule": False, "inputs_moved": True}
    assert triage(**noisy).suspect == "not worse"
    assert triage(**noisy).also == ()


# All 6,561 combinations of yes, no and not asked

ALL = [
    dict(zip(NAMES, answers, strict=True))
    for answers in product((True, False, None), repeat=len(NAMES))
]


@cache
def every_result():
    return [(answers, triage(**answers)) for answers in ALL]


def test_nobody_blames_the_world_before_code_and_data_were_asked():
    for answers, result in every_result():
        if result.suspect in ("cases", "relation", "world"):
            assert all(answers[name] is True for name in PLUMBING)


def test_a_check_that_was_not_asked_is_asked_for_in_order():
    for answers, result in every_result():
        assert result.suspect in SUSPECTS
        asked = [name for name in NAMES if answers[name] is None]
        assert list(result.ask_first) == asked[: len(result.ask_first)]
        if result.ask_first:
            assert result.suspect == "unsure"
            assert result.next_step.endswith(f"un {asked[0]} first.")


def test_one_more_answer_never_opens_a_question():
    table = {tuple(a.values()): r for a, r in every_result()}
    for answers, result in every_result():
        for name in result.ask_first:
            for value in (True, False):
                more = tuple((answers | {name: value}).values())
                assert set(table[more].ask_first) <= set(result.ask_first)


def test_a_fault_in_the_plumbing_is_never_hidden_by_the_world():
    for answers, result in every_result():
        faults = [n for n in PLUMBING[:-1] if answers[n] is False]
        if None not in answers.values() and faults:
            assert result.suspect in ("code", "data", "labels")


# Faults planted in the flights, found by the real checks

CONTRACT = Contract(
    [
        Field("wind", "number", unit="mph", low=0, high=120, nullable=True),
        Field("late", "number", low=0, high=1, nullable=True),
    ],
    version="1",
)
NOON = datetime(2013, 6, 30, 13, tzinfo=UTC)
LIMIT = timedelta(hours=2)


@cache
def flights():
    """May and June of the sample, with a table fitted on the months before."""
    rows = load().where(load().labelled)
    train = rows.where(rows["month"] < 5)
    fitted = rate_table(train["live_late"], train.late)
    return train, rows.where(np.isin(rows["month"], (5, 6))), fitted


def checks(fault):
    """Plant a fault, run the checks, return what they found."""
    train, now, table = flights()
    day = now["date"].astype(np.int64)
    ids = np.arange(len(now))
    source = {"wind": now["wind_speed_3h"], "late": now["live_late"]}
    outcome = now.late.astype(float)
    newest = datetime(2013, 6, 30, 12, tzinfo=UTC)
    if fault == "unit at the source":
        source["wind"] = source["wind"] * 100
    if fault == "stale feed":
        newest -= timedelta(hours=6)
    if fault == "young labels":  # the late ones are still in the air
        outcome = np.where((now["arr_delay"] > 60), 0.0, outcome)
    served = dict(source)
    if fault == "hour lost in serving":
        served["late"] = np.roll(served["late"], 1)
    if fault == "new rule for late":
        outcome = (now["arr_delay"] > 120).astype(float)
    contract = CONTRACT.check_columns(source, now=NOON, units=None)
    parity = compare_features(
        source | {"id": ids}, served | {"id": ids}, key="id"
    )
    predicted = table.predict(served["late"])
    reference = Baseline.fit(train["wind_speed_3h"])
    wind = psi(reference, reference.count(source["wind"]))
    gap = label_gap(predicted, outcome, cluster=day)
    fresh = assess(NOON, newest, LIMIT)
    return {
        "behind_rule": True,
        "replay_same": True,
        "parity_same": parity.same,
        "contract_kept": bool(contract.accepted.all()),
        "feeds_fresh": not fresh.alarm,
        "labels_ripe": fault != "young labels",
        "inputs_moved": wind.alarm,
        "gap_open": gap.alarm,
    }


@pytest.mark.parametrize(
    ("fault", "suspect"),
    [
        ("none", "cases"),  # May and June are no January to April
        ("hour lost in serving", "code"),
        ("unit at the source", "data"),
        ("stale feed", "data"),
        ("young labels", "labels"),
        ("new rule for late", "world"),
    ],
)
def test_a_planted_fault_is_found_through_the_real_checks(fault, suspect):
    assert triage(**checks(fault)).suspect == suspect


# Bad input


@pytest.mark.parametrize("value", [1, 0, "yes", "", 1.0, [], float("nan")])
@pytest.mark.parametrize("name", NAMES)
def test_anything_but_yes_no_and_not_asked_is_named(name, value):
    message = f"{name} must be True, False or None, got"
    with pytest.raises(TypeError, match=message):
        triage(**(CALM | {name: value}))


@given(st.sampled_from(NAMES), st.booleans())
def test_a_boolean_of_numpy_is_a_boolean(name, value):
    plain = triage(**(CALM | {name: value}))
    assert triage(**(CALM | {name: np.bool_(value)})) == plain


def test_a_check_cannot_be_left_out_by_accident():
    with pytest.raises(TypeError, match="gap_open"):
        triage(**{name: CALM[name] for name in NAMES if name != "gap_open"})


# Blind spot


def test_a_false_alarm_of_an_early_check_hides_the_world():
    truth = CALM | {"inputs_moved": True, "gap_open": True}
    assert triage(**truth).suspect == "world"
    rung = triage(**(truth | {"feeds_fresh": False}))  # nothing was stale
    assert rung.suspect == "data"
    assert "gap_open=True" in rung.also
