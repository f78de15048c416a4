/*
 * Puts the widget into pages of other sites: inline, or in an overlay behind a tab. Follows trk.js
 * in embed.js, ol.js and e.js and shares its queue and its consent; all three on one page share the
 * first one's places. docs/tracking.md tells what a page may say.
 *
 * With the widget's frame it speaks by postMessage, both ends checking origin and window:
 *   to the frame    "tombola!"                     whose page this is
 *   from the frame  {tombola: "height", height}    CSS pixels
 *                   {tombola: "close"}             Escape was pressed inside
 *                   {tombola: "loaded" | "entered", name, action: {id, title}}
 */
((window, document, host, kind, key, words) => {
  const QUIET_MS = 5e3; // a frame that says nothing for so long is given a link beside it
  const SCANS_MS = 50; // pages that change a lot are looked at this seldom
  const KEY = /\/([0-9A-Za-z]{5})(?:\/|$)|\/competitions\/([0-9A-Za-z]{5})-/; // the latter is an old form
  const LOOK = `
    :host{all:initial}
    *{box-sizing:border-box}
    button{font:700 1rem/1.2 system-ui,-apple-system,"Segoe UI",Roboto,sans-serif;cursor:pointer;border:0}
    button:focus-visible{outline:3px solid #fff;outline-offset:-5px;box-shadow:0 0 0 3px #b3311f}
    .tab{position:fixed;z-index:2147483000;inset-block-end:calc(1rem + env(safe-area-inset-bottom) + var(--row,0)*4rem);inset-inline-end:1rem;
      display:flex;align-items:center;gap:.6rem;max-width:min(19rem,calc(100vw - 2rem));min-height:3.1rem;padding:.65rem 1.25rem .65rem 1rem;
      border-radius:99px;background:#b3311f;color:#fff;box-shadow:0 2px 5px rgb(60 20 10/25%),0 10px 26px rgb(60 20 10/28%);text-align:start}
    .tab:hover{background:#8a2114}
    .tab span{overflow:hidden;text-overflow:ellipsis;white-space:nowrap}
    .tab svg{flex:none}
    .tab.left{left:1rem;right:auto}
    .tab.right{right:1rem;left:auto}
    .tab.top{inset-block:calc(1rem + var(--row,0)*4rem) auto}
    .tab.middle{inset-block:calc(50% - 1.5rem + var(--row,0)*4rem) auto}
    dialog{border:0;padding:0;overflow:hidden;width:min(44rem,calc(100vw - 2rem));height:min(56rem,calc(100dvh - 3rem));max-width:none;max-height:none;
      border-radius:22px;background:#f8f6f3;box-shadow:0 24px 80px rgb(30 10 5/45%)}
    dialog[open]{display:grid;grid-template-rows:1fr}
    dialog::backdrop{background:rgb(32 20 15/62%)}
    iframe{border:0;width:100%;height:100%;display:block}
    .close{position:absolute;inset-block-start:.7rem;inset-inline-end:.7rem;z-index:1;width:2.75rem;height:2.75rem;padding:0;border-radius:50%;
      background:#2a211d;color:#fff;display:grid;place-items:center;box-shadow:0 1px 4px rgb(30 10 5/35%)}
    .close:hover{background:#000}
    .wait{position:absolute;inset:0;display:grid;place-items:center;font:1rem system-ui,sans-serif;color:#685a51;margin:0}
    @media (prefers-color-scheme:dark){dialog{background:#151210}.wait{color:#bfb1a5}.close{background:#f3e9e0;color:#181412}.close:hover{background:#fff}}
    @media (max-width:36rem){dialog{width:100vw;height:calc(100dvh - 1.5rem);margin-block-end:0;border-radius:22px 22px 0 0}}
    @media (prefers-reduced-motion:no-preference){dialog[open]{animation:in .22s ease-out}@keyframes in{from{transform:translateY(1.5rem);opacity:0}}}`;

  const api = [window.Tombola, window.Gleam].find((each) => each?.agreed);
  const script = document.currentScript;
  if (!api) return;
  if (api.place) return api.place(kind, key, words, script);

  const boxes = new Map(); // what stands for the widget in the page → its box
  const frames = new Map(); // frame → what to do with its messages
  const inline = new Map(); // key → [words, script] of each embed.js
  const overlays = new Map(); // key → {host, open}
  let loader; // words of e.js, once it is here
  let due;

  const make = (name, style, text = "") => {
    const made = document.createElement(name);
    Object.assign(made.style, style); // by hand: no content policy forbids that
    made.textContent = text;
    return made;
  };

  /* A frame with the widget, which loads when it is put into the page. */
  const framed = (of, told, heard, { lang, theme }) => {
    const frame = make("iframe");
    const schemes = getComputedStyle(document.documentElement).colorScheme + document.querySelector("meta[name=color-scheme]")?.content;
    // A page that says nothing is light, whatever its visitor's other pages are.
    frame.name = "tombola-" + (theme || (schemes.includes("dark") ? "any" : "light"));
    const quiet = () => setTimeout(() => frames.get(frame).spoke || heard({ tombola: "quiet" }), QUIET_MS);
    frames.set(frame, { of, heard });
    frame.title = told.title;
    frame.allow = "clipboard-write";
    frame.src = `${host}/${of}/embed${lang ? "?lang=" + encodeURIComponent(lang) : ""}`;
    frame.addEventListener("load", () => {
      // A frame that was refused is no page of ours, and hears nothing; nor does one without an
      // origin, which it has from a page without one.
      if (window.origin != "null") frame.contentWindow?.postMessage("tombola!", host);
      quiet();
    });
    return frame;
  };

  /* For frames that the page's policy refuses, or that have no scripts. */
  const wayOut = (of, told) => {
    const link = make("a", { color: "inherit" }, told.title);
    link.href = `${host}/${of}`;
    link.target = "_blank";
    link.rel = "noopener";
    return link;
  };

  const tell = (frame, type, of, { name, action }) => {
    const detail = { type, campaign: { key: of, name } };
    if (action) detail.action = { id: action.id, title: action.title };
    frame.dispatchEvent(new CustomEvent("tombola", { detail, bubbles: true, composed: true }));
    const hear = window.onGleamEvent;
    if (typeof hear == "function") setTimeout(() => hear(detail)); // as in trk.js, without arguments
  };

  const isText = (text) => typeof text == "string";

  window.addEventListener("message", ({ data, origin, source }) => {
    if (origin != host || !source || !data) return;
    for (const [frame, place] of frames) {
      if (frame.contentWindow != source) continue;
      const { tombola, height, name, action } = data;
      place.spoke = 1;
      if (tombola == "height" ? height > 0 && height < 1e5 : tombola == "close") place.heard(data);
      else if (isText(name) && (tombola == "loaded" || (tombola == "entered" && isText(action?.id) && isText(action.title)))) {
        place.heard(data);
        tell(frame, tombola, place.of, data);
      }
    }
  });

  /* Puts the widget before or after `spot`, or into it, and ties it to `spot`. */
  const fill = (spot, how, of, told) => {
    const old = boxes.get(spot);
    if (old?.of == of && old.box.isConnected) return;
    old?.box.remove();
    const scrolls = spot.classList.contains("allow-scroll");
    const box = make("div", { position: "relative", width: "100%", minHeight: "4rem" });
    const wait = make("p", { margin: "0", padding: "1.2rem 0", font: "1rem system-ui,sans-serif", textAlign: "center" }, spot.dataset.loadingText || told.loading);
    const frame = framed(
      of,
      told,
      ({ tombola, height }) => {
        if (tombola == "quiet") wait.replaceChildren(wayOut(of, told));
        else wait.remove();
        if (tombola == "height" && !scrolls) frame.style.height = height + "px";
      },
      { lang: spot.dataset.lang, theme: /\be-(dark|light)\b/.exec(spot.className)?.[1] },
    );
    Object.assign(frame.style, { border: 0, borderRadius: "18px", display: "block", width: "100%", height: (scrolls && spot.dataset.height) || "600px" });
    wait.setAttribute("role", "status");
    boxes.set(spot, { of, box, frame });
    spot[how](box);
    if (spot.matches("a")) spot.style.display = "none";
    const show = () => frame.isConnected || (button.remove(), box.append(wait, frame));
    const button = make(
      "button",
      { font: "700 1rem system-ui,sans-serif", padding: ".8rem 1.5rem", border: "0", borderRadius: "99px", background: "#b3311f", color: "#fff", cursor: "pointer" },
      told.show,
    );
    button.type = "button";
    button.onclick = show; // who asks for the widget agrees to it
    if (window.tombolaConsent) box.append(button);
    api.agreed.then(show);
  };

  /* The overlay of a campaign, with its tab if it has one. */
  const cover = (of, told, options = {}) => {
    const known = overlays.get(of);
    if (known) return known;
    const place = make("div");
    const root = place.attachShadow({ mode: "open" });
    const look = new CSSStyleSheet(); // no content policy forbids that either
    look.replaceSync(LOOK);
    root.adoptedStyleSheets = [look];
    const dialog = make("dialog");
    const close = make("button", {}, "\u2715");
    const wait = make("p", {}, told.loading);
    let frame;
    place.lang = told.lang;
    place.dir = told.dir;
    dialog.setAttribute("aria-label", told.title);
    close.className = "close";
    close.type = "button";
    close.setAttribute("aria-label", told.close);
    wait.className = "wait";
    wait.setAttribute("role", "status");
    dialog.append(close, wait);
    root.append(dialog);
    close.onclick = () => dialog.close();
    dialog.onclick = (event) => event.target == dialog && dialog.close(); // beside it
    const page = document.documentElement.style;
    let overflow; // of the page, while it must not scroll behind
    dialog.onclose = () => {
      if (dialog.open) return; // opened again before the news came
      page.overflow = overflow;
      overflow = undefined;
    };
    const open = () => {
      if (dialog.open) return;
      if (!place.isConnected) document.body.append(place);
      if (!frame) {
        frame = framed(of, told, ({ tombola }) => (tombola == "close" ? dialog.close() : tombola == "quiet" ? wait.replaceChildren(wayOut(of, told)) : wait.remove()), { lang: options.lang, theme: options.theme || "any" });
        dialog.append(frame);
      }
      overflow ??= page.overflow;
      page.overflow = "hidden";
      dialog.showModal();
    };
    if (kind && options.tab != "none" && !told.over) {
      const tab = make("button");
      const name = make("span", {}, options.label || told.tab);
      const icon = document.createElementNS("http://www.w3.org/2000/svg", "svg");
      const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
      for (const [each, value] of Object.entries({ viewBox: "0 0 24 24", width: 24, height: 24, fill: "none", stroke: "currentColor", "stroke-width": 2, "stroke-linejoin": "round", "aria-hidden": "true" }))
        icon.setAttribute(each, value);
      path.setAttribute("d", "M3 6h18v4a2 2 0 0 0 0 4v4H3v-4a2 2 0 0 0 0-4zM14 6v2m0 3v2m0 3v2");
      icon.append(path);
      tab.type = "button";
      tab.className = "tab " + (options.position || "");
      tab.setAttribute("aria-haspopup", "dialog");
      tab.append(icon, name);
      tab.onclick = open;
      root.prepend(tab);
    }
    place.style.setProperty("--row", overlays.size);
    const overlay = { place, open };
    overlays.set(of, overlay);
    return overlay;
  };

  /* Brings the page and its places together; run whenever the page has changed. */
  const scan = () => {
    due = 0;
    if (!document.body) return;
    const found = [];
    if (loader)
      for (const link of document.querySelectorAll("a.e-gleam,a.e-widget")) {
        const [, now, once] = KEY.exec(link.pathname) || [];
        if (now || once) found.push([link, now || once]);
      }
    if (found[0]) api.rescan(...found.map(([, of]) => of));
    for (const [link, of] of found) fill(link, "after", of, { ...loader, title: link.textContent.trim() || loader.title });
    for (const [of, [told, from]] of inline) {
      const spots = [...document.querySelectorAll("div.e-widget")].filter((each) => [undefined, of].includes(each.dataset.key));
      const spot = spots.find((each) => boxes.get(each)?.of == of) || spots.find((each) => !boxes.has(each));
      if (spot) fill(spot, "append", of, told);
      else if (document.body.contains(from)) fill(from, "after", of, told);
      else if (document.readyState != "loading" && ![...boxes.values()].some((each) => each.of == of)) fill(document.body, "append", of, told);
    }
    for (const [spot, { box, frame }] of boxes)
      if (!spot.isConnected) {
        box.remove();
        boxes.delete(spot);
        frames.delete(frame);
      }
    for (const { place } of overlays.values()) if (!place.isConnected) document.body.append(place);
  };

  api.place = (what, of, told, from) => {
    if (what == "e") loader ||= told;
    else if (!told.title) return; // no such campaign
    else if (what == "embed") inline.set(of, [told, from]);
    else {
      const { open } = cover(of, told, { ...from?.dataset });
      if (/^#(gleam|tombola)$/.test(location.hash)) document.body ? open() : document.addEventListener("DOMContentLoaded", open);
    }
    scan();
  };

  api.openPopupCampaign = (of) => {
    const asked = overlays.get(of) || [...overlays.values()][0];
    const first = api.data().campaigns[0];
    if (asked) asked.open();
    else if (first) cover(first, words, { tab: "none" }).open();
  };

  api.place(kind, key, words, script);
  new MutationObserver(() => (due ||= setTimeout(scan, SCANS_MS))).observe(document, { childList: true, subtree: true, attributeFilter: ["href", "class"] });
  document.addEventListener("DOMContentLoaded", scan);
})(window, document, "{{host}}", "{{kind}}", "{{key}}", "{{words}}");
