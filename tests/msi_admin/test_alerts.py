"""Alerts and dashboard ask for figures that exist, with labels and values they have, and lead to a page that helps."""

import copy
import json
import re
from collections import defaultdict
from collections.abc import Iterator
from itertools import product
from pathlib import Path
from typing import Any

import promql_parser
import pytest
import yaml
from django.conf import settings
from django.core.cache import cache
from django.test import Client
from django.urls import resolve
from django.utils import timezone
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.cog.plugins import register_default_plugins
from grafana_foundation_sdk.models.dashboard import Dashboard
from prometheus_client.parser import text_string_to_metric_families

from accounts.models import SalesAccount
from clients.http import ApiError
from clients.measures import CALLS, CallMeasure
from common.mail import MAILS
from connections.models import Service
from history.models import ChangeDelay
from msi_admin.measures import DROPPED, REQUESTS, TASKS
from msi_admin.probes import PROBES
from notifications.handing_over import MESSAGES
from notifications.models import ChannelKind, Trouble
from problems.codes import ProblemCode
from sync.measures import RUNS
from sync.models import RunKind
from sync.statuses import UNFINISHED, RunStatus
from tests.factories import make_cursor, make_marketo_connection

ROOT = Path(settings.BASE_DIR)
GROUPS: list[dict[str, Any]] = yaml.safe_load((ROOT / "deploy/prometheus/alerts.yml").read_text())["groups"]
ALERTS: list[dict[str, Any]] = [rule for group in GROUPS for rule in group["rules"]]
DASHBOARD: dict[str, Any] = json.loads((ROOT / "deploy/grafana/console.json").read_text())
PANELS: list[dict[str, Any]] = [panel for panel in DASHBOARD["panels"] if panel["type"] != "row"]
# What Prometheus adds.
OF_PROMETHEUS = {"instance", "job"}
# What a figure's samples add to its name.
SUFFIX = re.compile("_(bucket|count|sum|gcount|gsum|created|total)$")
INTERVAL = "$__rate_interval"
ROUTES_OF_PROBES = {resolve(path).view_name for path in PROBES}
Figures = dict[str, dict[str, set[str]]]


def kinds_of(error: type[ApiError]) -> Iterator[str]:
    yield error.outcome
    for kind in error.__subclasses__():
        yield from kinds_of(kind)


@pytest.fixture
def figures(client: Client, account: SalesAccount) -> Figures:
    """Every figure that there can be, with its labels and their values."""
    make_cursor(account)
    make_marketo_connection(account, problem=ProblemCode.MARKETO_BUSY)
    ChangeDelay.objects.create(account=account, hour=timezone.now(), seconds=60, changes=1)
    count_everything()
    cache.delete("figures")
    found: Figures = defaultdict(lambda: defaultdict(set))
    for family in text_string_to_metric_families(client.get("/metrics").content.decode()):
        for sample in family.samples:
            for label, value in sample.labels.items() or [("", "")]:
                found[sample.name][label].add(value)
    return found


def count_everything() -> None:
    """Every combination of labels that processes count under."""
    outcomes = {CallMeasure.outcome, *kinds_of(ApiError)}
    ends = [status.value for status in RunStatus if status not in UNFINISHED]
    combinations: list[tuple[Any, list[Any]]] = [
        (CALLS, [Service.values, outcomes]),
        (RUNS, [RunKind.values, ends]),
        (MESSAGES, [ChannelKind.values, ["taken", *Trouble.values]]),
        (MAILS, [["sent", "failed", "refused"]]),
        (REQUESTS, [["operations:overview", "none", *ROUTES_OF_PROBES], ["2xx", "3xx", "4xx", "5xx"]]),
        (TASKS, [["sync.tasks.sweep"], ["success"]]),
        (DROPPED, [["sync.tasks.sweep"], ["expired", "revoked"]]),
    ]
    for metric, values in combinations:
        for labels in product(*values):
            metric.labels(*labels)


class Selectors:
    """The selectors of an expression, and the labels by which it groups."""

    def __init__(self, expression: str) -> None:
        self.found: list[promql_parser.VectorSelector] = []
        self.grouped: set[str] = set()
        self._walk(promql_parser.parse(expression.replace(INTERVAL, "5m")))

    def _walk(self, node: Any) -> None:
        if isinstance(node, promql_parser.VectorSelector):
            self.found.append(node)
        if isinstance(node, promql_parser.AggregateExpr) and node.modifier:
            self.grouped.update(node.modifier.labels)
        parts = [getattr(node, name, None) for name in ("expr", "lhs", "rhs", "vs", "vector_selector")]
        for part in [*parts, *getattr(node, "args", [])]:
            if part is not None and not isinstance(part, str | float):
                self._walk(part)


