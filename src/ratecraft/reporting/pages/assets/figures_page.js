// A page of the site with charts: draws those of its data, and takes others in their place.
"use strict";

const Drawn = (() => {
  const data = JSON.parse(document.getElementById("data")?.textContent ?? "{}");
  const charts = new Map();

  const linked = () => {
    for (const link of document.querySelectorAll("#copy-link[hidden]")) link.hidden = false;
  };

  /** Draw charts where there are places for them; one that is there already takes the new values. */
  const show = (told) => {
    linked();
    for (const each of told ?? []) {
      const chart = charts.get(each.key);
      if (chart && chart.holder.isConnected) chart.take(each);
      else if (document.querySelector(`[data-chart="${each.key}"]`)) charts.set(each.key, Figures.draw(each, data.words));
    }
  };

  show(data.charts);
  Theme.onChange(() => charts.forEach((chart) => chart.redraw()));

  document.addEventListener("click", async ({ target }) => {
    if (target.id !== "copy-link") return;
    const label = target.textContent;
    try {
      await navigator.clipboard.writeText(window.location.href);
    } catch {
      return; // the address bar has it, too
    }
    target.textContent = target.dataset.copied;
    target.addEventListener("blur", () => (target.textContent = label), { once: true });
  });

  return { data, charts, show };
})();
