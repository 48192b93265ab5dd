"""What somebody could try against the site, tried against a real server on a real port.

Mirrors security.py, serving.py and patience.py.
"""

import json
import socket
import time
from collections.abc import Generator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from tests.reporting.pages import made
from tests.reporting.pages.conftest import HOSTILE

from ratecraft.api.ui import Site
from ratecraft.reporting.pages.server import patience, serving
from ratecraft.reporting.pages.server.security import MOST_BODY, Asked, Door, refusal

LIST = "/en/studies"


@contextmanager
def connection(site: Site) -> Generator[socket.socket]:
    with socket.create_connection(("127.0.0.1", site.service.port), timeout=made.TIME_ENOUGH) as plain:
        yield plain


def raw(site: Site, request: bytes) -> bytes:
    """All that comes back for some bytes, before the other side has had enough."""
    answer = b""
    with connection(site) as plain, suppress(ConnectionError):
        plain.sendall(request)
        while chunk := plain.recv(65536):
            answer += chunk
    return answer


def lines(site: Site, *told: str, first: str = f"GET {LIST} HTTP/1.1") -> bytes:
    host = f"Host: 127.0.0.1:{site.service.port}"
    return "\r\n".join([first, host, f"Cookie: {made.cookie(site)}", "Connection: close", *told, "", ""]).encode()


# ---- who may come in


def test_who_has_the_cookie_is_let_in(site: Site) -> None:
    assert made.ask(site, LIST).status == 200


def test_without_the_cookie_nothing_is_told_not_even_a_style(site: Site) -> None:
    for path in (LIST, "/assets/frame.css", "/en/studies/tune-train-3f9a12", "/nowhere"):
        answer = made.ask(site, path, {"Cookie": ""})
        assert (answer.status, b"tune-" in answer.body) == (401, False)


def test_the_link_leaves_a_cookie_that_no_script_and_no_other_site_can_use_and_goes_from_the_address(
    site: Site,
) -> None:
    answer = made.ask(site, site.address.split(str(site.service.port))[1], {"Cookie": ""})
    assert (answer.status, answer.headers["location"]) == (303, LIST)
    assert answer.headers["set-cookie"] == f"{made.cookie(site)}; Path=/; HttpOnly; SameSite=Strict"


def test_the_link_leads_to_no_other_host(site: Site) -> None:
    token = made.cookie(site).partition("=")[2]
    for place, told in (("//evil.example/x", "/evil.example/x"), (r"/%5cevil.example", "/%5Cevil.example")):
        answer = raw(site, lines(site, first=f"GET {place}?token={token} HTTP/1.1"))
        assert f"location: {told}\r\n".encode() in answer


def test_nothing_in_the_link_becomes_a_header(site: Site) -> None:
    token = made.cookie(site).partition("=")[2]
    answer = raw(site, lines(site, first=f"GET /x%0d%0ax-mine:%20yes?token={token} HTTP/1.1"))
    assert b"location: /x%0D%0Ax-mine%3A%20yes" in answer


def test_a_token_that_is_nearly_right_opens_nothing(site: Site) -> None:
    token = made.cookie(site)
    for wrong in (token[:-1], token + "x", token.swapcase(), f"{token.partition('=')[0]}="):
        assert made.ask(site, LIST, {"Cookie": wrong}).status == 401


def test_who_guesses_tokens_is_soon_told_to_wait_and_who_has_one_is_not(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(serving, "_GUESSES", (20, 0.0))  # who guesses slowly is not told
    with made.serving(folder) as other:
        statuses = [made.ask(other, f"{LIST}?token=guess{at}", {"Cookie": ""}).status for at in range(40)]
        assert statuses[0] == 401
        assert statuses[-1] == 429
        assert made.ask(other, LIST).status == 200


# ---- other names and other sites


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:{port}", "127.0.0.1:1", "127.0.0.1.evil.example:{port}"]
)
def test_a_name_that_was_bound_to_this_machine_is_refused(site: Site, host: str) -> None:
    answer = made.ask(site, LIST, {"Host": host.format(port=site.service.port)})
    assert (answer.status, answer.text) == (403, "403 host\n")


def test_two_hosts_are_none(site: Site) -> None:
    assert b" 40" in raw(site, lines(site, "Host: evil.example")).partition(b"\r\n")[0]


@pytest.mark.parametrize("origin", ["http://evil.example", "null", "https://127.0.0.1:{port}", "http://127.0.0.1:1"])
def test_a_page_of_another_site_is_refused(site: Site, origin: str) -> None:
    answer = made.ask(site, LIST, {"Origin": origin.format(port=site.service.port)})
    assert (answer.status, answer.text) == (403, "403 origin\n")


