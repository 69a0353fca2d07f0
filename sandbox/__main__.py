"""``python -m sandbox``: reads the flags, opens the listeners, says when it is ready, and stops on a signal."""

import asyncio
import sys

from sandbox import probe_file, state_file
from sandbox.app import create_app
from sandbox.companies import dress
from sandbox.options import Options, read_options
from sandbox.probe_file import ProbeRefusedError
from sandbox.server import PortTakenError, serve
from sandbox.state_file import StateRefusedError
from sandbox.whole import Sandbox
from sandbox.world import World


def main() -> int:
    options: Options = read_options(sys.argv[1:])
    sandbox = Sandbox(World(options.settings))
    try:
        dress(sandbox)
        if options.probe is not None:
            probe_file.answer_as_in(sandbox.world, options.probe)
        if options.state is not None:
            state_file.load(sandbox, options.state)
        asyncio.run(serve(create_app(sandbox), sandbox, options))
    except (PortTakenError, StateRefusedError, ProbeRefusedError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
