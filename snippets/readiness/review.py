"""May this system go live, and what stands in the way?

It answers which stage the evidence on one sheet supports (experiment,
engineering, ready for launch, operated), which section is weakest, and
what blocks the next stage, with a fix for each blocker. The weakest answer
decides: nothing is added up and no percentage is shown.

It does not answer whether the evidence is true. It reads the form of it
(link, date, owner, result, second person) and opens no link, so a person
must. The thresholds are our judgement and have not been validated.

    python review.py                      judge the example sheet
    python review.py init > sheet.toml    a sheet for five minutes
    python review.py init full            one for all questions
    python review.py check sheet.toml     the verdict
    python review.py check example_hardened.toml
                                          the verdict on a full sheet
    python review.py --help               the rest

Needs:   Python 3.11, standard library
Source:  snippets/readiness/review.py
Page:    snippets/readiness/review
Version: 2.1.0 (MIT-0)
"""

from __future__ import annotations

import datetime as dt
import io
import os
import re
import sys
import textwrap
import tomllib
from collections import Counter
from collections.abc import (
    Collection,
    Iterator,
    Mapping,
    Sequence,
)
from typing import Any, NamedTuple, NoReturn, TypeVar

# Half the time of a run is spent on imports. So difflib, hashlib and json
# are imported where they are used, and the results are named tuples.

__all__ = [
    "LEVELS",
    "STAGES",
    "Answer",
    "Bank",
    "Blocker",
    "Check",
    "Core",
    "DeadLink",
    "Fact",
    "LiveFact",
    "Question",
    "Review",
    "ReviewError",
    "Risk",
    "Section",
    "Verdict",
    "as_json",
    "as_markdown",
    "as_text",
    "assess",
    "dead_links",
    "load_questions",
    "load_sheet",
    "main",
    "parse_questions",
]

LEVELS = ("nothing to show", "stated", "demonstrated", "enforced")
GATES = ("research", "engineering", "operations")
STAGES = ("experiment", "engineering", "ready_for_launch", "operated")
# The lowest level each stage needs, core questions first, the others by
# gate. Ours, not validated.
NEEDS: dict[str, dict[str, int]] = {
    "experiment": {},
    "engineering": {"core": 1, "research": 1},
    "ready_for_launch": {"core": 2, "research": 2, "engineering": 2},
    "operated": {
        "core": 3,
        "research": 2,
        "engineering": 2,
        "operations": 2,
    },
}
MEANING = {
    "experiment": "It may be able to work. Nobody should depend on it yet.",
    "engineering": (
        "Nothing asked speaks against building it. No user should depend on "
        "it yet."
    ),
    "ready_for_launch": "It may go live, under the name of its owner.",
    "operated": "It is live, drilled and reviewed, and can show it.",
}
RISK_STAGES = ("ready_for_launch", "operated")
MAX_RISKS = 3
MAX_RISK_DAYS = 90
MAX_BYTES = 1_000_000
MAX_TEXT = 2_000
WIDTH = 78
DETAILS = 12  # blockers that the text shows in full

# What people write where they have nothing: it counts as a blank.
_BLANK = {"", "?", "n a", "n/a", "na", "no", "none", "nothing to show"}
_BLANK |= {"unknown", "planned", "in progress", "todo", "tbd"}
_WORDS = dict.fromkeys(_BLANK, 0) | {n: i for i, n in enumerate(LEVELS)}
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_ID = re.compile(r"[A-Za-z0-9_-]{1,40}")
_SCOPE = ("system", "version", "population")
_SHEET = [*_SCOPE, "date", "review", "score", "bank", "note", "answers"]
_SHEET += ["live", "accepted_risks", "spot_checks"]
_ANSWER = ["level", "link", "date", "owner", "result", "verified_by"]
_ANSWER += ["verified_on", "not_applicable", "approver", "note"]
_LISTS = {"asks", "core", "levels", "fixes", "sources", "seeds"}
_Row = TypeVar("_Row", "Core", "Review", "LiveFact", "Section", "Question")


class ReviewError(ValueError):
    """Input that cannot be judged; the message names key and value.

    Attributes:
        at: Where it stands, as keys joined by dots; blank if unknown.
    """

    def __init__(self, message: str, at: str = "") -> None:
        super().__init__(message)
        self.at = at


class Core(NamedTuple):
    """One of the ten core questions, carried by questions of the bank."""

    id: str
    group: str
    text: str


class Review(NamedTuple):
    """How much a review asks: core, or gates, or both."""

    id: str
    title: str
    asks: tuple[str, ...]


class LiveFact(NamedTuple):
    """Something only a live system can show."""

    id: str
    text: str
    max_age_days: int


class Section(NamedTuple):
    """A group of questions; `note` may say where it does not apply."""

    id: str
    title: str
    note: str


class Question(NamedTuple):
    """One question of the bank; `levels` holds four observable texts."""

    id: str
    section: str
    name: str
    core: tuple[str, ...]
    question: str
    why: str
    evidence: str
    levels: tuple[str, ...]
    gate: str
    fixes: tuple[str, ...]
    sources: tuple[str, ...]
    seeds: tuple[str, ...]
    max_age_days: int
    may_be_na: bool


class Bank(NamedTuple):
    """A checked question bank: ids are unique and refer to each other."""

    version: str
    core: tuple[Core, ...]
    reviews: tuple[Review, ...]
    live: tuple[LiveFact, ...]
    sections: tuple[Section, ...]
    questions: tuple[Question, ...]

    def review(self, name: str = "") -> Review:
        """Return the review called `name`; the last one if blank."""
        for review in self.reviews:
            if review.id == name:
                return review
        if name:
            known = [review.id for review in self.reviews]
            hint = _unknown(name, known)
            raise ReviewError(f"review {_show(name)} {hint}", "review")
        return self.reviews[-1]

    def asked(self, review: Review) -> list[Question]:
        """Return the questions of a review, by section, then by id."""
        place = {s.id: i for i, s in enumerate(self.sections)}
        return sorted(
            (
                q
                for q in self.questions
                if q.gate in review.asks or (q.core and "core" in review.asks)
            ),
            key=lambda q: (place[q.section], q.id),
        )


class Answer(NamedTuple):
    """One judged answer: `claimed` is the sheet's level, `level` ours."""

    id: str
    section: str
    section_title: str
    name: str
    core: bool
    gate: str
    claimed: int
    level: int
    not_applicable: bool
    reasons: tuple[str, ...]
    owner: str
    link: str
    result: str
    date: dt.date | None
    verified_by: str
    verified_on: dt.date | None
    absence: str
    approver: str
    note: str


class Blocker(NamedTuple):
    """A question below what the next stage needs, and what to show."""

    id: str
    name: str
    core: bool
    level: int
    needed: int
    show: str
    fixes: tuple[str, ...]
    reasons: tuple[str, ...]


class Risk(NamedTuple):
    """A risk as written on the sheet, and whether it counts."""

    question: str
    owner: str
    reason: str
    date: dt.date | None
    until: dt.date | None
    accepted: bool
    why: str


class Fact(NamedTuple):
    """A live fact as written on the sheet, and whether it counts."""

    id: str
    text: str
    date: dt.date | None
    counts: bool
    why: str
    link: str
    owner: str
    note: str


class Check(NamedTuple):
    """What a second person found on opening the evidence of an answer."""

    question: str
    date: dt.date
    by: str
    refuted: bool
    note: str


class DeadLink(NamedTuple):
    """A link of the sheet that names a file which is not there."""

    at: str
    link: str


