"""How often label_shift alarms: the mix as before, and one that moved."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import special  # type: ignore[import-untyped, unused-ignore]

from scripts.figures import style

ROWS = (30, 100, 300, 1_000, 3_000)
LABELLED = 2_000
SHARE, MOVED = 0.15, 0.25  # of the rows, the second class
MORNINGS = 30
SETS = 3_000
ALPHA = 0.05
# chance of predicting the second class: for rows of the first, the second
MODELS = {"good model": (0.1, 0.8), "weak model": (0.13, 0.4)}

Floats = NDArray[np.float64]


def p_values(old: Floats, new: Floats, labelled: int, n: int) -> Floats:
    """Pearson's test for two classes: `p_value` of label_shift, in bulk.

    Args:
        old: labelled rows that the model puts in the second class.
        new: new rows that it puts there, of a shape that goes with `old`.
        labelled: labelled rows in all.
        n: new rows in all.

    Returns:
        Of the shape of `new`, [0, 1].
    """
    pool = (old + new) / (labelled + n)
    width = pool * (1 - pool) * (1 / labelled + 1 / n)
    distance = (old / labelled - new / n) ** 2 / np.maximum(width, 1e-300)
    p: Floats = special.chdtrc(1, distance)
    return p


def looks(model: str, share: float, n: int, seed: int = 20130101) -> Floats:
    """P-values of 30 mornings for each of many sets of labelled rows.

    Args:
        model: one of `MODELS`.
        share: of the new rows, that belong to the second class, [0, 1].
        n: new rows each morning.
        seed: of the draws.

    Returns:
        Shape (MORNINGS, SETS): the labelled rows of a column stay the same.
    """
    rng = np.random.default_rng(seed)
    wrong, right = MODELS[model]
    second = rng.binomial(LABELLED, SHARE, SETS)
    old = rng.binomial(second, right) + rng.binomial(LABELLED - second, wrong)
    chance = share * right + (1 - share) * wrong
    new = rng.binomial(n, chance, (MORNINGS, SETS))
    return p_values(old.astype(float), new.astype(float), LABELLED, n)


def shares(share: float) -> dict[str, list[float]]:
    """Share of looks, and of 30 mornings, that alarm by rows."""
    found = {
        model: [float((looks(model, share, n) < ALPHA).mean()) for n in ROWS]
        for model in MODELS
    }
    daily = [looks("good model", share, n) for n in ROWS]
    found["30 looks"] = [float((p < ALPHA).any(0).mean()) for p in daily]
    return found


def draw() -> style.Figure:
    quiet, moved = shares(SHARE), shares(MOVED)
    fig = style.alarm_rates(
        ROWS,
        quiet,
        moved,
        promised=ALPHA,
        change="15 % become 25 %",
        per="new rows in a look",
        rate="looks",
    )
    return style.Figure(
        fig=fig,
        title="Share of looks at the mix of classes that alarm, by new rows",
        desc=(
            "With nothing moved, 5 % of single looks alarm with either model. "
            "Thirty mornings with the same labelled rows hold an alarm in 77 "
            "% of months at 100 rows, in 42 % at 3,000. When the second class "
            "goes from 15 to 25 % of rows, a good model shows it on 77 % of "
            "looks at 300 rows and a weak one on 22 %."
        ),
        table=[
            [
                "New rows",
                *(
                    f"{state}, {kind}"
                    for state in ("Nothing moved", "15 % become 25 %")
                    for kind in (
                        "good model",
                        "weak model",
                        "good model, any of 30 mornings",
                    )
                ),
            ],
            *(
                [
                    f"{n:,}",
                    *(
                        f"{100 * row[i]:.0f} %"
                        for side in (quiet, moved)
                        for row in side.values()
                    ),
                ]
                for i, n in enumerate(ROWS)
            ),
        ],
    )
