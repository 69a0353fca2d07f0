"""Settings > Notifications: the account's channels, and everybody's own."""

from functools import partial

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from accounts.access import fresh_sign_in_for, permission_required
from accounts.middleware import ConsoleRequest
from accounts.permissions import Permission
from accounts.services import RefusedError
from common.events import all_events
from notifications import services
from notifications.forms import ChannelForm, NewChannelForm
from notifications.models import Channel, ChannelKind
from notifications.services import Owner


def _owner(request: ConsoleRequest, *, is_own: bool) -> Owner:
    """Whose channels these are; 404 for strangers, 403 for members who may not choose for the account."""
    member = request.member
    if is_own and request.user.is_ops_staff:
        return Owner(user=request.user)
    if not member:
        raise Http404
    if is_own:
        return Owner(account=member.account, member=member)
    if not member.may(Permission.MANAGE_NOTIFICATIONS):
        raise PermissionDenied
    return Owner(account=member.account)


def _channel(request: ConsoleRequest, pk: int, *, is_own: bool) -> Channel:
    """Zero is the mails of somebody who has not changed them yet: no row, unless they have meanwhile."""
    if pk == 0:
        return _owner(request, is_own=is_own).channels()[0]
    return get_object_or_404(Channel, pk=pk, **_owner(request, is_own=is_own).fields())


def _page(is_own: bool) -> str:  # noqa: FBT001 (as the addresses pass it)
    return reverse("notifications:own" if is_own else "notifications:channels")


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
@fresh_sign_in_for(Permission.MANAGE_NOTIFICATIONS)
def channels(request: ConsoleRequest, *, is_own: bool) -> HttpResponse:
    """Every channel with its state, and which event goes where; a post chooses events."""
    owner = _owner(request, is_own=is_own)
    if request.method == "POST":
        services.choose_events(owner=owner, ticked=partial(_ticked, request), chosen_by=request.user)
        messages.success(request, _("Saved."))
        return redirect(_page(is_own))
    return _render(request, owner, owner.channels(), NewChannelForm(), is_own=is_own)


def _ticked(request: ConsoleRequest, channel: Channel) -> set[str]:
    """The page may be older than the row of the mails."""
    ticked = set(request.POST.getlist(f"channel-{channel.pk}"))
    return ticked | set(request.POST.getlist("channel-0")) if channel.is_mail else ticked


def _render(
    request: ConsoleRequest, owner: Owner, found: list[Channel], form: NewChannelForm, *, is_own: bool
) -> HttpResponse:
    wanted = [(channel, services.wanted_by(channel)) for channel in found]
    context = {
        "channels": found,
        "events": [
            (event, [(channel, event.key in keys) for channel, keys in wanted])
            for event in all_events()
            if owner.may_be_told(event)
        ],
        "form": form,
        "is_own": is_own,
    }
    return render(request, "notifications/channels.html", context, status=400 if form.is_bound else 200)


@permission_required(Permission.MANAGE_NOTIFICATIONS)
@require_POST
def keep(request: ConsoleRequest) -> HttpResponse:
    """Who is told is right as it is: the Setup guide asks no more."""
    services.keep_as_is(Owner(account=request.member.account))
    messages.success(request, _("Saved. Change it at any time under Settings > Admin Settings > Notifications."))
    return redirect("guide:setup")


@login_required
@require_POST
@fresh_sign_in_for(Permission.MANAGE_NOTIFICATIONS)
def add(request: ConsoleRequest, *, is_own: bool) -> HttpResponse:
    """A new chat or program."""
    owner, form = _owner(request, is_own=is_own), NewChannelForm(request.POST)
    if not form.is_valid():
        return _render(request, owner, owner.channels(), form, is_own=is_own)
    try:
        services.add_channel(
            owner=owner,
            kind=ChannelKind(form.cleaned_data["kind"]),
            address=form.cleaned_data["address"],
            language=request.user.language,
            added_by=request.user,
        )
    except RefusedError as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, _("Added. Send a test to see whether it works."))
    return redirect(_page(is_own))


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
@fresh_sign_in_for(Permission.MANAGE_NOTIFICATIONS)
def change(request: ConsoleRequest, pk: int, *, is_own: bool) -> HttpResponse:
    """When one channel is told, and where."""
    owner, channel = _owner(request, is_own=is_own), _channel(request, pk, is_own=is_own)
    form = ChannelForm(request.POST or None, instance=channel)
    if form.is_valid():
        services.change_channel(owner=owner, channel=channel, values=form.cleaned_data, changed_by=request.user)
        messages.success(request, _("Saved."))
        return redirect(_page(is_own))
    context = {"form": form, "channel": channel, "is_own": is_own, "page": _page(is_own)}
    return render(request, "notifications/channel.html", context, status=400 if form.is_bound else 200)


@login_required
@require_POST
@fresh_sign_in_for(Permission.MANAGE_NOTIFICATIONS)
def test(request: ConsoleRequest, pk: int, *, is_own: bool) -> HttpResponse:
    """Send the message of a real event, to see whether the channel works."""
    channel = _channel(request, pk, is_own=is_own)
    channel = channel if channel.pk else _owner(request, is_own=is_own).mail_in_use()
    try:
        outcome = services.send_test(channel=channel, tested_by=request.user)
    except RefusedError as refusal:
        messages.error(request, str(refusal))
        return redirect(_page(is_own))
    if outcome.trouble:
        messages.error(request, _("The test was not taken. %(why)s") % {"why": outcome.trouble.label})
    else:
        messages.success(request, _("The test was taken after %(seconds).1f seconds.") % {"seconds": outcome.seconds})
    return redirect(_page(is_own))


@login_required
@require_POST
@fresh_sign_in_for(Permission.MANAGE_NOTIFICATIONS)
def remove(request: ConsoleRequest, pk: int, *, is_own: bool) -> HttpResponse:
    """Tell a channel nothing more."""
    channel = _channel(request, pk, is_own=is_own)
    try:
        services.remove_channel(channel=channel, removed_by=request.user)
    except RefusedError as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, _("Removed. Nothing more is sent there."))
    return redirect(_page(is_own))