class Verdict(NamedTuple):
    """The verdict on one sheet; it holds for this scope and day only.

    Attributes:
        stage: Highest stage reached, one of `STAGES`.
        aim: The stage after it; `"operated"` stays its own aim.
        ceiling: Highest stage this review can award at all.
        not_asked: Gates at which the review asks no question beyond core.
        core_floor: Lowest level (0 to 3) among the core answers.
        weakest: Sections with the lowest level among the answers that the
            aim depends on; `weakest_level` is that level.
        blockers: What keeps the aim away, core first.
        missing_facts: Ids of live facts that keep `"operated"` away.
    """

    system: str
    version: str
    population: str
    date: dt.date
    today: dt.date
    score: str
    bank: str
    review: str
    asked: int
    asked_core: int
    stage: str
    aim: str
    ceiling: str
    not_asked: tuple[str, ...]
    core_floor: int
    weakest: tuple[Section, ...]
    weakest_level: int
    blockers: tuple[Blocker, ...]
    missing_facts: tuple[str, ...]
    answers: tuple[Answer, ...]
    risks: tuple[Risk, ...]
    facts: tuple[Fact, ...]
    checks: tuple[Check, ...]
    notes: tuple[str, ...]
    note: str


# --- Reading, with errors that name the key and the value ---------------


def _show(value: object) -> str:
    if isinstance(value, int) and value.bit_length() > 64:
        return f"a whole number of {value.bit_length()} bits"
    if isinstance(value, Mapping):
        return "a table"
    text = str(value) if isinstance(value, dt.date) else ascii(value)
    return text if len(text) <= 60 else text[:57] + "..."


def _unknown(name: str, known: Collection[str]) -> str:
    import difflib

    close = difflib.get_close_matches(name.upper(), [k.upper() for k in known])
    match = [k for k in known if close and k.upper() == close[0]]
    return "is not known" + (f", did you mean {match[0]!r}?" if match else "")


def _tidy(text: str) -> str:
    """Put text on one line and mask what a terminal would obey."""
    keep = "\u200c\u200d"  # joiners that some scripts need between letters
    line = " ".join(text.split())
    if line.isprintable():
        return line
    return "".join(c if c.isprintable() or c in keep else "?" for c in line)


def _word(text: str) -> str:
    return " ".join(
        text.casefold().replace("_", " ").replace("-", " ").split()
    )


class _Table:
    """A table of the input, read field by field."""

    def __init__(self, value: object, at: str, known: Collection[str]) -> None:
        if not isinstance(value, Mapping):
            name = at or "the sheet"
            message = f"{name} must be a table, got {_show(value)}"
            raise ReviewError(message, at)
        self.raw: Mapping[Any, Any] = value
        self.at = f"{at}." if at else ""
        for key in value:
            if key not in known:
                hint = _unknown(str(key), known)
                name = f"{self.at}{_tidy(str(key))[:60]}"
                raise ReviewError(f"{name} {hint}", f"{self.at}{key}")

    def fail(self, key: str, must: str) -> NoReturn:
        got = _show(self.raw[key]) if key in self.raw else "nothing"
        name = f"{self.at}{key}"
        raise ReviewError(f"{name} must be {must}, got {got}", name)

    def text(self, key: str, *, required: bool = False) -> str:
        value = self.raw.get(key, "")
        if not isinstance(value, str):
            self.fail(key, "text")
        if len(value) > MAX_TEXT:
            self.fail(key, f"text of at most {MAX_TEXT:,} characters")
        tidy = "" if _word(value) in _BLANK else _tidy(value)
        if required and not tidy:
            self.fail(key, "filled in")
        return tidy

    def day(self, key: str, today: dt.date | None) -> dt.date | None:
        value = self.raw.get(key, "")
        must = "a date like 2026-11-21"
        if isinstance(value, str):
            if _word(value) in _BLANK:
                return None
            try:
                if not _DAY.fullmatch(value):
                    raise ValueError
                value = dt.date.fromisoformat(value)
            except ValueError:
                self.fail(key, must)
        if isinstance(value, dt.datetime) or not isinstance(value, dt.date):
            self.fail(key, must)
        if today is not None and value > today:
            self.fail(key, f"today ({today}) or earlier")
        return value

    def flag(self, key: str) -> bool:
        value = self.raw.get(key)
        if not isinstance(value, bool):
            self.fail(key, "true or false")
        return value

    def days(self, key: str) -> int:
        value = self.raw.get(key)
        if isinstance(value, bool) or not isinstance(value, int) or value < 1:
            self.fail(key, "a whole number of days, 1 or more")
        return value

    def texts(self, key: str) -> tuple[str, ...]:
        value = self.raw.get(key, [])
        if not isinstance(value, list):
            self.fail(key, "a list of texts")
        if not all(isinstance(v, str) and v.strip() for v in value):
            self.fail(key, "a list of texts")
        return tuple(_tidy(v) for v in value)

    def rows(self, key: str) -> list[Any]:
        value = self.raw.get(key, [])
        if not isinstance(value, list):
            self.fail(key, "a list of tables")
        return value

    def field(self, key: str) -> Any:
        if key in _LISTS:
            return self.texts(key)
        if key == "max_age_days":
            return self.days(key)
        if key == "may_be_na":
            return self.flag(key)
        return self.text(key, required=key != "note")


def _read(path: str | os.PathLike[str]) -> tuple[dict[str, Any], str]:
    """The tables of a file, and its text to find lines in."""
    name = _tidy(os.fspath(path))
    try:
        with open(path, "rb") as file:
            raw = file.read(MAX_BYTES + 1)
    except OSError as error:
        cause = error.strerror or type(error).__name__
        raise ReviewError(f"{name}: cannot be read: {cause}") from None
    except ValueError as error:  # a NUL in the name
        raise ReviewError(f"{name}: cannot be read: {error}") from None
    if len(raw) > MAX_BYTES:
        raise ReviewError(f"{name}: is larger than {MAX_BYTES:,} bytes")
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        hint = " (UTF-16? save it as UTF-8)" if raw[:1] in b"\xff\xfe" else ""
        line = raw.count(b"\n", 0, error.start) + 1
        at = f"byte {error.start}, line {line}"
        raise ReviewError(f"{name}: is not UTF-8 text at {at}{hint}") from None
    is_json = _is_json(name, text)
    kind = "JSON" if is_json else "TOML"
    try:
        data = _json(text) if is_json else tomllib.loads(text)
    except RecursionError:
        raise ReviewError(f"{name}: is nested too deeply") from None
    except ValueError as error:
        cause = _tidy(str(error))[:200]
        raise ReviewError(f"{name}: is not valid {kind}: {cause}") from None
    if not isinstance(data, dict):
        raise ReviewError(f"{name}: must hold a table, got {_show(data)}")
    return data, text


def _is_json(name: str, text: str) -> bool:
    return name.lower().endswith(".json") or text.lstrip()[:1] == "{"


def _json(text: str) -> Any:
    import json

    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        for key, count in Counter(key for key, _ in pairs).items():
            if count > 1:
                seen: set[tuple[str, ...]] = set()
                for place, line in _json_places(text):
                    if place in seen and place[-1] == key:
                        where = f"the second at line {line}"
                        raise ValueError(
                            f"key {_show(key)} stands {count} times, {where}"
                        )
                    seen.add(place)
                raise ValueError(f"key {_show(key)} stands {count} times")
        return dict(pairs)

    def refuse(name: str) -> NoReturn:
        raise ValueError(f"{name} is not a number")

    return json.loads(text, object_pairs_hook=once, parse_constant=refuse)


