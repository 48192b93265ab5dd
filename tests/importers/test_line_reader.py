"""Mirrors ratecraft/importers/line_reader.py."""

import json
import math
import random
from collections.abc import Mapping
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ratecraft.importers.line_reader import LineReader
from ratecraft.importers.reading import Reading, Torn


def read(data: str | bytes, *cuts: int) -> Reading:
    raw = data.encode() if isinstance(data, str) else data
    reader = LineReader("log")
    edges = [0, *sorted(cuts), len(raw)]
    for first, last in pairwise(edges):
        reader.feed(raw[first:last])
    reader.finish()
    return reader.reading()


def plain(reading: Reading) -> object:
    """All of a reading that can be compared."""
    runs = [
        (
            run.unit,
            dict(run.facts),
            {name: (s.steps.tolist(), str(s.values.tolist())) for name, s in run.series.items()},
        )
        for run in reading.runs
    ]
    return reading.format, reading.lines, reading.used, reading.torn, reading.notes, reading.helps, runs


def values(reading: Reading) -> Mapping[str, list[float]]:
    (run,) = reading.runs
    return {name: series.values.tolist() for name, series in run.series.items()}


NANOGPT = "".join(
    (f"step {step}: train loss {3 - step / 500:.4f}, val loss {3.1 - step / 500:.4f}\n" if step % 100 == 0 else "")
    + f"iter {step}: loss {3 - step / 500:.4f}, time 103.21ms, mfu 1.20%\n"
    for step in range(0, 500, 10)
)
TIMM = "".join(
    "".join(
        f"Train: {epoch} [{step:>4d}/50 ({2 * step:>3.0f}%)]  Loss: {2 / (1 + epoch + step / 50):#.3g} (2.00)  "
        f"Time: 0.312s, 3282.05/s  (0.4s, 2500.00/s)  LR: {0.1 / (epoch + 1):.3e}  Data: 0.010 (0.200)\n"
        for step in range(0, 50, 10)
    )
    + f"Test: [   0/4]  Time: 0.1 (0.2)  Loss:   1.9 ( 1.9)  Acc@1:  10.0 (10.0)  Acc@5:  50.0 (50.0)\n"
    f"Test: [   4/4]  Time: 0.1 (0.2)  Loss:   1.0 ( {1.5 - epoch / 10:.2f})  Acc@1:  12.0 (2{epoch}.0)  "
    "Acc@5:  50.0 (50.0)\n"
    for epoch in range(3)
)
BARS = "Loading\n" + "\n".join(
    "\r".join(
        f"Epoch {epoch}: {step}0%|{'█' * step}{' ' * (10 - step)}| {step}/10 [00:0{step}<00:01, 9.9it/s, loss={step}.5]"
        for step in range(1, 11)
    )
    for epoch in range(3)
)
TABLE = "epoch,step,train_loss,val_loss,lr-Adam\n" + "".join(
    f"{step // 20},{step},{2 / (step + 1)},,0.1\n"
    + (f"{step // 20},{step},,{3 / (step + 1)},\n" if step % 20 == 19 else "")
    for step in range(80)
)
JSONL = "".join(
    json.dumps({"step": step, "train": {"loss": 2.0 / (step + 1)}, "lr": "nan"}) + "\n" for step in range(60)
)
MIXED = "optimizer: AdamW\n" + NANOGPT[:900] + "Traceback\n" + TABLE[:300] + "\n" + JSONL[:500] + "\n" + TIMM[:700]
LOGS = {"nanogpt": NANOGPT, "timm": TIMM, "bars": BARS, "table": TABLE, "jsonl": JSONL, "mixed": MIXED}


# ---- what the formats hold


def test_nanogpt_log_has_losses_by_step_and_both_losses_of_its_evaluation() -> None:
    reading = read(NANOGPT)
    (run,) = reading.runs
    assert (reading.format, run.unit) == ("nanogpt", "step")
    assert {name: len(series) for name, series in run.series.items()} == {"loss": 50, "train_loss": 5, "val_loss": 5}
    assert run.series["loss"].steps.tolist() == list(range(0, 500, 10))
    assert run.series["val_loss"].steps.tolist() == [0, 100, 200, 300, 400]


