"""What owner_card promises, by the clock that passes, and what it misses."""

import json
import tomllib
from dataclasses import asdict, replace
from datetime import UTC, date, datetime, timedelta, timezone
from itertools import pairwise
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from snippets.readiness.owner_card import (
    _EXAMPLE,
    AWAY,
    DUTIES,
    Gap,
    OwnerCard,
    Shift,
    coverage,
    loads,
    read_card,
)

HOUR, DAY, WEEK = timedelta(hours=1), timedelta(days=1), timedelta(days=7)
NEW_YORK, BERLIN = ZoneInfo("America/New_York"), ZoneInfo("Europe/Berlin")
EST = timezone(-5 * HOUR)
PEOPLE = ("Ada", "Ben", "Cleo", "Dora", "Emil", "Fay", "Gus", "Hana")
NOON = datetime(2013, 6, 3, 12, tzinfo=UTC)


def new_york(*when, fold=0):
    return datetime(2013, *when, tzinfo=NEW_YORK, fold=fold)


def card_of(*shifts, **changes):
    given = {
        "system": "Late flights",
        "expires": datetime(2014, 1, 1, tzinfo=UTC),
        "duties": dict.fromkeys(DUTIES, "1 working day"),
        "people": dict.fromkeys(PEOPLE, "+1 555 0100"),
        "shifts": shifts,
    }
    return OwnerCard(**given | changes)


def always(person, duties=DUTIES):
    return Shift(person, duties, new_york(1, 1), new_york(12, 31))


def open_hours(card, start, end, **kwargs):
    """Hours without a name, for each duty."""
    hours = dict.fromkeys((*DUTIES, *card.duties), 0.0)
    for gap in coverage(card, start, end, **kwargs):
        hours[gap.duty] += gap.hours
    return hours


# Identity


def test_one_person_on_every_duty_all_year_leaves_no_gap():
    card = card_of(always("Ada"))
    assert coverage(card, new_york(1, 1), new_york(12, 31)) == ()
    (load,) = loads(card, new_york(1, 1), new_york(12, 31))
    assert (load.person, load.share, load.most) == ("Ada", 1, 4)
    assert load.alone == DUTIES  # a bus factor of one


def test_an_empty_card_is_one_gap_for_each_of_the_four_duties():
    gaps = coverage(card_of(), NOON, NOON + DAY)
    assert gaps == tuple(Gap(d, NOON, NOON + DAY, (), ()) for d in DUTIES)
    assert loads(card_of(), NOON, NOON + DAY) == ()


# Worked by hand: the nights on which the clock jumps


@pytest.mark.parametrize(
    ("day", "hours"), [((3, 9), 24), ((3, 10), 23), ((11, 3), 25)]
)
def test_a_day_without_a_name_has_the_hours_that_pass(day, hours):
    start = new_york(*day)
    gaps = coverage(card_of(), start, start + DAY)  # midnight to midnight
    assert {gap.hours for gap in gaps} == {hours}


def test_a_week_of_168_hours_leaves_the_hour_that_autumn_adds():
    # Monday 09:00 to Monday 09:00 is 169 hours over 3 November.
    monday, next_monday = new_york(10, 28, 9), new_york(11, 4, 9)
    exported = (monday.astimezone(UTC) + 168 * HOUR).astimezone(NEW_YORK)
    assert exported.hour == 8
    card = card_of(
        Shift("Ada", DUTIES, monday, exported),
        Shift("Ben", DUTIES, next_monday, next_monday + WEEK),
    )
    gaps = coverage(card, monday, next_monday + WEEK)
    assert [gap.hours for gap in gaps] == [1, 1, 1, 1]
    assert gaps[0].start == datetime(2013, 11, 4, 13, tzinfo=UTC)


