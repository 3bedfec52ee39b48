"""What one frozen config promises, and what it cannot know."""

from __future__ import annotations

import hashlib
import json
import logging
import os
import re
import subprocess
import sys
from datetime import UTC, date, datetime, timedelta, timezone
from pathlib import Path
from typing import Annotated, Any, Literal

import pytest
from hypothesis import assume, given
from hypothesis import settings as examples
from hypothesis import strategies as st
from pydantic import (
    BaseModel,
    Field,
    SecretStr,
    ValidationError,
    model_validator,
)

from snippets.hardening import config
from snippets.hardening.config import Change, Loaded, Settings, diff, load


class Decision(Settings):
    """Points; both are the price of one warning."""

    cost: float = Field(gt=0, le=100)
    saving: float = Field(gt=0, le=100)

    @model_validator(mode="after")
    def _pays(self) -> Decision:
        if self.cost >= self.saving:
            raise ValueError("cost must be below saving")
        return self

    @property
    def threshold(self) -> float:
        return self.cost / self.saving


class Case(Settings):
    model: Literal["table", "hardened"]
    trees: int = Field(ge=1, le=1_000)
    columns: tuple[str, ...] = Field(min_length=1)
    trained_until: date = Field(ge=date(2000, 1, 1), lt=date(2100, 1, 1))
    shadow: bool
    note: str | None = None
    api_token: SecretStr = Field(min_length=8)
    decision: Decision


FILE = b"""\
model = "hardened"
trees = 100
columns = ["origin", "carrier"]
trained_until = 2013-05-01
shadow = false

[decision]
cost = 1.0
saving = 4.0
"""
TOKEN = "hunter2-hunter2"
VARIABLES = {"APP__API_TOKEN": TOKEN}


def read(toml: bytes | str = FILE, **variables: str) -> Loaded[Case]:
    """The case from a file, with overrides named without their prefix."""
    raw = toml.encode() if isinstance(toml, str) else toml
    environ = VARIABLES | {f"APP__{k}": v for k, v in variables.items()}
    return load(Case, raw, environ=environ, prefix="APP__")


def swap(old: str, new: str) -> bytes:
    """The file with one line changed."""
    assert FILE.count(old.encode()) == 1
    return FILE.replace(old.encode(), new.encode())


CASE = read().settings

# The same settings have the same hash


def test_the_same_file_twice_is_the_same_settings() -> None:
    assert read().settings == CASE
    assert read().settings.hash == CASE.hash
    assert diff(CASE, read().settings) == ()


def test_order_comments_spaces_and_ways_to_write_a_number_do_not_count() -> (
    None
):
    again = b"""
    decision.saving = 40.0e-1  # points
    decision.cost = 1
    shadow=false
    trained_until = 2013-05-01
    columns = [ "origin",
                "carrier" ]
    trees = 0x64
    model = 'hardened'
    """
    assert read(again).settings.hash == CASE.hash


def test_the_hash_is_sha_256_of_text_that_you_can_write_by_hand() -> None:
    # by key, without spaces; 4 became 4.0 because the field is a float
    text = (
        '{"columns":["origin","carrier"],"decision.cost":1.0,'
        '"decision.saving":4.0,"model":"hardened","note":null,'
        '"shadow":false,"trained_until":"2013-05-01","trees":100}'
    )
    whole = hashlib.sha256(text.encode()).hexdigest()
    assert whole[:12] == CASE.hash == "92530e2c385d"


class Corners(Settings):
    """What another Python or another machine might write otherwise."""

    a: float = 0.1 + 0.2
    b: float = 1e22
    c: float = -0.0
    d: float = 5e-324
    e: str = "Zürich \u2028 \U0001f6eb"
    f: int = -(2**63) + 1
    g: datetime = datetime(2013, 11, 3, 5, 30, tzinfo=UTC)
    h: tuple[tuple[float, ...], ...] = ((1.0,), ())


