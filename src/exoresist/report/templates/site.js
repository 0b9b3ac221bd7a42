"use strict";
(() => {
  const rows = JSON.parse(document.getElementById("rows").textContent);
  const form = document.getElementById("filters");
  const body = document.querySelector("#claims tbody");
  const lines = [...body.rows];
  const count = document.getElementById("count");
  const fields = ["q", "d", "c", "t", "e", "r", "s", "k", "lo", "hi"];

  // The same spelling for "miR-21", "miR_21" and "mir 21".
  const plain = text => text.toLowerCase().replace(/[_\-\s]+/g, " ").trim();
  rows.forEach(row => { row.x = plain(row.x); });

  function fits(row, want) {
    if (want.q && !plain(want.q).split(" ").every(word => row.x.includes(word))) return false;
    if (want.d && !row.d.includes(want.d)) return false;
    if (want.e && !row.e.includes(want.e)) return false;
    for (const key of ["c", "t", "r", "s"]) if (want[key] && row[key] !== want[key]) return false;
    if (want.k && row.k !== want.k && !(want.k === "ran" && (row.k === "agrees" || row.k === "differs"))) return false;
    if (want.lo !== "" && !(row.g !== null && row.g >= Number(want.lo))) return false;
    if (want.hi !== "" && !(row.g !== null && row.g <= Number(want.hi))) return false;
    return !want.w || row.w;
  }

  function wanted() {
    const want = { w: form.elements.w.checked };
    for (const name of fields) want[name] = form.elements[name].value;
    return want;
  }

  function show() {
    const want = wanted();
    let shown = 0;
    rows.forEach((row, place) => {
      const fit = fits(row, want);
      lines[place].hidden = !fit;
      if (fit) shown += 1;
    });
    count.textContent = shown === rows.length ? `${shown} claims` : `${shown} of ${rows.length} claims`;
    const query = new URLSearchParams();
    for (const name of fields) if (want[name]) query.set(name, want[name]);
    if (want.w) query.set("w", "1");
    // The address holds the filters, so that a selection can be sent to someone; pages opened as files may refuse.
    try { history.replaceState(null, "", `#${query}`); } catch { /* then the address stays as it is */ }
  }

  const given = new URLSearchParams(location.hash.slice(1));
  for (const name of fields) if (given.has(name)) form.elements[name].value = given.get(name);
  form.elements.w.checked = given.has("w");
  form.addEventListener("input", show);
  form.addEventListener("submit", event => event.preventDefault());
  form.addEventListener("reset", () => setTimeout(show));
  let sorted = 0;
  document.getElementById("sort").addEventListener("click", () => {
    sorted = sorted === 1 ? -1 : 1;
    const order = rows.map((row, place) => [row.g, place]);
    order.sort((a, b) => (a[0] === null) - (b[0] === null) || sorted * (a[0] - b[0]) || a[1] - b[1]);
    body.append(...order.map(pair => lines[pair[1]]));
  });
  show();
})();
