"""How often the Kolmogorov-Smirnov test rings, by rows on each side."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from scripts.figures import style
from snippets.drift.ks import Reference, critical_ks, ks_two_sample

ROWS = (50, 100, 200, 500, 1_000)
ONCE, DAYS, MONTHS, FOLLOWED = 1_000, 30, 100, 300
PROMISED, SHIFT, KEPT = 0.05, 0.15, 0.5
NAMES = (
    "one check",
    "30 days",
    "30 days, 5 % / 30",
    "linked rows",
)


def gaps(
    pairs: Iterator[tuple[NDArray[np.float64], NDArray[np.float64]]],
) -> NDArray[np.float64]:
    """The statistic of each pair of samples."""
    return np.array([ks_two_sample(*pair).statistic for pair in pairs])


def linked(rng: np.random.Generator, n: int) -> NDArray[np.float64]:
    """Rows that each keep half of the row before, with a spread of 1."""
    rows = rng.normal(size=(50 + n, 2 * FOLLOWED))
    for t in range(1, 50 + n):
        rows[t] = KEPT * rows[t - 1] + (1 - KEPT**2) ** 0.5 * rows[t]
    return rows[50:].T.reshape(2, FOLLOWED, n)


def simulate(n: int, shift: float) -> list[float]:
    """Share of alarms of each check, in the order of NAMES."""
    rng = np.random.default_rng(20130101)
    once = gaps(
        (rng.normal(size=n), rng.normal(shift, size=n)) for _ in range(ONCE)
    )
    months = []
    for _ in range(MONTHS):
        kept = Reference.fit(rng.normal(size=n))
        days = rng.normal(shift, size=(DAYS, n))
        months.append(max(ks_two_sample(kept, day).statistic for day in days))
    before, now = linked(rng, n)
    follow = gaps(zip(before, now + shift, strict=True))
    limit, strict = (critical_ks(n, n, a) for a in (PROMISED, PROMISED / DAYS))
    return [
        float(np.mean(once >= limit)),
        float(np.mean(np.array(months) >= limit)),
        float(np.mean(np.array(months) >= strict)),
        float(np.mean(follow >= limit)),
    ]


def draw() -> style.Figure:
    quiet = [simulate(n, 0.0) for n in ROWS]
    moved = [simulate(n, SHIFT) for n in ROWS]
    return style.Figure(
        fig=style.alarm_rates(
            ROWS,
            *style.by_name(NAMES, quiet, moved),
            promised=PROMISED,
            change=f"The mean moved by {SHIFT:g} sd",
        ),
        title="Share of Kolmogorov-Smirnov checks that ring, by rows",
        desc=(
            "With nothing changed one check at 5 % rings on 4 to 5 % of days "
            "whatever the rows, 30 daily checks ring in about half of all "
            "months, and 30 checks at a thirtieth of 5 % in 1 to 5 %. Where "
            "each row keeps half of the row before, one check rings on "
            "about 20 %. A shift of 0.15 standard deviations is seen by one "
            "check on 13 % of days with 100 rows and on 80 % with 1,000."
        ),
        table=[
            [
                "Rows on each side",
                *(f"{name}: nothing changed" for name in NAMES),
                *(f"{name}: mean moved" for name in NAMES),
            ],
            *(
                [f"{n:,}", *(f"{100 * share:.0f} %" for share in (*a, *b))]
                for n, a, b in zip(ROWS, quiet, moved, strict=True)
            ),
        ],
    )
