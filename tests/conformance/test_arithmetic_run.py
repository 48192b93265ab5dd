"""The conformance suite of `Run`, held on the trainer that executor and driver are tested with."""

import pytest
from tests.conformance.arithmetic_run import ArithmeticRun, Problem
from tests.conformance.branch_suite import TreatedSuite
from tests.conformance.run_suite import Case

from ratecraft.records.job import Evaluate


class TestArithmeticRun(TreatedSuite):
    @pytest.fixture(scope="class")
    @classmethod
    def case(cls) -> Case:
        problem = Problem(horizon=160)
        return Case(
            make=lambda heard: ArithmeticRun(problem, 0, heard),
            horizon=160,
            rate=0.002,
            too_high=0.2,
            figure=Evaluate("figure", "val_loss", steps=20),
        )
