// The three runs on the page: what is drawn of them, and what is said, up to a step that may be between two.
"use strict";

/** `Playground.stage(onDraw)`: `load(state)`, `to(step)`, `forward(steps)`, `redraw()`, `told()`. */
Playground.stage = (onDraw) => {
  const { say, lanes } = Playground;
  const SIGNS = {
    started: "·",
    diverging: "↗",
    collapsed: "✕",
    oscillating: "↔",
    ragged: "≈",
    crawling: "→",
    stuck: "■",
    converging: "↘",
    arrived: "✓",
  };
  const SPAN = { below: 1e-5, above: 10 }; // of the first loss, what the chart shows; of the net less
  const NOTHING = 1e-12; // a loss that is only rounding
  const NET_SPAN = { below: 1 / 40, above: 4 };
  const places = lanes.map(({ key }) => {
    const figure = document.querySelector(`[data-lane="${key}"]`);
    const part = (name) => figure.querySelector(`.${name}`);
    const texts = { rate: part("own-rate"), sign: part("sign"), word: part("word"), why: part("why"), score: part("score") };
    return { figure, canvas: part("picture"), ...texts };
  });
  const dying = document.getElementById("reach");
  const curve = document.getElementById("losses");
  const rates = Playground.rateCurve(document.getElementById("rates"), onDraw);
  let [state, runs, cursor, sheets] = [null, [], 0, []];

  const lossText = (value) => {
    if (!Number.isFinite(value)) return "∞";
    return Math.abs(value) < NOTHING ? "0" : figureText(value);
  };
  const indexOf = (run) => (run.isNet ? run.values.length - 1 : Math.min(Math.floor(cursor), run.values.length - 1));
  const floorOf = () => (state.problem === "digits" ? 0 : Playground.losses[state.problem].floor);

  /** Take the runs of the net so far; those of a surface are known to their end. */
  const follow = (most) => {
    const until = performance.now() + most;
    for (let step = Math.min(...runs.map((run) => run.step)); step < cursor; step += 1) {
      runs.forEach((run) => run.to(step + 1));
      if (performance.now() > until) {
        cursor = Math.min(cursor, step + 1);
        return;
      }
    }
  };

  const drawLosses = () => {
    const first = runs[1].values[0] - floorOf();
    const { below, above } = state.problem === "digits" ? NET_SPAN : SPAN;
    const lines = runs.map((run, lane) => {
      const count = indexOf(run) + 1;
      const every = Math.max(1, Math.floor(count / 500));
      const points = run.values.slice(0, count).map((value, at) => [run.looks[at], value - floorOf()]);
      return { points: points.filter((_, at) => at % every === 0 || at === count - 1), key: lanes[lane].key, dash: lanes[lane].dash };
    });
    const along = { low: 0, high: state.steps, label: say("step-head") };
    const upright = { low: first * below, high: first * above, isLog: true };
    Playground.chart(curve, { along, upright, lines });
  };

  const score = (run) => {
    const at = indexOf(run);
    if (run.isNet) return say("right", { share: Playground.percent(run.shares[at]) });
    return say("loss-now", { loss: lossText(run.values[at]) });
  };

  const tell = () => {
    runs.forEach((run, lane) => {
      const word = Playground.verdict(run, indexOf(run));
      const place = places[lane];
      if (place.figure.dataset.verdict !== word) {
        place.figure.dataset.verdict = word;
        place.sign.textContent = SIGNS[word];
        place.word.textContent = say(`word-${word}`);
        place.why.textContent = say(`why-${word}`);
      }
      place.score.textContent = score(run);
    });
  };

  const draw = () => {
    runs.forEach((run, lane) => {
      if (run.isNet && sheets[lane] === run.values.length) return; // the net has been asked nothing since
      Playground.lane(places[lane].canvas, run, Math.min(cursor, run.path.length - 1), lanes[lane]);
      sheets[lane] = run.values.length;
    });
    drawLosses();
    if (runs[1].isNet && (state.schedule === "plateau" || state.optimizer === "adagrad")) rates.show(state, runs[1]);
    rates.point(cursor);
    tell();
    const { reach } = runs[1];
    const share = reach[Math.min(Math.floor(cursor), reach.length - 1)] / reach[0];
    dying.textContent = state.optimizer === "adagrad" && share > 0 ? say("reach", { share: Playground.percent(share) }) : "";
  };

  const stage = {
    /** Begin anew. */
    load: (next) => {
      state = next;
      cursor = 0;
      sheets = [];
      runs = lanes.map(({ times }) => Playground.run({ ...state, rate: state.rate * times }));
      if (state.problem !== "digits") runs.forEach((run) => run.to(state.steps));
      places.forEach((place, lane) => {
        place.rate.textContent = rateText(state.rate * lanes[lane].times);
      });
      rates.show(state, runs[1]);
    },
    /** Show a step; `most` milliseconds may go into getting there. */
    to: (step, most = 12) => {
      cursor = Math.min(step, state.steps);
      if (state.problem === "digits") follow(most);
    },
    forward: (steps, most) => stage.to(cursor + steps, most),
    draw,
    redraw: () => {
      Playground.map.forget();
      sheets = [];
      rates.show(state, runs[1]);
      draw();
    },
    cursor: () => cursor,
    steps: () => state.steps,
    isOver: () => cursor >= state.steps || runs.every((run) => run.isBlownUp && run.step <= cursor),
    /** Nine points that look like the schedule there is. */
    sampled: () => rates.sampled(state),
    /** A sentence a run, for whoever cannot see them. */
    told: () => runs.map((run, lane) => {
      const word = places[lane].word.textContent;
      return say("lane-told", { rate: rateText(run.settings.rate), word, score: score(run) });
    }),
    /** Losses at some steps, as rows of texts. */
    table: () => {
      const [rows, most] = [[], 10];
      const shown = Math.floor(cursor);
      const steps = new Set(Array.from({ length: most + 1 }, (_, at) => Math.round((shown * at) / most)));
      for (const step of steps) {
        const cells = runs.map((run) => {
          const at = run.looks.findLastIndex((look) => look <= step);
          const isGone = run.isBlownUp && step > run.looks.at(-1);
          return lossText(isGone ? Infinity : run.values[at]);
        });
        rows.push([String(step), ...cells]);
      }
      return rows;
    },
  };
  return stage;
};
