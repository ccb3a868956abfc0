// The page's own script: shows the source of a citation in the panel, follows the conversation,
// and keeps Enter from sending a question that an input method is still composing.
"use strict";

const youju = (() => {
  const wide = matchMedia("(min-width: 60rem)"); // as in chat.css: panel beside the thread
  let opener = null; // what opened the source that is shown; focus goes back to it
  let turn = null; // the turn whose sources the panel steps through
  let seen = 0; // turns already scrolled to

  const panel = () => document.querySelector("#panel aside");
  const sources = () => [...(turn?.querySelectorAll("[data-source]") ?? [])];
  const current = () => panel().querySelector(".shown [data-source]")?.dataset.source;

  function show(number) {
    const all = sources();
    const place = all.findIndex((source) => source.dataset.source === number);
    if (place < 0) return;
    const copy = all[place].cloneNode(true);
    panel().querySelector(".shown").replaceChildren(copy);
    panel().querySelector("h2").textContent = copy.dataset.heading;
    for (const button of panel().querySelectorAll("[data-step]")) {
      button.disabled = !all[place + Number(button.dataset.step)];
      button.hidden = all.length < 2;
    }
    showMark(panel().querySelector(".shown"));
    markChips();
  }

  // Scrolls the panel, never the page, and only as far as the quote needs.
  function showMark(shown) {
    shown.scrollTop = 0;
    const mark = shown.querySelector("mark").getBoundingClientRect();
    const frame = shown.getBoundingClientRect();
    const toEnd = mark.bottom - frame.bottom + 16;
    const toStart = mark.top - frame.top - 16; // never past the beginning of a long quote
    shown.scrollTop = Math.max(0, Math.min(toEnd, toStart));
  }

  function markChips() {
    for (const chip of document.querySelectorAll("#thread [data-cite]")) {
      const on = chip.closest(".turn") === turn && chip.dataset.cite === current();
      chip.toggleAttribute("data-shown", on);
    }
  }

  function open(button) {
    turn = button.closest(".turn");
    opener = button;
    document.body.classList.add("source-open"); // first: what is not displayed has no height
    show(button.dataset.cite);
    if (!wide.matches) button.scrollIntoView({ block: "start" });
    panel().querySelector("h2").focus({ preventScroll: true });
  }

  function close() {
    if (!document.body.classList.contains("source-open")) return;
    document.body.classList.remove("source-open");
    opener?.focus();
  }

  function step(by) {
    const all = sources();
    const place = all.findIndex((source) => source.dataset.source === current());
    if (all[place + by]) show(all[place + by].dataset.source);
  }

  function empty() {
    const title = panel().querySelector("h2");
    const hint = document.createElement("p");
    hint.className = "hint";
    hint.textContent = title.dataset.hint;
    title.textContent = title.dataset.empty;
    panel().querySelector(".shown").replaceChildren(hint);
    for (const button of panel().querySelectorAll("[data-step]")) button.hidden = true;
    document.body.classList.remove("source-open");
    turn = opener = null;
  }

  // Runs after every change of the conversation.
  function follow(thread) {
    const turns = thread.querySelectorAll(".turn");
    const last = turns[turns.length - 1];
    document.documentElement.lang = thread.querySelector("[lang]").lang;
    if (!panel()) return;
    if (!last) {
      empty();
    } else if (turns.length > seen) {
      document.body.classList.remove("source-open");
      last.scrollIntoView({ block: "start" });
    } else if (wide.matches && turn !== last && !last.ariaBusy) {
      empty();
      turn = last;
      if (last.querySelector(".answer")) show(last.querySelector("[data-source]").dataset.source);
    }
    seen = turns.length;
    markChips();
  }

  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-cite], [data-step], [data-close]");
    if (!button) return;
    if (button.dataset.cite) open(button);
    else if (button.dataset.step) step(Number(button.dataset.step));
    else close();
  });
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") close();
  });
  window.addEventListener(
    "keydown",
    (event) => {
      // Safari ends the composition before this event and says so only by keyCode 229.
      if (event.key === "Enter" && (event.isComposing || event.keyCode === 229)) {
        event.stopImmediatePropagation();
      }
    },
    true,
  );

  return {
    start(element, trigger, watch) {
      element.addEventListener("click", (event) => {
        const example = event.target.closest("[data-ask]");
        if (example) trigger("submit", { question: example.dataset.ask });
      });
      watch("value", () => follow(element));
    },
  };
})();
