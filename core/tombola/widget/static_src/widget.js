/*
 * Makes the server's page lively: forms without reloading, and actions that complete by themselves.
 * Everything works without it. The server renders; this only fetches and puts in place.
 */
(() => {
  if (self.origin === "null") return; // a sandbox that may ask us nothing: see frame.js

  const WAITS = [2, 3, 5, 8, 15]; // seconds between polls while nothing happens
  const EAGER_MS = 2e4; // after an action was opened its news is waited for each second
  const panel = () => document.getElementById("panel");
  const find = (selector) => panel().querySelector(selector);
  let step = 0;
  let eagerUntil = 0;
  let timer;
  let opened; // the window of its own in which somebody logs in for this frame
  let tag = panel().dataset.tag;

  const say = (text) => {
    document.getElementById("said").textContent = text;
  };

  const parse = (html) => new DOMParser().parseFromString(html, "text/html");

  const page = async () => parse(await (await fetch(panel().dataset.home)).text());

  const send = async (address, data) =>
    parse(await (await fetch(address, { method: "POST", headers: { "Tombola-Script": "1" }, body: new URLSearchParams(data) })).text());

  const put = (fresh) => {
    panel().replaceWith(fresh.getElementById("panel"));
    tag = panel().dataset.tag;
    give();
    offer();
  };

  /* Buttons that copy stand there only where this script does. */
  const offer = () => {
    for (const button of document.querySelectorAll("[data-copy][hidden]")) button.hidden = false;
  };

  const copy = async (button) => {
    const code = document.getElementById(button.dataset.copy);
    getSelection().selectAllChildren(code); // where a frame may not copy, it is marked at least
    try {
      await navigator.clipboard.writeText(code.textContent);
      say(button.dataset.done);
      button.firstChild.data = button.dataset.done;
    } catch (e) {}
  };

  /* Who logged in in a window of its own is known in the frame that opened it, too. */
  const give = () => {
    const hand = panel().dataset.give;
    if (hand && opener) opener.postMessage({ hand }, location.origin);
  };

  /* Puts what differs in its place; what somebody is writing in stays. */
  const renew = (fresh) => {
    const next = fresh.getElementById("panel");
    if (next.dataset.phase !== panel().dataset.phase || next.dataset.who !== panel().dataset.who) return panel().replaceWith(next);
    for (const card of fresh.querySelectorAll(".card")) {
      const old = document.getElementById(card.id);
      if (!old || old.dataset.state === card.dataset.state) continue;
      const held = old.contains(document.activeElement);
      old.replaceWith(card);
      card.classList.add("new");
      if (held) card.focus();
      say([card.querySelector("h3"), card.querySelector(".says, .earned")].map((part) => part?.textContent).join(": "));
    }
    for (const id of ["worth", "required"]) {
      const part = fresh.getElementById(id);
      if (part) document.getElementById(id)?.replaceWith(part);
    }
    offer();
  };

  const poll = async () => {
    const answer = await fetch(panel().dataset.poll, { headers: tag ? { "If-None-Match": `"${tag}"` } : {}, cache: "no-store" });
    if (answer.status === 200) {
      const known = tag;
      tag = answer.headers.get("ETag")?.replace(/W\/|"/g, "");
      step = 0;
      if (known !== tag) renew(await page());
    }
    return Number(answer.headers.get("Retry-After"));
  };

  const plan = (seconds) => {
    clearTimeout(timer);
    if (!document.hidden) timer = setTimeout(tick, seconds * 1e3);
  };

  const tick = async () => {
    let asked = 0;
    try {
      asked = await poll();
    } catch (e) {} // away for a moment: the next one will tell
    plan(asked || (Date.now() < eagerUntil ? 1 : WAITS[step]));
    step = Math.min(step + 1, WAITS.length - 1);
  };

  /* Somebody comes back to this tab, or by the back button to a page that was kept. */
  const wake = () => {
    step = 0;
    if (document.hidden) clearTimeout(timer);
    else tick();
  };
  document.addEventListener("visibilitychange", wake);
  addEventListener("pageshow", (event) => event.persisted && wake());

  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-copy]");
    if (button) copy(button);
    const link = event.target.closest("a");
    if (!link) return;
    if ("window" in link.dataset) {
      event.preventDefault();
      opened = open(link.href, "_blank");
    }
    if (!link.dataset.wait) return;
    document.getElementById(`a-${link.dataset.wait}`).classList.add("waiting");
    eagerUntil = Date.now() + EAGER_MS;
    step = 0;
    plan(1);
  });

  document.addEventListener("submit", async (event) => {
    const form = event.target;
    if (!("swap" in form.dataset)) return;
    event.preventDefault();
    if (form.hasAttribute("aria-busy")) return; // pressed twice
    form.setAttribute("aria-busy", "true");
    const place = form.closest(".card")?.id;
    try {
      const fresh = await send(form.action, new FormData(form));
      const away = fresh.querySelector("[data-away]");
      if (away) return location.assign(away.href);
      put(fresh);
      const wrong = find("[aria-invalid]");
      const there = wrong || document.getElementById(place) || find("[data-first]") || find(".stub, .join");
      there?.focus();
      there?.closest(".join, .stub")?.scrollIntoView({ block: "nearest" });
      say((there?.querySelector(".notice, .says") || find(".error, #worth"))?.textContent || "");
    } catch (e) {
      form.submit(); // without this script the same form does the same
    }
    step = 0;
    plan(1);
  });

  addEventListener("message", async (event) => {
    if (event.origin !== location.origin || event.source !== opened || !event.data.hand) return;
    try {
      put(await send(panel().dataset.hand, { hand: event.data.hand }));
      find(".stub")?.focus();
    } catch (e) {} // the window of its own goes on without this frame
  });
  give();
  offer();

  /* Walls of pictures that grow while one looks. */
  setInterval(async () => {
    if (document.hidden || !document.querySelector("[data-again]")) return;
    try {
      const fresh = await page();
      for (const wall of document.querySelectorAll("[data-again]")) {
        const next = fresh.getElementById(wall.id);
        if (next && next.innerHTML !== wall.innerHTML) wall.replaceWith(next);
      }
    } catch (e) {}
  }, 1e4);

  /* What was told once is not told again by a reload. */
  if (/[?&](said|kept)=/.test(location.search)) history.replaceState(null, "", panel().dataset.home + location.hash);
  tick();
})();
