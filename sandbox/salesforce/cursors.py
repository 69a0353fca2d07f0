"""Pages of a query: the first answer holds a locator, the rest is fetched by it."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sandbox.salesforce import rows
from sandbox.salesforce.errors import SalesforceError
from sandbox.salesforce.org import Org
from sandbox.salesforce.query import Plan, Record
from sandbox.salesforce.setup_rows import setup_id

Page = dict[str, Any]
MAX_CURSORS: Final = 10
MIN_PAGE: Final = 200
MAX_PAGE: Final = 2000
# Salesforce, "SOQL and SOSL Limits": a cursor is kept for two days.
LIFE: Final = timedelta(days=2)


@dataclass(frozen=True)
class Cursor:
    """What is left to fetch: the ids of every row of the answer, and how many go on a page."""

    plan: Plan
    ids: list[str]
    page_size: int
    opened_at: datetime


class Cursors(OrderedDict[str, Cursor]):
    """The open cursors of an org, the oldest first."""


def page_size(query_options: str) -> int:
    """Rows a page holds: the batchSize of a `Sforce-Query-Options` header, within 200 to 2,000."""
    options = dict(part.strip().partition("=")[::2] for part in query_options.split(","))
    asked = options.get("batchSize", "")
    return min(max(int(asked), MIN_PAGE), MAX_PAGE) if asked.isdigit() else MAX_PAGE


def first_page(plan: Plan, base: str, size: int) -> Page:
    """The first answer to a query. Later pages are read again by id, so a change in between shows, as in Salesforce."""
    found = plan.matches()
    records: list[Record] = []
    ids: list[str] = []
    for row in found:
        ids.append(row["Id"])
        _check_time(plan, len(ids))
        if len(records) < size:
            records.append(plan.record(row, base))
    page: Page = {"totalSize": len(ids), "done": len(ids) <= size}
    if not page["done"]:
        locator = _open(plan.org, Cursor(plan, ids, size, plan.org.world.clock.now()))
        page["nextRecordsUrl"] = f"{base}/query/{locator}-{size}"
    return page | {"records": records}


def _check_time(plan: Plan, count: int) -> None:
    most = plan.org.policies.max_query_rows
    if most and count > most:
        raise SalesforceError("QUERY_TIMEOUT", "Your query request was running for too long.")


def next_page(org: Org, locator: str, base: str) -> Page:
    """The page a locator such as `01g...-2000` names. Raises INVALID_QUERY_LOCATOR for one unknown or evicted."""
    name, _, start = locator.partition("-")
    cursor = org.keep(Cursors).get(name)
    is_gone = cursor is None or org.world.clock.now() - cursor.opened_at > LIFE
    if cursor is None or is_gone or not start.isdigit() or int(start) >= len(cursor.ids):
        raise SalesforceError("INVALID_QUERY_LOCATOR", "invalid query locator")
    stop = int(start) + cursor.page_size
    sobject = cursor.plan.sobject.name
    found = (rows.row(org, sobject, record_id) for record_id in cursor.ids[int(start) : stop])
    page: Page = {"totalSize": len(cursor.ids), "done": stop >= len(cursor.ids)}
    if not page["done"]:
        page["nextRecordsUrl"] = f"{base}/query/{name}-{stop}"
    return page | {"records": [cursor.plan.record(row, base) for row in found if row is not None]}


def _open(org: Org, cursor: Cursor) -> str:
    """Keep a cursor under a new locator; the oldest goes when there are ten."""
    name = setup_id("01g", next(org.numbers))
    cursors = org.keep(Cursors)
    cursors[name] = cursor
    while len(cursors) > MAX_CURSORS:
        cursors.popitem(last=False)
    return name
