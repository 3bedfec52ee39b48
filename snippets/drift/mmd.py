"""Have two tables drifted apart jointly, though no single column shows it?

Answers: whether the rows of two tables come from one distribution, all
columns together (the maximum mean discrepancy, MMD, with a permutation test):
it sees columns that part ways although each of them keeps its rows.

Does not answer: which columns moved, how far, or whether it matters. One
column of many that moves alone is seen better in that column. The p-value
assumes rows that are independent of each other, or `groups` that are; flights
of one day are neither without it. Missing values are refused.

Needs:   Python 3.11, NumPy 1.26
Source:  snippets/drift/mmd.py
Page:    snippets/drift/mmd
Version: 1.2.0 (MIT-0)
"""

from __future__ import annotations

from dataclasses import dataclass
from numbers import Integral, Real

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = ["MmdResult", "mmd_test"]

_BLOCK = 96  # rows of the kernel at a time: it is never stored as a whole
_PAIRS = 5_000  # of rows, for the median distance
_MOST = 20_000  # rows in all: some seconds; work grows with their square
_FAR, _NEAR = 1e100, 1e-50  # squares of one over the other stay finite


@dataclass(frozen=True)
class MmdResult:
    """How different two tables are, and how often chance gives as much.

    Attributes:
        statistic: squared MMD without bias: about 0 if nothing changed, also
            a little below; 2 at most. It depends on `bandwidth`.
        p_value: share of relabelled tables that differ at least as much, the
            real one among them: from 1 / (n_permutations + 1) to 1.
        bandwidth: distance between rows at which they count as alike to
            61 %; of ranks in units of the range, or in the columns' unit.
        n_reference: rows of the reference.
        n_current: rows judged.
    """

    statistic: float
    p_value: float
    bandwidth: float
    n_reference: int
    n_current: int


