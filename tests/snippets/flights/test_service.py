"""Contract of snippets/flights/service.py."""

from __future__ import annotations

import asyncio
import json
import math
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from snippets.flights import service as module
from snippets.flights.loader import load_day
from snippets.flights.models import HARDENED
from snippets.flights.replay import World, patient, samples, started
from snippets.flights.service import (
    PARTS,
    Ask,
    Loaded,
    Service,
    SimulatedClock,
    create_app,
    main,
    prepare,
)
from snippets.hardening import shadow
from snippets.hardening.rollback import Releases

WORLD = World("2013-12-09")
NOON = datetime(2013, 12, 9, 17, tzinfo=UTC)  # in New York
FLIGHT = {
    "carrier": "B6",
    "flight": 1545,
    "origin": "JFK",
    "due": "2013-12-09T19:00:00Z",
}
Ask_ = Callable[[str, datetime, float], Mapping[str, Any]]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("made") / "service"
    prepare(folder, WORLD.starts, patient())
    return folder


class House:
    """A service on a copy of the folder, and its door."""

    def __init__(self, made: Path, tmp: Path, **more: Any) -> None:
        self.folder = tmp / f"house{len(list(tmp.iterdir()))}"
        shutil.copytree(made, self.folder)
        self.clock = SimulatedClock(WORLD.starts)
        given: dict[str, Any] = {"weather": WORLD.weather, **more}
        self.service = Service(
            folder=self.folder,
            clock=self.clock,
            durability="process",
            **given,
        )
        self.app = create_app(self.service)

    def call(self, method: str, path: str, **more: Any) -> httpx.Response:
        async def once() -> httpx.Response:
            door = httpx.ASGITransport(self.app, raise_app_exceptions=False)
            async with httpx.AsyncClient(
                transport=door, base_url="http://house"
            ) as http:
                return await http.request(method, path, **more)

        return asyncio.run(once())

    def told(self, at: datetime = NOON) -> House:
        """All that the feed has to tell up to a moment."""
        self.tell(WORLD.schedule(), self.clock.now)
        self.clock.advance(at)
        self.tell(WORLD.departures(None, at), at)
        return self

    def tell(self, flights: list[dict[str, Any]], as_of: datetime) -> Any:
        body = {"as_of": as_of.isoformat(), "flights": flights}
        said = self.call("POST", "/events", json=body)
        assert said.status_code == 200, said.text
        return said.json()

    def ask(self, status: int = 200, **other: Any) -> Any:
        said = self.call("POST", "/predict", json={**FLIGHT, **other})
        assert said.status_code == status, said.text
        return said.json()

    def count(self, name: str, **labels: str) -> float:
        text = self.call("GET", "/metrics").text
        return sum(
            value
            for found, has, value in samples(text)
            if found == name and labels.items() <= has.items()
        )

    def records(self) -> list[str]:
        with sqlite3.connect(self.folder / "predictions.db") as db:
            rows = db.execute("SELECT id FROM prediction ORDER BY seq")
            found = [id for (id,) in rows]
        db.close()
        return [id for id in found if not id.startswith("log-")]


@pytest.fixture
def house(made: Path, tmp_path: Path) -> Iterator[Callable[..., House]]:
    houses: list[House] = []

    def build(**more: Any) -> House:
        houses.append(House(made, tmp_path, **more))
        return houses[-1]

    yield build
    for one in houses:
        one.service.close()


# The answer


@pytest.mark.parametrize("date", ["2013-11-03", "2013-03-10"])
def test_every_flight_of_a_day_gets_what_the_case_computes(
    house: Callable[..., House], date: str
) -> None:
    # on both nights of the clock change; the columns of the loader are the
    # oracle, and they are made from all flights at once
    world, day = World(date), load_day(date).flights
    one = house(weather=world.weather)
    one.clock.now = world.starts
    one.tell(world.schedule(), world.starts)
    loaded, _ = one.service.current()
    oracle = {}
    for i, row in enumerate(day.matrix(HARDENED.columns).tolist()):
        minute = int(day["time"][i].astype("int64"))
        key = (int(day["carrier"][i]), int(day["flight"][i]), minute)
        oracle[key] = loaded.model.probability(row)
    told = None
    for caller in world.callers:
        if caller.at != told:
            one.clock.advance(caller.at)
            flights = world.departures(told, caller.at)
            sent = module.Events(as_of=caller.at.isoformat(), flights=flights)
            one.service.feed.tell(sent, caller.at)
            told = caller.at
        ask = Ask(**caller.ask)
        said = one.service.predict(ask, one.service.ticks())
        key = (
            module.CODES["carrier"][ask.carrier],
            ask.flight,
            int(ask.due.timestamp()) // 60,
        )
        assert (said.rung, said.reasons) == ("model", [])
        assert said.probability == pytest.approx(oracle[key], abs=1e-6)
        assert said.decision == (
            "warn" if oracle[key] >= 0.25 else "do nothing"
        )
    assert len(one.records()) == len(day)


