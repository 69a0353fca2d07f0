"""The HTML of the sandbox's own pages."""

from pathlib import Path
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.templating import Jinja2Templates

FOLDER: Final = Path(__file__).parent / "templates"
PAGES: Final = {
    "/_sandbox/": "Overview",
    "/_sandbox/switches/": "Switches",
    "/_sandbox/faults/": "Faults",
    "/_sandbox/calls/": "Calls",
    "/_sandbox/mailbox/": "Mailbox",
    "/_sandbox/posts/": "Posts",
}
_templates: Final = Jinja2Templates(directory=FOLDER)


def render(request: Request, template: str, context: dict[str, Any], status: int = 200) -> Response:
    return _templates.TemplateResponse(request, template, {"pages": PAGES, **context}, status)
