// Light, dark, or what the system says: set at once, chosen by the button `#theme`, remembered for every page of ours.
"use strict";

const Theme = (() => {
  const THEMES = ["auto", "light", "dark"];
  const KEY = "ratecraft-theme";
  const root = document.documentElement;
  const listeners = [];
  let now = "auto";

  const stored = (act) => {
    try {
      return act(window.localStorage);
    } catch {
      return null; // a frame without storage forgets, and works all the same
    }
  };
  const changed = () => listeners.forEach((listener) => listener());
  const show = (name) => {
    if (name === "auto") delete root.dataset.theme;
    else root.dataset.theme = name;
    changed();
  };
  const label = () => {
    const button = document.getElementById("theme");
    if (button) button.textContent = button.dataset[now];
  };
  const wear = (name) => {
    now = THEMES.includes(name) ? name : "auto";
    label();
    show(now);
  };
  const wire = () => {
    const button = document.getElementById("theme");
    if (!button) return;
    button.hidden = false;
    label();
    button.addEventListener("click", () => {
      const next = THEMES[(THEMES.indexOf(now) + 1) % THEMES.length];
      stored((storage) => storage.setItem(KEY, next));
      wear(next);
    });
  };

  wear(stored((storage) => storage.getItem(KEY)));
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", wire);
  else wire();
  window.addEventListener("storage", (event) => event.key === KEY && wear(event.newValue)); // another tab chose
  for (const query of ["(prefers-color-scheme: dark)", "(forced-colors: active)"]) {
    window.matchMedia(query).addEventListener("change", changed);
  }

  return {
    /** Call `listener` whenever the colours of the page may have changed: canvases draw again. */
    onChange: (listener) => listeners.push(listener),
    /** Show a theme for a while, on paper, without choosing it; without a name, the chosen one again. */
    show: (name = now) => show(name),
  };
})();
