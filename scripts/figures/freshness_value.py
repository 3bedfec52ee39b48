"""What the hardened model earns while its live feed grows old.

`snippets/flights/stale.py` measures it on all flights; this script draws the
committed results. The live columns are old in one of three ways:

- again: the columns that were written for the last flight of the airport due
  at least that much earlier are served again;
- events: the columns are counted afresh for every flight, but what happened
  in the last hours is not in yet, so a flight that has left counts as one
  that still waits;
- own: the same feed, counted as of its newest event: the window ends there.

The fallback is the same recipe without the live columns.
"""

from __future__ import annotations

import json
from dataclasses import dataclass

import matplotlib.pyplot as plt

from scripts.figures import style
from scripts.tree import ROOT

Line = dict[float, float]

RESULTS = ROOT / "snippets/flights/results/stale.json"


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


def measured() -> Measured:
    """Read the committed results; whole points are the same on every CPU."""
    found = json.loads(RESULTS.read_text("utf-8"))

    def line(name: str) -> Line:
        return {int(m) / 60: round(x) for m, x in found[name].items()}

    return Measured(
        again=line("again"),
        events=line("events"),
        own=line("own"),
        ahead={
            int(m) / 60: (a["value"], a["low"], a["high"])
            for m, a in found["ahead"].items()
        },
        fallback=round(found["fallback"]),
        missing=round(found["missing"]),
    )


def draw() -> style.Figure:
    found = measured()
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
