"""Can the flights of a month be told from those of January to April?"""

from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np
from numpy.typing import NDArray
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.metrics import roc_auc_score
from threadpoolctl import threadpool_limits

from scripts.figures import style
from snippets.drift.domain_classifier import DomainShift, two_sample_auc
from snippets.flights.loader import Flights, load
from snippets.flights.models import MONTHS, NOTEBOOK

# month and day of the month would name the date
COLUMNS = tuple(c for c in NOTEBOOK.columns if c not in ("month", "day"))
NO_HEAT = tuple(c for c in COLUMNS if c not in ("temp", "dewp"))
OLD_ROWS, NEW_ROWS = 8_000, 4_000
DRAWS = 5  # of the days that judge, for the AUC of rows


def thin(flights: Flights, n: int) -> Flights:
    """N flights of these, drawn at random, in their order."""
    rng = np.random.default_rng(20130101)
    return flights.take(np.sort(rng.permutation(len(flights))[:n]))


def compare(old: Flights, new: Flights) -> list[DomainShift]:
    """By row, by whole days, and by days without temperature."""
    days = old["date"], new["date"]
    found = [
        two_sample_auc(old.matrix(names), new.matrix(names), groups=g, n_top=1)
        for names, g in ((COLUMNS, days), (NO_HEAT, days))
    ]
    tables = old.matrix(COLUMNS), new.matrix(COLUMNS)
    return [two_sample_auc(*tables, n_top=0), *found]


def half_of_days(
    flights: Flights, rng: np.random.Generator
) -> NDArray[np.bool_]:
    """Marks the flights of a random half of their days."""
    days = rng.permutation(np.unique(flights["date"]))
    return np.isin(flights["date"], days[: len(days) // 2])


def rows_of_other_days(
    old: Flights, new: Flights, names: tuple[str, ...]
) -> tuple[float, float]:
    """AUC of single flights of days held out, and what weighting leaves.

    Old flights of held-out days get the odds of the classifier as weights;
    what is left of n is the square of their sum over the sum of squares.
    Both are means over several draws of the days.
    """
    found = []
    for seed in range(DRAWS):
        rng = np.random.default_rng(seed)
        sides = [(side, half_of_days(side, rng)) for side in (old, new)]
        learn = [side.where(half).matrix(names) for side, half in sides]
        judge = [side.where(~half).matrix(names) for side, half in sides]
        model = HistGradientBoostingClassifier(
            max_iter=30, max_leaf_nodes=8, early_stopping=False, random_state=0
        )
        model.fit(np.vstack(learn), np.repeat([0, 1], [*map(len, learn)]))
        p = model.predict_proba(np.vstack(judge))[:, 1]
        is_new = np.repeat([0, 1], [*map(len, judge)])
        odds = (p / (1 - p))[is_new == 0]
        left = odds.sum() ** 2 / (odds**2).sum() / len(odds)
        found.append((roc_auc_score(is_new, p), left))
    auc, left = np.mean(found, axis=0)
    return float(auc), float(left)


def draw() -> style.Figure:
    flights = load()
    flights = flights.where(flights.labelled)
    old = thin(flights.where(flights["month"] <= 4), OLD_ROWS)
    days = np.unique(old["date"])
    drawn = np.random.default_rng(3).permutation(days)[: len(days) // 2]
    half = np.isin(old["date"], drawn)
    sides = [(old.where(~half), old.where(half))]
    for month in range(5, 13):
        new = flights.where(flights["month"] == month)
        sides.append((old, thin(new, NEW_ROWS)))
    trios = [compare(*side) for side in sides]
    with threadpool_limits(1):
        single = [
            [rows_of_other_days(*side, cols) for cols in (COLUMNS, NO_HEAT)]
            for side in sides
        ]
    names = ["same", *(month.capitalize() for month in MONTHS)]
    places = range(len(names))
    with style.house():
        fig, ax = plt.subplots(figsize=(5.0, 3.6))
        ax.axhline(0.5, color=style.EDGE, linewidth=0.8)
        ax.vlines(
            places,
            [day.low for _, day, _ in trios],
            [day.high for _, day, _ in trios],
            color=style.GRID,
            lw=6,
        )
        ax.plot(
            [row.auc for row, _, _ in trios], "s", color=style.S3, label="rows"
        )
        ax.plot([day.auc for _, day, _ in trios], "o", color=style.S2)
        ax.plot([calm.auc for _, _, calm in trios], "^", color=style.S4)
        ax.set_xticks(places, names)
        ax.set_ylim(0.25, 1.05)
        ax.yaxis.set_major_formatter("{x:.1f}")
        ax.set_title("AUC of new flights against January to April")
        ax.annotate("split by row", (6.3, 0.86), color=style.S3)
        ax.annotate("split by day", (0.3, 0.44), color=style.S2)
        ax.annotate("without temperature", (2.6, 0.58), color=style.S4)
        fig.tight_layout()
    return style.Figure(
        fig=fig,
        title="How well each month's flights are told from January to April",
        desc=(
            "Split by row, the AUC is near .9 even where nothing changed, and "
            "above .9 in every month. Split by whole days it is near .5 where "
            "nothing changed, above .9 from May to October and about .6 in "
            "November and December. Without temperature and dew point it "
            "lies between .5 and .8 in each month."
        ),
        table=[
            [
                "New flights",
                "AUC, split by row",
                "AUC, split by day",
                "Interval, by day",
                "p-value, by day",
                "First column",
                "AUC by day, without temp and dewp",
                "p-value of that",
                "AUC of flights, days held out",
                "Old rows left",
                "AUC of flights, without temp and dewp",
                "Old rows left, without",
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
                    f"{calm.auc:.3f}",
                    f"{calm.p_value:.3f}",
                    *(
                        text
                        for auc, left in alone
                        for text in (f"{auc:.2f}", f"{100 * left:.0f} %")
                    ),
                ]
                for name, (row, day, calm), alone in zip(
                    names, trios, single, strict=True
                )
            ),
        ],
    )
