"""Which of two splits tells the truth depends on who comes in production."""

from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np
from numpy.typing import NDArray

from scripts.figures import style
from snippets.readiness.grouped_split import group_folds

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]
GROUPS, ROWS, RUNS = 400, 25, 20
KNOWN = (0.0, 0.25, 0.5, 0.75, 1.0)


def sigmoid(score: Floats) -> Floats:
    """Chance of the outcome; one in six where the score is 0."""
    chance: Floats = 1 / (1 + np.exp(1.7 - score))
    return chance


def effects(groups: Ints, x: Floats, y: Bools) -> Floats:
    """The effect of each group as rows show it; 0 for a group unseen."""
    found = np.zeros(2 * GROUPS)
    for _ in range(5):  # Newton's steps, towards 0 by a prior
        p = sigmoid(x + found[groups])
        slope = np.bincount(groups, y - p, len(found)) - found
        found += slope / (np.bincount(groups, p * (1 - p), len(found)) + 1)
    return found


def auc(y: Bools, score: Floats) -> float:
    """Share of pairs in the right order; scores have no ties here."""
    ranks = np.empty(len(score))
    ranks[np.argsort(score)] = np.arange(1, len(score) + 1)
    n = y.sum()
    return float((ranks[y].sum() - n * (n + 1) / 2) / (n * (len(y) - n)))


def one_run(seed: int) -> list[float]:
    """AUC of a random split, of a grouped one, and of each production."""
    rng = np.random.default_rng(seed)
    groups, effect = np.repeat(np.arange(GROUPS), ROWS), rng.normal(size=800)

    def draw_rows(of: Ints) -> tuple[Floats, Bools]:
        x = rng.normal(size=len(of))
        return x, rng.random(len(of)) < sigmoid(x + effect[of])

    x, y = draw_rows(groups)
    chance = rng.permutation(len(y)) % 5
    folds = [np.flatnonzero(chance == k) for k in range(5)]
    by_group = [fold.test for fold in group_folds(groups, 5)]
    found = []
    for tests in folds, by_group:
        score = np.zeros(len(y))
        for test in tests:
            train = np.setdiff1d(np.arange(len(y)), test)
            off = effects(groups[train], x[train], y[train])
            score[test] = x[test] + off[groups[test]]
        found.append(auc(y, score))
    off = effects(groups, x, y)
    for share in KNOWN:
        old = rng.random(20_000) < share
        later = rng.integers(0, GROUPS, 20_000) + np.where(old, 0, GROUPS)
        x_later, y_later = draw_rows(later)
        found.append(auc(y_later, x_later + off[later]))
    return found


def draw() -> style.Figure:
    """Two promises and what production delivers."""
    mean = np.mean([one_run(seed) for seed in range(RUNS)], axis=0)
    at_random, grouped, delivered = mean[0], mean[1], mean[2:]
    percent = [100 * share for share in KNOWN]
    with style.house():
        fig, ax = plt.subplots(figsize=(5.0, 3.0))
        ax.axhline(at_random, color=style.S3, ls="--")
        ax.axhline(grouped, color=style.INK2, ls=":")
        ax.plot(percent, delivered, color=style.S2, marker="o")
        ax.annotate("promised by a random split", (2, 0.7885), color=style.S3)
        ax.annotate("promised by groups", (63, 0.7235), color=style.INK2)
        ax.annotate("delivered", (56, 0.749), color=style.S2)
        ax.set_ylim(0.705, 0.798)
        ax.yaxis.set_major_formatter(lambda v, _: f"{v:.2f}".removeprefix("0"))
        ax.set_title("AUC")
        ax.set_xlabel("% of production rows from groups in the training data")
        fig.tight_layout()

    def p(value: float) -> str:
        return f"{value:.3f}".removeprefix("0")

    return style.Figure(
        fig=fig,
        title="AUC promised by two splits, and delivered in production",
        desc=(
            "The random split promises .786 and the grouped one .721. "
            "Production delivers about .72 if all its groups are new, .75 "
            "if half are, and .79 if it knows them all."
        ),
        table=[
            ["Rows from known groups", "Delivered", "By groups", "At random"],
            *(
                [f"{share:.0f} %", p(auc_), p(grouped), p(at_random)]
                for share, auc_ in zip(percent, delivered, strict=True)
            ),
        ],
    )
