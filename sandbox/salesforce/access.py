"""The org as one of its users sees it: which rows of an object are shared with them."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator
from functools import cached_property
from typing import Final

from sandbox.salesforce import rows
from sandbox.salesforce.org import Org, Row
from sandbox.salesforce.schema import SObject

Test = Callable[[Row], bool]
SHARED: Final = frozenset({"Lead", "Contact", "Account", "Opportunity", "Task"})
"""The objects whose rows belong to somebody and are shared one by one. A role is shared with its opportunity."""


class Access:
    """What `username` may see. Without a name it is the org itself, to which nothing is hidden."""

    def __init__(self, org: Org, username: str = "") -> None:
        self.org = org
        self.username = username

    def sobject(self, name: str) -> SObject | None:
        """An object with the fields the user may see; None when there is none."""
        return self.org.sobject(name)

    def known_sobject(self, name: str) -> SObject:
        """As `sobject`, for the name of an object that exists."""
        return self.org.known_sobject(name)

    def test(self, sobject: str) -> Test | None:
        """Tells whether a row of an object is shared with the user; None when all are."""
        sharing = self.org.sharing.get(self.username)
        if sharing is None:
            return None
        if sobject == "OpportunityContactRole":
            return self._is_of_shared_opportunity
        if sobject == "Account":
            return lambda row: self._is_shared(row) or row["Id"] in self._accounts_of_children
        return self._is_shared if sobject in SHARED else None

    def sees(self, sobject: str, row: Row) -> bool:
        test = self.test(sobject)
        return test is None or test(row)

    def row(self, sobject: str, record_id: str) -> Row | None:
        """One row by its 18-character id; None when there is none, and when it is not shared with the user."""
        found = rows.row(self.org, sobject, record_id)
        return found if found is not None and self.sees(sobject, found) else None

    def _is_shared(self, row: Row) -> bool:
        sharing = self.org.sharing[self.username]
        if sharing.owners is not None and row.get("OwnerId") not in sharing.owners:
            return False
        return zlib.crc32(row["Id"][:15].encode()) % 100 < sharing.percent

    def _is_of_shared_opportunity(self, row: Row) -> bool:
        found = rows.row(self.org, "Opportunity", row["OpportunityId"] or "")
        return found is not None and self._is_shared(found)

    @cached_property
    def _accounts_of_children(self) -> frozenset[str]:
        """Who may read a contact or an opportunity may read its account (Salesforce, "Implicit Sharing": parent)."""
        return frozenset(row["AccountId"] for row in self._shared_children() if row["AccountId"])

    def _shared_children(self) -> Iterator[Row]:
        for name in ("Contact", "Opportunity"):
            yield from filter(self._is_shared, rows.all_rows(self.org, name))
