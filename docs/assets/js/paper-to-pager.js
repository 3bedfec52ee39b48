/* Paper to Pager. The site reads without this file; it adds six comforts. */
(function () {
  "use strict";
  var each = function (selector, act) { document.querySelectorAll(selector).forEach(act); };
  var input = document.querySelector(".md-search__input");

  /* 1. Search on demand: the bundle of the theme with its worker and the index come when a reader reaches for them. */
  var reached = false;
  function reach() {
    if (reached) return;
    reached = true;
    /* The theme takes each alternate for a translation with a sitemap beside it. Ours is the page as Markdown. */
    each("link[rel=alternate]", function (link) { link.remove(); });
    var script = document.createElement("script");
    script.src = document.getElementById("p2p-bundle").content.querySelector("script").getAttribute("src");
    /* The bundle starts when the document is ready, which it was long ago: say so again. It closes the search when
       it meets an anchor in the address: show it none. */
    var address = location.href;
    if (location.hash) history.replaceState(history.state, "", location.pathname + location.search);
    script.onload = script.onerror = function (event) {
      if (event.type === "load") document.dispatchEvent(new Event("DOMContentLoaded"));
      if (!location.hash) history.replaceState(history.state, "", address);
    };
    document.body.append(script);
  }
  /* The words of a reader become what the worker of the theme can rank. Small words go: as a prefix, "who" finds "whole".
     An ending goes, so that "retraining" finds "retrain"; a word that begins no word of the index may be misspelt. */
  var small = /^(a|about|an|and|are|at|be|by|can|did|do|does|for|from|has|have|how|i|in|is|it|its|many|much|my|need|no|not|of|on|or|our|should|so|the|there|this|to|too|was|we|were|what|when|where|which|who|whom|why|will|with|you|your)$/;
  var ending = /(ations?|at(ing|ed|es?)|ions?|ings?|ments?|ies|ied|ed|es|ly|s|y|e)$/;
  var known = new Set();
  function learn(index) {
    index.docs.forEach(function (doc) {
      [doc.title, doc.keywords, doc.text].join(" ").toLowerCase().split(/[^\p{L}\p{N}]+/u).forEach(known.add, known);
    });
  }
  function asked(text) {
    var words = text.toLowerCase().split(/[^\p{L}\p{N}]+/u).filter(Boolean);
    var telling = words.filter(function (word) { return !small.test(word); });
    return (telling.length ? telling : words).map(function (word) {
      var stem = word.replace(ending, "").replace(/([bdgklmnprt])\1$/, "$1");
      if (stem.length < 4) stem = word;
      if (word.length > 4 && !Array.from(known).some(function (other) { return other.startsWith(stem); })) {
        return word + (word.length < 8 ? "~1" : "~2");
      }
      return stem === word ? word + "^3 " + word : stem + "*^2";
    }).join(" ");
  }
  var post = Worker.prototype.postMessage;
  Worker.prototype.postMessage = function (message) {
    if (message && message.type === 0) learn(message.data);
    if (message && message.type === 2) message = { type: 2, data: asked(String(message.data)) };
    post.call(this, message);
  };
  ["focusin", "pointerover", "touchstart"].forEach(function (type) {
    document.addEventListener(type, function (event) {
      if (event.target.closest && event.target.closest(".md-search, [data-p2p-opens=__search]")) reach();
    }, { passive: true });
  });
  document.addEventListener("keydown", function (event) {
    if (event.key !== "/" || reached || event.target.matches("input, textarea, select")) return;
    event.preventDefault();
    var button = document.querySelector("[data-p2p-opens=__search]");
    if (button.getClientRects().length) button.click();
    else input.focus();
  });
  if (new URLSearchParams(location.search).has("q")) reach();

  /* 2. Light and dark. */
  document.querySelector(".p2p-scheme").addEventListener("click", function () {
    var scheme = document.body.getAttribute("data-md-color-scheme") === "slate" ? "default" : "slate";
    document.body.setAttribute("data-md-color-scheme", scheme);
    try { localStorage.setItem("p2p-scheme", scheme); } catch (error) { /* it lasts for this page */ }
  });

  /* 3. Copy: the file as it is, or the commands without prompts and output. */
  function copied(code) {
    var copy = code.cloneNode(true);
    copy.querySelectorAll(".gp, .go, .gt").forEach(function (part) { part.remove(); });
    return copy.textContent;
  }
  function write(text) {
    if (navigator.clipboard) return navigator.clipboard.writeText(text);
    var area = document.createElement("textarea");
    area.value = text;
    document.body.append(area);
    area.select();
    var done = document.execCommand("copy");
    area.remove();
    return done ? Promise.resolve() : Promise.reject(new Error("no clipboard"));
  }
  var status = document.createElement("div");
  status.className = "p2p-hidden";
  status.setAttribute("role", "status");
  document.querySelector("main").append(status);
  each(".highlight pre > code", function (code) {
    if (code.closest(".language-text, .doc")) return;
    var button = document.createElement("button");
    button.type = "button";
    button.className = "p2p-copy";
    button.textContent = "Copy";
    button.setAttribute("aria-label", code.querySelector(".gp") ? "Copy the commands" : "Copy the code");
    button.addEventListener("click", function () {
      write(copied(code)).then(function () { return "Copied"; }, function () { return "Not copied"; }).then(function (word) {
        button.textContent = status.textContent = word;
        setTimeout(function () { button.textContent = "Copy"; status.textContent = ""; }, 2000);
      });
    });
    code.parentNode.append(button);
  });

  /* 4. What scrolls can be reached with the keyboard. */
  each(".md-typeset table:not([class])", function (table) {
    var box = document.createElement("div");
    box.className = "p2p-scroll";
    table.replaceWith(box);
    box.append(table);
  });
  function focusWhatScrolls() {
    each("pre > code, .p2p-scroll", function (box) {
      /* Measuring what is folded would lay it out, and fetch its fonts; it is measured when it opens. */
      if (box.closest("details:not([open])")) return;
      var scrolls = box.scrollWidth > box.clientWidth || box.scrollHeight > box.clientHeight + 1;
      var said = { tabindex: "0", role: "group", "aria-label": box.matches("code") ? "Code, scrolls" : "Table, scrolls" };
      Object.keys(said).forEach(function (key) {
        if (scrolls) box.setAttribute(key, said[key]);
        else box.removeAttribute(key);
      });
    });
  }
  focusWhatScrolls();
  ["resize", "load"].forEach(function (type) { addEventListener(type, focusWhatScrolls); });
  ["change", "toggle"].forEach(function (type) {
    document.addEventListener(type, function () { setTimeout(focusWhatScrolls); }, true);
  });

  /* 5. Menu and search on a small screen: real buttons, Escape closes the menu, focus goes along. */
  var drawer = document.getElementById("__drawer");
  each("[data-p2p-opens]", function (button) {
    var toggle = document.getElementById(button.dataset.p2pOpens);
    button.addEventListener("click", function () { toggle.click(); });
    toggle.addEventListener("change", function () {
      button.setAttribute("aria-expanded", String(toggle.checked));
      if (!button.getClientRects().length) return; /* a wide screen: the focus is where the reader put it */
      if (!toggle.checked) button.focus();
      else setTimeout(function () {
        if (toggle.checked) (toggle === drawer ? document.querySelector(".p2p-nav a") : input).focus();
      }, 50);
    });
  });
  document.addEventListener("keydown", function (event) {
    if (event.key === "Escape" && drawer.checked) drawer.click();
  });

  /* 6. Where you are on the page; on paper, open answers and addresses behind the links. */
  var places = [];
  each(".p2p-toc a", function (link) {
    var heading = document.getElementById(decodeURIComponent(link.hash.slice(1)));
    if (heading) places.push([heading, link]);
  });
  var waiting = false;
  function follow() {
    waiting = false;
    var here = places.filter(function (place) { return place[0].getClientRects().length && place[0].getBoundingClientRect().top < 120; }).pop();
    places.forEach(function (place) {
      if (place === here) place[1].setAttribute("aria-current", "location");
      else place[1].removeAttribute("aria-current");
    });
  }
  if (places.length) {
    addEventListener("scroll", function () {
      if (!waiting) requestAnimationFrame(follow);
      waiting = true;
    }, { passive: true });
  }
  addEventListener("beforeprint", function () {
    each("details", function (answer) { answer.open = true; });
    each(".md-content a[href]", function (link) {
      if (link.host === location.host && link.pathname !== location.pathname) link.dataset.path = link.pathname + link.hash;
    });
  });
})();
