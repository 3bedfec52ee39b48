"""Does the service survive what will happen to it?

Answers: breaks the world around the service in eighteen ways, on a quiet and
on a stormy day of 2013, and does the same to the model called as a notebook
calls it. It says what each lost, how long nobody knew, and who was told. A
drill passes if nothing acknowledged is lost, no wrong answer is served
silently after the limit of the drill, and somebody is told within it.

Does not answer: how often these faults come where you work. All clocks stand
still between two minutes of the day, so it measures no speed. The full disk is
a limit that only Linux sets from outside. **The money is invented**: a
warning costs 1, one before a truly late flight saves 4.

Needs:   Python 3.11, scikit-learn 1.7, FastAPI 0.115, httpx 0.28
Source:  snippets/flights/drills.py
Page:    snippets/flights/drills
Version: 1.0.0 (MIT-0)
"""

from __future__ import annotations

import argparse
import asyncio
import heapq
import io
import json
import math
import resource
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from bisect import insort
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import (
    ExitStack,
    closing,
    redirect_stderr,
    redirect_stdout,
    suppress,
)
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import httpx
import numpy as np
from threadpoolctl import threadpool_limits

from snippets.flights import service as served_by
from snippets.flights.features import ORIGINS
from snippets.flights.loader import Flights, load
from snippets.flights.models import HARDENED, gain
from snippets.flights.replay import (
    RULES,
    Pager,
    Ring,
    World,
    samples,
    weather_server,
)
from snippets.flights.retrain import early, known
from snippets.flights.service import (
    FILE,
    OWNER,
    PARTS,
    SWITCH,
    Loaded,
    Service,
    SimulatedClock,
    create_app,
    prepare,
)
from snippets.flights.speed import CODES, SEEN, Board, Trees
from snippets.flights.stale import NEW_YORK
from snippets.hardening.kill_switch import KillSwitch
from snippets.hardening.prediction_log import PredictionLog
from snippets.hardening.promote import due
from snippets.hardening.rollback import Releases

__all__ = ["DRILLS", "Drill", "Found", "main", "report", "run", "table"]

Body = dict[str, Any]
Floats = np.ndarray[Any, np.dtype[np.float64]]
# Method, path, simulated time and body; status and what was said.
Send = Callable[[str, str, datetime, Body | None], tuple[int, str]]

DAYS: Final = ("2013-09-17", "2013-12-09")  # quiet; stormy
EVERY: Final = 3  # each third flight asks, for a third of the time
ACTS: Final = timedelta(minutes=30)  # from the first ring to a hand
TOO_LATE: Final = timedelta(hours=1)  # before departure
SLOW: Final = 600.0  # seconds that the weather takes
RENAMED: Final = {"EV": "XE"}  # its own flights call it so, from one day on
ROOT: Final = Path(__file__).parents[2]


# One drill


@dataclass(frozen=True)
class Found:
    """What one drill found.

    Attributes:
        name: Of the drill.
        passed: Whether nothing spoke against it.
        lost: Points of both days, clean less broken, with the service.
        detected_after_s: Simulated seconds until the first alert, the slower
            of both days; None if none came.
        paged: Who is told first, and whether it wakes them.
        notebook: Points lost by the model called without the service.
        unseen: Answers with another decision and no reason, before the
            limit of the drill.
        failures: What spoke against it.
    """

    name: str
    passed: bool
    lost: float
    detected_after_s: int | None
    paged: str
    notebook: float
    unseen: int
    failures: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Drill:
    """One way to go wrong, from `broke` to `mended`, by New York's clock.

    Attributes:
        name: What it is called on the command line.
        fault: What happens.
        alone: What becomes of the model without the service.
        survives: What the service does.
        limit: Seconds within which somebody has to be told; None if there is
            nothing to tell, so that no answer may change at all.
        begins: Hour of the first request.
        broke: Hour in which it goes wrong.
        mended: Hour in which the world is whole again.
        ends: Hour of the last request.
        feed: One message of the feed to what is delivered of it.
        sky: What the weather says: row to row, or an error.
        ask: One request to what the caller sends.
        labels: One message of labels to what is delivered now.
        step: Called each minute with the time and the house.
        candidate: Whether a worthless release runs in the shadow.
        days: Which are played.
        real: Whether the service is a process of its own.
    """

    name: str
    fault: str
    alone: str
    survives: str
    limit: int | None
    begins: int = 10
    broke: int = 11
    mended: int = 17
    ends: int = 18
    feed: Callable[[Body], list[Body]] = lambda body: [body]
    sky: Callable[[Body, float, Watch], Body] = lambda row, *_: row
    ask: Callable[[Body], Body] = lambda body: body
    labels: Callable[[list[Body]], list[list[Body]]] = lambda sent: [sent]
    step: Callable[[Play], object] = lambda _: None
    candidate: bool = False
    days: tuple[str, ...] = DAYS
    real: bool = False


class Watch:
    """Seconds that never go back: the clock of the day, and what was waited.

    Args:
        clock: The simulated clock.
    """

    def __init__(self, clock: SimulatedClock) -> None:
        self.clock, self.start, self.waited = clock, clock.now, 0.0

    def __call__(self) -> float:
        """The seconds."""
        return (self.clock.now - self.start).total_seconds() + self.waited


# The model as a notebook calls it


