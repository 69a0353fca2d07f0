"""``python -m sandbox``: reads the flags, opens the listeners, says when it is ready, and stops on a signal."""

import asyncio
import sys

from sandbox import state_file
from sandbox.app import create_app
from sandbox.companies import dress
from sandbox.options import Options, read_options
from sandbox.server import PortTakenError, serve
from sandbox.state_file import StateRefusedError
from sandbox.whole import Sandbox
from sandbox.world import World


def main() -> int:
    options: Options = read_options(sys.argv[1:])
    sandbox = Sandbox(World(options.settings))
    try:
        dress(sandbox)
        if options.state is not None:
            state_file.load(sandbox, options.state)
        asyncio.run(serve(create_app(sandbox), sandbox, options))
    except (PortTakenError, StateRefusedError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
