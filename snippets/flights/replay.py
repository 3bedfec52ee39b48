"""What would the pager have seen on one day of 2013?

Answers: plays everybody around the service for one of the eight committed
days: the feed of departures, the weather team, the callers, the late labels.
It asks a really started server over HTTP, minute by minute of that day, and
says who was paged, which rung answered, and what the warnings were worth.

Does not answer: what your traffic does. The callers ask one after the other,
and the day is one the models were looked at on. **The money is invented**: a
warning costs 1, one before a truly late flight saves 4.

Needs:   Python 3.11, scikit-learn 1.7, FastAPI 0.115, uvicorn 0.34, httpx 0.28
Source:  snippets/flights/replay.py
Page:    snippets/flights/replay
Version: 1.2.0 (MIT-0)
"""

from __future__ import annotations

import argparse
import ast
import asyncio
import heapq
import json
import math
import operator
import re
import signal
import subprocess
import sys
import tempfile
import textwrap
import time
from bisect import bisect_left, bisect_right
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from datetime import time as clock_time
from functools import lru_cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import pairwise
from pathlib import Path
from threading import Thread
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit

import httpx
import numpy as np
import yaml  # type: ignore[import-untyped, unused-ignore]
from prometheus_client.parser import text_string_to_metric_families

from snippets.flights.features import CARRIERS, ORIGINS
from snippets.flights.loader import DAYS, load_day, load_weather
from snippets.flights.models import gain
from snippets.flights.service import (
    FILE,
    FOLDER,
    PARTS,
    RUNGS,
    SWITCH,
    Loaded,
    Service,
    SimulatedClock,
    create_app,
    prepare,
    switch_of,
)
from snippets.flights.speed import SEEN
from snippets.flights.stale import NEVER, NEW_YORK, left_at
from snippets.hardening.rollback import Releases

__all__ = [
    "Caller",
    "Pager",
    "Played",
    "Player",
    "Ring",
    "World",
    "demo",
    "hold",
    "main",
    "patient",
    "replay",
    "report",
    "samples",
    "started",
    "weather_server",
]

RULES: Final = Path(__file__).with_name("alerts.yml")  # alerts_test.yml
SHADOWED: Final = "flights_shadow_total"
BY_THE_WATCH: Final = ("Slow", "Shedding")  # differ from run to run
UNITS: Final = {"wind_speed": "mph", "precip": "in", "visib": "mi"}


# Name, labels and value of one line of a scrape.
Sample = tuple[str, Mapping[str, str], float]


@dataclass(frozen=True)
class Caller:
    """One flight of the day, for whoever asks about it.

    Attributes:
        at: When it is decided, two hours before it is due.
        ask: The body of the request.
        arrival_delay: Minutes; None if it never arrived there.
        landed: When it arrived; None if it never did.
    """

    at: datetime
    ask: dict[str, Any]
    arrival_delay: int | None
    landed: datetime | None

    @property
    def late(self) -> bool:
        """Whether it arrived more than 30 minutes late."""
        return self.arrival_delay is not None and self.arrival_delay > 30


