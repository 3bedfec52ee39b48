"""What programs read of the site: Markdown, lists, the catalogue, pictures."""

import hashlib
import json
import re
from functools import cache
from html import unescape
from pathlib import Path
from urllib.parse import urljoin

import jsonschema_rs
import pytest
from PIL import Image

from scripts.for_machines import (
    llms,
    llms_full,
    markdown,
    markdown_path,
    nav,
    url,
)
from scripts.tree import ROOT, Page, modules, pages

BASE = "https://site.example/"
PAGE = """---
title: T
---
# T

Lead.
{ .p2p-lead }

<div class="p2p-pair" markdown>

| a | b |
|---|---|
| 1 | 2 |

</div>

=== "Code"

    ```python
    --8<-- "code.py"
    ```

??? question "Why?"
    **Because.** See [b](b.md#x) and [site](https://example.org/a.md).

--8<-- "figure.svg.html"

## API

::: snippets.drift.psi
    options:
      members: [psi]

## Next
"""


def test_the_markdown_of_a_page_is_plain(tmp_path: Path) -> None:
    (tmp_path / "code.py").write_text(
        "def f():\n    # --8<-- [start:core]\n    return (\n"
        "        {1: 2}\n    )\n"
        "    # --8<-- [end:core]\n\n\nx = f()\n"
    )
    (tmp_path / "figure.svg.html").write_text(
        '<svg><title id="t">Plot</title><desc id="d">It falls.</desc></svg>'
    )
    text = markdown(tmp_path, Page("docs/guides/t.md", PAGE))
    assert text == (
        "# T\n\nLead.\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n"
        "**Code**\n\n"
        "```python\ndef f():\n    return (\n        {1: 2}\n    )\n\n\n"
        "x = f()\n```\n\n"
        "**Why?**\n"
        "**Because.** See [b](../b/index.md#x) and "
        "[site](https://example.org/a.md).\n\n"
        "Figure: Plot. It falls.\n\n"
        "## API\n\nThe docstrings in the code are the reference.\n\n## Next\n"
    )


@pytest.mark.parametrize(
    ("page", "expected"),
    [
        ("docs/index.md", "index.md"),
        ("docs/guides/a.md", "guides/a/index.md"),
        ("docs/flights/index.md", "flights/index.md"),
    ],
)
def test_the_markdown_stands_beside_the_page(page: str, expected: str) -> None:
    assert markdown_path(page) == expected


def test_every_page_of_the_site_has_its_markdown(site_dir: Path) -> None:
    for page in pages(ROOT):
        path = site_dir / markdown_path(page.path)
        assert path.with_suffix(".html").is_file()
        text = path.read_text("utf-8")
        assert "--8<--" not in text
        for target in re.findall(r"\]\(([^)\s:#]+\.md)", text):
            assert (path.parent / target).is_file(), f"{path}: {target}"


def test_code_in_the_markdown_is_the_file(site_dir: Path) -> None:
    for module in modules(ROOT):
        text = (site_dir / markdown_path(module.page)).read_text("utf-8")
        code = re.sub("[ \t]+$", "", module.copied, flags=re.M)
        assert code.strip() in text, module.id


def test_the_navigation_is_read_with_its_groups(tmp_path: Path) -> None:
    (tmp_path / "docs").mkdir()
    for name in "abc":
        (tmp_path / f"docs/{name}.md").write_text(name)
    (tmp_path / "mkdocs.yml").write_text(
        "site_url: !ENV [SITE_URL, x]\n"
        "nav:\n  - Home: a.md\n  - Top:\n      - b.md\n"
        "      - Inner:\n          - c.md\n"
    )
    found = [(group, page.id) for group, page in nav(tmp_path)]
    assert found == [("Home", "a"), ("Top", "b"), ("Top: Inner", "c")]


def test_the_lists_name_every_page_once(site_dir: Path) -> None:
    base = home(site_dir)
    listed = (site_dir / "llms.txt").read_text("utf-8")
    whole = (site_dir / "llms-full.txt").read_text("utf-8")
    assert (listed, whole) == (llms(ROOT, base), llms_full(ROOT, base))
    wanted = sorted(base + markdown_path(page.path) for page in pages(ROOT))
    assert sorted(re.findall(r"(?m)^- \[.*?\]\((.*?)\): \w", listed)) == wanted
    full = re.findall(r"(?m)^Page: (.*)\nReviewed: \d{4}-\d\d-\d\d$", whole)
    assert sorted(f"{page}index.md" for page in full) == wanted
    assert "--8<--" not in whole


