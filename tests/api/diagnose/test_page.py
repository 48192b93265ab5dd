"""Mirrors ratecraft/api/diagnose/page.py."""

import math
from pathlib import Path

import pytest

from ratecraft.api.diagnose.diagnose import diagnose
from ratecraft.api.diagnose.page import write_diagnosis
from ratecraft.errors import InvalidInput


def test_the_page_is_written_over_and_nothing_else_is_left(tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    page.write_text("before")
    write_diagnosis(diagnose({"loss": [math.nan] * 20}), page, "ja")
    assert '<html lang="ja">' in page.read_text(encoding="utf-8")
    assert list(tmp_path.iterdir()) == [page]


def test_a_folder_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="page"):
        write_diagnosis(diagnose({"loss": [1.0]}), tmp_path / "no" / "page.html")