def test_timm_log_counts_steps_through_its_epochs_and_takes_the_mean_of_an_evaluation() -> None:
    reading = read(TIMM)
    (run,) = reading.runs
    assert (reading.format, run.unit, run.facts["steps_per_epoch"]) == ("timm", "step", 50)
    assert run.series["loss"].steps.tolist() == list(range(0, 150, 10))
    assert run.series["rate"].values[::5].tolist() == pytest.approx([0.1, 0.05, 0.1 / 3], rel=1e-3)
    assert run.series["val_loss"].values.tolist() == [1.5, 1.4, 1.3]
    assert run.series["val_accuracy"].values.tolist() == [20, 21, 22]
    assert run.series["val_loss"].steps.tolist() == [40, 90, 140]


def test_every_drawing_of_a_bar_is_a_point_though_they_share_a_line() -> None:
    (run,) = read(BARS).runs
    assert run.series["loss"].steps.tolist() == list(range(1, 31))
    assert (run.unit, run.facts["steps_per_epoch"]) == ("step", 10)


def test_sparse_table_gives_each_column_its_own_points() -> None:
    reading = read(TABLE)
    (run,) = reading.runs
    assert (reading.format, len(run.series["loss"]), len(run.series["rate"])) == ("lightning", 80, 80)
    assert run.series["val_loss"].steps.tolist() == [19, 39, 59, 79]


def test_lines_of_json_are_read_with_what_lies_inside_them() -> None:
    reading = read(JSONL)
    assert (reading.format, len(values(reading)["loss"])) == ("jsonl", 60)
    assert all(math.isnan(rate) for rate in values(reading)["rate"])


def test_losses_that_are_not_finite_are_kept() -> None:
    found = values(read("step 1 loss nan\nstep 2 loss inf\nstep 3 loss -inf\nstep 4 loss NaN\n"))["loss"]
    assert [str(value) for value in found] == ["nan", "inf", "-inf", "nan"]


def test_counter_of_samples_is_no_optimizer_step() -> None:
    lines = [f"Train Epoch: {epoch} [{at}/60000 (1%)]\tLoss: 2.3\n" for epoch in (1, 2) for at in range(0, 60000, 6400)]
    (run,) = read("".join(lines)).runs
    assert (run.unit, run.facts["counts"]) == ("unknown", "samples")


def test_unit_is_unknown_where_nothing_names_a_step() -> None:
    (run,) = read("loss: 2.5\nloss: 2.0\nloss: 1.5\n").runs
    assert (run.unit, run.series["loss"].steps.tolist()) == ("unknown", [0, 1, 2])


def test_epoch_length_that_is_not_told_is_estimated_and_said_so() -> None:
    reading = read(
        "".join(f"[{epoch}, {step:5d}] loss: 2.0\n" for epoch in (1, 2) for step in range(2000, 12001, 2000))
    )
    assert reading.runs[0].facts["steps_per_epoch"] == 12000
    assert reading.runs[0].series["loss"].steps.tolist() == list(range(2000, 24001, 2000))
    assert "log-epoch-length-estimated" in {note.code for note in reading.notes}


# ---- runs


def test_steps_that_begin_anew_are_a_second_run() -> None:
    reading = read(NANOGPT + NANOGPT)
    assert [len(run.series["loss"]) for run in reading.runs] == [50, 50]
    assert ("log-several-runs", {"runs": 2}) in {note.code: note.values for note in reading.notes}.items()


def test_run_that_was_resumed_is_one_run_and_what_it_repeats_replaces_what_was_there() -> None:
    lines = [f"step {step} loss 1.0\n" for step in range(100)] + [f"step {step} loss 2.0\n" for step in range(50, 120)]
    (run,) = read("".join(lines)).runs
    assert run.series["loss"].steps.tolist() == list(range(120))
    assert run.series["loss"].values.tolist() == [1.0] * 50 + [2.0] * 70
    assert (run.facts["resumes"], run.facts["resumed_at"]) == (1, 50)


def test_lines_of_several_ranks_are_one_series() -> None:
    lines = [f"[rank{rank}] step {step} loss {step}.5\n" for step in range(40) for rank in range(4)]
    swapped = [*lines[:20], lines[21], lines[20], *lines[22:]]
    (run,) = read("".join(swapped)).runs
    assert run.series["loss"].steps.tolist() == list(range(40))


# ---- what cannot be read


