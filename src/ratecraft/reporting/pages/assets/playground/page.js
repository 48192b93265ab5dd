// The page: its state in the address, and what follows from what a reader does.
"use strict";

Playground.page = (() => {
  const { address, say } = Playground;
  const LOOKS = 50; // of a run of the net: what one press of Step goes on by
  const QUIET = 800; // milliseconds without a change before it is read out
  const find = (id) => document.getElementById(id);
  let state = address.read(window.location.hash);
  let [lastPart, speaking] = [null, null];

  const stage = Playground.stage((drawn, isDone) => change({ schedule: "drawn", drawn }, "drawn", isDone));
  const controls = Playground.controls((part, value, isDone) => change({ [part]: value }, part, isDone));
  const laboratory = Playground.laboratory((rate) => change({ rate }, "take", true));
  const clock = Playground.clock(stage, () => report());

  // ---- state and address

  /** Changes of one control, one after another, are one step for Back. */
  const commit = (part) => {
    const fragment = address.write(state);
    if (fragment === window.location.hash.slice(1)) return;
    const method = part === lastPart ? "replaceState" : "pushState";
    lastPart = part;
    window.history[method](null, "", `#${fragment}`);
  };

  /** What follows from a choice: another loss has other good rates and lengths, a drawing begins as what it replaces. */
  const settled = (changes) => {
    const next = { ...state, ...changes, show: "" };
    const usual = address.usual(next.problem, next.optimizer);
    if ("problem" in changes || "optimizer" in changes) next.rate = usual.rate;
    if ("problem" in changes) next.steps = usual.steps;
    if (changes.schedule === "drawn" && !changes.drawn) next.drawn = stage.sampled();
    return { ...address.read(address.write(next)), drawn: next.drawn }; // what no address can say is not kept
  };

  const change = (changes, part, isDone) => {
    state = settled(changes);
    if (isDone) commit(part);
    open(isDone);
  };

  /** Show the state: played from its beginning, or at once where a slider is still moving or nothing should move. */
  const open = (isDone) => {
    const isAtOnce = state.problem !== "digits" && (!isDone || clock.isStill());
    laboratory.drop();
    controls.show(state);
    stage.load(state);
    if (isAtOnce) stage.to(state.steps);
    clock.play(!isAtOnce && !clock.isStill());
    stage.draw();
    report();
  };

  const restore = () => {
    state = address.read(window.location.hash);
    lastPart = null;
    open(true);
    if (state.show) experiment(state.show);
  };
  const experiment = (name) => {
    if (state.problem === "digits") clock.play(false); // one net at a time
    laboratory.start(name, state);
    report();
  };

  // ---- what is told

  const report = () => {
    const isPlaying = clock.isPlaying();
    find("play").textContent = say(isPlaying ? "pause" : stage.isOver() ? "again" : "play");
    find("progress").textContent = say("progress", { step: Math.floor(stage.cursor()), steps: state.steps });
    if (isPlaying) return;
    window.clearTimeout(speaking);
    speaking = window.setTimeout(() => (find("told").textContent = stage.told().join(" ")), QUIET);
    const rows = stage.table().map((cells) => {
      const row = document.createElement("tr");
      row.append(...cells.map((cell, at) => Object.assign(document.createElement(at ? "td" : "th"), { textContent: cell })));
      row.firstChild.scope = "row";
      return row;
    });
    find("numbers").querySelector("tbody").replaceChildren(...rows);
  };

  // ---- buttons

  const press = (id, act) => find(id).addEventListener("click", act);
  const hold = () => {
    clock.play(false);
    stage.draw();
    report();
  };
  press("play", () => {
    if (!clock.isPlaying() && stage.isOver()) stage.load(state);
    clock.play(!clock.isPlaying());
    stage.draw();
    report();
  });
  press("step", () => {
    stage.to(Math.floor(stage.cursor()) + (state.problem === "digits" ? Math.ceil(state.steps / LOOKS) : 1), Infinity);
    hold();
  });
  press("end", clock.rush);
  press("restart", () => {
    stage.load(state);
    hold();
  });
  for (const name of ["ramp", "tuner"]) {
    press(name, () => {
      state = { ...state, show: name };
      commit("show");
      experiment(name);
    });
  }
  press("fresh", () => {
    state = address.usual();
    commit("fresh");
    open(true);
  });
  press("link", async ({ target }) => {
    commit("link");
    try {
      await navigator.clipboard.writeText(window.location.href);
    } catch {
      return; // it stands in the address bar all the same
    }
    target.textContent = say("copied");
    target.addEventListener("blur", () => (target.textContent = say("link")), { once: true });
  });

  // ---- address, theme, size

  window.addEventListener("popstate", restore);
  const redraw = () => {
    stage.redraw();
    laboratory.redraw();
  };
  Theme.onChange(redraw);
  let width = window.innerWidth;
  window.addEventListener("resize", () => {
    if (width === window.innerWidth) return; // a phone's address bar came or went
    width = window.innerWidth;
    redraw();
  });
  restore();
  return { state: () => state, stage, isPlaying: clock.isPlaying };
})();