def test_nobody_else_may_read_embed_or_script_a_page(site: Site) -> None:
    for path in (LIST, "/assets/frame.js", "/en/nowhere"):
        told = made.ask(site, path).headers
        assert told["access-control-allow-origin"] is None
        policy = {rule.split(" ")[0]: rule.split(" ")[1:] for rule in told["content-security-policy"].split("; ")}
        assert (policy["default-src"], policy["script-src"], policy["style-src"]) == (
            ["'none'"],
            ["'self'"],
            ["'self'"],
        )
        assert (policy["frame-ancestors"], policy["base-uri"]) == (["'none'"], ["'none'"])
        assert told["x-content-type-options"] == "nosniff"
        assert told["cross-origin-resource-policy"] == "same-origin"


ACT = json.dumps({"study": "tune-live-1"}).encode()


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Origin": "http://evil.example", "Content-Type": "application/json"}, 403),
        ({"Content-Type": "application/json"}, 403),
        ({"Origin": "http://127.0.0.1:{port}", "Content-Type": "text/plain"}, 415),
        ({"Origin": "http://127.0.0.1:{port}", "Content-Type": "application/x-www-form-urlencoded"}, 415),
    ],
)
def test_another_site_cannot_act(folder: Path, working: made.Working, headers: dict[str, str], status: int) -> None:
    with made.serving(folder, allow_run=True) as site:
        told = {name: value.format(port=site.service.port) for name, value in headers.items()}
        assert made.ask(site, "/stop", told, method="POST", data=ACT).status == status
    assert working.record.supervisor() is not None


@pytest.mark.parametrize("path", ["/start", "/stop"])
def test_without_leave_nothing_can_be_started_or_stopped(site: Site, path: str) -> None:
    headers = {"Origin": f"http://127.0.0.1:{site.service.port}", "Content-Type": "application/json"}
    assert made.ask(site, path, headers, method="POST", data=ACT).status == 405


# ---- files and names


@pytest.mark.parametrize(
    "path",
    [
        "/assets/../site.py",
        "/assets/..%2f..%2fsite.py",
        "/assets/%2e%2e/%2e%2e/pyproject.toml",
        "/assets//etc/passwd",
        "/assets/%2Fetc%2Fpasswd",
        "/assets/report/..%5c..%5csite.py",
        "/en/learn/guide/../../../../../../etc/passwd",
        "/en/learn/guide/%2e%2e%2f%2e%2e%2fsite.py",
        "/en/studies/..%2f..%2f..%2fetc",
        "/en/studies/tune-train-3f9a12/runs/..%2f..%2frecord.sqlite",
        "/en/studies/%00",
        "/..%c0%af../etc/passwd",
    ],
)
def test_no_address_leads_to_a_file_that_is_not_of_the_site(site: Site, path: str) -> None:
    answer = raw(site, lines(site, first=f"GET {path} HTTP/1.1"))
    assert answer.split(b" ")[1] in (b"404", b"400")
    assert b"root:" not in answer
    assert b"import " not in answer


def test_a_script_in_a_name_is_text_wherever_it_is_shown(site: Site) -> None:
    for path in (
        "/en/studies/tune-hostile-1",
        LIST,
        "/en/studies/compare?study=tune-hostile-1&study=tune-train-3f9a12",
    ):
        page = made.ask(site, path).text
        assert HOSTILE not in page
        assert 'onerror="' not in page
    assert "&lt;script&gt;" in made.ask(site, "/en/studies/tune-hostile-1").text


def test_a_script_in_an_address_is_text(site: Site) -> None:
    for path in ("/en/try?schedule=", "/en/try?compare=", "/en/try/plan?optimizer=", "/en/try/plan?batch_size="):
        page = made.ask(site, f"{path}%22%3E%3Cscript%3Ealert(1)%3C/script%3E").text
        assert "<script>alert" not in page


def test_no_page_has_a_script_of_its_own(site: Site) -> None:
    for path in (LIST, "/en/studies/tune-train-3f9a12", "/ja/studies/tune-live-1", "/en/try", "/ja/try/plan"):
        page = made.ask(site, path).text
        tags = [tag.partition(">")[0] for tag in page.split("<script")[1:]]
        assert tags
        assert all(" src=" in tag or 'type="application/json"' in tag for tag in tags)
        assert " style=" not in page


# ---- too much, and nonsense


def test_a_body_that_is_too_large_is_not_read(site: Site) -> None:
    headers = {"Origin": f"http://127.0.0.1:{site.service.port}", "Content-Type": "application/json"}
    whole = made.ask(site, "/stop", headers, method="POST", data=b"x" * (MOST_BODY + 1))
    assert whole.status == 413
    first = "POST /stop HTTP/1.1"
    told = (f"Origin: {headers['Origin']}", "Content-Type: application/json", "Transfer-Encoding: chunked")
    chunk = b"8000\r\n" + b"x" * 0x8000 + b"\r\n"
    assert b" 413 " in raw(site, lines(site, *told, first=first) + 3 * chunk + b"0\r\n\r\n").partition(b"\r\n")[0]


