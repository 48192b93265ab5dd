"""Mirrors ratecraft/reporting/doctor.py: the screen and the object of made checks."""

import pytest

from ratecraft.records.check import Check
from ratecraft.reporting.doctor import doctor_json, doctor_text
from ratecraft.reporting.text.page import Page

CORES = Check("cores", "cores", values={"cores": 2, "of": 8})
RAY = Check("ray-missing", "ray", "missing", {"pip": "pip install 'ratecraft[ray]'"})
TORCH = Check("torch-missing", "torch", "missing", essential=True)
SHARED = Check("shared-memory-little", "shared-memory", "limited", {"folder": "/dev/shm", "free": 0.1})  # noqa: S108


def test_each_check_has_a_line_and_what_to_do_below_it() -> None:
    assert doctor_text([CORES, RAY], Page(width=90)).splitlines() == [
        "✓ Processors  2 of 8; ratecraft tune train.py --workers 2 uses them all",
        "– Ray         not installed: --executor ray is not available",
        "              → pip install 'ratecraft[ray]'",
        "",
        "Everything a study needs is here. Try it: ratecraft demo",
    ]


def test_what_is_essential_and_missing_is_named_in_the_last_line() -> None:
    lines = doctor_text([CORES, TORCH], Page(width=90)).splitlines()
    assert lines[1].startswith("✗ PyTorch     not installed in this Python")
    assert lines[-1] == "No study can run here until this is fixed: PyTorch."


def test_what_could_be_better_is_counted() -> None:
    assert "1 item marked ! could be better" in doctor_text([CORES, SHARED], Page(width=90))


@pytest.mark.parametrize("page", [Page("ja", 60), Page("en", 40), Page("en", 50, unicode=False)])
def test_lines_stay_within_the_page(page: Page) -> None:
    text = doctor_text([CORES, SHARED, TORCH], page)
    assert page.unicode or text.isascii()
    assert max(len(line) for line in text.splitlines()) <= page.width


def test_the_object_says_the_same() -> None:
    told = doctor_json([RAY, TORCH])
    assert told["able"] is False
    assert [each["code"] for each in told["checks"]] == ["ray-missing", "torch-missing"]
    assert told["checks"][0]["hint"] == "pip install 'ratecraft[ray]'"
    assert told["checks"][1]["essential"] is True