class World:
    """Everybody around the service on one day.

    Args:
        date: One of `DAYS`.

    Attributes:
        callers: One for each flight, in the order in which they ask.

    Raises:
        ValueError: The day is not one of the eight.
    """

    def __init__(self, date: str) -> None:
        _sky()  # or the first caller waits for it
        day = load_day(date)
        asked, seen = day.flights, day.departures
        left = left_at(seen)
        self._left = [None if m == NEVER else _utc(m) for m in left]
        self._rows = [
            {
                "carrier": CARRIERS[carrier],
                "flight": int(flight),
                "origin": ORIGINS[origin],
                "due": _text(_utc(minute)),
            }
            for carrier, flight, origin, minute in zip(
                seen["carrier"],
                seen["flight"],
                seen["origin"],
                seen["time"].astype(np.int64),
                strict=True,
            )
        ]
        self.callers = []
        order = np.argsort(asked["time"], kind="stable")
        asked = asked.take(order)
        self.live_late = asked["live_late"]
        for i, minute in enumerate(asked["time"].astype(np.int64).tolist()):
            delay = asked["arr_delay"][i]
            known = not math.isnan(delay)
            flown = int(asked["block_minutes"][i]) + (delay if known else 0)
            ask = {
                "carrier": CARRIERS[asked["carrier"][i]],
                "flight": int(asked["flight"][i]),
                "origin": ORIGINS[asked["origin"][i]],
                "due": _text(_utc(minute)),
            }
            self.callers.append(
                Caller(
                    at=_utc(minute - 120),
                    ask=ask,
                    arrival_delay=int(delay) if known else None,
                    landed=_utc(minute + flown) if known else None,
                )
            )

    @property
    def starts(self) -> datetime:
        """An hour before the first flight is decided."""
        return self.callers[0].at - timedelta(hours=1)

    def schedule(self) -> list[dict[str, Any]]:
        """Every flight as a feed tells it before it has left."""
        return [{**row, "left": None} for row in self._rows]

    def departures(
        self, after: datetime | None, until: datetime
    ) -> list[dict[str, Any]]:
        """Flights that left between two moments, as the feed tells them.

        Args:
            after: Not those up to here; None for all before `until`.
            until: Up to here.

        Returns:
            Flights of a message to `/events`.
        """
        return [
            {**row, "left": _text(left)}
            for row, left in zip(self._rows, self._left, strict=True)
            if left is not None
            and left <= until
            and (after is None or left > after)
        ]

    def weather(
        self, origin: str, hour: datetime, _: float = 0.0
    ) -> dict[str, Any]:
        """What the weather team says of one hour.

        Args:
            origin: The airport.
            hour: A whole hour in UTC.

        Returns:
            The row, with its units.

        Raises:
            LookupError: There is no such row.
        """
        values = _sky()[origin, int(hour.timestamp()) // 3600]
        row = zip(SEEN, values, strict=True)
        return {
            "origin": origin,
            "hour": _text(hour),
            **{k: None if math.isnan(v) else v for k, v in row},
            "units": UNITS,
        }


@lru_cache(maxsize=1)
def _sky() -> dict[tuple[str, int], tuple[float, ...]]:
    table = load_weather()
    hours = table["time"].astype("M8[h]").astype(np.int64).tolist()
    places = [ORIGINS[i] for i in table["origin"].tolist()]
    rows = zip(*(table[name].tolist() for name in SEEN), strict=True)
    return dict(zip(zip(places, hours, strict=True), rows, strict=True))


@contextmanager
def weather_server(
    answer: Callable[[str, datetime, float], Mapping[str, Any]],
) -> Iterator[str]:
    """Serve the weather on this machine, as another team would.

    Args:
        answer: What is said of an airport and an hour; what it raises is
            answered with a 500.

    Yields:
        The URL.
    """

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            try:
                asked = parse_qs(urlsplit(self.path).query)
                hour = datetime.fromisoformat(asked["hour"][0])
                body = json.dumps(answer(asked["origin"][0], hour, 0.0))
                code = 200
            except Exception as error:
                body, code = json.dumps({"error": str(error)}), 500
            self.send_response(code)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body.encode())))
            self.end_headers()
            with suppress(ConnectionError):  # who asked has given up
                self.wfile.write(body.encode())

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/weather"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def patient() -> bytes:
    """The settings of the service with ten seconds for every wait.

    Returns:
        TOML, for a run whose answers must not depend on a busy machine.
    """
    return re.sub(rb"_seconds = [\d.]+", b"_seconds = 10.0", FILE.read_bytes())


def _utc(minute: float) -> datetime:
    return datetime.fromtimestamp(60 * int(minute), UTC)


def _text(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}"


def demo() -> str:
    """One flight, asked about while things go wrong around the service.

    Returns:
        What a terminal shows.
    """
    world = World("2013-12-09")
    with tempfile.TemporaryDirectory() as tmp:
        folder = Path(tmp, "service")
        prepare(folder, world.starts, patient())
        return asyncio.run(_session(world, folder))


