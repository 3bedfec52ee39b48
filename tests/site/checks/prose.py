"""Rules for what a reader reads."""

import re
from itertools import pairwise
from pathlib import Path

from scripts.tree import Page, pages

BANNED = re.compile(
    r"\b(?:simply|just|easy|easily|obviously)\b"
    r"|\bit(?:'|\u2019)s not\b[^.]*,[^.]*\bit(?:'|\u2019)s\b",
    re.I,
)
BOXES = {"note", "warning", "example", "question"}


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


def guides_have_three_to_six_parts_and_a_length(root: Path) -> list[str]:
    """700 to 1,200 words under three to six headings."""
    problems = []
    for page in pages(root):
        if page.meta.get("kind") != "guide":
            continue
        parts = len(re.findall(r"(?m)^## ", prose(page.body)))
        if not 3 <= parts <= 6:
            problems.append(f"{page.path}: {parts} H2s, three to six fit")
        if not 700 <= words(page) <= 1200:
            problems.append(
                f"{page.path}: {words(page)} words, not 700 to 1,200"
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
