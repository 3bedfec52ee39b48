"""Names and places for those who listen to a page."""

import re
from pathlib import Path

from scripts.listen import listen

LINK = "../../glossary/"
TIP = '<abbr title="A measure.">PSI</abbr>'


def heard(html: str) -> str:
    return listen(html, LINK, {"psi"})


def test_the_navigation_stands_outside_the_main_part() -> None:
    html = heard(
        '<main class="md-main" data-md-component="main"><nav>x</nav>'
        '<article class="md-content__inner md-typeset">y</article></main>'
    )
    assert re.findall(r"</?(?:main|nav|article)", html) == [
        "<nav",
        "</nav",
        "<main",
        "</main",
    ]
    assert 'data-md-component="main"' in html


def test_the_sign_of_a_section_and_an_ornament_are_not_heard() -> None:
    html = heard('<h2>A<a class="headerlink" href="#a">\u00b6</a></h2>')
    assert '<a aria-hidden="true" tabindex="-1" class="headerlink"' in html
    assert heard("<svg viewBox='0'/>").startswith('<svg aria-hidden="true"')
    figure = '<svg role="img" aria-labelledby="t"/>'
    assert heard(figure) == figure


def test_the_tabs_of_each_set_get_their_own_names() -> None:
    def tabs(*names: str) -> str:
        labels = "".join(f"<label for=x>{name}</label>" for name in names)
        blocks = '<div class="tabbed-block">z</div>' * len(names)
        return (
            '<div class="tabbed-set tabbed-alternate"><input type="radio" />'
            f'<div class="tabbed-labels">{labels}</div>{blocks}</div>'
        )

    html = heard(tabs("Code", "Test") + tabs("pip", "conda"))
    assert re.findall('aria-label="([^"]*)"', html) == [
        "Code or Test",
        "Code",
        "Test",
        "pip or conda",
        "pip",
        "conda",
    ]


def test_a_year_says_whose_and_a_name_stays_as_it_is() -> None:
    html = heard('<a href="../evidence/k-m/#kapoor2023">2023</a>')
    assert 'kapoor2023" aria-label="Kapoor 2023">2023</a>' in html
    named = '<a href="../evidence/#kapoor2023">Kapoor 2023</a>'
    assert heard(named) == named


def test_the_first_use_of_a_term_leads_to_the_glossary() -> None:
    html = heard(f'<h1>{TIP}</h1><p><a href="x">{TIP}</a> {TIP} {TIP}</p>')
    link = f'<a class="p2p-term" href="{LINK}#psi">{TIP}</a>'
    assert html.count("p2p-term") == 1
    assert f"</a> {link} {TIP}</p>" in html
    assert listen(TIP, LINK, set()) == TIP


def test_a_second_pass_changes_nothing(site_dir: Path) -> None:
    page = site_dir / "snippets/drift/psi/index.html"
    once = page.read_text("utf-8")
    assert "p2p-term" in once
    assert listen(once, LINK, {"psi", "auc"}) == once
