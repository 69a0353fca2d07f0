"""The org as one of its users sees it: the objects and fields they may read, and the rows that are shared with them."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import cached_property
from typing import Final

from sandbox.salesforce import rows
from sandbox.salesforce.org import Org, Row
from sandbox.salesforce.permissions import BEHIND, GOVERNED, field_rights, granted, holders, may_view_all_data
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
        """An object with the fields the user may see; None when there is none, and when the user may not read it."""
        found = self.org.sobject(name)
        return self._allowed(found) if found is not None and self.may_read(found.name) else None

    def known_sobject(self, name: str) -> SObject:
        """As `sobject`, for the name of an object that exists, also when the user may not read it."""
        return self._allowed(self.org.known_sobject(name))

    def _allowed(self, sobject: SObject) -> SObject:
        hidden, fixed = [], []
        for name in {name for _, of, name in self.org.field_rights if of == sobject.name} if self.username else ():
            found = [field_rights(self.org, holder, sobject.name, name) for holder in self._holders]
            if not any(item.may_read for item in found):
                hidden.append(name)
            elif name.lower() in sobject.fields and not any(item.may_edit for item in found):
                fixed.append(replace(sobject.fields[name.lower()], is_read_only=True))
        return sobject.with_fields(fixed, hidden) if hidden or fixed else sobject

    @cached_property
    def _holders(self) -> list[str]:
        return holders(self.org, self.username) if self.username else []

    def may_read(self, sobject: str) -> bool:
        """Whether the user's profile or one of their permission sets lets them read an object at all."""
        governing = BEHIND.get(sobject, (sobject,))
        return all(self._has(name, "may_read") for name in governing if name in GOVERNED)

    def _may_view_all(self, sobject: str) -> bool:
        """Whether sharing does not matter: the user has View All Records on the object, or View All Data."""
        name = BEHIND.get(sobject, (sobject,))[0]
        if name in GOVERNED:
            return self._has(name, "may_view_all")
        return any(may_view_all_data(self.org, holder) for holder in self._holders)

    def _has(self, sobject: str, right: str) -> bool:
        return not self.username or any(getattr(item, right) for item in granted(self.org, self.username, sobject))

    def test(self, sobject: str) -> Test | None:
        """Tells whether a row of an object is shared with the user; None when all are."""
        sharing = self.org.sharing.get(self.username)
        if sharing is None or self._may_view_all(sobject):
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
