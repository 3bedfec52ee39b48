"""Cut the font of the site from the family that its authors publish.

    python3 scripts/fonts.py

Fetches the package with npm, compares its hash, keeps the characters and the
weights that the site uses, and writes docs/assets/fonts/ and the block of
@font-face rules in the style sheet. Needs npm and, for the first run, the
package index. Nothing else in the project needs either: the files are
committed, and their tests compare them with this script.
"""

import base64
import hashlib
import io
import re
import shutil
import sys
import tarfile
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from html.parser import HTMLParser
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from scripts.environment import CACHE, ROOT, VERSION, environment, run, stop

PACKAGE = "@fontsource-variable/source-serif-4@5.3.1"
SHA512 = (
    "4Rtay22SC4lMvw11r/+9kxANB6P3M0X8s1NudBC2v0J1KU2y3DcMoNcT3lBoZ/"
    "CqLirzf+StlO6UlJilyrvaUg=="
)
TOOLS = ["fonttools==4.68.0", "brotli==1.2.1"]
FAMILY = "P2P Serif"  # the licence reserves the name "Source"
FOLDER = ROOT / "docs/assets/fonts"
STYLE = ROOT / "docs/assets/css/paper-to-pager.css"
BLOCK = re.compile(r"(?<=/\* scripts/fonts\.py writes this \*/\n)(@.*\n)*")
LIMIT = 45_000  # bytes of all files together

ASCII = "".join(map(chr, range(0x20, 0x7F)))
MARKS = "\u00a0–—‘’“”‹›…·•×−±§¶°²³½¼¾µ€"  # noqa: RUF001
WESTERN = "àáâãäåæçèéêëíîïñóôõöøúûüýßıÄÅÇÉÖØÜ"
EASTERN = "ąćčęėěğłńőřśşšůűźżžĆČĖŁŚŞŠŽ"
# The family as it is published for the web has none of these.
SYSTEM = "→←↔≈≤≥∞√φπⁿ⁵⁶"


@dataclass(frozen=True)
class Cut:
    """One file: what it is cut from and what it keeps."""

    name: str
    source: str
    style: str
    weight: tuple[int, int]
    characters: str
    features: tuple[str, ...] = ("kern", "liga", "tnum")

    @property
    def rule(self) -> str:
        """How the style sheet asks for it; optional: no text ever moves."""
        weight = " ".join(map(str, sorted(set(self.weight))))
        return (
            f'@font-face {{ font-family: "{FAMILY}"; '
            f"src: url(../fonts/{self.name}) "
            'format("woff2"); '
            f"font-style: {self.style}; font-weight: {weight}; "
            "font-display: optional; "
            f"unicode-range: {ranges(self.characters)}; }}\n"
        )


NORMAL = (400, 600)  # the style sheet has no bolder text
CUTS = [
    Cut("serif.woff2", "latin-wght-normal", "normal", NORMAL, ASCII + MARKS),
    Cut("western.woff2", "latin-wght-normal", "normal", NORMAL, WESTERN),
    Cut("eastern.woff2", "latin-ext-wght-normal", "normal", NORMAL, EASTERN),
    Cut(
        "italic.woff2",
        "latin-wght-italic",
        "italic",
        (400, 400),
        ASCII + "\u00a0–—‘’“”…·×−€",  # noqa: RUF001
        ("liga", "tnum"),  # kerning is a quarter of this file
    ),
]


def ranges(characters: str) -> str:
    """The characters as ``unicode-range`` spells them."""
    numbers = sorted(map(ord, characters))
    starts = [n for n in numbers if n - 1 not in numbers]
    ends = [n for n in numbers if n + 1 not in numbers]
    return ", ".join(
        f"U+{a:X}" if a == b else f"U+{a:X}-{b:X}"
        for a, b in zip(starts, ends, strict=True)
    )


OTHER = {"code", "kbd", "pre", "script", "style", "template", "title"}
SLANTED = {"em", "i", "dfn"}


