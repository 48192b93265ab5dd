// A chart: panels below each other with one cursor, one zoom and one legend, drawn by uPlot.
"use strict";

const DASHES = { low: [7, 4], high: [2, 3], own: [11, 4], constant: [5, 5], fit: [5, 4], edge: [2, 4] };
const AXIS_WIDTH = 54;
const RIM = 18;
const DOT = 8.5; // CSS pixels
const FONT = '12px system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", "Noto Sans", sans-serif';

/** A colour of the page as it is now: light, dark, or the system's own. */
function ink(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
}

class Chart {
  /**
   * @param {object} told What the page's data say of it.
   * @param {HTMLElement} holder The element that has the focus; its first child holds the panels.
   */
  constructor(told, holder) {
    this.told = told;
    this.holder = holder.firstElementChild;
    this.zoom = null;
    this.place = null;
    this.hidden = new Set();
    this.busy = this.isOnPaper = false;
    this.onPlace = this.onZoom = this.onLines = () => {};
    this.plots = this.told.panels.map((panel, at) => this.#panel(at));
    this.#find();
    new ResizeObserver(() => this.isOnPaper || this.fit()).observe(this.holder);
  }

  /** Where the cursor may stand. */
  #find() {
    const { stops, panels } = this.told;
    const all = new Set(panels.flatMap((panel) => panel.places));
    this.places = stops.length ? stops.map((stop) => stop[0]) : [...all].sort((one, other) => one - other);
  }