def _json_places(text: str) -> Iterator[tuple[tuple[str, ...], int]]:
    """Every key of a JSON text, with its parents, and its line.

    The text may be broken behind the key that is looked for. So a string
    may lack its end, and nesting that the reader refuses ends the search.
    """
    stack: list[str | int] = []
    last, line, start = "", 1, 0
    for found in re.finditer(r'(?s)"(?:[^"\\]|\\.)*+"?|[\[\]{}:,]', text):
        token = found[0]
        if token in "[{":
            stack.append(1 if token == "[" else "")
            if len(stack) > 1_000:
                return
        elif token in "]}":
            del stack[-1:]
        elif token == "," and stack and isinstance(stack[-1], int):
            stack[-1] += 1
        elif token == ":" and stack and isinstance(stack[-1], str):
            line += text.count("\n", start, found.start())
            start = found.start()
            stack[-1] = last
            yield tuple(map(str, stack)), line
        elif token[0] == '"':
            last = token[1:-1]


def _toml_places(text: str) -> Iterator[tuple[tuple[str, ...], int]]:
    """Every header and key of a TOML text, with its parents, and its line.

    It reads lines, so it may be misled by a text over several lines that
    looks like a header; the line it leads to is a hint for a person.
    """
    part = r"""(?:"[^"]*"|'[^']*'|[\w-]+)"""
    name = rf"({part}(?:\s*\.\s*{part})*)"
    header: tuple[str, ...] = ()
    rows: Counter[tuple[str, ...]] = Counter()
    for number, line in enumerate(text.splitlines(), 1):
        top = re.match(rf"\s*(\[\[?)\s*{name}\s*\]", line)
        key = None if top else re.match(rf"\s*{name}\s*=\s*(.*)", line)
        if top:
            header = _keys(top[2])
            if top[1] == "[[":
                rows[header] += 1
                header = (*header, str(rows[header]))
            yield header, number
        elif key:
            keys = _keys(key[1])
            if keys == ("id",) and header:  # rows of a bank go by their id
                header = (*header[:-1], key[2].strip().strip("\"'"))
                yield header, number
            yield (*header, *keys), number


def _keys(dotted: str) -> tuple[str, ...]:
    return tuple(
        key.strip("\"'")
        for key in re.findall(r"""\"[^"]*\"|'[^']*'|[\w-]+""", dotted)
    )


def _located(
    path: str | os.PathLike[str], text: str, error: ReviewError
) -> ReviewError:
    """The error with the file and, where it can be found, the line."""
    name = os.fspath(path)
    wanted, depth, line = tuple(error.at.split(".")), 0, 0
    find = _json_places if _is_json(name, text) else _toml_places
    for place, number in find(text):
        if len(place) > depth and place == wanted[: len(place)]:
            depth, line = len(place), number
    where = f"line {line}: " if line else ""
    return ReviewError(f"{_tidy(name)}: {where}{error}", error.at)


def load_questions(path: str | os.PathLike[str] | None = None) -> Bank:
    """Read and check a question bank.

    Args:
        path: A TOML or JSON file; None reads `questions.toml` from the
            folder of this file.

    Returns:
        The bank.

    Raises:
        ReviewError: If the file is missing, unreadable or not a bank; the
            message names file, key and value.

    Example:
        >>> len(load_questions().questions)
        63
    """
    if path is None:
        path = _beside("questions.toml")
        if not os.path.isfile(path):
            raise ReviewError(
                "questions.toml must lie next to review.py, or be named with "
                "--questions FILE; it comes from snippets/readiness/"
            )
    data, text = _read(path)
    try:
        return parse_questions(data)
    except ReviewError as error:
        raise _located(path, text, error) from None


def _beside(name: str) -> str:
    return os.path.join(os.path.dirname(os.path.abspath(__file__)), name)


def load_sheet(path: str | os.PathLike[str]) -> dict[str, Any]:
    """Read a sheet of answers, TOML or JSON, as plain tables.

    Args:
        path: The file; at most 1,000,000 bytes of UTF-8.

    Returns:
        The tables, not yet checked: `assess` does that.

    Raises:
        ReviewError: If the file is missing, too large, not UTF-8, or not
            valid TOML or JSON (a key that stands twice is not valid).
    """
    return _read(path)[0]


def parse_questions(data: Mapping[str, Any]) -> Bank:
    """Check the tables of a question bank and return the bank.

    Args:
        data: Tables as in `questions.toml`.

    Returns:
        The bank, with line breaks inside texts turned into spaces.

    Raises:
        ReviewError: If a key is unknown or of the wrong type, an id stands
            twice or refers to nothing, a question lacks one of its four
            levels, a core question may be not applicable, no question is
            core, or no review is given.
    """
    top = _Table(data, "", Bank._fields)
    core = _rows(top, "core", Core)
    reviews = _rows(top, "reviews", Review)
    sections = _rows(top, "sections", Section)
    questions = _rows(top, "questions", Question)
    for table, review in reviews:
        _refer(table, "asks", review.asks, ("core", *GATES))
        if "core" not in review.asks:
            table.fail("asks", "a list that holds 'core'")
    for table, question in questions:
        _refer(table, "core", question.core, [c.id for _, c in core])
        _refer(table, "gate", [question.gate], GATES)
        ids = [section.id for _, section in sections]
        _refer(table, "section", [question.section], ids)
        if len(question.levels) != len(LEVELS):
            table.fail("levels", "a list of four texts")
        if not question.fixes:
            table.fail("fixes", "a list of at least one path")
        if question.core and question.may_be_na:
            table.fail("may_be_na", "false for a core question")
    carried = {name for _, question in questions for name in question.core}
    for table, one in core:
        if one.id not in carried:
            table.fail("id", "carried by at least one question")
    if not (core and reviews):
        raise ReviewError("core and reviews must hold at least one table each")
    return Bank(
        version=top.text("version", required=True),
        core=tuple(row for _, row in core),
        reviews=tuple(row for _, row in reviews),
        live=tuple(row for _, row in _rows(top, "live", LiveFact)),
        sections=tuple(row for _, row in sections),
        questions=tuple(row for _, row in questions),
    )


def _rows(
    top: _Table, key: str, kind: type[_Row]
) -> list[tuple[_Table, _Row]]:
    """Read a list of tables as `kind`, field by field."""
    seen: set[str] = set()
    rows = []
    for number, value in enumerate(top.rows(key), 1):
        name = value.get("id") if isinstance(value, Mapping) else None
        at = f"{key}.{name if isinstance(name, str) else number}"
        table = _Table(value, _tidy(at)[:60], kind._fields)
        fields = {name: table.field(name) for name in kind._fields}
        if fields["id"] in seen or not _ID.fullmatch(str(fields["id"])):
            table.fail("id", "unique, of letters, digits, - and _")
        seen.add(str(fields["id"]))
        rows.append((table, kind(**fields)))
    return rows


def _refer(
    table: _Table, key: str, names: Sequence[str], ids: Sequence[str]
) -> None:
    if not set(names) <= set(ids):
        table.fail(key, f"from {', '.join(ids)}")


# --- The rules ----------------------------------------------------------


