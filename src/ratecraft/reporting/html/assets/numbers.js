// Numbers as people read them, and where an axis has its ticks. The same forms as in the tables of the page.
"use strict";

/** A rate that can be pasted into code: two significant digits, 1.2e-3. */
function rateText(value, hasExponent = false) {
  const size = Math.abs(value);
  if (value === 0 || (size >= (hasExponent ? 1 : 0.1) && size < 1000)) return String(Number(value.toPrecision(2)));
  return value.toExponential(1).replace(".0e", "e").replace("e+", "e");
}

/** How rates that are read together are written, all in one notation. */
function ratesText(values) {
  const hasExponent = values.some((value) => value !== null && rateText(value).includes("e"));
  return (value) => rateText(value, hasExponent);
}

/** A figure with three significant digits. */
function figureText(value) {
  const size = Math.abs(value);
  if (value !== 0 && (size < 1e-4 || size >= 1e7)) return value.toExponential(2).replace("e+", "e");
  if (size >= 1000) return Math.round(value).toLocaleString("en");
  return String(Number(value.toPrecision(3)));
}

/** Evenly spaced ticks with equally many decimals, as few as tell them apart. */
function ticksText(splits) {
  const known = splits.filter((split) => split !== null);
  const step = Math.abs(known[1] - known[0]) || 1;
  const size = Math.max(...known.map(Math.abs));
  if (known.length < 2 || size < 1e-4 || size >= 1000) return figureText;
  let decimals = 0;
  while (decimals < 8 && known.some((split) => Math.abs(split - Number(split.toFixed(decimals))) > step / 100)) decimals += 1;
  return (value) => value.toFixed(decimals);
}

/** Ticks of a log axis: decades, on less than two of them also 2 and 5; never more than fit. */
function logTicks(low, high, most) {
  const first = Math.floor(Math.log10(low) + 1e-9);
  const last = Math.ceil(Math.log10(high) - 1e-9);
  const heads = Math.log10(high / low) < 2 ? [1, 2, 5] : [1];
  const every = Math.max(1, Math.ceil((last - first) / most));
  const ticks = [];
  for (let decade = first; decade <= last; decade += every) {
    for (const head of heads) {
      const tick = Number(`${head}e${decade}`);
      if (tick >= low * (1 - 1e-9) && tick <= high * (1 + 1e-9)) ticks.push(tick);
    }
  }
  return ticks.length ? ticks : [low, high];
}

/** The place of the value nearest to `wanted` in a rising list. */
function nearest(rising, wanted) {
  let low = 0;
  let high = rising.length - 1;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (rising[middle] <= wanted) low = middle;
    else high = middle;
  }
  return wanted - rising[low] <= rising[high] - wanted ? low : high;
}
