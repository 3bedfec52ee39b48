"""How often a check of missing values rings, exactly, by rows a day."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from scripts.figures import style
from snippets.drift.missingness import MissingShift, missing_shift

ROWS = (100, 300, 1_000, 3_000, 10_000, 100_000)
BEFORE, AFTER = 0.001, 0.005
TIMES = 100  # rows of the reference, for each row of a day
CHECKS: dict[str, Callable[[MissingShift], bool]] = {
    "alarm": lambda shift: shift.alarm,
    "interval": lambda shift: shift.low > 0 or shift.high < 0,
}


def binomial(n: int, share: float) -> NDArray[np.float64]:
    """The chance of 0, 1, 2 ... missing rows of `n`, to nine deviations."""
    top = min(n, int(n * share + 9 * math.sqrt(n * share) + 20))
    k = np.arange(top)
    steps = np.log((n - k) / (k + 1) * share / (1 - share))
    start = n * math.log1p(-share)
    chances: NDArray[np.float64] = np.exp(
        np.append(start, start + np.cumsum(steps))
    )
    return chances


def share_of_alarms(
    n: int, now: float, rings: Callable[[MissingShift], bool]
) -> float:
    """The chance that a day of `n` rows rings, over all pairs of counts."""
    past = binomial(TIMES * n, BEFORE)
    up_to = np.append(0, np.cumsum(binomial(n, now)))  # [k]: fewer than k
    few, many, total = 0, 0, 0.0  # fewer than few, and from many on, ring
    for k1 in np.flatnonzero(past > 1e-10).tolist():

        def side(k2: int, k1: int = k1) -> int:
            shift = missing_shift(k1, TIMES * n, k2, n)
            return int(np.sign(shift.difference)) if rings(shift) else 0

        while few < n and side(few) < 0:
            few += 1
        while many < len(up_to) - 1 and side(many) <= 0:
            many += 1
        total += past[k1] * (up_to[few] + 1 - up_to[many])
    return total


def draw() -> style.Figure:
    shares = {
        now: {
            name: [share_of_alarms(n, now, rings) for n in ROWS]
            for name, rings in CHECKS.items()
        }
        for now in (BEFORE, AFTER)
    }
    fig = style.alarm_rates(
        ROWS,
        shares[BEFORE],
        shares[AFTER],
        promised=0.01,
        change="0.1 % missing becomes 0.5 %",
        per="rows a day; the reference has 100 times as many",
        rate="days",
    )
    return style.Figure(
        fig=fig,
        title="Share of days on which a check of missing values rings",
        desc=(
            "With 0.1 % missing and nothing changed, the alarm rings on 0.4 "
            "% of days up to 3,000 rows and nears 1 % from 10,000 on. The "
            "interval leaves out 0 on 5.7 % of days with 100 rows and on "
            "1.9 % with 1,000. A rise to 0.5 % is seen on about half of the "
            "days with 1,000 rows and on all with 10,000."
        ),
        table=[
            [
                "Rows a day",
                "Nothing changed: alarm",
                "Nothing changed: interval without 0",
                "0.5 % missing: alarm",
                "0.5 % missing: interval without 0",
            ],
            *(
                [f"{n:,}"]
                + [
                    f"{100 * found[i]:.2f} %"
                    for found in shares[BEFORE].values()
                ]
                + [
                    f"{100 * found[i]:.0f} %"
                    for found in shares[AFTER].values()
                ]
                for i, n in enumerate(ROWS)
            ),
        ],
    )
