"""How long, and across what, two flights share their fate."""

from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np
from numpy.typing import NDArray

from scripts.figures import style
from snippets.flights.loader import Flights, load

Floats = NDArray[np.float64]
SHOWN = (0, 1, 2, 3, 6, 12, 18, 24, 36, 48, 72)


def fate(flights: Flights) -> Floats:
    """Late or not, less what is usual for the month and the hour of day."""
    late = flights.late.astype(float)
    usual = 100 * flights["month"] + flights["minute_of_day"] // 60
    codes = np.unique(usual, return_inverse=True)[1]
    rest: Floats = (
        late - (np.bincount(codes, late) / np.bincount(codes))[codes]
    )
    return rest


def by_lag(flights: Flights) -> tuple[list[float], list[float]]:
    """Correlation of two flights by hours between them, up to 72.

    First of one airport, then of two.
    """
    rest, airport = fate(flights), flights["origin"]
    hour = flights["time"].astype("M8[h]").astype(np.int64)
    hour -= hour.min()
    total = np.zeros((3, int(hour.max()) + 1))
    rows = np.zeros_like(total)
    np.add.at(total, (airport, hour), rest)
    np.add.at(rows, (airport, hour), 1)
    same, other = [], []
    for lag in range(73):
        end = total.shape[1] - lag
        pairs = total[:, :end] @ total[:, lag:].T
        n = rows[:, :end] @ rows[:, lag:].T
        if lag == 0:  # a flight is no pair with itself
            pairs -= np.diag(np.bincount(airport, rest**2))
            n -= np.diag(np.bincount(airport))
        unit = np.mean(rest**2)
        across = ~np.eye(3, dtype=bool)
        same.append(float(np.trace(pairs) / np.trace(n) / unit))
        other.append(float(pairs[across].sum() / n[across].sum() / unit))
    return same, other


def draw() -> style.Figure:
    """Two lines over the hours between two flights."""
    flights = load()
    same, other = by_lag(flights.where(flights.labelled))
    with style.house():
        fig, ax = plt.subplots(figsize=(5.0, 2.9))
        ax.plot(same, color=style.S3, ls="-", marker="")
        ax.plot(other, color=style.S2, ls="--", marker="")
        ax.axhline(0, color=style.EDGE, lw=0.8)
        ax.annotate("one airport", (5.3, 0.13), color=style.S3)
        ax.annotate("two airports", (0.3, 0.012), color=style.S2)
        ax.set_xticks(range(0, 73, 12))
        ax.set_xlim(-1, 73)
        ax.set_ylim(-0.03, 0.19)
        ax.set_title("Correlation of being late, of two flights")
        ax.set_xlabel("hours between their departures")
        fig.tight_layout()
    return style.Figure(
        fig=fig,
        title="Correlation of being late, by hours between two flights",
        desc=(
            "Within an hour it is 0.17 at one airport and 0.13 across two. "
            "It falls to 0.04 and 0.03 after twelve hours, stays there for "
            "a day, and is near zero from 36 hours on."
        ),
        table=[
            ["Hours between", "One airport", "Two airports"],
            *(
                [f"{lag}", f"{same[lag]:.3f}", f"{other[lag]:.3f}"]
                for lag in SHOWN
            ),
        ],
    )
