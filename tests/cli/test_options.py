"""Mirrors ratecraft/cli/options.py: what Ctrl-C and SIGTERM do while a study is under way."""

import signal

import pytest

from ratecraft.cli.options import stopping
from ratecraft.errors import Interrupted


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_first_signal_asks_the_study_to_stop(number: signal.Signals) -> None:
    with stopping("ratecraft resume x") as stop:
        assert not stop.is_set()
        signal.raise_signal(number)
        assert stop.is_set()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_second_ends_it_at_once_and_tells_how_to_go_on(number: signal.Signals) -> None:
    def end_at_once() -> None:
        with stopping("ratecraft resume x"):
            signal.raise_signal(signal.SIGINT)
            signal.raise_signal(number)

    with pytest.raises(Interrupted) as caught:
        end_at_once()
    assert "ratecraft resume x" in caught.value.hint()


def test_afterwards_signals_mean_what_they_meant_before() -> None:
    before = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)]
    with stopping("ratecraft resume x"):
        pass
    assert [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)] == before
