"""What can we know about a flight two hours before it should leave?

Answers: turns raw departures and hourly weather into the columns the models
read: codes, calendar, weather any number of hours back, and how late the
airport is running, counting only what is visible at decision time.

Does not answer: whether a column helps, or whether a live feed delivers it in
time. Times are UTC throughout: an airport's clock jumps twice a year, and a
window of three hours does not.

Needs:   Python 3.11, NumPy 1.26
Source:  snippets/flights/features.py
Page:    snippets/flights/features
Version: 1.0.1 (MIT-0)
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

__all__ = [
    "CARRIERS",
    "DESTINATIONS",
    "ORIGINS",
    "WEATHER",
    "LiveWindows",
    "calendar",
    "encode",
    "live_windows",
    "weather_at",
]

Column = NDArray[Any]
Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

ORIGINS: Final = ("EWR", "JFK", "LGA")
_CARRIERS = "9E AA AS B6 DL EV F9 FL HA MQ OO UA US VX WN YV"
CARRIERS: Final = tuple(_CARRIERS.split())
_DESTINATIONS = """
    ABQ ACK ALB ANC ATL AUS AVL BDL BGR BHM BNA BOS BQN BTV BUF BUR BWI BZN
    CAE CAK CHO CHS CLE CLT CMH CRW CVG DAY DCA DEN DFW DSM DTW EGE EYW FLL
    GRR GSO GSP HDN HNL HOU IAD IAH ILM IND JAC JAX LAS LAX LEX LGA LGB MCI
    MCO MDW MEM MHT MIA MKE MSN MSP MSY MTJ MVY MYR OAK OKC OMA ORD ORF PBI
    PDX PHL PHX PIT PSE PSP PVD PWM RDU RIC ROC RSW SAN SAT SAV SBN SDF SEA
    SFO SJC SJU SLC SMF SNA SRQ STL STT SYR TPA TUL TVC TYS XNA
