// Two ways to a rate, run live: the range test, which bounds it, and the tuner's probes, which choose it.
"use strict";

/**
 * An experiment has `advance()` (false where it is over), `chart()` (what `Playground.chart` draws), what it says when it
 * has `begun`, of its `probes` and when it has `ended`, and the `rate` that comes of it, null before the end.
 */
Playground.experiments = (() => {
  const STEPS = 100; // of a range test, as in all public finders
  const BELOW = 4; // octaves under the edge: where the tuner's ladder would have its middle
  const { LOW, HIGH } = Playground.address;
  const { say } = Playground;

  const floorOf = (state) => (state.problem === "digits" ? 0 : Playground.losses[state.problem].floor);

  /** An upright axis for losses above the floor, from below the lowest to above the first. */
  const uprightOf = (values, first) => {
    const lowest = Math.min(first, ...values.filter((value) => value > 0));
    return { low: Math.max(lowest / 3, first * 1e-6), high: first * 4, isLog: true };
  };
  const along = () => ({ low: LOW, high: HIGH, isLog: true, label: say("rate") });

  const ramp = (state) => {
    const rates = Playground.ramp.rates(LOW, HIGH, STEPS);
    const run = Playground.run({ ...state, steps: STEPS, schedule: "constant", warmup: 0 }, rates);
    const floor = floorOf(state);
    const begun = say("ramp-begun", { low: rateText(LOW), high: rateText(HIGH), steps: STEPS });
    const told = { begun, probes: [], ended: "", rate: null };
    let edge = null;
    told.advance = () => {
      if (run.advance()) return true;
      edge = Playground.ramp.edge(rates, run.losses, STEPS, run.isBlownUp);
      told.ended = say("ramp-open");
      if (edge !== null) told.ended = say("ramp-edge", { edge: rateText(edge), below: rateText(edge / 2 ** BELOW) });
      return false;
    };
    told.chart = () => {
      const seen = run.losses.map((loss, step) => [rates(step), loss - floor]);
      const upright = uprightOf(seen.map(([, loss]) => loss), run.values[0] - floor);
      const rules = edge === null ? [] : [{ x: edge, key: "edge", label: say("edge") }];
      return { along: along(), upright, lines: [{ points: seen, key: "late" }], rules };
    };
    return told;
  };

  const tuner = (state) => {
    const rung = Playground.bracket.rung(state.steps);
    const rateOf = (octave) => state.rate * 2 ** octave;
    const reaches = (octave) => rateOf(octave) >= LOW / 1.01 && rateOf(octave) <= HIGH * 1.01;
    const search = Playground.bracket.search(state.steps, reaches);
    const floor = floorOf(state);
    const done = [];
    const begun = say("tuner-begun", { steps: rung.stop, cool: rung.stop - rung.trunk });
    const told = { begun, probes: [], ended: "", rate: null };
    const held = { ...state, steps: rung.stop, schedule: "constant", warmup: 0 };
    const first = Playground.run(held).values[0] - floor;
    let [wanted, run, end] = [search.next(), null, null];

    const score = () => (run.isBlownUp ? Infinity : run.values.at(-1));
    const finish = () => {
      const { octave, why } = wanted.value;
      done.push({ rate: rateOf(octave), score: score() });
      const values = { rate: rateText(rateOf(octave)), score: run.isBlownUp ? say("blown-up") : figureText(score()) };
      told.probes.push(say(`probe-${why}`, values));
      wanted = search.next(score());
      run = null;
      if (!wanted.done) return true;
      end = wanted.value;
      if (end.chosen !== null) told.rate = Math.min(Math.max(rateOf(end.chosen), LOW), HIGH);
      told.ended = say("tuner-nothing");
      if (told.rate === null) return false;
      const best = { rate: rateText(told.rate), bottom: rateText(rateOf(end.bottom)), steps: state.steps };
      told.ended = say("tuner-chosen", best);
      return false;
    };
    told.advance = () => {
      if (wanted.done) return false;
      run ??= Playground.run(held, Playground.bracket.rates(rateOf(wanted.value.octave), rung));
      return run.advance() || finish();
    };
    told.chart = () => {
      const best = Math.min(...done.map(({ score: each }) => each));
      const marks = done.map(({ rate, score: each }, at) => {
        const key = Number.isFinite(each) ? "fit" : "edge";
        return { x: rate, y: each - floor, key, isFull: each === best, label: String(at + 1) };
      });
      if (run) marks.push({ x: rateOf(wanted.value.octave), y: run.values.at(-1) - floor, key: "early", isFull: false, label: "" });
      const rules = told.rate === null ? [] : [{ x: told.rate, key: "chosen", label: say("chosen") }];
      return { along: along(), upright: uprightOf(marks.map(({ y }) => y), first), marks, rules };
    };
    return told;
  };
  return { ramp, tuner };
})();
