"""The Setup guide, and asking a Salesforce admin for help with a step."""

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.text import get_text_list
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_http_methods, require_safe

from accounts.access import permission_required
from accounts.middleware import ConsoleRequest
from accounts.permissions import Permission
from accounts.services import RefusedError
from common.address_fields import MailableAddressField
from connections.services.health import own_salesforce_health
from guide.overview import overview_of
from guide.setup_state import SetupState, setup_state_for
from guide.status import latest_events, status_of
from guide.steps import ASKED_FOR, TITLES
from guide.trouble import trouble_of
from invitations.services import ask_salesforce_admin
from notifications.services import is_settled


@require_safe
@login_required
def setup(request: ConsoleRequest) -> HttpResponseBase:
    """Home: the seven steps as they stand for the account of this person, or its status once all are done."""
    facts = setup_state_for(request.user, request.member)
    if not facts:
        if request.user.is_ops_staff:
            return redirect("operations:overview")
        return render(request, "guide/no_account.html")
    overview = overview_of(facts)
    context: dict[str, object] = {"facts": facts, "overview": overview}
    # Whoever cannot connect the account has just their own connection to look after.
    if request.member and not request.member.may(Permission.CONNECT_SALESFORCE):
        context["own_salesforce"] = own_salesforce_health(request.member)
    if request.member and request.member.may(Permission.READ_AUDIT_TRAIL):
        context["events"] = latest_events(request.member.account)
    context["asks_who_is_told"] = _asks_who_is_told(request, facts)
    if facts.account and overview.is_complete:
        good = facts.account.last_success
        context["status"] = status_of(facts.account.account, good.people if good else 0)
        context["trouble"] = trouble_of(facts.account, overview, facts.viewer)
    return render(request, "guide/status.html" if "status" in context else "guide/setup.html", context)


def _asks_who_is_told(request: ConsoleRequest, facts: SetupState) -> bool:
    """Once, as soon as there is something to tell: after step 4."""
    if not (request.member and request.member.may(Permission.MANAGE_NOTIFICATIONS)):
        return False
    return not is_settled(request.member.account) and bool(facts.account and facts.account.last_success)


class AskForm(forms.Form):
    """Whom to ask."""

    email = MailableAddressField(
        label=gettext_lazy("Email address of the Salesforce admin"),
        max_length=254,
        widget=forms.EmailInput(attrs={"class": "form-control", "autocomplete": "email"}),
    )


@require_http_methods(["GET", "HEAD", "POST"])
@permission_required(Permission.ASK_SALESFORCE_ADMIN)
def ask(request: ConsoleRequest, step: int) -> HttpResponse:
    """Ask a Salesforce admin by mail to do step 2, 6 and 7, or 7."""
    if step not in ASKED_FOR:
        raise Http404
    form = AskForm(request.POST or None)
    if form.is_valid() and _send(request, form, step):
        return redirect("guide:setup")
    titles = [TITLES[number] for number in ASKED_FOR[step]]
    context = {"form": form, "steps": _numbers(step), "titles": titles}
    return render(request, "guide/ask.html", context, status=400 if form.is_bound else 200)


def _send(request: ConsoleRequest, form: AskForm, step: int) -> bool:
    email = form.cleaned_data["email"]
    try:
        ask_salesforce_admin(account=request.member.account, email=email, step=step, invited_by=request.member.user)
    except RefusedError as error:
        form.add_error("email", str(error))
        return False
    text = ngettext(
        "%(email)s gets a mail that asks for step %(steps)s.",
        "%(email)s gets a mail that asks for steps %(steps)s.",
        len(ASKED_FOR[step]),
    )
    messages.success(request, text % {"email": email, "steps": _numbers(step)})
    return True


def _numbers(step: int) -> str:
    return get_text_list([str(number) for number in ASKED_FOR[step]], _("and"))
