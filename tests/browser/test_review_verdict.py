"""Python and the browser judge alike: same verdict, same words, same refusal.

Every sheet here is a file: Python reads it as the command line does, the
module of the page reads the same bytes in Chromium. One call judges many.
"""

import base64
import itertools
import json
import random
import unicodedata
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from snippets.readiness import review
from snippets.readiness.review import (
    ReviewError,
    as_json,
    as_markdown,
    load_questions,
    load_sheet,
)

TODAY = date(2026, 11, 21)
BANK = load_questions()
IDS = [q.id for q in BANK.questions]
SIZES = {row.id: [q.id for q in BANK.asked(row)] for row in BANK.reviews}
HERE = Path(review.__file__).parent
Sheet = dict[str, Any]
Judge = Callable[[dict[str, bytes]], dict[str, list[str]]]

JUDGE = """
async ([root, today, cases]) => {
  const rules = await import(root + "assets/js/review-verdict.js");
  const answer = await fetch(root + "assets/js/review-bank.json");
  const bank = await answer.json();
  const rest = await fetch(root + "assets/js/review-bank-rest.json");
  rules.addTexts(bank, await rest.json());
  const judged = {};
  for (const [key, [name, packed]] of Object.entries(cases)) {
    const bytes = Uint8Array.from(atob(packed), c => c.charCodeAt(0));
    try {
      const { sheet, place } = rules.read(name, bytes);
      let verdict;
      try { verdict = rules.assess(sheet, bank, today); }
      catch (error) {
        throw error instanceof rules.ReviewError ? place(error) : error;
      }
      const again = rules.parse(rules.dump(sheet));
      if (rules.asJson(rules.assess(again, bank, today))
          !== rules.asJson(verdict)) throw new Error("dump changes a sheet");
      judged[key] = [rules.asJson(verdict), rules.asMarkdown(verdict)];
    } catch (error) {
      const known = error instanceof rules.ReviewError;
      judged[key] = [(known ? "refused: " : "broken: ") + error.message];
    }
  }
  return judged;
}
"""


@pytest.fixture(scope="module")
def tab(browser: Browser, address: str) -> Iterator[Page]:
    """A tab on the site, in a locale whose i has no dot."""
    context = browser.new_context(locale="tr-TR")
    page = context.new_page()
    page.goto(address + "404.html")
    yield page
    context.close()


@pytest.fixture(scope="module")
def in_browser(tab: Page, address: str) -> Judge:
    """Judge files, by name and bytes, with the module of the page."""

    def judge(cases: dict[str, bytes]) -> dict[str, list[str]]:
        packed = {
            key: [named(key), base64.b64encode(raw).decode()]
            for key, raw in cases.items()
        }
        given = [address, str(TODAY), packed]
        return dict(tab.evaluate(JUDGE, given))

    return judge


def named(key: str) -> str:
    return key if "." in key else f"{key}.json"


