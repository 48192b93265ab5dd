"""Mirrors ratecraft/watching/acts.py: each act is told, and a thousand of one kind in few lines."""

from ratecraft.records.watching.observed import ObservedRun, observed_series
from ratecraft.watching.acts import Acts


def piece(**acts: list[tuple[int, float]]) -> ObservedRun:
    series = {
        f"guard_{kind}": observed_series(f"guard_{kind}", *map(list, zip(*points, strict=True)))
        for kind, points in acts.items()
    }
    return ObservedRun(series, "step", {}, "live")


def test_skips_are_told_at_the_first_the_tenth_and_the_hundredth() -> None:
    acts, told = Acts(), list[float]()
    for first in range(0, 150, 5):
        acts, findings = acts.after(piece(skip=[(step, 0.0) for step in range(first, first + 5)]))
        told += [float(each.evidence["count"]) for each in findings]
    assert told == [1, 10, 100]
    assert acts.counts == {"skip": 150}


def test_going_back_and_the_smaller_rate_are_one_thing_to_tell() -> None:
    _, told = Acts().after(piece(back=[(90, 64)], cut=[(90, 0.1), (200, 0.03)]))
    assert [(each.code, each.steps[0]) for each in told] == [("guard-back", 90), ("guard-cut", 200)]
    assert told[0].evidence["factor"] == 0.1


def test_each_act_says_what_to_change_in_the_training() -> None:
    _, told = Acts().after(
        piece(skip=[(5, 0.0)], clip=[(6, 2.5)], mend=[(7, 0)], back=[(8, 0)], cut=[(8, 0.1)], stop=[(90, 64)])
    )
    advice = {each.code: [(one.code, dict(one.values)) for one in each.advice] for each in told}
    assert advice == {
        "guard-skip": [("look-at-batch", {"step": 5})],
        "guard-clip": [("clip-usual", {"norm": 2.5})],
        "guard-mend": [("look-at-batch", {"step": 7})],
        "guard-back": [("divide-rate", {"factor": 10.0})],
        "guard-stop": [("shorten", {"steps": 64})],
    }


def test_a_script_whose_weights_are_held_is_told_another_end_than_a_loop() -> None:
    stopped = piece(stop=[(90, 64)])
    held = ObservedRun(stopped.series, "step", {"guard_held": 1.0}, "live")
    assert [Acts().after(each)[1][0].code for each in (stopped, held)] == ["guard-stop", "guard-held"]


def test_giving_up_tells_the_factor_that_did_not_help() -> None:
    acts, _ = Acts().after(piece(back=[(8, 0)], cut=[(8, 0.001)]))
    assert acts.after(piece(end=[(90, 64)]))[1][0].evidence["factor"] == 0.001


def test_that_it_stands_down_is_told_and_a_piece_without_acts_says_nothing() -> None:
    assert [each.code for each in Acts().after(ObservedRun({}, "step", {"guard_off": 1.0}))[1]] == ["guard-off"]
    assert Acts().after(ObservedRun({"loss": observed_series("loss", [0], [1.0])}, "step"))[1] == ()
