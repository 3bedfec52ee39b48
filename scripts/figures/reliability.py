"""What two models claim, against how often the flight was late."""

from __future__ import annotations

import json
from pathlib import Path

import matplotlib.pyplot as plt

from scripts.figures import style

RESULTS = Path("snippets/flights/results/models.json")
SERIES = {
    "notebook": ("Notebook model", style.S3, "--", "s", (0.585, 0.27)),
    "hardened": ("Hardened model", style.S2, "-", "o", (0.2, 0.6)),
}


def draw() -> style.Figure:
    """One line per model and the diagonal on which a promise is kept."""
    results = json.loads(RESULTS.read_text("utf-8"))["reliability"]
    rows = []
    with style.house():
        fig, ax = plt.subplots(figsize=(5.0, 3.4))
        ax.plot([0, 1], [0, 1], color=style.EDGE, linewidth=0.8, marker="")
        ax.annotate("Promise kept", (0.7, 0.955), color=style.INK2)
        for key, (label, colour, line, marker, at) in SERIES.items():
            bins = [b for b in results[key] if b["n"]]
            x = [b["claimed"] for b in bins]
            y = [b["late"] for b in bins]
            ax.plot(x, y, color=colour, linestyle=line, marker=marker)
            ax.annotate(label, at, color=colour)
            rows += [
                [
                    label,
                    f"{b['claimed']:.3f}",
                    f"{b['late']:.3f}",
                    f"{b['n']:,}",
                ]
                for b in bins
            ]
        ax.set_xlim(0, 1)
        ax.set_ylim(0, 1)
        ax.set_title("Share of flights that were late")
        ax.set_xlabel("Probability the model gave")
    return style.Figure(
        fig=fig,
        title="Share of late flights against the probability that was given",
        desc=(
            "The hardened model lies a little above the diagonal: flights "
            "are late somewhat more often than it says. The notebook model "
            "lies below it everywhere, and further below the surer it is."
        ),
        table=[["Model", "Probability given", "Share late", "Flights"], *rows],
    )
