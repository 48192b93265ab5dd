// Try: what is typed is shown at once. The server computes; the address holds everything; without this script the form
// works all the same.
"use strict";

(() => {
  const WAIT = 300; // ms after a key until it is asked for
  const form = document.getElementById("form");
  let timer = null;
  let asked = 0;

  const address = (submitter) => {
    const told = new URLSearchParams();
    for (const [name, value] of new FormData(form, submitter ?? null)) {
      if (String(value).trim() && name !== "show") told.append(name, String(value));
    }
    if (!told.has("schedule") && form.elements.steps && form.elements.compare) told.append("schedule", "");
    return `${form.action.split("?")[0]}?${told}`;
  };

  /** Show another state: its results in their place; of its form only what a button has changed. */
  const go = async (place, { keeps, pushes }) => {
    const number = ++asked;
    const answer = await fetch(place);
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const result = page.getElementById("result");
    if (number !== asked || !result) return;
    if (pushes) window.history.pushState(null, "", answer.url);
    else window.history.replaceState(null, "", answer.url);
    if (!keeps) {
      const active = document.activeElement;
      const [name, value] = [active?.getAttribute("name"), active?.tagName === "BUTTON" ? active.value : null];
      form.replaceChildren(...page.getElementById("form").childNodes);
      const again = [...form.elements].find((each) => each.name === name && (value === null || each.value === value));
      if (form.contains(active) === false && again) again.focus();
    }
    document.getElementById("result").replaceChildren(...result.childNodes);
    Copying.wire(document.getElementById("result"));
    const told = page.getElementById("data");
    if (told && typeof Drawn !== "undefined") Drawn.show(JSON.parse(told.textContent).charts);
  };

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    window.clearTimeout(timer);
    go(address(event.submitter), { keeps: false, pushes: true });
  });
  form.addEventListener("input", (event) => {
    window.clearTimeout(timer);
    const isChosen = event.target.tagName === "SELECT";
    timer = window.setTimeout(() => go(address(), { keeps: true, pushes: isChosen }), isChosen ? 0 : WAIT);
  });
  window.addEventListener("popstate", () => go(window.location.href, { keeps: false, pushes: false }));
})();
