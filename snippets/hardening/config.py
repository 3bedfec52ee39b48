"""Which settings made this prediction?

Answers: reads one TOML file and the overrides in the environment into one
frozen object, or refuses them with every reason. The object has a short hash
of its resolved values: put it into every record, and the record says which
settings made it. `diff` says which values moved between two of them.

Does not answer: is an allowed value the right one? And which numbers are still
in the code? A hash covers what the object holds, and nothing else: two
versions of the code under the same settings share it.

Needs:   Python 3.11, Pydantic 2.10
Source:  snippets/hardening/config.py
Page:    snippets/hardening/config
Version: 1.1.0 (MIT-0)
"""

from __future__ import annotations

import hashlib
import json
import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from difflib import get_close_matches
from types import UnionType
from typing import (
    Annotated,
    Any,
    Final,
    Generic,
    TypeVar,
    Union,
    get_args,
    get_origin,
)

from pydantic import (
    BaseModel,
    ConfigDict,
    SecretStr,
    ValidationError,
    create_model,
    model_validator,
)

__all__ = ["Change", "Loaded", "Settings", "diff", "load"]

_LARGEST: Final = 1_000_000  # bytes; people write and review this file
_SHOWN: Final = 20  # problems that one error names
_WIDE: Final = 2**63  # TOML promises whole numbers of 64 bits


class Settings(BaseModel):
    """Base of your settings: subclass it, one class for each table.

    Frozen, all the way down: fields hold text, numbers, booleans, dates,
    times with an offset, None, `SecretStr`, tuples of these, and other
    `Settings`. Nothing is cast, except 4 to 4.0; NaN, infinity and unknown
    names are refused. Leave defaults out: a default is a number in the code.

    Raises:
        ValidationError: A value breaks a rule. It is a ValueError.
        TypeError: A field holds something that can change, such as a list,
            or that has no stable text.

    Example:
        >>> class Decision(Settings):
        ...     saving: float  # points
        >>> Decision(saving=4).hash
        'd11f94587abc'
        >>> Decision(saving=4).values
        {'saving': 4.0}
    """

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        strict=True,
        allow_inf_nan=False,
        validate_default=True,
        hide_input_in_errors=True,
        revalidate_instances="always",
    )

    @model_validator(mode="after")
    def _holds_only_what_is_stable(self) -> Settings:
        for _ in _flat(self):
            pass
        return self

    @property
    def values(self) -> dict[str, Any]:
        """Every value but the secrets, by dotted key, as plain JSON types.

        The values are checked again first: Pydantic's `model_copy` and
        `model_construct` skip the rules, and an object that breaks one gets
        neither values nor a hash.
        """
        flat = _flat(type(self).model_validate(self))
        return {k: v for k, v in flat if not isinstance(v, SecretStr)}

    @property
    def hash(self) -> str:
        """First 12 hexadecimal digits of the SHA-256 of `values`.

        Taken over JSON in ASCII, keys sorted, without spaces; a float has the
        fewest digits that read back to it, and -0.0 counts as 0.0.
        """
        return hashlib.sha256(_json(self.values).encode()).hexdigest()[:12]


S = TypeVar("S", bound=Settings)


@dataclass(frozen=True)
class Loaded(Generic[S]):
    """Settings, and which of them the file does not have the last word on.

    Attributes:
        settings: The checked, frozen values.
        overridden: Keys that came from the environment, secrets left out, in
            the order of their variables.
    """

    settings: S
    overridden: tuple[str, ...]


@dataclass(frozen=True)
class Change:
    """One value that moved.

    Attributes:
        key: The dotted key.
        old: The old value as JSON, or "absent".
        new: The new value as JSON, or "absent".
    """

    key: str
    old: str
    new: str

    def __str__(self) -> str:
        return f"{self.key}: {self.old} -> {self.new}"


