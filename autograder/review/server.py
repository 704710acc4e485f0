"""A sitting comes in; a page on this machine's own address goes out, to those who have the token.

It listens on the loopback alone. Another site's page cannot reach it: the address holds a secret,
requests for another host are refused, and what changes something has to be JSON of the page's own
origin.
"""

from __future__ import annotations

import json
import secrets
import socket
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from autograder.pages.page import policy_of, render
from autograder.review.journal import JournalError
from autograder.review.sitting import Refused, Sitting, grader_of

LOOPBACK = "127.0.0.1"
MAX_BODY = 64_000
SCRIPT, STYLES = "review.js", ("style.css", "review.css")

Handler = Callable[[Request], Awaitable[Response]]


@dataclass(frozen=True)
class ServerSettings:
    """How a page is reached, and what it begins with.

    Attributes:
        grader: the name that it proposes.
        hide_names: nobody can see whose an answer is.
        publish: writes the tables of grades; what it did, in words.
    """

    port: int
    token: str
    grader: str = ""
    hide_names: bool = False
    publish: Callable[[], str] = lambda: ""

    @property
    def address(self) -> str:
        """Where the page is."""
        return f"http://{LOOPBACK}:{self.port}/{self.token}/"

    @property
    def hosts(self) -> frozenset[str]:
        """What a request may call this machine."""
        return frozenset({f"{LOOPBACK}:{self.port}", f"localhost:{self.port}"})


def new_token() -> str:
    """A secret for an address."""
    return secrets.token_urlsafe(24)


def listening() -> socket.socket:
    """A socket on the loopback, at a port that is free."""
    made = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    made.bind((LOOPBACK, 0))
    return made


def application(sitting: Sitting, settings: ServerSettings) -> Starlette:
    """The page and what it asks for."""
    page = render(
        "review.html.j2",
        script=SCRIPT,
        styles=STYLES,
        connect=True,
        title=sitting.title,
        questions=[sitting.grades.questions[name] for name in sitting.grades.questions],
        grader=settings.grader,
        hide_names=settings.hide_names,
    )

    async def show(_request: Request) -> Response:
        return Response(page, media_type="text/html")

    def ask(work: Callable[[Mapping[str, str], str], dict[str, Any]]) -> Handler:
        async def answered(request: Request) -> Response:
            query = request.query_params
            return await _told(lambda: work(query, grader_of(query.get("grader"))))

        return answered

    def change(work: Callable[[Mapping[str, Any], str], dict[str, Any]]) -> Handler:
        async def answered(request: Request) -> Response:
            try:
                wish = await _wish(request)
            except Refused as refused:
                return _refused(refused)
            return await _told(lambda: work(wish, grader_of(wish.get("grader"))))

        return answered

    def overview(query: Mapping[str, str], grader: str) -> dict[str, Any]:
        sitting.refresh()
        if query.get("version") == sitting.version:
            return {"version": sitting.version}
        return sitting.overview(query.get("question", ""), grader)

    def answer(query: Mapping[str, str], grader: str) -> dict[str, Any]:
        names = query.get("names") == "1" and not settings.hide_names
        where = query.get("question", ""), query.get("group", "")
        return sitting.answer(*where, grader, names=names)

    def following(query: Mapping[str, str], grader: str) -> dict[str, Any]:
        names = query.get("names") == "1" and not settings.hide_names
        where = query.get("question", ""), query.get("after", "")
        return sitting.next(*where, grader, names=names)

    def grade(wish: Mapping[str, Any], grader: str) -> dict[str, Any]:
        names = wish.get("names") is True and not settings.hide_names
        return sitting.grade({**wish, "names": names}, grader)

    routes = [
        Route("/", show),
        Route("/overview", ask(overview)),
        Route("/asked", ask(lambda query, _grader: sitting.asked(query.get("question", "")))),
        Route("/answer", ask(answer)),
        Route("/next", ask(following)),
        Route("/grade", change(grade), methods=["POST"]),
        Route("/rubric", change(sitting.change_rubric), methods=["POST"]),
        Route("/undo", change(lambda _wish, grader: sitting.undo(grader)), methods=["POST"]),
        Route(
            "/publish",
            change(lambda _wish, _grader: {"said": settings.publish()}),
            methods=["POST"],
        ),
    ]
    made = Starlette(routes=routes)
    made.add_middleware(partial(_Guard, settings=settings))
    return made


async def _told(work: Callable[[], dict[str, Any]]) -> Response:
    """What ``work`` says; it may wait for the disk."""
    try:
        return JSONResponse(await run_in_threadpool(work))
    except Refused as refused:
        return _refused(refused)
    except JournalError as error:
        return JSONResponse({"error": str(error)}, 507)


def _refused(refused: Refused) -> Response:
    return JSONResponse({"error": str(refused)}, refused.status)


async def _wish(request: Request) -> Mapping[str, Any]:
    data = bytearray()
    async for piece in request.stream():
        data += piece
        if len(data) > MAX_BODY:
            raise Refused("This is too long to be noted.", 413)
    try:
        wish = json.loads(data)
    except (ValueError, RecursionError):
        raise Refused("This is no JSON.") from None
    if not isinstance(wish, dict):
        raise Refused("This is no decision.")
    return wish


class _Guard:
    """Lets through what the page's own address was used for, and takes the secret off it."""

    def __init__(self, app: Any, settings: ServerSettings) -> None:
        self._app = app
        self._settings = settings
        policy = policy_of(SCRIPT, STYLES, connect=True)
        self._headers = [
            (b"content-security-policy", f"{policy}; frame-ancestors 'none'".encode()),
            (b"x-content-type-options", b"nosniff"),
            (b"x-frame-options", b"DENY"),
            (b"referrer-policy", b"no-referrer"),
            (b"cache-control", b"no-store"),
            (b"cross-origin-opener-policy", b"same-origin"),
            (b"cross-origin-resource-policy", b"same-origin"),
        ]

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            if scope["type"] == "lifespan":
                await self._app(scope, receive, send)
            return

        async def sent(message: Any) -> None:
            if message["type"] == "http.response.start":
                message = {**message, "headers": [*message["headers"], *self._headers]}
            await send(message)

        if problem := self._problem(scope):
            await JSONResponse({"error": problem[1]}, problem[0])(scope, receive, sent)
            return
        path = "/" + scope["path"].split("/", 2)[2]
        await self._app({**scope, "path": path, "raw_path": path.encode()}, receive, sent)

    def _problem(self, scope: Any) -> tuple[int, str] | None:
        headers = {
            name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]
        }
        host = headers.get("host", "")
        if host not in self._settings.hosts:
            return 421, "This is not the address of the page."
        first, slash, _rest = scope["path"].removeprefix("/").partition("/")
        if not slash or not secrets.compare_digest(first.encode(), self._settings.token.encode()):
            return 404, "There is nothing at this address; use the one that was printed."
        origin = headers.get("origin")
        if origin is not None and origin != f"http://{host}":
            return 403, "Another page asked for this."
        opens = scope["method"] == "GET" and headers.get("sec-fetch-mode") == "navigate"
        site = headers.get("sec-fetch-site", "none")
        if site not in ("none", "same-origin") and not opens:  # a terminal may be a web page, too
            return 403, "Another page asked for this."
        kind = headers.get("content-type", "").partition(";")[0].strip().lower()
        if scope["method"] == "POST" and kind != "application/json":
            return 415, "Decisions come as JSON."
        return None
