"""The Salesforce half of the sandbox: OAuth, REST, Tooling and Bulk 2.0 APIs, and Setup pages, over one org."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from starlette.routing import BaseRoute

from sandbox.salesforce import bulk, bulk_classic, bulk_ingest, pages, rest, saved_state
from sandbox.salesforce.authorize import Authorization
from sandbox.salesforce.control import act
from sandbox.salesforce.control import state as org_state
from sandbox.salesforce.devices import DevicePages
from sandbox.salesforce.oauth import OAuth
from sandbox.salesforce.org import org_of
from sandbox.salesforce.rows import visible_counts
from sandbox.salesforce.setup_pages import SetupPages
from sandbox.salesforce.soap import Soap

if TYPE_CHECKING:
    from sandbox.world import World

__all__ = ["control", "counts", "dump", "load", "routes", "state"]


def routes(world: World) -> list[BaseRoute]:
    """Every path Salesforce answers."""
    org = org_of(world)
    authorization = Authorization(org)
    return [
        *pages.routes(),
        *authorization.routes(),
        *DevicePages(org, authorization).routes(),
        *OAuth(org).routes(),
        *Soap(org, authorization).routes(),
        *SetupPages(org, authorization).routes(),
        # Before the REST resources, whose last one refuses every unknown path.
        *bulk.routes(org),
        *bulk_ingest.routes(org),
        *bulk_classic.routes(org),
        *rest.routes(org),
    ]


def control(world: World, body: dict[str, Any]) -> dict[str, Any]:
    """Do one action to the org (`{"action": "install_package"}`) and answer its state. ValueError is a sentence."""
    act(org_of(world), body)
    return state(world)


def counts(world: World) -> dict[str, int]:
    """Visible rows by object, those made through the API included."""
    return visible_counts(org_of(world))


def state(world: World) -> dict[str, Any]:
    """What is set up in the org."""
    return org_state(org_of(world))


def dump(world: World) -> dict[str, Any]:
    """The org as JSON, for a sandbox that is started again: what was set up, who is signed in, every token."""
    return saved_state.dump(org_of(world))


def load(world: World, data: dict[str, Any]) -> None:
    """Make the org what it was when `dump` was called. Raises KeyError or TypeError for anything but its answer."""
    saved_state.load(org_of(world), data)