async def _session(world: World, folder: Path) -> str:
    noon = datetime(2013, 12, 9, 17, tzinfo=UTC)
    clock = SimulatedClock(world.starts)
    service = Service(
        folder=folder,
        clock=clock,
        weather=world.weather,
        durability="process",
    )
    flight = {"carrier": "B6", "flight": 1545, "origin": "JFK"}
    flight["due"] = "2013-12-09T19:00:00Z"
    lines = [f"{'':<25}rung     decision    why not a better rung"]
    door = httpx.ASGITransport(create_app(service))
    async with httpx.AsyncClient(
        transport=door, base_url="http://service"
    ) as http:

        async def tell(at: datetime) -> None:
            clock.advance(at)
            left = world.departures(None, at)
            body = {"as_of": _text(at), "flights": left}
            (await http.post("/events", json=body)).raise_for_status()

        async def ask(what: str, **other: object) -> None:
            sent = await http.post("/predict", json={**flight, **other})
            said = sent.json()
            if "errors" in said:
                [why] = said["errors"][:1]
                found = f"{sent.status_code}      {'':<12}"
            else:
                why = (said["reasons"] or [{"field": "", "reason": ""}])[0]
                found = f"{said['rung']:<9}{said['decision']:<12}"
            reason = f"{why['field']} {why['reason']}".strip()
            short = textwrap.shorten(reason, 35, placeholder=" ...")
            lines.append(f"{what:<25}{found}{short}".rstrip())

        body = {"as_of": _text(world.starts), "flights": world.schedule()}
        (await http.post("/events", json=body)).raise_for_status()
        await tell(noon)
        await ask("feed and weather fine")
        await ask("a carrier nobody knows", carrier="ZZ")
        await ask("flight in the wrong type", flight="1545")
        await ask("due in five hours", due="2013-12-09T22:00:00Z")
        switch = switch_of(folder)
        switch.notify = lambda _: None
        hours = timedelta(hours=8)
        who, why = "kim", "warns on all"
        switch.turn(SWITCH, "off", who=who, why=why, now=noon, review_in=hours)
        await ask("switched off")
        switch.turn(SWITCH, "on", who=who, why=why, now=noon)
        releases = Releases(folder / "releases", PARTS)
        before = releases.current().name
        releases.back(before, who=who, why=why, now=noon)
        await ask("rolled back")
        clock.advance(noon + timedelta(minutes=31))
        await ask("feed silent for 31 min")
    service.close()
    return "\n".join(lines)


@contextmanager
def started(
    folder: Path, world: World, *more: str, port: int = 0
) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    """Start the service as a process of its own, at the world's time.

    Args:
        folder: Where it runs; made if it is not there.
        world: Whose first minute its clock stands at.
        more: Further arguments of its command line.
        port: Where it listens; 0 for any free port.

    Yields:
        Its URL and the process, which is stopped at the end.

    Raises:
        RuntimeError: It did not start; the message is its own.
    """
    command = [sys.executable, "-m", "snippets.flights.service", "serve"]
    command += ["--folder", str(folder), "--port", str(port)]
    command += ["--now", _text(world.starts), *more]
    with subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,  # Ctrl-C is ours to hand on
    ) as process:
        try:
            assert process.stdout is not None
            for line in process.stdout:
                if line.startswith("http://"):
                    yield line.split()[0], process
                    return
            assert process.stderr is not None
            raise RuntimeError(process.stderr.read().strip())
        finally:
            if process.poll() is None:
                process.send_signal(signal.SIGINT)
            try:
                process.communicate(timeout=10)
            except subprocess.TimeoutExpired:
                process.kill()


# The pager


@dataclass(frozen=True)
class Ring:
    """One alert that fired.

    Attributes:
        alert: Its name.
        owner: Who is told.
        page: Whether somebody is woken; else it is a ticket.
        since: When it fired.
        until: When it was last seen firing.
    """

    alert: str
    owner: str
    page: bool
    since: datetime
    until: datetime


