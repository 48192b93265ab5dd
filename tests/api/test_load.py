"""Mirrors ratecraft/api/load.py: the result of a study that is there."""

from pathlib import Path

import pytest
import torch
from tests.integrations.finished_study import finished_study

from ratecraft.api.find import FindResult
from ratecraft.api.load import load
from ratecraft.api.results.study_result import StudyResult
from ratecraft.api.results.tune_result import TuneResult
from ratecraft.api.search import SearchResult
from ratecraft.errors import StudyError
from ratecraft.schedules.builders.constructors import linear

SCHEDULE = linear(0.1, 0, 10)


@pytest.mark.parametrize(("verb", "kind"), [("tune", TuneResult), ("find", FindResult), ("search", SearchResult)])
def test_a_study_gives_what_its_verb_gave(tmp_path: Path, verb: str, kind: type[StudyResult]) -> None:
    result = load(finished_study(tmp_path, SCHEDULE, 10, verb))
    assert type(result) is kind
    assert result.answer.schedules == {"rate": SCHEDULE}


def test_its_schedule_leads_an_optimizer(tmp_path: Path) -> None:
    result = load(finished_study(tmp_path, SCHEDULE, 10))
    assert isinstance(result, TuneResult)
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=1.0)
    result.attach(optimizer).go_to(5)
    assert optimizer.param_groups[0]["lr"] == 0.05


def test_it_is_found_by_the_beginning_of_its_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / ".ratecraft").mkdir()
    finished_study(tmp_path / ".ratecraft", SCHEDULE, 10)
    monkeypatch.chdir(tmp_path)
    assert load("stu").answer == load().answer


def test_a_study_of_another_verb_has_no_result(tmp_path: Path) -> None:
    with pytest.raises(StudyError, match="was made by `prove`, so it has no result to load"):
        load(finished_study(tmp_path, SCHEDULE, 10, "prove"))