def load(
    kind: type[S], toml: bytes, *, environ: Mapping[str, str], prefix: str
) -> Loaded[S]:
    """Read the settings, or say everything that is wrong with them.

    The environment goes before the file, and the file before defaults in the
    class. There is no other source. `APP__DECISION__SAVING` overrides
    `saving` in the table `[decision]`: write it as in the file, and text
    without quotes. A secret comes from the environment only: one in the file
    is refused, also when its variable is set, and so is a default in the
    class that no variable replaces.

    Args:
        kind: Your subclass of `Settings`.
        toml: The content of the file, at most a million bytes.
        environ: Variables by name: `os.environ`, or {} for none.
        prefix: How your variables begin: capitals, with two underscores at
            the end, such as "APP__". All that begin so must be known; others
            are left alone, also one such as APP_SAVING that you misspelt.

    Returns:
        The settings, and which keys the environment has overridden.

    Raises:
        ValueError: The content is too long, no UTF-8 or no TOML; `prefix`
            has another form; or, in one error, every key and variable that is
            unknown, missing, empty or breaks a rule. The values of unknown
            names and of secrets are never shown.
        TypeError: `toml` is not bytes, `environ` holds something other than
            text, or `kind` is no class of `Settings` whose fields have one
            variable each and no alias.

    Example:
        >>> class Decision(Settings):
        ...     saving: float
        >>> load(Decision, b"savng = 8", environ={}, prefix="APP__")
        Traceback (most recent call last):
            ...
        ValueError: 2 problems in the settings
        saving: missing
        savng: unknown key, did you mean saving?
    """
    if not re.fullmatch(r"[A-Z][A-Z0-9_]*__", prefix):
        raise ValueError(f"prefix must look like 'APP__', got {prefix!r}")
    fields = dict(_fields(kind))
    names = {prefix + k.replace(".", "__").upper(): k for k in fields}
    if len(names) < len(fields):
        raise TypeError(f"{kind.__name__} has two keys for one variable")
    if not all(isinstance(x, str) for pair in environ.items() for x in pair):
        raise TypeError("environ must map text to text, as os.environ does")
    given = _parsed(toml)
    # --8<-- [start:core]
    problems: list[tuple[str, str]] = []
    source: dict[str, str] = {}
    in_file = {key for key in fields if _holds(given, key.split("."))}
    for name in sorted(environ):
        if not name.upper().startswith(prefix):
            continue
        if name not in names:
            problems.append((name, "unknown variable"))
        elif not environ[name].strip():
            problems.append((name, "is set and empty: unset it"))
        else:
            key = names[name]
            source[key] = name
            _put(given, key.split("."), _value(fields[key], environ[name]))
    try:
        settings = kind.model_validate(given)
        flat = dict(_flat(settings))
    except ValidationError as error:
        problems += [_problem(e, source, fields) for e in error.errors()]
        flat = {}
    found = {k for k, v in flat.items() if isinstance(v, SecretStr)}
    secrets = found | {k for k in fields if _may_be(fields[k], SecretStr)}
    for key in sorted(secrets):
        if key in in_file or key in found - set(source):
            place = "file" if key in in_file else "class"
            text = f"set its variable, and replace the one in the {place}"
            problems.append((key, f"is a secret: {text}"))
    # --8<-- [end:core]
    if problems:  # outside the handler: its error still holds the values
        raise ValueError(_told(problems, names))
    return Loaded(settings, tuple(k for k in source if k not in secrets))


def diff(
    old: Settings | Mapping[str, Any], new: Settings | Mapping[str, Any]
) -> tuple[Change, ...]:
    """Say which values moved.

    Args:
        old: Settings, or the `values` that a log has kept of them.
        new: The same.

    Returns:
        The changes in the order of their keys, without secrets; none if and
        only if the two have the same hash.

    Raises:
        TypeError: One is neither `Settings` nor a mapping of JSON values.
        ValueError: One breaks its own rules, or holds NaN or infinity.

    Example:
        >>> print(*diff({"saving": 4.0}, {"saving": 8.0, "cost": 1.0}))
        cost: absent -> 1.0 saving: 4.0 -> 8.0
    """
    sides = []
    for name, side in ("old", old), ("new", new):
        if not isinstance(side, Settings | Mapping):
            raise TypeError(f"{name} must be settings, got {_show(side)}")
        values = side.values if isinstance(side, Settings) else side
        sides.append({key: _json(value) for key, value in values.items()})
    a, b = sides
    moved = [k for k in sorted(a | b) if a.get(k) != b.get(k)]
    return tuple(
        Change(k, a.get(k, "absent"), b.get(k, "absent")) for k in moved
    )


def _json(value: object) -> str:
    return json.dumps(
        value, sort_keys=True, separators=(",", ":"), allow_nan=False
    )


def _flat(value: object, key: str = "") -> Iterator[tuple[str, Any]]:
    """Each value under its dotted key; a tuple is one value."""
    if isinstance(value, Settings):
        for name in type(value).model_fields:
            yield from _flat(getattr(value, name), f"{key}.{name}".strip("."))
    else:
        yield key, value if isinstance(value, SecretStr) else _leaf(key, value)


def _leaf(key: str, value: object) -> Any:
    """The value as JSON has it."""
    if isinstance(value, int) and abs(value) >= _WIDE:
        raise ValueError(f"{key} must fit in 64 bits")
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, float):
        return float(value) + 0.0  # -0.0 becomes 0.0
    if isinstance(value, datetime) and value.utcoffset() is None:
        raise ValueError(f"{key} must carry its offset, such as Z")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, tuple):
        return [_leaf(key, part) for part in value]
    raise TypeError(f"{key} must not hold a {type(value).__name__}")


def _fields(kind: Any, key: str = "") -> Iterator[tuple[str, Any]]:
    """Dotted key and annotation of each value, tables opened."""
    if not (isinstance(kind, type) and issubclass(kind, Settings)):
        raise TypeError(f"kind must be a class of Settings, got {kind!r}")
    for name, field in kind.model_fields.items():
        below = f"{key}.{name}".strip(".")
        if field.validation_alias is not None:
            raise TypeError(f"{below} must not have an alias")
        tables = [
            part
            for part in _either(field.annotation)
            if isinstance(part, type) and issubclass(part, Settings)
        ]
        for table in tables:
            yield from _fields(table, below)
        if not tables:
            yield below, field.annotation


