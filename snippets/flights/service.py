"""What does the case look like as a service that somebody runs at night?

Answers: one flight at a time, over HTTP, whether to warn. Around the model of
the case stand the parts of this library: a contract at the door, a stale
limit and a ladder of fallbacks, a kill switch, a log that is written before
an answer leaves, a shadow, releases with a way back, and numbers for an
alert. Start it, or replay a day with `--replay 2013-12-09 --speed 600`.

Does not answer: who may ask. It has no passwords, no encryption and one
process; the page says what to put in front. **The money is invented**: a
warning costs 1, one before a truly late flight saves 4.

To plant a fault: hand `Service` another clock, watch or source of weather;
send a wrong feed to `/events`; write into `releases/` or `predictions.db` of
its folder. With a `SimulatedClock` the header `X-Now` moves the time.

Needs:   Python 3.11, scikit-learn 1.7, FastAPI 0.115, uvicorn 0.34, httpx 0.28
Source:  snippets/flights/service.py
Page:    snippets/flights/service
Version: 1.4.1 (MIT-0)
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import json
import math
import random
import socket
import sys
import time
import uuid
from bisect import bisect_left, bisect_right
from collections import Counter as Counts
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cached_property
from pathlib import Path
from queue import Empty, Full, Queue
from threading import Event, Lock, Thread
from typing import Annotated, Any, Final, Literal, cast, get_args

import httpx
import numpy as np
import uvicorn
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    generate_latest,
)
from pydantic import AwareDatetime, BaseModel, BeforeValidator, ConfigDict
from pydantic import Field as Bounds
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from snippets.drift.freshness import assess
from snippets.flights.features import CARRIERS, ORIGINS
from snippets.flights.loader import load
from snippets.flights.models import HARDENED, RateTable, Recipe
from snippets.flights.speed import CODES, SEEN, Board, Trees
from snippets.flights.stale import FALLBACK, LIVE, NEW_YORK
from snippets.hardening import shadow
from snippets.hardening.config import Settings
from snippets.hardening.config import load as load_settings
from snippets.hardening.data_contract import Contract, Field
from snippets.hardening.fallback import Answer, Guard, Ladder, Reply, Rung
from snippets.hardening.kill_switch import Change, KillSwitch
from snippets.hardening.latency_budget import Deadline
from snippets.hardening.prediction_log import (
    LogError,
    Prediction,
    PredictionLog,
)
from snippets.hardening.rollback import Release, Releases

__all__ = [
    "HttpWeather",
    "Service",
    "SimulatedClock",
    "create_app",
    "main",
    "prepare",
]

Clock = Callable[[], datetime]
RungName = Literal["model", "table", "plain", "nothing"]
# Airport, hour and seconds: what another team's service says of that hour.
AskWeather = Callable[[str, datetime, float], Mapping[str, Any]]

FILE: Final = Path(__file__).with_name("service.toml")
PARTS: Final = ("model.json", "plain.json", "table.json", "service.toml")
FOLDER: Final = "flights-service"
SWITCH: Final = "delay-model"
OWNER: Final = "flights on call"
RUNGS: Final = get_args(RungName)
LEAD: Final = timedelta(hours=2)  # the model decides so long before
LATEST: Final = timedelta(hours=1)  # a warning later than this helps nobody
SKEW: Final = timedelta(seconds=1)
LATE_AFTER: Final = 30  # minutes
WORKERS: Final = 4
MEASURED: Final = (
    Field("wind_speed", "number", "mph", 0, 150, nullable=True),
    Field("precip", "number", "in", 0, 12, nullable=True),
    # the smallest value above 0 is .06, and 0 is what a dead sensor says
    Field("visib", "number", "mi", 0, 10, (0.06, 10), nullable=True),
)
ROW: Final = Contract(
    [
        Field("origin", "string", categories=ORIGINS),
        Field("hour", "time", max_age=timedelta(hours=4)),
        *MEASURED,
    ],
    version="weather 1",
)
HOUR: Final = Contract(MEASURED, version="weather 1")
TOLD: Final = Contract(
    [
        Field("carrier", "string", categories=CARRIERS),
        Field("flight", "integer", low=1, high=9999),
        Field("origin", "string", categories=ORIGINS),
        Field(
            "due",
            "time",
            max_age=timedelta(hours=36),
            max_ahead=timedelta(hours=36),
        ),
        Field(
            "left",
            "time",
            nullable=True,
            max_age=timedelta(hours=36),
            max_ahead=SKEW,
        ),
    ],
    version="feed 1",
)
LOGGED: Final = ("carrier", "flight", "origin", "due", *LIVE, *SEEN, "as_of")
# `queue` of each at a time; they still share processor and disk
LIMITED: Final = ("/predict", "/events", "/outcomes")
ROUTES: Final = (*LIMITED, "/livez", "/readyz", "/metrics")


# What a release decides


class Decision(Settings):
    """When to warn."""

    cost: float = Bounds(gt=0, le=100)
    saving: float = Bounds(gt=0, le=100)


class FeedLimits(Settings):
    """When the feed of departures is not believed."""

    stale_minutes: int = Bounds(ge=1, le=720)
    silent_flights: int = Bounds(ge=1, le=10_000)


class WeatherLimits(Settings):
    """Which hour is asked for, and how long we wait."""

    age_hours: int = Bounds(ge=3, le=24)
    call_seconds: float = Bounds(gt=0, le=10)
    all_calls_seconds: float = Bounds(gt=0, le=10)


class DoorLimits(Settings):
    """What one caller may cost."""

    deadline_seconds: float = Bounds(gt=0, le=60)
    queue: int = Bounds(ge=1, le=10_000)
    body_bytes: int = Bounds(ge=1_000, le=100_000_000)
    body_seconds: float = Bounds(gt=0, le=60)


class ServiceSettings(Settings):
    """Everything that a release decides beside its models."""

    decision: Decision
    feed: FeedLimits
    weather: WeatherLimits
    door: DoorLimits


def settings_of(toml: bytes) -> ServiceSettings:
    """What the file of a release decides; no variable overrides it."""
    prefix = "NOT_USED__"
    return load_settings(
        ServiceSettings, toml, environ={}, prefix=prefix
    ).settings


SETTINGS: Final = settings_of(FILE.read_bytes())


# What is said over HTTP


def _as_time(value: object) -> object:
    """A time is text: 1386612000 may be seconds, or milliseconds."""
    if not isinstance(value, str) or not 17 <= len(value) <= 35:
        raise ValueError("must be text such as 2013-12-09T19:00:00Z")
    if not value[:4].isdigit() or not 2000 <= int(value[:4]) <= 2100:
        raise ValueError("must lie in the years 2000 to 2100")
    return value


class Body(BaseModel):
    """No field too many, none too few, and nothing is cast."""

    model_config = ConfigDict(extra="forbid", strict=True, allow_inf_nan=False)


Time = Annotated[
    AwareDatetime,
    Bounds(strict=False, examples=["2013-12-09T19:00:00Z"]),
    BeforeValidator(_as_time),
]
Carrier = Annotated[
    str, Bounds(pattern="^[0-9A-Z]{2}$", max_length=2, examples=["B6"])
]
Airport = Literal["EWR", "JFK", "LGA"]
Number = Annotated[int, Bounds(ge=1, le=9999, examples=[1545])]
Id = Annotated[str, Bounds(pattern="^[0-9a-zA-Z-]{1,64}$", max_length=64)]


class Ask(Body):
    """One flight, one to two hours before it should leave."""

    carrier: Carrier
    flight: Number
    origin: Airport
    due: Time


class Problem(Body):
    """What is wrong, and where."""

    field: str
    reason: str


class Problems(Body):
    """The answer to a request that is not served."""

    errors: list[Problem]


class Answered(Body):
    """The answer, and where it comes from."""

    request_id: str
    decision: Literal["warn", "do nothing"]
    probability: float | None = Bounds(
        description="of more than 30 minutes; null if nothing was computed"
    )
    rung: RungName
    release: str
    settings: str = Bounds(description="hash of what the release decides")
    at: datetime
    feed_as_of: datetime | None
    reasons: list[Problem] = Bounds(description="why no better rung answered")


class Told(Body):
    """One flight of the feed; `left` is null until it has left."""

    carrier: str = Bounds(max_length=20)
    flight: int
    origin: str = Bounds(max_length=20)
    due: str = Bounds(max_length=40, examples=["2013-12-09T19:00:00Z"])
    left: str | None = Bounds(max_length=40)


class Events(Body):
    """What the feed tells; without flights, that nothing has happened."""

    as_of: Time = Bounds(description="all that happened until then was told")
    after: Time | None = Bounds(
        None,
        description="of which this message tells what came after; "
        "null: it tells everything",
    )
    flights: list[Told] = Bounds(max_length=2_000)


class Heard(Body):
    """What became of each flight of a message."""

    as_of: datetime | None = Bounds(description="as the service believes it")
    results: dict[str, int]
    refused: list[Problem]


class Landed(Body):
    """What became of a prediction."""

    request_id: Id
    arrival_delay: int = Bounds(ge=-1_000, le=10_000, description="minutes")
    landed: Time


class Outcomes(Body):
    """Late labels, in any order, as often as the sender likes."""

    # each costs a write to the disk: more would keep the sender waiting
    outcomes: list[Landed] = Bounds(min_length=1, max_length=500)


class Counted(Body):
    """How many were new, known, contradicting or of no known prediction."""

    results: dict[str, int]


class State(Body):
    """Whether this process may get requests, and what it believes."""

    ready: bool
    now: datetime
    release: str | None
    switch: Literal["on", "off"]
    feed_as_of: datetime | None
    problems: list[Problem]


class Refused(Exception):
    """A request that is not served."""

    def __init__(
        self, status: int, field: str, reason: str, kind: str = "refused"
    ) -> None:
        super().__init__(reason)
        self.status, self.kind = status, kind
        self.problems = [Problem(field=_line(field), reason=_line(reason))]


# The feed


class Feed:
    """The departures as they were told, kept in memory, sorted by airport."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._rows: dict[str, tuple[list[int], list[float], list[Any]]]
        self._rows = {origin: ([], [], []) for origin in ORIGINS}
        self._told: datetime | None = None
        self._newest: datetime | None = None

    def tell(self, events: Events, now: datetime) -> Heard:
        """Take in one message; what was told before changes nothing.

        Args:
            events: The message.
            now: Time of receipt.

        Returns:
            What became of its flights. One bad flight does not stop others.

        Raises:
            Refused: `as_of` lies in the future.
        """
        if events.as_of > now + SKEW:
            raise Refused(422, "as_of", f"must not be after {_clock(now)}")
        results = dict.fromkeys(("new", "left", "repeat", "refused"), 0)
        problems, good = [], []
        for i, told in enumerate(events.flights):
            sent = told.model_dump()
            bad = TOLD.check_record(sent, now=now, units=None).reasons
            problems += [
                Problem(field=f"flights.{i}.{why.field}", reason=str(why))
                for why in bad
            ]
            if bad:
                results["refused"] += 1
            else:
                good.append(sent)
        with self._lock:
            for sent in good:
                results[self._take(sent)] += 1
            # with more than one in twenty refused, or a message between that
            # never came, not all was told: `as_of` says where to go on
            whole = results["refused"] <= 0.05 * len(events.flights)
            if events.after is not None:
                known = self._told is not None and events.after <= self._told
                whole = whole and known
            if whole and (self._told is None or events.as_of > self._told):
                self._told = events.as_of
            self._forget(_minute(now) - 36 * 60)
        return Heard(as_of=self._told, results=results, refused=problems[:100])

    def _take(self, sent: dict[str, Any]) -> str:
        dues, delays, keys = self._rows[sent["origin"]]
        due, key = (
            _minute(_read(sent["due"])),
            (sent["carrier"], sent["flight"]),
        )
        delay = math.nan
        if sent["left"] is not None:
            left = _read(sent["left"])
            delay = float(_minute(left) - due)
            if self._newest is None or left > self._newest:
                self._newest = left
        first, last = bisect_left(dues, due), bisect_right(dues, due)
        for i in range(first, last):
            if keys[i] == key:
                if math.isnan(delay) or delay == delays[i]:
                    return "repeat"  # nothing known is taken back
                delays[i] = delay
                return "left"
        dues.insert(last, due)
        delays.insert(last, delay)
        keys.insert(last, key)
        return "new" if math.isnan(delay) else "left"

    def _forget(self, before: int) -> None:
        for columns in self._rows.values():
            n = bisect_left(columns[0], before)
            for column in columns:
                del column[:n]

    def as_of(self, now: datetime, silent_flights: int) -> datetime | None:
        """Up to when the feed is believed.

        Args:
            now: The clock.
            silent_flights: If so many flights are due since the newest
                departure, the feed is silent since then, whatever it says.

        Returns:
            The time; None if it has told nothing.
        """
        with self._lock:
            if self._told is None:
                return None
            since = -1 if self._newest is None else _minute(self._newest)
            until = _minute(min(now, self._told))
            waiting = sum(
                bisect_right(dues, until) - bisect_right(dues, since)
                for dues, _, _ in self._rows.values()
            )
            silent = waiting >= silent_flights
            return self._newest if silent else self._told

    def columns(self, origin: str, due: datetime) -> list[float]:
        """The live columns two hours before a flight is due.

        Args:
            origin: The airport.
            due: Scheduled departure.

        Returns:
            The columns `LIVE`, NaN below five flights.
        """
        with self._lock:
            dues, delays, _ = self._rows[origin]
            seen = Board(dues, delays).window(_minute(due))
        n = seen["flights"] if seen["flights"] >= 5 else math.nan
        return [seen["delay_sum"] / n, seen["late"] / n, seen["waiting"] / n]


