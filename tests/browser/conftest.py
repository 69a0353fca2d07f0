"""The running demo, and a Chromium to click it with."""

import shutil
from collections.abc import Iterator

import pytest
from django.db import connections
from playwright.sync_api import Browser, Page, Playwright, expect, sync_playwright
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
def playwright() -> Iterator[Playwright]:
    """
    Its event loop runs in this thread until the module's last test. Django keeps one set of connections for a thread
    without a loop and another beside one: each is closed before the other comes, so that nobody meets a forgotten one.
    """
    connections.close_all()
    with pytest.MonkeyPatch.context() as environment, sync_playwright() as started:
        environment.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
        yield started
        connections.close_all()


@pytest.fixture(scope="module")
def browser(playwright: Playwright) -> Iterator[Browser]:
    """Debian's Chromium where it is installed, otherwise Playwright's own."""
    chromium = playwright.chromium.launch(executable_path=chromium_path(), args=CHROMIUM_FLAGS)
    yield chromium
    chromium.close()


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
