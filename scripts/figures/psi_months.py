"""Score drift of each month beside what the model earned in it."""

from __future__ import annotations

import json
from pathlib import Path

import matplotlib.pyplot as plt

from scripts.figures import style
from snippets.drift.psi import psi_limit

RESULTS = Path("snippets/flights/results/models.json")
LEFT, BELOW = (-7, 0, "right"), (-4, -13, "center")
BESIDE = {"may": LEFT, "oct": LEFT, "nov": LEFT, "jul": BELOW, "sep": BELOW}


def draw() -> style.Figure:
    data = json.loads(RESULTS.read_text("utf-8"))
    earned = data["notebook"]["months"]
    moved = data["score_psi"]["notebook"]
    trained, served = data["flights"]["train"], data["flights"]["production"]
    limit = psi_limit(10, trained, served // len(moved))
    with style.house():
        fig, ax = plt.subplots(figsize=(5.0, 3.0))
        ax.axhline(0, color=style.EDGE, lw=0.8)
        ax.axvline(0.25, color=style.INK2, lw=1, ls=(0, (4, 3)))
        ax.axvline(limit, color=style.INK2, lw=1, ls=(0, (1, 2)))
        for month, points in earned.items():
            colour, marker = (style.S2, "o") if points > 0 else (style.S3, "s")
            x = moved[month]
            ax.plot(x, points, color=colour, marker=marker, ls="")
            right, up, side = BESIDE.get(month, (7, 0, "left"))
            ax.annotate(
                month.capitalize(),
                (x, points),
                (right, up),
                textcoords="offset points",
                ha=side,
                va="center",
                color=colour,
            )
        ax.set_xscale("log")
        ax.set_xticks([0.001, 0.01, 0.1, 1], ["0.001", "0.01", "0.1", "1"])
        ax.set_yticks([-100, 0, 100, 200])
        ax.minorticks_off()
        ax.set_xlim(0.0007, 2.2)
        ax.set_ylim(-125, 270)
        ax.set_xlabel("PSI of the score, against the training months")
        ax.set_title("Points earned per 1,000 flights, by month")
        ax.annotate("limit for 1 %", (limit * 1.1, 245))
        ax.annotate("0.25", (0.235, 245), ha="right")
    return style.Figure(
        fig=fig,
        title="Points earned and score PSI, May to December 2013",
        desc=(
            "All eight months lie far above the limit for 1 %. June, July "
            "and August are above 0.25 and earned points. September, "
            "October and November are below 0.25 and lost points. May and "
            "December are below 0.25 and earned points."
        ),
        table=[
            ["Month", "Score PSI", "Points per 1,000 flights"],
            *(
                [month.capitalize(), f"{moved[month]:.2f}", f"{points:.0f}"]
                for month, points in earned.items()
            ),
        ],
    )
