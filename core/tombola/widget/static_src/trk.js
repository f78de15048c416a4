/*
 * Tells Tombola what a visitor of this page has done. No dependencies, no cookies, no layout.
 *
 * The server bakes in where it lives and the campaign's key ("" in e.js, which finds its campaigns
 * later). Built by `build.sh` beside it. What a page may call, and what each form of a call means,
 * is told in docs/tracking.md; here stand only the reasons that the code cannot show by itself.
 *
 * On the wire: POST /t, text/plain (so that no browser asks for permission first), JSON
 *   {v: visitor, k: [campaign key], e: [event], x: link token, i: number of this batch}
 *   event: [name], [name, value] or [name, value or "", signature], or [[text, text, …]] for a run
 *   of bare words whose meaning (name and value, or several names) only the server can tell, since
 *   it knows the names.
 * In the store, under one name: {v: visitor, q: [batch not yet answered]}.
 * With a frame of ours on this page: it asks "tombola?" and learns from our "tombola!" whose page
 * this is; if it knows the browser it gives {link: token}.
 */
((window, document, host, key) => {
  const LONGEST = 10241; // one more than the server takes: it then knows that it was too long
  const KEEPALIVE_BELOW = 2e4; // browsers share 64 KiB among all requests that may outlive a page
  const PATIENCE_MS = 5e3;

  if (window.Tombola?.rescan) return window.Tombola.rescan(key);

  const keys = []; // campaigns of this page, in order of appearance
  const seen = []; // events of this page view, for campaigns whose script comes late
  const unlocked = {}; // names that the server has taken
  const events = []; // not yet in a batch
  const callbacks = []; // likewise
  const agreed = new Promise((go) => (window.tombolaConsent || ((hook) => hook()))(go));
  let visitor; // set once consent is given, or not asked for
  let token; // of the link that led here, or of the widget's frame; sent once
  let last; // of the newest batch, for callbacks: the promise of an error or of nothing
  let warned;
  let store = {}; // stays in memory where the browser refuses storage

  /* Of raw values: some libraries of pages give each array a toJSON that makes a text of it. */
  const json = (value) =>
    JSON.stringify(value, function (name) {
      return this[name];
    });

  /* Reads again before it writes: another tab of this site may have written. What is not ours is no store. */
  const remember = (change) => {
    try {
      const kept = JSON.parse(localStorage.tombola);
      if (/^[\d-]{9,}$/.test(kept.v) && kept.q.every(({ k }) => k[0])) store = kept;
    } catch {}
    store.q = change(store.q || []);
    try {
      localStorage.tombola = json(store);
    } catch {}
  };

  const text = (value) => (value == null || typeof value == "function" ? "" : ("" + value).slice(0, LONGEST));

  /* Sorts the items of a push, or of a whole queue, into events and callbacks. */
  const sort = (items, loaded) => {
    let run = [];
    const close = () => {
      if (run[0]) events.push(!run[1] || (loaded && !run[2]) ? run : [run]);
      run = [];
    };
    for (const item of items)
      try {
        if (typeof item == "function") {
          if (run.at(-1) == "callback") run.pop();
          callbacks.push(item);
        } else if (typeof item == "object") {
          close();
          const [name, value, signature] = item;
          if (Array.isArray(name)) sort(item, loaded);
          else if (name == "callback" && typeof value == "function") callbacks.push(value);
          else {
            const words = [name, value, signature].map(text);
            if (!words[2]) words.length = words[1] ? 2 : 1;
            if (words[0]) events.push(words);
            else warned ||= !console.warn("Tombola: push without a name");
          }
        } else if (item != null) run.push(text(item));
      } catch {} // one item that cannot be read takes no other with it
    close();
  };

  const post = async (batch, done, wait) => {
    try {
      const body = json(batch);
      const { ok, status } = await fetch(host + "/t", { method: "POST", body, keepalive: body.length < KEEPALIVE_BELOW });
      if (status == 429 || status > 499) throw 0;
      remember((queue) => queue.filter(({ i }) => i != batch.i));
      if (ok) for (const [name] of batch.e) unlocked[[].concat(name)[0]] = 1;
      done(ok ? undefined : Error(status));
    } catch {
      setTimeout(() => post(batch, done, wait * 2), wait); // no network, no room, or a fetch of the page's own
    }
  };

  /* A link's token is good for one campaign, whose script may come after another's. */
  const leads = (k) => k.includes(token?.slice(0, 5));

  const dispatch = (k, e) => {
    const batch = { v: visitor, k, e, i: Math.random() };
    if (leads(k)) {
      batch.x = token;
      token = undefined;
    }
    remember((queue) => queue.concat(batch).slice(-99));
    last = new Promise((done) => {
      setTimeout(() => done(Error("time")), PATIENCE_MS);
      post(batch, done, 1e3);
    });
  };

  const flush = () => {
    if (!visitor || !keys[0]) return;
    if (events[0] || leads(keys) || (callbacks[0] && !last)) {
      seen.push(...events);
      dispatch([...keys], events.splice(0));
    }
    // By a timer, so that what a page's callback throws stays the page's. No timer here is given
    // arguments: pages wrap setTimeout and lose them.
    for (const callback of callbacks.splice(0)) last.then((error) => setTimeout(() => callback(error)));
  };

  const api = {
    push(...items) {
      sort(items, 1);
      flush();
    },
    track: (name) => !!unlocked[name],
    data: () => ({ campaigns: keys, visitor }),
    openPopupCampaign() {},
    agreed,

    /* Finds the campaigns of this page; to those that are new, tells what has happened already. */
    rescan(...more) {
      const fresh = [];
      for (const { src } of document.scripts) more.push(src.split(host + "/")[1]);
      for (const path of more) {
        const found = /^(\w{5})(\/\w+\.js.*)?$/.exec(path)?.[1];
        if (found && !keys.includes(found)) fresh.push(found) && keys.push(found);
      }
      if (fresh[0] && seen[0]) dispatch(fresh, seen);
      flush();
    },
  };

  /* Takes over an array that served as the queue; whoever still holds it reaches us through it. */
  const drain = (queue) => {
    if (!Array.isArray(queue)) return;
    sort(queue.splice(0));
    queue.push = api.push;
    flush();
  };

  /* Makes the global names ours, and again where a page has reset, deleted or declared one. */
  const own = () => {
    for (const name of ["Gleam", "Tombola", "gleam", "tombola"])
      try {
        if (window[name] && !Array.isArray(window[name])) continue; // ours already, or the page's
        drain(window[name]);
        window[name] = api;
        // configurable, else a later `const Gleam` at top level is a SyntaxError of the page;
        // refused where the page has a `var`
        Object.defineProperty(window, name, { configurable: true, get: () => api, set: drain });
      } catch {}
  };

  own();
  setInterval(own, 500);
  addEventListener("pagehide", own);
  try {
    drain(Gleam); // a `const` of the page is no property of window
  } catch {}
  api.rescan(key);

  addEventListener("message", ({ data, origin, source }) => {
    if (origin != host || source?.parent != window) return;
    if (data == "tombola?") source.postMessage("tombola!", host);
    if (!/^\w{5}\.[\w.-]+$/.test(data?.link)) return;
    token = data.link;
    flush();
  });

  agreed.then(() => {
    remember((queue) => {
      visitor = store.v ||= crypto.getRandomValues(new Uint32Array(4)).join("-");
      return queue;
    });
    for (const batch of store.q) post(batch, text, 1e3);
    const rest = location.href.replace(/([?&])xref=(\w{5}\.[\w.-]+)(&|(?=#)|$)/, (_, start, found, end) => {
      token = found;
      return end && start;
    });
    try {
      if (token) history.replaceState(history.state, "", rest);
    } catch {} // an app's own, or a sandbox
    flush();
  });
})(window, document, "{{host}}", "{{key}}");
