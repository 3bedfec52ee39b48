"""May I look every day without paying for it?

Answers: does something happen more often than you said it would? One yes or
no at a time, with one promise for all looks together: if the chance of a yes
never exceeds `p0`, the alarm rings at some time, ever, with a chance of at
most `alpha`. Look after every event, stop early, go on for years.

Does not answer: by how much, since when, or why. The promise needs a `p0`
that holds for the next event whatever came before it: flags that come in
clumps break it, and so does a `p0` that is an average of a few past rows
(`rate_bound` is for those). A rate that falls is never reported.

Needs:   Python 3.11, standard library
Source:  snippets/drift/eprocess.py
Page:    snippets/drift/eprocess
Version: 1.0.0 (MIT-0)
"""

from __future__ import annotations

import json
import math
from dataclasses import asdict, dataclass
from numbers import Real
from typing import SupportsFloat

__all__ = ["EProcess", "rate_bound"]

_MOST = 1e250  # a bet keeps no more: floats end at 1e308


@dataclass
class EProcess:
    """A bet against "at most `p0`", one flag at a time.

    It starts with 1 and keeps a share for each event still to come. A stake
    on an event bets that trouble starts there, and is split over the sizes
    in `odds`. At a chance of exactly `p0` every bet is fair, below it each
    one loses on average: so the chance of ever holding `1 / alpha` is at
    most `alpha` (Ville's inequality).

    The last three fields are its state. `EProcess(**json.loads(text))` reads
    back `json.dumps(asdict(process))`, to the last bit. Change no field of a
    process that runs.

    Attributes:
        p0: the highest chance of a flag that is still all right, in (0, 1).
        alpha: chance of ever ringing while all is right, in (0, 1), 1e-100
            or more.
        odds: what the bets take the odds of a flag to have been multiplied
            by, each above 1 and at most a million. Name the sizes that
            matter to you; each further one delays the alarm a little.
        n: events so far.
        wealth: shape (len(odds),), what the bets of each size hold.
        alarm: whether it has rung. It stays so: start a new process.

    Raises:
        ValueError: a field is out of its range, or the state does not fit.
        TypeError: a field is not of its type.

    Example:
        >>> process = EProcess(p0=0.1)
        >>> [process.update(flag) for flag in (0, 1, 1, 0, 1, 1)]
        [False, False, False, False, False, True]
        >>> round(process.log_evidence, 2)
        3.58
    """

    p0: float
    alpha: float = 0.05
    odds: tuple[float, ...] = (1.25, 1.5, 2.0, 3.0, 5.0, 10.0)
    n: int = 0
    wealth: tuple[float, ...] = ()
    alarm: bool = False

    def __post_init__(self) -> None:
        self.p0 = _share("p0", self.p0)
        self.alpha = _share("alpha", self.alpha)
        if self.alpha < 1e-100:  # so that a bet can get there
            raise ValueError(f"alpha must be 1e-100 or more, got {self.alpha}")
        self.odds = _row("odds", self.odds)
        if not self.odds or not all(1 < r <= 1e6 for r in self.odds):
            raise ValueError(f"odds must be in (1, 1e6], got {self.odds}")
        self.n = _whole("n", self.n, 0)
        self.wealth = _row("wealth", self.wealth) or (0.0,) * len(self.odds)
        if len(self.wealth) != len(self.odds):
            raise ValueError(f"wealth must be like odds, got {self.wealth}")
        most = _MOST if self.n else 0  # nobody has won before the first event
        if not all(0 <= held <= most for held in self.wealth):
            raise ValueError(
                f"wealth must be in [0, {most:g}] for n = {self.n}, "
                f"got {self.wealth}"
            )
        if not isinstance(self.alarm, bool):
            raise TypeError(f"alarm must be True or False, got {self.alarm!r}")
        # a bet believes in q = odds * p0 / (1 - p0 + odds * p0): it gains
        # q / p0 by a flag, and (1 - q) / (1 - p0) without one
        self._if_not = [1 / (1 - self.p0 + r * self.p0) for r in self.odds]
        self._if_flag = [
            r * x for r, x in zip(self.odds, self._if_not, strict=True)
        ]
        self._left = _unspent(self.n)

    def update(self, flag: SupportsFloat) -> bool:
        """Count one event, in the order of time.

        Args:
            flag: True or 1 if it happened, False or 0 if it did not. A
                missing flag is refused. Leave such an event out only if
                flags go missing for no reason that has to do with them.

        Returns:
            Whether the process has rung, now or at an earlier event.

        Raises:
            ValueError: `flag` is a number other than 0 and 1, or NaN.
            TypeError: `flag` is neither a number nor a boolean: None, text, a
                masked value, an array.

        Example:
            >>> EProcess(p0=0.001).update(True)
            False
        """
        gains = self._if_flag if _is_flag(flag) else self._if_not
        # --8<-- [start:core]
        self.n += 1
        before, self._left = self._left, _unspent(self.n)
        stake = (before - self._left) / len(gains)
        bets = zip(self.wealth, gains, strict=True)
        self.wealth = tuple([(held + stake) * gain for held, gain in bets])
        held = sum(self.wealth) + self._left
        if held > _MOST:
            self.wealth = tuple([min(w, _MOST / 10) for w in self.wealth])
        if held >= 1 / self.alpha:
            self.alarm = True
        # --8<-- [end:core]
        return self.alarm

    @property
    def log_evidence(self) -> float:
        """Natural logarithm of what is held; 0 at the start.

        It rings at `-log(alpha)`, 3.0 for .05. At whatever moment you look,
        `exp(-log_evidence)`, if below 1, is a p-value against "at most
        `p0`". Quiet years cost little: 10,000 events without a flag leave
        it at -2.3.
        """
        return math.log(sum(self.wealth) + self._left)