# The weather, which another team serves


class HttpWeather:
    """The weather over HTTP: `GET url?origin=JFK&hour=2013-12-09T14:00:00Z`.

    Args:
        url: Where it is served.
    """

    def __init__(self, url: str) -> None:
        self._url, self._client = url, httpx.Client()

    def __call__(
        self, origin: str, hour: datetime, seconds: float
    ) -> Mapping[str, Any]:
        """Ask once.

        Args:
            origin: The airport.
            hour: A whole hour in UTC.
            seconds: Time for it.

        Returns:
            What came, unchecked.

        Raises:
            httpx.HTTPError: No answer, or one that says it is none.
            ValueError: The answer is no JSON.
        """
        asked = {"origin": origin, "hour": _clock(hour)}
        found = self._client.get(self._url, params=asked, timeout=seconds)
        found.raise_for_status()
        row: Mapping[str, Any] = found.json()
        return row


def no_weather(*_: object) -> Mapping[str, Any]:
    """Stands in where nobody has said who serves the weather.

    Raises:
        ConnectionError: Always.
    """
    raise ConnectionError("no source of weather is set")


# One release, loaded


@dataclass(frozen=True, eq=False)
class Case:
    """One flight as the rungs see it.

    Attributes:
        place: Minute of the day in New York, airport, carrier.
        live: The live columns.
        sky: The weather columns.
        as_of: Up to when the feed is believed.
    """

    place: list[float]
    live: list[float]
    sky: list[float]
    as_of: datetime | None