def mmd_test(
    reference: ArrayLike,
    current: ArrayLike,
    *,
    groups: tuple[ArrayLike, ArrayLike] | None = None,
    n_permutations: int = 199,
    bandwidth: float | None = None,
    ranks: bool = True,
    seed: int = 0,
) -> MmdResult:
    """Compare two tables by the likeness of their rows.

    Rows of one table should be as like each other as they are like the rows
    of the other one. Likeness is a Gaussian kernel of the distance. The test
    hands out the labels "reference" and "current" at random, again and again,
    so it keeps its error rate for any table of independent rows, and with
    `groups` for rows of which whole groups are independent.

    Args:
        reference: shape (n, d), two rows or more of numbers, no NaN.
        current: shape (m, d), the same columns in the same order; 20,000
            rows in all at most.
        groups: labels of shape (n,) and (m,), such as the day of each row.
            Whole groups then change sides. A label on both sides is two
            groups. One group against k gives k + 1 tables, so `p_value`
            seldom falls below 1 / (k + 1).
        n_permutations: relabelled tables, 1 or more; 199 lets `p_value`
            reach .005, and 599 the .0017 that a daily look for 5 % a month
            asks for.
        bandwidth: 1e-50 to 1e100; None takes the median distance of rows.
        ranks: True replaces each column by its ranks over both tables, from
            0 to 1, so that units, wild values and ±inf do not matter. False
            takes the values, within ±1e100: columns of one unit, embeddings.
        seed: 0 or more; the same seed hands out the same labels.

    Returns:
        The statistic, its p-value and the bandwidth.

    Raises:
        ValueError: a table is not two-dimensional, has fewer than two rows,
            no column or a missing value, or beyond ±1e100 without ranks; the
            columns differ, or there are too many rows; `groups` is no pair
            of labels a row; or `n_permutations`, `bandwidth` or `seed` is
            out of range.
        TypeError: a table holds something other than numbers, groups cannot
            be sorted, or `ranks` is not a bool.

    Example:
        >>> rng = np.random.default_rng(1)
        >>> x = rng.normal(size=(100, 1))
        >>> together, apart = np.hstack([x, x]), rng.normal(size=(100, 2))
        >>> mmd_test(together, apart).p_value
        0.005
    """
    for name, number, least, most in (
        ("n_permutations", n_permutations, 1, 9_999),
        ("seed", seed, 0, 2**63),
    ):
        if not isinstance(number, Integral) or not least <= number <= most:
            rule = f"{least} to {most}, a whole number"
            raise ValueError(f"{name} must be {rule}, got {number!r}")
    if not isinstance(ranks, bool | np.bool_):
        raise TypeError(f"ranks must be True or False, got {ranks!r}")
    old, new = _table("reference", reference), _table("current", current)
    names = [list(getattr(t, "columns", ())) for t in (reference, current)]
    if old.shape[1] != new.shape[1] or (all(names) and names[0] != names[1]):
        rule = f"the columns of reference, {names[0] or old.shape[1]}"
        got = names[1] or new.shape[1]
        raise ValueError(f"current must have {rule}, got {got}")
    n, m = len(old), len(new)
    if n + m > _MOST:
        rule = f"{_MOST} rows in all; draw a sample"
        raise ValueError(f"current must leave {rule}, got {n} and {m}")
    rows = np.vstack([old, new])
    if ranks:
        rows = np.column_stack([_rank(column) for column in rows.T])
    elif np.abs(rows).max() > _FAR:
        name = "reference" if np.abs(old).max() > _FAR else "current"
        raise ValueError(f"{name} must lie within ±1e100 without ranks")
    rng = np.random.default_rng(int(seed))
    if bandwidth is None:
        bandwidth = max(_median_distance(rows, rng), _NEAR)
    if isinstance(bandwidth, np.floating):  # float32 ends below 1e100
        bandwidth = float(bandwidth)
    if not isinstance(bandwidth, Real) or not _NEAR <= bandwidth <= 2 * _FAR:
        raise ValueError(f"bandwidth must be 1e-50 to 1e100, got {bandwidth}")
    units, n_units = _units(groups, n, m)  # of each row; of the reference
    own = np.ones((n_permutations + 2, int(units.max()) + 1))
    own[:-1, n_units:] = 0  # who is reference: really, relabelled, everybody
    own[1:-1] = rng.permuted(own[1:-1], axis=1)
    z = (rows - np.median(rows, axis=0)) / float(bandwidth)
    statistic, *chance = _statistics(z, own.T[units])
    as_large = sum(other >= statistic - 1e-10 for other in chance)
    p_value = float((1 + as_large) / (1 + n_permutations))
    return MmdResult(statistic, p_value, float(bandwidth), n, m)


def _statistics(
    z: NDArray[np.float64], own: NDArray[np.float64]
) -> list[float]:
    """Squared MMD, without bias, of each column of labels but the last.

    The kernel is symmetric: its upper half is made in blocks, multiplied with
    all labels at once, and forgotten.
    """
    # --8<-- [start:core]
    own = np.ascontiguousarray(own)
    square = (z * z).sum(axis=1) / 2
    within, of_all = np.zeros((2, own.shape[1]))
    for i in range(0, len(z), _BLOCK):
        mine = own[i : i + _BLOCK]
        alike = z[i : i + _BLOCK] @ z[i:].T
        alike -= square[i:]
        alike -= square[i : i + _BLOCK, None]
        np.exp(np.minimum(alike, 0, out=alike), out=alike)
        np.fill_diagonal(alike, 0)  # a row is not compared with itself
        alike[:, : len(mine)] /= 2  # this square is on both sides
        likeness = alike @ own[i:]  # one product for all labels
        within += 2 * np.einsum("ij,ij->j", mine, likeness)
        of_all += likeness[:, -1] @ mine + likeness.sum(axis=0)
    x, both = within[:-1], of_all[:-1] - within[:-1]
    y = within[-1] - 2 * of_all[:-1] + x
    n = own[:, :-1].sum(axis=0)  # groups differ in size
    m = len(z) - n
    mmd = x / np.maximum(n * (n - 1), 1) - 2 * both / (n * m)
    mmd += y / np.maximum(m * (m - 1), 1)  # 0 / 1 for a group of one row
    # --8<-- [end:core]
    return [float(value) for value in mmd]


