// Lines and marks on two axes: the losses of the runs, a range test, the probes of the tuner.
"use strict";

/**
 * `Playground.chart(canvas, {along, upright, lines, marks, rules})`. An axis is `{low, high, isLog, label}`. A line is
 * `{points, key, dash, label}`; a mark `{x, y, key, isFull, label}`; a rule `{x, key, dash, label}`, upright.
 */
Playground.chart = (() => {
  const { ink } = Playground;
  const MARGIN = { left: 46, right: 12, top: 12, bottom: 34 };
  const FONT = 12;

  const shareOf = ({ low, high, isLog }) => {
    if (isLog) return (value) => Math.log(value / low) / Math.log(high / low);
    return (value) => (value - low) / (high - low);
  };

  /** Ticks that people count in. */
  const ticks = ({ low, high, isLog }, most) => {
    if (isLog) return logTicks(low, high, most);
    const rough = (high - low) / most;
    const size = 10 ** Math.floor(Math.log10(rough));
    const gap = [1, 2, 5, 10].map((times) => times * size).find((each) => each >= rough);
    const first = Math.ceil(low / gap);
    return Array.from({ length: Math.floor(high / gap) - first + 1 }, (_, at) => (first + at) * gap);
  };

  const grid = ({ context, width, height }, { along, upright }, to) => {
    context.font = `${FONT}px ${ink.named("sans")}`;
    context.lineWidth = 1;
    context.fillStyle = ink.named("muted");
    context.strokeStyle = ink.named("rule");
    context.textAlign = "right";
    context.textBaseline = "middle";
    for (const value of ticks(upright, 4)) {
      const [, y] = to([along.low, value]);
      context.beginPath();
      context.moveTo(MARGIN.left, y);
      context.lineTo(width - MARGIN.right, y);
      context.stroke();
      context.fillText(rateText(value), MARGIN.left - 6, y);
    }
    context.textAlign = "center";
    context.textBaseline = "top";
    for (const value of ticks(along, Math.max(2, Math.floor(width / 80)))) {
      const [x] = to([value, upright.low]);
      context.fillText(along.isLog ? rateText(value) : String(value), x, height - MARGIN.bottom + 5);
    }
    context.textAlign = "right";
    context.fillText(along.label, width - MARGIN.right, height - FONT - 2);
  };

  const path = ({ context }, points) => {
    context.beginPath();
    points.forEach(([x, y], at) => (at ? context.lineTo(x, y) : context.moveTo(x, y)));
    context.stroke();
  };

  return (canvas, { along, upright, lines = [], marks = [], rules = [] }) => {
    const sheet = ink.cleared(canvas);
    if (!sheet) return;
    const { context, width, height } = sheet;
    const [across, up] = [shareOf(along), shareOf(upright)];
    const [inner, tall] = [width - MARGIN.left - MARGIN.right, height - MARGIN.top - MARGIN.bottom];
    const limited = (share) => Math.min(Math.max(share, 0), 1.04);
    const shareUp = (y) => limited(Number.isFinite(y) ? up(Math.max(y, upright.low)) : 2);
    const to = ([x, y]) => [MARGIN.left + inner * across(x), MARGIN.top + tall * (1 - shareUp(y))];
    grid(sheet, { along, upright }, to);
    context.lineJoin = "round";
    for (const { x, key, dash = [], label } of rules) {
      const [at] = to([x, upright.low]);
      context.strokeStyle = context.fillStyle = ink.named(key);
      context.lineWidth = 2;
      context.setLineDash(dash);
      path(sheet, [[at, MARGIN.top - 6], [at, height - MARGIN.bottom]]);
      context.setLineDash([]);
      context.textBaseline = "top";
      context.textAlign = at > width * 0.7 ? "right" : "left";
      context.font = `600 ${FONT}px ${ink.named("sans")}`;
      context.fillText(label, at + (at > width * 0.7 ? -6 : 6), MARGIN.top - 6);
    }
    for (const { points, key, dash = [] } of lines) {
      context.strokeStyle = ink.named(key);
      context.lineWidth = 2.25;
      context.setLineDash(dash);
      path(sheet, points.map(to));
      context.setLineDash([]);
    }
    for (const { x, y, key, isFull, label } of marks) {
      const [left, top] = to([x, y]);
      context.beginPath();
      context.arc(left, top, 5.5, 0, 2 * Math.PI);
      context.fillStyle = ink.named(isFull ? key : "paper");
      context.strokeStyle = ink.named(key);
      context.lineWidth = 2;
      context.fill();
      context.stroke();
      if (!label) continue;
      context.fillStyle = ink.named("ink");
      context.font = `${FONT}px ${ink.named("sans")}`;
      context.textAlign = "center";
      context.textBaseline = top < MARGIN.top + 24 ? "top" : "bottom";
      context.fillText(label, left, top + (top < MARGIN.top + 24 ? 9 : -8));
    }
  };
})();
