"""How often Page-Hinkley rings, by events since the start and the shift."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from scripts.figures import style
from snippets.drift.page_hinkley import alarm_threshold

EVENTS = (100, 300, 1_000, 3_000, 10_000, 30_000)
RUNS = 500
QUIET_BEFORE = 1_000  # events of the lower panel before the shift
SHIFT, PROMISED, PROMISED_FOR = 0.5, 0.05, 10_000
RIVERS = 1 - 0.0001  # forgetting, by default in river


def first_ring(
    stream: NDArray[np.float64], delta: float, threshold: float, keep: float
) -> NDArray[np.float64]:
    """Events until each run rings, inf for never.

    Args:
        stream: shape (events, runs).
        delta: As for `PageHinkley`.
        threshold: The same.
        keep: `forgetting` of `PageHinkley`.
    """
    runs = stream.shape[1]
    mean, up, down, low, high = np.zeros((5, runs))
    rang = np.full(runs, np.inf)
    for n, x in enumerate(stream, start=1):
        mean += (x - mean) / n
        up = keep * up + (x - mean - delta)
        down = keep * down + (x - mean + delta)
        np.minimum(low, up, out=low)
        np.maximum(high, down, out=high)
        if n >= 30:
            now = (up - low > threshold) | (high - down > threshold)
            rang[now & np.isinf(rang)] = n
    return rang


def draw() -> style.Figure:
    rng = np.random.default_rng(20130801)
    weeks = rng.normal(size=20_000)
    settings = {"river's defaults": (0.005, 50.0, RIVERS)}
    for name, keep in ("chosen", 1.0), ("and forgetting", RIVERS):
        threshold = alarm_threshold(
            weeks, PROMISED_FOR, delta=0.25, forgetting=keep
        )
        settings[name] = 0.25, threshold, keep
    stream = rng.normal(size=(EVENTS[-1], RUNS))
    shifted = stream[: QUIET_BEFORE + EVENTS[-3]] + SHIFT
    shifted[:QUIET_BEFORE] -= SHIFT
    quiet, moved = {}, {}
    for name, setting in settings.items():
        rang = first_ring(stream, *setting)
        quiet[name] = [float(np.mean(rang <= n)) for n in EVENTS]
        rang = first_ring(shifted, *setting)
        rang = rang[rang > QUIET_BEFORE] - QUIET_BEFORE
        moved[name] = [float(np.mean(rang <= n)) for n in EVENTS]
    percent = [
        [f"{100 * share:.0f} %" for share in found]
        for side in (quiet, moved)
        for found in side.values()
    ]
    heads = [
        f"{name}: {state}"
        for state in ("nothing changed", "shift of .5")
        for name in quiet
    ]
    return style.Figure(
        fig=style.alarm_rates(
            EVENTS,
            quiet,
            moved,
            promised=PROMISED,
            change="The mean moves by .5",
            per="events since the start; below, since the shift",
            rate="streams",
        ),
        title="Share of streams that have rung, by events",
        desc=(
            "On streams of independent bell-shaped values in which nothing "
            "changes, a threshold chosen for 5 % in 10,000 events rings on "
            "about 5 % by then. With a forgetting factor and a threshold of "
            "its own it keeps that too, and rings on all streams by 30,000 "
            "events. River's defaults have rung on all of them by 10,000. "
            "After a shift of half a standard deviation the chosen threshold "
            "has rung on most streams within 100 events."
        ),
        table=[
            ["Events", *heads],
            *(
                [f"{n:,}", *(row[i] for row in percent)]
                for i, n in enumerate(EVENTS)
            ),
        ],
    )
