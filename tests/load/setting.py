"""What the bench needs of the console; imported once Django is set up."""

import random
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from django.test import Client

from accounts.models import SalesAccount
from pipeline.engine.client_factory import marketo_of, salesforce_of
from pipeline.engine.load import CHUNK_BYTES
from sandbox.testing import SandboxProcess
from sync.engine.stage import STAGED
from sync.models import Extract, Person, SyncRun
from sync.policies import HoldLimit
from tests.factories import admin_of, make_account, make_instance, make_marketo_connection
from tests.salesforce_sign_in import connect_salesforce
from tests.signing_in import let_in

EXPORT_MEGABYTES, EVERYBODY = 5_000, 10_000_000


def connected_account(sandbox: SandboxProcess) -> SalesAccount:
    """With an allowance that all exports fit into, and no change so large that a run is held for it."""
    account = make_account("Bench")
    sandbox.post("/_sandbox/switches", {"export_megabytes": EXPORT_MEGABYTES})
    make_instance(account=account, endpoint=sandbox.url, daily_export_megabytes=EXPORT_MEGABYTES, share_percent=100)
    make_marketo_connection(account, endpoint=sandbox.url)
    HoldLimit.objects.create(account=account, people=EVERYBODY, percent=100)
    connect_salesforce(sandbox, account, admin_of(account))
    return account


def fetch_files(run: SyncRun) -> dict[str, list[bytes]]:
    """The files of a run's remote jobs once more, by source."""
    files: dict[str, list[bytes]] = {source: [] for source in STAGED}
    for extract in Extract.objects.of_run(run).select_related("run__account"):
        files[extract.source] += list(_pages(extract))
    return files


def _pages(extract: Extract) -> Iterator[bytes]:
    account = extract.run.account
    if extract.reads_people:
        with marketo_of(account).open_export_file(extract.remote_id) as download:
            yield b"".join(download.iter_chunks(CHUNK_BYTES))
        return
    locator: str | None = ""
    while locator is not None:
        with salesforce_of(account).open_results(extract.remote_id, locator or None) as page:
            yield b"".join(page.iter_chunks(CHUNK_BYTES))
            locator = page.next_locator


def browser_of(account: SalesAccount) -> Client:
    return let_in(Client(SERVER_NAME="localhost"), account.members.get().user)


def page_requests(browser: Client, count: int) -> Iterator[Callable[[], Any]]:
    """Pages from anywhere in the list, and searches for the beginnings of names that exist."""
    dice = random.Random(1)
    last = Person.objects.order_by("-marketo_id").values_list("marketo_id", flat=True).first() or 1
    for number in range(count):
        if number % 2:
            yield partial(browser.get, f"/settings/people/?before={dice.randint(1, last)}")
        else:
            text = dice.choice(["Anna", "Lind", "a", "maria c", "erik.", "zzz"])
            yield partial(browser.post, "/settings/people/", {"q": text})
