"""Does the candidate behave like the model it is to replace?

Answers: the candidate answers the same live cases, and nobody acts on it. In
what share of cases does it decide otherwise, move the score, refuse, fail or
come late, and is that shown to be more than you agreed to? Then it is held
for a look, with the cases to look at. Once outcomes are in: is it worth more?

Does not answer: whether a candidate that behaves otherwise is better or
worse. A good release differs too. Nor what people would do with its answers:
nobody has seen one yet.

Needs:   Python 3.11, NumPy 1.26
Source:  snippets/hardening/shadow.py
Page:    snippets/hardening/shadow
Version: 1.0.1 (MIT-0)
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = [
    "Answer",
    "Behaviour",
    "Check",
    "Difference",
    "compare_behaviour",
    "compare_value",
]

_SHOWN = 10  # cases that a report names
_CHECKS = ("changed", "failed", "moved", "refused", "late")
_MOST = 1e100  # larger values overflow when they are squared
_DUST = 1e-12  # a difference this small is rounding
_FINE = 1e-10  # limits are that exact, and on the safe side


@dataclass(frozen=True, slots=True)
class Answer:
    """What one model said to one case.

    Attributes:
        decision: what would be done: text, a whole number or a boolean. None
            if no answer came: an exception, a time-out.
        score: the number behind it, within 1e100; None or NaN if missing.
        seconds: how long it took, 0 to 1e100; None or NaN if not measured.

    Raises:
        ValueError: `score` or `seconds` is out of its range.
        TypeError: `decision` is of another type, or a number is none.

    Example:
        >>> Answer("act", 0.31, 0.02)
        Answer(decision='act', score=0.31, seconds=0.02)
    """

    decision: str | int | bool | None
    score: float | None = None
    seconds: float | None = None

    def __post_init__(self) -> None:
        decision: Any = self.decision
        if isinstance(decision, np.generic):
            decision = decision.item()
        if not isinstance(decision, str | int | None):
            raise TypeError(
                "decision must be text, a whole number, a boolean or None, "
                f"got {decision!r}"
            )
        object.__setattr__(self, "decision", decision)
        for name, least in ("score", -_MOST), ("seconds", 0):
            value = getattr(self, name)
            number = None if value is None else _real(name, value)
            if number is not None and math.isnan(number):
                number = None
            if number is not None and not least <= number <= _MOST:
                raise ValueError(
                    f"{name} must be from {least:g} to {_MOST:g}, got {value}"
                )
            object.__setattr__(self, name, number)


@dataclass(frozen=True)
class Check:
    """One way to behave otherwise, and whether it passes its limit.

    Attributes:
        name: `changed`, `failed`, `moved`, `refused` or `late`.
        count: cases in which it happened, out of `n`.
        n: cases in which it could have happened.
        low: lower limit for the share in the long run, [0, 1].
        high: upper limit, [0, 1]. With n = 0 they are 0 and 1.
        limit: the share that was agreed.
        verdict: `above` if even `low` is above the limit, `within` if even
            `high` is not, else `unclear`.
    """

    name: str
    count: int
    n: int
    low: float
    high: float
    limit: float
    verdict: str


@dataclass(frozen=True)
class Behaviour:
    """The candidate beside the incumbent, without outcomes.

    Attributes:
        verdict: `hold` if a check is above its limit, `alike` if each is
            within, else `unclear`: more cases are needed.
        checks: one for each limit, in the order in which they were given.
        cases: cases that the incumbent was asked.
        extra: cases that only the candidate has; they are left out.
        shift: mean of candidate minus incumbent score where both have one,
            with `shift_low` and `shift_high` at 95 %; None below 2 such
            cases. To read; no verdict rests on it.
        slower: median of candidate minus incumbent seconds; None without.
        look_at: up to ten cases, failures first, then changed decisions,
            then missing scores if `moved` is asked for, then the largest
            differences of score.
    """

    verdict: str
    checks: tuple[Check, ...]
    cases: int
    extra: int
    shift: float | None
    shift_low: float | None
    shift_high: float | None
    slower: float | None
    look_at: tuple[Hashable, ...]


@dataclass(frozen=True)
class Difference:
    """What the candidate would have brought beyond the incumbent.

    Attributes:
        mean: mean difference per row, in the unit of the values.
        low: lower end of the interval, and `high` its upper end.
        apart: rows whose value differs; all evidence is in these.
        n: rows with a value on both sides.
        clusters: days, or whatever groups the rows.
        verdict: `better` if `low` is above 0, `worse` if `high` is below 0,
            else `unclear`.
    """

    mean: float
    low: float
    high: float
    apart: int
    n: int
    clusters: int
    verdict: str


def compare_behaviour(
    incumbent: Mapping[Any, Answer],
    candidate: Mapping[Any, Answer],
    *,
    limits: Mapping[str, float],
    tolerance: float | None = None,
    refusal: str | int | None = None,
    within: float | None = None,
    looks: int = 1,
    alpha: float = 0.05,
) -> Behaviour:
    """Compare two models on the same live cases, before outcomes are in.

    Args:
        incumbent: answer by the key of the case, of every case it was asked.
        candidate: the same. A case that it lacks counts as failed: what
            crashes leaves no record.
        limits: by name of the check, the share of cases in (0, 1) that may
            differ. `changed`, the decision is another, and `failed`, no
            answer where the incumbent has one, are needed. `moved`,
            `refused` and `late` if you want them.
        tolerance: scores further apart than this have `moved`, and so has
            one that the candidate lacks in an answer.
        refusal: the decision that hands over to a person, for `refused`.
        within: seconds after which an answer of the candidate is `late`.
        looks: how often you will look while cases come in, 1 or more.
        alpha: chance of holding, at any of these looks, a candidate that
            differs no more than agreed, in (0, 0.5); and of calling alike
            one that differs more. Cases must be independent of each other.

    Returns:
        The verdict, each check, and the cases to look at.

    Raises:
        ValueError: a limit or number is out of range, a limit is missing or
            unknown, a check lacks its argument, or there is no case.
        TypeError: a side does not map keys to `Answer`, or the decisions of
            the two sides have no type in common.

    Example:
        >>> old = {i: Answer("act", 0.3) for i in range(50)}
        >>> new = {i: Answer("wait", 0.2) for i in range(50)}
        >>> compare_behaviour(
        ...     old, new, limits={"changed": 0.05, "failed": 0.01}
        ... ).verdict
        'hold'
    """
    _check_sides(incumbent, candidate)
    _check_limits(limits, moved=tolerance, refused=refusal, late=within)
    for name, number in ("tolerance", tolerance), ("within", within):
        if number is not None and not 0 <= _real(name, number) < math.inf:
            raise ValueError(
                f"{name} must be finite and 0 or more, got {number}"
            )
    if isinstance(looks, bool) or not isinstance(looks, int) or looks < 1:
        raise ValueError(f"looks must be 1 or more, got {looks!r}")
    if not 1e-9 <= _real("alpha", alpha) < 0.5:
        raise ValueError(f"alpha must be from 1e-9 to below .5, got {alpha}")
    # --8<-- [start:core]
    lost = Answer(None)  # what crashes leaves no record
    pairs = {k: (a, candidate.get(k, lost)) for k, a in incumbent.items()}
    asked = {k for k, (a, _) in pairs.items() if a.decision is not None}
    both = [
        k for k in pairs if k in asked and pairs[k][1].decision is not None
    ]
    changed = [k for k in both if pairs[k][0].decision != pairs[k][1].decision]
    gaps = {
        k: new.score - old.score
        for k, (old, new) in pairs.items()
        if old.score is not None and new.score is not None
    }
    mute = [  # an answer without the score that the incumbent has
        k for k in both if k not in gaps and pairs[k][0].score is not None
    ]
    found = {
        "failed": (len(asked) - len(both), len(asked)),
        "changed": (len(changed), len(both)),
        "moved": (
            len(mute) + sum(_above(g, tolerance) for g in gaps.values()),
            len(mute) + len(gaps),
        ),
        "refused": (
            sum(pairs[k][1].decision == refusal for k in changed),
            len(both),
        ),
        "late": _late(candidate, both, within),
    }
    each = alpha / (len(limits) * looks)  # of the promise, for one question
    checks = tuple(
        _check(name, *found[name], limit, each)
        for name, limit in limits.items()
    )
    # --8<-- [end:core]
    said = {check.verdict for check in checks}
    verdict = "alike" if said == {"within"} else "unclear"
    shift = [None] * 3 if len(gaps) < 2 else _shift(list(gaps.values()))
    times = [(pairs[k][0].seconds, pairs[k][1].seconds) for k in both]
    waits = [b - a for a, b in times if a is not None and b is not None]
    failed = [k for k in pairs if k in asked and pairs[k][1].decision is None]
    far = sorted(gaps, key=lambda k: -abs(gaps[k]))
    changed.sort(key=lambda k: -abs(gaps.get(k, 0)))
    odd = [*failed, *changed, *(mute if "moved" in limits else ())]
    odd += [k for k in far if abs(gaps[k]) > _DUST]
    return Behaviour(
        verdict="hold" if "above" in said else verdict,
        checks=checks,
        cases=len(pairs),
        extra=len(candidate.keys() - incumbent.keys()),
        shift=shift[0],
        shift_low=shift[1],
        shift_high=shift[2],
        slower=float(np.median(waits)) if waits else None,
        look_at=tuple(dict.fromkeys(odd))[:_SHOWN],
    )


def compare_value(
    incumbent: ArrayLike,
    candidate: ArrayLike,
    cluster: ArrayLike,
    *,
    alpha: float = 0.05,
) -> Difference:
    """Compare what the two would have brought, once outcomes are in.

    Args:
        incumbent: shape (n,), value of each row under the decision of the
            incumbent, in money or points; NaN or None without an outcome.
        candidate: shape (n,), value of the same rows under the candidate.
        cluster: shape (n,), the day of each row, or what else shares its
            luck. Five or more, of about equal size; see the page.
        alpha: share of intervals that may miss, from 1e-9 to below 1.

    Returns:
        The mean difference with an interval of Student's t, from how far it
        moves when one cluster is left out.

    Raises:
        ValueError: the lengths differ, a value is infinite or beyond 1e100
            or missing on one side only, a cluster is missing, there are
            fewer than 5, or `alpha` is out of its range.
        TypeError: a value is no number, or clusters cannot be ordered.

    Example:
        >>> day = [1, 1, 2, 2, 3, 3, 4, 4, 5, 5]
        >>> d = compare_value([0] * 10, [3, -1, 3, 0, 0, 3, 0, 0, 3, -1], day)
        >>> d.mean, round(d.low, 2), round(d.high, 2), d.verdict
        (1.0, 0.24, 1.76, 'better')
    """
    if not 1e-9 <= _real("alpha", alpha) < 1:  # below, t would be too small
        raise ValueError(f"alpha must be from 1e-9 to below 1, got {alpha}")
    old = _numbers("incumbent", incumbent).astype(float)
    new = _numbers("candidate", candidate).astype(float)
    group = np.asarray(cluster)
    if isinstance(cluster, np.ma.MaskedArray) and np.ma.is_masked(cluster):
        raise ValueError("cluster must not be missing, got a masked value")
    for name, column in (("candidate", new), ("cluster", group)):
        if column.shape != old.shape:
            raise ValueError(
                f"{name} must be as long as incumbent, {len(old)}, "
                f"got {column.shape}"
            )
    for name, column in (("incumbent", old), ("candidate", new)):
        if (wild := column[np.abs(column) > _MOST]).size:
            raise ValueError(f"{name} must be within {_MOST:g}, got {wild[0]}")
    known = ~np.isnan(old)
    if odd := int((known == np.isnan(new)).sum()):
        raise ValueError(
            f"candidate must be missing where incumbent is, got {odd} rows "
            "with one of the two"
        )
    if any(v is None or v != v for v in group.tolist()):
        raise ValueError("cluster must not be missing, got None, NaN or NaT")
    try:
        names, place = np.unique(group[known], return_inverse=True)
    except TypeError as error:
        raise TypeError(f"cluster must hold one type: {error}") from None
    if len(names) < 5:
        raise ValueError(f"cluster must hold 5 or more, got {len(names)}")
    gain = new[known] - old[known]
    gain[np.abs(gain) <= _DUST * np.abs(old[known])] = 0.0
    total, rows = np.bincount(place, gain), np.bincount(place)
    mean = float(gain.mean())
    without = (gain.sum() - total) / (len(gain) - rows)
    g = len(names)
    spread = math.sqrt((g - 1) / g * float(((without - mean) ** 2).sum()))
    reach = _student(alpha, g - 1) * spread
    low, high = mean - reach, mean + reach
    return Difference(
        mean=mean,
        low=low,
        high=high,
        apart=int(np.count_nonzero(gain)),
        n=len(gain),
        clusters=g,
        verdict="better" if low > 0 else "worse" if high < 0 else "unclear",
    )


def _above(gap: float, tolerance: float | None) -> bool:
    return tolerance is not None and abs(gap) > tolerance + _DUST


def _late(
    candidate: Mapping[Any, Answer], both: list[Any], within: float | None
) -> tuple[int, int]:
    """How many answers of the candidate came too late, of how many."""
    if within is None:
        return 0, 0
    late = 0
    for key in both:
        if (seconds := candidate[key].seconds) is None:
            raise ValueError(f"candidate must have seconds, got none: {key!r}")
        late += seconds > within
    return late, len(both)


def _check(name: str, k: int, n: int, limit: float, miss: float) -> Check:
    """Exact binomial limits (Clopper and Pearson), and the verdict."""
    low = 1 - _upper(n - k, n, miss) if n else 0.0
    high = _upper(k, n, miss) if n else 1.0
    verdict = "within" if high <= limit else "unclear"
    return Check(
        name=name,
        count=k,
        n=n,
        low=low,
        high=high,
        limit=limit,
        verdict="above" if low > limit else verdict,
    )


def _upper(k: int, n: int, miss: float) -> float:
    """The share at which `k` of `n` or fewer has the probability `miss`."""
    low, high = k / n, 1.0
    while k < n and high - low > _FINE:
        p = (low + high) / 2
        low, high = (p, high) if _at_most(k, n, p) > miss else (low, p)
    return high


def _at_most(k: int, n: int, p: float) -> float:
    """P(binomial <= k) for `p` above `k / n`, where terms fall with k."""
    term = math.exp(
        math.lgamma(n + 1)
        - math.lgamma(k + 1)
        - math.lgamma(n - k + 1)
        + k * math.log(p)
        + (n - k) * math.log1p(-p)
    )
    total = 0.0
    while k >= 0 and term > total * 1e-17:
        total += term
        term *= k * (1 - p) / ((n - k + 1) * p)
        k -= 1
    return total


def _shift(gaps: list[float]) -> list[float]:
    """Mean difference of the scores with an interval of Student's t."""
    mean, n = math.fsum(gaps) / len(gaps), len(gaps)
    squares = math.fsum((gap - mean) ** 2 for gap in gaps)
    reach = _student(0.05, n - 1) * math.sqrt(squares / (n - 1) / n)
    return [mean, mean - reach, mean + reach]


