"""Mirrors controllers/baseline/way_on.py: who has no answer learns what the framework of the script offers."""

import pytest

from ratecraft.controllers.baseline.way_on import way_on
from ratecraft.errors import InvalidInput, NoAnswer


@pytest.mark.parametrize("framework", ["lightning", "transformers", "fastai"])
@pytest.mark.parametrize("language", ["en", "ja"])
def test_a_refusal_names_the_callback_of_the_framework_after_its_own_hint(framework: str, language: str) -> None:
    bare = InvalidInput("opponents", losses="Adam, Adam")
    (decision,) = way_on((framework,))
    named = InvalidInput("opponents", losses="Adam, Adam", way_on=decision.code)
    assert named.hint(language).startswith(bare.hint(language))
    assert "rc.callback()" in named.hint(language)


def test_without_a_framework_nothing_is_added() -> None:
    assert not way_on(("accelerate",))
    assert "rc.callback" not in NoAnswer("nothing-printed", metric="val_loss").hint()
