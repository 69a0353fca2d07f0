"""Who may open the Marketo pages: admins of a Marketo instance, as its user management names them."""

from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate

from django.contrib.auth.decorators import login_required
from django.http import HttpResponseBase

from accounts.access import refusal
from accounts.middleware import ConsoleRequest
from connections.models import MarketoInstance

MarketoView = Callable[Concatenate[ConsoleRequest, MarketoInstance, ...], HttpResponseBase]


def marketo_admin_required(view: MarketoView) -> Callable[..., HttpResponseBase]:
    """Let admins of a Marketo instance in; the view gets the instance after the request."""

    @wraps(view)
    def guarded(request: ConsoleRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        instance = MarketoInstance.objects.administered_by(request.user).select_related("account").first()
        if not instance:
            raise refusal(request)
        return view(request, instance, *args, **kwargs)

    return login_required(guarded)
