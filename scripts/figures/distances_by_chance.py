"""What the Jensen-Shannon distance shows by chance, and for a small move."""

from __future__ import annotations

from statistics import NormalDist

import matplotlib.pyplot as plt
import numpy as np
from numpy.typing import NDArray

from scripts.figures import style
from snippets.drift.distances import (
    hellinger,
    jensen_shannon,
    total_variation,
)

ROWS = (30, 100, 300, 1_000, 3_000, 10_000)
PAIRS = 1_000
SHIFT = 0.25  # standard deviations
THREE = (jensen_shannon, hellinger, total_variation)
CASES = (  # name, shift, colour, line, marker, aside, place of the name
    ("nothing moved", 0.0, style.INK, "-", "o", 0.96, (260, 0.055)),
    ("moved by 0.25 sd", SHIFT, style.S2, "--", "s", 1.04, (ROWS[-1], 0.13)),
)


def simulate(shift: float) -> dict[int, NDArray[np.float64]]:
    """By rows on each side: shape (3, PAIRS), the three distances.

    A bell-shaped column in ten bins that hold a tenth each at first.
    """
    rng = np.random.default_rng(20130101)
    now, law = NormalDist(shift), NormalDist()
    edges = [law.inv_cdf(i / 10) for i in range(1, 10)]
    chances = np.diff([0.0, *map(now.cdf, edges), 1.0])
    found = {}
    for n in ROWS:
        before = rng.multinomial(n, [0.1] * 10, size=PAIRS)
        after = rng.multinomial(n, chances, size=PAIRS)
        pairs = list(zip(before, after, strict=True))
        found[n] = np.array([[f(p, q) for p, q in pairs] for f in THREE])
    return found


def draw() -> style.Figure:
    table = [
        [
            "Rows on each side",
            "Jensen-Shannon, nothing moved",
            "Hellinger, nothing moved",
            "Total variation, nothing moved",
            "Jensen-Shannon, moved",
            "Hellinger, moved",
            "Total variation, moved",
        ],
        *([f"{n:,}"] for n in ROWS),
    ]
    with style.house():
        fig, ax = plt.subplots(figsize=(5.0, 3.0))
        ax.axhline(0.1, color=style.INK2, lw=1, ls=(0, (4, 3)))
        for name, shift, colour, line, marker, aside, place in CASES:
            found = simulate(shift)
            chance = [found[n][0] for n in ROWS]
            low, high = np.quantile(chance, (0.05, 0.95), axis=1)
            means = [found[n].mean(axis=1) for n in ROWS]
            first = [float(mean[0]) for mean in means]
            x = aside * np.array(ROWS)
            ax.plot(x, first, color=colour, ls=line, marker=marker)
            ax.vlines(x, low, high, color=colour, lw=1)
            ax.annotate(name, place, ha="right", color=colour)
            for row, mean in zip(table[1:], means, strict=True):
                row += [f"{value:.3f}" for value in mean]
        ax.annotate("0.1", (ROWS[0], 0.106), color=style.INK2)
        ax.set_xscale("log")
        ax.set_xticks(ROWS, [f"{n:,}" for n in ROWS])
        ax.minorticks_off()
        ax.set_ylim(0, 0.54)
        ax.set_xlabel("rows on each side")
        ax.set_title("Jensen-Shannon distance, ten bins")
    return style.Figure(
        fig=fig,
        title="Jensen-Shannon distance by rows, with and without a move",
        desc=(
            "With nothing moved the mean distance falls from about 0.35 at "
            "30 rows to 0.018 at 10,000. With the mean moved by 0.25 "
            "standard deviations it falls from about 0.36 to 0.105. Up to "
            "300 rows the two ranges overlap; from 1,000 rows they part."
        ),
        table=table,
    )
