// Measures a page as it is shown, from computed styles (WCAG 2.2).

function rgba(text) {
  const n = text.match(/[\d.]+/g).map(Number);
  const unit = text.startsWith("color(") ? 255 : 1;
  return [n[0] * unit, n[1] * unit, n[2] * unit, n.length > 3 ? n[3] : 1];
}

function over(top, below) {
  const a = top[3];
  return [0, 1, 2].map((i) => top[i] * a + below[i] * (1 - a)).concat(1);
}

// What is behind an element: its own background and that of its ancestors.
function backdrop(e) {
  const layers = [];
  for (; e !== null; e = e.parentElement) {
    const style = getComputedStyle(e);
    if (style.backgroundImage !== "none")
      throw new Error("text upon a picture");
    if (style.opacity !== "1")
      throw new Error("text that shines through");
    layers.push(rgba(style.backgroundColor));
  }
  // The canvas is black in a dark colour scheme.
  const dark = matchMedia("(prefers-color-scheme: dark)").matches &&
      getComputedStyle(document.documentElement).colorScheme.includes("dark");
  return layers.reverse().reduce((below, top) => over(top, below),
      dark ? [18, 18, 18, 1] : [255, 255, 255, 1]);
}

function luminance(c) {
  const [r, g, b] = c.slice(0, 3).map((v) => {
    v /= 255;
    return v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

function ratio(a, b) {
  const [x, y] = [luminance(a), luminance(b)].sort((p, q) => q - p);
  return (x + 0.05) / (y + 0.05);
}

function shown(e) {
  const box = e.getBoundingClientRect();
  return box.width > 0 && box.height > 0 &&
      getComputedStyle(e).visibility === "visible";
}

// 1.4.3: every piece of text with its contrast and what it needs.
function textContrasts() {
  const out = [];
  const add = (e, text) => {
    const style = getComputedStyle(e);
    const size = parseFloat(style.fontSize);
    const large = size >= 24 || (size >= 18.66 && style.fontWeight >= 700);
    const below = backdrop(e);
    out.push({ text: text.trim().slice(0, 40), need: large ? 3 : 4.5,
        got: ratio(over(rgba(style.color), below), below) });
  };
  const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walk.nextNode()) {
    const e = walk.currentNode.parentElement;
    if (walk.currentNode.data.trim() !== "" && shown(e))
      add(e, walk.currentNode.data);
  }
  for (const e of document.querySelectorAll("input:not([type=hidden])"))
    add(e, "input " + e.id);
  return out;
}

// 1.4.11: what shows that something can be used: its border or its filling.
function controlContrasts() {
  const out = [];
  for (const e of document.querySelectorAll(
      "input:not([type=hidden]), button, a.dex-btn, a.btn")) {
    const style = getComputedStyle(e);
    const around = backdrop(e.parentElement);
    const line = parseFloat(style.borderTopWidth) >= 1 ?
        ratio(over(rgba(style.borderTopColor), around), around) : 1;
    out.push({ text: e.id || e.textContent.trim().slice(0, 40), need: 3,
        got: Math.max(line, ratio(backdrop(e), around)) });
  }
  return out;
}

// 2.4.7 and 1.4.11 for whatever has the focus now.
function focusMark() {
  const e = document.activeElement;
  const style = getComputedStyle(e);
  const around = backdrop(e.parentElement);
  return { style: style.outlineStyle, width: parseFloat(style.outlineWidth),
      got: ratio(over(rgba(style.outlineColor), around), around) };
}

function overflow() {
  const wide = [];
  const limit = document.documentElement.clientWidth;
  for (const e of document.querySelectorAll("body *")) {
    const box = e.getBoundingClientRect();
    if (box.right > limit + 0.5 || box.left < -0.5)
      wide.push(e.outerHTML.slice(0, 120));
  }
  return { scroll: document.documentElement.scrollWidth, limit: limit,
      wide: wide };
}

// 2.5.8: targets that are not links in a sentence.
function smallTargets(min) {
  return [...document.querySelectorAll(
      "input:not([type=hidden]), button, a.dex-btn, a.btn, .theme-link-back a")]
      .filter((e) => e.getBoundingClientRect().height < min - 0.5)
      .map((e) => e.outerHTML.slice(0, 120));
}

// What a screen reader goes by.
function structure() {
  const wrong = [];
  const count = (css) => document.querySelectorAll(css).length;
  const expect = (ok, what) => ok || wrong.push(what);
  expect(document.documentElement.lang === "en", "lang");
  expect(document.title.trim() !== "", "title");
  expect(count("h1") === 1, "one h1");
  expect(count("main") === 1, "one main");
  expect(count("header") === 1, "one header");
  expect(count("script, style, [style], [onclick], [onsubmit]") === 0,
      "no script or style in the page");
  expect(count("[tabindex]") === 0, "the order of the page is the order of focus");
  const ids = [...document.querySelectorAll("[id]")].map((e) => e.id);
  expect(new Set(ids).size === ids.length, "ids are unique");
  for (const e of document.querySelectorAll("input:not([type=hidden])"))
    expect(e.labels.length === 1, "a label for " + e.id);
  for (const e of document.querySelectorAll("[aria-describedby]"))
    expect(document.getElementById(e.getAttribute("aria-describedby")),
        "what describes " + e.id);
  for (const e of document.querySelectorAll("img"))
    expect(e.hasAttribute("alt") && e.complete && e.naturalWidth > 0,
        "picture " + e.src);
  for (const e of document.querySelectorAll("[aria-hidden=true]"))
    expect(e.textContent === "", "hidden text");
  for (const e of document.querySelectorAll("bdi"))
    expect(getComputedStyle(e).overflow === "clip" &&
        getComputedStyle(e).display === "inline-block", "a box for a name");
  const below = document.querySelector("main");
  expect(below.contains(document.querySelector("h1")), "h1 in main");
  return wrong;
}

// Is text behind each isolated value still to its right, on the same line?
function turned() {
  const out = [];
  for (const e of document.querySelectorAll("bdi")) {
    const rest = e.nextSibling;
    if (rest === null || rest.nodeType !== Node.TEXT_NODE ||
        rest.data.trim() === "")
      continue;
    const range = document.createRange();
    range.setStart(rest, 0);
    range.setEnd(rest, 1);
    const box = range.getBoundingClientRect();
    if (box.width > 0 && [...e.getClientRects()].some((r) =>
        r.top < box.bottom && r.bottom > box.top && box.left < r.right - 1))
      out.push(e.textContent);
  }
  return out;
}
