"""How often three PSI limits ring on days when nothing has moved."""

from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np

from scripts.figures import style
from snippets.drift.psi import Baseline, psi

ROWS = (30, 50, 100, 150, 200, 300, 500, 1_000)
DAYS = 2_000
SERIES = {
    "0.1": (style.S3, "-", "o"),
    "0.25": (style.S2, "--", "s"),
    "limit": (style.INK, "-", "^"),
}


def simulate() -> dict[int, dict[str, float]]:
    """Share of no-shift days above each limit, by rows on each side."""
    rng = np.random.default_rng(20130101)
    shares: dict[int, dict[str, float]] = {}
    for n in ROWS:
        results = []
        for reference, today in rng.normal(size=(DAYS, 2, n)):
            base = Baseline.fit(reference)
            results.append(psi(base, base.count(today)))
        values = np.array([result.value for result in results])
        shares[n] = {
            "0.1": float(np.mean(values > 0.1)),
            "0.25": float(np.mean(values > 0.25)),
            "limit": float(np.mean([result.alarm for result in results])),
        }
    return shares


def draw() -> style.Figure:
    shares = simulate()
    with style.house():
        fig, ax = plt.subplots(figsize=(5.0, 3.0))
        for key, (colour, line, marker) in SERIES.items():
            found = [100 * shares[n][key] for n in ROWS]
            ax.plot(ROWS, found, color=colour, ls=line, marker=marker)
        ax.set_xscale("log")
        ax.set_xticks(ROWS, [f"{n:,}" if n != 150 else "" for n in ROWS])
        ax.minorticks_off()
        ax.set_ylim(-2, 104)
        ax.set_yticks(range(0, 101, 20), [f"{y} %" for y in range(0, 101, 20)])
        ax.set_xlabel("rows on each side")
        ax.set_title("No-shift days on which PSI passes a limit")
        ax.annotate("above 0.1", (112, 80), color=style.S3)
        ax.annotate("above\n0.25", (76, 40), color=style.S2)
        ax.annotate("limit for 1 %", (1_050, 5), ha="right")
    return style.Figure(
        fig=fig,
        title="Share of no-shift days above three PSI limits, by rows",
        desc=(
            "With 100 rows a side PSI is above 0.1 on about four days in "
            "five and above 0.25 on about one in six. With 1,000 rows it "
            "is never above either. The limit set for 1 % is passed on "
            "about 1 % of days or fewer, whatever the number of rows."
        ),
        table=[
            [
                "Rows on each side",
                "PSI above 0.1",
                "PSI above 0.25",
                "PSI above the limit for 1 %",
            ],
            *(
                [f"{n:,}", *(f"{100 * row[key]:.1f} %" for key in SERIES)]
                for n, row in shares.items()
            ),
        ],
    )
