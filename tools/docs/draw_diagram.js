/**
 * Draw a diagram with Mermaid as a picture that holds neither styles nor scripts: what style sheets say becomes attributes.
 * It is shown by <img>, on white.
 */
async (source) => {
  const font = "Arial, Helvetica, Liberation Sans, Noto Sans, sans-serif";
  mermaid.initialize({
    startOnLoad: false,
    securityLevel: "strict",
    theme: "neutral",
    look: "classic",
    fontFamily: font,
    deterministicIds: true,
    // HTML inside SVG is not drawn in images by every browser.
    htmlLabels: false,
  });
  const holder = document.body.appendChild(document.createElement("div"));
  holder.innerHTML = (await mermaid.render("diagram", source)).svg;
  const svg = holder.querySelector("svg");

  // Labels of states begin at the left edge without HTML.
  for (const node of svg.querySelectorAll(".node")) {
    const [shape, text] = [node.querySelector("rect, path, polygon"), node.querySelector("text")];
    if (!shape || !text || !text.textContent) continue;
    const [outer, inner] = [shape.getBoundingClientRect(), text.getBoundingClientRect()];
    const shift = (outer.left + outer.right - inner.left - inner.right) / 2 / svg.getScreenCTM().a;
    text.setAttribute("transform", `translate(${Math.round(shift)}, 0)`);
  }

  const initial = {
    "fill": "", "stroke": "none", "stroke-width": "", "stroke-dasharray": "none", "font-size": "", "font-weight": "400",
    "text-anchor": "start", "opacity": "1",
  };
  const lines = new Set(["stroke-width", "stroke-dasharray"]);
  const ofText = new Set(["font-size", "font-weight", "text-anchor"]);
  for (const one of svg.querySelectorAll("path, rect, circle, ellipse, polygon, line, text, tspan")) {
    const style = getComputedStyle(one);
    const isText = one instanceof SVGTextContentElement;
    for (const [name, usual] of Object.entries(initial)) {
      const value = style.getPropertyValue(name);
      const counts = isText || !ofText.has(name);
      if (counts && value !== usual && !(lines.has(name) && style.stroke === "none")) one.setAttribute(name, value);
      else one.removeAttribute(name);
    }
  }

  const [, , width, height] = svg.getAttribute("viewBox").split(" ");
  for (const one of svg.querySelectorAll("style, filter, linearGradient, title, desc")) one.remove();
  const used = new Set([...svg.outerHTML.matchAll(/url\(#([^)]+)\)/g)].map((found) => found[1]));
  for (const one of svg.querySelectorAll("marker")) if (!used.has(one.id)) one.remove();
  for (const one of svg.querySelectorAll("*")) {
    for (const name of one.getAttributeNames()) {
      if (/^(class|style|role|filter|name|label.*|data-.*|aria-.*)$/.test(name) || (name === "id" && !used.has(one.id))) {
        one.removeAttribute(name);
      }
    }
  }
  for (const one of [...svg.querySelectorAll("g, defs")].reverse()) if (!one.hasChildNodes()) one.remove();
  const drawn = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  drawn.setAttribute("width", Math.ceil(width));
  drawn.setAttribute("height", Math.ceil(height));
  drawn.setAttribute("viewBox", svg.getAttribute("viewBox"));
  drawn.setAttribute("font-family", font);
  drawn.append(...svg.childNodes);
  holder.remove();
  // Numbers of layout have a dozen digits.
  return new XMLSerializer().serializeToString(drawn).replace(/-?\d+\.\d{3,}/g, (number) => String(Math.round(number * 10) / 10));
}
