/*
 * What the widget does while it stands in another site's page: it grows with its content, looks as
 * the page wants it, tells the page what has happened, and says what to do where the browser lets
 * it keep nothing.
 *
 * It speaks only after the page's script has said "tombola!", to the origin that said it, and hears
 * nothing but that. place.js and trk.js hold the other end.
 */
(() => {
  const ASKS_MS = [0, 500, 2e3, 6e3]; // the page's script may come after the frame
  const isOpaque = self.origin === "null"; // a sandbox without allow-same-origin, or opened by one

  /* The page around chose light or dark when it named the frame: its visitors' browsers did not. */
  const theme = /^tombola-(light|dark)$/.exec(window.name)?.[1];
  if (theme) {
    document.documentElement.style.colorScheme = theme;
    // Without an origin nobody may read a style's rules: then the visitor's own choice stays.
    for (const { cssRules } of isOpaque ? [] : document.styleSheets)
      for (const { media } of cssRules)
        if (media?.mediaText.includes("prefers-color-scheme: dark")) media.mediaText = theme === "dark" ? "all" : "not all";
  }

  if (isOpaque) {
    const alone = document.getElementById("alone");
    document.getElementById("main").prepend(alone);
    alone.hidden = false;
    // Forms would only be refused.
    for (const form of document.forms) (form.closest("section.join") || form).style.display = "none";
  }
  if (window.parent === window || isOpaque) return;

  const key = location.pathname.slice(1, 6);
  const panel = () => document.getElementById("panel");
  const isKnown = () => !!panel().dataset.who;
  let site; // origin of the page around, once it has said so
  let before; // Map of a card's id to its state
  let known;

  const send = (data) => site && window.parent.postMessage(data, site);

  const size = () => send({ tombola: "height", height: Math.ceil(document.documentElement.getBoundingClientRect().height) });

  /* Lets the page's visitor stand for the one that the widget knows. */
  const link = async () => {
    try {
      const answer = await fetch(`/w/${key}/link?frame=1`, { method: "POST" });
      if (answer.status === 200) send(await answer.json());
    } catch {} // away for a moment: the page's visitor stays unknown until the next time
  };

  const states = () => new Map([...document.querySelectorAll(".card[data-state]")].map((card) => [card.id, card.dataset.state]));

  /* "done:3": what the card shows, and what it has brought. */
  const hasEntered = (then, now) => {
    if (then === undefined) return false;
    const [was, earned] = then.split(":");
    const [is, more] = now.split(":");
    return Number(more) > Number(earned) || (was === "open" && /^(done|tomorrow|next hour)$/.test(is));
  };

  const look = () => {
    const now = states();
    // Who has just come in brings what was done before, which is no news.
    if (known && isKnown())
      for (const [id, state] of now)
        if (hasEntered(before.get(id), state))
          send({ tombola: "entered", name: document.title, action: { id: id.slice(2), title: document.querySelector(`#${id} h3`).textContent.trim() } });
    if (site && isKnown() && !known) link();
    known = isKnown();
    before = now;
  };

  addEventListener("message", ({ data, origin, source }) => {
    if (data !== "tombola!" || source !== window.parent || site) return;
    site = origin;
    size();
    send({ tombola: "loaded", name: document.title });
    if (known) link();
  });

  document.addEventListener("keydown", ({ key: pressed }) => pressed === "Escape" && send({ tombola: "close" }));

  look();
  new MutationObserver(look).observe(document.body, { childList: true, subtree: true, attributeFilter: ["data-state", "data-who"] });
  new ResizeObserver(size).observe(document.body);
  for (const wait of ASKS_MS) setTimeout(() => site || window.parent.postMessage("tombola?", "*"), wait);
})();
