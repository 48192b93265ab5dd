// The controls: each is named like the part of the state that it shows and changes.
"use strict";

/** `Playground.controls(onChange)`: `show(state)` sets them all; `onChange(part, value, isDone)` is told what a reader does. */
Playground.controls = (onChange) => {
  const form = document.getElementById("controls");
  const slider = document.getElementById("rate");
  const { place, at } = Playground.address;
  const SELECTS = ["optimizer", "schedule", "batch", "noise", "warmup", "clip", "steps"];
  const NUMBERS = ["batch", "noise", "warmup", "clip", "steps", "seed"];

  slider.addEventListener("input", () => onChange("rate", at(Number(slider.value)), false));
  slider.addEventListener("change", () => onChange("rate", at(Number(slider.value)), true));
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("change", ({ target }) => {
    const { name, value } = target;
    if (name) onChange(name, NUMBERS.includes(name) ? Number(value) : value, true);
  });

  /** A select shows any value, also one that only the address gave. */
  const choose = (select, value) => {
    const text = String(value);
    if (![...select.options].some((option) => option.value === text)) select.add(new Option(text, text));
    select.value = text;
  };

  return {
    show: (state) => {
      const shown = place(state.rate);
      if (document.activeElement !== slider || place(at(Number(slider.value))) !== shown) slider.value = shown;
      slider.setAttribute("aria-valuetext", rateText(state.rate));
      document.getElementById("rate-text").textContent = rateText(state.rate);
      form.elements.problem.value = state.problem;
      for (const name of SELECTS) choose(form.elements[name], state[name]);
      form.elements.seed.value = state.seed;
      const isNet = state.problem === "digits";
      form.elements.noise.disabled = isNet;
      form.elements.batch.disabled = !isNet && state.noise === 0; // what is not noisy is the same in every batch
      const code = document.getElementById("expression");
      code.textContent = Playground.expression(state);
    },
  };
};

/** The schedule as `ratecraft preview` takes it. */
Playground.expression = (state) => {
  const { text } = Playground.schedule(state);
  const rate = String(state.rate); // exactly: this is to be pasted
  const shape = text.includes(" >> ") ? `(${text})` : text;
  const product = text === "constant(1)" ? `constant(${rate})` : `${rate} * ${shape}`;
  return `ratecraft preview "${product}" --steps ${state.steps}`;
};
