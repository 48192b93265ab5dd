"""Mirrors ratecraft/records/own_rate.py; what is printed of it is in `tests/reporting/findings/test_applying.py`."""

import pytest

from ratecraft.records.own_rate import own_rate_of


@pytest.mark.parametrize(
    ("source", "option", "value"),
    [
        ("parser.add_argument('-lr', '--learning-rate', type=float, default=0.1)", "--learning-rate", 0.1),
        ("@click.option('--lr', default='1e-3')\ndef main(lr): ...", "--lr", 1e-3),
        ("parser.add_argument('--head-lr', default=0.1)\nparser.add_argument('--lr', default=2)", "--lr", 2.0),
    ],
)
def test_a_declared_argument_has_its_default(source: str, option: str, value: float) -> None:
    found = own_rate_of(source, ("--epochs", "3"))
    assert found is not None
    assert (found.option, found.value, found.at) == (option, value, None)


@pytest.mark.parametrize("source", ["def", "\0", "print('--lr', 0.1)", "parser.add_argument('--lr', default=None)"])
def test_what_tells_no_rate_gives_none(source: str) -> None:
    assert own_rate_of(source, ("--lr", "auto", "--lr")) is None


def test_what_was_typed_goes_before_the_default() -> None:
    source = "parser.add_argument('--lr', default=0.1)"
    found = own_rate_of(source, ("--lr", "0.5"))
    assert found is not None
    assert found.with_value(("--lr", "0.5"), "5e-2") == ("--lr", "5e-2")
