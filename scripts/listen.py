"""What a page gives to those who listen to it or walk it by keyboard."""

from __future__ import annotations

import re

from scripts.glossary import anchor

SIGN = re.compile(r'<a (?=[^>]*class="headerlink")(?!aria-hidden)')
# A drawing with a role says something; any other is an ornament.
ORNAMENT = re.compile(r"<svg (?![^>]*(?:role=|aria-hidden=))")
TABS = re.compile(
    r'<div class="tabbed-set[^>]*>(?:<input[^>]*>\s*)+'
    r'<div class="tabbed-labels">(?P<labels>.*?)</div>',
    re.S,
)
TIP = re.compile(r"<abbr title=[^>]*>(?P<term>[^<]*)</abbr>")
# A link may not stand in these.
CLOSED = ("a", "h1", "h2", "h3", "h4", "label", "summary", "th")
YEAR = re.compile(
    r'<a (?P<link>href="[^"]*evidence/(?:[a-z-]+/)?#'
    r'(?P<who>[a-z]+)(?P<year>\d{4})")>'
    r"(?P=year)</a>"
)


def listen(html: str, glossary: str, known: set[str]) -> str:
    """The page as it should be heard; a second run changes nothing.

    Args:
        html: A whole page.
        glossary: Link to the glossary, without an anchor.
        known: Anchors of the glossary; none on the glossary itself.
    """
    return _tips(_years(_tabs(_signs(_main(html)))), glossary, known)


def _main(html: str) -> str:
    """The theme puts the navigation inside the main part: take it out."""
    outer = '<main class="md-main" data-md-component="main">'
    if outer not in html:
        return html
    html = html.replace(outer, outer.replace("main", "div", 1), 1)
    html = html.replace("</main>", "</div>", 1)
    html = html.replace(
        '<article class="md-content__inner',
        '<main class="md-content__inner',
        1,
    )
    return "</main>".join(html.rsplit("</article>", 1))


def _signs(html: str) -> str:
    """The sign beside a heading is for the mouse: "Sources ¶" is no name."""
    html = SIGN.sub('<a aria-hidden="true" tabindex="-1" ', html)
    return ORNAMENT.sub('<svg aria-hidden="true" ', html)


def _tabs(html: str) -> str:
    """Say what the radio buttons choose between, and name each panel."""
    done, last = "", 0
    for found in TABS.finditer(html):
        names = re.findall(r">([^<]*)</label>", found["labels"])
        head = found[0].replace(
            "<div ",
            f'<div role="radiogroup" aria-label="{" or ".join(names)}" ',
            1,
        )
        done += html[last : found.start()] + head
        last = found.end()
        for name in names:
            at = html.index('<div class="tabbed-block">', last)
            done += html[last:at]
            done += (
                f'<div class="tabbed-block" role="group" aria-label="{name}">'
            )
            last = at + len('<div class="tabbed-block">')
    return done + html[last:]


def _years(html: str) -> str:
    """A link that shows a year says whose: "Kapoor 2023"."""

    def name(found: re.Match[str]) -> str:
        link, who, year = found["link"], found["who"].title(), found["year"]
        return f'<a {link} aria-label="{who} {year}">{year}</a>'

    return YEAR.sub(name, html)


def _tips(html: str, glossary: str, known: set[str]) -> str:
    """Link the first use of a term: a tooltip is for the mouse alone."""
    if 'class="p2p-term"' in html:
        return html
    done: set[str] = set()

    def link(found: re.Match[str]) -> str:
        term = found["term"]
        if term in done or anchor(term) not in known:
            return found[0]
        before = html[: found.start()]
        inside = any(
            before.rfind(f"</{tag}>")
            < max(before.rfind(f"<{tag} "), before.rfind(f"<{tag}>"))
            for tag in CLOSED
        )
        if inside:
            return found[0]
        done.add(term)
        link = f"{glossary}#{anchor(term)}"
        return f'<a class="p2p-term" href="{link}">{found[0]}</a>'

    return TIP.sub(link, html)