def _units(
    groups: tuple[ArrayLike, ArrayLike] | None, n: int, m: int
) -> tuple[NDArray[np.int64], int]:
    """Return the number of each row's group, and the reference's groups."""
    if groups is None:
        return np.arange(n + m), n
    if not isinstance(groups, tuple | list) or len(groups) != 2:
        raise ValueError(f"groups must be a pair of columns, got {groups!r}")
    places: list[NDArray[np.int64]] = []
    for labels, size in zip(groups, (n, m), strict=True):
        try:
            column = np.asarray(labels)
            place = np.unique(column, return_inverse=True)[1]
        except (TypeError, ValueError) as error:
            raise TypeError(f"groups must be columns: {error}") from None
        if column.shape != (size,):
            got = f"{size} for one side, got {column.shape}"
            raise ValueError(f"groups must have one label a row, {got}")
        missing = np.isin(column.astype(str), ("None", "nan", "NaT", "<NA>"))
        if missing.any() or np.ma.is_masked(labels):
            raise ValueError("groups must not be missing, got a missing label")
        places.append(place)
    n_units = int(places[0].max()) + 1
    return np.concatenate([places[0], places[1] + n_units]), n_units


def _median_distance(
    rows: NDArray[np.float64], rng: np.random.Generator
) -> float:
    """The median distance of unequal rows, among pairs drawn at random.

    Drawn without a look at the labels, or the test would not be exact.
    """
    if len(rows) > 100:
        one, other = rng.integers(len(rows), size=(2, _PAIRS))
    else:  # all pairs
        one, other = np.triu_indices(len(rows), 1)
    gaps = np.zeros(len(one))
    for column in rows.T:
        gaps += (column[one] - column[other]) ** 2
    apart = gaps[gaps > 0]
    return float(np.sqrt(np.median(apart))) if len(apart) else 1.0


def _rank(column: NDArray[np.float64]) -> NDArray[np.float64]:
    """Ranks from 0 to 1; equal values share the mean of theirs."""
    _, at, times = np.unique(column, return_inverse=True, return_counts=True)
    ranks = (np.cumsum(times) - (times + 1) / 2) / (len(column) - 1)
    return ranks[at]


def _table(name: str, values: ArrayLike) -> NDArray[np.float64]:
    """Return rows by columns of floats without NaN, or refuse them."""
    try:
        table = np.asarray(values)
        if table.dtype == object:
            filled = [[np.nan if v is None else v for v in r] for r in table]
            table = np.array(filled)
    except (OverflowError, TypeError, ValueError) as error:
        raise TypeError(f"{name} must hold numbers: {error}") from error
    if table.ndim != 2 or table.shape[1] == 0:
        raise ValueError(f"{name} must be rows by columns, got {table.shape}")
    if table.dtype.kind not in "biuf":
        raise TypeError(f"{name} must hold numbers, got {table.dtype}")
    if isinstance(values, np.ma.MaskedArray):  # asarray dropped the mask
        table = np.where(np.ma.getmaskarray(values), np.nan, table)
    if len(table) < 2:
        raise ValueError(f"{name} must hold 2 rows or more, got {len(table)}")
    if missing := np.count_nonzero(np.isnan(table)):
        raise ValueError(f"{name} must hold no missing value, got {missing}")
    return table.astype(np.float64, copy=False)


if __name__ == "__main__":
    rng = np.random.default_rng(5)
    heat = rng.normal(size=(400, 1))
    delay = heat + 0.5 * rng.normal(size=(400, 1))
    table = np.hstack([heat, delay])
    spring, same = table[:200], table[200:]
    broken = np.hstack([heat[200:], rng.permutation(delay[200:])])
    for name, rows in ("same", same), ("broken", broken):
        print(f"{name:6} p {mmd_test(spring, rows).p_value:.3f}")