class Prose(HTMLParser):
    """Collects the characters that a page sets in the serif."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.within: list[str] = []
        self.normal: set[str] = set()
        self.italic: set[str] = set()
        self.feed(html)

    def handle_starttag(self, tag: str, _: object) -> None:
        if tag in OTHER | SLANTED:
            self.within.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if self.within and self.within[-1] == tag:
            self.within.pop()

    def handle_data(self, data: str) -> None:
        if not OTHER.intersection(self.within):
            slanted = SLANTED.intersection(self.within)
            (self.italic if slanted else self.normal).update(data.strip("\n"))


def needed(html: str) -> list[str]:
    """The files that a browser fetches to show the page."""
    page = Prose(html)
    used = {"normal": page.normal, "italic": page.italic}
    return [cut.name for cut in CUTS if used[cut.style] & set(cut.characters)]


def main(arguments: list[str]) -> int:
    if arguments:
        return cut_all(Path(arguments[0]))
    npm = shutil.which("npm") or stop("fonts.py needs npm, to fetch the font")
    facts = [f"Python {VERSION}: {' '.join(TOOLS)}"]
    python = environment(CACHE / "fonts", facts, TOOLS)
    with tempfile.TemporaryDirectory() as folder:
        code = run(npm, "pack", PACKAGE, "--silent", "--pack-destination",
                   folder, npm_config_cache=str(CACHE / "npm"))  # fmt: skip
        packed = next(Path(folder).glob("*.tgz"), None)
        if code or packed is None:
            stop(f"npm did not fetch {PACKAGE}")
        digest = hashlib.sha512(packed.read_bytes()).digest()
        if base64.b64encode(digest).decode() != SHA512:
            stop(f"{packed.name} is not the package that this script knows")
        return run(python, __file__, packed)


def cut_all(packed: Path) -> int:
    """Write the fonts, their licence and origin, and the rules."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    with tarfile.open(packed) as package:

        def read(name: str) -> bytes:
            file = package.extractfile(f"package/{name}")
            assert file is not None
            return file.read()

        notices = []
        for cut in CUTS:
            source = read(f"files/source-serif-4-{cut.source}.woff2")
            data, notice = cut_one(cut, source)
            notices.append(notice)
            (FOLDER / cut.name).write_bytes(data)
            print(f"{cut.name:16}{len(data):7,} bytes")
        text = read("LICENSE").decode().partition("\n\n")[2]
    (FOLDER / "OFL.txt").write_text(f"{notices[0]}\n\n{text}", "utf-8")
    (FOLDER / "ORIGIN.txt").write_text(origin(), "utf-8")
    style = STYLE.read_text("utf-8")
    STYLE.write_text(BLOCK.sub(rules(), style, count=1), "utf-8")
    total = sum((FOLDER / cut.name).stat().st_size for cut in CUTS)
    print(f"{'together':16}{total:7,} bytes of at most {LIMIT:,}")
    return int(total > LIMIT)


def rules() -> str:
    return "".join(cut.rule for cut in CUTS)


def origin() -> str:
    """Where the files come from and what was done to them."""
    lines = [
        f"{FAMILY} is a modified version of Source Serif 4, under the SIL",
        "Open Font License 1.1: the text is in OFL.txt.",
        "",
        f"Cut by scripts/fonts.py from the npm package {PACKAGE}",
        f"sha512-{SHA512}",
        f"with {' and '.join(TOOLS)}: fewer characters, weights and",
        "features, no hints, and a name that the licence does not reserve.",
        "",
    ]
    for cut in CUTS:
        digest = hashlib.sha256((FOLDER / cut.name).read_bytes()).hexdigest()
        lines.append(f"{digest}  {cut.name}")
    return "\n".join(lines) + "\n"


def cut_one(cut: Cut, source: bytes) -> tuple[bytes, str]:
    """The bytes of one file and its copyright line."""
    from fontTools import subset
    from fontTools.ttLib import TTFont
    from fontTools.varLib import instancer

    font = TTFont(io.BytesIO(source), recalcTimestamp=False)
    options = subset.Options()
    options.layout_features = list(cut.features)
    options.hinting = False
    options.notdef_outline = True
    options.name_IDs = [0, 1, 2, 3, 4, 5, 6, 14]
    options.drop_tables += ["STAT"]
    subsetter = subset.Subsetter(options)
    subsetter.populate(text=cut.characters)
    subsetter.subset(font)
    low, high = cut.weight
    limit = low if low == high else (low, high)
    font = instancer.instantiateVariableFont(font, {"wght": limit})
    missing = set(map(ord, cut.characters)) - set(font.getBestCmap())
    if missing:
        stop(f"{cut.source} has no {''.join(map(chr, sorted(missing)))}")
    names = font["name"]
    notice = names.getDebugName(0)
    style = names.getDebugName(2)
    plain = FAMILY.replace(" ", "")
    for number, text in {
        1: FAMILY,
        3: f"{plain}-{style}; {PACKAGE}",
        4: f"{FAMILY} {style}",
        6: f"{plain}-{style}",
    }.items():
        names.setName(text, number, 3, 1, 0x409)
    font.flavor = "woff2"
    out = io.BytesIO()
    font.save(out)
    return out.getvalue(), notice


def unlisted(characters: Iterable[str], cuts: Iterable[Cut]) -> set[str]:
    """Characters that no file has and that nobody left to the system."""
    known = set(SYSTEM).union(*(cut.characters for cut in cuts))
    return {c for c in characters if c not in known and not c.isspace()}


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