def test_the_hash_of_the_corner_cases_is_pinned_for_every_python() -> None:
    text = (
        '{"a":0.30000000000000004,"b":1e+22,"c":0.0,"d":5e-324,'
        '"e":"Z\\u00fcrich \\u2028 \\ud83d\\udeeb",'
        '"f":-9223372036854775807,"g":"2013-11-03T05:30:00+00:00",'
        '"h":[[1.0],[]]}'
    )
    whole = hashlib.sha256(text.encode("ascii")).hexdigest()
    # CI runs this line on Python 3.11 to 3.14 and on the oldest Pydantic
    assert whole[:12] == Corners().hash == "1ef09e7800fe"
    assert Corners(c=0.0).hash == Corners().hash


def test_another_process_locale_and_hash_seed_give_the_same_hash() -> None:
    code = (
        "from tests.snippets.hardening.test_config import CASE, Corners; "
        "print(CASE.hash, Corners().hash)"
    )
    for seed, locale in ("1", "C"), ("2", "C.UTF-8"):
        environ = os.environ | {"PYTHONHASHSEED": seed, "LC_ALL": locale}
        told = subprocess.check_output(
            [sys.executable, "-c", code],
            env=environ,
            cwd=Path(config.__file__).parents[2],
            text=True,
        )
        assert told.split() == [CASE.hash, Corners().hash]


@pytest.mark.parametrize(
    ("old", "new", "change"),
    [
        ("saving = 4.0", "saving = 4.000000000000001", "decision.saving"),
        ('"origin", "carrier"', '"carrier", "origin"', "columns"),
        ("false", "true", "shadow"),
        ("2013-05-01", "2013-05-02", "trained_until"),
    ],
)
def test_every_value_that_moves_moves_the_hash(
    old: str, new: str, change: str
) -> None:
    moved = read(swap(old, new)).settings
    assert moved.hash != CASE.hash
    assert [c.key for c in diff(CASE, moved)] == [change]


# One object, and it cannot change


def test_nothing_in_it_can_be_set_added_or_deleted() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        CASE.trees = 5
    with pytest.raises(ValidationError, match="frozen"):
        CASE.decision.saving = 5.0
    with pytest.raises(ValidationError, match="frozen"):
        del CASE.trees
    with pytest.raises(ValidationError):
        CASE.tree = 5  # type: ignore[attr-defined]
    with pytest.raises(TypeError):
        CASE.columns[0] = "dest"  # type: ignore[index]


def test_a_copy_that_skipped_the_rules_gets_no_hash() -> None:
    # Pydantic does not check what model_copy is told to change
    wrong = CASE.model_copy(update={"trees": -5})
    assert wrong.trees == -5
    with pytest.raises(ValidationError, match="trees"):
        _ = wrong.hash
    with pytest.raises(ValidationError, match="trees"):
        diff(CASE, wrong)


def test_a_value_that_follows_from_others_has_no_key_of_its_own() -> None:
    assert read(DECISION__SAVING="8").settings.decision.threshold == 0.125
    with pytest.raises(ValueError, match=r"decision\.threshold: unknown key$"):
        read(FILE + b"threshold = 0.25\n")


def test_what_pydantic_allows_by_default_is_turned_off() -> None:
    class Loose(BaseModel):
        saving: float = 4.0
        names: list[str] = Field(default=["a"], frozen=True)

    class Tight(Settings):
        saving: float = 4.0

    for sent in ({"saving": "8"}, {"saving": True}, {"saving": float("nan")}):
        assert isinstance(Loose.model_validate(sent).saving, float)
        with pytest.raises(ValidationError):
            Tight.model_validate(sent)
    assert Loose.model_validate({"savng": 8}).saving == 4.0
    with pytest.raises(ValidationError):
        Tight.model_validate({"savng": 8})
    grown = Loose()
    grown.names.append("b")
    assert grown.names == ["a", "b"]
    # a list is refused as a field: see below


# Where a value comes from


def test_environment_goes_before_file_and_file_before_default() -> None:
    assert read().settings.note is None
    assert read(b"note = 'file'\n" + FILE).settings.note == "file"
    loaded = read(b"note = 'file'\n" + FILE, NOTE="shell")
    assert loaded.settings.note == "shell"
    assert loaded.overridden == ("note",)


