"""What must be said beside a number: a code and the values of its sentence.

Path:   laws and recipes, where a rule is used at or beyond its limits -> a plan -> text for people.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Caution:
    """A rule holds only so far, or a value is often misused.

    Attributes:
        code: Slug; the key `caution.<code>.text` of the catalogue.
        values: The numbers and names of its sentence.
    """

    code: str
    values: Mapping[str, object] = field(default_factory=dict[str, object])
