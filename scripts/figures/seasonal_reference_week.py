"""Two weeks of flights, each hour beside the same hours of eight weeks."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import matplotlib.pyplot as plt
import numpy as np

from scripts.figures import style
from snippets.drift.seasonal_reference import (
    Unlike,
    same_hour_reference,
    unlike_past,
)
from snippets.flights.loader import load

NEW_YORK = ZoneInfo("America/New_York")
MONDAYS = datetime(2013, 10, 7), datetime(2013, 11, 25)
LOST = (18, 19)  # Wednesday, 6 to 12: three flights in four do not arrive
HOURS, PARTS, WEEKS = 3, 56, 8
Week = list[tuple[str, float, Unlike]]


def read(monday: datetime, lost: tuple[int, ...]) -> tuple[Week, Unlike]:
    """Flights of each part of a week, and what their own past expects.

    Returns:
        Name, flights and interval of each part; and the interval of all
        parts of the past weeks together.
    """
    time = load()["time"]
    ones, past, week = np.ones(len(time)), [], []
    for i in range(PARTS):
        now = monday + timedelta(hours=HOURS * (i + 1))
        same = same_hour_reference(
            time,
            ones,
            now.replace(tzinfo=NEW_YORK),
            WEEKS,
            zone=NEW_YORK,
            hours=HOURS,
        )
        flights = same.rate * HOURS * (0.25 if i in lost else 1)
        past.append(same.past_rates * HOURS)
        name = f"{same.start:%A} {same.start.hour:02}:00"
        week.append((name, flights, unlike_past(flights, past[-1])))
    return week, unlike_past(week[-1][1], np.concatenate(past))


def draw() -> style.Figure:
    weeks = [
        read(monday, lost)
        for monday, lost in zip(MONDAYS, (LOST, ()), strict=True)
    ]
    with style.house():
        fig, axes = plt.subplots(2, 1, figsize=(5.0, 4.6), sharex=True)
        titles = (
            "Week of 7 October; three flights in four lost on Wednesday",
            "Week of 25 November; Thursday is Thanksgiving",
        )
        for ax, (week, every), title in zip(axes, weeks, titles, strict=True):
            x = np.arange(PARTS)
            ends = [(v.low, v.high) for _, _, v in week]
            low, high = np.maximum(np.array(ends).T, 0)
            ax.fill_between(x, low, high, color=style.GRID, lw=0)
            flights = np.array([n for _, n, _ in week])
            ax.plot(x, flights, marker="", color=style.INK, lw=1.2)
            rings = np.array([v.alarm for _, _, v in week])
            ax.plot(x[rings], flights[rings], "^", color=style.S3)
            ax.axhline(every.high, color=style.S4, ls=":", lw=1.2)
            ax.set_ylim(0, 84)
            ax.set_title(title)
        axes[1].set_xticks(
            range(4, PARTS, 8),
            ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"],
        )
        axes[0].annotate(
            "any three hours: \N{MINUS SIGN}21 to 67",
            (PARTS - 1, 69),
            color=style.INK2,
            ha="right",
        )
        axes[0].set_ylabel("flights in 3 hours")
        axes[1].set_ylabel("flights in 3 hours")
        fig.tight_layout(h_pad=1.2)
    (quiet, any_quiet), (feast, any_feast) = weeks
    return style.Figure(
        fig=fig,
        title="Flights per three hours beside the same hours of eight weeks",
        desc=(
            "Flights swing between 0 at night and about 50 by day, and the "
            "interval of the same hours swings with them. In the week of 7 "
            "October one of the two planted losses on Wednesday rings, the "
            "other is inside by less than a flight, and Thursday evening "
            "rings for nothing. In the week of Thanksgiving five parts ring. "
            "The interval of any three hours reaches from below 0 to 67 and "
            "never rings."
        ),
        table=[
            [
                "From",
                "7 October: flights",
                "7 October: interval",
                "25 November: flights",
                "25 November: interval",
            ],
            [
                "any three hours",
                "all",
                f"{any_quiet.low:.0f} to {any_quiet.high:.0f}",
                "all",
                f"{any_feast.low:.0f} to {any_feast.high:.0f}",
            ],
            *(
                [
                    one[0],
                    *(
                        cell
                        for _, n, v in (one, other)
                        for cell in (
                            f"{n:g}" + (", rings" if v.alarm else ""),
                            f"{v.low:.1f} to {v.high:.1f}",
                        )
                    ),
                ]
                for one, other in zip(quiet, feast, strict=True)
            ),
        ],
    )