def test_links_in_the_one_file_are_whole_addresses() -> None:
    body = '[b](b.md#x) <a href="../f/x.py">f</a>\n\n```text\n[b](b.md)\n```\n'
    text = markdown(ROOT, Page("docs/guides/t.md", body), BASE)
    assert text == (
        f'[b]({BASE}guides/b/index.md#x) <a href="{BASE}guides/f/x.py">f</a>'
        "\n\n```text\n[b](b.md)\n```\n"
    )


def test_the_catalogue_is_as_its_schema_says(site_dir: Path) -> None:
    folder = site_dir / "snippets"
    found = json.loads((folder / "index.json").read_text("utf-8"))
    schema = json.loads((folder / "schema.json").read_text("utf-8"))
    jsonschema_rs.Draft202012Validator(schema).validate(found)
    assert found["$schema"] == home(site_dir) + "snippets/schema.json"
    names = [f"snippets/{x['area']}/{x['name']}" for x in found["snippets"]]
    assert names == [module.id for module in modules(ROOT)]


def test_the_catalogue_leads_to_what_is_served(site_dir: Path) -> None:
    base = home(site_dir)
    found = json.loads((site_dir / "snippets/index.json").read_text("utf-8"))
    for entry in found["snippets"]:
        for part in (entry, *entry["data"]):
            served = (site_dir / part["file"].removeprefix(base)).read_bytes()
            assert hashlib.sha256(served).hexdigest() == part["sha256"]
        assert (site_dir / entry["markdown"].removeprefix(base)).is_file()
        page = site_dir / entry["page"].removeprefix(base) / "index.html"
        assert page.is_file()


@cache
def head(path: Path) -> dict[str, str]:
    """What the head of a page says, by name."""
    html = path.read_text("utf-8").partition("<body")[0]
    pairs = re.findall(
        r'<meta (?:name|property)="(.*?)" content="(.*?)">', html
    )
    for attributes in re.findall(r"<link (.*?)>", html):
        given = dict(re.findall(r'(\w+)="(.*?)"', attributes))
        pairs.append((given["rel"], given["href"]))
    return {name: unescape(value) for name, value in pairs}


def home(site: Path) -> str:
    return head(site / "index.html")["canonical"]


def html_of(site: Path, page: Page) -> Path:
    return (site / markdown_path(page.path)).with_suffix(".html")


def test_each_page_names_its_markdown(site_dir: Path) -> None:
    with_page = {html_of(site_dir, page) for page in pages(ROOT)}
    for path in site_dir.rglob("*.html"):
        if path in with_page:
            assert head(path)["alternate"] == "index.md", path
            assert path.with_name("index.md").is_file()
        else:
            assert path.name == "404.html"
            assert "alternate" not in head(path)


@pytest.mark.parametrize("kind", sorted({p.meta["kind"] for p in pages(ROOT)}))
def test_a_shared_link_shows_what_kind_of_page_it_is(
    site_dir: Path, kind: str
) -> None:
    base = home(site_dir)
    for page in (page for page in pages(ROOT) if page.meta["kind"] == kind):
        said = head(html_of(site_dir, page))
        address = base + url(page)
        assert said["canonical"] == said["og:url"] == address
        assert 0 < len(said["description"]) <= 160
        for site in ("og", "twitter"):
            assert said[f"{site}:image"] == f"{base}assets/cards/{kind}.png"
            assert said[f"{site}:description"] == said["description"]
            assert said[f"{site}:title"], page.path
            assert kind in said[f"{site}:image:alt"]
    card = site_dir / f"assets/cards/{kind}.png"
    assert card.stat().st_size < 40_000
    with Image.open(card) as picture:
        assert (picture.format, picture.size) == ("PNG", (1200, 630))


def test_the_icon_of_a_home_screen_is_there(site_dir: Path) -> None:
    for path in site_dir.rglob("*.html"):
        icon = urljoin(path.as_uri(), head(path)["apple-touch-icon"])
        if path.name != "404.html":
            assert icon == (site_dir / "assets/apple-touch-icon.png").as_uri()
    with Image.open(site_dir / "assets/apple-touch-icon.png") as icon_:
        assert icon_.size == (180, 180)


def test_the_sitemap_lists_every_page_and_claims_no_date(
    site_dir: Path,
) -> None:
    text = (site_dir / "sitemap.xml").read_text("utf-8")
    base = home(site_dir)
    listed = sorted(re.findall("<loc>(.*?)</loc>", text))
    assert listed == sorted(base + url(page) for page in pages(ROOT))
    assert "lastmod" not in text
    robots = (site_dir / "robots.txt").read_text("utf-8")
    assert f"Sitemap: {base}sitemap.xml\n" in robots
