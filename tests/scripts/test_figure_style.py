"""A figure follows the page: its scheme, its font and its policy."""

import re

import matplotlib.pyplot as plt
import pytest
from matplotlib.figure import Figure as MplFigure

from scripts.figures import style
from scripts.figures.style import (
    Figure,
    alarm_rates,
    house,
    to_svg,
    to_table,
)

ROWS = [["Month", "Value"], ["May", "-1.5"]]


def plot(colour: str = style.S2) -> MplFigure:
    with house():
        fig, ax = plt.subplots()
        ax.plot([1, 2, 3], [2, 1, 3], color=colour, linestyle="--")
        ax.set_title("What & why")
        ax.text(1, 2, "here", fontfamily="monospace", weight="bold")
    return fig


def svg(name: str = "plot", **kwargs: str) -> str:
    return to_svg(Figure(plot(**kwargs), "A <plot>", "It rises.", ROWS), name)


def test_the_same_figure_gives_the_same_bytes() -> None:
    assert svg() == svg()


def test_nothing_in_it_is_a_style_or_a_colour() -> None:
    assert "style" not in svg()
    assert "#" not in re.sub(r'(href="|url\()#', "", svg())
    assert 'class="s-s2"' in svg()


def test_its_text_is_text_without_a_font() -> None:
    assert "What &amp; why</text>" in svg()
    assert "font-family" not in svg()
    assert 'font-weight="700" class="t-mono f-ink">here' in svg()


def test_it_has_a_name_and_a_description() -> None:
    text = svg("gap")
    named = 'role="img" aria-labelledby="gap-t" aria-describedby="gap-d"'
    assert named in text
    assert '<title id="gap-t">A &lt;plot&gt;</title>' in text
    assert '<desc id="gap-d">It rises.</desc>' in text


def test_two_figures_share_no_id() -> None:
    def ids(text: str) -> set[str]:
        return set(re.findall(r' id="([^"]+)"', text))

    assert ids(svg("one")).isdisjoint(ids(svg("two")))


def test_every_reference_has_its_target() -> None:
    text = svg()
    targets = set(re.findall(r'(?:href="#|url\(#)([^")]+)', text))
    assert targets
    assert all(f'id="{target}"' in text for target in targets)


def test_a_drawing_by_hand_takes_the_same_way() -> None:
    drawing = '<svg class="p2p-fig" viewBox="0 0 9 5"><path d="M0 0"/></svg>'
    text = to_svg(Figure(drawing, "T", "D", ROWS), "hand")
    assert '<svg class="p2p-fig" viewBox="0 0 9 5" role="img"' in text


def test_a_colour_of_its_own_is_refused() -> None:
    with pytest.raises(ValueError, match="colour of the house, got #ff0000"):
        svg(colour="#ff0000")


@pytest.mark.parametrize("name", ["", "Gap", "a-b", "1a"])
def test_a_name_that_is_no_plain_word_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="name must be a plain lower-case"):
        svg(name)


def test_the_table_has_headings_in_both_directions() -> None:
    assert to_table(ROWS) == (
        "<table data-search-exclude><thead><tr>"
        '<th scope="col">Month</th><th scope="col">Value</th></tr></thead>'
        '<tbody><tr><th scope="row">May</th><td>\u22121.5</td></tr></tbody>'
        "</table>\n"
    )


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([["a", "b"]], "must be a header and data, got 1"),
        ([["a", "b"], ["1"]], "must be equally long"),
        ([["a", " "], ["1", "2"]], "header cell must have text"),
    ],
)
def test_a_table_that_misleads_is_refused(
    rows: list[list[str]], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        to_table(rows)


def test_alarm_rates_shows_what_rings_above_what_ought_to() -> None:
    fig = alarm_rates(
        [100, 1_000],
        {"one": [0.01, 0.02], "two": [0.01, 0.02]},
        {"one": [0.5, 1.0], "two": [0.4, 1.0]},
        promised=0.01,
        change="A shift",
    )
    quiet, moved = fig.axes
    assert quiet.get_title(loc="left") == "Nothing changed: checks that ring"
    assert moved.get_title(loc="left") == "A shift: checks that ring"
    shares = [line.get_ydata() for line in quiet.get_lines()]
    assert [list(y) for y in shares[:2]] == [[1, 2], [1, 2]]
    for ax in fig.axes:  # lines that end together, names that do not
        low, high = ax.get_ylim()
        first, second = (
            text.xy[1] for text in ax.texts if text.get_text() in "one two"
        )
        assert abs(first - second) >= (high - low) / 8 - 1e-9
    assert "promised 1 %" in [text.get_text() for text in quiet.texts]
