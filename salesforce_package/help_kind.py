"""Links for help may be about an item of the checklist."""

from accounts.permissions import Permission
from diagnostics.help_links import HelpKind, HelpRequest, Subject
from salesforce_package.services import check_package
from salesforce_package.state import package_state


def _about_item(subject: Subject) -> HelpRequest | None:
    entries = package_state(subject.account).items
    entry = next((entry for entry in entries if entry.item.key == subject.key), None)
    if entry is None:
        return None
    return HelpRequest(
        company=subject.account.name,
        what=entry.item.title,
        found=entry.found,
        todo=entry.item.how,
        who=entry.item.who,
        is_solved=entry.is_settled,
        where=entry.item.where,
        setup_url=entry.setup_url,
        values=entry.values,
        parts=[part for part in entry.parts if not part.is_done],
        is_checked=entry.item.is_verifiable,
    )


def _check(subject: Subject) -> None:
    check_package(subject.account)


ITEM = HelpKind(
    name="item",
    describe=_about_item,
    check=_check,
    page="salesforce_package:package",
    has_anchor=True,
    permission=Permission.CONFIGURE_PACKAGE,
)
