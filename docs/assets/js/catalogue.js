/* The filter of the snippet catalogue. The facts stand in the link of each row; the choice stands in the address. */
(function () {
  "use strict";
  var form = document.querySelector(".p2p-filter");
  var status = form.querySelector("[role=status]");
  var clear = form.querySelector("[type=reset]");
  var controls = Array.from(form.querySelectorAll("input, select"));
  var areas = Array.from(document.querySelectorAll(".p2p-catalogue"));
  var ladder = Array.from(form.elements.needs.options, function (option) { return option.value; }).slice(1).concat("other");
  var small = /^(a|an|and|are|can|do|does|for|how|i|in|is|it|my|of|on|or|the|to|what|which|who|with)$/;

  var rows = [];
  areas.forEach(function (area) {
    area.querySelectorAll("tbody tr").forEach(function (row) {
      var facts = row.querySelector("a").dataset;
      rows.push({ row: row, area: area, facts: facts, text: (row.textContent + " " + facts.words).toLowerCase() });
    });
  });

  function fits(one, name, value) {
    if (!value) return true;
    if (name === "find") {
      return value.toLowerCase().split(/[\s,?]+/).every(function (word) { return small.test(word) || one.text.includes(word); });
    }
    if (name === "needs") return ladder.indexOf(one.facts.needs) <= ladder.indexOf(value);
    return one.facts[name] === value || (one.facts[name] === "either" && !(name === "arrives" && value === "none"));
  }
  /* The rows that fit every choice, or every choice but one. */
  function fitting(without) {
    return rows.filter(function (one) {
      return controls.every(function (control) { return control === without || fits(one, control.name, control.value.trim()); });
    });
  }
  function said(control) {
    var label = control.parentNode.firstChild.textContent.trim();
    var value = control.tagName === "SELECT" ? control.selectedOptions[0].textContent : "“" + control.value.trim() + "”";
    return label + ": " + value;
  }

  function count(number) { return number + (number === 1 ? " file" : " files"); }
  function offer() {
    var chosen = controls.filter(function (control) { return control.value.trim(); });
    var helpful = chosen.filter(function (control) { return fitting(control).length; });
    status.textContent = helpful.length ? "No file fits all of it. Drop one: " : "No file fits, whichever one you drop.";
    helpful.forEach(function (control) {
      var button = document.createElement("button");
      button.type = "button";
      button.textContent = said(control) + " (then " + count(fitting(control).length) + ")";
      button.addEventListener("click", function () {
        control.value = "";
        show();
        control.focus();
      });
      status.append(button, " ");
    });
  }

  function show() {
    var found = fitting();
    var shown = new Set(found.map(function (one) { return one.row; }));
    rows.forEach(function (one) { one.row.hidden = !shown.has(one.row); });
    areas.forEach(function (area) {
      var link = document.querySelector(".p2p-toc a[href='#" + area.querySelector("h2").id + "']");
      area.hidden = link.parentNode.hidden = !found.some(function (one) { return one.area === area; });
    });
    clear.hidden = !controls.some(function (control) { return control.value.trim(); });
    if (found.length) status.textContent = found.length === rows.length ? count(rows.length) : found.length + " of " + count(rows.length);
    else offer();
    var address = new URL(location.href);
    controls.forEach(function (control) {
      if (control.value.trim()) address.searchParams.set(control.name, control.value.trim());
      else address.searchParams.delete(control.name);
    });
    if (address.href !== location.href) history.replaceState(history.state, "", address);
  }

  var asked = new URLSearchParams(location.search);
  controls.forEach(function (control) {
    control.value = asked.get(control.name) || "";
    if (control.selectedIndex === -1) control.value = "";
  });
  show();
  var waiting;
  form.addEventListener("input", function (event) {
    clearTimeout(waiting);
    waiting = setTimeout(show, event.target.name === "find" ? 250 : 0);
  });
  form.addEventListener("reset", function () {
    setTimeout(show);
    form.elements.find.focus(); /* the button goes away */
  });
  form.addEventListener("submit", function (event) { event.preventDefault(); });
})();
