"""Late flights by month: counted, and guessed before any label was in."""

from __future__ import annotations

import json
from functools import cache

import matplotlib.pyplot as plt
import numpy as np

from scripts.figures import style
from snippets.drift.label_shift import label_shift
from snippets.flights.loader import DATA, load
from snippets.flights.models import MONTHS, RateTable

THRESHOLD = 0.25


@cache
def months() -> list[dict[str, float]]:
    """Each month of the 20 % sample, with the ten-row table as the model.

    Returns:
        For May to December: shares in per cent, and whether a mix fits.
    """
    models = json.loads((DATA.parent / "results/models.json").read_text())
    table = RateTable(*map(np.array, models["table_rates"].values()))
    flights = load()
    known, served = flights.train, flights.production
    warned = table.predict(known["live_late"]) >= THRESHOLD
    cells = 2 * known.late.astype(int) + warned
    confusion = np.bincount(cells, minlength=4).reshape(2, 2)
    found = []
    for month in range(5, 13):
        now = served.where(served["month"] == month)
        p = table.predict(now["live_late"])
        warned = p >= THRESHOLD
        x = label_shift(confusion, np.bincount(warned, minlength=2))
        found.append(
            {
                "late": 100 * float(now.late.mean()),
                "warned": 100 * float(warned.mean()),
                "caught": 100 * float(warned[now.late].mean()),
                "false": 100 * float(warned[~now.late].mean()),
                "estimate": 100 * x.shares[1],
                "low": 100 * x.low[1],
                "high": 100 * x.high[1],
                "mean_p": 100 * float(p.mean()),
                "fits": x.fits,
                "n": x.n,
            }
        )
    return found


def draw() -> style.Figure:
    found = months()
    names = [month.capitalize() for month in MONTHS]
    places = range(len(names))
    column = {key: [row[key] for row in found] for key in found[0]}
    with style.house():
        fig, ax = plt.subplots(figsize=(5.0, 3.6))
        fits = np.array(column["fits"], bool)
        ax.vlines(
            np.flatnonzero(fits),
            np.array(column["low"])[fits],
            np.array(column["high"])[fits],
            color=style.GRID,
            lw=6,
        )
        ax.plot(column["estimate"], color=style.S3, ls="--", marker="s")
        ax.plot(column["mean_p"], color=style.S2, ls=":", marker="^")
        ax.plot(column["late"], color=style.INK, ls="-", marker="o")
        ax.set_xticks(places, names)
        ax.set_ylim(-3, 68)
        ax.yaxis.set_major_formatter("{x:g} %")
        ax.set_title("Share of flights that are late")
        ax.annotate("label_shift", (2.3, 56), color=style.S3)
        ax.annotate("late, counted", (0.9, 27), color=style.INK)
        ax.annotate("mean probability", (4.1, 14.5), color=style.S2)
        ax.annotate("no mix fits", (4.4, 1.5), color=style.S3)
        fig.tight_layout()
    return style.Figure(
        fig=fig,
        title="Share of late flights by month, counted and estimated",
        desc=(
            "Between 8 and 24 per cent of flights are late. The estimate from "
            "the mix of predictions is 48 to 58 per cent in June, July and "
            "December, and 0 from September to November, where no mix fits. "
            "The mean probability stays within 5 points of what was counted."
        ),
        table=[
            [
                "Month",
                "Late, counted",
                "Warned about",
                "Late ones warned about",
                "Others warned about",
                "Estimated by label_shift",
                "Interval",
                "A mix fits",
                "Mean probability",
            ],
            *(
                [
                    name,
                    f"{row['late']:.1f} %",
                    f"{row['warned']:.1f} %",
                    f"{row['caught']:.0f} %",
                    f"{row['false']:.0f} %",
                    f"{row['estimate']:.0f} %",
                    f"{row['low']:.0f} to {row['high']:.0f} %"
                    if row["fits"]
                    else "none",
                    "yes" if row["fits"] else "no",
                    f"{row['mean_p']:.1f} %",
                ]
                for name, row in zip(names, found, strict=True)
            ),
        ],
    )
