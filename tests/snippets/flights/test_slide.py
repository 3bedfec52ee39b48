"""Contract of snippets/flights/slide.py."""

from __future__ import annotations

import numpy as np
import pytest

from snippets.flights.loader import Flights
from snippets.flights.slide import Slide, report, run, slide_split


@pytest.fixture(scope="module")
def slide(sample: Flights) -> Slide:
    return run(sample)


def numbered(n: int) -> Flights:
    """Flights that are nothing but a number."""
    return Flights({"time": np.arange(n)})


def test_the_split_is_four_to_one_and_loses_no_flight() -> None:
    train, test = slide_split(numbered(1000))
    assert (len(train), len(test)) == (800, 200)
    assert set(train["time"]) | set(test["time"]) == set(range(1000))


def test_the_split_is_the_same_every_time() -> None:
    first, again = slide_split(numbered(50)), slide_split(numbered(50))
    for one, other in zip(first, again, strict=True):
        np.testing.assert_array_equal(one["time"], other["time"])


def test_the_sample_tells_the_story_of_all_flights(slide: Slide) -> None:
    """Ranges over ten samples, drawn with the seeds 2013 to 2022."""
    assert 0.943 <= slide.random_split.accuracy <= 0.954
    assert 0.95 <= slide.random_split.auc <= 0.97
    assert 340 <= slide.random_split.value.value <= 400


def test_none_of_the_core_questions_has_an_answer(slide: Slide) -> None:
    review = slide.review
    assert review.stage == "experiment"
    assert review.asked == review.blocking == len(review.blockers)
    assert review.levels["nothing_to_show"] == review.asked


def test_the_report_fits_a_terminal(slide: Slide) -> None:
    assert max(map(len, report(slide).splitlines())) <= 79


def test_blind_spot_the_slide_gives_no_hint_of_what_is_wrong(
    slide: Slide, sample: Flights
) -> None:
    """A column from the future makes every figure better, on any rows."""
    assert slide.random_split.accuracy > slide.do_nothing_accuracy + 0.09
    assert slide.random_split.value.low > 250
    delay = sample.train["dep_delay"]
    assert not np.isnan(delay).any()  # in the export nothing is missing
