"""Pages for people: the sandbox at a glance, what can be switched and broken, the calls, the mail and the posts.

All of them work without scripts; their forms go to the control API, which leads back to the page.
"""

from dataclasses import asdict
from itertools import islice
from typing import Final

from starlette.requests import Request
from starlette.responses import FileResponse, RedirectResponse, Response
from starlette.routing import Route

from sandbox.control import state
from sandbox.faults import KINDS
from sandbox.pages import FOLDER, render
from sandbox.people import Kind
from sandbox.settings import DEMO_PASSWORD, DEMO_USERS
from sandbox.whole import Sandbox

CALLS_AT_A_GLANCE: Final = 12
SHOWN_CALLS: Final = 250
# Of the Setup guide, for whoever tries the console beside this sandbox and reads everybody's mail here.
DEMO_PARTS: Final = dict(
    zip(DEMO_USERS, ("Marketo admin: steps 1 to 5", "Salesforce admin: steps 6 and 7", "Ops staff"), strict=True)
)


class Console:
    """The pages of one sandbox."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox = sandbox
        self.world = sandbox.world

    def routes(self) -> list[Route]:
        return [
            Route("/", RedirectResponse("/_sandbox/")),
            Route("/_sandbox/", self.overview),
            Route("/_sandbox/switches/", self.switches),
            Route("/_sandbox/faults/", self.faults),
            Route("/_sandbox/calls/", self.calls),
            Route("/_sandbox/mailbox/", self.mailbox),
            Route("/_sandbox/mailbox/{message_id:int}", self.message),
            Route("/_sandbox/posts/", self.posts),
            Route("/_sandbox/sandbox.css", FileResponse(FOLDER / "sandbox.css")),
        ]

    async def overview(self, request: Request) -> Response:
        context = {
            "state": state(self.sandbox),
            "settings": self.world.settings,
            "faults": self.world.faults.rules,
            "kinds": list(Kind),
            "calls": list(islice(reversed(self.world.calls.recent), CALLS_AT_A_GLANCE)),
        }
        return render(request, "console.html", context)

    async def switches(self, request: Request) -> Response:
        texts = self.world.switches.texts()
        return render(request, "switches.html", {"switches": asdict(self.world.switches), "texts": texts})

    async def faults(self, request: Request) -> Response:
        return render(request, "faults.html", {"faults": self.world.faults.rules, "kinds": KINDS})

    async def calls(self, request: Request) -> Response:
        calls = self.world.calls
        return render(
            request, "calls.html", {"calls": list(islice(reversed(calls.recent), SHOWN_CALLS)), "total": calls.total}
        )

    async def mailbox(self, request: Request) -> Response:
        context = {
            "messages": list(reversed(list(self.world.mailbox))),
            "parts": DEMO_PARTS,
            "password": DEMO_PASSWORD,
        }
        return render(request, "mailbox.html", context)

    async def posts(self, request: Request) -> Response:
        return render(request, "posts.html", {"posts": list(reversed(self.world.posts))})

    async def message(self, request: Request) -> Response:
        found = self.world.mailbox.message(request.path_params["message_id"])
        if found is None:
            sentence = "There is no such message. The mailbox may have been cleared."
            return render(request, "problem.html", {"problem": sentence, "back": "/_sandbox/mailbox/"}, 404)
        return render(request, "message.html", {"message": found})
