"""Who may open the Marketo pages: admins of a Marketo instance, as its user management names them."""

from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponseBase
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from accounts.access import access_error
from accounts.middleware import ConsoleRequest
from connections.models import MarketoInstance


class MarketoRequest(ConsoleRequest):
    """A request of a Marketo admin: `marketo_instances` are theirs, the one they work in first."""

    marketo_instances: list[MarketoInstance]


MarketoView = Callable[Concatenate[MarketoRequest, MarketoInstance, ...], HttpResponseBase]


def marketo_admin_required(view: MarketoView) -> Callable[..., HttpResponseBase]:
    """
    Let admins of a Marketo instance in; the view gets the instance after the request.

    A page that stayed open shows an instance that may not be the chosen one any more: links and forms say in `instance`
    which one they mean (its Munchkin Account ID), and nothing is done in another. Forms of admins of several must say.
    """

    @wraps(view)
    def guarded(request: MarketoRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        request.marketo_instances = list(
            MarketoInstance.objects.administered_by(request.user).select_related("account")
        )
        if not request.marketo_instances:
            raise access_error(request)
        if not _means(request, request.marketo_instances[0]):
            messages.error(
                request, _("Nothing was done: you work in another Marketo instance now, chosen in another tab.")
            )
            return redirect("guide:actions_config")
        return view(request, request.marketo_instances[0], *args, **kwargs)

    return login_required(guarded)


def _means(request: MarketoRequest, chosen: MarketoInstance) -> bool:
    """Is the request about the chosen instance?"""
    if request.method == "POST":
        return request.POST.get("instance", _only(request)) == chosen.munchkin_id
    return request.GET.get("instance", chosen.munchkin_id) == chosen.munchkin_id


def _only(request: MarketoRequest) -> str:
    """What a form means that does not say."""
    return request.marketo_instances[0].munchkin_id if len(request.marketo_instances) == 1 else ""
