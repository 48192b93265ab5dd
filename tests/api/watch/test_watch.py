"""Mirrors ratecraft/api/watch/watch.py: a warning when a training goes wrong, silence when it does not."""

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn
from torch.optim import SGD, Adam, AdamW, Optimizer, RMSprop

from ratecraft.api.diagnose.diagnose import diagnose
from ratecraft.api.watch.watch import watch
from ratecraft.diagnosis.finding import Finding
from ratecraft.errors import InvalidInput
from ratecraft.records.storage.study import StudyFolder, summarise
from ratecraft.watching.guard import Guard


def net() -> nn.Sequential:
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(8, 32), nn.ReLU(), nn.Linear(32, 4))


def train(
    model: nn.Module,
    optimizer: Optimizer,
    steps: int = 600,
    after: Callable[[int, torch.Tensor], Any] = lambda step, loss: None,
    schedule: Any = None,
    damage: Callable[[int, torch.Tensor], torch.Tensor] = lambda step, inputs: inputs,
) -> None:
    teacher = torch.randn(8, 4, generator=torch.Generator().manual_seed(1))
    for step in range(steps):
        inputs = torch.randn(32, 8)
        loss = nn.functional.cross_entropy(model(damage(step, inputs)), (inputs @ teacher).argmax(1))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        if schedule is not None:
            schedule.step()
        after(step, loss)


def test_the_record_is_closed_though_a_callback_ends_the_training(tmp_path: Path) -> None:
    def stop(finding: Finding) -> None:
        raise RuntimeError(finding.code)

    model = net()
    optimizer = SGD(model.parameters(), lr=1e4)
    with (
        pytest.raises(RuntimeError),
        watch(optimizer, progress=False, on_finding=stop, study=tmp_path / "kept"),
    ):
        train(model, optimizer, steps=40)
    assert summarise(StudyFolder(tmp_path / "kept")).state == "finished"


@pytest.mark.parametrize("kind", [SGD, Adam, AdamW, RMSprop])
@pytest.mark.parametrize("decays", [True, False])
def test_a_healthy_training_hears_nothing(
    kind: Callable[..., Optimizer], decays: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    model = net()
    optimizer = kind(model.parameters(), lr=0.1 if kind is SGD else 3e-3)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, 600) if decays else None
    with watch(optimizer, model) as watched:
        train(model, optimizer, schedule=schedule)
    assert watched.findings == ()
    assert capsys.readouterr() == ("", "")


def test_a_run_that_blows_up_is_told_once_on_stderr_to_the_callback_and_in_the_report(
    capsys: pytest.CaptureFixture[str],
) -> None:
    model, told = net(), list[tuple[int, Finding]]()
    optimizer = SGD(model.parameters(), lr=0.1)
    steps: list[int] = []

    def damage(step: int, inputs: torch.Tensor) -> torch.Tensor:
        steps.append(step)
        return inputs * math.nan if step >= 300 else inputs

    with watch(optimizer, language="en", on_finding=lambda each: told.append((steps[-1], each))) as watched:
        train(model, optimizer, damage=damage)
    assert [finding.code for _, finding in told] == ["non-finite"]
    assert told[0][0] < 300 + 3 * 64
    assert watched.findings == (told[0][1],)
    out, err = capsys.readouterr()
    assert out == ""
    assert err.count("\n") == 1
    assert err.startswith("ratecraft: lost: A value is NaN or infinite [non-finite].")
    assert "non-finite" in str(watched.report())


def test_it_speaks_japanese_and_is_silent_where_that_is_asked_for(capsys: pytest.CaptureFixture[str]) -> None:
    for options in ({"language": "ja"}, {"progress": False}):
        model = net()
        optimizer = SGD(model.parameters(), lr=0.1)
        with watch(optimizer, **options) as watched:  # type: ignore[arg-type]
            train(model, optimizer, 200, damage=lambda step, inputs: inputs * math.nan)
        assert [each.code for each in watched.findings] == ["non-finite"]
        assert ("数値" in capsys.readouterr().err) is ("language" in options)


