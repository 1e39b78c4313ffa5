"use strict";
(() => {
  const form = document.getElementById("filter");
  if (!form) return;
  const drills = [...document.querySelectorAll("details.drill")];
  const open = () => {
    let target = null;
    try { target = document.getElementById(decodeURIComponent(location.hash.slice(1))); } catch { return; }
    const details = target && target.closest("details.drill");
    if (!details) return;
    details.hidden = false;
    details.open = true;
    details.querySelector("summary").focus();
    details.scrollIntoView();
  };
  const filter = () => {
    const words = form.elements.words.value.toLowerCase().split(/\s+/).filter(Boolean);
    const verdict = form.elements.verdict.value;
    const fits = (element) =>
      words.every((word) => element.dataset.words.includes(word)) && (!verdict || element.dataset.verdict === verdict);
    let shown = 0;
    for (const details of drills) {
      details.hidden = !fits(details);
      shown += details.hidden ? 0 : 1;
    }
    for (const row of document.querySelectorAll(".matrix tbody tr")) {
      let left = 0;
      for (const cell of row.querySelectorAll(".cell")) {
        cell.hidden = !fits(cell);
        left += cell.hidden ? 0 : 1;
      }
      row.hidden = left === 0;
    }
    form.querySelector("output").textContent = `${shown} of ${drills.length} drills`;
  };
  form.hidden = false;
  form.addEventListener("input", filter);
  form.addEventListener("submit", (event) => event.preventDefault());
  form.elements.all.addEventListener("click", () => {
    const unfold = drills.some((details) => !details.hidden && !details.open);
    for (const details of drills) details.open = unfold;
    form.elements.all.textContent = unfold ? "Fold all" : "Unfold all";
  });
  addEventListener("hashchange", open);
  filter();
  open();
})();
