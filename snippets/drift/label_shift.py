"""The mix of classes moved: to what?

Answers: which share of the new rows belongs to each class, before any label
is in, from how often the model now predicts each class and how it confused
them on labelled rows; with an interval for each share, and whether any mix of
classes can explain what the model now predicts.

Does not answer: whether only the mix moved. It takes for granted that the
rows of a class look as they did, so that the model confuses them as it did.
Where that is wrong the shares are wrong, and only sometimes will it show.

Needs:   Python 3.11, NumPy 1.26, SciPy 1.11
Source:  snippets/drift/label_shift.py
Page:    snippets/drift/label_shift
Version: 1.0.1 (MIT-0)
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special  # type: ignore[import-untyped, unused-ignore]

__all__ = ["LabelShift", "label_shift"]

Floats = NDArray[np.float64]

_CERTAIN = 4.0  # standard errors that keep the division by A trustworthy


@dataclass(frozen=True)
class LabelShift:
    """The mix of classes among new rows, in the order of `confusion`.

    Attributes:
        shares: k numbers, [0, 1], that sum to 1: the estimated mix. A class
            estimated below 0 is set to 0, and the others are scaled.
        low: k lower ends of the intervals, [0, 1]; 0 unless `fits`.
        high: k upper ends, [0, 1]; 1 unless `fits`.
        weights: k numbers, 0 or more: share now over share in `confusion`.
            1 is a class as frequent as before.
        condition: 1 or more, how far the confusion blows up an error in the
            predicted shares; 1 if the model never confuses two classes.
        p_value: chance of predictions this different if nothing moved,
            [0, 1].
        alarm: whether `p_value` is below `alpha`. At .001 this happens 2 to
            7 times too often if a class is predicted for 1 to 5 new rows.
        fits: False if no mix of these classes gives such predictions: more
            than the mix has moved, so do not use `shares`. True does not
            prove that only the mix moved.
        n: new rows.
    """

    shares: tuple[float, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]
    weights: tuple[float, ...]
    condition: float
    p_value: float
    alarm: bool
    fits: bool
    n: int


def label_shift(
    confusion: ArrayLike, predicted: ArrayLike, *, alpha: float = 0.05
) -> LabelShift:
    """Solve for the mix of classes that explains the predictions.

    Both counts must come from the same model with the same threshold, and
    the labelled rows must not be those it was trained on. All rows are taken
    as independent of each other.

    Args:
        confusion: shape (k, k), labelled rows counted by true class (row)
            and predicted class (column), as scikit-learn's
            `confusion_matrix` gives it; k is 2 or more.
        predicted: shape (k,), new rows counted by predicted class, in the
            order of `confusion`. pandas' `value_counts` sorts by frequency:
            a Series whose classes are in another order than those of a frame
            `confusion`, or not sorted beside an array, is refused.
        alpha: share of looks that may alarm when nothing has moved, and of
            intervals that may miss, from 1e-12 to below 1.

    Returns:
        The mix with its intervals, and two answers: has it moved, and can
        any mix explain what is seen. With nothing moved, the first alarms in
        about `alpha` of looks; the second is wrong in `alpha` or fewer.

    Raises:
        ValueError: a count is negative, not whole or not finite; a shape is
            wrong, or pandas names the classes in another order; a class has
            no labelled row, or there is no new row; the model cannot tell the
            classes apart with certainty, so that the answer could be
            anything; `alpha` is out of range.
        TypeError: a count is not a number.

    Example:
        >>> found = label_shift([[900, 100], [200, 800]], [410, 590])
        >>> [round(share, 3) for share in found.shares]
        [0.3, 0.7]
    """
    real = isinstance(alpha, float | np.floating)
    if not real or not 1e-12 <= alpha < 1:
        raise ValueError(f"alpha must be from 1e-12 to below 1, got {alpha!r}")
    table = _counts("confusion", confusion)
    k = len(table)
    if table.shape != (k, k) or k < 2:
        shape = "square, 2 by 2 or more"
        raise ValueError(f"confusion must be {shape}, got {table.shape}")
    now = _counts("predicted", predicted)
    if now.shape != (k,):
        raise ValueError(f"predicted must be {k} counts, got {now.shape}")
    _same_order(confusion, predicted)
    rows, n = table.sum(axis=1), float(now.sum())
    if not rows.all():
        empty = int(np.argmin(rows))
        raise ValueError(f"confusion must have each class, got 0 of {empty}")
    if not n:
        raise ValueError("predicted must hold 1 row or more, got 0")
    # --8<-- [start:core]
    A = (table / rows[:, None]).T  # column: how one class is predicted
    # half a row more in each cell: a zero may be luck, and carries noise
    spread = ((table + 0.5) / (rows + k / 2)[:, None]).T
    left, sizes, right = np.linalg.svd(A)
    u, v = left[:, -1], right[-1]  # the direction that A shrinks the most
    noise = v**2 @ ((u**2 @ spread - (u @ spread) ** 2) / rows)
    if sizes[-1] <= _CERTAIN * np.sqrt(noise):
        raise ValueError(
            "confusion must tell the classes apart, got a smallest singular "
            f"value of {sizes[-1]:.3f} with standard error {noise**0.5:.3f}"
        )
    back = np.linalg.inv(A)
    mix = back @ (now / n)
    shares = np.maximum(mix, 0) / np.maximum(mix, 0).sum()
    # noise of the new rows, and of the labelled rows in each class
    new = (A @ shares * n + 0.5) / (n + k / 2)
    cloud = (np.diag(new) - np.outer(new, new)) / n
    for share, column, m in zip(shares, spread.T, rows, strict=True):
        one = np.diag(column) - np.outer(column, column)
        cloud += share**2 / m * one
    error = np.sqrt(np.maximum(np.diag(back @ cloud @ back.T), 0))
    # --8<-- [end:core]
    reach = -float(special.ndtri(alpha / 2)) * error
    below = -float(special.ndtri(alpha / k)) * error
    fits = bool((mix + below >= -1e-9).all())
    # what was set to 0 has moved the other shares a little
    low = np.minimum(shares, np.clip(mix - reach, 0, 1)) * fits
    high = (
        np.maximum(shares, np.clip(mix + reach, 0, 1)) if fits else np.ones(k)
    )
    p_value = _same(table.sum(axis=0), now)
    return LabelShift(
        shares=tuple(shares.tolist()),
        low=tuple(low.tolist()),
        high=tuple(high.tolist()),
        weights=tuple((shares * rows.sum() / rows).tolist()),
        condition=float(sizes[0] / sizes[-1]),
        p_value=p_value,
        alarm=p_value < alpha,
        fits=fits,
        n=int(n),
    )


def _same(old: Floats, new: Floats) -> float:
    """Chance of counts this different from one mix (Pearson's chi-square)."""
    both = np.stack([old, new])
    both = both[:, both.sum(axis=0) > 0]
    expected = np.outer(both.sum(axis=1), both.sum(axis=0)) / both.sum()
    distance = float(((both - expected) ** 2 / expected).sum())
    return float(special.chdtrc(both.shape[1] - 1, distance))


def _same_order(confusion: object, predicted: object) -> None:
    """Refuse counts that name the classes in another order, by name."""
    true, columns = _names(confusion, "index"), _names(confusion, "columns")
    if true is not None and true != columns:
        rule = f"as columns the classes of its rows, {true}"
        raise ValueError(f"confusion must have {rule}, got {columns}")
    now = _names(predicted, "index")
    if now is None:
        return
    try:  # confusion_matrix sorts the classes as well
        order = sorted(now) if true is None else true
    except TypeError:
        return
    if now != order:
        raise ValueError(f"predicted must be in the order {order}, got {now}")


def _names(values: object, axis: str) -> list[Any] | None:
    """The names that pandas keeps; a list's `index` is a method."""
    names = getattr(values, axis, None)
    return None if names is None or callable(names) else list(names)


def _counts(name: str, values: ArrayLike) -> Floats:
    """Return whole counts as floats, or refuse them."""
    try:
        column = np.asarray(values)
        if column.dtype == object:
            column = np.array([np.nan if v is None else v for v in column])
    except (OverflowError, TypeError, ValueError) as error:
        raise TypeError(f"{name} must hold numbers: {error}") from error
    if column.ndim not in (1, 2):
        raise ValueError(f"{name} must be counts, got shape {column.shape}")
    if column.dtype.kind not in "biuf":
        raise TypeError(f"{name} must hold numbers, got {column.dtype}")
    if isinstance(values, np.ma.MaskedArray):  # asarray dropped the mask
        column = np.where(np.ma.getmaskarray(values), np.nan, column)
    counts = column.astype(np.float64)
    with np.errstate(invalid="ignore"):
        odd = ~((counts >= 0) & (counts <= 1e15) & (counts % 1 == 0))
    if odd.any():
        rule = "whole counts, 0 to 1e15"
        raise ValueError(f"{name} must be {rule}, got {counts[odd][0]}")
    return counts


if __name__ == "__main__":
    confusion = [[900, 100], [200, 800]]
    cases = {"before": (550, 450), "moved": (410, 590), "no mix": (60, 940)}
    for name, predicted in cases.items():
        x = label_shift(confusion, predicted)
        interval = f"{x.shares[1]:.2f} [{x.low[1]:.2f}, {x.high[1]:.2f}]"
        print(f"{name:6} {interval}, alarm {x.alarm}, fits {x.fits}")
