"""The flights a clean export drops: how late they are, what they are worth."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt

from scripts.figures import style

RESULTS = Path("snippets/flights/results/dropped.json")


def _bars(ax: Any, split: float, kept: float, dropped: float) -> None:
    """Two bars as wide as their share of the flights, in per cent."""
    ax.bar(0, kept, split, align="edge", color=style.S2)
    ax.bar(split, dropped, 100 - split, align="edge", color=style.S3)
    ax.spines["bottom"].set_visible(False)
    ax.axhline(0, color=style.EDGE, lw=0.8)
    ax.set_xlim(0, 100)


def draw() -> style.Figure:
    """Two panels with bars of unequal width: late flights, and points."""
    data = json.loads(RESULTS.read_text("utf-8"))
    way, served = data["ways"]["served"], data["served"]
    kept, dropped, total = way["kept"], way["dropped"], way["all"]
    n = kept["n"] + dropped["n"]
    split = 100 * kept["n"] / n
    late = 100 * served["kept"]["rate"], 100 * served["dropped"]["rate"]
    parts = total["value"] - way["from_dropped"], way["from_dropped"]
    with style.house():
        fig, (top, bottom) = plt.subplots(
            2, 1, figsize=(5.0, 4.4), sharex=True, height_ratios=[1, 1.6]
        )
        _bars(top, split, *late)
        top.yaxis.set_major_formatter("{x:g} %")
        top.set_yticks([0, 10, 20, 30])
        top.set_ylim(0, 33)
        top.tick_params(bottom=False)
        top.set_title("Late flights, May to December")
        _bars(bottom, split, kept["value"], dropped["value"])
        for x, v in ((split / 2, kept), ((100 + split) / 2, dropped)):
            bottom.vlines(x, v["low"], v["high"], color=style.INK, lw=1.2)
        bottom.set_ylim(-30, 470)
        bottom.set_yticks([0, 100, 200, 300, 400])
        bottom.set_title("Points per 1,000 such flights")
        bottom.set_xticks([0, 25, 50, 75, 100])
        bottom.xaxis.set_major_formatter("{x:g} %")
        bottom.set_xlabel("share of all flights")
        bottom.annotate(
            f"complete weather\n{parts[0]:.0f} of the {total['value']:.0f} "
            "points",
            (split / 2, 108),
            color=style.S2,
            ha="center",
        )
        bottom.annotate(
            "a hole in the weather\n"
            f"{parts[1]:.0f} of the {total['value']:.0f} points",
            (split - 2, 212),
            color=style.S3,
            ha="right",
        )
        fig.tight_layout(h_pad=1.0)
    groups = (
        ("Complete weather: kept", kept, late[0], parts[0]),
        ("A hole: dropped by dropna", dropped, late[1], parts[1]),
    )
    return style.Figure(
        fig=fig,
        title="Late flights and points, by whether the weather is complete",
        desc=(
            "Bars as wide as their share of the flights. Flights with a hole "
            "in their weather are 14 % of all, 26 % of them are late, and "
            "they earn 313 points per 1,000. The other 86 % are late in 14 % "
            "of cases and earn 21 points per 1,000."
        ),
        table=[
            [
                "Flights, May to December",
                "Number",
                "Late",
                "Points per 1,000 of them",
                "Part of the total per 1,000",
            ],
            *(
                [
                    name,
                    f"{v['n']:,}",
                    f"{share:.1f} %",
                    f"{v['value']:.0f} ({v['low']:.0f} to {v['high']:.0f})",
                    f"{part:.0f}",
                ]
                for name, v, share, part in groups
            ),
        ],
    )
