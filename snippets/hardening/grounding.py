"""Does the answer say only what its sources say?

Answers: which number, date, time, quotation, address, identifier or name of
an answer stands in none of the texts it was given, and where. Then one of
three: `pass`, `block`, or `abstain` where it has nothing to check with.

Does not answer: is a sentence true? A true number in the wrong place passes,
so does a claim without number, name or quotation, and a source that is wrong.
Text is data here: nothing that a source says is obeyed. What looks like an
instruction is noted, and a list of patterns knows only the clumsy ones.

Needs:   Python 3.11, standard library
Source:  snippets/hardening/grounding.py
Page:    snippets/hardening/grounding
Version: 1.0.1 (MIT-0)
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_left
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from typing import Any, Final, Literal

__all__ = ["Claim", "Grounding", "Note", "check_answer"]

_Key = tuple[Any, ...]  # a kind and its value; a claim has one or several
_GRAM, _DIGITS, _SHOWN = 5, 30, 60


@dataclass(frozen=True, slots=True)
class Claim:
    """One thing in the answer that must stand in a source.

    Attributes:
        kind: `number`, `date`, `time`, `quote`, `code`, `url`, `id`,
            `name`, `citation` ("[2]" needs a second source) or `hidden` (a
            character that turns the order of what is shown).
        text: As it stands in the answer.
        start: Where it begins, in characters of the answer.
        end: Where it ends; `answer[start:end]` is `text`.
        source: Index of the first source that has it; None if none has. A
            number that follows from a sum shown in the answer has -1.
    """

    kind: str
    text: str
    start: int
    end: int
    source: int | None


@dataclass(frozen=True, slots=True)
class Note:
    """Something that a person should look at. It decides nothing.

    Attributes:
        kind: `instruction`, `hidden` (characters that are not seen) or
            `lookalike` (letters of two scripts in one word).
        source: Index of the source, None for the answer.
        text: One printable line, safe for a log, at most 60 characters.
        start: Where it begins, in characters of that text.
    """

    kind: str
    source: int | None
    text: str
    start: int


@dataclass(frozen=True, slots=True)
class Grounding:
    """What to do with the answer, and why.

    Attributes:
        decision: `pass`: every claim stands in a source. `block`: at least
            one stands in none. `abstain`: the sources are too short, or
            the answer has nothing that could be checked.
        reason: The decision in one printable line.
        claims: All that was checked, in the order of the answer.
        unsupported: Those of `claims` whose source is None.
        notes: What looks like an instruction, or hides; never a reason.
    """

    decision: Literal["pass", "abstain", "block"]
    reason: str
    claims: tuple[Claim, ...]
    unsupported: tuple[Claim, ...]
    notes: tuple[Note, ...]


def check_answer(
    answer: str, sources: Sequence[str], *, min_source_words: int = 20
) -> Grounding:
    """Look up every claim of an answer in the texts it was given.

    Args:
        answer: What the model wrote, plain text or Markdown.
        sources: The texts it had to stay with. Leave the user's question
            out: an answer that repeats a sum from it would stand.
        min_source_words: With fewer words in all sources together it
            abstains; 1 or more.

    Returns:
        The decision, every claim with its place, and the notes.

    Raises:
        TypeError: `answer` or a source is no str, or `sources` is one.
        ValueError: `min_source_words` is no whole number of 1 or more.

    Example:
        >>> rules = "Return it within 30 days. Collection costs 24.50 euros."
        >>> said = "Thirty days are left, and collection is €42.50."
        >>> found = check_answer(said, [rules], min_source_words=5)
        >>> found.decision, [claim.text for claim in found.unsupported]
        ('block', ['€42.50'])
    """
    if not isinstance(answer, str):
        raise TypeError(f"answer must be a str, got {type(answer).__name__}")
    if isinstance(sources, str | bytes) or not isinstance(sources, Sequence):
        got = type(sources).__name__
        raise TypeError(f"sources must be a list of texts, got {got}")
    for i, text in enumerate(sources):
        if not isinstance(text, str):
            got = type(text).__name__
            raise TypeError(f"sources[{i}] must be a str, got {got}")
    whole = type(min_source_words) is int and min_source_words >= 1
    if not whole:
        rule = "min_source_words must be a whole number, 1 or more"
        raise ValueError(f"{rule}, got {min_source_words!r}")
    # --8<-- [start:core]
    read = [_Source(_plain(text)[0]) for text in sources]
    plain, places = _plain(answer)
    sums = _shown_sums(plain)
    claims = []
    for kind, start, end, keys in _claims(plain):
        found = next((i for i, s in enumerate(read) if s.has(keys)), None)
        if kind == "citation":
            number = int(plain[start:end].strip("[]^"))
            found = number - 1 if 1 <= number <= len(read) else None
        if found is None and _follows(keys, *sums.get(start, ((), ()))):
            found = -1
        a, b = places[start], places[end - 1] + 1
        claims.append(Claim(kind, answer[a:b], a, b, found))
    for m in re.finditer("[\u202d\u202e]", answer):  # shows another order
        claims.append(Claim("hidden", m[0], m.start(), m.end(), None))
    claims.sort(key=lambda claim: claim.start)
    unsupported = tuple(c for c in claims if c.source is None)
    words = sum(w not in _MARKS for source in read for w in source.words)
    # --8<-- [end:core]
    decision: Literal["pass", "abstain", "block"] = "pass"
    reason = f"{len(claims)} claims, each stands in a source"
    if words < min_source_words:
        decision = "abstain"
        reason = f"{words} words of source, {min_source_words} are the least"
    elif unsupported:
        decision, first = "block", unsupported[0]
        reason = f"{len(unsupported)} of {len(claims)} claims stand nowhere"
        reason += f", first the {first.kind} {_show(first.text)!r}"
    elif not claims:
        decision, reason = "abstain", "the answer has nothing to check"
    notes = list(_notes(answer, None))
    for i, text in enumerate(sources):
        notes += _notes(text, i)
    return Grounding(
        decision, reason, tuple(claims), unsupported, tuple(notes)
    )


# Text: one form for the many ways to write a character

_EMPHASIS: Final = re.compile(r"(?<![^\W_])_|_(?![^\W_])")
_VARIANT: Final = re.compile("[\ufe00-\ufe0f\U000e0100-\U000e01ef]")
_MARKS: Final = "%\u20ac$\u00a3\u00a5-"
_FORMS: Final = (
    dict.fromkeys("\u2018\u2019\u201a\u201b\u02bc\u2032", "'")
    | dict.fromkeys("\u201c\u201d\u201e\u201f\u00ab\u00bb\u2033", '"')
    | dict.fromkeys("\u2122\u00ae\u00a9", "")
    | dict.fromkeys("\u2028\u2029\u0085\r", "\n")
    | {"\u2212": "-", "\t": "  "}  # a tab parts two numbers
)


@cache
def _form(char: str) -> str:
    """The plain form of one character; empty for those that are not seen."""
    if char in _FORMS:
        return _FORMS[char]
    if (digit := unicodedata.decimal(char, None)) is not None:
        return str(digit)
    group = unicodedata.category(char)
    if group == "Cf" or _VARIANT.match(char):
        return ""
    if group in ("Zs", "Pd", "No"):  # a half and a superscript stay
        return {"Zs": " ", "Pd": "-"}.get(group, char)
    apart = unicodedata.normalize("NFKD", char)
    return "".join(c for c in apart if not "\u0300" <= c <= "\u036f")


def _plain(text: str) -> tuple[str, Sequence[int]]:
    """The text in plain form, and the place of each character of it."""
    forms = [c if " " <= c <= "~" else _form(c) for c in text]
    places = [i for i, form in enumerate(forms) for _ in form]
    # Underlines around a word are emphasis, inside it they belong to it.
    return _EMPHASIS.sub(" ", "".join(forms)), places


def _show(text: str) -> str:
    line = " ".join(text.split())
    line = line if line.isprintable() else ascii(line)[1:-1]
    return line if len(line) <= _SHOWN else line[: _SHOWN - 3] + "..."


# Units: the family, and how many of its smallest there are in one

_TABLE: Final = """
time 1 s sec secs second seconds
time 60 min mins minute minutes
time 3600 h hr hrs hour hours
time 86400 day days
time 604800 week weeks
month 1 month months
month 12 year years yr yrs
workday 1 working_day working_days business_day business_days
length 1/1000 mm millimetre millimetres
length 1/100 cm centimetre centimetres
length 1 m metre metres meter meters
length 1000 km kilometre kilometres kilometer kilometers
foot 1 ft foot feet
mile 1 mi mile miles
mass 1/1000 mg milligram milligrams
mass 1 g gram grams
mass 1000 kg kilo kilos kilogram kilograms
lb 1 lb lbs
litre 1/1000 ml millilitre millilitres
litre 1 l litre litres liter liters
power 1 w watt watts
power 1000 kw kilowatt kilowatts
energy 1 kwh
energy 1000 mwh
rate 1 mbit/s mbps
rate 1000 gbit/s gbps
data 1 mb
data 1000 gb
speed 1 km/h kmh
mph 1 mph
knot 1 kn knot knots
celsius 1 \u00b0c celsius
fahrenheit 1 \u00b0f fahrenheit
% 1 % percent per_cent pct
point 1 percentage_point percentage_points pp
EUR 1 \u20ac eur euro euros
USD 1 $ us$ usd dollar dollars
GBP 1 \u00a3 gbp pound pounds
CHF 1 chf franc francs swiss_franc swiss_francs
JPY 1 \u00a5 jpy yen
cent 1 cent cents
"""
_UNITS: Final = {
    name.replace("_", " "): (family, Fraction(one))
    for family, one, *names in map(str.split, _TABLE.strip().split("\n"))
    for name in names
}
_SCALES: Final = {
    "k": 10**3, "thousand": 10**3, "million": 10**6, "mn": 10**6,
    "billion": 10**9, "bn": 10**9, "trillion": 10**12,
}  # fmt: skip
_NUMERALS: Final = """zero one two three four five six seven eight nine ten
eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen
twenty thirty forty fifty sixty seventy eighty ninety"""
_WORDS: Final = {
    word: i if i < 20 else 10 * (i - 18)
    for i, word in enumerate(_NUMERALS.split())
}
_BIG: Final = {"dozen": 12, "hundred": 100, "thousand": 10**3}
_PARTS: Final = {
    "half": 2, "third": 3, "quarter": 4, "fifth": 5, "tenth": 10
}  # fmt: skip
_CALENDAR: Final = """january february march april may june july august
september october november december
monday tuesday wednesday thursday friday saturday sunday"""
_MONTHS, _DAYS = _CALENDAR.split()[:12], _CALENDAR.split()[12:]


def _any(words: Sequence[str]) -> str:
    longest = sorted(words, key=len, reverse=True)
    return "|".join(re.escape(w).replace(r"\ ", "[ -]") for w in longest)


_HALVES = "[\u00bc-\u00be\u2150-\u215e]"
_NUM = (
    r"(?:\d{1,3}(?:[ ']\d{3})++(?:[.,]\d++)?+(?!\d)|\d++(?:[.,']\d++)*+)"
    rf"{_HALVES}?+|{_HALVES}"
)
_WORD = f"(?:{_any([*_WORDS, *_BIG])})(?!\\w)"
_MONEY = "(?:EUR|US\\$|USD|GBP|CHF|JPY|[\u20ac$\u00a3\u00a5])"
_UNIT = f"(?i:{_any(list(_UNITS))})(?!\\w)"
_MON = "|".join(f"{m[:3].title()}(?:{m[3:]})?" for m in _MONTHS)
_MON = rf"(?:{_MON}|Sept)\b\.?"
_DAY = "|".join(f"{d[:3].title()}(?:{d[3:]}s?)?" for d in _DAYS)
_NAMED = "|".join(m.title() for m in _MONTHS if m not in ("march", "may"))
_YEAR = r"(?:,? \d{4}(?!\d))?"
_TH = "(?:st|nd|rd|th)?"
_END = r"[^\s<>\"'`|)\]]"
_PIECES: Final = {
    "skip": rf"^[ >]*+(?:\#++ *)?+\d{{1,3}}[.)] (?!{_MON})",
    "citation": r"\[\^?\d{1,3}\]",
    "url": (
        rf"(?i:https?://|www\.){_END}++"
        r"|(?<![\w.+@-])[\w+-]++(?:\.[\w+-]++)*+@[\w-]++(?:\.[\w-]++)++"
        r"|(?<![\w.@-])(?<!(?<!/)/)(?=[\w-]*[^\W\d_])"  # also after //
        r"(?![\w-]++\.[A-Z][\w-]*+(?![\w/-]|\.\w))"  # no space after a stop
        r"[\w-]++(?:\.[\w-]++)++"
        rf"(?<=[a-z][a-z])(?:/{_END}*+)?+"
    ),
    "date": (
        r"(?<![\w.-])(?:\d{4}-\d\d-\d\d(?!\d)"
        r"|\d{1,2}\.\d{1,2}\.\d{4}(?!\d)|\d{1,2}/\d{1,2}/\d{4}(?!\d)"
        rf"|(?:\d{{1,2}}{_TH}(?: ?- ?| (?:and|to|or) ))?"
        rf"\d{{1,2}}{_TH}\.? (?:of )?{_MON}{_YEAR}"
        rf"|{_MON} \d{{1,2}}{_TH}(?!\d){_YEAR}|{_MON} \d{{4}}(?!\d))"
        rf"|(?<!\w)(?:{_NAMED})(?!\w)|(?<=[nyflm] )(?:March|May)(?!\w)"
    ),
    "day": rf"(?<!\w)(?:{_DAY}|(?i:weekends?|daily))(?!\w)",
    "time": (
        r"(?<![\w:.,])(?:(?:[01]?\d|2[0-4])(?:[:.][0-5]\d(?::[0-5]\d)?)?"
        r" ?(?i:[ap]\.?m\b\.?|o'clock\b)"
        r"|(?:[01]?\d|2[0-4]):[0-5]\d(?::[0-5]\d)?(?![\w:]))"
        r"|(?<!\w)(?i:noon|midday|midnight)(?!\w)"
    ),
    "phone": (
        r"(?<![\w.,+-])(?:\+\d|0\d)(?:[ ()/-]{0,2}\d){6,18}(?![\w-])"
        r"|(?<!\w)[A-Z]{2}\d\d(?: ?[A-Z\d]{4}){2,7}(?: ?[A-Z\d]{1,4})?(?!\w)"
    ),
    "number": (
        rf"(?<![\w.,])(?:(?:(?<![\w)-])-)?(?:(?P<cur>{_MONEY}) ?)?"
        rf"(?P<num>{_NUM})"
        rf"(?:[ -]?(?P<scale>(?i:{_any(list(_SCALES))}))(?!\w))?"
        rf"(?P<half> and a half(?!\w))?(?:[ -]?(?P<unit>{_UNIT}))?"
        r"(?:(?i:st|nd|rd|th|s|x)(?!\w))?(?!\w)(?!/\d)"
        r"|(?P<ratio>\d{1,3}/\d{1,3})(?![\w/]))"
    ),
    "words": (
        r"(?<![\w-])(?i:(?:(?:an? |one[ -]|(?P<times>two|three|four)[ -])"
        r"(?P<part>third|quarter|fifth|tenth)s?|(?P<one>half|halves)"
        r"(?P<hour> an hour)?)(?!\w| past)"
        rf"|(?:a (?=[hdt]))?(?P<spelt>{_WORD}"
        rf"(?:(?:[ -]|(?<=[en]d) and ){_WORD})*)"  # hundred and, thousand and
        r"(?P<mega> (?:m|b|tr)illion)?(?P<more> and a half)?"
        rf"(?:[ -](?P<of>{_UNIT}))?)(?!\w)"
    ),
    "id": (
        r"(?<![\w.])(?:[A-Z]{1,4} \d{1,5}[A-Z]?(?![\w.,]*\w)"
        r"|(?=[^\W\d][\w/-]{0,40}?\d|\d++[^\W\d])\w++(?:[-/.]\w++)*+)"
    ),
    "word": r"[^\W\d_](?:\w|[-'&](?=\w))*+",
}
_QUOTED: Final = {
    "code": r"`[^`\n]+`",
    "quote": (
        r'(?<!\w)"[^"]+"(?!\w)|^> ?.+$'
        r"|(?<!\w)'(?:[^'\n]|(?<=\w)'(?=\w))++'(?!\w)"
    ),
}


def _compile(pieces: dict[str, str]) -> re.Pattern[str]:
    joined = "|".join(f"(?P<{kind}>{p})" for kind, p in pieces.items())
    return re.compile(joined, re.MULTILINE)


_IN_SOURCE, _IN_ANSWER = _compile(_PIECES), _compile(_QUOTED | _PIECES)
_WRAPPED = re.compile(
    r"(?<=[a-z0-9,;])\n(?=[a-z0-9(])(?!\d{1,3}[.)] )|(?<=\d)\n(?=[A-Z])"
)
_ABOUT = re.compile(
    r"(?:\b(?:about|around|roughly|approximately|circa|ca\.?|close to"
    r"|(?P<below>nearly|almost)) |[~\u2248] ?)$",
    re.IGNORECASE,
)
_HEADING = re.compile(r"^ {0,3}#{1,6} .*$", re.MULTILINE)
_LISTED = re.compile(  # "two options": the answer counts its own list
    r" (?:other |more )?(?:ways?|options?|things?|steps?|points?|reasons?"
    r"|cases?|parts?|possibilit(?:y|ies)|questions?|of (?:them|these))(?!\w)"
)
_TITLES: Final = ("mr", "mrs", "ms", "dr", "prof", "sir")
_COMMON: Final = re.compile(
    "i('.*)?|ok|yes|no|not|and|or|all|only|must|if|faq|ps|nb|pdf|url|sms",
    re.IGNORECASE,
)
_JOINS: Final = ("of", "de", "du", "la", "van", "von", "der", "den", "da")
_Span = tuple[str, int, int, list[_Key]]


def _claims(text: str) -> Iterator[_Span]:
    """Kind, start, end and keys of what must stand in a source."""
    text = _WRAPPED.sub(" ", text)
    heads = [m.span() for m in _HEADING.finditer(text)]  # names, by habit
    run: list[re.Match[str]] = []
    for m in _IN_ANSWER.finditer(text):
        kind = str(m.lastgroup)
        gap = text[run[-1].end() : m.start()] if run else ""
        title = len(run) == 1 and run[0][0].lower() in _TITLES
        joined = run and (
            gap == " " or gap[1:-1] in _JOINS or (gap == ". " and title)
        )
        if kind == "word" and run and gap == " " and m[0] in _JOINS:
            continue  # the next word decides
        if run and not (joined and kind == "word" and m[0][0].isupper()):
            yield from _name(text, run)
            run = []
        if kind == "word":
            i = bisect_left(heads, (m.start(),))
            headed = i > 0 and m.start() < heads[i - 1][1]
            run += [m] if m[0][0].isupper() and not headed else []
        elif kind != "skip":
            yield from _claim(text, m, kind)
    if run:
        yield from _name(text, run)


def _claim(text: str, m: re.Match[str], kind: str) -> Iterator[_Span]:
    start, end = m.span()
    if kind == "quote":
        parts = re.split(r"\.\.\.|\[[^\[\]]*\]", m[0].strip("\"'> "))
        said = [tuple(_words(part)) for part in parts]
        if any(said):
            yield kind, start, end, [("phrases", *said)]
        return
    if kind == "code":
        if words := tuple(_words(m[0])):
            yield kind, start, end, [("code", m[0].strip("`"), words)]
        return
    if _WORDS.get(m[0].lower(), 99) <= 10 and _LISTED.match(text, end):
        return
    keys = _keys(m, kind)
    if not keys or (kind == "words" and m[0].lower() == "one"):
        return
    if kind == "date" and "/" not in m[0]:  # each day of "25 and 26 May"
        for key in keys:
            yield kind, start, end, [key]
        return
    if kind == "url":
        end = start + len(m[0].rstrip(".,;:!?*_"))
    elif keys[0][0] == "number" and (
        about := _ABOUT.search(text[max(0, start - 16) : start])
    ):
        keys = [_loosened(key, m, bool(about["below"])) for key in keys]
    shown = {"phone": "id", "words": "number", "day": "date"}
    if kind == "number" and keys[0][0] == "id":
        shown["number"] = "id"
    yield shown.get(kind, kind), start, end, keys


def _name(text: str, run: list[re.Match[str]]) -> Iterator[_Span]:
    """A run of capitalised words, less a word that opens a sentence."""
    start, end = run[0].start(), run[-1].end()
    before = text[max(0, start - 12) : start].rstrip(" *_\"'([#>`~")
    opens = not before or before[-1] in ".!?:;\n|-\u2022"
    words = _words(text[start:end])
    known = len(words) > 1 and words[0] in _TITLES
    keys: list[_Key] = [("phrases", tuple(words[known:]))]
    if opens and not re.search("[A-Z]", run[0][0][1:]):
        words = words[len(_words(run[0][0])) :]
        keys.append(("phrases", tuple(words)))
    if len(run) == 1:
        if run[0][0].isupper():
            keys.append(("id", _compact(run[0][0])))
        if len(run[0][0]) == 1 or _COMMON.fullmatch(run[0][0]):
            return
    if words:
        yield "name", start, end, keys


def _words(text: str) -> list[str]:
    plain = re.sub(r"'s\b", "", text.casefold())
    minus = rf"(?<![\w)-])-(?=[{_MARKS[1:-1]}\d])"
    return re.findall(rf"\w+|[{_MARKS[:-1]}]|{minus}", plain)


def _compact(text: str) -> str:
    return re.sub(r"[\W_]", "", text).casefold()


def _keys(m: re.Match[str], kind: str) -> list[_Key]:
    """What a piece says, in each way that it can be read."""
    text = m[0]
    if kind == "url":
        if re.search(r"[A-Z][^./@]*$", text) and not re.search("[/@]", text):
            return []  # two sentences without a space between them
        plain = re.sub(r"^(?i:https?://)?(?i:www\.)?", "", text)
        host, slash, path = plain.rstrip(".,;:!?*_").partition("/")
        keys: list[_Key] = [("url", host.lower() + (slash + path).rstrip("/"))]
        numeric = re.fullmatch(r"[\d.]+", host) and not path
        return [*keys, ("id", _compact(host))] if numeric else keys
    if kind in ("id", "phone"):
        return [("id", _compact(text))]
    if kind == "citation":
        return [("citation", text)]
    if kind == "date":
        dates = [("date", *each) for each in _dates(text)]
        return dates or [("id", _compact(text))]
    if kind == "day":
        name = text.lower()
        return [("day", "weekend" if "kend" in name else name[:3])]
    if kind == "time":
        return [("time", *_clock(text))]
    if kind == "words":
        return _spelt(m)
    return _numeric(m)


def _dates(text: str) -> list[tuple[int | None, int, int | None]]:
    """Year, month and day, None where not said; two readings of 3/4/2026."""
    numbers = [int(n) for n in re.findall(r"\d+", text)]
    month = re.search(_MON, text)
    if month:
        at = [m[:3] for m in _MONTHS].index(month[0][:3].lower()) + 1
        year = numbers.pop() if numbers and numbers[-1] > 31 else None
        days: Sequence[int | None] = numbers or [None]
        return [(year, at, day) for day in days]
    if "-" in text:
        return [(numbers[0], numbers[1], numbers[2])]
    a, b, year = numbers
    both = {(year, b, a), (year, a, b)} if "/" in text else {(year, b, a)}
    return sorted(each for each in both if 1 <= each[1] <= 12)


def _clock(text: str) -> tuple[int, int]:
    """Minutes after midnight, and seconds."""
    said = text.lower().replace(".", ":")
    if not said[0].isdigit():
        return (0 if said == "midnight" else 720), 0
    told = [int(n) for n in re.findall(r"\d+", said)]
    hour, minute, second = [*told, 0, 0][:3]
    if "p" in said or re.search(r"\da|\d a", said):
        hour = hour % 12 + 12 * ("p" in said)
    return (60 * hour + minute) % 1440, second


def _numeric(m: re.Match[str]) -> list[_Key]:
    """A number in digits, with its currency, scale and unit."""
    if m["ratio"]:
        top, under = map(int, m["ratio"].split("/"))
        share = Fraction(top, under) if under else Fraction(-1)
        return [("number", share, share, "share")]
    values = _values(m["num"])
    if not values:
        return [("id", _compact(m["num"]))]
    scale = _SCALES.get((m["scale"] or "").lower(), 1)
    sign = -1 if m[0].startswith("-") else 1
    unit = (m["cur"] or m["unit"] or "").lower().replace("-", " ")
    more = Fraction(1, 2) if m["half"] else 0
    said = [sign * scale * (value + more) for value in values]
    keys = [_number(value, unit) for value in said]
    if unit in ("pound", "pounds"):
        keys += [("number", v, v, "lb") for v in said]
    at = re.fullmatch(r"([01]?\d|2[0-3])\.([0-5]\d)", m[0])
    return [*keys, ("time", *_clock(m[0]))] if at else keys


def _number(value: Fraction, unit: str) -> _Key:
    family, one = _UNITS.get(unit, ("", Fraction(1)))
    return ("number", value, value * one, family)


def _values(text: str) -> list[Fraction]:
    """What the digits may mean; nothing if they are a version or too long."""
    more = Fraction(0)
    if not text[-1].isdigit():
        more = Fraction(unicodedata.numeric(text[-1])).limit_denominator(12)
        text = text[:-1] or "0"
    text = text.replace(" ", "").replace("'", "")
    if len(text) > _DIGITS:
        return []
    marks = re.findall("[.,]", text)
    groups = re.split("[.,]", text)
    whole = Fraction(int("".join(groups)))
    part = whole / 10 ** len(groups[-1])
    if not marks:
        return [whole + more]
    thousands = all(len(g) == 3 for g in groups[1:-1]) and len(groups[0]) < 4
    if len(set(marks)) == 2:
        plain = thousands and marks[-1] not in marks[:-1]
        return [part + more] if plain else []
    if len(marks) > 1:
        return [whole] if thousands and len(groups[-1]) == 3 else []
    if len(groups[1]) == 3 and groups[0] != "0" and len(groups[0]) < 4:
        return [whole, part]  # 1,234 and 1.234: both readings
    return [part]


def _spelt(m: re.Match[str]) -> list[_Key]:
    """A number in words: "twelve days", "two thirds", "half an hour"."""
    if m["hour"]:
        return [_number(Fraction(1, 2), "hour")]
    if m["part"] or m["one"]:
        times = _WORDS.get((m["times"] or "one").lower(), 1)
        share = Fraction(times, _PARTS[(m["part"] or "half").lower()])
        return [("number", share, share, "share")]
    total, group = 0, 0
    for word in re.findall("[a-z]+", m["spelt"].lower()):
        if word in _WORDS:
            group += _WORDS[word]
        elif word in _BIG:
            group = max(group, 1) * _BIG[word]
            if word == "thousand":
                total, group = total + group, 0
    value = Fraction(total + group)
    if m["mega"]:
        value *= _SCALES[m["mega"].strip().lower()]
    value += Fraction(1, 2) if m["more"] else 0
    return [_number(value, (m["of"] or "").lower().replace("-", " "))]


def _loosened(key: _Key, m: re.Match[str], below: bool) -> _Key:
    """After "about": within half of its last digit, and within 10 %."""
    if key[0] != "number":
        return key
    _, raw, base, family = key
    digits = re.sub(r"\D", "", m["num"] or "") or "0"
    decimals = re.search(r"[.,](\d{1,2}|\d{4,})$", m["num"] or "")
    zeros = 0 if decimals else len(digits) - len(digits.rstrip("0"))
    last = Fraction(10) ** (-len(decimals[1]) if decimals else zeros)
    scale = _SCALES.get((m["scale"] or "").lower(), 1)
    off = min(last * scale / 2, abs(raw) / 10) if m["num"] else abs(raw) / 10
    return ("number", raw, base, family, off, 0 if below else off)


_OPERATOR = r"[-+*/x\u00d7\u00f7]"
_AMOUNT = rf"(?:{_MONEY} ?)?({_NUM})(?: ?(?:{_UNIT}|[%\u20ac$\u00a3]))?"
_SUM = re.compile(
    rf"(?<![\w.,]){_AMOUNT}(?: ?{_OPERATOR} ?{_AMOUNT}){{1,6}} ?$"
)
_TERM = re.compile(rf"({_OPERATOR})? ?{_AMOUNT}")


_Sums = dict[int, tuple[Collection[Fraction], Collection[str]]]


def _shown_sums(text: str) -> _Sums:
    """Where results of sums begin, what they must be, and in which units."""
    found: _Sums = {}
    for equals in re.finditer("= ?", text):
        left = _SUM.search(text[max(0, equals.start() - 80) : equals.start()])
        totals = set()
        for way in (0, -1) if left else ():  # 1,234 has two readings
            terms: list[Fraction] = []
            for term in _TERM.finditer(left[0] if left else ""):
                value = (_values(term[2]) or [Fraction(0)])[way]
                if term[1] in ("x", "*", "\u00d7") and terms:
                    terms[-1] *= value
                elif term[1] in ("/", "\u00f7") and terms and value:
                    terms[-1] /= value
                else:
                    terms.append(-value if term[1] == "-" else value)
            totals.add(sum(terms, Fraction(0)))
        if left:
            found[equals.end()] = totals, _families(left[0])
    return found


def _follows(
    keys: Sequence[_Key], totals: Collection[Fraction], units: Collection[str]
) -> bool:
    """Whether one reading is a total, in a unit that the sum speaks of."""
    return any(
        key[0] == "number"
        and key[1] in totals
        and (not key[3] or not units or key[3] in units)
        for key in keys
    )


def _families(text: str) -> set[str]:
    """The families of all units in a text."""
    named = re.findall(rf"(?<!\w)(?:{_UNIT})|[{_MARKS[:-1]}]", text)
    return {_UNITS[name.lower().replace("-", " ")][0] for name in named}


class _Source:
    """One text, ready to be asked what stands in it."""

    def __init__(self, plain: str) -> None:
        self.text = " ".join(plain.split())
        self.words = _words(plain)
        self._joined = f" {' '.join(self.words)} "
        self._grams: dict[int, set[str]] = {}
        self._known: set[_Key] = set()
        self._numbers: dict[str, list[Fraction]] = {}
        text = _WRAPPED.sub(" ", re.sub(r"[`\"]", " ", plain))
        last = (-1, "")
        number, before = _number(Fraction(0), ""), -9
        for m in _IN_SOURCE.finditer(text):
            kind, (start, end) = str(m.lastgroup), m.span()
            if kind == "id" and " " in m[0]:  # "KA 417" is also a number
                inside = Fraction(re.sub(r"\D", "", m[0]))
                self._keep("any", inside)
            if kind == "word" and m[0].isupper():
                self._known.add(("id", _compact(m[0])))
            if kind in ("skip", "word", "citation"):
                continue
            keys = _keys(m, kind)
            for key in keys:
                self._add(key, text[end : end + 2])
            if kind in ("number", "words") and keys[0][0] == "number":
                self._range(number, keys[0], text[before:start])
                number, before = keys[0], end
            if kind == "day":
                if text[last[0] : m.start()].strip() in ("-", "to", "until"):
                    self._days_between(last[1], m[0])
                last = (end, m[0])
        for values in self._numbers.values():
            values.sort()
        self._units = _families(text)

    def _add(self, key: _Key, after: str) -> None:
        if key[0] == "number":
            _, raw, base, family = key
            self._keep(family, base)
            self._keep("any", raw)
            # No word follows: the unit may stand in the head of a table.
            if not (family or re.match(r" ?\w|-", after)):
                self._keep("open", raw)
            return
        self._known.add(key)
        if key[0] == "date":
            _, year, month, day = key
            self._known.add(("date", None, month, day))
            self._known.add(("date", None, month, None))
            if year:
                self._known.add(("date", year, month, None))
                self._keep("any", Fraction(year))
            else:
                self._known.add(("yearless", month, day))
        elif key[0] == "time":
            self._known.add((*key[:2], 0))
        elif key[0] == "url":
            self._known.add(("url", key[1].partition("/")[0]))
        elif key[0] == "day" and key[1] in ("weekend", "dai"):
            names = _DAYS[5:] if key[1] == "weekend" else _DAYS
            self._known |= {("day", name[:3]) for name in names}

    def _range(self, first: _Key, second: _Key, gap: str) -> None:
        """In "15 to 20 days" the first number has the unit of the second."""
        if first[3] == "" != second[3] and gap.strip() in _BETWEEN:
            one = second[2] / second[1] if second[1] else Fraction(1)
            self._keep(second[3], first[1] * one)

    def _keep(self, family: str, value: Fraction) -> None:
        self._numbers.setdefault(family, []).append(value)

    def _days_between(self, first: str, last: str) -> None:
        short = [name[:3] for name in _DAYS]
        ends = (first[:3].lower(), last[:3].lower())
        if all(end in short for end in ends):
            i, j = (short.index(end) for end in ends)
            self._known |= {
                ("day", short[k % 7]) for k in range(i, j + 1 + 7 * (j < i))
            }

    def has(self, keys: Sequence[_Key]) -> bool:
        """Whether one of these readings stands in this text."""
        return any(key in self._known or self._finds(key) for key in keys)

    def _finds(self, key: _Key) -> bool:
        if key[0] == "phrases":
            return all(self._says(words) for words in key[1:] if words)
        if key[0] == "code":
            return self._says(key[2]) and key[1].strip() in self.text
        if (
            key[0] == "date"
            and key[1]
            and ("yearless", *key[2:]) in self._known
        ):
            return self._near("any", Fraction(key[1]))
        if key[0] != "number":
            return False
        _, raw, base, family, *off = key
        if family == "share":
            return self._near("share", raw, *off) or self._near(
                "%", 100 * raw, *(100 * x for x in off)
            )
        if not family:
            return self._near("any", raw, *off)
        scaled = [x * base / raw if raw else x for x in off]
        return (
            self._near(family, base, *scaled)
            or (family == "%" and self._near("share", raw / 100))
            or (family in self._units and self._near("open", raw, *off))
        )

    def _near(
        self,
        family: str,
        value: Fraction,
        under: Fraction = Fraction(0),
        over: Fraction = Fraction(0),
    ) -> bool:
        values = self._numbers.get(family, [])
        i = bisect_left(values, value - abs(under))
        return i < len(values) and values[i] <= value + abs(over)

    def _says(self, words: Sequence[str]) -> bool:
        """Whether these words stand there, in this order and side by side.

        Runs of a few words are looked up first, so the time stays close to
        linear.
        """
        n = min(len(words), _GRAM)
        if n not in self._grams:
            rows = zip(*(self.words[i:] for i in range(n)), strict=False)
            self._grams[n] = {" ".join(row) for row in rows}
        runs = (words[i : i + n] for i in range(len(words) - n + 1))
        if not all(" ".join(run) in self._grams[n] for run in runs):
            return False
        return n < _GRAM or f" {' '.join(words)} " in self._joined


_BETWEEN: Final = frozenset(("-", "to", "and", "or", "until"))
_SIGNS: Final = re.compile(
    r"(?:ignore|disregard|forget|override|bypass)\b[^.\n]{0,40}\b(?:previous"
    r"|prior|above|earlier|all|any|your|these|the)\b[^.\n]{0,30}\b(?:instruct"
    r"|rule|prompt|guideline|direction|polic|message|context|restriction)"
    r"|\byou are (?:now|no longer)\b|\bsystem prompt\b|\bdeveloper mode\b"
    r"|\b(?:new|updated|real|hidden) (?:instruction|system|task|order)s?\s*:"
    r"|\b(?:act|behave|respond) as (?:if|an?|the)\b"
    r"|\bpretend (?:to|you|that)\b|\bjailbreak"
    r"|\b(?:do not|don't|never) (?:tell|mention|reveal|inform|warn)\b"
    r"|\b(?:reveal|print|repeat|show|output) (?:your|the) (?:\w+ )?(?:prompt"
    r"|instruction|password|key|secret)"
    r"|\b(?:reply|respond|answer) (?:only )?with\b"
    r"|\b(?:say|tell) (?:the )?user|^[^\w\n]{0,9}(?:system|assistant) ?:"
    r"|<\|?/?(?:system|assistant|user|im_start|instructions?)\b|\[/?inst\]"
    r"|\b(?:ai|language model|assistant|chatbot)s?,? (?:must|should|reading"
    r"|processing|you|please)\b"
    r"|\b(?:call|invoke|execute|run) the (?:\w+ )?(?:tool|function|command)"
    r"|\b(?:forward|send|e-?mail|upload|post) (?:all|this|the|every)\b"
    r"[^.\n]{0,40}\bto\b[^.\n]{0,20}(?:@|https?:)",
    re.IGNORECASE | re.MULTILINE,
)
_UNSEEN: Final = re.compile(
    "[\u200b\u2060\ufeff\u180e\u202a-\u202e\u2066-\u2069\U000e0000-\U000e01ef]"
)


@cache
def _script(char: str) -> str:
    name = unicodedata.name(char, "").split(" ")[0] if char.isalpha() else ""
    return name if name in ("LATIN", "CYRILLIC", "GREEK") else ""


def _notes(text: str, source: int | None) -> Iterator[Note]:
    """What a person should see; read, and never obeyed."""
    unseen = "".join(
        chr(ord(c) - 0xE0000) if "\U000e0020" <= c <= "\U000e007e" else c
        for c in text
    )
    plain, places = _plain(unseen)
    for m in _SIGNS.finditer(plain):
        start = places[m.start()]
        line = _show(plain[m.start() : m.start() + 2 * _SHOWN])
        yield Note("instruction", source, line, start)
    if found := _UNSEEN.search(text):
        around = text[max(0, found.start() - 20) : found.start() + 40]
        yield Note("hidden", source, _show(ascii(around)[1:-1]), found.start())
    if text.isascii():
        return
    for word in re.finditer(r"[^\W\d_]{2,}", text):
        if len({_script(c) for c in word[0]} - {""}) > 1:
            line = _show(ascii(word[0])[1:-1])
            yield Note("lookalike", source, line, word.start())


if __name__ == "__main__":
    rules = "Return it within 30 days. Collection costs 24.50 EUR. "
    rules += "The frame is guaranteed for 12 years. Ask Marta Quill."
    said = "You have 60 days; Marta Quinn collects it for \u20ac24.50."
    found = check_answer(said, [rules], min_source_words=15)
    print(found.decision, found.reason, sep=": ")
    for c in found.claims:
        print(f"{c.start:>3} {c.kind:<7} {c.text:<12}", c.source)
