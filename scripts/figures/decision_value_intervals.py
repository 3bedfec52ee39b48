"""How often three intervals for the worth of a table hold the truth."""

from __future__ import annotations

import math
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
from numpy.typing import NDArray

from scripts.figures import style
from snippets.flights.loader import load
from snippets.readiness.baselines import rate_table
from snippets.readiness.decision_value import paired_bootstrap, value_per_1000

DAYS = (7, 14, 28, 56, 112)
WINDOWS, DRAWS, ALPHA = 3_000, 1_000, 0.05
LINES = {
    "ours": ("bootstrap t, by day", style.S2, "-", "o"),
    "plain": ("percentiles, by day", style.INK, ":", "D"),
    "rows": ("flights one by one", style.S3, "--", "s"),
}
Array = NDArray[Any]


def real_days() -> dict[str, Array]:
    """Sums by day of what a table made before May earned from May on."""
    train, served = load().train, load().production
    table = rate_table(train["live_late"], train.late)
    p = table.predict(served["live_late"])
    worth = value_per_1000(served.late, p, 1, 4).rows
    day = np.unique(served["date"], return_inverse=True)[1]
    check(worth, day)
    columns = {"n": np.ones(len(p)), "sum": worth, "square": worth**2}
    return {name: np.bincount(day, c) for name, c in columns.items()}


def intervals(days: dict[str, Array], seed: int) -> dict[str, Array]:
    """Lower and upper ends for many windows at once: a window is a row.

    The arithmetic of `paired_bootstrap`, with one set of draws for all
    windows; `check` compares the two.
    """
    n, total = days["n"], days["sum"]
    k, rows = n.shape[1], n.sum(axis=1)
    mean = total.sum(axis=1) / rows
    off = total - mean[:, None] * n
    rng = np.random.default_rng(seed)
    cells = rng.integers(k, size=(DRAWS, k)) + k * np.arange(DRAWS)[:, None]
    counts = np.bincount(cells.ravel(), minlength=DRAWS * k)
    times = counts.reshape(DRAWS, k).astype(float)
    drawn = n @ times.T
    e = off @ times.T
    ee = (off * off) @ times.T
    move = e / drawn
    square = ee - 2 * move * ((off * n) @ times.T)
    square += move**2 * ((n * n) @ times.T)
    none = square <= 1e-12 * (ee + 1e-300)
    t = e / np.sqrt(np.where(none, 1, square))
    t[none] = np.where(e == 0, 0, np.copysign(np.inf, e))[none]
    t.sort(axis=1)
    tail = math.floor((DRAWS + 1) * ALPHA / 2)
    spread = np.sqrt((off * off).sum(axis=1)) / rows
    with np.errstate(invalid="ignore"):  # no spread, and no end: NaN
        ours = mean - np.array([t[:, -tail], t[:, tail - 1]]) * spread
    move.sort(axis=1)
    plain = mean + np.array([move[:, tail - 1], move[:, -tail]])
    error = np.sqrt(days["square"].sum(axis=1) / rows - mean**2)
    half = 1.96 * error / np.sqrt(rows)
    one_by_one = np.array([mean - half, mean + half])
    return {"ours": ours, "plain": plain, "rows": one_by_one}


def check(worth: Array, day: Array) -> None:
    """Raise if the shortcut differs from the snippet on a few windows."""
    for first in 0, 100, 200:
        here = (day >= first) & (day < first + 28)
        found = paired_bootstrap(
            worth[here], 0 * worth[here], day[here], draws=DRAWS, seed=7
        )
        columns = {"n": 1 + 0 * worth, "sum": worth, "square": worth**2}
        days = {
            name: np.bincount(day[here] - first, c[here])[None]
            for name, c in columns.items()
        }
        ours = 1000 * intervals(days, seed=7)["ours"][:, 0]
        if not np.allclose(ours, [found.low, found.high]):
            raise ValueError(f"ends must be those of {found}, got {ours}")


def draw() -> style.Figure:
    year = real_days()
    truth = year["sum"].sum() / year["n"].sum()
    rng = np.random.default_rng(20130101)
    held: dict[str, list[float]] = {name: [] for name in LINES}
    table = []
    for k in DAYS:
        which = rng.integers(0, len(year["n"]), size=(WINDOWS, k))
        found = intervals({name: x[which] for name, x in year.items()}, k)
        wide = []
        for name, (low, high) in found.items():
            given = np.isfinite(high - low)
            inside = (low <= truth) & (truth <= high)
            held[name].append(float(inside[given].mean()))
            wide.append(1000 * float(np.median((high - low)[given])))
        refused = 1 - np.isfinite(found["ours"].sum(axis=0)).mean()
        table.append(
            [
                str(k),
                *(f"{100 * held[name][-1]:.1f} %" for name in LINES),
                f"{100 * refused:.1f} %",
                *(f"{points:.0f}" for points in wide[:2]),
            ]
        )
    with style.house():
        fig, ax = plt.subplots(figsize=(5.0, 3.2))
        for name, (_, colour, line, marker) in LINES.items():
            y = [100 * share for share in held[name]]
            ax.plot(DAYS, y, color=colour, ls=line, marker=marker)
        ax.axhline(95, color=style.INK2, lw=1, ls=(0, (1, 2)))
        ax.annotate("promised 95 %", (7, 100), color=style.INK2)
        ax.annotate("bootstrap t", (28, 102), color=style.S2)
        ax.annotate("plain percentiles", (16, 79), color=style.INK)
        ax.annotate("flights drawn one by one", (14, 41), color=style.S3)
        ax.set_xscale("log")
        ax.set_xticks(DAYS, [str(k) for k in DAYS])
        ax.minorticks_off()
        ax.set_ylim(0, 112)
        ax.yaxis.set_major_formatter("{x:g} %")
        ax.set_xlabel("days in the window, about 180 flights each")
        ax.set_title("Intervals that hold the true value")
    return style.Figure(
        fig=fig,
        title="Share of 95 % intervals that hold the truth, by days seen",
        desc=(
            "Drawing flights one by one, about four intervals in ten hold "
            "the true value, whatever the number of days. Plain percentiles "
            "of drawn days hold it in four of five windows of seven days "
            "and near 95 % from 112 on. The bootstrap t is near 95 % from "
            "14 days on."
        ),
        table=[
            [
                "Days in the window",
                *(name for name, *_ in LINES.values()),
                "No bootstrap t possible",
                "Median width of the bootstrap t, points",
                "Median width of the percentiles, points",
            ],
            *table,
        ],
    )
