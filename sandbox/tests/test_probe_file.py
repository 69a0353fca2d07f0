"""A report of a probe makes the sandbox answer as that company did."""

import json
from pathlib import Path

import pytest

from sandbox.probe_file import SWITCHES, ProbeRefusedError, answer_as_in
from sandbox.settings import Settings
from sandbox.world import World


def written(path: Path, **answers: object) -> Path:
    questions = [{"code": code, "answer": answer, "verdict": "different"} for code, answer in answers.items()]
    refused = {"code": "marketo_user_ids", "answer": "603", "verdict": "refused"}
    path.write_text(json.dumps({"format": 1, "questions": [*questions, refused]}))
    return path


def test_each_answer_with_a_switch_is_given_again(tmp_path: Path) -> None:
    world = World(Settings())
    switches = world.switches
    answers = {
        "marketo_linkedin": False,
        "marketo_sfdc_length": 15,
        "marketo_activity_id": False,
        "marketo_first_ids": False,
        "marketo_salesforce_fields": True,
        "salesforce_view_all": False,
    }
    answer_as_in(world, written(tmp_path / "report.json", **answers))
    assert (switches.linkedin_field, switches.salesforce_id_length) == ("linkedInURL__c", 15)
    assert (switches.activity_ids, switches.first_ids_gone, switches.salesforce_sync) == (False, 300, True)
    assert not switches.ims_users, "a refusal is no answer"
    assert set(SWITCHES) - set(answers) == {"marketo_user_ids"}


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"questions": 5}', '{"questions": [{"code": "x"}]}'])
def test_another_file_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "report.json"
    path.write_text(text)
    with pytest.raises(ProbeRefusedError, match="no report"):
        answer_as_in(World(Settings()), path)
