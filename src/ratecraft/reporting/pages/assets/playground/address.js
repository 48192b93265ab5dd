// The state of the page and its address: `#problem=ravine&rate=0.05`. What is as usual is left out.
"use strict";

/** `read(fragment)` gives a whole state whatever it is told; `write(state)` the fragment that reads the same. */
Playground.address = (() => {
  const LOW = 1e-5; // six decades of rates
  const HIGH = 10;
  const SIZES = { steps: { usual: 100, digits: 300, surface: 60 } };
  const ADAPTIVE = { adam: [0.1, 0.01], rmsprop: [0.05, 0.01], adagrad: [0.5, 0.05] }; // rate on a loss, on the net

  const problems = [...Object.keys(Playground.losses), "digits"];
  const one = (names) => (text) => (names.includes(text) ? text : undefined);
  const number = (low, high) => (text) => {
    const value = text.trim() === "" ? NaN : Number(text);
    return value >= low && value <= high ? value : undefined;
  };
  const whole = (low, high) => (text) => (Number.isInteger(Number(text)) ? number(low, high)(text) : undefined);
  const shares = (text) => {
    const values = text.split("-").map(whole(0, 100));
    if (values.length !== Playground.schedule.points || values.includes(undefined)) return undefined;
    return values.map((value) => value / 100);
  };

  /** How each part is read. */
  const parts = {
    problem: one(problems),
    optimizer: one(Object.keys(Playground.optimizers)),
    rate: number(LOW, HIGH),
    noise: number(0, 4),
    batch: (text) => one(["1", "4", "16", "64", "256"])(text) && Number(text),
    schedule: one(Playground.schedule.kinds),
    warmup: whole(0, 50),
    drawn: shares,
    clip: number(0, 100),
    steps: whole(20, 2000),
    seed: whole(0, 9999),
    show: one(["ramp", "tuner"]),
  };

  /** A good rate for a loss and an optimizer. */
  const rate = (problem, optimizer) => {
    const isNet = problem === "digits";
    if (ADAPTIVE[optimizer]) return ADAPTIVE[optimizer][Number(isNet)];
    if (isNet) return optimizer === "momentum" ? 0.03 : Playground.network.rate;
    return Playground.losses[problem].rate;
  };
  const steps = (problem) => SIZES.steps[problem] ?? SIZES.steps.usual;

  /** What stands where nothing is said. */
  const usual = (problem = "ravine", optimizer = "sgd") => ({
    problem,
    optimizer,
    rate: rate(problem, optimizer),
    noise: 0,
    batch: 16,
    schedule: "constant",
    warmup: 0,
    drawn: Array(Playground.schedule.points).fill(1),
    clip: 0,
    steps: steps(problem),
    seed: 0,
    show: "",
  });

  const text = (name, value) => (name === "drawn" ? value.map((share) => Math.round(share * 100)).join("-") : String(value));

  const read = (fragment) => {
    const told = {};
    for (const [name, value] of new URLSearchParams(fragment.replace(/^#/, ""))) {
      const known = Object.hasOwn(parts, name) ? parts[name](value) : undefined;
      if (known !== undefined) told[name] = known;
    }
    return { ...usual(told.problem, told.optimizer), ...told };
  };
  const write = (state) => {
    const plain = usual(state.problem, state.optimizer);
    plain.problem = "ravine";
    plain.optimizer = "sgd";
    const told = Object.keys(parts).filter((name) => name !== "drawn" || state.schedule === "drawn");
    const said = told.filter((name) => text(name, state[name]) !== text(name, plain[name]));
    return said.map((name) => `${name}=${text(name, state[name])}`).join("&");
  };

  // The slider has forty places a decade, and a rate as people write it at each.
  const PLACES = 40;
  const place = (value) => Math.round(Math.log10(value / LOW) * PLACES);
  const at = (slider) => Number((LOW * 10 ** (slider / PLACES)).toPrecision(2));
  return { LOW, HIGH, problems, read, write, usual, place, at };
})();