def _either(annotation: Any) -> tuple[Any, ...]:
    """The alternatives of a union, or the annotation alone."""
    if get_origin(annotation) is Annotated:
        return _either(get_args(annotation)[0])
    if get_origin(annotation) in (Union, UnionType):
        return tuple(p for a in get_args(annotation) for p in _either(a))
    return (annotation,)


def _may_be(annotation: Any, kind: type) -> bool:
    return any(part is kind for part in _either(annotation))


def _parsed(toml: bytes) -> dict[str, Any]:
    if not isinstance(toml, bytes):
        kind = type(toml).__name__
        raise TypeError(f"toml must be the bytes of a file, got {kind}")
    if len(toml) > _LARGEST:
        rule = f"toml must have {_LARGEST:,} bytes at most"
        raise ValueError(f"{rule}, got {len(toml):,}")
    try:  # Windows editors may put a mark in front: utf-8-sig drops it
        tree: dict[str, Any] = _tuples(tomllib.loads(toml.decode("utf-8-sig")))
    except (ValueError, RecursionError) as error:
        raise ValueError(f"toml cannot be read: {error}") from None
    return tree


def _value(annotation: Any, text: str) -> Any:
    """A variable as the file would have it; text as it stands."""
    if _may_be(annotation, str) or _may_be(annotation, SecretStr):
        return text
    try:
        found = _tuples(tomllib.loads(f"value = {text}"))
    except (ValueError, RecursionError):
        return text
    return found["value"] if list(found) == ["value"] else text


def _tuples(value: Any) -> Any:
    """Arrays as tuples, which cannot change."""
    if isinstance(value, dict):
        return {key: _tuples(below) for key, below in value.items()}
    return tuple(map(_tuples, value)) if isinstance(value, list) else value


def _holds(tree: Any, key: list[str]) -> bool:
    for name in key:
        if not isinstance(tree, dict) or name not in tree:
            return False
        tree = tree[name]
    return True


def _put(tree: dict[str, Any], key: list[str], value: object) -> None:
    for name in key[:-1]:
        tree = tree.setdefault(name, {})
        if not isinstance(tree, dict):  # no table: the check will say so
            return
    tree[key[-1]] = value


def _problem(
    error: Any, source: Mapping[str, str], fields: Mapping[str, Any]
) -> tuple[str, str]:
    """Key and text of one of Pydantic's complaints."""
    key = ".".join(map(str, error["loc"]))
    if error["type"] == "extra_forbidden":
        return key, "unknown key"
    if error["type"] == "missing":
        return key, "missing"
    hidden = {
        k.rpartition(".")[2] for k in fields if _may_be(fields[k], SecretStr)
    }
    private = hidden & set(key.split("."))
    got = "a secret" if private else _show(error["input"])
    text = str(error["msg"]).removeprefix("Value error, ")
    if error["type"] != "value_error":
        text += f", got {got}"
    return key, text + (f" from {source[key]}" if key in source else "")


def _told(problems: list[tuple[str, str]], known: Mapping[str, str]) -> str:
    """One line each, printable, whatever came."""
    s = "" if len(problems) == 1 else "s"
    lines = [f"{len(problems)} problem{s} in the settings"]
    for key, text in problems[:_SHOWN]:
        names = known if text == "unknown variable" else known.values()
        close = _close(key, names) if text.startswith("unknown") else ""
        name = key if key.isprintable() else ascii(key)
        lines.append(f"{name[:60] or 'all'}: {text}{close}")
    if len(problems) > _SHOWN:
        lines.append(f"and {len(problems) - _SHOWN} more")
    return "\n".join(lines)


def _close(name: str, known: Iterable[str]) -> str:
    """A known name whose last part is like this one's, best in its table."""
    *table, last = re.split(r"\.|__", name[:60])
    ends: dict[str, str] = {}
    for other in known:
        *place, end = re.split(r"\.|__", other)
        if end not in ends or place == table:
            ends[end] = other
        if "." in other:  # a key, and not a variable: its table is one too
            ends.setdefault(place[-1], ".".join(place))
    found = get_close_matches(last, ends, 1)
    return f", did you mean {ends[found[0]]}?" if found else ""


def _show(value: object) -> str:
    """One printable line of at most 60 characters."""
    if isinstance(value, Mapping | tuple | list):
        return "a table" if isinstance(value, Mapping) else "an array"
    if isinstance(value, int) and abs(value) >= _WIDE:
        return "a number beyond 64 bits"
    text = str(value) if isinstance(value, date) else repr(value)
    return text if len(text) <= 60 else text[:57] + "..."


if __name__ == "__main__":
    Price = create_model("Price", __base__=Settings, saving=(float, ...))
    for text in "saving = 4", "saving = 8.0", "savng = '8.0'":
        try:
            price = load(Price, text.encode(), environ={}, prefix="APP__")
            print(price.settings.hash, price.settings.values)
        except ValueError as error:
            print(error)
    print(*diff({"saving": 4.0}, price.settings))
