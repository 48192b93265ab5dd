// Random numbers that come again from the same seed. First of the playground's files: it makes their one global name.
"use strict";

const Playground = {};

/** Draws of a seed and a stream: `uniform()` in [0, 1), `below(n)` a whole number, `normal()` of mean 0 and sd 1. */
Playground.random = (seed, stream = 0) => {
  let state = (Math.imul(seed + 1, 0x9e3779b1) ^ Math.imul(stream + 1, 0x85ebca6b)) >>> 0;
  let spare = null;

  // mulberry32 by Tommy Ettinger, public domain: 32 bits of state are plenty for a few thousand steps.
  const uniform = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
  const below = (count) => Math.floor(uniform() * count);

  // Box and Muller, 1958: two at a time.
  const normal = () => {
    if (spare !== null) {
      const kept = spare;
      spare = null;
      return kept;
    }
    const length = Math.sqrt(-2 * Math.log(1 - uniform()));
    const angle = 2 * Math.PI * uniform();
    spare = length * Math.sin(angle);
    return length * Math.cos(angle);
  };
  return { uniform, below, normal };
};

/** The places 0 … count − 1 in a drawn order (Fisher and Yates). */
Playground.shuffled = (count, draw) => {
  const order = Array.from({ length: count }, (_, place) => place);
  for (let last = count - 1; last > 0; last -= 1) {
    const other = draw.below(last + 1);
    [order[last], order[other]] = [order[other], order[last]];
  }
  return order;
};
