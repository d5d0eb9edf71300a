// What the panel lists besides communes: gap zones, and the proposed towers with the switch of each.

function heads(table, titles) {
  document.querySelector(`#${table} thead tr`).replaceChildren(...titles.map((title) => node("th", { scope: "col" }, say(title))));
}

function drawZones(open) {
  heads("zones", ["zone", "column_unconnected", "fact_way"]);
  document.querySelector("#zones tbody").replaceChildren(...data.zones.map((zone) =>
    node("tr", { onclick: () => open(zone) },
      node("th", { scope: "row", class: "name" }, node("button", { type: "button" }, zone.name)),
      node("td", {}, show(zone.unconnected), node("small", {}, showRange(zone.interval))),
      node("td", { class: "obstacles" }, wayWords(zone.obstacles)))));
  document.getElementById("zones-summary").textContent = data.zones.length === 0 ? "" : say("zones_summary", {
    count: show(data.zones.length), learners: show(data.totals.in_zones), level: formats.level.format(data.usable_dbm) });
}

function drawTowers(open, toggle) {
  heads("towers", ["column_on", "column_order", "column_name", "column_gained", "column_obstacles"]);
  document.querySelector("#towers tbody").replaceChildren(...data.towers.map((tower) => towerRow(tower, open, toggle)));
  document.getElementById("plan-summary").textContent = planWords();
  markTowers();
}

function towerRow(tower, open, toggle) {
  const title = say("tower_title", { order: tower.order });
  const box = node("input", { type: "checkbox", name: `tower-${tower.order}`, "aria-label": say("tower_switch", { order: tower.order }),
    onchange: (event) => toggle([tower.order], event.target.checked) });
  const mark = node("button", { type: "button", "aria-label": title }, String(tower.order));
  return node("tr", { "data-order": tower.order, onclick: (event) => { if (event.target !== box) open(tower); } },
    node("td", { class: "switch" }, box), node("th", { scope: "row" }, mark),
    node("td", { class: "where" }, communeOf(tower.commune_code)?.name ?? "", node("small", {}, nearestServed(tower))),
    node("td", { class: "gained" }, `+${show(tower.learners_gained)}`),
    node("td", { class: "obstacles" }, obstacles(tower)));
}

// The place nearest to the tower of those that it newly serves.
function nearestServed(tower) {
  return (tower.hamlets || tower.schools || "").split(", ")[0];
}

// Which towers stand, without drawing the rows anew: the box that was clicked keeps the focus.
function markTowers() {
  for (const row of document.querySelectorAll("#towers tbody tr")) {
    const on = !state.off.has(Number(row.dataset.order));
    row.classList.toggle("off", !on);
    row.querySelector("input").checked = on;
  }
  document.getElementById("connected").replaceChildren(...connectedWords());
  document.getElementById("towers-none").disabled = state.off.size === data.towers.length;
  document.getElementById("towers-all").disabled = state.off.size === 0;
  const compare = document.getElementById("compare");
  compare.hidden = !data.reach;
  compare.setAttribute("aria-pressed", String(state.swipe !== null));
}

function listenTowers(toggle, compare) {
  const orders = data.towers.map(({ order }) => order);
  document.getElementById("towers-all").addEventListener("click", () => toggle(orders, true));
  document.getElementById("towers-none").addEventListener("click", () => toggle(orders, false));
  document.getElementById("compare").addEventListener("click", compare);
}

function obstacles(tower) {
  const parts = [];
  if (tower.forest_class && tower.forest_class !== "none") parts.push(say(`forest_${tower.forest_class}`));
  if (tower.grid_km !== null && tower.grid_km !== undefined) parts.push(say("grid_away", { km: show(tower.grid_km, formats.tenth) }));
  return parts.join(" · ");
}

function planWords() {
  const { objective, bound, gap, status } = data.plan;
  if (objective === undefined || objective === null) return "";
  const reached = say("plan_reached", { count: show(data.towers.length), learners: show(objective) });
  if (status === "optimal") return `${reached} ${say("plan_optimal")}`;
  return bound ? `${reached} ${say("plan_bound", { bound: show(bound), gap: show(gap, formats.share) })}` : reached;
}
