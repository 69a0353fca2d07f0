"""The HTML of the org's pages."""

from pathlib import Path
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import BaseRoute, Route
from starlette.templating import Jinja2Templates

_FOLDER: Final = Path(__file__).parent.parent / "templates" / "salesforce"
_templates: Final = Jinja2Templates(directory=_FOLDER)


def routes() -> list[BaseRoute]:
    """The style sheet the pages share."""
    return [Route("/salesforce-sandbox.css", lambda _request: FileResponse(_FOLDER / "salesforce.css"))]


def render(request: Request, template: str, context: dict[str, Any], status: int = 200) -> Response:
    return _templates.TemplateResponse(request, template, context, status)
