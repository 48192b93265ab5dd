"""Mirrors ratecraft/importers/axis.py: which series gets a normal name, and a loss that is told in parts."""

from ratecraft.importers.line_reader import LineReader
from ratecraft.records.watching.observed import ObservedRun


def read(text: str) -> ObservedRun:
    reader = LineReader("results.csv")
    reader.feed(text.encode())
    reader.finish()
    (run,) = reader.reading().runs
    return run


def test_loss_that_was_logged_in_the_first_steps_alone_gives_way_to_one_that_goes_on() -> None:
    rows = [f"{step},{7.0 - step / 100},," for step in range(100)]
    rows += [f"{step},,{6.0 - step / 10_000},{6.1 - step / 10_000}" for step in range(100, 30_000, 1000)]
    run = read("\n".join(["global_step,loss,train/loss,validation/loss", *rows, ""]))
    assert run.series["loss"].steps[-1] == run.series["val_loss"].steps[-1] == 29_100
    assert len(run.series["loss/1"]) == 100


def test_parts_of_a_loss_that_both_data_have_are_summed_where_there_is_no_whole() -> None:
    run = read(
        "epoch,train/box_loss,train/cls_loss,metrics/mAP50-95(B),val/box_loss,val/cls_loss,lr/pg0\n"
        "1,1.5,3.0,0.3,1.25,2.0,0.003\n2,1.25,2.0,0.4,1.0,1.5,0.004\n3,1.0,1.5,0.5,1.0,1.25,0.004\n"
    )
    assert run.series["loss"].values.tolist() == [4.5, 3.25, 2.5]
    assert run.series["val_loss"].values.tolist() == [3.25, 2.5, 2.25]


def test_losses_of_two_players_are_not_summed() -> None:
    run = read("step,train/d_loss,train/g_loss\n1,0.5,1.0\n2,0.6,1.1\n3,0.7,1.2\n")
    assert "loss" not in run.series


def test_word_error_rates_alone_are_figures() -> None:
    run = read(
        "global_step,train/ctc_loss,train/wer,validation/wer\n1,30.5,4.2,4.1\n2499,1.0,0.3,0.3\n5000,0.6,0.2,0.2\n"
    )
    assert run.series["loss"].values.tolist() == [30.5, 1.0, 0.6]
    assert run.series["val_wer"].values.tolist() == [4.1, 0.3, 0.2]