def test_a_week_of_168_hours_holds_two_people_for_an_hour_in_spring():
    monday, next_monday = new_york(3, 4, 9), new_york(3, 11, 9)
    exported = monday.astimezone(UTC) + 168 * HOUR
    card = card_of(
        Shift("Ada", DUTIES, monday, exported),
        Shift("Ben", DUTIES, next_monday, next_monday + WEEK),
    )
    period = monday, next_monday + WEEK
    assert coverage(card, *period) == ()
    # 168 and 168 of 167 + 168 hours: one is counted for both
    assert sum(x.share for x in loads(card, *period)) == 336 / 335


@pytest.mark.parametrize("night", [(3, 10), (11, 3)])
def test_a_weekly_rota_on_the_wall_clock_has_no_hole_on_either_night(night):
    first = new_york(1, 7, 9)
    rota = [
        Shift(who, DUTIES, first + i * WEEK, first + (i + 1) * WEEK, 28)
        for i, who in enumerate(PEOPLE[:4])
    ]
    start = new_york(*night) - 14 * DAY
    assert coverage(card_of(*rota), start, start + 30 * DAY) == ()


@pytest.mark.parametrize(
    ("sunday", "still_open"), [((3, 3), 128), ((3, 10), 127), ((11, 3), 129)]
)
def test_office_hours_leave_128_hours_a_week_one_more_or_one_less(
    sunday, still_open
):
    # 168 - 5 x 8 = 128
    monday = new_york(1, 7, 9)
    office = [
        Shift("Ada", DUTIES, monday + i * DAY, monday + i * DAY + 8 * HOUR, 7)
        for i in range(5)
    ]
    start = new_york(*sunday)
    hours = open_hours(card_of(*office), start, start + WEEK)
    assert hours == dict.fromkeys(DUTIES, still_open)


def test_a_zone_keeps_the_wall_clock_and_an_offset_keeps_utc():
    turn = Shift("Ada", DUTIES, new_york(1, 7, 9), new_york(1, 7, 17), 7)
    bare = replace(
        turn, start=turn.start.astimezone(EST), end=turn.end.astimezone(EST)
    )
    monday = new_york(7, 1)  # summer time, 25 repetitions later
    for shift, hour in (turn, 9), (bare, 10):
        first, *_ = coverage(card_of(shift), monday, monday + DAY)
        assert first.end.astimezone(NEW_YORK).hour == hour


def test_a_shift_set_up_in_summer_is_still_held_at_half_past_four_in_winter():
    turn = Shift("Ada", DUTIES, new_york(7, 1, 9), new_york(7, 1, 17), 1)
    late = new_york(11, 5, 16, 30)  # 21:30 UTC; in summer it ended at 21:00
    first, *_ = coverage(card_of(turn), late, late + 8 * HOUR)
    assert first.start.astimezone(NEW_YORK).hour == 17


def test_a_shift_inside_the_hour_that_is_skipped_takes_no_time_that_night():
    turn = Shift("Ada", DUTIES, new_york(3, 9, 2, 15), new_york(3, 9, 3), 1)
    hours = open_hours(card_of(turn), new_york(3, 9), new_york(3, 12))
    # 71 hours in three days, less 45 minutes on two of them
    assert hours["drift"] == 71 - 1.5


def test_both_halves_of_the_hour_that_comes_twice_are_told_apart():
    first, again = new_york(11, 3, 1), new_york(11, 3, 1, fold=1)
    card = card_of(Shift("Ada", DUTIES, first, again))
    gaps = coverage(card, first, again + HOUR)
    assert {gap.hours for gap in gaps} == {1}
    assert {gap.start.hour for gap in gaps} == {6}  # UTC


# Worked by hand: who counts


