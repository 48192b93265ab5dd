// The rate at every step as a drawing that can be drawn into: by pointer, or by the arrows on its nine points.
"use strict";

/**
 * `Playground.rateCurve(svg, onDraw)`: `show(state, run)` draws; `point(step)` moves the cursor; `sampled(state)` gives the
 * nine points of a schedule that is given by a rule. `onDraw(shares, isDone)` is told what a reader draws.
 */
Playground.rateCurve = (svg, onDraw) => {
  const SPACE = "http://www.w3.org/2000/svg";
  const MARGIN = { left: 46, right: 12, top: 12, bottom: 34 };
  const STEP = 0.05; // of an arrow
  const { points } = Playground.schedule;
  let [shown, width, height, steps] = [null, 0, 0, 1];

  const make = (name, attributes, words = "") => {
    const element = document.createElementNS(SPACE, name);
    for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
    element.textContent = words;
    return element;
  };
  const across = (share) => MARGIN.left + share * (width - MARGIN.left - MARGIN.right);
  const down = (share) => MARGIN.top + (1 - Math.min(Math.max(share, 0), 1)) * (height - MARGIN.top - MARGIN.bottom);
  const drawing = (values, name) => {
    const places = values.map(([x, y]) => `${across(x).toFixed(1)},${down(y).toFixed(1)}`);
    return make("polyline", { class: name, points: places.join(" ") });
  };

  const handles = Array.from({ length: points }, (_, place) => {
    const range = { "aria-valuemin": 0, "aria-valuemax": 100, "aria-orientation": "vertical" };
    const label = Playground.say("handle", { share: Playground.percent(place / (points - 1)) });
    const handle = make("circle", { r: 8, tabindex: 0, role: "slider", class: "handle", "aria-label": label, ...range });
    handle.addEventListener("keydown", (event) => {
      const value = shown.drawn[place];
      const [more, less] = [value + STEP, value - STEP];
      const moves = {
        ArrowUp: more,
        ArrowRight: more,
        ArrowDown: less,
        ArrowLeft: less,
        PageUp: value + 4 * STEP,
        PageDown: value - 4 * STEP,
        Home: 0,
        End: 1,
      };
      if (!(event.key in moves)) return;
      event.preventDefault();
      set({ [place]: moves[event.key] }, true);
    });
    return handle;
  });

  /** Move some of the points; what was no drawing yet becomes one that looks the same. */
  const set = (moved, isDone) => {
    const from = shown.schedule === "drawn" ? shown.drawn : sampled(shown);
    const rounded = (share) => Math.round(Math.min(Math.max(share, 0), 1) * 100) / 100;
    onDraw(from.map((share, place) => (place in moved ? rounded(moved[place]) : share)), isDone);
  };

  const sampled = (state) => {
    const { at } = Playground.schedule({ ...state, warmup: 0 });
    const share = (place) => at(Math.round((place * state.steps) / (points - 1)));
    return Array.from({ length: points }, (_, place) => Math.round(share(place) * 100) / 100);
  };

  const cursor = make("line", { class: "cursor" });
  const dot = make("circle", { r: 4.5, class: "now" });

  const show = (state, run) => {
    shown = state;
    steps = state.steps;
    [width, height] = [svg.clientWidth, svg.clientHeight];
    if (!width) return;
    svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
    const schedule = Playground.schedule(state);
    const told = run.rates.map((rate) => rate / state.rate);
    const isFold = state.schedule === "plateau";
    const share = (step) => (isFold ? (told[step] ?? told.at(-1) ?? 1) : schedule.at(step));
    const all = Array.from({ length: steps }, (_, step) => [step / steps, share(step)]);
    const rules = [0, 0.5, 1].flatMap((share) => [
      make("line", { class: "grid", x1: across(0), x2: across(1), y1: down(share), y2: down(share) }),
      make("text", { x: MARGIN.left - 6, y: down(share) + 4, "text-anchor": "end" }, rateText(share * state.rate)),
    ]);
    const ends = [
      make("text", { x: across(0), y: height - 17 }, "0"),
      make("text", { x: across(1), y: height - 17, "text-anchor": "end" }, String(steps)),
    ];
    const isDying = state.optimizer === "adagrad" && run.reach.length > 0;
    const left = run.reach.map((value, step) => [step / steps, (value / run.reach[0]) * told[step]]);
    const reach = isDying ? [drawing(left, "reach")] : [];
    const isDrawn = state.schedule === "drawn";
    svg.classList.toggle("by-hand", isDrawn);
    const shownHandles = isDrawn ? handles : [];
    handles.forEach((handle, place) => {
      handle.setAttribute("cx", across(place / (points - 1)));
      handle.setAttribute("cy", down(state.drawn[place]));
      handle.setAttribute("aria-valuenow", Math.round(state.drawn[place] * 100));
      handle.setAttribute("aria-valuetext", Playground.percent(state.drawn[place]));
    });
    const fresh = [...rules, ...ends, ...reach, drawing(all, "rate"), cursor, dot, ...shownHandles];
    for (const child of [...svg.children]) if (!fresh.includes(child)) child.remove();
    fresh.forEach((child, place) => {
      if (svg.children[place] !== child) svg.insertBefore(child, svg.children[place] ?? null);
    });
    show.at = (step) => all[Math.min(Math.floor(step), steps - 1)]?.[1] ?? 0;
  };

  const point = (step) => {
    if (!width) return;
    const x = across(Math.min(step, steps) / steps);
    const ends = { x1: x, x2: x, y1: MARGIN.top, y2: height - MARGIN.bottom };
    for (const [name, value] of Object.entries(ends)) cursor.setAttribute(name, value);
    dot.setAttribute("cx", x);
    dot.setAttribute("cy", down(show.at(step)));
  };

  // A pointer draws: every point that it passes goes where it is.
  let last = null;
  const place = (event) => {
    const box = svg.getBoundingClientRect();
    const share = (event.clientX - box.left - MARGIN.left) / (width - MARGIN.left - MARGIN.right);
    const value = 1 - (event.clientY - box.top - MARGIN.top) / (height - MARGIN.top - MARGIN.bottom);
    return { at: Math.min(Math.max(Math.round(share * (points - 1)), 0), points - 1), value };
  };
  const drawTo = (event, isDone) => {
    const { at, value } = place(event);
    const from = last === null ? at : last;
    const moved = {};
    for (let each = Math.min(from, at); each <= Math.max(from, at); each += 1) {
      if (each !== from || from === at) moved[each] = value;
    }
    last = at;
    set(moved, isDone);
  };
  svg.addEventListener("pointerdown", (event) => {
    if (event.pointerType === "touch" && shown.schedule !== "drawn") return; // a finger that scrolls past
    svg.setPointerCapture(event.pointerId);
    last = null;
    drawTo(event, false);
  });
  svg.addEventListener("pointermove", (event) => last !== null && drawTo(event, false));
  svg.addEventListener("pointerup", (event) => {
    if (last === null) return;
    drawTo(event, true);
    last = null;
  });
  svg.addEventListener("pointercancel", () => (last = null));

  return { show, point, sampled };
};
