// The script of the chat page. It draws what the server sends as HTML, and asks, looks and stops by
// short requests that are simply sent again where the line or the server fails. A question has its
// id from here: sent twice, it is asked once. What was typed and not yet taken stays in this tab.
"use strict";

const talk = (() => {
  const root = new URL("..", document.currentScript.src).pathname; // the proxy's prefix
  const FIELDS = ["place", "publication", "date", "essay_id"];
  const LAST = "youju.chat"; // the conversation that any tab goes on with
  const DRAFT = "youju.draft";
  const ASIDE = "youju.aside"; // a draft that waits while another question is changed
  const OUTBOX = "youju.outbox"; // questions that the server has not taken yet
  const OPEN = "youju.open"; // which parts of the side are unfolded
  const news = new BroadcastChannel("youju"); // tells other tabs which conversation has changed

  const frame = document.createElement("div");
  frame.id = "frame";
  const $ = (selector) => frame.querySelector(selector);
  let chat = ""; // the id of the conversation that is shown; "" for none yet

  const here = () => new URLSearchParams(location.search);
  const wait = (ms) => new Promise((done) => setTimeout(done, ms));
  const newId = () => crypto.getRandomValues(new Uint8Array(12)).reduce((id, n) => id + n.toString(16).padStart(2, "0"), "");
  const kept = (box, name, none) => JSON.parse(box.getItem(name) ?? "null") ?? none;
  const keep = (box, name, value) => box.setItem(name, JSON.stringify(value));

  // ---- asking the server ----

  // Returns the response; throws where there is no server, or none that can answer for now.
  async function call(path, form) {
    const body = form && new URLSearchParams(form);
    const url = new URL(root + path, location);
    if (here().has("lang")) url.searchParams.set("lang", here().get("lang")); // that of the page holds for all of it
    const response = await fetch(url, { method: body ? "POST" : "GET", body, cache: "no-store" }).catch(() => {
      throw new Error(""); // the browser's own words tell a reader nothing
    });
    if (response.status >= 500 || response.status === 429) {
      const told = await response.json().catch(() => ({}));
      throw new Error(told.told ?? "");
    }
    if (response.status === 401) loggedOut();
    return response;
  }

  // Calls until the server answers; `meanwhile` hears of every failure and ends it by returning true.
  // A server that says no is asked ever less often, one that is gone as soon as it is there again.
  async function insist(path, form, meanwhile) {
    for (let pause = 500; ; pause = Math.min(2 * pause, 5000)) {
      try {
        return await call(path, form);
      } catch (error) {
        if (meanwhile(error.message)) return null;
      }
      await Promise.race([wait(pause), reading.returned()]);
    }
  }

  function loggedOut() {
    const link = document.createElement("a");
    link.href = `${root}login?to=${encodeURIComponent("/" + location.search)}`;
    link.textContent = $("#desk")?.dataset.login ?? "";
    if (link.textContent) say(link);
    else location.assign(link.href);
  }

  // One line under the question box; "" takes it away.
  function say(...told) {
    $("#composer .told").replaceChildren(...told);
  }

  // ---- the page ----

  // Gradio sets the language of the page by the browser's, when its scripts have run.
  function speak() {
    document.documentElement.lang = $("#thread [lang]")?.lang ?? document.documentElement.lang;
  }

  async function load() {
    const asked = here();
    chat = asked.get("chat") ?? kept(localStorage, LAST, "");
    const query = new URLSearchParams([...asked].filter(([name]) => name !== "q"));
    query.set("chat", chat);
    const response = await insist(`chat/page?${query}`, null, () => false);
    if (!response.ok) return;
    const text = await response.text();
    while (!frame.isConnected) await new Promise(requestAnimationFrame); // what follows looks into the page
    frame.innerHTML = text;
    speak();
    for (const part of frame.querySelectorAll(".part")) part.open = kept(localStorage, OPEN, {})[part.id] ?? part.open;
    box().value = kept(sessionStorage, DRAFT, "");
    fit();
    shown(true);
    if (wide() && !location.hash) box().focus({ preventScroll: true });
    for (const entry of kept(sessionStorage, OUTBOX, [])) {
      if (entry.chat === chat && !turn(entry.turn)) draw(entry);
      deliver(entry);
    }
    if (asked.get("q")) ask(asked.get("q"));
    if ($("#material").open) grow();
  }

  // Runs whenever another conversation, or more of it, is drawn.
  function shown(reopened) {
    if (!$(".turn")) chat = kept(sessionStorage, OUTBOX, []).some((entry) => entry.chat === chat) ? chat : "";
    address();
    reading.follow(reopened);
    for (const busy of frame.querySelectorAll(".turn[aria-busy]")) watch(busy.dataset.answer);
    busyNow();
  }

  // Keeps the address that of what is shown, so that it can be linked to and loaded again.
  function address(step = "replaceState") {
    const query = here();
    query.delete("q");
    if (chat) query.set("chat", chat);
    else query.delete("chat");
    keep(localStorage, LAST, chat);
    const search = query.size ? `?${query}` : location.pathname;
    if (search !== (location.search || location.pathname)) history[step](null, "", search + location.hash);
    for (const link of frame.querySelectorAll(".conversations a:not([download])")) {
      if (link.closest("li").dataset.chat === chat) link.setAttribute("aria-current", "page");
      else link.removeAttribute("aria-current");
    }
  }

  const wide = () => matchMedia("(min-width: 60rem)").matches;
  const box = () => $("#question textarea");
  const turn = (id) => document.getElementById(`a-${id}`);
  const busyTurn = () => $(".turn[aria-busy]");

  let opening = null; // a conversation that is being brought: what is asked meanwhile waits for it

  // Shows a conversation, "" for a new one, which can be asked at once.
  function open(id, step = "pushState") {
    chat = id;
    $("#thread [role=log]").replaceChildren();
    drawer(null);
    busyNow();
    say("");
    address(step);
    const brought = bring(id);
    opening = id ? brought : null;
    return brought;
  }

  async function bring(id) {
    const response = await insist(`chat/thread?chat=${encodeURIComponent(id)}`, null, () => {
      say($("#desk").dataset.offline);
      return chat !== id;
    });
    const told = response?.ok && (await response.json());
    if (!told || chat !== id || $(".turn")) return; // somebody asked while it came
    $("#thread").innerHTML = told.html;
    shown(true);
  }

  // Another tab may have asked; what is shown is drawn anew only where something has changed.
  async function refresh() {
    if (!chat || busyTurn() || !$("#thread")) return;
    const response = await call(`chat/thread?chat=${encodeURIComponent(chat)}`).catch(() => null);
    if (!response?.ok) return;
    const told = await response.json();
    const marks = [...frame.querySelectorAll(".turn")].map((each) => each.dataset.mark);
    if (busyTurn() || marks.slice(-told.marks.length).join() === told.marks.join()) return;
    const earlier = []; // those that were asked for stay
    let each = told.marks.length && turn(told.marks[0].split(" ")[0]);
    while ((each = each?.previousElementSibling)) earlier.unshift(each);
    $("#thread").innerHTML = told.html;
    if (earlier.length) $("[data-earlier]")?.remove();
    $("#thread [role=log]").prepend(...earlier);
    shown(false);
  }

  async function earlier(button) {
    const first = $(".turn");
    const query = new URLSearchParams({ chat, before: first.dataset.answer });
    const response = await call(`chat/thread?${query}`).catch(() => null);
    if (!response?.ok) return say($("#desk").dataset.offline);
    const html = (await response.json()).html;
    const top = first.getBoundingClientRect().top;
    button.insertAdjacentHTML("afterend", html);
    button.remove();
    reading.labelTables();
    scrollBy(0, first.getBoundingClientRect().top - top); // what is read stays where it is
    first.querySelector("[data-edit]").focus({ preventScroll: true }); // the button had it
  }

  let listed = 0; // how often the list was asked for: what comes late is not drawn over what came later

  // Draws the list anew, but not under somebody who uses it.
  async function list() {
    const time = ++listed;
    const query = new URLSearchParams({ q: $("#find").value, chat });
    const response = await call(`chat/list?${query}`).catch(() => null);
    const html = response?.ok && (await response.text());
    if (!html || time !== listed) return;
    if ($(".conversations :is(.more[open], input)")) return setTimeout(list, 1000);
    $("#talks .list").innerHTML = html;
  }

  // ---- a question and its answer ----

  function ask(question, again = "") {
    if (busyTurn()) return say($("#desk").dataset.asking);
    const entry = { chat: chat || newId(), turn: again || newId(), question, limits: `${limits()}`, again: Boolean(again) };
    keep(sessionStorage, OUTBOX, [...kept(sessionStorage, OUTBOX, []), entry]);
    chat = entry.chat;
    address(here().has("chat") ? "replaceState" : "pushState");
    draw(entry);
    say("");
    deliver(entry);
  }

  // Draws the turn of a question that waits for the server.
  function draw(entry) {
    const waits = document.createElement("article");
    waits.className = "turn";
    waits.id = `a-${entry.turn}`;
    waits.dataset.answer = entry.turn;
    waits.ariaBusy = "true";
    const asked = document.createElement("h2");
    asked.className = "asked";
    asked.textContent = entry.question;
    const told = document.createElement("p");
    told.className = "waiting";
    told.role = "status";
    told.textContent = $("#desk").dataset.searching;
    waits.append(asked, told);
    if (turn(entry.turn)) turn(entry.turn).replaceWith(waits);
    else {
      $(".welcome")?.remove();
      $("#thread [role=log]").append(waits);
    }
    reading.follow(false);
    busyNow();
  }

  async function deliver(entry) {
    const response = await insist("chat/ask", entry, (told) => {
      const line = turn(entry.turn)?.querySelector(".waiting");
      if (line) line.textContent = told || $("#desk").dataset.unsent;
      return halted.has(entry.turn);
    });
    taken(entry);
    if (!response?.ok) return back(entry, response ? (await response.json().catch(() => ({}))).told : "");
    news.postMessage(entry.chat);
    list();
    if (halted.delete(entry.turn)) return halt(entry.turn);
    watch(entry.turn);
  }

  const waiting = (entry) => kept(sessionStorage, OUTBOX, []).some((each) => each.turn === entry.turn);
  const taken = (entry) => keep(sessionStorage, OUTBOX, kept(sessionStorage, OUTBOX, []).filter((each) => each.turn !== entry.turn));

  // A question that the server would not take goes back into the box, before what is there by now.
  function back(entry, told) {
    if (entry.again) open(entry.chat, "replaceState");
    else {
      turn(entry.turn)?.remove();
      box().value = [entry.question, box().value].filter(Boolean).join("\n");
    }
    fit();
    busyNow();
    if (told) say(told);
  }

  const watched = new Set();

  // Looks at a turn until it is settled, as long as it is on the page.
  async function watch(id) {
    if (watched.has(id)) return;
    watched.add(id);
    for (let version = -1, ahead = 0; turn(id)?.ariaBusy; ) {
      const response = await insist(`chat/turns/${id}?version=${version}&ahead=${ahead}`, null, () => !turn(id));
      if (!response?.ok) break;
      const told = await response.json();
      if (!turn(id)?.ariaBusy) break; // stopped meanwhile: what comes late is not drawn
      ({ version, ahead } = told);
      if (told.html) {
        $("#thread > .state")?.remove();
        $("#thread").insertAdjacentHTML("afterbegin", told.above);
        put(id, told.html);
      } else turn(id).querySelector(".waiting").textContent = told.waiting;
      if (told.state !== "asked") settled();
    }
    watched.delete(id);
  }

  function put(id, html) {
    turn(id).outerHTML = html;
    reading.follow(false);
    busyNow();
  }

  function settled() {
    news.postMessage(chat);
    list();
  }

  const halted = new Set(); // stopped before the server has said that it has them

  function stop() {
    const id = busyTurn()?.dataset.answer;
    if (!id) return;
    if (waiting({ turn: id })) halted.add(id);
    else halt(id);
  }

  async function halt(id) {
    const response = await insist(`chat/turns/${id}/stop`, {}, () => {
      const line = turn(id)?.querySelector(".waiting");
      if (line) line.textContent = $("#desk").dataset.offline;
      return !line;
    });
    if (!response?.ok || !turn(id)) return;
    put(id, (await response.json()).html);
    settled();
  }

  // While an answer is on its way it can be stopped; else a question can be asked.
  function busyNow() {
    document.body.classList.toggle("busy", Boolean(busyTurn()));
  }

  // ---- the question box ----

  function fit() {
    const area = box();
    area.style.height = "";
    if (area.value) area.style.height = `${Math.min(area.scrollHeight + 2, 200)}px`;
    const count = [...area.value.trim()].length;
    const { most, tooLong } = area.dataset;
    const over = count > Number(most);
    if (over) say(tooLong.replace("{count}", count).replace("{most}", most));
    else if (area.hasAttribute("aria-invalid")) say("");
    area.toggleAttribute("aria-invalid", over);
    keep(sessionStorage, DRAFT, area.value);
  }

  async function send() {
    await opening;
    const question = box().value.trim();
    if (!question || box().hasAttribute("aria-invalid")) return;
    if (busyTurn()) return say($("#desk").dataset.asking);
    unedited();
    ask(question);
  }

  function edit(question) {
    if (sessionStorage.getItem(ASIDE) === null) keep(sessionStorage, ASIDE, box().value);
    box().value = question;
    fit();
    box().focus();
    box().setSelectionRange(question.length, question.length);
  }

  // The draft that an edited question took the place of is there again.
  function unedited() {
    box().value = kept(sessionStorage, ASIDE, "");
    sessionStorage.removeItem(ASIDE);
    fit();
  }

  // ---- the drawer of a narrow window ----

  // Opens it at one of its parts, or closes it for null; the focus goes back to what opened it.
  function drawer(part) {
    const open = document.body.classList.contains("side-open");
    document.body.classList.toggle("side-open", Boolean(part));
    if (part) {
      part.open = true;
      part.querySelector("input").focus();
      $("#side").dataset.opened = part.id;
    } else if (open) $(`[data-side=${$("#side").dataset.opened}]`).focus({ preventScroll: true });
  }

  // ---- what limits the essays: kept in the address alone ----

  function limits() {
    return new URLSearchParams([...here()].filter(([name]) => FIELDS.includes(name)));
  }

  async function limit(ticked) {
    const query = new URLSearchParams([...here()].filter(([name]) => !FIELDS.includes(name)));
    for (const [name, value] of ticked) query.append(name, value);
    history.replaceState(null, "", query.size ? `?${query}` : location.pathname);
    tick();
    const response = await call(`chat/limits?${ticked}`).catch(() => null);
    if (response?.ok && `${limits()}` === `${ticked}`) $("#scope .chips").innerHTML = await response.text();
  }

  // Shows in the tree what is ticked; a group is half ticked where some of its essays are.
  function tick() {
    const ticked = limits();
    for (const each of frame.querySelectorAll("[data-tick]")) {
      const group = each.closest("[data-group]")?.closest("li").querySelector("[data-tick]");
      each.checked = ticked.has(each.dataset.tick, each.value) || Boolean(group && group !== each && group.checked);
    }
    for (const group of frame.querySelectorAll(".tree > ul > li")) {
      const [first, ...essays] = group.querySelectorAll("[data-tick]");
      if (first && first.dataset.tick !== "essay_id") first.indeterminate = !first.checked && essays.some((each) => each.checked);
    }
  }

  function ticked(each) {
    const now = limits();
    const group = each.closest("[data-group]")?.closest("li").querySelector("[data-tick]");
    if (each.checked) now.append(each.dataset.tick, each.value);
    else if (group && group !== each && now.has(group.dataset.tick, group.value)) {
      now.delete(group.dataset.tick, group.value); // all of a group but this one
      for (const other of each.closest("[data-group]").querySelectorAll("[data-tick]")) {
        if (other !== each) now.append("essay_id", other.value);
      }
    } else now.delete(each.dataset.tick, each.value);
    limit(now);
  }

  const by = () => $("[data-by][aria-pressed=true]").dataset.by;

  async function grow(into = $(".tree"), group = null) {
    const query = new URLSearchParams({ by: by() });
    if (group !== null) query.set("group", group);
    else query.set("q", $("#search").value);
    const response = await call(`chat/sources?${query}`).catch(() => null);
    if (!response?.ok) return say($("#desk").dataset.offline);
    const html = await response.text();
    if (query.get("by") !== by() || (query.get("q") ?? $("#search").value) !== $("#search").value) return; // asked anew meanwhile
    if (group === null) into.innerHTML = html;
    else {
      into.querySelector("ul")?.remove();
      into.insertAdjacentHTML("beforeend", html);
    }
    tick();
  }

  // ---- the list of conversations ----

  async function change(button) {
    const item = button.closest("li");
    const what = button.dataset.do;
    const title = item.querySelector("a").textContent;
    button.closest(".more").open = false;
    if (what === "rename") return rename(item, title);
    if (!(await changed(item.dataset.chat, what))) return;
    if (what === "delete") {
      const id = item.dataset.chat;
      if (id === chat) await open("");
      undoable(id, title);
    }
    list();
  }

  async function changed(id, what, form = {}) {
    const response = await call(`chat/conversations/${id}/${what}`, form).catch(() => null);
    if (response?.ok) return true;
    say((await response?.json().catch(() => null))?.told ?? $("#desk").dataset.offline);
    return false;
  }

  function rename(item, title) {
    const field = document.createElement("input");
    field.type = "text";
    field.value = title;
    field.maxLength = 60;
    field.ariaLabel = item.querySelector("[data-do=rename]").textContent;
    const row = [...item.childNodes];
    let over = false; // the field's going away ends it once more
    const end = () => {
      if (!over) {
        over = true;
        item.replaceChildren(...row);
      }
      list();
    };
    const saved = () => field.value === title || changed(item.dataset.chat, "rename", { title: field.value });
    item.replaceChildren(field);
    field.select();
    field.addEventListener("keydown", async (event) => {
      if (event.isComposing || !["Enter", "Escape"].includes(event.key)) return;
      event.preventDefault();
      event.stopPropagation();
      if (event.key === "Escape" || (await saved())) end();
    });
    field.addEventListener("blur", async () => {
      if (!over) await saved(); // a phone's keyboard is put away, or something else is pressed
      end();
    });
  }

  function undoable(id, title) {
    const button = document.createElement("button");
    const name = document.createElement("bdi"); // it may run from right to left
    const [before, after] = $("#desk").dataset.deleted.split("{title}");
    name.textContent = title;
    button.type = "button";
    button.textContent = $("#desk").dataset.undo;
    button.addEventListener("click", async () => {
      if (!(await changed(id, "restore"))) return;
      say("");
      list();
      open(id);
    });
    say(before, name, after, " ", button);
  }

  // ---- events ----

  const clicks = {
    "#new": () => { open(""); box().focus(); },
    "#stop": stop,
    "[data-ask]": (each) => ask(each.dataset.ask),
    "[data-again]": (each) => { const asked = each.closest(".turn"); ask(asked.querySelector(".asked").textContent, asked.dataset.answer); },
    "[data-edit]": (each) => edit(each.closest(".turn").querySelector(".asked").textContent),
    "[data-earlier]": earlier,
    "[data-do]": change,
    ".conversations a:not([download])": (each) => open(each.closest("li").dataset.chat),
    "#masthead a[href$='/']": () => {}, // the chat is here already: nothing of it is left
    "[data-drop]": (each) => { const now = limits(); now.delete(each.dataset.drop, each.dataset.value); limit(now); },
    "[data-by]": (each) => { for (const other of frame.querySelectorAll("[data-by]")) other.ariaPressed = String(other === each); $("#search").value = ""; grow(); },
    "[data-none]": () => limit(new URLSearchParams()),
    "[data-all]": () => { const now = new URLSearchParams(); for (const each of frame.querySelectorAll(".tree > ul > li > label [data-tick]")) now.append(each.dataset.tick, each.value); limit(now); },
    "[data-side]": (each) => drawer(document.getElementById(each.dataset.side)),
  };

  frame.addEventListener("click", (event) => {
    if (event.target.closest(".language")) {
      const query = here();
      query.delete("lang"); // it would win over what is chosen
      event.target.closest("a").href = event.target.closest("a").href.replace(/to=.*$/, `to=${encodeURIComponent(`/?${query}`)}`);
      return;
    }
    for (const [selector, act] of Object.entries(clicks)) {
      const each = event.target.closest(selector);
      if (!each || (each.href && (event.ctrlKey || event.metaKey || event.shiftKey))) continue;
      event.preventDefault();
      return act(each);
    }
    if (!event.target.closest("#side")) drawer(null);
  });
  frame.addEventListener("submit", (event) => {
    if (event.target.id !== "composer") return;
    event.preventDefault();
    send();
  });
  frame.addEventListener("change", (event) => {
    if (event.target.matches("[data-tick]")) ticked(event.target);
  });
  let typing = 0;
  frame.addEventListener("input", (event) => {
    if (event.target === box()) return fit();
    const search = { find: list, search: () => grow() }[event.target.id];
    clearTimeout(typing);
    if (search) typing = setTimeout(search, 200);
  });
  frame.addEventListener("toggle", (event) => {
    const part = event.target;
    if (part.matches(".part")) keep(localStorage, OPEN, { ...kept(localStorage, OPEN, {}), [part.id]: part.open });
    if (part.id === "material" && part.open && !$(".tree ul")) grow();
    if (part.matches("[data-group]") && part.open) grow(part, part.dataset.group);
  }, true);
  frame.addEventListener("keydown", (event) => {
    if (event.target !== box() || event.key !== "Enter" || event.shiftKey) return;
    // Safari ends the composition before this event and says so only by keyCode 229.
    if (event.isComposing || event.keyCode === 229) return;
    event.preventDefault();
    send();
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    drawer(null);
    if (event.target === box() && !event.isComposing && sessionStorage.getItem(ASIDE) !== null) unedited();
    for (const more of frame.querySelectorAll(".more[open]")) more.open = false;
  });
  document.addEventListener("click", (event) => {
    for (const more of frame.querySelectorAll(".more[open]")) if (!more.contains(event.target)) more.open = false;
  });
  window.addEventListener("popstate", () => {
    const id = here().get("chat") ?? "";
    if (id !== chat) open(id, "replaceState");
  });
  document.addEventListener("visibilitychange", () => { if (!document.hidden) refresh(); });
  news.addEventListener("message", (event) => { if (event.data === chat) refresh(); else if ($("#find")) list(); });

  load();
  // As soon as there is a body, and not only once Gradio's scripts are there as well.
  const appear = () => (document.body ? frame.isConnected || document.body.prepend(frame) : requestAnimationFrame(appear));
  appear();

  return {
    // Gradio has made its element: what is drawn moves into it once that is shown, and keeps focus.
    settle(element) {
      if (!element.checkVisibility({ visibilityProperty: true })) return requestAnimationFrame(() => this.settle(element));
      if (element.moveBefore && frame.isConnected) element.moveBefore(frame, null);
      else element.append(frame);
      speak();
    },
  };
})();
