"""The Salesforce half of the sandbox: OAuth, REST, Tooling and Bulk 2.0 APIs, and Setup pages, over one org."""

from starlette.routing import BaseRoute

from sandbox.salesforce import bulk, bulk_classic, bulk_ingest, pages, rest
from sandbox.salesforce.authorize import Authorization
from sandbox.salesforce.devices import DevicePages
from sandbox.salesforce.oauth import OAuth
from sandbox.salesforce.org import Org
from sandbox.salesforce.setup_pages import SetupPages
from sandbox.salesforce.soap import Soap


def routes(org: Org) -> list[BaseRoute]:
    """Every path Salesforce answers."""
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
