"""Rules for what a reader reads."""

import re
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from statistics import median

from scripts.evidence_page import FOLDER as EVIDENCE
from scripts.tree import Page, pages

BANNED = re.compile(
    r"\b(?:simply|just|easy|easily|obviously)\b"
    r"|\bit(?:'|\u2019)s not\b[^.]*,[^.]*\bit(?:'|\u2019)s\b",
    re.I,
)
BOXES = {"note", "warning", "example", "question"}
LENGTHS = {
    "guide": (700, 1200),
    "case-study": (500, 1200),
    "essay": (400, 1200),
}
# Names keep their capital in a heading. Acronyms and CamelCase pass anyway.
NAMES = {"Monday", "Tuesday", "Test", "Score", "Pydantic"}
# Where a sentence ends: "e.g. 3" and "v. Air" are no ends.
END = re.compile(
    r"(?<!\be\.g\.)(?<!\bi\.e\.)(?<!\bal\.)(?<!\bv\.)(?<=[.!?:])[\"\u201d*_)\]]*\s+"
    r"(?=[\"\u201c*_(\[]*[A-Z0-9\u2212]|\[)"
)


def prose(body: str) -> str:
    """A page without code, HTML and includes; every line keeps its number."""

    def blank(found: re.Match[str]) -> str:
        return "\n" * found[0].count("\n")

    body = re.sub(r"(?ms)^ *(`{3,}|~{3,}).*?^ *\1 *$", blank, body)
    body = re.sub(r"(?s)<!--.*?-->|<(script|svg|table).*?</\1>", blank, body)
    body = re.sub(r"(?m)^ *--8<--.*$|^ *:::.*\n(?: +\w.*\n)*", blank, body)
    return re.sub(r"`[^`\n]*`|<[^>\n]+>|\{ ?[.#:][^}\n]*\}", " ", body)


def words(page: Page) -> int:
    """Words of a page; code, HTML and link targets do not count."""
    text = re.sub(r"\]\([^)]*\)", "]", prose(page.body))
    return len(re.findall(r"[^\W_][\w'\u2019-]*", text))


def _lines(root: Path) -> list[tuple[str, str]]:
    return [
        (f"{page.path}:{number}", line)
        for page in pages(root)
        for number, line in enumerate(
            prose(page.body).split("\n"), page.first_line
        )
    ]


def no_banned_word(root: Path) -> list[str]:
    """Words that tell a stuck reader that it is their fault."""
    return [
        f"{place}: {found[0]!r}"
        for place, line in _lines(root)
        for found in BANNED.finditer(line)
    ]


def no_emoji_short_code(root: Path) -> list[str]:
    """Short codes load images from another host: use characters."""
    return [
        f"{place}: {found[0]}"
        for place, line in _lines(root)
        for found in re.finditer(r"(?<![\w:]):[a-z][a-z0-9_+-]+:(?!:)", line)
    ]


def boxes_are_of_four_kinds(root: Path) -> list[str]:
    """Note, warning, example, question."""
    return [
        f"{place}: a box is one of {', '.join(sorted(BOXES))}, got {found[1]}"
        for place, line in _lines(root)
        if (found := re.match(r" *(?:!!!|\?\?\?\+?) +([\w-]+)", line))
        and found[1] not in BOXES
    ]


def tables_have_headings_and_no_alignment(root: Path) -> list[str]:
    """An empty heading is silent in a screen reader; alignment is a style."""
    problems = []
    previous = ""
    for place, line in _lines(root):
        if re.match(r" *\|[ :|-]*-[ :|-]*\|\s*$", line):
            if ":" in line:
                problems.append(f"{place}: aligned columns emit style=")
            cells = previous.strip().strip("|").split("|")
            if not all(cell.strip() for cell in cells):
                problems.append(f"{place}: a header cell is empty")
        previous = line
    return problems


def sentences(page: Page) -> Iterator[str]:
    """Of paragraphs and list items; tables and lists of links have none."""
    text = prose(re.sub(r"`[^`\n]+`", "Code", page.body))
    text = re.sub(r"\]\([^)]*\)", "]", text)
    text = re.sub(r"(?m)^ *(?:#|\||-{3}|={3}|!!!|\?\?\?).*$", "", text)
    for block in re.split(r"\n\s*\n|\n *(?:[-*+:]|\d+\.) +", text):
        if not re.fullmatch(r"\s*(?:\[[^]]*\],?\s*)*", block):
            yield from END.split(" ".join(block.split()))


