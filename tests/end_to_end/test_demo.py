"""`ratecraft demo`, typed as a user does who has just installed it."""

import re
from pathlib import Path

from tests.end_to_end.command import Workplace


def test_the_demo_ends_with_a_chart_a_rate_with_its_interval_and_a_report(tmp_path: Path) -> None:
    place = Workplace(tmp_path)
    typed = place.type("demo")
    assert typed.code == 0, typed.err
    assert typed.out.startswith("✓ Gain: val_loss ")
    assert "▲ chosen" in typed.out
    assert "═ as good for the full run: " in typed.out
    assert not re.search("Foreseen|9 of 10 cases|twice the steps", typed.out + typed.err)
    assert "Open .ratecraft/demo/demo.html in a browser" in typed.out
    assert (tmp_path / ".ratecraft/demo/demo.html").read_text().startswith("<!DOCTYPE html>")
    assert {path.name for path in tmp_path.iterdir()} == {".ratecraft"}
    again = place.type("demo", "--json", "--language", "ja").json
    assert again["report"] == ".ratecraft/demo/demo.html"
    low, high = again["interval"]
    assert low <= again["rate"] <= high
