"""The fonts are few bytes, rightly licensed, and have what the pages print."""

import hashlib
from pathlib import Path

from scripts.fonts import (
    BLOCK,
    CUTS,
    FAMILY,
    FOLDER,
    LIMIT,
    PACKAGE,
    SHA512,
    STYLE,
    Cut,
    Prose,
    needed,
    ranges,
    rules,
    unlisted,
)


def test_all_files_together_stay_small() -> None:
    files = {path.name for path in FOLDER.glob("*.woff2")}
    assert files == {cut.name for cut in CUTS}
    total = sum((FOLDER / name).stat().st_size for name in files)
    assert 10_000 < total < LIMIT


def test_licence_and_origin_lie_beside_the_fonts() -> None:
    licence = (FOLDER / "OFL.txt").read_text("utf-8")
    assert licence.startswith("©")
    assert "Reserved Font Name" in licence.splitlines()[0]
    assert "SIL OPEN FONT LICENSE Version 1.1" in licence
    assert "Source" not in FAMILY
    origin = (FOLDER / "ORIGIN.txt").read_text("utf-8")
    assert PACKAGE in origin
    assert SHA512 in origin
    for cut in CUTS:
        data = (FOLDER / cut.name).read_bytes()
        assert data[:4] == b"wOF2"
        assert f"{hashlib.sha256(data).hexdigest()}  {cut.name}" in origin


def test_the_style_sheet_asks_for_what_the_script_has_cut() -> None:
    found = BLOCK.search(STYLE.read_text("utf-8"))
    assert found is not None
    assert found[0] == rules()
    assert rules().count("font-display: optional") == len(CUTS)


def test_every_character_of_the_prose_has_a_font(site_dir: Path) -> None:
    """Add to a cut in scripts/fonts.py, or leave it to SYSTEM there."""
    of_normal = [cut for cut in CUTS if cut.style == "normal"]
    lost: dict[str, set[str]] = {}
    for path in site_dir.rglob("*.html"):
        page = Prose(path.read_text("utf-8"))
        # A slanted accent is rare: the system may draw it.
        found = unlisted(page.normal, of_normal) | unlisted(page.italic, CUTS)
        for character in found:
            lost.setdefault(character, set()).add(path.parent.name)
    assert lost == {}


def test_no_page_loads_a_font_ahead_of_its_text(site_dir: Path) -> None:
    ahead = [
        path.relative_to(site_dir).as_posix()
        for path in site_dir.rglob("*.html")
        if "woff2" in path.read_text("utf-8")
    ]
    assert ahead == []


def test_prose_is_what_a_page_sets_in_the_serif() -> None:
    page = Prose(
        "<title>Q</title><p>a <em>b</em> <code>c <em>d</em></code></p>"
        "<script>e</script><i>f</i>"
    )
    assert page.normal == {"a", " "}
    assert page.italic == {"b", "f"}
    assert needed("<p>plain</p>") == ["serif.woff2"]
    assert needed("<p>né, <em>so</em></p>") == [
        "serif.woff2",
        "western.woff2",
        "italic.woff2",
    ]


def test_ranges_and_what_is_left() -> None:
    assert ranges("cab é") == "U+20, U+61-63, U+E9"
    cut = Cut("x.woff2", "x", "normal", (400, 600), "ab")
    assert unlisted("ab\n→→ж", [cut]) == {"ж"}
