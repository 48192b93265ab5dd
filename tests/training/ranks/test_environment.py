"""Mirrors training/ranks/environment.py: processes of one run are told apart; two runs never meet."""

import socket

from ratecraft.training.ranks.environment import held_port


def test_a_held_port_is_given_to_one_run_only_and_its_first_rank_listens_there() -> None:
    one, first = held_port()
    other, second = held_port()
    with one, other, socket.socket() as store, socket.socket() as anyone:
        assert first != second
        store.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        store.bind(("", first))
        store.listen()
        anyone.connect(("localhost", first))