@dataclass(frozen=True, eq=False)
class Loaded:
    """The parts of one release, ready to answer.

    Attributes:
        name: Of the release.
        settings: What it decides.
        model: The hardened model.
        plain: The same recipe without live columns.
        table: Ten rows.
    """

    name: str
    settings: ServiceSettings
    model: Trees
    plain: Trees
    table: RateTable

    @classmethod
    def read(cls, release: Release) -> Loaded:
        """Read a release whose hashes were right a moment ago.

        Args:
            release: The release.

        Returns:
            Its parts.

        Raises:
            OSError: A file cannot be read.
            ValueError: A file holds something else.
            TypeError: A file lacks something.
        """
        model, plain, table, toml = (
            (release.folder / part).read_bytes() for part in PARTS
        )
        rows = json.loads(table)
        return cls(
            name=release.name,
            settings=settings_of(toml),
            model=Trees(**json.loads(model)),
            plain=Trees(**json.loads(plain)),
            table=RateTable(np.array(rows["edges"]), np.array(rows["rates"])),
        )

    @cached_property
    def decides(self) -> str:
        """Hash of the settings, for each answer and its record."""
        return self.settings.hash

    def ladder(self, now: Clock, ticks: Callable[[], float]) -> Ladder:
        """The rungs, best first.

        Args:
            now: The time.
            ticks: Seconds that never go back.

        Returns:
            The ladder. The last rung needs nothing and says nothing.
        """
        # --8<-- [start:ladder]
        limit = timedelta(minutes=self.settings.feed.stale_minutes)
        return Ladder(
            rungs=[
                Rung("model", self.by_model, stale_after=limit),
                Rung("table", self.by_table, stale_after=limit),
                Rung("plain", self.by_plain),
                Rung("nothing", lambda *_: Reply(0.0)),
            ],
            seconds=self.settings.door.deadline_seconds,
            now=now,
            clock=ticks,
        )
        # --8<-- [end:ladder]

    def by_model(self, case: Case, _: float = 0.0) -> Reply:
        """What the model says."""
        row = [*case.place, *case.live, *case.sky]
        return Reply(self.model.probability(row), case.as_of)

    def by_table(self, case: Case, _: float = 0.0) -> Reply:
        """What ten rows say of the share of late flights."""
        rate = self.table.predict(np.array([case.live[1]]))
        return Reply(float(rate[0]), case.as_of)

    def by_plain(self, case: Case, _: float = 0.0) -> Reply:
        """What the model without live columns says."""
        return Reply(self.plain.probability([*case.place, *case.sky]))

    def decide(self, probability: float) -> Literal["warn", "do nothing"]:
        """Warn from the probability on where it pays."""
        decision = self.settings.decision
        warn = probability >= decision.cost / decision.saving
        return "warn" if warn else "do nothing"


# The shadow


class Shadow:
    """A candidate that answers after the answer has left.

    One thread takes cases from a queue of 256. When the queue is full the
    case is dropped and counted: the candidate never delays an answer.
    """

    def __init__(
        self, candidate: Loaded, tally: Callable[[str], object]
    ) -> None:
        self.candidate, self.tally = candidate, tally
        self.verdict = "unclear"
        self._cases: Queue[tuple[str, Case, shadow.Answer]] = Queue(256)
        self._old: dict[str, shadow.Answer] = {}
        self._new: dict[str, shadow.Answer] = {}
        self._stop = Event()
        self._thread = Thread(target=self._run, daemon=True)
        self._thread.start()

    def ask(self, id: str, case: Case, served: shadow.Answer) -> None:
        """Hand over one case, or drop it."""
        try:
            self._cases.put_nowait((id, case, served))
        except Full:
            self.tally("dropped")

    def close(self) -> None:
        """Finish what waits, and end."""
        self._stop.set()
        self._thread.join(5)

    def _run(self) -> None:
        while True:
            try:
                id, case, served = self._cases.get(timeout=0.05)
            except Empty:
                if self._stop.is_set():
                    return
                continue
            said = shadow.Answer(None)
            try:
                p = self.candidate.by_model(case).value
                said = shadow.Answer(self.candidate.decide(p), p)
            except Exception:  # a candidate that fails is a finding
                self.tally("failed")
            else:
                same = said.decision == served.decision
                self.tally("same" if same else "changed")
            if len(self._old) < 1_000:
                self._old[id], self._new[id] = served, said
                if len(self._old) % 50 == 0 and self.verdict != "hold":
                    self.verdict = shadow.compare_behaviour(
                        self._old,
                        self._new,
                        limits={"changed": 0.05, "failed": 0.01},
                        looks=20,
                    ).verdict