def test_an_answer_says_where_it_comes_from_and_is_in_the_log(
    house: Callable[..., House],
) -> None:
    one = house().told()
    said = one.ask()
    assert said["rung"] == "model"
    assert said["reasons"] == []
    assert (
        said["release"]
        == Releases(one.folder / "releases", PARTS).current().name
    )
    assert said["feed_as_of"] == "2013-12-09T17:00:00Z"
    log = one.service._opened()
    record = log.read(said["request_id"])
    assert record.model == said["release"]
    assert record.config == said["settings"]
    assert record.output["probability"] == said["probability"]
    assert record.inputs["due"] == FLIGHT["due"]
    again = one.service.current()[0].model.probability(
        [14 * 60, 1, 3]
        + [record.inputs[name] for name in module.LIVE + module.SEEN]
    )
    assert again == pytest.approx(said["probability"], abs=1e-6)


def test_a_damaged_release_can_be_rolled_back(
    house: Callable[..., House], capsys: pytest.CaptureFixture[str]
) -> None:
    one = house().told()
    releases = Releases(one.folder / "releases", PARTS)
    damaged = releases.current()
    path = damaged.folder / "model.json"
    path.chmod(0o600)
    path.write_bytes(path.read_bytes()[:1000])
    now = ["--folder", str(one.folder), "--now", NOON.isoformat()]
    why = ["--owner", "kim", "--reason", "model.json is damaged"]
    assert main(["rollback", *why, *now]) == 0, capsys.readouterr().err
    said = one.ask()
    assert (said["rung"], said["reasons"]) == ("model", [])
    assert said["release"] == releases.current().name != damaged.name


# The ladder


def test_the_limit_of_the_feed_is_half_an_hour(
    house: Callable[..., House],
) -> None:
    one = house().told()
    one.clock.advance(NOON + timedelta(minutes=30))
    assert one.ask()["rung"] == "model"
    one.clock.advance(NOON + timedelta(minutes=31))
    said = one.ask()
    assert said["rung"] == "plain"
    assert [why["field"] for why in said["reasons"]] == ["model", "table"]
    assert "stale" in said["reasons"][0]["reason"]


def test_a_feed_that_has_told_nothing_is_not_believed(
    house: Callable[..., House],
) -> None:
    one = house()
    one.clock.advance(NOON)
    said = one.ask()
    assert said["rung"] == "plain"
    assert "undated" in said["reasons"][0]["reason"]
    assert one.count("flights_feed_age_seconds") == math.inf


def test_a_feed_that_says_nothing_new_is_silent_whatever_it_claims(
    house: Callable[..., House],
) -> None:
    # heartbeats go on and departures do not: by the minute in which 40
    # flights are due since the newest one, the feed is as old as that one
    one, now = house().told(), NOON
    while one.ask(due=(now + timedelta(hours=2)).isoformat())["rung"] != (
        "plain"
    ):
        now += timedelta(minutes=1)
        one.clock.advance(now)
        one.tell([], now)
        assert now - NOON < timedelta(hours=2)
    due = [module._read(row["due"]) for row in WORLD.schedule()]
    newest = max(
        module._read(row["left"]) for row in WORLD.departures(None, NOON)
    )
    assert sum(newest < one_due <= now for one_due in due) >= 40
    assert timedelta(minutes=30) < now - newest


def test_a_feed_with_a_gap_is_believed_up_to_the_gap(
    house: Callable[..., House],
) -> None:
    # one message is lost; the next says what it goes on from
    one = house().told()
    minutes = [NOON + timedelta(minutes=m) for m in (5, 10, 15)]
    for after, at in pairwise(minutes):
        one.clock.advance(at)
        body = {
            "as_of": at.isoformat(),
            "after": after.isoformat(),
            "flights": WORLD.departures(after, at),
        }
        said = one.call("POST", "/events", json=body).json()
        assert said["as_of"] == "2013-12-09T17:00:00Z"
    body["after"], flights = said["as_of"], WORLD.departures(NOON, at)
    said = one.call("POST", "/events", json={**body, "flights": flights})
    assert said.json()["as_of"] == "2013-12-09T17:15:00Z"