@pytest.mark.parametrize(
    ("written", "changes", "why"),
    [
        ("Data Science", {}, "not in people"),
        ("ada", {}, "not in people"),
        ("ML team", {"people": {"ML team": "+1"}}, "no person"),
        ("ml@example.org", {"people": {"ml@example.org": "+1"}}, "no person"),
        ("#ml-alerts", {"people": {"#ml-alerts": "+1"}}, "no person"),
        ("On-call", {"people": {"On-call": "+1"}}, "no person"),
        ("TBD", {"people": {"TBD": "+1"}}, "no person"),
        ("?", {"people": {"?": "+1"}}, "no person"),
        ("--", {"people": {"--": "+1"}}, "no person"),
        ("Ada", {"people": {"Ada": " "}}, "no way to reach"),
        ("Ada", {"duties": {}}, "promised no time to answer"),
        (
            "Ada",
            {"duties": dict.fromkeys(DUTIES, " ")},
            "promised no time to answer",
        ),
        ("Ada", {"expires": NOON - HOUR}, "card expired"),
    ],
)
def test_a_name_that_does_not_count_stands_in_the_gap_with_its_reason(
    written, changes, why
):
    card = card_of(always(written), **changes)
    gaps = coverage(card, NOON, NOON + DAY)
    assert [gap.duty for gap in gaps] == list(DUTIES)
    assert {gap.instead for gap in gaps} == {(f"{written}, {why}",)}
    assert {(gap.named, gap.hours) for gap in gaps} == {((), 24)}
    assert loads(card, NOON, NOON + DAY) == ()


@pytest.mark.parametrize(
    "name",
    ["Ines Fabre", "Friedrich List", "O'Neil", "Zoë", "李雷", "Teamann, Bo"],
)
def test_names_of_people_count(name):
    card = card_of(always(name), people={name: "+1 555 0100"})
    assert coverage(card, NOON, NOON + DAY) == ()


def test_an_absence_opens_the_hours_and_names_who_is_away():
    leave = Shift("Ada", [AWAY], NOON + 6 * HOUR, NOON + 9 * HOUR)
    gaps = coverage(card_of(always("Ada"), leave), NOON, NOON + DAY)
    assert gaps[0] == Gap("drift", leave.start, leave.end, (), ("Ada, away",))
    assert [gap.hours for gap in gaps] == [3, 3, 3, 3]


def test_somebody_who_takes_over_closes_it():
    leave = Shift("Ada", [AWAY], NOON + 6 * HOUR, NOON + 9 * HOUR)
    swap = replace(leave, person="Ben", duties=DUTIES)
    assert (
        coverage(card_of(always("Ada"), leave, swap), NOON, NOON + DAY) == ()
    )


def test_what_an_absence_of_each_person_would_open_can_be_asked():
    card = card_of(always("Ada", DUTIES[:3]), always("Ben", DUTIES[2:]))
    would_open = {}
    for load in loads(card, NOON, NOON + DAY):
        ill = Shift(load.person, [AWAY], NOON, NOON + DAY)
        without = replace(card, shifts=(*card.shifts, ill))
        hours = open_hours(without, NOON, NOON + DAY)
        would_open[load.person] = sum(hours.values())
    assert would_open == {"Ada": 48, "Ben": 24}  # retraining has both


def test_a_gap_is_one_while_its_reason_stays_and_two_when_it_changes():
    half = NOON + 12 * HOUR
    card = card_of(
        Shift("Data Science", ["drift"], NOON, half),
        Shift("Ada", ["thresholds"], half - HOUR, half + HOUR),
    )
    gaps = [
        (gap.duty, gap.hours, gap.instead)
        for gap in coverage(card, NOON, NOON + DAY)
    ]
    assert gaps == [
        ("drift", 12, ("Data Science, not in people",)),
        ("drift", 12, ()),
        ("thresholds", 11, ()),
        ("thresholds", 11, ()),
        ("retraining", 24, ()),
        ("complaints", 24, ()),
    ]


def test_two_names_ask_for_a_deputy_who_is_another_person():
    card = card_of(always("Ada"), always("Ada"), always("Ben", ["drift"]))
    gaps = coverage(card, NOON, NOON + DAY, names=2)
    assert [(gap.duty, gap.named) for gap in gaps] == [
        ("thresholds", ("Ada",)),
        ("retraining", ("Ada",)),
        ("complaints", ("Ada",)),
    ]


