"""The web application: both services, the control API and its pages, behind the observer."""

from starlette.applications import Starlette
from starlette.types import ASGIApp

from sandbox import control, marketo, salesforce
from sandbox.console import Console
from sandbox.middleware import Observer
from sandbox.posts import Receivers
from sandbox.whole import Sandbox


def create_app(sandbox: Sandbox) -> ASGIApp:
    """Marketo, Salesforce and the receivers of messages share one origin: their paths do not collide."""
    services = Starlette(
        routes=[
            *control.routes(sandbox),
            *Console(sandbox).routes(),
            *Receivers(sandbox.world).routes(),
            *salesforce.routes(sandbox.salesforce),
            # Last, because Marketo answers unknown paths itself (error 610).
            *marketo.routes(sandbox.marketo),
        ],
    )
    # Around Starlette, not as its middleware: only there does ``send`` still belong to the connection.
    return Observer(services, sandbox)
