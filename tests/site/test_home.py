"""The home page says what the data say."""

from scripts.figures.home import ALARM, caption, draw, months
from scripts.home_questions import ten_questions
from scripts.tree import ROOT

HOME = (ROOT / "docs/index.md").read_text("utf-8")


def test_the_caption_is_what_the_data_say() -> None:
    assert caption(months()) in HOME


def test_the_caption_is_counted() -> None:
    rows = [("May", 5.0, 0.3), ("Jun", -1.0, 0.1), ("Jul", -2.0, 0.26)]
    assert caption(rows) == (
        "The alarm rang in one months that earned and was quiet in 1 of the "
        "two that lost."
    )


def test_the_figure_inverts_the_months_in_which_the_alarm_rang() -> None:
    drawing = str(draw().fig)
    rang = sum(psi > ALARM for _, _, psi in months())
    assert drawing.count('class="ring"') == rang
    assert drawing.count('class="p on"') == rang
    assert drawing.count('class="gain"') + drawing.count('class="loss"') == 8


def test_the_page_says_that_the_money_is_invented() -> None:
    assert "invented points: a warning costs one" in HOME


def test_the_home_page_asks_ten_questions_in_two_groups() -> None:
    text = ten_questions(ROOT)
    assert text.count("](readiness/index.md#") == 10
    assert text.count("### ") == 2
    assert "\n10. [" in text