def test_a_duty_of_your_own_is_asked_for_as_well():
    duties = dict.fromkeys(DUTIES, "1 day") | {"labels": "1 week"}
    card = card_of(always("Ada"), duties=duties)
    assert [g.duty for g in coverage(card, NOON, NOON + DAY)] == ["labels"]


@pytest.mark.parametrize(("team", "at_once"), [(4, 1), (8, 2)])
def test_a_quarter_of_the_time_takes_four_people_or_eight_with_deputies(
    team, at_once
):
    # week-long shifts: at_once of the team hold everything at a time
    first = NOON
    rota = [
        Shift(who, DUTIES, begin, begin + WEEK, 28)
        for i, who in enumerate(PEOPLE[:team])
        for begin in [first + (i // at_once) * WEEK]
    ]
    period = NOON, NOON + 28 * DAY
    assert coverage(card_of(*rota), *period, names=at_once) == ()
    assert {x.share for x in loads(card_of(*rota), *period)} == {0.25}


def test_loads_by_hand():
    card = card_of(
        always("Ada", ["drift", "thresholds"]),
        Shift("Ben", ["drift"], NOON, NOON + 6 * HOUR),
        Shift("Ben", ["complaints"], NOON + 3 * HOUR, NOON + 9 * HOUR),
    )
    ada, ben = loads(card, NOON, NOON + DAY)
    assert asdict(ada) == {
        "person": "Ada", "share": 1, "most": 2, "alone": ("thresholds",)
    }  # fmt: skip
    # 12:00 to 21:00 is 9 of 24 hours; both duties from 15:00 to 18:00
    assert asdict(ben) == {
        "person": "Ben", "share": 0.375, "most": 2, "alone": ("complaints",)
    }  # fmt: skip


# Agreement with a plain loop over quarters of an hour; pandas repeats


def plain(card, start, end, names):
    """Open quarters of an hour for each duty."""
    held = [
        (shift, begin.tz_convert(UTC), stop.tz_convert(UTC))
        for shift in card.shifts
        for k in range(500 if shift.every_days else 1)
        for begin, stop in [
            [
                pd.Timestamp(time) + pd.DateOffset(days=k * shift.every_days)
                for time in (shift.start, shift.end)
            ]
        ]
        if k == 0 or begin < end
    ]
    ticks = pd.date_range(start, end, freq="15min", inclusive="left", tz=UTC)
    found = dict.fromkeys(DUTIES, 0)
    for tick in ticks:
        on = [shift for shift, a, b in held if a <= tick < b]
        away = {shift.person for shift in on if AWAY in shift.duties}
        for duty in DUTIES:
            here = {s.person for s in on if duty in s.duties} - away
            found[duty] += len(here) < names or tick >= card.expires
    return {duty: n / 4 for duty, n in found.items()}


quarters = st.integers(0, 4 * 24 * 4)
starts = st.sampled_from([new_york(3, 8), new_york(11, 1), new_york(6, 1)])


@st.composite
def cards(draw):
    base = draw(starts)

    def at(n):
        return (base.astimezone(UTC) + n * HOUR / 4).astimezone(NEW_YORK)

    shifts = []
    for _ in range(draw(st.integers(0, 5))):
        a, b = sorted(draw(st.tuples(quarters, quarters)))
        duties = draw(st.sets(st.sampled_from([*DUTIES, AWAY]), min_size=1))
        every = draw(st.sampled_from([0, 0, 1, 2]))
        who = draw(st.sampled_from(PEOPLE[:3]))
        start, end = at(a), at(b + 1)
        if every and {start.fold, end.fold} == {1, 0}:
            every = 0
        shifts.append(Shift(who, sorted(duties), start, end, every))
    return base, card_of(*shifts, expires=at(draw(st.integers(1, 500))))


@settings(max_examples=40, deadline=None)
@given(cards(), st.integers(1, 2))
def test_gaps_are_those_of_a_plain_loop(drawn, names):
    base, card = drawn
    start = base.astimezone(UTC)
    end = start + 3 * DAY
    assert open_hours(card, start, end, names=names) == plain(
        card, start, end, names
    )


# Properties


@settings(max_examples=50)
@given(cards(), st.integers(1, 95))
def test_the_gaps_of_a_period_are_those_of_its_parts(drawn, hours):
    base, card = drawn
    end = base + 4 * DAY
    cut = base.astimezone(UTC) + hours * HOUR
    whole = open_hours(card, base, end)
    early, late = open_hours(card, base, cut), open_hours(card, cut, end)
    assert whole == {duty: early[duty] + late[duty] for duty in whole}


@settings(max_examples=50)
@given(cards(), st.timezones())
def test_the_zone_the_period_is_told_in_does_not_matter(drawn, zone):
    base, card = drawn
    told = [t.astimezone(zone) for t in (base, base + 4 * DAY)]
    assert coverage(card, *told) == coverage(card, base, base + 4 * DAY)


@settings(max_examples=50)
@given(cards())
def test_gaps_do_not_overlap_and_a_further_name_never_opens_one(drawn):
    base, card = drawn
    end = base + 4 * DAY
    gaps = coverage(card, base, end)
    for one, two in pairwise(gaps):
        assert one.duty != two.duty or one.end <= two.start
    more = replace(card, shifts=(*card.shifts, always("Hana", ["drift"])))
    before, after = open_hours(card, base, end), open_hours(more, base, end)
    assert all(after[duty] <= before[duty] for duty in before)


# From a file


def test_toml_and_json_give_the_same_card():
    table = tomllib.loads(_EXAMPLE)
    card = read_card(table)
    text = json.dumps(table, default=datetime.isoformat)
    assert read_card(json.loads(text)) == card
    assert len(card.shifts) == 4
    assert card.shifts[0].start.tzinfo == timezone(-4 * HOUR)  # as written
    assert read_card(tomllib.loads(_EXAMPLE)) == card  # nothing was changed


def test_with_a_time_zone_times_are_read_on_its_clock_and_repeat_by_it():
    card = read_card(
        tomllib.loads(
            """
            system = "Late flights"
            time_zone = "America/New_York"
            expires = 2014-01-01T00:00:00
            people = {Ada = "+1 555 0100"}
            duties = {drift = "30 minutes"}
            [[shifts]]
            person = "Ada"
            duties = ["drift"]
            start = 2013-03-04T09:00:00
            end = 2013-03-04T17:00:00-05:00
            every_days = 1
            """
        )
    )
    assert card.expires == datetime(2014, 1, 1, 5, tzinfo=UTC)
    for day in new_york(3, 9), new_york(3, 10), new_york(7, 1):
        morning, evening, *_ = coverage(card, day, day + DAY)
        assert morning.end.astimezone(NEW_YORK).hour == 9
        assert evening.start.astimezone(NEW_YORK).hour == 17


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"owner": "Ada"}, "table: .*unexpected keyword argument 'owner'"),
        ({"people": None}, "table: people must be a table, got None"),
        ({"expires": "soon"}, "table: expires must have a time of day"),
        ({"expires": "12:00"}, "table: Invalid isoformat string: '12:00'"),
        ({"expires": date(2014, 1, 1)}, "table: expires must be a datetime"),
        ({"expires": "2014-01-01T00:00"}, "expires must .* got 'naive 2014"),
        ({"time_zone": "Mars"}, "time_zone must name a known zone, .* 'Mars'"),
        ({"time_zone": "../etc"}, "time_zone must name a known zone"),
        ({"time_zone": 5}, "time_zone must name a known zone, got 5"),
        ({"shifts": "Ada"}, "shifts must be a list, got 'Ada'"),
        ({"shifts": ["Ada"]}, r"shifts\[0\]: 'str' object has no"),
        ({"shifts": [{}]}, r"shifts\[0\]: .*missing 4 required"),
        ({"shifts": [{"name": "Ada"}]}, r"shifts\[0\]: .*keyword .*'name'"),
        ({1: 2}, "table: keywords must be strings"),
    ],
)  # fmt: skip
def test_a_file_with_a_mistake_is_refused_by_place_and_name(change, message):
    table = tomllib.loads(_EXAMPLE) | change
    with pytest.raises(ValueError, match=message):
        read_card(table)


