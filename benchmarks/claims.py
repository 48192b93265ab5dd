"""Holds text and data together: figures of the pages are made again, and compared with what the pages say.

    python benchmarks/claims.py           # `make claims`: fails where text and data differ
    python benchmarks/claims.py --write   # puts what the data say into the text

Path:   frozen data -> values (`claimed_values.py`) -> the passage or table of a page that tells them (`claims.toml`).

A passage is found by its words; line breaks do not count. A table stands between `<!-- NAME -->` and `<!-- /NAME -->`.
"""

import argparse
import re
import sys
import tomllib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

__all__ = ["Difference", "Passage", "Table", "declared", "differences"]

ROOT = Path(__file__).parents[1]
LIST = Path(__file__).with_name("claims.toml")
Values = Mapping[str, str]


@dataclass(frozen=True)
class Passage:
    """Words of a page with places for figures.

    Attributes:
        page: The file, from the root of the repository.
        words: Its text, with `{name}` where a figure stands.
        values: Makes the figures.
    """

    page: str
    words: str
    values: Callable[[], Values]

    @property
    def pattern(self) -> re.Pattern[str]:
        """What finds the words, whatever figures they hold and wherever their lines break."""
        pieces = re.split(r"\{(\w+)\}", " ".join(self.words.split()))
        parts = [
            f"(?P<{piece}>\\S+?)" if place % 2 else re.escape(piece).replace(r"\ ", r"\s+")
            for place, piece in enumerate(pieces)
        ]
        return re.compile("".join(parts))

    def compared(self, text: str) -> tuple[str, Sequence[str]]:
        """The text as the data have it, and what differs: each as words for people."""
        found = self.pattern.search(text)
        if found is None:
            return text, [f"no passage like: {' '.join(self.words.split())}"]
        values = self.values()
        wrong = [(name, values[name]) for name in self.pattern.groupindex if found[name] != values[name]]
        for name, value in sorted(wrong, key=lambda each: -found.start(each[0])):
            text = text[: found.start(name)] + value + text[found.end(name) :]
        return text, [f"{name} is {found[name]} in the text, {value} in the data" for name, value in wrong]


@dataclass(frozen=True)
class Table:
    """Lines of a page between two marks.

    Attributes:
        page: The file, from the root of the repository.
        name: Of the marks.
        lines: Makes them.
    """

    page: str
    name: str
    lines: Callable[[], Sequence[str]]

    def compared(self, text: str) -> tuple[str, Sequence[str]]:
        """As of a passage."""
        first, last = f"<!-- {self.name} -->\n", f"<!-- /{self.name} -->"
        start, end = text.find(first), text.find(last)
        if start < 0 or end < start:
            return text, [f"no table between marks called {self.name}"]
        told, made = text[start + len(first) : end].splitlines(), list(self.lines())
        wrong = [f"the data have: {line}" for line in made if line not in told]
        wrong += [f"the data have no: {line}" for line in told if line not in made]
        return text[: start + len(first)] + "".join(f"{line}\n" for line in made) + text[end:], wrong


@dataclass(frozen=True)
class Difference:
    """A claim of a page that the data do not bear out, and how the page would read."""

    page: str
    said: str
    text: str


def differences(claims: Sequence[Passage | Table], root: Path = ROOT) -> Iterator[Difference]:
    """What text and data do not agree on, page by page."""
    texts: dict[str, str] = {}
    for claim in claims:
        text = texts.get(claim.page) or (root / claim.page).read_text(encoding="utf-8")
        texts[claim.page], wrong = claim.compared(text)
        for each in wrong:
            yield Difference(claim.page, each, texts[claim.page])


def declared(path: Path) -> list[Passage | Table]:
    """The claims of a list."""
    import claimed_values

    found: list[Passage | Table] = []
    for each in tomllib.loads(path.read_text(encoding="utf-8"))["claim"]:
        made_by = cache(getattr(claimed_values, each["made_by"]))
        named = each.get("table")
        found.append(Table(each["page"], named, made_by) if named else Passage(each["page"], each["words"], made_by))
    return found


def main() -> int:
    """Compare every claim, say what differs."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--write", action="store_true", help="put what the data say into the text")
    arguments = parser.parse_args()
    claims = declared(LIST)
    found = list(differences(claims))
    for each in found:
        print(f"{each.page}: {each.said}")
        if arguments.write:
            (ROOT / each.page).write_text(each.text, encoding="utf-8")
    print(f"{len(claims)} claims, {len(found)} differences")
    return int(bool(found) and not arguments.write)


if __name__ == "__main__":
    sys.exit(main())
