"""What one Marketo instance keeps besides its people."""

from typing import Any

from sandbox.marketo.exports import Exports
from sandbox.marketo.identity import Tokens
from sandbox.marketo.limits import Limits
from sandbox.marketo.lists import Lists
from sandbox.marketo.user_directory import Users
from sandbox.world import World


class Instance:
    """Tokens, call limits, lists, users and bulk exports over a world."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.tokens = Tokens(world)
        self.limits = Limits(world)
        self.lists = Lists(world)
        self.users = Users(world)
        self.exports = Exports(world, self.lists)

    def reset(self) -> None:
        """Forget all tokens, counted calls, jobs and changes to lists and users."""
        self.exports.clear()
        vars(self).update(vars(Instance(self.world)))

    def dump(self) -> dict[str, Any]:
        """All of it as JSON's types, for ``load``."""
        return {
            "tokens": self.tokens.dump(),
            "calls": self.limits.dump(),
            "lists": self.lists.dump(),
            "users": self.users.dump(),
            "exports": self.exports.dump(),
        }

    def load(self, kept: dict[str, Any]) -> None:
        self.tokens.load(kept["tokens"])
        self.limits.load(kept["calls"])
        self.lists.load(kept["lists"])
        self.users.load(kept["users"])
        self.exports.load(kept["exports"])
