"""Pages for people: the sandbox at a glance, and the mailbox. Both work without scripts."""

from dataclasses import asdict
from itertools import islice
from pathlib import Path
from typing import Final

from starlette.requests import Request
from starlette.responses import FileResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route
from starlette.templating import Jinja2Templates

from sandbox.control import state
from sandbox.world import World

SHOWN_CALLS: Final = 60
_templates: Final = Jinja2Templates(directory=Path(__file__).parent / "templates")
_STYLE: Final = Path(__file__).parent / "templates" / "sandbox.css"


def routes(world: World) -> list[Route]:
    async def home(request: Request) -> Response:
        calls = list(islice(reversed(world.calls.recent), SHOWN_CALLS))
        context = {
            "state": state(world),
            "settings": world.settings,
            "switches": asdict(world.switches),
            "faults": world.faults.rules,
            "calls": calls,
        }
        return _templates.TemplateResponse(request, "console.html", context)

    async def mailbox(request: Request) -> Response:
        messages = list(reversed(list(world.mailbox)))
        return _templates.TemplateResponse(request, "mailbox.html", {"messages": messages})

    async def message(request: Request) -> Response:
        found = world.mailbox.message(request.path_params["message_id"])
        if found is None:
            return PlainTextResponse("There is no such message. The mailbox may have been cleared.", 404)
        return _templates.TemplateResponse(request, "message.html", {"message": found})

    return [
        Route("/", RedirectResponse("/_sandbox/")),
        Route("/_sandbox/", home),
        Route("/_sandbox/mailbox/", mailbox),
        Route("/_sandbox/mailbox/{message_id:int}", message),
        Route("/_sandbox/sandbox.css", FileResponse(_STYLE)),
    ]
