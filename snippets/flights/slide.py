"""Chapter 0: the slide says 95.2 %. May it go live?

Answers: repeats what the notebook did, an 80/20 split of its January to April
export with every column it had, and prints the figure that went on the slide.
Then it asks the readiness review of the same work.

Does not answer: what the model is worth when it is served. That is chapter 1,
`leak.py`, and chapter 2, `split.py`. **The money is invented**: acting costs
1, acting on a truly late flight saves 4.

Needs:   Python 3.11, NumPy 1.26, scikit-learn 1.7
Source:  snippets/flights/slide.py
Page:    snippets/flights/slide
Version: 1.0.0 (MIT-0)
"""

from __future__ import annotations

import textwrap
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Final

import numpy as np
from sklearn.model_selection import train_test_split

from snippets.flights.loader import Flights, chapter
from snippets.flights.models import SLIDE, Score, measure, score
from snippets.readiness import review

__all__ = ["Review", "Slide", "report", "run", "slide_split"]

SHEET: Final = Path(review.__file__).with_name("example.toml")


@dataclass(frozen=True)
class Review:
    """What the readiness review says of the notebook.

    Attributes:
        stage: The stage its evidence supports.
        asked: Questions asked.
        blocking: Questions in the way of the next stage.
        levels: Answers at each level, "nothing_to_show" first.
        blockers: Id and name of each question in the way.
    """

    stage: str
    asked: int
    blocking: int
    levels: dict[str, int]
    blockers: dict[str, str]


@dataclass(frozen=True)
class Slide:
    """What stands on the slide, and what does not.

    Attributes:
        columns: Columns the model reads.
        trained_on: Flights in the training part of the split.
        tested_on: Flights in the test part.
        late_rate: Late rate of the test part, [0, 1].
        do_nothing_accuracy: Accuracy of "never late" on the test part.
        random_split: The figures of the slide.
        review: The readiness of the same notebook.
    """

    columns: int
    trained_on: int
    tested_on: int
    late_rate: float
    do_nothing_accuracy: float
    random_split: Score
    review: Review


@lru_cache(maxsize=4)
def slide_split(export: Flights) -> tuple[Flights, Flights]:
    """The notebook's split: four flights in five, drawn at random.

    Args:
        export: Labelled flights, 5 or more.

    Returns:
        Flights to train on, and flights to test on. The same export gives
        the same two objects.
    """
    train, test = train_test_split(
        np.arange(len(export)), test_size=0.2, random_state=42
    )
    return export.take(train), export.take(test)


def run(flights: Flights) -> Slide:
    """Make the slide, and ask for the rest.

    Args:
        flights: The sample or all flights.

    Returns:
        The figures of this chapter.
    """
    # --8<-- [start:core]
    trained, tested = slide_split(flights.train)
    p = score(SLIDE, trained, tested)
    # --8<-- [end:core]
    return Slide(
        columns=len(SLIDE.columns),
        trained_on=len(trained),
        tested_on=len(tested),
        late_rate=float(tested.late.mean()),
        do_nothing_accuracy=float((~tested.late).mean()),
        random_split=measure(tested, p),
        review=readiness(),
    )


def readiness() -> Review:
    """Judge the notebook's own sheet, on the day it was filled in.

    Returns:
        The verdict, as far as this chapter needs it.
    """
    sheet = review.load_sheet(SHEET)
    verdict = review.assess(sheet, review.load_questions(), sheet["date"])
    levels = [answer.level for answer in verdict.answers]
    return Review(
        stage=verdict.stage,
        asked=verdict.asked,
        blocking=len(verdict.blockers),
        levels={
            name.replace(" ", "_"): levels.count(level)
            for level, name in enumerate(review.LEVELS)
        },
        blockers={b.id: b.name for b in verdict.blockers},
    )


def report(slide: Slide) -> str:
    """The results as text for a terminal, 79 columns at most.

    Args:
        slide: What `run` returns.

    Returns:
        Text without a final line break.
    """
    made, asked = slide.random_split, slide.review
    names = textwrap.fill(", ".join(asked.blockers.values()), 62)
    return f"""\
The slide

  Accuracy               {made.accuracy:>8.1%}
  AUC                    {made.auc:>8.3f}
  Promised value         {made.value.value:>8.0f}   points per 1,000 flights
                                    (invented: acting costs 1, a hit saves 4)

  {slide.columns} columns, trained on {slide.trained_on:,} flights and tested \
on {slide.tested_on:,},
  drawn at random from January to April.

Not on the slide

  "Never late" is right  {slide.do_nothing_accuracy:>8.1%}   of the time
  Questions asked        {asked.asked:>8}   by the five-minute review
  Nothing to show        {asked.levels["nothing_to_show"]:>8}
  Demonstrated           {asked.levels["demonstrated"]:>8}
  Stage supported        {asked.stage:>8}

  Open: {textwrap.indent(names, " " * 8).lstrip()}"""


if __name__ == "__main__":
    chapter(run, report)
