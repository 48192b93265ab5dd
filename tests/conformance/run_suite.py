"""What every implementation of `records.running.Run` does. Subclass `RunSuite`, or `branch_suite.BranchSuite`, which is
more, where runs can be branched, and give it a `case`::

class TestMyRun(RunSuite):
    @pytest.fixture(scope="class")
    @classmethod
    def case(cls) -> Case: ...
"""

import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field

import pytest

from ratecraft.errors import CannotBranch
from ratecraft.records.blow_up import BlowUp
from ratecraft.records.job import Evaluate, Job, StopRule
from ratecraft.records.outcome import Ending, Figure
from ratecraft.records.running import Passage, Run, Score, SeriesBlock
from ratecraft.records.storage.series import unpack
from ratecraft.schedules.builders.constructors import constant
from ratecraft.schedules.trees.nodes import Schedule

END = StopRule()


@dataclass
class Heard:
    """A listener that keeps all that it hears."""

    blocks: list[SeriesBlock] = field(default_factory=list[SeriesBlock])
    figures: list[Figure] = field(default_factory=list[Figure])
    lines: list[str] = field(default_factory=list[str])
    job: Job = Job(stop=0)

    def block(self, block: SeriesBlock) -> None:
        self.blocks.append(block)

    def figure(self, figure: Figure) -> None:
        self.figures.append(figure)

    def line(self, text: str) -> None:
        self.lines.append(text)

    def series(self, name: str) -> list[float]:
        """A series joined from its blocks, which must follow one another without a gap."""
        values: list[float] = []
        for block in self.blocks:
            if block.name == name:
                assert name == "frozen_loss" or block.first == len(values)
                values += unpack(block.values)
        return values


@dataclass(frozen=True)
class Case:
    """One implementation at work on one small script, with what the suite must know of it.

    Attributes:
        make: A fresh run at its step 0, always with the same seed.
        horizon: Steps after which the script ends by itself; at least 48.
        rate: A constant rate at which it trains well.
        too_high: A rate at which it blows up within 40 steps.
        figure: How its own evaluation scores it, by the figure that it tells.
    """

    make: Callable[[Heard], Run]
    horizon: int
    rate: float
    too_high: float
    figure: Evaluate


@dataclass(frozen=True)
class Trained:
    """A run that went to a step and was scored."""

    passage: Passage
    score: Score | None
    heard: Heard


def at(rate: float) -> Mapping[str, Schedule]:
    return {"rate": constant(rate)}


def train(
    case: Case,
    schedules: Mapping[str, Schedule],
    *stops: int | None,
    rule: StopRule = END,
    how: Evaluate | None = None,
) -> Trained:
    """A fresh run, advanced to each of the stops, scored and closed."""
    heard = Heard()
    run = case.make(heard)
    try:
        passage = [run.advance(schedules, stop, rule) for stop in stops][-1]
        return Trained(passage, run.evaluate(how) if how else None, heard)
    finally:
        run.close()


