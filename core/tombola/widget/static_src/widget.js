/*
 * Makes the server's page lively: forms without reloading, and actions that complete by themselves.
 * Everything works without it. The server renders; this only fetches and puts in place.
 */
(() => {
  const WAITS = [2, 3, 5, 8, 15]; // seconds between polls while nothing happens
  const EAGER_MS = 2e4; // after an action was opened its news is waited for each second
  const panel = () => document.getElementById("panel");
  let step = 0;
  let eagerUntil = 0;
  let timer;
  let tag = panel().dataset.tag;

  const say = (text) => {
    document.getElementById("said").textContent = text;
  };

  const parse = (html) => new DOMParser().parseFromString(html, "text/html");

  const page = async () => parse(await (await fetch(location.pathname + location.search)).text());

  /* Puts what differs in its place; what somebody is writing in stays. */
  const renew = (fresh) => {
    const next = fresh.getElementById("panel");
    if (next.dataset.phase !== panel().dataset.phase) return panel().replaceWith(next);
    for (const card of fresh.querySelectorAll(".card")) {
      const old = document.getElementById(card.id);
      if (!old || old.dataset.state === card.dataset.state) continue;
      const held = old.contains(document.activeElement);
      old.replaceWith(card);
      card.classList.add("new");
      if (held) card.focus();
      say([card.querySelector("h3"), card.querySelector(".says, .earned")].map((part) => part?.textContent).join(": "));
    }
    const worth = fresh.getElementById("worth");
    const shown = document.getElementById("worth");
    if (worth && shown) shown.replaceWith(worth);
    else if (worth) panel().replaceWith(next);
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
    const eager = Date.now() < eagerUntil;
    plan(asked || (eager ? 1 : WAITS[step]));
    step = Math.min(step + 1, WAITS.length - 1);
  };

  document.addEventListener("visibilitychange", () => {
    step = 0;
    if (document.hidden) clearTimeout(timer);
    else tick();
  });

  document.addEventListener("click", (event) => {
    const link = event.target.closest("[data-wait]");
    if (!link) return;
    document.getElementById(`a-${link.dataset.wait}`).classList.add("waiting");
    eagerUntil = Date.now() + EAGER_MS;
    step = 0;
    plan(1);
  });

  document.addEventListener("submit", async (event) => {
    const form = event.target;
    if (!("swap" in form.dataset)) return;
    event.preventDefault();
    const place = form.closest(".card")?.id;
    form.setAttribute("aria-busy", "true");
    const data = new URLSearchParams(new FormData(form));
    try {
      const answer = await fetch(form.action, { method: "POST", body: data });
      const fresh = parse(await answer.text());
      panel().replaceWith(fresh.getElementById("panel"));
      tag = panel().dataset.tag;
      const wrong = panel().querySelector("[aria-invalid]");
      const there = wrong || document.getElementById(place) || panel().querySelector("[data-first]") || panel().querySelector(".stub, .join");
      there?.focus();
      there?.closest(".join, .stub")?.scrollIntoView({ block: "nearest" });
      say((there?.querySelector(".notice, .says") || panel().querySelector(".error, #worth"))?.textContent || "");
    } catch (e) {
      form.submit(); // without this script the same form does the same
    }
    step = 0;
    plan(1);
  });

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

  tick();
})();
