"""What phase_plan asks of a plan, and the plans it cannot see through."""

import copy
import json
import math
import tomllib
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from snippets.readiness.phase_plan import (
    _EXAMPLE,
    PHASES,
    Finding,
    check_plan,
)

DAY = timedelta(days=1)
COMPLETE = tomllib.loads(
    """
    system = "Late flights"
    unit = "days of work"
    [research]
    budget = [30, 45]
    people = 1
    owner = "Ines Fabre"
    starts = 2026-01-12
    ends = 2026-03-13
    evidence = "https://example.org/reports/week-split"
    evidence_due = 2026-03-06
    opened_by = "Tomas Rehn"
    go_if = "model minus table above 0, 95 % interval, held-out weeks"
    stop_if = "model minus table below 0, held-out weeks"
    decided_by = "Aino Salo"
    [engineering]
    budget = [60, 90]
    people = 2
    owner = "Tomas Rehn"
    starts = 2026-03-16
    ends = 2026-06-26
    evidence = "reports/rollback-drill.md, LATE-41"
    evidence_due = 2026-06-19
    opened_by = "Ines Fabre"
    go_if = "drill: back on the table within 10 minutes"
    stop_if = "more than 90 days of work spent"
    decided_by = "Aino Salo"
    [operations]
    budget_per_year = [40, 60]
    people = 0.3
    owner = "Kim Osei"
    starts = 2026-06-29
    renews = 2027-06-01
    evidence = "reports/effect-of-the-year.md"
    evidence_due = 2027-05-14
    opened_by = "Tomas Rehn"
    go_if = "effect of the year above 60 days of work"
    stop_if = "effect of the year below 20 days of work"
    decided_by = "Aino Salo"
    paid_by = "Lena Brandt"
    switch_off = "runbooks/late-flights.md#off"
    """
)
LINES = [(phase, key) for phase in PHASES for key in COMPLETE[phase]]


def plan(**changes):
    """The complete plan with some lines changed: research__budget=0."""
    found = copy.deepcopy(COMPLETE)
    for path, value in changes.items():
        *phase, key = path.split("__")
        (found[phase[0]] if phase else found)[key] = value
    return found


def keys(found):
    return [(finding.phase, finding.key) for finding in found]


# Identity


def test_a_complete_plan_has_no_finding():
    assert check_plan(COMPLETE) == ()


def test_a_phase_that_is_not_in_the_plan_is_one_finding():
    assert check_plan({"system": "Late flights", "unit": "EUR"}) == tuple(
        Finding(phase, "", "is not in the plan") for phase in PHASES
    )


# Worked by hand


@pytest.mark.parametrize(("phase", "key"), LINES)
def test_each_line_that_is_left_out_is_found_and_nothing_else(phase, key):
    without = plan()
    del without[phase][key]
    assert keys(check_plan(without)) == [(phase, key)]


