"""What one answer reads for its live columns, month by month."""

from __future__ import annotations

import json
from pathlib import Path

import matplotlib.pyplot as plt

from scripts.figures import style

RESULTS = Path("snippets/flights/results/speed.json")
SERIES = {
    "filtered": ("Filter over the frame", style.S3, "--", "s", (4.2, 7e4)),
    "searched": ("Search in a sorted list", style.S2, "-", "o", (4.2, 250)),
}


def draw() -> style.Figure:
    """Two lines over twelve months, labelled at the line."""
    months = json.loads(RESULTS.read_text("utf-8"))["months"]
    names = [name.capitalize() for name in months]
    with style.house():
        fig, ax = plt.subplots(figsize=(5.0, 2.8))
        for key, (label, colour, line, marker, at) in SERIES.items():
            values = [month[key] for month in months.values()]
            ax.plot(values, color=colour, linestyle=line, marker=marker)
            ax.annotate(label, at, color=colour)
        ax.set_yscale("log")
        ax.set_ylim(20, 3e6)
        ax.set_yticks(
            [100, 1_000, 10_000, 100_000, 1_000_000],
            ["100", "1,000", "10,000", "100,000", "1 million"],
        )
        ax.minorticks_off()
        ax.set_xticks(range(len(names)), names)
        ax.set_title("Values read for one answer (each step is ten times)")
    return style.Figure(
        fig=fig,
        title="Values read for the live columns of one answer, by month",
        desc=(
            "The filter over the history frame reads 37 thousand values in "
            "January and 965 thousand in December. The search in a sorted "
            "list reads between 109 and 127 in every month."
        ),
        table=[
            ["15th of", "Departures on record", "Filter", "Search"],
            *(
                [
                    name,
                    f"{month['history']:,}",
                    f"{month['filtered']:,}",
                    f"{month['searched']:.0f}",
                ]
                for name, month in zip(names, months.values(), strict=True)
            ),
        ],
    )
