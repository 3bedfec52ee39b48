"""How long must a canary run, and when must it stop?

Answers: how many cases until a canary of this share can tell a stated loss;
which case belongs to it; and after every case: stop, wait, or go on. If the
canary is no worse, the chance of ever stopping it is at most `alpha`, however
often you look. Go on comes after the planned size, and only once the stated
loss is ruled out with the same error.

Does not answer: why it loses, or for whom. A loss smaller than the stated one
may go on. The promises need cases that were drawn into the canary at random,
one by one: not by place, by hour, or by a customer who comes again.

Needs:   Python 3.11, standard library
Source:  snippets/hardening/canary.py
Page:    snippets/hardening/canary
Version: 1.0.0 (MIT-0)
"""

from __future__ import annotations

import hashlib
import math
from dataclasses import dataclass
from numbers import Real
from statistics import NormalDist
from typing import SupportsFloat

__all__ = ["Canary", "cases_needed", "in_canary"]

_MOST = 1e250  # a bet keeps no more: floats end at 1e308
# Each purse bets as if the loss were so many times the stated one: most on
# the stated one, some on a ruin that should end within a few cases.
_SIZES = (1.0, 3.0, 9.0)
_PURSES = (0.6, 0.3, 0.1)
# Two more bet that the canary gets too few cases, or too many.
_DRAWN = (0.8, 1.25)


def in_canary(key: str, share: float, salt: str) -> bool:
    """Say whether a case belongs to the canary, the same each time.

    Args:
        key: of the case, unique. A customer who comes again is one case:
            then add up the outcomes of each customer.
        share: of cases in the canary, (0, 1).
        salt: name of this canary. A new one for each canary, or the same
            cases meet every bad release.

    Returns:
        True for `share` of all keys, by a hash that looks random.

    Raises:
        ValueError: `key` or `salt` is empty, or `share` is out of range.
        TypeError: `key` or `salt` is no text, or `share` no number.

    Example:
        >>> sum(in_canary(str(i), 0.05, "v7") for i in range(10_000))
        509
    """
    for name, text in ("key", key), ("salt", salt):
        if not isinstance(text, str):
            raise TypeError(f"{name} must be text, got {text!r}")
        if not text:
            raise ValueError(f"{name} must not be empty, got {text!r}")
    share = _between("share", share, 0, 1)
    # the length keeps ("ab", "c") and ("a", "bc") apart
    named = f"{len(salt)}:{salt}{key}".encode("utf-8", "surrogatepass")
    return int(hashlib.sha256(named).hexdigest()[:16], 16) < share * 2**64


def cases_needed(
    share: float,
    harm: float,
    spread: float,
    *,
    alpha: float = 0.05,
    power: float = 0.8,
) -> int:
    """How many cases, in canary and control together, show a stated loss.

    Args:
        share: of cases in the canary, (0, 1).
        harm: the loss per case that must not go on, above 0, in the unit of
            the loss.
        spread: standard deviation of the loss of one canary case that does
            this harm, above 0; for yes or no, `(p * (1 - p)) ** 0.5` with
            p the rate of today plus `harm`.
        alpha: as for `Canary`.
        power: chance that a canary which loses `harm` per case has been
            stopped by then, and that one without loss may go on, [.5, 1).

    Returns:
        The number for `planned`, from a Brownian motion. Size is for cases
        drawn one by one.

    Raises:
        ValueError: an argument is out of its range.
        TypeError: an argument is no number.

    Example:
        >>> cases_needed(0.05, harm=0.05, spread=(0.21 * 0.79) ** 0.5)
        13946
    """
    share = _between("share", share, 0, 1)
    harm = _between("harm", harm, 0, math.inf)
    spread = _between("spread", spread, 0, math.inf)
    alpha = _between("alpha", alpha, 0, 0.5)
    if _between("power", power, 0, 1) < 0.5:
        raise ValueError(f"power must be 0.5 or more, got {power}")
    wall = -math.log(alpha) - math.log(_PURSES[0])
    low, high = 0.0, 1e4
    while low < (u := (low + high) / 2) < high:
        low, high = (low, u) if _hits(wall, u) >= power else (u, high)
    cases = high * (spread / harm) ** 2 / (share * (1 - share))
    if not cases < 1e15:
        raise ValueError(f"harm must be larger for that spread, got {harm}")
    return math.ceil(cases)


