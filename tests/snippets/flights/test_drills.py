"""Contract of snippets/flights/drills.py."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import pytest

from snippets.flights import drills as module
from snippets.flights.drills import DRILLS, Drill, Found, main, report, table
from snippets.flights.service import Feed, Service

QUIET, STORMY = module.DAYS
BY_NAME = {drill.name: drill for drill in DRILLS}
# What the service does not survive: the page says so, too.
FINDINGS = {
    "unit-changed": (
        f"{STORMY}: 2 answers silently wrong after the limit",
        f"{STORMY}: nobody was told",
    ),
    "worthless-release": (f"{QUIET}: nobody was told",),
}


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> module.Bench:
    return module.Bench(tmp_path_factory.mktemp("drills"))


@pytest.fixture(scope="module")
def found(bench: module.Bench) -> Callable[[str], Found]:
    return lru_cache(lambda name: bench.run(BY_NAME[name]))


@pytest.mark.parametrize("name", BY_NAME)
def test_a_drill_passes_or_is_a_finding_that_the_page_names(
    found: Callable[[str], Found], name: str
) -> None:
    one, drill = found(name), BY_NAME[name]
    assert one.failures == FINDINGS.get(name, ())
    assert one.passed == (name not in FINDINGS)
    if drill.limit is not None and one.passed:
        assert one.detected_after_s is not None
        assert one.detected_after_s <= drill.limit
        assert one.paged != "nobody"


def test_a_clean_day_is_the_same_with_and_without_the_service(
    bench: module.Bench,
) -> None:
    # so all that a drill finds comes from its fault
    whole = replace(BY_NAME["duplicates"], broke=0, mended=0)
    for date in module.DAYS:
        clean, alone = bench.clean(date), bench.alone(whole, date)
        assert len(alone.answers) > 150
        assert {i: said["decision"] for i, said in alone.answers.items()} == {
            i: clean.answers[i]["decision"] for i in alone.answers
        }


# Regressions, planted: each makes a drill fail


def no_log(*_: object) -> None:
    """The answer leaves, and nothing is written."""


def always_fresh(_: Feed, now: Any, *__: object) -> Any:
    return now


def unchecked(_: Service, sent: Any, *__: object) -> list[float]:
    return [float(sent[name] or 0) for name in module.SEEN]


@pytest.mark.parametrize(
    ("name", "day", "where", "what", "by", "failure"),
    [
        ("duplicates", QUIET, Service, "_write", no_log, "not in the log"),
        ("feed-stale", QUIET, Feed, "as_of", always_fresh, "silently wrong"),
        ("sentinel-zeros", QUIET, Service, "_checked", unchecked, "told"),
    ],
)
def test_a_planted_regression_makes_a_drill_fail(
    bench: module.Bench,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    day: str,
    where: type,
    what: str,
    by: object,
    failure: str,
) -> None:
    bench.clean(day)
    monkeypatch.setattr(where, what, by)
    if name == "sentinel-zeros":
        monkeypatch.setattr(Service, "_held", lambda *_: "")
    one = bench.run(replace(BY_NAME[name], days=(day,)))
    assert not one.passed
    assert any(failure in why for why in one.failures), one.failures


# The command line

FOUND = Found(
    name="feed-stale",
    passed=False,
    lost=12.4,
    detected_after_s=2100,
    paged="departures feed",
    notebook=-3.0,
    unseen=1,
    failures=("nobody was told",),
)


def test_the_json_has_the_agreed_keys(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(module, "run", lambda _: [FOUND])
    assert main(["--json", "--only", "feed-stale"]) == 0
    assert json.loads(capsys.readouterr().out) == [
        {
            "name": "feed-stale",
            "passed": False,
            "lost": 12.4,
            "detected_after_s": 2100,
            "paged": "departures feed",
        }
    ]


def test_the_report_and_the_table_say_what_failed() -> None:
    text = report([FOUND])
    assert "35 min  departures feed  FAILED" in text
    assert "nobody was told" in text
    assert "0 of 1 passed" in text
    row = table([FOUND]).splitlines()[-1]
    assert "**failed**" in row
    assert "| \N{MINUS SIGN}3: " in row
    assert "| 35 min: departures feed |" in row
    assert "30 days" in report([replace(FOUND, detected_after_s=2_592_000)])
    assert "| nobody |" in table([replace(FOUND, detected_after_s=None)])


def test_an_unknown_drill_is_refused_with_the_list(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["--only", "nope"]) == 2
    said = capsys.readouterr().err
    assert "got 'nope'" in said
    assert all(name in said for name in BY_NAME)


def test_the_committed_table_has_every_drill() -> None:
    path = Path(module.__file__).with_name("drills.out.txt")
    rows = path.read_text("utf-8").splitlines()[2:]
    assert len(rows) == len(DRILLS) == 18
    for row, drill in zip(rows, DRILLS, strict=True):
        assert row.startswith(f"| {drill.fault}")
        assert ("**failed**" in row) == (drill.name in FINDINGS)


def test_a_fault_that_no_drill_plants_stays_unseen(
    bench: module.Bench,
) -> None:
    # half of the flights are never told, and the rest is whole and fresh:
    # the blind spot of all these drills, and of the service
    def thin(body: dict[str, Any]) -> list[dict[str, Any]]:
        rows = [row for row in body["flights"] if row["flight"] % 2]
        return [{**body, "flights": rows}]

    drill = Drill(
        name="thin",
        fault="",
        alone="",
        survives="",
        limit=45 * 60,
        feed=thin,
        days=(QUIET,),
    )
    one = bench.run(drill)
    assert one.paged == "nobody"
    assert not one.passed