@pytest.mark.parametrize(("phase", "key"), LINES)
@pytest.mark.parametrize("nothing", ["", " ", "TBD", "n/a", "as needed", "?"])
def test_a_word_for_nothing_counts_as_nothing(phase, key, nothing):
    if not isinstance(COMPLETE[phase][key], str):
        return
    found = check_plan(plan(**{f"{phase}__{key}": nothing}))
    assert keys(found) == [(phase, key)]


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"research__budget": 0}, ["research: has no money of its own"]),
        ({"research__budget": [0, 0]}, ["research: has no money of its own"]),
        ({"operations__people": 0}, ["operations: has nobody's time"]),
        (
            {"operations__budget": 90},
            ["operations: budget is paid once: give budget_per_year"],
        ),
        (
            {"operations__ends": "2027-01-01"},
            ["operations: ends by no date of its own: give renews"],
        ),
        (
            {"engineering__switch_off": "off.md"},
            ["engineering: switch_off belongs to operations"],
        ),
        (
            {"engineering__owner": "ML team"},
            ["engineering: owner is no person: ML team"],
        ),
        (
            {"research__opened_by": "ines FABRE "},
            ["research: opened_by is the owner: ines FABRE"],
        ),
        (
            {"research__decided_by": "Ines Fabre"},
            ["research: decided_by is the owner: Ines Fabre"],
        ),
        (
            {"engineering__evidence": "it runs well"},
            ["engineering: evidence names nothing to open"],
        ),
        (
            {"operations__switch_off": "by hand"},
            ["operations: switch_off names nothing to open"],
        ),
        (
            {"research__stop_if": "the score is bad"},
            ["research: stop_if has no number"],
        ),
        (
            {"research__go_if": "users like it"},
            ["research: go_if has no number"],
        ),
        (
            {"engineering__ends": date(2026, 3, 1)},
            [
                "engineering: ends on 2026-03-01, and starts on 2026-03-16",
                "engineering: is due on 2026-06-19, after 2026-03-01",
            ],
        ),
        (
            {"operations__renews": date(2027, 7, 1)},  # 367 days
            ["operations: renews on 2027-07-01, after more than a year"],
        ),
        (
            {"research__ends": "2026-01-12", "research__evidence_due":
             "2026-01-12"},
            ["research: ends on 2026-01-12, and starts on 2026-01-12"],
        ),
        (
            {"research__evidence_due": date(2026, 3, 14)},
            ["research: is due on 2026-03-14, after 2026-03-13"],
        ),
        (
            {"engineering__starts": date(2026, 3, 9)},
            ["research: ends on 2026-03-13; engineering starts on 2026-03-09"],
        ),
        (
            {"operations__starts": date(2026, 6, 15)},
            [
                "engineering: ends on 2026-06-26; "
                "operations starts on 2026-06-15",
                "engineering: evidence_due on 2026-06-19; "
                "operations starts on 2026-06-15",
            ],
        ),
        (
            {"engineering__owner": "Ines Fabre", "operations__owner":
             "ines fabre", "engineering__opened_by": "Kim Osei"},
            ["plan: Ines Fabre owns all three phases"],
        ),
        ({"system": ""}, ["plan: has no system"]),
        ({"unit": "tbd"}, ["plan: has no unit"]),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_in_one_line(changes, expected):
    assert [str(f) for f in check_plan(plan(**changes))] == expected


@pytest.mark.parametrize(
    "changes",
    [
        {"engineering__budget": 1},  # a fraction of research: not judged
        {"operations__budget_per_year": 0.5},
        {"research__budget": [45, 45]},
        {"research__budget": [0, 45]},
        {"engineering__starts": date(2026, 3, 13)},  # the day it ends
        {"research__evidence_due": date(2026, 3, 13)},
        {"operations__renews": date(2027, 6, 30)},  # 366 days
        {"research__owner": "Friedrich List"},
        {"research__opened_on": date(2026, 3, 5)},
        {"engineering__owner": "Ines Fabre",
         "engineering__opened_by": "Kim Osei"},  # two of three
    ],
)  # fmt: skip
def test_what_is_no_error_is_not_reported(changes):
    assert check_plan(plan(**changes)) == ()


@pytest.mark.parametrize(
    "place",
    [
        "https://example.org/x",
        "reports/week-split.html",
        "split.ipynb",
        "/shared/reports/exit",
        "./exit",
        "LATE-41",
        "issue #41",
        "s3://bucket/exit",
        "wiki/ml/exit",
    ],
)
def test_places_that_a_second_person_could_open(place):
    assert check_plan(plan(research__evidence=place)) == ()


@pytest.mark.parametrize(
    "promise",
    [
        "works well",
        "accuracy and/or latency",
        "demo to the board",
        "e.g. tests",
    ],
)
def test_promises_that_nobody_can_open(promise):
    found = check_plan(plan(research__evidence=promise))
    assert keys(found) == [("research", "evidence")]


@pytest.mark.parametrize(
    ("today", "opened", "expected"),
    [
        (date(2026, 3, 6), None, []),
        (
            date(2026, 3, 7),
            None,
            ["research: was due on 2026-03-06, and nobody opened it"],
        ),
        (date(2026, 3, 7), date(2026, 3, 7), []),
        (
            date(2026, 3, 7),
            date(2026, 3, 8),
            ["research: 2026-03-08 has not come yet"],
        ),
    ],
)
def test_evidence_is_late_the_day_after_it_was_due(today, opened, expected):
    given = plan(research__opened_on=opened) if opened else COMPLETE
    assert [str(f) for f in check_plan(given, today=today)] == expected


