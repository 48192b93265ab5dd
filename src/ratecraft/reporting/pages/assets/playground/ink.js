// What every drawing needs: the colours of the theme, a canvas as sharp as the screen, the look of the three runs.
"use strict";

Playground.lanes = [
  { key: "low", times: 0.1, dash: [2, 4], sign: "÷ 10" },
  { key: "chosen", times: 1, dash: [], sign: "" },
  { key: "high", times: 10, dash: [7, 4], sign: "× 10" },
];

Playground.ink = (() => {
  const probe = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  const named = (name) => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();

  /** Red, green, blue of whatever CSS calls a colour. */
  const parts = (name) => {
    probe.clearRect(0, 0, 1, 1);
    probe.fillStyle = named(name);
    probe.fillRect(0, 0, 1, 1);
    return [...probe.getImageData(0, 0, 1, 1).data].slice(0, 3);
  };
  const forced = () => window.matchMedia("(forced-colors: active)").matches;

  /** The drawing context of a canvas, sized to its box, in CSS pixels and cleared; null where it has no size. */
  const cleared = (canvas) => {
    const { clientWidth: width, clientHeight: height } = canvas;
    if (!width || !height) return null;
    const ratio = Math.min(window.devicePixelRatio || 1, 2);
    const [across, down] = [Math.round(width * ratio), Math.round(height * ratio)];
    if (canvas.width !== across || canvas.height !== down) [canvas.width, canvas.height] = [across, down];
    const context = canvas.getContext("2d");
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.clearRect(0, 0, width, height);
    return { context, width, height, ratio };
  };
  return { named, parts, forced, cleared };
})();