def test_an_address_that_is_too_long_is_refused(site: Site) -> None:
    assert made.ask(site, f"/en/try?schedule={'x' * 9000}").status == 414
    assert b"200 OK" not in raw(site, lines(site, f"X: {'y' * 400_000}"))
    assert made.ask(site, LIST).status == 200


@pytest.mark.parametrize(
    "request_",
    [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"GET\r\n\r\n",
        b"GET / HTTP/9.9\r\nConnection: close\r\n\r\n",
        b"\x00" * 64 + b"\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
        b"POST /stop HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost : a\r\n\r\n",
    ],
)
def test_nonsense_is_turned_away_and_the_site_goes_on(site: Site, request_: bytes) -> None:
    answer = raw(site, request_)
    assert answer == b"" or answer.split(b" ")[1][:1] == b"4"
    assert made.ask(site, LIST).status == 200


@pytest.mark.parametrize("method", ["PUT", "DELETE", "TRACE", "OPTIONS", "CONNECT", "BREW"])
def test_other_methods_are_refused(site: Site, method: str) -> None:
    assert raw(site, lines(site, first=f"{method} {LIST} HTTP/1.1")).split(b" ")[1] in (b"405", b"400")


def test_a_flood_is_told_to_wait(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(serving, "_REQUESTS", (20, 0.0))  # a slow machine makes no flood of what is allowed for good
    with made.serving(folder) as site, connection(site) as plain:
        keep = lines(site, first="GET /assets/frame.js HTTP/1.1").replace(
            b"Connection: close", b"Connection: keep-alive"
        )
        statuses = set[bytes]()
        reader = plain.makefile("rb")
        for _ in range(40):
            plain.sendall(keep)
            status = reader.readline().split(b" ")[1]
            length = 0
            while (header := reader.readline().strip().lower()) != b"":
                length = int(header.partition(b":")[2]) if header.startswith(b"content-length") else length
            reader.read(length)
            statuses.add(status)
            if status == b"429":
                break
        assert statuses == {b"200", b"429"}


def test_json_that_is_no_object_is_answered_not_obeyed(folder: Path) -> None:
    with made.serving(folder, allow_run=True) as site:
        headers = {"Origin": f"http://127.0.0.1:{site.service.port}", "Content-Type": "application/json"}
        for body in (b"[]", b"{", b"\xff", b"[" * 30_000, b'"text"', b"{}"):
            answer = made.ask(site, "/start", headers, method="POST", data=body)
            assert (answer.status, b"error" in answer.body) == (400, True)


# ---- the slow


def test_who_sends_too_slowly_is_cut_off(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patience, "LONGEST_READ", 0.3)
    for begun in (b"", b"GET /en", lines(site, "Content-Length: 10", first="POST /stop HTTP/1.1") + b"123"):
        assert b" 200 " not in raw(site, begun)  # without the deadline it never comes back


def test_who_does_not_read_is_cut_off(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patience, "LONGEST_WRITE", 0.3)
    page = lines(site, first="GET /assets/report/uPlot.iife.min.js HTTP/1.1").replace(b"close", b"keep-alive")
    with connection(site) as plain:
        plain.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        with pytest.raises(ConnectionError):
            plain.sendall(page * 100_000)


def test_a_stream_is_not_slow(site: Site, working: made.Working, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patience, "LONGEST_READ", 1.0)
    with connection(site) as plain:
        plain.sendall(lines(site, first="GET /en/studies/tune-live-1/live HTTP/1.1"))
        reader, begin = plain.makefile("rb"), time.monotonic()
        while time.monotonic() - begin < 1.5:  # longer than a request may take
            working.tell(1)
            while not reader.readline().startswith(b"id:"):
                pass


# ---- the wall by itself

DOOR = Door(8765, "secret")
OWN = {"host": "127.0.0.1:8765"}


def test_what_a_request_may_be_is_told_without_a_server() -> None:
    act = {**OWN, "origin": "http://localhost:8765", "content-type": "application/json; charset=utf-8"}
    said = [
        refusal(Asked("GET", "/", "", OWN), DOOR),
        refusal(Asked("GET", "/", "", {"host": "localhost:8765"}), DOOR),
        refusal(Asked("POST", "/stop", "", act), DOOR),
        refusal(Asked("GET", "/", "", {}), DOOR),
        refusal(Asked("GET", "/", "", {**OWN, "content-length": "1e9"}), DOOR),
    ]
    assert [each if each is None else each.why for each in said] == [None, None, None, "host", "content-length"]
