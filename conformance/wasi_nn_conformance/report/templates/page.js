"use strict";
// Filters, as an addition: the page is complete without them. Cases carry their dimensions as data attributes;
// the matrix is counted anew from those that are shown.
(() => {
  const form = document.getElementById("filters");
  const cases = [...document.querySelectorAll(".case")].map((node) => {
    const group = node.closest(".clause");
    const about = group ? [...group.children].filter((child) => !child.matches(".case")) : [];
    const text = [node, ...about].map((part) => part.textContent).join("\n").toLowerCase();
    return { node, text, ...node.dataset };
  });
  const dimensions = ["level", "verdict", "abi", "encoding"];
  const key = (...parts) => parts.join("\n");

  const update = () => {
    const wanted = Object.fromEntries(dimensions.map((name) => [name, form.elements[name].value]));
    const text = form.elements.text.value.trim().toLowerCase();
    const counts = new Map();
    let shown = 0;
    for (const each of cases) {
      const fits = dimensions.every((name) => !wanted[name] || wanted[name] === each[name]) && each.text.includes(text);
      each.node.hidden = !fits;
      if (fits) {
        shown += 1;
        const place = key(each.clause, each.abi, each.encoding, each.verdict);
        counts.set(place, (counts.get(place) || 0) + 1);
      }
    }
    for (const group of document.querySelectorAll(".clause")) {
      group.hidden = !group.querySelector(".case:not([hidden])");
    }
    for (const row of document.querySelectorAll(".matrix tr[data-clause]")) {
      for (const chip of row.querySelectorAll(".chip")) {
        const cell = chip.closest("td");
        const { abi, encoding } = cell.dataset;
        const count = counts.get(key(row.dataset.clause, abi, encoding, chip.dataset.verdict)) || 0;
        chip.hidden = !count;
        chip.textContent = `${count} ${chip.dataset.verdict}`;
      }
      row.hidden = !row.querySelector(".chip:not([hidden])");
    }
    for (const body of document.querySelectorAll(".matrix tbody")) {
      body.hidden = !body.querySelector("tr[data-clause]:not([hidden])");
    }
    for (const cell of document.querySelectorAll("th[data-abi], td[data-abi]")) {
      const { abi, encoding } = cell.dataset;
      cell.hidden = Boolean((wanted.abi && wanted.abi !== abi) || (wanted.encoding && wanted.encoding !== encoding));
    }
    form.elements.shown.value = shown === cases.length ? `${shown} cases` : `${shown} of ${cases.length} cases`;
  };

  form.addEventListener("input", update);
  form.addEventListener("reset", () => setTimeout(update));
  form.addEventListener("submit", (event) => event.preventDefault());
  form.hidden = false;
  update(); // a browser may keep what was chosen before the page was loaded again

  const open = () => {
    const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (target && target.matches("details")) {
      target.open = true;
    }
  };
  addEventListener("hashchange", open);
  open();
})();
