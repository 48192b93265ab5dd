"""Mirrors training/processes/control.py."""

import os
from multiprocessing import Pipe

import pytest

from ratecraft.training.processes.control import Control
from ratecraft.training.processes.wire import Close, Line, receive, send


def test_a_command_is_seen_to_wait_and_is_taken() -> None:
    supervisor, worker = Pipe()
    control = Control(worker)
    assert not control.command_waits()
    send(supervisor, Close())
    assert control.command_waits()
    assert control.next_command() == Close()
    assert not control.command_waits()


def test_the_values_of_a_series_are_numbered_on() -> None:
    supervisor, worker = Pipe()
    control = Control(worker)
    for values in ([1.0, 2.0], [], [3.0]):
        control.tell_series("loss", values)
    assert [(block.first, block.count) for block in (receive(supervisor), receive(supervisor))] == [(0, 2), (2, 1)]  # type: ignore[union-attr]


@pytest.mark.parametrize("act", ["tell", "next_command"])
def test_a_process_whose_supervisor_is_gone_ends_at_once(act: str) -> None:
    supervisor, worker = Pipe()
    control = Control(worker)
    supervisor.close()
    assert control.command_waits()
    child = os.fork()
    if child == 0:
        control.tell(Line("late")) if act == "tell" else control.next_command()
        os._exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 1


def test_a_forked_child_of_the_script_sends_no_note() -> None:
    _, worker = Pipe()
    control = Control(worker)
    child = os.fork()
    if child == 0:
        control.leave()
        control.note("end-swallowed")  # sent on its closed pipe it would end the process
        os._exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
