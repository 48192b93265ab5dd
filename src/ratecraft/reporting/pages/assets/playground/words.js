// The page's words, from its data block, and numbers as people read them.
"use strict";

/** `Playground.say("probe-up", {rate: "0.1"})`: the sentence in the page's language with its values. */
Playground.say = (() => {
  let words = null;
  return (key, values = {}) => {
    words ??= JSON.parse(document.getElementById("data").textContent).words;
    return words[key].replace(/\{(\w+)\}/g, (_, name) => values[name]);
  };
})();

/** A share as per cent; small ones with a digit more. */
Playground.percent = (share) => {
  const value = 100 * share;
  return `${value < 9.95 ? value.toFixed(1).replace(/\.0$/, "") : Math.round(value)} %`;
};
