// A study as it goes: one stream of events that says where it stands, resumed at the event that was seen last.
"use strict";

(() => {
  const { data, show } = Drawn;
  const { words } = data;
  const connection = document.getElementById("connection");
  const pause = document.getElementById("pause");
  const news = document.getElementById("live-news");
  const spoken = document.getElementById("live-spoken");
  const AGAIN = 2000; // ms until a stream that the browser has given up is asked for again
  const SPEAK = 10000; // ms between two lines that a screen reader is given
  const MOST = 300;
  let seen = Number(new URLSearchParams(data.stream.split("?")[1]).get("after"));
  let source = null;
  let timer = null;
  let lastSpoken = 0;

  const tell = (state) => {
    connection.textContent = words[state];
    connection.dataset.state = state;
  };

  /** Markup from our own server, in which every name of a study is text; nothing in it can run. */
  const parsed = (markup) => new DOMParser().parseFromString(markup, "text/html").body.childNodes;

  const take = (event) => {
    const told = JSON.parse(event.data);
    seen = told.number;
    for (const [name, markup] of Object.entries(told.parts)) document.getElementById(`live-${name}`).replaceChildren(...parsed(markup));
    for (const [key, markup] of Object.entries(told.tables)) {
      const figure = document.querySelector(`figure:has([data-chart="${key}"])`);
      figure.querySelector("table").replaceWith(...parsed(markup));
      figure.parentElement.hidden = false; // shown from the first value on
    }
    show(told.charts);
    for (const line of told.news) news.prepend(Figures.make("li", {}, line));
    while (news.children.length > MOST) news.lastChild.remove();
    if (told.news.length && Date.now() - lastSpoken > SPEAK) {
      lastSpoken = Date.now();
      spoken.textContent = told.news.at(-1);
    }
    if (told.state === data.state) return;
    source.close(); // it has its answer, was stopped or goes on: another page
    if (told.state === "finished") spoken.textContent = words.finished;
    window.location.reload();
  };

  const open = () => {
    window.clearTimeout(timer);
    source = new EventSource(data.stream.replace(/after=\d+/, `after=${seen}`));
    source.addEventListener("open", () => tell("connected"));
    source.addEventListener("study", take);
    source.addEventListener("error", () => {
      tell("lost");
      if (source.readyState === EventSource.CLOSED) timer = window.setTimeout(open, AGAIN);
    });
  };

  pause.addEventListener("click", () => {
    const isPaused = pause.getAttribute("aria-pressed") !== "true";
    pause.setAttribute("aria-pressed", String(isPaused));
    pause.textContent = isPaused ? words.resume : words.pause;
    window.clearTimeout(timer);
    source.close();
    if (isPaused) tell("paused");
    else open();
  });
  document.getElementById("stop")?.addEventListener("click", async (event) => {
    event.target.disabled = true;
    event.target.textContent = words.stopping;
    const body = JSON.stringify({ study: data.study });
    await fetch("../../stop", { method: "POST", headers: { "Content-Type": "application/json" }, body });
  });
  window.addEventListener("pagehide", () => source.close());
  window.addEventListener("pageshow", (event) => event.persisted && pause.getAttribute("aria-pressed") !== "true" && open());

  open();
})();
