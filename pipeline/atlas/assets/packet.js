"use strict";
(function () {
  // One leaf at a time is in the document, so that a packet of a thousand pages is as light as one of ten.
  const leaves = Array.from(document.querySelectorAll(".leaf"));
  const main = document.querySelector("main");
  let now = leaves[0];
  function show() {
    const named = leaves.find(leaf => "#" + leaf.id === location.hash);
    // the way past the head is no other leaf
    now = named || (location.hash === "#main" ? now : leaves[0]);
    for (const leaf of leaves) {
      leaf.classList.toggle("now", leaf === now);
      if (leaf !== now) leaf.remove();
    }
    if (!now.isConnected) main.append(now);
    document.body.classList.toggle("one", now !== leaves[0]);
    // the other language opens at the same leaf
    for (const link of document.querySelectorAll(".band .language")) link.hash = now === leaves[0] ? "" : now.id;
  }
  window.addEventListener("hashchange", () => { const before = now; show(); if (now !== before) window.scrollTo(0, 0); });
  window.addEventListener("beforeprint", () => { if (now === leaves[0]) main.append(...leaves); });
  window.addEventListener("afterprint", show);
  show();

  const field = document.getElementById("find");
  const items = Array.from(document.querySelectorAll("#names li"));
  const words = items.map(item => item.textContent.toLowerCase());
  const status = document.getElementById("found");
  field.closest("p").hidden = false;
  field.addEventListener("input", () => {
    const text = field.value.trim().toLowerCase();
    let shown = 0;
    items.forEach((item, place) => {
      item.hidden = !words[place].includes(text);
      shown += item.hidden ? 0 : 1;
    });
    status.textContent = text ? shown + " " + status.dataset.found : "";
  });
})();
