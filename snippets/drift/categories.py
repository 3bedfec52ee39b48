"""Has the mix of categories changed, and is there one never seen before?

Answers: whether the shares of the categories moved by more than sampling
noise (chi-square), how large the move is (Cramér's V), and whether a category
that is new, or gone, is too heavy to be a rare one met or missed by luck.

Does not answer: whether a category still means the same, whether the model
became worse, or why the mix moved. The rates assume rows that are independent
of each other; the rows of one customer or one storm seldom are.

Needs:   Python 3.11, NumPy 1.26
Source:  snippets/drift/categories.py
Page:    snippets/drift/categories
Version: 1.0.0 (MIT-0)
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass
from itertools import compress
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["CategoryShift", "category_shift", "count_categories"]

_OWN_CELL = 5  # rows a category must expect on the smaller side
_POOL = 2  # rows the pool must expect there; the page says what both cost
_SHOWN = 5  # cells in `moves`
_MOST = 10**12  # rows on a side; beyond it log-gamma loses the last digits


@dataclass(frozen=True)
class CategoryShift:
    """What two sets of counts say about a change of mix.

    Attributes:
        statistic: chi-square of the cells, 0 (equal shares) or more.
        df: cells less one; 0 says that there were too few rows to look.
        p_value: chance of such a statistic when nothing changed, [0, 1].
        level: the mix rings at a `p_value` of this or less: `alpha`, less
            what is set aside for new and gone categories.
        cramers_v: size of the change, [0, 1]: 0 for equal shares, 1 for no
            category in common. It depends on the ratio of rows, see page.
        new: categories with rows now and none before, most rows first.
        new_share: share of the current rows that is in `new`, [0, 1].
        p_new: upper bound of the chance that with nothing changed one new
            category is as heavy as the first of `new`, or that all of them
            have as many rows, [0, 1]; 1 if there is none.
        gone: categories with rows before and none now, most rows first.
        p_gone: the same bound for `gone`.
        moves: up to five (category, share before, share now) with a cell of
            their own, the largest part of the statistic first.
        rare_shares: shares of the rows, before and now, in the cell of the
            rare categories, [0, 1]; 0 and 0 if there is none.
        why: what rang, of "mix", "new" and "gone".
        alarm: whether anything rang.
    """

    statistic: float
    df: int
    p_value: float
    level: float
    cramers_v: float
    new: tuple[Hashable, ...]
    new_share: float
    p_new: float
    gone: tuple[Hashable, ...]
    p_gone: float
    moves: tuple[tuple[Hashable, float, float], ...]
    rare_shares: tuple[float, float]
    why: tuple[str, ...]
    alarm: bool


def count_categories(values: Iterable[Any]) -> dict[Hashable, int]:
    """Count the rows of one column by category.

    A list costs what `collections.Counter` costs. A pandas Series is left to
    pandas, which takes half of that time or less.

    Args:
        values: shape (n,), text, whole numbers, booleans or anything else
            hashable. None, NaN, NaT, pandas.NA and masked rows are missing.

    Returns:
        Category to rows, 1 or more; missing rows under None. No rows give
        an empty dict. Keys meet as in any dict: 1, 1.0 and True are one
        category, "1" is another, and so are "AA" and "AA ".

    Raises:
        TypeError: `values` is text, a mapping or an array of dates, or it
            holds something without a hash.
        ValueError: `values` is not one-dimensional.

    Example:
        >>> count_categories(["UA", "DL", None, "UA", float("nan")])
        {'UA': 2, 'DL': 1, None: 2}
    """
    column: Any = values
    kind = getattr(getattr(column, "dtype", None), "kind", "O")
    if isinstance(column, str | bytes | Mapping) or kind not in "biufOSTU":
        got = column.dtype if kind != "O" else type(column).__name__
        raise TypeError(f"values must be a column of categories, got {got}")
    if getattr(column, "ndim", 1) != 1:
        raise ValueError(f"values must be one column, got {column.shape}")
    try:
        if hasattr(column, "value_counts") and hasattr(column, "items"):
            pairs = column.value_counts(sort=False, dropna=False).items()
        elif kind in "biuf" and type(column) is np.ndarray:
            names, times = np.unique(column, return_counts=True)
            pairs = zip(names.tolist(), times.tolist(), strict=True)
        else:
            rows = column.tolist() if hasattr(column, "tolist") else column
            pairs = Counter(rows).items()
        return _merged(pairs)
    except TypeError as error:
        message = f"values must hold categories with a hash: {error}"
        raise TypeError(message) from error


def category_shift(
    reference_counts: Mapping[Any, int],
    current_counts: Mapping[Any, int],
    *,
    alpha: float = 0.01,
) -> CategoryShift:
    """Compare the mix of two sets of rows that were counted by category.

    Each category that expects 5 rows or more on the smaller side gets a cell
    of its own. The rest share one cell; it takes in the rarest of the others
    until it expects 2. New and gone categories are judged without cells, by
    bounds that hold for any number of rows. Each of these two may spend a
    quarter of `alpha`; what it cannot spend is left to the mix.

    Args:
        reference_counts: category to rows, whole numbers, 1 row or more in
            all. None and NaN are one category. Keys meet as in any dict. A
            category with 0 rows is one that was not seen.
        current_counts: the same for the rows to judge.
        alpha: share of checks that may alarm when nothing changed, (0, 1).

    Returns:
        Test, size, the new and the gone. If there is one category only, the
        statistic is 0 and the p-value 1.

    Raises:
        TypeError: a side is not a mapping.
        ValueError: a count is negative, fractional or infinite, a side has
            no rows or more than 10**12, or `alpha` is not between 0 and 1.

    Example:
        >>> before = {"AA": 10, "B6": 20, "DL": 30, "UA": 40}
        >>> found = category_shift(before, {"AA": 20, "B6": 50, "ZZ": 30})
        >>> found.alarm, found.why, found.new, found.new_share
        (True, ('mix', 'new', 'gone'), ('ZZ',), 0.3)
    """
    if not 0 < alpha < 1:
        raise ValueError(f"alpha must be between 0 and 1, got {alpha}")
    before = _checked("reference_counts", reference_counts)
    now = _checked("current_counts", current_counts)
    both = Counter(before) + Counter(now)
    names = [name for name, _ in both.most_common()]
    counts = [[side.get(name, 0) for name in names] for side in (before, now)]
    table = np.array(counts, dtype=np.float64)  # int64 would overflow below
    # --8<-- [start:core]
    rows, n = table.sum(axis=1), table.sum()
    expected = table.sum(axis=0) * rows.min() / n  # falls from left to right
    own = int(np.sum(expected >= _OWN_CELL))
    while own and 0 < expected[own:].sum() < _POOL:
        own -= 1
    pool = table[:, own:].sum(axis=1)
    cells = np.column_stack([table[:, :own], pool]) if pool.any() else table
    fair = np.outer(rows, cells.sum(axis=0)) / n
    parts = ((cells - fair) ** 2 / fair).sum(axis=0)
    statistic, df = float(parts.sum()), len(parts) - 1
    p_value = _chi_square_tail(statistic, df)
    # --8<-- [end:core]
    new, p_new, any_new = _one_sided(table[1], table[0])
    gone, p_gone, any_gone = _one_sided(table[0], table[1])
    level = alpha - min(any_new, alpha / 4) - min(any_gone, alpha / 4)
    rang = p_value <= level, p_new <= alpha / 4, p_gone <= alpha / 4
    first = np.argsort(-parts[:own], kind="stable")[:_SHOWN].tolist()
    shares = (table / rows[:, None]).T.tolist()
    return CategoryShift(
        statistic=statistic,
        df=df,
        p_value=p_value,
        level=level,
        cramers_v=math.sqrt(statistic / n),
        new=tuple(names[i] for i in new),
        new_share=float(table[1, new].sum() / rows[1]),
        p_new=p_new,
        gone=tuple(names[i] for i in gone),
        p_gone=p_gone,
        moves=tuple((names[i], *shares[i]) for i in first),
        rare_shares=(float(pool[0] / rows[0]), float(pool[1] / rows[1])),
        why=tuple(compress(("mix", "new", "gone"), rang)),
        alarm=any(rang),
    )


def _one_sided(
    here: NDArray[np.float64], there: NDArray[np.float64]
) -> tuple[list[int], float, float]:
    """Find who has rows only here; bound the chance of that, and of any.

    Deal the n rows to the sides at random, m of them to this one: all t rows
    of a category land here with chance C(m, t) / C(n, t). Added up, these
    chances bound the chance of one as heavy as the heaviest found. For the
    rows of all that were found there is Chernoff's bound. Two looks cost 2.
    """
    m, n = float(here.sum()), float(here.sum() + there.sum())
    sizes, times = np.unique(here + there, return_counts=True)
    log_chance = np.array([_log_chance(t, m, n) for t in sizes.tolist()])
    chance = np.exp(log_chance)
    only = np.flatnonzero(there == 0).tolist()
    if not only:
        return only, 1.0, float(times @ chance)
    heaviest = times @ (chance * (sizes >= here[only[0]]))
    tilt = np.linspace(0, math.log(n / m), 32)[:, None]
    grown = np.log1p(np.exp(log_chance + tilt * sizes) - chance) @ times
    together = math.exp(np.min(grown - tilt[:, 0] * here[only].sum()))
    return only, min(1.0, 2 * min(heaviest, together)), float(times @ chance)


def _log_chance(t: float, m: float, n: float) -> float:
    """Logarithm of C(m, t) / C(n, t), where t and m are n or fewer."""
    if t > m:
        return -math.inf
    ways = math.lgamma
    return ways(m + 1) - ways(m - t + 1) - ways(n + 1) + ways(n - t + 1)


def _chi_square_tail(x: float, df: int) -> float:
    """P(chi-square >= x): for a whole `df` a finite sum, so no SciPy."""
    if df == 0 or x <= 0:
        return 1.0
    half, a = x / 2, 0.5 if df % 2 else 1.0
    tail = math.erfc(math.sqrt(half)) if df % 2 else math.exp(-half)
    while a < df / 2:  # Q(a + 1, x) = Q(a, x) + x**a exp(-x) / gamma(a + 1)
        tail += math.exp(a * math.log(half) - half - math.lgamma(a + 1))
        a += 1
    return min(tail, 1.0)


def _checked(name: str, counts: Mapping[Any, int]) -> dict[Hashable, int]:
    """Return the counts with one key for missing, or refuse them."""
    if not hasattr(counts, "items"):
        got = type(counts).__name__
        raise TypeError(f"{name} must map categories to rows, got {got}")
    for key, count in counts.items():
        number = isinstance(count, int | float | np.integer)
        if not (number and 0 <= count < math.inf and count % 1 == 0):
            least = f"{name} must hold whole numbers of 0 or more"
            raise ValueError(f"{least}, got {count!r} for {key!r}")
    merged = _merged(counts.items())
    rows = sum(merged.values())
    if not 0 < rows <= _MOST:
        raise ValueError(f"{name} must hold 1 to {_MOST:,} rows, got {rows}")
    return merged


def _merged(pairs: Iterable[tuple[Any, int]]) -> dict[Hashable, int]:
    """Collect what is missing under None, and leave out what has no row."""
    counts: dict[Hashable, int] = {}
    for key, count in pairs:
        name = key.item() if isinstance(key, np.number | np.bool_) else key
        try:
            name = None if name != name else name
        except TypeError:  # pandas.NA does not say whether it equals itself
            name = None
        if count:
            counts[name] = counts.get(name, 0) + int(count)
    return counts


if __name__ == "__main__":
    reference = {"B6": 5_400, "UA": 5_000, "DL": 4_800, "HA": 800}
    same = ["B6"] * 340 + ["UA"] * 310 + ["DL"] * 300 + ["HA"] * 50
    lower = [code.lower() if code == "HA" else code for code in same]
    fewer = [code for code in same if code != "DL"]
    for name, rows in ("same", same), ("lower", lower), ("fewer", fewer):
        r = category_shift(reference, count_categories(rows))
        print(f"{name}: p {r.p_value:.4f}, V {r.cramers_v:.3f}, {r.why}")
        print(f"  new {r.new} {r.new_share:.3f}, gone {r.gone}, {r.moves[0]}")