@pytest.fixture
def in_python(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Judge:
    """Judge the same files as the command line does."""
    monkeypatch.chdir(tmp_path)

    def one(key: str, raw: bytes) -> list[str]:
        path = Path(named(key))
        path.write_bytes(raw)
        try:
            verdict = review._verdict(str(path), BANK, TODAY)
        except ReviewError as error:
            return [f"refused: {error}"]
        return [as_json(verdict), as_markdown(verdict)]

    return lambda cases: {key: one(key, raw) for key, raw in cases.items()}


def agree(
    cases: dict[str, bytes], in_browser: Judge, in_python: Judge
) -> dict[str, list[str]]:
    """Judge all in both, compare, and give what they said."""
    here, there = in_python(cases), in_browser(cases)
    assert {
        key: (here[key], there[key])
        for key in cases
        if plain(here[key]) != plain(there[key])
    } == {}
    return here


def plain(said: list[str]) -> list[str]:
    """Python 3.13 has a name of its own for one comma too many."""
    comma = "Illegal trailing comma", "Expecting value", "Expecting property"
    if any(f"valid JSON: {name}" in said[0] for name in comma):
        return [said[0].partition(" valid JSON: ")[0]]
    return said


def packed(sheet: object, **options: Any) -> bytes:
    return json.dumps(sheet, default=str, **options).encode()


def days_ago(number: int) -> str:
    return str(TODAY - timedelta(days=number))


# --- Three hundred random sheets ----------------------------------------

NAMES = ["Ada", "ada ", "ADA", "Stra\u00dfe", "STRASSE", "Grace", "\u0130nci"]
NAMES += ["i\u0307nci", "\u03a3\u03af\u03c3\u03c5\u03c6\u03bf\u03c2", "a_d-a"]
NAMES += ["\u03c3\u03af\u03c3\u03c5\u03c6\u03bf\u03c3", "", "n/a", "Un_Known"]
TEXTS = ["docs/page.md", "https://example.invalid/a?b=1#c", "", "runs/7.txt"]
TEXTS += ["planned", "<script>alert(1)</script>", "a | b\n`c` *d* [e](f)"]
TEXTS += ["\u202eevil", "\x1b[2J", "\u00a0 x \u2003y\u3000", "\ufeffbom"]
TEXTS += ["\U0001f6a8 alarm", "\ud800", "T\u00c9L\u00c9", "\u200dx\u200c"]
TEXTS += ["e\u0301", "\u0378", "\ue000", "\x85", "\x1c", "x" * 2000]
WRONG: list[Any] = [
    None,
    True,
    False,
    7,
    2.0,
    -0.0,
    1e300,
    [],
    [1, "a'b", {}],
    {},
]
WRONG += ["x" * 2001, "\U0001f6a8" * 2001, 2**70, -(2**53) - 1, "yes"]


def random_sheet(seed: int) -> Sheet:
    """A sheet that is mostly in order; every fifth holds wrong values."""
    rng = random.Random(seed)
    sick = rng.random() < 0.2
    strong = rng.choice([rng.random(), 0.99, 1.0, 1.0])

    def text() -> Any:
        if sick and rng.random() < 0.004:
            return rng.choice(WRONG)
        return rng.choice(TEXTS)

    def person() -> Any:
        return text() if rng.random() < 0.1 else rng.choice(NAMES[:11])

    def day(blank: float = 0.1) -> Any:
        if blank and strong > 0.8:
            blank = 0.01
        if rng.random() < blank:
            return rng.choice(["", "unknown", "N/A", " tbd "])
        if sick and rng.random() < 0.01:
            bad = ["2026-11-22", "2026-02-30", "21.11.2026", 20261121, None]
            return rng.choice([*bad, "0000-01-01", "2026-1-1", "2026-11-21 "])
        return days_ago(int(rng.expovariate(1 / (20 + 150 * (1 - strong)))))

    def level() -> Any:
        if sick and rng.random() < 0.02:
            return rng.choice([4, -1, "2", 2.0, True, None, 2**64, [2], "x"])
        if sick or (rng.random() < 0.1 and strong < 0.7):
            words = ["", "stated", "ENFORCED", "nothing_to-show", "planned"]
            return rng.choice([*words, "Demonstrated ", "?"])
        return 3 if strong > 0.8 else rng.randrange(4)

    def answer(name: str) -> Sheet:
        row: Sheet = {"level": level(), "link": text(), "date": day()}
        row |= {"owner": person(), "result": text(), "verified_by": person()}
        if rng.random() < strong:
            row |= {"link": "docs/page.md", "owner": rng.choice(NAMES[:5])}
            row |= {"result": "runs/7", "verified_by": rng.choice(NAMES[5:9])}
            row["date"] = day(0)
        if rng.random() < 0.2:
            row["verified_on"] = day()
        may = {q.id for q in BANK.questions if q.may_be_na}
        if rng.random() < (0.4 if name in may else 0.02 * (1 - strong)):
            row |= {"level": 0, "not_applicable": text(), "approver": text()}
        if rng.random() < 0.1:
            row["note"] = text()
        for key in list(row):
            if rng.random() < 0.1 * (1 - strong):
                del row[key]
        return row

    size = rng.choice([*SIZES, *SIZES, "", "full"])
    ids = IDS if rng.random() < 0.5 else SIZES.get(size, IDS)
    ids = [x for x in ids if rng.random() < 0.99 or strong > 0.95]
    rng.shuffle(ids)
    sheet: Sheet = {"system": "s " + rng.choice(TEXTS[:4]), "version": "1"}
    sheet |= {"population": "p", "date": days_ago(rng.randrange(9))}
    sheet |= {"review": size, "answers": {x: answer(x) for x in ids}}
    sheet |= {"score": text(), "note": text()}
    if rng.random() < 0.5:
        sheet["bank"] = rng.choice([BANK.version, "1.0", "", "<b>"])
    if rng.random() < 0.9:
        sheet["live"] = {
            fact.id: {"date": day(), "link": "log", "owner": rng.choice(NAMES)}
            for fact in BANK.live
            if rng.random() < strong
        }
    beyond = [q.id for q in BANK.questions if not q.core]
    if rng.random() < 0.5:
        sheet["accepted_risks"] = [
            {
                "question": rng.choice(beyond if rng.random() < 0.9 else IDS),
                "owner": person(),
                "reason": text(),
                "date": days_ago(rng.randrange(60)),
                "until": days_ago(rng.randrange(-60, 20)),
            }
            for _ in range(rng.choice([1, 2, 3, 4]))
        ]
    if rng.random() < 0.3 * (1.1 - strong):
        sheet["spot_checks"] = [
            {
                "question": rng.choice(IDS),
                "date": days_ago(rng.randrange(40)),
                "by": rng.choice(NAMES[:4]),
                "refuted": rng.random() < 0.5,
                "note": text(),
            }
            for _ in range(rng.choice([1, 2, 3]))
        ]
    if sick and rng.random() < 0.3:
        where = rng.choice(["top", "answers", "row", "live", "scope"])
        if where == "top":
            sheet[rng.choice(["anwsers", "Review", "", "x" * 99])] = text()
        elif where == "answers":
            sheet["answers"][
                rng.choice(["OWN-1", "own-01", "\U0001f6a8"])
            ] = {}
        elif where == "row" and ids:
            sheet["answers"][ids[0]][rng.choice(["verifed_by", "Level"])] = 1
        elif where == "live":
            sheet["live"] = rng.choice([{"drill": {}}, [], None, "x"])
        else:
            sheet[rng.choice(["system", "date"])] = rng.choice(["", None, 3])
    return sheet


def test_three_hundred_random_sheets_get_the_same_verdict(
    in_browser: Judge, in_python: Judge
) -> None:
    cases = {}
    for seed in range(300):
        sheet = random_sheet(seed)
        options = {"ensure_ascii": seed % 2 == 0, "indent": seed % 3}
        text = json.dumps(sheet, **options)  # type: ignore[arg-type]
        cases[f"sheet{seed}"] = text.encode("utf-8", "replace")
    said = agree(cases, in_browser, in_python)
    stages = [json.loads(x[0])["stage"] for x in said.values() if len(x) > 1]
    # All four stages and refusals are among them, or this compares little.
    assert min(map(stages.count, review.STAGES)) >= 5
    assert 20 <= 300 - len(stages) <= 90


# --- The edge of every rule ---------------------------------------------


def answer(**more: Any) -> Sheet:
    base = {"level": 3, "link": "docs/page.md", "date": days_ago(1)}
    more = {"result": "runs/7", "verified_by": "Grace"} | more
    return {**base, "owner": "Ada", **more}


def whole(**more: Any) -> Sheet:
    """The best sheet there is, with changes at the top."""
    fact = {"date": days_ago(1), "link": "log", "owner": "Ada"}
    return {
        "system": "s",
        "version": "1",
        "population": "p",
        "date": days_ago(0),
        "answers": {name: answer() for name in IDS},
        "live": {row.id: fact for row in BANK.live},
        **more,
    }


def short(**more: Any) -> Sheet:
    return whole(review="five-minute", answers={}) | more


def one(name: str = "OWN-01", **more: Any) -> Sheet:
    """The best sheet with one answer changed; a short one for the core."""
    sheet = whole()
    if name == "OWN-01":
        sheet["review"] = "five-minute"
    sheet["answers"] = {**sheet["answers"], name: answer(**more)}
    return sheet


def risk(name: str = "SLC-01", **more: Any) -> Sheet:
    start, until = days_ago(5), days_ago(-30)
    base = {"question": name, "owner": "Ada", "reason": "r"}
    return {**base, "date": start, "until": until, **more}


def risks(*rows: Sheet, level: int = 1) -> Sheet:
    sheet = one("SLC-01", level=level)
    return {**sheet, "accepted_risks": list(rows)}


def look(name: str = "SLC-01", **more: Any) -> Sheet:
    base = {"question": name, "date": days_ago(3), "by": "Grace"}
    return {**base, "refuted": True, **more}


def edges() -> Iterator[Any]:
    """Sheets at the edge of a rule, in the order of the rules."""
    yield from (whole(review=name) for name in [*SIZES, "", "FULL", "ful"])
    for level in (0, 1, 2, 3, 4, -1, 2**31, 2**53 + 1, 2**63, 2**64, -(2**64)):
        yield one(level=level)
    words = ["", "?", "n/a", "N A", "na", "no", "none", "Nothing-To_Show"]
    words += ["unKnown", "\u212anown", "un\u212anown", "planned", "to do"]
    words += ["in\u2003progress", "ToDo", "tbd", "\u017ftated", "stated "]
    words += ["demon\u017ftrated", "ENFORCED", "enforced\x85", "\ufeffstated"]
    words += ["no\u200bne", "\x1cnone\x1f", "\u180enone", "0", "three"]
    yield from (one(level=text) for text in words)
    yield from (one(owner=text, link=text) for text in words)
    yield from (one(not_applicable=text, level=0) for text in words)
    yield from (short(system=text) for text in words)
    yield from (short(score=text, note=text, bank=text) for text in words)
    values: list[Any] = [None, True, False, 2.0, 1e16, 1e-5, 0.1, [], {}]
    for value in [*values, ["'"]]:
        yield one(level=value)
        yield one(owner=value)
        yield one(date=value)
        yield short(answers=value)
        yield short(answers={"OWN-01": value})
        yield short(live=value)
        yield short(live={BANK.live[0].id: value})
        yield short(accepted_risks=value)
        yield short(accepted_risks=[value])
        yield short(spot_checks=[value])
        yield short(spot_checks=[look(refuted=value)])
        yield short(population=value)
        yield value
    for missing in ("link", "date", "owner", "result", "verified_by"):
        for level in range(4):
            for name in ("OWN-01", "SLC-01"):
                yield one(name, level=level, **{missing: ""})
                sheet = one(name, level=level)
                del sheet["answers"][name][missing]
                yield sheet
    people = ["Ada", "ada", " A d a", "A\u0301da", "\u00c1da", "\xc1da"]
    people += ["Stra\xdfe", "STRASSE", "STRA\u1e9eE", "stra-sse", "\ufb01"]
    people += ["fi", "\u0130", "i\u0307", "i", "I", "\u0131", "\u03c3\u03c2"]
    people += ["\u03a3\u03a3", "\u0345", "\u03b9", "\u13a0", "\uab70"]
    people += ["\u1c80", "\u0432", "\u01f0", "j\u030c", "\xb5", "\u03bc"]
    for a, b in itertools.product(people, people):
        yield short(answers={"OWN-01": answer(owner=a, verified_by=b)})
    for days in (
        0,
        1,
        89,
        90,
        91,
        179,
        180,
        181,
        269,
        270,
        359,
        360,
        539,
        540,
    ):
        yield whole(answers={x: answer(date=days_ago(days)) for x in IDS})
        fact = {"date": days_ago(days), "link": "l", "owner": "o"}
        yield whole(live={row.id: fact for row in BANK.live})
    dates = ["2026-11-21", "2026-11-22", "2026-02-29", "2024-02-29", "n/a"]
    dates += ["2026-02-30", "1900-02-29", "2000-02-29", "0001-01-01", "today"]
    dates += [
        "0000-12-31",
        "9999-12-31",
        "2026-13-01",
        "2026-00-10",
        "2026-1-1",
    ]
    dates += [
        "20261121",
        "2026-11-21T00:00",
        "\u0662026-11-21",
        "2026-11-21\n",
    ]
    dates += ["2026-W47-6", "2026-11-31", " 2026-11-20", "-2026-11-20"]
    for text in dates:
        yield one(date=text)
        yield one(verified_on=text)
        yield short(date=text)
        yield risks(risk(date=text))
        yield risks(risk(until=text))
        yield short(spot_checks=[look(date=text)])
        yield short(live={BANK.live[0].id: {"date": text}})
    claims: list[Any] = [0, 1, "", 3]
    for name, said in itertools.product(("LLM-01", "OWN-01"), claims):
        yield one(name, level=said, not_applicable="r", approver="A")
        yield one(name, level=said, not_applicable="r")
        yield one(name, level=said, approver="A")
    for more in ({}, {"owner": ""}, {"until": ""}, {"date": "n/a"}):
        yield risks(risk(**more))
    for until in (days_ago(1), days_ago(0), days_ago(-85), days_ago(-86)):
        yield risks(risk(until=until))
        yield risks(risk(until=until), level=0)
    for level in range(3):  # a gate that building it does not ask about
        sheet = one("MON-03", level=level)
        yield {**sheet, "accepted_risks": [risk("MON-03")]}
    yield risks(risk("OWN-01"), risk("own-01"))
    yield risks(risk("OWN-01"))
    yield risks(risk(), risk("SLC-02"))
    yield risks(risk(), risk("LLM-01"), risk("SEC-01"), risk("PHA-01"))
    yield risks(risk("none"), risk(""))
    odd = ["b", "a", "a'", 'a"', "a'\"", "a\\", "\xe9", "\U0001f6a8", "\uffee"]
    odd += ["\u200d", "A", ""]
    yield risks(*(risk(reason=text) for text in odd))
    yield risks(*(risk(owner=text) for text in odd[::-1]))
    yield risks(*(risk(until=days_ago(-n)) for n in (3, 30, 9, 10, 100)))
    for found in (look(), look("SLC-02"), look(refuted=False), look("X-01")):
        yield whole(spot_checks=[found])
    for day in (2, 3, 4):
        for by in ("Ada", "Grace"):
            sheet = one("SLC-01", verified_on=days_ago(day), verified_by=by)
            yield {**sheet, "spot_checks": [look(), look("SLC-03")]}
    yield short(spot_checks=[look(by=text or "-") for text in odd])
    yield short(spot_checks=[look(note=text) for text in odd])
    for size in (1999, 2000, 2001):
        yield one(owner="x" * size)
        yield one(link="\U0001f6a8" * size, note="\n" * size)
    keys = ["anwsers", "Answers", "__proto__", "constructor", "1", "", "a.b"]
    keys += ["\u0130", "stra\xdfe", "x" * 70, "\x1b[2J", "<b>", "syst\xe8m"]
    keys += ["systemm", "version2", "live.x", "no", "bonk", "acceptedrisks"]
    for key in keys:
        yield short(**{key: 1})
        yield short(answers={key: {}})
        yield short(answers={"OWN-01": answer(**{key: 1})})
        yield short(live={key: {}})
        yield short() | {"review": key}
        yield risks({**risk(), key: 1})
        yield short(spot_checks=[look(key)])
    yield from ({}, {"system": "s"}, whole(answers={}), whole(live={}))


def test_the_edge_of_every_rule_lies_at_the_same_place(
    in_browser: Judge, in_python: Judge
) -> None:
    cases = {f"edge{n}": packed(sheet) for n, sheet in enumerate(edges())}
    said = agree(cases, in_browser, in_python)
    refused = sum(x[0].startswith("refused") for x in said.values())
    assert 300 < refused < len(said) - 300


# --- Files that are broken ----------------------------------------------

SCOPE = '"system": "s", "version": "1",\n "population": "p", '
SCOPE += '"date": "2026-11-20"'
SMALL = '{"a": [1, -2.5e3, "x\\u00e9\\n\\"", true, null], "b": {"c": {}}}'


def test_broken_files_are_refused_with_the_same_words(
    in_browser: Judge, in_python: Judge
) -> None:
    texts = [SMALL[:end] for end in range(len(SMALL) + 1)]
    texts += ['{"a": 1, "a": 2}', '{\n "a": {},\n\n "a": 2}', "NaN", '"x"']
    texts += ['{"a": NaN}', "[Infinity]", "[-Infinity]", "[-Inf]", "[nan]"]
    texts += [
        '{"x": {"y": 1, "y": 2}, "x": 3}',
        "{'a': 1}",
        "[1,]",
        '{"a":1,}',
    ]
    texts += ['{"a\\u0062": 1, "ab": 2}', '{"\\"": 1, "\\"": 2, "x": "\\"}']
    texts += ['[{"\\u0061":1,"a":2},"x\\\n",{"a":1,\n"a":2}]']
    texts += [
        "{,}",
        "{]",
        "[}",
        "{} {}",
        "[01]",
        "[1.]",
        "[.5]",
        "[+1]",
        "[1e]",
    ]
    texts += ["[--1]", "[-]", "[1e+]", "[tr]", "[nul", '["\t"]', '["\\x"]']
    texts += ['["\\u12"]', '["\\ud83d\\u12"]', '["\\ud83d\\ude00', '["\\']
    texts += ["\ufeff{}", "\ufeff\ufeff{}", "\u00a0{}", "{}\u2028", " \r\n{}x"]
    texts += [
        '{"\U0001f6a8": \n"\U0001f6a8" 1}',
        "[" * 100_000,
        '{"a":' * 50_000,
    ]
    texts += [
        '{"a": ' + "[" * 500 + "]" * 500 + "}",
        "9" * 4301,
        "-" + "9" * 9999,
    ]
    texts += ["{" + SCOPE + f', "note": {number}}}' for number in NUMBERS]
    texts += ["{" + SCOPE + ', "answers": {"OWN-01": {"level": 4}}}']
    texts += ["{" + SCOPE + ',\n"answers":\n{"OWN-01":\n{"level"\n:\n4}}}']
    texts += ["{" + SCOPE + ',\n"spot_checks": [{},\n{"question": "X"}]}']
    texts += ["{" + SCOPE + ',\n"a.b": 1, "note": "[{\\"answers\\": 4"}']
    raws = [text.encode() for text in texts]
    raws += [b"\xff\xfe{\x00}\x00", b"{\n\xe9}", b"\x89PNG\r\n\x1a\n\x00", b""]
    raws += [b"\xef\xbb\xbf{\n\xc3\x28}", b"{\xed\xa0\x80}", b"{\xc0\x80}"]
    raws += [
        b"{\xf4\x90\x80\x80}",
        b"{\xf0\x9f\x98",
        b"{\xe2\x82",
        b"\x00\x01",
    ]
    raws += [b"{\xe0\x80\x80}", b"{\xf0\x8f\xbf\xbf}", b"{\xf5}", b"\xfe"]
    raws += [
        b" " * 1_000_001,
        b"[" + b"0," * 499_999 + b"1]",
    ]
    cases = {f"bad{n}": raw for n, raw in enumerate(raws)}
    said = agree(cases, in_browser, in_python)
    assert all(x[0].startswith("refused: bad") for x in said.values())


NUMBERS = ["1", "-1", "-0", "0.0", "-0.0", "1e5", "1E-5", "0.0001", "1e15"]
NUMBERS += ["1e16", "123456789012345680.0", "9007199254740993", "1e400"]
NUMBERS += ["-1e400", "5e-324", "1e22", "0.1e1", "18446744073709551615"]
NUMBERS += ["18446744073709551616", "1.7976931348623157e308", "9" * 4300]
NUMBERS += ['[18446744073709551616, 2.50, "\'", {"a": null}, false]']
NUMBERS += ['["\\ud800", "\\u00e9\\u20ac", "\\ud83d\\udea8", "\\u0007"]']


def test_a_damaged_sheet_is_refused_with_the_same_words(
    in_browser: Judge, in_python: Judge
) -> None:
    rng = random.Random(8)
    full = packed(whole(answers={"OWN-01": answer(), "LLM-01": answer()}))
    cases = {}
    for number in range(600):
        raw = bytearray(full)
        for _ in range(rng.choice([1, 1, 2])):
            at = rng.randrange(len(raw))
            piece = rng.choice(
                [b"", b'"', b"{", b"}", b",", b":", b"\\", b"1"]
            )
            piece = rng.choice([piece, bytes([rng.randrange(256)])])
            raw[at : at + rng.randrange(3)] = piece
        cases[f"damaged{number}"] = bytes(raw)
    agree(cases, in_browser, in_python)


def test_a_sheet_in_toml_is_refused_with_a_way_out(in_browser: Judge) -> None:
    raw = (HERE / "example.toml").read_bytes()
    (said,) = in_browser({"example.toml": raw})["example.toml"]
    assert said.startswith("refused: example.toml: is not JSON. A sheet in")


def test_the_example_sheet_gets_the_same_verdict(
    in_browser: Judge, in_python: Judge
) -> None:
    sheet = load_sheet(HERE / "example.toml")
    said = agree({"example": packed(sheet)}, in_browser, in_python)
    assert json.loads(said["example"][0])["stage"] == "experiment"


# --- Letters ------------------------------------------------------------

LETTERS = """
async ([root, ranges, expected]) => {
  const { fold, tidy } = await import(root + "assets/js/review-verdict.js");
  const bad = [];
  for (const [first, last] of ranges) {
    for (let code = first; code <= last; code++) {
      const c = String.fromCodePoint(code);
      const [folded, shown] = expected[code] || [c, `a${c}b`];
      if (fold(c) !== folded || tidy(`a${c}b`) !== shown) bad.push(code);
    }
  }
  return bad;
}
"""


def test_every_character_is_folded_split_and_masked_alike(
    tab: Page, address: str
) -> None:
    # Unassigned ones are left out: browser and Python each have their own
    # edition of Unicode. Of the private ones, the first of each plane.
    codes = [
        code
        for code in range(0x110000)
        if not 0xD800 <= code < 0xE000
        and unicodedata.category(chr(code)) != "Cn"
        and (unicodedata.category(chr(code)) != "Co" or code % 4096 == 0)
    ]
    expected = {}
    for code in codes:
        c = chr(code)
        pair = [c.casefold(), review._tidy(f"a{c}b")]
        if pair != [c, f"a{c}b"]:
            expected[str(code)] = pair
    ranges: list[list[int]] = []
    for code in codes:
        if ranges and ranges[-1][1] == code - 1:
            ranges[-1][1] = code
        else:
            ranges.append([code, code])
    assert len(expected) > 1500
    assert tab.evaluate(LETTERS, [address, ranges, expected]) == []
