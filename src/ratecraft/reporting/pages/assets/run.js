// One run: its findings are fetched once the curves are drawn, and a finer stretch of the curves on every zoom. The
// zoom stands in the address: a copied link shows the same stretch, and Back shows the one before.
"use strict";

(() => {
  const { data, charts, show } = Drawn;
  if (!charts.has("run")) return; // it could not be read, or told no loss
  const { words } = data;
  const WAIT = 120; // ms in which one zoom may follow another before anything is asked for
  const main = charts.get("run");
  const whole = data.charts[0];
  let marks = whole.panels[0]?.marks ?? [];
  let asked = 0;
  let timer = null;
  let isRestoring = false;

  const withMarks = ({ panels, ...told }) => ({
    ...told,
    along: whole.along,
    panels: panels.map((panel, at) => (at ? panel : { ...panel, marks })),
  });

  const finer = async ([first, last]) => {
    const number = ++asked;
    try {
      const answer = await fetch(`${data.window}?from=${Math.max(0, Math.floor(first))}&to=${Math.ceil(last)}`);
      if (answer.ok && number === asked) main.take(withMarks(await answer.json()));
    } catch {
      return; // the coarse curve stays
    }
  };

  const stretch = () => {
    const [first, last] = (new URLSearchParams(window.location.hash.slice(1)).get("zoom") ?? "").split(",").map(Number);
    return Number.isFinite(first) && last > first ? [first, last] : null;
  };

  const remember = (zoom) => {
    const hash = zoom ? `#zoom=${zoom.map((end) => Math.round(end)).join(",")}` : "";
    if (hash !== window.location.hash) window.history.pushState(null, "", hash || window.location.pathname);
  };

  main.holder.parentElement.addEventListener("zoom", () => {
    window.clearTimeout(timer);
    timer = window.setTimeout(() => {
      if (!isRestoring) remember(main.zoom);
      isRestoring = false;
      asked += 1;
      if (main.zoom) finer(main.zoom);
      else main.take(withMarks(whole));
    }, WAIT);
  });
  const restore = () => {
    isRestoring = true;
    main.show(stretch());
  };
  window.addEventListener("popstate", restore);
  if (stretch()) restore();

  const findings = document.getElementById("findings");
  (async () => {
    try {
      const answer = await fetch(data.findings);
      if (!answer.ok) throw new Error(answer.statusText);
      const told = await answer.json();
      const parsed = new DOMParser().parseFromString(told.markup, "text/html"); // our own server's, names are text in it
      findings.replaceChildren(...parsed.body.childNodes);
      const [marked, ...others] = told.charts;
      marks = marked.panels[0]?.marks ?? [];
      main.take(withMarks(main.told));
      show(others);
    } catch {
      findings.textContent = words["findings-failed"];
    }
  })();
})();
