// The bytes that are hashed, and the tree over them.
import { sha256 } from "@noble/hashes/sha2.js";

export const utf8 = (s) => new TextEncoder().encode(s);
export const hex = (b) => Array.from(b, (x) => x.toString(16).padStart(2, "0")).join("");
export const unhex = (s) => Uint8Array.from({ length: s.length / 2 }, (_, i) => parseInt(s.substr(i * 2, 2), 16));
export const join = (...parts) => {
  const out = new Uint8Array(parts.reduce((n, p) => n + p.length, 0));
  parts.reduce((at, p) => (out.set(p, at), at + p.length), 0);
  return out;
};
export const u64 = (n) => { const b = new Uint8Array(8); new DataView(b.buffer).setBigUint64(0, BigInt(n)); return b; };
export const prefixed = (b) => { const n = new Uint8Array(4); new DataView(n.buffer).setUint32(0, b.length); return join(n, b); };
export const number = (b) => b.reduce((n, x) => n * 256n + BigInt(x), 0n);
export const canonical = (v) => v === null || typeof v !== "object" ? JSON.stringify(v)
  : Array.isArray(v) ? `[${v.map(canonical).join(",")}]`
  : `{${Object.keys(v).sort().map((k) => `${JSON.stringify(k)}:${canonical(v[k])}`).join(",")}}`;
export const hashOf = (v) => hex(sha256(utf8(canonical(v))));
export const micros = (t) => BigInt(Date.parse(t.slice(0, 19) + "Z")) * 1000n + BigInt(t.slice(20, 26));

export const leaf = (tag, weight) => sha256(join(Uint8Array.of(0), tag, u64(weight)));
export const node = (l, r) => [sha256(join(Uint8Array.of(1), l[0], u64(l[1]), r[0], u64(r[1]))), l[1] + r[1]];
export function root(level) {
  while (level.length > 1) {
    const up = [];
    for (let i = 0; i + 1 < level.length; i += 2) up.push(node(level[i], level[i + 1]));
    if (level.length % 2) up.push(level[level.length - 1]);
    level = up;
  }
  return level[0];
}

export function inclusionTrouble(mine) {
  const tag = sha256(join(utf8("tombola/entrant/1"), unhex(mine.salt), utf8(mine.subject)));
  if (mine.salt.length !== 32 || hex(tag) !== mine.tag) return "The tag is not that of this name and salt.";
  let at = [leaf(tag, mine.weight), BigInt(mine.weight)];
  for (const [side, hash, weight] of mine.path) {
    const beside = [unhex(hash), BigInt(weight)];
    if (side !== "left" && side !== "right") return "A neighbour is neither left nor right.";
    at = side === "left" ? node(beside, at) : node(at, beside);
  }
  return hex(at[0]) === mine.root && String(at[1]) === mine.total ? null : "The way from this person does not lead to the root.";
}
