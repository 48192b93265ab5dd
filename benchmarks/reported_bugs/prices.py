"""What proofs were told to cost against what they came to: `python benchmarks/reported_bugs/prices.py FOLDER...`.

Each folder is a study of `ratecraft diagnose SCRIPT --prove --study FOLDER`. Its price is foreseen from its baseline
by the rules of now, as it is told before the first branch. Printed is a line a proof, and how many came within it.

Units:  runs are trainings of the script's own length, baseline and scores among them.
"""

import sys
from pathlib import Path
from statistics import median

from ratecraft.api.results.proof import experiments_of
from ratecraft.controllers.prove.controller import length_of, with_validation
from ratecraft.controllers.prove.price import priced
from ratecraft.controllers.prove.settings import ProveSettings
from ratecraft.diagnosis.proof.next_tries import next_tries
from ratecraft.records.cost import costs
from ratecraft.records.events import Finished, Proposed
from ratecraft.records.proof import Price
from ratecraft.records.storage.store import Record
from ratecraft.records.storage.study import StudyFolder


def told_and_came(folder: Path) -> tuple[Price, float] | None:
    """The price that is foreseen of a proof, and what it came to; None where nothing was tried in it."""
    with Record.open(StudyFolder(folder).record, read_only=True) as record:
        events, answer = tuple(record.events()), record.answer()
    asked = next(event for event in events if isinstance(event, Proposed) and event.phase == "baseline")
    ended = {event.outcome.job: event.outcome for event in events if isinstance(event, Finished)}
    baseline = ended[asked.job.key]
    settings = ProveSettings(branching="fork")
    steps = length_of(baseline, settings)
    tries = experiments_of(asked, baseline, steps)
    if answer is None or not tries:
        return None
    price = priced(with_validation(settings, baseline), tries, next_tries, steps)
    return price, costs(events, steps, {}).total_runs


def main() -> None:
    """Read the proofs that were named."""
    found = {Path(name).resolve().parent.name: told_and_came(Path(name)) for name in sys.argv[1:]}
    known = {name: each for name, each in found.items() if each is not None}
    for name, (price, came) in known.items():
        print(f"{name:24} told {price.low:.2f} to {price.high:.2f}, came to {came:.2f}")
    inside = sum(price.low <= came <= price.high for price, came in known.values())
    near = sum(0.8 * price.low <= came <= 1.2 * price.high for price, came in known.values())
    middle = [abs((price.low + price.high) / 2 / came - 1) for price, came in known.values()]
    print(f"{len(known)} proofs: {inside} within what was told, {near} within 20 % of it;", end=" ")
    print(
        f"its middle was off by {median(middle):.0%} in the median, by more than 20 % in {sum(m > 0.2 for m in middle)}"
    )


if __name__ == "__main__":
    main()