class Notebook:
    """The same model file, and nothing around it.

    Whatever comes goes in; what is missing is NaN; an error is no answer.

    Args:
        loaded: The release.
        weather: Who is asked, with a wait of any length.
        watch: Tells how long that took.
    """

    def __init__(
        self,
        loaded: Loaded,
        weather: Callable[[str, datetime, float], Mapping[str, Any]],
        watch: Watch,
    ) -> None:
        self.loaded, self.weather, self.watch = loaded, weather, watch
        self.model: Trees | None = loaded.model
        self.free = datetime.min.replace(tzinfo=UTC)
        self._rows: dict[str, list[tuple[int, float]]]
        self._rows = {origin: [] for origin in ORIGINS}
        self._waiting: set[tuple[Any, ...]] = set()

    def send(
        self, _: str, path: str, now: datetime, body: Body | None
    ) -> tuple[int, str]:
        """One request, as the service would get it."""
        self.watch.clock.advance(now)
        try:
            if path == "/events" and body is not None:
                self._tell(body)
                return 200, json.dumps({"as_of": body["as_of"]})
            if path == "/predict" and body is not None:
                return 200, json.dumps(self._answer(body, now))
        except Exception as error:  # a traceback, and nobody reads it
            return 500, str(error)
        return 200, "{}"

    def _tell(self, body: Body) -> None:
        if "after" not in body:  # the schedule: somebody begins again
            self._rows = {origin: [] for origin in ORIGINS}
            self._waiting = set()
        for row in body["flights"]:
            minute = served_by._minute(served_by._read(row["due"]))
            key = (row["carrier"], row["flight"], row["origin"], minute)
            left = row.get("left")
            if left is None:
                if key not in self._waiting:
                    insort(self._rows[row["origin"]], (minute, math.inf))
                    self._waiting.add(key)
                continue
            if key in self._waiting:
                self._waiting.discard(key)
                self._rows[row["origin"]].remove((minute, math.inf))
            gone = served_by._minute(served_by._read(left)) - minute
            insort(self._rows[row["origin"]], (minute, float(gone)))

    def _answer(self, body: Body, now: datetime) -> Body:
        if self.model is None:
            raise ValueError("the file of the model cannot be read")
        moment = served_by._read(body["due"])
        hour = moment.replace(minute=0, second=0, microsecond=0)
        before = self.watch()
        sky = self.weather(body["origin"], hour - timedelta(hours=3), math.inf)
        waited = timedelta(seconds=self.watch() - before)
        self.free = max(self.free, now) + waited  # one after the other
        if moment - self.free < TOO_LATE:
            raise TimeoutError("the caller has gone")
        rows = self._rows[body["origin"]]
        board = Board([due for due, _ in rows], [late for _, late in rows])
        seen = board.window(served_by._minute(moment))
        n = seen["flights"] if seen["flights"] >= 5 else math.nan
        live = [seen["delay_sum"] / n, seen["late"] / n, seen["waiting"] / n]
        local = moment.astimezone(NEW_YORK)
        p = self.model.probability(
            [
                60 * local.hour + local.minute,
                CODES["origin"][body["origin"]],
                CODES["carrier"].get(body["carrier"], math.nan),
                *live,
                *(_number(sky.get(name)) for name in SEEN),
            ]
        )
        return {
            "request_id": f"{now.isoformat()} {body['flight']}",
            "decision": self.loaded.decide(p),
            "rung": "model",
            "release": self.loaded.name,
        }


def _number(value: object) -> float:
    return float(value) if isinstance(value, int | float) else math.nan


# The service, in this process or in one of its own


class House:
    """A service on a copy of the folder.

    Args:
        folder: Where it runs.
        world: The day.
        drill: Whose weather it gets.
        candidate: A release in the shadow, or empty.
    """

    def __init__(
        self, folder: Path, world: World, drill: Drill, candidate: str
    ) -> None:
        self.folder = folder
        clock = SimulatedClock(world.starts)
        self.watch = Watch(clock)
        self.weather = sky(world, drill, self.watch)
        self.service = Service(
            folder=folder,
            clock=clock,
            ticks=self.watch,
            weather=self.weather,
            candidate=candidate,
            durability="process",
        )
        self._runner = asyncio.Runner()
        door = httpx.ASGITransport(
            create_app(self.service), raise_app_exceptions=False
        )
        self._http = httpx.AsyncClient(transport=door, base_url="http://house")

    def send(
        self, method: str, path: str, now: datetime, body: Body | None
    ) -> tuple[int, str]:
        """One request, at a simulated moment."""
        if path == "/metrics":
            self._let_the_shadow_finish()
        self.watch.clock.advance(now)  # before the deadline begins to count
        said = self._runner.run(self._http.request(method, path, json=body))
        return said.status_code, said.text

    def _let_the_shadow_finish(self) -> None:
        shadow, read = self.service.shadow, self.service.metrics.registry
        if shadow is None:
            return

        def count(name: str, **labels: str) -> float:
            return read.get_sample_value(name, labels) or 0.0

        while sum(
            count("flights_shadow_total", result=result)
            for result in ("same", "changed", "failed", "dropped")
        ) < count("flights_answers_total", rung="model"):
            time.sleep(0.001)

    def close(self) -> None:
        """End it, as a stop of the process would."""
        self._runner.run(self._http.aclose())
        self._runner.close()
        self.service.close()


