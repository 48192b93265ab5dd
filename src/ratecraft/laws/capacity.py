"""How many jobs fit side by side: a rule over what one job was seen to need, and what the machine has.

Path:   the machine's memory, peaks of finished jobs -> the slots of an executor, the device of a job.
Units:  bytes.
"""

from collections.abc import Sequence
from dataclasses import dataclass

SHARE = 0.9
"""Share of a device's memory that jobs may fill together: the rest is for fragmentation and for what is not seen."""


@dataclass(frozen=True, slots=True)
class Capacity:
    """What there is for jobs.

    Attributes:
        memory: Host memory that was free when the study began; 0 where unknown.
        devices: Memory of each CUDA device that jobs are pinned to; none if none is.

    Example:
        >>> gigabyte = 1 << 30
        >>> here = Capacity(64 * gigabyte, devices=(24 * gigabyte, 80 * gigabyte))
        >>> here.jobs_that_fit(8), here.jobs_that_fit(8, 4 * gigabyte, 20 * gigabyte)
        (8, 4)
        >>> here.jobs_that_fit(8, 30 * gigabyte, 20 * gigabyte)
        2
    """

    memory: int = 0
    devices: tuple[int, ...] = ()

    def jobs_that_fit(self, asked: int, peak_memory: int = 0, peak_device_memory: int = 0) -> int:
        """Jobs at a time: as many as were asked for and fit, and one in any case.

        Args:
            asked: Jobs at a time that the user asked for.
            peak_memory: The most host memory that one job held; 0 where unknown.
            peak_device_memory: The most memory of a device that one job held; 0 if it used none.
        """
        most = asked
        if peak_memory and self.memory:
            most = min(most, self.memory // peak_memory)
        if peak_device_memory and self.devices:
            most = min(most, sum(int(SHARE * device) // peak_device_memory for device in self.devices))
        return max(1, most)


UNKNOWN = Capacity()
"""Room for all jobs that were asked for."""


def least_loaded_device(devices: Sequence[int], jobs: Sequence[int]) -> int:
    """Index of the device for one more job: the one that is least full with it, the first of equals.

    As long as there are no more jobs than `Room.fit` gives, no device is then over-full.

    Args:
        devices: Memory of each.
        jobs: Number of jobs on each device now.

    Example:
        >>> [least_loaded_device((24, 80), jobs) for jobs in ((0, 2), (0, 3))], least_loaded_device((80, 80), (0, 0))
        ([1, 0], 0)
    """
    return min(range(len(devices)), key=lambda number: ((jobs[number] + 1) / devices[number], number))
