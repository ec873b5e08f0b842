// Measures of one state of a page, taken inside it. Each gives a list of sentences; an empty list is what we want.
(() => {
  const INTERACTIVE =
    'a[href], button, input:not([type="hidden"]), select, textarea, summary, [tabindex]:not([tabindex="-1"]), ' +
    '[role="button"], [role="tab"], [role="menuitem"], [role="option"], [role="switch"], [role="checkbox"], [role="radio"]';

  const name = (element) => {
    const said = element.labels?.[0]?.textContent || element.textContent || element.getAttribute("name") || "";
    const text = (element.getAttribute("aria-label") || said).trim();
    const kind = element.getAttribute("role") || element.getAttribute("type") || "";
    return `<${element.localName}${kind && ` ${kind}`}> ${JSON.stringify(text.replace(/\s+/g, " ").slice(0, 40))}`;
  };

  const shown = (element) => {
    if (element.closest("[inert], [hidden], dialog:not([open])")) return false;
    const modal = document.querySelector("dialog:modal");
    if (modal && !modal.contains(element)) return false;
    return element.checkVisibility({ visibilityProperty: true, contentVisibilityAuto: true });
  };

  // What is clipped to a point is shown by something else: a skip link before it has the focus, an input behind its label.
  const clipped = (element) => {
    const { width, height, right, bottom } = element.getBoundingClientRect();
    const { opacity, clipPath } = getComputedStyle(element);
    return width <= 1 || height <= 1 || right <= 0 || bottom <= 0 || opacity === "0" || clipPath.startsWith("inset(50%");
  };

  const inSentence = (element) => {
    if (element.localName !== "a" || getComputedStyle(element).display !== "inline") return false;
    return [...element.parentElement.childNodes].some((node) => node.nodeType === Node.TEXT_NODE && node.data.trim());
  };

  const area = (element) => {
    const boxes = [element, ...(element.labels ?? [])].filter((one) => shown(one) && !clipped(one));
    const wrapped = element.matches("input, select, textarea") ? element.closest("label") : null;
    if (wrapped) boxes.push(wrapped);
    return boxes.map((one) => one.getBoundingClientRect());
  };

  const targets = (least) => {
    const found = [];
    for (const element of document.querySelectorAll(INTERACTIVE)) {
      if (!shown(element) || element.disabled || inSentence(element)) continue;
      if (element.closest("label, button, a[href]") !== element && element.parentElement.closest("button, a[href]")) continue;
      const boxes = area(element);
      if (!boxes.length) continue;
      // Half a pixel is lost to rounding at odd widths.
      const fits = boxes.some(({ width, height }) => width >= least - 0.5 && height >= least - 0.5);
      if (!fits) {
        const { width, height } = boxes.at(-1);
        found.push(`${name(element)} is ${Math.round(width)} x ${Math.round(height)} px, smaller than ${least}`);
      }
    }
    return found;
  };

  const sideways = () => {
    const room = document.documentElement.clientWidth;
    const wide = document.scrollingElement.scrollWidth;
    if (wide <= room) return [];
    const scrolls = (element) => {
      for (let one = element.parentElement; one && one !== document.body; one = one.parentElement) {
        if (getComputedStyle(one).overflowX !== "visible") return true;
      }
      return false;
    };
    const beyond = [...document.querySelectorAll("body *")].filter(
      (one) => one.getBoundingClientRect().right > room + 0.5 && shown(one) && !scrolls(one),
    );
    return [`the page is ${wide} px wide in ${room}: ${beyond.slice(-3).map(name).join(", ")}`];
  };

  const text = (base, least) => {
    const found = [];
    const size = (element) => Number.parseFloat(getComputedStyle(element).fontSize);
    if (size(document.body) < base) found.push(`text is ${size(document.body)} px, less than ${base}`);
    for (const element of document.querySelectorAll("input:not([type=checkbox], [type=radio], [type=file]), select, textarea")) {
      // Below 16 px Safari on iOS zooms into a field that gets the focus.
      if (shown(element) && !clipped(element) && size(element) < base) found.push(`${name(element)} has ${size(element)} px text`);
    }
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    const seen = new Set();
    while (walker.nextNode()) {
      const element = walker.currentNode.parentElement;
      if (seen.has(element) || !walker.currentNode.data.trim()) continue;
      seen.add(element);
      if (shown(element) && size(element) < least && !element.closest("svg")) {
        found.push(`${name(element)} has ${size(element)} px text, less than ${least}`);
      }
    }
    return found;
  };

  const frame = (language) => {
    const found = [];
    const heads = [...document.querySelectorAll("h1")].filter(shown);
    if (heads.length !== 1 && !document.querySelector("dialog:modal")) found.push(`${heads.length} h1 instead of one`);
    const head = heads[0]?.textContent.trim() ?? "";
    if (!document.title.trim()) found.push("the document has no title");
    if (head && !document.title.includes(head)) found.push(`the title ${JSON.stringify(document.title)} does not name ${JSON.stringify(head)}`);
    if (document.documentElement.lang !== language) found.push(`lang is ${document.documentElement.lang}, not ${language}`);
    // A key of the catalogue that nobody wrote shows itself.
    const bare = document.body.innerText.match(/(?:^|\s)[a-z]+(?:_[a-z]+)*\.[a-z]+(?:_[a-z0-9]+)+(?=$|\s)/g) ?? [];
    for (const key of bare) found.push(`a key instead of words: ${key.trim()}`);
    return found;
  };

  const look = (element) => {
    const of = (one) => {
      const { outlineStyle, outlineWidth, outlineColor, boxShadow, borderColor, backgroundColor, textDecorationLine } = getComputedStyle(one);
      const outline = outlineStyle === "none" ? "" : `${outlineStyle} ${outlineWidth} ${outlineColor}`;
      return { outline, rest: [boxShadow, borderColor, backgroundColor, textDecorationLine].join(" ") };
    };
    // A hidden input shows its focus on what stands for it.
    return [element, element.parentElement, element.nextElementSibling].filter(Boolean).map(of);
  };

  // What has the focus now: its name, and whether one can see that.
  const focused = () => {
    const element = document.activeElement;
    if (!element || element === document.body) return null;
    const now = look(element);
    const place = [...document.querySelectorAll("*")].indexOf(element);
    element.blur();
    const before = look(element);
    element.focus({ preventScroll: true });
    const seen = now.some((one, at) => one.outline !== (before[at]?.outline ?? "") || one.rest !== before[at]?.rest);
    return { place, name: name(element), seen };
  };

  globalThis.inspection = { targets, sideways, text, frame, focused };
})();
