"""Start a snippet: module, test, page, and its line in the navigation.

usage: new_snippet.py AREA NAME QUESTION
       new_snippet.py drift ks "Largest gap between two distributions?"

Each mark it leaves is a failing test that names file and line. Fill them in,
then run `python3 scripts/dev.py refresh`.
"""

from __future__ import annotations

import keyword
import re
import sys
from datetime import date
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from scripts.tree import AREAS, ROOT, Module

MARK = "TO" + "DO"  # in two parts: this file is finished

CODE = '''\
"""{question}

Answers: {mark} what a reader learns from it.

Does not answer: {mark} what it leaves open.

Needs:   Python 3.11, standard library
Source:  {source}
Page:    {id}
Version: 0.1.0 (MIT-0)
"""

from __future__ import annotations

__all__ = ["{name}"]


def {name}(x: float) -> float:
    """{mark} one line.

    Args:
        x: {mark} shape, unit, range.

    Returns:
        {mark} shape, unit, range, and what its end points mean.

    Raises:
        ValueError: {mark} the exact condition.

    Example:
        >>> {name}(1.0)
        1.0
    """
    # --8<-- [start:core]
    return x
    # --8<-- [end:core]


if __name__ == "__main__":
    print({name}(1.0))
'''

TEST = '''\
"""{mark} what the snippet promises, and what it cannot see."""

from {dotted} import {name}

# Identity


def test_{mark}_the_same_twice_is_the_same():
    assert {name}(1.0) == 1.0


# {mark} worked by hand, or an independent oracle: the sum in a comment

# {mark} properties

# {mark} hard inputs: empty, one value, constant, NaN, inf, wrong shape

# {mark} errors, with the message matched

# {mark} the blind spot: a real failure that this check does not see
'''

PAGE = """\
---
title: {mark} the question in the reader's words
description: {mark} one sentence for a result list, 120 characters at most.
kind: snippet
tags: [{area}]
labels: {mark} none, past, needed or either
arrives: {mark} batch, stream, either or none
seeds: []
evidence: []
questions: []
next: snippets/index
reviewed: {today}
---

# {mark} the question in the reader's words

{question}
{{ .p2p-lead }}

<div class="p2p-when" markdown>
Use it when
:   {mark} the situation it is for.

Not when
:   {mark} the situation it fails in, and what to use instead.
</div>

=== "Code"

    ```python
    --8<-- "{source}"
    ```

=== "Output"

    ```text
    --8<-- "{output}"
    ```

=== "Test"

    ```python
    --8<-- "{test}"
    ```

--8<-- "{meta}"

## How it works

```python
--8<-- "{source}:core"
```

{mark} in 150 words, or remove the part and the section in the code.

## What it does not catch

{mark} the failure that the last test shows.

## API

::: {dotted}
    options:
      show_root_heading: false
      show_root_toc_entry: false
      members: [{name}]

## See also

* **Simpler:** {mark}
* **Stronger:** {mark}
* **Bigger:** {mark}
"""


def with_line(nav: str, area: str, name: str) -> str:
    """The text of mkdocs.yml with the page in its place; comments stay.

    Raises:
        ValueError: If the navigation has no place for a page of the area.
    """
    lines = nav.splitlines(keepends=True)
    page = f"snippets/{area}/{name}.md"
    shape = re.compile(rf"( *)- (?:.+: )?(snippets/{area}/\w+\.md) *(?:#.*)?")
    last = None
    for number, line in enumerate(lines):
        found = shape.fullmatch(line.rstrip("\n"))
        if found and (last is None or found[2] < page):
            last, indent = number + (found[2] < page), found[1]
    if last is not None:
        return "".join([*lines[:last], f"{indent}- {page}\n", *lines[last:]])
    for number, line in enumerate(lines, 1):
        found = re.fullmatch(r"( *)- (?:.+: )?snippets/index\.md *", line[:-1])
        if found:
            new = f"{found[1]}- {area.capitalize()}:\n{found[1]}    - {page}\n"
            return "".join([*lines[:number], new, *lines[number:]])
    raise ValueError(
        f"mkdocs.yml: nav names neither a page of snippets/{area}/ nor "
        "snippets/index.md: put one there first"
    )


def create(root: Path, area: str, name: str, question: str) -> list[str]:
    """Write the three files and the line; give their paths.

    Raises:
        ValueError: If an argument is wrong, or one of the files is there.
    """
    if area not in AREAS:
        raise ValueError(
            f"area must be one of {', '.join(AREAS)}, got {area!r}"
        )
    if not re.fullmatch(r"[a-z][a-z0-9_]*", name) or keyword.iskeyword(name):
        raise ValueError(f"name must be a lower-case word, got {name!r}")
    if name in sys.stdlib_module_names:
        raise ValueError(f"name must not hide Python's own module {name}")
    if not re.fullmatch(r"[A-Z].{0,74}\?", question):
        raise ValueError(
            "question must be a sentence of 76 characters at most that ends "
            f"in ?, got {question!r}"
        )
    module = Module(root, area, name)
    written = {module.source: CODE, module.test: TEST, module.page: PAGE}
    for path in written:
        if (root / path).exists():
            raise ValueError(f"{path} exists already")
    nav = root / "mkdocs.yml"
    extended = with_line(nav.read_text("utf-8"), area, name)
    for path, template in written.items():
        text = template.format(
            mark=MARK,
            area=area,
            name=name,
            question=question,
            today=date.today(),
            id=module.id,
            dotted=module.id.replace("/", "."),
            source=module.source,
            output=module.output,
            test=module.test,
            meta=module.meta,
        )
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text, "utf-8")
    nav.write_text(extended, "utf-8")
    return [*written, "mkdocs.yml"]


def main(arguments: list[str]) -> int:
    """Run the command line."""
    if len(arguments) != 3:
        print(__doc__, file=sys.stderr)
        return 2
    try:
        paths = create(ROOT, *arguments)
    except ValueError as error:
        print(f"new_snippet.py: {error}", file=sys.stderr)
        return 1
    print("\n".join(paths))
    print(f"Now fill in each {MARK}, then: python3 scripts/dev.py refresh")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
