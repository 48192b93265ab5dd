// Figures: charts with their legends, cursors, keys and files, in the places that the page's markup leaves for them.
"use strict";

const Figures = (() => {
  /** An element with text and children; nothing is ever parsed as HTML. */
  const make = (name, attributes = {}, ...children) => {
    const element = document.createElement(name);
    for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
    element.append(...children);
    return element;
  };
  const button = (label, act) => {
    const element = make("button", { type: "button" }, label);
    element.addEventListener("click", act);
    return element;
  };
  const format = (axis) => (axis.rate ? rateText : figureText);

  /** A short stroke as a line has it. */
  const swatch = (line) => {
    const drawn = (name, attributes) => {
      const element = document.createElementNS("http://www.w3.org/2000/svg", name);
      for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
      return element;
    };
    const svg = drawn("svg", { viewBox: "0 0 28 10", width: 28, height: 10, "aria-hidden": "true", class: `stroke-${line.role}` });
    svg.append(drawn("line", { x1: 0, x2: 28, y1: 5, y2: 5, "stroke-dasharray": (DASHES[line.role] ?? []).join(" ") }));
    if (line.dots) svg.append(drawn("circle", { cx: 14, cy: 5, r: 3.5, class: line.role === "early" ? "hollow" : "full" }));
    return svg;
  };

  const legend = (chart, place) => {
    place.replaceChildren();
    for (const line of chart.lines) {
      const item = button("", () => {
        chart.toggle(line.label);
        item.setAttribute("aria-pressed", String(!chart.hidden.has(line.label)));
      });
      item.append(swatch(line), line.label);
      item.setAttribute("aria-pressed", String(!chart.hidden.has(line.label)));
      place.append(item);
    }
  };

  /** What is at the cursor, as rows of [name, values…]; the lines of a stop have no values. */
  const reading = (chart) => {
    if (chart.said !== null) return { head: "", rows: chart.said.split("\n").map((line) => [line]) };
    const head = `${chart.told.along.label} ${format(chart.told.along)(chart.place)}`;
    const rows = chart.lines.map((line) => {
      const cells = chart.told.panels.map((panel, at) => {
        const values = chart.values(at);
        const index = panel.lines.findIndex((each) => each.label === line.label && !each.faint);
        return index < 0 || values[index] === null ? "–" : format(panel.upright)(values[index]);
      });
      return [line.label, ...cells];
    });
    return { head, rows, names: chart.told.panels.map((panel) => panel.upright.label) };
  };

  const tip = (chart, bubble) => {
    bubble.hidden = chart.place === null;
    if (chart.place === null) return;
    const { head, rows, names } = reading(chart);
    bubble.replaceChildren();
    if (names) {
      const titles = [head, ...names].map((name) => make("th", {}, name));
      const body = rows.map((row) => make("tr", {}, ...row.map((cell) => make("td", {}, cell))));
      bubble.append(make("table", {}, make("tr", {}, ...titles), ...body));
    } else {
      bubble.append(...rows.map(([line], at) => make("p", at ? {} : { class: "first" }, line)));
    }
    const plot = chart.plots[0];
    const left = plot.over.offsetLeft + plot.valToPos(chart.place, "x");
    const isRight = left > chart.holder.clientWidth / 2;
    const room = chart.holder.clientWidth - bubble.offsetWidth;
    bubble.style.left = `${Math.max(0, Math.min(isRight ? left - bubble.offsetWidth - 14 : left + 14, room))}px`;
  };

  const spoken = (chart) => {
    const { head, rows, names } = reading(chart);
    const said = names ? rows.map(([name, ...cells]) => `${name}: ${cells.map((cell, at) => `${names[at]} ${cell}`).join(", ")}`) : rows.flat();
    return [head, ...said].filter(Boolean).join("; ");
  };

  const csv = (chart) => {
    const quoted = (cell) => `"${String(cell).replaceAll('"', '""')}"`;
    const rows = [[chart.told.along.label, "panel", "line", "value"]];
    for (const panel of chart.told.panels) {
      for (const line of panel.lines) {
        line.values.forEach((value, at) => {
          if (value !== null) rows.push([panel.places[at], panel.upright.label, line.label + (line.faint ? " (1)" : ""), value]);
        });
      }
    }
    const text = rows.map((row) => row.map((cell) => (typeof cell === "number" ? cell : quoted(cell))).join(",")).join("\r\n");
    const link = make("a", { download: `${chart.told.key}.csv`, href: URL.createObjectURL(new Blob([text], { type: "text/csv" })) });
    link.click();
    URL.revokeObjectURL(link.href);
  };

  const keys = (chart, event) => {
    const share = event.shiftKey ? 0.1 : 0.01;
    const acts = {
      ArrowLeft: () => chart.step(-1, share),
      ArrowRight: () => chart.step(1, share),
      Home: () => chart.end(false),
      End: () => chart.end(true),
      "+": () => chart.scale(0.5),
      "-": () => chart.scale(2),
      0: () => chart.show(null),
      Escape: () => chart.point(null),
    };
    if (!acts[event.key] || event.ctrlKey || event.metaKey || event.altKey) return false;
    acts[event.key]();
    event.preventDefault();
    return true;
  };

  /**
   * Draw one chart into its place.
   * @param {object} data What `charts.to_json` told of it.
   * @param {object} words `reset` and `download`, for its buttons.
   * @returns {Chart}
   */
  const draw = (data, words) => {
    const holder = document.querySelector(`[data-chart="${data.key}"]`);
    const figure = holder.closest("figure");
    const chart = new Chart(data, holder);
    const bubble = make("div", { class: "tip", "aria-hidden": "true" });
    bubble.hidden = true;
    chart.holder.append(bubble);
    legend(chart, figure.querySelector(".legend"));
    const reset = button(words.reset, () => chart.show(null));
    reset.hidden = true;
    const tools = make("div", { class: "tools" }, reset, button(words.download, () => csv(chart)));
    figure.querySelector(".keys").after(tools);
    chart.onLines = () => legend(chart, figure.querySelector(".legend"));
    chart.onPlace = () => tip(chart, bubble);
    chart.onZoom = () => {
      reset.hidden = chart.zoom === null;
      holder.dispatchEvent(new CustomEvent("zoom", { bubbles: true, detail: chart }));
    };
    holder.addEventListener("keydown", (event) => {
      if (keys(chart, event)) figure.querySelector(".spoken").textContent = chart.place === null ? "" : spoken(chart);
    });
    holder.addEventListener("blur", () => chart.point(null));
    return chart;
  };

  return { draw, make, button };
})();
