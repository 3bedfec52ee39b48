"""How often a bet and a test for one look stop a canary, by cases seen."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

# A test on the oldest NumPy, without matplotlib, reads the simulation.
if TYPE_CHECKING:
    from scripts.figures import style

CASES = (500, 1_000, 2_000, 4_000, 8_000)
RUNS = 500
SHARE, RATE, HARM, PROMISED = 0.1, 0.16, 0.05, 0.05
PER_DAY = 250  # cases between two looks of the test
SIZES = np.array([[1.0], [3.0], [9.0]])
PURSES = np.array([[0.6], [0.3], [0.1]])
LIMIT = 1.6449  # of a normal deviate, at 5 % on one side


def wagered(
    mine: NDArray[np.bool_], bad: NDArray[np.bool_]
) -> NDArray[np.bool_]:
    """Whether the bet on harm has won by each case, for all runs at once.

    Args:
        mine: shape (cases, runs), whether the case was the canary's.
        bad: shape (cases, runs), whether it went wrong.

    Returns:
        shape (cases, runs).
    """
    purses = PURSES.repeat(bad.shape[1], axis=1)
    control = np.zeros(bad.shape[1])
    squares, others = control.copy(), control.copy()
    won = np.empty(bad.shape, dtype=bool)
    both = SHARE * (1 - SHARE)
    for i, (in_it, x) in enumerate(zip(mine, bad, strict=True)):
        mean = (0.5 + control) / (1 + others)
        noise = (0.25 + squares) / (1 + i) / both
        gap = (x - mean) * np.where(in_it, 1 / SHARE, -1 / (1 - SHARE))
        least = np.maximum(mean / SHARE, (1 - mean) / (1 - SHARE))
        purses *= 1 + np.minimum(SIZES * (HARM / noise), 0.5 / least) * gap
        control += x & ~in_it
        others += ~in_it
        squares += (x - mean) ** 2
        won[i] = purses.sum(axis=0) >= 1 / PROMISED
    return won


def tested(
    mine: NDArray[np.bool_], bad: NDArray[np.bool_]
) -> NDArray[np.bool_]:
    """Whether the usual test of two rates rings, looked at after each case.

    Args:
        mine: shape (cases, runs), whether the case was the canary's.
        bad: shape (cases, runs), whether it went wrong.

    Returns:
        shape (cases, runs).
    """
    n1, k1 = mine.cumsum(axis=0), (bad & mine).cumsum(axis=0)
    n = np.arange(1, len(bad) + 1)[:, None]
    n0, k = np.maximum(n - n1, 1), bad.cumsum(axis=0)
    n1 = np.maximum(n1, 1)
    mean = k / n
    error = np.sqrt(mean * (1 - mean) * (1 / n1 + 1 / n0))
    rings: NDArray[np.bool_] = k1 / n1 - (k - k1) / n0 > LIMIT * error
    return rings


def shares(harm: float) -> dict[str, list[float]]:
    """Share of runs that are stopped by each number of cases."""
    rng = np.random.default_rng(20131209)
    mine = rng.random((CASES[-1], RUNS)) < SHARE
    bad = rng.random(mine.shape) < np.where(mine, RATE + harm, RATE)
    once = tested(mine, bad)
    daily = once.copy()
    daily[np.arange(1, len(bad) + 1) % PER_DAY > 0] = False
    found = {
        "test, one look": once,
        "test, each day": np.maximum.accumulate(daily),
        "bet, each case": np.maximum.accumulate(wagered(mine, bad)),
    }
    at = np.array(CASES) - 1
    return {
        name: rings[at].mean(axis=1).tolist() for name, rings in found.items()
    }


def draw() -> style.Figure:
    from scripts.figures import style

    quiet, moved = shares(0.0), shares(HARM)
    percent = [
        [f"{100 * share:.1f} %" for share in found]
        for side in (quiet, moved)
        for found in side.values()
    ]
    heads = [
        f"{check}: {canary}"
        for canary in ("as good", "5 in 100 worse")
        for check in quiet
    ]
    return style.Figure(
        fig=style.alarm_rates(
            CASES,
            quiet,
            moved,
            promised=PROMISED,
            change="5 more in 100 go wrong",
            per="cases, a tenth of them in the canary",
            rate="canaries",
        ),
        title="Share of canaries stopped, by cases seen",
        desc=(
            "A canary that is as good as the control: the test looked at "
            "once stops about 5 %, the same test looked at each day stops "
            "more and more, the bet after each case stays below 5 %. A "
            "canary that does harm: after 8,000 cases all three stop most."
        ),
        table=[
            ["Cases", *heads],
            *(
                [f"{n:,}", *(row[i] for row in percent)]
                for i, n in enumerate(CASES)
            ),
        ],
    )
