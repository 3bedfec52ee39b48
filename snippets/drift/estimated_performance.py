"""What performance do the model's own probabilities claim?

Answers: before any outcome is in, the accuracy these predictions should have
and the money acting on them should bring, if the probabilities mean what they
say, and between which limits luck alone would then let the outcomes fall.

Does not answer: whether the probabilities mean what they say. A model that is
too sure of itself claims too much, and claims more the surer it gets. Only
outcomes can tell: compare them with the claim once they are in.

Needs:   Python 3.11, NumPy 1.26
Source:  snippets/drift/estimated_performance.py
Page:    snippets/drift/estimated_performance
Version: 1.0.0 (MIT-0)
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = ["Claim", "expected_accuracy", "expected_value"]

_REAL = (int, float, np.integer, np.floating)


@dataclass(frozen=True)
class Claim:
    """What probabilities claim of the rows they belong to.

    Attributes:
        claimed: the expected performance: accuracy, [0, 1], or money per
            1,000 rows, in the unit of the prices.
        low: performance this bad or better comes with luck alone, `claimed`
            or less; the unit of `claimed`.
        high: performance this good or worse, `claimed` or more. Outcomes
            fall between `low` and `high` with a chance of 1 - `alpha` or a
            little more, if the probabilities are right.
        acted_on: share of the rows at or above `act_from`, [0, 1].
        n: rows with a probability, 1 or more.
        missing: rows without one. They are left out.
    """

    claimed: float
    low: float
    high: float
    acted_on: float
    n: int
    missing: int


def expected_accuracy(
    p: ArrayLike,
    *,
    act_from: float = 0.5,
    alpha: float = 0.05,
    burst: float = 1.0,
) -> Claim:
    """The accuracy that the probabilities claim for themselves.

    A row called positive is right with probability p, any other with 1 - p.
    With more than two classes, give the probability of the class that was
    predicted, and `act_from=0`.

    Args:
        p: shape (n,), probability of the event, [0, 1]; NaN and None are
            missing.
        act_from: a row is called positive from this probability on, it
            included, [0, 1].
        alpha: share of right claims whose outcomes may fall outside `low` to
            `high`, from 0.001 to below 1.
        burst: rows that share one fate, such as the flights of a storm, 1 or
            more. The page says how to measure it; 1 is rows that do not.

    Returns:
        The claim: 1 if the model is sure of every row, and at least 0.5 if
        `act_from` is 0.5, however bad the model is.

    Raises:
        ValueError: a probability is not 0 to 1, there is none, `p` is not
            one column, or another argument is out of its range.
        TypeError: `p` holds something other than numbers.

    Example:
        >>> result = expected_accuracy([0.9, 0.8, 0.3, 0.1])
        >>> round(result.claimed, 3), result.low, result.high
        (0.825, 0.5, 1.0)
    """
    chance, missing = _chances(p)
    acts = chance >= _within("act_from", act_from, 0, 1)
    right = np.where(acts, chance, 1 - chance)
    hits = np.array(_hits(right, alpha, burst)) / len(right)
    return _claim(hits, acts, missing)


def expected_value(
    p: ArrayLike,
    cost_act: float,
    saving_hit: float,
    *,
    act_from: float | None = None,
    alpha: float = 0.05,
    burst: float = 1.0,
) -> Claim:
    """The money that acting on the probabilities should bring, by their word.

    Acting on a row costs `cost_act` and brings `saving_hit` with probability
    p; leaving it alone brings 0. If you act from the threshold of the prices
    on, no row can count against the model: the claim is never below 0.

    Args:
        p: shape (n,), as in `expected_accuracy`.
        cost_act: price of acting once, in your unit, from 1e-100 to 1e100.
        saving_hit: what acting saves if the event comes, the cost not taken
            off, same unit and range.
        act_from: act from this probability on, it included, [0, 1]; left
            out, from `cost_act / saving_hit` on, where acting starts to pay.
        alpha: as in `expected_accuracy`.
        burst: as in `expected_accuracy`.

    Returns:
        The claim per 1,000 rows; 0 to 0 if no row is acted on.

    Raises:
        ValueError: as in `expected_accuracy`, or a price is out of range.
        TypeError: `p` holds something other than numbers.

    Example:
        >>> result = expected_value([0.9, 0.8, 0.3, 0.1], 1, 4)
        >>> round(result.claimed), round(result.low), round(result.high)
        (1250, 250, 2250)
    """
    cost = _within("cost_act", cost_act, 1e-100, 1e100)
    saving = _within("saving_hit", saving_hit, 1e-100, 1e100)
    start = cost / saving
    if act_from is not None:
        start = _within("act_from", act_from, 0, 1)
    chance, missing = _chances(p)
    # --8<-- [start:core]
    acts = chance >= start
    hits = np.array(_hits(chance[acts], alpha, burst))
    money = saving * hits - cost * acts.sum()
    return _claim(1000 * money / len(chance), acts, missing)
    # --8<-- [end:core]


def _hits(
    chance: NDArray[np.float64], alpha: float, burst: float
) -> tuple[float, float, float]:
    """Expected number of events, and how few and how many luck allows.

    The number of independent events with known chances has a bell curve,
    bent by its skewness (Cornish-Fisher). Rows in bursts are fewer witnesses.
    """
    tail = _within("alpha", alpha, 0.001, math.nextafter(1, 0)) / 2
    size = _within("burst", burst, 1, 1e100)
    # --8<-- [start:luck]
    mean = float(chance.sum())
    noise = chance * (1 - chance)
    variance = float(noise.sum())
    if variance == 0:  # the model is sure of every row
        return mean, mean, mean
    sd = math.sqrt(variance / size)
    bend = float(noise @ (1 - 2 * chance)) / variance
    ends = []
    for z in (NormalDist().inv_cdf(tail), -NormalDist().inv_cdf(tail)):
        far = mean / size + sd * z + bend * (z * z - 1) / 6
        # whole events (or bursts): the first that reaches this far
        ends.append(size * math.ceil(round(far - 0.5, 9)))
    # with few events a far end of the curve is up to one event too near
    spare = size if alpha < 0.05 and variance < 10 * size else 0
    low = min(ends[0], size * math.floor(mean / size)) - spare
    high = max(ends[1], size * math.ceil(mean / size)) + spare
    return mean, max(low, 0.0), min(high, float(len(chance)))
    # --8<-- [end:luck]


def _claim(
    performance: NDArray[np.float64], acts: NDArray[np.bool_], missing: int
) -> Claim:
    """Put the result together."""
    claimed, low, high = performance.tolist()
    return Claim(claimed, low, high, float(acts.mean()), len(acts), missing)


def _chances(p: ArrayLike) -> tuple[NDArray[np.float64], int]:
    """Return the probabilities that are there, and how many are not."""
    column = _numbers("p", p)
    chance = column[~np.isnan(column)].astype(np.float64)
    if (odd := ~((chance >= 0) & (chance <= 1))).any():
        raise ValueError(f"p must be 0 to 1, got {chance[odd][0]}")
    if not len(chance):
        raise ValueError("p must hold 1 probability or more, got none")
    return chance, len(column) - len(chance)


def _within(name: str, value: float, least: float, most: float) -> float:
    """Return a number in its range, or refuse it by name."""
    if isinstance(value, _REAL):
        number = value.item() if isinstance(value, np.generic) else value
        if least <= number <= most:
            return float(number)
    raise ValueError(f"{name} must be {least:g} to {most:g}, got {value!r}")


def _numbers(name: str, values: ArrayLike) -> NDArray[np.generic]:
    """Return a column of numbers with NaN for missing, or refuse it."""
    try:
        column = np.asarray(values)
        if column.dtype == object:
            column = np.array([np.nan if v is None else v for v in column])
    except (OverflowError, TypeError, ValueError) as error:
        raise TypeError(f"{name} must hold numbers: {error}") from error
    if column.ndim != 1:
        raise ValueError(f"{name} must be one column, got {column.shape}")
    if column.dtype.kind not in "biuf":
        raise TypeError(f"{name} must hold numbers, got {column.dtype}")
    if isinstance(values, np.ma.MaskedArray):  # asarray dropped the mask
        column = np.where(np.ma.getmaskarray(values), np.nan, column)
    return column


if __name__ == "__main__":
    honest = np.arange(1_000) % 100 / 100
    sure = np.clip(2 * honest - 0.5, 0.01, 0.99)  # the same rows, surer
    for name, p in ("honest", honest), ("too sure", sure):
        a, v = expected_accuracy(p), expected_value(p, 1, 4)
        print(f"{name:8} accuracy {a.claimed:.3f} [{a.low:.3f}, {a.high:.3f}]")
        print(f"{'':8} value {v.claimed:4.0f} [{v.low:.0f}, {v.high:.0f}]")