def _student(alpha: float, df: int) -> float:
    """What |t| passes with probability `alpha`: a finite sum, so no SciPy."""
    df = min(df, 200)  # beyond, the same to 1 in 150, and never too small
    low, high = 0.0, math.pi / 2
    while high - low > _FINE:
        angle = (low + high) / 2
        sine, cosine = math.sin(angle), math.cos(angle)
        term = 2 / math.pi * cosine if df % 2 else 1.0
        inside = 2 / math.pi * angle if df % 2 else 0.0
        for k in range(2 + df % 2, df + 1, 2):
            inside += sine * term
            term *= (k - 1) / k * cosine * cosine
        low, high = (angle, high) if inside < 1 - alpha else (low, angle)
    return math.tan(high) * math.sqrt(df)


def _check_sides(*sides: Mapping[Any, Answer]) -> None:
    kinds = []
    for name, side in zip(("incumbent", "candidate"), sides, strict=True):
        if not isinstance(side, Mapping):
            raise TypeError(f"{name} must map keys to Answer, got {side!r}")
        for key, answer in side.items():
            if not isinstance(answer, Answer):
                raise TypeError(
                    f"{name}[{key!r}] must be an Answer, got {answer!r}"
                )
        said = {type(a.decision) for a in side.values()} - {type(None)}
        kinds.append(said)
    if not sides[0]:
        raise ValueError("incumbent must hold one case or more, got none")
    if kinds[0] and kinds[1] and not kinds[0] & kinds[1]:
        names = [", ".join(sorted(k.__name__ for k in kind)) for kind in kinds]
        raise TypeError(
            "candidate must decide in the type of incumbent, "
            f"{names[0]}, got {names[1]}"
        )


