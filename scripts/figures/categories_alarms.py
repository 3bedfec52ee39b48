"""How often the check of categories rings: nothing new, and 2 % new."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from scripts.figures import style
from snippets.drift.categories import category_shift

ROWS = (30, 100, 300, 1_000, 3_000)
CHECKS = {"quiet": 1_500, "moved": 300}
MONTHS = 30
CATEGORIES = 100
TENFOLD = 10  # rows of the reference for one row of the day
NEW = 0.02
SHIPPED, PLAIN = "as shipped", "no pool"
Mix = NDArray[np.int64]
Floats = NDArray[np.float64]


def rings(before: Mix, now: Mix) -> NDArray[np.bool_]:
    """Shape (k,): does the check ring? One row of counts a check."""
    pairs = zip(before.tolist(), now.tolist(), strict=True)
    found = [
        category_shift(dict(enumerate(one)), dict(enumerate(other))).alarm
        for one, other in pairs
    ]
    return np.array(found)


def plain(before: Mix, now: Mix) -> NDArray[np.bool_]:
    """Shape (k,): does chi-square over all categories pass its 1 % point?

    The point is Wilson and Hilferty's, close enough above 20 degrees of
    freedom.
    """
    both = np.maximum(before + now, 1)
    m, n = now.sum(axis=1, keepdims=True), before.sum(axis=1, keepdims=True)
    fair_now, fair_before = both * m / (m + n), both * n / (m + n)
    off = np.where(before + now > 0, now - fair_now, 0) ** 2
    statistic = (off / fair_now + off / fair_before).sum(axis=1)
    df = (before + now > 0).sum(axis=1) - 1
    part = 2 / (9 * df)
    passed: NDArray[np.bool_] = (
        statistic > df * (1 - part + 2.3263 * np.sqrt(part)) ** 3
    )
    return passed


def simulate() -> dict[str, dict[str, list[float]]]:
    """Share of checks that ring, by kind of day, check and rows."""
    rng = np.random.default_rng(20130401)
    usual: Floats = np.append(1 / np.arange(1, CATEGORIES + 1), 0.0)
    usual /= usual.sum()
    extra = usual * (1 - NEW)
    extra[-1] = NEW
    shares: dict[str, dict[str, list[float]]] = {}
    for kind, today in ("quiet", usual), ("moved", extra):
        shares[kind] = {SHIPPED: [], PLAIN: []}
        for m in ROWS:
            before = rng.multinomial(TENFOLD * m, usual, CHECKS[kind])
            now = rng.multinomial(m, today, CHECKS[kind])
            for name, check in (SHIPPED, rings), (PLAIN, plain):
                found = float(np.mean(check(before, now)))
                shares[kind][name].append(found)
    months = []
    for m in ROWS:
        kept = rng.multinomial(TENFOLD * m, usual, MONTHS).repeat(30, axis=0)
        days = rings(kept, rng.multinomial(m, usual, 30 * MONTHS))
        months.append(float(days.reshape(MONTHS, 30).any(axis=1).mean()))
    shares["month"] = {SHIPPED: months}
    return shares


def draw() -> style.Figure:
    shares = simulate()
    columns = [
        shares["quiet"][SHIPPED],
        shares["quiet"][PLAIN],
        shares["moved"][SHIPPED],
        shares["moved"][PLAIN],
    ]
    return style.Figure(
        fig=style.alarm_rates(
            ROWS,
            shares["quiet"],
            shares["moved"],
            promised=0.01,
            change="2 % carry a new code",
            per="rows of the day; the reference has ten times as many",
        ),
        title="Checks of 100 categories that ring, by rows of the day",
        desc=(
            "With nothing changed the check as shipped rings on about 1 % of "
            "days or fewer. Chi-square without a pool rings on more than 3 % "
            "up to 100 rows and on about 1 % from 1,000. When 2 % of the rows "
            "carry a new code, the check as shipped rings on most days from "
            "300 rows on, and on all from 1,000."
        ),
        table=[
            [
                "Rows of the day",
                "Nothing changed, as shipped",
                "Nothing changed, no pool",
                "2 % new, as shipped",
                "2 % new, no pool",
                "30 quiet days with an alarm or more",
            ],
            *(
                [
                    f"{m:,}",
                    *(f"{100 * column[i]:.1f} %" for column in columns),
                    f"{100 * shares['month'][SHIPPED][i]:.0f} %",
                ]
                for i, m in enumerate(ROWS)
            ),
        ],
    )