def test_an_override_is_named_and_changes_the_hash() -> None:
    loaded = read(DECISION__SAVING="2.0")
    assert loaded.overridden == ("decision.saving",)
    assert diff(CASE, loaded.settings) == (
        Change("decision.saving", "4.0", "2.0"),
    )
    # the same value from the file: the same hash, and no override
    written = read(swap("saving = 4.0", "saving = 2.0"))
    assert written.settings.hash == loaded.settings.hash
    assert written.overridden == ()


def test_a_table_may_come_from_the_environment_alone() -> None:
    head = FILE.partition(b"[decision]")[0]
    loaded = read(head, DECISION__COST="1", DECISION__SAVING="4")
    assert loaded.settings == CASE
    assert loaded.overridden == ("decision.cost", "decision.saving")


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("TREES", "200", 200),
        ("TREES", " 0b1 ", 1),
        ("COLUMNS", '["dest"]', ("dest",)),
        ("TRAINED_UNTIL", "2013-06-01", date(2013, 6, 1)),
        ("SHADOW", "true", True),
        ("MODEL", "table", "table"),  # no quotes needed
        ("NOTE", "1.0", "1.0"),  # a text stays a text
        ("NOTE", '"quoted"', '"quoted"'),
        ("NOTE", "a\nshadow = true", "a\nshadow = true"),
        ("NOTE", "'; DROP TABLE p;--", "'; DROP TABLE p;--"),
    ],
)
def test_a_variable_is_read_as_the_file_would_be_and_text_as_it_stands(
    name: str, text: str, value: object
) -> None:
    loaded = read(**{name: text})
    assert getattr(loaded.settings, name.lower()) == value
    assert loaded.settings.shadow is (name == "SHADOW")


def test_other_programs_variables_are_left_alone() -> None:
    environ = VARIABLES | {"APP_HOST": "x", "PATH": "/bin", "MYAPP__X": ""}
    assert load(Case, FILE, environ=environ, prefix="APP__").overridden == ()


def test_a_real_process_with_a_wrong_variable_does_not_start(
    tmp_path: Path,
) -> None:
    path = tmp_path / "app.toml"
    path.write_bytes(b"saving = 4.0\n")
    code = (
        "import os, sys; from pathlib import Path\n"
        "from snippets.hardening.config import Settings, load\n"
        "class Price(Settings):\n"
        "    saving: float\n"
        "raw = Path(sys.argv[1]).read_bytes()\n"
        "told = load(Price, raw, environ=os.environ, prefix='APP__')\n"
        "print(told.settings.hash, *told.overridden)\n"
    )
    done = {
        name: subprocess.run(
            [sys.executable, "-c", code, str(path)],
            env=os.environ | {name: "8"},
            cwd=Path(config.__file__).parents[2],
            capture_output=True,
            text=True,
            check=False,
        )
        for name in ("APP__SAVING", "APP__SAVNG")
    }
    assert done["APP__SAVING"].stdout == "1c980a6a735c saving\n"
    assert done["APP__SAVNG"].returncode == 1
    assert done["APP__SAVNG"].stderr.endswith(
        "APP__SAVNG: unknown variable, did you mean APP__SAVING?\n"
    )


# A secret stays one


def test_a_secret_is_in_no_hash_record_difference_or_print() -> None:
    loaded = read()
    other = read(API_TOKEN="another-token").settings
    assert loaded.settings.api_token.get_secret_value() == TOKEN
    assert other.hash == loaded.settings.hash
    assert diff(loaded.settings, other) == ()
    assert loaded.overridden == ()
    shown = [
        *(f"{x!r} {x}" for x in (loaded, loaded.settings)),
        loaded.settings.model_dump_json(),
        json.dumps(loaded.settings.values),
    ]
    assert TOKEN not in "".join(shown)


def test_a_secret_in_the_file_is_refused_and_not_repeated() -> None:
    toml = f"api_token = '{TOKEN}'\n".encode() + FILE
    with pytest.raises(ValueError, match=r"api_token: is a secret") as told:
        load(Case, toml, environ={}, prefix="APP__")
    assert TOKEN not in str(told.value)


