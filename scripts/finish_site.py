"""Finish a built site: what the engine cannot do without a hook.

usage: finish_site.py SITE_DIR

1. The files that pages offer for download, in ``files/<area>/``, with their
   hashes, and ``.well-known/security.txt``.
2. Code without the spans that colour nothing, a sixth of such a page.
3. Numbers that keep their unit: no line ends between 95 and %.
4. A search index without code, with the words of readers.
5. What programs read: see ``for_machines.py``; and ``robots.txt``.
6. A mark on each link that leaves the site: the style sheet shows it.
7. A citation leads to the full entry of its source, past the list.
8. Names and places for those who listen: see ``listen.py``.
9. One style sheet without the rules that no page needs: see styles.py.
   No indentation in the HTML, no comments in the scripts.
10. A strict content security policy in every page, with the hashes of the
   scripts that stand in it.

A second run changes nothing.
"""

from __future__ import annotations

import base64
import hashlib
import re
import sys
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from scripts import search_index
from scripts.evidence_page import part
from scripts.for_machines import (
    llms,
    llms_full,
    markdown,
    markdown_path,
    nav,
    snippet_index,
)
from scripts.listen import listen
from scripts.styles import join_styles
from scripts.tree import ROOT, evidence, publish

POLICY = (
    "default-src 'none'; script-src 'self'{hashes}; style-src 'self'; "
    "img-src 'self' data:; font-src 'self'; connect-src 'self'; "
    "worker-src 'self'; base-uri 'none'; form-action 'none'"
)
CHARSET = '<meta charset="utf-8">'
CSP = re.compile(r'\n *<meta http-equiv="Content-Security-Policy"[^>]*>')
SCRIPT = re.compile(
    r"<script(?P<attributes>[^>]*)>(?P<text>.*?)</script>", re.S
)

CANONICAL = re.compile(r'<link rel="canonical" href="([^"]+)"')
REPORT = re.compile(r'<a class="p2p-report" href="([^"?]+)')
LEAVES = re.compile(
    r'<a (?P<rest>(?:[^>]* )?href="(?P<to>https?://[^"]+)"[^>]*)>'
)
ROBOTS = "User-agent: *\nAllow: /\n\nSitemap: {base}sitemap.xml\n"
VALID = timedelta(days=300)  # RFC 9116: less than a year

PLAIN = re.compile(r'<span class="(?:n|w|p|o|bp|vm)">([^<]*)</span>')
ALIKE = {
    "k": re.compile(r'<span class="(?:kc|kd|kn|kr|nb|ow)">'),
    "s": re.compile(r'<span class="(?:s1|s2|sb|sc|si|ss)">'),
}
SPAN = re.compile(r"</?span[^>]*>")
ROW = re.compile(
    r'(<span class="(k|s|sd)">)[^<]*</span>'
    r'(?:\s*<span class="\2">[^<]*</span>)+'
)

KEPT = re.compile(
    r"(<(?:pre|script|textarea)\b.*?</(?:pre|script|textarea)>)", re.S
)
BREAK = re.compile(r"\s*\n\s*")
COMMENT = re.compile(r"^ */\*.*?\*/\n", re.M | re.S)

CITED = re.compile(r'(?<=["/])evidence/#(?P<key>\w+)(?=")')

UNIT = re.compile(r"(?<=\d)\s(?=%)")
# What is not prose: code, scripts, and the inside of every other tag.
NOT_PROSE = re.compile(r"(<(pre|code|script|style)\b.*?</\2>|<[^>]*>)", re.S)


