"""JFK's thermometer against the middle of three, whole and too warm."""

from __future__ import annotations

from typing import Any, Final

import matplotlib.pyplot as plt
import numpy as np

from scripts.figures import style
from snippets.flights.loader import load_weather
from snippets.flights.sensors import (
    CHECKS,
    FAULTS,
    JFK,
    MAY,
    SEPTEMBER,
    Watch,
    by_day,
)

PANELS: Final = {
    "middle": "Mean of the day, °F",
    "hours": "What nine hours of ten share, °F",
}
# fmt: off
MONTHS: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug",
                 "Sep", "Oct", "Nov", "Dec")
# fmt: on
LINE: Final[dict[str, Any]] = {"ls": "-", "marker": "", "lw": 0.9}
DOTS: Final[dict[str, Any]] = {"ls": "", "marker": "o", "ms": 4}


def draw() -> style.Figure:
    """Two panels, one for each way to read a day."""
    days, temps = by_day(load_weather())
    calm, late = days < MAY, days >= SEPTEMBER
    warmer = temps.copy()
    warmer[JFK, late] = FAULTS["warmer"](temps[JFK, late])
    month = days.astype("M8[M]").astype(int) % 12
    first = [int((month < m).sum()) for m in range(12)]
    cells = [[name] for name in MONTHS]
    with style.house():
        fig, axes = plt.subplots(2, 1, figsize=(5.0, 5.0), sharex=True)
        for ax, (name, title) in zip(axes, PANELS.items(), strict=True):
            watch = Watch.fit(CHECKS[name], temps, calm)
            limit = float(watch.limit[JFK])
            clean, broken = (
                limit * watch.scores(x)[JFK] for x in (temps, warmer)
            )
            ax.axvspan(0, first[4], color=style.GRID, lw=0)
            for side in (-limit, limit):
                ax.axhline(side, color=style.INK2, lw=1, ls=(0, (1, 2)))
            autumn = np.flatnonzero(late)
            ax.plot(autumn, broken[late], color=style.S3, **LINE)
            ax.plot(clean, color=style.INK, **LINE)
            rings = np.flatnonzero(np.abs(clean) > limit)
            ax.plot(rings, clean[rings], color=style.S2, **DOTS)
            ax.set_title(title)
            ax.set_xlim(0, len(days))
            ax.set_ylim(-11.5, 9.5)
            ax.annotate(
                f"limit {limit:.1f}",
                (1.02, limit),
                xycoords=("axes fraction", "data"),
                va="center",
                color=style.INK2,
                annotation_clip=False,
            )
            for m in range(12):
                here = month == m
                was, now = (
                    int((np.abs(x[here]) > limit).sum())
                    for x in (clean, broken)
                )
                whole = m < MONTHS.index("Sep")
                cells[m] += [str(was), "whole" if whole else str(now)]
        axes[0].annotate("limits from\nthese months", (6, -9.5))
        axes[0].annotate(
            "3 °F too warm\nfrom September",
            (first[11], -9.5),
            ha="center",
            color=style.S3,
        )
        axes[1].set_xticks(first[::2], MONTHS[::2])
        fig.tight_layout(h_pad=1.2)
    head = ["Days beyond the limit at JFK"]
    for title in ("Mean of the day", "Nine hours of ten"):
        head += [title, f"{title}, 3 °F too warm from September"]
    return style.Figure(
        fig=fig,
        title="JFK's temperature less the middle of three, by day",
        desc=(
            "The mean of the day leaves its limit on 16 days from May to "
            "July, all on the cold side. What nine hours in ten share is 0 "
            "on most days; with a limit a quarter as wide it leaves it on 12 "
            "days of those months. 3 degrees too warm from September, the "
            "mean is outside on 45 of 121 days and the other on 70."
        ),
        table=[head, *cells],
    )