class Pager:
    """Reads scrapes and says which of our alert rules fire.

    It knows the part of PromQL that `alerts.yml` uses: sums, increases and
    changes over a window, gauges, arithmetic, one comparison, `and`. An
    increase is the plain difference; Prometheus stretches it to the ends of
    the window.

    Args:
        rules: The file of the rules.

    Attributes:
        rang: What has fired, in the order in which it began.
    """

    def __init__(self, rules: bytes) -> None:
        self.rules = [
            rule
            for group in yaml.safe_load(rules)["groups"]
            for rule in group["rules"]
        ]
        self.rang: list[Ring] = []
        self._series: dict[str, list[Series]] = {}
        self._true_since: dict[str, datetime] = {}

    def look(
        self,
        now: datetime,
        scraped: Iterable[Sample],
    ) -> tuple[str, ...]:
        """Take in one scrape.

        Args:
            now: When.
            scraped: Name, labels and value of each sample.

        Returns:
            The alerts that fire now.
        """
        for name, labels, value in scraped:
            known = self._series.setdefault(name, [])
            for series in known:
                if series.labels == labels:
                    break
            else:
                series = Series(labels)
                known.append(series)
            series.add(now, value)
        firing = []
        for rule in self.rules:
            name = rule["alert"]
            if not self._holds(rule["expr"], now):
                self._true_since.pop(name, None)
                continue
            since = self._true_since.setdefault(name, now)
            if now - since >= _span(rule.get("for", "0m")):
                firing.append(name)
                self._note(rule, now)
        return tuple(firing)

    def _note(self, rule: dict[str, Any], now: datetime) -> None:
        name, last = rule["alert"], timedelta(minutes=30)
        for i, ring in enumerate(self.rang):  # a flicker is one ring
            if ring.alert == name and now - ring.until <= last:
                self.rang[i] = replace(ring, until=now)
                return
        owner = rule["annotations"]["owner"]
        page = rule["labels"]["severity"] == "page"
        self.rang.append(Ring(name, owner, page, now, now))

    def _holds(self, expression: str, now: datetime) -> bool:
        asked: list[float] = []

        def number(found: re.Match[str]) -> str:
            how, name, wanted, window, offset = found.groups()
            at = now - _span(offset or "0m")
            values = [
                getattr(series, how)(at, _span(window))
                if how
                else series.last(at)
                for series in self._series.get(name, ())
                if _fits(wanted, series.labels)
            ]
            seen = [value for value in values if not math.isnan(value)]
            asked.append(sum(seen) if seen else math.nan)
            return f"_[{len(asked) - 1}]"

        text = _SELECTOR.sub(number, expression)
        return bool(_value(ast.parse(text.strip(), mode="eval").body, asked))


class Series:
    """The values of one metric under one set of labels."""

    def __init__(self, labels: Mapping[str, str]) -> None:
        self.labels = dict(labels)
        self._times: list[datetime] = []
        self._values: list[float] = []

    def add(self, now: datetime, value: float) -> None:
        """One more value."""
        self._times.append(now)
        self._values.append(value)

    def last(self, at: datetime) -> float:
        """The newest value of the last five minutes, NaN without one."""
        i = bisect_right(self._times, at)
        if i == 0 or at - self._times[i - 1] > timedelta(minutes=5):
            return math.nan
        return self._values[i - 1]

    def increase(self, at: datetime, window: timedelta) -> float:
        """By how much it rose; a fall is a restart. NaN below two values."""
        values = self._within(at, window)
        if len(values) < 2:
            return math.nan
        steps = [
            new - old if new >= old else new for old, new in pairwise(values)
        ]
        return sum(steps)

    def changes(self, at: datetime, window: timedelta) -> float:
        """How often the value became another one. NaN without a value."""
        values = self._within(at, window)
        if not values:
            return math.nan
        return sum(new != old for old, new in pairwise(values))

    def _within(self, at: datetime, window: timedelta) -> list[float]:
        first = bisect_left(self._times, at - window)
        return self._values[first : bisect_right(self._times, at)]


_LABELS: Final = r"(?:\{([^}]*)\})?"
_SELECTOR: Final = re.compile(
    rf"(?:\b(increase|changes)\()?\b((?:flights_|up\b)\w*){_LABELS}"
    r"(?:\[(\w+)\](?: offset (\w+))?\))?"
)


def _span(text: str) -> timedelta:
    unit = {"m": "minutes", "h": "hours"}[text[-1]]
    return timedelta(**{unit: int(text[:-1])})


def _fits(wanted: str | None, labels: Mapping[str, str]) -> bool:
    for name, how, value in re.findall(
        r'(\w+)(=~|!=|=)"([^"]*)"', wanted or ""
    ):
        has = labels.get(name, "")
        if how == "=~":
            fits = re.fullmatch(value, has) is not None
        else:
            fits = (has == value) == (how == "=")
        if not fits:
            return False
    return True


_OPERATORS: Final[dict[type[ast.AST], Callable[[Any, Any], Any]]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Gt: operator.gt,
    ast.Lt: operator.lt,
    ast.Eq: operator.eq,
}


