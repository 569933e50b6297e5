/* Build the page from elements and texts. Only the HTML of a tip is parsed, and of that only plain elements are used. */

/** The parts that were made open: of the others, a reader has opened those that are. */
const madeOpen = new WeakSet();

/** Return an element. `on…` attributes are listeners; null, undefined and false attributes and children are left out. */
export function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (key.startsWith("on")) made.addEventListener(key.slice(2), value);
    else made.setAttribute(key, value === true ? "" : value);
  }
  if (name === "details" && attributes.open) madeOpen.add(made);
  made.append(...children.flat(2).filter((child) => child !== null && child !== undefined && child !== false));
  return made;
}

/** Return an element with a phrase of a pack, which has a language and direction of its own. */
export function phrase(name, { text, lang, dir }, attributes = {}) {
  return element(name, { lang, dir, ...attributes }, text);
}

/** Return the entries of an object in this order of keys; those that it does not name come before the last one. */
export function inOrder(object, order) {
  const place = (key) => (order.includes(key) ? order.indexOf(key) : order.length - 1.5);
  return Object.entries(object).sort(([one], [other]) => place(one) - place(other));
}

const ALLOWED = new Set(["P", "UL", "OL", "LI", "STRONG", "EM", "H3", "H4", "BLOCKQUOTE", "BR"]);

/** Return the nodes of the HTML of a tip. Elements that no tip has are replaced by their content; attributes are left out. */
export function plainHtml(html) {
  const parsed = new DOMParser().parseFromString(html, "text/html");
  return [...parsed.body.childNodes].flatMap(copy);
}

function copy(node) {
  if (node.nodeType === Node.TEXT_NODE) return [document.createTextNode(node.data)];
  if (node.nodeType !== Node.ELEMENT_NODE || node.tagName === "SCRIPT" || node.tagName === "STYLE") return [];
  const children = [...node.childNodes].flatMap(copy);
  return ALLOWED.has(node.tagName) ? [element(node.tagName, {}, ...children)] : children;
}

/** Return what a reader has changed of a screen: the parts that were opened or closed, and what has the focus. */
export function stateOf(root) {
  const changed = [...root.querySelectorAll("details")].filter((part) => part.open !== madeOpen.has(part));
  const { activeElement } = document;
  return {
    parts: new Map(changed.map((part) => [placeOf(part), part.open])),
    focused: root.contains(activeElement) ? placeOf(activeElement) : null,
  };
}

/** Make a screen that takes the place of another one look as its reader had left that one. */
export function restore(root, { parts, focused }) {
  for (const part of root.querySelectorAll("details")) part.open = parts.get(placeOf(part)) ?? part.open;
  const candidates = [...root.querySelectorAll("[id], h1, summary")];
  if (focused) candidates.find((one) => placeOf(one) === focused)?.focus({ preventScroll: true });
}

/** Return what tells an element from the others of its screen, also where it is made again; null where nothing does. */
function placeOf(one) {
  if (one.id) return `#${one.id}`;
  if (one.tagName === "H1") return "h1";
  if (!one.matches("summary, details, section")) return null;
  const part = one.closest("details, section");
  const name = part.getAttribute("aria-labelledby") ?? part.querySelector("summary")?.textContent;
  const around = part.parentElement?.closest("details, section");
  return `${around ? placeOf(around) : ""}/${one.tagName === "SUMMARY" ? "summary of " : ""}${name}`;
}
