"""How often two checks see a shift, computed and simulated, by rows."""

from __future__ import annotations

from statistics import NormalDist

import matplotlib.pyplot as plt
import numpy as np
from numpy.typing import NDArray

from scripts.figures import style
from snippets.drift.detectable_shift import detectable_psi, rows_needed
from snippets.drift.ks import critical_ks, ks_two_sample
from snippets.drift.psi import Baseline, psi

ALPHA, DAYS, BINS = 0.01, 400, 10
ROWS = {
    1.0: (20, 30, 50, 70),
    0.5: (50, 100, 150, 250),
    0.2: (200, 500, 1_000, 1_500),
    0.1: (1_000, 2_000, 4_000, 6_000),
}
LOOKS = {"PSI": (style.INK, "-", "o"), "KS": (style.S2, "--", "s")}
POWERS = {
    "PSI": np.linspace(0.03, 0.995, 80),
    "KS": np.linspace(0.5, 0.99, 12),
}

Floats = NDArray[np.float64]


def computed(check: str, shift: float) -> Floats:
    """Rows on each side that a check needs for each of its `POWERS`."""
    powers = POWERS[check].tolist()
    if check == "KS":
        rows = [
            rows_needed(None, shift=shift, alpha=ALPHA, power=power)
            for power in powers
        ]
        return np.array(rows, dtype=float)
    bell, moved = NormalDist(), NormalDist(shift)
    edges = [bell.inv_cdf(i / BINS) for i in range(1, BINS)]
    shares = np.diff([0, *map(moved.cdf, edges), 1])
    apart = np.sum((shares - 1 / BINS) * np.log(shares * BINS))
    seen = [detectable_psi(BINS, 2, 2, ALPHA, power) for power in powers]
    on_each_side: Floats = np.array(seen) / apart * 2
    return on_each_side


def simulated(n: int, shift: float) -> dict[str, float]:
    """Share of days on which each check rings."""
    rng = np.random.default_rng(n)
    limit, rings = critical_ks(n, n, ALPHA), {"PSI": 0, "KS": 0}
    for _ in range(DAYS):
        before, now = rng.normal(size=n), rng.normal(shift, size=n)
        base = Baseline.fit(before, BINS)
        rings["PSI"] += psi(base, base.count(now), alpha=ALPHA).alarm
        rings["KS"] += ks_two_sample(before, now).statistic >= limit
    return {check: hits / DAYS for check, hits in rings.items()}


def percent(share: float) -> str:
    """A share as the table prints it; a curve ends where nothing is known."""
    return "not computed" if np.isnan(share) else f"{100 * share:.0f} %"


def draw() -> style.Figure:
    table = [
        [
            "Shift and rows on each side",
            *(f"{x}, {k}" for x in LOOKS for k in ("computed", "simulated")),
        ]
    ]
    with style.house():
        fig, ax = plt.subplots(figsize=(5.0, 3.4))
        for shift, rows in ROWS.items():
            dots = {n: simulated(n, shift) for n in rows}
            cells: list[list[str]] = [[] for _ in rows]
            for check, (colour, line, marker) in LOOKS.items():
                curve, powers = computed(check, shift), POWERS[check]
                ax.plot(curve, 100 * powers, color=colour, ls=line, marker="")
                found = [dots[n][check] for n in rows]
                ax.plot(
                    rows,
                    [100 * share for share in found],
                    color=colour,
                    ls="",
                    marker=marker,
                )
                planned = np.interp(rows, curve, powers, np.nan, np.nan)
                for row, plan, share in zip(
                    cells, planned, found, strict=True
                ):
                    row += [percent(plan), percent(share)]
            ax.annotate(f"{shift:g} sd", (rows[2], 106), ha="center")
            table += [
                [f"{shift:g} sd, {n:,} rows", *row]
                for n, row in zip(rows, cells, strict=True)
            ]
        ax.set_xscale("log")
        ticks = (20, 50, 100, 200, 500, 1_000, 2_000, 5_000)
        names = [f"{n:,}" if n != 2_000 else "" for n in ticks]
        ax.set_xticks(ticks, names)
        ax.minorticks_off()
        ax.set_xlim(14, 11_000)
        ax.set_ylim(-3, 116)
        ax.set_yticks(range(0, 101, 20), [f"{y} %" for y in range(0, 101, 20)])
        ax.set_xlabel("rows on each side")
        ax.set_title("Days on which a shift is seen, at an alpha of 1 %")
        ax.annotate("KS", (310, 40), ha="right", color=style.S2)
        ax.annotate("PSI", (700, 30))
        fig.tight_layout()
    return style.Figure(
        fig=fig,
        title="Share of days on which PSI and KS see a shift, by rows",
        desc=(
            "Four pairs of rising curves, for shifts of 1, 0.5, 0.2 and 0.1 "
            "standard deviations. Each time the shift halves, the curve "
            "moves to four times the rows. The curve of the "
            "Kolmogorov-Smirnov test lies left of that of PSI. Simulated "
            "days lie on the curves, except for PSI with 20 or 30 rows: "
            "there it sees far less than computed."
        ),
        table=table,
    )
