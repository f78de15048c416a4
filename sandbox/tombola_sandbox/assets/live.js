// Keeps the list of calls and the state fresh while the page is looked at.
(function () {
  "use strict";
  var box = document.getElementById("live");
  if (!box || !window.fetch) return;
  setInterval(function () {
    if (document.hidden) return;
    fetch("/console/live").then(function (answer) {
      if (!answer.ok) throw new Error(String(answer.status));
      return answer.text();
    }).then(function (html) {
      box.innerHTML = html;
    }).catch(function () {
      box.querySelector("p")?.setAttribute("data-stale", "");
    });
  }, 2000);
}());
