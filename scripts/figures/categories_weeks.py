"""Destinations without a flight before May: their share of each week."""

from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np

from scripts.figures import style
from snippets.drift.categories import (
    CategoryShift,
    category_shift,
    count_categories,
)
from snippets.flights.features import DESTINATIONS
from snippets.flights.loader import load

WEEKS = range(18, 52)  # whole weeks, from 6 May to 29 December


def judged() -> dict[np.datetime64, CategoryShift]:
    """Each week of the sample against January to April, by its Monday."""
    flights = load()
    names = np.array(DESTINATIONS, dtype=object)[flights["dest"]]
    reference = count_categories(names[flights["month"] <= 4])
    found = {}
    for week in WEEKS:
        rows = flights["week"] == week
        current = count_categories(names[rows])
        monday = flights["date"][rows].min()
        found[monday] = category_shift(reference, current)
    return found


def draw() -> style.Figure:
    weeks = judged()
    with style.house():
        fig, ax = plt.subplots(figsize=(5.0, 2.8))
        shares = [100 * week.new_share for week in weeks.values()]
        ax.plot(list(weeks), shares, color=style.EDGE, lw=1, marker="")
        for rang, colour, marker, side in (
            (True, style.S3, "s", "new rang"),
            (False, style.INK, "o", "silent"),
        ):
            dates = [d for d, w in weeks.items() if ("new" in w.why) is rang]
            ax.plot(
                dates,
                [100 * weeks[d].new_share for d in dates],
                color=colour,
                marker=marker,
                ls="",
            )
            spot = ("2013-07-22", 1.2) if rang else ("2013-11-04", 0.62)
            ax.annotate(side, (np.datetime64(spot[0]), spot[1]), color=colour)
        months = [np.datetime64(f"2013-{m:02d}-01") for m in range(5, 13)]
        ax.set_xticks(
            months,
            [f"{month:%b}" for month in map(np.datetime64.item, months)],
        )
        ax.set_yticks([0, 0.5, 1], ["0 %", "0.5 %", "1 %"])
        ax.set_ylim(-0.03, 1.35)
        ax.set_title("Flights to a destination unknown in April, by week")
    return style.Figure(
        fig=fig,
        title="Share of flights to a new destination, May to December 2013",
        desc=(
            "The share climbs from near 0 in May to 1 % in July, falls to "
            "half of that in September and to a quarter in November. The "
            "check for new categories rings in most weeks from late May to "
            "early October."
        ),
        table=[
            [
                "Week from",
                "Flights to a new destination",
                "New destinations",
                "What rang",
            ],
            *(
                [
                    str(monday),
                    f"{100 * week.new_share:.2f} %",
                    " ".join(map(str, week.new)) or "none",
                    ", ".join(week.why) or "nothing",
                ]
                for monday, week in weeks.items()
            ),
        ],
    )
