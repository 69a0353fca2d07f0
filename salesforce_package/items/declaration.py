"""What an item of the checklist consists of: words, values to enter, the check, and sentences for what it finds."""

from collections.abc import Callable
from dataclasses import dataclass

from django.db import models
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from problems.problem import SALESFORCE_ADMIN
from salesforce_package.facts import Source
from salesforce_package.org import Finding, Org

# Looks at one thing in the org; may raise an ApiError.
Check = Callable[[Org], Finding]
# Sentences for the codes of findings, filled in with a finding's values.
Evidence = dict[str, Promise]

OBJECT_MANAGER = "/lightning/setup/ObjectManager"
CONFIG_TAB = _("App Launcher > Marketo Sales Insight Config")
# Why an item is ticked by hand.
KEPT_BY_THE_PACKAGE = _("The package keeps this to itself: Adobe documents no way to read what its Config tab stores.")


class Place(models.TextChoices):
    """Where somebody stands who does an item: what is done at one place is listed together."""

    PACKAGES = "packages", _("AppExchange and installed packages")
    ORG = "org", _("The org as a whole")
    PROFILES = "profiles", _("Profiles and permission sets")
    SITES = "sites", _("Remote sites")
    PAGE_LAYOUTS = "page_layouts", _("Page layouts and Lightning pages")
    LIST_VIEWS = "list_views", _("List views")
    FIELDS = "fields", _("Fields")
    PACKAGE_CONFIG = "package_config", _("Marketo Sales Insight in the App Launcher")
    IN_MARKETO = "in_marketo", _("Marketo")


@dataclass(frozen=True, kw_only=True)
class Item:
    """
    One thing to do in Salesforce (or, for its secret, in Marketo). `path` leads to a page of the org, or elsewhere;
    items with the same `place` are done at one go.

    `values` are texts to enter there; {munchkin_id} stands for the instance's. Optional items do not hold up a step.
    `who` can do it. `check` looks whether it is done; of an item that has none, `by_hand` says why no API can see it.
    `source` is the page that the values and the check follow.
    """

    key: str
    title: Promise
    place: Place
    where: Promise
    how: Promise
    path: str = ""
    values: tuple[str, ...] = ()
    is_optional: bool = False
    who: Promise = SALESFORCE_ADMIN
    check: Check | None = None
    by_hand: Promise | str = ""
    source: Source | None = None

    @property
    def is_verifiable(self) -> bool:
        return self.check is not None


@dataclass(frozen=True)
class Section:
    """Items under one heading; `step` is the step of the Setup guide they belong to."""

    step: int
    title: Promise
    short_title: Promise
    items: tuple[Item, ...]
