"""What each split promised, and what production delivered."""

from __future__ import annotations

import json
from pathlib import Path

import matplotlib.pyplot as plt

from scripts.figures import style

RESULTS = Path("snippets/flights/results/split.json")
MODELS = {
    "notebook": ("Notebook model", style.S3, "--", "s", (1.3, 44)),
    "table": ("Ten-row table", style.S4, ":", "D", (0.0, 64)),
    "hardened": ("Hardened model", style.S2, "-", "o", (1.02, 131)),
}
SPLITS = {
    "random": "Random fifth",
    "weeks": "Whole weeks",
    "production": "May to December",
}


def draw() -> style.Figure:
    """Three points per model, from the promise to the delivery."""
    results = json.loads(RESULTS.read_text("utf-8"))
    value = {
        model: [results[split][model]["value"] for split in SPLITS]
        for model in MODELS
    }
    with style.house():
        fig, ax = plt.subplots(figsize=(5.0, 3.0))
        for model, (label, colour, line, marker, at) in MODELS.items():
            y = [v["value"] for v in value[model]]
            ax.plot(y, color=colour, linestyle=line, marker=marker)
            ink = style.INK2 if model == "table" else colour
            ax.annotate(label, at, color=ink)
        ax.set_xticks(range(len(SPLITS)), list(SPLITS.values()))
        ax.set_xlim(-0.35, 2.35)
        ax.set_ylim(0, 175)
        ax.set_title("Points per 1,000 flights")
    return style.Figure(
        fig=fig,
        title="Points per 1,000 flights under two splits and in production",
        desc=(
            "The notebook model falls from 153 under the random split to 59 "
            "by weeks and 61 in production. The table and the hardened "
            "model lose little between the splits and gain in production."
        ),
        table=[
            ["Way to decide", *SPLITS.values()],
            *(
                [
                    MODELS[model][0],
                    *(
                        f"{v['value']:.0f} ({v['low']:.0f} to {v['high']:.0f})"
                        for v in values
                    ),
                ]
                for model, values in value.items()
            ),
        ],
    )
