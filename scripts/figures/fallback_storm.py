"""What retries do to a dependency that stopped for ten seconds.

Four processes ask a queue ten times a second between them. It serves 14
calls a second, stops for ten seconds, and then works as before. It cannot know
that a caller has given up, so it serves every call it was sent. The guards
are those of the snippet; the clock is made up.
"""

from __future__ import annotations

import heapq
import random
from collections.abc import Callable, Iterable
from itertools import count
from threading import Lock, Thread
from typing import TYPE_CHECKING, Any, Final

from snippets.hardening.fallback import Guard, Unavailable

if TYPE_CHECKING:  # the test of the snippet runs where nothing draws
    from scripts.figures.style import Figure

LOAD, CAPACITY = 10, 14  # a second
STOPS, STARTS, ENDS = 30, 40, 180  # seconds
OFF = 10**6
SETTINGS: Final[dict[str, dict[str, Any]]] = {
    "no retry": {"attempts": 1, "open_after": OFF},
    "one retry": {"calls_per_retry": 1, "burst": OFF, "open_after": OFF},
    "one retry, budget": {"open_after": OFF},
    "budget and breaker": {},
}


class World:
    """Threads that take turns on a clock of their own."""

    def __init__(self) -> None:
        self.now = 0.0
        self._queue: list[tuple[float, int, Callable[[], object]]] = []
        self._number = count()
        self._done = Lock()

    def run(self, jobs: Iterable[tuple[float, Callable[[], object]]]) -> None:
        """Start each job at its time, and return when all have ended."""
        for time, job in jobs:
            self._at(time, Thread(target=self._play, args=(job,)).start)
        self._done.acquire()
        self._next()
        self._done.acquire()

    def sleep(self, seconds: float) -> None:
        turn = Lock()
        turn.acquire()
        self._at(self.now + seconds, turn.release)
        self._next()
        turn.acquire()

    def _play(self, job: Callable[[], object]) -> None:
        job()
        self._next()

    def _at(self, time: float, wake: Callable[[], object]) -> None:
        heapq.heappush(self._queue, (time, next(self._number), wake))

    def _next(self) -> None:
        if self._queue:
            self.now, _, wake = heapq.heappop(self._queue)
            wake()
        else:
            self._done.release()


def storm(settings: dict[str, Any], seed: int = 1) -> tuple[Any, Any]:
    """Answers and calls, each as counts by second."""
    world, draw = World(), random.Random(seed)
    answers, calls = [0] * (ENDS + 9), [0] * (ENDS + 9)
    free = 0.0

    def dependency(seconds: float) -> None:
        nonlocal free
        calls[int(world.now)] += 1
        stopped = STARTS if STOPS <= world.now < STARTS else 0
        free = max(free, stopped, world.now) + 1 / CAPACITY
        wait = free - world.now
        world.sleep(min(wait, seconds))
        if wait > seconds:
            raise TimeoutError

    guards = [
        Guard(
            failures=(TimeoutError,),
            timeout=1.0,
            clock=lambda: world.now,
            sleep=world.sleep,
            random=draw.random,
            **settings,
        )
        for _ in range(4)
    ]

    def request(guard: Guard) -> None:
        try:
            guard.call(dependency, seconds=3.0, repeatable=True)
        except (TimeoutError, Unavailable):
            return
        answers[int(world.now)] += 1

    jobs, time = [], draw.expovariate(LOAD)
    while time < ENDS:
        guard = draw.choice(guards)
        jobs.append((time, lambda guard=guard: request(guard)))
        time += draw.expovariate(LOAD)
    world.run(jobs)
    return answers[:ENDS], calls[:ENDS]


def blocks(counts: list[int], width: int = 5) -> list[float]:
    """Mean a second, in blocks of `width` seconds."""
    return [
        sum(counts[i : i + width]) / width
        for i in range(0, len(counts), width)
    ]


def draw() -> Figure:
    import matplotlib.pyplot as plt

    from scripts.figures import style

    found = {name: storm(usual) for name, usual in SETTINGS.items()}
    answers = {name: blocks(got) for name, (got, _) in found.items()}
    calls = {name: blocks(sent) for name, (_, sent) in found.items()}
    times = range(0, 120, 5)
    looks = zip(
        answers,
        (style.INK2, style.S3, style.S2, style.INK),
        (":", "-.", "--", "-"),
        strict=True,
    )
    with style.house():
        fig, ax = plt.subplots(figsize=(5.0, 3.0))
        ax.axvspan(STOPS, STARTS, color=style.GRID, lw=0)
        for name, colour, line in looks:
            ax.plot(
                [time + 2.5 for time in times],
                answers[name][: len(times)],
                color=colour,
                ls=line,
                marker="",
            )
        ax.set_xlim(0, 120)
        ax.set_ylim(-0.4, 15)
        ax.set_xlabel("seconds; the dependency stops in the grey area")
        ax.set_title("Calls answered in time, a second")
        for text, place, colour in (
            ("budget and breaker", (42, 13.7), style.INK),
            ("no\nretry", (62, 2.2), style.INK2),
            ("budget", (78, 5.2), style.S2),
            ("one retry, always", (83, 0.6), style.S3),
        ):
            ax.annotate(text, place, color=colour)
    return style.Figure(
        fig=fig,
        title="Calls answered in time before, during and after a stop",
        desc=(
            "Four ways to call start at ten answers a second and fall to "
            "none while the dependency stops for ten seconds. With budget "
            "and breaker the answers are back about ten seconds after the "
            "stop, without a retry after twenty, with a budget alone after "
            "35. With one retry for every failure they never come back."
        ),
        table=[
            [
                "Seconds",
                *(f"{name}: answers" for name in answers),
                *(f"{name}: calls sent" for name in calls),
            ],
            *(
                [
                    f"{time} to {time + 5}",
                    *(f"{answers[name][i]:.1f}" for name in answers),
                    *(f"{calls[name][i]:.1f}" for name in calls),
                ]
                for i, time in enumerate(times)
            ),
        ],
    )
