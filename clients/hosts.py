"""
Which hosts this console may call. A typed or returned address is matched whole against a pattern and rebuilt from the
matched name, so no two parsers can read it differently; local addresses come from server settings only.
"""

import re
from collections.abc import Collection
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Literal

_FLAGS = re.ASCII | re.IGNORECASE
_LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
# Adobe names a Marketo instance by its Munchkin id: https://123-ABC-456.mktorest.com
_MARKETO = re.compile(
    r"(?:https://)?(\d{3}-[a-z0-9]{3}-\d{3})(?:\.mktorest\.com(?::443)?(?:/(?:rest|identity)?)?/?)?", _FLAGS
)


@dataclass(frozen=True)
class _Cloud:
    """One of Salesforce's clouds: where its orgs log in and answer calls, and where their pages are."""

    my_domain: str
    # Pages of an org: each names its My Domain, none answers calls.
    pages: tuple[str, ...]
    # Below which an org's API may be.
    api: tuple[str, ...]


# Salesforce help, "My Domain URL Formats" (with enhanced domains, which every org has); Salesforce's own command line
# tool (forcedotcom/sfdx-core, sfdcUrl.ts) has the hosts of the API and .crmforce.mil, Salesforce Inspector Reloaded the
# other pages of .mil, jsforce those of .cn.
_CLOUDS = (
    _Cloud(
        "my.salesforce.com",
        (
            "lightning.force.com",
            "my.salesforce-setup.com",
            "vf.force.com",
            "file.force.com",
            "my.site.com",
            "my.salesforce-sites.com",
        ),
        ("salesforce.com", "force.com", "cloudforce.com", "salesforceliveagent.com"),
    ),
    _Cloud(
        "my.salesforce.mil",
        ("lightning.crmforce.mil", "lightning.force.mil", "my.salesforce-setup.mil"),
        ("salesforce.mil", "crmforce.mil"),
    ),
    _Cloud("my.sfcrmproducts.cn", ("lightning.sfcrmapps.cn",), ("sfcrmproducts.cn", "sfcrmapps.cn")),
)
_MY_DOMAIN_OF = {suffix: cloud.my_domain for cloud in _CLOUDS for suffix in (cloud.my_domain, *cloud.pages)}
_PAGES = tuple(f".{suffix}" for cloud in _CLOUDS for suffix in cloud.pages)


def _one_of(suffixes: Collection[str]) -> str:
    return "|".join(map(re.escape, suffixes))


# The part behind the name tells the kind of org; cs12 and the like are of sandboxes from before enhanced domains.
_KIND = r"sandbox|develop|scratch|demo|patch|trailblaze|free|cs\d{1,3}"
# Microsoft Defender for Cloud Apps adds .mcas.ms to every host in the address bar.
_MY_DOMAIN = re.compile(
    rf"(?:https://)?(?P<name>(?!xn--){_LABEL})(?P<kind>\.(?:{_KIND}))?"
    rf"(?:\.(?P<suffix>{_one_of(_MY_DOMAIN_OF)})(?:\.mcas\.ms)?\.?(?::443)?(?:[/?#][^\s\\]*)?)?",
    _FLAGS,
)
# What mails and chats put around an address: brackets, quotes, letters that nobody sees.
_AROUND = "<>\"'\u201c\u201d\u200b\ufeff"
_INSTANCE = re.compile(
    rf"https://((?:{_LABEL}\.)+(?:{_one_of([suffix for cloud in _CLOUDS for suffix in cloud.api])}))(?::443)?/?",
    _FLAGS,
)

# IPv4-compatible addresses (RFC 4291) and those for NAT64 (RFC 6052) end with one of version 4.
_CARRIERS = (IPv6Network("::/96"), IPv6Network("64:ff9b::/96"))

# IANA's special-purpose registries; Python 3.11 counts these among the global ones: protocol assignments, the relays
# of 6to4, local NAT64, documentation.
_NOT_OF_THE_INTERNET = [
    ip_network(network)
    for network in ("192.0.0.0/24", "192.88.99.0/24", "64:ff9b:1::/48", "2001::/23", "3fff::/20", "5f00::/16")
]

# All that is given out of version 6 (IANA, "Internet Protocol Version 6 Address Space"): the rest is kept back, local,
# or carries addresses in ways of its own.
_INTERNET_6 = IPv6Network("2000::/3")

PRODUCTION_LOGIN, SANDBOX_LOGIN = "https://login.salesforce.com", "https://test.salesforce.com"
LOGINS_OF_ALL_ORGS = (f"{PRODUCTION_LOGIN}/", f"{SANDBOX_LOGIN}/")
LoginChoice = Literal["production", "sandbox", "my_domain"]


class ForbiddenHost(ValueError):
    """The address is none this console may call. Carries no text: what was typed may hold a password."""


