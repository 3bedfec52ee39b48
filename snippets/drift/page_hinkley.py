"""Has the mean of this stream moved, one event at a time?

Answers: has the mean gone up or down since the process began, with a constant
handful of numbers as memory; and which threshold keeps the chance of a false
alarm at a stated share over a stated number of events like your own.

Does not answer: by how much, or why. It learns the mean as it runs, so what
it sees first is normal to it, and after an alarm the new level is. A season
moves the mean as well. One broken value can be enough to ring.

Needs:   Python 3.11, NumPy 1.26
Source:  snippets/drift/page_hinkley.py
Page:    snippets/drift/page_hinkley
Version: 1.0.0 (MIT-0)
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = ["PageHinkley", "alarm_threshold"]

_MOST = 1e100  # larger values could overflow when they are added up
_SUM = 1e200  # a sum of such values stays below this
_MODES = ("both", "up", "down")


@dataclass(slots=True)
class PageHinkley:
    """A sum of deviations from the mean so far, for each direction.

    It rings when a sum has moved more than `threshold` from its extreme, and
    the event after that starts anew. Its decisions are those of river's
    `PageHinkley` (0.26), whose `alpha` is `forgetting` here.

    The last seven fields are its state: `PageHinkley(**json.loads(text))`
    reads back `json.dumps(asdict(process))`. Change no field of a process
    that runs.

    Attributes:
        delta: a shift that may pass, 0 or more, in the unit of the values.
            Half of the smallest shift you must see is a good start.
        threshold: 0 or more, same unit, from `alarm_threshold`. There is no
            default: nobody else knows the spread of your values.
        min_instances: events before it may ring, 1 or more.
        forgetting: share of the sums kept from one event to the next, in
            [1e-9, 1]. Below 1, `delta` wears off: at .9999 most of it is gone
            after 10,000 events.
        mode: "up", "down" or "both".
        n: events since the start or the last alarm, that one included.
        mean: of these events.
        sum_up: sum of deviations, less `delta` each.
        sum_down: sum of deviations, plus `delta` each.
        lowest: of `sum_up`, 0 or less.
        highest: of `sum_down`, 0 or more.
        fresh: whether the next event starts anew.

    Raises:
        ValueError: a field is out of its range, or too large to add up.
        TypeError: a field is not of its type.

    Example:
        >>> process = PageHinkley(delta=0.5, threshold=2, min_instances=1)
        >>> [process.update(x) for x in (1, 1, 1, 1, 4, 4, 4)]
        [False, False, False, False, False, True, False]
    """

    delta: float
    threshold: float
    min_instances: int = 30
    forgetting: float = 1.0
    mode: str = "both"
    n: float = 0.0
    mean: float = 0.0
    sum_up: float = 0.0
    sum_down: float = 0.0
    lowest: float = 0.0
    highest: float = 0.0
    fresh: bool = True

    def __post_init__(self) -> None:
        settings = self.delta, self.forgetting, self.min_instances, self.mode
        self.delta, self.forgetting = _settings(*settings)
        self.min_instances = int(self.min_instances)
        self.n = float(_whole("n", self.n, 0))
        self.threshold = _number("threshold", self.threshold, 0)
        for name in "mean", "sum_up", "sum_down":
            setattr(
                self, name, _number(name, getattr(self, name), -_SUM, _SUM)
            )
        self.lowest = _number("lowest", self.lowest, -_SUM, 0)
        self.highest = _number("highest", self.highest, 0, _SUM)
        if not isinstance(self.fresh, bool):
            raise TypeError(f"fresh must be True or False, got {self.fresh!r}")

    def update(self, x: float) -> bool:
        """Count one event, in the order of time.

        Args:
            x: a number within 1e100, in the unit of `delta`. A missing value
                is refused: leave such an event out, and count them.

        Returns:
            Whether this event rings. The next one then starts anew.

        Raises:
            ValueError: `x` is infinite, NaN, or beyond 1e100.
            TypeError: `x` is no number: None, text, an array.

        Example:
            >>> PageHinkley(delta=0.1, threshold=5).update(2.5)
            False
        """
        # --8<-- [start:core]
        if type(x) is not float or self.fresh:
            x = self._first(x)
        n = self.n + 1.0
        mean = self.mean
        mean += 1.0 / n * (x - mean)
        off = x - mean
        keep = self.forgetting
        delta = self.delta
        up = keep * self.sum_up + off - delta
        down = keep * self.sum_down + off + delta
        most = self.threshold
        if not up - self.lowest <= most >= self.highest - down:  # NaN, too
            return self._rings(x, n, mean, up, down)
        self.n = n
        self.mean = mean
        self.sum_up = up
        self.sum_down = down
        if up < self.lowest:
            self.lowest = up
        if down > self.highest:
            self.highest = down
        # --8<-- [end:core]
        return False

    def _first(self, x: float) -> float:
        """Return a float, and start anew if it is time to."""
        x = _number("x", x)
        if self.fresh:
            self.n = self.mean = self.sum_up = self.sum_down = 0.0
            self.lowest, self.highest, self.fresh = 0.0, 0.0, False
        return x

    def _rings(
        self, x: float, n: float, mean: float, up: float, down: float
    ) -> bool:
        """Count an event that rings, unless it is too early or no number."""
        _number("x", x)
        self.n, self.mean, self.sum_up, self.sum_down = n, mean, up, down
        self.lowest = min(self.lowest, up)
        self.highest = max(self.highest, down)
        rose = up - self.lowest > self.threshold and self.mode != "down"
        fell = self.highest - down > self.threshold and self.mode != "up"
        self.fresh = n >= self.min_instances and (rose or fell)
        return self.fresh


def alarm_threshold(
    quiet: ArrayLike,
    events: int,
    *,
    delta: float,
    alpha: float = 0.05,
    block: int = 1,
    min_instances: int = 30,
    forgetting: float = 1.0,
    mode: str = "both",
    n_runs: int = 1_000,
    seed: int = 0,
) -> float:
    """The threshold that streams like your quiet one seldom pass.

    Draws streams from the quiet values, with replacement, and takes the
    value that the highest look of a stream passes in a share `alpha` of
    them. Takes a second or so for 50,000 events.

    Args:
        quiet: shape (m,), values of a time you trust, in the order of time,
            2 or more, in any unit. Missing values (NaN, None) are left out.
        events: that share one promise, `min_instances` or more.
        delta: as for `PageHinkley`, like the next three.
        alpha: chance of any false alarm within `events`, in [1e-6, 0.5].
        block: how many neighbours are drawn together, from 1 to m. Values
            that resemble the ones before need blocks that are longer than
            the resemblance lasts.
        min_instances: as for `PageHinkley`.
        forgetting: as for `PageHinkley`.
        mode: as for `PageHinkley`.
        n_runs: streams, `20 / alpha` or more.
        seed: of the drawing. Another seed moves the chance that is kept by
            about `(alpha / n_runs) ** 0.5`: .007 as it stands.

    Returns:
        The threshold, 0 or more, in the unit of `quiet`; 0 if no value is
        ever more than `delta` away from the mean, so that any such value
        would ring.

    Raises:
        ValueError: `quiet` is not one column, has fewer than 2 values or a
            value that is infinite or beyond 1e100, or an argument is out of
            its range.
        TypeError: `quiet` holds something other than numbers, or an argument
            is not of its type.

    Example:
        >>> weeks = np.random.default_rng(1).normal(size=2_000)
        >>> round(alarm_threshold(weeks, 1_000, delta=0.25))
        17
    """
    delta, forgetting = _settings(delta, forgetting, min_instances, mode)
    column = _numbers("quiet", quiet).astype(np.float64)
    column = column[~np.isnan(column)]
    if len(column) < 2:
        raise ValueError(
            f"quiet must hold 2 or more values, got {len(column)}"
        )
    if (wild := column[np.abs(column) > _MOST]).size:
        raise ValueError(f"quiet must be within 1e100, got {wild[0]}")
    alpha = _number("alpha", alpha, 1e-6, 0.5)
    events = _whole("events", events, min_instances)
    block = _whole("block", block, 1, len(column))
    n_runs = _whole("n_runs", n_runs, math.ceil(20 / alpha))
    draw = np.random.default_rng(_whole("seed", seed, 0))
    top, mean, up, down, low, high = np.zeros((6, n_runs))
    at = np.zeros(n_runs, dtype=np.intp)
    for n in range(1, events + 1):
        new = (n - 1) % block == 0
        at = draw.integers(len(column), size=n_runs) if new else at + 1
        off = column[at % len(column)]
        mean += (off - mean) / n
        off = off - mean
        up = forgetting * up + (off - delta)
        down = forgetting * down + (off + delta)
        np.minimum(low, up, out=low)
        np.maximum(high, down, out=high)
        if n >= min_instances and mode != "down":
            np.maximum(top, up - low, out=top)
        if n >= min_instances and mode != "up":
            np.maximum(top, high - down, out=top)
    return float(np.quantile(top, 1 - alpha, method="higher"))


def _settings(
    delta: float, forgetting: float, min_instances: int, mode: str
) -> tuple[float, float]:
    """Return the first two as floats, or refuse any of the four by name."""
    delta = _number("delta", delta, 0)
    forgetting = _number("forgetting", forgetting, 1e-9, 1)
    _whole("min_instances", min_instances, 1)
    if not isinstance(mode, str) or mode not in _MODES:
        raise ValueError(f"mode must be one of {_MODES}, got {mode!r}")
    return delta, forgetting


def _number(
    name: str, value: Any, least: float = -_MOST, most: float = _MOST
) -> float:
    """Return one real number as a float, or refuse it by name."""
    known = isinstance(value, int | float | np.number | np.bool_)
    if not known or isinstance(value, np.complexfloating | np.timedelta64):
        raise TypeError(f"{name} must be a number, got {value!r}")
    try:
        number = float(value)
    except OverflowError:  # an integer with more than 308 digits
        number = math.inf
    if not least <= number <= most:
        bounds = f"between {least:g} and {most:g}"
        raise ValueError(f"{name} must be {bounds}, got {value}")
    return number


def _whole(name: str, value: Any, least: float, most: float = _MOST) -> int:
    number = _number(name, value, least, most)
    if isinstance(value, bool) or number % 1:
        raise TypeError(f"{name} must be a whole number, got {value!r}")
    return int(number)


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
    rng = np.random.default_rng(1)
    weeks = rng.normal(20, 4, size=2_000)  # minutes, in weeks you trust
    limit = alarm_threshold(weeks, 5_000, delta=1, n_runs=400)
    process = PageHinkley(delta=1, threshold=round(limit))
    stream = [*rng.normal(20, 4, size=3_000), *rng.normal(22, 4, size=300)]
    rings = [i for i, x in enumerate(stream) if process.update(x)]
    print("threshold", round(limit), "rings at event", rings)