def assess(
    sheet: Mapping[str, Any], questions: Bank, today: dt.date
) -> Verdict:
    """Judge one sheet of answers.

    Args:
        sheet: Tables as `load_sheet` returns them: the scope (`system`,
            `version`, `population`, `date`), `answers` by question id, and
            optionally `review`, `score`, `bank`, `note`, `live`,
            `accepted_risks` and `spot_checks`.
        questions: The bank to judge against.
        today: The day of the verdict. Evidence ages towards it.

    Returns:
        The verdict. The same arguments always give the same verdict, in
            whatever order questions and answers come.

    Raises:
        ReviewError: If the scope is not filled in, a key or an id is not
            known, a value has the wrong type, a date is not a date or lies
            in the future; the message names key and value.

    Example:
        >>> from datetime import date
        >>> sheet = {
        ...     "system": "demo", "version": "1", "population": "all",
        ...     "date": "2026-11-21", "score": "94 % accuracy",
        ... }
        >>> assess(sheet, load_questions(), date(2026, 11, 21)).stage
        'experiment'
    """
    if isinstance(today, dt.datetime) or not isinstance(today, dt.date):
        raise ReviewError(f"today must be a date, got {_show(today)}")
    top = _Table(sheet, "", _SHEET)
    scope = {key: top.text(key, required=True) for key in _SCOPE}
    day = top.day("date", today)
    if day is None:
        top.fail("date", "filled in")
    review = questions.review(top.text("review"))
    asked = questions.asked(review)
    ids = [q.id for q in questions.questions]
    checks = _spot_checks(top, questions, today)
    refuted = _refuted(checks, questions)
    titles = {s.id: s.title for s in questions.sections}
    given = _Table(top.raw.get("answers", {}), "answers", ids)
    judged = {
        q.id: _judge(q, titles[q.section], given.raw.get(q.id), refuted, today)
        for q in questions.questions  # unasked ones are checked, not used
    }
    answers = tuple(judged[q.id] for q in asked)
    risks = _risks(top, {q.id: q for q in questions.questions}, today)
    accepted = {risk.question for risk in risks if risk.accepted}
    facts = _facts(top, questions.live, today)
    missing = tuple(fact.id for fact in facts if not fact.counts)

    open_gates = {a.gate for a in answers if not a.core}
    ceiling = STAGES[1]
    for name in STAGES[2:]:
        if set(NEEDS[name]) - {"core"} <= open_gates:
            ceiling = name
    stage = STAGES[0]
    for name in STAGES[1 : STAGES.index(ceiling) + 1]:
        if any(_short(a, name, accepted) for a in answers):
            break
        if name == "operated" and missing:
            break
        stage = name
    aim = STAGES[min(STAGES.index(stage) + 1, len(STAGES) - 1)]

    gating = [a for a in answers if not a.not_applicable and _need(a, aim)]
    low = min(a.level for a in gating)
    weak = {a.section for a in gating if a.level == low}
    text = {q.id: q for q in asked}
    blocked = sorted(
        (a for a in answers if _short(a, aim, accepted)),
        key=lambda a: (not a.core, a.level - _need(a, aim)),
    )
    notes = []
    other = top.text("bank")
    if other and other != questions.version:
        notes.append(f"The sheet was filled in for bank {other}.")
    return Verdict(
        system=scope["system"],
        version=scope["version"],
        population=scope["population"],
        date=day,
        today=today,
        score=top.text("score"),
        bank=questions.version,
        review=review.title,
        asked=len(asked),
        asked_core=sum(a.core for a in answers),
        stage=stage,
        aim=aim,
        ceiling=ceiling,
        not_asked=tuple(g for g in GATES if g not in open_gates),
        core_floor=min(a.level for a in answers if a.core),
        weakest=tuple(s for s in questions.sections if s.id in weak),
        weakest_level=low,
        blockers=tuple(
            Blocker(
                id=a.id,
                name=a.name,
                core=a.core,
                level=a.level,
                needed=_need(a, aim),
                show=text[a.id].levels[_need(a, aim)],
                fixes=text[a.id].fixes,
                reasons=a.reasons,
            )
            for a in blocked
        ),
        missing_facts=missing if aim == "operated" else (),
        answers=answers,
        risks=risks,
        facts=facts,
        checks=checks,
        notes=tuple(notes),
        note=top.text("note"),
    )


def _need(answer: Answer, stage: str) -> int:
    return NEEDS[stage].get("core" if answer.core else answer.gate, 0)


def _short(answer: Answer, stage: str, accepted: Collection[str]) -> bool:
    missing = _need(answer, stage) - answer.level
    if answer.not_applicable or missing <= 0:
        return False
    risk = stage in RISK_STAGES and answer.id in accepted
    return not (risk and missing == 1)


def _judge(
    question: Question,
    title: str,
    value: object,
    refuted: Mapping[str, list[tuple[dt.date, str, str]]],
    today: dt.date,
) -> Answer:
    at = f"answers.{question.id}"
    table = _Table({} if value is None else value, at, _ANSWER)
    raw = table.raw.get("level", "")
    word = _word(raw) if isinstance(raw, str) else ""
    if isinstance(raw, str) and word in _WORDS:
        level = _WORDS[word]
    elif isinstance(raw, bool) or not isinstance(raw, int):
        table.fail("level", "0, 1, 2, 3 or one of their names")
    elif 0 <= raw <= 3:
        level = raw
    else:
        table.fail("level", "0, 1, 2 or 3")
    claimed = level
    link, owner, result = map(table.text, ("link", "owner", "result"))
    verifier = table.text("verified_by")
    second = bool(verifier) and _word(verifier) != _word(owner)
    day = table.day("date", today)
    verified_on = table.day("verified_on", today)
    absent, approver = table.text("not_applicable"), table.text("approver")
    note = table.text("note")
    reasons = []

    def cap(limit: int, reason: str) -> None:
        nonlocal level
        if level > limit:
            level = limit
            reasons.append(reason)

    if word and claimed == 0:
        reasons.append(f'"{word}" counts as nothing to show')
    elif isinstance(raw, str) and not word and not absent:
        reasons.append("not answered")
    if absent and claimed:
        table.fail("not_applicable", f"blank when level is {claimed}")
    if absent and not question.may_be_na:
        reasons.append("this question is never not applicable")
    elif absent and not approver:
        reasons.append("not applicable, but nobody approved it")
    parts = {"link": link, "date": day, "owner": owner}
    lacks = [f"no {name}" for name, part in parts.items() if not part]
    cap(0 if lacks else 3, ", ".join(lacks))
    cap(3 if result else 1, "no result kept")
    if question.core and not second:
        cap(1, "not verified by a second person")
    for when, by, target in refuted.get(question.section, []):
        if second and verified_on and verified_on > when:
            continue
        if target == question.id:
            cap(0, f"refuted by {by} on {when}")
        cap(1, f"{target} in this section was refuted on {when}")
    if day is not None:
        age = (today - day).days
        lost = age // question.max_age_days
        cap(
            max(level - lost, 0),
            f"evidence is {age} days old, {question.max_age_days} a level",
        )
    return Answer(
        id=question.id,
        section=question.section,
        section_title=title,
        name=question.name,
        core=bool(question.core),
        gate=question.gate,
        claimed=claimed,
        level=level,
        not_applicable=bool(absent and approver and question.may_be_na),
        reasons=tuple(reasons),
        owner=owner,
        link=link,
        result=result,
        date=day,
        verified_by=verifier,
        verified_on=verified_on,
        absence=absent,
        approver=approver,
        note=note,
    )


def _spot_checks(top: _Table, bank: Bank, today: dt.date) -> tuple[Check, ...]:
    ids = [q.id for q in bank.questions]
    found = []
    for number, row in enumerate(top.rows("spot_checks"), 1):
        table = _Table(row, f"spot_checks.{number}", Check._fields)
        name = _known_id(table, ids)
        day = table.day("date", today)
        if day is None:
            table.fail("date", "filled in")
        by, note = table.text("by", required=True), table.text("note")
        found.append(Check(name, day, by, table.flag("refuted"), note))
    return tuple(sorted(found))


def _refuted(
    checks: Sequence[Check], bank: Bank
) -> dict[str, list[tuple[dt.date, str, str]]]:
    """Return the refuted checks as (day, by, question id), by section."""
    section = {q.id: q.section for q in bank.questions}
    found: dict[str, list[tuple[dt.date, str, str]]] = {}
    for check in checks:
        if check.refuted:
            row = (check.date, check.by, check.question)
            found.setdefault(section[check.question], []).append(row)
    return {key: sorted(rows) for key, rows in found.items()}


