"""How far two columns of the flights moved in each month, in their unit.

The 20 % sample that ships with the project. The reference is January to
April, and each of those months is also held against the three others.
"""

from __future__ import annotations

import json
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
from numpy.typing import NDArray

from scripts.figures import style
from snippets.drift.wasserstein import (
    Move,
    quantile_sketch,
    wasserstein_from_sketch,
)
from snippets.flights.loader import load

RESULTS = Path("snippets/flights/results/models.json")
MONTHS = ("may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
COLUMNS = ("temp_2h", "live_delay")


def moves(
    values: NDArray[np.float64], month: NDArray[np.int64]
) -> tuple[list[Move], float]:
    """The move of each month from May, and the largest one before May."""
    spring = quantile_sketch(values[month <= 4])
    later = [
        wasserstein_from_sketch(spring, values[month == number])
        for number in range(5, 13)
    ]
    own = []
    for number in range(1, 5):
        others = quantile_sketch(values[(month <= 4) & (month != number)])
        held = wasserstein_from_sketch(others, values[month == number])
        own.append(held.distance)
    return later, max(own)


def draw() -> style.Figure:
    flights = load()
    points = json.loads(RESULTS.read_text("utf-8"))["notebook"]["months"]
    found = {}
    for name in COLUMNS:
        known = ~np.isnan(flights[name])
        found[name] = moves(flights[name][known], flights["month"][known])
    titles = {
        "temp_2h": "Temperature: °F moved since January to April",
        "live_delay": "live_delay: minutes moved since then",
    }
    with style.house():
        fig, axes = plt.subplots(2, 1, figsize=(5.0, 4.2), sharex=True)
        for ax, digits, name in zip(axes, (0, 1), COLUMNS, strict=True):
            later, own = found[name]
            for x, (label, move) in enumerate(zip(MONTHS, later, strict=True)):
                earned = points[label] > 0
                colour = style.S2 if earned else style.S3
                ax.bar(x, move.distance, 0.62, color=colour)
                ax.annotate(
                    f"{move.shift:+.{digits}f}".replace("-", "\u2212"),
                    (x, move.distance),
                    (0, 3),
                    textcoords="offset points",
                    ha="center",
                    color=colour,
                )
            ax.axhline(own, color=style.INK2, lw=1, ls=(0, (4, 3)))
            ax.set_ylim(0, 1.22 * max(move.distance for move in later))
            ax.set_title(titles[name])
            ax.annotate(
                "largest before May",
                (1.01, own),
                xycoords=("axes fraction", "data"),
                va="center",
                color=style.INK2,
                annotation_clip=False,
            )
        axes[1].set_xticks(range(8), [m.capitalize() for m in MONTHS])
        fig.tight_layout(h_pad=1.5)
    table = [
        [
            "Month",
            "Temperature moved, °F",
            "Temperature, shift",
            "live_delay moved, minutes",
            "live_delay, shift",
            "Points per 1,000 flights",
        ]
    ]
    for i, label in enumerate(MONTHS):
        temp, delay = (found[name][0][i] for name in COLUMNS)
        table.append(
            [
                label.capitalize(),
                f"{temp.distance:.1f}",
                f"{temp.shift:+.1f}",
                f"{delay.distance:.1f}",
                f"{delay.shift:+.1f}",
                f"{points[label]:.0f}",
            ]
        )
    largest = [f"{found[name][1]:.1f}" for name in COLUMNS]
    none = "none"
    table.append(
        ["Largest before May", largest[0], none, largest[1], none, none]
    )
    limits = [f"{found[name][0][0].limit:.1f}" for name in COLUMNS]
    table.append(["Limit of chance", limits[0], none, limits[1], none, none])
    return style.Figure(
        fig=fig,
        title="Moves of temperature and of live_delay, by month",
        desc=(
            "Temperature moved by up to 39.5 degrees in July, a month that "
            "earned, and by less than 5 in November, a month that lost. The "
            "column live_delay moved by 3 to 4 minutes upwards in June, "
            "July and December, which earned, and by nearly 5 minutes "
            "downwards in September to November, which lost."
        ),
        table=table,
    )
