// Keeps a list fresh while the page is looked at; what has not changed stays, and so does the focus.
(function () {
  "use strict";
  var box = document.getElementById("live");
  if (!box || !window.fetch) return;
  var from = box.dataset.from || "/console/live";
  var last = "";
  setInterval(function () {
    if (document.hidden) return;
    fetch(from).then(function (answer) {
      if (!answer.ok) throw new Error(String(answer.status));
      return answer.text();
    }).then(function (html) {
      if (html !== last) box.innerHTML = html;
      last = html;
    }).catch(function () {
      box.querySelector("p")?.setAttribute("data-stale", "");
    });
  }, 2000);
}());