def _value(node: ast.expr, asked: Sequence[float]) -> float:
    """A number, or whether a comparison holds; nothing else is known."""
    match node:
        case ast.Constant(value=int() | float() as value):
            return value
        case ast.Subscript(slice=ast.Constant(value=int() as place)):
            return asked[place]
        case ast.Call(func=ast.Name(id="sum"), args=[inner]):
            return _value(inner, asked)
        case ast.Call(func=ast.Name(id="abs"), args=[inner]):
            return abs(_value(inner, asked))
        case ast.BinOp(left, how, right):
            sides = _value(left, asked), _value(right, asked)
            return float(_OPERATORS[type(how)](*sides))
        case ast.Compare(left, [how], [right]):
            sides = _value(left, asked), _value(right, asked)
            return bool(_OPERATORS[type(how)](*sides))
        case ast.BoolOp(op=ast.And(), values=values):
            return all(_value(one, asked) for one in values)
    raise ValueError(f"cannot read {ast.unparse(node)}")


# A day


@dataclass(frozen=True, eq=False)
class Played:
    """One day, played.

    Attributes:
        date: The day.
        rungs: Answers by rung.
        refused: Requests without an answer, by status.
        points: Points of the day by who decided.
        flights: Labelled flights behind the points.
        late: How many of them came late.
        seconds: What each caller waited.
        shadow: Cases by what the shadow said.
        rang: What the pager has seen.
    """

    date: str
    rungs: dict[str, int]
    refused: dict[str, int]
    points: dict[str, float]
    flights: int
    late: int
    seconds: list[float]
    shadow: dict[str, int]
    rang: tuple[Ring, ...]


class Player:
    """Plays a day against a service, minute by minute.

    Args:
        world: The day.
        http: A client of the service.
        pause: Called after each minute.
    """

    def __init__(
        self,
        world: World,
        http: httpx.Client,
        pause: Callable[[datetime], object],
    ) -> None:
        self.world, self.http, self.pause = world, http, pause
        self.answers: dict[int, dict[str, Any]] = {}
        self.refused: dict[str, int] = {}
        self.seconds: list[float] = []
        self.by_model = 0
        self.last: list[Sample] = []
        self.pager = Pager(RULES.read_bytes())

    def play(self) -> None:
        """The whole day, until the last flight has landed."""
        world, now = self.world, self.world.starts
        self._post("/events", now, as_of=_text(now), flights=world.schedule())
        callers = deque(enumerate(world.callers))
        flying: list[tuple[datetime, int]] = []
        told: datetime | None = None
        while callers or flying:
            due = callers and callers[0][1].at <= now
            if due or now.minute % 5 == 0:
                flights = world.departures(told, now)
                after = None if told is None else _text(told)
                body = {"as_of": _text(now), "after": after}
                self._post("/events", now, **body, flights=flights)
                told = now
            while callers and callers[0][1].at <= now:
                i, caller = callers.popleft()
                self._ask(i, caller, now)
                if caller.landed is not None and i in self.answers:
                    heapq.heappush(flying, (caller.landed, i))
            landed = []
            while flying and flying[0][0] <= now and now.minute % 10 == 0:
                landed.append(heapq.heappop(flying)[1])
            if landed:
                outcomes = [self._outcome(i) for i in landed]
                self._post("/outcomes", now, outcomes=outcomes)
            if now.minute % 5 == 0:
                self.pager.look(now, self._scrape(now))
            self.pause(now)
            now += timedelta(minutes=1)

    def _scrape(self, now: datetime) -> Iterator[Sample]:
        headers = {"X-Now": _text(now)}
        for _ in range(100):
            found = self.http.get("/metrics", headers=headers)
            scraped: list[Sample] = list(samples(found.text))
            if _shadowed(scraped) >= self.by_model:
                break
            time.sleep(0.01)  # the shadow is not through
        yield "up", {"job": "flights"}, float(found.is_success)
        yield from scraped
        self.last = scraped

    def _ask(self, i: int, caller: Caller, now: datetime) -> None:
        start = time.perf_counter()
        said = self.http.post(
            "/predict", json=caller.ask, headers={"X-Now": _text(now)}
        )
        self.seconds.append(time.perf_counter() - start)
        if said.status_code == 200:
            self.answers[i] = said.json()
            self.by_model += self.answers[i]["rung"] == "model"
        else:
            code = str(said.status_code)
            self.refused[code] = self.refused.get(code, 0) + 1

    def _outcome(self, i: int) -> dict[str, Any]:
        caller = self.world.callers[i]
        assert caller.landed is not None
        return {
            "request_id": self.answers[i]["request_id"],
            "arrival_delay": caller.arrival_delay,
            "landed": _text(caller.landed),
        }

    def _post(self, path: str, now: datetime, **body: object) -> None:
        headers = {"X-Now": _text(now)}
        found = self.http.post(path, json=body, headers=headers)
        found.raise_for_status()

    def points(self, loaded: Loaded) -> dict[str, float]:
        """Points of the day by who decided; nobody decides: 0.

        Args:
            loaded: Whose ten rows and threshold the others use.

        Returns:
            Points of the labelled flights.
        """
        callers = self.world.callers
        known = np.array([c.arrival_delay is not None for c in callers])
        late = np.array([c.late for c in callers])
        warned = np.array(
            [
                i in self.answers and self.answers[i]["decision"] == "warn"
                for i in range(len(callers))
            ]
        )
        decision = loaded.settings.decision
        price = {"cost": decision.cost, "saving": decision.saving}
        table = loaded.table.predict(self.world.live_late)
        by = {
            "the service": warned.astype(float),
            "ten rows": table,
            "nothing": np.zeros(len(callers)),
            "whoever knew": late.astype(float),
        }
        return {
            name: float(gain(late, p, **price)[known].sum())
            for name, p in by.items()
        }


