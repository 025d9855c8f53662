/** The report's script: lights up what belongs together, scrolls there, and steps through values by key. Without it the links still lead from value to page and back. */

/** Plain JavaScript for browsers. It reads ids and numbers that we made, never text of a document. */
export const SCRIPT = `
(() => {
  "use strict";
  const all = (selector) => Array.from(document.querySelectorAll(selector));
  const cards = all(".value");
  const bar = document.querySelector(".bar");
  const right = document.querySelector(".right");
  const output = bar && bar.querySelector("output");
  if (!bar || !output || cards.length === 0) return;
  bar.hidden = false;
  let current = -1;

  const wide = () => window.matchMedia("(min-width: 900px)").matches;
  let behavior = "auto";
  const show = (element, block) => element && element.scrollIntoView({ block, inline: "nearest", behavior });
  // In the pages' own scroller only: scrollIntoView would move the list of values too.
  function showPlace(element) {
    if (!element || !right || !wide()) return show(element, "center");
    const middle = element.getBoundingClientRect().top - right.getBoundingClientRect().top - right.clientHeight / 2;
    right.scrollBy({ top: middle, behavior });
  }
  const ofValue = (number) => all('.box[data-value="' + number + '"], .mark[data-value~="' + number + '"]');

  function remember(number) {
    try { history.replaceState(null, "", number ? "#value-" + number : location.pathname + location.search); } catch { /* some mail viewers forbid it */ }
  }

  function clear() {
    all(".is-current").forEach((element) => element.classList.remove("is-current"));
    cards.forEach((card) => card.removeAttribute("aria-current"));
    document.body.classList.remove("has-current");
  }

  function select(index, options) {
    const card = cards[index];
    if (!card) return;
    clear();
    current = index;
    const number = card.dataset.value;
    const citation = options.citation;
    const places = ofValue(number);
    card.classList.add("is-current");
    card.setAttribute("aria-current", "true");
    places.forEach((place) => place.classList.add("is-current"));
    document.body.classList.toggle("has-current", places.length > 0);
    all('.cite[data-value="' + number + '"]').forEach((link) => link.classList.toggle("is-current", citation !== undefined && link.dataset.citation === citation));
    const target = places.find((place) => citation === undefined || place.dataset.citation === citation) || places[0];
    if (options.page !== false && (wide() || options.page)) showPlace(target);
    if (options.card) show(card, wide() ? "nearest" : "start");
    if (options.focus) card.focus({ preventScroll: true });
    const name = card.querySelector("h3").textContent;
    const page = target && target.closest(".page");
    output.textContent = number + " · " + name + (page ? " · " + page.getAttribute("aria-label") : " · no place on a page");
    remember(number);
  }

  function step(by) {
    const next = current < 0 ? (by > 0 ? 0 : cards.length - 1) : Math.min(cards.length - 1, Math.max(0, current + by));
    select(next, { card: true, focus: true });
  }

  const indexOf = (number) => cards.findIndex((card) => card.dataset.value === number);

  document.addEventListener("click", (event) => {
    const origin = event.target instanceof Element ? event.target : null;
    if (!origin || event.ctrlKey || event.metaKey || event.shiftKey) return;
    const cite = origin.closest("a.cite");
    const place = origin.closest("a.box, a.mark");
    const card = origin.closest(".value");
    if (cite) {
      event.preventDefault();
      select(indexOf(cite.dataset.value), { citation: cite.dataset.citation, page: true });
    } else if (place) {
      event.preventDefault();
      const numbers = place.dataset.value.split(" ");
      const again = numbers.indexOf(String(current + 1));
      const number = numbers[(again + 1) % numbers.length];
      select(indexOf(number), { citation: place.dataset.citation, page: false, card: true, focus: true });
    } else if (card && !origin.closest("summary, details, .scroll, a") && String(getSelection()) === "") {
      select(cards.indexOf(card), {});
    }
  });

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
    const origin = event.target instanceof Element ? event.target : document.body;
    const onCard = origin.classList.contains("value");
    if (event.key === "j" || (event.key === "ArrowDown" && onCard)) step(1);
    else if (event.key === "k" || (event.key === "ArrowUp" && onCard)) step(-1);
    else if (event.key === "Enter" && onCard) select(cards.indexOf(origin), { page: true });
    else if (event.key === "Escape" && current >= 0) { clear(); current = -1; output.textContent = ""; remember(0); }
    else return;
    event.preventDefault();
  });

  bar.querySelector(".turn").addEventListener("click", () => {
    const card = cards[current];
    if (!card) return step(1);
    const { top, bottom } = card.getBoundingClientRect();
    if (bottom > 0 && top < window.innerHeight) select(current, { page: true });
    else select(current, { page: false, card: true, focus: true });
  });
  bar.querySelector(".previous").addEventListener("click", () => step(-1));
  bar.querySelector(".next").addEventListener("click", () => step(1));
  const asked = /^#value-(\\d+)$/.exec(location.hash);
  if (asked) {
    behavior = "instant";
    select(indexOf(asked[1]), { card: true });
    behavior = "auto";
  }
  else output.textContent = cards.length + (cards.length === 1 ? " value" : " values");
  if (right) right.setAttribute("tabindex", "-1");
})();
`;
