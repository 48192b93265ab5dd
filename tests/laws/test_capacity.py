"""Mirrors ratecraft/laws/capacity.py."""

from hypothesis import given
from hypothesis import strategies as st

from ratecraft.laws.capacity import SHARE, UNKNOWN, Capacity, least_loaded_device

memories = st.lists(st.integers(1_000, 100_000), min_size=1, max_size=5)


@given(devices=memories, peak=st.integers(1, 60_000), asked=st.integers(1, 40))
def test_jobs_that_fit_are_spread_so_that_no_device_is_over_full(devices: list[int], peak: int, asked: int) -> None:
    count = Capacity(devices=tuple(devices)).jobs_that_fit(asked, peak_device_memory=peak)
    jobs = [0] * len(devices)
    for _ in range(count):
        jobs[least_loaded_device(devices, jobs)] += 1
    if any(SHARE * device >= peak for device in devices):
        assert all(held * peak <= SHARE * device for held, device in zip(jobs, devices, strict=True))
    else:
        assert count == 1  # the baseline did run


@given(memory=st.integers(1, 100_000), peak=st.integers(1, 100_000), asked=st.integers(1, 40))
def test_jobs_together_need_no_more_host_memory_than_there_is(memory: int, peak: int, asked: int) -> None:
    count = Capacity(memory).jobs_that_fit(asked, peak)
    assert 1 <= count <= asked
    assert count == 1 or count * peak <= memory
    assert count == asked or (count + 1) * peak > memory


def test_what_is_unknown_limits_nothing() -> None:
    assert UNKNOWN.jobs_that_fit(7, 10**12, 10**12) == 7
    assert Capacity(100, (100,)).jobs_that_fit(7) == 7


def test_devices_of_one_size_get_jobs_by_turns() -> None:
    jobs = [0, 0, 0]
    for _ in range(7):
        jobs[least_loaded_device([80, 80, 80], jobs)] += 1
    assert jobs == [3, 2, 2]
