"""
Which hosts this console may call. A typed or returned address is matched whole against a pattern and rebuilt from the
matched name, so no two parsers can read it differently; local addresses come from server settings only.
"""

import re
from collections.abc import Collection
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from typing import Literal

_FLAGS = re.ASCII | re.IGNORECASE
_LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
# Adobe names a Marketo instance by its Munchkin id: https://123-ABC-456.mktorest.com
_MARKETO = re.compile(
    r"(?:https://)?(\d{3}-[a-z0-9]{3}-\d{3})(?:\.mktorest\.com(?::443)?(?:/(?:rest|identity)?)?/?)?", _FLAGS
)
# People paste the address bar of Lightning; Salesforce documents that it names the same My Domain.
_MY_DOMAIN = re.compile(
    rf"(?:https://)?({_LABEL}(?:\.(?:sandbox|develop|scratch|demo|patch|trailblaze))?)"
    r"(?:\.(?:my\.salesforce|lightning\.force)\.com(?::443)?(?:/[^\s\\]*)?)?",
    _FLAGS,
)
_INSTANCE = re.compile(
    rf"https://((?:{_LABEL}\.)+"
    r"(?:(?:salesforce|force|cloudforce|salesforceliveagent)\.com|(?:crmforce|salesforce)\.mil|sfcrm(?:products|apps)\.cn))"
    r"(?::443)?/?",
    _FLAGS,
)

# IPv4-compatible addresses (RFC 4291) and those for NAT64 (RFC 6052) end with one of version 4.
_CARRIERS = (IPv6Network("::/96"), IPv6Network("64:ff9b::/96"))

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

    `local_origin`, from server settings, stands in for every choice that is allowed: a console set up against a sandbox
    server must send nobody to the real Salesforce. Raises ForbiddenHost.
    """
    if choice == "my_domain":
        origin = f"https://{_match(_MY_DOMAIN, my_domain.strip())}.my.salesforce.com"
    else:
        origin = {"production": "https://login.salesforce.com", "sandbox": "https://test.salesforce.com"}[choice]
    return local_origin or origin


def check_instance_url(url: str, *, extra_origins: Collection[str]) -> str:
    """
    The origin of a returned `instance_url`, safe to send a token to. Raises ForbiddenHost.

    The suffixes are those of Salesforce's own command line tool, without Lightning's, which serves pages but no API.
    """
    if url.rstrip("/") in extra_origins:
        return url.rstrip("/")
    host = _match(_INSTANCE, url)
    if host.endswith(".lightning.force.com"):
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
    if not (inner or ip).is_global:
        raise ForbiddenHost


def _inside(ip: IPv6Address) -> IPv4Address | None:
    """The address of version 4 that travels inside one of version 6."""
    if any(ip in network for network in _CARRIERS):
        return IPv4Address(int(ip) & 0xFFFFFFFF)
    return ip.ipv4_mapped or ip.sixtofour


def _match(pattern: re.Pattern[str], text: str) -> str:
    """The host part of the text, in lower case."""
    found = pattern.fullmatch(text)
    if not found:
        raise ForbiddenHost
    return found[1].lower()