@pytest.mark.parametrize("time", ["2013-03-10T02:30", "2013-11-03T01:30"])
def test_an_hour_that_the_clock_skips_or_repeats_needs_an_offset(time):
    table = tomllib.loads(_EXAMPLE) | {"time_zone": "America/New_York"}
    with pytest.raises(ValueError, match="expires needs an offset where"):
        read_card(table | {"expires": time})
    card = read_card(table | {"expires": f"{time}-05:00"})
    assert card.expires.utcoffset() in (-4 * HOUR, -5 * HOUR)


# Hard inputs

HARD = {
    "a shift before the period": (
        [Shift("Ada", DUTIES, NOON - DAY, NOON)],
        24,
    ),
    "a shift after it": ([Shift("Ada", DUTIES, NOON + DAY, NOON + WEEK)], 24),
    "a shift of a microsecond": (
        [Shift("Ada", DUTIES, NOON, NOON + timedelta.resolution)],
        24 - 1 / 3.6e9,
    ),
    "the same shift twice": (
        [Shift("Ada", DUTIES, NOON, NOON + 12 * HOUR)] * 2,
        12,
    ),
    "a shift that overlaps its own repetition": (
        [Shift("Ada", DUTIES, NOON - WEEK, NOON - WEEK + 36 * HOUR, 1)],
        0,
    ),
    "away while away": (
        [always("Ada"), *[Shift("Ada", [AWAY], NOON, NOON + HOUR)] * 2],
        1,
    ),
    "away and on duty in one line": (
        [Shift("Ada", [*DUTIES, AWAY], NOON, NOON + DAY)],
        24,
    ),
    "every Friday off, asked on a Monday": (
        [
            always("Ada"),
            Shift("Ada", [AWAY], NOON - 3 * DAY, NOON - 2 * DAY, 7),
        ],
        0,
    ),
    "repeated since 1970": (
        [
            Shift(
                "Ada",
                DUTIES,
                datetime(1970, 1, 1, 12, tzinfo=UTC),
                datetime(1970, 1, 2, 0, tzinfo=UTC),
                1,
            )
        ],
        12,
    ),
    "zones mixed": (
        [
            Shift(
                "Ada",
                DUTIES,
                datetime(2013, 6, 3, 14, tzinfo=BERLIN),  # 12:00 UTC
                new_york(6, 3, 9),  # 13:00 UTC
            )
        ],
        23,
    ),
}


