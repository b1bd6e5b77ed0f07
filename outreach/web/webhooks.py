"""The pages that providers post to: ``/webhooks/NAME`` for each ``[webhooks.NAME]``.

Any answer of 2xx means that all is recorded; the provider sends what got another again. A request
that proves nothing is answered 403 and leaves no trace but a line in the log. A body is read up to
its provider's largest and for a minute at most, and all bodies together may hold so much memory.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from outreach.app import App
from outreach.errors import OutreachError
from outreach.inbound.webhooks import Forged, Receiver, Unusable
from outreach.inbound.webhooks import Request as Posted

PATIENCE = 60.0
"""Seconds within which a body must have come."""

MEMORY = 256 << 20
"""Octets that the bodies which are being read may hold together."""

_log = logging.getLogger(__name__)


class _Refused(Exception):  # noqa: N818 - an answer on its way out
    def __init__(self, status: int, said: str) -> None:
        self.status = status
        self.said = said


@dataclass
class _Room:
    """How much the bodies hold that are being read."""

    held: int = 0


def routes(app: App) -> list[Route]:
    """Return the routes for each webhook of the settings."""
    room = _Room()
    return [
        Route(path, _page(app, name, receiver, room), methods=["POST"])
        for name, receiver in app.receivers.items()
        # Mailgun sends a mail whole only to an address that ends so.
        for path in (f"/{name}", f"/{name}/mime")
    ]


def _page(
    app: App, name: str, receiver: Receiver, room: _Room
) -> Callable[[Request], Awaitable[Response]]:
    provider = app.settings.webhooks[name].provider

    async def receive(request: Request) -> Response:
        headers = dict(request.headers)
        body = bytearray()
        try:
            receiver.glance(headers)
            await _fill(body, request, receiver.largest, room)
            posted = Posted(headers, bytes(body))
            taken = await run_in_threadpool(app.inbox.post, name, provider, receiver, posted)
        except Forged as error:
            _log.warning("webhook %s: refused: %s", name, error)
            return PlainTextResponse("this does not prove its origin\n", 403)
        except Unusable as error:
            _log.warning("webhook %s: not understood: %s", name, error)
            return PlainTextResponse(f"{error}\n", 422)
        except _Refused as refused:
            return PlainTextResponse(f"{refused.said}\n", refused.status)
        except OutreachError as error:
            _log.warning("webhook %s: put off: %s", name, error)
            return PlainTextResponse("cannot be recorded now\n", 503, {"Retry-After": "60"})
        finally:
            room.held -= len(body)
        new = sum(each.new for each in taken)
        if new:
            _log.info("webhook %s: %d new", name, new)
        return Response(status_code=204)

    return receive


async def _fill(body: bytearray, request: Request, largest: int, room: _Room) -> None:
    told = request.headers.get("content-length", "")
    if told.isdigit() and int(told) > largest:
        raise _Refused(413, "it is too large")
    try:
        async with asyncio.timeout(PATIENCE):
            async for piece in request.stream():
                body += piece
                room.held += len(piece)
                if len(body) > largest:
                    raise _Refused(413, "it is too large")
                if room.held > MEMORY:
                    raise _Refused(503, "there is too much at a time")
    except TimeoutError:
        raise _Refused(408, "it came too slowly") from None
    except ClientDisconnect:
        raise _Refused(400, "it broke off") from None
