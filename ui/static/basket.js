// Puts what is pointed at into the basket, on every page; on the basket's own page moves and removes.
"use strict";

{
  const root = new URL("..", document.currentScript.src).pathname; // the proxy's prefix
  const told = document.createElement("p");
  told.id = "put-told";
  told.role = "status";

  async function send(path, form) {
    const query = new URLSearchParams([...new URLSearchParams(location.search)].filter(([name]) => name === "lang"));
    const url = `${root}basket/${path}${query.size ? `?${query}` : ""}`;
    const response = await fetch(url, { method: "POST", headers: { Accept: "application/json" }, body: new URLSearchParams(form) });
    if (response.status === 401) location.assign(`${root}login?to=${encodeURIComponent(location.pathname)}`);
    return response;
  }

  // ---- putting in ----

  async function put(button) {
    const response = await send("put", { [button.name]: chosen(button) ?? button.value }).catch(() => null);
    const said = (await response?.json().catch(() => null))?.told;
    document.body.append(told);
    told.textContent = said ?? document.getElementById("put")?.dataset.away ?? document.getElementById("desk")?.dataset.offline ?? "";
    if (response?.ok) button.classList.add("is-in");
    clearTimeout(put.waits);
    put.waits = setTimeout(() => told.remove(), 4000);
  }

  // Returns the passage that is selected in the paragraph of `button`, if any.
  function chosen(button) {
    const selection = getSelection();
    const words = button.closest(".row")?.querySelector("p");
    if (selection.isCollapsed || !words?.contains(selection.anchorNode) || !words.contains(selection.focusNode)) return null;
    const range = selection.getRangeAt(0);
    const before = document.createRange();
    before.setStart(words, 0);
    before.setEnd(range.startContainer, range.startOffset);
    const from = count(before);
    return `${button.value.replace(/\d+-\d+$/, "")}${from}-${from + count(range)}`;
  }

  // Counts the characters of the paragraph itself, as the server does: code points.
  function count(range) {
    const copy = document.createElement("div");
    copy.append(range.cloneContents());
    for (const extra of copy.querySelectorAll(".alike, .put")) extra.remove();
    return [...copy.textContent].length;
  }

  document.addEventListener("mousedown", (event) => {
    if (event.target.closest("button.put")) event.preventDefault(); // what is selected stays so
  });
  document.addEventListener("click", (event) => {
    const button = event.target.closest("button.put");
    if (!button) return;
    event.preventDefault();
    put(button);
  });
  document.addEventListener("keydown", (event) => {
    const at = document.activeElement;
    if (event.key.toLowerCase() !== "b" || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    if (at.matches("input, textarea, select")) return;
    const button = at.closest(".turn")?.querySelector(".beside .put") ?? at.closest(".row, li, tr, .source, .turn")?.querySelector("button.put");
    if (button) put(button);
  });

  // ---- the page of the basket ----

  const list = document.querySelector("ol.basket");
  const form = document.getElementById("change");
  const number = (entry) => entry?.id.slice(1) ?? 0;
  const say = (text) => (form.querySelector(".told").textContent = text);

  async function change(data, done) {
    const response = await send("change", data).catch(() => null);
    if (response?.ok) done();
    else say(form.querySelector(".told").dataset.failed);
  }

  function move(entry, before, focus) {
    if (before === entry) return;
    change({ move: `${number(entry)}-${number(before)}` }, () => {
      list.insertBefore(entry, before);
      ends();
      (focus?.disabled ? entry.querySelector("button[name=move]:enabled") : focus)?.focus();
      say(form.querySelector(".told").dataset.moved.replace("{at}", [...list.children].indexOf(entry) + 1).replace("{count}", list.children.length));
    });
  }

  function ends() {
    for (const entry of list.children) {
      const [up, down] = entry.querySelectorAll("button[name=move]");
      up.disabled = !entry.previousElementSibling;
      down.disabled = !entry.nextElementSibling;
    }
    document.querySelector("h1 .count").textContent = form.querySelector(".told").dataset.count.replace("{count}", list.children.length);
  }

  function remove(entry) {
    const next = entry.nextElementSibling ?? entry.previousElementSibling;
    change({ remove: number(entry) }, () => {
      entry.remove();
      ends();
      say(form.querySelector(".told").dataset.removed);
      form.querySelector("[name=restore]").hidden = false;
      (next?.querySelector("button[name=remove]") ?? form.querySelector("[name=restore]")).focus();
    });
  }

  list?.addEventListener("click", (event) => {
    const button = event.target.closest("button[form]");
    const entry = button?.closest("li");
    if (!entry) return;
    event.preventDefault();
    if (button.name === "remove") return remove(entry);
    const up = button === entry.querySelector("button[name=move]");
    move(entry, up ? entry.previousElementSibling : entry.nextElementSibling.nextElementSibling, button);
  });

  let dragged = null;
  let before = null;
  list?.addEventListener("dragstart", (event) => {
    dragged = before = event.target.closest("li");
    event.dataTransfer.effectAllowed = "move";
    event.dataTransfer.setDragImage(dragged, 0, 0);
  });
  list?.addEventListener("dragover", (event) => {
    const over = event.target.closest("li");
    if (!dragged || !over) return;
    event.preventDefault();
    const { top, height } = over.getBoundingClientRect();
    const below = event.clientY > top + height / 2;
    before = below ? over.nextElementSibling : over;
    for (const entry of list.children) entry.classList.toggle("over", entry === over && !below);
    list.classList.toggle("over", !before);
  });
  list?.addEventListener("drop", (event) => {
    event.preventDefault();
    if (dragged) move(dragged, before === dragged ? dragged : before);
  });
  list?.addEventListener("dragend", () => {
    for (const each of [list, ...list.children]) each.classList.remove("over");
    dragged = null;
  });
}
