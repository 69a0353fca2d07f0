"""Who may open the Marketo pages: admins of a Marketo instance, as its user management names them."""

from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate

from django.contrib.auth.decorators import login_required
from django.http import HttpResponseBase

from accounts.access import refusal
from accounts.middleware import ConsoleRequest
from connections.models import MarketoInstance


class MarketoRequest(ConsoleRequest):
    """A request of a Marketo admin: `marketo_instances` are theirs, the one they work in first."""

    marketo_instances: list[MarketoInstance]


MarketoView = Callable[Concatenate[MarketoRequest, MarketoInstance, ...], HttpResponseBase]


def marketo_admin_required(view: MarketoView) -> Callable[..., HttpResponseBase]:
    """Let admins of a Marketo instance in; the view gets the instance after the request."""

    @wraps(view)
    def guarded(request: MarketoRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        request.marketo_instances = list(
            MarketoInstance.objects.administered_by(request.user).select_related("account")
        )
        if not request.marketo_instances:
            raise refusal(request)
        return view(request, request.marketo_instances[0], *args, **kwargs)

    return login_required(guarded)
