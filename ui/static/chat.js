// What is read of a conversation: shows the source of a citation in the panel, and follows the turns.
"use strict";

const reading = (() => {
  const root = new URL("..", document.currentScript.src).pathname; // the proxy's prefix
  const wide = matchMedia("(min-width: 60rem)"); // as in chat.css: panel beside the thread
  let opener = null; // what opened the source that is shown; focus goes back to it
  let turn = null; // the turn whose sources the panel steps through
  let seen = 0; // turns already scrolled to

  const panel = () => document.querySelector("#panel aside");
  const sources = () => [...(turn?.querySelectorAll("[data-source]") ?? [])];
  const current = () => panel().querySelector(".shown [data-source]")?.dataset.source;

  // ---- the source panel ----

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

  // ---- where the quote of a chip stands, shown while it is pointed at or has the focus ----

  const peek = document.createElement("div");
  peek.id = "peek";
  peek.role = "tooltip";
  peek.hidden = true;

  function glance(chip) {
    if (!peek.isConnected) document.body.append(peek);
    peek.textContent = chip.dataset.about;
    peek.hidden = false;
    chip.setAttribute("aria-describedby", "peek");
    const at = chip.getBoundingClientRect();
    const size = peek.getBoundingClientRect();
    const above = at.top - size.height - 6;
    peek.style.top = `${above > 0 ? above : at.bottom + 6}px`;
    peek.style.left = `${Math.max(8, Math.min(at.left, innerWidth - size.width - 16))}px`;
  }

  function unglance() {
    if (peek.hidden) return;
    peek.hidden = true;
    document.querySelector("[aria-describedby=peek]")?.removeAttribute("aria-describedby");
  }

  // ---- the conversation ----

  // Runs after every change of the conversation; `reopened` where it is another than before.
  function follow(reopened) {
    const turns = document.querySelectorAll("#thread .turn");
    const last = turns[turns.length - 1];
    unglance();
    labelTables();
    if (reopened) seen = 0;
    const grown = turns.length > seen;
    if (!last) empty();
    else if (grown) {
      document.body.classList.remove("source-open");
      scrollTo(last, reopened && turns.length > 1);
    }
    if (wide.matches && last && turn !== last && !last.ariaBusy) {
      empty();
      turn = last;
      if (last.querySelector(".answer [data-cite]")) show(last.querySelector("[data-source]").dataset.source);
    } else if (grown && last?.ariaBusy) {
      empty();
    }
    seen = turns.length;
    markChips();
  }

  // A narrow window shows a row as a card, each cell with the head of its column.
  function labelTables() {
    for (const table of document.querySelectorAll("#thread .answer table")) {
      const heads = [...table.querySelectorAll("thead th")].map((head) => head.textContent);
      for (const row of table.querySelectorAll("tbody tr")) {
        [...row.cells].forEach((cell, at) => (cell.dataset.label = heads[at] ?? ""));
      }
    }
  }

  // A conversation that is opened again shows the answer that the address names, else the last.
  function scrollTo(last, reopened) {
    const named = reopened && location.hash && document.getElementById(location.hash.slice(1));
    if (named || last.previousElementSibling) (named || last).scrollIntoView({ block: "start" });
    else window.scrollTo(0, 0); // the first question stands right under the head of the page
  }

  // ---- whether the server is there ----

  const THERE = 5000, GONE = 500; // ms until the next look
  const absence = document.createElement("p");
  absence.id = "absence";
  absence.role = "alert";
  const back = new EventTarget(); // hears "here" when a server that was gone is there again
  let next = setTimeout(look, THERE);

  async function look() {
    clearTimeout(next);
    if (document.hidden) return (next = setTimeout(look, THERE));
    const there = await fetch(`${root}health`, { cache: "no-store" }).then(
      (answer) => answer.ok,
      () => false,
    );
    const gone = document.body.classList.contains("offline");
    document.body.classList.toggle("offline", !there);
    absence.textContent = there ? "" : document.querySelector("#desk[data-offline]")?.dataset.offline;
    if (!there && !absence.isConnected) document.body.append(absence);
    if (there && gone) back.dispatchEvent(new Event("here"));
    clearTimeout(next);
    next = setTimeout(look, there ? THERE : GONE);
  }

  // Resolves as soon as a server that cannot be reached now can be.
  function returned() {
    look();
    return new Promise((done) => back.addEventListener("here", done, { once: true }));
  }

  for (const change of ["online", "offline"]) window.addEventListener(change, look);

  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-cite], [data-step], [data-close]");
    const asked = event.target.closest(".plain [data-ask]"); // no conversation on this page
    if (asked) location.assign(`${root}?q=${encodeURIComponent(asked.dataset.ask)}`);
    if (!button) return;
    unglance();
    if (button.dataset.cite) open(button);
    else if (button.dataset.step) step(Number(button.dataset.step));
    else close();
  });
  for (const [begin, end] of [["mouseover", "mouseout"], ["focusin", "focusout"]]) {
    document.addEventListener(begin, (event) => {
      const chip = event.target.closest?.("[data-about]");
      if (chip && !(begin === "focusin" && !chip.matches(":focus-visible"))) glance(chip);
    });
    document.addEventListener(end, unglance);
  }
  document.addEventListener("scroll", unglance, true);
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    unglance();
    close();
  });
  if (document.body?.matches(".plain")) labelTables();

  return { follow, labelTables, returned };
})();
