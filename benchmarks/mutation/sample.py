"""Keeps some mutants of a session of cosmic-ray, drawn by a seed, and marks the others as skipped.

`python benchmarks/mutation/sample.py SESSION --count 100 --seed 0`

Left out beforehand is what says nothing about tests: another operator for the `|` of a type, and decorators, most of
which make a value frozen or keep what is computed.
"""

import random
import sys
from argparse import ArgumentParser, Namespace

from cosmic_ray.tools.filters.filter_app import FilterApp
from cosmic_ray.work_db import WorkDB
from cosmic_ray.work_item import WorkerOutcome, WorkResult

SAYS_NOTHING = ("core/ReplaceBinaryOperator_BitOr", "core/RemoveDecorator")


class Sample(FilterApp):
    """The filter."""

    def add_args(self, parser: ArgumentParser) -> None:
        """How many, and which."""
        parser.add_argument("--count", type=int, default=100)
        parser.add_argument("--seed", type=int, default=0)

    def filter(self, work_db: WorkDB, args: Namespace) -> None:
        """Skip all that is not drawn. The numbers of a session are drawn by chance; places in the source are not."""
        places = {
            (str(each.module_path), each.operator_name, each.occurrence): item.job_id
            for item in work_db.work_items
            for each in item.mutations
        }
        able = sorted(place for place in places if not place[1].startswith(SAYS_NOTHING))
        drawn = {places[place] for place in random.Random(args.seed).sample(able, args.count)}  # noqa: S311
        skipped = WorkResult(worker_outcome=WorkerOutcome.SKIPPED, output="not drawn")
        work_db.set_multiple_results([job for job in places.values() if job not in drawn], skipped)


if __name__ == "__main__":
    sys.exit(Sample().main())
