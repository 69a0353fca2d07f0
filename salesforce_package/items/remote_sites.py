"""Items that are a remote site of the org: what is entered there is what the check looks for."""

from urllib.parse import urlsplit

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from salesforce_package.facts import Source
from salesforce_package.items.declaration import Check, Evidence, Item, Place
from salesforce_package.org import Finding, Org, State

EVIDENCE: Evidence = {
    "site_missing": _("There is no remote site for %(url)s."),
    "site_inactive": _("The remote site %(url)s is not active."),
    "site_active": _("The remote site %(url)s is active."),
    "site_retired": _(
        "There is no active remote site for %(url)s. That is right unless something of yours still calls Marketo's "
        "SOAP API, which Adobe removed on July 31, 2026."
    ),
}


def remote_site(
    key: str, *, title: Promise, how: Promise, name: str, url: str, source: Source, is_retired: bool = False
) -> Item:
    """
    An item for the remote site `url`, in which {munchkin_id} may stand; its `name` is Adobe's and may differ. Of one
    that Adobe has retired nothing is missing where it is not there.
    """
    return Item(
        key=key,
        title=title,
        place=Place.SITES,
        where=_("Setup > Remote Site Settings > New Remote Site"),
        how=how,
        path="/lightning/setup/SecurityRemoteProxy/home",
        values=(name, url),
        is_optional=is_retired,
        check=_is_active(url, is_retired=is_retired),
        source=source,
    )


def _is_active(url: str, *, is_retired: bool) -> Check:
    def check(org: Org) -> Finding:
        host = urlsplit(url.format(munchkin_id=org.expected.munchkin_id.lower())).hostname or ""
        values: dict[str, str | int] = {"url": f"https://{host}"}
        if is_retired and not org.remote_sites.get(host):
            return Finding(State.UNKNOWN, "site_retired", values)
        if host not in org.remote_sites:
            return Finding(State.MISSING, "site_missing", values)
        if not org.remote_sites[host]:
            return Finding(State.MISSING, "site_inactive", values)
        return Finding(State.DONE, "site_active", values)

    return check
