// Checks a proof bundle, written from docs/draw.md alone, without a look at the Python one.
import { sha256 } from "@noble/hashes/sha2.js";
import { hmac } from "@noble/hashes/hmac.js";
import { bls12_381 as bls } from "@noble/curves/bls12-381.js";
import { canonical, hashOf, hex, join, leaf, micros, number, prefixed, root, u64, unhex, utf8 } from "./bytes.js";

const DEC = /^(0|[1-9][0-9]{0,18})$/, MOST = 2n ** 63n - 1n, ALL = 2n ** 256n;

export function select(seed, pool, most) { // pool: [tag, weight as BigInt], sorted
  const starts = [];
  let total = 0n;
  for (const [, weight] of pool) { starts.push(total); total += weight; }
  const taken = [], drawn = [];
  for (let k = 0; drawn.length < most && total > 0n; k++) {
    const n = number(hmac(sha256, seed, join(utf8("tombola/draw/1"), u64(k))));
    if (n >= ALL - (ALL % total)) continue;
    let at = n % total;
    for (const i of taken) if (at >= starts[i]) at += pool[i][1]; else break;
    let low = 0, high = pool.length - 1;
    while (low < high) { const mid = (low + high + 1) >> 1; if (starts[mid] <= at) low = mid; else high = mid - 1; }
    taken.splice(taken.findIndex((i) => i > low) < 0 ? taken.length : taken.findIndex((i) => i > low), 0, low);
    total -= pool[low][1];
    drawn.push([pool[low][0], pool[low][1], k]);
  }
  return drawn;
}

export function signed(chain, round, signature, previous) {
  const message = sha256(join(chain.scheme === "pedersen-bls-chained" ? previous : new Uint8Array(), u64(round)));
  const short = chain.scheme === "bls-unchained-g1-rfc9380";
  const kind = short ? bls.shortSignatures : bls.longSignatures;
  const dst = `BLS_SIG_BLS12381G${short ? 1 : 2}_XMD:SHA-256_SSWU_RO_NUL_`;
  try { return kind.verify(signature, kind.hash(message, dst), unhex(chain.public_key)); } catch { return false; }
}

function chainTrouble(records) { // of the log
  let before = null, last = null;
  for (const r of records) {
    const own = hex(sha256(join(utf8("tombola/log/1"), unhex(r.prev), u64(r.seq), utf8(canonical(r.body)))));
    if (r.hash !== own) return `Record ${r.seq} is not what its hash says.`;
    if (r.seq === "1" && /[^0]/.test(r.prev)) return "The first record follows another one.";
    if (before && (r.prev !== before.hash || BigInt(r.seq) !== BigInt(before.seq) + 1n)) return `A record before ${r.seq} is missing.`;
    if (before && r.body.at < before.body.at) return "The log's records are not in the order of their times.";
    if (r.body.kind === "commit") {
      const n = BigInt(r.body.draw);
      if ((last !== null && n !== last + 1n) || (r.seq === "1" && n !== 1n)) return `A draw before ${n} is missing.`;
      last = n;
    }
    before = r;
  }
  return null;
}

