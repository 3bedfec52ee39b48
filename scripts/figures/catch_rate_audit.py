"""What a catch rate looks like when a sample of the passed rows is judged."""

from __future__ import annotations

from typing import Any

import matplotlib.pyplot as plt
import numpy as np
from numpy.typing import NDArray

from scripts.figures import style
from snippets.flights.loader import load
from snippets.readiness.catch_rate import CatchRate, catch_rate

SHARES = (1, 2, 5, 10, 20, 50, 100)  # percent of the passed that is judged
WARN_FROM = 0.25
UNSURE = (0.15, 0.35)
Array = NDArray[Any]


def real_calls() -> tuple[Array, Array]:
    """Whether the ten-row table was wrong, and whether it asked a person.

    The table is counted on January to April of the sample and used from May
    on. It calls a flight late from .25 up; between .15 and .35 it asks.
    """
    flights = load()
    train, later = flights.train, flights.production
    edges = np.nanquantile(train["live_late"], np.arange(1, 10) / 10)
    before, now = (
        np.where(
            np.isnan(f["live_late"]),
            10,
            np.searchsorted(edges, f["live_late"]),
        )
        for f in (train, later)
    )
    rate = np.bincount(before, train.late) / np.bincount(before)
    p = rate[now]
    wrong = (p >= WARN_FROM) != later.late
    return wrong, (p > UNSURE[0]) & (p < UNSURE[1])


def audited(
    wrong: Array, caught: Array, percent: int
) -> tuple[CatchRate, ...]:
    """Judged by lot: what the snippet says, and the judged rows alone."""
    rng = np.random.default_rng(20130501)
    seen = caught.copy()
    passed = rng.permutation(np.flatnonzero(~caught))
    seen[passed[: round(len(passed) * percent / 100)]] = True
    verdict = np.where(seen, wrong, np.nan)
    honest = catch_rate(verdict, caught, judged_by_lot=True)
    return honest, catch_rate(wrong[seen], caught[seen])


def draw() -> style.Figure:
    wrong, caught = real_calls()
    truth = catch_rate(wrong, caught)
    assert truth.rate is not None
    pairs = [audited(wrong, caught, percent) for percent in SHARES]
    with style.house():
        fig, ax = plt.subplots(figsize=(5.0, 2.9))
        naive = [100 * (pair[1].rate or 0) for pair in pairs]
        rate = [100 * (pair[0].rate or 0) for pair in pairs]
        low = [100 * pair[0].low for pair in pairs]
        high = [100 * pair[0].high for pair in pairs]
        ax.axhline(100 * truth.rate, color=style.INK2, lw=1, ls=(0, (1, 2)))
        ax.vlines(SHARES, low, high, color=style.S2, lw=1.4)
        ax.plot(SHARES, rate, color=style.S2, ls="", marker="o")
        ax.plot(SHARES, naive, color=style.S3, ls="--", marker="s")
        ax.annotate("judged rows alone", (6, 97), color=style.S3)
        ax.annotate("judged_by_lot", (1.15, 30), color=style.S2)
        ax.annotate(
            "all rows judged", (30, 100 * truth.rate - 8), color=style.INK2
        )
        ax.set_xscale("log")
        ax.set_xticks(SHARES, [f"{percent} %" for percent in SHARES])
        ax.minorticks_off()
        ax.set_ylim(0, 108)
        ax.set_yticks(range(0, 101, 25))
        ax.yaxis.set_major_formatter("{x:g} %")
        ax.set_title("Catch rate you would print")
        ax.set_xlabel("share of the passed rows that was judged")
    return style.Figure(
        fig=fig,
        title="Catch rate, by the share of passed rows that was judged",
        desc=(
            "Among the judged rows alone the catch rate reads 99 % when one "
            "passed row in a hundred is judged, and falls to 44 % as all "
            "are. With judged_by_lot it lies near 44 % throughout, and its "
            "limits narrow from about nine percentage points to one."
        ),
        table=[
            [
                "Passed rows judged",
                "Rows judged in all",
                "Catch rate, judged rows alone",
                "Catch rate, judged by lot",
                "Its limits",
                "Escapes in 1,000, judged rows alone",
                "Escapes in 1,000, judged by lot",
                "Their limits",
                "Right calls handed over",
            ],
            *(
                [
                    f"{percent} %",
                    f"{c.n_judged:,}",
                    f"{100 * (alone.rate or 0):.1f} %",
                    f"{100 * (c.rate or 0):.1f} %",
                    f"{100 * c.low:.1f} to {100 * c.high:.1f} %",
                    f"{alone.escapes_per_1000:.0f}",
                    f"{c.escapes_per_1000:.0f}",
                    f"{c.escapes_low:.0f} to {c.escapes_high:.0f}",
                    f"{100 * (c.false_block_rate or 0):.1f} %",
                ]
                for percent, (c, alone) in zip(SHARES, pairs, strict=True)
            ),
        ],
    )
