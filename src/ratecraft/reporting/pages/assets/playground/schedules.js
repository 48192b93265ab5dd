// Schedules: the share of the rate at every step of a run, and the expression of ratecraft that means the same.
"use strict";

/**
 * `Playground.schedule({schedule, warmup, drawn, steps})` has `at(step)`, the share; `momentum(step)`, null where it stays as it
 * is; and `text`, the expression. The plateau rule is a fold over figures and multiplies in (`Playground.plateau`).
 */
Playground.schedule = (() => {
  const points = 9; // of a schedule drawn by hand
  const written = (value) => String(Number(value.toPrecision(6)));

  const way = (shape, start, end, length) => (step) => {
    const done = Math.min(step, length) / length;
    const left = 1 - done;
    if (shape === "linear") return start * left + end * done;
    return start * Math.sin((Math.PI / 2) * left) ** 2 + end * Math.sin((Math.PI / 2) * done) ** 2;
  };

  const constant = () => ({ at: () => 1, text: "constant(1)" });

  const step = (length) => {
    const every = Math.max(1, Math.round(length / 4));
    return { at: (at) => 0.3 ** Math.floor(at / every), text: `step(${every}, 0.3)` };
  };
  const exponential = (length) => ({ at: (at) => 0.01 ** (at / length), text: `exponential(0.01, ${length})` });
  const cosine = (length) => ({ at: way("cosine", 1, 0, length), text: `cosine(1, 0, ${length})` });

  /** Four triangles down to a quarter. Smith 2017. */
  const cyclical = (length) => {
    const half = Math.max(1, Math.round(length / 8));
    const up = (at) => 1 - Math.abs((at % (2 * half)) / half - 1);
    return { at: (at) => 0.25 + 0.75 * up(at), text: `triangular(${2 * half})` };
  };

  /** Up for 30 %, then far down, the momentum the other way round. Smith and Topin 2018, PyTorch's defaults. */
  const onecycle = (length) => {
    const up = Math.round(0.3 * length);
    const both = (low, high, end) => {
      const [rise, fall] = [way("cosine", low, high, up), way("cosine", high, end, length - up)];
      return (at) => (at < up ? rise(at) : fall(at - up));
    };
    return {
      at: both(0.04, 1, 4e-6),
      momentum: both(0.95, 0.85, 0.95),
      text: `cosine(0.04, 1, ${up}) >> cosine(1, 4e-06, ${length - up})`,
    };
  };

  /** Lines between nine points. */
  const drawn = (length, shares) => {
    const ends = shares.map((_, place) => Math.round((place * length) / (points - 1)));
    const at = (step) => {
      const next = ends.findIndex((end) => step < end);
      if (next < 0) return shares[points - 1];
      return way("linear", shares[next - 1], shares[next], ends[next] - ends[next - 1])(step - ends[next - 1]);
    };
    const part = (share, place) => `linear(${written(shares[place])}, ${written(share)}, ${ends[place + 1] - ends[place]})`;
    return { at, text: shares.slice(1).map(part).join(" >> ") };
  };

  const kinds = { constant, step, exponential, cosine, cyclical, onecycle, plateau: constant, drawn };
  const made = ({ schedule, warmup, drawn: shares, steps }) => {
    const first = Math.round((warmup / 100) * steps);
    const { at, momentum, text } = kinds[schedule](steps - first, shares);
    if (!first) return { at, momentum: momentum ?? (() => null), text };
    return {
      at: (step) => (step < first ? (step + 1) / first : at(step - first)),
      momentum: momentum ? (step) => momentum(Math.max(0, step - first)) : () => null,
      text: `warmup(${first}) >> ${text}`,
    };
  };
  return Object.assign(made, { kinds: Object.keys(kinds), points });
})();

/** The plateau rule of PyTorch: each figure gives the rate from then on. Factor 0.5 after 3 figures without a gain. */
Playground.plateau = (first, { factor = 0.5, patience = 3, threshold = 1e-4, least = 1e-8 } = {}) => {
  let [rate, best, bad] = [first, Infinity, 0];
  return (figure) => {
    if (figure < best * (1 - threshold)) [best, bad] = [figure, 0];
    else bad += 1;
    if (bad > patience) {
      bad = 0;
      if (rate - rate * factor > least) rate *= factor;
    }
    return rate;
  };
};
