"""Pack a finished site into one zip that reads without a network.

usage: offline.py SITE_DIR

Writes SITE_DIR/paper-to-pager.zip. A browser that opens a file finds no
index.html for a folder, runs no module and starts no worker: links name the
file, and ``offline.js`` says what needs a server. The same site gives the
same bytes.
"""

from __future__ import annotations

import posixpath
import re
import sys
import zipfile
from pathlib import Path

NAME = "paper-to-pager"
SCRIPT = "assets/js/offline.js"
# Only a web server or a search engine asks for these.
SERVED = re.compile(
    r"404\.html|robots\.txt|sitemap\.xml\.gz|\.well-known/.*|.*\.map|.*\.zip"
)
LINK = re.compile(r'(?P<head><(?:a|link)\b[^>]*? href=")(?P<to>[^"]*)(?=")')
AHEAD = re.compile(r'\s*<link rel="(?:module)?preload"[^>]*>')
MODULE = re.compile(r'<script type="module" src="(?P<src>[^"]+)"></script>\s*')


def pack(site: Path) -> Path:
    """Write the zip of a finished site."""
    target = site / f"{NAME}.zip"
    own = Path(__file__).with_suffix(".js").read_bytes()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, content in [*contents(site), (SCRIPT, own)]:
            entry = zipfile.ZipInfo(f"{NAME}/{path}")  # of 1980, always
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, content, compresslevel=6)
    return target


def contents(site: Path) -> list[tuple[str, bytes]]:
    """Path and content of each file, pages with links that name files."""
    found = []
    for file in sorted(site.rglob("*")):
        path = file.relative_to(site).as_posix()
        if not file.is_file() or SERVED.fullmatch(path):
            continue
        content = file.read_bytes()
        if path.endswith(".html"):
            content = opened(site, path, content.decode()).encode()
        found.append((path, content))
    return found


def opened(site: Path, path: str, html: str) -> str:
    """The page as it can be opened from a disk."""
    folder = posixpath.dirname(path)

    def named(found: re.Match[str]) -> str:
        place = re.split("[?#]", found["to"])[0]
        rest = found["to"].removeprefix(place)
        if not place or ":" in place or place.startswith("/"):
            return found[0]
        if (site / folder / place).is_dir():
            place = posixpath.join(place, "index.html")
        return found["head"] + place + rest

    html = LINK.sub(named, html)
    module = MODULE.search(html)
    if module:  # a module is fetched, which file:// refuses
        html = AHEAD.sub("", MODULE.sub("", html))
    data = f' data-module="{module["src"]}"' if module else ""
    up = posixpath.relpath(SCRIPT, folder or ".")
    script = f'<script src="{up}"{data}></script>\n  </body>'
    return html.replace("</body>", script, 1)


if __name__ == "__main__":
    if len(sys.argv) != 2:
        raise SystemExit(__doc__)
    made = pack(Path(sys.argv[1]))
    print(f"{made} ({made.stat().st_size / 1e6:.1f} MB)")
