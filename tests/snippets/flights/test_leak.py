"""Contract of snippets/flights/leak.py."""

from __future__ import annotations

import numpy as np
import pytest

from snippets.flights.features import WEATHER
from snippets.flights.leak import (
    FIRST_HARDENED,
    KNOWN_AT,
    KnownAt,
    Leak,
    future_columns,
    report,
    run,
)
from snippets.flights.loader import Flights
from snippets.flights.models import HARDENED, NOTEBOOK, SLIDE


@pytest.fixture(scope="module")
def leak(sample: Flights) -> Leak:
    return run(sample, seeds=1)


def test_columns_known_in_time_pass() -> None:
    assert future_columns(HARDENED.columns) == {}


def test_the_departure_delay_and_the_weather_come_from_the_future() -> None:
    assert set(future_columns(SLIDE.columns)) == {"dep_delay", *WEATHER}
    assert set(future_columns(NOTEBOOK.columns)) == set(WEATHER)


def test_our_own_first_hardened_model_had_a_column_from_the_future() -> None:
    # due 10:00, decided 08:00; the row called 08 is complete at 08:51
    assert future_columns(FIRST_HARDENED.columns) == {
        "wind_speed_2h": 0.85,
        "precip_2h": 0.85,
        "visib_2h": 0.85,
    }


def test_known_at_the_moment_of_decision_is_in_time() -> None:
    known = {"now": KnownAt(0.0, ""), "soon": KnownAt(0.01, "")}
    assert future_columns(["now", "soon"], known) == {"soon": 0.01}


def test_a_column_that_declares_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="gate does not declare when"):
        future_columns(["origin", "gate"])


def test_every_column_a_model_could_read_declares_when_it_is_known(
    sample: Flights,
) -> None:
    describes_the_row = {"time", "date", "week"}
    counts_behind_shares = {
        name for name in sample.columns if name.startswith("window_")
    }
    silent = sample.columns.keys() - KNOWN_AT.keys()
    assert silent == describes_the_row | counts_behind_shares


def test_the_sample_tells_the_story_of_all_flights(leak: Leak) -> None:
    """Ranges over ten samples, drawn with the seeds 2013 to 2022."""
    assert 340 <= leak.promised.value.value <= 400
    assert 0.49 <= leak.served.auc <= 0.6
    assert -1 <= leak.served.value.value <= 8


def test_served_without_its_column_the_model_all_but_never_acts(
    leak: Leak,
) -> None:
    assert leak.served_acted_on < 0.06
    assert leak.with_the_column.value.value > 300


def test_weather_in_time_costs_the_hardened_model_little(leak: Leak) -> None:
    hardened = leak.weather_hardened
    lost = hardened.future.value.value - hardened.in_time.value.value
    assert 0 <= lost < 4


def test_the_report_fits_a_terminal(leak: Leak) -> None:
    assert max(map(len, report(leak).splitlines())) <= 79


def test_blind_spot_a_wrong_declaration_passes() -> None:
    """The check compares what people wrote; it replays nothing."""
    hopeful = {"dep_delay": KnownAt(-1.0, "the gate agent told me")}
    assert future_columns(["dep_delay"], hopeful) == {}


def test_blind_spot_the_model_takes_an_empty_column_without_a_word(
    sample: Flights,
) -> None:
    """No error, no warning: this is why the column must be declared."""
    few = sample.production.take(np.arange(100))
    empty = Flights({**few.columns, "dep_delay": np.full(100, np.nan)})
    model = SLIDE.fit(sample.train)
    p = model.predict_proba(empty.matrix(SLIDE.columns))[:, 1]
    assert np.isfinite(p).all()
