"""The Salesforce half of the sandbox: OAuth, REST, Tooling and Bulk 2.0 APIs, and Setup pages, over one org."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from starlette.routing import BaseRoute

from sandbox.salesforce import bulk, pages, rest
from sandbox.salesforce.authorize import Authorization
from sandbox.salesforce.control import act
from sandbox.salesforce.control import state as org_state
from sandbox.salesforce.oauth import OAuth
from sandbox.salesforce.org import org_of
from sandbox.salesforce.setup_pages import SetupPages

if TYPE_CHECKING:
    from sandbox.world import World

__all__ = ["control", "routes", "state"]


def routes(world: World) -> list[BaseRoute]:
    """Every path Salesforce answers."""
    org = org_of(world)
    authorization = Authorization(org)
    return [
        *pages.routes(),
        *authorization.routes(),
        *OAuth(org).routes(),
        *SetupPages(org, authorization).routes(),
        # Before the REST resources, whose last one refuses every unknown path.
        *bulk.routes(org),
        *rest.routes(org),
    ]


def control(world: World, body: dict[str, Any]) -> dict[str, Any]:
    """Do one action to the org (`{"action": "install_package"}`) and answer its state. ValueError is a sentence."""
    act(org_of(world), body)
    return state(world)


def state(world: World) -> dict[str, Any]:
    """What is set up in the org."""
    return org_state(org_of(world))