def _known_id(table: _Table, ids: Collection[str]) -> str:
    name = table.text("question", required=True)
    if name not in ids:
        hint = _unknown(name, ids)
        at = f"{table.at}question"
        raise ReviewError(f"{at} {_show(name)} {hint}", at)
    return name


def _risks(
    top: _Table, questions: Mapping[str, Question], today: dt.date
) -> tuple[Risk, ...]:
    rows = top.rows("accepted_risks")
    keys = ("question", "owner", "reason", "date", "until")
    tables = [
        _Table(row, f"accepted_risks.{number}", keys)
        for number, row in enumerate(rows, 1)
    ]
    names = [_known_id(table, questions) for table in tables]
    per_section = Counter(questions[name].section for name in names)
    risks = []
    for name, table in zip(names, tables, strict=True):
        question = questions[name]
        owner, reason = table.text("owner"), table.text("reason")
        start, until = table.day("date", today), table.day("until", None)
        if question.core:
            why = "never for a core question"
        elif len(rows) > MAX_RISKS:
            why = f"{len(rows)} risks on the sheet, at most {MAX_RISKS}"
        elif per_section[question.section] > 1:
            why = f"more than one risk in section {question.section}"
        elif not (owner and start and until):
            why = "needs owner, date and until"
        elif (until - start).days > MAX_RISK_DAYS:
            why = f"runs longer than {MAX_RISK_DAYS} days"
        elif until < today:
            why = "expired"
        else:
            why = ""
        risks.append(Risk(name, owner, reason, start, until, not why, why))
    return tuple(sorted(risks, key=lambda r: (r.question, str(r))))


def _facts(
    top: _Table, live: Sequence[LiveFact], today: dt.date
) -> tuple[Fact, ...]:
    ids = [fact.id for fact in live]
    given = _Table(top.raw.get("live", {}), "live", ids)
    facts = []
    for fact in live:
        keys = ("date", "link", "owner", "note")
        row = given.raw.get(fact.id)
        table = _Table({} if row is None else row, f"live.{fact.id}", keys)
        day = table.day("date", today)
        parts = {"link": table.text("link"), "owner": table.text("owner")}
        note = table.text("note")
        lacks = [f"no {name}" for name, part in parts.items() if not part]
        if day is None:
            why = "nothing to show" if row is None else "no date"
        elif lacks:
            why = ", ".join(lacks)
        elif (age := (today - day).days) >= fact.max_age_days:
            why = f"{age} days old, good for {fact.max_age_days}"
        else:
            why = ""
        facts.append(
            Fact(fact.id, fact.text, day, not why, why, **parts, note=note)
        )
    return tuple(facts)


def dead_links(
    verdict: Verdict, *folders: str | os.PathLike[str]
) -> tuple[DeadLink, ...]:
    """Look up the local links of a sheet; this never changes a verdict.

    Args:
        verdict: What `assess` returned.
        folders: Where to look a link up: it is dead if no folder has it.

    Returns:
        The links that name no file or folder. Links with a scheme, such as
            `https:`, and links to another machine are left alone, and so
            is a result that does not look like a path.
    """
    rows = [
        (f"{a.id}.{key}", text)
        for a in verdict.answers
        for key, text in (("link", a.link), ("result", a.result))
        if key == "link" or re.fullmatch(r"\S*/\S*", text)
    ]
    rows += [(f"live.{f.id}.link", f.link) for f in verdict.facts]
    dead = []
    for at, link in rows:
        path = re.sub(r"[#?].*", "", link)
        if not path or re.match(r"[a-zA-Z][\w+.-]+:|//|\\\\", path):
            continue
        if not any(os.path.exists(os.path.join(f, path)) for f in folders):
            dead.append(DeadLink(at, link))
    return tuple(dead)


# --- Showing the verdict ------------------------------------------------


def _plain(stage: str) -> str:
    return stage.replace("_", " ")


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" + ("" if number == 1 else "s")


def _and(words: Sequence[str]) -> str:
    *head, last = words
    return f"{', '.join(head)} and {last}" if head else last


def _limits(verdict: Verdict) -> list[str]:
    """What the reader of a verdict must know about its reach."""
    limits = []
    if verdict.not_asked:
        gates = f"{_and(verdict.not_asked)} gate"
        gates += "s" if len(verdict.not_asked) > 1 else ""
        limits.append(
            f"Asked: {_count(verdict.asked, 'question')}, "
            f"{verdict.asked_core} of them core, and nothing beyond the core "
            f"at the {gates}. Such a review can hold a launch back; the "
            f"highest stage it can award is {_plain(verdict.ceiling)}."
        )
    limits.append(
        "Only the form of the evidence was read. A second person has to "
        "open it; `review.py spot-check` draws three answers."
    )
    return [*verdict.notes, *limits]


def _sections(verdict: Verdict) -> list[tuple[str, list[int]]]:
    """Section titles, and how many answers count 0, 1, 2, 3, or are n/a."""
    table: dict[str, list[int]] = {}
    for a in verdict.answers:
        row = table.setdefault(a.section_title, [0] * 5)
        row[4 if a.not_applicable else a.level] += 1
    return list(table.items())


def _core(verdict: Verdict) -> str:
    low = verdict.core_floor
    number = sum(a.level == low for a in verdict.answers if a.core)
    where = f"{number} of {verdict.asked_core} answers"
    return f"lowest level {low}, {LEVELS[low]}: {where}"


def _next(verdict: Verdict) -> str:
    if verdict.stage == STAGES[-1]:
        return "nothing above; the evidence ages from here"
    aim = _plain(verdict.aim)
    ways = []
    if verdict.blockers:
        ways.append(_count(len(verdict.blockers), "answer"))
    if verdict.missing_facts:
        ways.append(_count(len(verdict.missing_facts), "live fact"))
    if STAGES.index(verdict.aim) > STAGES.index(verdict.ceiling):
        ways.append("the questions that this review does not ask")
    return f"{aim}; in the way: {_and(ways)}"


def _reasons(answer: Answer) -> str:
    if answer.not_applicable:
        return "not applicable"
    return "; ".join(answer.reasons) or LEVELS[answer.level]