def sky(
    world: World, drill: Drill, watch: Watch
) -> Callable[[str, datetime, float], Body]:
    """What the weather team says while it may be broken."""

    def weather(origin: str, hour: datetime, seconds: float) -> Body:
        row = world.weather(origin, hour)
        broken = _broken(drill, watch.clock.now)
        return drill.sky(row, seconds, watch) if broken else row

    return weather


def _broken(drill: Drill, now: datetime) -> bool:
    return drill.broke <= now.astimezone(NEW_YORK).hour < drill.mended


# One day


class Play:
    """One day of one drill, in front of the service or of the notebook.

    Args:
        world: The day.
        drill: What goes wrong.
        send: Who is asked.
        house: Behind it; None for the notebook.

    Attributes:
        answers: By caller.
        labels: Acknowledged labels: id to minutes.
        now: The minute that is played.
    """

    def __init__(
        self,
        world: World,
        drill: Drill,
        send: Send,
        house: House | Process | None = None,
    ) -> None:
        self.world, self.drill, self.send, self.house = (
            world,
            drill,
            send,
            house,
        )
        self.answers: dict[int, Body] = {}
        self.labels: dict[str, int] = {}
        self.failures: list[str] = []
        self.statuses: dict[int, int] = {}
        self.pager = Pager(RULES.read_bytes())
        self.notes: dict[str, Any] = {}
        self.told: datetime | None = None
        self.now = self.at(drill.begins)
        self._waiting: list[Body] = []

    def at(self, hour: float) -> datetime:
        """An hour of the day in New York."""
        day = self.world.starts.astimezone(NEW_YORK)
        midnight = day.replace(hour=0, minute=0)
        return (midnight + timedelta(hours=hour)).astimezone(UTC)

    @property
    def broken(self) -> bool:
        """Whether the world is broken now."""
        return _broken(self.drill, self.now)

    def play(self) -> Play:
        """From the first request to the last."""
        drill, start = self.drill, self.now
        asked = deque(
            (i, caller)
            for i, caller in enumerate(self.world.callers)
            if i % EVERY == 0 and start <= caller.at < self.at(drill.ends)
        )
        flying: list[tuple[datetime, int]] = []
        self._tell_all()
        while self.now < self.at(drill.ends):
            now = self.now
            drill.step(self)
            if now.minute % 5 == 0 and now > start:
                if not self.broken and self.notes.pop("was broken", False):
                    self.told = None  # whoever mends a feed tells all again
                if self.told is None:
                    self._tell_all()
                else:
                    self._tell(self.told)
                self.notes["was broken"] = self.broken
            while asked and asked[0][1].at <= now:
                i, caller = asked.popleft()
                self._ask(i)
                if caller.landed is not None and i in self.answers:
                    heapq.heappush(flying, (caller.landed, i))
            landed = []
            while flying and flying[0][0] <= now and now.minute % 10 == 0:
                landed.append(heapq.heappop(flying)[1])
            self._label(landed)
            if now.minute % 5 == 0:
                self._scrape()
            self.now += timedelta(minutes=1)
        return self

    def _tell_all(self) -> None:
        """The schedule, and whoever has left."""
        begins = self.world.starts.isoformat()
        body = {"as_of": begins, "flights": self.world.schedule()}
        self._post("/events", body)
        self._tell(None)

    def _tell(self, after: datetime | None) -> None:
        """What came after; the sender goes on where it is told to."""
        body = {
            "as_of": self.now.isoformat(),
            "after": None if after is None else after.isoformat(),
            "flights": self.world.departures(after, self.now),
        }
        for one in self.drill.feed(body) if self.broken else [body]:
            status, said = self._post("/events", one)
            if status == 200:
                heard = json.loads(said)["as_of"]
                self.told = heard and datetime.fromisoformat(heard)

    def _ask(self, i: int) -> None:
        body = dict(self.world.callers[i].ask)
        if self.broken:
            body = self.drill.ask(body)
        status, said = self._post("/predict", body)
        self.statuses[status] = self.statuses.get(status, 0) + 1
        if status == 200:
            self.answers[i] = json.loads(said)

    def _label(self, landed: Sequence[int]) -> None:
        for i in landed:
            caller = self.world.callers[i]
            assert caller.landed is not None
            self._waiting.append(
                {
                    "request_id": self.answers[i]["request_id"],
                    "arrival_delay": caller.arrival_delay,
                    "landed": caller.landed.isoformat(),
                }
            )
        if not self._waiting or self.now.minute % 10:
            return
        waiting = self._waiting
        sent = [waiting[i : i + 400] for i in range(0, len(waiting), 400)]
        if self.broken:
            sent = self.drill.labels(self._waiting)
        for one in sent:
            status, _ = self._post("/outcomes", {"outcomes": one})
            if status == 200:
                self._waiting = [x for x in self._waiting if x not in one]
                for label in one:
                    self.labels[label["request_id"]] = label["arrival_delay"]

    def _scrape(self) -> None:
        if self.house is None:  # nobody watches a notebook
            return
        status, text = self.send("GET", "/metrics", self.now, None)
        found = [("up", {"job": "flights"}, float(status == 200))]
        seen = list(samples(text)) if status == 200 else []
        self.pager.look(self.now, [*found, *seen])

    def _post(self, path: str, body: Body) -> tuple[int, str]:
        return self.send("POST", path, self.now, body)

    @property
    def first_ring(self) -> Ring | None:
        """The first alert since it broke; the page, if both come at once."""
        since = [
            r for r in self.pager.rang if r.since >= self.at(self.drill.broke)
        ]
        return min(
            since, key=lambda ring: (ring.since, not ring.page), default=None
        )

    def points(self) -> float:
        """Points of whoever asked and came to an end; no answer warns not."""
        asked = [
            (i, caller)
            for i, caller in enumerate(self.world.callers)
            if i % EVERY == 0
            and self.at(self.drill.begins)
            <= caller.at
            < self.at(self.drill.ends)
            and caller.arrival_delay is not None
        ]
        warned = [
            float(self.answers.get(i, {}).get("decision") == "warn")
            for i, _ in asked
        ]
        late = np.array([caller.late for _, caller in asked])
        return float(gain(late, np.array(warned)).sum())