def _check_limits(limits: Mapping[str, float], **needs: object) -> None:
    if not isinstance(limits, Mapping):
        raise TypeError(f"limits must map checks to shares, got {limits!r}")
    for name in ("changed", "failed"):
        if name not in limits:
            raise ValueError(f"limits must name {name!r}, got {list(limits)}")
    for name, limit in limits.items():
        if name not in _CHECKS:
            raise ValueError(f"limits must name {_CHECKS}, got {name!r}")
        if not 0 < _real(f"limits[{name!r}]", limit) < 1:
            raise ValueError(
                f"limits[{name!r}] must be in (0, 1), got {limit}"
            )
        if name in needs and needs[name] is None:
            given = {"moved": "tolerance", "refused": "refusal"}
            raise ValueError(
                f"{given.get(name, 'within')} must be given for {name!r}, "
                "got None"
            )


def _real(name: str, value: object) -> float:
    """One real number as a float, or refuse it by name."""
    fits = isinstance(value, float | int | np.floating | np.integer)
    if not fits or isinstance(value, bool):
        raise TypeError(f"{name} must be a number, got {value!r}")
    try:
        return float(value)  # type: ignore[arg-type]
    except OverflowError:
        raise ValueError(f"{name} must be a float, got {value!r}") from None


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
    old = {i: Answer(i % 5 == 0) for i in range(200)}
    shy = {i: Answer(False) for i in range(200)}
    agreed = {"changed": 0.05, "failed": 0.02}
    for new, n in (shy, 50), (old, 50), (old, 200):
        asked = {i: old[i] for i in range(n)}
        r = compare_behaviour(asked, new, limits=agreed)
        print(f"{n:3} cases, {r.checks[0].count:2} changed: {r.verdict}")