def test_after_a_restart_a_message_that_goes_on_is_not_enough(
    house: Callable[..., House],
) -> None:
    one = house()
    one.clock.advance(NOON)
    before = NOON - timedelta(minutes=5)
    body = {"as_of": NOON.isoformat(), "after": before.isoformat()}
    flights = WORLD.departures(before, NOON)
    said = one.call("POST", "/events", json={**body, "flights": flights})
    assert said.json()["as_of"] is None
    assert one.ask()["rung"] == "plain"


def test_an_unknown_carrier_is_answered_by_the_table(
    house: Callable[..., House],
) -> None:
    said = house().told().ask(carrier="ZZ")
    assert said["rung"] == "table"
    assert said["reasons"] == [
        {"field": "carrier", "reason": "unseen: ZZ; not one of the 16"}
    ]


def changed(**values: Any) -> Ask_:
    def weather(origin: str, hour: datetime, _: float) -> Any:
        row = {**WORLD.weather(origin, hour), **values}
        return {k: v for k, v in row.items() if v != "gone"}

    return weather


@pytest.mark.parametrize(
    ("weather", "reason"),
    [
        (changed(visib="gone", visibility=9.0), "visib missing"),
        (changed(visib=16.1), "visib above_high"),
        (changed(visib="10"), "visib type"),
        (changed(units={"wind_speed": "mph", "precip": "in"}), "visib unit"),
        (
            changed(
                units={"wind_speed": "km/h", "precip": "in", "visib": "mi"}
            ),
            "wind_speed unit: 'km/h'",
        ),
        (changed(units=None), "must declare its units"),
        (changed(hour="2013-12-09T15:00:00Z"), "got another row"),
        (changed(hour="2013-12-09T11:00:00Z"), "hour stale"),
        (changed(origin="EWR"), "got another row"),
        (changed(wind_speed=math.inf), "wind_speed infinite"),
        (lambda *_: [1, 2], "must declare its units"),
        (module.no_weather, "no source of weather"),
    ],
)
def test_weather_that_was_not_agreed_leaves_the_table(
    house: Callable[..., House], weather: Ask_, reason: str
) -> None:
    one = house(weather=weather).told()
    said = one.ask()
    assert said["rung"] == "table"
    assert {why["field"] for why in said["reasons"]} == {"weather"}
    assert reason in said["reasons"][0]["reason"]
    one.clock.advance(NOON + timedelta(minutes=31))
    said = one.ask()  # no feed either: nothing is computed, and it says so
    assert (said["rung"], said["probability"]) == ("nothing", None)
    assert said["decision"] == "do nothing"


def test_a_sensor_that_says_zero_at_two_airports_is_not_believed(
    house: Callable[..., House],
) -> None:
    one = house(weather=changed(visib=0.0)).told()
    rungs = [
        one.ask(origin=origin)["rung"] for origin in ("EWR", "LGA", "JFK")
    ]
    assert rungs == ["model", "model", "table"]
    assert "median" in one.ask()["reasons"][0]["reason"]


def test_missing_values_that_were_agreed_are_no_fault(
    house: Callable[..., House],
) -> None:
    one = house(weather=changed(visib=None, wind_speed=None)).told()
    assert one.ask()["rung"] == "model"


# Switch and releases


def test_the_switch_counts_from_the_next_request_on(
    house: Callable[..., House], capsys: pytest.CaptureFixture[str]
) -> None:
    one = house().told()
    now = ["--folder", str(one.folder), "--now", NOON.isoformat()]
    assert main(["off", "--owner", "kim", *now]) == 2
    assert "--reason must be given" in capsys.readouterr().err
    assert main(["off", "--reason", "warns on all", *now]) == 2
    assert "--owner must be given" in capsys.readouterr().err
    assert one.ask()["rung"] == "model"
    asked = ["--owner", "kim", "--reason", "warns on all", "--hours", "1"]
    assert main(["off", *asked, *now]) == 0
    assert "on -> off by kim: warns on all" in capsys.readouterr().err
    said = one.ask()
    assert said["rung"] == "table"
    assert said["reasons"][0]["field"] == "switch"
    assert one.count("flights_switch_on") == 0
    assert one.count("flights_switch_alarm") == 0
    one.clock.advance(NOON + timedelta(minutes=61))
    assert one.count("flights_switch_alarm") == 1  # its review is due
    assert main(["on", *asked, *now]) == 0
    one.tell(WORLD.departures(None, one.clock.now), one.clock.now)
    assert one.ask(due="2013-12-09T20:00:00Z")["rung"] == "model"


