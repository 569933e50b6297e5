// Refreshes the counts of a campaign while its page is open. Without this script, the page shows them when it is reloaded.
"use strict";
(function () {
  const box = document.querySelector("[data-progress]");
  if (!box) return;
  const interval = 2000;
  const initialState = box.dataset.state;
  const live = box.querySelector("[data-live]");

  function written(number) {
    return number.toLocaleString("en-GB");
  }

  function show(now) {
    for (const [name, number] of Object.entries(now.numbers)) {
      const count = box.querySelector(`[data-count="${name}"]`);
      if (count) count.textContent = written(number);
    }
    for (const part of now.bar) {
      const rect = box.querySelector(`[data-bar="${part.name}"]`);
      if (rect) {
        rect.setAttribute("x", part.x);
        rect.setAttribute("width", part.width);
      }
    }
    const reasons = box.querySelector("[data-reasons]");
    const lines = Object.entries(now.reasons).map(([reason, number]) => {
      const line = document.createElement("li");
      line.textContent = `${reason}: ${written(number)}`;
      return line;
    });
    reasons.querySelector("ul").replaceChildren(...lines);
    reasons.hidden = lines.length === 0;
    const topics = box.querySelector("[data-topics]");
    if (topics) topics.textContent = now.topics;
    for (const name of ["waiting", "notice"]) {
      const note = box.querySelector(`[data-${name}]`);
      note.textContent = now[name] || "";
      note.hidden = !now[name];
    }
  }

  async function refresh() {
    try {
      const response = await fetch(box.dataset.progress, { headers: { Accept: "application/json" }, credentials: "same-origin" });
      if (!response.ok) throw new Error(String(response.status));
      const now = await response.json();
      if (now.state !== initialState) {
        // The new state has other buttons, so reload the whole page.
        window.location.reload();
        return;
      }
      show(now);
      live.textContent = "";
    } catch (error) {
      live.textContent = "The counts could not be refreshed. Trying again.";
    }
    window.setTimeout(refresh, interval);
  }

  window.setTimeout(refresh, interval);
})();
