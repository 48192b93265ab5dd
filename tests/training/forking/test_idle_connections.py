"""Mirrors training/forking/idle_connections.py: a branch makes its own, the run that it left keeps its."""

from collections.abc import Generator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from pathlib import Path
from threading import Thread

import pytest
from tests.conformance.run_suite import Heard
from tests.training.hosted_scripts import END, environment, forked, schedules, written

from ratecraft.records.job import Job
from ratecraft.records.storage.study import StudyFolder
from ratecraft.training.launching.starting import ScriptStarter

LOOP = """
import os, torch
{client}
get()
model = torch.nn.Linear(4, 1)
optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
for step in range(12):
    optimizer.zero_grad()
    model(torch.randn(8, 4)).square().mean().backward()
    get()
    optimizer.step()
"""
CLIENTS = {
    "httpx": "import httpx; client = httpx.Client(); get = lambda: client.get(f'{address}{{os.getpid()}}')",
    "requests": "import requests; client = requests.Session(); get = lambda: client.get(f'{address}{{os.getpid()}}')",
}


class Answer(BaseHTTPRequestHandler):
    """Notes which process asks over which connection."""

    protocol_version = "HTTP/1.1"
    numbers, asked = count(), list[tuple[str, int]]()

    def setup(self) -> None:
        super().setup()
        self.number = next(self.numbers)

    def do_GET(self) -> None:
        self.asked.append((self.path, self.number))
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def server() -> Generator[str]:
    Answer.numbers = count()
    Answer.asked.clear()
    with ThreadingHTTPServer(("127.0.0.1", 0), Answer) as serving:
        serving.daemon_threads = True
        thread = Thread(target=serving.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{serving.server_address[1]}/"
        serving.shutdown()
        thread.join()


@pytest.mark.parametrize("client", CLIENTS)
def test_a_branch_opens_its_own_connection_and_its_run_goes_on_with_the_one_it_had(
    tmp_path: Path, server: str, client: str
) -> None:
    written(tmp_path / "train.py", LOOP.format(client=CLIENTS[client].format(address=server)))
    study = StudyFolder(tmp_path / ".ratecraft" / "study")
    start = ScriptStarter("train.py", (), tmp_path, study, environment=environment(), launch=forked, branches=True)
    root = start(Job(stop=0), 1, Heard())
    root.advance(schedules(0.0), 4, END)
    branch = root.branch(Heard())
    branch.advance(schedules(0.0), 8, END)
    root.advance(schedules(0.0), 12, END)
    branch.close()
    root.close()
    (first, _), *_ = Answer.asked
    ours, theirs = ([number for path, number in Answer.asked if (path == first) is own] for own in (True, False))
    assert (set(ours), set(theirs)) == ({0}, {1})
    assert min(len(ours), len(theirs)) >= 4