def test_a_switch_that_is_gone_is_off(house: Callable[..., House]) -> None:
    one = house().told()
    (one.folder / "switch.db").unlink()
    assert one.ask()["rung"] == "table"
    assert one.count("flights_switch_alarm") == 1


def test_one_command_goes_back_with_the_next_request(
    house: Callable[..., House], capsys: pytest.CaptureFixture[str]
) -> None:
    one = house().told()
    before = one.ask()
    folder = ["--folder", str(one.folder)]
    assert main(["rollback", "--owner", "kim", *folder]) == 2
    assert one.ask()["release"] == before["release"]
    asked = ["--owner", "kim", "--reason", "warns on all"]
    assert main(["rollback", *asked, *folder]) == 0
    assert "by kim: warns on all" in capsys.readouterr().out
    after = one.ask()
    assert after["release"] != before["release"]
    assert after["probability"] != before["probability"]
    assert one.call("GET", "/readyz").json()["release"] == after["release"]
    assert main(["rollback", *asked, *folder]) == 2  # none before that
    assert "must have a release before it" in capsys.readouterr().err


@pytest.mark.parametrize("part", PARTS)
def test_a_damaged_release_is_not_ready_and_does_not_answer(
    house: Callable[..., House], part: str
) -> None:
    one = house().told()
    release = one.service.current()[0].name
    path = one.folder / "releases" / "releases" / release / part
    path.chmod(0o644)
    path.write_bytes(path.read_bytes()[:-1] + b"#")
    # the process has it in memory, and goes on; nobody new is sent here
    assert one.ask()["release"] == release
    state = one.call("GET", "/readyz")
    assert state.status_code == 503
    assert f"{part} is damaged" in state.json()["problems"][0]["reason"]
    again = Service(
        folder=one.folder,
        clock=one.clock,
        weather=WORLD.weather,
        durability="process",
    )
    one.service.close()
    one.service = again
    one.app = create_app(again)
    assert one.call("GET", "/readyz").status_code == 503
    assert one.call("GET", "/livez").status_code == 200
    [why] = one.ask(status=503)["errors"]
    assert why["field"] == "release"


# The log


def test_no_answer_leaves_without_its_record(
    house: Callable[..., House],
) -> None:
    one = house().told()
    one.ask()
    files = [*one.folder.glob("predictions.db*")]
    moved = one.folder / "moved"
    moved.mkdir()
    for path in files:
        path.rename(moved / path.name)
    (one.folder / "predictions.db").mkdir()  # nothing can be written there
    for _ in range(2):
        said = one.call("POST", "/predict", json=FLIGHT)
        assert said.status_code == 503
        assert said.headers["Retry-After"] == "1"
        assert said.json()["errors"][0]["field"] == "log"
    assert one.call("GET", "/readyz").status_code == 503
    assert one.count("flights_log_failures_total") >= 3
    (one.folder / "predictions.db").rmdir()
    for path in files:
        (moved / path.name).rename(path)
    assert one.call("GET", "/readyz").status_code == 200
    one.ask()
    assert len(one.records()) == 2


# Labels


def test_a_label_counts_once_however_often_it_comes(
    house: Callable[..., House],
) -> None:
    one = house().told()
    said = one.ask()
    label = {
        "request_id": said["request_id"],
        "arrival_delay": 31,
        "landed": "2013-12-09T21:00:00Z",
    }
    other = {**label, "arrival_delay": 30}
    orphan = {**label, "request_id": "never-asked"}
    results = [
        one.call("POST", "/outcomes", json={"outcomes": [x]}).json()["results"]
        for x in (label, label, other, orphan)
    ]
    assert results == [
        {"first": 1},
        {"repeat": 1},
        {"conflict": 1},
        {"unknown": 1},
    ]
    assert one.count("flights_labelled_total", late="yes") == 1
    assert one.count("flights_labelled_total", late="no") == 0
    assert one.count("flights_labelled_probability_total") == (
        pytest.approx(said["probability"])
    )