@pytest.mark.parametrize(("shifts", "hours"), HARD.values(), ids=HARD)
def test_hard_inputs(shifts, hours):
    found = open_hours(card_of(*shifts), NOON, NOON + DAY)
    assert found == pytest.approx(dict.fromkeys(DUTIES, hours), rel=1e-14)


def test_a_card_that_expires_inside_the_period_opens_the_rest():
    card = card_of(always("Ada"), expires=NOON + 18 * HOUR)
    gaps = coverage(card, NOON, NOON + DAY)
    assert [gap.hours for gap in gaps] == [6, 6, 6, 6]
    assert gaps[0].instead == ("Ada, card expired",)


def test_times_of_pandas_repeat_by_the_wall_clock_too():
    # A Timestamp adds 24 hours where a datetime adds a day.
    times = [
        pd.Timestamp(f"2013-03-09 {hour}:00", tz="America/New_York")
        for hour in (9, 17)
    ]
    shift = Shift("Ada", list(DUTIES), *times, every_days=1)
    assert {type(shift.start), type(shift.end)} == {datetime}
    day = new_york(3, 11)
    first, *_ = coverage(card_of(shift), pd.Timestamp(day), day + DAY)
    assert first.end.astimezone(NEW_YORK).hour == 9
    assert type(first.end) is datetime


