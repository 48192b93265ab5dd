"""Mirrors ratecraft/api/studies/keywords.py and controllers/settings/option.py: an option is said once."""

import inspect
from collections.abc import Callable
from typing import Any

import click
import pytest

from ratecraft.api.find import find
from ratecraft.api.search import search
from ratecraft.api.studies.keywords import Running
from ratecraft.api.tune import tune
from ratecraft.cli import find as find_command
from ratecraft.cli import search as search_command
from ratecraft.cli import tune as tune_command
from ratecraft.controllers.find.settings import FindSettings
from ratecraft.controllers.search.settings import SearchSettings
from ratecraft.controllers.settings.option import GROUPS, asked_by, options_of
from ratecraft.controllers.settings.tune import TunerSettings
from ratecraft.translations.catalogue import sentence

VERBS: list[Any] = [
    pytest.param(tune, TunerSettings, tune_command.command, id="tune"),
    pytest.param(find, FindSettings, find_command.command, id="find"),
    pytest.param(search, SearchSettings, search_command.command, id="search"),
]
NO_OPTIONS = {"what", "arguments", "program", "new", "progress", "track"}


@pytest.mark.parametrize(("verb", "settings", "command"), VERBS)
def test_python_and_the_command_line_have_the_same_options(
    verb: Callable[..., Any], settings: type, command: Callable[[str], click.Command]
) -> None:
    options = {each.name: each for each in options_of(settings, Running)}
    taken = {name: each for name, each in inspect.signature(verb).parameters.items() if name not in NO_OPTIONS}
    assert taken.keys() == options.keys()
    assert {name: each.default for name, each in taken.items()} == {
        name: each.default for name, each in options.items()
    }
    flags = {each.name for each in command("en").params}
    assert {each.name for each in options.values() if each.kind.form != "python"} <= flags


@pytest.mark.parametrize(("verb", "settings", "command"), VERBS)
def test_every_option_is_explained_and_has_its_place(verb: Any, settings: type, command: Any) -> None:
    for option in options_of(settings, Running):
        assert option.group in GROUPS
        assert sentence(option.help, "en") != sentence(option.help, "ja")
        assert f"\n        {option.name}: " in str(verb.__doc__)


@pytest.mark.parametrize("settings", [TunerSettings, FindSettings, SearchSettings, Running])
def test_what_is_not_given_is_the_default_of_the_settings(settings: type) -> None:
    for name, each in asked_by(settings).items():
        if len(each.options) == 1 and (given := each.options[0].default) is not None:
            assert each.into(each.options[0].read(given)) == getattr(settings(), name)


@pytest.mark.parametrize("verb", [tune, find, search])
def test_a_keyword_that_there_is_not_is_refused_as_python_does(verb: Callable[..., Any]) -> None:
    with pytest.raises(TypeError, match=f"{verb.__name__}\\(\\) got an unexpected keyword argument 'budgets'"):
        verb("train.py", budgets=3)
