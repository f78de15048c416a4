// The bytes that are hashed, and the tree over them.
import { sha256 } from "@noble/hashes/sha2.js";

export const utf8 = (s) => new TextEncoder().encode(s);
export const hex = (b) => Array.from(b, (x) => x.toString(16).padStart(2, "0")).join("");
const digit = (code) => (code < 58 ? code - 48 : code - 87); // 0-9, a-f
export function unhex(s) {
  const out = new Uint8Array(s.length / 2);
  for (let i = 0; i < out.length; i++) out[i] = digit(s.charCodeAt(2 * i)) * 16 + digit(s.charCodeAt(2 * i + 1));
  return out;
}
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

// Both are filled again and again: a pool of a million takes two million hashes.
const leafBytes = new Uint8Array(41), leafNumbers = new DataView(leafBytes.buffer);
const nodeBytes = new Uint8Array(81), nodeNumbers = new DataView(nodeBytes.buffer);
nodeBytes[0] = 1;
export function leaf(tag, weight) {
  leafBytes.set(tag, 1);
  leafNumbers.setBigUint64(33, BigInt(weight));
  return sha256(leafBytes);
}
export function node(l, r) {
  nodeBytes.set(l[0], 1);
  nodeNumbers.setBigUint64(33, l[1]);
  nodeBytes.set(r[0], 41);
  nodeNumbers.setBigUint64(73, r[1]);
  return [sha256(nodeBytes), l[1] + r[1]];
}
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
