"""The benchmark is fair and complete, and the page says what it measured."""

import copy
import json
import re
from itertools import chain, pairwise
from types import SimpleNamespace

import numpy as np
import pytest

from scripts.bench.drift import ROWS
from scripts.bench.drift_peers import (
    CATEGORIES,
    MORE,
    NUMERIC,
    PEERS,
    calls,
    make,
)
from scripts.bench.drift_tasks import LEAST, in_turn
from scripts.bench_page import PARTS, RESULT, bench_markdown
from scripts.tree import ROOT

FOUND = json.loads((ROOT / RESULT).read_text("utf-8"))
RUNS = [
    pytest.param(peer["runs"][i], id=f"{name}-{peer['runs'][i]['rows']}")
    for name, peer in (FOUND["peers"] | FOUND["more"]).items()
    for i in range(len(peer["runs"]))
]


def page(root):
    return dict(zip(PARTS, bench_markdown(root), strict=True))


def test_every_peer_and_every_size_is_in_the_result():
    assert list(FOUND["peers"]) == list(PEERS)
    assert [x["values"] for x in FOUND["own"]["counting"]] == list(ROWS)
    for name, peer in FOUND["peers"].items():
        assert peer["pins"] == list(PEERS[name].pins)
        sizes = [run["rows"] for run in peer["runs"]]
        assert "failed" in peer or sizes == list(ROWS)
    assert list(FOUND["more"]) == list(MORE)
    for name, peer in FOUND["more"].items():
        assert peer["pins"] == list(MORE[name].pins)
        sizes = [run["rows"] for run in peer["runs"]]
        assert "failed" in peer or sizes == list(MORE[name].rows)


def test_every_version_is_exact():
    pins = list(chain(*(peer.pins for peer in (PEERS | MORE).values())))
    assert all(re.fullmatch(r"[\w-]+==\d+(\.\d+)+", pin) for pin in pins)


@pytest.mark.parametrize("run", RUNS)
def test_a_ratio_is_the_ratio_of_the_medians(run):
    for one in run.get("ratios", []):
        seconds = run["seconds"]
        theirs = seconds[one["theirs"]]["median"]
        expected = theirs / seconds[one["ours"]]["median"]
        assert one["median"] == pytest.approx(expected, rel=1e-3)
        assert 0 < one["low"] <= one["high"]


def test_the_table_says_what_the_result_says():
    rows = [
        x.strip("| ").split(" | ") for x in page(ROOT)["sizes"].split("\n")
    ]
    for name, peer in FOUND["peers"].items():
        lines = [cells[3:] for cells in rows if cells[0] == name]
        assert len(lines) == len(PEERS[name].pairs)
        for i, line in enumerate(lines):
            for run, cell in zip(peer["runs"], line, strict=True):
                there = run.get("ratios", [])
                if i >= len(there):
                    assert cell == ("not run" if there else "failed")
                    continue
                one = there[i]
                seconds = [
                    run["seconds"][one[x]]["median"]
                    for x in ("theirs", "ours")
                ]
                printed = float(cell.split(" ")[0].replace(",", ""))
                expected = seconds[0] / seconds[1]
                assert printed == pytest.approx(expected, rel=0.05)


def test_what_fails_is_reported_and_stays_in_the_tables(tmp_path):
    found = copy.deepcopy(FOUND)
    found["peers"]["frouros"] = {
        "pins": ["frouros==0.9.0"],
        "failed": "not installed in 10 minutes",
        "runs": [],
    }
    found["peers"]["SciPy"]["runs"][0] = {"rows": ROWS[0], "failed": "Killed"}
    path = tmp_path / RESULT
    path.parent.mkdir(parents=True)
    path.write_text(json.dumps(found), "utf-8")
    parts = page(tmp_path)
    assert "* frouros: not measured (not installed in 10" in parts["setting"]
    assert "* SciPy, 10,000 rows: failed (Killed)." in parts["setting"]
    for part in ("batch", "sizes", "sum", "memory", "install"):
        assert "\n| frouros" in parts[part]
    assert parts["sizes"].count("| failed |") >= len(PEERS["SciPy"].pairs)


def test_importing_a_drift_file_loads_numpy_and_what_it_names():
    for name, packages in FOUND["own"]["imports"].items():
        text = (ROOT / f"snippets/drift/{name}.py").read_text("utf-8")
        needs = re.search(r"^Needs: +Python [\d.]+, (.*)$", text, re.M)
        known = {x.split(" ")[0].lower() for x in needs[1].split(", ")}
        assert set(packages) <= known


def test_both_sides_read_the_same_rows():
    peer, seen = PEERS["SciPy"], []

    class Seen(dict):
        def __getitem__(self, name):
            seen.append((id(self), name))
            return dict.__getitem__(self, name)

    data = make(200, peer)
    data = SimpleNamespace(
        reference=Seen(data.reference),
        batch=Seen(data.batch),
        numbers=data.numbers,
    )
    both = calls(peer, data)
    read = {}
    for name in ("ks_2samp", "ours, fit"):
        seen.clear()
        both[name]()
        read[name] = sorted(seen)
    assert read["ks_2samp"] == read["ours, fit"]
    assert len(read["ks_2samp"]) == 2 * NUMERIC


@pytest.mark.parametrize("name", [x for x in PEERS if PEERS[x].strings])
@pytest.mark.parametrize("lone", [False, True])
def test_strings_are_raw_and_equal_ones_share_an_object_or_none(name, lone):
    data = make(200, PEERS[name], lone=lone)
    assert len(data.strings) == len(CATEGORIES)
    for side in (data.reference, data.batch):
        for column in data.strings:
            values = list(side[column])
            assert {type(x) for x in values} == {str}
            objects = len({id(x) for x in values})
            assert objects == len(values if lone else set(values))


def test_every_peer_gets_the_same_numbers():
    first, *others = (make(50, peer) for peer in PEERS.values())
    for other in others:
        for side in ("reference", "batch"):
            for x in first.numbers:
                mine, theirs = getattr(first, side), getattr(other, side)
                np.testing.assert_array_equal(mine[x], theirs[x])


def test_what_is_the_same_test_gives_the_same_numbers():
    for peer in (FOUND["peers"] | FOUND["more"]).values():
        for run in peer["runs"]:
            for one in run.get("apart", {}).values():
                # one of the peers keeps both numbers in 32 bits
                assert one["statistic"] <= one["stated"] + 1e-7
                assert one["p_value"] <= 1e-6 or one["stated"]


def test_page_hinkley_decides_as_river_does():
    for run in FOUND["more"]["river"]["runs"]:
        said = run["all_columns"]
        assert said["ours"] == said["PageHinkley"]


def test_the_calls_take_turns(monkeypatch):
    monkeypatch.setattr("scripts.bench.drift_tasks.SAMPLE", 0)
    order = []
    names = ("ours", "theirs", "np.sum")
    took, gave, _ = in_turn(
        {
            name: lambda name=name: order.append(name) or len(order)
            for name in names
        },
        budget=0,
    )
    blocks = [a for a, b in pairwise([*order, None]) if a != b]
    assert blocks == list(names) * (LEAST + 1)  # one before the clock
    assert {len(times) for times in took.values()} == {LEAST}
    assert list(gave.values()) == [1, 2, 3]
