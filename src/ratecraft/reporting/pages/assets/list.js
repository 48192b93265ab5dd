// The list follows what happens: asked for again while it is seen, and only what differs is put in place, so that ticks,
// focus and scroll stay.
"use strict";

(() => {
  const EVERY = 4000; // ms
  const { words } = JSON.parse(document.getElementById("data").textContent);
  const list = document.getElementById("list");
  const connection = document.getElementById("connection");
  const pause = document.getElementById("pause");
  const spoken = document.getElementById("list-spoken");
  let timer = null;
  let isPaused = false;

  const tell = (state) => {
    if (connection.dataset.state === state) return; // a screen reader says it once
    connection.textContent = words[state];
    connection.dataset.state = state;
  };
  const rowsOf = (place) => new Map([...place.querySelectorAll("tbody tr")].map((row) => [row.querySelector("input").value, row]));
  const said = ({ cells }) => `${[...cells[1].children].map((each) => each.textContent).join(" ")}: ${cells[2].textContent}`;

  /** Take a row's new cells over; true where its study stands otherwise than before. */
  const renew = (row, fresh) => {
    const before = said(row);
    [...fresh.cells].forEach((cell, at) => {
      if (row.cells[at].innerHTML !== cell.innerHTML) row.cells[at].replaceChildren(...cell.childNodes);
    });
    return said(row) !== before;
  };

  /** Put a list of our own server, in which every name is text, in place of this one. */
  const take = (fresh) => {
    const [old, told] = [rowsOf(list), rowsOf(fresh)];
    if (!old.size || !told.size) {
      if (old.size !== told.size) list.replaceChildren(...fresh.childNodes);
      return [...told.values()].map(said);
    }
    const news = [];
    const body = list.querySelector("tbody");
    [...told].forEach(([name, row], at) => {
      const here = old.get(name) ?? row;
      if (here === row || renew(here, row)) news.push(said(here));
      if (body.children[at] !== here) body.insertBefore(here, body.children[at] ?? null);
    });
    for (const [name, row] of old) if (!told.has(name)) row.remove();
    return news;
  };

  const look = async () => {
    window.clearTimeout(timer);
    try {
      const answer = await fetch(window.location.href);
      if (!answer.ok) throw new Error(answer.statusText);
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      if (isPaused) return;
      const news = take(page.getElementById("list"));
      if (news.length) spoken.textContent = news.join("; ");
      tell("connected");
    } catch {
      if (!isPaused) tell("lost");
    }
    rest();
  };
  const rest = () => {
    window.clearTimeout(timer);
    if (!isPaused && !document.hidden) timer = window.setTimeout(look, EVERY);
  };

  pause.addEventListener("click", () => {
    isPaused = !isPaused;
    pause.setAttribute("aria-pressed", String(isPaused));
    pause.textContent = isPaused ? words.resume : words.pause;
    if (!isPaused) return look();
    window.clearTimeout(timer);
    tell("paused");
  });
  document.addEventListener("visibilitychange", () => (document.hidden || isPaused ? window.clearTimeout(timer) : look()));
  window.addEventListener("pageshow", (event) => event.persisted && !isPaused && look());
  document.getElementById("following").hidden = false;
  tell("connected");
  rest();
})();
