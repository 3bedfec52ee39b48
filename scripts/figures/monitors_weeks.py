"""Weeks that lost against the table, and the weeks in which monitors rang."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import matplotlib.pyplot as plt

from scripts.figures import style

RESULTS = Path("snippets/flights/results/monitors.json")
ROWS = {
    "temperature": "Temperature: PSI above 0.25",
    "score_psi": "Score: PSI above 0.25",
    "label_gap": "Label gap: claim minus outcome",
    "comparator": "Comparator: 14 days, t below \u22122",
    "comparator_28": "Comparator: 28 days, t below \u22123.5",
}
WIDTH = 0.74  # of a bar; a week is 1


def draw() -> style.Figure:
    """Bars by week; below them a row for each monitor, marked if it rang."""
    data = json.loads(RESULTS.read_text("utf-8"))
    points, found = data["points"], data["monitors"]["notebook"]
    ahead = [
        model - table
        for model, table in zip(
            points["notebook"], points["table"], strict=True
        )
    ]
    colours = [style.S2 if x >= 0 else style.S3 for x in ahead]
    with style.house():
        fig, (top, rows) = plt.subplots(
            2, 1, figsize=(5.0, 5.3), sharex=True, height_ratios=[1, 1.5]
        )
        rows.grid(False)
        lost = [week for week, x in enumerate(ahead) if x < 0]
        top.bar(range(len(ahead)), ahead, WIDTH, color=colours)
        top.axhline(0, color=style.EDGE, lw=0.8)
        top.set_yticks([-200, -100, 0, 100])
        top.set_ylim(-225, 100)
        top.tick_params(bottom=False)
        top.spines["bottom"].set_visible(False)
        top.set_title("Points per 1,000 flights, model minus table, by week")
        for row, (key, label) in enumerate(ROWS.items()):
            rings, tally = found[key]["rings"], found[key]["behind"]
            rows.bar(lost, 0.46, 1.02, bottom=-row - 0.46, color=style.GRID)
            rows.bar(
                rings,
                0.36,
                WIDTH,
                bottom=-row - 0.41,
                color=[colours[week] for week in rings],
            )
            rows.annotate(label, (-0.4, 0.09 - row))
            rows.annotate(
                f"no loss {tally['no_loss']}, missed {tally['missed']}",
                (len(ahead) - 0.6, 0.09 - row),
                ha="right",
                color=style.INK2,
            )
        rows.set_ylim(0.5 - len(ROWS), 0.55)
        rows.set_yticks([])
        rows.set_xlim(-0.5, len(ahead) - 0.5)
        first = date.fromisoformat(data["weeks"][0])
        middle = [date(first.year, month, 15) for month in range(5, 13)]
        rows.set_xticks(
            [(day - first).days / 7 - 0.5 for day in middle],
            [f"{day:%b}" for day in middle],
        )
        rows.tick_params(bottom=False)
        rows.set_title("Weeks in alarm; grey: behind the table", pad=2)
        fig.tight_layout(h_pad=0.8)
    return style.Figure(
        fig=fig,
        title="Weekly loss against the table, and the alarms of five monitors",
        desc=(
            "The notebook model earns less than the table in 23 of 35 weeks, "
            "most of them from mid-August to late November. Temperature "
            "rings nearly always. Score PSI rings in June and July and is "
            "mostly quiet in autumn. The label gap and the comparator at -2 "
            "mostly follow the loss. The comparator with 28 days and a limit "
            "for daily looks is silent until September, then rings through "
            "autumn."
        ),
        table=[
            ["Week from", "Model minus table", *ROWS.values()],
            *(
                [
                    week,
                    f"{ahead[i]:.0f}",
                    *(
                        "rings" if i in found[key]["rings"] else "\u2013"
                        for key in ROWS
                    ),
                ]
                for i, week in enumerate(data["weeks"])
            ),
        ],
    )
