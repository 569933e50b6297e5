// Counts down to the start of a campaign, and refreshes the parts of its page that progress.js does not. Without this script,
// the page shows them when it is reloaded.
"use strict";
(function () {
  const interval = 5000;

  function words(seconds) {
    const parts = [
      [Math.floor(seconds / 86400), "d"],
      [Math.floor(seconds / 3600) % 24, "h"],
      [Math.floor(seconds / 60) % 60, "min"],
      [seconds % 60, "s"],
    ];
    const first = parts.findIndex(([number]) => number > 0);
    return parts.slice(first < 0 ? 3 : first).map(([number, unit]) => `${number} ${unit}`).join(" ");
  }

  function count() {
    const clock = document.querySelector("[data-countdown]");
    if (!clock) return;
    const left = Number(clock.dataset.countdown) - Math.floor(Date.now() / 1000);
    clock.textContent = left > 0 ? words(left) : "a moment";
  }

  async function refresh() {
    try {
      const response = await fetch(window.location.href, { credentials: "same-origin" });
      if (response.ok && !response.redirected) {
        const fresh = new DOMParser().parseFromString(await response.text(), "text/html");
        for (const part of document.querySelectorAll("[data-refresh]")) {
          const now = fresh.querySelector(`[data-refresh="${part.dataset.refresh}"]`);
          if (now && now.innerHTML !== part.innerHTML) part.replaceChildren(...now.childNodes);
        }
        count();
      }
    } catch (error) {
      // progress.js says that the page could not be refreshed.
    }
    window.setTimeout(refresh, interval);
  }

  count();
  window.setInterval(count, 1000);
  window.setTimeout(refresh, interval);
})();
