"""When each column of the case is known, counted from the decision."""

from __future__ import annotations

from datetime import timedelta

import matplotlib.pyplot as plt
import numpy as np
from numpy.typing import NDArray

from scripts.figures import style
from snippets.flights.loader import load
from snippets.readiness.known_at import KnownAt, check_features

HOUR = np.timedelta64(60, "m")
Times = NDArray[np.datetime64]
COLUMNS = {
    "live columns": ("counted", 0),
    "wind, 3 h before departure": ("hour_3h", 51),
    "wind, 2 h before departure": ("hour_2h", 51),
    "wind of the departure hour": ("hour_0h", 51),
    "departure delay": ("left", 0),
    "arrival delay, the label": ("landed", 0),
}


def clocks() -> dict[str, Times]:
    """The times that the columns count from, for each flight."""
    flights = load()
    due = flights["time"]
    hour = due.astype("M8[h]").astype("M8[m]")
    return {
        "due": due,
        "counted": due - 2 * HOUR,
        **{f"hour_{back}h": hour - back * HOUR for back in (0, 2, 3)},
        "left": due + flights["dep_delay"].astype("m8[m]"),
        "landed": due
        + flights["block_minutes"].astype("m8[m]")
        + flights["arr_delay"].astype("m8[m]"),
    }


def draw() -> style.Figure:
    """A bar for each column, and the rows in which it comes too late."""
    times = clocks()
    decision = times["due"] - 2 * HOUR
    known_at = {
        name: KnownAt(timedelta(minutes=delay), clock, why="see chapter 1")
        for name, (clock, delay) in COLUMNS.items()
    }
    result = check_features(known_at, known_at, decision, times)
    spans, rows = [], []
    for found, (clock, delay) in zip(
        result.columns, COLUMNS.values(), strict=True
    ):
        wait = times[clock] + np.timedelta64(delay, "m") - decision
        told = wait[~np.isnat(wait)].astype(float)
        spans.append(np.quantile(told, (0.01, 0.5, 0.99)) / 60)
        share = f"{100 * found.n_late / result.n_rows:.1f} %"
        rows.append(
            [
                found.column,
                *(f"{60 * hours:.0f}" for hours in spans[-1]),
                f"{found.n_late:,}",
                share,
                f"{found.n_unknown:,}",
            ]
        )
    with style.house():
        fig, ax = plt.subplots(figsize=(5.0, 3.2))
        for y, ((low, middle, high), found) in enumerate(
            zip(spans, result.columns, strict=True)
        ):
            colour = style.S3 if high > 0 else style.S2
            ax.plot([low, high], [y, y], color=colour, lw=5, ls="-", marker="")
            ax.plot([middle], [y], color=colour, marker="o", ms=8)
            missed = (found.n_late + found.n_unknown) / result.n_rows
            if missed in (0, 1):
                label = "never in time" if missed else "in time"
            else:
                label = f"{100 * missed:.0f} % too late"
            ax.annotate(
                label,
                (high, y),
                (8, 0),
                textcoords="offset points",
                va="center",
                color=colour,
            )
        ax.axvline(0, color=style.INK, lw=1)
        ax.set_yticks(range(len(COLUMNS)), list(COLUMNS))
        ax.set_ylim(len(COLUMNS) - 0.5, -0.6)
        ax.set_xlim(-1.6, 13)
        ax.set_xticks(range(0, 13, 2))
        ax.grid(axis="x")
        ax.grid(visible=False, axis="y")
        ax.set_title("Hours after the decision")
        fig.tight_layout()
    return style.Figure(
        fig=fig,
        title="When each column is known, in hours after the decision",
        desc=(
            "The live columns and the wind of three hours before departure "
            "are known at the decision. The wind of two hours before is "
            "known up to 51 minutes later, in 87 flights of 100. The wind "
            "of the departure hour and the departure delay come about two "
            "hours too late, the arrival delay about five."
        ),
        table=[
            [
                "Column",
                "1 % quantile, minutes after the decision",
                "Median",
                "99 % quantile",
                "Flights too late",
                "Share",
                "Never known",
            ],
            *rows,
        ],
    )