# What goes wrong


def _shifted(body: Body) -> list[Body]:
    """The clock on the wall, called UTC."""

    def wall(text: str | None) -> str | None:
        if text is None:
            return None
        local = served_by._read(text).astimezone(NEW_YORK)
        return f"{local:%Y-%m-%dT%H:%M:%SZ}"

    rows = [
        {**row, "due": wall(row["due"]), "left": wall(row["left"])}
        for row in body["flights"]
    ]
    return [{**body, "flights": rows}]


def _renamed(body: Body) -> list[Body]:
    rows = []
    for row in body["flights"]:
        other = {k: v for k, v in row.items() if k != "left"}
        rows.append({**other, "departed": row["left"]})
    return [{**body, "flights": rows}]


def _recoded(body: Body) -> Body:
    return {**body, "carrier": RENAMED.get(body["carrier"], body["carrier"])}


def _late_twice(body: Body) -> list[Body]:
    """A queue that tries again when its answer was slow, and late ones are."""
    again = [
        row
        for row in body["flights"]
        if served_by._read(row["left"]) - served_by._read(row["due"])
        > timedelta(minutes=15)
    ]
    return [{**body, "flights": body["flights"] + again}]


def _in_km(row: Body, _: float, __: Watch) -> Body:
    """Other units, and nobody has changed what the message says of them."""
    changed = {
        name: None if row[name] is None else 1.609344 * row[name]
        for name in ("visib", "wind_speed")
    }
    return {**row, **changed}


def _zeros(row: Body, _: float, __: Watch) -> Body:
    return {**row, **dict.fromkeys(SEEN, 0.0)}


def _slow(row: Body, seconds: float, watch: Watch) -> Body:
    watch.waited += min(seconds, SLOW)
    if seconds < SLOW:
        raise TimeoutError(f"no answer within {seconds} s")
    return row


def _down(_: Body, __: float, ___: Watch) -> Body:
    raise ConnectionRefusedError("connection refused")


# What somebody does


def _once(play: Play, name: str, when: datetime) -> bool:
    """Whether it is time for something that is done once."""
    if name in play.notes or play.now < when:
        return False
    play.notes[name] = play.now
    return True


def _hand(play: Play) -> bool:
    """Whether somebody, told half an hour ago, now does something."""
    ring = play.first_ring
    return ring is not None and _once(play, "hand", ring.since + ACTS)


def _expect(play: Play, true: bool, otherwise: str) -> None:
    if not true:
        play.failures.append(otherwise)


def _command(play: Play, *words: str) -> tuple[int, str]:
    """One command of whoever is on call, and what it said."""
    assert play.house is not None
    now = ["--folder", str(play.house.folder), "--now", play.now.isoformat()]
    said = io.StringIO()
    with redirect_stderr(said), redirect_stdout(said):
        code = served_by.main([*words, *now])
    return code, said.getvalue()