class Nested(Settings):
    """A secret with a rule, in a table, which may be absent."""

    class Door(Settings):
        token: Annotated[SecretStr, Field(min_length=8)] | None = None

    door: Door = Door()


@pytest.mark.parametrize("environ", [{}, VARIABLES])
@pytest.mark.parametrize("trees", [b"100", b"0"])
def test_a_set_variable_does_not_excuse_a_secret_in_the_file(
    environ: dict[str, str], trees: bytes
) -> None:
    toml = b"api_token = 'from-the-file'\n" + FILE.replace(b"100", trees)
    with pytest.raises(ValueError, match=r"n: is a secret.* file$") as told:
        load(Case, toml, environ=environ, prefix="APP__")
    lines = [line.partition(":")[0] for line in str(told.value).split("\n")]
    assert lines[1:] == ["trees"] * (trees == b"0") + ["api_token"]
    assert "from-the-file" not in str(told.value)


@pytest.mark.parametrize("environ", [{}, {"APP__DOOR__TOKEN": TOKEN}])
def test_a_secret_in_a_table_of_the_file_is_refused_too(
    environ: dict[str, str],
) -> None:
    toml = b"door.token = 'from-the-file'"
    with pytest.raises(ValueError, match=r"door\.token: is a secret"):
        load(Nested, toml, environ=environ, prefix="APP__")
    assert load(Nested, b"", environ={}, prefix="APP__").overridden == ()


def test_a_secret_with_a_rule_in_a_union_is_text_and_never_shown() -> None:
    name = "APP__DOOR__TOKEN"
    digits = load(Nested, b"", environ={name: "12345678"}, prefix="APP__")
    assert digits.settings.door.token == SecretStr("12345678")
    with pytest.raises(ValueError, match="got a secret from APP__DO") as told:
        load(Nested, b"", environ={name: "hunter2"}, prefix="APP__")
    assert "hunter2" not in str(told.value)


def test_a_secret_in_the_class_is_refused() -> None:
    class Door(Settings):
        token: SecretStr = SecretStr(TOKEN)

    with pytest.raises(ValueError, match=r"token: is a secret.* the class$"):
        load(Door, b"", environ={}, prefix="APP__")
    environ = {"APP__TOKEN": "another"}
    got = load(Door, b"", environ=environ, prefix="APP__").settings
    assert got.token.get_secret_value() == "another"


@pytest.mark.parametrize(
    ("toml", "variables"),
    [
        (f"api_tokne = '{TOKEN}'\n".encode() + FILE, {}),  # misspelt, in file
        (FILE, {"API_TOKNE": TOKEN}),  # misspelt variable
        (FILE, {"API_TOKEN": "hunter2"}),  # too short
        (b"api_token = ['hunter2']\n" + FILE, {"API_TOKEN": "hunter2"}),
        (b"[api_token]\nvalue = 'hunter2'\n", {"API_TOKEN": ""}),
        (b"decision = { token = 'hunter2' }\n", {}),
        (b"decision = ['hunter2']\n", {}),
    ],
)
def test_no_error_shows_what_may_be_a_secret(
    toml: bytes, variables: dict[str, str]
) -> None:
    with pytest.raises(ValueError, match="in the settings") as told:
        read(toml, **variables)
    assert "hunter2" not in str(told.value)
    # nor does an error behind it, which a crash report would send along
    assert told.value.__cause__ is told.value.__context__ is None


def test_even_the_raw_error_of_pydantic_shows_no_input() -> None:
    with pytest.raises(ValidationError) as told:
        Decision(cost="hunter2", saving=4)  # type: ignore[arg-type]
    assert "hunter2" not in str(told.value)


# One record of one prediction


