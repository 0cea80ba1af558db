"use strict";
(function () {
  const field = document.getElementById("find");
  if (!field) return;
  const items = Array.from(document.querySelectorAll("#names li"));
  const words = items.map(item => item.textContent.toLowerCase());
  const status = document.getElementById("found");
  field.closest("p").hidden = false;
  field.addEventListener("input", () => {
    const wanted = field.value.trim().toLowerCase();
    let shown = 0;
    items.forEach((item, place) => {
      item.hidden = !words[place].includes(wanted);
      shown += item.hidden ? 0 : 1;
    });
    status.textContent = wanted ? shown + " found" : "";
  });
})();
