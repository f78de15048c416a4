// Puts style and script into the page. A script must not hold its own end tag.
const { readFileSync } = require("node:fs");

const [page, style, script] = process.argv.slice(2).map((name) => readFileSync(name, "utf8").trim());
const safe = script.replaceAll("</script", "<\\/script");
const filled = page.replace("/*STYLE*/", () => style).replace("/*SCRIPT*/", () => safe);
process.stdout.write(`${filled}\n`);
