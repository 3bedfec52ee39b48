"""Compared with doing nothing, or with ten rows?

Answers: how well a program does that never looks at a case, and what a table
of ten rows predicts that looks at one column. A model has to beat both, on
the same later rows, before its figure means anything.

Does not answer: what either is worth (that takes prices), or whether the
column was known in time: a column from the future makes a splendid table. It
does not choose the column, and a table scored on the rows it was made from
looks better than it is.

Needs:   Python 3.11, NumPy 1.26
Source:  snippets/readiness/baselines.py
Page:    snippets/readiness/baselines
Version: 1.0.0 (MIT-0)
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = ["DoNothing", "RateTable", "do_nothing", "rate_table"]


@dataclass(frozen=True)
class DoNothing:
    """What a program scores that says the same about every row.

    Attributes:
        rate: share of rows in which the event came, [0, 1].
        majority: the outcome to bet on: 1 if `rate` is above .5, else 0.
        accuracy: share right when always betting so, [.5, 1].
        brier: mean squared error of saying `rate` every time, [0, .25].
        log_loss: mean of minus the natural logarithm of what was said of the
            outcome, [0, .693]; 0 if all outcomes are the same.
        n: rows with an outcome, 1 or more.
        missing: rows left out, since they have none.
    """

    rate: float
    majority: int
    accuracy: float
    brier: float
    log_loss: float
    n: int
    missing: int


@dataclass(frozen=True)
class RateTable:
    """How often the event came, by rows of one column: no model.

    Row `i` holds `edges[i - 1] <= value < edges[i]`. The first and the last
    of these rows are open, so values beyond all that were seen fall in them.
    One more row, the last, is for missing values. Lists become tuples, so
    that `RateTable(**json.loads(text))` reads back `json.dumps(asdict(t))`.

    Attributes:
        edges: shape (k,), in the column's unit, increasing; k may be 0.
        rates: shape (k + 2,), [0, 1], the missing row last.
        counts: shape (k + 2,), rows behind each rate, 0 or more.

    Raises:
        ValueError: the edges do not increase, there are not two more rates
            and counts than edges, a rate is outside 0 to 1, or a count is
            below 0 or not whole.
        TypeError: the edges, rates or counts are not numbers.

    Example:
        >>> table = RateTable(edges=(15.0,), rates=(0.1, 0.5, 0.2),
        ...                   counts=(700, 250, 50))
        >>> table.predict([14, 15, None]).tolist()
        [0.1, 0.5, 0.2]
    """

    edges: tuple[float, ...]
    rates: tuple[float, ...]
    counts: tuple[int, ...]

    def __post_init__(self) -> None:
        edges, rates, counts = (
            _numbers(name, getattr(self, name))
            for name in ("edges", "rates", "counts")
        )
        if edges.tolist() != sorted({e for e in edges.tolist() if e == e}):
            raise ValueError(f"edges must increase, got {self.edges}")
        for name, column in ("rates", rates), ("counts", counts):
            if len(column) != len(edges) + 2:
                wanted = f"{len(edges) + 2} numbers, 2 more than edges"
                raise ValueError(f"{name} must be {wanted}, got {len(column)}")
        if not ((rates >= 0) & (rates <= 1)).all():
            raise ValueError(f"rates must be 0 to 1, got {self.rates}")
        whole = np.isfinite(counts) & (np.trunc(counts) == counts)
        if not (whole & (counts >= 0)).all():
            raise ValueError(f"counts must be whole, got {self.counts}")
        object.__setattr__(self, "edges", tuple(edges.tolist()))
        object.__setattr__(self, "rates", tuple(rates.tolist()))
        object.__setattr__(self, "counts", tuple(map(int, counts.tolist())))

    def predict(self, feature: ArrayLike) -> NDArray[np.float64]:
        """Look up the rate of each value.

        Args:
            feature: shape (n,), in the unit of the edges. NaN and None are
                missing; `-inf` and `inf` are values. It may be empty.

        Returns:
            shape (n,), [0, 1]. A value below all that the table was made
            from gets the rate of the first row, one above all that of the
            last but one: the table never extrapolates.

        Raises:
            ValueError: `feature` is not one column.
            TypeError: `feature` holds something other than numbers.
        """
        row = _row(self.edges, _numbers("feature", feature))
        return np.array(self.rates)[row]


def do_nothing(y: ArrayLike) -> DoNothing:
    """Score the two programs that never look: one bets, one says the rate.

    Both know the rate of these very rows, which nobody knows in advance. So
    no other constant does better on them: it is the constant to beat.

    Args:
        y: shape (n,), what happened, 0 or 1; NaN and None are left out.

    Returns:
        Rate, accuracy, Brier score and log loss.

    Raises:
        ValueError: no row has an outcome, one is neither 0 nor 1, or `y` is
            not one column.
        TypeError: `y` holds something other than numbers.

    Example:
        >>> nothing = do_nothing([0, 0, 0, 1, None])
        >>> nothing.accuracy, nothing.brier, nothing.missing
        (0.75, 0.1875, 1)
    """
    outcome = _outcomes("y", y)
    known = outcome[~np.isnan(outcome)]
    if not len(known):
        raise ValueError("y must have an outcome in 1 row or more, got none")
    rate = float(known.mean())
    return DoNothing(
        rate=rate,
        majority=int(rate > 0.5),
        accuracy=max(rate, 1 - rate),
        brier=rate * (1 - rate),
        log_loss=-sum(s * math.log(s) for s in (rate, 1 - rate) if s > 0),
        n=len(known),
        missing=len(outcome) - len(known),
    )


def rate_table(
    feature: ArrayLike, y: ArrayLike, n_rows: int = 10, *, min_rows: int = 50
) -> RateTable:
    """Count how often the event came in each quantile of one column.

    Args:
        feature: shape (n,), numbers in any unit, known when the decision is
            made; NaN and None are missing, `-inf` and `inf` are values.
        y: shape (n,), what happened, 0 or 1. Rows where it is NaN or None
            are left out.
        n_rows: rows of the table at most, 2 or more; the one for missing
            values comes on top. Ties and `min_rows` make them fewer.
        min_rows: rows of data behind each row of the table, 1 or more. If
            the missing values, or all others together, are fewer, they get
            the rate of all.

    Returns:
        The table. A constant column has one row and the missing one.

    Raises:
        ValueError: no row has both an outcome and a value, an outcome is
            neither 0 nor 1, the lengths differ, an argument is not one
            column, or `n_rows` or `min_rows` is not whole or too small.
        TypeError: `feature` or `y` holds something other than numbers.

    Example:
        >>> table = rate_table([1, 2, 3, 4, None], [0, 0, 1, 1, 0], n_rows=2,
        ...                    min_rows=1)
        >>> table.edges, table.rates, table.counts
        ((3.0,), (0.0, 1.0, 0.0), (2, 2, 1))
    """
    for name, value, least in ("n_rows", n_rows, 2), ("min_rows", min_rows, 1):
        if not isinstance(value, int | np.integer) or value < least:
            rule = f"a whole number, {least} or more"
            raise ValueError(f"{name} must be {rule}, got {value!r}")
    x, outcome = _numbers("feature", feature), _outcomes("y", y)
    if len(x) != len(outcome):
        sizes = f"{len(x)} and {len(outcome)}"
        raise ValueError(f"feature and y must be equally long, got {sizes}")
    x, outcome = x[labelled := ~np.isnan(outcome)], outcome[labelled]
    seen = np.sort(x[~np.isnan(x)])
    if not (n := len(seen)):
        raise ValueError("feature must be known in 1 row with y, got none")
    # --8<-- [start:core]
    k = max(min(int(n_rows), n // int(min_rows)), 1)
    cuts = seen[[-(-(n - 1) * i // k) for i in range(1, k)]]
    edges: list[float] = []
    filled = 0  # rows of data below the last edge that was kept
    for cut in np.unique(cuts).tolist():
        below = int(np.searchsorted(seen, cut))
        if below - filled >= min_rows and n - below >= min_rows:
            edges.append(cut)
            filled = below
    row = _row(edges, x)
    counts = np.bincount(row, minlength=len(edges) + 2)
    events = np.bincount(row, outcome, minlength=len(edges) + 2)
    few = counts < min_rows
    rates = np.where(few, outcome.mean(), events / np.maximum(counts, 1))
    # --8<-- [end:core]
    return RateTable(tuple(edges), tuple(rates), tuple(counts))


def _row(
    edges: tuple[float, ...] | list[float], x: NDArray[np.float64]
) -> NDArray[np.intp]:
    """The row of the table that each value falls in."""
    row = np.searchsorted(np.array(edges, dtype=np.float64), x, side="right")
    return np.where(np.isnan(x), len(edges) + 1, row)


def _outcomes(name: str, values: ArrayLike) -> NDArray[np.float64]:
    """Return a column of 0, 1 and NaN, or refuse it."""
    column = _numbers(name, values)
    if (odd := ~(np.isin(column, (0, 1)) | np.isnan(column))).any():
        raise ValueError(f"{name} must be 0 or 1, got {column[odd][0]}")
    return column


def _numbers(name: str, values: ArrayLike) -> NDArray[np.float64]:
    """Return a column as floats with NaN for missing, or refuse it."""
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
    return column.astype(np.float64, copy=False)


if __name__ == "__main__":
    load = np.arange(2_000) * 7_919 % 1_000 / 10
    failed = np.arange(2_000) * 104_729 % 997 / 10 < 2 + load / 4
    before, after = slice(1_000), slice(1_000, 2_000)
    none = do_nothing(failed[after])
    print(f"never acting: {none.accuracy:.1%} right, Brier {none.brier:.4f}")
    print(table := rate_table(load[before], failed[before], n_rows=4))
    error = table.predict(load[after]) - failed[after]
    print(f"{len(table.edges) + 1} rows: Brier {np.mean(error**2):.4f}")
