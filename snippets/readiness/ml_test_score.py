"""What would the ML Test Score say of the same answers?

Answers: how many of the 28 tests of the ML Test Score (Breck and others,
2017) the answers of a readiness review already show, as points by section
and as the smallest sum. A question at level 2 is half a point, one at level
3 is a whole point; where two questions make up a test, the lower one counts.

Does not answer: the ten tests that the review does not ask about. They have
no points until you hand in your own, so without them the score is a lower
bound. Nor whether the tests pass: the rubric asks whether you have them.

    python review.py check sheet.toml --format json > verdict.json
    python ml_test_score.py verdict.json Data2=.5 Infra2=1

Needs:   Python 3.11, standard library
Source:  snippets/readiness/ml_test_score.py
Page:    snippets/readiness/ml_test_score
Version: 1.0.0 (MIT-0)
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

__all__ = ["TESTS", "MlTestScore", "ml_test_score"]

POINTS = (0.0, 0.0, 0.5, 1.0)  # for a question at level 0, 1, 2, 3
# Each test in our words, and the questions that make it up; none where the
# review does not ask, or asks for something else.
TESTS: dict[str, tuple[str, tuple[str, ...]]] = {
    "Data1": ("a schema says what each input may hold", ("DAT-02",)),
    "Data2": ("every feature is worth having", ()),
    "Data3": ("no feature costs more than it brings", ()),
    "Data4": ("features keep the rules of the house", ()),
    "Data5": ("personal data are protected in the pipeline", ("SEC-01",)),
    "Data6": ("a new feature can be added fast", ()),
    "Data7": ("the code of every feature has tests", ()),
    "Model1": ("model code is reviewed and in the repository", ()),
    "Model2": ("offline gains match live effects", ("SUC-05",)),
    "Model3": ("hyperparameters were tuned", ()),
    "Model4": ("the cost of an old model is known", ("RET-03",)),
    "Model5": ("a simpler model is not as good", ("SUC-02",)),
    "Model6": ("quality holds in every group that matters", ("SLC-01",)),
    "Model7": ("it is fair to those it is used on", ("SLC-01", "SLC-05")),
    "Infra1": ("training can be repeated", ("RET-05",)),
    "Infra2": ("model code has unit tests", ()),
    "Infra3": ("the whole pipeline is tested in one run", ("RET-01",)),
    "Infra4": ("quality is checked before serving", ("RET-01",)),
    "Infra5": ("one prediction can be stepped through", ()),
    "Infra6": ("a release reaches a small share first", ("INT-05",)),
    "Infra7": ("an earlier model can be put back", ("RET-04",)),
    "Monitor1": ("a change upstream is announced", ("DAT-02",)),
    "Monitor2": ("live inputs keep their ranges", ("DAT-03",)),
    "Monitor3": ("serving computes what training did", ("DAT-04",)),
    "Monitor4": ("no model grows too old", ("RET-02", "RET-03")),
    "Monitor5": ("the numbers stay finite", ()),
    "Monitor6": ("speed and memory are held", ("LAT-01",)),
    "Monitor7": ("live quality is held", ("MON-02",)),
}


@dataclass(frozen=True)
class MlTestScore:
    """The points of the 28 tests, as far as these answers show them.

    Attributes:
        score: the smallest of the four sums, 0 to 7.
        sums: points by section: Data, Model, Infra, Monitor, 0 to 7 each.
        points: points by test, 0, .5 or 1, in the order of the rubric.
        not_asked: tests without a question here and without points of
            yours.
        not_applicable: tests with a question that the sheet calls not
            applicable. The rubric knows no such answer, so they have 0.
    """

    score: float
    sums: dict[str, float]
    points: dict[str, float]
    not_asked: tuple[str, ...]
    not_applicable: tuple[str, ...]


def ml_test_score(
    levels: Mapping[str, int | None],
    own: Mapping[str, float] | None = None,
) -> MlTestScore:
    """Read the answers of a readiness review as an ML Test Score.

    Args:
        levels: question id to the level that counts, 0 to 3, or None where
            the question is not applicable. A question that is missing
            counts 0. Ids that belong to no test are not read.
        own: test to points of your own, 0, .5 or 1, for tests that the
            review does not ask about.

    Returns:
        The smallest sum, the sums, and the points behind them.

    Raises:
        TypeError: `levels` or `own` is not a mapping.
        ValueError: a level is not 0 to 3 or None, or `own` names no test,
            a test that the review asks about, or other points.

    Source:
        Breck and others, The ML Test Score, IEEE Big Data 2017. Which
        question shows which test is our reading.

    Example:
        >>> found = ml_test_score({"DAT-02": 3, "SEC-01": 2})
        >>> found.sums["Data"], found.sums["Monitor"], found.score
        (1.5, 1.0, 0.0)
    """
    own = {} if own is None else own
    for argument, table in (("levels", levels), ("own", own)):
        if not isinstance(table, Mapping):
            got = type(table).__name__
            raise TypeError(f"{argument} must be a mapping, got {got}")
    for name, level in levels.items():
        if level is not None and (
            type(level) is not int or not 0 <= level < 4
        ):
            raise ValueError(
                f"levels[{name!r}] must be 0 to 3 or None, got {level!r}"
            )
    for test, value in own.items():
        if test not in TESTS or TESTS[test][1]:
            why = "is asked here" if test in TESTS else "is not a test"
            raise ValueError(f"own[{test!r}] {why}: see TESTS")
        if value not in (0, 0.5, 1):
            raise ValueError(f"own[{test!r}] must be 0, .5 or 1, got {value}")
    # --8<-- [start:core]
    points, absent = {}, []
    for test, (_, questions) in TESTS.items():
        found = [levels.get(name, 0) for name in questions]
        if None in found:
            absent.append(test)
        least = min((level or 0 for level in found), default=0)
        points[test] = float(own.get(test, POINTS[least]))
    sums = {
        section: sum(v for k, v in points.items() if k.startswith(section))
        for section in ("Data", "Model", "Infra", "Monitor")
    }
    # --8<-- [end:core]
    left = (test for test in TESTS if not TESTS[test][1])
    return MlTestScore(
        score=min(sums.values()),
        sums=sums,
        points=points,
        not_asked=tuple(test for test in left if test not in own),
        not_applicable=tuple(absent),
    )


def _main(argv: Sequence[str]) -> int:
    """Print the score of a verdict; 0 if done, 2 if the input is bad.

    Args:
        argv: the JSON file that `review.py check --format json` wrote, or -
            for standard input, then your own points as `Data2=.5`.

    Returns:
        The exit code, after one line on standard error if it is 2.
    """
    try:
        if argv[0] == "-":
            verdict = json.load(sys.stdin)
        else:
            with open(argv[0], encoding="utf-8") as file:
                verdict = json.load(file)
        pairs = [word.partition("=") for word in argv[1:]]
        own = {test: float(value) for test, _, value in pairs}
        levels = {
            a["id"]: None if a["not_applicable"] else a["level"]
            for a in verdict["answers"]
        }
        print(_text(ml_test_score(levels, own)))
    except (KeyError, OSError, RecursionError, TypeError, ValueError) as error:
        what = f"no {error}" if isinstance(error, KeyError) else str(error)
        print(f"ml_test_score.py: {argv[0]!a}: {what}", file=sys.stderr)
        return 2
    return 0


def _text(found: MlTestScore) -> str:
    sums = ", ".join(
        f"{name} {points:g}" for name, points in found.sums.items()
    )
    lines = [f"ML Test Score {found.score:g} (of 7): {sums}"]
    for test, points in found.points.items():
        asked = ", ".join(TESTS[test][1])
        if test in found.not_asked:
            asked = "not asked"
        elif test in found.not_applicable:
            asked += " (not applicable)"
        lines.append(
            f"{points:4g}  {test:8}  {TESTS[test][0]}: {asked or 'yours'}"
        )
    return "\n".join(lines)


if __name__ == "__main__":
    if sys.argv[1:]:
        raise SystemExit(_main(sys.argv[1:]))
    names = {name for _, asked in TESTS.values() for name in asked}
    for level in (1, 2, 3):
        found = ml_test_score(dict.fromkeys(names, level))
        print(f"every answer at level {level}: {found.score:g} {found.sums}")
    print(len(found.not_asked), "not asked:", *found.not_asked)