  /** Draw other values: those of a moment later, or of a finer stretch. Cursor, zoom and hidden lines stay. */
  take(told) {
    const shape = ({ upright, lines, marks }) => {
      const above = Marks.upright(marks).map((mark) => [mark.place, mark.label]); // these need room
      return [upright.label, upright.log, above, lines.map((line) => [line.label, line.role])];
    };
    const isSame = JSON.stringify(told.panels.map(shape)) === JSON.stringify(this.told.panels.map(shape));
    this.told = told;
    if (isSame) this.plots.forEach((plot, at) => plot.setData(this.#data(told.panels[at]), false));
    else {
      for (const plot of this.plots) plot.destroy();
      for (const label of this.holder.querySelectorAll(".upright")) label.remove();
      this.plots = this.told.panels.map((panel, at) => this.#panel(at));
      this.onLines(this);
    }
    this.#find();
    const [min, max] = this.zoom ?? this.whole();
    for (const plot of this.plots) plot.setScale("x", { min, max });
    if (this.place !== null) this.point(this.place);
  }

  /** Every line that has a name, once, in the order of the last panel: every run is in it. */
  get lines() {
    const named = new Map(this.told.panels.at(-1).lines.map((line) => [line.label, line]));
    for (const panel of [...this.told.panels].reverse()) {
      for (const line of panel.lines) if (!line.faint) named.set(line.label, line);
    }
    return [...named.values()];
  }

  fit(width = this.holder.clientWidth, share = window.innerWidth < 560 ? 0.85 : 1) {
    this.plots.forEach((plot, at) => {
      const height = Math.round(this.told.panels[at].height * share);
      if (width && (plot.width !== width || plot.height !== height)) plot.setSize({ width, height });
    });
  }

  redraw() {
    for (const plot of this.plots) plot.redraw(false, true);
  }

  toggle(label) {
    if (!this.hidden.delete(label)) this.hidden.add(label);
    this.told.panels.forEach((panel, at) => {
      panel.lines.forEach((line, series) => {
        if (line.label === label) this.plots[at].setSeries(series + 1, { show: !this.hidden.has(label) }, false);
      });
    });
  }

  /** Put the cursor to the place nearest to a value, in every panel; null takes it away. */
  point(value) {
    this.place = value === null ? null : this.places[nearest(this.places, value)];
    this.busy = true;
    for (const plot of this.plots) {
      const left = this.place === null ? -10 : plot.valToPos(this.place, "x");
      plot.setCursor({ left, top: left < 0 ? -10 : plot.over.clientHeight / 2 }, false);
    }
    this.busy = false;
    this.onPlace(this);
  }

  /** Move the cursor by a share of what is seen, at least one place. */
  step(direction, share) {
    const [low, high] = this.seen();
    const seen = this.places.filter((place) => place >= low && place <= high);
    if (!seen.length) return;
    if (this.place === null) return this.point(direction > 0 ? seen[0] : seen[seen.length - 1]);
    const stride = this.told.stops.length ? 1 : Math.max(1, Math.round(seen.length * share));
    const at = nearest(seen, this.place) + direction * stride;
    this.point(seen[Math.min(Math.max(at, 0), seen.length - 1)]);
  }

  end(isLast) {
    const [low, high] = this.seen();
    this.point(isLast ? high : low);
  }

  seen() {
    const { min, max } = this.plots[0].scales.x;
    return [min, max];
  }

  /** Show a stretch of the axis in every panel; null is all of it. */
  show(stretch) {
    const whole = this.whole();
    this.zoom = stretch && stretch[1] > stretch[0] ? stretch : null;
    const [min, max] = this.zoom ?? whole;
    for (const plot of this.plots) plot.setScale("x", { min, max });
    this.onZoom(this);
  }

  /** Halve or double what is seen, about the cursor. */
  scale(factor) {
    const log = this.told.along.log;
    const [low, high, whole] = [...this.seen(), this.whole()].map((end) => (Array.isArray(end) ? end : log ? Math.log(end) : end));
    const around = this.place === null ? (low + high) / 2 : log ? Math.log(this.place) : this.place;
    const ends = [around + (low - around) * factor, around + (high - around) * factor].map((end) => (log ? Math.exp(end) : end));
    const stretch = [Math.max(ends[0], whole[0]), Math.min(ends[1], whole[1])];
    this.show(stretch[0] <= whole[0] && stretch[1] >= whole[1] ? null : stretch);
  }

  whole() {
    return this.told.along.range;
  }

  /** What the lines of a panel are at the cursor: at a stop only what is there, elsewhere the latest value by then. */
  values(at) {
    const panel = this.told.panels[at];
    return panel.lines.map((line) => {
      let index = panel.places.length - 1;
      while (index >= 0 && (panel.places[index] > this.place || line.values[index] === null)) index -= 1;
      if (index < 0 || (this.told.stops.length && panel.places[index] !== this.place)) return null;
      return line.values[index];
    });
  }

  get said() {
    const stop = this.told.stops.find(([place]) => place === this.place);
    return stop ? stop[1] : null;
  }

  #panel(at) {
    const now = () => this.told.panels[at];
    const panel = now();
    const isLast = panel === this.told.panels.at(-1);
    const label = document.createElement("p");
    label.className = "upright";
    label.textContent = panel.upright.label;
    this.holder.append(label);
    const options = {
      width: this.holder.clientWidth || 600,
      height: panel.height,
      padding: [(plot) => Marks.headroom(plot, now().marks, this.told.along, plot.width - AXIS_WIDTH - RIM), RIM, 0, 0],
      legend: { show: false },
      cursor: this.#cursor(),
      scales: { x: this.#along(), y: this.#upright(now) },
      axes: [this.#axis(this.told.along, isLast, true), this.#axis(panel.upright, true, false)],
      series: [{}, ...panel.lines.map((line) => this.#series(line))],
      hooks: {
        drawClear: [(plot) => this.#band(plot)],
        draw: [(plot) => Marks.draw(plot, now().marks, this.told.badIsUp)],
        setCursor: [(plot) => this.#moved(plot)],
        setSelect: [(plot) => this.#selected(plot)],
      },
    };
    return new uPlot(options, this.#data(panel), this.holder);
  }

  #data(panel) {
    const isLog = panel.upright.log;
    const values = panel.lines.map((line) => (isLog ? line.values.map((y) => (y > 0 ? y : null)) : line.values));
    return [panel.places, ...values];
  }

  #cursor() {
    return {
      y: false,
      drag: { x: true, y: false, setScale: false },
      bind: { dblclick: () => () => this.show(null) },
      points: { size: 9, width: 2, stroke: () => ink("paper"), fill: (plot, at) => plot.series[at].stroke(plot, at) },
      dataIdx: (plot, series, closest) => {
        const values = plot.data[series];
        if (plot.series[series].alpha < 1) return null; // a faint line stands behind the one that is read
        if (this.told.stops.length || this.place === null) return closest;
        let index = closest;
        while (index >= 0 && (values[index] == null || plot.data[0][index] > this.place)) index -= 1;
        return index < 0 ? null : index;
      },
    };
  }

  #along() {
    const range = () => this.zoom ?? this.whole();
    return { time: false, distr: this.told.along.log ? 3 : 1, range };
  }

  #upright(now) {
    const { log } = now().upright;
    const told = (plot, low, high) => {
      const { range } = now().upright;
      if (range && !(this.zoom && low !== null)) return range;
      if (low === null) return log ? [0.1, 1] : [0, 1];
      if (log) return [low / 1.15, high * 1.15];
      const air = 0.08 * (high - low || Math.abs(high) || 1);
      return [low - air, high + air];
    };
    return { distr: log ? 3 : 1, range: told };
  }

  #axis(axis, isNamed, isAlong) {
    const ticks = axis.log ? { splits: (plot, at, low, high) => logTicks(low, high, isAlong ? plot.width / 60 : 5) } : {};
    return {
      ...ticks,
      font: FONT,
      labelFont: FONT,
      stroke: () => ink("muted"),
      grid: { stroke: () => ink("rule"), width: 1 },
      ticks: { show: false },
      values: (plot, splits) => {
        const write = axis.rate ? ratesText(splits) : axis.log ? figureText : ticksText(splits);
        return splits.map((split) => (isNamed && split !== null ? write(split) : ""));
      },
      size: isAlong ? (isNamed ? 28 : 8) : AXIS_WIDTH,
      gap: 6,
      ...(isAlong ? { space: 60 } : { space: 36 }),
      ...(isAlong && isNamed ? { label: axis.label, labelSize: 20, labelGap: 2 } : {}),
    };
  }

  #series(line) {
    const stroke = () => ink(line.role);
    const hollow = line.role === "early";
    return {
      show: !this.hidden.has(line.label),
      stroke,
      width: line.faint ? 1 : line.dots ? 1.5 : 2,
      alpha: line.faint ? 0.28 : 1,
      dash: line.faint ? [] : DASHES[line.role] ?? [],
      spanGaps: true,
      points: line.dots
        ? { show: true, size: DOT, width: 2, stroke, fill: () => ink(hollow ? "paper" : line.role) }
        : { show: false },
    };
  }

  #moved(plot) {
    if (this.busy) return;
    this.point(plot.cursor.left < 0 ? null : plot.posToVal(plot.cursor.left, "x"));
  }

  #selected(plot) {
    const { left, width } = plot.select;
    if (width < 6) return;
    const stretch = [plot.posToVal(left, "x"), plot.posToVal(left + width, "x")];
    plot.setSelect({ left: 0, width: 0, top: 0, height: 0 }, false);
    this.show(stretch);
  }

  #band(plot) {
    if (!this.told.band) return;
    const [first, last] = this.told.band.map((place) => plot.valToPos(place, "x", true));
    const { left, top, width, height } = plot.bbox;
    const [from, to] = [Math.max(first, left), Math.min(last, left + width)];
    if (to <= from) return;
    plot.ctx.save();
    plot.ctx.fillStyle = ink(this.told.fault ? "fault" : "band");
    plot.ctx.fillRect(from, top, to - from, height);
    plot.ctx.restore();
  }
}