def test_operations_that_nobody_renewed_are_reported():
    seen = {f"{phase}__opened_on": date(2026, 1, 20) for phase in PHASES}
    given = plan(**seen)
    assert check_plan(given, today=date(2027, 6, 1)) == ()
    (finding,) = check_plan(given, today=date(2027, 6, 2))
    assert str(finding) == "operations: was to be renewed on 2027-06-01"


def test_a_plan_with_the_experiment_only_is_found_out_twice():
    only = {key: COMPLETE[key] for key in ("system", "unit", "research")}
    assert keys(check_plan(only)) == [("engineering", ""), ("operations", "")]


def test_the_example_has_one_phase_of_three():
    found = check_plan(tomllib.loads(_EXAMPLE))
    assert [f.phase for f in found].count("research") == 2
    assert [f.phase for f in found].count("engineering") == 9
    assert [f.phase for f in found].count("operations") == 1


# Properties


def test_json_gives_the_findings_of_toml():
    for table in COMPLETE, tomllib.loads(_EXAMPLE):
        text = json.dumps(table, default=date.isoformat)
        assert check_plan(json.loads(text)) == check_plan(table)


@given(st.sets(st.sampled_from(LINES)))
def test_every_line_that_is_missing_is_asked_for(gone):
    given = plan()
    for phase, key in gone:
        del given[phase][key]
    before = copy.deepcopy(given)
    found = keys(check_plan(given))
    assert gone <= set(found)
    assert given == before  # the plan is not changed


@given(st.integers(-400, 400))
def test_moving_all_days_alike_moves_no_finding(days):
    def moved(table):
        return {
            key: moved(value)
            if isinstance(value, dict)
            else value + days * DAY
            if isinstance(value, date)
            else value
            for key, value in table.items()
        }

    example = tomllib.loads(_EXAMPLE)
    assert check_plan(moved(COMPLETE)) == ()
    assert keys(check_plan(moved(example))) == keys(check_plan(example))


@given(st.permutations(list(COMPLETE)))
def test_the_order_of_the_tables_does_not_matter(order):
    mixed = {key: COMPLETE[key] for key in order}
    assert check_plan(mixed) == ()
    bad = mixed | {"research": {}}
    assert check_plan(bad) == check_plan(plan(research={}))


# Hard inputs


@pytest.mark.parametrize(
    "budget",
    [
        *(1, 1.5, Fraction(1, 2), 10**400, np.float32(2), np.int64(3)),
        *([1, 2], (1, 2), [Fraction(1, 3), 0.5]),
    ],
    ids=repr,
)
def test_sums_of_many_kinds(budget):
    assert check_plan(plan(research__budget=budget)) == ()


def test_a_text_over_several_lines_is_one():
    given = plan(research__stop_if="less than\n  20 points\tin a month")
    assert check_plan(given) == ()


def test_a_limit_may_be_written_with_a_less_than_sign():
    assert check_plan(plan(research__stop_if="model - table < 0")) == ()


def test_the_first_and_the_last_day_there_are():
    given = plan(research__starts=date.min, operations__renews=date.max)
    (finding,) = check_plan(given)
    assert str(finding).startswith("operations: renews on 9999-12-31")
    late = plan(operations__starts=date.max - DAY, operations__renews=date.max)
    assert keys(check_plan(late)) == []


