"""Does the order of the three ways to decide depend on the invented price?"""

from __future__ import annotations

import json
from pathlib import Path

import matplotlib.pyplot as plt

from scripts.figures import style

RESULTS = Path("snippets/flights/results/models.json")
SERIES = {
    "hardened": ("Hardened model", style.S2, "-", "o"),
    "table": ("Ten-row table", style.S4, ":", "D"),
    "notebook": ("Notebook model", style.S3, "--", "s"),
}


def draw() -> style.Figure:
    """Points per 1,000 flights against the saving, cost held at one."""
    prices = json.loads(RESULTS.read_text("utf-8"))["prices"]
    x = [p["saving"] for p in prices]
    with style.house():
        fig, ax = plt.subplots(figsize=(5.0, 3.2))
        for key, (_, colour, line, marker) in SERIES.items():
            y = [p[key] for p in prices]
            ax.plot(x, y, color=colour, linestyle=line, marker=marker)
        ax.annotate("Hardened model", (3.9, 330), color=style.S2)
        ax.annotate("Ten-row table", (6.3, 225), color=style.INK2)
        ax.annotate("Notebook model", (4.45, 20), color=style.S3)
        ax.axhline(0, color=style.EDGE, linewidth=0.8)
        ax.set_xticks(x, [f"{v:.0f}" for v in x])
        ax.set_title("Points per 1,000 flights, against doing nothing")
        ax.set_xlabel("What a hit saves, when a warning costs 1")
    return style.Figure(
        fig=fig,
        title="Points per 1,000 flights, by what a hit saves",
        desc=(
            "The hardened model is above the table and the table above the "
            "notebook model at every saving from 2 to 8. At 2 the notebook "
            "model is below zero."
        ),
        table=[
            [
                "A hit saves",
                "Acts from",
                *(s[0] for s in SERIES.values()),
                "Act on every flight",
            ],
            *(
                [
                    f"{p['saving']:.0f}",
                    f"{p['threshold']:.3f}",
                    *(f"{p[key]:.0f}" for key in (*SERIES, "act_on_all")),
                ]
                for p in prices
            ),
        ],
    )