# What an alert reads


class Metrics:
    """The numbers of one service, in a registry of its own."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()

        def counter(name: str, about: str, *labels: str) -> Counter:
            return Counter(name, about, labels, registry=self.registry)

        def gauge(name: str, about: str, *labels: str) -> Gauge:
            return Gauge(name, about, labels, registry=self.registry)

        self.requests = counter(
            "flights_requests", "Requests", "route", "outcome"
        )
        self.answers = counter("flights_answers", "Answers", "rung")
        self.weather = counter("flights_weather", "Weather rows", "result")
        self.events = counter("flights_events", "Feed messages", "result")
        self.outcomes = counter("flights_outcomes", "Labels", "result")
        self.shadow = counter("flights_shadow", "Shadow cases", "result")
        self.log_failures = counter("flights_log_failures", "Log failures")
        self.labelled = counter("flights_labelled", "First labels", "late")
        self.claimed = counter(
            "flights_labelled_probability", "Probabilities of those"
        )
        self.seconds = Histogram(
            "flights_predict_seconds",
            "From arrival to answer",
            buckets=(0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1),
            registry=self.registry,
        )
        self.feed_age = gauge("flights_feed_age_seconds", "Age of the feed")
        self.switch_on = gauge("flights_switch_on", "1: the model may answer")
        self.switch_alarm = gauge(
            "flights_switch_alarm", "1: somebody has to look at the switch"
        )
        self.shadow_hold = gauge(
            "flights_shadow_hold", "1: the candidate behaves otherwise"
        )
        self.ready = gauge("flights_ready", "1: ready for requests")
        started = gauge("flights_started_seconds", "When, in Unix seconds")
        started.set(time.time())
        self.release = gauge("flights_release", "1: it answers", "release")
        # a counter that begins at 1 never rises from 0, and rings nobody
        for rung in RUNGS:
            self.answers.labels(rung)
        for outcome in ("answered", "refused", "shed", "late", "failed"):
            for route in LIMITED:
                self.requests.labels(route, outcome)
        for late in ("yes", "no"):
            self.labelled.labels(late)
        for result in ("first", "repeat", "agrees", "conflict", "unknown"):
            self.outcomes.labels(result)
        for result in ("new", "left", "repeat", "refused"):
            self.events.labels(result)
        for result in ("accepted", "refused", "failed"):
            self.weather.labels(result)


# The service


@dataclass
class SimulatedClock:
    """A clock that stands until it is moved, and never goes back.

    Attributes:
        now: The time, with a time zone.
    """

    now: datetime

    def __call__(self) -> datetime:
        """The time."""
        return self.now

    def advance(self, to: datetime) -> None:
        """Move on; a time that has passed changes nothing."""
        self.now = max(self.now, to)


@dataclass(eq=False, kw_only=True)
class Service:
    """Everything behind the door. Safe for several threads.

    Attributes:
        folder: What `prepare` has made.
        clock: The time, with a time zone.
        ticks: Seconds that never go back.
        weather: Who is asked for the weather.
        candidate: A release that answers in the shadow; empty for none.
        new_id: Makes a name for each answer.
        durability: Of the log: `power` or `process`.
        notify: Called with each change of the switch made in this process.
    """

    folder: Path
    clock: Clock = lambda: datetime.now(UTC)
    ticks: Callable[[], float] = time.monotonic
    weather: AskWeather = no_weather
    candidate: str = ""
    new_id: Callable[[], str] = lambda: uuid.uuid4().hex
    durability: Literal["power", "process"] = "power"
    feed: Feed = field(default_factory=Feed)
    metrics: Metrics = field(default_factory=Metrics)

    def __post_init__(self) -> None:
        self.releases = Releases(self.folder / "releases", PARTS)
        self.switch = switch_of(self.folder)
        # who waits for labels takes no caller's thread
        self.threads = {
            route: ThreadPoolExecutor(WORKERS if route == "/predict" else 1)
            for route in ROUTES
        }
        self._lock = Lock()
        self._loaded: Loaded | None = None
        self._ladder: Ladder | None = None
        self._log: PredictionLog | None = None
        self._log_fails = ""
        self._rows: dict[tuple[str, datetime], list[float]] = {}
        self._last_rows: deque[list[float]] = deque(maxlen=len(ORIGINS))
        self.guard: Guard | None = None
        self.shadow: Shadow | None = None
        if self.candidate:
            self.shadow = Shadow(
                Loaded.read(self.releases.verify(self.candidate)),
                lambda result: self.metrics.shadow.labels(result).inc(),
            )
        self.state()  # loads the release, and writes the first record

    def close(self) -> None:
        """End the threads and close the log."""
        for threads in self.threads.values():
            threads.shutdown()
        if self.shadow is not None:
            self.shadow.close()
        if self._log is not None:
            self._log.close()

    @property
    def limits(self) -> DoorLimits:
        """What one caller may cost, by the release that answers."""
        loaded = self._loaded
        return (loaded.settings if loaded else SETTINGS).door

    # Release and ladder

    def current(self) -> tuple[Loaded, Ladder]:
        """The current release; it is asked for with every request.

        Returns:
            The release and its ladder. If the new one does not load, the
            one that answered before goes on, and `state` says so.

        Raises:
            Refused: None was ever loaded.
        """
        with self._lock:
            try:
                name = self.releases.history()[-1].after
                if self._loaded is None or self._loaded.name != name:
                    loaded = Loaded.read(self.releases.current())
                    self._loaded = loaded
                    self._ladder = loaded.ladder(self.clock, self.ticks)
                    self.guard = Guard(
                        failures=(OSError, httpx.HTTPError),
                        timeout=loaded.settings.weather.call_seconds,
                        clock=self.ticks,
                        sleep=time.sleep,
                        random=random.random,
                        pause=0.01,
                    )
                    self.metrics.release.clear()
                    self.metrics.release.labels(name).set(1)
            except (OSError, ValueError, TypeError, LookupError) as error:
                if self._loaded is None:
                    raise Refused(
                        503, "release", str(error), "failed"
                    ) from error
            assert self._loaded is not None
            assert self._ladder is not None
            return self._loaded, self._ladder

    # One answer

    def predict(self, ask: Ask, started: float) -> Answered:
        """Answer for one flight, and log it before anybody hears of it.

        Args:
            ask: The flight.
            started: What `ticks` read when the request came in.

        Returns:
            The answer. Its record is on the disk.

        Raises:
            Refused: The flight is not due in one to two hours; no time is
                left; or the record could not be written.
        """
        loaded, ladder = self.current()
        now, due = self.clock(), ask.due.astimezone(UTC)
        deadline = Deadline(
            loaded.settings.door.deadline_seconds, self.ticks, started=started
        )
        if not LATEST <= due - now <= LEAD + timedelta(minutes=1):
            rule = f"one to two hours after {_clock(now)}"
            raise Refused(422, "due", f"must be {rule}, got {_clock(due)}")
        if not deadline.left():
            raise Refused(503, "service", "the deadline passed", "late")
        # --8<-- [start:core]
        off: dict[str, Problem] = {}
        state = self.switch.read(SWITCH, now=now)
        if not state.on:
            why = state.alarm or str(state.change)
            off["model"] = Problem(field="switch", reason=_line(why))
        carrier = CODES["carrier"].get(ask.carrier)
        if carrier is None:
            why = f"unseen: {ask.carrier}; not one of the {len(CARRIERS)}"
            unseen = Problem(field="carrier", reason=why)
            off |= {"model": unseen, "plain": unseen}
        sky = [math.nan] * len(SEEN)
        try:
            sky = self._sky(ask.origin, due, now, loaded, deadline.left())
        except Exception as error:  # whatever it is, there is no weather
            gone = Problem(field="weather", reason=_line(error))
            off |= {"model": gone, "plain": gone}
        local = due.astimezone(NEW_YORK)
        case = Case(
            place=[
                60 * local.hour + local.minute,
                CODES["origin"][ask.origin],
                math.nan if carrier is None else carrier,
            ],
            live=self.feed.columns(ask.origin, due),
            sky=sky,
            as_of=self.feed.as_of(now, loaded.settings.feed.silent_flights),
        )
        said = ladder.answer(case, off={k: v.reason for k, v in off.items()})
        # --8<-- [end:core]
        if not deadline.left():
            raise Refused(503, "service", "the deadline passed", "late")
        answer = self._sign(said, loaded, off, now, case.as_of)
        self._write(ask, case, answer, loaded)
        self.metrics.answers.labels(answer.rung).inc()
        if self.shadow is not None and answer.rung == "model":
            served = shadow.Answer(answer.decision, answer.probability)
            self.shadow.ask(answer.request_id, case, served)
        return answer

    def _sign(
        self,
        said: Answer,
        loaded: Loaded,
        off: Mapping[str, Problem],
        now: datetime,
        as_of: datetime | None,
    ) -> Answered:
        reasons = [
            off.get(no.rung)
            or Problem(field=no.rung, reason=f"{no.code}: {no.detail}")
            for no in said.refused
        ]
        nothing = said.rung not in RUNGS[:-1]
        return Answered(
            request_id=self.new_id(),
            decision="do nothing" if nothing else loaded.decide(said.value),
            probability=None if nothing else round(said.value, 6),
            rung="nothing" if nothing else cast(RungName, said.rung),
            release=loaded.name,
            settings=loaded.decides,
            at=now,
            feed_as_of=as_of,
            reasons=list({(r.field, r.reason): r for r in reasons}.values()),
        )

    def _sky(
        self,
        origin: str,
        due: datetime,
        now: datetime,
        loaded: Loaded,
        seconds: float,
    ) -> list[float]:
        """The weather of the hour that the model reads, or an error."""
        limits = loaded.settings.weather
        hour = due.replace(minute=0, second=0, microsecond=0)
        hour -= timedelta(hours=limits.age_hours)
        known = self._rows.get((origin, hour))
        if known is None:
            assert self.guard is not None
            try:
                sent = self.guard.call(
                    lambda left: self.weather(origin, hour, left),
                    seconds=min(seconds, limits.all_calls_seconds),
                    repeatable=True,
                )
            except Exception:
                self.metrics.weather.labels("failed").inc()
                raise
            known = self._checked(sent, origin, hour, now)
            with self._lock:
                if len(self._rows) > 1_000:
                    self._rows.clear()
                self._rows[origin, hour] = known
                self._last_rows.append(known)
        held = self._held(now)
        if held:
            raise ValueError(held)
        return known

    def _checked(
        self, sent: Any, origin: str, hour: datetime, now: datetime
    ) -> list[float]:
        """One row, if it is what was agreed."""
        units = sent.get("units") if isinstance(sent, Mapping) else None
        if not isinstance(units, Mapping):
            self.metrics.weather.labels("refused").inc()
            raise ValueError("the row must declare its units")
        row = {k: v for k, v in sent.items() if k != "units"}
        reasons = ROW.check_record(row, now=now, units=units).reasons
        said = "; ".join(map(str, reasons))
        if not said and (row["origin"], _read(row["hour"])) != (origin, hour):
            said = f"asked for {origin} {_clock(hour)}, got another row"
        self.metrics.weather.labels("refused" if said else "accepted").inc()
        if said:
            raise ValueError(said)
        return [math.nan if row[x] is None else float(row[x]) for x in SEEN]

    def _held(self, now: datetime) -> str:
        """Why the newest row of each airport cannot be right, if so."""
        rows = list(self._last_rows)
        if len(rows) < len(ORIGINS):
            return ""
        columns = {n: [row[i] for row in rows] for i, n in enumerate(SEEN)}
        held = HOUR.check_columns(columns, now=now, units=None).held
        return "; ".join(map(str, held))

    # The log

    def _write(
        self, ask: Ask, case: Case, answer: Answered, loaded: Loaded
    ) -> None:
        values = (
            ask.carrier,
            ask.flight,
            ask.origin,
            _clock(ask.due),
            *case.live,
            *case.sky,
            None if case.as_of is None else _clock(case.as_of),
        )
        self._record(
            Prediction(
                id=answer.request_id,
                time=answer.at,
                model=loaded.name,
                config=answer.settings,
                inputs=dict(zip(LOGGED, values, strict=True)),
                output={
                    "rung": answer.rung,
                    "decision": answer.decision,
                    "probability": answer.probability,
                    "reasons": [dict(why) for why in answer.reasons],
                },
            )
        )

    def _opened(self) -> PredictionLog:
        with self._lock:
            if self._log is None:
                self._log = PredictionLog(
                    self.folder / "predictions.db",
                    fields=LOGGED,
                    clock=self.clock,
                    durability=self.durability,
                    timeout=1.0,
                )
            return self._log

    def _record(self, prediction: Prediction) -> None:
        """Write, or refuse the answer: none leaves without a record."""
        try:
            self._opened().write(prediction)
        except LogError as error:
            raise self._log_failed(error) from error
        self._log_fails = ""

    def _log_failed(self, error: LogError) -> Refused:
        self.metrics.log_failures.inc()
        with self._lock:  # what was moved or replaced must be opened anew
            if self._log is not None:
                self._log.close()
            self._log, self._log_fails = None, str(error)
        return Refused(503, "log", str(error), "failed")

    # Labels

    def outcomes(self, sent: Outcomes) -> Counted:
        """Store labels; one that came before is counted once.

        Args:
            sent: The labels.

        Returns:
            How many were `first`, `repeat`, `agrees`, `conflict`, and, of
            no known prediction, `unknown`.

        Raises:
            Refused: The log failed. Send them all again: known ones repeat.
        """
        results: dict[str, int] = {}
        for one in sent.outcomes:
            try:
                result = self._outcome(one)
            except LogError as error:
                raise self._log_failed(error) from error
            self.metrics.outcomes.labels(result).inc()
            results[result] = results.get(result, 0) + 1
        return Counted(results=results)

    def _outcome(self, one: Landed) -> str:
        log = self._opened()
        id, minutes = one.request_id, one.arrival_delay
        result = log.outcome(id, minutes, time=one.landed)
        if result != "first":
            return result
        try:
            p = log.read(id).output["probability"]
        except LookupError:
            return "unknown"
        if p is not None:
            late = "yes" if minutes > LATE_AFTER else "no"
            self.metrics.labelled.labels(late).inc()
            self.metrics.claimed.inc(p)
        return result

    # What others ask about it

    def state(self) -> State:
        """Whether this process may get requests.

        Returns:
            Not ready if the release on the disk is damaged or another one
            than the loaded, or if the log cannot be written. A stale feed or
            a switch that is off do not count: lower rungs answer.
        """
        now, problems = self.clock(), []
        loaded: Loaded | None = None
        try:
            loaded, _ = self.current()
            found = self.releases.current().name
            if found != loaded.name:
                problems.append(
                    Problem(field="release", reason=f"{found} did not load")
                )
        except Refused as error:
            problems += error.problems
        except OSError as error:
            problems.append(Problem(field="release", reason=_line(error)))
        if self._log is None or self._log_fails:
            try:  # a record of its own: a real write is the only proof
                self._record(
                    Prediction(
                        id=f"log-{self.new_id()}",
                        time=now,
                        model=loaded.name if loaded else "none",
                        config=loaded.decides if loaded else "none",
                        inputs={},
                        output={"probability": None, "rung": "log opened"},
                    )
                )
            except Refused as error:
                problems += error.problems
        self.metrics.ready.set(not problems)
        silent = loaded.settings.feed.silent_flights if loaded else 1
        return State(
            ready=not problems,
            now=now,
            release=loaded.name if loaded else None,
            switch="on" if self.switch.read(SWITCH, now=now).on else "off",
            feed_as_of=self.feed.as_of(now, silent),
            problems=problems,
        )

    def scrape(self) -> bytes:
        """The numbers, in the text format of Prometheus.

        Returns:
            The text. A feed that has told nothing is infinitely old.
        """
        state, m = self.state(), self.metrics
        switch = self.switch.read(SWITCH, now=state.now)
        m.switch_on.set(switch.on)
        m.switch_alarm.set(bool(switch.alarm))
        held = self.shadow is not None and self.shadow.verdict == "hold"
        m.shadow_hold.set(held)
        age = math.inf
        if state.feed_as_of is not None:
            limit = timedelta(minutes=30)
            found = assess(state.now, state.feed_as_of, limit).age
            age = found.total_seconds()
        m.feed_age.set(age)
        return generate_latest(m.registry)


# The door


class Door:
    """Counts, limits and times every request before the framework sees it."""

    def __init__(self, app: ASGIApp, service: Service) -> None:
        self.app, self.service = app, service
        self.inside = Counts[str]()

    async def __call__(
        self, scope: Scope, receive: Receive, send: Send
    ) -> None:
        """One request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        service, path = self.service, scope["path"]
        started, status = service.ticks(), 500
        known = path if path in ROUTES else "other"
        kind = ""

        async def answer(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        scope.setdefault("state", {})["started"] = started
        self.inside[known] += 1
        try:
            scope["state"]["kind"] = ""
            body = await self._body(scope, receive, known)
            rest = [body, {"type": "http.disconnect"}]

            async def again() -> Message:
                return rest.pop(0) if len(rest) > 1 else await receive()

            await self.app(scope, again, answer)
            kind = scope["state"]["kind"]
        except Refused as error:
            kind = error.kind
            await _refusal(error)(scope, receive, answer)
        finally:
            self.inside[known] -= 1
            by_status = {2: "answered", 4: "refused"}.get(status // 100)
            outcome = kind or by_status or "failed"
            service.metrics.requests.labels(known, outcome).inc()
            if known == "/predict" and outcome == "answered":
                service.metrics.seconds.observe(service.ticks() - started)

    async def _body(
        self, scope: Scope, receive: Receive, known: str
    ) -> Message:
        """The whole body, if it is short, soon here and there is room."""
        _move_clock(self.service.clock, scope)
        limits = self.service.limits
        if known in LIMITED and self.inside[known] > limits.queue:
            raise Refused(
                503, "service", f"{limits.queue} requests wait", "shed"
            )
        parts, size, more = [], 0, True
        try:
            async with asyncio.timeout(limits.body_seconds):
                while more:
                    message = await receive()
                    if message["type"] == "http.disconnect":
                        raise Refused(400, "body", "the caller has gone")
                    parts.append(message.get("body", b""))
                    size += len(parts[-1])
                    more = message.get("more_body", False)
                    if size > limits.body_bytes:
                        rule = f"must have {limits.body_bytes} bytes at most"
                        raise Refused(413, "body", rule)
        except TimeoutError:
            raise Refused(
                408, "body", f"must come within {limits.body_seconds} s"
            ) from None
        whole = b"".join(parts)
        _no_name_twice(whole)
        return {"type": "http.request", "body": whole}


def _no_name_twice(body: bytes) -> None:
    """Refuse what other readers of JSON answer by taking the last one."""

    def once(pairs: list[tuple[str, Any]]) -> None:
        names = Counts(name for name, _ in pairs)
        for name in (name for name, n in names.items() if n > 1):
            raise Refused(400, _line(name), "stands twice in one object")

    with suppress(ValueError, RecursionError):  # no JSON is found out later
        json.loads(body, object_pairs_hook=once)


def _move_clock(clock: Clock, scope: Scope) -> None:
    """In a simulation, and nowhere else, a request may say what time it is."""
    if not isinstance(clock, SimulatedClock):
        return
    for name, value in scope["headers"]:
        if name == b"x-now":
            try:
                clock.advance(_read(value.decode("ascii")))
            except (ValueError, TypeError) as error:
                raise Refused(400, "X-Now", str(error)) from error


def _refusal(error: Refused) -> JSONResponse:
    wait = {"Retry-After": "1"} if error.status == 503 else None
    told = Problems(errors=error.problems).model_dump()
    return JSONResponse(told, error.status, headers=wait)


def create_app(service: Service) -> FastAPI:
    """The door, the routes and their document.

    Args:
        service: What answers.

    Returns:
        An ASGI application. It closes nothing: `Service.close` does.
    """
    app = FastAPI(
        title="Will this flight be late?",
        version="1.0.0",
        docs_url=None,
        redoc_url=None,
    )
    app.add_middleware(Door, service=service)

    def told(*codes: int) -> dict[int | str, dict[str, Any]]:
        return {code: {"model": Problems} for code in codes}

    async def within(route: str, work: Callable[[], Any]) -> Any:
        threads = service.threads[route]
        return await asyncio.get_running_loop().run_in_executor(threads, work)

    @app.exception_handler(Refused)
    async def refused(request: Request, error: Refused) -> JSONResponse:
        request.state.kind = error.kind
        return _refusal(error)

    @app.exception_handler(RequestValidationError)
    async def invalid(
        _: Request, error: RequestValidationError
    ) -> JSONResponse:
        found = error.errors()
        broken = any(one["type"] == "json_invalid" for one in found)
        problems = [
            Problem(
                field=_line(".".join(map(str, one["loc"][1:])) or "body"),
                reason=_line(one["msg"].removeprefix("Value error, ")),
            )
            for one in found[:20]
        ]
        if broken:  # its place is a number of characters, and no field
            why = f"no JSON at character {found[0]['loc'][-1]}"
            problems = [Problem(field="body", reason=why)]
        told = Problems(errors=problems).model_dump()
        return JSONResponse(told, 400 if broken else 422)

    @app.exception_handler(HTTPException)
    async def other(_: Request, error: HTTPException) -> JSONResponse:
        found = [Problem(field="request", reason=_line(error.detail))]
        told = Problems(errors=found).model_dump()
        return JSONResponse(told, error.status_code, headers=error.headers)

    @app.exception_handler(Exception)
    async def broken(_: Request, error: Exception) -> JSONResponse:
        found = [Problem(field="service", reason=type(error).__name__)]
        return JSONResponse(Problems(errors=found).model_dump(), 500)

    @app.post("/predict", responses=told(400, 408, 413, 422, 500, 503))
    async def predict(ask: Ask, request: Request) -> Answered:
        """Will this flight arrive more than 30 minutes late?"""
        started = request.state.started
        found: Answered = await within(
            "/predict", lambda: service.predict(ask, started)
        )
        return found

    @app.post("/events", responses=told(400, 408, 413, 422, 500, 503))
    async def events(sent: Events) -> Heard:
        """Hear what the departures feed tells."""
        heard: Heard = await within(
            "/events", lambda: service.feed.tell(sent, service.clock())
        )
        for result, n in heard.results.items():
            service.metrics.events.labels(result).inc(n)
        return heard

    @app.post("/outcomes", responses=told(400, 408, 413, 422, 500, 503))
    async def outcomes(sent: Outcomes) -> Counted:
        """Hear what became of predictions."""
        counted: Counted = await within(
            "/outcomes", lambda: service.outcomes(sent)
        )
        return counted

    @app.get("/livez", responses=told(500))
    async def livez() -> dict[str, Literal["alive"]]:
        """The process runs; restart it if this does not answer."""
        return {"status": "alive"}

    @app.get("/readyz", responses={503: {"model": State}, **told(500)})
    async def readyz(response: Response) -> State:
        """Whether to send requests here."""
        state: State = await within("/readyz", service.state)
        response.status_code = 200 if state.ready else 503
        return state

    @app.get(
        "/metrics",
        response_class=Response,
        responses={200: {"content": {"text/plain": {}}}, **told(500)},
    )
    async def metrics() -> Response:
        """The numbers, for Prometheus."""
        text: bytes = await within("/metrics", service.scrape)
        kind = "text/plain; version=0.0.4; charset=utf-8"
        return Response(text, headers={"content-type": kind})

    return app


def _line(said: object) -> str:
    """One printable line of at most 200 characters, whatever was sent."""
    text = " ".join(str(said).split())
    return (text if text.isprintable() else ascii(text)[1:-1])[:200]


def _clock(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def _read(text: str) -> datetime:
    found = datetime.fromisoformat(text)
    if found.utcoffset() is None:
        raise ValueError(f"must have a time zone, got {text[:40]!a}")
    return found.astimezone(UTC)


def _minute(moment: datetime) -> int:
    return int(moment.timestamp()) // 60


# The folder it runs in, and the commands of whoever is on call


def switch_of(folder: Path) -> KillSwitch:
    """The kill switch of a folder; its notices go to stderr."""

    def notify(change: Change) -> None:
        print(change, file=sys.stderr)

    return KillSwitch(folder / "switch.db", notify=notify)


def prepare(folder: Path, now: datetime, toml: bytes = b"") -> None:
    """Train two releases, make the second current, and turn the model on.

    Args:
        folder: Made by this, with its parents.
        now: The time, for the records.
        toml: What both decide; `service.toml` if left out.

    Raises:
        FileExistsError: The folder is there already.
        OSError: It cannot be made.
    """
    folder.mkdir(parents=True)
    releases = Releases(folder / "releases", PARTS)
    releases.create()
    flights = load()
    leaving = ""
    for last in (3, 4):
        train = flights.train.where(flights.train["month"] <= last)
        table = RateTable.fit(train["live_late"], train.late)
        ten = {"edges": table.edges.tolist(), "rates": table.rates.tolist()}
        parts = {
            "model.json": _trained(HARDENED, train),
            "plain.json": _trained(FALLBACK, train),
            "table.json": json.dumps(ten).encode(),
            "service.toml": toml or FILE.read_bytes(),
        }
        trained = f"January to {'March' if last == 3 else 'April'}"
        made = releases.add(parts, {"trained": trained})
        why = f"trained on {trained}"
        releases.switch(
            made.name, leaving=leaving, who="release", why=why, now=now
        )
        leaving = made.name
    switch = KillSwitch(folder / "switch.db", notify=lambda _: None)
    switch.create()
    who, why = "release", "first release"
    switch.add(SWITCH, owner=OWNER, who=who, why=why, now=now)
    switch.turn(SWITCH, "on", who=who, why=why, now=now)


def _trained(recipe: Recipe, train: Any) -> bytes:
    model = recipe.fit(train)
    some = train.matrix(recipe.columns)[:: max(1, len(train) // 1_000)]
    return json.dumps(vars(Trees.extract(model, some))).encode()


def _roll_back(folder: Path, owner: str, reason: str, now: datetime) -> str:
    releases = Releases(folder / "releases", PARTS)
    leaving = releases.history()[-1].after  # it may be the damaged one
    return str(releases.back(leaving, who=owner, why=reason, now=now))


def _turn(
    folder: Path, to: str, owner: str, reason: str, hours: float, now: datetime
) -> str:
    review = timedelta(hours=hours) if to == "off" else None
    done = switch_of(folder).turn(
        SWITCH,
        to,
        who=owner,
        why=reason,
        owner=owner,
        now=now,
        review_in=review,
    )
    return f"notice {done.notice}"


def main(argv: Sequence[str] | None = None) -> int:
    """The command line.

    Args:
        argv: Arguments; those of the process if left out.

    Returns:
        0, or 2 if something was refused.
    """
    parser = argparse.ArgumentParser(
        prog="python -m snippets.flights.service", allow_abbrev=False
    )
    parser.add_argument(
        "command",
        nargs="?",
        default="serve",
        choices=("serve", "demo", "rollback", "off", "on"),
    )
    parser.add_argument("--folder", type=Path, default=Path(FOLDER))
    parser.add_argument("--port", type=int, default=8013)
    parser.add_argument("--weather", default="", help="URL of the weather")
    parser.add_argument("--shadow", default="", help="a release, by its name")
    parser.add_argument("--owner", default="", help="who answers for it")
    parser.add_argument("--reason", default="", help="why")
    parser.add_argument("--hours", type=float, default=8.0)
    parser.add_argument("--replay", metavar="DAY", help="play a day of 2013")
    parser.add_argument(
        "--speed", default="600", help="of the day; 0: as fast as it answers"
    )
    parser.add_argument("--at", help="replay: start at 12:00, and stand")
    parser.add_argument(
        "--now", help="simulate: the clock stands until X-Now moves it"
    )
    parser.add_argument(
        "--durability", default="power", choices=("power", "process")
    )
    given = parser.parse_args(argv)
    if given.replay or given.command == "demo":
        # it imports this module
        from snippets.flights import replay

        if given.command == "demo":
            print(replay.demo())
            return 0
        more = ["--speed", given.speed, "--times"]
        if given.at:
            more = ["--at", given.at, "--folder", str(given.folder)]
            more += ["--port", str(given.port)]
        return replay.main(["--day", given.replay, *more])
    try:
        start = _read(given.now) if given.now else None
        now = start or datetime.now(UTC)
        if given.command == "serve":
            return _serve(given, start)
        for name in ("owner", "reason"):
            if not getattr(given, name).strip():
                raise ValueError(f"--{name} must be given: it is recorded")
        if given.command == "rollback":
            said = _roll_back(given.folder, given.owner, given.reason, now)
        else:
            said = _turn(
                given.folder,
                given.command,
                given.owner,
                given.reason,
                given.hours,
                now,
            )
        print(said)
    except (OSError, ValueError, TypeError) as error:
        print(f"service: {error}", file=sys.stderr)
        return 2
    return 0


def _listening(port: int) -> socket.socket:
    # asyncio sends an answer at once only where the protocol is named: else
    # its second part waits 40 ms for the caller to confirm the first
    listening = socket.socket(proto=socket.IPPROTO_TCP)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind(("127.0.0.1", port))
        listening.listen(2048)  # a caller may come before we are ready
    except (OSError, OverflowError) as error:
        listening.close()
        raise OSError(f"port {port}: {error}") from error
    return listening


def _run(app: ASGIApp, listening: socket.socket, **more: Any) -> None:
    # What is loaded now stays. Else all callers wait, now and then, while
    # Python looks through the libraries for garbage.
    gc.collect()
    gc.freeze()
    config = uvicorn.Config(app, log_level="warning", access_log=False, **more)
    uvicorn.Server(config).run(sockets=[listening])


def _serve(given: argparse.Namespace, start: datetime | None) -> int:
    with _listening(given.port) as listening:
        if not given.folder.exists():
            print(f"training two releases into {given.folder} ...")
            prepare(given.folder, start or datetime.now(UTC))
        clock: Clock = lambda: datetime.now(UTC)  # noqa: E731
        service = Service(
            folder=given.folder,
            clock=clock if start is None else SimulatedClock(start),
            weather=HttpWeather(given.weather)
            if given.weather
            else no_weather,
            candidate=given.shadow,
            durability=given.durability,
        )
        port = listening.getsockname()[1]
        print(f"http://127.0.0.1:{port} (Ctrl-C stops it)", flush=True)
        try:
            _run(create_app(service), listening)
        except KeyboardInterrupt:
            print("stopped")
        finally:
            service.close()
    return 0


# Output: demo
if __name__ == "__main__":
    sys.exit(main())
