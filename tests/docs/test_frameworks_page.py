"""The code of the guide's page on frameworks runs, each block where a program of that framework is under way."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.docs.markdown import ROOT, Document
from tests.integrations.finished_study import finished_study

from ratecraft.schedules.builders.constructors import linear
from ratecraft.translations.catalogue import LANGUAGES

pytestmark = [pytest.mark.soak, pytest.mark.filterwarnings("ignore")]
BLOCKS = Document(ROOT / "docs" / "guide" / "en" / "frameworks.md").blocks("python")
STEPS = 24
RATE = linear(0.1, 0, STEPS)


def of_torch(folder: Path) -> dict[str, Any]:
    import torch

    torch.manual_seed(0)
    model, inputs = torch.nn.Linear(4, 1), torch.randn(8 * STEPS, 4)
    data = torch.utils.data.TensorDataset(inputs, inputs.sum(1, keepdim=True))
    given = {"model": model, "optimizer": torch.optim.SGD(model.parameters(), lr=1.0)}
    return {**given, "loader": torch.utils.data.DataLoader(data, 8), "loss_of": torch.nn.functional.mse_loss}


def of_accelerate(folder: Path) -> dict[str, Any]:
    accelerator = pytest.importorskip("accelerate").Accelerator(cpu=True)
    return {**of_torch(folder), "accelerator": accelerator}


def of_transformers(folder: Path) -> dict[str, Any]:
    pytest.importorskip("transformers")
    from tests.integrations.test_transformers import data, trainer_of

    from ratecraft.integrations.transformers import RatecraftCallback

    made = trainer_of(folder, RatecraftCallback(), STEPS)
    return {"model": made.model, "arguments": made.args, "examples": data()}


def of_lightning(folder: Path) -> dict[str, Any]:
    pytest.importorskip("lightning")
    import torch
    from tests.integrations.test_lightning import module_of

    given: Any = of_torch(folder)["loader"].dataset.tensors
    data = torch.utils.data.TensorDataset(*(each[: 8 * STEPS // 3] for each in given))  # an epoch, of three
    return {"module": module_of(), "loader": torch.utils.data.DataLoader(data, 8)}


def of_fastai(folder: Path) -> dict[str, Any]:
    pytest.importorskip("fastai")
    from tests.integrations.test_fastai import learner_of, own

    return {"learner": learner_of([], own())}


def of_skorch(folder: Path) -> dict[str, Any]:
    pytest.importorskip("skorch")
    import torch

    given: Any = of_torch(folder)["loader"].dataset.tensors
    inputs, targets = (each[:64].numpy() for each in given)
    return {"module": torch.nn.Linear(4, 1), "inputs": inputs, "targets": targets}


def of_ultralytics(folder: Path) -> dict[str, Any]:
    ultralytics = pytest.importorskip("ultralytics")
    from tests.integrations.test_ultralytics import images_in

    images_in(folder)
    model = ultralytics.YOLO("yolo11n-cls.yaml")
    model.overrides.update(workers=0, device="cpu", amp=False, plots=False, save=False, project=str(folder))
    return {"model": model}


def of_keras(folder: Path) -> dict[str, Any]:
    pytest.importorskip("keras")
    from tests.integrations.test_keras_callback import INPUTS, OTHERS, TARGETS, model_of

    given = {"model": model_of(), "build": model_of, "validation": OTHERS}
    return {**given, "inputs": INPUTS, "targets": TARGETS}


def of_jax(folder: Path) -> dict[str, Any]:
    jax = pytest.importorskip("jax")
    pytest.importorskip("optax")
    batches = jax.random.normal(jax.random.key(0), (STEPS, 8, 4))
    return {
        "weights": jax.numpy.ones(4),
        "batches": batches,
        "loss_of": lambda weights, batch: ((batch @ weights) ** 2).mean(),
    }


PROGRAMS: list[tuple[Callable[[Path], dict[str, Any]], int]] = [
    *((of_torch, STEPS), (of_accelerate, STEPS), (of_transformers, STEPS), (of_lightning, STEPS)),
    *((of_fastai, STEPS), (of_skorch, STEPS), (of_ultralytics, 6), (of_keras, STEPS), (of_keras, STEPS)),
    (of_jax, STEPS),
]
"""What each block finds, in their order, and how many steps its training has."""


@pytest.mark.parametrize("number", range(len(PROGRAMS)), ids=lambda number: PROGRAMS[number][0].__name__)
def test_the_code_runs(number: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program, steps = PROGRAMS[number]
    found = program(tmp_path)
    monkeypatch.chdir(tmp_path)
    study = finished_study(tmp_path, linear(0.1, 0, steps), steps)
    text = BLOCKS[number].replace('"tune-train"', repr(str(study)))
    exec(compile(text, "frameworks.md", "exec"), found)  # noqa: S102 - it is the guide's own


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_block_is_run_and_is_the_same_in_every_language(language: str) -> None:
    blocks = Document(ROOT / "docs" / "guide" / language / "frameworks.md").blocks("python")
    assert blocks == BLOCKS
    assert len(blocks) == len(PROGRAMS)
