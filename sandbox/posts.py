"""Chats and programs that are told of something: incoming webhooks of Slack and Teams, and Standard Webhooks."""

import json
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from sandbox.world import Post, World

ADAPTIVE_CARD: Final = "application/vnd.microsoft.card.adaptive"


class Receivers:
    """The addresses at which chats and programs of a world take messages; it keeps the last ones, oldest first."""

    def __init__(self, world: World) -> None:
        self.world = world

    def routes(self) -> list[Route]:
        return [
            Route("/hooks/slack/{name}", self.slack, methods=["POST"]),
            Route("/hooks/teams/{name}", self.teams, methods=["POST"]),
            Route("/hooks/standard/{name}", self.standard, methods=["POST"]),
        ]

    async def slack(self, request: Request) -> Response:
        """Slack, "Sending messages using incoming webhooks": 200 with the text ok, otherwise the reason."""
        body = await self._read(request)
        if not body.get("text"):
            return PlainTextResponse("no_text" if body else "invalid_payload", 400)
        return await self._keep(request, PlainTextResponse("ok"))

    async def teams(self, request: Request) -> Response:
        """A Teams workflow, "When a Teams webhook request is received": 202 without a text for an adaptive card."""
        attachments = (await self._read(request)).get("attachments") or [{}]
        if attachments[0].get("contentType") != ADAPTIVE_CARD:
            return PlainTextResponse("The card is missing.", 400)
        return await self._keep(request, Response(status_code=202))

    async def standard(self, request: Request) -> Response:
        """standardwebhooks.com: any 2xx takes the message; whether it is signed rightly only its secret tells."""
        if "webhook-signature" not in request.headers:
            return PlainTextResponse("Not signed.", 401)
        return await self._keep(request, Response(status_code=204))

    async def _keep(self, request: Request, answer: Response) -> Response:
        headers = {name: value for name, value in request.headers.items() if name.startswith("webhook-")}
        self.world.posts.append(Post(request.url.path, headers, (await request.body()).decode()))
        return answer

    @staticmethod
    async def _read(request: Request) -> dict[str, Any]:
        try:
            return dict(json.loads(await request.body()))
        except (TypeError, ValueError):
            return {}
