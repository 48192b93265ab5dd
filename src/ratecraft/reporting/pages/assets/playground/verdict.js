// What is seen in a run: one word, from its losses and its way alone.
"use strict";

/**
 * `Playground.verdict(run, until)`: the word for a run until one of its looks. The rules are asked in order, and the first
 * that holds gives the word. A loss counts by its excess over the floor, as a share of what it had at first; the tail is
 * the last quarter. The thresholds were set by eye, on runs over six decades of rates.
 */
Playground.verdict = (() => {
  const FEWEST = 8; // steps, of the run and of the tail
  const NEAR = { surface: 0.03, digits: 0.15, noisy: 0.01, calm: 0.001 }; // share that counts as down
  const LOST = { collapsed: 0.8, peak: 1.5, diverging: 1.2 }; // shares
  const BACK = { moves: 12, share: 0.7 }; // of the last moves, those that go back
  const RAGGED = { digits: 0.03, loss: 0.02, upward: 0.25 }; // how far neighbours differ; share of moves that go up
  const FALLEN = 0.98; // of one half of the tail to the other
  const LATE = 1.25; // runs
  const LOWEST = 2 / 3; // of the run: if the lowest loss was before, it is not going down any more
  const FLAT = 0.05; // of the steepest slope
  const COOL = 0.1; // of the highest rate

  const mean = (values) => values.reduce((sum, each) => sum + each, 0) / values.length;
  const differences = (values) => values.slice(1).map((value, at) => value - values[at]);

  /** Whether the weights go back and forth. */
  const goesBack = (path) => {
    const last = path.slice(-BACK.moves - 2);
    const moves = last.slice(1).map((place, at) => place.map((value, axis) => value - last[at][axis]));
    const along = moves.slice(1).map((move, at) => move.reduce((sum, value, axis) => sum + value * moves[at][axis], 0));
    return along.filter((product) => product < 0).length >= BACK.share * along.length;
  };

  /** What the rules look at. */
  const seen = (run, until) => {
    const { problem, noise } = run.settings;
    const floor = run.isNet ? 0 : Playground.losses[problem].floor;
    const drop = run.values[0] - floor;
    const left = run.values.slice(0, until + 1).map((value) => (value - floor) / drop);
    const tail = left.slice(-Math.max(FEWEST, left.length >> 2));
    const half = tail.length >> 1;
    const moves = differences(tail);
    const trend = mean(moves);
    const rates = run.rates.slice(0, run.looks[until]);
    const sizes = run.sizes.slice(0, until);
    return {
      run,
      until,
      left,
      tail,
      isNoisy: noise > 0 || run.isNet,
      near: NEAR[problem] ?? NEAR[noise ? "noisy" : "calm"],
      peak: Math.max(...left, ...run.losses.map((loss) => (loss - floor) / drop)),
      before: mean(tail.slice(0, half)),
      after: mean(tail.slice(half)),
      apart: Math.sqrt(mean(moves.map((move) => (move - trend) ** 2)) / 2),
      upward: moves.filter((move) => move > 0).length / moves.length,
      wasLowest: left.indexOf(Math.min(...left)) <= LOWEST * until,
      isCool: rates.at(-1) < COOL * Math.max(...rates),
      isFlat: sizes.at(-1) < FLAT * Math.max(...sizes), // null of the net is never flat
    };
  };

  const isRagged = ({ run, apart, upward }) => upward >= RAGGED.upward && apart > (run.isNet ? RAGGED.digits : RAGGED.loss);

  /** Whether the loss falls by more than noise makes it. */
  const falls = ({ tail, before, after, apart, isNoisy }) => {
    const doubt = isNoisy ? (2 * apart) / Math.sqrt(tail.length / 2) : 0;
    return after < FALLEN * before && before - after > doubt;
  };

  /** Whether it is down before the run is much over, at the pace of the tail. */
  const inTime = ({ run, until, tail, before, after, near }) => {
    const gap = (run.looks[until] - run.looks[until - tail.length + 1]) / 2;
    const pace = Math.log(before / after) / gap;
    return run.looks[until] + Math.log(after / near) / pace <= LATE * run.steps;
  };

  const RULES = [
    ["collapsed", ({ run, after, peak }) => run.isNet && after > LOST.collapsed && peak > LOST.peak],
    ["diverging", ({ left, before, after }) => left.at(-1) > LOST.diverging && after > before],
    ["arrived", ({ tail, near }) => Math.max(...tail) <= near],
    ["oscillating", ({ run, until, isNoisy }) => !isNoisy && goesBack(run.path.slice(0, until + 1))],
    ["ragged", (it) => it.isNoisy && isRagged(it)],
    ["oscillating", isRagged],
    ["converging", (it) => falls(it) && inTime(it)],
    ["crawling", falls],
    ["arrived", ({ after, near }) => after <= near],
    ["stuck", ({ isNoisy, wasLowest, isCool }) => isNoisy && wasLowest && isCool],
    ["ragged", ({ isNoisy, wasLowest }) => isNoisy && wasLowest],
    ["stuck", ({ run, isNoisy, isCool, isFlat }) => !run.isNet && isFlat && (isCool || !isNoisy)],
    ["crawling", () => true],
  ];

  return (run, until = run.values.length - 1) => {
    if (run.isBlownUp && until >= run.values.length - 1) return "diverging";
    if (until < FEWEST) return "started";
    const it = seen(run, until);
    return RULES.find(([, holds]) => holds(it))[0];
  };
})();
