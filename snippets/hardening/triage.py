"""Is it the code, the data or the world?

Answers: given what your checks found, which suspect comes first, which
checks must be asked before anybody may say so, and what to do next. "Unsure:
ask a person" is an answer.

Does not answer: why it happened. It takes the checks at their word, false
alarms and misses included, and it names one suspect where two may be at work.

Needs:   Python 3.11, standard library
Source:  snippets/hardening/triage.py
Page:    snippets/hardening/triage
Version: 1.2.0 (MIT-0)
"""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Triage", "triage"]


@dataclass(frozen=True)
class Triage:
    """What to suspect first.

    Attributes:
        suspect: "code", "data", "labels", "not worse", "unsure", or one of
            three names for the world: "cases" (others are asked about),
            "relation" (the same inputs mean something else, or the rate
            moved), "world" (both show, and these checks cannot tell).
        because: the finding that decided; blank if "unsure".
        ask_first: checks that nobody has run and that come before any
            suspect may be named, in the order in which to run them.
        also: later findings that point elsewhere too. They may be effects of
            the suspect: look again once it is mended.
        next_step: one sentence.
    """

    suspect: str
    because: str
    ask_first: tuple[str, ...]
    also: tuple[str, ...]
    next_step: str


# Check, the finding that names a suspect, the suspect; cheap and certain
# first. What a later check shows, an earlier cause can have made.
_STEPS = (
    ("replay_same", False, "code"),
    ("parity_same", False, "code"),
    ("contract_kept", False, "data"),
    ("feeds_fresh", False, "data"),
    ("labels_ripe", False, "labels"),
    ("behind_rule", False, "not worse"),  # a rule can share a broken feed
)
_WORLD = {
    (True, False): "cases",
    (False, True): "relation",
    (True, True): "world",
}
_NEXT = {
    "not worse": "It is no worse than the rule. Look at single groups.",
    "code": "Go back to the code before, then bisect on logged inputs.",
    "data": "Fall back, call the owner of the feed, set the rows aside.",
    "labels": "Wait until outcomes are complete, and ask again.",
    "cases": "Hold the new cases against the rule; collect their outcomes.",
    "relation": "Let the rule take over; retrain behind the gate.",
    "world": "Let the rule take over; compare the groups that did not move.",
    "unsure": "Ask a person who knows the subject, with ten failures at hand.",
}


def triage(
    *,
    replay_same: bool | None,
    parity_same: bool | None,
    contract_kept: bool | None,
    feeds_fresh: bool | None,
    labels_ripe: bool | None,
    behind_rule: bool | None,
    inputs_moved: bool | None,
    gap_open: bool | None,
) -> Triage:
    """Name the first suspect for a loss of quality.

    Each argument is what a check found, or None if nobody has asked it.

    Args:
        replay_same: the serving code of before, with today's model file,
            gives the same answers to the logged inputs (`golden_rows`,
            `prediction_log`). A retrained model is another question.
        parity_same: training code and serving code make the same features
            of the logged inputs (`parity`).
        contract_kept: names, types, units and ranges are as agreed
            (`data_contract`).
        feeds_fresh: every feed is younger than its limit, and moves
            (`freshness`).
        labels_ripe: the outcomes behind the loss are old enough to be
            complete (`label_gap.mature`).
        behind_rule: False only if the interval of model minus rule, on the
            same rows, excludes the smallest loss that matters
            (`comparator`); None with too few rows to say. Asked late: a
            rule that reads the same broken feed falls with the model.
        inputs_moved: inputs or scores have another distribution (`psi`).
        gap_open: predictions and outcomes differ on average (`label_gap`).

    Returns:
        The suspect. A check that was not asked and stands before the first
        finding makes it "unsure" and is listed.

    Raises:
        TypeError: an argument is not True, False or None.

    Example:
        >>> found = triage(
        ...     replay_same=True,
        ...     parity_same=True,
        ...     contract_kept=True,
        ...     feeds_fresh=False,
        ...     labels_ripe=True,
        ...     behind_rule=True,
        ...     inputs_moved=True,
        ...     gap_open=True,
        ... )
        >>> found.suspect, found.because, found.also
        ('data', 'feeds_fresh=False', ('inputs_moved=True', 'gap_open=True'))
    """
    given = locals()
    answers = {name: _answer(name, value) for name, value in given.items()}
    # --8<-- [start:core]
    findings, ask_first = [], []
    for name, sign, suspect in _STEPS:
        if answers[name] is sign:
            findings.append((f"{name}={sign}", suspect))
        elif answers[name] is None and not findings:
            ask_first.append(name)
    world = {name: answers[name] for name in ("inputs_moved", "gap_open")}
    shown = [f"{name}=True" for name, found in world.items() if found]
    if not findings:
        ask_first += [name for name, found in world.items() if found is None]
        if any(world.values()) and not ask_first:
            pair = bool(world["inputs_moved"]), bool(world["gap_open"])
            findings.append((", ".join(shown), _WORLD[pair]))
            shown = []
    because, suspect = findings[0] if findings and not ask_first else ("", "")
    # --8<-- [end:core]
    suspect = suspect or "unsure"
    others = [text for text, other in findings if other != suspect] + shown
    return Triage(
        suspect=suspect,
        because=because,
        ask_first=tuple(ask_first),
        also=() if suspect == "not worse" else tuple(others),
        next_step=_next_step(suspect, ask_first, findings),
    )


def _next_step(
    suspect: str, ask_first: list[str], findings: list[tuple[str, str]]
) -> str:
    if not ask_first:
        return _NEXT[suspect]
    broken = any(other == "data" for _, other in findings)
    first = "Fall back now, then run" if broken else "Run"
    return f"{first} {ask_first[0]} first."


def _answer(name: str, value: object) -> bool | None:
    if value is not None and type(value).__name__ not in ("bool", "bool_"):
        raise TypeError(f"{name} must be True, False or None, got {value!r}")
    return None if value is None else bool(value)


if __name__ == "__main__":
    calm = dict.fromkeys((name for name, _, _ in _STEPS), True)
    calm |= {"inputs_moved": True, "gap_open": True}
    for found in {}, {"feeds_fresh": False}, {"inputs_moved": False}:
        r = triage(**(calm | found))
        print(f"{r.suspect}: {r.because}; also {r.also}")
    print("ask", *triage(**(calm | {"parity_same": None})).ask_first)
