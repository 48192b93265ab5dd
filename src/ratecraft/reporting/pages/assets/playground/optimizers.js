// The five optimizers, as PyTorch has them, with its defaults.
"use strict";

/**
 * An optimizer is made for a count of weights and has `step(weights, slope, rate, momentum)`, which changes the weights in
 * place, and `reach()`: what it multiplies the rate by, over all weights (their geometric mean), after its last step.
 */
Playground.optimizers = (() => {
  const one = () => 1;
  const mean = (values, of) => Math.exp(values.reduce((sum, value) => sum + Math.log(of(value)), 0) / values.length);

  /** θ ← θ − α g. */
  const sgd = () => ({
    reach: one,
    step: (weights, slope, rate) => {
      for (let place = 0; place < weights.length; place += 1) weights[place] -= rate * slope[place];
    },
  });

  /** m ← β m + g; θ ← θ − α m. */
  const momentum = (count) => {
    const moved = new Float64Array(count);
    return {
      reach: one,
      step: (weights, slope, rate, beta = 0.9) => {
        for (let place = 0; place < count; place += 1) {
          moved[place] = beta * moved[place] + slope[place];
          weights[place] -= rate * moved[place];
        }
      },
    };
  };

  /** Means of g and g²; θ ← θ − α m̂ / (√v̂ + ε). Kingma and Ba 2015. */
  const adam = (count) => {
    const [after, epsilon] = [0.999, 1e-8];
    const first = new Float64Array(count);
    const second = new Float64Array(count);
    let steps = 0;
    const size = (value) => Math.sqrt(value) / Math.sqrt(1 - after ** steps) + epsilon;
    return {
      reach: () => 1 / mean(second, size),
      step: (weights, slope, rate, beta = 0.9) => {
        steps += 1;
        for (let place = 0; place < count; place += 1) {
          first[place] += (1 - beta) * (slope[place] - first[place]);
          second[place] = after * second[place] + (1 - after) * slope[place] ** 2;
          weights[place] -= ((rate / (1 - beta ** steps)) * first[place]) / size(second[place]);
        }
      },
    };
  };

  /** v ← 0.99 v + 0.01 g²; θ ← θ − α g / (√v + ε). Tieleman and Hinton 2012. */
  const rmsprop = (count) => {
    const [after, epsilon] = [0.99, 1e-8];
    const second = new Float64Array(count);
    const size = (value) => Math.sqrt(value) + epsilon;
    return {
      reach: () => 1 / mean(second, size),
      step: (weights, slope, rate) => {
        for (let place = 0; place < count; place += 1) {
          second[place] = after * second[place] + (1 - after) * slope[place] ** 2;
          weights[place] -= (rate * slope[place]) / size(second[place]);
        }
      },
    };
  };

  /** v ← v + g²; θ ← θ − α g / (√v + ε): what divides the rate only grows. Duchi et al. 2011. */
  const adagrad = (count) => {
    const epsilon = 1e-10;
    const sum = new Float64Array(count);
    const size = (value) => Math.sqrt(value) + epsilon;
    return {
      reach: () => 1 / mean(sum, size),
      step: (weights, slope, rate) => {
        for (let place = 0; place < count; place += 1) {
          sum[place] += slope[place] ** 2;
          weights[place] -= (rate * slope[place]) / size(sum[place]);
        }
      },
    };
  };
  return { sgd, momentum, adam, rmsprop, adagrad };
})();

/** A gradient that is no longer than `most`; 0 leaves it alone. As `clip_grad_norm_` of PyTorch. */
Playground.clipped = (slope, most) => {
  if (!most) return slope;
  const factor = Math.min(1, most / (Math.hypot(...slope) + 1e-6));
  return slope.map((value) => value * factor);
};
