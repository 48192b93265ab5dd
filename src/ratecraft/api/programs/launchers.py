"""What `torchrun`, `accelerate launch` and `fabric run` do: how many processes they start, with what settings.

Path:   the words behind a launcher -> where its own options end, and `Launched`.
Source: torch 2.13, `distributed/run.py` and `elastic/agent/server/local_elastic_agent.py`; accelerate 1.15,
        `commands/launch.py` and `utils/launch.py`; lightning 2.6, `fabric/cli.py`. Tests hold it to them live.
"""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from ratecraft.errors import InvalidInput

LAUNCHERS: Mapping[str, tuple[str, ...]] = {
    "torchrun": (),
    "accelerate": ("launch",),
    "accelerate-launch": (),
    "fabric": ("run",),
    "deepspeed": (),
}
"""Name of a launcher to the words that always follow it."""

MODULES: Mapping[str, str] = {
    "torch.distributed.run": "torchrun",
    "torch.distributed.launch": "torchrun",
    "accelerate.commands.launch": "accelerate-launch",
    "deepspeed.launcher.runner": "deepspeed",
}
"""Module by which `python -m` starts the same."""

_TORCHRUN_FLAGS = frozenset(
    {"standalone", "module", "m", "no_python", "run_path", "virtual_local_rank", "use_env", "help", "h"}
)
_ACCELERATE_FLAGS = frozenset(
    {
        *("quiet", "q", "cpu", "multi_gpu", "tpu", "enable_cpu_affinity", "dynamo_use_fullgraph", "help", "h"),
        *("dynamo_use_dynamic", "dynamo_use_regional_compilation", "use_deepspeed", "use_fsdp", "debug"),
        *("use_parallelism_config", "use_megatron_lm", "same_network", "module", "m", "no_python", "tpu_cluster"),
        *("no_tpu_cluster", "tpu_use_sudo", "downcast_bf16"),
    }
)
"""Options without a value; each other one has one."""

NO_OPTIONS: Mapping[str, str] = {}

_FABRIC_FLAGS = frozenset({"help"})

_OTHER_WAYS = ("tpu", "use_deepspeed", "use_fsdp", "use_megatron_lm", "use_parallelism_config", "mpirun_hostfile")
"""Options of accelerate by which it sets up more than several processes."""

_KINDS = ("NO", "MULTI_CPU", "MULTI_GPU")
"""Kinds of accelerate's settings that need nothing but processes."""


@dataclass(frozen=True, slots=True)
class Launched:
    """What is passed to a launcher.

    Attributes:
        at: Place of the program among the words.
        is_module: It is a module's name, and no path.
        variables: What the launcher sets in the environment of each process, as it is for the first one. The port 0
            stands for a free one.
        processes: How often it starts the program.
    """

    at: int
    is_module: bool
    variables: Mapping[str, str]
    processes: int = 1


def launched(launcher: str, words: Sequence[str], devices: int) -> Launched:
    """What a launcher does with these words.

    Args:
        launcher: A key of `LAUNCHERS`.
        words: The words after the launcher.
        devices: CUDA devices that there are, for launchers that start a process on each.

    Raises:
        InvalidInput: It would start processes on several machines (`several-machines`), the program is missing
            (`launcher-needs-script`), an option is one that has no meaning here (`launcher-option`), or DeepSpeed
            is to train (`deepspeed`).

    Example:
        >>> told = launched("torchrun", ["--nproc-per-node", "1", "train.py", "--lr", "1"], devices=0)
        >>> told.at, told.is_module, told.variables["WORLD_SIZE"]
        (2, False, '1')
    """
    if launcher == "deepspeed":
        raise InvalidInput("deepspeed")
    flags, read = _READ.get(launcher, (_ACCELERATE_FLAGS, _of_accelerate))
    start = 0
    for word in LAUNCHERS[launcher]:
        if words[start : start + 1] != [word]:
            raise InvalidInput("launcher-needs-script", launcher=" ".join((launcher, *LAUNCHERS[launcher])))
        start += 1
    at, options = _options(words, start, flags)
    name = " ".join((launcher, *LAUNCHERS[launcher]))
    if at >= len(words):
        raise InvalidInput("launcher-needs-script", launcher=name)
    for option in ("no_python", "help", "h"):
        if option in options:
            raise InvalidInput("launcher-option", launcher=name, option=option)
    processes, variables = read(options, devices)
    return Launched(at, "module" in options or "m" in options, variables, processes)