def replay(date: str, speed: float) -> Played:
    """Play one day against a server of its own.

    Args:
        date: One of `DAYS`.
        speed: Minutes of that day in a minute of yours; 0 for as fast as
            the service answers.

    Returns:
        What happened.

    Raises:
        ValueError: The day is not one of the eight, or `speed` is no number
            from 0 on.
    """
    if not 0 <= speed < math.inf:
        raise ValueError(f"speed must be 0 or more, got {speed}")
    world = World(date)
    start = time.monotonic()
    shown = sys.stderr.isatty()

    def pause(now: datetime) -> None:
        if shown and now.minute == 0:
            local = now.astimezone(NEW_YORK)
            print(
                f"\r{local:%d %B %H:%M} in New York", end="", file=sys.stderr
            )
        if speed:
            passed = (now - world.starts).total_seconds() / speed
            time.sleep(max(0.0, start + passed - time.monotonic()))

    with ExitStack() as stack:
        tmp = stack.enter_context(tempfile.TemporaryDirectory())
        folder = Path(tmp, "service")
        prepare(folder, world.starts, b"" if speed else patient())
        releases = Releases(folder / "releases", PARTS)
        previous = releases.history()[0].after
        loaded = Loaded.read(releases.current())
        weather = stack.enter_context(weather_server(world.weather))
        more = ("--weather", weather, "--shadow", previous)
        url, _ = stack.enter_context(
            started(folder, world, *more, "--durability", "process")
        )
        http = stack.enter_context(httpx.Client(base_url=url, timeout=10))
        player = Player(world, http, pause)
        player.play()
        shadowed = {
            labels["result"]: int(value)
            for name, labels, value in player.last
            if name == SHADOWED
        }
    if shown:
        print(file=sys.stderr)
    rungs = Counter(said["rung"] for said in player.answers.values())
    known = [c for c in world.callers if c.arrival_delay is not None]
    return Played(
        date=date,
        rungs={rung: rungs[rung] for rung in RUNGS},
        refused=player.refused,
        points=player.points(loaded),
        flights=len(known),
        late=sum(c.late for c in known),
        seconds=player.seconds,
        shadow=shadowed,
        rang=tuple(player.pager.rang),
    )


def _shadowed(
    scraped: Iterable[Sample],
) -> float:
    return sum(value for name, _, value in scraped if name == SHADOWED)


def samples(text: str) -> Iterator[Sample]:
    """Name, labels and value of each line of a scrape.

    Args:
        text: What `/metrics` gave.

    Yields:
        One sample after the other.
    """
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            yield sample.name, sample.labels, sample.value


