// One run as it is seen: its way over the map, its ball on the curve, or the digits that its net reads.
"use strict";

Playground.lane = (() => {
  const SHEET = 10; // digits beside each other, and below
  const { ink } = Playground;

  /** A ring where it starts, a ball where it is; an arrow head at the border where it has left the picture. */
  const ball = ({ context, width, height }, [x, y], colour) => {
    const [inX, inY] = [Math.min(Math.max(x, 9), width - 9), Math.min(Math.max(y, 9), height - 9)];
    context.fillStyle = colour;
    context.strokeStyle = ink.named("paper");
    context.lineWidth = 2.5;
    context.beginPath();
    if (x < -1 || y < -1 || x > width + 1 || y > height + 1) {
      const angle = Math.atan2(y - height / 2, x - width / 2);
      const corner = (turn, size) => [inX + size * Math.cos(angle + turn), inY + size * Math.sin(angle + turn)];
      context.moveTo(...corner(0, 8));
      context.lineTo(...corner(2.5, 9));
      context.lineTo(...corner(-2.5, 9));
      context.closePath();
    } else {
      context.arc(inX, inY, 7, 0, 2 * Math.PI);
    }
    context.stroke();
    context.fill();
  };

  const ring = ({ context }, [x, y], colour) => {
    context.beginPath();
    context.arc(x, y, 5, 0, 2 * Math.PI);
    context.fillStyle = ink.named("paper");
    context.strokeStyle = colour;
    context.lineWidth = 2;
    context.fill();
    context.stroke();
  };

  const cross = ({ context }, [x, y]) => {
    context.strokeStyle = ink.named("ink");
    context.lineWidth = 1.5;
    context.beginPath();
    for (const [dx, dy] of [[5, 0], [0, 5]]) {
      context.moveTo(x - dx, y - dy);
      context.lineTo(x + dx, y + dy);
    }
    context.stroke();
  };

  /** Points of a way until a step that may be between two. */
  const until = (points, cursor) => {
    const whole = Math.min(Math.floor(cursor), points.length - 1);
    const shown = points.slice(0, whole + 1);
    const share = Math.min(cursor, points.length - 1) - whole;
    if (share > 0) shown.push(points[whole].map((value, axis) => value + share * (points[whole + 1][axis] - value)));
    return shown;
  };

  const line = ({ context }, points, { colour, width, dash = [], alpha = 1 }) => {
    context.save();
    context.globalAlpha = alpha;
    context.strokeStyle = colour;
    context.lineWidth = width;
    context.lineJoin = context.lineCap = "round";
    context.setLineDash(dash);
    context.beginPath();
    points.forEach(([x, y], at) => (at ? context.lineTo(x, y) : context.moveTo(x, y)));
    context.stroke();
    context.restore();
  };

  const dots = ({ context }, points, colour, size) => {
    context.fillStyle = colour;
    context.beginPath();
    for (const [x, y] of points) {
      context.moveTo(x + size, y);
      context.arc(x, y, size, 0, 2 * Math.PI);
    }
    context.fill();
  };

  /** Where weights lie in the picture; kept within what a canvas can draw. */
  const placed = ({ width, height }, { low, high }) => {
    const near = (value) => (Number.isFinite(value) ? Math.min(Math.max(value, -1e4), 1e4) : 1e4);
    return ([x, y]) => [near(((x - low) / (high - low)) * width), near(((high - y) / (high - low)) * height)];
  };

  const way = (sheet, run, cursor, look) => {
    const loss = Playground.losses[run.settings.problem];
    const size = sheet.context.canvas.width;
    sheet.context.drawImage(Playground.map.picture(run.settings.problem, look.key, size), 0, 0, sheet.width, sheet.height);
    const to = placed(sheet, loss);
    const points = run.path.map(to);
    const colour = ink.named(look.key);
    const shown = until(points, cursor);
    loss.lowest.map(to).forEach((point) => cross(sheet, point));
    line(sheet, points, { colour, width: 1.25, alpha: 0.45 });
    line(sheet, shown, { colour: ink.named("paper"), width: 5, alpha: 0.85 });
    line(sheet, shown, { colour, width: 2.25 });
    if (points.length <= 120) dots(sheet, shown.slice(0, Math.floor(cursor) + 1), colour, 2.6);
    ring(sheet, points[0], colour);
    ball(sheet, shown.at(-1), colour);
  };

  /** One weight: its loss as a curve, the slope where the ball is, and where the steps before it landed. */
  const curve = (sheet, run, cursor, look) => {
    const loss = Playground.losses[run.settings.problem];
    const { context, width, height } = sheet;
    const highest = Math.max(loss.value([loss.low]), loss.value([loss.high])) * 1.06;
    const [foot, head] = [height - 18, 14];
    const near = (value) => (Number.isFinite(value) ? Math.min(Math.max(value, -1e4), 1e4) : -1e4);
    const down = (value) => near(foot - ((value - loss.floor) / (highest - loss.floor)) * (foot - head));
    const across = (x) => near(((x - loss.low) / (loss.high - loss.low)) * width);
    const to = ([x]) => [across(x), down(loss.value([x]))];
    const ground = Array.from({ length: 161 }, (_, at) => to([loss.low + ((loss.high - loss.low) * at) / 160]));
    const colour = ink.named(look.key);
    context.save();
    context.globalAlpha = 0.16;
    context.fillStyle = colour;
    context.beginPath();
    context.moveTo(0, height);
    ground.forEach(([x, y]) => context.lineTo(x, y));
    context.lineTo(width, height);
    context.fill();
    context.restore();
    line(sheet, ground, { colour: ink.named("strong"), width: 2 });
    const points = run.path.map(to);
    const whole = Math.min(Math.floor(cursor), points.length - 1);
    const shown = until(points, cursor);
    line(sheet, points.slice(0, whole + 1), { colour, width: 1.25, dash: [3, 3], alpha: 0.8 });
    const [x] = run.path[whole];
    const slope = loss.slope([x])[0];
    const long = (loss.high - loss.low) * 0.14;
    const touch = [-long, long].map((aside) => [across(x + aside), down(loss.value([x]) + slope * aside)]);
    if (Math.abs(slope) > 1e-6 && Math.abs(x) < 1e3) line(sheet, touch, { colour: ink.named("ink"), width: 1.25 });
    dots(sheet, points.slice(0, whole + 1), colour, 3);
    ring(sheet, points[0], colour);
    ball(sheet, shown.at(-1), colour);
  };

  /** Digits that the net has not been trained on; what it reads wrongly is struck through on the lane's colour. */
  const digits = (sheet, run, look) => {
    const { images, labels, heldOut } = Playground.network;
    const { context, width, height } = sheet;
    const cell = Math.min(width, height) / SHEET;
    const dot = cell / 9;
    const colour = ink.named(look.key);
    const written = ink.named("ink");
    for (let place = 0; place < SHEET * SHEET; place += 1) {
      const [left, top] = [(place % SHEET) * cell, Math.floor(place / SHEET) * cell];
      const digit = heldOut[place];
      const isWrong = run.answers[place] !== labels[digit];
      context.fillStyle = written;
      for (let pixel = 0; pixel < 64; pixel += 1) {
        const grey = images[digit * 64 + pixel];
        if (!grey) continue;
        context.globalAlpha = isWrong ? grey * 0.6 : grey;
        context.fillRect(left + dot / 2 + (pixel % 8) * dot, top + dot / 2 + Math.floor(pixel / 8) * dot, dot + 0.2, dot + 0.2);
      }
      context.globalAlpha = 1;
      if (!isWrong) continue;
      context.globalAlpha = 0.26;
      context.fillStyle = colour;
      context.fillRect(left + 1, top + 1, cell - 2, cell - 2);
      context.globalAlpha = 1;
      line(sheet, [[left + 3, top + cell - 3], [left + cell - 3, top + 3]], { colour, width: 2 });
    }
  };

  /** Draw a run until a step. */
  return (canvas, run, cursor, look) => {
    const sheet = ink.cleared(canvas);
    if (!sheet) return;
    if (run.isNet) digits(sheet, run, look);
    else if (run.path[0].length === 1) curve(sheet, run, cursor, look);
    else way(sheet, run, cursor, look);
  };
})();
