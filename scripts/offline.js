/* In the copy that reads without a network, and nowhere else. From file:// a browser runs no modules and no workers:
   the review and the search need a server, and their places say so. */
(function () {
  "use strict";
  var own = document.currentScript;
  if (location.protocol !== "file:") {
    if (!own.dataset.module) return;
    var script = document.createElement("script");
    script.type = "module";
    script.src = own.dataset.module;
    document.body.append(script);
    return;
  }
  function why(text) {
    var link = document.createElement("a");
    link.href = new URL("../../about/index.html#without-a-network", own.src).href;
    link.textContent = text;
    return link;
  }
  document.querySelectorAll(".md-search, [data-p2p-opens=__search]").forEach(function (part) { part.hidden = true; });
  var place = document.createElement("p");
  place.className = "p2p-unserved";
  place.append(why("No search here"));
  document.querySelector(".md-header__inner").append(place);
  if (!own.dataset.module) return;
  var note = document.createElement("p");
  note.append("The fields are missing in a page that is opened as a file. The questions stand below; on paper they work as well. ",
    why("How to get the fields"));
  var review = document.getElementById("review");
  review.classList.add("p2p-review--failed"); /* shows the questions */
  review.prepend(note);
})();