"""
DESTINATIONS: Final = tuple(_DESTINATIONS.split())
WEATHER: Final = (
    "temp",  # degrees Fahrenheit
    "dewp",  # degrees Fahrenheit
    "humid",  # per cent
    "wind_dir",  # degrees, 0 is calm or variable
    "wind_speed",  # miles per hour
    "precip",  # inches in the hour
    "pressure",  # millibar
    "visib",  # miles
)
_FIRST_MONDAY: Final = np.datetime64("2012-12-31", "D")


@dataclass(frozen=True, eq=False)
class LiveWindows:
    """How late each airport runs, seen at the moment of each decision.

    Whole numbers, so that a stored sample gives bit for bit what all flights
    give. Shares and the mean come from `columns`.

    Attributes:
        flights: shape (n,), flights scheduled in the window, 0 or more.
        delay_sum: shape (n,), minutes, sum of the delays so far after
            clipping each to [-15, 180].
        late: shape (n,), flights more than 15 minutes late so far.
        waiting: shape (n,), flights that have not left yet, cancelled ones
            included: at that moment nobody can tell them apart.
    """

    flights: Ints
    delay_sum: Ints
    late: Ints
    waiting: Ints

    def columns(self, at_least: int = 5) -> dict[str, Floats]:
        """The three live columns.

        Args:
            at_least: Fewest flights in a window that still give an answer,
                1 or more.

        Returns:
            `live_delay` in minutes, [-15, 180]; `live_late` and `live_wait`
            as shares, [0, 1]. NaN where the window holds too few flights.

        Raises:
            ValueError: `at_least` is below 1.
        """
        if at_least < 1:
            raise ValueError(f"at_least must be 1 or more, got {at_least}")
        n = np.where(self.flights >= at_least, self.flights, np.nan)
        return {
            "live_delay": self.delay_sum / n,
            "live_late": self.late / n,
            "live_wait": self.waiting / n,
        }


def encode(name: str, values: Column, known: Sequence[str]) -> Ints:
    """Turn names into their position in a sorted list.

    Args:
        name: The column, for the error message.
        values: shape (n,), strings.
        known: Every name there is, sorted.

    Returns:
        shape (n,), [0, len(known) - 1].

    Raises:
        ValueError: A value is not in `known`. A wrong code would be a silent
            lie, so there is no code for "other".

    Example:
        >>> encode("origin", np.array(["LGA", "EWR"]), ORIGINS)
        array([2, 0])
    """
    names = np.asarray(known)
    codes = np.minimum(np.searchsorted(names, values), len(names) - 1)
    wrong = names[codes] != values
    if wrong.any():
        raise ValueError(f"{name} has an unknown value: {values[wrong][0]}")
    return codes.astype(np.int64)


def calendar(
    date: NDArray[np.datetime64], minute_of_day: Ints
) -> dict[str, Ints]:
    """What the wall calendar in New York says.

    Args:
        date: shape (n,), the day in New York, unit D, in 2013.
        minute_of_day: shape (n,), [0, 1439], on the clock in New York.

    Returns:
        `month` [1, 12], `day` [1, 31], `day_of_week` (0 is Monday), `week`
        (counted from the Monday of the first week: the ISO week less one)
        and `minute_of_day`, each of shape (n,).

    Example:
        >>> calendar(np.array(["2013-03-10"], "M8[D]"), np.array([300]))["day"]
        array([10])
    """
    month = date.astype("M8[M]")
    since = (date - _FIRST_MONDAY).astype(np.int64)
    return {
        "month": month.astype(np.int64) % 12 + 1,
        "day": (date - month.astype("M8[D]")).astype(np.int64) + 1,
        "day_of_week": since % 7,
        "week": since // 7,
        "minute_of_day": minute_of_day,
    }


def live_windows(
    time: NDArray[np.datetime64],
    origin: Ints,
    dep_delay: Floats,
    at: NDArray[np.datetime64] | None = None,
    at_origin: Ints | None = None,
) -> LiveWindows:
    """Count the late and the waiting, as the airport looked two hours before.

    For a flight due at t the window holds the flights of the same airport
    due in (t - 5 h, t - 2 h]. The clock stands at t - 2 h: a flight that has
    left counts with its delay, one that has not counts with the time it has
    been waiting.

    Args:
        time: shape (m,), scheduled departures in UTC, unit m, of **all**
            flights. A sample would thin the window.
        origin: shape (m,), airport codes.
        dep_delay: shape (m,), minutes, NaN for a flight that never left.
        at: shape (n,), scheduled departures to ask about; `time` if left out.
        at_origin: shape (n,), their airports; `origin` if left out.

    Returns:
        One window per asked departure, shape (n,) each.

    Raises:
        ValueError: Only one of `at` and `at_origin` is given.

    Example:
        >>> due = np.array(["2013-06-03T10:00", "2013-06-03T13:00"], "M8[m]")
        >>> seen = live_windows(due, np.array([0, 0]), np.array([95.0, 0.0]))
        >>> seen.flights, seen.delay_sum, seen.waiting
        (array([0, 1]), array([ 0, 60]), array([0, 1]))
    """
    if (at is None) != (at_origin is None):
        raise ValueError("at and at_origin must be given together")
    due = time.astype("M8[m]").astype(np.int64)
    asked = due if at is None else at.astype("M8[m]").astype(np.int64)
    asked_origin = origin if at_origin is None else at_origin
    result = np.zeros((4, len(asked)), np.int64)
    for airport in np.unique(asked_origin):
        here = np.flatnonzero(origin == airport)
        here = here[np.argsort(due[here], kind="stable")]
        mine = asked_origin == airport
        moments, back = np.unique(asked[mine], return_inverse=True)
        counts = _count(due[here], dep_delay[here], moments)
        result[:, mine] = counts[:, back]
    return LiveWindows(*result)


def _count(due: Ints, dep_delay: Floats, moments: Ints) -> Ints:
    """Flights, clipped delay, late and waiting per moment; `due` is sorted."""
    # --8<-- [start:core]
    never = np.isnan(dep_delay)
    delay = np.where(never, 0, dep_delay).astype(np.int64)
    left_at = np.where(never, np.iinfo(np.int64).max, due + delay)
    now = moments - 120
    first = np.searchsorted(due, moments - 300, side="right")
    size = np.searchsorted(due, now, side="right") - first
    total = np.zeros((4, len(moments)), np.int64)
    for step in range(int(size.max(initial=0))):
        row = np.flatnonzero(size > step)
        flight = first[row] + step
        waiting = left_at[flight] > now[row]
        so_far = np.where(waiting, now[row] - due[flight], delay[flight])
        total[0, row] += 1
        total[1, row] += np.clip(so_far, -15, 180)
        total[2, row] += so_far > 15
        total[3, row] += waiting
    # --8<-- [end:core]
    return total


def weather_at(
    weather: Mapping[str, Column],
    time: NDArray[np.datetime64],
    origin: Ints,
    hours_back: int = 0,
) -> dict[str, Floats]:
    """The weather row of the hour a flight leaves in, or of an earlier hour.

    The row called 07 is made of reports from 07:00 to 07:51: by the script of
    the R package, the first of them, and for rain the largest value. So it is
    complete at 07:51, not at 07:00, and for a decision two hours ahead
    `hours_back=3` is the newest row that is always complete.

    Args:
        weather: `time` (unit m, UTC, whole hours), `origin` (codes) and the
            columns of `WEATHER`, each of shape (m,).
        time: shape (n,), scheduled departures in UTC.
        origin: shape (n,), airport codes.
        hours_back: Whole hours between the two, 0 or more.

    Returns:
        The columns of `WEATHER`, shape (n,), NaN where there is no row.

    Raises:
        ValueError: `hours_back` is below 0, or two rows share an hour.

    Example:
        >>> hour = np.array(["2013-06-03T10:00"], "M8[m]")
        >>> table = {"time": hour, "origin": np.array([0])}
        >>> table |= {name: np.array([1.5]) for name in WEATHER}
        >>> due = np.array(["2013-06-03T13:10"], "M8[m]")
        >>> weather_at(table, due, np.array([0]), hours_back=3)["temp"]
        array([1.5])
    """
    if hours_back < 0:
        raise ValueError(f"hours_back must be 0 or more, got {hours_back}")
    key = _station_hour(weather["time"], weather["origin"])
    order = np.argsort(key)
    key = key[order]
    if (key[1:] == key[:-1]).any():
        raise ValueError("weather has two rows for one airport and hour")
    wanted = _station_hour(time, origin) - hours_back * len(ORIGINS)
    place = np.minimum(np.searchsorted(key, wanted), len(key) - 1)
    found = key[place] == wanted
    return {
        name: np.where(found, weather[name][order][place], np.nan)
        for name in WEATHER
    }


def _station_hour(time: NDArray[np.datetime64], origin: Ints) -> Ints:
    hour: Ints = time.astype("M8[h]").astype(np.int64)
    return hour * len(ORIGINS) + origin


def main() -> None:
    """Six departures, and what the seventh sees two hours ahead."""
    minutes = np.array([0, 20, 40, 60, 90, 110, 240], "m8[m]")
    due = np.datetime64("2013-06-03T10:00", "m") + minutes
    delay = np.array([-3, 25, 95, 140, np.nan, 5, 0])
    seen = live_windows(due, np.zeros(7, np.int64), delay)
    for name, values in seen.columns().items():
        print(f"{name:<10} {values[-1]:6.2f}")


if __name__ == "__main__":
    main()
