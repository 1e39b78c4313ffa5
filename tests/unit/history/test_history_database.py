"""The database: what goes in comes out, once; what is not ours is left alone."""

from __future__ import annotations

import sqlite3
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest
from past import met, run, unmet

from harness.clock import SystemClock
from harness.errors import ConfigError
from harness.history.places import FILE, Folder, place_of

pytestmark = pytest.mark.unit


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path / "past")


def damaged(file: Path) -> None:
    image = bytearray(file.read_bytes())
    image[4096 + 8 : 4096 + 200] = b"\xff" * 192
    file.write_bytes(image)


def of_somebody_else(file: Path) -> None:
    file.unlink()
    with closing(sqlite3.connect(file)) as database:
        database.execute("CREATE TABLE runs (id TEXT)")
        database.commit()


def newer(file: Path) -> None:
    with closing(sqlite3.connect(file)) as database:
        database.execute("PRAGMA user_version = 2")


def no_database(file: Path) -> None:
    file.write_text("not a database at all\n" * 40)


def cut_short(file: Path) -> None:
    file.write_bytes(file.read_bytes()[:-5000])


def empty(file: Path) -> None:
    file.write_bytes(b"")


def test_what_goes_in_comes_out(folder: Folder) -> None:
    later = run(1, unmet("b", cause="späte Störung"), commit=None)
    first = run(0, met(3.25, "a"), unmet("b"))
    assert folder.read() == []
    assert folder.append([later]) == [later]
    assert folder.append([first]) == [first, later]
    assert folder.read() == [first, later]


def test_a_run_twice_is_one_run(folder: Folder) -> None:
    folder.append([run(0, met(1, "a"), met(1, "gone"))])
    again = run(0, met(2, "a"))
    assert folder.append([again]) == [again]


def test_writers_at_once_lose_nothing(folder: Folder) -> None:
    runs = [run(night, met()) for night in range(12)]
    with ThreadPoolExecutor(6) as pool:
        list(pool.map(lambda each: folder.append([each]), runs))
    assert folder.read() == runs


def test_nothing_is_left_but_the_database_and_its_lock(folder: Folder) -> None:
    folder.append([run(0, met())])
    left = {path.name for path in Path(folder.name).parent.iterdir()}
    assert left - {f"{FILE}.lock"} == {FILE}


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (damaged, "expected an undamaged SQLite database"),
        (no_database, "contents is 'file is not a database'"),
        (cut_short, "expected an undamaged SQLite database"),
        (empty, "a history of sitedrill's"),
        (of_somebody_else, "application_id is 0, expected"),
        (newer, "user_version is 2, expected 1"),
    ],
)
def test_what_is_not_ours_is_named_and_left_as_it_is(
    spoil: object, says: str, folder: Folder
) -> None:
    file = Path(folder.name)
    folder.append([run(night, met()) for night in range(20)])
    assert callable(spoil)
    spoil(file)
    before = file.read_bytes()
    with pytest.raises(ConfigError, match=says):
        folder.read()
    with pytest.raises(ConfigError, match=says):
        folder.append([run(30, met())])
    assert file.read_bytes() == before


def test_a_folder_that_is_a_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigError, match="expected a history that can be read"):
        Folder(tmp_path / "file").read()


@pytest.mark.parametrize("text", ["", "s3://", "s3:///prefix", "https://example.com/x"])
def test_a_place_that_is_none_is_named(text: str) -> None:
    with pytest.raises(ConfigError, match="expected a folder, or s3://bucket/prefix"):
        place_of(text, clock=SystemClock())


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("s3://nights", f"s3://nights/{FILE}"),
        ("s3://nights/a/b/", f"s3://nights/a/b/{FILE}"),
        ("past", f"past/{FILE}"),
    ],
)
def test_where_the_database_lies(text: str, name: str) -> None:
    assert place_of(text, clock=SystemClock(), client=object).name == name
