"""How an operator enters a customer's Marketo instance."""

from typing import cast

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.access import access_error, fresh_sign_in_required_first
from accounts.models import User
from marketo_instances.forms import MarketoInstanceForm
from marketo_instances.services import register_marketo_instance
from problems.messages import ConnectionProblem


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def new_marketo_instance(request: HttpRequest) -> HttpResponseBase:
    """The form for superusers; the command register_marketo_instance does the same."""
    if not cast("User", request.user).is_superuser:
        raise access_error(request)
    return _new_marketo_instance(request)


@fresh_sign_in_required_first
def _new_marketo_instance(request: HttpRequest) -> HttpResponse:
    form = MarketoInstanceForm(request.POST or None)
    problem = None
    if form.is_valid():
        try:
            instance = register_marketo_instance(**form.cleaned_data, by=cast("User", request.user))
        except ConnectionProblem as refused:
            problem = refused.problem
        else:
            messages.success(request, _("%(instance)s is registered.") % {"instance": instance})
            return redirect("connections:new_marketo_instance")
    return render(request, "marketo_instances/new_marketo_instance.html", {"form": form, "problem": problem})
