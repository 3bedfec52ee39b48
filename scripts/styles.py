"""One style sheet for the site, of the rules that some page can use.

The theme brings rules for parts that no page of ours has, and every sheet
is a request that the first paint waits for. The sheets that all pages link
become one; a rule goes if it names a class, an attribute or a variable
that stands in no page and in no script.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

FOLDER = "assets/css"
LINK = re.compile(
    r'<link rel="stylesheet" href="(?P<root>[^"]*?)(?P<path>assets/[^"]+)">\s*'
)
ATTRIBUTE = re.compile(
    r' (?:class|dir|id|rel|role|type|(?:aria|data)-[\w-]+)="([^"]*)"'
)
SCRIPT = re.compile(r"<script>(.*?)</script>", re.S)
WORD = re.compile(r"[\w-]+")
COMMENT = re.compile(r"/\*.*?\*/", re.S)
# Quoted text, or what stands in brackets: neither ends a rule.
PIECE = re.compile(
    r'"(?:\\.|[^"\\])*"|\'(?:\\.|[^\'\\])*\'|url\([^"\')]*\)|[{};]|[^{};"\'u]+|u'
)
CHOICE = re.compile(r":(?:not|is|where|has)\((?:[^()]|\([^()]*\))*\)")
CLASS = re.compile(r"\.(-?[A-Za-z_][\w-]*)")
VALUE = re.compile(r"\[[\w-]+~?=[\"']?([\w-]+)[\"']?\]")


def join_styles(site: Path, texts: list[str]) -> Callable[[str], str]:
    """Write the sheet for these pages; gives what links it in one of them."""
    linked = [[m["path"] for m in LINK.finditer(x)] for x in texts]
    counts = Counter(path for paths in linked for path in set(paths))
    shared = [x for x in linked[0] if counts[x] == len(texts)]
    if len(shared) < 2:  # it was done before
        return str
    css = slim("".join(_sheet(site, x) for x in shared), known(site, texts))
    name = hashlib.sha256(css.encode()).hexdigest()[:8]
    joined = f"{FOLDER}/site.{name}.css"
    (site / joined).write_text(css, "utf-8")

    def one(found: re.Match[str]) -> str:
        if found["path"] == shared[-1]:
            return found[0].replace(found["path"], joined)
        return "" if found["path"] in shared else found[0]

    return partial(LINK.sub, one)


def _sheet(site: Path, path: str) -> str:
    """The text of a sheet; what it links by address must stay in reach.

    Raises:
        ValueError: If it names a file and stands in another folder.
    """
    css = COMMENT.sub("", (site / path).read_text("utf-8"))
    if Path(path).parent.as_posix() != FOLDER:
        outside = re.search(r"url\((?![\"']?(?:data:|#))[^)]+\)|@import", css)
        if outside:
            raise ValueError(f"{path} must name no file, got {outside[0]}")
    return css


def known(site: Path, pages: list[str]) -> set[str]:
    """Words in attributes of the pages, and every word in their scripts."""
    words = {"js"}
    for html in pages:
        for text in set(ATTRIBUTE.findall(html)):
            words.update(text.split())
        for script in SCRIPT.findall(html):
            words.update(WORD.findall(script))
    for path in (site / "assets/js").glob("*.js"):
        words.update(WORD.findall(path.read_text("utf-8")))
    for path in site.glob("assets/javascripts/bundle.*.js"):
        words.update(re.findall(r"md-[\w-]+", path.read_text("utf-8")))
    return words


def slim(css: str, words: set[str]) -> str:
    """The sheet without rules, variables and animations that nobody needs."""
    css = "".join(_rules(_tokens(css), words))
    while gone := {
        x
        for x in re.findall(r"[{;](--[\w-]+):", css)
        if x not in words and f"var({x}" not in css
    }:
        names = "|".join(map(re.escape, gone))
        value = r"(?:\"[^\"]*\"|'[^']*'|[^;}\"'])*"
        css = re.sub(rf"(?<=[{{;])(?:{names}):{value}(?:;|(?=}}))", "", css)
        css = re.sub(r"[^{};]+\{\}", "", css)
    for name in set(re.findall(r"@keyframes ([\w-]+)", css)):
        if len(re.findall(rf"(?<![\w-]){name}(?![\w-])", css)) == 1:
            frame = rf"@keyframes {name}\{{(?:[^{{}}]+\{{[^{{}}]*\}})*\}}"
            css = re.sub(frame, "", css)
    return css


def _tokens(css: str) -> Iterator[str]:
    """Heads and declarations, each with the sign that ends it."""
    text = ""
    for found in PIECE.finditer(css):
        if found[0] in "{};":
            yield text.strip()
            yield found[0]
            text = ""
        else:
            quoted = found[0][0] in "\"'"
            text += found[0] if quoted else re.sub(r"\s+", " ", found[0])


def _rules(tokens: Iterator[str], words: set[str]) -> Iterator[str]:
    """The rules of one block, up to its end, shortened."""
    for text in tokens:
        sign = next(tokens)
        if sign == "}":
            if text:
                yield _declaration(text)
            return
        if sign == ";":
            if text:
                yield f"{_declaration(text)};"
            continue
        inside = "".join(_rules(tokens, words)).removesuffix(";")
        head = text
        if not text.startswith("@") and not re.match(r"from|to|\d", text):
            kept = [x for x in _split(text) if _can_match(x, words)]
            head = ",".join(kept)
        if head and inside:
            yield f"{head}{{{inside}}}"


def _declaration(text: str) -> str:
    """``name: value`` without the space."""
    return re.sub(r"^([\w-]+) ?: ?", r"\1:", text)


def _split(selectors: str) -> list[str]:
    """A list of selectors; a comma in brackets divides nothing."""
    parts, depth = [""], 0
    for sign in selectors:
        depth += (sign in "([") - (sign in ")]")
        if sign == "," and depth == 0:
            parts.append("")
        else:
            parts[-1] += sign
    return [part.strip() for part in parts]


def _can_match(selector: str, words: set[str]) -> bool:
    """Whether each class and each attribute value is known to somebody."""
    certain = CHOICE.sub("", selector)
    names = CLASS.findall(re.sub(r"\[[^\]]*\]", "", certain))
    return words.issuperset(names) and words.issuperset(VALUE.findall(certain))
