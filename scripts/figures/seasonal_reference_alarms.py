"""How often same-hour checks ring, by the number of past weeks they know."""

from __future__ import annotations

import math

import numpy as np
from scipy import stats  # type: ignore[import-untyped, unused-ignore]

from scripts.figures import style

WEEKS = (4, 8, 12, 26)
CASES, SHIFT, SEASON, PROMISED = 40_000, 5, 3, 0.01
NAMES = ("Student", "3 sd", "any hour")


def simulate(weeks: int, shift: float) -> list[float]:
    """Share of looks that ring, in the order of NAMES.

    The figure of an hour differs from week to week by 1 standard deviation,
    and from hour to hour by a wave of `SEASON` standard deviations. "Any
    hour" knows mean and spread of all hours, however many weeks there are.
    """
    rng = np.random.default_rng(20130603)
    now, *past = rng.normal(size=(weeks + 1, CASES))
    wave = SEASON * math.sqrt(2) * np.sin(rng.uniform(0, 2 * np.pi, CASES))
    off = np.abs(now + shift - np.mean(past, axis=0))
    spread = np.std(past, axis=0, ddof=1)
    student = stats.t.isf(PROMISED / 2, weeks - 1) * math.sqrt(1 + 1 / weeks)
    rings = (
        off > student * spread,
        off > 3 * spread,
        np.abs(now + shift + wave) > 3 * math.hypot(1, SEASON),
    )
    return [float(share.mean()) for share in rings]


def draw() -> style.Figure:
    quiet = [simulate(weeks, 0) for weeks in WEEKS]
    moved = [simulate(weeks, SHIFT) for weeks in WEEKS]
    return style.Figure(
        fig=style.alarm_rates(
            WEEKS,
            *style.by_name(NAMES, quiet, moved),
            promised=PROMISED,
            change=f"The figure moved by {SHIFT} sd",
            per="past weeks",
            rate="looks",
        ),
        title="Share of looks at one hour that ring, by past weeks",
        desc=(
            "Student's interval rings on 1 % of looks with nothing changed, "
            "at any number of past weeks. Three standard deviations ring on "
            "7.8 % with 4 weeks and on 0.7 % with 26. A reference of all "
            "hours never rings. Of shifts by five standard deviations, "
            "Student's interval sees 38 % with 4 weeks and 98 % with 26; the "
            "reference of all hours sees 7 %."
        ),
        table=[
            [
                "Past weeks",
                *(f"{name}: nothing changed" for name in NAMES),
                *(f"{name}: moved" for name in NAMES),
            ],
            *(
                [str(n), *(f"{100 * share:.1f} %" for share in (*a, *b))]
                for n, a, b in zip(WEEKS, quiet, moved, strict=True)
            ),
        ],
    )