def test_what_the_callback_raises_ends_the_training_and_the_watch() -> None:
    model = net()
    optimizer = SGD(model.parameters(), lr=0.1)

    def stop(finding: Finding) -> None:
        raise StopIteration(finding.code)

    done: list[int] = []
    with pytest.raises(StopIteration, match="non-finite"), watch(optimizer, on_finding=stop, progress=False):
        train(
            model, optimizer, after=lambda step, loss: done.append(step), damage=lambda step, inputs: inputs * math.nan
        )
    assert len(done) < 300
    train(model, optimizer, 200)  # nothing of the watch is left to raise again


def test_over_fitting_is_told_by_the_figures_that_are_logged() -> None:
    model = net()
    optimizer = Adam(model.parameters(), lr=3e-3)
    watched = watch(optimizer, progress=False)

    def after(step: int, loss: torch.Tensor) -> None:
        if step % 50 == 49:
            best = 400
            watched.log(val_loss=1 + abs(step - best) / best + 0.002 * (step % 3))

    train(model, optimizer, 1500, after=after)
    watched.close()
    assert [each.code for each in watched.findings] == ["overfit"]
    assert watched.run.series["val_loss"].steps[0] == 50


def test_a_model_whose_body_no_optimizer_has_is_told() -> None:
    model = net()
    optimizer = SGD(model[2].parameters(), lr=0.1)
    with watch(optimizer, model, progress=False) as watched:
        train(model, optimizer)
    assert [each.code for each in watched.findings] == ["parameters-left-out"]
    assert watched.findings[0].evidence["count"] == 8 * 32 + 32


def test_logged_facts_are_facts_and_tensors_are_read_with_the_rest() -> None:
    model = net()
    optimizer = SGD(model.parameters(), lr=0.1)
    with watch(optimizer, progress=False) as watched:
        watched.log(total_steps=100, val_loss=torch.tensor(0.5))
        train(model, optimizer, 10)
    assert watched.run.facts["total_steps"] == 100
    assert watched.run.series["val_loss"].values.tolist() == [0.5]


def test_a_report_in_the_middle_does_not_judge_the_end() -> None:
    model = nn.Linear(1, 1)
    optimizer = SGD(model.parameters(), lr=0.01)
    watched = watch(optimizer, progress=False)
    noise = torch.randn(3000, generator=torch.Generator().manual_seed(0)) * 0.01
    for step in range(3000):  # a loss that falls as fast at the end as at first: the rate may yet rise
        optimizer.step()
        watched.log(loss=(3 - 2 * step / 3000) * (1 + noise[step]))
    assert [each.code for each in watched.report().findings] == []
    watched.close()
    assert [each.code for each in watched.report().findings] == ["too-small"]
    assert [each.code for each in watched.findings] == ["too-small"]


def weights(model: nn.Module) -> list[bytes]:
    return [each.numpy().tobytes() for each in model.state_dict().values()]


@pytest.mark.parametrize("kind", [SGD, Adam])
@pytest.mark.parametrize("restarts", [True, False])
def test_a_healthy_training_comes_out_of_a_guard_bit_for_bit(kind: Callable[..., Optimizer], restarts: bool) -> None:
    ends: list[list[bytes]] = []
    for guard in (None, Guard()):
        model = net()
        optimizer = kind(model.parameters(), lr=0.1 if kind is SGD else 3e-3)
        schedule = torch.optim.lr_scheduler.CosineAnnealingWarmRestarts(optimizer, 150 if restarts else 600)
        with watch(optimizer, model, guard=guard) as watched:
            train(model, optimizer, schedule=schedule)
        assert watched.findings == ()
        ends.append(weights(model))
    assert ends[0] == ends[1]


def test_a_training_that_would_die_is_saved_and_each_act_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    told: list[str] = []

    def damage(step: int, inputs: torch.Tensor) -> torch.Tensor:
        return inputs * math.nan if step == 200 else 1e4 * inputs.flip(1) if step == 400 else inputs

    model = net()
    optimizer = SGD(model.parameters(), lr=0.1, momentum=0.9)
    losses: list[float] = []
    with watch(optimizer, guard=Guard(), language="en", on_finding=lambda each: told.append(each.code)) as watched:
        train(model, optimizer, damage=damage, after=lambda step, loss: losses.append(loss.item()))
    assert max(losses[-50:]) < 0.5
    assert told[0] == "guard-skip"
    assert told[1] in ("guard-clip", "guard-back")
    assert watched.findings[0].steps == (200, 200)
    assert "warning: Guard: left an update out [guard-skip]. The gradients at step 200" in capsys.readouterr().err
    notes = [note.code for note in watched.report().runs[0].notes]
    assert notes[0] == "guard-skip"
    assert notes[-1] == "guard-copies"
    assert set(told) >= set(notes[:-1]) - {"guard-cut"}


