"""Mirrors ratecraft/records/persistent_map.py."""

from hypothesis import given
from hypothesis import strategies as st

from ratecraft.records.persistent_map import PersistentMap

CHANGES = st.lists(st.tuples(st.integers(0, 9), st.integers(0, 5), st.integers(0, 3)), max_size=30)
"""Which of the versions so far is changed, and what it has then."""


@given(CHANGES, st.randoms(use_true_random=False))
def test_every_version_stays_what_a_copy_would_be(changes: list[tuple[int, int, int]], draw: object) -> None:
    versions, copies = [PersistentMap[int, int]()], [dict[int, int]()]
    for place, key, value in changes:
        at = place % len(versions)
        versions.append(versions[at].with_item(key, value))
        copies.append({**copies[at], key: value})
    order = [*range(len(versions)), *reversed(range(len(versions)))]
    draw.shuffle(order)  # type: ignore[attr-defined]
    for at in order:
        assert list(versions[at].items()) == list(copies[at].items()) or dict(versions[at]) == copies[at]
        assert len(versions[at]) == len(copies[at])


def test_keys_keep_the_order_in_which_they_came() -> None:
    version = PersistentMap[str, int]()
    for key in "cab":
        version = version.with_item(key, 1)
    assert list(version.with_item("c", 2)) == ["c", "a", "b"]


def test_a_key_that_never_came_is_none_of_its_keys() -> None:
    before = PersistentMap[str, int]()
    after = before.with_item("a", 1)
    assert ("a" in after, "a" in before, before.get("a"), after.get("a")) == (True, False, None, 1)


def test_the_latest_come_first_over_all_blocks() -> None:
    version = PersistentMap[int, int]()
    for key in range(150):
        version = version.with_item(key, 2 * key)
    assert list(version.newest_first()) == [(key, 2 * key) for key in reversed(range(150))]
