"""What do contract, log and metrics cost a service, and what if it is flooded?

usage: service.py

Starts the service of the case, the same without some of its parts, its model
alone and an endpoint that does nothing, in turn, each as a process of its
own. locust asks over loopback from the other core: first as fast as it is
answered, then at one rate for all. Last, strangers flood the service for some
seconds beside its usual callers. Everything is a ratio, since the numbers are
this machine's. Needs Linux and two cores, takes some eleven minutes, makes an
environment for locust, writes results/service.json and service_result.md.
"""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, fields
from datetime import UTC, datetime, timedelta
from functools import cache
from http import HTTPStatus
from pathlib import Path
from statistics import median
from typing import Any, NoReturn

import numpy as np
from fastapi import FastAPI, Request
from numpy.typing import NDArray

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from scripts.bench.drift import machine
from scripts.environment import CACHE, ROOT, VERSION, environment
from snippets.flights.replay import World
from snippets.flights.service import (
    SETTINGS,
    SWITCH,
    Ask,
    Case,
    Events,
    Service,
    SimulatedClock,
    _listening,
    _run,
    create_app,
    prepare,
)

LOCUST = "locust==2.47.0"
HERE = Path(__file__).parent
RESULTS = HERE / "results"
NOON = datetime(2013, 12, 9, 17, tzinfo=UTC)
LIMIT, MODEL, ALL = "an empty endpoint", "the model alone", "the service"
TYPES = "without types at the door and contract of the weather"
LOG, DISK = "without the log", "with a log that does not wait for the disk"
METRICS = "without metrics"
ASKING = "without asking each time for switch and release"
VARIANTS = (LIMIT, MODEL, ALL, TYPES, LOG, DISK, METRICS, ASKING)
ROUNDS, SECONDS, CALLERS = 4, 6, 8
FLOODS, PHASE, USUAL, STRANGERS = 3, 12, 100, 1_000


@cache
def one_from_each_airport() -> list[dict[str, Any]]:
    """Flights that may be asked about at noon."""
    soon = {
        caller.ask["origin"]: caller.ask
        for caller in World("2013-12-09").callers
        if NOON - timedelta(minutes=30) < caller.at <= NOON
    }
    if len(soon) != 3:
        stop(f"flights of {sorted(soon)} only")
    return list(soon.values())


class Nothing:
    """Counts nothing, whatever it is asked to count."""

    def __getattr__(self, _: str) -> Any:
        return self

    def __call__(self, *_: object, **__: object) -> Any:
        return self


def changed(variant: str) -> dict[str, Any]:
    """What a variant does otherwise than the service."""

    def unlogged(self: Any, _: Ask, case: Case, *__: object) -> None:
        self.case = case

    def remembered(self: Any) -> Any:
        if self._loaded is None:
            Service.current(self)
        return self._loaded, self._ladder

    return {
        MODEL: {"_write": unlogged},
        LOG: {"_write": unlogged},
        TYPES: {"_held": lambda *_: ""},
        ASKING: {"current": remembered},
    }.get(variant, {})


