"""Days whose outcomes fall outside the limits of the claim, by rows a day."""

from __future__ import annotations

import numpy as np

from scripts.figures import style
from snippets.drift.estimated_performance import expected_value
from snippets.drift.label_gap import label_gap

ROWS = (30, 100, 300, 1_000)
DAYS = 1_500
STORM = 20  # rows that come together; half of them share one fate
TRUE = 0.75  # events that come for each one claimed

Floats = np.ndarray[tuple[int, ...], np.dtype[np.float64]]
Bools = np.ndarray[tuple[int, ...], np.dtype[np.bool_]]


def outcomes(rng: np.random.Generator, p: Floats, storm: int) -> Bools:
    """Outcomes with exactly these chances, independent if storm is 1."""
    own = rng.uniform(size=p.size)
    fate = np.repeat(rng.uniform(size=-(-p.size // storm)), storm)[: p.size]
    shared = (rng.uniform(size=p.size) < 0.5) & (storm > 1)
    late: Bools = np.where(shared, fate, own).reshape(p.shape) < p
    return late


def measured_burst() -> float:
    """Rows that share a fate, from outcomes that are known."""
    rng = np.random.default_rng(20130102)
    p = rng.beta(1, 4, size=200_000)
    late, storm = outcomes(rng, p, STORM), np.arange(len(p)) // STORM
    acts = p >= 0.25
    wide = label_gap(p[acts], late[acts], cluster=storm[acts])
    thin = label_gap(p[acts], late[acts])
    return ((wide.high - wide.low) / (thin.high - thin.low)) ** 2


def share_outside(n: int, true: float, storm: int, burst: float) -> float:
    rng = np.random.default_rng(20130101)
    p = rng.beta(1, 4, size=(DAYS, n))
    late = outcomes(rng, true * p, storm)
    money = 1000 * np.where(p >= 0.25, 4.0 * late - 1, 0.0).mean(axis=1)
    missed = 0
    for row, delivered in zip(p, money, strict=True):
        claim = expected_value(row, 1, 4, burst=burst)
        missed += not claim.low - 1e-6 <= delivered <= claim.high + 1e-6
    return missed / DAYS


def draw() -> style.Figure:
    burst = measured_burst()
    kinds = {
        "alone": (1, 1.0),
        "storms": (STORM, 1.0),
        "with burst": (STORM, burst),
    }
    quiet, moved = (
        {
            name: [share_outside(n, true, *kind) for n in ROWS]
            for name, kind in kinds.items()
        }
        for true in (1.0, TRUE)
    )
    fig = style.alarm_rates(
        ROWS,
        quiet,
        moved,
        promised=0.05,
        change="Three events come for four claimed",
        per="rows a day",
        rate="days",
    )
    return style.Figure(
        fig=fig,
        title="Share of days outside the limits of the claim, by rows a day",
        desc=(
            "If the probabilities are right and rows stand alone, fewer than "
            "5 % of days fall outside. If rows come in storms, three to four "
            "times as many do, at any number of rows; with the burst set it "
            "is 5 % or less again. If three events come where four are "
            "claimed, few days show it at 100 rows and nearly all at 1,000."
        ),
        table=[
            [
                "Rows a day",
                *(
                    f"{state}, {kind}"
                    for state in ("Right", "Three for four")
                    for kind in (
                        "rows alone",
                        "storms",
                        f"storms, burst {burst:.1f}",
                    )
                ),
            ],
            *(
                [
                    f"{n:,}",
                    *(
                        f"{100 * shares[name][i]:.1f} %"
                        for shares in (quiet, moved)
                        for name in kinds
                    ),
                ]
                for i, n in enumerate(ROWS)
            ),
        ],
    )
