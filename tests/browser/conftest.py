"""The running demo, and a Chromium to click it with."""

import shutil
from collections.abc import Iterator
from contextlib import ExitStack
from functools import cache

import pytest
from django.db import connections
from playwright.sync_api import Browser, Page, expect, sync_playwright
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer

from tests.browser.demo import Demo

CHROMIUM_FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    # Background services would look for the internet and warn that there is none.
    "--disable-background-networking",
    # A page lives too short here for what compiles its scripts a second time: that took a fifth of the work on all
    # screens.
    "--js-flags=--no-opt --no-maglev",
]
expect.set_options(timeout=15_000)


def chromium_path() -> str | None:
    """Debian's Chromium, made to run without a screen if there is that one; None for Playwright's own."""
    return shutil.which("chromium-headless-shell") or shutil.which("chromium")


@pytest.fixture
def demo() -> Iterator[Demo]:
    running = Demo(people=10_000)
    try:
        running.wait_until_welcome()
        yield running
    finally:
        running.stop()


@pytest.fixture(scope="module")
def browser(request: pytest.FixtureRequest) -> Browser:
    """
    Debian's Chromium where it is installed, otherwise Playwright's own. It starts in two seconds, and serves all tests
    with a browser that follow one another. Before those of the test, so that they come beside its event loop.
    """
    return _running(request.config.pluginmanager)


@cache
def _running(plugins: pytest.PytestPluginManager) -> Browser:
    """
    Playwright's event loop runs in this thread meanwhile. Django keeps one set of connections for a thread without a
    loop and another beside one: each is closed before the other comes, so that nobody meets a forgotten one.
    """
    connections.close_all()
    with ExitStack() as starting:
        environment = starting.enter_context(pytest.MonkeyPatch.context())
        started = starting.enter_context(sync_playwright())
        environment.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
        starting.callback(connections.close_all)
        chromium = started.chromium.launch(executable_path=chromium_path(), args=CHROMIUM_FLAGS)
        starting.callback(chromium.close)
        plugins.register(_Closing(plugins, starting.pop_all()))
    return chromium


class _Closing:
    """Closes the browser before a test that has none."""

    def __init__(self, plugins: pytest.PytestPluginManager, open_things: ExitStack) -> None:
        self._plugins, self._open_things = plugins, open_things

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_teardown(self, nextitem: pytest.Item | None) -> Iterator[None]:
        try:
            yield
        finally:
            if nextitem is None or not nextitem.get_closest_marker("browser"):
                self._close()

    def _close(self) -> None:
        self._plugins.unregister(self)
        _running.cache_clear()
        self._open_things.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(locale="en-US")
    yield context.new_page()
    context.close()


@pytest.fixture
def origin(live_server: LiveServer, settings: Settings) -> str:
    """Of a console that answers in this process; one of its own takes two seconds to start."""
    settings.SITE_URL = live_server.url
    return str(live_server.url)
