"""What tells the processes of one run from each other, as torchrun would: their ranks, and the port where they meet.

Path:   the variables that a launcher sets for all of them (`api.programs.launchers`) -> the environment of each.
Source: torch 2.13, `distributed/elastic/agent/server/local_elastic_agent.py`; a test holds it to the live torchrun.
"""

import socket


def of_rank(rank: int, port: int) -> dict[str, str]:
    """The environment of one rank: its own number, and where all ranks meet.

    Example:
        >>> of_rank(1, 29500)
        {'RANK': '1', 'LOCAL_RANK': '1', 'ROLE_RANK': '1', 'MASTER_PORT': '29500'}
    """
    return {**dict.fromkeys(("RANK", "LOCAL_RANK", "ROLE_RANK"), str(rank)), "MASTER_PORT": str(port)}


def held_port() -> tuple[socket.socket, int]:
    """A free port, and a socket that keeps it for the first rank until closed.

    It is bound but not listening. Linux lets a process that reuses addresses, as torch's store does, listen on it all
    the same, and does not give it to anyone who asks for a free one.
    """
    holder = socket.socket()
    holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    holder.bind(("", 0))
    return holder, holder.getsockname()[1]
