"""Do training and serving compute the same features, row by row?

Answers: for rows that both sides have computed, joined by their key, which
columns differ, in how many rows, the worst one, and the pattern behind it
where it is plain: another unit, an hour's shift, the wrong column, rounding.
If nothing differs, it says how often it still may, at 95 %.

Does not answer: whether the shared value is right. If both sides make the
same mistake they agree. Nor whether the rows you compared are like those to
come: take them from the live log, from many days.

Needs:   Python 3.11, NumPy 1.26
Source:  snippets/hardening/parity.py
Page:    snippets/hardening/parity
Version: 1.0.0 (MIT-0)
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["ColumnParity", "Parity", "compare_features"]

_SHOWN = 5  # keys in a report
_NUMBER, _TIME = "biuf", "M"


@dataclass(frozen=True)
class ColumnParity:
    """How one feature compares.

    Attributes:
        name: the feature.
        mismatches: rows that differ, a value that only one side has
            included.
        only_training: rows in which only training has a value.
        only_serving: rows in which only serving has a value.
        worst: key, training, serving of the row that is furthest apart, or
            of the first that differs; None if none does.
        pattern: what all mismatches have in common, blank if nothing plain.
    """

    name: str
    mismatches: int
    only_training: int
    only_serving: int
    worst: tuple[Any, Any, Any] | None
    pattern: str


@dataclass(frozen=True)
class Parity:
    """The comparison of all features.

    Attributes:
        rows: rows that both sides have.
        columns: one entry per feature, most mismatches first.
        only_training: rows whose key serving does not have, and
            `only_serving` the reverse.
        examples: up to five keys of such rows.
        may_differ: largest share of rows in which a column without a
            mismatch may still differ, at 95 %, if the rows were drawn at
            random: 3 / rows, about.
        same: whether every column agrees and no row is missing.
    """

    rows: int
    columns: tuple[ColumnParity, ...]
    only_training: int
    only_serving: int
    examples: tuple[Any, ...]
    may_differ: float
    same: bool


def compare_features(
    training: Mapping[str, Any],
    serving: Mapping[str, Any],
    *,
    key: str,
    tolerance: float | Mapping[str, float] = 0.0,
) -> Parity:
    """Compare two tables of features, row by row and column by column.

    Args:
        training: column name to values, each of shape (n,): numbers, text,
            booleans or `numpy.datetime64` in UTC. What the training code
            makes of the recorded raw inputs.
        serving: the same columns, each of shape (m,): what was served, from
            the log.
        key: the column that identifies a row. Rows are joined by it, never
            by position; it has no missing and no repeated value.
        tolerance: largest difference that counts as equal, in the unit of
            the column; one number for all, or by name, 0 for the others.
            For times, in seconds; they are compared to the microsecond.

    Returns:
        What differs. A missing value equals a missing value only.

    Raises:
        ValueError: the sides have different columns, a column has another
            length or is not one-dimensional, a key is missing or repeated,
            the sides share no row, or `tolerance` is negative, not a number
            or names no column.
        TypeError: a side is not a mapping, or holds what cannot be compared.

    Example:
        >>> trained = {"id": [1, 2, 3], "miles": [100, 200, 300]}
        >>> served = {"id": [3, 1, 2], "miles": [483.0, 161.0, 322.0]}
        >>> found = compare_features(trained, served, key="id")
        >>> found.columns[0].mismatches, found.columns[0].pattern
        (3, 'serving = 1.61 * training')
    """
    sides = [_table("training", training), _table("serving", serving)]
    for one, two in (("training", "serving"), ("serving", "training")):
        mine, other = sides if one == "training" else sides[::-1]
        if lacking := sorted(set(other) - set(mine)):
            raise ValueError(f"{one} lacks {lacking[0]!r}, which {two} has")
    if key not in sides[0]:
        raise ValueError(f"key must name a column, got {key!r}")
    limits = _limits(tolerance, [name for name in sides[0] if name != key])
    places = [_places(name, t, key) for name, t in _named(sides)]
    # --8<-- [start:core]
    shared = [k for k in places[0] if k in places[1]]
    if not shared:
        raise ValueError(f"training and serving share no {key!r}")
    rows = [np.array([place[k] for k in shared]) for place in places]
    both = [
        {name: _pick(column, at) for name, column in side.items()}
        for side, at in zip(sides, rows, strict=True)
    ]
    found = [_column(name, both, shared, limits[name]) for name in limits]
    # --8<-- [end:core]
    found.sort(key=lambda c: -c.mismatches)
    extra = [[k for k in a if k not in b] for a, b in (places, places[::-1])]
    return Parity(
        rows=len(shared),
        columns=tuple(found),
        only_training=len(extra[0]),
        only_serving=len(extra[1]),
        examples=tuple((extra[0] + extra[1])[:_SHOWN]),
        may_differ=1 - 0.05 ** (1 / len(shared)),
        same=not (extra[0] or extra[1] or any(c.mismatches for c in found)),
    )


_Column = tuple[NDArray[Any], NDArray[np.bool_]]  # values, and where missing
_Side = dict[str, _Column]


def _named(sides: list[_Side]) -> list[tuple[str, _Side]]:
    return list(zip(("training", "serving"), sides, strict=True))


def _table(side: str, table: Mapping[str, Any]) -> _Side:
    if not isinstance(table, Mapping):
        got = type(table).__name__
        raise TypeError(f"{side} must map names to columns, got {got}")
    read = {n: _values(f"{side}[{n!r}]", v) for n, v in table.items()}
    lengths = {name: len(values) for name, (values, _) in read.items()}
    if len(set(lengths.values())) > 1:
        short, long = (f(lengths, key=lengths.__getitem__) for f in (min, max))
        raise ValueError(
            f"{side} must have columns of one length, got "
            f"{lengths[short]} in {short!r} and {lengths[long]} in {long!r}"
        )
    return read


def _values(name: str, values: Any) -> _Column:
    """Return a column and where it is missing, or refuse it."""
    try:
        column = np.asarray(values)
    except ValueError as error:
        raise ValueError(f"{name} must be one column: {error}") from None
    if column.ndim != 1:
        raise ValueError(f"{name} must be one column, got {column.shape}")
    if column.dtype.kind not in "biufMUOT":
        raise TypeError(f"{name} cannot be compared, got {column.dtype}")
    if column.dtype.kind in "OUT":
        listed = list(values) if column.dtype.kind == "U" else column
        column = np.array([_plain(v) for v in listed] + [None], object)[:-1]
        missing = np.array([v is None for v in column], bool)
        kinds = {type(v) for v in column[~missing]}
        if kinds <= {int, float, bool}:  # numbers in an object array
            numbers = np.array([np.nan if v is None else v for v in column])
            column = numbers if numbers.dtype.kind in _NUMBER else column
        if kinds & {list, dict, set}:
            raise TypeError(f"{name} cannot be compared, it holds {kinds}")
    else:
        if column.dtype.kind == _TIME:  # one unit on both sides
            column = column.astype("M8[us]")
        missing = np.array(column != column)  # NaN and NaT
    if isinstance(values, np.ma.MaskedArray):  # asarray drops the mask
        missing |= np.ma.getmaskarray(values)
    return column, missing


def _plain(value: Any) -> Any:
    """One value of a column of objects; None if it is missing."""
    value = value.item() if isinstance(value, np.generic) else value
    try:
        return value if value == value else None
    except TypeError:  # pandas.NA does not say whether it equals itself
        return None


def _places(side: str, table: _Side, key: str) -> dict[Any, int]:
    column, missing = table[key]
    if missing.any():
        row = int(np.flatnonzero(missing)[0])
        raise ValueError(f"{side}[{key!r}] is missing in row {row}")
    places: dict[Any, int] = {}
    for row, value in enumerate(column.tolist()):
        if value in places:
            raise ValueError(f"{side}[{key!r}] has {value!r} twice")
        places[value] = row
    return places


def _limits(
    tolerance: float | Mapping[str, float], names: list[str]
) -> dict[str, float]:
    if isinstance(tolerance, Mapping):
        given = dict(tolerance)
    else:
        given = dict.fromkeys(names, tolerance)
    for name, value in given.items():
        if name not in names:
            raise ValueError(f"tolerance names {name!r}, which is no column")
        number = isinstance(value, int | float | np.number)
        if not (number and 0 <= value < np.inf):
            raise ValueError(
                f"tolerance of {name!r} must be 0 or more, got {value!r}"
            )
    return {name: float(given.get(name, 0.0)) for name in names}


def _pick(column: _Column, at: NDArray[np.intp]) -> _Column:
    return column[0][at], column[1][at]


def _column(
    name: str, both: list[_Side], keys: list[Any], limit: float
) -> ColumnParity:
    (a, no_a), (b, no_b) = (side[name] for side in both)
    kinds = {"n" if x.dtype.kind in _NUMBER else x.dtype.kind for x in (a, b)}
    gap = np.zeros(len(keys))
    present = ~no_a & ~no_b
    if kinds <= {"n"} or kinds <= {_TIME}:
        gap[present] = _gap(a[present], b[present])
        apart = ~(gap <= limit)
    else:
        pairs = zip(a.tolist(), b.tolist(), strict=True)
        apart = np.array([type(x) is not type(y) or x != y for x, y in pairs])
    wrong = np.where(present, apart, no_a != no_b)
    rows = np.flatnonzero(wrong)
    worst = None
    if len(rows):
        row = int(rows[np.argmax(np.where(present, gap, 0)[rows])])
        shown = (None if m[row] else x[row] for x, m in ((a, no_a), (b, no_b)))
        worst = (keys[row], *map(_plain, shown))
    return ColumnParity(
        name=name,
        mismatches=len(rows),
        only_training=int(np.sum(no_b & ~no_a)),
        only_serving=int(np.sum(no_a & ~no_b)),
        worst=worst,
        pattern=_pattern(name, both, rows, kinds) if len(rows) else "",
    )


def _gap(a: NDArray[Any], b: NDArray[Any]) -> NDArray[np.float64]:
    """How far apart: numbers in their unit, times in seconds."""
    if a.dtype.kind == _TIME:
        seconds: NDArray[np.float64] = (a - b) / np.timedelta64(1, "s")
        return np.abs(seconds)
    with np.errstate(over="ignore", invalid="ignore"):
        far = np.abs(a.astype(np.float64) - b.astype(np.float64))
    far[(a == b) & ~(far == 0)] = 0.0  # two infinities of one sign
    far[(a != b) & (far == 0)] = 1.0  # whole numbers beyond 2**53
    return np.where(np.isnan(far), np.inf, far)


def _same_as(name: str, both: list[_Side], rows: NDArray[np.intp]) -> str:
    """The other column of training that serving holds under this name."""
    served, lost = _pick(both[1][name], rows)
    for other, column in both[0].items():
        values, missing = _pick(column, rows)
        alike = values.dtype.kind == served.dtype.kind and len(rows) > 1
        alike = alike and np.array_equal(missing, lost) and other != name
        if alike and np.all(values[~lost] == served[~lost]):
            return other
    return ""


def _pattern(
    name: str, both: list[_Side], rows: NDArray[np.intp], kinds: set[str]
) -> str:
    (a, no_a), (b, no_b) = (_pick(side[name], rows) for side in both)
    if no_a.all() or no_b.all():
        return f"{'training' if no_a.all() else 'serving'} has no value"
    if other := _same_as(name, both, rows):
        return f"serving holds {other!r} of training"
    if len(kinds) > 1:
        return f"training has {a.dtype}, serving has {b.dtype}"
    use = ~no_a & ~no_b
    if kinds == {_TIME} and use.sum() > 1:
        shift = np.unique((b[use] - a[use]) / np.timedelta64(1, "s"))
        return f"serving = training {shift[0]:+g} s" if len(shift) == 1 else ""
    if kinds != {"n"} or use.sum() < 2:
        return ""
    x, y = a[use].astype(np.float64), b[use].astype(np.float64)
    if not (np.isfinite(x).all() and np.isfinite(y).all()):
        return ""
    close = 1e-6 * np.maximum(np.abs(x), np.abs(y))
    if np.all(np.abs(y - x) <= close):
        return "apart by rounding: a float32 on one side?"
    if np.all(np.abs(y - x - (y - x)[0]) <= close):
        return f"serving = training {(y - x)[0]:+g}"
    if len(np.unique(x)) < 3:
        return ""
    low, high = int(np.argmin(x)), int(np.argmax(x))
    slope = (y[high] - y[low]) / (x[high] - x[low])
    start = y[low] - slope * x[low]
    if np.all(np.abs(slope * x + start - y) <= 1e-3 * np.ptp(y)):
        tail = "" if abs(start) <= 1e-3 * np.ptp(y) else f" {start:+.4g}"
        return f"serving = {slope:.4g} * training{tail}"
    return ""


if __name__ == "__main__":
    trained = {"id": [1, 2, 3, 4], "temp": [50.0, 68.0, 32.0, None]}
    trained |= {"wind": [3, 9, 4, 12], "late": [0.25, 0.5, 0.1, 0.0]}
    served = {"id": [4, 3, 2, 1], "temp": [None, 0.0, 20.0, 10.0]}
    served |= {"wind": [12, 4, 9, 3], "late": [0.0, None, 0.5, 0.25]}
    found = compare_features(trained, served, key="id")
    print(f"{found.rows} rows, same: {found.same}")
    for c in found.columns:
        print(f"{c.name:5} {c.mismatches} apart {c.worst} {c.pattern}")
