"""The files by which the processes of a run tell each other something."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from harness.session import read_json, write_json


def test_value_is_read_as_it_was_written(tmp_path: Path) -> None:
    """What one process writes another reads; before that there is nothing, and later the newest alone."""
    file = tmp_path / "progress.json"
    assert read_json(file) is None

    for value in ({"reason": "✘ “no row”", "stage": None}, ["gw0", 1.5]):
        write_json(file, value)
        assert read_json(file) == value
    assert [each.name for each in tmp_path.iterdir()] == ["progress.json"]


def test_reader_never_sees_a_half(tmp_path: Path) -> None:
    """Whoever reads while another writes gets the old value or the new one, whole."""
    file = tmp_path / "progress.json"
    values = [["short"], ["long"] * 50_000]
    write_json(file, values[0])

    def write() -> None:
        for turn in range(60):
            write_json(file, values[turn % 2])

    with ThreadPoolExecutor(1) as pool:
        writing = pool.submit(write)
        seen = []
        while not writing.done():
            seen.append(read_json(file))

    assert seen
    assert all(value in values for value in seen)


def test_value_that_cannot_be_written_leaves_the_old_one(tmp_path: Path) -> None:
    """What is no JSON is an error of the writer, and no loss to the reader."""
    file = tmp_path / "progress.json"
    write_json(file, 1)

    with pytest.raises(TypeError):
        write_json(file, object())

    assert read_json(file) == 1
