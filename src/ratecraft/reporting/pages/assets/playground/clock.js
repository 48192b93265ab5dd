// The clock that plays the runs: at a pace, by steps, or to the end as fast as it can be computed.
"use strict";

/** `Playground.clock(stage, onTick)`: `play(goesOn)`, `rush()`, `isPlaying()`. `onTick()` is called after each frame. */
Playground.clock = (stage, onTick) => {
  const DURATIONS = { slow: 20, usual: 5, fast: 1.5 }; // seconds a run
  const FRAME = 12; // milliseconds that computing may take of one
  const LONGEST = 0.1; // seconds that may have passed since the frame before: a tab that slept does not leap
  const speed = document.getElementById("speed");
  const still = window.matchMedia("(prefers-reduced-motion: reduce)");
  let [isPlaying, isRushing, before] = [false, false, null];

  const tick = (now) => {
    if (!isPlaying) return;
    const passed = before === null ? 0 : Math.min((now - before) / 1000, LONGEST);
    before = now;
    stage.forward(isRushing ? Infinity : (passed * stage.steps()) / DURATIONS[speed.value], FRAME);
    const isOver = stage.isOver();
    if (isOver || !(isRushing && still.matches)) stage.draw();
    if (isOver) isPlaying = false;
    else window.requestAnimationFrame(tick);
    onTick();
  };
  const play = (goesOn, inHaste = false) => {
    const begins = goesOn && !isPlaying;
    [isPlaying, isRushing] = [goesOn, inHaste];
    if (!begins) return;
    before = null;
    window.requestAnimationFrame(tick);
  };
  return { play, rush: () => play(true, true), isPlaying: () => isPlaying, isStill: () => still.matches };
};
