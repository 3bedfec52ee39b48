"""Each airline at each airport: what the notebook's model earns there."""

from __future__ import annotations

import json
from pathlib import Path

import matplotlib.pyplot as plt

from scripts.figures import style

RESULTS = Path("snippets/flights/results/monitors.json")
COLOURS = {"worse": style.S3, "unclear": style.S4, "better": style.S2}
MARKERS = {"worse": "^", "unclear": "o", "better": "s"}


def draw() -> style.Figure:
    """Points and intervals, the worst slice at the top."""
    data = json.loads(RESULTS.read_text("utf-8"))
    found = data["slices"]["notebook"]["nothing"]["after"]
    slices = sorted(found.items(), key=lambda item: item[1]["gap"])
    names = [name.replace("_", " at ") for name, _ in slices]
    total = data["value"]["notebook"]
    with style.house():
        fig, ax = plt.subplots(figsize=(5.0, 6.6))
        ax.grid(False)
        ax.axvline(0, color=style.EDGE, lw=0.8)
        ax.axvline(total, color=style.INK2, lw=1, ls=(0, (1, 2)))
        for row, (_, s) in enumerate(slices):
            colour = COLOURS[s["verdict"]]
            span = [s["low"], s["high"]]
            ax.plot(span, [row, row], color=colour, lw=1.4, ls="-", marker="")
            ax.plot(
                s["gap"],
                row,
                ls="",
                marker=MARKERS[s["verdict"]],
                ms=4.5,
                color=colour,
            )
        ax.set_yticks(range(len(names)), names, fontsize=8)
        ax.set_ylim(len(names) - 0.4, -0.6)
        ax.set_xlabel("points per 1,000 flights, May to December")
        ax.annotate(f"all: {total:.0f}", (total + 8, 0.3), color=style.INK2)
        for line, (verdict, text) in enumerate(
            {
                "worse": "worse than doing nothing",
                "unclear": "unclear",
                "better": "better than doing nothing",
            }.items()
        ):
            ax.annotate(
                text,
                (0.98, 2 + 1.3 * line),
                xycoords=("axes fraction", "data"),
                ha="right",
                va="center",
                color=COLOURS[verdict],
            )
        fig.tight_layout()
    count = {v: sum(s["verdict"] == v for _, s in slices) for v in COLOURS}
    return style.Figure(
        fig=fig,
        title="Points per 1,000 flights of 32 slices, with intervals",
        desc=(
            "American at LaGuardia earns about -123, with an interval that "
            "ends below 0. Four more slices earn less than 0 with intervals "
            f"across 0. {count['better']} slices are better than doing "
            f"nothing, {count['unclear']} are unclear."
        ),
        table=[
            ["Slice", "Flights", "Points", "From", "To", "Verdict"],
            *(
                [
                    name,
                    f"{s['n']:,}",
                    *(f"{s[key]:.0f}" for key in ("gap", "low", "high")),
                    s["verdict"],
                ]
                for name, (_, s) in zip(names, slices, strict=True)
            ),
        ],
    )
