// Boxes with tokens such as {service:some-id}: shows each token, keeps it whole, and repairs one that was pasted or typed
// almost right. `data-tokens` names the tokens of the source. Without this script the box is a plain text area.
"use strict";
(function () {
  const token = /\{[a-z]+:[a-z0-9]+(?:-[a-z0-9]+)*\}/g;
  // Spaces and invisible marks of direction, which copying leaves inside the braces.
  const gap = "[\\s\\u200e\\u200f\\u202a-\\u202e\\u2066-\\u2069]*";
  // Braces and colons as keyboards and copying leave them: full width, with spaces, or doubled.
  const almost = new RegExp(
    `[{｛]{1,2}${gap}([a-z]+)${gap}[:：]${gap}([a-z0-9]+(?:[-‐‑–][a-z0-9]+)*)${gap}[}｝]{1,2}`, "gi");
  const status = document.querySelector("[data-tip-text-status]") || document.querySelector("[data-unsaved-status]");

  function say(text) {
    if (!status) return;
    status.textContent = "";
    window.setTimeout(() => { status.textContent = text; }, 50);
  }

  const placesIn = (text) => Array.from(text.matchAll(token), (found) => [found.index, found.index + found[0].length]);

  // Replaces a part of the box as the person's own edit, so that the browser can undo it.
  function edit(box, start, end, text) {
    box.setSelectionRange(start, end);
    const done = document.activeElement === box && document.execCommand(text ? "insertText" : "delete", false, text);
    if (!done) box.setRangeText(text, start, end, "end");
  }

  // Returns the part of `before` that an edit replaced, with the text in its place; the caret is at the end of that text.
  function change(before, after, caret) {
    let same = after.length - caret;
    if (same < 0 || !before.endsWith(after.slice(caret))) {
      for (same = 0; same < Math.min(before.length, after.length); same++) {
        if (before[before.length - 1 - same] !== after[after.length - 1 - same]) break;
      }
    }
    const most = Math.min(before.length, after.length) - same;
    let start = 0;
    while (start < most && before[start] === after[start]) start++;
    return { start, end: before.length - same, text: after.slice(start, after.length - same) };
  }

  // Takes the whole token where an edit would have cut it; what is typed inside one goes behind it.
  function keepWhole(box, before) {
    const after = box.value;
    const { start, end, text } = change(before, after, box.selectionStart);
    const cut = placesIn(before).filter(([from, to]) => from < Math.max(end, start + 1) && to > start && !(start <= from && to <= end));
    const inside = cut.filter(([from, to]) => start > from || end < to);
    if (start === end && !cut.some(([from]) => from < start)) return;
    if (!inside.length) return;
    const tail = after.length - (before.length - end);
    if (start === end) {
      // Typed into a token: the token stays, and the letters follow it.
      const [from, to] = inside[0];
      edit(box, from, tail + (to - end), before.slice(from, to) + text);
      return say("A token cannot be changed. The text is behind it.");
    }
    const first = Math.min(start, ...inside.map(([from]) => from));
    const last = Math.max(end, ...inside.map(([, to]) => to));
    edit(box, first, tail + (last - end), text);
    say("The whole token was removed.");
  }

  function repair(box, pasted) {
    const known = (box.dataset.tokens || "").split(" ").filter(Boolean);
    let text = box.value.replace(almost, (found, kind, name) => {
      const whole = `{${kind.toLowerCase()}:${name.toLowerCase().replace(/[‐‑–]/g, "-")}}`;
      return known.includes(whole) ? whole : found;
    });
    if (pasted) {
      // The source shows the names that the app puts in place of tokens, and copying takes those.
      box.form.querySelectorAll("[data-chip]").forEach((chip) => {
        const { chip: whole, name } = chip.dataset;
        if (name && name !== whole && !text.includes(whole) && text.includes(name)) text = text.replace(name, () => whole);
      });
    }
    if (text === box.value) return;
    const { start, end, text: put } = change(box.value, text, text.length - same(box.value, text));
    edit(box, start, end, put);
    if (box.value !== text) box.value = text;
    say("A token was repaired.");
  }

  // Returns how many characters at the end of two texts are the same.
  function same(one, other) {
    let count = 0;
    while (count < Math.min(one.length, other.length) && one[one.length - 1 - count] === other[other.length - 1 - count]) count++;
    return count;
  }

  function show(box, mirror) {
    const text = box.value;
    const parts = [];
    let end = 0;
    placesIn(text).forEach(([from, to]) => {
      const mark = document.createElement("mark");
      mark.textContent = text.slice(from, to);
      parts.push(text.slice(end, from), mark);
      end = to;
    });
    // A line break at the end has no height of its own.
    parts.push(text.slice(end) + "\u200b");
    mirror.replaceChildren(...parts);
    mirror.scrollTop = box.scrollTop;
  }

  // Characters as the server counts them: a letter with its marks is one.
  const length = (text) => Array.from(text.normalize("NFC").trim()).filter((one) => !/[\p{M}\p{Cf}]/u.test(one)).length;

  function measure(box) {
    const line = box.form.querySelector("[data-length]");
    if (!line) return;
    const count = length(box.value);
    line.querySelector("[data-length-now]").textContent = count;
    line.querySelector("meter").value = count;
    line.classList.toggle("wait", count > Number(line.dataset.most));
    line.classList.toggle("bad", count > Number(line.dataset.refused));
  }

  document.querySelectorAll("textarea[data-tokens]").forEach((box) => {
    const mirror = document.createElement("div");
    mirror.className = "token-mirror";
    mirror.setAttribute("aria-hidden", "true");
    mirror.lang = box.lang;
    mirror.dir = box.dir;
    box.before(mirror);
    let before = box.value;
    let busy = false;

    function refresh() {
      before = box.value;
      show(box, mirror);
      measure(box);
    }

    function settle(event) {
      if (busy) return;
      busy = true;
      try {
        const kind = event.inputType || "";
        if (kind && !kind.startsWith("history")) keepWhole(box, before);
        const pasted = kind === "insertFromPaste" || kind === "insertFromDrop";
        if (pasted || /[}｝]/.test(event.data || "")) repair(box, pasted);
      } finally {
        busy = false;
        refresh();
      }
    }

    box.addEventListener("input", (event) => { if (!event.isComposing) settle(event); });
    box.addEventListener("compositionend", (event) => settle(event));
    box.addEventListener("change", () => { repair(box, false); refresh(); });
    box.addEventListener("token-box-filled", refresh);
    box.addEventListener("scroll", () => { mirror.scrollTop = box.scrollTop; });
    refresh();
  });
})();
