"""Will a refresh of the probabilities help or hurt?

Answers: fits the cheap refresh, one shift of all log-odds or a rising
(isotonic) curve, on past predictions and outcomes, applies it, and says on
later rows whether it was nearer to the truth than the probabilities it
replaced, with an interval.

Does not answer: whether the next season is like the last one, on which you
fitted. A refresh learns the past; if the rate turns, it is wrong by twice
the step. It never improves a ranking.

Needs:   Python 3.11, NumPy 1.26, SciPy 1.11
Source:  snippets/hardening/recalibrate.py
Page:    snippets/hardening/recalibrate
Version: 1.0.1 (MIT-0)
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import (  # type: ignore[import-untyped, unused-ignore]
    expit,
    logit,
    stdtrit,
)

__all__ = ["Gain", "Refresh", "apply_refresh", "fit_refresh", "refresh_gain"]

_METHODS = ("shift", "isotonic")


@dataclass(frozen=True)
class Refresh:
    """A fitted refresh; keep it with the version of the model.

    Attributes:
        method: "shift" or "isotonic".
        shift: what is added to all log-odds; 0 if isotonic.
        before: rising probabilities at which the curve was fitted; empty if
            shift.
        after: what they become, never falling, off 0 and 1.
        rows: rows it was fitted on.
    """

    method: str
    shift: float
    before: tuple[float, ...]
    after: tuple[float, ...]
    rows: int


@dataclass(frozen=True)
class Gain:
    """Whether refreshed probabilities were nearer to the outcomes.

    Attributes:
        gain: mean Brier score of the old less that of the new; above 0 the
            refresh helped, in squared probability.
        low: lower end of its 95 % interval.
        high: upper end.
        old: mean Brier score of the old probabilities, [0, 1].
        new: mean Brier score of the new ones.
        rows: rows compared.
        clusters: independent groups among them.
    """

    gain: float
    low: float
    high: float
    old: float
    new: float
    rows: int
    clusters: int


def fit_refresh(
    p: ArrayLike, y: ArrayLike, *, method: str = "shift"
) -> Refresh:
    """Fit a refresh on past predictions and their outcomes.

    Args:
        p: shape (n,), the probabilities as they were served, [0, 1].
        y: shape (n,), outcomes, 0 or 1. Both must occur.
        method: "shift" moves all log-odds by one number: a few hundred rows
            will do, and the order of the cases stays. "isotonic" fits a
            rising curve: thousands of rows, and neighbours may tie.

    Returns:
        The refresh, for `apply_refresh`.

    Raises:
        ValueError: a column is not one-dimensional, the lengths differ, `p`
            leaves [0, 1], `y` is not 0 or 1 or has one value only, a value
            is missing, `method` is unknown, or fewer than two
            probabilities lie strictly between 0 and 1.
        TypeError: a column does not hold numbers.

    Example:
        >>> old = fit_refresh([0.2, 0.2, 0.2, 0.2], [1, 0, 1, 0])
        >>> round(old.shift, 3)
        1.386
    """
    if method not in _METHODS:
        raise ValueError(f"method must be one of {_METHODS}, got {method!r}")
    shares, outcomes = _shares("p", p), _outcomes("y", y)
    _same_length(p=shares, y=outcomes)
    if len({*outcomes.tolist()}) < 2:
        raise ValueError(f"y must hold both 0 and 1, got {len(outcomes)} rows")
    # --8<-- [start:core]
    open_rows = (shares > 0) & (shares < 1)
    if open_rows.sum() < 2:
        raise ValueError("p must lie between 0 and 1 in 2 rows or more")
    if method == "shift":
        shift = _balance(logit(shares[open_rows]), outcomes[open_rows])
        return Refresh("shift", shift, (), (), len(shares))
    levels, of = np.unique(shares, return_inverse=True)
    rows = np.bincount(of)
    blocks: list[tuple[int, float, int]] = []  # levels, events, rows
    for events, n in zip(np.bincount(of, outcomes), rows, strict=True):
        width, sum_y, size = 1, float(events), int(n)
        while blocks and blocks[-1][1] * size >= sum_y * blocks[-1][2]:
            last = blocks.pop()
            width, sum_y, size = (
                width + last[0],
                sum_y + last[1],
                size + last[2],
            )
        blocks.append((width, sum_y, size))
    rates = [sum_y / size for _, sum_y, size in blocks]
    # An end without an event is no proof of none: half a row, but no more
    # than its neighbour says.
    rates[0] = max(rates[0], min([0.5 / blocks[0][2], *rates[1:2]]))
    rates[-1] = min(rates[-1], max([1 - 0.5 / blocks[-1][2], *rates[-2:-1]]))
    after = np.repeat(rates, [width for width, _, _ in blocks]).tolist()
    # --8<-- [end:core]
    return Refresh(
        "isotonic", 0.0, tuple(levels.tolist()), tuple(after), len(shares)
    )


def apply_refresh(refresh: Refresh, p: ArrayLike) -> NDArray[np.float64]:
    """Refresh probabilities.

    Args:
        refresh: what `fit_refresh` returned.
        p: shape (m,), probabilities, [0, 1]. 0 and 1 stay under a shift;
            beyond the fitted range a curve stays at its end.

    Returns:
        shape (m,), the new probabilities, [0, 1].

    Raises:
        ValueError: `p` is not one-dimensional, leaves [0, 1] or is missing.
        TypeError: `p` does not hold numbers.

    Example:
        >>> apply_refresh(Refresh("shift", 0.0, (), (), 10), [0.0, 0.25, 1.0])
        array([0.  , 0.25, 1.  ])
    """
    shares = _shares("p", p)
    if refresh.method == "isotonic":
        return np.interp(shares, refresh.before, refresh.after)
    moved = shares.copy()
    inside = (shares > 0) & (shares < 1)
    moved[inside] = expit(logit(shares[inside]) + refresh.shift)
    return moved


def refresh_gain(
    old: ArrayLike,
    new: ArrayLike,
    y: ArrayLike,
    *,
    cluster: ArrayLike | None = None,
) -> Gain:
    """Compare old and refreshed probabilities on rows after the fit.

    Args:
        old: shape (n,), probabilities before the refresh, [0, 1].
        new: shape (n,), after it. On rows that it was fitted on, the gain
            flatters.
        y: shape (n,), outcomes, 0 or 1.
        cluster: shape (n,), what shares its luck, such as the day. Without
            it every row counts as independent.

    Returns:
        The gain in the Brier score, and a 95 % t interval over clusters.

    Raises:
        ValueError: lengths differ, a value is missing or out of range, or
            there are fewer than 2 clusters.
        TypeError: a column does not hold numbers.

    Example:
        >>> refresh_gain([0.5, 0.5], [0.8, 0.1], [1, 0]).gain
        0.225
    """
    before, after = _shares("old", old), _shares("new", new)
    outcomes = _outcomes("y", y)
    groups = np.arange(len(outcomes)) if cluster is None else cluster
    _, of = np.unique(_labels("cluster", groups), return_inverse=True)
    _same_length(old=before, new=after, y=outcomes, cluster=of)
    each = (before - outcomes) ** 2 - (after - outcomes) ** 2
    sizes = np.bincount(of)
    if len(sizes) < 2:
        raise ValueError(f"cluster must hold 2 groups, got {len(sizes)}")
    n, k, mean = len(each), len(sizes), float(each.mean())
    sums = np.bincount(of, weights=each) - mean * sizes
    spread = math.sqrt(k / (k - 1) * float(sums @ sums)) / n
    reach = float(stdtrit(k - 1, 0.975)) * spread
    scores = [float(np.mean((q - outcomes) ** 2)) for q in (before, after)]
    return Gain(mean, mean - reach, mean + reach, scores[0], scores[1], n, k)


def _balance(log_odds: NDArray[np.float64], y: NDArray[np.float64]) -> float:
    """The shift at which predictions and outcomes agree on average."""
    low, high = -40.0 - log_odds.max(), 40.0 - log_odds.min()
    middle = 0.0
    for _ in range(200):
        middle = (low + high) / 2
        if float(np.sum(expit(log_odds + middle) - y)) > 0:
            high = middle
        else:
            low = middle
    if not abs(middle) < 30:
        raise ValueError("y must hold both 0 and 1 where p is not 0 or 1")
    return float(middle)


def _shares(name: str, values: ArrayLike) -> NDArray[np.float64]:
    column = _numbers(name, values)
    if not np.all((column >= 0) & (column <= 1)):
        wrong = column[~((column >= 0) & (column <= 1))][0]
        raise ValueError(f"{name} must be 0 to 1, got {wrong}")
    return column


def _outcomes(name: str, values: ArrayLike) -> NDArray[np.float64]:
    column = _numbers(name, values)
    if not np.all((column == 0) | (column == 1)):
        wrong = column[~((column == 0) | (column == 1))][0]
        raise ValueError(f"{name} must be 0 or 1, got {wrong}")
    return column


def _labels(name: str, values: ArrayLike) -> NDArray[np.generic]:
    try:
        column = np.asarray(values)
    except ValueError as error:
        raise ValueError(f"{name} must be one column: {error}") from None
    if column.ndim != 1:
        raise ValueError(f"{name} must be one column, got {column.shape}")
    if any(v is None or v != v for v in column.tolist()):
        raise ValueError(f"{name} must have no missing value")
    return column.astype(str) if column.dtype == object else column


def _numbers(name: str, values: ArrayLike) -> NDArray[np.float64]:
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
    return column.astype(np.float64)


def _same_length(**columns: NDArray[np.generic]) -> None:
    lengths = {name: len(column) for name, column in columns.items()}
    if len({*lengths.values()}) > 1:
        raise ValueError(f"{', '.join(lengths)} must agree, got {lengths}")


if __name__ == "__main__":
    p = np.tile([0.1, 0.2, 0.4, 0.6], 50)
    june = np.tile([0, 0, 1, 1, 0, 1, 0, 1], 25)  # late more often than said
    june_rule = fit_refresh(p, june)
    print(f"fitted in June: log-odds {june_rule.shift:+.2f}")
    calm = np.tile([0, 0, 0, 1, 0, 0, 0, 0], 25)
    for name, y in ("June again", june), ("September", calm):
        g = refresh_gain(p, apply_refresh(june_rule, p), y)
        print(f"{name}: gain {g.gain:+.3f} ({g.low:+.3f} to {g.high:+.3f})")