@dataclass
class Canary:
    """Two bets on the loss of the canary, one case at a time.

    One bets that the canary loses, the other that it loses less than
    `harm`. Where that is not so, no bet gains on average: so each one ever
    multiplies its stake by `1 / alpha` with a chance of at most `alpha`
    (Ville's inequality).

    The fields from `n` on are its state. `Canary(**json.loads(text))` reads
    back `json.dumps(asdict(canary))`, to the last bit. Change no field of a
    canary that runs.

    Attributes:
        share: of cases in the canary, as given to `in_canary`, 1e-9 or more
            from 0 and 1.
        harm: the loss per case that must not go on, above 0.
        planned: cases, canary and control together, before it may go on.
        low: the smallest loss a case can have; a gain is a negative loss.
        high: the largest. What failed or never came back counts as this.
        alpha: error of either bet, in (0, 0.5), 1e-100 or more.
        n: cases so far.
        n_canary: of them in the canary.
        control: sum of the losses of the others, from 0 to 1 each.
        squares: sum of squared distances from what was expected.
        gap: sum of the estimates of the difference.
        loses: what the three purses of the first bet hold.
        safe: the same for the second bet.
        drawn: what two bets hold on a share that is too small or too large.
        stopped: whether the first bet has won. It stays so.
        cleared: whether the second bet has won. It stays so.
        broken: whether the canary did not get its share of cases.

    Raises:
        ValueError: a field is out of its range, or the state does not fit.
        TypeError: a field is not of its type.

    Example:
        >>> canary = Canary(share=0.5, harm=0.2, planned=400)
        >>> for i in range(200):  # every canary case fails
        ...     said = canary.update(i % 2 == 0, 1 if i % 2 == 0 else 0)
        ...     if said == "stop":
        ...         break
        >>> said, i
        ('stop', 12)
    """

    share: float
    harm: float
    planned: int
    low: float = 0.0
    high: float = 1.0
    alpha: float = 0.05
    n: int = 0
    n_canary: int = 0
    control: float = 0.0
    squares: float = 0.0
    gap: float = 0.0
    loses: tuple[float, ...] = _PURSES
    safe: tuple[float, ...] = _PURSES
    drawn: tuple[float, ...] = (0.5, 0.5)
    stopped: bool = False
    cleared: bool = False
    broken: bool = False

    def __post_init__(self) -> None:
        self.share = _between("share", self.share, 1e-9, 1 - 1e-9)
        self.low = _between("low", self.low, -1e100, 1e100)
        self.high = _between("high", self.high, self.low, 1e100)
        self.harm = _between("harm", self.harm, 0, self.high - self.low)
        self.alpha = _between("alpha", self.alpha, 0, 0.5)
        if self.alpha < 1e-100:  # so that a bet can get there
            raise ValueError(f"alpha must be 1e-100 or more, got {self.alpha}")
        self.planned = _whole("planned", self.planned, 1)
        self.n = _whole("n", self.n, 0)
        self.n_canary = _whole("n_canary", self.n_canary, 0)
        if self.n_canary > self.n:
            raise ValueError(
                f"n_canary must be at most n = {self.n}, got {self.n_canary}"
            )
        for name, most in ("control", self.n), ("squares", self.n):
            value = getattr(self, name)
            if not 0 <= _number(name, value) <= most:
                raise ValueError(f"{name} must be 0 to {most}, got {value}")
        _between("gap", self.gap, -1e300, 1e300)
        for name in ("loses", "safe", "drawn"):
            purses, first = getattr(self, name), getattr(Canary, name)
            if not isinstance(purses, list | tuple):
                raise TypeError(f"{name} must be numbers, got {purses!r}")
            fits = len(purses) == len(first) if self.n else None
            if not (tuple(purses) == first if fits is None else fits):
                raise ValueError(f"{name} must be like {first}, got {purses}")
            if not all(0 <= _number(name, held) <= _MOST for held in purses):
                raise ValueError(f"{name} must be 0 to {_MOST}, got {purses}")
            setattr(self, name, tuple(map(float, purses)))
        for name in ("stopped", "cleared", "broken"):
            if not isinstance(getattr(self, name), bool):
                given = getattr(self, name)
                raise TypeError(f"{name} must be a boolean, got {given!r}")

    def update(self, in_canary: bool, loss: SupportsFloat) -> str:
        """Count one case, in the order in which the cases came.

        Wait until a case is old enough, whether its outcome is in or not. If
        the canary's outcomes come sooner, an order of arrival would favour
        or harm it.

        Args:
            in_canary: whether it belonged to the canary, drawn at random.
            loss: what the case cost, from `low` to `high`. No outcome is not
                allowed: a canary that answers nothing would look harmless.

        Returns:
            `verdict`, after this case.

        Raises:
            ValueError: `loss` is not from `low` to `high`, or NaN.
            TypeError: `in_canary` is no boolean, or `loss` no number.

        Example:
            >>> Canary(share=0.05, harm=0.1, planned=9_000).update(True, 0)
            'wait'
        """
        if type(in_canary).__name__ not in ("bool", "bool_"):  # NumPy's too
            raise TypeError(f"in_canary must be a boolean, got {in_canary!r}")
        if not self.low <= _number("loss", loss) <= self.high:
            raise ValueError(
                f"loss must be {self.low:g} to {self.high:g}, got {loss}"
            )
        width = self.high - self.low
        x, harm, s = (
            (float(loss) - self.low) / width,
            self.harm / width,
            self.share,
        )
        # --8<-- [start:core]
        # what to expect, from earlier cases only: mean and variance
        mean = (0.5 + self.control) / (1 + self.n - self.n_canary)
        noise = (0.25 + self.squares) / (1 + self.n) / (s * (1 - s))
        # the difference in one case: its mean is that of canary - control
        gap = (x - mean) / s if in_canary else (mean - x) / (1 - s)
        least = -max(mean / s, (1 - mean) / (1 - s))
        most = max((1 - mean) / s, mean / (1 - s))
        self.loses = _bet(self.loses, harm / noise, gap, least)
        self.safe = _bet(self.safe, harm / noise, harm - gap, harm - most)
        # --8<-- [end:core]
        tilt = [q if in_canary else (1 - q * s) / (1 - s) for q in _drawn(s)]
        pairs = zip(self.drawn, tilt, strict=True)
        self.drawn = tuple(min(held * t, _MOST / 10) for held, t in pairs)
        self.n += 1
        self.n_canary += bool(in_canary)
        self.control += 0.0 if in_canary else x
        self.squares += (x - mean) ** 2
        self.gap += gap
        self.stopped |= sum(self.loses) >= 1 / self.alpha
        self.cleared |= sum(self.safe) >= 1 / self.alpha
        self.broken |= sum(self.drawn) >= 1 / self.alpha
        return self.verdict

    @property
    def verdict(self) -> str:
        """What to do now.

        `stop`: the canary loses. `broken`: it did not get its share of the
        cases, so nothing can be read from it. `wait`: fewer than `planned`
        cases, or fewer of its own than nine tenths of its share of them.
        `go`: planned, and a loss of `harm` is ruled out. `unclear`: planned,
        and neither is shown; more cases may still show one.
        """
        if self.stopped:
            return "stop"
        if self.broken:
            return "broken"
        mine = 0.9 * self.share * self.planned
        if self.n < self.planned or self.n_canary < mine:
            return "wait"
        return "go" if self.cleared else "unclear"

    @property
    def difference(self) -> float:
        """Estimated loss of canary minus control per case; 0 at the start.

        To read beside the verdict, and rough: at the moment of a stop it is
        larger than the truth on average.
        """
        return self.gap / max(self.n, 1) * (self.high - self.low)


