"""Checks of what page layouts and Lightning pages show, of all that the users' profiles get."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _

from salesforce_package.facts import NAMESPACE, PackageField
from salesforce_package.items.declaration import Check, Evidence
from salesforce_package.org import Finding, Org, State
from salesforce_package.surfaces import Surface

EVIDENCE: Evidence = {
    "off_layout": _("On %(able)s of %(count)s layouts. Missing on: %(names)s."),
    "only_lightning": _(
        "All Lightning pages show it. Page layouts that do not: %(names)s. No API tells who still works in Salesforce "
        "Classic: if nobody does, tick this."
    ),
    "not_in_org": _(
        "The connected user does not see these fields: %(names)s. Upgrade the package, or tick this if all else is "
        "there."
    ),
    "on_all_layouts": _("On all layouts and Lightning pages that the users get: %(count)s of %(count)s."),
}
# What a surface lacks, by label.
Lacks = Callable[[Surface], list[str]]


def has_panel(*sobjects: str) -> Check:
    """Does every layout of the objects hold a Visualforce page of the package?"""

    def lacks(surface: Surface) -> list[str]:
        has_one = any(page.startswith(f"{NAMESPACE}__") for page in surface.pages)
        return [] if has_one else ["Marketo Sales Insight"]

    return lambda org: judge_surfaces(org, dict.fromkeys(sobjects, lacks))


def has_fields_of_people(wanted: Mapping[str, Iterable[PackageField]]) -> Check:
    """Are the fields, by object, on the layouts of Lead and Contact?"""

    def check(org: Org) -> Finding:
        names = {sobject: org.names_of(sobject, fields) for sobject, fields in wanted.items()}
        found = judge_surfaces(org, {sobject: lacks_fields(fields) for sobject, fields in names.items()})
        unknown = {
            sobject: [field.label for field in fields if field.label not in names[sobject]]
            for sobject, fields in wanted.items()
        }
        if any(unknown.values()) and found.state is State.DONE:
            listed = "; ".join(f"{sobject}: {', '.join(labels)}" for sobject, labels in unknown.items() if labels)
            return Finding(State.UNKNOWN, "not_in_org", {"names": listed})
        return found

    return check


def lacks_fields(names: Mapping[str, str]) -> Lacks:
    """Which of the fields, API names by label, a surface lacks."""
    return lambda surface: [label for label, name in names.items() if name not in surface.fields]


@dataclass(frozen=True)
class _Judgement:
    """Of one object: the number of surfaces, those that lack something, and layouts about which nobody can tell."""

    count: int
    missing: list[str]
    doubtful: list[str]


def judge_surfaces(org: Org, lacks: Mapping[str, Lacks]) -> Finding:
    """
    Is anything missing where people see the records of the objects? Lightning pages with fields of their own hide what
    page layouts show, which counts in Salesforce Classic only.
    """
    if not org.rights.users:
        return Finding(State.UNKNOWN, "nobody", {"count": len(org.expected.people)})
    found = [_judge_object(org, sobject, what) for sobject, what in lacks.items()]
    count = sum(item.count for item in found)
    missing = [text for item in found for text in item.missing]
    if missing:
        values: dict[str, str | int] = {"able": count - len(missing), "count": count, "names": "; ".join(missing)}
        return Finding(State.MISSING, "off_layout", values)
    if doubtful := [text for item in found for text in item.doubtful]:
        return Finding(State.UNKNOWN, "only_lightning", {"names": "; ".join(doubtful)})
    return Finding(State.DONE, "on_all_layouts", {"count": count})


def _judge_object(org: Org, sobject: str, lacks: Lacks) -> _Judgement:
    surfaces = org.surfaces(sobject)
    on_layouts, on_pages = _lacking(surfaces.layouts, lacks), _lacking(surfaces.pages, lacks)
    count = len(surfaces.layouts) + len(surfaces.pages)
    if surfaces.pages and not on_pages:
        return _Judgement(count, [], on_layouts)
    return _Judgement(count, on_pages or on_layouts, [])


def _lacking(surfaces: Iterable[Surface], lacks: Lacks) -> list[str]:
    """The names of surfaces with what each lacks."""
    return [f"{surface.name} ({', '.join(lacks(surface))})" for surface in surfaces if lacks(surface)]
