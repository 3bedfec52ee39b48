"""A week against the four before it, on the flights: who rings wrongly."""

from __future__ import annotations

import math
from collections.abc import Mapping
from functools import cache
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.lines import Line2D
from numpy.typing import NDArray

from scripts.figures import style
from snippets.drift.autocorrelation import (
    block_permutation_test,
    effective_sample_size,
)
from snippets.drift.ks import critical_ks
from snippets.flights.loader import load, load_weather

COLUMNS = {
    "scheduled duration": "block_minutes",
    "flights in the window": "window_flights",
    "arrival delay": "arr_delay",
    "live share of late": "live_late",
    "wind at JFK": "wind_speed",
    "temperature at JFK": "temp",
}
CHECKS = {
    "KS": (style.S3, "^"),
    "KS, fewer rows": (style.S2, "s"),
    "KS, days": (style.INK, "o"),
}
JFK, HOURS_BEHIND_UTC = 1, 5
DEALS, WEEKS, PROMISED = 160, range(4, 52), 0.05

Days = list[NDArray[np.float64]]


def days_of(day: NDArray[np.int64], column: NDArray[np.float64]) -> Days:
    """The values of each day of the year, in the order of time."""
    there = ~np.isnan(column)
    return [column[(day == d) & there] for d in range(364)]


def read() -> dict[str, Days]:
    """Six columns of the 20 % sample and of the weather table, by day."""
    new_year = np.datetime64("2013-01-01")
    flights, weather = load(), load_weather()
    jfk = weather["origin"] == JFK
    local = weather["time"][jfk] - np.timedelta64(HOURS_BEHIND_UTC, "h")
    sources: dict[str, tuple[NDArray[Any], Mapping[str, Any]]] = {
        "flights": (flights["date"] - new_year, flights.columns),
        "weather": (
            local.astype("M8[D]") - new_year,
            {name: weather[name][jfk] for name in ("wind_speed", "temp")},
        ),
    }
    found = {}
    for label, name in COLUMNS.items():
        day, table = sources["weather" if "JFK" in label else "flights"]
        found[label] = days_of(day.astype(int), table[name].astype(float))
    return found


def check(before: Days, now: Days, seed: int) -> list[bool]:
    """Whether each of the checks rings, in the order of CHECKS."""
    a, b = np.concatenate(before), np.concatenate(now)
    share = effective_sample_size(a) / len(a)
    n, m = max(2, round(share * len(a))), max(2, round(share * len(b)))
    sides = [np.repeat(range(len(x)), [*map(len, x)]) for x in (before, now)]
    found = block_permutation_test(a, b, *sides, n_permutations=99, seed=seed)
    return [
        found.statistic >= critical(len(a), len(b)),
        found.statistic >= critical(n, m),
        found.p_value <= PROMISED,
    ]


@cache
def critical(n: int, m: int) -> float:
    """The gap that rings; its limit law where both sides are large."""
    if min(n, m) <= 100:
        return critical_ks(n, m, PROMISED)
    return 1.3581 * math.sqrt(1 / n + 1 / m)  # Kolmogorov's law, 5 %


def rates(pairs: list[tuple[Days, Days]]) -> dict[str, float]:
    """Share of the pairs on which each check rings."""
    shares = np.mean(
        [check(*pair, i) for i, pair in enumerate(pairs)], axis=0
    ).tolist()
    return dict(zip(CHECKS, shares, strict=True))


def dealt(days: Days) -> list[tuple[Days, Days]]:
    """Four weeks and one, of days drawn at random from the year."""
    rng = np.random.default_rng(20130101)
    drawn = [rng.permutation(364)[:35] for _ in range(DEALS)]
    return [
        ([days[d] for d in some[:28]], [days[d] for d in some[28:]])
        for some in drawn
    ]


def as_they_came(days: Days) -> list[tuple[Days, Days]]:
    """Each week of the year, and the four weeks before it."""
    return [(days[7 * w - 28 : 7 * w], days[7 * w : 7 * w + 7]) for w in WEEKS]


def draw() -> style.Figure:
    year = read()
    panels = {
        "Days drawn at random: nothing changed": {
            name: rates(dealt(days)) for name, days in year.items()
        },
        "Days as they came: the calendar moved on": {
            name: rates(as_they_came(days)) for name, days in year.items()
        },
    }
    with style.house():
        fig, axes = plt.subplots(2, 1, figsize=(5.0, 5.0), sharex=True)
        for ax, (title, found) in zip(axes, panels.items(), strict=True):
            ax.grid(axis="x")
            ax.axvline(100 * PROMISED, color=style.INK2, ls=(0, (1, 2)), lw=1)
            for row, shares in enumerate(found.values()):
                for name, (colour, marker) in CHECKS.items():
                    ax.plot(100 * shares[name], row, marker, color=colour)
            ax.set_yticks(range(len(found)), list(found))
            ax.set_ylim(len(found) - 0.5, -0.5)
            ax.set_xlim(-3, 103)
            ax.set_title(title)
        axes[1].xaxis.set_major_formatter("{x:g} %")
        axes[1].set_xlabel("weekly checks that ring; dotted: promised 5 %")
        axes[0].legend(
            handles=[
                Line2D([], [], ls="", marker=marker, color=colour, label=name)
                for name, (colour, marker) in CHECKS.items()
            ],
            ncols=3,
            loc="lower left",
            bbox_to_anchor=(-0.35, 1.12),
            handletextpad=0.1,
        )
        fig.tight_layout(h_pad=1.2)
    return style.Figure(
        fig=fig,
        title="Weekly checks on the flights that ring at a promised 5 %",
        desc=(
            "With days drawn at random, plain KS rings on 25 to 95 % of weeks "
            "where 5 % were promised. With the effective number of rows it "
            "rings on 9 % for the scheduled duration and on 0 to 2 % for the "
            "others; with whole days dealt out anew, on 2 to 8 %. With days "
            "as they came, days dealt anew ring on 2 to 23 % of weeks, and "
            "on 56 % for temperature."
        ),
        table=[
            [
                "Column",
                *(
                    f"{order}: {name}"
                    for order in ("Drawn at random", "As they came")
                    for name in CHECKS
                ),
            ],
            *(
                [
                    column,
                    *(
                        f"{100 * found[column][name]:.0f} %"
                        for found in panels.values()
                        for name in CHECKS
                    ),
                ]
                for column in year
            ),
        ],
    )