# The feed


def test_a_message_told_twice_or_late_changes_nothing(
    house: Callable[..., House],
) -> None:
    one = house().told()
    before = one.ask()["probability"]
    gone = WORLD.departures(None, NOON)
    assert one.tell(gone, NOON)["results"]["repeat"] == len(gone)
    # the schedule comes again after the departures: nobody is taken back
    assert one.tell(WORLD.schedule(), NOON)["results"]["new"] == 0
    assert one.ask()["probability"] == before


def test_one_bad_flight_does_not_stop_the_others_and_many_stop_the_clock(
    house: Callable[..., House],
) -> None:
    one = house().told()
    later = NOON + timedelta(minutes=10)
    one.clock.advance(later)
    good = WORLD.departures(NOON, later)
    ahead = {**good[0], "left": "2013-12-09T22:00:00Z"}
    heard = one.tell([*(good * 20)[:40], ahead], later)
    assert heard["results"]["refused"] == 1
    assert heard["refused"][0]["field"] == "flights.40.left"
    assert heard["as_of"] == "2013-12-09T17:10:00Z"
    latest = later + timedelta(minutes=10)
    one.clock.advance(latest)
    bad = [{**row, "carrier": "??"} for row in good]
    heard = one.tell(bad, latest)
    assert heard["results"]["refused"] == len(bad)
    assert heard["as_of"] == "2013-12-09T17:10:00Z"  # not all was told


# The door


@pytest.mark.parametrize(
    ("other", "field"),
    [
        ({"flight": "1545"}, "flight"),
        ({"flight": True}, "flight"),
        ({"flight": 1545.5}, "flight"),
        ({"flight": 0}, "flight"),
        ({"flight": 10**40}, "flight"),
        ({"flight": None}, "flight"),
        ({"origin": "BOS"}, "origin"),
        ({"origin": ["JFK"]}, "origin"),
        ({"carrier": "b6"}, "carrier"),
        ({"carrier": "B6'; DROP TABLE prediction; --"}, "carrier"),
        ({"carrier": "B\n"}, "carrier"),
        ({"due": 1386612000}, "due"),
        ({"due": "2013-12-09"}, "due"),
        ({"due": "2013-12-09T19:00:00"}, "due"),
        ({"due": "1900-12-09T19:00:00Z"}, "due"),
        ({"due": "2100-12-09T19:00:00Z"}, "due"),
        ({"due": "2013-12-09T19:02:00Z"}, "due"),
        ({"due": "2013-12-09T17:59:00Z"}, "due"),
        ({"due": "9999-12-31T23:59:59-14:00"}, "due"),
        ({"dep_delay": 12}, "dep_delay"),
        ({"a\x07" * 300: 1}, ascii("a\x07" * 300)[1:201]),
    ],
)
def test_a_wrong_field_is_named(
    house: Callable[..., House], other: dict[str, Any], field: str
) -> None:
    one = house().told()
    errors = one.ask(status=422, **other)["errors"]
    assert field in {why["field"] for why in errors}
    assert all(why["reason"] for why in errors)
    assert one.records() == []


@pytest.mark.parametrize(
    ("content", "status"),
    [
        (b"", 422),
        (b"{", 400),
        (b"[]", 422),
        (b"null", 422),
        (b'{"flight": NaN}', 422),
        (b"\xff\xfe", 400),
        (b"[" * 100_000, 400),
        (b'{"a": "' + b"x" * 1_000_000 + b'"}', 413),
    ],
)
def test_a_body_that_is_no_request_is_refused(
    house: Callable[..., House], content: bytes, status: int
) -> None:
    one = house()
    for path in ("/predict", "/events", "/outcomes"):
        headers = {"Content-Type": "application/json"}
        said = one.call("POST", path, content=content, headers=headers)
        assert said.status_code == status, said.text
        assert said.json()["errors"][0]["reason"]


def test_every_refusal_stands_in_the_document(
    house: Callable[..., House],
) -> None:
    found = house().call("GET", "/openapi.json").json()["paths"]
    assert set(found) == set(module.ROUTES)
    for path, methods in found.items():
        for method in methods.values():
            codes = {c for c in method["responses"] if c != "200"}
            assert "500" in codes
            if "requestBody" in method:
                assert {"400", "408", "413", "422"} <= codes
            for code in codes:
                content = method["responses"][code]["content"]
                name = content["application/json"]["schema"]["$ref"]
                model = "State" if path == "/readyz" else "Problems"
                model = model if code != "500" else "Problems"
                assert name.endswith(f"/{model}")