def test_a_validation_that_turns_says_stop_and_the_best_weights_come_back() -> None:
    model = net()
    optimizer = Adam(model.parameters(), lr=3e-3)
    watched, best = watch(optimizer, guard=Guard(), progress=False), list[bytes]()
    for number in range(60):
        train(model, optimizer, 10)
        if number == 20:
            best = weights(model)
        watched.log(val_loss=1 + abs(number - 20) / 20)
        if watched.should_stop:
            break
    watched.close()
    assert 20 < number < 45
    assert watched.findings[0].code == "guard-stop"
    assert weights(model) != best
    assert watched.restore_best()
    assert weights(model) == best


def test_without_a_guard_nothing_is_stopped_or_put_back() -> None:
    with watch(SGD(net().parameters(), lr=0.1), progress=False) as watched:
        watched.log(val_loss=1.0)
    assert not watched.should_stop
    assert not watched.restore_best()


def test_a_record_of_the_run_can_be_diagnosed_later(tmp_path: Path) -> None:
    model = net()
    optimizer = SGD(model.parameters(), lr=0.1)
    with watch(optimizer, progress=False, study=tmp_path / "mine") as watched:
        train(model, optimizer, 300, damage=lambda step, inputs: inputs * math.nan if step > 200 else inputs)
    result = diagnose(tmp_path / "mine")
    assert [each.code for each in result.findings] == [each.code for each in watched.report().findings]
    assert [each.code for each in result.findings] == ["non-finite"]


def logged(value: Any) -> None:
    """Log a figure to a watch, which is closed again: nothing of it may stay in torch."""
    with watch(SGD(net().parameters(), lr=0.1), progress=False) as watched:
        watched.log(val_loss=value)


@pytest.mark.parametrize(
    ("act", "text"),
    [
        (lambda: watch(nn.Linear(1, 1)), "`optimizer` must be a torch optimizer; got Linear"),  # type: ignore[arg-type]
        (lambda: watch([]), "`optimizer` must be a torch optimizer; got list"),
        (lambda: watch(SGD(net().parameters(), lr=0.1), every=0), "every"),
        (lambda: watch([SGD(net().parameters(), lr=0.1)] * 2, guard=Guard()), "A guard handles one optimizer; 2 were"),
        (lambda: logged("low"), "low"),
        (lambda: logged(torch.ones(2)), "val_loss"),
    ],
)
def test_what_cannot_be_watched_is_said(act: Callable[[], Any], text: str) -> None:
    with pytest.raises(InvalidInput, match=text):
        act()


def test_a_finding_that_no_longer_holds_is_taken_back_once_and_the_report_says_so(
    capsys: pytest.CaptureFixture[str],
) -> None:
    torch.manual_seed(0)
    model = nn.Linear(8, 1, bias=False)
    with torch.no_grad():
        model.weight.copy_(torch.tensor([[1.0, -1.0] * 4]))
    optimizer = SGD(model.parameters(), lr=4e-5)
    with watch(optimizer, language="en", every=1) as watched:
        for step in range(1400):
            optimizer.param_groups[0]["lr"] = 4e-5 if step < 800 else 4e-3
            inputs = torch.randn(32, 8)
            optimizer.zero_grad()
            (model(inputs) - torch.randn(32, 1)).square().mean().backward()
            optimizer.step()
    assert [(each.code, each.status) for each in watched.findings] == [("stuck", "observed"), ("stuck", "withdrawn")]
    assert capsys.readouterr().err.count("withdrawn: Nothing is learned") == 1
    report = watched.report()
    assert report.findings == ()
    assert [(each.code, dict(each.values)) for each in report.runs[0].notes] == [("taken-back", {"codes": "stuck"})]
