// The range test: one run whose rate rises at every step. It bounds a rate from above, and chooses none.
"use strict";

/**
 * The rule of `ratecraft.laws.responses.range_ramp`: a moving mean of the losses (0.6 old), the batch noise by the median difference
 * of neighbours over the first third, an alarm at max(10 % of |L0|, 4 noise) above the mean's lowest on two steps running.
 */
Playground.ramp = (() => {
  const [OLD, REFERENCE, RISE, NOISES] = [0.6, 9, 0.1, 4];
  const median = (values) => {
    const rising = [...values].sort((one, other) => one - other);
    const half = rising.length >> 1;
    return rising.length % 2 ? rising[half] : (rising[half - 1] + rising[half]) / 2;
  };

  /** Rates from low to high, each a fixed factor above the one before. */
  const rates = (low, high, steps) => (step) => low * (high / low) ** (step / (steps - 1));

  const noise = (losses) => {
    const gaps = losses.slice(1).map((loss, at) => Math.abs(loss - losses[at]));
    return gaps.length ? (1.4826 * median(gaps)) / Math.SQRT2 : 0;
  };

  /** The step at which it is clear that the loss rises; null where it never does. */
  const alarm = (losses, planned) => {
    let [mean, lowest, above] = [NaN, Infinity, 0];
    for (let step = 0; step < losses.length; step += 1) {
      if (!Number.isFinite(losses[step])) return step;
      mean = Number.isNaN(mean) ? losses[step] : OLD * mean + (1 - OLD) * losses[step];
      lowest = Math.min(lowest, mean);
      if (step < REFERENCE - 1) continue;
      const seen = losses.slice(0, Math.min(step + 1, Math.max(REFERENCE, Math.floor(planned / 3))));
      const limit = Math.max(RISE * Math.abs(median(seen.slice(0, REFERENCE))), NOISES * noise(seen));
      above = mean - lowest > limit ? above + 1 : 0;
      if (above === 2) return step;
    }
    return null;
  };

  /** The rate at which the loss begins to rise; null where it never does. A loss shows one step later what a rate does. */
  const edge = (at, losses, planned, isBlownUp = false) => {
    const step = alarm(losses, planned) ?? (isBlownUp && losses.length ? losses.length - 1 : null);
    return step === null ? null : at(Math.max(step - 1, 0));
  };
  return { rates, edge };
})();
