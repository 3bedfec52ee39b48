"""How much a release changes, beside what it is worth."""

from __future__ import annotations

import json
from pathlib import Path

import matplotlib.pyplot as plt

from scripts.figures import style

RESULTS = Path("snippets/flights/results/release.json")
SHOWN = {
    "good": ("hardened, for\nthe notebook's", style.S2, "o", (-8, 0), "right"),
    "equal": ("trained again", style.INK, "s", (9, 8), "left"),
    "cached": ("live columns\nan hour old", style.S3, "D", (9, -4), "left"),
    "old": ("the notebook's\nfile again", style.S3, "D", (-8, 0), "right"),
    "slide": ("model of the slide", style.S3, "D", (-8, -4), "right"),
}


def draw() -> style.Figure:
    """One point for each release, with its interval."""
    releases = json.loads(RESULTS.read_text("utf-8"))["releases"]
    with style.house():
        fig, ax = plt.subplots(figsize=(5.0, 3.2))
        ax.axhline(0, color=style.INK2, lw=1)
        for name, (label, colour, marker, at, side) in SHOWN.items():
            worth = releases[name]["worth"]
            x = 100 * releases[name]["changed"]
            ends = worth["low"], worth["high"]
            ax.plot([x, x], ends, color=colour, ls="-", marker="")
            ax.plot(x, worth["value"], color=colour, marker=marker, ls="")
            ax.annotate(
                label,
                (x, worth["value"]),
                at,
                textcoords="offset points",
                ha=side,
                va="center",
                color=colour,
            )
        ax.set_xlim(-1, 30)
        ax.set_ylim(-150, 100)
        ax.set_xlabel("decisions changed, % of flights")
        ax.set_title("Points per 1,000 flights beyond the incumbent")
    return style.Figure(
        fig=fig,
        title="Five releases: what they change, and what they are worth",
        desc=(
            "Two releases change a quarter of the decisions: one is worth 68 "
            "points more than its incumbent, the other 68 less. The model of "
            "the slide changes 16 % and loses 109, live columns an hour old "
            "change 5 % and lose 25. A model trained again changes 1 % and "
            "is worth the same."
        ),
        table=[
            ["Release", "Decisions changed", "Scores moved", "Points (95 %)"],
            *(
                [
                    SHOWN[name][0].replace("\n", " "),
                    f"{100 * one['changed']:.1f} %",
                    f"{100 * one['moved']:.0f} %",
                    _points(**one["worth"]),
                ]
                for name, one in releases.items()
            ),
        ],
    )


def _points(value: float, low: float, high: float) -> str:
    text = f"{value:.0f} ({low:.0f} to {high:.0f})"
    return text.replace("-", "\N{MINUS SIGN}")
