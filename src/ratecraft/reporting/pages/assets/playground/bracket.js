// What the tuner does for a short run: short annealed probes, ×4 around the rate, ×2 next to the best, and a choice.
"use strict";

/**
 * The rules of `ratecraft.controllers.tune.bracket` and `laws.responses.rate_response`, without measured noise. Rates are octaves above the
 * rate it starts from.
 */
Playground.bracket = (() => {
  const SHARE = 1 / 12; // of the run: the trunk of a probe (TunerSettings.short_rung), …
  const [LEAST_TRUNK, LEAST_COOL] = [24, 8]; // … but never shorter
  const COOL = 1 / 4;
  const WIDE = 2;
  const WORSE = 0.01;
  const MOST = 6; // probes of a short run
  const INWARD = 0.25;
  const [SLOPE, SAFETY] = [-0.2, -0.4]; // octaves per octave of steps; octaves

  /** Steps of a probe at the constant rate, and of the whole probe. */
  const rung = (steps) => {
    const trunk = Math.max(LEAST_TRUNK, Math.floor(steps * SHARE));
    return { trunk, stop: trunk + Math.max(LEAST_COOL, Math.floor(trunk * COOL)) };
  };

  /** The rate of a probe: constant, then in a line to 0. */
  const rates = (rate, { trunk, stop }) => (step) => (step < trunk ? rate : rate * (1 - (step - trunk) / (stop - trunk)));

  const rising = (scores) => [...scores.keys()].sort((one, other) => one - other);
  const best = (scores) => rising(scores).reduce((one, other) => (scores.get(other) < scores.get(one) ? other : one));

  /** The best octave with its neighbours; the outermost three where it is at an end. */
  const three = (scores) => {
    const ordered = rising(scores);
    const place = Math.min(Math.max(ordered.indexOf(best(scores)), 1), ordered.length - 2);
    return ordered.slice(place - 1, place + 2);
  };

  /** The bottom of the parabola through them, kept within them; else the best itself. */
  const bottom = (scores) => {
    const top = best(scores);
    if (scores.size < 3) return top;
    const [left, centre, right] = three(scores);
    const [low, middle, high] = [left, centre, right].map((octave) => scores.get(octave));
    if (![low, middle, high].every(Number.isFinite)) return top - (Number.isFinite(high) ? 0 : INWARD);
    const before = (middle - low) / (centre - left);
    const after = (high - middle) / (right - centre);
    const bend = (after - before) / (right - left);
    if (!(bend > 0)) return top;
    return Math.min(Math.max((left + centre) / 2 - before / (2 * bend), left), right);
  };

  /** The ends at which the score is not clearly worse: the upper one first, unless the lower one is clearly better. */
  const open = (scores) => {
    const ordered = rising(scores);
    const [low, high, least] = [ordered[0], ordered.at(-1), scores.get(best(scores))];
    if (!Number.isFinite(least)) return [low - WIDE];
    const width = WORSE * Math.abs(least);
    const ends = [low, high].filter((octave) => scores.get(octave) <= least + width);
    if (ends.length > 1 && !(scores.get(low) < scores.get(high) - width)) ends.reverse();
    return ends.map((octave) => (octave === low ? low - WIDE : high + WIDE));
  };

  /**
   * The octaves to probe, one after another: a generator that is told each score and returns what it comes to.
   * `reaches(octave)` says which rates there are.
   */
  function* search(steps, reaches) {
    const scores = new Map();
    const probe = function* (octave, why) {
      const score = yield { octave, why };
      scores.set(octave, Number.isFinite(score) ? score : Infinity);
    };
    for (const octave of [-WIDE, 0, WIDE].filter(reaches)) yield* probe(octave, "first");
    while (scores.size < MOST) {
      const next = open(scores).find(reaches);
      if (next === undefined) break;
      yield* probe(next, next > 0 ? "up" : "down");
    }
    if (!Number.isFinite(scores.get(best(scores)))) return { scores, bottom: null, chosen: null, isOpen: true };
    const isOpen = open(scores).length > 0;
    const top = best(scores);
    const rank = (octave) => scores.get(2 * octave - top) ?? Infinity; // the side of the better ×4 neighbour first
    const near = [top - 1, top + 1].filter((octave) => !scores.has(octave) && reaches(octave));
    near.sort((one, other) => rank(one) - rank(other) || 0); // two that blew up are equal
    for (const octave of near.slice(0, MOST - scores.size).sort((one, other) => one - other)) yield* probe(octave, "near");
    const above = best(scores) + 1;
    if (above > rising(scores).at(-1) && scores.size < MOST && reaches(above)) yield* probe(above, "near");
    const found = bottom(scores);
    return { scores, bottom: found, chosen: found + SLOPE * Math.log2(steps / rung(steps).stop) + SAFETY, isOpen };
  }
  return { rung, rates, search, bottom };
})();