def as_text(
    verdict: Verdict,
    *,
    bold: bool = False,
    details: int = DETAILS,
    dead: Sequence[DeadLink] | None = None,
) -> str:
    """Return the verdict as plain text of at most 78 columns.

    Args:
        verdict: What `assess` returned.
        bold: Whether to set headings in bold by terminal escape codes.
        details: How many blockers to show in full; the others get a line.
        dead: What `dead_links` returned; None if nobody looked.

    Returns:
        Lines joined by newlines, without a newline at the end. A word
            longer than a line, such as a link, is broken.
    """

    def strong(text: str) -> str:
        return f"\x1b[1m{text}\x1b[0m" if bold else text

    def put(label: str, text: str, width: int = 14, indent: int = 2) -> None:
        head = " " * indent + f"{label:<{width - indent}}"
        lines.extend(
            textwrap.wrap(
                text,
                WIDTH,
                initial_indent=head,
                subsequent_indent=" " * width,
                break_on_hyphens=False,
            )
            or [head.rstrip()]
        )

    v = verdict
    title = textwrap.wrap(f"Readiness of {v.system}", WIDTH)
    lines = [*map(strong, title), ""]
    put("Version", v.version)
    put("Population", v.population)
    put("Sheet", f"{v.date}, judged on {v.today}, bank {v.bank}")
    put("Review", f"{v.review}, {_count(v.asked, 'question')}")
    if v.score:
        put("Score", f"{v.score} (no rule reads it)")
    lines.append("")
    put("STAGE", _plain(v.stage).upper())
    lines[-1] = strong(lines[-1])
    put("", MEANING[v.stage])
    titles = ", ".join(section.title for section in v.weakest)
    if len(v.weakest) > 6:
        titles = f"{len(v.weakest)} of {len(_sections(v))} sections"
    put("Weakest", f"{titles}: {LEVELS[v.weakest_level]} ({v.weakest_level})")
    put("Core", _core(v))
    put("Next", _next(v))
    lines += [
        "",
        strong(f"{'Answers by level that counts':<48}0    1    2    3  n/a"),
        "",
    ]
    for name, counts in _sections(v):
        row = "".join(f"{number or '.':>5}" for number in counts)
        lines.append(f"  {name:<42}{row}")
    lines.append("")
    if v.blockers:
        lines += [strong(f"In the way of {_plain(v.aim)}"), ""]
    for b in v.blockers[:details]:
        mark = "core, " if b.core else ""
        put(b.id, f"{b.name} ({mark}counts {b.level}, needs {b.needed})", 10)
        if b.reasons:
            put("why", "; ".join(b.reasons), 16, 10)
        put("show", b.show, 16, 10)
        put("fix", ", ".join(b.fixes), 16, 10)
        lines.append("")
    rest = v.blockers[details:]
    if rest:
        lines += [
            f"  and {_count(len(rest), 'more answer')} (--all shows how)"
        ]
        lines.append("")
    for b in rest:
        step = f"{b.name:<18}{b.level} -> {b.needed}   {b.fixes[0]}"
        put(b.id, step, 10)
    lines += [""] if rest else []
    if v.missing_facts or any(fact.date for fact in v.facts):
        lines += [strong("Live facts"), ""]
        for fact in v.facts:
            state = "counts" if fact.counts else fact.why
            put(fact.id, f"{fact.date or 'no date   '}  {state}", 20)
        lines.append("")
    if v.risks:
        lines += [strong("Accepted risks"), ""]
        for r in v.risks:
            state = "accepted" if r.accepted else f"not accepted: {r.why}"
            until = f" until {r.until}" if r.until else ""
            who = r.owner or "nobody"
            put(r.question, f"{state}, {who}{until}. {r.reason}", 10)
        lines.append("")
    lines += [strong("Every answer (claimed, counts)"), ""]
    for a in v.answers:
        levels = f"{a.claimed}  {'-' if a.not_applicable else a.level}"
        put(f"{a.id:<8}{a.name:<18}{levels}", _reasons(a), 34)
    if dead is not None:
        lines += ["", strong("Dead links (looked up, not judged)"), ""]
        for x in dead:
            put(x.at, x.link, 20)
        lines += [] if dead else ["  none of the local ones"]
    lines += ["", strong("What this verdict does not say"), ""]
    for limit in _limits(v):
        put("*", limit, 4)
    return "\n".join(line.rstrip() for line in lines)


def as_markdown(
    verdict: Verdict, *, dead: Sequence[DeadLink] | None = None
) -> str:
    """Return the verdict as Markdown, for a launch ticket.

    Args:
        verdict: What `assess` returned.
        dead: What `dead_links` returned; None if nobody looked.

    Returns:
        Markdown in which every text of the sheet is escaped.
    """

    def md(text: object) -> str:
        return re.sub(r"([\\`*_\[\]<>|#~&$@!])", r"\\\1", str(text))

    v = verdict
    titles = ", ".join(section.title for section in v.weakest)
    lines = [
        f"## Readiness: {_plain(v.stage)}",
        "",
        f"* **System:** {md(v.system)}, version {md(v.version)}",
        f"* **Population:** {md(v.population)}",
        f"* **Sheet:** {v.date}, judged on {v.today}; {md(v.review)}, "
        f"{_count(v.asked, 'question')}, bank {md(v.bank)}",
        f"* **Means:** {MEANING[v.stage]}",
    ]
    if v.score:
        lines.append(f"* **Score:** {md(v.score)} (no rule reads it)")
    lines += [
        f"* **Weakest:** {md(titles)} (level {v.weakest_level})",
        f"* **Core:** {_core(v)}",
        f"* **Next:** {_next(v)}",
    ]
    if v.blockers:
        lines += [
            "",
            "| Blocker | Counts | Needs | To show | Fix |",
            "|---|---|---|---|---|",
        ]
        for b in v.blockers:
            why = f" ({md('; '.join(b.reasons))})" if b.reasons else ""
            lines.append(
                f"| {b.id} {md(b.name)} | {b.level}{why} | {b.needed} | "
                f"{md(b.show)} | {md(', '.join(b.fixes))} |"
            )
    if v.missing_facts:
        lines.append("")
        for fact in v.facts:
            if not fact.counts:
                lines.append(f"* **Live fact {md(fact.id)}:** {fact.why}")
    if v.risks:
        lines += ["", "| Risk | State | Owner | Until |", "|---|---|---|---|"]
        for r in v.risks:
            state = "accepted" if r.accepted else f"not accepted: {r.why}"
            lines.append(
                f"| {r.question} {md(r.reason)} | {state} | "
                f"{md(r.owner or '-')} | {r.until or '-'} |"
            )
    lines += [
        "",
        "| Answer | Claimed | Counts | Why | Owner | Evidence |",
        "|---|---|---|---|---|---|",
    ]
    for a in v.answers:
        level = "-" if a.not_applicable else a.level
        lines.append(
            f"| {a.id} {md(a.name)} | {a.claimed} | {level} | "
            f"{md(_reasons(a))} | {md(a.owner or '-')} | {md(a.link or '-')} |"
        )
    if dead is not None:
        lines.append("")
        lines += [f"* **Dead link:** {md(x.at)} {md(x.link)}" for x in dead]
        lines += [] if dead else ["* No local link is dead."]
    return "\n".join([*lines, "", *(f"* {md(x)}" for x in _limits(v))])


def as_json(
    verdict: Verdict, *, dead: Sequence[DeadLink] | None = None
) -> str:
    """Return the verdict as JSON: the fields of `Verdict`, dates as text.

    Args:
        verdict: What `assess` returned.
        dead: What `dead_links` returned; adds the key `dead_links`.

    Returns:
        Indented JSON in ASCII.
    """
    data = _data(verdict)
    if dead is not None:
        data["dead_links"] = _data(dead)
    return _dump(data)


def _data(value: Any) -> Any:
    """Named tuples as tables, all the way down."""
    if hasattr(value, "_asdict"):
        return {key: _data(x) for key, x in value._asdict().items()}
    return [_data(x) for x in value] if isinstance(value, tuple) else value


def _dump(data: Any) -> str:
    import json

    return json.dumps(data, indent=2, default=str)