def test_the_ends_of_the_ranges_are_inside():
    far = datetime(2999, 12, 30, tzinfo=UTC)
    shift = Shift("Ada", DUTIES, NOON, far + DAY, every_days=366)
    card = card_of(shift, expires=far + DAY)
    leap = datetime(2016, 1, 1, tzinfo=UTC)
    assert coverage(card, leap, leap + 366 * DAY) == ()
    hundred = coverage(card, NOON, NOON + DAY, names=100)
    assert {gap.named for gap in hundred} == {("Ada",)}


# Errors

NAIVE = datetime(2013, 6, 3, 12)


def shift_of(**changes):
    given = {"person": "Ada", "duties": DUTIES, "start": NOON}
    return Shift(**given | {"end": NOON + DAY} | changes)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: shift_of(start=NAIVE), "start must .* got 'naive 2013"),
        (lambda: shift_of(end=NAIVE), "end must .* got 'naive 2013"),
        (lambda: shift_of(end=None), "end must be a datetime .* got None"),
        (lambda: shift_of(end=pd.NaT), "end must be a datetime .* got NaT"),
        (lambda: shift_of(start=0), "start must be a datetime .* got 0"),
        (lambda: shift_of(start=NOON.date()), "start must be .* got datetime"),
        (
            lambda: shift_of(start=np.datetime64("2013-06-03")),
            "start must be a datetime",
        ),
        (lambda: shift_of(end=NOON), "end must be after 2013.* got '2013"),
        (
            lambda: shift_of(end=datetime(3000, 1, 1, tzinfo=UTC)),
            "end must be in the years 1970 to 2999",
        ),
        (
            lambda: shift_of(start=new_york(11, 3, 1, 30, fold=1),
                             end=new_york(11, 3, 1, 45)),
            "end must be after",
        ),
        (lambda: shift_of(person=""), "person must be one line .* got ''"),
        (lambda: shift_of(person=" "), "person must be one line"),
        (lambda: shift_of(person="A\nB"), "person must .* got 'A.nB'"),
        (lambda: shift_of(person="<b>Ada</b>"), "person must be one line"),
        (lambda: shift_of(person="A" * 200), "person must be one line"),
        (lambda: shift_of(person=5), "person must be one line .* got 5"),
        (lambda: shift_of(duties="drift"), "duties must be a list, got 'dr"),
        (lambda: shift_of(duties=[]), "duties must hold 1 or more"),
        (lambda: shift_of(duties=["drift", 3]), "duties must .* got 3"),
        (lambda: shift_of(every_days=-1), "every_days must be a whole .* -1"),
        (lambda: shift_of(every_days=367), "every_days must be .* 0 to 366"),
        (lambda: shift_of(every_days=7.0), "every_days must be .* got 7.0"),
        (lambda: shift_of(every_days=True), "every_days must .* got True"),
        (lambda: card_of(expires=NAIVE), "expires must .* got 'naive 2013"),
        (lambda: card_of(system=None), "system must be one line .* got None"),
        (lambda: card_of(people=["Ada"]), "people must be a table, got"),
        (lambda: card_of(people={"Ada": None}), "people must .* got None"),
        (lambda: card_of(people={"": "+1"}), "people must be one line"),
        (lambda: card_of(duties={"drift": 30}), "duties must .* got 30"),
        (lambda: card_of(shifts=shift_of()), "shifts must be a list of Sh"),
        (lambda: card_of("Ada"), "shifts must be a list of Shift"),
        (
            lambda: card_of(shift_of(duties=["drfit"])),
            r"shifts must hold one of .* got \['drfit'\]",
        ),
        (
            lambda: card_of(shift_of(person="Adda", duties=[AWAY])),
            "shifts must take known people away, got 'Adda'",
        ),
        (lambda: coverage(None, NOON, NOON), "card must be an OwnerCard"),
        (lambda: coverage(card_of(), NOON, NOON), "end must be within 366"),
        (lambda: coverage(card_of(), NAIVE, NOON), "start must be a datet"),
        (lambda: coverage(card_of(), NOON, NAIVE), "end must be a datetime"),
        (
            lambda: loads(card_of(), NOON, NOON + 367 * DAY),
            "end must be within 366 days after 2013",
        ),
        (
            lambda: coverage(card_of(), NOON, NOON + DAY, names=0),
            "names must be a whole number, 1 to 100, got 0",
        ),
        (
            lambda: coverage(card_of(), NOON, NOON + DAY, names=1.5),
            "names must be a whole number",
        ),
        (lambda: read_card([]), r"table must be a table, got \[\]"),
    ],
)  # fmt: skip
def test_what_is_refused_is_refused_by_name(call, message):
    with pytest.raises(ValueError, match=message):
        call()


