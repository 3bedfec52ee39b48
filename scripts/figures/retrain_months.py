"""Three policies for each model, month by month."""

from __future__ import annotations

import json
from pathlib import Path

import matplotlib.pyplot as plt

from scripts.figures import style

RESULTS = Path("snippets/flights/results/retrain.json")
LOOKS = {
    "never": (style.S3, "--", "s"),
    "calendar": (style.S2, "-", "o"),
    "table": (style.S4, ":", "D"),
    "ditch": (style.S3, "-.", "^"),
}
LABELS = {
    "upper": {
        "never": ("never", (4.15, -112)),
        "calendar": ("each month", (3.95, 82)),
        "table": ("ten rows, no model", (1.8, 262)),
    },
    "lower": {
        "never": ("never, and the gate", (3.6, 104)),
        "calendar": ("each month", (2.3, 238)),
        "ditch": ("each month,\noutcomes read too early", (1.6, -88)),
    },
}


def draw() -> style.Figure:
    """Two panels: the notebook's model, and the hardened one."""
    results = json.loads(RESULTS.read_text("utf-8"))
    notebook = results["models"]["notebook"]["policies"]
    hardened = results["models"]["hardened"]["policies"]
    early = results["ditches"]["early"]["policies"]["calendar"]
    upper = {
        "never": notebook["never"],
        "calendar": notebook["calendar"],
        "table": results["table"],
    }
    lower = {
        "never": hardened["never"],
        "calendar": hardened["calendar"],
        "ditch": early,
    }
    names = [name.capitalize() for name in results["table"]["months"]]
    with style.house():
        fig, axes = plt.subplots(2, 1, figsize=(5.0, 4.8), sharex=True)
        for ax, lines, labels, title in (
            (axes[0], upper, LABELS["upper"], "Notebook's model"),
            (axes[1], lower, LABELS["lower"], "Hardened model"),
        ):
            for name, earned in lines.items():
                colour, dash, marker = LOOKS[name]
                if name == "never" and "ditch" in lines:
                    colour, dash = style.INK, "--"
                months = [m["value"] for m in earned["months"].values()]
                ax.plot(months, color=colour, ls=dash, marker=marker)
                text, at = labels[name]
                ink = style.INK2 if name == "table" else colour
                ax.annotate(text, at, color=ink)
            ax.axhline(0, color=style.EDGE, lw=0.8)
            ax.set_xlim(-0.3, 7.3)
            ax.set_ylim(-130, 300)
            ax.set_title(f"{title}: points per 1,000 flights")
        axes[1].set_xticks(range(len(names)), names)
        fig.tight_layout(h_pad=1.2)
    rows = {
        "Notebook, never": upper["never"],
        "Notebook, each month": upper["calendar"],
        "Ten rows, no model": upper["table"],
        "Hardened, never": lower["never"],
        "Hardened, each month": lower["calendar"],
        "Hardened, each month, outcomes read too early": early,
    }
    return style.Figure(
        fig=fig,
        title="Retraining each month, and never: points by month",
        desc=(
            "Retraining lifts the notebook's model most from August to "
            "November and takes some of its December; ten rows stay above it "
            "in most months. For the hardened model both lines run together. "
            "With outcomes read too early it falls behind from July on."
        ),
        table=[
            ["Policy", *names],
            *(
                [
                    name,
                    *(f"{m['value']:.0f}" for m in earned["months"].values()),
                ]
                for name, earned in rows.items()
            ),
        ],
    )
