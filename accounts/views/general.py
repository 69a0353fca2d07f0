"""Settings > Admin Settings > General."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts import services
from accounts.access import has_signed_in_with_salesforce, permission_required
from accounts.forms import LoginPolicyForm
from accounts.middleware import ConsoleRequest
from accounts.models import LoginPolicy, Member
from accounts.permissions import Permission


@permission_required(Permission.MANAGE_ACCOUNT)
@require_http_methods(["GET", "HEAD", "POST"])
def general(request: ConsoleRequest) -> HttpResponse:
    """The card Login Management; a post changes how members sign in."""
    account, user = request.member.account, request.member.user
    is_with_salesforce = has_signed_in_with_salesforce(request, user)
    form = LoginPolicyForm(request.POST or None, initial={"policy": account.login_policy})
    if form.is_valid():
        try:
            services.set_login_policy(
                account=account,
                policy=LoginPolicy(form.cleaned_data["policy"]),
                changed_by=user,
                is_with_salesforce=is_with_salesforce,
            )
        except services.RefusedError as refused:
            form.add_error(None, str(refused))
        else:
            messages.success(request, _("How members sign in was saved."))
            return redirect("accounts:general")
    context = {
        "form": form,
        "can_choose_salesforce": is_with_salesforce or account.is_salesforce_only,
        "unlinked": [member.user for member in Member.objects.for_account(account).unlinked().for_display()],
    }
    return render(request, "accounts/general.html", context, status=400 if form.is_bound else 200)
