// Keeps the counts of a campaign fresh while its page is open. The page says the same without it, once it is loaded again.
"use strict";
(function () {
  const box = document.querySelector("[data-progress]");
  if (!box) return;
  const every = 2000;
  const begun = box.dataset.state;
  const live = box.querySelector("[data-live]");

  function show(now) {
    for (const [name, number] of Object.entries(now.numbers)) {
      const place = box.querySelector(`[data-count="${name}"]`);
      if (place) place.textContent = String(number);
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
      line.textContent = `${reason}: ${number}`;
      return line;
    });
    reasons.querySelector("ul").replaceChildren(...lines);
    reasons.hidden = lines.length === 0;
    const topics = box.querySelector("[data-topics]");
    if (topics) topics.textContent = now.topics;
    for (const name of ["waiting", "notice"]) {
      const place = box.querySelector(`[data-${name}]`);
      place.textContent = now[name] || "";
      place.hidden = !now[name];
    }
  }

  async function look() {
    try {
      const answer = await fetch(box.dataset.progress, { headers: { Accept: "application/json" }, credentials: "same-origin" });
      if (!answer.ok) throw new Error(String(answer.status));
      const now = await answer.json();
      if (now.state !== begun) {
        // Other buttons belong to the new state, so the whole page is asked for.
        window.location.reload();
        return;
      }
      show(now);
      live.textContent = "";
    } catch (error) {
      live.textContent = "The counts could not be read just now; trying again.";
    }
    window.setTimeout(look, every);
  }

  window.setTimeout(look, every);
})();
