"""A language is a folder: one more, and every screen and every page speaks it."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

import ratecraft.errors
from ratecraft.translations.catalogue import LANGUAGES

SOURCE = Path(ratecraft.errors.__file__).parent
THIRD = "de"
MARK = "¿"
"""What every sentence of the third language begins with."""
_SENTENCE = re.compile(r'^([\w-]+ = (?:"""\n|"))', re.MULTILINE)


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What is said in a language that only a folder beside the others makes known."""
    home, place = tmp_path_factory.mktemp("package"), tmp_path_factory.mktemp("place")
    package = home / "ratecraft"
    package.mkdir()
    (package / "translations").mkdir()
    for path in [*SOURCE.iterdir(), *(SOURCE / "translations").iterdir()]:
        target = package / path.relative_to(SOURCE)
        if not target.exists() and path.name != "__pycache__":
            target.symlink_to(path)
    (package / "translations" / THIRD).mkdir()
    for path in (SOURCE / "translations" / "en").glob("*.toml"):
        text = _SENTENCE.sub(rf"\g<1>{MARK}", path.read_text(encoding="utf-8"))
        (package / "translations" / THIRD / path.name).write_text(text, encoding="utf-8")
    script = Path(__file__).with_name("every_screen.py")
    root = script.parents[2]
    environment = {**os.environ, "PYTHONPATH": f"{home}:{root}", "LANG": "C.UTF-8"}
    command = [sys.executable, script, THIRD, place]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_only_the_folder_makes_a_language() -> None:
    assert THIRD not in LANGUAGES


def test_every_screen_speaks_it(opened: dict[str, str]) -> None:
    screens = {name: text for name, text in opened.items() if " /" not in name}
    assert len(screens) > 20
    assert [name for name, text in screens.items() if MARK not in text] == []
    assert f"en|{THIRD}|ja" in screens["tune --help"]


def test_every_page_speaks_it_and_leads_to_the_others(opened: dict[str, str]) -> None:
    pages = {name.partition(" ")[2]: text for name, text in opened.items() if name.startswith("200 ")}
    assert [name for name in opened if re.match(r"[345]\d\d /", name)] == []
    kinds = {re.sub(r"[0-9a-f]{16}", "…", name) for name in pages}
    assert {f"/{THIRD}/{kind}" for kind in ("studies", "try", "try/plan", "learn/playground.html")} <= kinds
    own = {name: text for name, text in pages.items() if "/guide/" not in name}
    assert [name for name, text in own.items() if f'<html lang="{THIRD}">' not in text or MARK not in text] == []
    assert [name for name, text in own.items() if 'hreflang="ja"' not in text] == []
