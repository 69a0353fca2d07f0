"""The listeners: http, https and SMTP in one event loop, until a signal."""

import asyncio
import json
import signal
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import uvicorn
from aiosmtpd.smtp import SMTP
from starlette.types import ASGIApp

from sandbox import state_file
from sandbox.connect_proxy import Authority, ConnectProxyProtocol
from sandbox.options import Options
from sandbox.whole import Sandbox

HOST: Final = "127.0.0.1"
HOST_NAMES: Final = (
    "localhost",
    HOST,
    "login.salesforce.com",
    "test.salesforce.com",
    "*.my.salesforce.com",
    "*.sandbox.my.salesforce.com",
    "*.mktorest.com",
)


class PortTakenError(Exception):
    """A listener could not be opened; the text is a sentence for the person who started the sandbox."""


class _Server(uvicorn.Server):
    """Leaves signals to ``serve``, which stops all listeners together and lets the process exit with 0."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.ready = asyncio.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.ready.set()

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


async def serve(app: ASGIApp, sandbox: Sandbox, options: Options) -> None:
    """Open every asked-for listener, print the ready line, and run until SIGTERM or SIGINT. Raises PortTakenError."""
    http = _listen(options.port)
    https = None if options.https_port is None else _listen(options.https_port)
    smtp = None if options.smtp_port is None else _listen(options.smtp_port)
    authority = Authority(options.settings.munchkin_id)
    if options.ca_file is not None:
        authority.write_to(options.ca_file)
    servers = [(_Server(_config(app, authority)), http)]
    if https is not None:
        servers.append((_Server(_config(app, authority, authority.context(*HOST_NAMES))), https))
    mail = None if smtp is None else await _open_mail(sandbox, smtp)
    _stop_on_signal([server for server, _ in servers])
    tasks = [asyncio.create_task(server.serve(sockets=[listener])) for server, listener in servers]
    await asyncio.gather(*(server.ready.wait() for server, _ in servers))
    keeper = None if options.state is None else asyncio.create_task(state_file.keep(sandbox, options.state))
    _announce(http, https, smtp)
    await asyncio.gather(*tasks)
    if keeper is not None and options.state is not None:
        keeper.cancel()
        state_file.write(options.state, state_file.dump(sandbox))
    if mail is not None:
        mail.close()


def _listen(port: int) -> socket.socket:
    # asyncio sends small pieces at once only where a socket says that it is TCP; else each answer's body waits 40 ms.
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((HOST, port))
        listener.listen(512)
    except (OSError, OverflowError) as error:
        listener.close()
        raise PortTakenError(
            f"The sandbox cannot listen on {HOST}:{port}: {error}. Choose another port, or 0 for any free one."
        ) from error
    return listener


def _config(app: ASGIApp, authority: Authority, tls: ssl.SSLContext | None = None) -> uvicorn.Config:
    class Protocol(ConnectProxyProtocol):
        pass

    Protocol.authority = authority
    config = uvicorn.Config(
        app,
        http=Protocol,
        log_level="error",
        access_log=False,
        server_header=False,
        lifespan="off",
        proxy_headers=False,
        timeout_graceful_shutdown=1,
        timeout_keep_alive=30,
    )
    config.load()
    config.ssl = tls
    return config


async def _open_mail(sandbox: Sandbox, listener: socket.socket) -> asyncio.Server:
    loop = asyncio.get_running_loop()
    return await loop.create_server(
        lambda: SMTP(sandbox.world.mailbox, hostname="localhost", enable_SMTPUTF8=True, loop=loop), sock=listener
    )


def _stop_on_signal(servers: list[_Server]) -> None:
    def stop() -> None:
        for server in servers:
            server.should_exit = True

    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop)


def _announce(http: socket.socket, https: socket.socket | None, smtp: socket.socket | None) -> None:
    ready = {
        "ready": True,
        "http": f"http://{HOST}:{http.getsockname()[1]}",
        "https": https and f"https://localhost:{https.getsockname()[1]}",
        "smtp_port": smtp and smtp.getsockname()[1],
    }
    print(json.dumps(ready), flush=True)
