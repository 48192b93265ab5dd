// One run, step by step: θ ← θ − α ∇J(θ), with an optimizer, a schedule, noise and clipping.
"use strict";

/**
 * A run of `settings` (as `address.js` has them). `rates(step)` may give the absolute rate instead of the schedule.
 *
 * `values` are the losses that are judged, at the steps `looks`: of the loss itself at every step, of the net over held-out
 * digits now and then. `losses` are those that the optimizer saw. `path` holds the weights of a loss of one or two.
 * Blown up: a loss that is no number, or 8 whose mean is above L0 + 10 |L0|.
 */
Playground.run = (() => {
  const BLOWN = { losses: 8, times: 10 };
  const GAPS = 50; // between the looks of one run, for the plateau rule and on the net

  /** A loss of one or two weights: the whole of it is known at every step; noise comes to the gradient only. */
  const surface = ({ problem, noise, batch, seed }) => {
    const loss = Playground.losses[problem];
    const draw = Playground.random(seed);
    const spread = noise / Math.sqrt(batch);
    return {
      weights: [...loss.start],
      learned: (weights) => {
        const slope = loss.slope(weights);
        const noisy = spread ? slope.map((value) => value + spread * draw.normal()) : slope;
        return { loss: loss.value(weights), slope: noisy, size: Math.hypot(...slope) };
      },
    };
  };

  const net = ({ batch, seed }) => {
    const next = Playground.network.batches(seed, batch);
    return {
      weights: Playground.network.start(seed),
      learned: (weights) => ({ ...Playground.network.learned(weights, next()), size: null }),
    };
  };

  return (settings, rates = null) => {
    const { problem, optimizer, steps, clip } = settings;
    const isNet = problem === "digits";
    const { weights, learned } = (isNet ? net : surface)(settings);
    const rule = Playground.optimizers[optimizer](weights.length);
    const schedule = Playground.schedule(settings);
    const cut = settings.schedule === "plateau" && !rates ? Playground.plateau(settings.rate) : null;
    const every = Math.max(1, Math.ceil(steps / GAPS));
    let peak = settings.rate;
    const run = { settings, steps, isNet, isBlownUp: false, step: 0, weights, answers: [] };
    for (const series of ["losses", "rates", "reach", "sizes", "path", "looks", "values", "shares"]) run[series] = [];

    const blows = (loss) => {
      if (!Number.isFinite(loss)) return true;
      const first = run.losses[0];
      const last = run.losses.slice(-BLOWN.losses);
      if (last.length < BLOWN.losses) return false;
      return last.reduce((sum, each) => sum + each, 0) / BLOWN.losses > first + BLOWN.times * Math.abs(first);
    };

    /** What there is to see before the next step. */
    const look = () => {
      if (isNet) {
        if (run.step % every && run.step < steps) return;
        const { loss, accuracy, answers } = Playground.network.judged(weights);
        run.values.push(loss);
        run.shares.push(accuracy);
        run.answers = answers;
      } else {
        run.values.push(Playground.losses[problem].value(weights));
        run.path.push([...weights]);
      }
      run.looks.push(run.step);
      if (cut && run.step && run.step % every === 0) peak = cut(run.values.at(-1));
    };
    look();

    /** One step; false where the run is over. */
    run.advance = () => {
      if (run.step >= steps || run.isBlownUp) return false;
      const rate = rates ? rates(run.step) : peak * schedule.at(run.step);
      const { loss, slope, size } = learned(weights);
      run.losses.push(loss);
      run.rates.push(rate);
      run.sizes.push(size);
      rule.step(weights, Playground.clipped(slope, clip), rate, schedule.momentum(run.step) ?? undefined);
      run.reach.push(rule.reach());
      run.step += 1;
      look();
      run.isBlownUp = blows(isNet ? loss : run.values.at(-1));
      return run.step < steps && !run.isBlownUp;
    };

    /** Steps until one is reached, or the end. */
    run.to = (step) => {
      while (run.step < step && run.advance());
      return run;
    };
    return run;
  };
})();