def test_a_record_with_the_hash_leads_back_to_every_value(
    caplog: pytest.LogCaptureFixture,
) -> None:
    log = logging.getLogger("case")
    with caplog.at_level(logging.INFO):
        start = {"config": CASE.hash, "values": CASE.values}
        log.info("%s", json.dumps(start))
        log.info("%s", json.dumps({"config": CASE.hash, "p": 0.31}))
    first, record = (json.loads(line) for line in caplog.messages)
    assert record["config"] == first["config"]
    # half a year later: what has moved since this prediction?
    now = read(DECISION__SAVING="8").settings
    assert list(map(str, diff(first["values"], now))) == [
        "decision.saving: 4.0 -> 8.0"
    ]


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ({}, {}, []),
        ({"a": 1}, {"a": 1.0}, ["a: 1 -> 1.0"]),  # equal, and other text
        ({"a": True}, {"a": 1}, ["a: true -> 1"]),
        ({"a": None}, {}, ["a: null -> absent"]),
        ({"a": "absent"}, {}, ['a: "absent" -> absent']),
        ({"b": [1], "a": 1}, {"b": [2]}, ["a: 1 -> absent", "b: [1] -> [2]"]),
        ({"a": "x"}, {"a": "x\nERROR"}, ['a: "x" -> "x\\nERROR"']),
    ],
)
def test_what_moved(old: Any, new: Any, told: list[str]) -> None:
    assert list(map(str, diff(old, new))) == told


@given(
    st.floats(0.5, 3), st.floats(3.5, 100), st.integers(1, 1_000), st.text()
)
@examples(max_examples=50)
def test_no_difference_and_the_same_hash_are_the_same_thing(
    cost: float, saving: float, trees: int, note: str
) -> None:
    assume("\ud800" not in note)
    other = Case(
        **(dict(CASE) | {"trees": trees, "note": note}),
        # a table replaces a table
    )
    priced = Case(
        **(dict(CASE) | {"decision": Decision(cost=cost, saving=saving)})
    )
    for a, b in (CASE, other), (CASE, priced), (other, priced):
        assert (diff(a, b) == ()) == (a.hash == b.hash)
        assert diff(json.loads(json.dumps(a.values)), a) == ()


# What is refused, each with its key and the value


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("saving = 4.0", "savng = 4.0", "decision.saving: missing"),
        (
            "saving = 4.0",
            "savng = 4.0",
            "decision.savng: unknown key, did you mean decision.saving?",
        ),
        ("[decision]", "", "saving: unknown key, did you mean decision.sav"),
        ("[decision]", "[decisio]", "did you mean decision?"),
        ("trees = 100", "", "trees: missing"),
        ("trees = 100", 'trees = "100"', "valid integer, got '100'"),
        ("trees = 100", "trees = 100.0", "valid integer, got 100.0"),
        ("trees = 100", "trees = true", "valid integer, got True"),
        ("trees = 100", "trees = 0", "greater than or equal to 1, got 0"),
        ("trees = 100", "trees = [1]", "valid integer, got an array"),
        ("trees = 100", "trees = { a = 1 }", "valid integer, got a table"),
        (
            "trees = 100",
            f"trees = 0x{'f' * 16}",
            "1000, got a number beyond 64 bits",
        ),
        ("cost = 1.0", 'cost = "0.25"', "cost: Input should be a valid num"),
        ("cost = 1.0", "cost = true", "valid number, got True"),
        ("cost = 1.0", "cost = nan", "finite number, got nan"),
        ("cost = 1.0", "cost = inf", "finite number, got inf"),
        ("cost = 1.0", "cost = -inf", "finite number, got -inf"),
        ("cost = 1.0", "cost = 400", "less than or equal to 100, got 400"),
        ("cost = 1.0", "cost = 5.0", "decision: cost must be below saving"),
        ("2013-05-01", "1900-01-01", "2000-01-01, got 1900-01-01"),
        ("2013-05-01", "2100-01-01", "less than 2100-01-01, got 2100-01-01"),
        ("2013-05-01", "2013-05-01T00:00:00", "valid date, got 2013-05-01 00"),
        ("2013-05-01", '"2013-05-01"', "valid date, got '2013-05-01'"),
        ("2013-05-01", "2013-02-30", "toml cannot be read"),
        ('["origin", "carrier"]', "[]", "columns: Tuple should have at least"),
        ('"carrier"]', "3]", "columns.1: Input should be a valid string, got"),
        ('"hardened"', '"harden"', "'table' or 'hardened', got 'harden'"),
        ("shadow = false", "shadow = 0", "shadow: Input should be a valid"),
        ("trees = 100", "trees = 100\ntrees = 5", "toml cannot be read"),
        ("[decision]", "[decision]\n[decision]", "toml cannot be read"),
        ("trees = 100", "trees = 100 200", "toml cannot be read"),
        ("trees = 100", f"trees = {'9' * 5_000}", "toml cannot be read"),
        ("trees = 100", f"trees = {'[' * 9_000}", "toml cannot be read"),
        ("trees = 100", "trees = 100\n'a\\nb' = 1", r"a\nb: unknown key"),
        ("trees = 100", 'trees = 100\n"a\\nERROR" = 1', r"'a\nERROR': unkn"),
        ("trees = 100", 'trees = 100\n"\\u202e" = 1', r"'\u202e': unknown"),
        ("trees = 100", 'trees = "1\\n2"', r"valid integer, got '1\n2'"),
        ("trees = 100", "trees = '${HOME}'", "got '${HOME}'"),  # text is text
    ],
)
def test_a_wrong_file_is_refused_with_key_reason_and_value(
    old: str, new: str, told: str
) -> None:
    with pytest.raises(ValueError, match=re.escape(told)) as error:
        read(swap(old, new))
    assert all(line.isprintable() for line in str(error.value).split("\n"))