def _sheet(
    bank: Bank, review: Review, today: dt.date, done: Collection[str] = ()
) -> str:
    """Return an empty sheet, with the questions as comments.

    Questions in `done` are left out: then it is the rest of a sheet.
    """

    def comment(text: str, first: str = "# ", rest: str = "# ") -> None:
        lines.extend(
            textwrap.wrap(
                text,
                WIDTH,
                initial_indent=first,
                subsequent_indent=rest,
                break_on_hyphens=False,
            )
        )

    asked = bank.asked(review)
    if done:
        lines = [
            "",
            "#" + "-" * 77,
            f"# The rest of the {review.title}. Change the line near the top",
            f'# of the sheet to: review = "{review.id}"',
        ]
    else:
        sizes = ", ".join(
            f"{r.id} ({len(bank.asked(r))})" for r in bank.reviews
        )
        lines = [
            f"# Readiness sheet, {_count(len(asked), 'question')}.",
            "#",
            "# A level counts only with link, date and owner; from 2 on it",
            "# also needs a kept result, and for core questions a second",
            "# person in verified_by. date is the day the evidence was made",
            "# or last run. Leave what you do not know at 0: unknown counts",
            "# as 0 anyway.",
            "#",
        ]
        comment(f"Sizes: {sizes} questions.")
        lines += [
            "",
            'system = ""      # one system',
            'version = ""     # one model version or commit',
            'population = ""  # the people, places or cases it serves',
            f"date = {today}",
            f'review = "{review.id}"',
            f'bank = "{bank.version}"',
            'score = ""       # the score you were shown; no rule reads it',
        ]
    titles = {s.id: s.title for s in bank.sections}
    remarks = {s.id: s.note for s in bank.sections}
    for q in asked:
        if q.id in done:
            continue
        kind = "core" if q.core else q.gate
        lines.append("")
        comment(f"{q.id} {q.name} ({titles[q.section]}, {kind})", "# --- ")
        comment(q.question)
        for level, text in enumerate(q.levels):
            comment(text, f"#   {level}  ", "#      ")
        comment(f"Evidence: {q.evidence}")
        if remarks[q.section]:
            comment(remarks[q.section])
        lines.append(f"[answers.{q.id}]")
        lines += ["level = 0", 'link = ""', 'date = ""', 'owner = ""']
        lines += ['result = ""', 'verified_by = ""']
        if q.may_be_na:
            lines += ['not_applicable = ""  # the reason', 'approver = ""']
    if done:
        return "\n".join(lines)
    lines += ["", "# Facts of the live system, for the stage operated."]
    for fact in bank.live:
        comment(fact.text)
        lines += [f"# [live.{fact.id}]", '# date = ""', '# link = ""']
        lines.append('# owner = ""')
    lines += [
        "",
        f"# At most {MAX_RISKS} accepted risks, one a section, never core.",
        "# [[accepted_risks]]",
        '# question = ""',
        '# owner = ""',
        '# reason = ""',
        '# date = ""   # the day it was accepted',
        f'# until = ""  # the last day it counts, at most {MAX_RISK_DAYS} on',
        "",
        "# What a second person found on opening the evidence.",
        "# [[spot_checks]]",
        '# question = ""',
        '# date = ""',
        '# by = ""',
        "# refuted = true",
    ]
    return "\n".join(lines)


def _bank_text(bank: Bank, only: str) -> str:
    ids = [q.id for q in bank.questions]
    if only and only not in ids:
        raise ReviewError(f"question {_show(only)} {_unknown(only, ids)}")
    lines: list[str] = []
    for q in bank.questions:
        if only in ("", q.id):
            head = f"{q.id}  {q.name} ({'core' if q.core else q.gate})"
            lines += [head, ""]
            body = [("     ", q.question), ("Why  ", q.why)]
            body += [(f"{i}    ", text) for i, text in enumerate(q.levels)]
            body.append(("Show ", q.evidence))
            body.append(("Fix  ", ", ".join(q.fixes)))
            for mark, text in body:
                lines += textwrap.wrap(
                    text,
                    WIDTH,
                    initial_indent=f"  {mark}",
                    subsequent_indent=" " * 7,
                    break_on_hyphens=False,
                )
            lines.append("")
    return "\n".join(lines[:-1])


def _draw(verdict: Verdict, seed: str, number: int) -> str:
    """Draw answers for a second person, by a hash nobody can steer."""
    import hashlib

    def rank(answer: Answer) -> str:
        key = f"{seed}|{verdict.system}|{verdict.version}|{answer.id}"
        return hashlib.sha256(key.encode()).hexdigest()

    pool = [a for a in verdict.answers if a.level > 0]
    if not pool:
        return "No answer counts more than 0: there is nothing to open."
    drawn = sorted(pool, key=rank)[:number]
    lines = [f"Open these {len(drawn)} of {len(pool)} (seed {seed}):", ""]
    for a in drawn:
        lines.append(f"  {a.id}  {a.name}: counts {a.level} of 3")
        lines.append(f"    link    {a.link}")
        if a.result:
            lines.append(f"    result  {a.result}")
        lines.append(f"    owner   {a.owner}")
    lines += [
        "",
        "If what you find does not show the level, add to the sheet:",
        "",
        "  [[spot_checks]]",
        f'  question = "{drawn[0].id}"',
        f"  date = {verdict.today}",
        '  by = "your name"',
        "  refuted = true",
    ]
    return "\n".join(lines)


def _diff(old: Verdict, new: Verdict) -> str:
    lines = [f"Stage  {_plain(old.stage)}"]
    if old.stage != new.stage:
        lines[0] += f" -> {_plain(new.stage)}"
    for key in ("system", "version", "population", "review", "bank"):
        before, after = getattr(old, key), getattr(new, key)
        if before != after:
            lines.append(f"{key}  {before} -> {after}")
    was = {a.id: a for a in old.answers}
    now = {a.id: a for a in new.answers}
    for name in sorted(was.keys() | now.keys()):
        a, b = was.get(name), now.get(name)
        if a is None or b is None:
            lines.append(
                f"{name}  {'no longer' if b is None else 'now'} asked"
            )
        elif (a.level, a.not_applicable) != (b.level, b.not_applicable):
            move = f"{_mark(a)} -> {_mark(b)}"
            lines.append(f"{name}  {b.name}: {move}, {_reasons(b)}")
        elif a.reasons != b.reasons:
            move = f"{_reasons(a)} -> {_reasons(b)}"
            lines.append(f"{name}  {b.name}: {_mark(b)}, {move}")
    for label, before, after in (
        ("risk", _risk_lines(old), _risk_lines(new)),
        ("live", _fact_lines(old), _fact_lines(new)),
    ):
        lines += [f"{label} gone  {x}" for x in before if x not in after]
        lines += [f"{label} new   {x}" for x in after if x not in before]
    if len(lines) == 1:
        lines.append("No answer counts differently.")
    return "\n".join(lines)


def _mark(answer: Answer) -> str:
    return "n/a" if answer.not_applicable else str(answer.level)


def _risk_lines(verdict: Verdict) -> list[str]:
    return [
        f"{r.question}, {r.owner or 'nobody'}, until {r.until}, "
        + ("accepted" if r.accepted else f"not accepted: {r.why}")
        for r in verdict.risks
    ]


def _fact_lines(verdict: Verdict) -> list[str]:
    return [f"{f.id} of {f.date}" for f in verdict.facts if f.counts]


# --- Command line -------------------------------------------------------


_HELP = """\
usage: review.py                      judge the example sheet
       review.py init [SIZE] [--after SHEET]
       review.py check SHEET [OPTION ...]
       review.py questions [ID] [--format text|json]
       review.py spot-check SHEET [--seed TEXT] [--number N]
       review.py diff OLD NEW

Judge the readiness of an ML system by its evidence.

  init        print an empty sheet: five-minute (default), one-hour, full
              --after SHEET    only the questions that this sheet lacks
  check       judge a sheet, TOML or JSON
              --format         text (default), markdown or json
              --require STAGE  exit 1 below experiment, engineering,
                               ready_for_launch or operated
              --require-core LEVEL
                               exit 1 if a core answer counts less
              --for-version TEXT
                               exit 1 if the sheet is for another version
              --links          also report local links that name no file;
                               verdict and exit code stay the same
              --all            show every blocker in full
  questions   print the bank, or one question of it
  spot-check  draw answers for a second person to open
              --seed TEXT      chosen by that person (default: the date)
              --number N       how many (default: 3)
  diff        compare two sheets, judged on one day

Everywhere:   --questions FILE   another question bank
              --today DATE       the day of the verdict (default: today)

Exit codes: 0 done, 1 below what is required, 2 bad input."""
# Positional arguments of each command (a "?" may be left out), and options.
_COMMANDS: dict[str, tuple[tuple[str, ...], str]] = {
    "check": (
        ("SHEET",),
        "--format --require --require-core --for-version --links --all",
    ),
    "init": (("SIZE?",), "--after"),
    "questions": (("ID?",), "--format"),
    "spot-check": (("SHEET",), "--seed --number"),
    "diff": (("OLD", "NEW"), ""),
}
_SWITCHES = ("--links", "--all")


