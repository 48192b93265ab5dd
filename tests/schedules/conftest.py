"""Random schedules: `st.from_type(Schedule)` draws trees that fit a horizon of `HORIZON` steps, bound or not."""

import operator

from hypothesis import strategies as st

from ratecraft.schedules.builders.compositions import piecewise, step, wsd
from ratecraft.schedules.builders.constructors import (
    constant,
    cosine,
    exponential,
    geometric,
    linear,
    polynomial,
    power,
    saturating,
    warmup,
)
from ratecraft.schedules.builders.cyclic import cosine_restarts, triangular2
from ratecraft.schedules.lengths import steps
from ratecraft.schedules.trees.leaves import Segment
from ratecraft.schedules.trees.nodes import Schedule
from ratecraft.schedules.trees.shapes import SHAPES, Geometric

_VALUES = st.floats(-10, 10) | st.sampled_from([0.0, 1.0, 1e-5, 0.1])
_POSITIVE = st.floats(1e-4, 10)
_FACTORS = st.floats(0.5, 1.5)
_FRACTIONS = st.builds(steps, st.integers(1, 30), st.integers(1, 7))
# At most six leaves of at most 12 steps or 5 % each, or two cycles of 5 and 10: any join of them fits into 200 steps.
_LENGTHS = st.integers(0, 12) | st.floats(0.001, 0.05) | st.none()
_EXACT_LENGTHS = _LENGTHS | _FRACTIONS
_SHORT = st.integers(0, 3) | st.floats(0.001, 0.01)
_PACES = st.integers(1, 9) | st.floats(0.01, 0.5) | _FRACTIONS
_STEPS = st.integers(-4, 4) | _FRACTIONS
_WAYS = {"start": _VALUES, "to": _VALUES, "length": _LENGTHS, "offset": st.integers(0, 4)}
_ANY_WAYS = {
    "start": _VALUES,
    "to": _VALUES,
    "length": _EXACT_LENGTHS,
    "offset": _STEPS,
    "inset": _STEPS,
    "after": st.sampled_from(["hold", 0.25]),
}
_PLAIN_LEAVES = st.one_of(
    st.builds(constant, _VALUES, _LENGTHS),
    st.builds(warmup, _LENGTHS),
    st.builds(linear, **_WAYS),
    st.builds(exponential, _FACTORS, st.integers(1, 9) | st.floats(0.01, 0.5), _LENGTHS),
    st.builds(step, _SHORT, _FACTORS, st.integers(1, 2)),
    st.builds(wsd, _SHORT, _SHORT, _SHORT | st.none()),
)
_LEAVES = st.one_of(
    _PLAIN_LEAVES,
    st.builds(cosine, **_ANY_WAYS, waves=st.sampled_from([0.5, 1.0, 1.7]), power=_POSITIVE, bend=_POSITIVE),
    st.builds(polynomial, **_ANY_WAYS, power=_POSITIVE, bend=_POSITIVE),
    st.builds(
        Segment,
        *(_ANY_WAYS[name] for name in ("start", "to", "length")),
        st.sampled_from([shape for shape in SHAPES.values() if not isinstance(shape, Geometric)]),
        *(_ANY_WAYS[name] for name in ("offset", "inset", "after")),
    ),
    st.builds(saturating, **_ANY_WAYS, ratio=st.floats(0.01, 0.9)),
    st.builds(geometric, _POSITIVE, _POSITIVE, _EXACT_LENGTHS),
    st.builds(power, st.floats(-2, 2), _PACES, _PACES, _EXACT_LENGTHS),
    st.builds(cosine_restarts, st.integers(1, 5), st.sampled_from([1.0, 1.5, 2.0]), _FACTORS, st.integers(1, 2)),
    st.builds(triangular2, st.integers(1, 9) | st.floats(0.01, 0.05)).map(lambda cycles: cycles.lasting(9)),
    st.builds(
        lambda places: piecewise([1.0, *map(float, places)], sorted(places)), st.sets(st.integers(1, 9), min_size=1)
    ),
)


def _joined(earlier: Schedule, later: Schedule) -> Schedule:
    """Two parts that both take the rest can't be joined; they are multiplied."""
    return earlier * later if earlier.takes_rest and later.takes_rest else earlier >> later


def _grown(trees: st.SearchStrategy[Schedule]) -> st.SearchStrategy[Schedule]:
    return st.one_of(
        st.builds(_joined, trees, trees),
        st.builds(operator.mul, trees, trees),
        st.builds(operator.mul, _VALUES, trees),
        st.builds(operator.add, trees, _VALUES),
        st.builds(lambda one, other: one.min(other), trees, trees | _VALUES),
        st.builds(lambda one, other: one.max(other), trees, trees | _VALUES),
        st.builds(lambda tree, by: tree.shifted(by), trees, _STEPS),
        st.builds(lambda tree, every: tree.quantise(every), trees, _PACES),
        st.builds(lambda tree, length: tree if tree.takes_rest else tree.lasting(length), trees, _EXACT_LENGTHS),
    )


st.register_type_strategy(Schedule, st.recursive(_LEAVES, _grown, max_leaves=6))
