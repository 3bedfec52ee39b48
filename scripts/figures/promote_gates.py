"""How often weekly gates let an equal model in, and a better one."""

from __future__ import annotations

import math

import numpy as np
from matplotlib.text import Annotation
from numpy.typing import NDArray

from scripts.figures import style
from snippets.hardening.promote import _student

GATES = (1, 2, 4, 8, 13, 26, 52)
DAYS = 28
GAIN = 0.25  # standard deviations of a day's difference
RUNS = 4_000
PROMISED = 0.05
LIMITS = {"made for one gate": 1, "shared by 52": 52}


def statistic(gain: float) -> NDArray[np.float64]:
    """The t of each weekly gate, shape (gates, runs).

    Each week brings a new challenger of the same worth. Half of the noise
    is the champion's own, and stays in the window from gate to gate.
    """
    rng = np.random.default_rng(20130601)
    own = rng.standard_normal((7 * GATES[-1] + DAYS, RUNS))
    found = np.empty((GATES[-1], RUNS))
    for week in range(GATES[-1]):
        window = own[7 * week : 7 * week + DAYS]
        window = (window + rng.standard_normal(window.shape)) / math.sqrt(2)
        error = window.std(axis=0, ddof=1) / math.sqrt(DAYS)
        found[week] = (window.mean(axis=0) + gain) / error
    return found


def shares(gain: float) -> dict[str, list[float]]:
    """Share of models of which one was promoted, after so many gates."""
    best = np.maximum.accumulate(statistic(gain))
    after = [n - 1 for n in GATES]
    return {
        name: (best > _student(PROMISED / gates, DAYS - 1))
        .mean(axis=1)[after]
        .tolist()
        for name, gates in LIMITS.items()
    }


def draw() -> style.Figure:
    equal, better = shares(0.0), shares(GAIN)
    percent = [
        [f"{100 * share:.0f} %" for share in found]
        for side in (equal, better)
        for found in side.values()
    ]
    heads = [
        f"{name}: {state}"
        for state in ("equal worth", f"gains {GAIN}")
        for name in LIMITS
    ]
    fig = style.alarm_rates(
        GATES,
        equal,
        better,
        promised=PROMISED,
        change=f"Gains {GAIN} sd a day",
        per="weekly gates so far",
    )
    promise = fig.axes[0].texts[-1]
    assert isinstance(promise, Annotation)
    promise.xy = (GATES[-3], 100 * PROMISED)  # clear of the lines
    states = "Equal worth", f"Better by {GAIN} sd a day"
    with style.house():
        for ax, state in zip(fig.axes, states, strict=True):
            ax.set_title(f"{state}: promoted so far", loc="left")
    return style.Figure(
        fig=fig,
        title="Share of years with a promotion, by weekly gates so far",
        desc=(
            "When every new model is worth as much as the champion, a limit "
            "made for one gate has promoted one in 89 % of years after 52 "
            "gates, and a limit shared by 52 gates in 5 %. When every new "
            "model gains a quarter of a daily standard deviation, the first "
            "has promoted one in 36 % of years at the first gate and in 98 % "
            "after 13, the second in 28 % after 13 and 73 % after 52."
        ),
        table=[
            ["Weekly gates", *heads],
            *(
                [f"{n}", *(row[i] for row in percent)]
                for i, n in enumerate(GATES)
            ),
        ],
    )
