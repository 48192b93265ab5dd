"""The connection to a Ray cluster: opened, checked against this machine's versions, given tasks, closed.

Path:   an address -> `connected` -> a `Cluster`, whose nodes get the attempts of an executor.
Units:  seconds.
Source: reference of Ray 2.60; its behaviour when workers or nodes die was measured.

Ray is imported only when a cluster is first needed: it is an extra, and its import takes a quarter of a second.
"""

import contextlib
import math
import os
import signal
import socket
import struct
import threading
import time
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import ModuleType
from typing import Any, cast

from ratecraft.errors import InvalidInput, StudyError
from ratecraft.tuning.ray_worker import differing, versions

_CONNECT_SECONDS = 5.0
_CHECK_SECONDS = 120.0  # the first process on a node may import from a slow disk
_LOOK_SECONDS = 2.0  # seconds between two checks which nodes live: Ray itself takes some 13 s to find one dead
_CLEAR_SECONDS = 10.0
_HTTP2 = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + struct.pack(">I", 0)[1:] + b"\x04\x00" + struct.pack(">I", 0)
"""The start of a gRPC connection: the preface and an empty SETTINGS frame (RFC 9113, 3.4)."""
_FRAME_HEAD = 9  # bytes
_SETTINGS = 4  # type of the frame that a gRPC server answers with


@dataclass(frozen=True, slots=True)
class NodeSeen:
    """A node of a cluster: Ray's name for it, its address, its processors, its GPUs."""

    name: str
    address: str
    cpus: float
    gpus: float


@dataclass
class Cluster:
    """A cluster that this process is connected to. Used by several threads.

    Attributes:
        ray: The package.
        needed: The versions that a node must have.
    """

    ray: ModuleType
    needed: Mapping[str, str] = field(default_factory=dict[str, str])
    _alive: frozenset[str] = frozenset()
    _looked: float = -math.inf
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def nodes(self) -> tuple[NodeSeen, ...]:
        """The live nodes."""
        return tuple(
            NodeSeen(
                str(node["NodeID"]),
                str(node["NodeManagerAddress"]),
                float(node["Resources"].get("CPU", 0)),
                float(node["Resources"].get("GPU", 0)),
            )
            for node in self.ray.nodes()
            if node["Alive"]
        )

    def lives(self, node: str) -> bool:
        """Whether a node lives, as far as is known; asked often, looked up only now and then."""
        with self._lock:
            if time.monotonic() - self._looked > _LOOK_SECONDS:
                self._alive = frozenset(member.name for member in self.nodes())
                self._looked = time.monotonic()
            return node in self._alive

    def address(self, node: str) -> str:
        """The address of a node; a question mark if it is not known."""
        return next((member.address for member in self.nodes() if member.name == node), "?")

    def check(self, node: str, found: Mapping[str, str]) -> None:
        """Refuse a node that began a job and lacks these versions; it may have joined after the others were checked.

        Raises:
            InvalidInput: It has other versions (`cluster-versions`).
        """
        if differing(self.needed, found):
            check_versions(self.needed, {member: found for member in self.nodes() if member.name == node})

    def task(self, function: Callable[..., Any], **options: Any) -> Callable[..., Any]:
        """A function as a task that Ray itself never retries: attempts are counted here."""
        return self.ray.remote(function).options(max_retries=0, **options).remote

    def on_each(self, function: Callable[..., Any], *given: Any) -> Mapping[NodeSeen, Any]:
        """Call a function on every node, by one task for each that takes none of its processors."""
        from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

        nodes = [node for node in self.nodes() if node.cpus]
        return {
            node: self.task(
                function, num_cpus=0, scheduling_strategy=NodeAffinitySchedulingStrategy(node.name, soft=False)
            )(*given)
            for node in nodes
        }

    def clear(self, function: Callable[..., Any], *given: Any) -> None:
        """Call a function on every node before the cluster is left; calls that take too long are not waited for."""
        with contextlib.suppress(self.ray.exceptions.RayError):
            for asked in self.on_each(function, *given).values():
                self.ray.wait([asked], timeout=_CLEAR_SECONDS)


@contextmanager
def connected(address: str = "", *, needs: tuple[str, ...] = (), cpus: int = 1) -> Generator[Cluster]:
    """Connect to a cluster, checked before anything is begun on it; it is disconnected afterwards.

    A program that has already called `ray.init` stays connected as it is.

    Args:
        address: `HOST:PORT` of its head, `auto` for one on this machine, or `local` for a new one that lives as long as
            the study is driven. Default: Ray's own: `RAY_ADDRESS`, else `auto`, else `local`.
        needs: Packages that must have the same version on every node as here.
        cpus: Processors that one job takes.

    Raises:
        InvalidInput: Ray is not installed (`ray-missing`); there is no cluster at this address (`no-cluster`), its
            nodes have other versions (`cluster-versions`) or are too small for a job (`cluster-too-small`).
        StudyError: A node does not answer (`node-silent`), or cannot even be asked (`node-failed`).
    """
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")
    try:
        import ray
    except ImportError as error:
        raise InvalidInput("ray-missing") from error
    is_ours = not ray.is_initialized()
    try:
        if is_ours:
            _init(ray, address)
        else:
            there = str(cast("Any", ray.get_runtime_context()).gcs_address)
            if address not in ("", "auto", there):
                raise InvalidInput("other-cluster", address=address, connected=there)
        here = versions()
        cluster = Cluster(ray, {name: here[name] for name in ("python", "ratecraft", "ray", *needs)})
        _check(cluster, cpus)
        yield cluster
    finally:
        if is_ours:
            cast("Any", ray).shutdown()


