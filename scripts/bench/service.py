"""What do contract, log and metrics cost a service, and what if it is flooded?

usage: service.py

Starts the service of the case, the same without one of its parts, its model
alone and an endpoint that does nothing, in turn, each as a process of its
own. locust asks over loopback from the other core. Then it asks twice as
often as the service can answer, and after that half as often. Everything is
a ratio, since the numbers are this machine's. Takes some three minutes, makes
an environment for locust, writes results/service.json and service_result.md.
"""

from __future__ import annotations

import asyncio
import gc
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from functools import cache
from http import HTTPStatus
from pathlib import Path
from statistics import median
from typing import Any, NoReturn

import numpy as np
import uvicorn
from fastapi import FastAPI, Request
from numpy.typing import NDArray

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from scripts.bench.drift import machine
from scripts.environment import CACHE, ROOT, VERSION, environment
from snippets.flights.replay import World
from snippets.flights.service import (
    SETTINGS,
    Ask,
    Case,
    Events,
    Service,
    SimulatedClock,
    _listening,
    create_app,
    prepare,
)

LOCUST = "locust==2.47.0"
HERE = Path(__file__).parent
RESULTS = HERE / "results"
FLIGHT = {
    "carrier": "B6",
    "flight": 1545,
    "origin": "JFK",
    "due": "2013-12-09T19:00:00Z",
}
NOON = datetime(2013, 12, 9, 17, tzinfo=UTC)
LIMIT, MODEL, ALL = "an empty endpoint", "the model alone", "the service"
PARTS = {
    "contract": "without the contract at the door",
    "log": "without the log",
    "metrics": "without metrics",
}
VARIANTS = (LIMIT, MODEL, ALL, *PARTS.values())
ROUNDS, SECONDS, CALLERS = 3, 5, 8
PHASE, CROWD = 12, 1_500


class Nothing:
    """Counts nothing, whatever it is asked to count."""

    def __getattr__(self, _: str) -> Any:
        return self

    def __call__(self, *_: object, **__: object) -> Any:
        return self


def application(variant: str, folder: Path) -> Any:
    """The ASGI application of one variant, on a stormy noon."""
    bare = FastAPI()
    if variant == LIMIT:

        @bare.post("/predict")
        async def empty() -> dict[str, float]:
            return {"probability": 0.5}

        return bare

    cases: list[Case] = []

    class Unlogged(Service):
        def _write(self, _: Any, case: Case, *__: object) -> None:
            cases[:] = [case]

    world, clock = World("2013-12-09"), SimulatedClock(NOON)
    kind = Unlogged if variant in (MODEL, PARTS["log"]) else Service
    service = kind(folder=folder, clock=clock, weather=world.weather)
    for flights in (world.schedule(), world.departures(None, NOON)):
        sent = {"as_of": NOON.isoformat(), "flights": flights}
        service.feed.tell(Events.model_validate(sent), NOON)
    known = Ask.model_validate(FLIGHT)
    if service.predict(known, service.ticks()).rung != "model":
        stop("another rung than the model answers")
    if variant == MODEL:
        loaded, _ = service.current()

        @bare.post("/predict")
        async def model(request: Request) -> dict[str, float]:
            await request.json()
            return {"probability": loaded.by_model(cases[0]).value}

        return bare
    if variant == PARTS["metrics"]:
        service.metrics = Nothing()  # type: ignore[assignment]
    app = create_app(service)
    if variant == PARTS["contract"]:
        routes = app.router.routes
        routes[:] = [r for r in routes if getattr(r, "path", "") != "/predict"]

        @app.post("/predict")
        async def trusting(request: Request) -> Any:
            sent = {**await request.json(), "due": known.due}
            ask = Ask.model_construct(None, **sent)
            return await asyncio.get_running_loop().run_in_executor(
                service.pool, service.predict, ask, request.state.started
            )

    return app


