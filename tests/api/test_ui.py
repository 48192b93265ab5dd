"""Mirrors ratecraft/api/ui.py: which studies are found, and what is kept for the next start."""

import json
import socket
import stat
from pathlib import Path

import pytest
from tests.reporting.pages import made

from ratecraft.api.ui import library_of, open_site, write_learn
from ratecraft.errors import InvalidInput
from ratecraft.reporting.pages.server.serving import bound


def names(*folders: Path) -> list[str]:
    return sorted(each.id for each in library_of(folders).studies())


def test_studies_of_the_folder_of_those_below_it_and_single_ones_are_found(tmp_path: Path) -> None:
    made.finished(tmp_path, "tune-a-1")
    (tmp_path / "sub").mkdir()
    made.finished(tmp_path / "sub", "tune-b-2")
    assert [each.partition("~")[0] for each in names(tmp_path)] == ["tune-a-1", "tune-b-2"]
    assert names(tmp_path / ".ratecraft" / "tune-a-1") == ["tune-a-1"]


def test_a_study_that_is_named_twice_is_there_once(tmp_path: Path) -> None:
    folder = made.finished(tmp_path, "tune-a-1")
    assert names(tmp_path, folder.path) == ["tune-a-1"]


def test_a_change_of_a_record_is_seen(tmp_path: Path) -> None:
    library = library_of([tmp_path])
    assert library.studies() == ()
    working = made.Working(tmp_path)
    assert [each.line.state for each in library.studies()] == ["running"]
    working.record.close()
    assert [each.line.state for each in library.studies()] == ["unfinished"]


def test_a_study_keeps_its_name_when_another_is_begun(tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    made.finished(other, "tune-a-1")
    before = names(tmp_path, other)
    made.finished(tmp_path, "tune-a-1")
    assert set(before) < set(names(tmp_path, other))


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="no folder"):
        library_of([tmp_path / "nothing"])


def opened(folder: Path, port: int | None = None) -> tuple[int, str]:
    site = open_site([folder], port=port)
    site.service.close()
    return site.service.port, site.address


def test_port_and_token_are_those_of_last_time_and_the_owner_s_alone(tmp_path: Path) -> None:
    made.finished(tmp_path)
    first = opened(tmp_path)
    assert opened(tmp_path) == first
    file = tmp_path / ".ratecraft" / "ui.json"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert first[1].endswith(json.loads(file.read_text())["token"])


def test_a_token_that_others_could_read_or_that_is_short_is_not_taken(tmp_path: Path) -> None:
    made.finished(tmp_path)
    _, address = opened(tmp_path)
    file = tmp_path / ".ratecraft" / "ui.json"
    file.chmod(0o644)
    assert opened(tmp_path)[1] != address
    for text in ('{"port": 5000, "token": "short"}', "[]", "\xff", '{"port": "x"}', '{"port": 80, "token": 1}'):
        file.write_text(text)
        file.chmod(0o600)
        assert len(opened(tmp_path)[1].partition("token=")[2]) > 40


def test_a_folder_without_studies_gets_no_file(tmp_path: Path) -> None:
    assert opened(tmp_path)[1] != opened(tmp_path)[1]
    assert list(tmp_path.iterdir()) == []


def test_where_last_time_s_port_is_taken_another_is_found_and_one_that_was_asked_for_is_refused(tmp_path: Path) -> None:
    made.finished(tmp_path)
    port, _ = opened(tmp_path)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", port))
        taken.listen()
        assert opened(tmp_path)[0] != port
        with pytest.raises(InvalidInput, match=f"Port {port} can't be used"):
            open_site([tmp_path], port=port)


def test_only_this_machine_is_listened_to() -> None:
    with bound() as listening:
        assert listening.getsockname()[0] == "127.0.0.1"


def test_learn_is_written_as_files(tmp_path: Path) -> None:
    count = write_learn(tmp_path / "public")
    files = [path for path in (tmp_path / "public").rglob("*") if path.is_file()]
    assert len(files) == count
    assert (tmp_path / "public" / "ja" / "learn" / "index.html").is_file()


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "public").write_text("a file")
    with pytest.raises(InvalidInput, match="can't be written"):
        write_learn(tmp_path / "public")
