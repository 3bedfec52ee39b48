"""The ten-row table of the case: late rate by how late the airport is."""

from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path

import matplotlib.pyplot as plt

from scripts.figures import style

RESULTS = Path("snippets/flights/results/models.json")
ACT_FROM = 0.25


def draw() -> style.Figure:
    """One bar a row of the table, and the line from which it acts."""
    table = json.loads(RESULTS.read_text("utf-8"))["table_rates"]
    edges = [f"{100 * edge:.0f}" for edge in table["edges"]]
    names = [
        f"below {edges[0]} %",
        *(f"{low} to {high} %" for low, high in pairwise(edges)),
        f"{edges[-1]} % and more",
        "not known",
    ]
    rates = table["rates"]
    with style.house():
        fig, ax = plt.subplots(figsize=(5.0, 3.6))
        place = range(len(rates))[::-1]
        colours = [style.S2 if r >= ACT_FROM else style.S4 for r in rates]
        ax.barh(place, [100 * r for r in rates], color=colours, height=0.7)
        for y, rate in zip(place, rates, strict=True):
            ax.annotate(
                f"{100 * rate:.1f}",
                (100 * rate, y),
                (4, 0),
                textcoords="offset points",
                va="center",
                color=style.INK2,
            )
        ax.axvline(100 * ACT_FROM, color=style.INK2, lw=1, ls=(0, (1, 2)))
        ax.annotate("acts from 25 %", (26.5, 6), color=style.INK2)
        ax.set_yticks(place, names)
        ax.grid(visible=False)
        ax.xaxis.set_major_formatter("{x:g} %")
        ax.set_xlim(0, 53)
        ax.set_title("Flights that arrived late, January to April")
        ax.set_ylabel("Flights here running late, 2 h before")
    return style.Figure(
        fig=fig,
        title="Late rate by the share of flights at the airport running late",
        desc=(
            "The late rate climbs from 9 % to 47 % over the ten rows. Only "
            "the last two are above 25 %, and the lower of them by less "
            "than one percentage point. Where the share is not known, 7 % "
            "were late."
        ),
        table=[
            ["Flights at the airport running late", "Late rate", "Acts"],
            *(
                [name, f"{100 * r:.1f} %", "yes" if r >= ACT_FROM else "no"]
                for name, r in zip(names, rates, strict=True)
            ),
        ],
    )
