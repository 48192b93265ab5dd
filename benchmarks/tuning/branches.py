"""The trees of branches that the oracle trains at one rate.

Path:   a rate, the steps of a run -> `runner.Branch`.
Units:  steps are optimizer steps; rates are absolute.
"""

from runner import Branch, Rate

COOL_DOWNS = ((64, 1 / 4), (32, 1 / 4), (16, 1 / 4), (8, 1 / 8), (8, 1 / 4), (8, 1 / 2), (4, 1 / 4))
"""Probes: a trunk of 1/so many of the steps, and its cool-down as a share of the trunk."""


def tree(kind: str, rate: float, steps: int) -> Branch:
    """Everything at one rate: `full`, `outer` (no constant and cosine run) or `probes`."""
    from basics import shape

    def shaped(name: str) -> Rate:
        return lambda step: rate * shape(name, step, steps)

    flat = steps - round(0.6 * steps)
    probes = tuple(probe(rate, steps, part, share) for part, share in COOL_DOWNS if kind == "full" or part >= 8)
    if kind == "probes":
        return Branch("trunk", shaped("constant"), stop=steps // 8 + 1, branches=probes)
    linear = Branch("linear", shaped("linear"), at=flat)
    if kind == "outer":
        return Branch("trunk", shaped("constant"), stop=flat + 1, branches=(*probes, linear))
    cosine = Branch("cosine", shaped("cosine"))
    return Branch("constant", shaped("constant"), branches=(cosine, *probes, linear))


def probe(rate: float, steps: int, part: int, share: float) -> Branch:
    """A cool-down that leaves the trunk: linear to 0, scored, then the frozen steps that the tuner might ask for."""
    trunk = steps // part
    cool = max(8, int(trunk * share))
    name = f"probe-{part}" if share == 1 / 4 else f"probe-{part}-{share:g}"
    return Branch(
        name,
        lambda step: rate * (1 - (step - trunk) / cool),
        at=trunk,
        stop=trunk + cool,
        frozen=max(8, trunk // 8),
    )


def ramp(steps: int = 100, low: float = 1e-7, high: float = 10.0) -> Branch:
    """A range test as fastai's `lr_find`: from 1e-7 to 10 in 100 steps, each a constant factor above the last."""
    return Branch("ramp", lambda step: low * (high / low) ** (step / (steps - 1)), stop=steps)
