"""What more rows do to a table made from 2,000 flights."""

from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np
from numpy.typing import NDArray

from scripts.figures import style
from snippets.flights.loader import load
from snippets.readiness.baselines import rate_table

ROWS = (3, 5, 10, 20, 50, 100, 200, 500)
FLIGHTS, TABLES = 2_000, 100
LINES = {
    "own": ("on its own flights", style.S3, "--", "s"),
    "floor": ("other weeks, at least 50 a row", style.S2, "-", "o"),
    "other": ("other weeks", style.INK, ":", "D"),
}


def value(p: NDArray[np.float64], late: NDArray[np.bool_]) -> float:
    """Points per 1,000 flights: a warning costs 1 and saves 4 if late."""
    return 1000 * float(np.where(p >= 0.25, 4.0 * late - 1, 0.0).mean())


def simulate() -> dict[str, list[float]]:
    """Mean value of tables made in even weeks and judged in odd ones."""
    flights = load()
    flights = flights.where(flights.labelled)
    x, late = flights["live_late"], flights.late
    week = (flights["date"].astype("datetime64[D]").astype(int) + 3) // 7
    even, odd = np.flatnonzero(week % 2 == 0), week % 2 == 1
    rng = np.random.default_rng(20130101)
    drawn = [rng.choice(even, FLIGHTS, replace=False) for _ in range(TABLES)]
    found: dict[str, list[float]] = {"own": [], "other": [], "floor": []}
    for n_rows in ROWS:
        points: dict[str, list[float]] = {key: [] for key in found}
        for i in drawn:
            bare = rate_table(x[i], late[i], n_rows, min_rows=1)
            safe = rate_table(x[i], late[i], n_rows)
            points["own"].append(value(bare.predict(x[i]), late[i]))
            points["other"].append(value(bare.predict(x[odd]), late[odd]))
            points["floor"].append(value(safe.predict(x[odd]), late[odd]))
        for key, values in points.items():
            found[key].append(float(np.mean(values)))
    return found


def draw() -> style.Figure:
    found = simulate()
    with style.house():
        fig, ax = plt.subplots(figsize=(5.0, 3.2))
        for key, (_, colour, line, marker) in LINES.items():
            ax.plot(ROWS, found[key], color=colour, ls=line, marker=marker)
        ax.set_xscale("log")
        ax.set_xticks(ROWS, [str(n) for n in ROWS])
        ax.minorticks_off()
        ax.set_ylim(0, 215)
        ax.annotate("on its own flights", (33, 165), color=style.S3)
        ax.annotate("at least 50 a row", (130, 88), color=style.S2)
        ax.annotate("other weeks", (52, 46), color=style.INK)
        ax.set_xlabel("Rows asked for")
        ax.set_title("Points per 1,000 flights, against doing nothing")
    return style.Figure(
        fig=fig,
        title="Value of a table by its number of rows, own and other flights",
        desc=(
            "On its own flights the table seems to be worth more with every "
            "row. In other weeks it is worth most with five to ten rows and "
            "falls below a half with 500. With 50 flights or more behind "
            "each row it stays level."
        ),
        table=[
            ["Rows asked for", *(name for name, *_ in LINES.values())],
            *(
                [str(n), *(f"{found[key][i]:.0f}" for key in LINES)]
                for i, n in enumerate(ROWS)
            ),
        ],
    )
