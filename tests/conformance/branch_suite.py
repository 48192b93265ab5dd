"""What every implementation of `Run` does whose runs can be branched: the claims of `RunSuite`, and these."""

from collections.abc import Mapping

import pytest
from tests.conformance.run_suite import END, Case, Heard, RunSuite, Trained, at, train

from ratecraft.records.job import Evaluate, StopRule
from ratecraft.records.outcome import Ending
from ratecraft.records.running import Run
from ratecraft.records.storage.series import unpack
from ratecraft.records.treatment import SAME_BATCH, STANDARDISED, clipped
from ratecraft.schedules.builders.constructors import constant
from ratecraft.schedules.trees.nodes import Schedule

FROZEN = Evaluate("frozen", steps=4)
LEAVES = 12  # step at which branches leave their trunk


def turned(case: Case, step: int = LEAVES) -> Mapping[str, Schedule]:
    """The trunk's rate up to a step, then a much lower one."""
    return {"rate": constant(case.rate, step) >> constant(case.rate / 16)}


def trunk_of(case: Case, heard: Heard, step: int = LEAVES) -> Run:
    trunk = case.make(heard)
    trunk.advance(at(case.rate), step, END)
    return trunk


def finish(run: Run, heard: Heard, schedules: Mapping[str, Schedule], stop: int | None, how: Evaluate) -> Trained:
    """Advance, score and close a run."""
    try:
        return Trained(run.advance(schedules, stop, END), run.evaluate(how), heard)
    finally:
        run.close()


def treated(run: Run, heard: Heard, case: Case, treatment: str) -> Trained:
    """Advance under a treatment, score and close a run."""
    try:
        return Trained(run.advance(at(case.rate), 24, END, treatment=treatment), run.evaluate(FROZEN), heard)
    finally:
        run.close()


def told(heard: Heard, name: str) -> tuple[int | None, list[float]]:
    """The first step of a series and its values."""
    blocks = [block for block in heard.blocks if block.name == name]
    return (blocks[0].first if blocks else None), [value for block in blocks for value in unpack(block.values)]


