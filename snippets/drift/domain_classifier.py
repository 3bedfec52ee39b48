"""Can a model tell new rows from old ones, and by which columns?

Answers: how well a classifier, trained on half of the rows, tells new from
old among the other half: as an AUC with an interval and a p-value, and the
columns it needs for that. It sees columns that moved together while each of
them alone looks as before.

Does not answer: whether the difference hurts. A column that names the day
tells any two weeks apart, perfectly and for no reason that matters.

Needs:   Python 3.11, NumPy 1.26, scikit-learn 1.9, threadpoolctl 3.5
Source:  snippets/drift/domain_classifier.py
Page:    snippets/drift/domain_classifier
Version: 1.0.2 (MIT-0)
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import NormalDist
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import clone
from sklearn.ensemble import HistGradientBoostingClassifier
from threadpoolctl import threadpool_limits

__all__ = ["DomainShift", "two_sample_auc"]

Floats = NDArray[np.float64]

_LEAST = 20  # rows a side: ten to learn from, ten to be judged by
_LEAST_GROUPS = 8
_LARGEST = 1e100
_REPEATS = 5  # shuffles of one column


@dataclass(frozen=True)
class DomainShift:
    """How well new rows can be told from old ones.

    Attributes:
        auc: chance that a random new row looks newer than a random old one,
            [0, 1]. About 0.5: no difference was found. 1: told apart.
        low: lower end of the interval of that AUC, for this classifier.
        high: upper end.
        p_value: chance of such an AUC or a higher one if new rows are like
            old ones, [0, 1].
        alarm: whether `p_value` is below `alpha`.
        top_features: name of a column, and by how much the AUC falls when
            the column is shuffled, the largest first; columns that cost
            nothing are left out. Of columns that say the same, one may take
            the credit. Empty without an alarm.
        n_reference: old rows, or groups, that it was judged by.
        n_current: new rows, or groups, that it was judged by.
    """

    auc: float
    low: float
    high: float
    p_value: float
    alarm: bool
    top_features: tuple[tuple[str, float], ...]
    n_reference: int
    n_current: int


def two_sample_auc(
    reference: ArrayLike,
    current: ArrayLike,
    *,
    groups: tuple[ArrayLike, ArrayLike] | None = None,
    model: Any = None,
    alpha: float = 0.05,
    n_top: int = 5,
    seed: int = 0,
) -> DomainShift:
    """Train a classifier to tell new rows from old, and judge it fairly.

    Half of each side, drawn at random, trains it; the other half judges it.
    So the p-value holds for any model and any number of columns.

    Args:
        reference: shape (n, k), old rows: numbers, NaN and None are missing.
            A frame gives its names of columns, an array their numbers.
            Encode text before.
        current: shape (m, k), new rows, with the same columns.
        groups: labels of shape (n,) and (m,), such as the day of each row.
            Whole groups then train or judge, and each group is judged once,
            by its mean score. A label on both sides is two groups. Without
            labels, rows must be independent.
        model: scikit-learn classifier with `predict_proba`; it is copied.
            Left out: 30 boosted trees of 8 leaves, which take missing
            values.
        alpha: share of looks that may alarm when nothing has changed, in
            (0, 1).
        n_top: columns to name, 0 or more.
        seed: of the draw of the halves, 0 or more.

    Returns:
        The AUC on the rows or groups that judged. `low` above 0.5 asks for
        more than `alarm`, which looks at one side only.

    Raises:
        ValueError: fewer than 20 rows or 8 groups a side, a value is
            infinite or beyond 1e100, a missing group, or the shapes or names
            do not agree, or another argument is out of range.
        TypeError: a value is not a number, groups cannot be sorted, or
            `model` has no `predict_proba`.

    Example:
        >>> old = np.arange(100.0).reshape(50, 2)
        >>> found = two_sample_auc(old, old + 200)
        >>> found.auc, found.alarm, found.n_current
        (1.0, True, 25)
    """
    if not isinstance(alpha, float | np.floating) or not 0 < alpha < 1:
        raise ValueError(f"alpha must be between 0 and 1, got {alpha!r}")
    for name, whole in ("n_top", n_top), ("seed", seed):
        if not isinstance(whole, int | np.integer) or whole < 0:
            rule = "a whole number, 0 or more"
            raise ValueError(f"{name} must be {rule}, got {whole!r}")
    old, new = _matrix("reference", reference), _matrix("current", current)
    titles = _titles(reference, old.shape[1])
    if (theirs := _titles(current, new.shape[1])) != titles:
        raise ValueError(
            f"current must have {titles} like reference, got {theirs}"
        )
    rows = np.concatenate([old, new])
    is_new = np.repeat([False, True], [len(old), len(new)])
    units = _units(groups, len(old), len(new))
    kind = isinstance(model, type)  # the class and not a model
    if model is not None and (kind or not hasattr(model, "predict_proba")):
        raise TypeError(f"model must have predict_proba, got {model!r}")
    rng = np.random.default_rng(seed)
    # --8<-- [start:core]
    judges = np.zeros(len(rows), bool)
    for side in ~is_new, is_new:  # half of the units of each side
        own = np.unique(units[side])
        judges |= np.isin(units, rng.permutation(own)[: len(own) // 2])
    if model is None:
        # its bins need a value: nothing can be learnt from a column of none
        rows[:, np.isnan(rows[~judges]).all(axis=0)] = 0
        # sklearn's leaves of 20 rows would leave small samples unsplit
        model = HistGradientBoostingClassifier(
            max_iter=30,
            max_leaf_nodes=8,
            min_samples_leaf=max(1, min(20, int((~judges).sum()) // 6)),
            early_stopping=False,
            random_state=0,
        )
    with threadpool_limits(1):  # small fits: threads would wait, not work
        fitted = clone(model).fit(rows[~judges], is_new[~judges])
        judged, who = rows[judges], is_new[judges]
        _, place, sizes = np.unique(
            units[judges], return_inverse=True, return_counts=True
        )
        side = np.bincount(place, who) > 0

        def auc_and_p(table: Floats) -> tuple[float, float]:
            score = fitted.predict_proba(table)[:, 1]
            # rounded: equal means of groups of unequal size are a tie
            means = np.round(np.bincount(place, score) / sizes, 12)
            return _auc_and_p(score if groups is None else means, side)

        auc, p_value = auc_and_p(judged)
        # --8<-- [end:core]
        top = []
        for k in range(len(titles) if p_value < alpha and n_top else 0):
            table = judged.copy()
            fall = 0.0
            for _ in range(_REPEATS):
                table[:, k] = rng.permutation(judged[:, k])
                fall += (auc - auc_and_p(table)[0]) / _REPEATS
            if fall > 0:
                top.append((titles[k], fall))
    top.sort(key=lambda pair: -pair[1])
    n, m = int((~side).sum()), int(side.sum())
    low, high = _interval(auc, n, m, alpha)
    return DomainShift(
        auc, low, high, p_value, p_value < alpha, tuple(top[:n_top]), n, m
    )


def _auc_and_p(score: Floats, new: NDArray[np.bool_]) -> tuple[float, float]:
    """Mann-Whitney: the AUC, and the chance of it if all rows are alike."""
    _, place, ties = np.unique(score, return_inverse=True, return_counts=True)
    rank = (np.cumsum(ties) - (ties - 1) / 2)[place]
    total, m = len(score), int(new.sum())
    pairs = m * (total - m)
    wins = float(rank[new].sum()) - m * (m + 1) / 2
    tied = float((ties**3.0 - ties).sum()) / (total * (total - 1))
    sd = math.sqrt(max(pairs / 12 * (total + 1 - tied), 0))
    z = (wins - pairs / 2 - 0.5) / sd if sd > 0 else -math.inf
    return wins / pairs, 0.5 * math.erfc(z / math.sqrt(2))


def _interval(auc: float, n: int, m: int, alpha: float) -> tuple[float, float]:
    """All AUCs whose own noise (Hanley and McNeil) reaches this one."""
    z = -NormalDist().inv_cdf(alpha / 2)

    def reach(a: float) -> float:
        same, other = a / (2 - a) - a * a, 2 * a * a / (1 + a) - a * a
        spread = a * (1 - a) + (m - 1) * same + (n - 1) * other
        return z * math.sqrt(max(spread, 0) / (n * m))

    ends = []
    for far in (0.0, 1.0):
        inside, outside = auc, far
        for _ in range(60):
            middle = (inside + outside) / 2
            if abs(auc - middle) <= reach(middle):
                inside = middle
            else:
                outside = middle
        ends.append(inside)
    return ends[0], ends[1]


def _units(
    groups: tuple[ArrayLike, ArrayLike] | None, n: int, m: int
) -> NDArray[np.int64]:
    """Return a number for each row: its own, or that of its group."""
    for name, size in ("reference", n), ("current", m):
        if size < _LEAST:
            rule = f"must have {_LEAST} rows or more"
            raise ValueError(f"{name} {rule}, got {size}")
    if groups is None:
        return np.arange(n + m)
    if not isinstance(groups, tuple) or len(groups) != 2:
        raise ValueError(f"groups must be a pair of columns, got {groups!r}")
    places: list[NDArray[np.int64]] = []
    for labels, size in zip(groups, (n, m), strict=True):
        try:
            column = np.asarray(labels)
            own, place = np.unique(column, return_inverse=True)
        except (TypeError, ValueError) as error:
            raise TypeError(f"groups must be columns: {error}") from None
        if column.shape != (size,):
            got = f"{size} for one side, got {column.shape}"
            raise ValueError(f"groups must have one label a row, {got}")
        missing = np.isin(column.astype(str), ("None", "nan", "NaT", "<NA>"))
        if missing.any() or np.ma.is_masked(labels):
            raise ValueError("groups must not be missing, got a missing label")
        if len(own) < _LEAST_GROUPS:
            rule = f"{_LEAST_GROUPS} or more on each side"
            raise ValueError(f"groups must be {rule}, got {len(own)}")
        places.append(place + sum(x.max() + 1 for x in places))
    return np.concatenate(places)


def _titles(values: object, k: int) -> list[str]:
    """Return the names of a frame's columns, or their numbers."""
    return [str(name) for name in getattr(values, "columns", range(k))]


