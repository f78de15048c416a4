/*
 * Tells Tombola what a visitor of this page has done. No dependencies, no cookies, no layout.
 *
 * The server bakes in where it lives and the campaign's key. Built by `build.sh` beside it. What a
 * page may call, and what each form of a call means, is told in docs/tracking.md; here stand only
 * the reasons that the code cannot show by itself.
 *
 * On the wire: POST /t, text/plain (so that no browser asks for permission first), JSON
 *   {v: visitor, k: [campaign key], e: [event], x: link token, i: number of this batch}
 *   event: [name] or [name, value], or [[text, text, …]] for a run of bare words whose meaning
 *   (name and value, or several names) only the server can tell, since it knows the names.
 * In the store, under one name: {v: visitor, q: [batch not yet answered]}.
 */
((window, document, host, key) => {
  const STORE = "tombola";
  const LONGEST = 10241; // one more than the server takes: it then knows that it was too long
  const KEEPALIVE_BELOW = 2e4; // browsers share 64 KiB among all requests that may outlive a page
  const PATIENCE_MS = 5e3;

  if (window.Tombola && window.Tombola.rescan) return window.Tombola.rescan(key);

  const keys = []; // campaigns of this page, in order of appearance
  const seen = []; // events of this page view, for campaigns whose script comes late
  const unlocked = {}; // names that the server has taken
  const events = []; // not yet in a batch
  const callbacks = []; // likewise
  let visitor; // set once consent is given, or not asked for
  let token; // of the link that led here
  let last; // callbacks of the newest batch, and its answer: for a callback that comes alone
  let warned;
  let store = {}; // stays in memory where the browser refuses storage

  /* Reads again before it writes: another tab of this site may have written. */
  const remember = (change) => {
    try {
      store = JSON.parse(localStorage[STORE]) || store;
    } catch (e) {}
    change((store.q = store.q || []));
    try {
      localStorage[STORE] = JSON.stringify(store);
    } catch (e) {}
  };

  const text = (value) => ("" + value).slice(0, LONGEST);

  /* Sorts the items of a push, or of a whole queue, into events and callbacks. */
  const sort = (items, loaded) => {
    let run = [];
    const close = () => {
      if (run[0] != null) events.push(run[1] == null || (loaded && !run[2]) ? run : [run]);
      run = [];
    };
    for (const item of items)
      try {
        if (typeof item == "function") {
          if (run[run.length - 1] == "callback") run.pop();
          callbacks.push(item);
        } else if (typeof item == "object") {
          close();
          const [name, value] = item || [];
          if (Array.isArray(name)) sort(item, loaded);
          else if (name == null || name === "") {
            if (!warned) console.warn("Tombola: push without a name");
            warned = 1;
          } else if (typeof value != "function") events.push(value == null ? [text(name)] : [text(name), text(value)]);
          else if (name == "callback") callbacks.push(value);
          else events.push([text(name)]);
        } else if (item != null) run.push(text(item));
      } catch (e) {} // one item that cannot be read takes no other with it
    close();
  };

  /* By a timer, so that what a page's callback throws stays the page's. */
  const answer = (waiting, error) => {
    waiting.answer = [error];
    for (const callback of waiting.splice(0)) setTimeout(callback, 0, error);
  };

  const post = (batch, waiting, wait) => {
    const body = JSON.stringify(batch);
    const retry = () => setTimeout(post, wait, batch, waiting, wait * 2);
    fetch(host + "/t", { method: "POST", body, keepalive: body.length < KEEPALIVE_BELOW, credentials: "omit" }).then(
      ({ ok, status }) => {
        if (status == 429 || status > 499) return retry();
        remember((queue) => (store.q = queue.filter(({ i }) => i != batch.i)));
        if (ok) for (const [name] of batch.e) unlocked[[].concat(name)[0]] = 1;
        answer(waiting, ok ? undefined : Error(status));
      },
      retry,
    );
  };

  const dispatch = (k, e) => {
    const batch = { v: visitor, k, e, x: token, i: Math.random() };
    const waiting = (last = callbacks.splice(0));
    remember((queue) => (store.q = queue.concat(batch).slice(-99)));
    setTimeout(answer, PATIENCE_MS, waiting, Error("time"));
    post(batch, waiting, 1e3);
  };

  const flush = () => {
    if (!visitor) return;
    if (events[0] || !last) {
      seen.push(...events);
      dispatch(keys.slice(), events.splice(0));
    } else {
      last.push(...callbacks.splice(0));
      if (last.answer) answer(last, last.answer[0]);
    }
  };

  const api = {
    push(...items) {
      try {
        sort(items, 1);
        flush();
      } catch (e) {} // a page may have replaced fetch, or worse; that is no reason to stop it
    },
    track: (name) => !!unlocked[name],
    data: () => ({ campaigns: keys, visitor }),
    openPopupCampaign() {},

    /* Finds the campaigns of this page; to those that are new, tells what has happened already. */
    rescan(more) {
      const fresh = [];
      for (const { src } of [{ src: `${host}/${more}/trk.js` }, ...document.scripts]) {
        const found = (src.split(host)[1] || "").match(/^\/(\w{5})\/(trk|ol|embed)\.js/);
        if (found && !keys.concat(fresh).includes(found[1])) fresh.push(found[1]);
      }
      keys.push(...fresh);
      if (fresh[0] && seen[0]) dispatch(fresh, seen);
    },
  };

  /* Takes over an array that served as the queue; whoever still holds it reaches us through it. */
  const drain = (queue) => {
    if (!Array.isArray(queue)) return;
    sort(queue.splice(0));
    queue.push = api.push;
    if (events[0] || callbacks[0]) flush();
  };

  const own = (name) => {
    const take = () => {
      const mine = !window[name] || Array.isArray(window[name]);
      drain(window[name]);
      if (mine) window[name] = api;
      return mine; // anything else of that name is the page's
    };
    if (!take()) return;
    try {
      // configurable, else a later `const Gleam` at top level is a SyntaxError of the page
      Object.defineProperty(window, name, { configurable: true, get: () => api, set: drain });
    } catch (e) {
      // a `var` of the page: no accessor is possible
      setInterval(take, 500);
      addEventListener("pagehide", take);
    }
  };

  ["Gleam", "Tombola", "gleam", "tombola"].map(own);
  try {
    drain(Gleam); // a `const` of the page is no property of window
  } catch (e) {}
  api.rescan(key);

  (window.tombolaConsent || ((go) => go()))(() => {
    if (visitor) return;
    remember(() => (visitor = store.v = store.v || crypto.getRandomValues(new Uint32Array(4)).join("-")));
    for (const batch of store.q) post(batch, [], 1e3);
    const search = location.search.replace(/([?&])xref=(\w{5}\.[\w.-]+)(&|$)/, (_, start, found, end) => {
      token = found;
      return end && start;
    });
    if (token) history.replaceState(history.state, "", location.pathname + search + location.hash);
    if (token || events[0] || callbacks[0]) flush();
  });
})(window, document, "{{host}}", "{{key}}");
