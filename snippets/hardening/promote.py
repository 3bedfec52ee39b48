"""May this retrained model replace the one that runs?

Answers: whether retraining is due, or something has to be looked at first;
and whether a challenger has shown, on rows that neither model learned from,
that it earns more than the champion, with no slice beyond its limit. The
answer is `promote`, `hold` or `ask a person`, with its reasons in words.

Does not answer: whether the rows are true. Both models may have learned from
the same broken feed, and be judged on it. Nor what the new version does to
its users: that takes a canary. One gate is no promise about many: say in
`gates` how many share it.

Needs:   Python 3.11, NumPy 1.26
Source:  snippets/hardening/promote.py
Page:    snippets/hardening/promote
Version: 1.0.2 (MIT-0)
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any, Final, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = ["Due", "Part", "Verdict", "due", "promote"]

Column = NDArray[Any]
_ABSENT: Final = ("None", "nan", "NaN", "NaT", "<NA>")
_REAL: Final = (int, float, np.integer, np.floating)
_POWER: Final = 0.2  # `detectable` is missed by one gate in five


@dataclass(frozen=True)
class Due:
    """Whether to retrain.

    Attributes:
        answer: `retrain`; `wait` if nothing asks for it; `look first` if
            something does, and data or monitors cannot be trusted.
        reasons: One sentence each.
    """

    answer: Literal["retrain", "wait", "look first"]
    reasons: tuple[str, ...]


@dataclass(frozen=True)
class Part:
    """What the challenger gains on some rows.

    Attributes:
        name: `all`, `baseline`, or `column=value` for a slice.
        n_rows: Rows with a value.
        n_blocks: Blocks among them.
        gain: Mean of challenger less champion, in the unit of the values.
            For `baseline`, less the baseline.
        low: Lower end of the interval. Chance puts it above the truth in a
            share `alpha / gates` of gates, and `high` below it in another.
            None if there are too few rows to judge.
        high: Upper end.
        p_worse: For a slice, the chance of such a loss or a larger one if it
            were at its limit, for somebody who looked at all slices (Holm).
        verdict: `shown` or `not shown`; of a slice `within its limit`,
            `worse` or `unclear`; `too small` if nothing was judged.
    """

    name: str
    n_rows: int
    n_blocks: int
    gain: float
    low: float | None = None
    high: float | None = None
    p_worse: float | None = None
    verdict: str = "too small"


@dataclass(frozen=True)
class Verdict:
    """The answer of the gate.

    Attributes:
        answer: `promote`; `hold`, the champion stays; or `ask a person`.
        reasons: One sentence each, for the record and for that person.
        gain: The comparison over all rows.
        baseline: The challenger against the baseline, if there is one.
        slices: Every slice, the lowest gain first.
        detectable: The gain that four of five such gates would promote, in
            the unit of the values; None if there are too few rows.
        lag1: How much of a block carries over to the next, [-1, 1].
        missing: Share of rows without an outcome, [0, 1].
    """

    answer: Literal["promote", "hold", "ask a person"]
    reasons: tuple[str, ...]
    gain: Part
    baseline: Part | None
    slices: tuple[Part, ...]
    detectable: float | None
    lag1: float
    missing: float


def due(
    now: datetime,
    trained: datetime,
    *,
    max_age: timedelta,
    rings: Mapping[str, bool | None],
    broken: Mapping[str, bool | None],
    new_cases: int,
    min_cases: int,
) -> Due:
    """Decide by rule whether to retrain, and never on data in doubt.

    Args:
        now: The clock, with its time zone.
        trained: The newest outcome that the champion learned from.
        max_age: From this age on, retraining is due whatever else is seen.
        rings: Measurement to whether it asks for retraining, such as the
            alarm of a comparator. None is a measurement that did not run.
        broken: Check of the data to whether it found a fault: contract,
            parity, freshness. None is a check that did not run.
        new_cases: Outcomes since `trained`, 0 or more.
        min_cases: New outcomes without which retraining cannot help.

    Returns:
        The answer with its reasons. Nothing is decided silently.

    Raises:
        ValueError: A time has no time zone, `now` is before `trained`,
            `max_age` is not above 0, a count is below 0, or there is no
            measurement or no check.
        TypeError: A result is not True, False or None, or an argument is of
            another type.

    Example:
        >>> from datetime import UTC
        >>> may, june = (datetime(2013, m, 1, tzinfo=UTC) for m in (5, 6))
        >>> due(june, may, max_age=timedelta(90), rings={"gap": True},
        ...     broken={"contract": None}, new_cases=900, min_cases=500)
        Due(answer='look first', reasons=('gap rings', 'contract did not run'))
    """
    for name, time in ("now", now), ("trained", trained):
        if not isinstance(time, datetime):
            raise TypeError(f"{name} must be a datetime, got {time!r}")
        if time.tzinfo is None or time.utcoffset() is None:
            raise ValueError(f"{name} must have a time zone, got {time}")
    if now < trained:
        raise ValueError(f"now must not be before {trained}, got {now}")
    if not isinstance(max_age, timedelta) or max_age <= timedelta(0):
        raise ValueError(f"max_age must be above 0, got {max_age!r}")
    _whole("new_cases", new_cases, 0)
    _whole("min_cases", min_cases, 0)
    asks, doubts = [], []
    if now - trained >= max_age:
        asks.append(f"{(now - trained).days} days old, {max_age.days} allowed")
    for role, results in ("rings", rings), ("broken", broken):
        if not isinstance(results, Mapping) or not results:
            raise ValueError(f"{role} must name 1 or more, got {results!r}")
        for name, found in results.items():
            if found is None:
                doubts.append(f"{name} did not run")
            elif not isinstance(found, bool | np.bool_):
                rule = "True, False or None"
                raise TypeError(f"{role}[{name!r}] must be {rule}: {found!r}")
            elif found and role == "rings":
                asks.append(f"{name} rings")
            elif found:
                doubts.append(f"{name} found a fault")
    if asks and new_cases < min_cases:
        doubts.append(f"{new_cases} new outcomes, {min_cases} needed")
    if asks:
        return Due("look first" if doubts else "retrain", (*asks, *doubts))
    return Due("wait", ("nothing asks for it", *doubts))


def promote(
    champion: ArrayLike,
    challenger: ArrayLike,
    block: ArrayLike,
    *,
    margin: float,
    surprise: float,
    gates: int,
    slices: Mapping[str, ArrayLike],
    slice_limit: float,
    baseline: ArrayLike | None = None,
    min_rows: int = 1_000,
    min_blocks: int = 28,
    min_slice: int = 300,
    max_missing: float = 0.05,
    alpha: float = 0.05,
) -> Verdict:
    """Judge a challenger against the champion, on the same later rows.

    Rows are matched by position, never by a pandas index. They must be later
    than everything that either model has learned from.

    Args:
        champion: shape (n,), worth of each row under the model that runs, in
            money or points, costs taken off; higher is better. A row without
            an outcome is NaN or None in all columns.
        challenger: shape (n,), worth of the same rows under the new model.
        block: shape (n,), rows that share their luck: the day as a date, or
            the week as an integer. Blocks are taken as independent.
        margin: Gain per row below which a release is not worth its trouble,
            0 or more.
        surprise: Gain per row above which a leak is likelier than progress,
            above `margin`; `math.inf` to trust every gain.
        gates: Gates that share one promise, such as 52 for a year of weekly
            retraining. Over all of them, at most a share `alpha` promotes a
            model that is not better by `margin`.
        slices: Column name to a column of shape (n,); empty for none. Each
            value of a column is a slice, and so are the missing ones.
        slice_limit: Loss per row that a slice may bear, above 0.
        baseline: shape (n,), worth of each row under the rule that could
            stand in for both models.
        min_rows: Rows with a value without which nothing is judged.
        min_blocks: Blocks without which nothing is judged, 5 or more.
        min_slice: Rows without which a slice is not judged. It also needs
            half of `min_blocks`.
        max_missing: Share of missing outcomes from which a person looks.
        alpha: Chance of a wrong promotion over all `gates`, in (0, 0.5).

    Returns:
        The verdict. Whatever is not shown holds, or goes to a person.

    Raises:
        ValueError: Columns differ in length or are not one column, a value
            is beyond 1e100 or missing in one column only, a block is
            missing, no row has a value, or an option is out of range.
        TypeError: A value is no number, a block neither date nor integer,
            `slices` no mapping, or a column of it cannot be sorted.

    Example:
        >>> old, new = [0.0, 1.0] * 1000, [0.1, 1.1, 0.3, 1.2] * 500
        >>> day = [row // 50 for row in range(2000)]
        >>> promote(old, new, day, margin=0.05, surprise=1, gates=52,
        ...         slices={}, slice_limit=0.1).answer
        'promote'
    """
    _range("margin", margin, 0, 1e100)
    _range("surprise", surprise, math.nextafter(margin, math.inf), math.inf)
    _range("slice_limit", slice_limit, 1e-100, 1e100)
    _range("max_missing", max_missing, 0, 1)
    _range("alpha", alpha, 1e-6, 0.5)
    for option, number, least in (
        ("gates", gates, 1),
        ("min_rows", min_rows, 1),
        ("min_blocks", min_blocks, 5),
        ("min_slice", min_slice, 1),
    ):
        _whole(option, number, least)
    if not isinstance(slices, Mapping):
        raise TypeError(f"slices must be a mapping, got {slices!r}")
    old = _numbers("champion", champion)
    new, known = _paired("challenger", challenger, old), ~np.isnan(old)
    if not known.any():
        raise ValueError(f"champion must be known in a row, got {len(old)}")
    place = np.unique(_blocks(block, old)[known], return_inverse=True)[1]
    diff, share = (new - old)[known], float(np.mean(~known))
    level, dust = alpha / gates, 1e-12 * float(np.abs(old[known]).max())
    diff[np.abs(diff) <= dust] = 0.0

    holds, asks, rival = list[str](), list[str](), None
    all_, error, df = _compare("all", diff, place, level, min_rows, min_blocks)
    # --8<-- [start:core]
    if all_.low is None:
        rule = f"{min_rows} in {min_blocks} needed"
        holds.append(f"{all_.n_rows} rows in {all_.n_blocks} blocks, {rule}")
    elif all_.low > margin + dust:
        all_ = replace(all_, verdict="shown")
    else:
        all_ = replace(all_, verdict="not shown")
        span = f"{all_.gain:.3g} ({all_.low:.3g} to {all_.high:.3g})"
        holds.append(f"gain {span}: not shown to be above {margin:.3g}")
    fits = [
        _compare(name, diff[here], place[here], level, min_slice, half)
        for half in [math.ceil(min_blocks / 2)]
        for name, here in _cuts(slices, known)
    ]
    parts = _judged(fits, slice_limit, alpha)
    for part in parts:
        said = f"{part.name}: {part.verdict}, {part.gain:.3g} per row"
        if part.verdict == "worse":
            holds.append(said)
        elif part.verdict != "within its limit":
            asks.append(said)
    # --8<-- [end:core]
    if baseline is not None:
        lead = (new - _paired("baseline", baseline, old))[known]
        lead[np.abs(lead) <= dust] = 0.0
        rival, *_ = _compare(
            "baseline", lead, place, level, min_rows, min_blocks
        )
        ahead = rival.low is not None and rival.low > 0
        rival = replace(rival, verdict="shown" if ahead else "not shown")
        if not ahead:
            asks.append(f"gain over the baseline not shown: {rival.gain:.3g}")
    if all_.gain > surprise:
        asks.append(f"gain {all_.gain:.3g} is a surprise: look for a leak")
    if share > max_missing:
        asks.append(f"{share:.0%} of outcomes are missing")
    lag1 = _lag1(diff, place)
    if lag1 > 2 / math.sqrt(all_.n_blocks):
        asks.append(f"blocks resemble the next ({lag1:.2f}): take longer ones")
    answer: Literal["promote", "hold", "ask a person"] = (
        "hold" if holds else "ask a person" if asks else "promote"
    )
    seen = None
    if all_.low is not None:
        seen = margin + (_student(level, df) + _student(_POWER, df)) * error
    reasons = (*holds, *asks) or (f"gain {all_.gain:.3g}, all limits kept",)
    return Verdict(answer, reasons, all_, rival, parts, seen, lag1, share)


def _compare(
    name: str,
    diff: Column,
    place: Column,
    level: float,
    min_rows: int,
    min_blocks: int,
) -> tuple[Part, float, int]:
    """The mean difference with its interval, its error and its freedom.

    The error is how far the mean moves when one block is left out, each in
    turn. The freedom is how many blocks of equal size would say as much.
    """
    _, own = np.unique(place, return_inverse=True)
    rows = np.bincount(own).astype(float)
    sums, n, k = np.bincount(own, diff), len(diff), len(rows)
    gain = float(diff.mean()) if n else 0.0
    df = int(n**2 / max(float(rows @ rows), 1.0) + 1e-9) - 1
    part = Part(name, n, k, gain)
    if n < min_rows or df < min_blocks / 2 or k < min_blocks:
        return part, math.inf, 1
    scale = float(np.abs(diff).max()) or 1.0
    moves = (sums - gain * rows) / scale / (n - rows)
    error = math.sqrt((1 - 1 / k) * float(moves @ moves)) * scale
    df = min(df, 1_000)  # beyond, it makes no difference
    reach = _student(level, df) * error
    return replace(part, low=gain - reach, high=gain + reach), error, df


def _judged(
    fits: list[tuple[Part, float, int]], limit: float, alpha: float
) -> tuple[Part, ...]:
    """Slices with verdicts: Holm for a loss, each alone for its limit."""
    found = [part for part, _, _ in fits if part.low is None]
    tested = sorted(
        (_tail(-(part.gain + limit) / max(error, 1e-300), df), i)
        for i, (part, error, df) in enumerate(fits)
        if part.low is not None
    )
    least = 0.0
    for k, (p, i) in enumerate(tested):
        least = min(1.0, max(least, p * (len(tested) - k)))
        part = fits[i][0]
        within = part.low is not None and part.low > -limit
        verdict = "within its limit" if within else "unclear"
        if least <= alpha:
            verdict = "worse"
        found.append(replace(part, p_worse=least, verdict=verdict))
    return tuple(sorted(found, key=lambda part: part.gain))


def _tail(t: float, df: int) -> float:
    """Chance that Student's t is above `t`: a finite sum, so no SciPy."""
    angle = math.atan(abs(t) / math.sqrt(df))
    sine, cosine = math.sin(angle), math.cos(angle)
    term = 2 / math.pi * cosine if df % 2 else 1.0
    inside = 2 / math.pi * angle if df % 2 else 0.0
    for k in range(2 + df % 2, df + 1, 2):
        inside += sine * term
        term *= (k - 1) / k * cosine * cosine
    outside = max(0.0, 1 - inside) / 2
    return outside if t >= 0 else 1 - outside


def _student(level: float, df: int) -> float:
    """What Student's t passes with the chance `level`, below .5."""
    low, high = 0.0, math.pi / 2
    while low < (angle := (low + high) / 2) < high:
        above = _tail(math.tan(angle) * math.sqrt(df), df) > level
        low, high = (angle, high) if above else (low, angle)
    return math.tan(angle) * math.sqrt(df)


def _lag1(diff: Column, place: Column) -> float:
    """Correlation of what a block adds with what the next one adds."""
    off: Column = np.bincount(place, diff - diff.mean())
    scale = float(np.abs(off).max())
    if len(off) < 3 or scale <= 1e-12 * float(np.abs(diff).max()):
        return 0.0
    off = off / scale
    return float((off[1:] * off[:-1]).sum() / (off * off).sum())


def _cuts(
    slices: Mapping[str, ArrayLike], known: Column
) -> Iterator[tuple[str, Column]]:
    """Each slice: its name, and which of the known rows it has."""
    for name, values in slices.items():
        column = np.asarray(values)
        if column.dtype.kind in "US" and not hasattr(values, "dtype"):
            column = np.array(values, dtype=object)  # it made all of it text
        if column.shape != known.shape:
            rule = f"one column of {len(known)} rows"
            raise ValueError(
                f"slices[{name!r}] must be {rule}, got {column.shape}"
            )
        if column.dtype == object:
            gone = (
                not isinstance(v, str) and str(v) in _ABSENT for v in column
            )
            missing = np.fromiter(gone, bool, len(column))
        else:
            missing = np.array(column != column)  # NaN and NaT
        if isinstance(values, np.ma.MaskedArray):  # asarray drops the mask
            missing |= np.ma.getmaskarray(values)
        try:
            # of all rows: a slice without an outcome is too small, not gone
            seen, code = np.unique(column[~missing], return_inverse=True)
        except TypeError as error:
            rule = f"slices[{name!r}] must hold one type"
            raise TypeError(f"{rule}: {error}") from None
        codes = np.full(len(column), len(seen))
        codes[~missing] = code
        for i, value in enumerate(seen):
            yield f"{name}={value}", codes[known] == i
        if missing.any():
            yield f"{name} missing", codes[known] == len(seen)


def _paired(name: str, values: ArrayLike, first: Column) -> Column:
    """Another column of values, missing where the first is."""
    column = _numbers(name, values)
    if len(column) != len(first):
        rule = f"as long as champion, {len(first)}"
        raise ValueError(f"{name} must be {rule}, got {len(column)}")
    if odd := int((np.isnan(column) != np.isnan(first)).sum()):
        rule = "missing where champion is"
        raise ValueError(f"{name} must be {rule}, got {odd} rows with one")
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
    column = column.astype(np.float64)
    if (wild := column[np.abs(column) > 1e100]).size:
        raise ValueError(f"{name} must be within 1e100, got {wild[0]}")
    return column


def _blocks(values: ArrayLike, like: Column) -> Column:
    """Return the blocks, which come in an order, or refuse them."""
    if isinstance(values, np.ma.MaskedArray) and np.ma.is_masked(values):
        raise ValueError("block must not be missing, got a masked value")
    column = np.asarray(values)
    if column.shape != like.shape:
        rule = f"one column of {len(like)} rows"
        raise ValueError(f"block must be {rule}, got {column.shape}")
    if column.dtype == object and {type(v) for v in column} == {date}:
        column = column.astype("M8[D]")
    if column.dtype.kind == "M":
        whole = column.astype("M8[D]")
        if (odd := column[whole != column]).size:  # NaT is not itself
            raise ValueError(f"block must be whole days, got {odd[0]}")
        return whole
    if column.dtype.kind not in "iu":
        raise TypeError(f"block must be dates or integers: {column.dtype}")
    return column


def _range(name: str, value: object, least: float, most: float) -> None:
    if not isinstance(value, _REAL) or not least <= value <= most:
        raise ValueError(f"{name} must be {least} to {most}, got {value!r}")


def _whole(name: str, value: object, least: int) -> None:
    if not isinstance(value, int | np.integer) or value < least:
        raise ValueError(f"{name} must be whole, {least} or more, got {value}")


if __name__ == "__main__":
    row = np.arange(4_200)
    day, site = row // 75, np.where(row % 5 == 0, "LGA", "EWR")
    old = np.where(row * 7 % 11 < 4, 3.0, -1.0)
    new = old + np.where((row * 13 + day * day) % 17 < 5, 1.0, -0.2)
    rule: Any = {"margin": 0.01, "surprise": 1, "gates": 52}
    rule |= {"slices": {"at": site}, "slice_limit": 0.1}
    for then in new, new - 0.6 * (site == "LGA"), old + (new - old) / 50:
        print(promote(old, then, day, **rule).reasons)
