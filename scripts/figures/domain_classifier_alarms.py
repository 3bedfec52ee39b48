"""How often new rows are told from old ones, by rows and by what changed."""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray
from scipy import special  # type: ignore[import-untyped, unused-ignore]

from scripts.figures import style
from snippets.drift.domain_classifier import two_sample_auc

ROWS = (60, 200, 600)
COLUMNS = 5
QUIET_RUNS = {60: 240, 200: 120, 600: 60}
MOVED_RUNS = 32
KS_RUNS = 1_200
ALPHA = 0.05

Floats = NDArray[np.float64]


def sides(change: str, n: int, run: int) -> tuple[Floats, Floats]:
    """Old and new rows of five columns.

    Args:
        change: "none"; "one column": it moves by half a standard deviation;
            "together": two columns get a correlation of .7, and each of
            them alone stays as it was.
        n: rows on each side.
        run: seed.

    Returns:
        Two tables of shape (n, COLUMNS).
    """
    rng = np.random.default_rng([20130102, n, run])
    old, new = rng.normal(size=(2, n, COLUMNS))
    if change == "one column":
        new[:, 0] += 0.5
    elif change == "together":
        new[:, 1] = 0.7 * new[:, 0] + 0.51**0.5 * new[:, 1]
    return old, new


@cache
def trees(change: str, n: int) -> float:
    """Share of runs in which the default classifier alarms."""
    runs = QUIET_RUNS[n] if change == "none" else MOVED_RUNS
    found = [
        two_sample_auc(*sides(change, n, run), seed=run, n_top=0).alarm
        for run in range(runs)
    ]
    return float(np.mean(found))


@cache
def columns(change: str, n: int) -> float:
    """Share of runs in which a KS test of any column does (Bonferroni)."""
    found = []
    for run in range(KS_RUNS):
        old, new = sides(change, n, run)
        order = np.argsort(np.concatenate([old, new]), axis=0)
        gap = np.abs(np.cumsum(np.where(order < n, 1, -1), axis=0)).max() / n
        p = special.kolmogorov(gap * (n / 2) ** 0.5)  # of the widest gap
        found.append(bool(p < ALPHA / COLUMNS))
    return float(np.mean(found))


def shares(change: str) -> dict[str, list[float]]:
    return {
        "classifier": [trees(change, n) for n in ROWS],
        "KS by column": [columns(change, n) for n in ROWS],
    }


def draw() -> style.Figure:
    changes = ("none", "one column", "together")
    found = {change: shares(change) for change in changes}
    fig = style.alarm_rates(
        ROWS,
        found["none"],
        found["together"],
        promised=ALPHA,
        change="Two of five columns move together",
        rate="looks",
    )
    heads = ("Nothing changed", "One column moved", "Two move together")
    return style.Figure(
        fig=fig,
        title="Share of looks that alarm, by rows and kind of change",
        desc=(
            "With nothing changed, both checks alarm on about 5 % of looks. "
            "When two columns begin to move together, the classifier sees it "
            "on nearly all looks at 600 rows and the test of single columns "
            "hardly ever. When one column moves by half a standard deviation, "
            "the test of single columns needs a third of the rows."
        ),
        table=[
            [
                "Rows on each side",
                *(
                    f"{head}, {check}"
                    for head in heads
                    for check in found["none"]
                ),
            ],
            *(
                [
                    f"{n:,}",
                    *(
                        f"{100 * row[i]:.0f} %"
                        for change in changes
                        for row in found[change].values()
                    ),
                ]
                for i, n in enumerate(ROWS)
            ),
        ],
    )
