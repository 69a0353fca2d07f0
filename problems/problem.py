"""A problem as people are told of it, and who they may be."""

from dataclasses import dataclass, replace
from typing import Self

from django.conf import settings
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True)
class Problem:
    """Three sentences for the person at the screen; `values` are words to look for or to enter over there."""

    what: Promise
    todo: Promise
    who: Promise
    values: tuple[str, ...] = ()
    # An address list over there may be the cause: the page names the addresses from which this console calls.
    is_about_addresses: bool = False

    @property
    def egress_addresses(self) -> list[str]:
        return settings.EGRESS_ADDRESSES if self.is_about_addresses else []

    def told_to_others(self) -> Self:
        """Where whoever reads it is not at that screen, such as in a mail, or as somebody who watches over accounts."""
        return replace(self, who=ACCOUNT_ADMIN) if self.who is YOU else self

    @property
    def can_be_handed_on(self) -> bool:
        """Is it for somebody who acts in another system and needs no account here?"""
        return self.who in (SALESFORCE_ADMIN, MARKETO_ADMIN)


YOU = _("You")
ACCOUNT_ADMIN = _("An Admin or a Salesforce admin of the Sales account")
SALESFORCE_ADMIN = _("A Salesforce admin of your company")
MARKETO_ADMIN = _("A Marketo admin of your company")
OPERATOR = _("The operator of this console")
# Of those who watch over the data sync: whoever of them finds the cause.
WATCHERS = _("A Marketo admin of your company, an Admin of the Sales account, or the operator of this console")
NOBODY = _("Nobody: it goes away by itself")
