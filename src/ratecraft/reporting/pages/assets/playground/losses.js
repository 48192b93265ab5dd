// Losses of one and of two weights, each with its gradient, where a run starts, how low it goes, and what is looked at.
"use strict";

/**
 * A loss: `value(weights)`, `slope(weights)` (the gradient), `start`, `floor` (the lowest value there is), where that is
 * (`lowest`, of two weights), `low` and `high` (what the picture shows, of every weight), and `rate`, a good one for SGD.
 */
Playground.losses = (() => {
  const turned = ([x, y]) => [0.8 * x + 0.6 * y, -0.6 * x + 0.8 * y]; // so that no valley lies along a weight
  const back = (u, v) => [0.8 * u - 0.6 * v, 0.6 * u + 0.8 * v];

  /** θ²/2: curvature 1, so the edge is at a rate of 2. */
  const parabola = {
    start: [-1.6], floor: 0, low: -2, high: 2, rate: 0.25,
    value: ([x]) => (x * x) / 2,
    slope: ([x]) => [x],
  };

  /** A parabola with ripples: a small rate stays in the first dip. */
  const waves = {
    start: [3.6], floor: 0, low: -2.6, high: 4.2, rate: 0.3,
    value: ([x]) => 0.15 * x * x + 0.35 * (1 - Math.cos(3 * x)),
    slope: ([x]) => [0.3 * x + 1.05 * Math.sin(3 * x)],
  };

  /** Equally steep on every side. */
  const bowl = {
    start: [-1.6, 1.1], floor: 0, lowest: [[0, 0]], low: -2, high: 2, rate: 0.25,
    value: ([x, y]) => (x * x + y * y) / 2,
    slope: ([x, y]) => [x, y],
  };

  /** Curvature 1 along and 25 across: the steep side bounds the rate (edge at 2/25), the flat one needs it. */
  const ravine = {
    start: [-1.75, -0.15], floor: 0, lowest: [[0, 0]], low: -2, high: 2, rate: 0.07,
    value: (weights) => {
      const [u, v] = turned(weights);
      return (u * u + 25 * v * v) / 2;
    },
    slope: (weights) => {
      const [u, v] = turned(weights);
      return back(u, 25 * v);
    },
  };

  /** Down on both sides of a ridge: a run that starts near the ridge lingers at the saddle. */
  const saddle = {
    start: [-1.7, 0.005], floor: -0.25, lowest: [[0, 1], [0, -1]], low: -2, high: 2, rate: 0.15,
    value: ([x, y]) => (x * x - y * y) / 2 + y ** 4 / 4,
    slope: ([x, y]) => [x, y ** 3 - y],
  };

  /** A bowl full of dents. */
  const bumpy = {
    start: [-1.7, 1.35], floor: 0, lowest: [[0, 0]], low: -2.2, high: 2.2, rate: 0.2,
    value: ([x, y]) => 0.3 * (x * x + y * y) + 0.3 * (1 - Math.cos(3.5 * x) * Math.cos(3.5 * y)),
    slope: ([x, y]) => [
      0.6 * x + 1.05 * Math.sin(3.5 * x) * Math.cos(3.5 * y),
      0.6 * y + 1.05 * Math.cos(3.5 * x) * Math.sin(3.5 * y),
    ],
  };
  return { parabola, waves, bowl, ravine, saddle, bumpy };
})();
