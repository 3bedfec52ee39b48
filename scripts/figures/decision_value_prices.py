"""How much of a perfect model's worth each way to decide earns, by price."""

from __future__ import annotations

import json
from pathlib import Path

import matplotlib.pyplot as plt

from scripts.figures import style

RESULTS = Path("snippets/flights/results/models.json")
SERIES = {
    "hardened": ("Hardened model", style.S2, "-", "o"),
    "table": ("Ten-row table", style.INK, ":", "D"),
    "notebook": ("Notebook model", style.S3, "--", "s"),
    "act_on_all": ("Warn about every flight", style.S4, "-.", "^"),
}


def draw() -> style.Figure:
    """Shares of the perfect worth over the break-even probability."""
    prices = json.loads(RESULTS.read_text("utf-8"))["prices"]
    x = [p["threshold"] for p in prices]
    share = {key: [p[key] / p["oracle"] for p in prices] for key in SERIES}
    with style.house():
        fig, ax = plt.subplots(figsize=(5.0, 3.4))
        for key, (_, colour, line, marker) in SERIES.items():
            y = [100 * part for part in share[key]]
            ax.plot(x, y, color=colour, ls=line, marker=marker)
        ax.axhline(0, color=style.EDGE, lw=0.8)
        for key in ("hardened", "table", "notebook"):
            name, colour, *_ = SERIES[key]
            ax.annotate(
                name,
                (1.02, 100 * share[key][0]),
                xycoords=("axes fraction", "data"),
                va="center",
                color=colour,
                annotation_clip=False,
            )
        ax.annotate("Warn about\nevery flight", (0.18, -17), color=style.INK2)
        ax.annotate("Never warn", (0.21, 1.5), color=style.INK2)
        ax.set_ylim(-30, 52)
        ax.yaxis.set_major_formatter("{x:g} %")
        ax.set_xscale("log")
        ax.set_xticks(x, [f"1 : {p['saving']:g}" for p in prices])
        ax.minorticks_off()
        ax.set_xlabel(
            "Price of a warning : what it saves if the flight is late"
        )
        ax.set_title("Worth, as a share of knowing every outcome")
    return style.Figure(
        fig=fig,
        title="Share of the perfect worth earned, by the ratio of the prices",
        desc=(
            "The hardened model is ahead at every ratio, the table close "
            "behind. At one to eight both earn a little under half of what "
            "can be earned, and warning about every flight a quarter. At "
            "one to two the hardened model earns a tenth, the table nothing "
            "and the notebook model loses."
        ),
        table=[
            [
                "Price : saving",
                "Acts from",
                "Perfect, points",
                *(name for name, *_ in SERIES.values()),
            ],
            *(
                [
                    f"1 : {p['saving']:g}",
                    f"{p['threshold']:.3f}",
                    f"{p['oracle']:.0f}",
                    *(f"{100 * share[key][i]:.0f} %" for key in SERIES),
                ]
                for i, p in enumerate(prices)
            ),
        ],
    )