async def flooded(
    one: House, leave: threading.Event, *asked: tuple[str, object]
) -> list[httpx.Response]:
    """Twice what has room of the first; then the others; then all go on."""
    (path, body), *others = asked
    limit = one.service.limits.queue
    door = httpx.ASGITransport(one.app)
    async with httpx.AsyncClient(
        transport=door, base_url="http://house"
    ) as http:
        calls = [
            asyncio.create_task(http.post(path, json=body))
            for _ in range(2 * limit)
        ]
        while sum(call.done() for call in calls) < limit:
            await asyncio.sleep(0.001)
        beside = [await http.post(path, json=body) for path, body in others]
        leave.set()
        said = list(await asyncio.gather(*calls))
    codes = [one.status_code for one in said]
    assert codes.count(200) == codes.count(503) == limit
    for refused in (x for x in said if x.status_code == 503):
        assert refused.headers["Retry-After"] == "1"
        assert refused.json()["errors"][0]["field"] == "service"
    return beside


def test_it_sheds_what_it_cannot_serve_and_recovers(
    house: Callable[..., House],
) -> None:
    leave = threading.Event()

    def slow(origin: str, hour: datetime, _: float) -> Any:
        leave.wait(30)
        return WORLD.weather(origin, hour)

    one = house(weather=slow).told()
    asyncio.run(flooded(one, leave, ("/predict", FLIGHT)))
    limit = one.service.limits.queue
    assert len(one.records()) == limit
    shed = {"route": "/predict", "outcome": "shed"}
    assert one.count("flights_requests_total", **shed) == limit
    assert one.ask()["rung"] == "model"


def test_a_flood_of_the_feed_is_shed_and_takes_no_callers_place(
    house: Callable[..., House],
) -> None:
    leave, one = threading.Event(), house().told()
    hear = one.service.feed.tell

    def slow(*sent: Any) -> Any:
        leave.wait(30)
        return hear(*sent)

    one.service.feed.tell = slow  # type: ignore[method-assign]
    body = {"as_of": WORLD.starts.isoformat(), "flights": []}
    (asked,) = asyncio.run(
        flooded(one, leave, ("/events", body), ("/predict", FLIGHT))
    )
    assert asked.json()["rung"] == "model"


def test_an_answer_that_would_come_too_late_is_not_computed(
    house: Callable[..., House],
) -> None:
    one = house().told()
    ask = Ask(**FLIGHT)
    with pytest.raises(module.Refused) as error:
        one.service.predict(ask, one.service.ticks() - 11)
    assert (error.value.status, error.value.kind) == (503, "late")
    assert one.records() == []


@settings(max_examples=60)
@given(
    st.one_of(
        st.dictionaries(
            st.sampled_from([*FLIGHT, "x"]) | st.text(max_size=9),
            st.recursive(
                st.none()
                | st.booleans()
                | st.integers()
                | st.floats()
                | st.text(max_size=30),
                lambda inner: st.lists(inner, max_size=2),
                max_leaves=4,
            ),
        ),
        st.builds(
            lambda **other: {**FLIGHT, **other},
            flight=st.integers(-5, 20_000),
            carrier=st.text(max_size=3) | st.sampled_from(["B6", "ZZ"]),
            due=st.datetimes().map(lambda t: t.isoformat() + "Z")
            | st.just(FLIGHT["due"]),
        ),
    )
)
def test_whatever_is_sent_is_answered_or_refused(sent: Any) -> None:
    body = json.dumps(sent).encode()
    headers = {"Content-Type": "application/json"}
    said = SHARED[0].call("POST", "/predict", content=body, headers=headers)
    assert said.status_code in (200, 400, 422), said.text
    if said.status_code != 200:
        assert said.json()["errors"]


SHARED: list[House] = []


