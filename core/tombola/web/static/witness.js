// Makes the fingerprint of a witness's phrase in the browser, so that the phrase itself stays there.

const part = document.querySelector("[data-tombola-witness]");
const phrase = document.querySelector("#w-phrase");
const commitment = document.querySelector("#w-commitment");
const bytes = (text) => new TextEncoder().encode(text);

function prefixed(text) {
  const said = bytes(text);
  const all = new Uint8Array(4 + said.length);
  new DataView(all.buffer).setUint32(0, said.length);
  all.set(said, 4);
  return all;
}

async function fingerprint(name, said) {
  const parts = [bytes("tombola/witness/1"), prefixed(name), prefixed(said)];
  const all = new Uint8Array(await new Blob(parts).arrayBuffer());
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", all));
  return [...digest].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

// Browsers make fingerprints on secure pages only; elsewhere the field is filled in by hand.
if (part && globalThis.crypto?.subtle) {
  part.hidden = false;
  phrase.addEventListener("input", async () => {
    const long = phrase.value.length >= phrase.minLength;
    commitment.value = long ? await fingerprint(part.dataset.tombolaWitness, phrase.value) : "";
  });
}