@pytest.mark.parametrize(
    ("name", "text", "told"),
    [
        ("APP__DECISION__SAVING", "", "APP__DECISION__SAVING: is set and em"),
        ("APP__DECISION__SAVING", "  ", "is set and empty: unset it"),
        ("APP__NOTE", "", "APP__NOTE: is set and empty"),
        ("APP__API_TOKEN", "", "APP__API_TOKEN: is set and empty"),
        ("APP__DECISION__SAVNG", "8", "did you mean APP__DECISION__SAVING?"),
        ("APP__SAVING", "8", "did you mean APP__DECISION__SAVING?"),
        ("APP__DECISIO__COST", "1", "did you mean APP__DECISION__COST?"),
        ("APP__THRESHOLD", "1", "APP__THRESHOLD: unknown variable"),
        ("APP__DECISION", "{ saving = 8 }", "APP__DECISION: unknown variable"),
        ("app__trees", "8", "app__trees: unknown variable"),
        ("APP__", "8", "APP__: unknown variable"),
        ("APP__TREES", "8,5", "got '8,5' from APP__TREES"),
        ("APP__TREES", "'8'", "got '8' from APP__TREES"),
        ("APP__TREES", "nan", "valid integer, got nan from APP__TREES"),
        ("APP__TREES", "1\nshadow = true", r"got '1\nshadow = true'"),
        ("APP__TREES", "1\n[decision]", r"got '1\n[decision]'"),
        ("APP__TREES", "[" * 9_000, "valid integer, got '[[["),
        ("APP__TREES\nFORGED", "8", r"'APP__TREES\nFORGED': unknown variable"),
        ("APP__MODEL", "table; rm -rf /", "got 'table; rm -rf /' from APP__M"),
        ("APP__MODEL", "\udcff", r"'\udcff' from APP__MODEL"),
        ("APP__DECISION__COST", "4", "decision: cost must be below saving"),
    ],
)
def test_a_wrong_variable_is_refused_by_its_name(
    name: str, text: str, told: str
) -> None:
    environ = VARIABLES | {name: text}
    with pytest.raises(ValueError, match=re.escape(told)) as error:
        load(Case, FILE, environ=environ, prefix="APP__")
    assert all(line.isprintable() for line in str(error.value).split("\n"))


@pytest.mark.parametrize(
    ("toml", "told"),
    [
        (b"", "6 problems in the settings\nmodel: missing\n"),
        (b"\x89PNG\r\n\x1a\n\x00", "toml cannot be read: 'utf-8' codec"),
        (FILE.decode().encode("utf-16"), "toml cannot be read: 'utf-8' codec"),
        (FILE.replace(b"hard", b"\x00"), "toml cannot be read: Illegal char"),
        (FILE + b"#" * 10_000_000, "1,000,000 bytes at most, got 10,000,141"),
    ],
)
def test_what_is_no_settings_file_is_refused_as_a_whole(
    toml: bytes, told: str
) -> None:
    with pytest.raises(ValueError, match=re.escape(told)):
        read(toml)