def faults_of(expression: str, shown: str, figures: Figures) -> list[str]:
    """What an expression asks for in vain; `shown` is a text with the labels that are to be read from its result."""
    selectors, faults = Selectors(expression), []
    for selector in selectors.found:
        labels = figures.get(selector.name or "")
        if labels is None:
            faults.append(f"no figure {selector.name}")
            continue
        for matcher in selector.matchers.matchers:
            values = [matcher.value] if "Equal" in str(matcher.op) else matcher.value.split("|")
            known = labels.get(matcher.name, set())
            faults += [f"{selector.name} has no {matcher.name}={value}" for value in values if value not in known]
        faults += [f"{selector.name} has no label {name}" for name in selectors.grouped - labels.keys() - OF_PROMETHEUS]
    wanted = set(re.findall(r"\$labels\.(\w+)", shown)) | set(re.findall(r"\{\{(\w+)\}\}", shown))
    return faults + [f"{name} is not in the result" for name in wanted - selectors.grouped]


@pytest.mark.django_db
def test_alerts_and_dashboard_ask_for_what_there_is(figures: Figures) -> None:
    asked = [(rule["expr"], rule["annotations"]["summary"]) for rule in ALERTS]
    asked += [(target["expr"], target["legendFormat"]) for panel in PANELS for target in panel["targets"]]
    found = {expression: faults_of(expression, shown, figures) for expression, shown in asked}
    assert {expression: faults for expression, faults in found.items() if faults} == {}
    used = {SUFFIX.sub("", selector.name or "") for expression in found for selector in Selectors(expression).found}
    assert {SUFFIX.sub("", name) for name in figures if name.startswith("msi_")} == used


@pytest.mark.django_db
def test_what_is_asked_for_in_vain_is_found(figures: Figures) -> None:
    """The check itself."""
    assert faults_of("max(msi_acounts)", "", figures) == ["no figure msi_acounts"]
    assert faults_of('max(msi_accounts{state="laet"})', "", figures) == ["msi_accounts has no state=laet"]
    assert faults_of('rate(msi_accounts{state=~"late|laet"}[5m])', "", figures) == ["msi_accounts has no state=laet"]
    assert faults_of("max by (kind) (msi_accounts)", "", figures) == ["msi_accounts has no label kind"]
    assert faults_of("max(msi_accounts)", "{{ $labels.state }}", figures) == ["state is not in the result"]
    assert len(Selectors('max(a{b="c"} or (topk(3, d))) / -rate(e[5m])').found) == 3


def test_probes_are_no_pages() -> None:
    """They are many and quick; so are files, and addresses that lead nowhere."""
    asked = [rule["expr"] for rule in ALERTS] + [target["expr"] for panel in PANELS for target in panel["targets"]]
    selectors = [one for expression in asked for one in Selectors(expression).found]
    about = [one for one in selectors if "http_request" in (one.name or "")]
    assert len(about) == 9
    for selector in about:
        matchers = {matcher.name: matcher.value for matcher in selector.matchers.matchers}
        assert set(matchers["route"].split("|")) - {"none"} in (ROUTES_OF_PROBES, set())
        # Errors before a route is known are errors of ours all the same.
        assert ("none" in matchers["route"]) != (matchers.get("status") == "5xx") or matchers["route"] == "none"


def test_states_are_added_up_and_not_the_largest_taken() -> None:
    assert [rule["alert"] for rule in ALERTS if re.search(r"max\([^()]*=~", rule["expr"])] == []


def test_an_alert_does_not_wait_for_a_figure_that_never_was() -> None:
    """`== 0` finds nothing where nothing was ever counted; `unless … > 0` does."""
    assert [rule["alert"] for rule in ALERTS if "== 0" in rule["expr"]] == []


def test_alerts_are_written_as_prometheus_reads_them() -> None:
    names = [rule["alert"] for rule in ALERTS]
    assert len(set(names)) == len(names)
    for rule in ALERTS:
        assert rule.keys() <= {"alert", "expr", "for", "labels", "annotations"}
        assert rule["labels"]["severity"] in {"critical", "warning"}
        assert rule["annotations"].keys() == {"summary", "runbook_url"}
        if "for" in rule:
            promql_parser.parse_duration(rule["for"])


