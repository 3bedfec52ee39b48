"""The home figure: what the model earned each month, and what its alarm said.

Drawn by hand, since no plot has a pager under it. The caption on the home
page is computed here too, so that it cannot say what the data do not.
"""

from __future__ import annotations

import json
from html import escape
from pathlib import Path

from scripts.figures.style import Figure

ROOT = Path(__file__).resolve().parents[2]
RESULTS = ROOT / "snippets/flights/results/models.json"
ALARM = 0.25  # the limit that many teams page on

WIDTH = 640
STEP = WIDTH / 8
BAR = 52
TOP, ZERO, BOTTOM = 58, 178, 252  # highest bar, zero line, lowest label
STRIP = 284


def months() -> list[tuple[str, float, float]]:
    """Month, points per 1,000 flights of the notebook model, score PSI."""
    data = json.loads(RESULTS.read_text("utf-8"))
    psi = data["score_psi"]["notebook"]
    return [
        (name.capitalize(), value, psi[name])
        for name, value in data["notebook"]["months"].items()
    ]


def caption(rows: list[tuple[str, float, float]]) -> str:
    """The finding, counted."""
    words = ["no", "one", "two", "three", "four", "five", "six", "seven"]
    rang_and_earned = sum(v > 0 and psi > ALARM for _, v, psi in rows)
    lost = [psi > ALARM for _, v, psi in rows if v < 0]
    quiet = "all" if not any(lost) else f"{len(lost) - sum(lost)} of the"
    return (
        f"The alarm rang in {words[rang_and_earned]} months that earned and "
        f"was quiet in {quiet} {words[len(lost)]} that lost."
    )


def draw() -> Figure:
    rows = months()
    scale = (ZERO - TOP) / max(value for _, value, _ in rows)
    parts = [
        _text(0, 18, "Points earned per 1,000 flights", "t"),
        f'<path class="z" d="M0 {ZERO}H{WIDTH}"/>',
        f'<rect class="lcd" x="0.5" y="{STRIP}.5" width="{WIDTH - 1}" '
        'height="86" rx="7"/>',
        _text(16, STRIP + 27, "Drift alarm: score PSI, rings above .25", "a"),
    ]
    for i, (name, value, psi) in enumerate(rows):
        middle = (i + 0.5) * STEP
        height = abs(value) * scale
        kind = "gain" if value > 0 else "loss"
        top = ZERO - height if value > 0 else ZERO
        label = top - 8 if value > 0 else ZERO + height + 20
        parts += [
            f'<rect class="{kind}" x="{middle - BAR / 2:.1f}" '
            f'y="{top:.1f}" width="{BAR}" height="{height:.1f}"/>',
            _text(middle, label, _signed(value), f"v {kind}"),
            _text(middle, BOTTOM + 18, name, "m"),
        ]
        if psi > ALARM:
            parts.append(
                f'<rect class="ring" x="{middle - 31:.1f}" '
                f'y="{STRIP + 41}" width="62" height="34" rx="3"/>'
            )
        shown = f"{psi:.2f}".removeprefix("0")
        on = "p on" if psi > ALARM else "p"
        parts.append(_text(middle, STRIP + 64, shown, on))
    drawing = (
        f'<svg class="p2p-fig" viewBox="0 0 {WIDTH} {STRIP + 87}">'
        + "".join(parts)
        + "</svg>"
    )
    return Figure(
        fig=drawing,
        title="What the model earned, and what its drift alarm said, by month",
        desc=caption(rows),
        table=[
            ["Month", "Points per 1,000 flights", "Score PSI", "Alarm"],
            *(
                [name, f"{value:.0f}", f"{psi:.2f}", _said(psi)]
                for name, value, psi in rows
            ),
        ],
    )


def _said(psi: float) -> str:
    return "rings" if psi > ALARM else "quiet"


def _signed(value: float) -> str:
    return f"{value:.0f}".replace("-", "\u2212")


def _text(x: float, y: float, words: str, kind: str) -> str:
    return f'<text class="{kind}" x="{x:g}" y="{y:.1f}">{escape(words)}</text>'