class BranchSuite(RunSuite):
    """The claims. A subclass gives the fixture `case`."""

    @pytest.fixture(params=["frozen", "figure", "natural"])
    @classmethod
    def scored(cls, request: pytest.FixtureRequest, case: Case) -> tuple[int | None, Evaluate]:
        """Where a branch stops, and how it is scored."""
        natural = Evaluate("natural", case.figure.metric)
        return {"frozen": (24, FROZEN), "figure": (24, case.figure), "natural": (None, natural)}[request.param]

    def test_a_branch_is_the_same_as_a_replay(self, case: Case, scored: tuple[int | None, Evaluate]) -> None:
        stop, how = scored
        before, heard = Heard(), Heard()
        trunk = trunk_of(case, before)
        run = trunk.branch(heard)
        branched = finish(run, heard, turned(case), stop, how)
        facts = run.facts()
        trunk.close()
        again = Heard()
        replay = case.make(again)
        replay.advance(turned(case), LEAVES, END)
        replayed = finish(replay, again, turned(case), stop, how)
        assert (branched.passage, branched.score) == (replayed.passage, replayed.score)
        assert facts == replay.facts()
        assert before.figures + heard.figures == again.figures
        for name in ("loss", "own_rate", "frozen_loss"):
            assert told(before, name)[1] + told(heard, name)[1] == told(again, name)[1]

    def test_a_branch_tells_its_own_listener_from_its_own_first_step_on(self, case: Case) -> None:
        before, heard = Heard(), Heard()
        trunk = trunk_of(case, before)
        finish(trunk.branch(heard), heard, turned(case), 24, FROZEN)
        trunk.close()
        assert [told(before, name)[0] for name in ("loss", "own_rate")] == [0, 0]
        assert [len(told(before, name)[1]) for name in ("loss", "own_rate")] == [LEAVES] * 2
        assert [told(heard, name)[0] for name in ("loss", "own_rate")] == [LEAVES] * 2

    def test_a_trunk_is_undisturbed_by_its_branches_and_their_scores(self, case: Case, steady: Trained) -> None:
        heard = Heard()
        trunk = trunk_of(case, heard)
        for schedules, how in ((turned(case), case.figure), (at(case.rate), FROZEN), (turned(case), FROZEN)):
            branch = trunk.branch(other := Heard())
            finish(branch, other, schedules, 24, how)
        gone_on = finish(trunk, heard, at(case.rate), 24, FROZEN)
        assert gone_on.score == steady.score
        assert heard.blocks != []
        for name in ("loss", "own_rate", "frozen_loss"):
            assert told(heard, name) == told(steady.heard, name)

    def test_branches_of_one_trunk_do_not_disturb_each_other(self, case: Case) -> None:
        trunk = trunk_of(case, Heard())
        low, same = Heard(), Heard()
        runs = [(trunk.branch(low), low, turned(case)), (trunk.branch(same), same, at(case.rate))]
        for stop in (17, 24):  # by turns
            for run, _, schedules in runs:
                run.advance(schedules, stop, END)
        for run, heard, schedules in runs:
            scored = finish(run, heard, schedules, 24, FROZEN).score
            assert scored == train(case, schedules, LEAVES, 24, how=FROZEN).score
        trunk.close()

    @pytest.mark.parametrize("waits", [False, True], ids=["fresh", "waiting at step 0"])
    def test_a_run_is_branched_at_step_0(self, case: Case, steady: Trained, waits: bool) -> None:
        root, heard = case.make(Heard()), Heard()
        if waits:
            root.advance({}, 0, END)
        branched = finish(root.branch(heard), heard, at(case.rate), 24, FROZEN)
        root.close()
        assert (branched.passage, branched.score) == (steady.passage, steady.score)
        assert told(heard, "loss") == told(steady.heard, "loss")

    @pytest.mark.parametrize("kind", ["frozen", "figure"])
    def test_the_untrained_model_scores_the_same_in_a_branch(self, case: Case, kind: str) -> None:
        how = FROZEN if kind == "frozen" else case.figure
        root, heard = case.make(Heard()), Heard()
        root.advance({}, 0, END)
        branched = finish(root.branch(heard), heard, {}, 0, how)
        root.close()
        again = train(case, {}, 0, how=how)
        assert (branched.passage, branched.score) == (again.passage, again.score)

    def test_a_branch_of_a_branch_is_the_same_as_a_replay(self, case: Case) -> None:
        trunk, heard = trunk_of(case, Heard()), Heard()
        second = trunk.branch(Heard())
        second.advance(at(case.rate), 18, END)
        third = second.branch(heard)
        second.close()
        branched = finish(third, heard, turned(case, 18), 24, FROZEN)
        trunk.close()
        replayed = train(case, turned(case, 18), LEAVES, 18, 24, how=FROZEN)
        assert (branched.passage, branched.score) == (replayed.passage, replayed.score)
        assert told(heard, "loss") == (18, replayed.heard.series("loss")[18:])

    def test_a_branch_outlives_its_trunk(self, case: Case) -> None:
        trunk, heard = trunk_of(case, Heard()), Heard()
        branch = trunk.branch(heard)
        trunk.close()
        score = finish(branch, heard, turned(case), 24, FROZEN).score
        assert score == train(case, turned(case), LEAVES, 24, how=FROZEN).score

    def test_a_branch_that_blows_up_leaves_its_trunk_alone(self, case: Case, steady: Trained) -> None:
        heard = Heard()
        trunk = trunk_of(case, heard)
        branch = trunk.branch(Heard())
        passage = branch.advance({"rate": constant(case.rate, LEAVES) >> constant(case.too_high)}, case.horizon, END)
        branch.close()
        assert passage.ending is Ending.BLOWN_UP
        assert finish(trunk, heard, at(case.rate), 24, FROZEN).score == steady.score

    def test_a_branch_that_halves_its_rate_is_the_same_as_its_replay(self, case: Case) -> None:
        rule = StopRule("halve", copy_every=7, most_halvings=20)
        high = {"rate": constant(case.rate, LEAVES) >> constant(case.too_high)}
        trunk, heard = trunk_of(case, Heard()), Heard()
        branch = trunk.branch(heard)
        trunk.close()
        passage = branch.advance(high, case.horizon, rule)
        branch.close()
        replayed = train(case, high, LEAVES, case.horizon, rule=rule)
        assert passage.halvings
        assert passage == replayed.passage
        losses = told(heard, "loss")[1]
        assert repr(losses) == repr(replayed.heard.series("loss")[LEAVES:])  # NaN is not equal to NaN


class TreatedSuite(BranchSuite):
    """The same, of runs whose gradients and inputs a treatment can change."""

    @pytest.mark.parametrize("leaves", [0, LEAVES])
    @pytest.mark.parametrize("treatment", [clipped(0.5), STANDARDISED, SAME_BATCH])
    def test_a_treatment_begins_with_a_branch_as_with_its_replay(self, case: Case, treatment: str, leaves: int) -> None:
        before, heard, again = Heard(), Heard(), Heard()
        trunk, replay = case.make(before), case.make(again)
        trunk.advance({}, leaves, END)
        branched = treated(trunk.branch(heard), heard, case, treatment)
        trunk.close()
        if leaves:
            replay.advance({}, leaves, END)
        replayed = treated(replay, again, case, treatment)
        assert branched.passage.step == replayed.passage.step
        assert branched.score == replayed.score
        for name in ("loss", "own_rate", "frozen_loss"):
            assert told(before, name)[1] + told(heard, name)[1] == told(again, name)[1]

    def test_a_treatment_changes_a_branch_and_leaves_its_trunk_alone(self, case: Case) -> None:
        before, plain, changed, after = Heard(), Heard(), Heard(), Heard()
        trunk = trunk_of(case, before)
        first = treated(trunk.branch(plain), plain, case, "")
        second = treated(trunk.branch(changed), changed, case, clipped(0.01))
        third = treated(trunk.branch(after), after, case, "")
        trunk.close()
        assert first.score == third.score != second.score
        assert told(plain, "loss") == told(after, "loss") != told(changed, "loss")
