"""A POST of JSON to an address that somebody typed. What it answers is read for its status alone."""

from collections.abc import Mapping
from http import HTTPStatus

import requests

from clients.deadline import deadline
from clients.hosts import ForbiddenHost
from clients.http import retry_after_seconds
from notifications.models import Trouble
from notifications.senders.hosts import open_session
from notifications.senders.taking import NotTaken

# Far below what a provider is given: a receiver of messages answers at once, or is tried again.
TIMEOUT_SECONDS = (5.0, 10.0)
# Of all of it: meanwhile the message is kept from every other worker.
DEADLINE_SECONDS = 20.0
_BUSY = {HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_MANY_REQUESTS}


def post(address: str, body: bytes, headers: Mapping[str, str]) -> None:
    """Raises NotTaken for everything but a 2xx."""
    try:
        with deadline(DEADLINE_SECONDS), open_session(address) as session:
            response = session.post(
                address,
                data=body,
                headers={"Content-Type": "application/json", **headers},
                timeout=TIMEOUT_SECONDS,
                # Nothing of the body is wanted.
                stream=True,
            )
            response.close()
    except ForbiddenHost:
        raise NotTaken(Trouble.FORBIDDEN_HOST) from None
    except requests.exceptions.SSLError:
        raise NotTaken(Trouble.CERTIFICATE) from None
    except requests.Timeout:
        raise NotTaken(Trouble.TIMEOUT) from None
    except (requests.RequestException, UnicodeError):
        # UnicodeError: a name that IDNA cannot hold, such as one with an empty label.
        raise NotTaken(Trouble.UNREACHABLE) from None
    _check(response)


def _check(response: requests.Response) -> None:
    status = response.status_code
    if status < 300:
        return
    if status < 400:
        raise NotTaken(Trouble.REDIRECTED)
    if status == HTTPStatus.GONE:
        raise NotTaken(Trouble.GONE, is_final=True)
    if status >= 500 or status in _BUSY:
        raise NotTaken(Trouble.BUSY, retry_after=retry_after_seconds(response))
    raise NotTaken(Trouble.REFUSED)
