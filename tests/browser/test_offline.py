"""The zip of the site: opened from a disk, and served by Python alone."""

import os
import zipfile
from collections.abc import Iterator
from http.server import SimpleHTTPRequestHandler
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
from playwright.sync_api import Browser, Page, expect

from scripts.offline import contents, opened, pack
from tests.browser.conftest import served
from tests.browser.test_every_page import LISTEN
from tests.browser.test_reach import KINDS
from tests.browser.test_reader import RESULTS
from tests.site.checks.built import Html


@pytest.fixture(scope="module")
def unpacked(site_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("offline")
    with zipfile.ZipFile(pack(site_dir)) as archive:
        archive.extractall(folder)
    return folder / "paper-to-pager"


class Quiet(SimpleHTTPRequestHandler):
    """What ``python3 -m http.server`` runs, without its log."""

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture(scope="module")
def unzipped_address(unpacked: Path) -> Iterator[str]:
    with served(unpacked, Quiet) as address:
        yield address


@pytest.fixture
def tab(browser: Browser) -> Iterator[Page]:
    """A tab, and in ``said`` all that it complains of."""
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    context.add_init_script(LISTEN)
    page = context.new_page()
    page.said = []  # type: ignore[attr-defined]
    said = page.said  # type: ignore[attr-defined]
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    yield page
    context.close()


def test_every_page_is_in_the_zip_with_all_it_names(
    unpacked: Path, site_dir: Path
) -> None:
    pages = sorted(unpacked.rglob("*.html"))
    built = {p.relative_to(site_dir) for p in site_dir.rglob("*.html")}
    packed = {path.relative_to(unpacked) for path in pages}
    assert packed == built - {Path("404.html")}
    missing = []
    for path in pages:
        html = Html(path.read_text("utf-8"))
        for _, link in html.links + html.loads:
            url = urlsplit(link)
            if url.scheme or url.netloc or not url.path:
                continue
            target = Path(os.path.normpath(path.parent / unquote(url.path)))
            # Only a web server answers at this one.
            if not target.is_file() and target.name != "security.txt":
                missing.append(f"{path.relative_to(unpacked)}: {link}")
    assert missing == []


def test_each_kind_of_page_opens_from_a_disk(
    tab: Page, unpacked: Path
) -> None:
    for kind, path in KINDS.items():
        if kind == "missing":
            continue
        place = unpacked / path / "index.html"
        tab.goto(place.as_uri(), wait_until="load")
        # Our style sheet and our script are at work.
        paper = tab.evaluate("getComputedStyle(document.body).backgroundColor")
        assert paper == "rgb(252, 252, 250)", kind
        expect(tab.locator("html.js")).to_be_attached()
        expect(tab.locator("main > .p2p-hidden[role=status]")).to_be_attached()
        assert tab.evaluate("refused") == [], kind
        assert tab.evaluate("document.fonts.ready.then(f => "
                            "[...f].filter(x => x.status === 'error').length)"
                            ) == 0, kind  # fmt: skip
        expect(tab.get_by_role("textbox", name="Search")).to_be_hidden()
        assert tab.said == [], kind  # type: ignore[attr-defined]


def test_a_reader_walks_from_file_to_file(tab: Page, unpacked: Path) -> None:
    tab.goto((unpacked / "index.html").as_uri())
    tab.locator(".p2p-tabs a", has_text="Readiness").click()
    tab.wait_for_url("file://**/readiness/index.html")
    expect(tab.get_by_text("opened as a file")).to_be_visible()
    expect(tab.locator("#review h2").first).to_be_visible()
    expect(tab.get_by_role("heading", level=1)).to_be_visible()
    tab.get_by_role("link", name="No search here").click()
    tab.wait_for_url("file://**/about/index.html#without-a-network")
    expect(tab.get_by_text("python3 -m http.server")).to_be_visible()
    assert tab.said == []  # type: ignore[attr-defined]


def test_search_and_review_work_when_python_serves_the_zip(
    tab: Page, unzipped_address: str
) -> None:
    tab.goto(f"{unzipped_address}readiness/index.html")
    tab.locator("#dat-01 input[type=radio][value='1']").check()
    expect(tab.locator("#verdict")).to_be_visible()
    tab.get_by_role("textbox", name="Search").fill("stability index")
    expect(tab.locator(RESULTS).first).to_be_visible(timeout=30_000)
    tab.locator(RESULTS).first.click()
    tab.wait_for_url("**/snippets/drift/psi/**")
    assert tab.evaluate("refused") == []
    assert tab.said == []  # type: ignore[attr-defined]


def test_links_name_files_and_nothing_else_changes(tmp_path: Path) -> None:
    for name in ("a", "b/c"):
        (tmp_path / name).mkdir(parents=True)
    before = (
        '<body><a href="../b/c/?q=1#x">c</a> <a href="..">home</a> '
        '<a href="#here">h</a> <a href="https://other.example/b/">o</a> '
        '<link rel="icon" href="../icon.svg">'
    )
    assert opened(tmp_path, "a/index.html", f"{before}</body>") == (
        before.replace("../b/c/?", "../b/c/index.html?").replace(
            'href=".."', 'href="../index.html"'
        )
        + '<script src="../assets/js/offline.js"></script>\n  </body>'
    )


def test_the_same_site_gives_the_same_bytes(tmp_path: Path) -> None:
    packed = []
    for time in (1_000_000_000, 2_000_000_000):
        page = tmp_path / "index.html"
        page.write_text("<body></body>", "utf-8")
        os.utime(page, (time, time))
        packed.append(pack(tmp_path).read_bytes())
    assert packed[0] == packed[1]
    assert [path for path, _ in contents(tmp_path)] == ["index.html"]