@pytest.mark.parametrize("mark", [b"\xef\xbb\xbf", b"\r\n", b"# \xc3\xbc\n"])
def test_what_editors_add_does_not_count(mark: bytes) -> None:
    assert read(mark + FILE.replace(b"\n", b"\r\n")).settings == CASE


def test_a_thousand_mistakes_are_counted_and_twenty_told() -> None:
    toml = "".join(f"key{i} = {i}\n" for i in range(1_000)).encode() + FILE
    with pytest.raises(ValueError, match="1000 problems") as error:
        read(toml)
    first, *lines, last = str(error.value).split("\n")
    assert first == "1000 problems in the settings"
    assert (len(lines), last) == (20, "and 980 more")


# What a class of settings may hold


class Part(BaseModel):
    """Neither frozen nor strict."""

    x: float = 1.0


@pytest.mark.parametrize(
    ("annotation", "default", "told"),
    [
        (list[int], [1], "field must not hold a list"),
        (dict[str, int], {"a": 1}, "field must not hold a dict"),
        (frozenset[int], frozenset({1}), "field must not hold a frozenset"),
        (tuple[list[int], ...], ([1],), "field must not hold a list"),
        (Part, Part(), "field must not hold a Part"),
        (tuple[Decision, ...], (CASE.decision,), "not hold a Decision"),
        (tuple[SecretStr, ...], (SecretStr("x"),), "not hold a SecretStr"),
        (Path, Path("/tmp"), "field must not hold a"),
        (timedelta, timedelta(hours=3), "field must not hold a timedelta"),
        (bytes, b"x", "field must not hold a bytes"),
    ],
)
def test_what_can_change_or_has_no_stable_text_is_no_setting(
    annotation: Any, default: object, told: str
) -> None:
    names = {"__annotations__": {"field": annotation}, "field": default}
    wrong = type("Wrong", (Settings,), names | {"__module__": __name__})
    with pytest.raises(TypeError, match=told):
        wrong()


@pytest.mark.parametrize(
    ("value", "told"),
    [
        (datetime(2013, 3, 10, 2, 30), "time must carry its offset"),
        (2**63, "time must fit in 64 bits"),
    ],
)
def test_a_value_without_one_meaning_is_refused(
    value: object, told: str
) -> None:
    class Odd(Settings):
        time: datetime | int

    with pytest.raises(ValidationError, match=told):
        Odd(time=value)  # type: ignore[arg-type]


def test_a_time_is_kept_with_the_offset_it_was_written_with() -> None:
    class Start(Settings):
        at: datetime

    east = timezone(timedelta(hours=-5))
    here = Start(at=datetime(2013, 11, 3, 0, 30, tzinfo=east))
    assert here.values == {"at": "2013-11-03T00:30:00-05:00"}
    utc = Start(at=datetime(2013, 11, 3, 5, 30, tzinfo=UTC))
    assert (here.at == utc.at, here.hash == utc.hash) == (True, False)


class Twins(Settings):
    a: Decision
    a__cost: float


class Renamed(Settings):
    saving: float = Field(alias="save")


class Maybe(Settings):
    decision: Decision | None = None


@pytest.mark.parametrize(
    ("arguments", "error", "told"),
    [
        ({"kind": Twins}, TypeError, "Twins has two keys for one variable"),
        ({"kind": Renamed}, TypeError, "saving must not have an alias"),
        ({"kind": Part}, TypeError, "kind must be a class of Settings, got"),
        ({"kind": CASE}, TypeError, "kind must be a class of Settings, got"),
        ({"toml": FILE.decode()}, TypeError, "toml must be the bytes of a fi"),
        ({"toml": None}, TypeError, "toml must be the bytes of a file, got N"),
        ({"environ": {"APP__TREES": 5}}, TypeError, "environ must map text"),
        ({"prefix": ""}, ValueError, "prefix must look like 'APP__', got ''"),
        ({"prefix": "APP_"}, ValueError, "must look like 'APP__', got 'APP_'"),
        ({"prefix": "app__"}, ValueError, "must look like 'APP__', got 'app"),
    ],
)
def test_wrong_arguments_are_refused_by_name(
    arguments: dict[str, Any], error: type[Exception], told: str
) -> None:
    usual: dict[str, Any] = {
        "kind": Case,
        "toml": FILE,
        "environ": {},
        "prefix": "APP__",
    }
    with pytest.raises(error, match=told):
        load(**(usual | arguments))