def torchrun_variables(processes: int, options: Mapping[str, str] = NO_OPTIONS) -> dict[str, str]:
    """What torchrun tells the first of the processes that it starts; the port 0 stands for a free one.

    Args:
        processes: Number of processes.
        options: The launcher's own options, by name.
    """
    return {
        **dict.fromkeys(("RANK", "LOCAL_RANK", "GROUP_RANK", "ROLE_RANK"), "0"),
        **dict.fromkeys(("WORLD_SIZE", "LOCAL_WORLD_SIZE", "ROLE_WORLD_SIZE"), str(processes)),
        "GROUP_WORLD_SIZE": "1",
        "ROLE_NAME": options.get("role", "default"),
        "MASTER_ADDR": "localhost",
        "MASTER_PORT": "0",
        "TORCHELASTIC_RESTART_COUNT": "0",
        "TORCHELASTIC_MAX_RESTARTS": options.get("max_restarts", "0"),
        "TORCHELASTIC_RUN_ID": options.get("rdzv_id", "none"),
        "TORCHELASTIC_USE_AGENT_STORE": "False",  # the agent would keep a store for it, and there is none
        "TORCH_NCCL_ASYNC_ERROR_HANDLING": os.environ.get("TORCH_NCCL_ASYNC_ERROR_HANDLING", "1"),
        "PYTHONUNBUFFERED": "1",
    }


def _options(words: Sequence[str], at: int, flags: frozenset[str]) -> tuple[int, dict[str, str]]:
    """Where options end, and their values by names without dashes; hyphens and underscores are alike."""
    found = dict[str, str]()
    while at < len(words) and words[at].startswith("-"):
        if words[at] == "--":
            return at + 1, found
        name, equals, value = words[at].lstrip("-").partition("=")
        name = name.replace("-", "_")
        if not equals and name not in flags:
            at += 1
            value = words[at] if at < len(words) else ""
        found[name] = value
        at += 1
    return at, found


def _of_torchrun(options: Mapping[str, str], devices: int) -> tuple[int, dict[str, str]]:
    named = (value for name, value in options.items() if len(name) > 3 and "nproc_per_node".startswith(name))
    count = next(named, os.environ.get("PET_NPROC_PER_NODE", "1"))
    count = {"gpu": str(devices), "auto": str(devices or os.cpu_count()), "cpu": str(os.cpu_count())}.get(count, count)
    nodes = options.get("nnodes", os.environ.get("PET_NNODES", "1"))
    if nodes.rpartition(":")[2] != "1" or not count.isdecimal() or int(count) < 1:
        raise InvalidInput("several-machines", name="torchrun")
    return int(count), torchrun_variables(int(count), options)