def test_torn_rows_are_counted_and_named_and_cost_no_other() -> None:
    reading = read("step,loss\n0,2.5\n10\n20,1.5,9\n30,1.0\n")
    assert values(reading)["loss"] == [2.5, 1.0]
    assert reading.torn in {(Torn("cells", 1, (4,)),), (Torn("cells", 2, (3, 4)),)}


def test_torn_json_and_bytes_are_told_apart() -> None:
    reading = read(b'{"step": 1, "loss": 2.5}\n{"step": 2, "lo{"step": 3}\n\x00\x01\xff\n{"step": 4, "loss": 2.0}\n')
    assert values(reading)["loss"] == [2.5, 2.0]
    assert set(reading.torn) == {Torn("json", 1, (2,)), Torn("bytes", 1, (3,))}


def test_last_number_without_a_line_end_may_be_cut_and_is_left_out() -> None:
    reading = read("step 1 loss 2.5\nstep 2 loss 2.")
    assert values(reading)["loss"] == [2.5]
    assert reading.torn == (Torn("unfinished", 1, (2,)),)


def test_last_line_of_whole_json_needs_no_end() -> None:
    assert values(read('{"step": 1, "loss": 2.5}\n{"step": 2, "loss": 2.0}'))["loss"] == [2.5, 2.0]


@pytest.mark.parametrize("name", LOGS)
@given(data=st.data())
def test_reading_does_not_depend_on_how_the_bytes_are_cut(name: str, data: st.DataObject) -> None:
    log = LOGS[name]
    cuts = data.draw(st.lists(st.integers(0, len(log.encode())), max_size=30))
    assert plain(read(log, *cuts)) == plain(read(log))


@pytest.mark.parametrize("name", LOGS)
def test_reading_byte_by_byte_equals_reading_at_once(name: str) -> None:
    raw = LOGS[name].encode()
    assert plain(read(raw, *range(1, len(raw)))) == plain(read(raw))


@pytest.mark.parametrize("name", LOGS)
@given(data=st.data())
def test_log_that_is_cut_and_damaged_anywhere_is_read_as_far_as_it_goes(name: str, data: st.DataObject) -> None:
    raw = bytearray(LOGS[name].encode())
    del raw[data.draw(st.integers(0, len(raw))) :]
    for place in data.draw(st.lists(st.integers(0, max(len(raw) - 1, 0)), max_size=20)):
        raw[place : place + 1] = data.draw(st.binary(max_size=3))
    read(bytes(raw))


@given(st.binary(max_size=4000))
def test_no_bytes_raise(data: bytes) -> None:
    read(data)


@given(
    st.lists(
        st.sampled_from(
            [
                "loss",
                "epoch",
                "step",
                "val",
                ":",
                "=",
                " ",
                "/",
                "[",
                "]",
                "1",
                "0.5",
                "nan",
                "%",
                "|",
                "{",
                '"',
                ",",
                "\n",
                "\r",
                "it",
                "lr",
                "#",
                "9" * 30,
                "1e999",
                "-",
            ]
        ),
        max_size=120,
    )
)
def test_no_mix_of_what_logs_are_made_of_raises(parts: list[str]) -> None:
    read("".join(parts))


# ---- long logs


def test_long_log_keeps_a_bounded_number_of_points_its_spike_and_its_first_nan() -> None:
    draw = random.Random(0)  # noqa: S311
    lines = [f"iter {step}: loss {2 + draw.random():.4f}, time 1.00ms, mfu 1.00%\n" for step in range(100_000)]
    lines[31_337] = "iter 31337: loss 99.5, time 1.00ms, mfu 1.00%\n"
    lines[77_777] = "iter 77777: loss nan, time 1.00ms, mfu 1.00%\n"
    reading = read("".join(lines))
    series = reading.runs[0].series["loss"]
    assert len(series) <= 16_384
    assert dict(zip(series.steps.tolist(), series.values.tolist(), strict=True))[31_337] == 99.5
    assert math.isnan(series.values[series.steps == 77_777][0])
    assert "log-thinned" in {note.code for note in reading.notes}


def test_long_lists_of_names_are_bounded() -> None:
    (run,) = read("".join(json.dumps({"step": 1, f"name{place}": 1.0}) + "\n" for place in range(1000))).runs
    assert len(run.series) <= 256
