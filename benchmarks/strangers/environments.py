"""A virtual environment for each set of packages, layered over the environment that runs this file.

Path:   packages of a `Program` -> a folder with their own versions, all else seen through a `.pth` file.
"""

import re
import subprocess
import sys
import sysconfig
from dataclasses import dataclass
from importlib.metadata import distributions
from pathlib import Path

__all__ = ["Environment", "environment"]

SOURCE = Path(__file__).parents[2] / "src"


@dataclass(frozen=True, slots=True)
class Environment:
    """Where programs are found, and with which versions of what was asked for."""

    folder: Path
    versions: dict[str, str]

    @property
    def bin(self) -> Path:
        """Its commands."""
        return self.folder / "bin"


def environment(packages: tuple[str, ...], work: Path) -> Environment:
    """The environment of these packages, made where it is not there yet.

    Raises:
        RuntimeError: If pip cannot install them; its last words.
    """
    names = [re.split(r"[\[<>=!~ ;]", each, maxsplit=1)[0] for each in packages]
    folder = work / ("-".join(names) or "bare")
    layer = folder / "lib" / f"python{sys.version_info.major}.{sys.version_info.minor}" / "site-packages"
    below = sysconfig.get_path("purelib")
    if not (folder / "ready").exists():
        subprocess.run([sys.executable, "-m", "venv", "--clear", "--without-pip", str(folder)], check=True)
        _layer_over(layer, below)  # before pip looks what is missing: torch need not come twice
        if packages:
            pip = [sys.executable, "-m", "pip", "--python", str(folder / "bin" / "python"), "install", "--quiet"]
            done = subprocess.run([*pip, *packages], capture_output=True, text=True, check=False)
            if done.returncode:
                raise RuntimeError(done.stderr[-2000:])
        (folder / "ready").touch()
    _add_torchrun(folder / "bin")
    _layer_over(layer, below)  # each time: it outlives the checkout that made it
    there = {_plain(each.name): each.version for each in distributions(path=[str(layer), below])}
    return Environment(folder, {name: there[_plain(name)] for name in (*names, "torch") if _plain(name) in there})


def _layer_over(layer: Path, below: str) -> None:
    (layer / "layered.pth").write_text(f"{SOURCE}\n{below}\n")


def _add_torchrun(commands: Path) -> None:
    """Where torch is only seen from below, its launcher has no command here; that of below starts its own Python."""
    launcher = commands / "torchrun"
    if not launcher.exists():
        launcher.write_text(f"#!{commands / 'python'}\nfrom torch.distributed.run import main\n\nmain()\n")
        launcher.chmod(0o755)


def _plain(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()