@pytest.mark.parametrize("side", [None, 4.0, "a", [("a", 1)], TOKEN])
def test_a_difference_of_something_else_is_refused(side: Any) -> None:
    with pytest.raises(TypeError, match="new must be settings, got "):
        diff(CASE, side)


def test_a_table_that_may_be_left_out_has_its_variables_all_the_same() -> None:
    environ = {"APP__DECISION__COST": "1", "APP__DECISION__SAVING": "4"}
    none = load(Maybe, b"", environ={}, prefix="APP__").settings
    some = load(Maybe, b"", environ=environ, prefix="APP__").settings
    assert none.values == {"decision": None}
    assert [str(c) for c in diff(none, some)] == [
        "decision: null -> absent",
        "decision.cost: absent -> 1.0",
        "decision.saving: absent -> 4.0",
    ]


scalars = st.one_of(
    st.text(max_size=9),
    st.integers(),
    st.floats(),
    st.booleans(),
    st.dates(),
    st.none(),
    st.sampled_from(["nan", "", "0.25", "' OR 1=1 --", "\x1b[31m\nERROR"]),
)


@given(
    st.dictionaries(st.sampled_from(["trees", "a\nb", "note", ""]), scalars),
    st.dictionaries(
        st.sampled_from(["APP__TREES", "app__x", "APP__NOTE", "X"]),
        st.text(max_size=9),
    ),
    st.binary(max_size=9),
)
@examples(max_examples=50)
def test_whatever_comes_gives_settings_or_one_printable_error(
    values: dict[str, Any], environ: dict[str, str], tail: bytes
) -> None:
    toml = "\n".join(f"{json.dumps(k)} = {v}" for k, v in values.items())
    for raw in toml.encode("utf-8", "replace"), tail, FILE + tail:
        try:
            got = load(Case, raw, environ=VARIABLES | environ, prefix="APP__")
            told = [got.settings.hash, *got.overridden]
            assert set(got.overridden) <= {"trees", "note"}
        except ValueError as error:
            told = str(error).split("\n")
        assert all(line.isprintable() for line in told)


# What it does not see


def test_blind_spot_a_value_in_its_range_may_still_be_wrong() -> None:
    # Somebody types 40 for 4.0: a decimal point less, and in the range.
    # The system now acts from .025 on, on almost every flight.
    wrong = read(DECISION__SAVING="40").settings
    assert wrong.decision.threshold == 0.025
    # All that it has to say is that something moved.
    assert wrong.hash != CASE.hash


def test_blind_spot_a_number_left_in_the_code_is_in_no_hash() -> None:
    def acts(p: float, case: Case) -> bool:
        return p >= case.decision.threshold

    def acts_since_monday(p: float, case: Case) -> bool:
        return p >= case.decision.threshold + 0.1  # until the storm is over

    # one set of settings, one hash, and two systems
    assert acts(0.3, CASE) != acts_since_monday(0.3, CASE)


@pytest.mark.parametrize("name", ["APP_DECISION__SAVING", "APP_TREES"])
def test_blind_spot_a_variable_that_misses_the_prefix_is_anothers(
    name: str,
) -> None:
    # one underscore where two are meant: like APP_PORT, which Kubernetes sets
    environ = VARIABLES | {name: "8"}
    loaded = load(Case, FILE, environ=environ, prefix="APP__")
    assert (loaded.settings, loaded.overridden) == (CASE, ())


def test_blind_spot_a_secret_under_a_name_that_is_none_is_shown() -> None:
    with pytest.raises(ValueError, match=TOKEN):
        read(MODEL=TOKEN)
    assert TOKEN in json.dumps(read(NOTE=TOKEN).settings.values)
