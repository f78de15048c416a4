// The page around the verifier: files in, checks out. Nothing leaves the browser.
import { inclusionTrouble } from "./bytes.js";
import { select, signed, verify } from "./verify.js";

const PROVES = {
  A: "Two beacons of two operators: the result could not be known or chosen by the organiser, nor by one of the beacons alone.",
  B: "One beacon: the result could not be known or chosen by the organiser. It does not show that nobody who runs the beacon could.",
  C: "Witnesses or dice: the result was not the organiser's choice if at least one witness kept their phrase secret, or if the dice were really rolled after the freeze.",
  D: "The organiser's secret alone: the result follows from what was committed to, but the organiser knew it beforehand. This does not show that the draw was fair.",
};

globalThis.tombolaVerify = { verify, select, signed, inclusionTrouble };

const find = (id) => document.getElementById(id);
const element = (name, text, className = "") => Object.assign(document.createElement(name), { textContent: text, className });
const text = (input) => (input.files[0] ? input.files[0].text() : Promise.resolve(null));

function verdict(report) {
  if (!report.ok) return ["bad", "Something does not hold. Do not trust this result."];
  if (report.voided) return ["open", "The draw was declared void. What was committed to holds together, and no winner counts."];
  if (!report.bundle.result) return ["open", "Nothing has been drawn yet. What was committed to holds together."];
  return ["good", "Everything holds: these winners follow from what was fixed before."];
}

function show(report) {
  const out = find("result"), [kind, says] = verdict(report), c = report.bundle.commitment;
  const checks = element("ol", "", "checks"), winners = element("ol", "", "winners");
  for (const check of report.checks) {
    const line = element("li", "", check.ok === false ? "bad" : check.ok ? "good" : "open");
    line.append(element("b", check.ok === false ? "Fails" : check.ok ? "Holds" : "Not checked"), ` ${check.name}: ${check.says}`);
    checks.append(line);
  }
  for (const one of (report.ok && report.bundle.result?.winners) || []) {
    const prize = c.prizes[Number(one.prize) - 1]?.title || "backup";
    winners.append(element("li", `${one.tag} · tickets: ${one.weight} · ${prize}`));
  }
  out.replaceChildren(element("h2", says, kind), element("p", `Draw ${c.draw}, “${c.title}”: ${c.people} people, ${c.total} tickets. ${PROVES[c.randomness.grade]}`), checks);
  if (winners.childElementCount) out.append(element("h3", "In the order drawn"), winners);
  out.focus();
}

async function check(event) {
  event.preventDefault();
  const out = find("result");
  out.replaceChildren(element("p", "Checking…"));
  await new Promise((go) => setTimeout(go, 30)); // let the word be painted
  try {
    const log = await text(find("log")), mine = await text(find("mine"));
    const bundle = await text(find("bundle"));
    if (bundle === null) throw new Error("choose the file of a proof first");
    const noted = find("noted").value.trim();
    const report = verify(bundle, { log: log && JSON.parse(log).records, commitment: noted || null });
    if (mine) {
      const proof = JSON.parse(mine), wrong = inclusionTrouble(proof) || (proof.root === report.bundle.commitment.root ? null : "It belongs to another draw.");
      report.checks.push({ name: "your proof", ok: !wrong, says: wrong || `You were in with ${proof.weight} of ${proof.total} tickets.` });
      report.ok = report.ok && !wrong;
    }
    show(report);
  } catch (error) {
    out.replaceChildren(element("h2", "This cannot be read.", "bad"), element("p", String(error.message || error)));
  }
  document.body.dataset.checked = "yes";
}

find("form")?.addEventListener("submit", check);