def _bet(
    purses: tuple[float, ...], rate: float, gain: float, least: float
) -> tuple[float, ...]:
    """Each purse stakes a fixed part of itself, at most half of all it has."""
    limit = 0.5 / -least
    stakes = [min(size * rate, limit) for size in _SIZES]
    return tuple(
        min(held * (1 + stake * gain), _MOST / 10)
        for held, stake in zip(purses, stakes, strict=True)
    )


def _drawn(share: float) -> tuple[float, float]:
    """The share is so many times what it should be; never 1 or more."""
    return _DRAWN[0], min(_DRAWN[1], (1 + 1 / share) / 2)


def _hits(wall: float, u: float) -> float:
    """P(Brownian motion with drift 1/2 has passed `wall` by time `u`)."""
    phi, root = NormalDist().cdf, math.sqrt(u)
    late = math.exp(wall) * phi((-wall - u / 2) / root)
    return phi((u / 2 - wall) / root) + late


def _number(name: str, value: SupportsFloat) -> float:
    """Return one real number as a float, or refuse it by name."""
    real = isinstance(value, Real)
    if not real and type(value).__name__ not in ("bool", "bool_"):  # NumPy's
        raise TypeError(f"{name} must be a number, got {value!r}")
    try:
        return float(value)
    except (OverflowError, TypeError, ValueError):
        raise TypeError(f"{name} must be a number, got {value!r}") from None


def _between(
    name: str, value: SupportsFloat, low: float, high: float
) -> float:
    number = _number(name, value)
    if not low < number < high:
        raise ValueError(
            f"{name} must be between {low:g} and {high:g}, got {value}"
        )
    return number


def _whole(name: str, value: int, least: int) -> int:
    number = _number(name, value)
    if isinstance(value, bool) or number != value or number % 1:
        raise TypeError(f"{name} must be a whole number, got {value!r}")
    if number < least:
        raise ValueError(f"{name} must be {least} or more, got {value}")
    return int(value)


if __name__ == "__main__":
    planned = cases_needed(0.5, harm=0.2, spread=0.3)
    for name, one_in in ("as good", 10), ("worse", 3):
        canary, said = Canary(share=0.5, harm=0.2, planned=planned), "wait"
        while said == "wait":
            i, mine = divmod(canary.n, 2)  # every second case is the canary's
            said = canary.update(mine == 1, i % (one_in if mine else 10) == 0)
        print(f"{name}: {said} after {canary.n} of {planned} cases")