def application(variant: str, folder: Path) -> Any:
    """The ASGI application of one variant, on a stormy noon."""
    bare = FastAPI()
    if variant == LIMIT:

        @bare.post("/predict")
        async def empty() -> dict[str, float]:
            return {"probability": 0.5}

        return bare

    world, clock = World("2013-12-09"), SimulatedClock(NOON)
    service = type("Variant", (Service,), changed(variant))(
        folder=folder,
        clock=clock,
        weather=world.weather,
        durability="process" if variant == DISK else "power",
    )
    for flights in (world.schedule(), world.departures(None, NOON)):
        sent = {"as_of": NOON.isoformat(), "flights": flights}
        service.feed.tell(Events.model_validate(sent), NOON)
    for body in one_from_each_airport():
        ask = Ask.model_validate(body)
        if service.predict(ask, service.ticks()).rung != "model":
            stop("another rung than the model answers")
    if variant == MODEL:
        loaded, _ = service.current()

        @bare.post("/predict")
        async def model(request: Request) -> dict[str, float]:
            await request.json()
            return {"probability": loaded.by_model(service.case).value}

        return bare
    if variant == METRICS:
        service.metrics = Nothing()
    if variant == ASKING:
        state = service.switch.read(SWITCH, now=NOON)
        service.switch.read = lambda *_, **__: state
    app = create_app(service)
    if variant == TYPES:
        routes = app.router.routes
        routes[:] = [r for r in routes if getattr(r, "path", "") != "/predict"]

        @app.post("/predict")
        async def trusting(request: Request) -> Any:
            sent = await request.json()
            due = datetime.fromisoformat(sent["due"])
            ask = Ask.model_construct(None, **{**sent, "due": due})
            return await asyncio.get_running_loop().run_in_executor(
                service.threads["/predict"],
                service.predict,
                ask,
                request.state.started,
            )

    return app


def serve(variant: str, folder: Path) -> None:
    """Be the server; says its address once it listens."""
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    app = application(variant, folder)
    with _listening(0) as listening, suppress(KeyboardInterrupt):
        print(listening.getsockname()[1], flush=True)
        # locust trips over lines that are closed
        _run(app, listening, timeout_keep_alive=60)


@contextmanager
def running(variant: str, made: Path) -> Iterator[str]:
    """The address of a server of its own process, on its own folder."""
    with tempfile.TemporaryDirectory() as tmp:
        folder = Path(tmp) / "service"
        shutil.copytree(made, folder)
        command = [sys.executable, __file__, "--serve", variant, str(folder)]
        with subprocess.Popen(
            command, stdout=subprocess.PIPE, text=True, cwd=ROOT
        ) as process:
            assert process.stdout is not None
            try:
                yield f"http://127.0.0.1:{int(process.stdout.readline())}"
            finally:
                process.send_signal(signal.SIGINT)
                process.communicate(timeout=20)


@cache
def locust() -> Path:
    """The Python of an environment with locust; made at the first call."""
    facts = [f"Python {VERSION}: {LOCUST}"]
    return environment(CACHE / "bench-service", facts, [LOCUST])


@dataclass(frozen=True)
class Answers:
    """Who asked and when, how long it took, and what came back."""

    usual: NDArray[np.bool_]
    start: NDArray[np.float64]
    took: NDArray[np.float64]
    status: NDArray[np.int64]
    retry: NDArray[np.bool_]

    def where(self, kept: NDArray[np.bool_]) -> Answers:
        """Some of them."""
        return Answers(*(getattr(self, f.name)[kept] for f in fields(self)))

    def between(self, first: float, last: float) -> Answers:
        """Those that were asked for within these times."""
        return self.where((first <= self.start) & (self.start < last))

    @property
    def shed(self) -> NDArray[np.bool_]:
        """Which were turned away."""
        return self.status == HTTPStatus.SERVICE_UNAVAILABLE

    def took_at(self, *quantiles: float) -> list[float]:
        """Quantiles of the seconds that answers with 200 took."""
        took = self.took[self.status == HTTPStatus.OK]
        return [float(q) for q in np.quantile(took, quantiles)]