def share_of(nodes: tuple[NodeSeen, ...], workers: int, processes: int = 1) -> float:
    """How many GPUs each of `workers` jobs takes: a part of one if there are too few; 0 if there is none.

    Processes that train together get one each, as far as a node has that many: a script takes the one of its local
    rank.

    Example:
        >>> nodes = (NodeSeen("a", "10.0.0.1", 8, 2), NodeSeen("b", "10.0.0.2", 8, 0))
        >>> share_of(nodes, 2), share_of(nodes, 3), share_of(nodes[1:], 2)
        (1.0, 0.5, 0.0)
        >>> share_of(nodes, 2, processes=2), share_of(nodes, 1, processes=4)
        (2.0, 2.0)
    """
    if processes > 1:
        return float(min(processes, int(max((node.gpus for node in nodes), default=0.0))))
    gpus = sum(node.gpus for node in nodes)
    return 1 / math.ceil(workers / gpus) if gpus else 0.0


def check_versions(here: Mapping[str, str], there: Mapping[NodeSeen, Mapping[str, str]]) -> None:
    """Refuse nodes on which a study would be trained with other versions.

    Raises:
        InvalidInput: A node has other versions (`cluster-versions`).

    Example:
        >>> node = NodeSeen("a", "node-7", 8, 0)
        >>> check_versions({"torch": "2.13"}, {node: {"torch": "2.12"}})
        Traceback (most recent call last):
        ratecraft.errors.InvalidInput: The cluster has other versions than this machine: node-7: torch 2.12 (here 2.13).
    """
    parts = [(node.address, differing(here, found)) for node, found in there.items()]
    unlike = dict.fromkeys(f"{address}: {', '.join(other)}" for address, other in parts if other)
    if unlike:
        raise InvalidInput("cluster-versions", differing="; ".join(unlike))


def first_line(error: Exception) -> str:
    r"""The first line of an error from Ray, whose messages are long; the type if there is no message.

    Example:
        >>> first_line(ValueError("No such thing.\nRead on.")), first_line(KeyError())
        ('No such thing.', 'KeyError')
    """
    return str(error).strip().partition("\n")[0] or type(error).__name__


def _check(cluster: Cluster, cpus: int) -> None:
    most = max((node.cpus for node in cluster.nodes()), default=0.0)
    if most < cpus:
        raise InvalidInput("cluster-too-small", cpus=cpus, most=most)
    told = dict[NodeSeen, Mapping[str, str]]()
    for node, asked in cluster.on_each(versions).items():
        try:
            told[node] = cluster.ray.get(asked, timeout=_CHECK_SECONDS)
        except cluster.ray.exceptions.GetTimeoutError as error:
            raise StudyError("node-silent", node=node.address, seconds=_CHECK_SECONDS) from error
        except cluster.ray.exceptions.RayTaskError:  # the package that defines the called function is missing there
            told[node] = {}
        except cluster.ray.exceptions.RayError as error:
            raise StudyError("node-failed", node=node.address, reason=first_line(error)) from error
    check_versions(cluster.needed, told)


def _init(ray: Any, address: str) -> None:
    """Connect, or start a cluster on this machine.

    Raises:
        InvalidInput: There is no cluster at this address, or it has another version of Ray.
    """
    given = address or os.environ.get("RAY_ADDRESS", "")
    _check_answers(given)
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        with _quiet():
            ray.init(address=address or None, include_dashboard=False, log_to_driver=False, logging_level="CRITICAL")
    except (ConnectionError, ValueError, RuntimeError) as error:
        raise InvalidInput("no-cluster", address=given or "auto", reason=first_line(error)) from error
    finally:
        if threading.current_thread() is threading.main_thread():
            for number, handler in before.items():  # Ray takes over SIGTERM, and a study could no longer be stopped
                signal.signal(number, handler)


def _say_nothing(*of: object) -> None:
    """Replaces a function that prints."""


@contextmanager
def _quiet() -> Generator[None]:
    """Silence Ray, which reports on its nodes on stdout, where a study's result is printed."""
    from ray._private import worker

    printing = worker.listen_error_messages
    worker.listen_error_messages = _say_nothing
    try:
        yield
    finally:
        worker.listen_error_messages = printing


def _check_answers(address: str) -> None:
    """Check that a gRPC server answers at a host and port. Ray itself would try for two minutes.

    Raises:
        InvalidInput: No server answers (`no-cluster`), it is not a Ray head (`other-server`), or the address is that of
            a Ray client server (`client-address`).
    """
    if "://" in address:
        raise InvalidInput("client-address", address=address)
    host, colon, port = address.rpartition(":")
    if not colon:
        return  # for `auto`, `local` or nothing, Ray knows at once
    try:
        with socket.create_connection((host.strip("[]"), int(port)), timeout=_CONNECT_SECONDS) as asked:
            asked.settimeout(_CONNECT_SECONDS)
            asked.sendall(_HTTP2)
            answer = asked.recv(_FRAME_HEAD)
    except TimeoutError:
        answer = b""
    except (OSError, ValueError, OverflowError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise InvalidInput("no-cluster", address=address, reason=reason) from error
    if len(answer) < _FRAME_HEAD or answer[3] != _SETTINGS:
        raise InvalidInput("other-server", address=address)
