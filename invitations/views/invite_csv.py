"""Invite Users via CSV: choose a file, confirm what its columns mean, invite."""

from collections import Counter
from collections.abc import Iterator
from urllib.parse import urlencode

from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from accounts.access import fresh_sign_in_required_to_read, permission_required
from accounts.exports import export
from accounts.middleware import ConsoleRequest
from accounts.models import Team
from accounts.permissions import Permission, Role
from common.errors import NotFoundError
from invitations import services, uploads
from invitations.audit_actions import InvitationAction
from invitations.csv_file import OpenFile
from invitations.csv_rows import InviteRow, read_people, template_file
from invitations.forms import UploadForm
from invitations.models import CsvUpload
from invitations.views.invite import PROBLEMS_SHOWN, to_outcome


@permission_required(Permission.MANAGE_USERS, asks_first=True)
@require_http_methods(["GET", "HEAD", "POST"])
def upload(request: ConsoleRequest) -> HttpResponse:
    """First page: the file."""
    if request.method == "POST" and not uploads.may_upload(request.member.user):
        messages.error(request, _("You have uploaded many files within an hour. Wait an hour, and go on then."))
        return render(request, "invitations/csv_upload.html", {"form": UploadForm()}, status=429)
    form = UploadForm(request.POST, request.FILES) if request.method == "POST" else UploadForm()
    if not form.is_valid():
        return render(request, "invitations/csv_upload.html", {"form": form}, status=400 if form.is_bound else 200)
    kept = uploads.keep_upload(
        account=request.member.account, uploaded_by=request.member.user, data=form.cleaned_data["file"]
    )
    return redirect("invitations:csv_mapping", pk=kept.pk)


@permission_required(Permission.MANAGE_USERS)
@require_http_methods(["GET", "HEAD", "POST"])
def mapping(request: ConsoleRequest, pk: int) -> HttpResponse:
    """Second page: the columns as guessed or as chosen, every row that cannot be used; a post invites the others."""
    kept = _upload(request, pk)
    file = OpenFile(bytes(kept.data), request.POST if request.method == "POST" else None)
    people = _judge(request, file)
    is_decided = request.method == "POST" and not file.is_to_be_checked
    if not is_decided or not file.is_valid:
        return render(
            request, "invitations/csv_mapping.html", _context(file, people), status=200 if file.is_valid else 400
        )
    outcome = services.invite_from_upload(upload=kept, addresses=_good(people))
    return to_outcome(request, outcome, [person for person in people if person.problem])


@permission_required(Permission.MANAGE_USERS)
@require_safe
@fresh_sign_in_required_to_read
def report(request: ConsoleRequest, pk: int) -> HttpResponseBase:
    """Every row with its verdict, as a file for a spreadsheet."""
    file = OpenFile(bytes(_upload(request, pk).data), request.GET)
    if not file.is_valid:
        raise Http404
    return export(
        request,
        "sales-account-users-report.csv",
        _report_lines(_judge(request, file)),
        accounts=[request.member.account],
        by=request.member.user,
        action=InvitationAction.REPORT_EXPORTED,
    )


@permission_required(Permission.MANAGE_USERS)
@require_safe
def template(request: ConsoleRequest) -> HttpResponse:
    """A file with the right headings, to fill in."""
    headers = {"Content-Disposition": 'attachment; filename="sales-account-users.csv"'}
    return HttpResponse(template_file(), content_type="text/csv; charset=utf-8", headers=headers)


def _upload(request: ConsoleRequest, pk: int) -> CsvUpload:
    kept = CsvUpload.objects.of_person(request.member.account, request.member.user).filter(pk=pk).first()
    if not kept:
        raise NotFoundError(
            _(
                "This file has been used, or was uploaded more than a day ago. Upload it again under "
                "User Management > Actions > Invite Users via CSV."
            )
        )
    return kept


def _judge(request: ConsoleRequest, file: OpenFile) -> list[InviteRow]:
    """A verdict per row under the chosen columns; none while the columns make no sense."""
    if not file.is_valid:
        return []
    account = request.member.account
    people = read_people(file.table, file.mapping, Team.objects.for_account(account))
    return services.dry_run(account=account, people=people)


def _report_lines(people: list[InviteRow]) -> Iterator[tuple[object, ...]]:
    yield _("Line"), _("Email"), _("Name"), _("Role"), _("Verdict")
    for person in people:
        yield (
            person.line,
            person.email,
            person.name,
            person.role.label,
            person.problem or person.note or _("Can be invited"),
        )


def _good(people: list[InviteRow]) -> list[services.NewInvitation]:
    return [
        services.NewInvitation(person.email, person.name, person.role, person.teams)
        for person in people
        if not person.problem
    ]


def _context(file: OpenFile, people: list[InviteRow]) -> dict[str, object]:
    problems = [person for person in people if person.problem]
    good = [person for person in people if not person.problem]
    return {
        "file": file,
        "problems": problems[:PROBLEMS_SHOWN],
        "problem_count": len(problems),
        "notes": [person for person in good if person.note][:PROBLEMS_SHOWN],
        "chosen": urlencode(file.chosen),
        # Whoever gets more rights than others first.
        "good": sorted(good, key=lambda person: person.role == Role.USER)[:PROBLEMS_SHOWN],
        "good_count": len(good),
        "by_role": [
            (role.label, count) for role, count in Counter(person.role for person in good).items() if role != Role.USER
        ],
    }
