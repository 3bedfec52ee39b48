"""How many rows a refresh needs before it helps, and what it costs if none."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import numpy as np

from snippets.hardening.recalibrate import (
    apply_refresh,
    fit_refresh,
)

# A test on the oldest NumPy, without matplotlib, reads the simulation.
if TYPE_CHECKING:
    from scripts.figures import style

ROWS = (100, 200, 400, 800, 1_600, 3_200, 6_400)
MOVED = 0.5  # log-odds: 16 % becomes 24 %
DRAWS = 40


@cache
def gains(method: str, moved: float) -> tuple[float, ...]:
    """Mean true gain in the Brier score, in thousandths, by rows fitted on."""
    return tuple(
        float(np.mean([one(method, moved, n, seed) for seed in range(DRAWS)]))
        for n in ROWS
    )


def one(method: str, moved: float, n: int, seed: int) -> float:
    """Gain over all later cases of one fit on `n` rows, in thousandths."""
    draw = np.random.default_rng([n, seed])
    said = draw.beta(1.2, 6, n)
    y = draw.random(n) < shifted(said, moved)
    refresh = fit_refresh(said, y, method=method)
    later = np.random.default_rng(0).beta(1.2, 6, 4_000)
    true = shifted(later, moved)
    new = apply_refresh(refresh, later)
    # The mean of (p - y)**2 less its smallest value is that of (p - true)**2.
    gain = np.mean((later - true) ** 2) - np.mean((new - true) ** 2)
    return float(1_000 * gain)


def shifted(p: np.ndarray, moved: float) -> np.ndarray:
    odds = np.exp(moved) * p / (1 - p)
    return np.asarray(odds / (1 + odds))


def draw() -> style.Figure:
    import matplotlib.pyplot as plt

    from scripts.figures import style

    lines = {
        ("shift", MOVED): ("shift, all moved", style.S2, "-", "o"),
        ("isotonic", MOVED): ("curve, all moved", style.S3, "--", "s"),
        ("shift", 0.0): ("shift, nothing moved", style.S4, "-.", "^"),
        ("isotonic", 0.0): ("curve, nothing moved", style.INK, ":", "D"),
    }
    found = {key: gains(*key) for key in lines}
    with style.house():
        fig, ax = plt.subplots(figsize=(5.0, 3.2))
        ax.axhline(0, color=style.INK, lw=0.8)
        for key, (_, colour, line, marker) in lines.items():
            ax.plot(ROWS, found[key], color=colour, ls=line, marker=marker)
        ax.set_xscale("log")
        ax.set_xticks(ROWS[::2], [f"{n:,}" for n in ROWS[::2]])
        ax.minorticks_off()
        ax.annotate("shift, all moved", (700, 6.6), color=style.S2)
        ax.annotate("curve, all moved", (700, 2.2), color=style.S3)
        ax.annotate("shift, nothing moved", (1_100, -1.6), color=style.S4)
        ax.annotate("curve, nothing moved", (250, -5.0), color=style.INK)
        ax.set_ylim(-8, 8)
        ax.set_xlabel("Rows the refresh is fitted on")
        ax.set_title("Gain in the Brier score, thousandths")
    return style.Figure(
        fig=fig,
        title="Gain of a refresh by the rows it was fitted on",
        desc=(
            "Where all log-odds have moved by .5, a shift gains at 100 rows "
            "already and nears its best at 1,600. A curve loses at 100 rows, "
            "gains from 200 on and stays behind. Where nothing has moved, "
            "both lose, the curve more, and less with more rows."
        ),
        table=[
            ["Rows fitted on", *(name for name, *_ in lines.values())],
            *(
                [f"{n:,}", *(f"{found[key][i]:+.2f}" for key in lines)]
                for i, n in enumerate(ROWS)
            ),
        ],
    )
