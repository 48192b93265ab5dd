"""The live copies of one task, shared by all its runs: one run is swapped in, the others wait as snapshots.

Path:   a `Task` -> one `LiveTraining`; a seat a run -> whichever run acts has it.

One run acts at a time. Around it the user's generators and thread count are put aside and put back, however it ends. A
run that waits holds a snapshot, which branches share; only one that acts after another one costs a copy.
"""

import threading
from collections.abc import Generator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

import torch

from ratecraft.training.instrument.rates import Rates
from ratecraft.training.instrument.splitting import Splitting
from ratecraft.training.tasks.batches import Place
from ratecraft.training.tasks.live_training import LiveTraining
from ratecraft.training.tasks.random_state import RandomState, seed_all
from ratecraft.training.tasks.rates import rates_of, twin_of
from ratecraft.training.tasks.snapshot import Snapshot
from ratecraft.training.tasks.task import Task


@dataclass(slots=True, eq=False)
class Seat:
    """What is kept of one run while another is at work.

    Attributes:
        snapshot: State of the run; None while it is the live one.
        place: Its place in the data; while it is the live run, the stream knows.
        random: Random generators of the run.
        over: Whether it never acts again, so that its state need not be copied.
    """

    snapshot: Snapshot | None
    place: Place
    random: RandomState
    over: bool = False


class Engine:
    """Lets one run of a task act at a time.

    Args:
        task: The task, whose own objects stay as they are.
        threads: Threads of torch while a run acts; None leaves them.
        head: The head of the model as the user told it, empty to look for it; None if the model is one.

    Attributes:
        training: The live copies, belonging to the run at work.

    Raises:
        InvalidInput: Something cannot be copied.
    """

    def __init__(self, task: Task, threads: int | None = None, head: str | None = None) -> None:
        self.training = LiveTraining(task)
        self._threads = threads
        self._device = torch.get_default_device()
        self._cuda = torch.cuda.current_device() if torch.cuda.is_initialized() else None
        self._start, self._random = Snapshot.take(self.training.live), self._captured()
        self._rates = rates_of(self.training.live)
        if head is not None:
            self._rates.splitting = Splitting(head, [self.training.live.model])
        self._living: Seat | None = None
        self._lock = threading.Lock()

    def seat(self, seed: int) -> Seat:
        """The seat of a run at its step 0, whose generators are seeded."""
        with self._lock, RandomState.kept(self.training.generators):
            self._random.put_back()  # those of the user's objects start alike for every run
            seed_all(seed)
            return Seat(self._start, Place(), self._captured())

    def rates(self) -> Rates:
        """The task's own rates, for a run at its step 0."""
        return twin_of(self._rates, self.training.live.optimizer)

    def branch(self, seat: Seat) -> Seat:
        """A second seat in the same state."""
        with self._lock:
            self._put_aside(seat)
            return Seat(seat.snapshot, seat.place, seat.random)

    @contextmanager
    def at_work(self, seat: Seat) -> Generator[None, None, None]:
        """Let the run of this seat act. Afterwards the user's generators and threads are restored, however it ends."""
        with self._lock:
            outside, threads = self._captured(), torch.get_num_threads()
            try:
                torch.set_num_threads(self._threads or threads)
                self._swap_in(seat)
                seat.random.put_back()
                with torch.enable_grad(), self._user_s_devices():
                    yield
            except BaseException:
                seat.over = True  # cut off within a step: what is there is no state of a run
                raise
            finally:
                seat.random = self._captured()
                outside.put_back()
                torch.set_num_threads(threads)

    def wait(self) -> None:
        """Return once no run is at work."""
        with self._lock:
            pass

    @contextmanager
    def _user_s_devices(self) -> Generator[None, None, None]:
        """The default devices of the thread that made the engine, which a thread that runs act in has not."""
        with ExitStack() as stack:
            if self._device.type != "cpu":
                stack.enter_context(self._device)
            if self._cuda is not None:
                stack.enter_context(torch.cuda.device(self._cuda))
            yield

    def _captured(self) -> RandomState:
        return RandomState.capture(self.training.generators)

    def _swap_in(self, seat: Seat) -> None:
        if self._living is seat:
            return
        if self._living is not None:
            self._put_aside(self._living)
        if seat.snapshot is None:
            raise RuntimeError("the run is over")
        seat.snapshot.put_back(self.training.live)
        self.training.batches.go_to(seat.place)
        self._living, seat.snapshot = seat, None

    def _put_aside(self, seat: Seat) -> None:
        if self._living is not seat:
            return
        if not seat.over:
            seat.snapshot, seat.place = Snapshot.take(self.training.live), self.training.batches.place()
        self._living = None
