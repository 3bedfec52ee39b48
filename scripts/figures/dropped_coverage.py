"""How often 95 % intervals hold the truth when rows share a storm."""

from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np

from scripts.figures import style
from snippets.readiness.dropped_rows import dropped_report

ROWS = (5, 10, 25, 50, 100, 200)
DAYS, TIMES = 120, 300
STORMY, DROP, LATE, ALIKE = 0.35, (0.3, 0.02), (0.25, 0.12), 15


def truth() -> float:
    """The difference in the long run, dropped minus kept."""
    share = np.array([STORMY, 1 - STORMY])
    gone, kept = share * DROP, share * (1 - np.array(DROP))
    return float(gone @ LATE / gone.sum() - kept @ LATE / kept.sum())


def covered(rows: int) -> tuple[float, float]:
    """Share of exports whose interval holds the truth, by rows and by days."""
    rng, inside = np.random.default_rng(20130208), np.zeros(2)
    for _ in range(TIMES):
        storm = rng.random(DAYS) < STORMY
        drop, late = np.where(storm, *DROP), np.where(storm, *LATE)
        drop = np.where(storm, rng.beta(4 * drop, 4 * (1 - drop)), drop)
        late = rng.beta(ALIKE * late, ALIKE * (1 - late))
        day = np.repeat(np.arange(DAYS), rows)
        y = rng.random(len(day)) < late[day]
        keep = rng.random(len(day)) >= drop[day]
        for i, cluster in enumerate((None, day)):
            r = dropped_report(y, keep, cluster=cluster)
            inside[i] += r.low <= truth() <= r.high
    by_rows, by_days = (100 * inside / TIMES).tolist()
    return by_rows, by_days


def draw() -> style.Figure:
    """Two lines over the number of rows that share a day."""
    found = [covered(rows) for rows in ROWS]
    by_rows, by_days = zip(*found, strict=True)
    with style.house():
        fig, ax = plt.subplots(figsize=(5.0, 2.9))
        ax.plot(ROWS, by_rows, color=style.S3, ls="--", marker="s")
        ax.plot(ROWS, by_days, color=style.S2, ls="-", marker="o")
        ax.axhline(95, color=style.INK2, lw=1, ls=(0, (1, 2)))
        ax.set_xscale("log")
        ax.set_xticks(ROWS, [str(rows) for rows in ROWS])
        ax.minorticks_off()
        ax.set_ylim(45, 104)
        ax.set_yticks([50, 60, 70, 80, 90, 100])
        ax.yaxis.set_major_formatter("{x:g} %")
        ax.set_xlabel("rows that share a day")
        ax.set_title("Intervals for 95 % that hold the truth")
        ax.annotate("every row for itself", (13, 75), color=style.S3)
        ax.annotate("cluster=day", (58, 98.5), color=style.S2)
        ax.annotate("promised", (5, 96.5), color=style.INK2)
    return style.Figure(
        fig=fig,
        title="Share of 95 % intervals that hold the truth, by rows per day",
        desc=(
            "With five rows a day the interval for independent rows holds "
            "the truth about as often as promised. With 200 rows a day it "
            "does in about six exports of ten. The interval by days stays "
            "near 95 %."
        ),
        table=[
            [
                "Rows that share a day",
                "Rows counted as independent",
                "Rows clustered by day",
            ],
            *(
                [str(rows), f"{one:.0f} %", f"{other:.0f} %"]
                for rows, (one, other) in zip(ROWS, found, strict=True)
            ),
        ],
    )
