"""Access control of the site: a wall in front of the application that every request must pass.

Path:   a request -> `refusal` (pure) -> the application -> headers that let a page load only its own files.
Source: OWASP cheat sheets "Cross-Site Request Forgery Prevention" and "HTTP Headers"; the check of `Host` prevents DNS
        rebinding.
"""

import hmac
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from dataclasses import dataclass
from typing import Any, Final, TypeAlias
from urllib.parse import parse_qsl, quote, urlencode

from ratecraft.reporting.pages.frame import POLICY
from ratecraft.reporting.pages.server.allowance import Allowance

COOKIE: Final = "ratecraft-{port}"
MOST_BODY: Final = 64 * 1024
"""The largest allowed request body, in bytes."""
_MOST_ADDRESS: Final = 8 * 1024
_ACTS: Final = frozenset({"POST"})
_READS: Final = frozenset({"GET", "HEAD"})

_HEADERS: Final[tuple[tuple[bytes, bytes], ...]] = (
    (b"content-security-policy", f"{POLICY}; frame-ancestors 'none'".encode()),
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
)

Scope: TypeAlias = MutableMapping[str, Any]
Message: TypeAlias = MutableMapping[str, Any]
Receive: TypeAlias = Callable[[], Awaitable[Message]]
Send: TypeAlias = Callable[[Message], Awaitable[None]]
Application: TypeAlias = Callable[[Scope, Receive, Send], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Door:
    """The address of the site and the token that opens it."""

    port: int
    token: str

    @property
    def cookie(self) -> str:
        """Name of the cookie. Cookies are not separated by port, so the name contains it."""
        return COOKIE.format(port=self.port)

    @property
    def hosts(self) -> frozenset[str]:
        """The allowed values of `Host`."""
        return frozenset({f"127.0.0.1:{self.port}", f"localhost:{self.port}"})

    def opens(self, given: str) -> bool:
        """Whether this is the token, compared in constant time."""
        return hmac.compare_digest(given.encode(), self.token.encode())


@dataclass(frozen=True, slots=True)
class Asked:
    """A request before its body is read. Names of headers are in lower case."""

    method: str
    path: str
    query: str
    headers: Mapping[str, str]

    @property
    def token(self) -> str:
        """The token in the address; empty if there is none."""
        return next((value for name, value in parse_qsl(self.query) if name == "token"), "")

    def cookie(self, name: str) -> str:
        """A cookie's value; empty if there is none."""
        for part in self.headers.get("cookie", "").split(";"):
            key, _, value = part.strip().partition("=")
            if key == name:
                return value
        return ""


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a request is refused, and with which status."""

    status: int
    why: str


def refusal(asked: Asked, door: Door) -> Refusal | None:
    """Why a request is refused, the token aside; None if it may pass.

    Example:
        >>> door = Door(8765, "secret")
        >>> refusal(Asked("GET", "/en/studies", "", {"host": "evil.example:8765"}), door)
        Refusal(status=403, why='host')
        >>> refusal(Asked("GET", "/en/studies", "", {"host": "127.0.0.1:8765"}), door)
    """
    host, origin = asked.headers.get("host", ""), asked.headers.get("origin")
    if host not in door.hosts:
        return Refusal(403, "host")
    if origin is not None and origin not in {f"http://{host}" for host in door.hosts}:
        return Refusal(403, "origin")
    if asked.method not in _READS | _ACTS:
        return Refusal(405, "method")
    if len(asked.path) + len(asked.query) > _MOST_ADDRESS:
        return Refusal(414, "address")
    if asked.method in _ACTS:
        if origin is None:  # every browser sends it with requests that may change something
            return Refusal(403, "origin")
        if asked.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
            return Refusal(415, "content-type")  # a form of another site cannot send this
    length = asked.headers.get("content-length", "0")
    if not length.isascii() or not length.isdecimal():
        return Refusal(400, "content-length")
    return Refusal(413, "body") if int(length) > MOST_BODY else None


class Wall:
    """The application behind the wall.

    Args:
        application: The application that answers.
        door: Its address and token.
        requests: Limit on requests.
        guesses: Limit on wrong tokens.
    """

    def __init__(self, application: Application, door: Door, requests: Allowance, guesses: Allowance) -> None:
        self._application = application
        self._door = door
        self._requests = requests
        self._guesses = guesses

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one HTTP request; other protocols are refused."""
        if scope["type"] != "http":
            return
        asked = _asked(scope)
        turned_away = refusal(asked, self._door) or self._unknown(asked)
        if turned_away is None and not self._requests.take():
            turned_away = Refusal(429, "requests")
        if turned_away is not None:
            await _answer(send, turned_away.status, f"{turned_away.status} {turned_away.why}\n")
        elif self._door.opens(asked.token) and asked.method == "GET":
            await self._let_in(asked, send)
        else:
            await self._pass(scope, receive, send)

    def _unknown(self, asked: Asked) -> Refusal | None:
        """Why a client without a valid cookie or token is refused; guessing is rate-limited."""
        if self._door.opens(asked.cookie(self._door.cookie)) or self._door.opens(asked.token):
            return None
        return Refusal(401, _HOW_TO_COME_IN) if self._guesses.take() else Refusal(429, "token")

    async def _let_in(self, asked: Asked, send: Send) -> None:
        """Exchange the token in the address, which browser histories keep, for a cookie that no script can read."""
        rest = urlencode([(name, value) for name, value in parse_qsl(asked.query) if name != "token"])
        place = "/" + quote(asked.path.lstrip("/"))  # `//elsewhere` and `/\elsewhere` would be another host
        address = f"{place}?{rest}" if rest else place
        cookie = f"{self._door.cookie}={self._door.token}; Path=/; HttpOnly; SameSite=Strict"
        await _answer(send, 303, "", (b"location", address.encode()), (b"set-cookie", cookie.encode()))

    async def _pass(self, scope: Scope, receive: Receive, send: Send) -> None:
        body = b""
        if scope["method"] in _ACTS:
            read = await _body(receive)
            if read is None:
                await _answer(send, 413, "413 body\n")
                return
            body = read

        async def told() -> Message:
            nonlocal body
            if scope["method"] not in _ACTS:
                return await receive()
            whole, body = body, b""
            return {"type": "http.request", "body": whole, "more_body": False}

        async def sent(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message.get("headers", ()), *_HEADERS]
            await send(message)

        await self._application(scope, told, sent)


_HOW_TO_COME_IN = "Open the link that `ratecraft ui` printed. · `ratecraft ui` が表示したリンクを開いてください。"


def _asked(scope: Scope) -> Asked:
    headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
    names = [name for name, _ in scope["headers"]]
    if names.count(b"host") > 1:
        headers["host"] = ""  # of two equal headers, one is forged
    return Asked(scope["method"], scope["path"], scope["query_string"].decode("latin-1"), headers)


async def _body(receive: Receive) -> bytes | None:
    """The whole body; None if it is too large, whatever length was announced."""
    body = b""
    while True:
        message = await receive()
        if message["type"] != "http.request":
            return b""
        body += message.get("body", b"")
        if len(body) > MOST_BODY:
            return None
        if not message.get("more_body", False):
            return body


async def _answer(send: Send, status: int, words: str, *headers: tuple[bytes, bytes]) -> None:
    told = [(b"content-type", b"text/plain; charset=utf-8"), (b"cache-control", b"no-store"), *headers, *_HEADERS]
    told += [(b"retry-after", b"1")] if status == 429 else []
    body = words.encode()
    told.append((b"content-length", str(len(body)).encode()))
    await send({"type": "http.response.start", "status": status, "headers": told})
    await send({"type": "http.response.body", "body": body})
