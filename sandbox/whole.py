"""The sandbox as one thing: a world, and the two services that speak for it."""

from sandbox.marketo.instance import Instance
from sandbox.salesforce.org import Org
from sandbox.world import World


class Sandbox:
    """One Marketo instance and one Salesforce org over one world of people."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.marketo = Instance(world)
        self.salesforce = Org(world)
