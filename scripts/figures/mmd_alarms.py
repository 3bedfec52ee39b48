"""How often the MMD test rings, by rows on each side."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from scripts.figures import style
from snippets.drift.ks import ks_two_sample
from snippets.drift.mmd import mmd_test

ROWS = (25, 50, 100, 200)
ONCE, DAYS, MONTHS, FOLLOWED = 400, 30, 60, 150
PROMISED, LINK, KEPT = 0.05, 0.6, 0.5
NAMES = ("one check", "linked rows", "ks of both columns", "30 days")

Rows = NDArray[np.float64]


def pairs(rng: np.random.Generator, link: float, *shape: int) -> Rows:
    """Rows of two bells whose correlation is `link`."""
    rows = rng.normal(size=(*shape, 2))
    rows[..., 1] *= (1 - link**2) ** 0.5
    rows[..., 1] += link * rows[..., 0]
    return rows


def rings(before: Rows, now: Rows, seed: int) -> bool:
    """Does the MMD test ring at 5 %?"""
    result = mmd_test(before, now, n_permutations=59, seed=seed)
    return result.p_value <= PROMISED


def linked(rng: np.random.Generator, link: float, n: int) -> Rows:
    """Rows that each keep half of the row before, with a spread of 1."""
    rows = pairs(rng, link, 20 + n, FOLLOWED)
    for t in range(1, 20 + n):
        rows[t] = KEPT * rows[t - 1] + (1 - KEPT**2) ** 0.5 * rows[t]
    return rows[20:].swapaxes(0, 1)


def simulate(n: int, link: float) -> list[float]:
    """Share of alarms of each check, in the order of NAMES."""
    rng = np.random.default_rng(20130101)
    before = pairs(rng, LINK, ONCE, n)
    now = pairs(rng, link, ONCE, n)
    once = [rings(before[i], now[i], i) for i in range(ONCE)]
    single = [
        min(
            ks_two_sample(a, b).p_value
            for a, b in zip(before[i].T, now[i].T, strict=True)
        )
        <= PROMISED / 2
        for i in range(ONCE)
    ]
    old, new = linked(rng, LINK, n), linked(rng, link, n)
    follow = [rings(old[i], new[i], i) for i in range(FOLLOWED)]
    return [float(np.mean(x)) for x in (once, follow, single)]


def quiet_months(n: int) -> float:
    """Share of months of daily checks with an alarm, nothing changed."""
    rng = np.random.default_rng(20130102)
    rang = 0
    for _ in range(MONTHS):
        kept, days = pairs(rng, LINK, n), pairs(rng, LINK, DAYS, n)
        rang += any(rings(kept, day, i) for i, day in enumerate(days))
    return rang / MONTHS


def draw() -> style.Figure:
    quiet = [[*simulate(n, LINK), quiet_months(n)] for n in ROWS]
    moved = [simulate(n, 0.0) for n in ROWS]
    return style.Figure(
        fig=style.alarm_rates(
            ROWS,
            *style.by_name(NAMES, quiet),
            *style.by_name(NAMES[:-1], moved),
            promised=PROMISED,
            change="Correlation .6 is lost",
        ),
        title="Share of MMD tests that ring, by rows",
        desc=(
            "With nothing changed one check at 5 % rings on 4 to 8 % of days "
            "whatever the rows, 30 daily checks ring in more than half of "
            "all months, and where each row keeps half of the row before one "
            "check rings on about a third. A lost correlation of .6 is seen "
            "on 18 % of days with 50 rows and on 88 % with 200. The "
            "Kolmogorov-Smirnov test of each column never sees it."
        ),
        table=[
            [
                "Rows on each side",
                *(f"{name}: nothing changed" for name in NAMES),
                *(f"{name}: correlation lost" for name in NAMES[:-1]),
            ],
            *(
                [f"{n}", *(f"{100 * x:.0f} %" for x in (*a, *b))]
                for n, a, b in zip(ROWS, quiet, moved, strict=True)
            ),
        ],
    )