def asked(
    url: str,
    seconds: float,
    usual: tuple[int, float],
    strangers: tuple[int, float] = (0, 0),
) -> Answers:
    """All answers to so many users with so many requests a second."""
    bodies = one_from_each_airport()
    with tempfile.TemporaryDirectory() as tmp:
        lines = Path(tmp) / "lines"
        more = {
            "USUAL": f"{usual[0]} {usual[1]}",
            "STRANGERS": f"{strangers[0]} {strangers[1]}",
            "FROM": str(PHASE),
            "TO": str(2 * PHASE),
            "BODIES": json.dumps([json.dumps(body) for body in bodies]),
            "LINES": str(lines),
        }
        users = str(usual[0] + strangers[0])
        done = subprocess.run(
            [
                *(locust(), "-m", "locust", "--headless", "--only-summary"),
                *("-f", HERE / "service_load.py", "--host", url),
                *("-u", users, "-r", users, "-t", f"{seconds}s"),
                *("--stop-timeout", "5"),
            ],
            env={**os.environ, **more},
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            stop(f"locust: {done.stderr[-2_000:]}")
        rows = [line.split() for line in lines.read_text("utf-8").splitlines()]
    who, start, took, status, retry = zip(*rows, strict=True)
    return Answers(
        np.array(who) == "Usual",
        np.array(start, float),
        np.array(took, float),
        np.array(status, int),
        np.array(retry) != "-",
    )


def measured(
    variant: str, made: Path, usual: tuple[int, float]
) -> tuple[float, float, float]:
    """Rate, p50 and p99 of a variant; the first second does not count."""
    with running(variant, made) as url:
        got = asked(url, SECONDS, usual)
    got = got.between(got.start.min() + 1, np.inf)
    if set(got.status) != {HTTPStatus.OK}:
        stop(f"{variant} answered {sorted(set(got.status))}")
    rate = len(got.start) / float(np.ptp(got.start))
    p50, p99 = got.took_at(0.5, 0.99)
    print(f"{variant}: {rate:.0f} a second, p50 {p50:.4f}, p99 {p99:.4f}")
    return rate, p50, p99


def costs(made: Path) -> dict[str, dict[str, list[float]]]:
    """Of each turn: what it can, and how long it takes at half of that."""
    found: dict[str, dict[str, list[float]]] = {
        name: {"rate": [], "p50": [], "p99": []} for name in VARIANTS
    }
    for _ in range(ROUNDS):
        for name in VARIANTS:
            found[name]["rate"].append(measured(name, made, (CALLERS, 0))[0])
    half = median(found[ALL]["rate"]) / 2
    for _ in range(ROUNDS):
        for name in VARIANTS:
            _, p50, p99 = measured(name, made, (USUAL, half))
            found[name]["p50"].append(p50)
            found[name]["p99"].append(p99)
    return found


def flood(made: Path, sustainable: float) -> dict[str, float]:
    """Half of what it can, and for some seconds 1.6 times as much on top."""
    with running(ALL, made) as url:
        got = asked(
            url,
            3 * PHASE,
            (USUAL, 0.5 * sustainable),
            (STRANGERS, 1.6 * sustainable),
        )
    strange = got.where(~got.usual)
    began = float(strange.start.min())
    ended = float((strange.start + strange.took).max())
    before = got.between(got.start.min() + 3, began)
    during, after = got.between(began, ended), got.between(ended, np.inf)
    known = (HTTPStatus.OK, HTTPStatus.SERVICE_UNAVAILABLE)
    if not np.isin(got.status, known).all() or not got.retry[got.shed].all():
        stop(f"the flood was answered {sorted(set(got.status))}")
    if before.shed.any():
        stop("half of what it can is too much")
    refused = after.start[after.shed]
    span = (ended - began) * sustainable
    p50, p99 = before.took_at(0.5, 0.99)
    found = {
        "asked": len(during.start) / span,
        "answered": float((~during.shed).sum()) / span,
        "shed": float(during.shed.mean()),
        "shed_usual": float(during.shed[during.usual].mean()),
        "p50_answered": during.took_at(0.5)[0] / p50,
        "slowest_s": during.took_at(1)[0],
        "p50_shed": float(np.median(during.took[during.shed])) / p50,
        "last_shed_s": float(refused.max()) - ended if len(refused) else 0.0,
        "p50_after": after.took_at(0.5)[0] / p50,
        "p99_after": after.took_at(0.99)[0] / p99,
    }
    print({name: round(value, 2) for name, value in found.items()})
    return found


def stop(why: str) -> NoReturn:
    """Say why nothing is written."""
    raise SystemExit(f"service.py: {why}")


def ratio(value: float) -> str:
    """Two digits."""
    return (
        f"{value:.2f}" if round(value, 2) < 1 else f"{value:#.2g}".rstrip(".")
    )


def spread(values: list[float], form: Callable[[float], str] = ratio) -> str:
    """The median, with the lowest and the highest where they differ."""
    low, middle, high = map(form, (min(values), median(values), max(values)))
    return middle if low == high else f"{middle} ({low} to {high})"


def percent(value: float) -> str:
    """A share."""
    return f"{value:.0%}"


def table(found: dict[str, Any]) -> str:
    """What the page shows."""
    variants, base = found["variants"], found["variants"][ALL]
    lines = [
        "| What answers (the service: 1.0) | Answers a second | p50 | p99 |",
        "|---|---|---|---|",
    ]
    for name in VARIANTS:
        cells = [
            spread(
                [one / own for one, own in zip(turns, base[key], strict=True)]
            )
            for key, turns in variants[name].items()
        ]
        lines.append(f"| {name} | {' | '.join(cells)} |")
    floods, m = found["floods"], found["machine"]

    def all_of(key: str, form: Callable[[float], str] = ratio) -> str:
        return spread([one[key] for one in floods], form)

    late = max(one["last_shed_s"] for one in floods)
    deadline = found["deadline_s"]
    lines += [
        "",
        f"Measured on {found['made']}: {m['processor']}, {m['cores']} cores, "
        "one for the server and one for the callers; medians, lowest and "
        f"highest of {ROUNDS} turns; Python {m['python']}. Answers a second "
        f"are those to {CALLERS} callers who ask again as soon as they are "
        "answered. "
        "p50 and p99 are taken at half of the service's rate, from "
        f"{USUAL} callers who come by chance. The first two rows are lower "
        "limits, since the callers may have been the slower side.",
        "",
        "**The flood.** The usual callers ask half as often as the service "
        f"can answer. For {PHASE} seconds strangers come on top, so that it "
        f"is asked {all_of('asked')} times as often as it can answer. It "
        f"refuses {all_of('shed', percent)} of all requests with 503 and "
        f"`Retry-After`, and {all_of('shed_usual', percent)} of those of the "
        "usual callers: it cannot tell who is who. The others are answered, "
        f"at {all_of('answered')} of the rate that it can keep, because a "
        "refusal takes time too. Half of the answers take more than "
        f"{all_of('p50_answered')} times the p50 before the flood: others "
        "stand before them. The slowest took "
        f"{percent(max(x['slowest_s'] for x in floods) / deadline)} of the "
        f"deadline. A refusal takes {all_of('p50_shed')} times that p50.",
        "",
        "**After it.** "
        + (
            f"{late:.1f} seconds after the last answer to a stranger somebody "
            "was refused, and nobody later. "
            if late
            else "Nobody was refused any more. "
        )
        + f"p50 was {all_of('p50_after')} and p99 {all_of('p99_after')} of "
        f"what they were before. These are {FLOODS} floods: the median, and "
        "the lowest and the highest of them.",
        "",
        "`scripts/bench/service.py` does it again.",
    ]
    return "\n".join(lines).replace("%", " %") + "\n"


def main() -> int:
    """Measure all, or be one of the servers."""
    if sys.argv[1:2] == ["--serve"]:
        serve(sys.argv[2], Path(sys.argv[3]))
        return 0
    with tempfile.TemporaryDirectory() as tmp:
        made = Path(tmp) / "made"
        prepare(made, NOON)
        variants = costs(made)
        floods = [
            flood(made, median(variants[ALL]["rate"])) for _ in range(FLOODS)
        ]
    found = {
        "made": datetime.now(UTC).date().isoformat(),
        "machine": machine(),
        "variants": variants,
        "floods": floods,
        "deadline_s": SETTINGS.door.deadline_seconds,
    }
    text = json.dumps(found, indent=1)
    (RESULTS / "service.json").write_text(text + "\n", "utf-8")
    (RESULTS / "service_result.md").write_text(table(found), "utf-8")
    print(table(found))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
