"""Programs that are files of a public repository: fetched at one commit, laid out as in a clone of it.

Path:   `source` of a `Program` -> a bare repository in the work folder -> the named files in the folder of a run.
"""

import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

__all__ = ["Source", "lay"]


@dataclass(frozen=True, slots=True)
class Source:
    """Where the files of a program are published; its licence is that of the `Program`.

    Attributes:
        repository: Address that git can fetch from.
        commit: The whole hash, so that the program is the same one next year.
        paths: Files and folders that its user would need, from the root of the repository.
    """

    repository: str
    commit: str
    paths: tuple[str, ...]


def lay(source: Source, folder: Path, work: Path) -> None:
    """Write the files of a source into a folder.

    Args:
        source: What is fetched, unless it was before.
        folder: Stands for the root of the repository.
        work: Keeps the repositories.

    Raises:
        RuntimeError: git cannot fetch the commit, or it has no such files; its last words.
    """
    kept = work / source.commit
    if not kept.exists():
        _git(["init", "--quiet", "--bare", str(kept)])
        _git(["remote", "add", "origin", source.repository], kept)
    held = subprocess.run(_at(kept, ["cat-file", "-e", source.commit]), capture_output=True, check=False)
    if held.returncode:  # no more than the commit's own list of files: those that are named follow when they are read
        _git(["fetch", "--quiet", "--depth=1", "--filter=blob:none", "origin", source.commit], kept)
    listed = _git(["ls-tree", "-r", "-z", "--name-only", source.commit, "--", *source.paths], kept).decode()
    if not listed:
        raise RuntimeError(f"{source.repository} has none of {', '.join(source.paths)} at {source.commit}")
    for name in listed.rstrip("\0").split("\0"):
        place = folder / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(_git(["cat-file", "blob", f"{source.commit}:{name}"], kept))


def _at(repository: Path, words: Sequence[str]) -> list[str]:
    return ["git", f"--git-dir={repository}", *words]


def _git(words: Sequence[str], repository: Path | None = None) -> bytes:
    done = subprocess.run(_at(repository, words) if repository else ["git", *words], capture_output=True, check=False)
    if done.returncode:
        raise RuntimeError(done.stderr.decode(errors="replace")[-2000:])
    return done.stdout
