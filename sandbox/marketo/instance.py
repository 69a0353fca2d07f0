"""What one Marketo instance keeps besides its people."""

from sandbox.marketo.exports import Exports
from sandbox.marketo.identity import Tokens
from sandbox.marketo.limits import Limits
from sandbox.world import World


class Instance:
    """Tokens, call limits and bulk exports over a world."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.tokens = Tokens(world)
        self.limits = Limits(world)
        self.exports = Exports(world)
