"""Chapter 2: will production recognise the score you were promised?

Answers: scores the same models three ways, on a random fifth of January to
April, on whole weeks held out, and on May to December, next to doing nothing
and to a table of ten rows. It also counts how many test flights had a
neighbour in the training rows.

Does not answer: what comes next year. A season seen once cannot be told from
a change for good. **The money is invented**: acting costs 1, acting on a
truly late flight saves 4.

Needs:   Python 3.11, NumPy 1.26, scikit-learn 1.7
Source:  snippets/flights/split.py
Page:    snippets/flights/split
Version: 1.0.0 (MIT-0)
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Final

import numpy as np
from numpy.typing import NDArray
from sklearn.model_selection import GroupKFold

from snippets.flights.loader import Flights, chapter
from snippets.flights.models import (
    HARDENED,
    NOTEBOOK,
    RateTable,
    Score,
    measure,
    score,
)
from snippets.flights.slide import slide_split

__all__ = ["Split", "neighbours", "report", "run"]

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Predict = Callable[[Flights, Flights], Floats]

FOLDS: Final = 5


@dataclass(frozen=True)
class Split:
    """The figures of this chapter; each split holds one score per model.

    Attributes:
        random: A random fifth of January to April: the notebook's split.
        weeks: Whole weeks of January to April held out in turn.
        production: May to December.
        do_nothing_accuracy: Accuracy of "never late" on each of the three.
        neighbours: Share of test flights with a training flight from the
            same airport in the same hour, [0, 1], for each split.
        weeks_held_out: Different weeks in January to April.
    """

    random: dict[str, Score]
    weeks: dict[str, Score]
    production: dict[str, Score]
    do_nothing_accuracy: dict[str, float]
    neighbours: dict[str, float]
    weeks_held_out: int


def table_of_ten(train: Flights, tested: Flights) -> Floats:
    """Ten rows instead of a model: the late rate by `live_late`.

    Args:
        train: Labelled flights.
        tested: Flights to predict.

    Returns:
        shape (len(tested),), [0, 1].
    """
    table = RateTable.fit(train["live_late"], train.late)
    return table.predict(tested["live_late"])


def neighbours(train: Flights, tested: Flights) -> float:
    """Share of flights whose airport and hour occur in training, [0, 1].

    Args:
        train: The flights trained on.
        tested: The flights tested on, 1 or more.

    Returns:
        1 if every tested flight has such a neighbour.
    """
    return float(np.isin(_airport_hour(tested), _airport_hour(train)).mean())


def _airport_hour(flights: Flights) -> Ints:
    hour: Ints = flights["time"].astype("M8[h]").astype(np.int64)
    return hour * 3 + flights["origin"]


def run(flights: Flights) -> Split:
    """Score every model on every split.

    Args:
        flights: The sample or all flights.

    Returns:
        The figures of this chapter.
    """
    export, served = flights.train, flights.production
    trained, tested = slide_split(export)
    # --8<-- [start:core]
    folds = [
        (export.take(rest), export.take(held_out))
        for rest, held_out in GroupKFold(FOLDS).split(
            export["week"], groups=export["week"]
        )
    ]
    # --8<-- [end:core]
    held_out = _joined([out for _, out in folds])
    models: dict[str, Predict] = {
        "notebook": partial(score, NOTEBOOK),
        "table": table_of_ten,
        "hardened": partial(score, HARDENED),
    }
    by_week = {
        name: np.concatenate([predict(*fold) for fold in folds])
        for name, predict in models.items()
    }
    return Split(
        random={
            name: measure(tested, predict(trained, tested))
            for name, predict in models.items()
        },
        weeks={name: measure(held_out, p) for name, p in by_week.items()},
        production={
            name: measure(served, predict(export, served))
            for name, predict in models.items()
        },
        do_nothing_accuracy={
            "random": float((~tested.late).mean()),
            "weeks": float((~held_out.late).mean()),
            "production": float((~served.late).mean()),
        },
        neighbours={
            "random": neighbours(trained, tested),
            "weeks": float(
                np.average(
                    [neighbours(*fold) for fold in folds],
                    weights=[len(out) for _, out in folds],
                )
            ),
            "production": neighbours(export, served),
        },
        weeks_held_out=len(np.unique(export["week"])),
    )


def _joined(parts: list[Flights]) -> Flights:
    return Flights(
        {
            name: np.concatenate([part[name] for part in parts])
            for name in parts[0].columns
        }
    )


def report(split: Split) -> str:
    """The results as text for a terminal, 79 columns at most.

    Args:
        split: What `run` returns.

    Returns:
        Text without a final line break.
    """
    ways = {
        "a random fifth": (split.random, "random"),
        "whole weeks": (split.weeks, "weeks"),
        "May-December": (split.production, "production"),
    }
    lines = ["Value per 1,000 flights, with a 95 % interval over days", ""]
    lines.append(f"  {'':<12}" + "".join(f"{way:>19}" for way in ways))
    for name in split.random:
        cells = [scores[name].value for scores, _ in ways.values()]
        shown = [f"{v.value:.0f} [{v.low:.0f}, {v.high:.0f}]" for v in cells]
        lines.append(f"  {name:<12}" + "".join(f"{s:>19}" for s in shown))
    lines += ["", "AUC, and accuracy from .5 on", ""]
    for name in split.random:
        pairs = [scores[name] for scores, _ in ways.values()]
        shown = [f"{_p(s.auc)} {_p(s.accuracy)}" for s in pairs]
        lines.append(f"  {name:<12}" + "".join(f"{s:>19}" for s in shown))
    quiet = [_p(split.do_nothing_accuracy[key]) for _, key in ways.values()]
    lines.append(
        f"  {'do nothing':<12}" + "".join(f"{'.500 ' + q:>19}" for q in quiet)
    )
    lines += ["", "Test flights with a neighbour in training", ""]
    near = [f"{split.neighbours[key]:.1%}" for _, key in ways.values()]
    lines.append(f"  {'':<12}" + "".join(f"{n:>19}" for n in near))
    return "\n".join(lines)


def _p(x: float) -> str:
    return f"{x:.3f}".removeprefix("0")


if __name__ == "__main__":
    chapter(run, report)