def _arguments(argv: Sequence[str]) -> dict[str, str]:
    """Read the arguments; argparse would cost more than the verdict."""
    if not argv or {"-h", "--help"} & set(argv):
        return {"command": "help" if argv else ""}
    command, *rest = argv
    if command not in _COMMANDS:
        hint = _unknown(command, [*_COMMANDS])
        raise ReviewError(f"command {_show(command)} {hint} (see --help)")
    names, options = _COMMANDS[command]
    known = [*options.split(), "--questions", "--today"]
    given = {"command": command}
    wanted = list(names)
    while rest:
        word = rest.pop(0)
        key, equals, value = word.partition("=")
        if not (word.startswith("--") and len(word) > 2):
            if not wanted:
                raise ReviewError(f"{command} got {_show(word)} too many")
            given[wanted.pop(0).rstrip("?")] = word
        elif key not in known:
            hint = _unknown(key, known)
            raise ReviewError(f"option {_show(key)} of {command} {hint}")
        elif key in _SWITCHES:
            if equals:
                raise ReviewError(f"{key} takes no value, got {_show(value)}")
            given[key] = "yes"
        elif equals or rest:
            given[key] = value if equals else rest.pop(0)
        else:
            raise ReviewError(f"{key} needs a value (see --help)")
    missing = [name for name in wanted if not name.endswith("?")]
    if missing:
        raise ReviewError(f"{command} needs {' and '.join(missing)}")
    return given


def _choice(args: Mapping[str, str], key: str, of: Sequence[str]) -> str:
    """Return an option that is one of a few; blank if it was not given."""
    value = args.get(key, "")
    if key in args and value not in of:
        raise ReviewError(f"{key} must be {', '.join(of)}, got {_show(value)}")
    return value


def _today(args: Mapping[str, str]) -> dt.date:
    text = args.get("--today")
    if text is None:
        return dt.date.today()
    try:
        if not _DAY.fullmatch(text):
            raise ValueError
        return dt.date.fromisoformat(text)
    except ValueError:
        message = f"must be a date like 2026-11-21, got {_show(text)}"
        raise ReviewError(f"--today {message}") from None


def _say(text: str) -> None:
    try:
        print(text, flush=True)
    except BrokenPipeError:  # the reader, such as head, has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _verdict(path: str, bank: Bank, today: dt.date) -> Verdict:
    sheet, text = _read(path)
    try:
        return assess(sheet, bank, today)
    except ReviewError as error:
        raise _located(path, text, error) from None


def _example() -> int:
    path = _beside("example.toml")
    if not os.path.isfile(path):
        raise ReviewError(
            "example.toml must lie next to review.py; to judge your own "
            "sheet: review.py check SHEET"
        )
    sheet = load_sheet(path)
    try:
        verdict = assess(sheet, load_questions(), sheet.get("date", ""))
    except ReviewError as error:
        raise ReviewError(f"example.toml: {error}") from None
    _say(as_text(verdict))
    return 0


def _check(args: Mapping[str, str], bank: Bank, today: dt.date) -> int:
    form = _choice(args, "--format", ("text", "markdown", "json"))
    stage = _choice(args, "--require", STAGES)
    core = _choice(args, "--require-core", ("1", "2", "3"))
    verdict = _verdict(args["SHEET"], bank, today)
    dead = None
    if "--links" in args:
        folder = os.path.dirname(os.path.abspath(args["SHEET"]))
        dead = dead_links(verdict, folder, os.curdir)
    if form == "json":
        _say(as_json(verdict, dead=dead))
    elif form == "markdown":
        _say(as_markdown(verdict, dead=dead))
    else:
        colours = bool(sys.stdout and sys.stdout.isatty())
        colours = colours and sys.platform != "win32"
        colours = colours and not os.environ.get("NO_COLOR")
        details = len(verdict.blockers) if "--all" in args else DETAILS
        _say(as_text(verdict, bold=colours, details=details, dead=dead))
    failures = []
    if stage and STAGES.index(stage) > STAGES.index(verdict.stage):
        text = f"stage is {verdict.stage}, {stage} is required"
        if STAGES.index(stage) > STAGES.index(verdict.ceiling):
            text += f" and the {verdict.review} cannot award it"
        failures.append(text)
    if core and verdict.core_floor < int(core):
        failures.append(
            f"lowest core level is {verdict.core_floor}, {core} is required"
        )
    version = args.get("--for-version", verdict.version)
    if version != verdict.version:
        failures.append(
            f"the sheet is for version {_show(verdict.version)}, "
            f"not {_show(version)}"
        )
    for failure in failures:
        print(f"review.py: {failure}", file=sys.stderr)
    return 1 if failures else 0


def _init(args: Mapping[str, str], bank: Bank, today: dt.date) -> str:
    done: Collection[str] = ()
    if "--after" in args:
        path = args["--after"]
        sheet, text = _read(path)
        if _is_json(path, text):
            message = "is JSON; --after goes on in TOML"
            raise ReviewError(f"{_tidy(path)}: {message}")
        known = [q.id for q in bank.questions]
        done = _Table(sheet.get("answers", {}), "answers", known).raw
    size = args.get("SIZE", bank.reviews[0].id)
    return _sheet(bank, bank.review(size), today, done)


def _run(args: Mapping[str, str]) -> int:
    command = args["command"]
    if not command:
        return _example()
    if command == "help":
        _say(_HELP)
        return 0
    today = _today(args)
    bank = load_questions(args.get("--questions"))
    if command == "check":
        return _check(args, bank, today)
    if command == "init":
        _say(_init(args, bank, today))
    elif command == "questions":
        form = _choice(args, "--format", ("text", "json"))
        only = args.get("ID", "")
        _say(_dump(_data(bank)) if form == "json" else _bank_text(bank, only))
    elif command == "spot-check":
        number = args.get("--number", "3")
        if not re.fullmatch(r"[1-9][0-9]{0,2}", number):
            message = f"must be a number from 1 to 999, got {_show(number)}"
            raise ReviewError(f"--number {message}")
        verdict = _verdict(args["SHEET"], bank, today)
        seed = args.get("--seed") or str(today)
        _say(_draw(verdict, _tidy(seed), int(number)))
    else:
        old = _verdict(args["OLD"], bank, today)
        _say(_diff(old, _verdict(args["NEW"], bank, today)))
    return 0


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line.

    Args:
        argv: The arguments after the program's name; None takes them from
            the system.

    Returns:
        0 if done, 1 if a verdict is below what was required, 2 if the
            input is bad, after one line about it on standard error.
    """
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")
        if not sys.stdout.isatty():  # a redirected sheet must be UTF-8
            sys.stdout.reconfigure(encoding="utf-8")
    try:
        return _run(_arguments(sys.argv[1:] if argv is None else argv))
    except ReviewError as error:
        print(f"review.py: {error}", file=sys.stderr)
        return 2


if __name__ == "__main__":
    # Every output is flushed, and taking Python down costs time.
    os._exit(main())
