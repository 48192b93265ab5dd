"""Mirrors ratecraft/controllers/search/trial_jobs.py."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ratecraft.controllers.probing.rungs import Rung
from ratecraft.controllers.search.settings import SearchSettings
from ratecraft.controllers.search.space import Parameter, Space, Values
from ratecraft.controllers.search.trial_jobs import Frame, arguments_of, trial_jobs
from ratecraft.errors import InvalidInput
from ratecraft.records.job import Job
from ratecraft.records.metrics import Metric
from ratecraft.records.trials import Trial
from ratecraft.schedules.lengths import Horizon
from ratecraft.schedules.sizes import Sizes

STEPS = 1600
RUNGS = (Rung(100, 125), Rung(400, 500))
BATCH = Parameter(name="batch_size", choices=(16, 32), argument="--batch-size")


def frame_of(*parameters: Parameter, own: tuple[str, ...] = (), rungs: tuple[Rung, ...] = (), seeds: int = 1) -> Frame:
    settings = SearchSettings(arguments=own, seeds=seeds)
    return Frame(settings, Space(parameters), STEPS, 0.1, Metric("val_loss", "min"), seeds, rungs)


def jobs_of(values: Values, rung: int = 0, horizon: int = STEPS, *, rungs: tuple[Rung, ...] = ()) -> list[Job]:
    return [each.job for each in trial_jobs(frame_of(BATCH, rungs=rungs), Trial(0, values, rung), Horizon(horizon))]


def test_a_trial_is_a_full_run_in_the_tuners_usual_shape() -> None:
    (job,) = jobs_of({"rate": 0.2})
    rates = job.schedules["rate"].curve(STEPS).tolist()
    assert (job.start, job.stop, job.in_place) == (0, STEPS, False)
    assert max(rates) == rates[STEPS // 20] == rates[640] == 0.2
    assert rates[1120] == pytest.approx(0.1)
    assert job.schedules["rate"].at(STEPS) == 0


def test_a_trial_without_a_rate_has_the_scripts_own() -> None:
    (job,) = jobs_of({"momentum": 0.8})
    assert job.schedules["rate"].curve(STEPS).max() == 0.1
    assert job.schedules["momentum"].at(7) == 0.8


def test_a_schedule_has_its_peak_at_the_rate_and_keeps_its_other_hyperparameters() -> None:
    (job,) = jobs_of({"rate": 0.3, "schedule": "onecycle()", "weight_decay": 0.01})
    assert job.schedules["rate"].curve(STEPS).max() == pytest.approx(0.3)
    assert job.schedules.keys() == {"rate", "momentum", "weight_decay"}


def test_a_schedule_counts_the_epochs_of_the_trials_own_run() -> None:
    trial = Trial(0, {"rate": 0.2, "schedule": "step(epochs(2), 0.1)"})
    run = Sizes(steps_per_epoch=50).over(STEPS)
    (proposed,) = trial_jobs(frame_of(), trial, run)
    assert [proposed.job.schedules["rate"].at(step) for step in (99, 100)] == pytest.approx([0.2, 0.02])


@given(share=st.floats(0, 0.4))
def test_a_warm_up_is_a_share_of_the_run(share: float) -> None:
    for values in ({"warm_up": share}, {"warm_up": share, "schedule": "linear()"}):
        (job,) = jobs_of(values)
        rates, steps = job.schedules["rate"].curve(STEPS).tolist(), round(share * STEPS)
        assert rates[max(steps - 1, 0)] == pytest.approx(0.1)
        assert all(first < second for first, second in pairwise(rates[:steps]))


@pytest.mark.parametrize("values", [{"rate": 0.2}, {"rate": 0.2, "schedule": "cosine()"}])
def test_a_shortened_run_begins_as_the_full_one_and_is_cooled_down_to_nothing(values: Values) -> None:
    (whole,) = jobs_of(values)
    trunk, branch = jobs_of(values, 1, rungs=RUNGS)
    full, short = (job.schedules["rate"].curve(501).tolist() for job in (whole, branch))
    assert (trunk.start, trunk.stop, trunk.evaluate) == (100, 400, None)
    assert (branch.start, branch.stop, branch.parent) == (400, 500, trunk.key)
    assert short[:401] == full[:401]
    assert short[450] == pytest.approx(full[450] / 2)
    assert short[500] == 0


def test_a_trial_goes_on_from_the_trunk_of_the_rung_before() -> None:
    first, _ = jobs_of({"rate": 0.2}, 0, rungs=RUNGS)
    second, _ = jobs_of({"rate": 0.2}, 1, rungs=RUNGS)
    (whole,) = jobs_of({"rate": 0.2}, 2, rungs=RUNGS)
    assert (first.parent, second.parent, whole.parent) == (None, first.key, second.key)
    assert (whole.start, whole.stop) == (400, STEPS)


def test_the_rungs_of_a_longer_run_are_longer() -> None:
    trunk, branch = jobs_of({"rate": 0.2, "batch_size": 16}, 0, 3200, rungs=RUNGS)
    assert (trunk.stop, branch.stop) == (200, 250)


def test_every_seed_has_its_own_jobs_and_the_first_is_that_of_the_search() -> None:
    frame = frame_of(seeds=3)
    assert [each.job.seed for each in trial_jobs(frame, Trial(0, {"rate": 0.2}), frame.run)] == [0, 1, 2]


@pytest.mark.parametrize(
    ("own", "argument", "expected"),
    [
        ((), "--batch-size", ("--batch-size", "16")),
        (("--batch-size", "64", "-v"), "--batch-size", ("--batch-size", "16", "-v")),
        (("--batch-size=64", "-v"), "--batch-size", ("--batch-size=16", "-v")),
        (("--batch", "64"), "--batch-size", ("--batch", "64", "--batch-size", "16")),
        (("data.batch=64", "-v"), "data.batch=", ("-v", "data.batch=16")),
        (("--batch-size", "16"), "--batch-size", ()),
    ],
)
def test_an_argument_is_changed_where_it_stands(own: tuple[str, ...], argument: str, expected: tuple[str, ...]) -> None:
    frame = frame_of(Parameter(name="batch", choices=(16,), argument=argument), own=own)
    assert arguments_of(frame, {"batch": 16}) == expected


def test_an_argument_of_two_words_is_refused() -> None:
    frame = frame_of(Parameter(name="batch", choices=(16,), argument="--batch size"))
    with pytest.raises(InvalidInput, match=r"`--batch size` is not an argument of a script"):
        arguments_of(frame, {"batch": 16})
