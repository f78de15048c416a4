// The grid of pictures by keyboard, while one of them has the focus, and without leaving the page. Without this script the form does the same.

const form = document.querySelector("[data-tombola-pictures]");
const grid = form?.querySelector("[data-tombola-grid]");
const keys = document.querySelector("[data-tombola-keys]");

const tiles = () => [...grid.querySelectorAll("[data-picture]")];
const link = (tile) => tile.querySelector(".tile-open");
const box = (tile) => tile.querySelector("input[name=picture]");
const tileOf = (uid) => grid.querySelector(`[data-picture="${uid}"]`);

// One picture at a time is a stop of the Tab key; arrows move between them.
function stopAt(tile) {
  for (const one of tiles()) {
    const inside = one === tile ? 0 : -1;
    link(one).tabIndex = inside;
    box(one).tabIndex = inside;
  }
}

function moveTo(tile) {
  if (!tile) return;
  stopAt(tile);
  link(tile).focus();
  tile.scrollIntoView({ block: "nearest" });
}

function columns() {
  const all = tiles();
  const below = all.findIndex((tile) => tile.offsetTop > all[0].offsetTop);
  return below < 0 ? all.length : below;
}

const steps = { ArrowLeft: () => -1, ArrowRight: () => 1, k: () => -1, j: () => 1, ArrowUp: () => -columns(), ArrowDown: () => columns() };
const verbs = { h: "hide", s: "show", r: "remove" };

function judgeWith(verb, here) {
  const button = form.querySelector(`button[value="${verb}"]`);
  if (!button) return;
  if (!form.querySelector("input[name=picture]:checked") && !box(here).disabled) tick(here, true);
  form.requestSubmit(button);
}

function tick(tile, on) {
  box(tile).checked = on;
  box(tile).dispatchEvent(new Event("change", { bubbles: true }));
}

function onKey(event) {
  const here = event.target.closest("[data-picture]");
  if (!here || event.ctrlKey || event.metaKey || event.altKey) return;
  const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  const sideways = document.documentElement.dir === "rtl" && /Left|Right/.test(key) ? -1 : 1;
  if (key in steps) {
    const all = tiles();
    moveTo(all[Math.min(Math.max(all.indexOf(here) + sideways * steps[key](), 0), all.length - 1)]);
  } else if (key in verbs) judgeWith(verbs[key], here);
  else if (key === "x" && !box(here).disabled) tick(here, !box(here).checked);
  else if (key === "?" && keys) keys.open = !keys.open;
  else return;
  event.preventDefault();
}

async function onSubmit(event) {
  const verb = event.submitter?.value;
  if (!verb || event.defaultPrevented) return;
  event.preventDefault();
  const here = document.activeElement.closest?.("[data-picture]") ?? grid.querySelector("[tabindex='0']")?.closest("[data-picture]");
  const all = tiles();
  const following = all[Math.min(all.indexOf(here) + 1, all.length - 1)]?.dataset.picture;
  const body = new URLSearchParams(new FormData(form));
  body.set("act", verb);
  let answer;
  try {
    answer = await fetch(location.href, { method: "POST", body, headers: { "HX-Request": "true" } });
  } catch {
    answer = { ok: false };
  }
  if (!answer.ok) { // the ordinary way says what is wrong
    form.removeEventListener("submit", onSubmit);
    form.requestSubmit(event.submitter);
    return;
  }
  const page = new DOMParser().parseFromString(`<ul>${await answer.text()}</ul>`, "text/html");
  for (const fresh of page.querySelectorAll("[data-picture]")) tileOf(fresh.dataset.picture)?.replaceWith(document.adoptNode(fresh));
  form.querySelector("[data-tombola-told]").textContent = page.querySelector("[data-tombola-said]")?.textContent ?? "";
  form.dispatchEvent(new CustomEvent("htmx:afterSettle", { bubbles: true, detail: { elt: grid } }));
  moveTo(tileOf(following));
}

if (grid) {
  stopAt(tiles()[0]);
  grid.addEventListener("keydown", onKey);
  grid.addEventListener("focusin", (event) => {
    const tile = event.target.closest("[data-picture]");
    if (tile) stopAt(tile);
  });
  form.addEventListener("submit", onSubmit);
  document.addEventListener("htmx:afterSettle", () => stopAt(document.activeElement.closest?.("[data-picture]") ?? tiles()[0]));
}
