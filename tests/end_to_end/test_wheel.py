"""What a user installs is the wheel, not this checkout: it is built, put into a bare environment, and tried there."""

import os
import re
import shutil
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

import pytest

from ratecraft.translations.catalogue import LANGUAGES

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def bare(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An environment with nothing but the wheel; its dependencies are those that are installed here."""
    folder = tmp_path_factory.mktemp("wheel")
    pip = (sys.executable, "-m", "pip", "--disable-pip-version-check")
    run(*pip, "wheel", "--quiet", "--no-deps", "--no-build-isolation", "--wheel-dir", folder, ROOT, folder=folder)
    (wheel,) = folder.glob("ratecraft-*.whl")
    python = environment(folder)
    run(*pip, "--python", python, "install", "--quiet", "--no-deps", wheel, folder=folder)
    return python.parent


def environment(folder: Path) -> Path:
    """The Python of a new environment in which what is installed here can be imported."""
    run(sys.executable, "-m", "venv", "--without-pip", folder / "bare", folder=folder)
    (packages,) = (folder / "bare" / "lib").glob("python*/site-packages")
    (packages / "dependencies.pth").write_text(sysconfig.get_path("purelib"))
    return folder / "bare" / "bin" / "python"


def run(*command: str | Path, folder: Path) -> str:
    """What a command prints in this folder, without a trace of the checkout in its environment."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_package_is_that_of_the_wheel(bare: Path, tmp_path: Path) -> None:
    where = run(bare / "python", "-c", "import ratecraft; print(ratecraft.__file__)", folder=tmp_path)
    assert str(bare.parent) in where


def test_its_version_is_the_one_that_the_package_and_the_changelog_tell(bare: Path, tmp_path: Path) -> None:
    version = run(bare / "python", "-c", "import ratecraft; print(ratecraft.__version__)", folder=tmp_path).strip()
    assert run(bare / "ratecraft", "--version", folder=tmp_path) == f"ratecraft {version}\n"
    assert re.findall(r"^## \[(.*?)\]", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)[0] == version


def test_every_file_of_the_package_is_in_it(bare: Path) -> None:
    (package,) = bare.parent.glob("lib/python*/site-packages/ratecraft")
    ours = ROOT / "src" / "ratecraft"
    wanted = {path.relative_to(ours) for path in ours.rglob("*") if path.is_file() and "__pycache__" not in path.parts}
    assert {path for path in wanted if not (package / path).is_file()} == set()


@pytest.mark.soak  # a study of its own; `test_demo.py` has one of the checkout
def test_its_demo_finds_a_rate_and_writes_a_report(bare: Path, tmp_path: Path) -> None:
    shown = run(bare / "ratecraft", "demo", folder=tmp_path)
    assert "Gain: val_loss" in shown
    (page,) = (tmp_path / ".ratecraft").rglob("*.html")
    assert page.name in shown
    assert "uPlot" in page.read_text(encoding="utf-8")


@pytest.mark.parametrize("language", LANGUAGES)
def test_its_guide_is_there(bare: Path, tmp_path: Path, language: str) -> None:
    run(bare / "ratecraft", "ui", "--write", "site", folder=tmp_path)
    chapters = {path.stem for path in (ROOT / "docs" / "guide" / language).glob("*.md")}
    built = {path.stem for path in (tmp_path / "site" / language / "learn" / "guide").glob("*.html")}
    assert chapters <= built
    assert "finding-overfit" in built


def test_its_data_are_there(bare: Path, tmp_path: Path) -> None:
    assert "rate" in run(bare / "ratecraft", "plan", "--optimizer", "adamw", folder=tmp_path)
    assert "学習率" in run(bare / "ratecraft", "--language", "ja", "--help", folder=tmp_path)


@pytest.mark.soak
def test_the_guide_is_there_from_an_sdist_and_from_an_editable_install(tmp_path: Path) -> None:
    run(sys.executable, "-m", "hatchling", "build", "--target", "sdist", "--directory", tmp_path, folder=ROOT)
    (packed,) = tmp_path.glob("*.tar.gz")
    shutil.unpack_archive(packed, tmp_path, filter="data")
    (source,) = (path for path in tmp_path.iterdir() if path.is_dir())
    guide = source / "src" / "ratecraft" / "reporting" / "pages" / "guide"
    assert not guide.exists()
    pip = (sys.executable, "-m", "pip", "--disable-pip-version-check")
    alone = ("--quiet", "--no-deps")  # built as a user does: with nothing at hand but what the source asks for
    run(*pip, "wheel", *alone, "--wheel-dir", tmp_path, source, folder=tmp_path)
    (wheel,) = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        packed_pages = [name for name in archive.namelist() if "/pages/guide/" in name]
    assert not guide.exists()
    run(*pip, "--python", environment(tmp_path), "install", *alone, "--editable", source, folder=tmp_path)
    built = [f"ratecraft/reporting/pages/guide/{path.relative_to(guide)}" for path in guide.rglob("*.html")]
    assert "ratecraft/reporting/pages/guide/ja/rate.html" in built
    assert sorted(packed_pages) == sorted(built)