def _of_accelerate(options: Mapping[str, str], devices: int) -> tuple[int, dict[str, str]]:
    config = {} if "cpu" in options else _config(options.get("config_file", ""))
    told = {**config, **options}
    kind = config.get("distributed_type", "NO").strip("'\"")
    if told.get("num_machines", "1") not in ("0", "1"):
        raise InvalidInput("several-machines", name="accelerate launch")
    other = [name for name in _OTHER_WAYS if name in options] or [kind] * (kind not in _KINDS)
    if {"use_deepspeed", "DEEPSPEED"}.intersection(other):
        raise InvalidInput("deepspeed")
    if other and "cpu" not in options:
        raise InvalidInput("launcher-option", launcher="accelerate launch", option=other[0])
    count = told.get("num_processes", "1" if config or "cpu" in options else str(devices or 1))
    count = int(count) if count.isdecimal() else 1
    # Without several devices, and unless it is told to, accelerate starts one process, however many are asked for.
    several = "multi_gpu" in options or kind == "MULTI_GPU" or (not config and count > 1 and devices > 1)
    count = count if several and "cpu" not in options else 1
    group = torchrun_variables(count) if several and "cpu" not in options else {}
    on_cpu = "cpu" in options or config.get("use_cpu", "false") == "true"
    flags = {name: str(name in options) for name in _ACCELERATE_FLAGS}
    variables = {
        "ACCELERATE_USE_CPU": str(on_cpu),
        "ACCELERATE_MIXED_PRECISION": told.get("mixed_precision", "no").strip("'\"").lower(),
        "ACCELERATE_DYNAMO_BACKEND": told.get("dynamo_backend", "no").upper(),
        "ACCELERATE_DYNAMO_MODE": told.get("dynamo_mode", "default"),
        "ACCELERATE_DYNAMO_USE_FULLGRAPH": flags["dynamo_use_fullgraph"],
        "ACCELERATE_DYNAMO_USE_DYNAMIC": flags["dynamo_use_dynamic"],
        "ACCELERATE_DYNAMO_USE_REGIONAL_COMPILATION": flags["dynamo_use_regional_compilation"],
    }
    if on_cpu:
        variables |= {"KMP_AFFINITY": "granularity=fine,compact,1,0", "KMP_BLOCKTIME": "1"}
    if told.get("gpu_ids", "all") != "all":
        variables["CUDA_VISIBLE_DEVICES"] = told["gpu_ids"]
    if "debug" in options:
        variables["ACCELERATE_DEBUG_MODE"] = "true"
    variables |= {f"ACCELERATE_{name.upper()}": told[name] for name in told if name.startswith("fp8_")}
    return max(1, count), variables | group


def _of_fabric(options: Mapping[str, str], devices: int) -> tuple[int, dict[str, str]]:
    if options.get("num_nodes", "1") != "1":
        raise InvalidInput("several-machines", name="fabric run")
    asked, accelerator = options.get("devices", "1"), options.get("accelerator", "auto")
    on_gpu = accelerator in ("cuda", "gpu") or (accelerator == "auto" and devices > 0)
    listed = [word for word in asked.split(",") if word.strip()]
    if asked == "-1" and on_gpu:
        count = devices
    elif "," in asked:
        count = len(listed)
    else:
        count = int(asked) if asked.isdecimal() else 1  # so does fabric with `auto`
    count = 1 if options.get("strategy") == "dp" else max(1, count)
    told = {"LT_CLI_USED": "1", "LT_DEVICES": asked, "LT_NUM_NODES": "1"}
    for name in ("accelerator", "strategy", "precision"):
        if name in options:
            told[f"LT_{name.upper()}"] = options[name]
    return count, told | torchrun_variables(count)


_READ = {"torchrun": (_TORCHRUN_FLAGS, _of_torchrun), "fabric": (_FABRIC_FLAGS, _of_fabric)}
"""Options without a value, and what the others come to; accelerate's own for its two names."""


def _config(named: str) -> dict[str, str]:
    """The plain lines `name: value` of accelerate's file of defaults; those of deeper levels are other launchers'."""
    home = Path(os.environ.get("HF_HOME") or Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache", "huggingface"))
    file = Path(named) if named else home / "accelerate" / "default_config.yaml"
    try:
        lines = file.expanduser().read_text(encoding="utf-8").splitlines()
    except OSError:
        if named:
            raise InvalidInput("launcher-config", path=named) from None
        return {}
    pairs = (line.partition(":") for line in lines if not line.startswith((" ", "#", "-")))
    return {name.strip(): value.strip() for name, _, value in pairs if value.strip()}