def normalise_marketo_endpoint(text: str, *, extra_hosts: Collection[str]) -> str:
    """
    The origin for a Munchkin id, a host or the endpoint address copied from Marketo's Web Services page.

    `extra_hosts` are the exact origins that server settings allow besides. Raises ForbiddenHost.
    """
    typed = text.strip()
    origin = typed.rstrip("/").removesuffix("/rest").removesuffix("/identity")
    if origin in extra_hosts:
        return origin
    return f"https://{_match(_MARKETO, typed)}.mktorest.com"


def salesforce_login_origin(choice: LoginChoice, my_domain: str, *, local_origin: str | None) -> str:
    """
    The origin of the Salesforce login page for a choice on the Connect form; `my_domain` counts for that choice only.

    Addresses of the pages of `local_origin`, a server that settings name, are those of an org, too. Raises
    ForbiddenHost.
    """
    if choice != "my_domain":
        return {"production": PRODUCTION_LOGIN, "sandbox": SANDBOX_LOGIN}[choice]
    typed = my_domain.strip().strip(_AROUND).strip()
    if local_origin and f"{typed}/".startswith(f"{local_origin}/"):
        return local_origin
    return _my_domain_origin(typed)


def is_sandbox_login(origin: str) -> bool:
    """Do sandboxes log in at this origin, which `salesforce_login_origin` made?"""
    return origin == SANDBOX_LOGIN or any(kind in origin for kind in (".sandbox.my.", ".scratch.my."))


def assertion_audience(origin: str) -> str:
    """
    Whom a JWT bearer token is for that is sent to a login page: Salesforce's two names for all its orgs, as its command
    line tool has it (forcedotcom/sfdx-core, `getJwtAudienceUrl`); other clouds and servers of this machine themselves.
    """
    if not origin.endswith(".salesforce.com"):
        return origin
    return SANDBOX_LOGIN if is_sandbox_login(origin) else PRODUCTION_LOGIN


def check_instance_url(url: str, *, extra_origins: Collection[str]) -> str:
    """
    The origin of a returned `instance_url`, safe to send a token to. Raises ForbiddenHost.

    Pages of an org, such as Lightning's, are refused: they answer no calls.
    """
    if url.rstrip("/") in extra_origins:
        return url.rstrip("/")
    host = _match(_INSTANCE, url)
    if host.endswith(_PAGES):
        raise ForbiddenHost
    return f"https://{host}"


def must_be_public(origin: str) -> bool:
    """
    Must the name of an origin lead to a public address? All that people type and providers answer must; what server
    settings allow besides may be a local server.
    """
    return origin.startswith("https://") and bool(_INSTANCE.fullmatch(origin) or _MARKETO.fullmatch(origin))


def check_public(address: str) -> None:
    """Raise ForbiddenHost for an IP address that is not of the internet: loopback, private, link-local, metadata."""
    ip = ip_address(address.partition("%")[0])
    inner = _inside(ip) if isinstance(ip, IPv6Address) else None
    real = inner or ip
    is_given_out = isinstance(real, IPv4Address) or real in _INTERNET_6
    if not (real.is_global and is_given_out) or real.is_multicast or any(real in net for net in _NOT_OF_THE_INTERNET):
        raise ForbiddenHost


def _inside(ip: IPv6Address) -> IPv4Address | None:
    """The address of version 4 that travels inside one of version 6."""
    if any(ip in network for network in _CARRIERS):
        return IPv4Address(int(ip) & 0xFFFFFFFF)
    return ip.ipv4_mapped or ip.sixtofour


def _my_domain_origin(typed: str) -> str:
    """Where the org logs in that a name, or the address of one of its pages, belongs to."""
    found = _MY_DOMAIN.fullmatch(typed)
    if not found:
        raise ForbiddenHost
    name, kind, suffix = ((found[part] or "").lower() for part in ("name", "kind", "suffix"))
    if suffix == "vf.force.com":
        # Visualforce adds the namespace of the page's package, or c.
        name = name.rpartition("--")[0]
    if not name:
        raise ForbiddenHost
    if not suffix:
        kind = kind or _usual_kind(name)
    return f"https://{name}{kind}.{_MY_DOMAIN_OF.get(suffix, _CLOUDS[0].my_domain)}"


def _usual_kind(name: str) -> str:
    """What follows a name that somebody typed alone: two hyphens are in names of sandboxes only."""
    if "--" in name:
        return ".sandbox"
    # Salesforce gives such names to the Developer Edition orgs of its own sign-up.
    return ".develop" if name.startswith("orgfarm-") else ""


def _match(pattern: re.Pattern[str], text: str) -> str:
    """The host part of the text, in lower case."""
    found = pattern.fullmatch(text)
    if not found:
        raise ForbiddenHost
    return found[1].lower()