def hold(date: str, at: str, port: int, folder: Path) -> None:
    """Start the service at one moment of a day, and let the clock stand.

    Args:
        date: One of `DAYS`.
        at: By the clock in New York, such as "12:00".
        port: Where it listens.
        folder: Where it runs; it stays there afterwards.

    Raises:
        ValueError: The day is not one of the eight, `at` is no time after
            its first decision, or something stands at `folder`.
        RuntimeError: The service did not start, or has ended.
    """
    world = World(date)
    try:
        local = datetime.combine(
            datetime.fromisoformat(date), clock_time.fromisoformat(at)
        )
    except ValueError as error:
        raise ValueError(f"at must be such as 12:00, got {at!r}") from error
    now = local.replace(tzinfo=NEW_YORK).astimezone(UTC)
    if now < world.starts:
        first = world.starts.astimezone(NEW_YORK)
        raise ValueError(f"at must be {first:%H:%M} or later, got {at}")
    if folder.exists():
        raise ValueError(f"folder must be a new one, got {folder}")
    with ExitStack() as stack:
        weather = stack.enter_context(weather_server(world.weather))
        url, process = stack.enter_context(
            started(folder, world, "--weather", weather, port=port)
        )
        with httpx.Client(base_url=url, timeout=30) as http:
            for moment, flights in (
                (world.starts, world.schedule()),
                (now, world.departures(None, now)),
            ):
                told = {"as_of": _text(moment), "flights": flights}
                header = {"X-Now": _text(moment)}
                found = http.post("/events", json=told, headers=header)
                found.raise_for_status()
        print(f"It is {local:%H:%M on %d %B %Y} in New York: {_text(now)}")
        print(f"{url} (Ctrl-C stops it)", flush=True)
        raise RuntimeError(f"the service ended with {process.wait()}")


def report(played: Played, times: bool) -> str:
    """A day as text for a terminal.

    Args:
        played: The day.
        times: Whether to say how the waiting times compare. They differ
            from run to run.

    Returns:
        Text without a final line break.
    """
    n = sum(played.rungs.values())
    rate = played.late / played.flights
    lines = [f"{played.date}: {n} answers, {rate:.0%} of the flights late", ""]
    for rung, count in played.rungs.items():
        lines.append(f"  by {rung:<12}{count:6}{count / n:8.1%}")
    for code, count in played.refused.items():
        lines.append(f"  refused {code:<7}{count:6}")
    lines += ["", "Points of the day, invented; and per 1,000 flights", ""]
    for name, points in played.points.items():
        each = 1_000 * points / played.flights
        lines.append(f"  {name:<15}{points:6.0f}{each:8.0f}")
    if played.shadow:
        said = ", ".join(f"{n} {k}" for k, n in sorted(played.shadow.items()))
        lines += ["", f"The release before, in the shadow: {said}"]
    lines += ["", "The pager, by the clock in New York"]
    rang = [r for r in played.rang if times or r.alert not in BY_THE_WATCH]
    for ring in rang:
        since, until = (
            f"{t.astimezone(NEW_YORK):%H:%M}" for t in (ring.since, ring.until)
        )
        how = "pages" if ring.page else "ticket for"
        lines.append(
            f"  {since} to {until}  {ring.alert:<15}{how} {ring.owner}"
        )
    if not rang:
        lines.append("  silent all day")
    if times:
        p50, p99 = np.quantile(played.seconds, [0.5, 0.99])
        lines += ["", f"Waiting times: p99 is {p99 / p50:.1f} times p50"]
    return "\n".join(lines)


def main(argv: Sequence[str] | None = None) -> int:
    """The command line.

    Args:
        argv: Arguments; those of the process if left out.

    Returns:
        0, 1 if the service did not start, 2 if an argument is refused, and
        130 after Ctrl-C.
    """
    parser = argparse.ArgumentParser(
        prog="python -m snippets.flights.replay", allow_abbrev=False
    )
    parser.add_argument("--day", default="2013-12-09", help=", ".join(DAYS))
    parser.add_argument("--speed", type=float, default=0.0)
    parser.add_argument("--at", help="start there, and let the clock stand")
    parser.add_argument("--port", type=int, default=8013)
    parser.add_argument("--folder", type=Path, default=Path(FOLDER))
    parser.add_argument("--times", action="store_true")
    given = parser.parse_args(argv)
    try:
        if given.at:
            hold(given.day, given.at, given.port, given.folder)
        print(report(replay(given.day, given.speed), given.times))
    except ValueError as error:
        print(f"replay: {error}", file=sys.stderr)
        return 2
    except (OSError, RuntimeError, httpx.HTTPError) as error:
        print(f"replay: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("replay: stopped", file=sys.stderr)
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