def _half_a_file(play: Play) -> None:
    """A copy of the model that broke off; half an hour later, a hand."""
    broke = play.at(play.drill.broke)
    if play.house is None:
        return
    folder = play.house.folder
    releases = Releases(folder / "releases", PARTS)
    if _once(play, "fault", broke):
        path = releases.current().folder / PARTS[0]
        whole = path.read_bytes()
        path.chmod(0o600)
        path.write_bytes(whole[: len(whole) // 2])
        fresh = Service(folder=folder, clock=lambda: play.now)
        with closing(fresh):
            fields = [why.field for why in fresh.state().problems]
            _expect(play, "release" in fields, "a restart takes half a file")
    if _hand(play):
        why = "model.json is damaged"
        code, said = _command(
            play, "rollback", "--owner", "kim", "--reason", why
        )
        _expect(play, code == 0, f"rollback: {said}")


def _flipped(play: Play) -> None:
    """Without a reason, first by the command and then past it."""
    if play.house is None:
        return
    path = play.house.folder / "switch.db"
    if _once(play, "fault", play.at(play.drill.broke)):
        code, _ = _command(play, "off", "--owner", "kim")
        _expect(play, code == 2, "the switch turns without a reason")
        with closing(sqlite3.connect(path)) as db, db:
            db.execute(
                "INSERT INTO change (name, at, who, why, owner, before, after,"
                " review_by, seal) SELECT name, at, who, '', owner, after,"
                " 'off', NULL, seal FROM change ORDER BY seq DESC LIMIT 1"
            )
    if _hand(play):  # the file is evidence, and a new one begins
        path.rename(path.with_name("switch.evidence"))
        switch = KillSwitch(path, notify=lambda _: None)
        switch.create()
        who, why = "kim", "turned past the switch, without a reason"
        switch.add(SWITCH, owner=OWNER, who=who, why=why, now=play.now)
        switch.turn(SWITCH, "on", who=who, why=why, now=play.now)


def _killed_rollback(play: Play) -> None:
    """Killed before each step of it in turn, until one is through."""
    if play.house is None or not _once(
        play, "fault", play.at(play.drill.broke)
    ):
        return
    root = play.house.folder / "releases"
    releases = Releases(root, PARTS)
    before = releases.current().name
    earlier = releases.history()[-1].before
    for step in range(100):
        done = subprocess.run(
            [sys.executable, "-c", ROLL_BACK, str(root), before, str(step)],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
        )
        now = Releases(root, PARTS).current().name
        _expect(play, now in (before, earlier), f"step {step} left {now}")
        status, said = play.send("GET", "/readyz", play.now, None)
        _expect(play, status == 200, f"step {step}: {said}")
        if now == earlier:
            break
        killed = done.returncode == -signal.SIGKILL
        _expect(play, killed, f"step {step}: {done.stderr[-200:]}")
    play.notes["steps"] = step
    _expect(play, now == earlier, "the rollback never came through")
    _expect(play, step >= 5, f"killed {step} times only")
    why = "the drill is over"
    releases.switch(before, leaving=now, who="kim", why=why, now=play.now)


ROLL_BACK: Final = """
import os, signal, sys
from datetime import UTC, datetime
from pathlib import Path
from snippets.hardening.rollback import Releases

releases = Releases(Path(sys.argv[1]), ("model.json",))
steps, armed = int(sys.argv[3]), False

def die(event, _):
    global steps
    if armed and event in ("open", "os.rename", "fcntl.flock"):
        if steps == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        steps -= 1

sys.addaudithook(die)
now = datetime(2013, 12, 9, tzinfo=UTC)
armed = True
releases.back(sys.argv[2], who="kim", why="drill", now=now)
armed = False
"""


def _full_disk(play: Play) -> None:
    """No file may grow further; then somebody makes room."""
    if not isinstance(play.house, Process):
        return
    log = play.house.folder / "predictions.db-wal"
    if _once(play, "fault", play.at(play.drill.broke)):
        play.house.limit(log.stat().st_size)
    if _hand(play):
        play.house.limit(resource.RLIM_INFINITY)


def _killed_write(play: Play) -> None:
    """Three times; what watches over the process starts it again."""
    if not isinstance(play.house, Process):
        return
    if not play.house.alive:
        play.notes["deaths"] = play.notes.get("deaths", 0) + 1
        play.house.start(play.now)
    for minutes, moment in (0, "INSERT"), (20, "COMMIT"), (40, "the end"):
        when = play.at(play.drill.broke) + timedelta(minutes=minutes)
        if _once(play, moment, when):
            (play.house.folder / "die").write_text(moment)
    if _once(play, "count", play.at(play.drill.mended)):
        deaths = play.notes.get("deaths", 0)
        _expect(play, deaths == 3, f"killed {deaths} times, not 3")


VICTIM: Final = """
import os, signal, sys
from pathlib import Path
from snippets.flights import service
from snippets.hardening.prediction_log import PredictionLog

order = Path(sys.argv[sys.argv.index("--folder") + 1], "die")
write = PredictionLog.write

def die():
    os.kill(os.getpid(), signal.SIGKILL)

def fatal(log, *made):
    if not order.exists():
        return write(log, *made)
    moment = order.read_text()
    order.unlink()
    log._db.set_trace_callback(lambda sql: sql.startswith(moment) and die())
    write(log, *made)
    die()

PredictionLog.write = fatal
sys.exit(service.main(sys.argv[1:]))
"""


class Process:
    """A service that can be killed, or run out of disk.

    Args:
        folder: Where it runs.
        weather: URL of the weather.
        now: Simulated time.
    """

    def __init__(self, folder: Path, weather: str, now: datetime) -> None:
        self.folder, self._weather = folder, weather
        self._open = ExitStack()
        self.start(now)

    def start(self, now: datetime) -> None:
        """Start it, or start it again."""
        self.close()
        command = [sys.executable, "-c", VICTIM, "serve", "--port", "0"]
        command += ["--folder", str(self.folder), "--weather", self._weather]
        command += ["--now", now.isoformat(), "--durability", "process"]
        self._process = subprocess.Popen(
            command,
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            start_new_session=True,
        )
        self._open.callback(self._stop, self._process)
        assert self._process.stdout is not None
        url, *_ = [*self._process.stdout.readline().split(), ""]
        if not url:
            raise RuntimeError("the service did not start")
        http = httpx.Client(base_url=url, timeout=30)
        self._http = self._open.enter_context(http)

    @property
    def alive(self) -> bool:
        """Whether it runs."""
        return self._process.poll() is None

    def limit(self, size: int) -> None:
        """No file of it may be longer; the disk is full, for it."""
        limits = (size, resource.RLIM_INFINITY)
        resource.prlimit(self._process.pid, resource.RLIMIT_FSIZE, limits)

    def send(
        self, method: str, path: str, now: datetime, body: Body | None
    ) -> tuple[int, str]:
        """One request; status 0 if nobody is there."""
        headers = {"X-Now": now.isoformat()}
        try:
            said = self._http.request(method, path, json=body, headers=headers)
        except httpx.TransportError as error:
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(5)  # or the next look finds it alive
            return 0, str(error)
        return said.status_code, said.text

    def close(self) -> None:
        """Stop it, and let go of what belongs to it."""
        self._open.close()

    @staticmethod
    def _stop(process: subprocess.Popen[str]) -> None:
        if process.poll() is None:
            process.send_signal(signal.SIGINT)
        try:
            process.communicate(timeout=20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()


# The drills in the order of the page

HALF_HOUR: Final = 45 * 60  # the limit of the feed, `for` and a scrape
DRILLS: Final = (
    Drill(
        name="feed-stale",
        fault="The feed stops for 6 h",
        alone="takes all for waiting",
        survives="lower rungs after 30 min",
        limit=HALF_HOUR,
        feed=lambda _: [],
    ),
    Drill(
        name="feed-frozen",
        fault="The feed says for 6 h that nothing left",
        alone="takes all for waiting",
        survives="stale by the schedule",
        limit=60 * 60,
        feed=lambda body: [{**body, "flights": []}],
    ),
    Drill(
        name="field-renamed",
        fault="`left` is called `departed`",
        alone="takes all for waiting",
        survives="422, then lower rungs",
        limit=HALF_HOUR,
        feed=_renamed,
    ),
    Drill(
        name="unit-changed",
        fault="Miles become kilometres, unsaid",
        alone="reads the numbers",
        survives="refuses what is too large",
        limit=HALF_HOUR,
        sky=_in_km,
    ),
    Drill(
        name="time-zone",
        fault="The feed sends local time as UTC",
        alone="takes all for waiting",
        survives="stale by the schedule",
        limit=60 * 60,
        feed=_shifted,
    ),
    Drill(
        name="sentinel-zeros",
        fault="Dead sensors say 0",
        alone="reads the numbers",
        survives="holds all weather",
        limit=HALF_HOUR,
        sky=_zeros,
    ),
    Drill(
        name="unknown-carrier",
        fault="A carrier gets another code",
        alone="reads a gap",
        survives="the table for its flights",
        limit=HALF_HOUR,
        feed=lambda body: [
            {**body, "flights": [_recoded(row) for row in body["flights"]]}
        ],
        ask=_recoded,
    ),
    Drill(
        name="duplicates",
        fault="Late departures come twice, labels three times",
        alone="counts them all",
        survives="counts them once",
        limit=None,
        feed=_late_twice,
        labels=lambda sent: [sent, sent, sent],
    ),
    Drill(
        name="late-labels",
        fault="No labels for 7 h, then all",
        alone="answers as before",
        survives="answers as before",
        limit=4 * 3600,
        begins=4,
        broke=12,
        mended=19,
        ends=20,
        labels=lambda _: [],
    ),
    Drill(
        name="slow-dependency",
        fault="The weather takes ten minutes",
        alone="waits, and comes too late",
        survives="the table, within a second",
        limit=HALF_HOUR,
        sky=_slow,
    ),
    Drill(
        name="dependency-down",
        fault="The weather is down",
        alone="stops",
        survives="the table",
        limit=HALF_HOUR,
        sky=_down,
    ),
    Drill(
        name="model-corrupt",
        fault="Half of the model file",
        alone="stops",
        survives="answers from memory; rolled back",
        limit=15 * 60,
        step=_half_a_file,
    ),
    Drill(
        name="disk-full",
        fault="The disk of the log is full",
        alone="has no log",
        survives="503 until there is room",
        limit=10 * 60,
        begins=10,
        ends=13,
        mended=12,
        step=_full_disk,
        real=True,
        days=DAYS[1:],
    ),
    Drill(
        name="killed-log",
        fault="Killed in the middle of a log write",
        alone="stops",
        survives="starts again with all it said",
        limit=None,
        ends=13,
        mended=12,
        step=_killed_write,
        real=True,
        days=DAYS[1:],
    ),
    Drill(
        name="killed-rollback",
        fault="Killed in the middle of a rollback",
        alone="stops",
        survives="the old release or the new one",
        limit=None,
        ends=12,
        mended=12,
        step=_killed_rollback,
    ),
    Drill(
        name="flag-flipped",
        fault="The flag is off, without a reason",
        alone="warns nobody",
        survives="refuses; past the command: off, with an alarm",
        limit=15 * 60,
        step=_flipped,
    ),
    Drill(
        name="worthless-release",
        fault="A release that learned from shuffled outcomes",
        alone="serves it",
        survives="keeps it in the shadow",
        limit=6 * 3600,
        begins=10,
        broke=10,
        candidate=True,
    ),
    Drill(
        name="ditch",
        fault="Retrained on outcomes read too early",
        alone="serves it",
        survives="the recount says: look first",
        limit=31 * 24 * 3600,
    ),
)
NAMES: Final = tuple(drill.name for drill in DRILLS)
CRASHES: Final = ("model-corrupt", "killed-log", "killed-rollback")


# The run


class Bench:
    """What all drills share: days, releases, clean runs.

    Args:
        folder: Where copies of the service are made.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.worlds = {date: World(date) for date in DAYS}
        self.made = folder / "made"
        starts = self.worlds[DAYS[0]].starts
        prepare(self.made, starts, _unhurried())
        releases = Releases(self.made / "releases", PARTS)
        self.good = Loaded.read(releases.current())
        parts = {
            part: (releases.current().folder / part).read_bytes()
            for part in PARTS
        }
        train = load().train
        shuffled = np.random.default_rng(0).permutation(train["arr_delay"])
        train = Flights({**train.columns, "arr_delay": shuffled})
        parts["model.json"] = served_by._trained(HARDENED, train)
        made = releases.add(parts, {"trained": "shuffled outcomes"})
        self.worthless = Loaded.read(made)
        self._clean: dict[str, Play] = {}

    def clean(self, date: str) -> Play:
        """The day with nothing wrong, played once."""
        if date not in self._clean:
            quiet = Drill(
                name="clean",
                fault="",
                alone="",
                survives="",
                limit=None,
                begins=4,
                ends=20,
                broke=0,
                mended=0,
            )
            play, _ = self.serve(quiet, date)
            rang = [ring.alert for ring in play.pager.rang]
            assert not rang, f"{date}: {rang} without a fault"
            self._clean[date] = play
        return self._clean[date]

    def serve(self, drill: Drill, date: str) -> tuple[Play, Path]:
        """One day of one drill, in front of the service."""
        world = self.worlds[date]
        folder = Path(tempfile.mkdtemp(dir=self.folder), "service")
        shutil.copytree(self.made, folder)
        with ExitStack() as stack:
            house: House | Process
            if drill.real:
                watch = Watch(SimulatedClock(world.starts))
                asked = sky(world, drill, watch)
                url = stack.enter_context(weather_server(asked))
                house = Process(folder, url, world.starts)
            else:
                candidate = self.worthless.name if drill.candidate else ""
                house = House(folder, world, drill, candidate)
            stack.callback(house.close)
            play = Play(world, drill, house.send, house).play()
        return play, folder

    def alone(self, drill: Drill, date: str) -> Play:
        """The same day, in front of the notebook."""
        world = self.worlds[date]
        watch = Watch(SimulatedClock(world.starts))
        loaded = self.worthless if drill.candidate else self.good
        notebook = Notebook(loaded, sky(world, drill, watch), watch)

        def send(
            method: str, path: str, now: datetime, body: Body | None
        ) -> tuple[int, str]:
            broken = _broken(drill, now)
            gone = broken and drill.name in CRASHES
            notebook.model = None if gone else loaded.model
            if broken and drill.name == "flag-flipped":
                return 503, "the flag is off"
            return notebook.send(method, path, now, body)

        return Play(world, drill, send).play()

    def run(self, drill: Drill) -> Found:
        """One drill, on each of its days."""
        if drill.name == "ditch":
            return ditch(drill)
        lost = notebook = 0.0
        unseen, failures = 0, list[str]()
        rings: list[tuple[float, str]] = []
        for date in drill.days:
            clean = self.clean(date)
            play, folder = self.serve(drill, date)
            window = Play(play.world, drill, play.send)
            window.answers = clean.answers
            lost += window.points() - play.points()
            notebook += window.points() - self.alone(drill, date).points()
            silent, late = _silent(play, clean)
            unseen += silent
            said = [*play.failures, *_forgotten(play, folder)]
            if late:
                said.append(f"{late} answers silently wrong after the limit")
            if play.statuses.get(500):
                said.append(f"{play.statuses[500]} requests ended in a 500")
            ring = play.first_ring
            if ring is not None:
                after = ring.since - play.at(drill.broke)
                who = ring.owner if ring.page else f"{ring.owner} (ticket)"
                rings.append((after.total_seconds(), who))
            if drill.limit is not None and ring is None:
                said.append("nobody was told")
            failures += [f"{date}: {why}" for why in said]
        slowest = max(rings) if len(rings) == len(drill.days) else None
        limit = math.inf if drill.limit is None else drill.limit
        if slowest is not None and slowest[0] > limit:
            failures.append(f"told after {slowest[0]:.0f} s")
        return Found(
            name=drill.name,
            passed=not failures,
            lost=lost,
            detected_after_s=None if slowest is None else int(slowest[0]),
            paged="nobody" if slowest is None else slowest[1],
            notebook=notebook,
            unseen=unseen,
            failures=tuple(failures),
        )


def _unhurried() -> bytes:
    """The settings of the service with a real wait of ten seconds for a body.

    All other waits are counted by the simulated watch.
    """
    text = FILE.read_text("utf-8")
    return text.replace("body_seconds = 5.0", "body_seconds = 10.0").encode()


def _silent(play: Play, clean: Play) -> tuple[int, int]:
    """Answers changed without a reason, within the limit and after it."""
    within = late = 0
    drill = play.drill
    limit = timedelta(seconds=drill.limit or 0)
    for i, said in play.answers.items():
        right = clean.answers[i]
        if (
            said["rung"] == "model"
            and said["release"] == right["release"]
            and said["decision"] != right["decision"]
        ):
            at = play.world.callers[i].at
            if at <= play.at(drill.broke) + limit:
                within += 1
            else:
                late += 1
    return within, late


def _forgotten(play: Play, folder: Path) -> Iterator[str]:
    """What was acknowledged and is not in the log as it was said."""
    with PredictionLog(
        folder / "predictions.db",
        fields=served_by.LOGGED,
        clock=lambda: play.now,
        durability="process",
    ) as log:
        kept = {record.id: record for record in log.records()}
    for said in play.answers.values():
        record = kept.get(said["request_id"])
        if record is None:
            yield f"{said['request_id']} was answered and is not in the log"
        elif any(
            record.output[name] != said[name]
            for name in ("rung", "decision", "probability")
        ):
            yield f"{said['request_id']} says something else in the log"
    for id, minutes in play.labels.items():
        told = {one.value for one in kept[id].outcomes} if id in kept else ()
        if set(told) != {minutes}:
            yield f"{id}: the label {minutes} is {told} in the log"


def ditch(drill: Drill) -> Found:
    """July is over, and its outcomes, as June's, were read too early."""
    flights = load()
    month = 8
    told = early(Flights({**flights.columns}))
    train = flights.train
    asked = flights.where(flights.labelled & (flights["month"] == month))

    def answers(fitted: Any, on: Flights) -> Floats:
        with threadpool_limits(1):
            p: Floats = fitted.predict_proba(on.matrix(HARDENED.columns))[:, 1]
        return p

    champion = HARDENED.fit(train)
    broken = HARDENED.fit(told.where(known(told, month)))
    points = [
        gain(asked.late, answers(model, asked)) for model in (champion, broken)
    ]
    last = flights.labelled & (flights["month"] == month - 1)
    rates = [side.late[last].mean() for side in (told, flights)]
    said = due(
        datetime(2013, month, 1, tzinfo=UTC),
        datetime(2013, month - 3, 1, tzinfo=UTC),
        max_age=timedelta(days=28),
        rings={"calendar": True},
        broken={"recount": bool(abs(rates[0] - rates[1]) > 0.01)},
        new_cases=int(last.sum()),
        min_cases=1_000,
    )
    failures = () if said.answer == "look first" else (said.answer,)
    return Found(
        name=drill.name,
        passed=not failures,
        lost=0.0,
        detected_after_s=30 * 24 * 3600,
        paged="model team (the job asks)",
        notebook=float((points[0] - points[1]).sum()),
        unseen=0,
        failures=failures,
    )


def run(names: Sequence[str] = NAMES) -> list[Found]:
    """Run some drills, or all of them.

    Args:
        names: Which.

    Returns:
        What each found, in the order of `DRILLS`.

    Raises:
        ValueError: A name is not one of `DRILLS`.
    """
    unknown = sorted(set(names) - set(NAMES))
    if unknown:
        known_names = ", ".join(NAMES)
        raise ValueError(f"only must be of {known_names}; got {unknown[0]!r}")
    with tempfile.TemporaryDirectory() as tmp:
        bench = Bench(Path(tmp))
        return [bench.run(drill) for drill in DRILLS if drill.name in names]


def report(found: Sequence[Found]) -> str:
    """The results as text for a terminal, 79 columns at most.

    Args:
        found: What `run` returns.

    Returns:
        Text without a final line break.
    """
    lines = [
        f"{'':<18}{'points lost':>15}{'told':>8}",
        f"{'':<18}{'alone':>7}{'service':>8}{'after':>8}  who",
    ]
    for one in found:
        after = _span(one.detected_after_s)
        failed = "" if one.passed else "  FAILED"
        lost = f"{one.notebook:7.0f}{one.lost:8.0f}"
        lines.append(f"{one.name:<18}{lost}{after:>8}  {one.paged}{failed}")
        lines += [f"  {why}"[:79] for why in one.failures[:4]]
    passed = sum(one.passed for one in found)
    lines += ["", f"{passed} of {len(found)} passed. The money is invented."]
    return "\n".join(lines)


def _span(seconds: int | None) -> str:
    if seconds is None:
        return "-"
    if seconds == 0:
        return "at once"
    if seconds >= 24 * 3600:
        return f"{seconds // (24 * 3600)} days"
    return f"{seconds // 60} min"


def table(found: Sequence[Found]) -> str:
    """The results as a Markdown table of four columns, for a phone.

    Args:
        found: What `run` returns.

    Returns:
        One row for each drill, without a final line break.
    """
    lines = ["| Fault | Alone | Service | Told |", "|---|---|---|---|"]
    drills = {drill.name: drill for drill in DRILLS}
    for one in found:
        drill = drills[one.name]
        after = _span(one.detected_after_s)
        told = "nobody" if after == "-" else f"{after}: {one.paged}"
        mark = "" if one.passed else " **failed**"
        lines.append(
            f"| {drill.fault}{mark} | {_points(one.notebook)}: {drill.alone} "
            f"| {_points(one.lost)}: {drill.survives} | {told} |"
        )
    return "\n".join(lines)


def _points(lost: float) -> str:
    return f"{round(lost)}".replace("-", "\u2212")


def main(argv: Sequence[str] | None = None) -> int:
    """The command line.

    Args:
        argv: Arguments; those of the process if left out.

    Returns:
        0, or 2 if a name is not one of `DRILLS`. A drill that failed is a
        finding, and not an error of the run.
    """
    parser = argparse.ArgumentParser(
        prog="python -m snippets.flights.drills", allow_abbrev=False
    )
    kinds = parser.add_mutually_exclusive_group()
    kinds.add_argument("--json", action="store_true")
    kinds.add_argument("--table", action="store_true", help="as Markdown")
    parser.add_argument("--only", action="append", metavar="NAME")
    given = parser.parse_args(argv)
    try:
        found = run(given.only or NAMES)
    except ValueError as error:
        print(f"drills: {error}", file=sys.stderr)
        return 2
    if given.json:
        keys = ("name", "passed", "lost", "detected_after_s", "paged")
        told = [{key: getattr(one, key) for key in keys} for one in found]
        print(json.dumps(told, indent=2))
    else:
        print(table(found) if given.table else report(found))
    return 0


# Output: --table
if __name__ == "__main__":
    sys.exit(main())