def sentences_are_short(root: Path) -> list[str]:
    """No sentence over 45 words; on each page the median is under 20."""
    problems = []
    for page in pages(root):
        counts = []
        for sentence in sentences(page):
            count = len(re.findall(r"[^\W_][\w\u2019'.,%-]*", sentence))
            counts += [count] if count else []
            if count > 45:
                problems.append(
                    f"{page.path}: {count} words, not 45 at most: "
                    f"{sentence[:60]!r}"
                )
        if counts and median(counts) >= 20:
            problems.append(
                f"{page.path}: median sentence of {median(counts)} words, "
                "not under 20"
            )
    return problems


def headings_are_in_sentence_case(root: Path) -> list[str]:
    """A capital opens the heading; after that, names alone have one."""
    return [
        f"{place}: {word} has a capital inside a heading"
        for place, line in _lines(root)
        # The headings there are names of sources.
        if not place.startswith(EVIDENCE)
        and (heading := re.match(r"#+ +(.*)", line))
        for part in re.split(r"[.?!:] ", heading[1])
        for word in re.findall(r"[^\W\d_]+", part)[1:]
        if word.istitle() and len(word) > 1 and word not in NAMES
    ]


def figures_state_their_claim(root: Path) -> list[str]:
    """A caption opens with what the figure shows, in bold."""
    return [
        f"{page.path}: a figure's caption opens with its claim in bold"
        for page in pages(root)
        for found in re.finditer(r"(?s)<figure.*?</figure>", page.body)
        if not re.search(
            r"<figcaption[^>]*>\s*(?:<b>|\*\*)[^<*]{15,}", found[0]
        )
    ]


def guides_have_three_to_six_parts(root: Path) -> list[str]:
    """Three to six headings carry a guide."""
    return [
        f"{page.path}: {parts} H2s, three to six fit"
        for page in pages(root)
        if page.meta.get("kind") == "guide"
        and not 3
        <= (parts := len(re.findall(r"(?m)^## ", prose(page.body))))
        <= 6
    ]


def pages_keep_to_their_length(root: Path) -> list[str]:
    """Guides, case studies and essays are read in one sitting."""
    problems = []
    for page in pages(root):
        kind = str(page.meta.get("kind"))
        if kind in LENGTHS and page.id != "essays/index":
            least, most = LENGTHS[kind]
            if not least <= words(page) <= most:
                problems.append(
                    f"{page.path}: {words(page)} words, "
                    f"not {least:,} to {most:,}"
                )
    return problems


def checklists_have_seven_items_at_most(root: Path) -> list[str]:
    """A longer list is read by nobody."""
    problems = []
    for page in pages(root):
        for found in re.finditer(
            r'(?s)<div class="p2p-check"[^>]*>(.*?)</div>', page.body
        ):
            items = len(re.findall(r"(?m)^ *[-*] ", found[1]))
            if not 1 <= items <= 7:
                problems.append(f"{page.path}: a checklist has {items} items")
    return problems


def one_title_on_each_page(root: Path) -> list[str]:
    """Exactly one H1, and no heading level is skipped."""
    problems = []
    for page in pages(root):
        levels = [
            len(found[1])
            for found in re.finditer(r"(?m)^(#+) ", prose(page.body))
        ]
        if levels.count(1) != 1 or levels[0] != 1:
            problems.append(f"{page.path}: one H1 stands first, got {levels}")
        for above, level in pairwise(levels):
            if level > above + 1:
                problems.append(f"{page.path}: H{level} follows H{above}")
    return problems


def text_fences_hold_included_output(root: Path) -> list[str]:
    """Program output on a page is the output that was compared."""
    fence = re.compile(r"(?ms)^( *)```text\b[^\n]*\n(.*?)^\1``` *$")
    return [
        f"{page.path}: a text fence holds one included output, "
        f"got {found[2].strip()[:40]!r}"
        for page in pages(root)
        for found in fence.finditer(page.body)
        if not re.fullmatch(
            r'\s*--8<-- "[\w/]+\.out\.txt(:\w+)?"\s*', found[2]
        )
    ]


def no_highlighted_lines_and_no_inline_style(root: Path) -> list[str]:
    """Line numbers rot; the site's policy refuses ``style=``."""
    return [
        f"{page.path}: {found[0]}"
        for page in pages(root)
        for found in re.finditer(r"hl_lines|\bstyle *=", page.text)
    ]
