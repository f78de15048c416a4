// Puts style and script into the page, and their hashes into its policy, which lets nothing else in.
const { createHash } = require("node:crypto");
const { readFileSync } = require("node:fs");

const [page, style, script] = process.argv.slice(2).map((name) => readFileSync(name, "utf8").trim());
const safe = script.replaceAll("</script", "<\\/script"); // a script must not hold its own end tag
const hash = (text) => `sha256-${createHash("sha256").update(text).digest("base64")}`;
const filled = page
  .replace("SCRIPT_HASH", hash(safe))
  .replace("STYLE_HASH", hash(style))
  .replace("/*STYLE*/", () => style)
  .replace("/*SCRIPT*/", () => safe);
process.stdout.write(`${filled}\n`);