@pytest.fixture(scope="module", autouse=True)
def shared(
    made: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[None]:
    SHARED.append(House(made, tmp_path_factory.mktemp("shared")).told())
    yield
    SHARED.pop().service.close()


# The shadow


def test_the_shadow_is_compared_and_never_in_the_way(
    house: Callable[..., House],
) -> None:
    one = house()
    first = Releases(one.folder / "releases", PARTS).history()[0].after
    one.service.close()
    one.service = Service(
        folder=one.folder,
        clock=one.clock,
        weather=WORLD.weather,
        durability="process",
        candidate=first,
    )
    one.app = create_app(one.service)
    one.told()
    assert one.service.shadow is not None
    for _ in range(60):
        one.ask()
    one.service.shadow.close()
    said = {
        result: one.count("flights_shadow_total", result=result)
        for result in ("same", "changed", "failed", "dropped")
    }
    assert sum(said.values()) == 60
    for _ in range(300):  # nobody takes cases out of the queue any more
        one.service.shadow.ask(
            "x",
            module.Case([0, 0, 0], [0, 0, 0], [0, 0, 0], None),
            shadow.Answer("warn", 0.5),
        )
    assert one.count("flights_shadow_total", result="dropped") == 300 - 256
    assert one.ask()["rung"] == "model"


def test_a_candidate_that_fails_is_held(made: Path) -> None:
    releases = Releases(made / "releases", PARTS)
    good = Loaded.read(releases.current())
    tally: list[str] = []
    broken = Loaded(
        good.name,
        good.settings,
        None,
        good.plain,
        good.table,  # type: ignore[arg-type]
    )
    candidate = module.Shadow(broken, tally.append)
    case = module.Case([0, 0, 0], [0, 0, 0], [0, 0, 0], None)
    for i in range(50):
        candidate.ask(str(i), case, shadow.Answer("warn", 0.5))
    candidate.close()
    assert tally == ["failed"] * 50
    assert candidate.verdict == "hold"


# A real process


def test_a_real_server_answers_and_stops_cleanly(
    made: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "real"
    shutil.copytree(made, folder)
    more = ["--durability", "process"]
    with started(folder, WORLD, *more) as (url, process):
        port = url.rpartition(":")[2]
        with httpx.Client(base_url=url, timeout=30) as http:
            assert http.get("/livez").json() == {"status": "alive"}
            assert http.get("/readyz").json()["ready"] is True
            now = {"X-Now": NOON.isoformat()}
            body: dict[str, Any] = {
                "as_of": WORLD.starts.isoformat(),
                "flights": WORLD.schedule(),
            }
            http.post("/events", json=body).raise_for_status()
            body["as_of"] = NOON.isoformat()
            body["flights"] = WORLD.departures(None, NOON)
            http.post("/events", json=body, headers=now).raise_for_status()
            said = http.post("/predict", json=FLIGHT).json()
            assert said["rung"] == "table"  # nobody serves the weather
            wrong = http.get("/livez", headers={"X-Now": "soon"})
            assert wrong.status_code == 400
        command = [sys.executable, "-m", "snippets.flights.service"]
        done = subprocess.run(
            [*command, "--folder", str(folder), "--port", port],
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 2
        assert f"port {port}: " in done.stderr
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=30)
        assert (process.returncode, out, err) == (0, "stopped\n", "")


def test_an_answer_is_sent_without_waiting_for_the_caller_to_confirm() -> None:
    async def unhurried() -> int:
        delay: asyncio.Future[int] = asyncio.get_running_loop().create_future()

        def called(_: asyncio.StreamReader, out: asyncio.StreamWriter) -> None:
            line = out.get_extra_info("socket")
            option = (socket.IPPROTO_TCP, socket.TCP_NODELAY)
            delay.set_result(line.getsockopt(*option))
            out.close()

        listening = module._listening(0)
        port = listening.getsockname()[1]
        async with await asyncio.start_server(called, sock=listening):
            _, out = await asyncio.open_connection("127.0.0.1", port)
            out.close()
            return await asyncio.wait_for(delay, 10)

    assert asyncio.run(unhurried()) != 0


def test_blind_spot_a_feed_that_leaves_most_flights_out_is_believed(
    house: Callable[..., House],
) -> None:
    # One departure in five is told, and the feed says that this is all. The
    # others seem to wait: the model answers, from columns that are wrong.
    one = house()
    one.tell(WORLD.schedule(), WORLD.starts)
    one.clock.advance(NOON)
    one.tell(WORLD.departures(None, NOON)[::5], NOON)
    said = one.ask()
    assert said["rung"] == "model"
    assert said["probability"] > house().told().ask()["probability"]
