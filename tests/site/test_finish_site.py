"""What happens to a built site before it is published."""

import hashlib
import re
import shutil
from datetime import date, timedelta
from html import unescape
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from scripts.finish_site import (
    direct,
    finish,
    hold_units,
    lighten,
    mark_links,
    secure,
    security,
    tighten,
)
from scripts.for_machines import markdown_path
from scripts.tree import ROOT, modules, pages

HEAD = '<head>\n      <meta charset="utf-8">\n</head>'


def test_the_policy_allows_a_script_by_its_hash_and_nothing_else() -> None:
    html = secure(f'{HEAD}<script>go()</script><script src="a.js"></script>')
    policy = re.search(r'Content-Security-Policy" content="([^"]+)"', html)
    assert policy is not None
    # printf 'go()' | openssl dgst -sha256 -binary | base64
    expected = "'sha256-5KYv+PUboo5h+0+YAtGRPbwv5d/QxzHslP4YGnUaxRw='"
    assert f"script-src 'self' {expected};" in policy[1]
    assert "unsafe" not in policy[1]
    assert policy[1].startswith("default-src 'none';")


def test_data_in_a_script_element_needs_no_hash() -> None:
    html = secure(f'{HEAD}<script type="application/json">{{}}</script>')
    assert "sha256" not in html


def test_a_page_is_secured_once() -> None:
    once = secure(f"{HEAD}<script>go()</script>")
    assert secure(once) == once


def test_a_page_without_a_charset_is_refused() -> None:
    with pytest.raises(ValueError, match='must have <meta charset="utf-8">'):
        secure("<p>no head</p>")


def test_code_keeps_its_text_and_loses_idle_spans() -> None:
    html = '<span class="k">def</span><span class="w"> </span>'
    html += '<span class="nf">f</span><span class="p">():</span>'
    expected = '<span class="k">def</span> <span class="nf">f</span>():'
    assert lighten(html) == expected


def test_words_of_one_colour_are_one_span() -> None:
    html = '<span class="ow">is</span><span class="w"> </span>'
    html += '<span class="ow">not</span> <span class="kc">None</span>'
    assert lighten(html) == '<span class="k">is not None</span>'


def test_layout_loses_its_indentation_and_code_keeps_it() -> None:
    html = (
        "<p>\n\n    a <b>b</b>\n  c</p>\n<pre><code>\n\n  d\n</code></pre>\n\n"
    )
    expected = "<p>\na <b>b</b>\nc</p>\n<pre><code>\n\n  d\n</code></pre>\n"
    assert tighten(html) == expected


def test_a_citation_leads_to_the_entry_and_the_list_keeps_its_anchor() -> None:
    html = (
        '<a href="../evidence/#kapoor2023">x</a> <a href="../evidence/#top">'
    )
    html += ' <a href="evidence/#kapoor2023">'
    assert direct(html, {"kapoor2023": "k-m"}) == (
        '<a href="../evidence/k-m/#kapoor2023">x</a> '
        '<a href="../evidence/#top"> <a href="evidence/k-m/#kapoor2023">'
    )


def test_a_percent_sign_stays_with_its_number_and_code_stays_as_it_is() -> (
    None
):
    html = '<p title="5 %">95.2 % <code>"+10 %"</code></p><pre>1 % 2</pre>'
    held = (
        '<p title="5 %">95.2\u00a0% <code>"+10 %"</code></p><pre>1 % 2</pre>'
    )
    assert hold_units(html) == held
    assert hold_units(held) == held


BASE = "https://site.example/"


def test_a_link_that_leaves_the_site_is_marked_once() -> None:
    html = (
        '<a class="b" href="https://other.example/">x</a>'
        f'<a href="{BASE}a/">y</a><a href="../b/">z</a>'
        '<a href="mailto:me@site.example">m</a>'
        '<a rel="me" href="https://third.example/">r</a>'
    )
    marked = mark_links(html, BASE)
    assert marked == html.replace(
        '<a class="b"', '<a rel="external" class="b"'
    )
    assert mark_links(marked, BASE) == marked


def test_the_security_contact_is_that_of_the_page_and_expires() -> None:
    home = '<a class="p2p-report" href="mailto:me@site.example?subject=x">'
    assert security(home, BASE, date(2026, 11, 22)) == (
        "Contact: mailto:me@site.example\n"
        "Expires: 2027-09-18T00:00:00Z\n"
        "Preferred-Languages: en\n"
        f"Canonical: {BASE}.well-known/security.txt\n"
    )


def test_a_site_that_nobody_answers_for_is_refused() -> None:
    with pytest.raises(SystemExit, match="no CONTACT_URL"):
        security("<footer></footer>", BASE, date(2026, 11, 22))


def test_the_security_file_is_in_the_site_and_good_for_months(
    site_dir: Path,
) -> None:
    text = (site_dir / ".well-known/security.txt").read_text("utf-8")
    fields = dict(line.split(": ", 1) for line in text.splitlines())
    assert fields["Contact"].startswith(("mailto:", "https:"))
    until = date.fromisoformat(fields["Expires"][:10])
    left = until - date.today()
    assert timedelta(days=180) < left < timedelta(days=365)


def test_each_page_offers_a_report_that_names_it(site_dir: Path) -> None:
    for page in pages(ROOT):
        path = site_dir / markdown_path(page.path)
        html = path.with_suffix(".html").read_text("utf-8")
        found = re.search(r'class="p2p-report" href="([^"]+)"', html)
        assert found is not None, page.path
        asked = parse_qs(urlsplit(unescape(found[1])).query)
        where = re.search(r'rel="canonical" href="([^"]+)"', html)
        assert where is not None, page.path
        assert asked["body"][0].startswith(
            f"Page: {where[1]}\r\nReviewed: {page.meta['reviewed']}\r\n"
        )
        assert page.id == "index" or "Reviewed <time" in html, page.path


def test_every_snippet_can_be_downloaded(site_dir: Path) -> None:
    for module in modules(ROOT):
        folder = site_dir / "files" / module.area
        path = folder / f"{module.name}.py"
        assert path.read_text("utf-8") == module.copied
        for name in module.data:
            assert (folder / name).is_file()
    assert (site_dir / "files/LICENSE").read_text("utf-8") == (
        ROOT / "LICENSE-CODE"
    ).read_text("utf-8")


def test_each_hash_is_that_of_the_file_which_is_served(site_dir: Path) -> None:
    folder = site_dir / "files"
    listed = {}
    for line in (folder / "SHA256SUMS").read_text("utf-8").splitlines():
        full, _, path = line.partition("  ")
        content = (folder / path).read_bytes()
        assert full == hashlib.sha256(content).hexdigest(), path
        listed[path] = full
    served = {
        path.relative_to(folder).as_posix()
        for path in folder.rglob("*/*")
        if path.is_file()
    }
    assert set(listed) == served
    for module in modules(ROOT):
        page = (site_dir / module.id / "index.html").read_text("utf-8")
        shown = re.search(r"SHA-256</a> <code>(\w{12})</code>", page)
        assert shown is not None, module.id
        path = f"{module.area}/{module.name}.py"
        assert listed[path].startswith(shown[1]), module.id


def test_a_second_run_changes_nothing(site_dir: Path, tmp_path: Path) -> None:
    site = tmp_path / "site"
    shutil.copytree(site_dir, site)
    runs = []
    for _ in range(2):
        finish(site)
        files = (path for path in sorted(site.rglob("*")) if path.is_file())
        runs.append({path: path.read_bytes() for path in files})
    assert runs[0] == runs[1]


def test_a_folder_without_a_site_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match="holds no built site"):
        finish(tmp_path)