def finish(site: Path, root: Path = ROOT) -> None:
    """Do all of this on the built site."""
    if not (site / "index.html").exists():
        raise SystemExit(f"finish_site.py: {site} holds no built site")
    home = (site / "index.html").read_text("utf-8")
    found = CANONICAL.search(home)
    base = found[1] if found else "/"
    publish(root, site)
    today = datetime.now(UTC).date()
    search_index.slim(site / "search/search_index.json", root)
    for _, page in nav(root):
        target = site / markdown_path(page.path)
        target.write_text(markdown(root, page), "utf-8")
    for name, text in {
        "llms.txt": llms(root, base),
        "llms-full.txt": llms_full(root, base),
        "snippets/index.json": snippet_index(root, base),
        "robots.txt": ROBOTS.format(base=base),
        ".well-known/security.txt": security(home, base, today),
    }.items():
        (site / name).parent.mkdir(exist_ok=True)
        (site / name).write_text(text, "utf-8")
    parts = {key: part(entry) for key, entry in evidence(root).items()}
    terms = anchors(site / "glossary/index.html")
    texts = {}
    for path in sorted(site.rglob("*.html")):
        place = path.relative_to(site).parent
        glossary = "../" * len(place.parts) + "glossary/"
        known = set() if place == Path("glossary") else terms
        text = direct(path.read_text("utf-8"), parts)
        text = listen(text, glossary, known)
        text = tighten(hold_units(lighten(text)))
        texts[path] = mark_links(text, base)
    relink = join_styles(site, list(texts.values()))
    for path, text in texts.items():
        path.write_text(secure(relink(text)), "utf-8")
    for path in (site / "assets/js").glob("*.js"):
        script = COMMENT.sub("", path.read_text("utf-8"))
        path.write_text(script, "utf-8")


def anchors(path: Path) -> set[str]:
    """Names that a link can point at; none without the page."""
    text = path.read_text("utf-8") if path.exists() else ""
    return set(re.findall(r'\bid="([^"]+)"', text))


def lighten(html: str) -> str:
    """Names, operators and spaces have the colour of the code around them.

    Keywords of all kinds have one colour, strings too; what has one colour
    is one span.
    """
    html = PLAIN.sub(r"\1", html)
    for name, kinds in ALIKE.items():
        html = kinds.sub(f'<span class="{name}">', html)
    return ROW.sub(lambda row: row[1] + SPAN.sub("", row[0]) + "</span>", html)


def tighten(html: str) -> str:
    """Lines without indentation, and none empty, outside of code."""
    parts = KEPT.split(html)  # layout, kept, layout, kept, layout
    parts[::2] = [BREAK.sub("\n", part) for part in parts[::2]]
    return "".join(parts)


def direct(html: str, parts: dict[str, str]) -> str:
    """Authors cite the list of sources; a reader wants the entry itself."""

    def entry(found: re.Match[str]) -> str:
        page = parts.get(found["key"])
        return f"evidence/{page}/#{found['key']}" if page else found[0]

    return CITED.sub(entry, html)


def hold_units(html: str) -> str:
    """Bind the sign to its number with a space that does not break."""
    text, last = "", 0
    for found in NOT_PROSE.finditer(html):
        text += UNIT.sub("\u00a0", html[last : found.start()]) + found[0]
        last = found.end()
    return text + UNIT.sub("\u00a0", html[last:])


def mark_links(html: str, base: str) -> str:
    """Say of each link to another site that it is one."""

    def marked(found: re.Match[str]) -> str:
        if found["to"].startswith(base) or " rel=" in f" {found['rest']}":
            return found[0]
        return f'<a rel="external" {found["rest"]}>'

    return LEAVES.sub(marked, html)


def security(home: str, base: str, today: date) -> str:
    """RFC 9116: whom to tell. The contact is that of the home page's foot."""
    found = REPORT.search(home)
    if found is None:
        raise SystemExit("finish_site.py: no CONTACT_URL and no REPO_URL")
    return (
        f"Contact: {found[1]}\n"
        f"Expires: {today + VALID}T00:00:00Z\n"
        "Preferred-Languages: en\n"
        f"Canonical: {base}.well-known/security.txt\n"
    )


def secure(html: str) -> str:
    """The page with its policy; the first line of the head comes before it.

    Raises:
        ValueError: If the page names no charset.
    """
    html = CSP.sub("", html)
    if CHARSET not in html:
        raise ValueError(f"page must have {CHARSET}, got {html[:80]!r}")
    hashes = "".join(
        f" 'sha256-{digest(found['text'])}'"
        for found in SCRIPT.finditer(html)
        if "src=" not in found["attributes"]
        and "json" not in found["attributes"]
    )
    policy = POLICY.format(hashes=hashes)
    meta = f'<meta http-equiv="Content-Security-Policy" content="{policy}">'
    return html.replace(CHARSET, f"{CHARSET}\n      {meta}", 1)


def digest(script: str) -> str:
    """SHA-256 of an inline script, as a policy spells it."""
    return base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()


if __name__ == "__main__":
    if len(sys.argv) != 2:
        raise SystemExit(__doc__)
    finish(Path(sys.argv[1]))
