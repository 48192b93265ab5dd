// Starts a study from the list, where the site may. What was chosen is sent as JSON, which no form of another site can
// send.
"use strict";

(() => {
  const form = document.getElementById("start");
  if (!form) return;
  const said = document.getElementById("start-said");
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const [folder, script] = form.elements.script.value.split(/:(.*)/s);
    const lines = form.elements.arguments.value.split("\n").map((line) => line.trim());
    const asked = {
      verb: form.elements.verb.value,
      folder: Number(folder),
      script,
      arguments: lines.filter(Boolean),
      language: document.documentElement.lang,
    };
    const answer = await fetch(form.action, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(asked),
    });
    const told = await answer.json().catch(() => ({ error: answer.statusText }));
    said.textContent = told.error ?? form.dataset.started;
  });
})();
