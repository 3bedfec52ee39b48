"""What three PSI limits do in years of daily looks, by number of rows."""

from __future__ import annotations

from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from scripts.figures import style
from snippets.drift.psi import Baseline, psi_limit

ROWS = (30, 100, 300, 1_000, 3_000, 10_000)
BASELINES = 1_000
SHIFT = 0.2  # standard deviations


def one_baseline(
    rng: np.random.Generator, n: int, n_days: int, shift: float
) -> tuple[NDArray[np.float64], float]:
    """PSI of each day against one baseline of n rows, and the limit.

    Rows of a bell curve fall in bins with known chances, so the counts of a
    day are drawn at once.
    """
    base = Baseline.fit(rng.normal(size=n))
    law = NormalDist(shift)
    chances = np.diff([0.0, *map(law.cdf, base.edges), 1.0])
    before = np.array(base.counts) + 0.5
    now = rng.multinomial(n, chances, size=n_days) + 0.5
    p, q = before / before.sum(), now / now.sum(axis=1, keepdims=True)
    found = ((q - p) * np.log(q / p)).sum(axis=1)
    return found, psi_limit(len(base.counts), n, n)


def simulate(n_days: int, shift: float) -> dict[int, dict[str, float]]:
    """Share of days above each limit, by rows on each side."""
    rng = np.random.default_rng(20130101)
    shares: dict[int, dict[str, float]] = {}
    for n in ROWS:
        drawn = [one_baseline(rng, n, n_days, shift) for _ in range(BASELINES)]
        found = np.array([values for values, _ in drawn])
        limits = np.array([[limit] for _, limit in drawn])
        shares[n] = {
            "limit": float(np.mean(found > limits)),
            "0.25": float(np.mean(found > 0.25)),
            "0.1": float(np.mean(found > 0.1)),
            "unlucky": float(
                np.quantile(np.sum(found > limits, axis=1), 0.95)
            ),
        }
    return shares


def draw() -> style.Figure:
    quiet, moved = simulate(365, 0.0), simulate(60, SHIFT)
    names = ("limit", "0.25", "0.1")
    fig = style.alarm_rates(
        ROWS,
        {name: [quiet[n][name] for n in ROWS] for name in names},
        {name: [moved[n][name] for n in ROWS] for name in names},
        promised=0.01,
        change=f"Mean moved by {SHIFT} standard deviations",
        rate="days",
    )
    return style.Figure(
        fig=fig,
        title="Share of days above three PSI limits, by number of rows",
        desc=(
            "With nothing changed, PSI is above 0.1 on four days in five at "
            "100 rows a side and on none at 1,000. With the mean moved by "
            "0.2 standard deviations it is above 0.1 on most days at 100 "
            "rows and on none at 3,000. The limit rings on about 1 % of "
            "days when nothing changed, and sees the move on most days from "
            "1,000 rows."
        ),
        table=[
            [
                "Rows on each side",
                "Quiet days above 0.1",
                "Quiet days above 0.25",
                "Quiet days above the limit",
                "The same, days in the unluckiest year of 20",
                "Moved days above 0.1",
                "Moved days above 0.25",
                "Moved days above the limit",
            ],
            *(
                [
                    f"{n:,}",
                    *(f"{100 * quiet[n][k]:.1f} %" for k in names[::-1]),
                    f"{quiet[n]['unlucky']:.0f}",
                    *(f"{100 * moved[n][k]:.1f} %" for k in names[::-1]),
                ]
                for n in ROWS
            ),
        ],
    )
