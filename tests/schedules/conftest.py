"""Random schedules: `st.from_type(Schedule)` draws trees that fit a horizon of `HORIZON` steps, bound or not."""

import operator

from hypothesis import strategies as st

from ratecraft.schedules.constructors import constant, cosine, exponential, linear, step, warmup, wsd
from ratecraft.schedules.nodes import Schedule

_VALUES = st.floats(-10, 10) | st.sampled_from([0.0, 1.0, 1e-5, 0.1])
_FACTORS = st.floats(0.5, 1.5)
# At most six leaves of at most 12 steps or 5 % each: any join of them fits into 200 steps.
_LENGTHS = st.integers(0, 12) | st.floats(0.001, 0.05) | st.none()
_SHORT = st.integers(0, 3) | st.floats(0.001, 0.01)
_WAYS = {"start": _VALUES, "to": _VALUES, "length": _LENGTHS, "offset": st.integers(0, 4)}
_LEAVES = st.one_of(
    st.builds(constant, _VALUES, _LENGTHS),
    st.builds(warmup, _LENGTHS),
    st.builds(linear, **_WAYS),
    st.builds(cosine, **_WAYS),
    st.builds(exponential, _FACTORS, st.integers(1, 9) | st.floats(0.01, 0.5), _LENGTHS),
    st.builds(step, _SHORT, _FACTORS, st.integers(1, 2)),
    st.builds(wsd, _SHORT, _SHORT, _SHORT | st.none()),
)


def _joined(earlier: Schedule, later: Schedule) -> Schedule:
    """Two parts that both take the rest can't be joined; they are multiplied."""
    resting = [part.extent(0) for part in (earlier, later)].count(None)
    return earlier * later if resting == 2 else earlier >> later


def _grown(trees: st.SearchStrategy[Schedule]) -> st.SearchStrategy[Schedule]:
    return st.one_of(
        st.builds(_joined, trees, trees),
        st.builds(operator.mul, trees, trees),
        st.builds(operator.mul, _VALUES, trees),
        st.builds(operator.add, trees, _VALUES),
    )


st.register_type_strategy(Schedule, st.recursive(_LEAVES, _grown, max_leaves=6))