def test_every_alert_has_its_place_in_the_documents_and_the_other_way_round() -> None:
    headings = re.findall(r"^## (\w+)$", (ROOT / "docs/alerts.md").read_text(), re.MULTILINE)
    assert headings == [rule["alert"] for rule in ALERTS]
    for rule in ALERTS:
        assert rule["annotations"]["runbook_url"] == f"docs/alerts.md#{rule['alert'].lower()}"


def test_every_place_says_what_somebody_needs_at_night_in_one_order() -> None:
    parts = re.split(r"^## (\w+)$", (ROOT / "docs/alerts.md").read_text(), flags=re.MULTILINE)[1:]
    titles = {panel["title"] for panel in DASHBOARD["panels"]}
    for name, text in zip(parts[::2], parts[1::2], strict=True):
        said = re.findall(r"^- \*\*(\w+):\*\* (.+)$", text, re.MULTILINE)
        assert [label for label, _text in said] == ["Noticed", "Look", "Usually", "Mend", "Over"], name
        look = dict(said)["Look"]
        # It leads somewhere: to a page, a panel, an address or a command.
        named = set(re.findall(r"\*([^*]+)\*", look))
        assert named or "`" in look, name
        assert "dashboard" not in look or named & titles, name


def test_what_the_places_call_by_name_is_called_so() -> None:
    """Pages and buttons by their words, panels by their titles; the page of Prometheus is its own."""
    text = re.sub(r"\*\*\w+:\*\*", "", (ROOT / "docs/alerts.md").read_text())
    written = [path.read_text() for path in [*ROOT.glob("templates/**/*.html"), *ROOT.glob("[a-z]*/*.py")]]
    words = [*written, *(panel["title"] for panel in DASHBOARD["panels"]), "Targets"]
    named = set(re.findall(r"\*([^*\n]+)\*", text))
    assert len(named) > 20
    assert [name for name in sorted(named) if not any(name in word for word in words)] == []


def test_every_panel_asks_the_prometheus_that_is_chosen() -> None:
    [source] = DASHBOARD["templating"]["list"]
    assert (source["type"], source["query"]) == ("datasource", "prometheus")
    # From then on a panel names its data source by type and uid.
    assert DASHBOARD["schemaVersion"] >= 36
    for panel in PANELS:
        assert panel["datasource"] == {"type": "prometheus", "uid": f"${{{source['name']}}}"}
        names = [target["refId"] for target in panel["targets"]]
        assert len(set(names)) == len(names) > 0


def as_grafana_reads(dashboard: dict[str, Any]) -> Any:
    """The dashboard through Grafana's own model of one, which keeps the words it knows."""
    register_default_plugins()
    return json.loads(JSONEncoder().encode(Dashboard.from_json(dashboard)))


def unknown_words(written: Any, read: Any, place: str = "") -> Iterator[str]:
    """What of the one is missing in the other; what the other adds are values that nobody has chosen."""
    if isinstance(written, dict):
        for name, value in written.items():
            yield from unknown_words(value, read[name], f"{place}/{name}") if name in read else [f"{place}/{name}"]
    elif isinstance(written, list):
        for number, pair in enumerate(zip(written, read, strict=True)):
            yield from unknown_words(*pair, f"{place}/{number}")
    elif written != read:
        yield place


def test_grafana_knows_every_word_of_the_dashboard() -> None:
    assert list(unknown_words(DASHBOARD, as_grafana_reads(DASHBOARD))) == []


def test_a_word_that_grafana_does_not_know_is_found() -> None:
    """The check itself, in the options of a panel and in what it asks."""
    spoilt = copy.deepcopy(DASHBOARD)
    panel = next(one for one in spoilt["panels"] if one["type"] == "timeseries")
    panel["options"]["legendd"] = panel["targets"][0]["exprr"] = "x"
    found = [place.rpartition("/")[2] for place in unknown_words(spoilt, as_grafana_reads(spoilt))]
    assert sorted(found) == ["exprr", "legendd"]


def test_panels_of_the_dashboard_do_not_overlap() -> None:
    ids = [panel["id"] for panel in DASHBOARD["panels"]]
    assert len(set(ids)) == len(ids)
    taken: set[tuple[int, int]] = set()
    for place in (panel["gridPos"] for panel in DASHBOARD["panels"]):
        columns, rows = (range(place[at], place[at] + place[size]) for at, size in (("x", "w"), ("y", "h")))
        cells = set(product(columns, rows))
        assert not cells & taken
        assert columns.stop <= 24
        taken |= cells