export function verify(text, { log = null, commitment = null } = {}) {
  const b = JSON.parse(text), c = b.commitment, checks = [], reveals = b.reveals, from = c.randomness;
  const add = (name, ok, says) => (checks.push({ name, ok, says }), ok);
  const done = (winners = []) => ({ checks, winners, ok: checks.every((x) => x.ok !== false), voided: !!one("void"), bundle: b });
  const own = b.log.filter((r) => r.body.draw === c.draw), one = (kind) => own.find((r) => r.body.kind === kind);
  if (!add("algorithm", b.kind === "tombola/bundle/1" && c.algorithm === "tombola/draw/1", `Algorithm ${c.algorithm}.`)) return done();

  let total = 0n, last = "", wrong = null;
  const out = new Set(b.exclusions.map((r) => r[0]));
  const pool = b.pool.map(([tag, weight], i) => {
    const w = DEC.test(weight) ? BigInt(weight) : 0n;
    total += w;
    if (!/^[0-9a-f]{64}$/.test(tag) || tag <= last) wrong ??= `Line ${i + 1} of the pool stands twice or out of order.`;
    else if (w < 1n || total > MOST) wrong ??= `Line ${i + 1} of the pool has no tickets, or too many.`;
    else if (c.mode === "per_person" && w !== 1n) wrong ??= `Line ${i + 1} has several tickets in a draw of one a person.`;
    else if (out.has(tag)) wrong ??= `Line ${i + 1} of the pool is also among those left out.`;
    last = tag;
    return [tag, w];
  });
  const top = wrong || !pool.length ? [new Uint8Array(), 0n] : root(pool.map(([tag, w]) => [leaf(unhex(tag), w), w]));
  if (hex(top[0]) !== c.root || String(top[1]) !== c.total || String(pool.length) !== c.people) wrong ??= "The pool is not the one that was committed to.";
  const poolHolds = add("pool", !wrong, wrong || `${c.people} people with ${c.total} tickets give the root that was committed to.`);

  const tags = b.exclusions.map((r) => r[0]), sorted = tags.every((t, i) => !i || tags[i - 1] < t);
  const left = sha256(join(utf8("tombola/exclusions/1"), ...b.exclusions.map(([t, w, why]) => join(unhex(t), u64(w), prefixed(utf8(why))))));
  add("exclusions", sorted && hex(left) === c.exclusions && String(tags.length) === c.excluded, `${tags.length} people were left out with reasons given before.`);

  const commit = one("commit"), hash = hashOf(c);
  const held = commit && commit.body.commitment === hash && commit.body.campaign === c.campaign;
  add("commitment", !!held, held ? `The commitment is record ${commit.seq} of the log.` : "What was committed to is not what stands in the log.");
  if (commitment !== null) add("noted", commitment.toLowerCase() === hash, "Compared with the commitment noted before the draw.");
  const kinds = own.map((r) => r.body.kind);
  wrong = chainTrouble(b.log);
  if (["commit", "secret", "result", "void"].some((k) => kinds.filter((x) => x === k).length > 1)) wrong ??= "The log tells something of this draw twice.";
  if (b.log[0] !== commit || !commit || commit.body.at < c.frozen_at) wrong ??= "The log does not begin with this draw's commitment, after the freeze.";
  add("log", !wrong, wrong || "The log's records follow each other without a gap.");
  if (log && commit) {
    const bySeq = new Map(log.map((r) => [r.seq, canonical(r)])), named = new Set(c.earlier.map((e) => e.draw));
    wrong = chainTrouble(log) || (log[0]?.seq === "1" ? null : "The published log does not begin with its first record.");
    if (b.log.some((r) => bySeq.get(r.seq) !== canonical(r))) wrong ??= "The log is not the published one.";
    if (log.some((r) => r.body.kind === "commit" && r.body.campaign === c.campaign && BigInt(r.seq) < BigInt(commit.seq) && !named.has(r.body.draw))) wrong ??= "An earlier draw of this campaign is kept quiet about.";
    add("other draws", !wrong, wrong || "Every earlier draw of the campaign is named.");
  } else add("other draws", null, "Compare with the published log to see every draw of this campaign.");

  const due = (x) => (BigInt(x.genesis) + (BigInt(x.round) - 1n) * BigInt(x.period)) * 1000000n;
  const wanted = { A: 2, B: 1, C: 0, D: 0 }[from.grade], dice = Number(from.dice), names = new Set(from.witnesses.map((w) => w.name));
  const fits = from.beacons.length === wanted && ["operator", "public_key"].every((k) => new Set(from.beacons.map((x) => x[k])).size === wanted)
    && names.size === from.witnesses.length && (from.grade === "C" ? (dice >= 20 && !names.size) || (!dice && names.size >= 2) : !dice && !names.size);
  let all = add("grade", fits, `Grade ${from.grade}.`);
  const note = (name, ok, says) => { all = add(name, ok, says) && all; };
  const told = one("secret"), inTime = !!told && from.beacons.every((x) => micros(told.body.at) < due(x));
  if (!commit) note("secret", false, "There is no record of the commitment.");
  else if (reveals.fallback) note("secret", !!from.beacons.length && !inTime, "The secret is left out, since it was not published in time.");
  else if (told || reveals.secret || b.result) {
    const s = unhex(reveals.secret);
    note("secret", inTime && told.body.secret === reveals.secret && s.length === 32 && hex(sha256(s)) === c.secret, "The secret: as committed to, and published in time.");
  } else all = false;
  const values = [];
  if (!b.result && !reveals.beacons.length && !reveals.phrases.length && !reveals.dice) all = false;
  else {
    note("beacon", from.beacons.length === reveals.beacons.length, "Every beacon's round is there.");
    reveals.beacons.forEach((r, i) => {
      const x = from.beacons[i], signature = unhex(r.signature);
      if (x) note("beacon", !!commit && micros(commit.body.at) < due(x) && signed(x, x.round, signature, unhex(r.previous)), `Round ${x.round} of ${x.name}: signed, and due after the commitment.`);
      values.push(sha256(signature));
    });
    note("witness", from.witnesses.length === reveals.phrases.length && reveals.dice.length === dice && /^[1-6]*$/.test(reveals.dice), "Witnesses and dice are as many as promised.");
    reveals.phrases.forEach((phrase, i) => {
      const w = from.witnesses[i] || {}, said = sha256(join(utf8("tombola/witness/1"), prefixed(utf8(w.name || "")), prefixed(utf8(phrase))));
      note("witness", hex(said) === w.commitment, `${w.name} said what they had committed to.`);
      values.push(utf8(phrase));
    });
    if (dice) values.push(utf8(reveals.dice));
  }
  if (!b.result) { add("result", null, "Nothing has been drawn yet."); return done(); }
  if (!poolHolds || !all) { add("result", false, "What was drawn cannot be recomputed from this bundle."); return done(); }
  const seed = sha256(join(...[utf8("tombola/seed/1"), unhex(c.root), reveals.fallback ? new Uint8Array() : unhex(reveals.secret), ...values].map(prefixed)));
  add("seed", b.result.seed === hex(seed) && b.result.fallback === reveals.fallback, "The seed follows from pool, secret and randomness.");
  const places = c.prizes.flatMap((p, i) => Array(Number(p.winners)).fill(String(i + 1)));
  const order = select(seed, pool, places.length + Number(c.backups));
  const rows = order.map(([tag, weight, k], i) => ({ rank: String(i + 1), tag, weight: String(weight), block: String(k), prize: places[i] || "0" }));
  add("winners", canonical(rows) === canonical(b.result.winners) && b.result.draw === c.draw, `${Math.min(places.length, order.length)} winners and the backups are those that the seed draws.`);
  add("result", one("result")?.body.result === hashOf(b.result), "The result is the one in the log.");
  return done(rows.map((r) => r.tag));
}
