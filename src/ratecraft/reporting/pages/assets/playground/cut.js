// The loss surface that was cut from a real small net: a table (surface.js), made smooth between its points.
"use strict";

/**
 * Catmull–Rom splines, in both directions: through every point of the table, with a slope that has no jumps. Beyond the
 * table the loss is that of its nearest point and grows with the square of the way to it.
 */
Playground.losses.surface = (() => {
  const { reach, points, losses } = Playground.surface;
  const gap = (2 * reach) / (points - 1);
  const wall = 2;
  const limited = (place) => Math.min(Math.max(place, 0), points - 1);
  const at = (row, column) => losses[limited(row) * points + limited(column)];

  /** Weights of four neighbours at a share of the way between the middle two, and their slopes. */
  const weights = (share) => {
    const square = share * share;
    const cube = square * share;
    const twice = [-cube + 2 * square - share, 3 * cube - 5 * square + 2, -3 * cube + 4 * square + share, cube - square];
    return twice.map((weight) => weight / 2);
  };
  const slopes = (share) => {
    const square = share * share;
    const twice = [-3 * square + 4 * share - 1, 9 * square - 10 * share, -9 * square + 8 * share + 1, 3 * square - 2 * share];
    return twice.map((weight) => weight / 2);
  };

  const summed = (row, column, across, down) => {
    let sum = 0;
    for (let below = 0; below < 4; below += 1) {
      for (let beside = 0; beside < 4; beside += 1) {
        sum += down[below] * across[beside] * at(row + below - 1, column + beside - 1);
      }
    }
    return sum;
  };

  /** Where a point lies in the table: the cell, the share of the way through it, and how far outside. */
  const located = (place) => {
    const inside = Math.min(Math.max(place, -reach), reach);
    const cells = (inside + reach) / gap;
    const cell = Math.min(Math.floor(cells), points - 2);
    return { cell, share: cells - cell, outside: place - inside };
  };

  const value = ([x, y]) => {
    if (!Number.isFinite(x + y)) return NaN;
    const across = located(x);
    const down = located(y);
    const inner = summed(down.cell, across.cell, weights(across.share), weights(down.share));
    return inner + wall * (across.outside ** 2 + down.outside ** 2);
  };
  const slope = ([x, y]) => {
    if (!Number.isFinite(x + y)) return [NaN, NaN];
    const across = located(x);
    const down = located(y);
    const of = (beside, below) => summed(down.cell, across.cell, beside, below) / gap;
    return [
      across.outside ? 2 * wall * across.outside : of(slopes(across.share), weights(down.share)),
      down.outside ? 2 * wall * down.outside : of(weights(across.share), slopes(down.share)),
    ];
  };
  const floor = Math.min(...losses);
  const deepest = losses.indexOf(floor);
  const lowest = [[deepest % points, Math.floor(deepest / points)].map((cell) => cell * gap - reach)];
  return { start: [-1.55, 1.7], floor, lowest, low: -reach, high: reach, rate: 0.15, value, slope };
})();
