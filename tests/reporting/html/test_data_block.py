"""Mirrors ratecraft/reporting/html/data_block.py: what goes in comes out, and nothing in it ends the element."""

import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ratecraft.reporting.html.data_block import data_block

TEXT = st.text() | st.sampled_from(["</script>", "<!--", "]]>", "\u2028", "&amp;"])
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=6,
)


@given(st.dictionaries(TEXT, JSON, max_size=3))
def test_what_goes_in_comes_out_and_is_no_markup(data: dict[str, object]) -> None:
    whole = re.fullmatch(r'<script type="application/json" id="data">([^<>&]*)</script>', data_block(data))
    assert whole is not None
    assert json.loads(whole[1]) == data


def test_what_is_no_number_is_refused() -> None:
    with pytest.raises(ValueError, match="JSON"):
        data_block({"loss": float("nan")})
