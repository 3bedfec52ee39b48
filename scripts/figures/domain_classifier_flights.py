"""Can the flights of a month be told from those of January to April?"""

from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np

from scripts.figures import style
from snippets.drift.domain_classifier import DomainShift, two_sample_auc
from snippets.flights.loader import Flights, load
from snippets.flights.models import MONTHS, NOTEBOOK

# month and day of the month would name the date
COLUMNS = tuple(c for c in NOTEBOOK.columns if c not in ("month", "day"))
OLD_ROWS, NEW_ROWS = 8_000, 4_000


def thin(flights: Flights, n: int) -> Flights:
    """N flights of these, drawn at random, in their order."""
    rng = np.random.default_rng(20130101)
    return flights.take(np.sort(rng.permutation(len(flights))[:n]))


def compare(old: Flights, new: Flights) -> tuple[DomainShift, DomainShift]:
    """Old and new, once split by row and once by whole days."""
    tables = old.matrix(COLUMNS), new.matrix(COLUMNS)
    days = old["date"], new["date"]
    by_row = two_sample_auc(*tables, n_top=0)
    return by_row, two_sample_auc(*tables, groups=days, n_top=1)


def draw() -> style.Figure:
    flights = load()
    flights = flights.where(flights.labelled)
    old = thin(flights.where(flights["month"] <= 4), OLD_ROWS)
    days = np.unique(old["date"])
    drawn = np.random.default_rng(3).permutation(days)[: len(days) // 2]
    half = np.isin(old["date"], drawn)
    pairs = [compare(old.where(~half), old.where(half))]
    for month in range(5, 13):
        new = flights.where(flights["month"] == month)
        pairs.append(compare(old, thin(new, NEW_ROWS)))
    names = ["same", *(month.capitalize() for month in MONTHS)]
    places = range(len(names))
    with style.house():
        fig, ax = plt.subplots(figsize=(5.0, 3.6))
        ax.axhline(0.5, color=style.EDGE, linewidth=0.8)
        ax.vlines(
            places,
            [day.low for _, day in pairs],
            [day.high for _, day in pairs],
            color=style.GRID,
            lw=6,
        )
        ax.plot(
            [row.auc for row, _ in pairs], "s", color=style.S3, label="rows"
        )
        ax.plot([day.auc for _, day in pairs], "o", color=style.S2)
        ax.set_xticks(places, names)
        ax.set_ylim(0.25, 1.05)
        ax.yaxis.set_major_formatter("{x:.1f}")
        ax.set_title("AUC of new flights against January to April")
        ax.annotate("split by row", (6.3, 0.86), color=style.S3)
        ax.annotate("split by day", (0.3, 0.44), color=style.S2)
        fig.tight_layout()
    return style.Figure(
        fig=fig,
        title="How well each month's flights are told from January to April",
        desc=(
            "Split by row, the AUC is near .9 even where nothing changed, and "
            "above .9 in every month. Split by whole days it is near .5 where "
            "nothing changed, above .9 from May to October and about .6 in "
            "November and December."
        ),
        table=[
            [
                "New flights",
                "AUC, split by row",
                "AUC, split by day",
                "Interval, by day",
                "p-value, by day",
                "First column",
            ],
            *(
                [
                    "January to April, other days" if name == "same" else name,
                    f"{row.auc:.3f}",
                    f"{day.auc:.3f}",
                    f"{day.low:.2f} to {day.high:.2f}",
                    f"{day.p_value:.3f}",
                    COLUMNS[int(day.top_features[0][0])]
                    if day.top_features
                    else "no alarm",
                ]
                for name, (row, day) in zip(names, pairs, strict=True)
            ),
        ],
    )
