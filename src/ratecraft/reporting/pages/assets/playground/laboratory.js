// Where an experiment is run live: its drawing, what it says, and the button that uses its rate.
"use strict";

/** `Playground.laboratory(onRate)`: `start(name, state)`, `drop()`, `redraw()`. `onRate(rate)` is told a rate to use. */
Playground.laboratory = (onRate) => {
  const STEPS = { net: 4, loss: 2 }; // a frame
  const FRAME = 12; // milliseconds that computing may take of one
  const find = (id) => document.getElementById(id);
  const still = window.matchMedia("(prefers-reduced-motion: reduce)");
  const buttons = { ramp: find("ramp"), tuner: find("tuner") };
  let experiment = null;

  const redraw = () => {
    if (!experiment) return;
    const { chart, begun, probes, ended, rate } = experiment;
    find("findings").hidden = false;
    Playground.chart(find("probes"), chart());
    find("begun").textContent = begun;
    const list = find("tried");
    for (const sentence of probes.slice(list.children.length)) {
      list.append(Object.assign(document.createElement("li"), { textContent: sentence }));
    }
    find("ended").textContent = ended;
    find("take").hidden = rate === null;
    if (rate !== null) find("take").textContent = Playground.say("take", { rate: rateText(rate) });
  };

  const drop = () => {
    experiment = null;
    find("findings").hidden = true;
    find("tried").replaceChildren();
    for (const button of Object.values(buttons)) button.setAttribute("aria-pressed", "false");
  };

  const start = (name, state) => {
    drop();
    const mine = (experiment = Playground.experiments[name](state));
    buttons[name].setAttribute("aria-pressed", "true");
    const most = STEPS[state.problem === "digits" ? "net" : "loss"];
    const frame = () => {
      if (experiment !== mine) return;
      const until = performance.now() + FRAME;
      let [goesOn, steps] = [true, 0];
      while (goesOn && (still.matches || steps < most) && performance.now() < until) {
        goesOn = mine.advance();
        steps += 1;
      }
      redraw();
      if (goesOn) window.requestAnimationFrame(frame);
    };
    redraw();
    window.requestAnimationFrame(frame);
  };

  find("take").addEventListener("click", () => {
    onRate(Number(experiment.rate.toPrecision(2)));
    find("rate").focus(); // the button is gone
  });
  return { start, drop, redraw };
};
