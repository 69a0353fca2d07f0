"""Items that are a remote site of the org: what is entered there is what the check looks for."""

from urllib.parse import urlsplit

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from salesforce_package.items.declaration import Check, Evidence, Item
from salesforce_package.org import Finding, Org, State

EVIDENCE: Evidence = {
    "site_missing": _("There is no remote site for %(url)s."),
    "site_inactive": _("The remote site %(url)s is not active."),
    "site_active": _("The remote site %(url)s is active."),
}


def remote_site(key: str, *, title: Promise, how: Promise, name: str, url: str) -> Item:
    """An item for the remote site `url`, in which {munchkin_id} may stand; its `name` is Adobe's and may differ."""
    return Item(
        key=key,
        title=title,
        where=_("Setup > Remote Site Settings > New Remote Site"),
        how=how,
        path="/lightning/setup/SecurityRemoteProxy/home",
        values=(name, url),
        check=_is_active(url),
    )


def _is_active(url: str) -> Check:
    def check(org: Org) -> Finding:
        host = urlsplit(url.format(munchkin_id=org.expected.munchkin_id.lower())).hostname or ""
        values: dict[str, str | int] = {"url": f"https://{host}"}
        if host not in org.remote_sites:
            return Finding(State.MISSING, "site_missing", values)
        if not org.remote_sites[host]:
            return Finding(State.MISSING, "site_inactive", values)
        return Finding(State.DONE, "site_active", values)

    return check
