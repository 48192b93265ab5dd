"""The trees of branches that the oracle trains at one rate.

Path:   a rate, the steps of a run -> `runner.Branch`.
Units:  steps are optimizer steps; rates are absolute.
"""

from dataclasses import replace

from runner import Branch, Rate

COOL_DOWNS = ((64, 1 / 4), (32, 1 / 4), (16, 1 / 4), (8, 1 / 8), (8, 1 / 4), (8, 1 / 2), (4, 1 / 4))
"""Probes: a trunk of 1/so many of the steps, and its cool-down as a share of the trunk."""
WARM_UPS = {20: (16, 8, 4), 10: (8, 4)}
"""Longer warm-ups, as parts of the steps, and the trunks that are at least 5/4 as long."""


def tree(kind: str, rate: float, steps: int, *, every: int = 0) -> Branch:
    """Everything of a kind at one rate; validated after so many steps where the script does not do so itself.

    `full` is all, `outer` has no constant and no cosine run, `probes` only those. `warm-20` is the linear run with a
    warm-up of 1/20 of the steps, and its probes. `start` scores the untrained model, `ramp` is a range test, `own` the
    script as it is.
    """
    if kind == "own":
        return Branch("own", None, every=every)
    if kind == "ramp":
        return ramp(min(100, steps))
    if kind == "start":
        return Branch("start", lambda step: 0.0, stop=0, frozen=8)
    return _validated(_at_rate(kind, rate, steps), every)


def _at_rate(kind: str, rate: float, steps: int) -> Branch:
    from basics import shape

    part = int(kind.removeprefix("warm-")) if kind.startswith("warm-") else 0
    warm_up = steps // part if part else None

    def shaped(name: str) -> Rate:
        return lambda step: rate * shape(name, step, steps, warm_up)

    flat = steps - round(0.6 * steps)
    if part:
        probes = tuple(probe(rate, steps, length, 1 / 4, f"@{part}") for length in WARM_UPS[part])
        linear = Branch(f"linear@{part}", shaped("linear"), at=flat)
        return Branch(f"trunk@{part}", shaped("constant"), stop=flat + 1, branches=(*probes, linear))
    probes = tuple(probe(rate, steps, length, share) for length, share in COOL_DOWNS if kind == "full" or length >= 8)
    if kind == "probes":
        return Branch("trunk", shaped("constant"), stop=steps // 8 + 1, branches=probes)
    linear = Branch("linear", shaped("linear"), at=flat)
    if kind == "outer":
        return Branch("trunk", shaped("constant"), stop=flat + 1, branches=(*probes, linear))
    cosine = Branch("cosine", shaped("cosine"))
    return Branch("constant", shaped("constant"), branches=(cosine, *probes, linear))


def _validated(branch: Branch, every: int) -> Branch:
    return replace(branch, every=every, branches=tuple(_validated(each, every) for each in branch.branches))


def probe(rate: float, steps: int, part: int, share: float, suffix: str = "") -> Branch:
    """A cool-down that leaves the trunk: linear to 0, scored, then the frozen steps that the tuner might ask for."""
    trunk = steps // part
    cool = max(8, int(trunk * share))
    name = f"probe-{part}" if share == 1 / 4 else f"probe-{part}-{share:g}"
    return Branch(
        name + suffix,
        lambda step: rate * (1 - (step - trunk) / cool),
        at=trunk,
        stop=trunk + cool,
        frozen=max(8, trunk // 8),
    )


def ramp(steps: int = 100, low: float = 1e-7, high: float = 10.0) -> Branch:
    """A range test as fastai's `lr_find`: from 1e-7 to 10 in 100 steps, each a constant factor above the last."""
    return Branch("ramp", lambda step: low * (high / low) ** (step / (steps - 1)), stop=steps)