class RunSuite:
    """The claims. A subclass gives the fixture `case`."""

    @pytest.fixture(scope="class")
    @classmethod
    def steady(cls, case: Case) -> Trained:
        """24 steps at a good rate, scored by 4 frozen batches."""
        return train(case, at(case.rate), 24, how=Evaluate("frozen", steps=4))

    @pytest.fixture(scope="class")
    @classmethod
    def whole(cls, case: Case) -> Trained:
        """The whole run at a good rate, to the script's own end."""
        return train(case, at(case.rate), None, how=Evaluate("natural", case.figure.metric))

    def test_a_run_stops_at_the_step_that_was_asked_for(self, steady: Trained) -> None:
        assert steady.passage == Passage(24, Ending.DONE, 24)

    def test_the_loss_of_every_step_is_told_once_and_in_order(self, steady: Trained) -> None:
        assert len(steady.heard.series("loss")) == 24

    def test_what_the_script_itself_writes_is_told_for_every_step(self, steady: Trained) -> None:
        assert len(steady.heard.series("own_rate")) == 24

    def test_a_fresh_run_waits_at_step_0_and_goes_on_from_there(self, case: Case, steady: Trained) -> None:
        heard = Heard()
        run = case.make(heard)
        waits = run.advance({}, 0, END)
        told_by_then = heard.blocks.copy()
        run.advance(at(case.rate), 24, END)
        run.close()
        assert (waits, told_by_then) == (Passage(0, Ending.DONE, 0), [])
        assert heard.series("loss") == steady.heard.series("loss")

    def test_two_starts_tell_the_same(self, case: Case, steady: Trained) -> None:
        again = train(case, at(case.rate), 24, how=Evaluate("frozen", steps=4))
        assert again.heard.series("loss") == steady.heard.series("loss")
        assert again.score == steady.score

    def test_going_on_in_two_advances_is_the_same_as_in_one(self, case: Case, steady: Trained) -> None:
        halfway = train(case, at(case.rate), 13, 24)
        assert halfway.heard.series("loss") == steady.heard.series("loss")
        assert halfway.passage == Passage(24, Ending.DONE, 11)

    def test_a_rate_acts_on_the_losses_after_its_step_and_on_none_before(self, case: Case, steady: Trained) -> None:
        changed = {"rate": constant(case.rate, 10) >> constant(case.rate / 16)}
        losses, steady_losses = train(case, changed, 24).heard.series("loss"), steady.heard.series("loss")
        assert losses[:11] == steady_losses[:11]
        assert losses[11] != steady_losses[11]

    def test_without_a_schedule_the_script_has_its_own_rates(self, case: Case) -> None:
        bare = train(case, {}, 24)
        own = bare.heard.series("own_rate")
        followed = train(case, {"rate": _piecewise(own)}, 24)
        assert followed.heard.series("loss") == bare.heard.series("loss")

    def test_a_frozen_score_is_the_mean_loss_of_its_frozen_steps(self, steady: Trained) -> None:
        losses = steady.heard.series("frozen_loss")
        assert steady.score is not None
        assert steady.score.value == pytest.approx(sum(losses) / 4, rel=1e-12)
        assert steady.score.frozen == len(losses) == 4

    def test_a_figure_scores_the_weights_at_the_stop(self, case: Case) -> None:
        scored = train(case, at(case.rate), 24, how=case.figure)
        assert scored.score is not None
        assert scored.heard.figures[-1].value == scored.score.value
        assert scored.heard.figures[-1].step == 24

    def test_the_untrained_model_is_scored_before_its_first_step(self, case: Case) -> None:
        scored = train(case, {}, 0, how=case.figure)
        assert scored.score is not None
        assert (scored.passage, scored.heard.series("loss")) == (Passage(0, Ending.DONE, 0), [])
        assert (scored.heard.figures[-1].step, scored.heard.figures[-1].value) == (0, scored.score.value)

    def test_a_run_without_a_stop_goes_to_the_script_s_own_end(self, case: Case, whole: Trained) -> None:
        assert whole.passage == Passage(case.horizon, Ending.DONE, case.horizon)

    def test_the_last_figure_of_a_whole_run_is_its_score(self, whole: Trained) -> None:
        assert whole.score is not None
        assert whole.score.value == whole.heard.figures[-1].value

    def test_a_stop_past_the_script_s_own_end_is_not_reached(self, case: Case) -> None:
        late = train(case, at(case.rate), case.horizon + 50)
        assert late.passage == Passage(case.horizon, Ending.DONE, case.horizon)

    def test_a_rate_that_is_too_high_blows_up_and_ends_the_run(self, case: Case) -> None:
        blown = train(case, at(case.too_high), case.horizon)
        assert blown.passage.ending is Ending.BLOWN_UP
        assert blown.passage.step < case.horizon
        assert _blow_up(blown.heard.series("loss")).happened

    def test_a_halved_rate_goes_on_with_step_and_data(self, case: Case) -> None:
        rule = StopRule("halve", copy_every=4, most_halvings=20)
        first, second = (train(case, at(case.too_high), case.horizon, rule=rule) for _ in range(2))
        assert first.passage.ending is Ending.DONE
        assert first.passage.halvings
        assert len(first.heard.series("loss")) == case.horizon
        # Pieces of series come as the processes of a run tell them; NaN is not equal to NaN.
        one, other = ((each.passage, each.heard.series("loss"), each.heard.figures) for each in (first, second))
        assert repr(other) == repr(one)

    def test_a_rate_that_is_halved_goes_back_to_no_state_from_before_the_advance(self, case: Case) -> None:
        rule = StopRule("halve", copy_every=10**6, most_halvings=20)
        high = {"rate": constant(case.rate, 12) >> constant(case.too_high)}
        rules_differ, rule_from_the_start = Heard(), Heard()
        for heard, first in ((rules_differ, END), (rule_from_the_start, rule)):
            run = case.make(heard)
            run.advance(high, 12, first)
            passage = run.advance(high, case.horizon, rule)
            run.close()
            assert passage.ending is Ending.DONE
            assert passage.halvings
        assert repr(rules_differ.series("loss")) == repr(rule_from_the_start.series("loss"))  # NaN is not equal to NaN

    def test_after_the_most_halvings_a_blow_up_ends_the_run(self, case: Case) -> None:
        rule = StopRule("halve", copy_every=4, most_halvings=1)
        blown = train(case, at(1000 * case.too_high), case.horizon, rule=rule)
        assert blown.passage.ending is Ending.BLOWN_UP
        assert len(blown.passage.halvings) == 1

    def test_a_census_finds_the_horizon(self, case: Case) -> None:
        run = case.make(Heard())
        run.advance({}, 1, END)
        run.evaluate(Evaluate("census"))
        facts, _ = run.facts()
        run.close()
        assert facts.horizon == case.horizon

    def test_facts_name_the_optimizer_its_groups_and_the_own_rate(self, case: Case) -> None:
        run = case.make(Heard())
        run.advance({}, 8, END)
        facts, _ = run.facts()
        run.close()
        assert facts.optimizers
        assert facts.groups[facts.leading].ratio == 1.0
        assert facts.own_rate is not None
        assert facts.own_rate > 0

    def test_a_run_that_cannot_branch_says_why(self, case: Case) -> None:
        trunk = case.make(Heard())
        trunk.advance(at(case.rate), 12, END)
        try:
            trunk.branch(Heard()).close()
        except CannotBranch as cannot:
            assert cannot.reason  # noqa: PT017 - what branches is held to the claims of `BranchSuite`
        finally:
            trunk.close()

    def test_closing_from_another_thread_ends_an_advance(self, case: Case) -> None:
        begun = threading.Event()

        class Begun(Heard):
            def block(self, block: SeriesBlock) -> None:
                begun.set()

        run = case.make(Begun())

        def advance() -> None:
            with suppress(Exception):  # it may raise or return; it must not go on
                run.advance(at(case.rate), None, END)

        thread = threading.Thread(target=advance, daemon=True)
        thread.start()
        assert begun.wait(60)
        run.close()
        thread.join(60)
        assert not thread.is_alive()

    def test_closing_twice_is_closing_once(self, case: Case) -> None:
        run = case.make(Heard())
        run.advance(at(case.rate), 2, END)
        run.close()
        run.close()


def _blow_up(losses: list[float]) -> BlowUp:
    state = BlowUp()
    for loss in losses:
        state = state.add(loss)
    return state


def _piecewise(rates: list[float]) -> Schedule:
    """The schedule that has these rates, one a step."""
    schedule: Schedule = constant(rates[-1])
    for rate in reversed(rates[:-1]):
        schedule = constant(rate, 1) >> schedule
    return schedule