def rate_bound(flags: int, n: int, miss: float = 0.01) -> float:
    """An upper bound for a rate, to use as `p0` where no rate is given.

    The exact binomial bound of Clopper and Pearson, from rows of a time you
    trust that are independent of each other. An alarm on later rows then
    has a chance of at most `alpha + miss` while the rate stays as it was.

    Args:
        flags: rows with the flag, 0 or more.
        n: rows, at least 1, at least `flags`, at most a billion.
        miss: chance that the bound lies below the true rate, in (0, 0.5].

    Returns:
        The bound, in (0, 1]; 1 if every row has the flag: no limit at all.

    Raises:
        ValueError: `flags`, `n` or `miss` is out of its range.
        TypeError: `flags` or `n` is no whole number, or `miss` no number.

    Example:
        >>> round(rate_bound(100, 1_000), 4), round(rate_bound(0, 300), 4)
        (0.1242, 0.0152)
    """
    flags, n = _whole("flags", flags, 0), _whole("n", n, 1)
    if n > 10**9:  # beyond, the logarithms below lose too many digits
        raise ValueError(f"n must be at most 1,000,000,000, got {n}")
    if flags > n:
        raise ValueError(f"flags must be at most n = {n}, got {flags}")
    miss = _share("miss", miss)
    if miss > 0.5:
        raise ValueError(f"miss must be at most 0.5, got {miss}")
    low, high = flags / n, 1.0
    while flags < n and low < (p := (low + high) / 2) < high:
        low, high = (p, high) if _at_most(flags, n, p) > miss else (low, p)
    return high


def _unspent(n: int) -> float:
    """The share kept for events after `n`: 1, .59, ..., .18 at 100.

    It falls so slowly that a late event still has a stake worth betting.
    """
    return 1 / (1 + math.log(1 + n))


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


def _is_flag(flag: SupportsFloat) -> bool:
    if flag is True or flag is False:
        return flag
    number = _number("flag", flag)
    if number not in (0, 1):
        raise ValueError(f"flag must be True, False, 0 or 1, got {flag}")
    return number == 1


def _number(name: str, value: SupportsFloat) -> float:
    """Return one real number as a float, or refuse it by name."""
    real = isinstance(value, Real)
    if not real and type(value).__name__ not in ("bool", "bool_"):  # NumPy's
        raise TypeError(f"{name} must be a number, got {value!r}")
    try:
        return float(value)
    except (OverflowError, TypeError, ValueError):
        raise TypeError(f"{name} must be a number, got {value!r}") from None


def _share(name: str, value: SupportsFloat) -> float:
    number = _number(name, value)
    if not 0 < number < 1:
        raise ValueError(f"{name} must be between 0 and 1, got {value}")
    return number


def _whole(name: str, value: int, least: int) -> int:
    number = _number(name, value)
    if isinstance(value, bool) or number != value or number % 1:
        raise TypeError(f"{name} must be a whole number, got {value!r}")
    if number < least:
        raise ValueError(f"{name} must be {least} or more, got {value}")
    return int(value)


def _row(name: str, values: tuple[float, ...]) -> tuple[float, ...]:
    if not isinstance(values, tuple | list):
        raise TypeError(f"{name} must be a tuple or a list, got {values!r}")
    return tuple(_number(name, value) for value in values)


if __name__ == "__main__":
    process = EProcess(p0=0.1)  # one answer in ten may be wrong
    monday = [i % 10 == 0 for i in range(60)]  # it is one in ten
    quiet = [process.update(flag) for flag in monday]
    print("monday:", any(quiet), f"evidence {process.log_evidence:.2f}")
    kept = json.dumps(asdict(process))  # until the next job
    process = EProcess(**json.loads(kept))
    tuesday = [process.update(i % 3 == 0) for i in range(60)]  # one in three
    print("tuesday: rings at event", tuesday.index(True) + 1)