odd = st.sampled_from(
    [
        *(None, True, 0, -1, 7, 1.5, float("nan"), float("inf"), "", " "),
        *("Ada", "drift", "2013-06-03T12:00Z", "a\nb", "<i>", [], ["drift"]),
        *({}, {"drift": "1 day"}, {"Ada": "+1"}, {"Ada": 5}, [shift_of()]),
        *(NOON, NAIVE, NOON + DAY, pd.NaT, NOON.date(), np.datetime64("NaT")),
        *(datetime.max, datetime.min.replace(tzinfo=UTC), new_york(11, 3, 1)),
        *(np.array([1, 2]), pd.Timestamp(NOON), [{"person": "Ada"}], 10**400),
    ]
)
SHIFT = ("person", "duties", "start", "end", "every_days")
CARD = ("system", "expires", "duties", "people", "shifts")
NAMES = (*SHIFT, *CARD, "card", "names", "table", "time_zone")


@settings(max_examples=150, deadline=None)
@given(
    st.dictionaries(st.sampled_from(SHIFT), odd, max_size=2),
    st.dictionaries(st.sampled_from(CARD), odd, max_size=2),
    st.just(NOON) | odd,
    st.just(NOON + DAY) | odd,
    st.just(1) | odd,
)
def test_anything_gives_gaps_or_an_error_with_a_name(
    shift, changes, start, end, names
):
    def judged():
        card = card_of(**{"shifts": [shift_of(**shift)]} | changes)
        gaps = coverage(card, start, end, names=names)
        shares = [load.share for load in loads(card, start, end)]
        return [gap.hours > 0 for gap in gaps] + [0 < x <= 1 for x in shares]

    told = answer(judged)
    assert told.startswith(NAMES) if isinstance(told, str) else all(told)
    table = tomllib.loads(_EXAMPLE) | changes
    told = answer(lambda: read_card(table))
    assert isinstance(told, OwnerCard) or told.startswith(NAMES)


def answer(call):
    try:
        return call()
    except ValueError as error:
        return str(error)


# The blind spots


def test_blind_spot_a_name_that_does_not_answer_covers_every_hour():
    card = card_of(always("Ada"), always("Ben"))
    answered = {"Ada": None, "Ben": timedelta(hours=5)}  # the test call
    assert coverage(card, NOON, NOON + 30 * DAY, names=2) == ()
    assert not any(t and t <= timedelta(minutes=30) for t in answered.values())


def test_blind_spot_a_team_with_the_name_of_a_person_counts():
    card = card_of(always("Phoenix"), people={"Phoenix": "ext. 4100"})
    assert coverage(card, NOON, NOON + DAY) == ()
