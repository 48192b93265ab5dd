"""Mirrors training/instrument/parameter_groups.py: layers of models as their libraries build them, without weights."""

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import nn

from ratecraft.errors import InvalidInput
from ratecraft.training.instrument.parameter_groups import by_depth, groups_of_model, head_of_model, layers_of_model


def timm_model(name: str) -> nn.Module:
    timm = pytest.importorskip("timm")
    return timm.create_model(name, pretrained=False)


def torchvision_model(name: str) -> nn.Module:
    return getattr(pytest.importorskip("torchvision").models, name)(weights=None)


def bert() -> nn.Module:
    library = pytest.importorskip("transformers")
    sizes = {"hidden_size": 32, "num_hidden_layers": 3, "num_attention_heads": 2, "intermediate_size": 64}
    return library.BertForSequenceClassification(library.BertConfig(**sizes, vocab_size=100))


def layers(model: nn.Module) -> list[str]:
    head, _ = head_of_model(model)
    return [layer.name for layer in layers_of_model(model, head.names)]


def numbered(prefix: str, count: int) -> list[str]:
    return [f"{prefix}{number}" for number in range(count)]


@pytest.mark.parametrize(
    ("make", "name", "expected"),
    [
        (torchvision_model, "resnet18", [f"layer{stage}.{block}" for stage in (1, 2, 3, 4) for block in (0, 1)]),
        (timm_model, "resnet18", [f"layer{stage}.{block}" for stage in (1, 2, 3, 4) for block in (0, 1)]),
        (torchvision_model, "vit_b_16", numbered("encoder.layers.encoder_layer_", 12)),
        (timm_model, "vit_tiny_patch16_224", numbered("blocks.", 12)),
        (timm_model, "mixer_s32_224", numbered("blocks.", 8)),
        (
            timm_model,
            "convnext_atto",
            [f"stages.{stage}.blocks.{block}" for stage, depth in enumerate((2, 2, 6, 2)) for block in range(depth)],
        ),
        (
            torchvision_model,
            "swin_t",
            [
                f"features.{stage}.{block}"
                for stage, depth in ((1, 2), (3, 2), (5, 6), (7, 2))
                for block in range(depth)
            ],
        ),
        (torchvision_model, "mobilenet_v3_small", [f"features.{block}" for block in range(1, 12)]),
    ],
)
def test_blocks_are_layers_between_stem_and_head(
    make: Callable[[str], nn.Module], name: str, expected: list[str]
) -> None:
    assert layers(make(name)) == ["stem", *expected, "head"]


def test_a_transformer_of_hugging_face_has_a_layer_a_block() -> None:
    assert layers(bert()) == ["stem", *numbered("bert.encoder.layer.", 3), "head"]


def test_layers_are_those_by_which_timm_itself_decays_rates() -> None:
    """Its groups by layer, of a vision transformer: the same parameters fall together in the same order."""
    model = timm_model("vit_tiny_patch16_224")
    factory = pytest.importorskip("timm.optim._param_groups")
    theirs: dict[float, set[int]] = {}
    for group in factory.param_groups_layer_decay(model, layer_decay=0.75, no_weight_decay_list=()):
        theirs.setdefault(group["lr_scale"], set()).update(id(each) for each in group["params"])
    head, _ = head_of_model(model)
    mine = [
        {id(model.get_parameter(name)) for name in layer.parameters} for layer in layers_of_model(model, head.names)
    ]
    ordered = [theirs[scale] for scale in sorted(theirs)]
    norm = {id(each) for each in model.norm.parameters()}  # theirs gives the last norm the head's rate
    assert [each - norm for each in mine] == [each - norm for each in ordered]


def test_a_model_without_blocks_has_a_layer_a_module_and_norms_go_with_what_they_follow() -> None:
    model = nn.Sequential(nn.Linear(4, 8), nn.BatchNorm1d(8), nn.ReLU(), nn.Linear(8, 8), nn.Linear(8, 2))
    found = layers_of_model(model, ["4.weight", "4.bias"])
    assert [layer.parameters for layer in found] == [
        ("0.weight", "0.bias", "1.weight", "1.bias"),
        ("3.weight", "3.bias"),
        ("4.weight", "4.bias"),
    ]


def test_every_trained_parameter_is_in_one_group_once_and_frozen_ones_in_none() -> None:
    class Tied(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.table = nn.Embedding(10, 4)
            self.blocks = nn.ModuleList(nn.TransformerEncoderLayer(4, 1, 8) for _ in range(3))
            self.norm = nn.LayerNorm(4)
            self.out = nn.Linear(4, 10, bias=False)
            self.out.weight = self.table.weight

    model = Tied()
    model.blocks[0].requires_grad_(False)
    _, known = head_of_model(model)
    found = layers_of_model(model)
    groups = groups_of_model(model, found, known, 0.1, by_depth(found, 0.5), 0.01, spare=True)
    grouped = [id(each) for group in groups for each in group["params"]]
    assert sorted(grouped) == sorted({id(each) for each in model.parameters() if each.requires_grad})
    assert [layer.name for layer in found] == ["stem", "blocks.1", "blocks.2"]
    assert [group["lr"] for group in groups if group["weight_decay"]] == [0.05, 0.1]
    spared = {id(each) for group in groups if not group["weight_decay"] for each in group["params"]}
    assert id(model.table.weight) in spared
    assert {id(each) for each in model.norm.parameters()} <= spared
    torch.optim.AdamW(groups)


def test_the_head_is_what_differs_from_the_pretrained_values() -> None:
    model = nn.Sequential(nn.Linear(4, 4), nn.Linear(4, 4), nn.Linear(4, 2))
    before: dict[str, Any] = {
        name: each.clone() for name, each in model.state_dict().items() if not name.startswith("2")
    }
    model[1].reset_parameters()
    found, _ = head_of_model(model, pretrained=before)
    assert (found.names, found.by) == (("1.weight", "1.bias", "2.weight", "2.bias"), "loaded")


def test_a_head_that_is_not_there_is_refused() -> None:
    with pytest.raises(InvalidInput, match="nowhere"):
        head_of_model(nn.Linear(2, 2), "nowhere")
