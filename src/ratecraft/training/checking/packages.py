"""Checks installed packages against the versions that ratecraft supports, without importing them.

Path:   metadata of installed packages -> checks of the extras and of training frameworks.

The ranges are those of `pyproject.toml`, read from our own metadata, so that they are written in one place.
"""

import re
from collections.abc import Mapping, Sequence
from functools import cache
from importlib import metadata

from ratecraft.records.check import Check
from ratecraft.training.frameworks.adapting import FRAMEWORKS

_REQUIREMENT = re.compile(r"(?P<name>[\w.-]+?)\s*>=\s*(?P<least>[\w.]+)\s*;\s*extra\s*==\s*['\"](?P<extra>[\w-]+)['\"]")
_FRAMEWORKS = {package: framework.packages[0] for framework in FRAMEWORKS for package in framework.packages}
_TESTED = "peers"


def version_of(package: str) -> str:
    """The version that is installed; empty if there is none.

    Example:
        >>> version_of("no-such-package")
        ''
    """
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return ""


def least_version(package: str, extra: str) -> str:
    """The least version that an extra of ours takes; empty where it names none."""
    return _ranges().get((extra, package), "")


def extra_of(name: str, packages: Sequence[str], missing: str) -> Check:
    """Whether all packages of an extra are here and new enough.

    Args:
        name: Name of the extra.
        packages: Packages that it brings.
        missing: The code that says what cannot be done without them.
    """
    found = {package: version_of(package) for package in packages}
    told = {"packages": _listed(found), "pip": f"pip install 'ratecraft[{name}]'"}
    absent = [package for package, version in found.items() if not version]
    if absent:
        return Check(missing, name, "missing", {**told, "missing": ", ".join(absent)})
    old = [package for package, version in found.items() if is_older(version, least_version(package, name))]
    if old:
        ranges = ", ".join(f"{package} {least_version(package, name)}" for package in old)
        return Check("extra-old", name, "limited", {**told, "least": ranges})
    return Check("extra", name, values=told)


def frameworks(found: Mapping[str, str] | None = None) -> Check:
    """The training frameworks whose scripts are met by adapters of ours.

    Args:
        found: Name to version; looked up where not given.

    Example:
        >>> frameworks({"transformers": "4.1.0"}).values["least"]
        'transformers 4.46'
    """
    found = {framework: version_of(framework) for framework in _FRAMEWORKS} if found is None else found
    found = {name: version for name, version in found.items() if version}
    if not found:
        return Check("frameworks-none", "frameworks")
    least = {name: least_version(_FRAMEWORKS[name], _TESTED) for name in found}
    old = [name for name, version in found.items() if is_older(version, least[name])]
    values = {"packages": _listed(found)}
    if not old:
        return Check("frameworks", "frameworks", values=values)
    ranges = ", ".join(f"{name} {least[name]}" for name in old)
    pip = f"pip install --upgrade {' '.join(old)}"
    return Check("frameworks-old", "frameworks", "limited", {**values, "least": ranges, "pip": pip})


def is_older(version: str, least: str) -> bool:
    """Whether a version lies below another; only whole numbers count.

    Example:
        >>> is_older("4.9.2", "4.46"), is_older("2.13.0+cpu", "2.4"), is_older("1.0", "")
        (True, False, False)
    """
    return _numbers(version) < _numbers(least)


def _numbers(version: str) -> tuple[int, ...]:
    release = re.match(r"\d+(\.\d+)*", version)
    return tuple(map(int, release.group().split("."))) if release else ()


def _listed(found: Mapping[str, str]) -> str:
    return ", ".join(f"{name} {version}" for name, version in found.items() if version)


@cache
def _ranges() -> Mapping[tuple[str, str], str]:
    """(extra, package) to the least version; none if this is a copy without metadata."""
    try:
        lines = metadata.requires("ratecraft") or ()
    except metadata.PackageNotFoundError:
        return {}
    return {(m["extra"], m["name"].lower()): m["least"] for line in lines if (m := _REQUIREMENT.match(line))}
