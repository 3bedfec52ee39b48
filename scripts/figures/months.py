"""What each of the three ways to decide earned, month by month."""

from __future__ import annotations

import json
from pathlib import Path

import matplotlib.pyplot as plt

from scripts.figures import style

RESULTS = Path("snippets/flights/results/models.json")
SERIES = {
    "hardened": ("Hardened model", style.S2, "-", "o", (3.15, 170)),
    "table": ("Ten-row table", style.S4, ":", "D", (4.1, 84)),
    "notebook": ("Notebook model", style.S3, "--", "s", (4.6, -112)),
}


def draw() -> style.Figure:
    """Three lines over eight months, labelled at the line."""
    results = json.loads(RESULTS.read_text("utf-8"))
    late = results["late_rate_months"]
    names = [name.capitalize() for name in late]
    with style.house():
        fig, ax = plt.subplots(figsize=(5.0, 3.0))
        for key, (label, colour, line, marker, at) in SERIES.items():
            values = list(results[key]["months"].values())
            ax.plot(values, color=colour, linestyle=line, marker=marker)
            ink = style.INK2 if key == "table" else colour
            ax.annotate(label, at, color=ink)
        ax.axhline(0, color=style.EDGE, linewidth=0.8)
        ax.set_xticks(range(len(names)), names)
        ax.set_xlim(-0.3, 7.3)
        ax.set_ylim(-130, 285)
        ax.set_title("Points per 1,000 flights, against doing nothing")
    return style.Figure(
        fig=fig,
        title="Points per 1,000 flights by month, for three ways to decide",
        desc=(
            "All three earn most in June, July and December. The notebook "
            "model is below zero from September to November; the table and "
            "the hardened model never are."
        ),
        table=[
            ["Month", "Late rate", *(label for label, *_ in SERIES.values())],
            *(
                [
                    name.capitalize(),
                    f"{late[name]:.3f}",
                    *(f"{results[key]['months'][name]:.0f}" for key in SERIES),
                ]
                for name in late
            ),
        ],
    )