def serve(variant: str, folder: Path) -> None:
    """Be the server; says its address once it listens."""
    app = application(variant, folder)
    gc.collect()
    gc.freeze()  # as the service does
    with _listening(0) as listening:
        print(listening.getsockname()[1], flush=True)
        config = uvicorn.Config(
            app,
            log_level="error",
            access_log=False,
            timeout_keep_alive=60,  # locust trips over lines that are closed
        )
        with suppress(KeyboardInterrupt):
            uvicorn.Server(config).run(sockets=[listening])


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
    """When each was asked for, how long it took, and what it was."""

    start: NDArray[np.float64]
    took: NDArray[np.float64]
    status: NDArray[np.int64]
    retry: NDArray[np.bool_]

    def between(self, first: float, last: float) -> Answers:
        """Those that were asked for within these times."""
        kept = (first <= self.start) & (self.start < last)
        return Answers(*(getattr(self, f.name)[kept] for f in fields(self)))

    def took_at(self, *quantiles: float) -> list[float]:
        """Quantiles of the seconds that answers with 200 took."""
        took = self.took[self.status == HTTPStatus.OK]
        return [float(q) for q in np.quantile(took, quantiles)]


def asked(url: str, seconds: float, users: int, rate: float = 0) -> Answers:
    """All answers to a load; without a rate, each user asks on and on."""
    with tempfile.TemporaryDirectory() as tmp:
        lines = Path(tmp) / "lines"
        more = {
            "RATE": str(rate),
            "USERS": str(users),
            "BODY": json.dumps(FLIGHT),
            "LINES": str(lines),
        }
        done = subprocess.run(
            [
                *(locust(), "-m", "locust", "--headless", "--only-summary"),
                *("-f", HERE / "service_load.py", "--host", url),
                *("-u", str(users), "-r", str(users), "-t", f"{seconds}s"),
            ],
            env={**os.environ, **more},
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            stop(f"locust: {done.stderr[-2_000:]}")
        rows = [line.split() for line in lines.read_text("utf-8").splitlines()]
    start, took, status, retry = zip(*rows, strict=True)
    return Answers(
        np.array(start, float),
        np.array(took, float),
        np.array(status, int),
        np.array(retry) != "-",
    )


def costs(made: Path) -> dict[str, dict[str, float]]:
    """Rate, p50 and p99 of each variant with CALLERS callers, by turns."""
    found: dict[str, list[tuple[float, float, float]]] = {}
    for turn in range(ROUNDS):
        for variant in VARIANTS:
            with running(variant, made) as url:
                got = asked(url, SECONDS, CALLERS)
            got = got.between(got.start.min() + 1, np.inf)  # it is warm
            if set(got.status) != {HTTPStatus.OK}:
                stop(f"{variant} answered {sorted(set(got.status))}")
            rate = len(got.start) / float(np.ptp(got.start))
            p50, p99 = got.took_at(0.5, 0.99)
            found.setdefault(variant, []).append((rate, p50, p99))
            print(f"{turn + 1}/{ROUNDS} {variant}: {rate:.0f} a second")
    return {
        name: dict(zip(("rate", "p50", "p99"), middle, strict=True))
        for name, turns in found.items()
        for middle in [map(median, zip(*turns, strict=True))]
    }


def flood(made: Path, sustainable: float) -> dict[str, float]:
    """Half of what it can, and for some seconds four times that much."""
    with running(ALL, made) as url, ThreadPoolExecutor() as beside:
        calm = beside.submit(asked, url, 3 * PHASE, CROWD, sustainable / 2)
        time.sleep(PHASE)
        crowd = asked(url, PHASE, CROWD, 1.6 * sustainable)
        steady = calm.result()
    began, ended = crowd.start.min(), (crowd.start + crowd.took).max()
    before = steady.between(-np.inf, began)
    beside_it = steady.between(began, ended)
    after = steady.between(ended, np.inf)
    status = np.concatenate([crowd.status, beside_it.status])
    retry = np.concatenate([crowd.retry, beside_it.retry])
    shed = status == HTTPStatus.SERVICE_UNAVAILABLE
    known = (HTTPStatus.OK, HTTPStatus.SERVICE_UNAVAILABLE)
    if not np.isin(status, known).all() or not retry[shed].all():
        stop(f"the flood was answered {sorted(set(status))}")
    if set(before.status) != {HTTPStatus.OK}:
        stop(f"half of what it can was answered {sorted(set(before.status))}")
    refused = after.start[after.status != HTTPStatus.OK]
    span = float(ended - began) * sustainable
    p50, p99 = before.took_at(0.5, 0.99)
    quick = crowd.took[crowd.status == HTTPStatus.SERVICE_UNAVAILABLE]
    return {
        "asked": len(status) / span,
        "answered": float((~shed).sum()) / span,
        "shed": float(shed.mean()),
        "seconds": float(ended - began),
        "p50_answered": crowd.took_at(0.5)[0] / p50,
        "slowest_answered_s": crowd.took_at(1)[0],
        "p50_shed": float(np.median(quick)) / p50,
        "last_shed_after_s": float(refused.max() - ended)
        if len(refused)
        else 0,
        "p50_after": after.took_at(0.5)[0] / p50,
        "p99_after": after.took_at(0.99)[0] / p99,
    }


def stop(why: str) -> NoReturn:
    """Say why nothing is written."""
    raise SystemExit(f"service.py: {why}")


def table(found: dict[str, Any]) -> str:
    """What the page shows."""
    variants, base = found["variants"], found["variants"][ALL]
    lines = [
        "| Behind the same server | Answers a second | p50 | p99 |",
        "|---|---|---|---|",
    ]
    for name in VARIANTS:
        v = variants[name]
        ratios = [ratio(v[k] / base[k]) for k in ("rate", "p50", "p99")]
        lines.append(f"| {name} | {' | '.join(ratios)} |")
    f, m = found["flood"], found["machine"]
    late = f["last_shed_after_s"]
    lines += [
        "",
        f"**The flood.** Strangers ask {f['asked']:.1f} times as often as the "
        f"service can answer, for {f['seconds']:.0f} seconds. It refuses "
        f"{f['shed']:.0%} of them with 503 and `Retry-After`. The others are "
        f"answered, at {ratio(f['answered'])} of the rate that it can keep: "
        "refusals take time too, and so many callers more than their core. "
        "At p50 an answer takes "
        f"{ratio(f['p50_answered'])} times as long as at half of that rate, "
        f"because others stand before it. The slowest took "
        f"{f['slowest_answered_s'] / found['deadline_s']:.0%} of the deadline."
        f" A refusal takes {ratio(f['p50_shed'])} times as long as an answer "
        "without the flood.",
        "",
        "**After it.** "
        + (
            f"{late:.1f} seconds after the last answer to the flood somebody "
            "was refused, and nobody later. "
            if late
            else "Nobody was refused any more. "
        )
        + f"Answers took {ratio(f['p50_after'])} at p50 and "
        f"{ratio(f['p99_after'])} at p99 of what they took before the flood.",
        "",
        f"Measured on {found['made']}: {m['processor']}, {m['cores']} cores, "
        f"one of them for the callers; median of {ROUNDS} turns of "
        f"{SECONDS} seconds with {CALLERS} callers who ask again as soon as "
        f"they are answered; Python {m['python']}. "
        "`scripts/bench/service.py` does it again.",
    ]
    return "\n".join(lines).replace("%", " %") + "\n"


def ratio(value: float) -> str:
    """Two digits."""
    return (
        f"{value:.2f}" if round(value, 2) < 1 else f"{value:#.2g}".rstrip(".")
    )


def main() -> int:
    """Measure all, or be one of the servers."""
    if sys.argv[1:2] == ["--serve"]:
        serve(sys.argv[2], Path(sys.argv[3]))
        return 0
    with tempfile.TemporaryDirectory() as tmp:
        made = Path(tmp) / "made"
        prepare(made, NOON)
        variants = costs(made)
        flooded = flood(made, variants[ALL]["rate"])
    found = {
        "made": datetime.now(UTC).date().isoformat(),
        "machine": machine(),
        "variants": variants,
        "flood": flooded,
        "deadline_s": SETTINGS.door.deadline_seconds,
    }
    text = json.dumps(found, indent=1)
    (RESULTS / "service.json").write_text(text + "\n", "utf-8")
    (RESULTS / "service_result.md").write_text(table(found), "utf-8")
    print(table(found))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
