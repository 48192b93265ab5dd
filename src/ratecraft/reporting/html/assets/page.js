// The page: its charts, on a screen and on paper.
"use strict";

(() => {
  const { words, charts: told } = JSON.parse(document.getElementById("data").textContent);
  const charts = told.map((data) => Figures.draw(data, words));
  const redraw = () => charts.forEach((chart) => chart.redraw());
  Theme.onChange(redraw);

  // ---- paper: light, and as wide as a page

  const PAPER = { width: 660, share: 0.8 };
  window.addEventListener("beforeprint", () => {
    Theme.show("light");
    charts.forEach((chart) => {
      chart.point(null);
      chart.isOnPaper = true;
      chart.fit(PAPER.width, PAPER.share);
    });
    redraw();
  });
  window.addEventListener("afterprint", () => {
    Theme.show();
    charts.forEach((chart) => {
      chart.isOnPaper = false;
      chart.fit();
    });
  });
})();
