"""Mirrors training/ranks/board.py: ranks leave notes for one another, and nobody waits for one that has left."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from torch import distributed

from ratecraft.training.observing.agreeing import Agreeing, Values
from ratecraft.training.ranks.board import Board


def boards(ranks: int = 3) -> list[Board]:
    store = distributed.HashStore()
    return [Board(store, rank, ranks) for rank in range(ranks)]


def test_each_rank_is_given_the_rows_of_all_in_the_order_of_the_ranks() -> None:
    ranks = boards()
    with ThreadPoolExecutor(3) as pool:
        for step in range(5):
            given = [[float(step), float(rank), float("inf")] for rank in range(3)]
            assert list(pool.map(lambda pair: pair[0].exchange(pair[1]), zip(ranks, given, strict=True))) == [given] * 3


def test_a_rank_that_leaves_ends_the_guard_of_the_others_without_waiting_for_them() -> None:
    ranks = boards(2)
    first, second = (Agreeing(board.exchange, board.leave) for board in ranks)
    second.leave()
    assert second.is_off
    assert first.agreed(0, Values(loss=1.0)) is None
    assert first.is_off


def test_pieces_of_a_rank_come_once_and_in_their_order() -> None:
    first, second = boards(2)
    assert first.taken(1) is None
    for piece in (b"one", b"two"):
        second.post(piece)
    second.ends()
    first.wait_for_ends([1], timedelta(seconds=1))
    assert [first.taken(1) for _ in range(3)] == [b"one", b"two", None]


def test_pieces_that_nobody_reads_do_not_pile_up() -> None:
    store = distributed.HashStore()
    second = Board(store, 1, 2)
    for number in range(1000):
        second.post(b"%d" % number)
    assert store.num_keys() < 300


def test_ranks_that_did_not_begin_are_named() -> None:
    store = distributed.HashStore()
    first = Board(store, 0, 3)
    Board(store, 2, 3)
    assert first.missing(timedelta(milliseconds=1)) == [1]


def test_notes_of_two_watches_are_apart() -> None:
    store = distributed.HashStore()
    Board(store, 1, 2, number=0).post(b"of the first watch")
    assert Board(store, 0, 2, number=1).taken(1) is None


@pytest.mark.parametrize("act", ["post", "ends", "leave"])
def test_a_store_that_is_gone_is_no_error_of_a_rank_that_only_leaves_a_note(act: str) -> None:
    store = distributed.TCPStore("localhost", 0, is_master=True, wait_for_workers=False)
    client = distributed.TCPStore("localhost", store.port, is_master=False)
    board = Board(client, 1, 2)
    del store
    given = {"post": [b"x"], "leave": [[1.0]]}.get(act, [])
    getattr(board, act)(*given)