# Errors


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"research__budget": -1}, "research.budget must be .* got -1"),
        ({"research__budget": math.nan}, "research.budget must .* got nan"),
        ({"research__budget": math.inf}, "research.budget must .* got inf"),
        ({"research__budget": "40"}, "research.budget must .* got '40'"),
        ({"research__budget": True}, "research.budget must .* got True"),
        ({"research__budget": None}, "research.budget must .* got None"),
        ({"research__budget": Decimal(4)}, "research.budget must .* Decimal"),
        ({"research__budget": [45, 30]}, r"budget must .* got \[45, 30\]"),
        ({"research__budget": [1, 2, 3]}, r"must .* got \[1, 2, 3\]"),
        ({"research__budget": [1, "2"]}, "research.budget must be a number"),
        ({"research__budget": np.ones(2)}, "research.budget must be a number"),
        ({"operations__people": 1j}, "operations.people must be a number"),
        ({"research__starts": "soon"}, "research.starts must .* got 'soon'"),
        ({"research__starts": 2026}, "research.starts must be a day, got 20"),
        (
            {"research__starts": datetime(2026, 1, 1, tzinfo=UTC)},
            "research.starts must be a day, got datetime",
        ),
        ({"research__ends": datetime(2026, 1, 1)}, "research.ends must be a"),
        ({"research__ends": pd.NaT}, "research.ends must be a day, got NaT"),
        ({"research__owner": ["A", "B"]}, "research.owner must be plain text"),
        ({"research__owner": 5}, "research.owner must be plain text, got 5"),
        ({"research__owner": "<b>A</b>"}, "research.owner must be plain text"),
        ({"research__owner": "A\0B"}, "research.owner must be plain text"),
        ({"unit": None}, "plan.unit must be plain text, got None"),
        ({"research__bugdet": 4}, "research must hold .* got 'bugdet'"),
        ({"studies": {}}, "plan must hold known keys, got 'studies'"),
        ({"research": None}, "research must be a table, got None"),
        ({"research": []}, r"research must be a table, got \[\]"),
    ],
)
def test_what_is_refused_is_refused_by_name(changes, message):
    with pytest.raises(ValueError, match=message):
        check_plan(plan(**changes))


@pytest.mark.parametrize("given", [None, [], "research", 5, np.ones(2)])
def test_a_plan_that_is_no_table_is_refused(given):
    with pytest.raises(ValueError, match="plan must be a table"):
        check_plan(given)


@pytest.mark.parametrize("today", [0, "soon", datetime(2026, 1, 1), pd.NaT])
def test_a_today_that_is_no_day_is_refused(today):
    with pytest.raises(ValueError, match="today must be a day"):
        check_plan(COMPLETE, today=today)


odd = st.sampled_from(
    [
        *(None, True, 0, -1, 1.5, math.nan, math.inf, 10**400, 1j, "", " "),
        *("Ines Fabre", "2026-01-01", "a\nb", "<i>", [], [1, 2], [2, 1]),
        *({}, {"owner": 5}, date.min, date.max, datetime.max, pd.NaT),
        *(np.array([1, 2]), np.nan, b"x", float, Decimal("nan"), "\x00"),
    ]
)
paths = st.sampled_from(
    [*COMPLETE, "extra", *[f"{phase}__{key}" for phase, key in LINES]]
)


@settings(max_examples=200)
@given(st.dictionaries(paths, odd, max_size=3), st.none() | odd)
def test_anything_gives_findings_or_an_error_with_a_name(changes, today):
    order = dict(sorted(changes.items(), key=lambda x: -x[0].count("__")))
    try:
        told = check_plan(plan(**order), today=today)
    except ValueError as error:
        told = str(error)
    if isinstance(told, str):
        assert told.startswith((*PHASES, "plan", "today"))
    else:
        assert all(isinstance(f, Finding) and f.says for f in told)


# The blind spots


def test_blind_spot_money_that_is_moved_after_the_plan_was_checked():
    planned = check_plan(COMPLETE)
    spent = {"research": 74, "engineering": 58, "operations": 0}
    assert planned == ()  # in June all of engineering's rest went to research
    assert spent["research"] > max(COMPLETE["research"]["budget"])


def test_blind_spot_sums_that_cannot_suffice():
    token = {f"{phase}__people": 0.01 for phase in PHASES}
    token |= {"research__budget": 1, "engineering__budget": 1}
    assert check_plan(plan(**token, operations__budget_per_year=1)) == ()


def test_blind_spot_a_link_to_an_empty_page():
    assert check_plan(plan(engineering__evidence="reports/empty.md")) == ()