def _matrix(name: str, values: ArrayLike) -> Floats:
    """Return rows of floats with NaN for missing, or refuse them."""
    try:
        table = np.asarray(values)
        if table.dtype == object and table.ndim == 2:
            cells = [[np.nan if v is None else v for v in x] for x in table]
            table = np.array(cells).reshape(table.shape)
    except (OverflowError, TypeError, ValueError) as error:
        raise TypeError(f"{name} must hold numbers: {error}") from error
    if table.ndim != 2 or not table.shape[1]:
        raise ValueError(f"{name} must be rows of columns, got {table.shape}")
    if table.dtype.kind not in "biuf":
        raise TypeError(f"{name} must hold numbers, got {table.dtype}")
    if isinstance(values, np.ma.MaskedArray):  # asarray dropped the mask
        table = np.where(np.ma.getmaskarray(values), np.nan, table)
    table = table.astype(np.float64)
    if (wild := np.abs(table) > _LARGEST).any():
        raise ValueError(f"{name} must be within 1e100, got {table[wild][0]}")
    return table


if __name__ == "__main__":
    rng = np.random.default_rng(1)
    old, new = rng.normal(size=(2, 400, 3))
    new[:, 1] = 0.96 * new[:, 0] + 0.28 * new[:, 1]  # alone it is as before
    for name, rows in ("as before", old[:200]), ("moved together", new):
        x = two_sample_auc(old[200:], rows, n_top=2)
        columns = sorted(title for title, _ in x.top_features)
        print(f"{name:14} alarm {x.alarm}, columns {columns}")
