// Marks of a chart: upright lines with their names above, points with theirs, crosses, arrows at the rim.
"use strict";

const Marks = (() => {
  const UPRIGHT = ["chosen", "own", "edge"];
  const SIZE = { label: 17, gap: 8, cross: 5 }; // CSS pixels

  /** Those that stand upright, from the left to the right. */
  const upright = (marks) => marks.filter((mark) => UPRIGHT.includes(mark.kind)).sort((one, other) => one.place - other.place);

  const font = (ctx, ratio) => {
    ctx.font = FONT.replace("12px", `${12 * ratio}px`);
  };

  /** A name as far as there is room for it. */
  const shortened = (ctx, label, room) => {
    let text = label;
    for (let end = label.length - 1; end > 0 && ctx.measureText(text).width > room; end -= 1) text = `${label.slice(0, end).trimEnd()}…`;
    return text;
  };

  /**
   * Names of upright lines, each in the lowest row that has room for it; in canvas pixels from the panel's left.
   * @param {number} width Of the panel.
   * @param {function} across How far a mark is from the panel's left.
   */
  const named = (ctx, marks, width, across, ratio) => {
    const ends = []; // of what stands in each row, the lowest first
    return upright(marks).map((mark) => {
      const label = shortened(ctx, mark.label, width);
      const span = ctx.measureText(label).width;
      const x = across(mark);
      const start = Math.max(0, Math.min(x - span / 2, width - span));
      const free = ends.findIndex((end) => start >= end + SIZE.gap * ratio);
      const row = free < 0 ? ends.length : free;
      ends[row] = start + span;
      return { kind: mark.kind, label, x, start, span, row };
    });
  };

  /** CSS pixels above a panel for the names of its upright lines: as many rows as they need where the whole axis is seen. */
  const headroom = ({ ctx }, marks, along, width) => {
    if (!upright(marks).length) return 8;
    const scale = along.log ? Math.log : (end) => end;
    const [low, high] = along.range.map(scale);
    ctx.save();
    font(ctx, 1);
    const rows = named(ctx, marks, width, (mark) => (width * (scale(mark.place) - low)) / (high - low), 1).map(({ row }) => row);
    ctx.restore();
    return (1 + Math.max(...rows)) * SIZE.label + 6;
  };

  const middle = (plot, row) => plot.bbox.top - (row + 0.5) * SIZE.label * uPlot.pxRatio;

  /** An upright line up to its name. */
  const line = (plot, { kind, x, row }) => {
    const ratio = uPlot.pxRatio;
    const { ctx } = plot;
    const { left, top, height } = plot.bbox;
    ctx.strokeStyle = ink(kind);
    ctx.lineWidth = (kind === "chosen" ? 2 : 1.5) * ratio;
    ctx.setLineDash((DASHES[kind] ?? []).map((dash) => dash * ratio));
    ctx.beginPath();
    ctx.moveTo(left + x, middle(plot, row) + 0.5 * SIZE.label * ratio);
    ctx.lineTo(left + x, top + height);
    ctx.stroke();
  };

  const name = (plot, { kind, label, start, span, row }) => {
    const ratio = uPlot.pxRatio;
    const { ctx } = plot;
    const left = plot.bbox.left + start;
    ctx.fillStyle = ink("paper");
    ctx.fillRect(left - 2 * ratio, middle(plot, row) - 0.5 * SIZE.label * ratio, span + 4 * ratio, SIZE.label * ratio);
    ctx.fillStyle = ink(kind === "chosen" ? "chosen" : "muted");
    ctx.fillText(label, left, middle(plot, row));
  };

  /** A point on a curve, its name above it. */
  const point = (plot, mark, x) => {
    const ratio = uPlot.pxRatio;
    const { ctx } = plot;
    const { left, width } = plot.bbox;
    const y = plot.valToPos(mark.at, "y", true);
    const span = ctx.measureText(mark.label).width;
    const start = Math.min(Math.max(x - span / 2, left), left + width - span);
    ctx.fillStyle = ink("late");
    ctx.beginPath();
    ctx.arc(x, y, 0.5 * DOT * ratio, 0, 2 * Math.PI);
    ctx.fill();
    ctx.setLineDash([]);
    ctx.lineWidth = 4 * ratio;
    ctx.strokeStyle = ink("paper"); // a halo, for the curve may pass behind the name
    ctx.strokeText(mark.label, start, y - SIZE.label * ratio);
    ctx.fillStyle = ink("ink");
    ctx.fillText(mark.label, start, y - SIZE.label * ratio);
  };

  /** An arrow at the rim towards a value that lies beyond it, the value beside it on the side that has room. */
  const beyond = (plot, mark, x, badIsUp, places) => {
    const { ctx } = plot;
    const { top, height } = plot.bbox;
    const size = SIZE.cross * uPlot.pxRatio;
    const [tip, foot] = badIsUp ? [top + size, top + 3 * size] : [top + height - size, top + height - 3 * size];
    ctx.fillStyle = ink("early");
    ctx.beginPath();
    ctx.moveTo(x, tip);
    ctx.lineTo(x - size, foot);
    ctx.lineTo(x + size, foot);
    ctx.fill();
    ctx.fillStyle = ink("muted");
    const wide = ctx.measureText(mark.label).width + 3 * size;
    const after = Math.min(...places.filter((place) => place > x), ctx.canvas.width);
    const before = Math.max(...places.filter((place) => place < x), plot.bbox.left);
    const start = x + wide <= after ? x + 2 * size : x - wide >= before + wide ? x - wide + size : null;
    if (start !== null) ctx.fillText(mark.label, start, (tip + foot) / 2); // else the table has it
  };

  const cross = (plot, mark, x, badIsUp) => {
    const ratio = uPlot.pxRatio;
    const { ctx } = plot;
    const { top, height } = plot.bbox;
    const size = SIZE.cross * ratio;
    const rim = badIsUp ? top + 2 * size : top + height - 2 * size;
    const y = mark.at === null ? rim : Math.min(Math.max(plot.valToPos(mark.at, "y", true), top + size), top + height - size);
    ctx.strokeStyle = ink("high");
    ctx.lineWidth = 2.5 * ratio;
    ctx.setLineDash([]);
    ctx.beginPath();
    ctx.moveTo(x - size, y - size);
    ctx.lineTo(x + size, y + size);
    ctx.moveTo(x - size, y + size);
    ctx.lineTo(x + size, y - size);
    ctx.stroke();
  };

  /** Draw the marks of a panel; names of upright lines lie above the lines of all. */
  const draw = (plot, marks, badIsUp) => {
    const ratio = uPlot.pxRatio;
    const { ctx } = plot;
    const { left, width } = plot.bbox;
    const across = (mark) => plot.valToPos(mark.place, "x", true) - left;
    const seen = marks.filter((mark) => across(mark) >= -1 && across(mark) <= width + 1);
    ctx.save();
    font(ctx, ratio);
    ctx.textBaseline = "middle";
    ctx.textAlign = "left";
    const names = named(ctx, seen, width, across, ratio);
    for (const each of names) line(plot, each);
    for (const each of names) name(plot, each);
    const others = { point, beyond, cross };
    const places = seen.filter(({ kind }) => kind === "beyond").map((mark) => left + across(mark));
    for (const mark of seen) others[mark.kind]?.(plot, mark, left + across(mark), badIsUp, places);
    ctx.restore();
  };

  return { upright, headroom, draw };
})();
