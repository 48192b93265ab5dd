// The landscape of a loss of two weights: bands of equal height with lines between them, as on a map. Deeper is darker.
"use strict";

Playground.map = (() => {
  const BANDS = 14;
  const DEEPEST = 0.3; // share of the lane's colour
  const made = new Map();

  /** The band of every pixel; heights are spread by a root, since most of a loss lies near its floor. */
  const bands = (loss, size) => {
    const heights = new Float64Array(size * size);
    const span = loss.high - loss.low;
    let highest = 0;
    for (let row = 0; row < size; row += 1) {
      for (let column = 0; column < size; column += 1) {
        const [x, y] = [loss.low + (span * (column + 0.5)) / size, loss.high - (span * (row + 0.5)) / size];
        const height = loss.value([x, y]) - loss.floor;
        heights[row * size + column] = height;
        highest = Math.max(highest, height);
      }
    }
    return heights.map((height) => Math.min(BANDS - 1, Math.floor(BANDS * (Math.max(0, height) / highest) ** 0.4)));
  };

  const painted = (levels, size, colours) => {
    const canvas = document.createElement("canvas");
    canvas.width = canvas.height = size;
    const context = canvas.getContext("2d");
    const image = context.createImageData(size, size);
    for (let place = 0; place < levels.length; place += 1) {
      const level = levels[place];
      const right = place % size === size - 1 ? level : levels[place + 1];
      const below = levels[place + size] ?? level;
      const colour = right !== level || below !== level ? colours.line : colours.bands[level];
      image.data.set(colour, place * 4);
    }
    context.putImageData(image, 0, 0);
    return canvas;
  };
  const mixed = (one, other, share) => [0, 1, 2].map((part) => Math.round(one[part] * (1 - share) + other[part] * share));

  /** The picture of a loss in a lane's colour, made once; `forget` after the colours have changed. */
  const picture = (problem, lane, size) => {
    const key = `${problem} ${lane} ${size}`;
    if (made.has(key)) return made.get(key);
    const shape = `${problem} ${size}`;
    if (!made.has(shape)) made.set(shape, bands(Playground.losses[problem], size));
    const { parts, forced } = Playground.ink;
    const [paper, own, ink] = [parts("paper"), parts(lane), parts("ink")];
    const tint = (band) => (forced() ? paper : mixed(paper, own, DEEPEST * (1 - band / (BANDS - 1)) ** 1.5));
    const tints = Array.from({ length: BANDS }, (_, band) => tint(band));
    const line = mixed(paper, forced() ? ink : own, forced() ? 0.5 : 0.42);
    made.set(key, painted(made.get(shape), size, { bands: tints.map((tint) => [...tint, 255]), line: [...line, 255] }));
    return made.get(key);
  };
  return { picture, forget: () => made.clear() };
})();
