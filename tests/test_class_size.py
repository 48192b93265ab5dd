"""No class of the package is longer than 200 lines: one that is holds several things."""

import ast
from collections.abc import Iterator

import pytest

from tests.test_architecture import File, files_of

MOST_LINES = 200


def long_classes(file: File) -> Iterator[str]:
    for node in ast.walk(file.tree):
        if isinstance(node, ast.ClassDef):
            lines = (node.end_lineno or node.lineno) - node.lineno + 1
            if lines > MOST_LINES:
                yield f"{file.path}:{node.lineno}: `{node.name}` has {lines} lines, at most {MOST_LINES}"


def test_no_class_of_the_package_is_longer_than_200_lines() -> None:
    found = [complaint for file in files_of("src") for complaint in long_classes(file)]
    assert not found, "\n".join(found)


@pytest.mark.parametrize(("lines", "is_long"), [(199, False), (200, True)])
def test_the_check_counts_the_line_that_names_the_class(lines: int, is_long: bool) -> None:
    assert bool([*long_classes(File("x.py", "class A:\n" + "    a = 1\n" * lines))]) is is_long
