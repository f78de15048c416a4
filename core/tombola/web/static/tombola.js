// What pages need of a browser beyond htmx: times in the reader's words, focus, and questions before acts that cannot be taken back.

const steps = [["day", 86400], ["hour", 3600], ["minute", 60], ["second", 1]];

function relative(moment, language) {
  const seconds = (moment - Date.now()) / 1000;
  const [unit, size] = steps.find(([, length]) => Math.abs(seconds) >= length) ?? steps[3];
  return new Intl.RelativeTimeFormat(language, { numeric: "auto" }).format(Math.round(seconds / size), unit);
}

function absolute(moment, zone) {
  const form = { dateStyle: "medium", timeStyle: "short" };
  const name = new Intl.DateTimeFormat(undefined, { timeZone: zone, timeZoneName: "short" })
    .formatToParts(moment).find((part) => part.type === "timeZoneName").value;
  return `${new Intl.DateTimeFormat(undefined, { ...form, timeZone: zone }).format(moment)} ${name}`;
}

function tellTime(element) {
  const moment = new Date(element.dateTime);
  if (Number.isNaN(moment.getTime())) return;
  const full = absolute(moment, element.dataset.zone || "UTC");
  const near = Math.abs(moment - Date.now()) < 30 * 86400 * 1000;
  element.textContent = "relative" in element.dataset && near ? relative(moment, document.documentElement.lang) : full;
  if (element.textContent !== full) element.title = full;
}

function tellTimes(root) {
  root.querySelectorAll("time[datetime]").forEach(tellTime);
}

// One <dialog> asks before any form or button that carries data-tombola-ask.
function ask(text, label) {
  const dialog = document.createElement("dialog");
  dialog.className = "ask";
  const words = document.createElement("p");
  words.textContent = text;
  words.id = "ask-words";
  dialog.setAttribute("aria-labelledby", words.id);
  const acts = document.createElement("form");
  acts.method = "dialog";
  acts.className = "acts";
  const root = document.documentElement;
  for (const [value, name, tone] of [["no", root.dataset.no || "Cancel", "plain"], ["yes", label, "main"]]) {
    const button = document.createElement("button");
    button.value = value;
    button.textContent = name;
    button.className = `button button-${tone}`;
    acts.append(button);
  }
  dialog.append(words, acts);
  document.body.append(dialog);
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => {
      resolve(dialog.returnValue === "yes");
      dialog.remove();
    });
  });
}

document.addEventListener("submit", async (event) => {
  const button = event.submitter;
  const form = event.target;
  const text = button?.dataset.tombolaAsk ?? form.dataset.tombolaAsk;
  if (!text || form.dataset.tombolaAsked) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  if (await ask(text, button?.textContent.trim() || "OK")) {
    form.dataset.tombolaAsked = "yes";
    form.requestSubmit(button);
    delete form.dataset.tombolaAsked;
  }
}, true);

const CHOICES = "input[name=entry], input[name=picture]";

// A box that ticks all boxes of its table, and counts them on the buttons that need some.
document.addEventListener("change", (event) => {
  const box = event.target;
  const form = box.closest?.("[data-tombola-selection]");
  if (!form || box.type !== "checkbox") return;
  const boxes = [...form.querySelectorAll(`:is(${CHOICES}):not(:disabled)`)];
  if ("tombolaAll" in box.dataset) boxes.forEach((one) => { one.checked = box.checked; });
  countSelection(form);
});

function countSelection(form) {
  const n = form.querySelectorAll(`:is(${CHOICES}):checked`).length;
  form.querySelectorAll("[data-tombola-count]").forEach((place) => { place.textContent = String(n); });
  form.querySelectorAll("[data-tombola-needs]").forEach((part) => { part.hidden = n === 0; });
}

// A deck of cards goes by keyboard: J and K from card to card, and each card's own keys, which press its buttons or lead
// to its fields. Who is typing is left alone.
document.addEventListener("keydown", (event) => {
  const deck = document.querySelector("[data-tombola-deck]");
  if (!deck || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.target.matches("input:not([type=checkbox]), textarea, select, [contenteditable]")) return;
  const cards = [...deck.querySelectorAll("[data-tombola-card]")];
  const place = cards.findIndex((card) => card.contains(document.activeElement));
  const key = event.key.toLowerCase();
  if (key === "j" || key === "k") {
    const next = cards[place < 0 ? 0 : Math.min(Math.max(place + (key === "j" ? 1 : -1), 0), cards.length - 1)];
    next?.focus();
    next?.scrollIntoView({ block: "nearest" });
  } else {
    const part = /^[a-z]$/.test(key) && cards[place]?.querySelector(`[data-tombola-key="${key}"]`);
    if (!part) return;
    if (part.matches("button")) part.click();
    else part.focus();
  }
  event.preventDefault();
});

// A button that copies what stands in a field, as it is by now, and says so.
document.addEventListener("click", async (event) => {
  const button = event.target.closest?.("[data-tombola-copy]");
  if (!button) return;
  const field = document.getElementById(button.dataset.tombolaCopy);
  try {
    await navigator.clipboard.writeText(field.value);
  } catch {
    field.select();
    return;
  }
  const said = button.parentElement.querySelector("[data-tombola-copied]");
  if (said) said.textContent = said.dataset.tombolaCopied;
});

// A menu closes with Escape and when the focus or a click goes elsewhere.
document.addEventListener("keydown", (event) => {
  const open = event.key === "Escape" && document.querySelector("details.menu[open]");
  if (open) {
    open.open = false;
    open.querySelector("summary").focus();
  }
});
document.addEventListener("click", (event) => {
  document.querySelectorAll("details.menu[open]").forEach((menu) => {
    if (!menu.contains(event.target)) menu.open = false;
  });
});

// A new campaign begins in the zone of whoever makes it; its first dates are told on that zone's clock.
function suggestZone(list) {
  const own = Intl.DateTimeFormat().resolvedOptions().timeZone;
  if (list.value === own || ![...list.options].some((option) => option.value === own)) return;
  list.value = own;
  const clock = new Intl.DateTimeFormat("sv-SE", { timeZone: own, dateStyle: "short", timeStyle: "short" });
  const moments = list.dataset.tombolaOwnZone.split(" ");
  list.form.querySelectorAll("input[type=datetime-local]").forEach((control, place) => {
    control.value = clock.format(new Date(moments[place])).replace(" ", "T");
  });
}

function prepare(root) {
  tellTimes(root);
  root.querySelectorAll("select[data-tombola-own-zone]").forEach(suggestZone);
  root.querySelectorAll("[data-tombola-selection]").forEach(countSelection);
}

prepare(document);
document.querySelector(".tabs [aria-current]")?.scrollIntoView({ inline: "center", block: "nearest" });
document.querySelector("[data-tombola-focus]")?.focus();
document.addEventListener("htmx:afterSettle", (event) => {
  prepare(event.detail.elt.closest?.("[data-tombola-selection]")?.parentElement ?? document);
});
setInterval(() => document.querySelectorAll("time[data-relative]").forEach(tellTime), 15000);
