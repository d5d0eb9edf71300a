// The card of what was clicked: a commune, a hamlet, a school, a gap zone or a proposed tower.

function openCard(title, subtitle, ...content) {
  const card = document.getElementById("card");
  card.replaceChildren(
    node("header", {}, node("div", {}, node("h2", { tabindex: "-1" }, title), subtitle ? node("p", {}, subtitle) : null),
      node("button", { type: "button", class: "close", "aria-label": say("close"), onclick: () => pageMap.closeCard() }, "×")),
    ...content.filter((part) => part !== null));
  card.hidden = false;
  card.scrollTop = 0;
}

function facts(...pairs) {
  return node("dl", {}, ...pairs.filter(([, value]) => value !== null && value !== "–").flatMap(([key, value]) =>
    [node("dt", {}, key), node("dd", {}, value)]));
}

function communeTitle(commune) {
  return [commune.kind, commune.parent_name].filter(Boolean).join(" · ");
}

function openCommuneCard(commune) {
  const schools = data.schools.filter((school) => school.commune_code === commune.commune_code);
  const silent = schools.filter((school) => ["weak", "none"].includes(school.state));
  openCard(commune.name, communeTitle(commune), communeFigure(commune),
    facts(
      [say("fact_rank"), commune.rank ? rankWords(commune, "rank_value") : null],
      [say("fact_learners"), show(commune.learners)],
      [say("fact_indoor"), commune.indoor ? show(commune.indoor.gap.any) : null],
      [say("fact_unsurveyed"), show(commune.unsurveyed)],
      [say("fact_schools"), show(commune.schools_without_signal)],
      [say("fact_way"), wayWords(commune.in_the_way) || null],
    ),
    operatorBars(commune), schoolList(silent), hamletList(commune));
}

function communeFigure(commune) {
  const value = commune.gap?.any ?? null;
  if (value === null) return node("p", { class: "quiet" }, say("no_figures"));
  const range = showRange(commune.interval);
  return node("p", { class: "big" }, node("strong", {}, show(value)),
    node("span", {}, say("card_unconnected", { share: show(commune.share.any, formats.share) })),
    range ? node("span", { class: "faint" }, say("card_interval", { range })) : null);
}

function operatorBars(commune) {
  const rows = data.operators.filter(({ id }) => commune.share?.[id] !== undefined && commune.share[id] !== null).map((operator) => {
    const share = commune.share[operator.id];
    const bar = node("span", { class: "operator-bar", "aria-hidden": "true" });
    bar.style.setProperty("--share", Math.max(0, magnitude(share)));
    bar.style.setProperty("--colour", operator.colour);
    return node("tr", {}, node("th", { scope: "row" }, operator.name), node("td", { class: "bar-cell" }, bar),
      node("td", {}, show(commune.gap[operator.id])), node("td", {}, show(share, formats.share)));
  });
  return rows.length === 0 ? null : node("table", { class: "by-operator" },
    node("caption", {}, say("by_operator")), node("tbody", {}, ...rows));
}

function hamletList(commune) {
  const hamlets = data.hamlets.filter((hamlet) => hamlet.commune_code === commune.commune_code)
    .sort((one, other) => magnitude(other.unconnected) - magnitude(one.unconnected));
  if (hamlets.length === 0) return null;
  const heads = ["hamlet", "column_unconnected", "fact_grid", "fact_state"];
  return node("table", { class: "places" }, node("caption", {}, say("hamlets_of", { count: show(hamlets.length) })),
    node("thead", {}, node("tr", {}, ...heads.map((head) => node("th", { scope: "col" }, say(head))))),
    node("tbody", {}, ...hamlets.map((hamlet) => node("tr", {},
      node("th", { scope: "row" }, placeButton(hamlet, "hamlet")),
      node("td", {}, `${show(hamlet.unconnected)} / ${show(hamlet.learners)}`),
      node("td", {}, say(`grid_${hamlet.grid_power}`)),
      node("td", {}, stateMark(stateOf(hamlet, "any")))))));
}

function schoolList(schools) {
  if (schools.length === 0) return null;
  return node("table", { class: "places" }, node("caption", {}, say("schools_of", { count: show(schools.length) })),
    node("tbody", {}, ...schools.map((school) => node("tr", {},
      node("th", { scope: "row" }, placeButton(school, "school")),
      node("td", {}, say("pupils_count", { count: show(school.pupils) })),
      node("td", {}, stateMark(school.state))))));
}

function placeButton(place, kind) {
  return node("button", { type: "button", onclick: () => { pageMap.flyTo(place.at, 13); openPlace(place, kind); } }, place.name);
}

function stateMark(name) {
  return node("span", { class: "state-mark" }, swatch(data.colours.states[name], `state ${name}`), say(name));
}

function openPlace(place, kind) {
  const back = backTo(communeOf(place.commune_code));
  if (kind === "hamlet") {
    openCard(place.name, say("hamlet"), facts(
      [say("fact_state"), stateMark(stateOf(place, "any"))], [say("fact_learners"), show(place.learners)],
      [say("fact_unconnected"), show(place.unconnected)], [say("fact_grid"), say(`grid_${place.grid_power}`)]), back);
    return;
  }
  openCard(place.name, say("school"), facts(
    [say("fact_state"), stateMark(place.state ?? "unsurveyed")], [say("fact_pupils"), show(place.pupils)],
    [say("fact_probability"), show(place.p_usable, formats.percent)],
    ...data.operators.filter(({ id }) => place[`state_${id}`]).map(({ id, name }) => [name, stateMark(place[`state_${id}`])])), back);
}

function openZoneCard(zone) {
  const range = showRange(zone.interval);
  const commune = communeOf(zone.commune_code);
  openCard(zone.name, say("zone"),
    node("p", { class: "big" }, node("strong", {}, show(zone.unconnected)),
      node("span", {}, say("zone_of", { learners: show(zone.learners) })),
      range ? node("span", { class: "faint" }, say("card_interval", { range })) : null),
    facts(
      [say("fact_way"), wayWords(zone.obstacles) || say("way_nothing")],
      [say("fact_schools"), zone.schools ? say("some_of", { some: show(zone.schools_without_signal), all: show(zone.schools) }) : null],
      [say("fact_grid"), zone.grid_power ? say(`grid_${zone.grid_power}`) : null], [say("fact_power"), kilometres(zone.grid_km)],
      [say("fact_road"), kilometres(zone.road_km)],
      [say("fact_forest"), zone.forest_class ? say(`forest_${zone.forest_class}`) : null],
    ),
    zoneOperators(zone),
    backTo(commune));
}

function zoneOperators(zone) {
  const rows = data.operators.map((operator) => node("tr", {}, node("th", { scope: "row" }, operator.name),
    node("td", {}, show(zone[`unconnected_${operator.id}`])), node("td", {}, kilometres(zone[`site_km_${operator.id}`]) ?? "–")));
  return node("table", { class: "by-operator" }, node("caption", {}, say("by_operator")),
    node("thead", {}, node("tr", {}, ...["operator", "column_unconnected", "fact_site"].map((head) => node("th", { scope: "col" }, say(head))))),
    node("tbody", {}, ...rows));
}

function openTowerCard(tower, toggle) {
  const box = node("input", { type: "checkbox", name: "card-tower", onchange: (event) => toggle([tower.order], event.target.checked) });
  box.checked = isOn(tower);
  openCard(say("tower_title", { order: tower.order }), tower.candidate_id,
    node("p", { class: "big" }, node("strong", {}, `+${show(tower.learners_gained)}`), node("span", {}, say("tower_gain")),
      node("span", { class: "faint" }, say("tower_cumulative", { count: show(tower.cumulative) }))),
    node("label", { class: "switch-row" }, box, say("tower_stands")),
    facts(
      [say("column_name"), communeOf(tower.commune_code)?.name ?? null],
      [say("fact_height"), metres(tower.height_m)], [say("fact_ground"), metres(tower.ground_m)],
      [say("fact_band"), tower.frequency_mhz ? `${show(tower.frequency_mhz)}\u00a0MHz` : null],
      [say("fact_azimuths"), tower.azimuths_deg ? `${tower.azimuths_deg.replaceAll("/", "° / ")}°` : null],
      [say("fact_power_by"), tower.power ? say(`power_${tower.power}`) : null], [say("fact_power"), kilometres(tower.grid_km)],
      [say("fact_backhaul"), backhaulWords(tower)],
      [say("fact_forest"), tower.forest_class ? say(`forest_${tower.forest_class}`) : null], [say("fact_road"), kilometres(tower.road_km)],
      [say("fact_capital"), tower.capital ? say("million_vnd", { value: show(tower.capital) }) : null],
      [say("fact_reached_all"), tower.learners_reached === undefined ? null : show(tower.learners_reached)],
      [say("fact_position"), tower.at.map((degrees) => degrees.toFixed(5)).join(", ")]),
    served("hamlets_served", tower.hamlets), served("schools_served", tower.schools));
}

function backhaulWords(tower) {
  if (!tower.backhaul) return null;
  const via = tower.backhaul_via ? say("backhaul_via", { via: tower.backhaul_via }) : null;
  return [say(`backhaul_${tower.backhaul}`), kilometres(tower.backhaul_hop_km), tower.backhaul_target, via].filter(Boolean).join(" · ");
}

function served(key, names) {
  return names ? node("p", { class: "served" }, node("b", {}, say(key)), ` ${names}`) : null;
}

function backTo(commune) {
  return commune ? node("button", { type: "button", class: "back", onclick: () => pageMap.openCommune(commune.commune_code) },
    say("back_to", { name: commune.name })) : null;
}

function metres(value) {
  return value === null || value === undefined ? null : `${show(value)}\u00a0m`;
}

function kilometres(value) {
  return value === null || value === undefined ? null : `${show(value, formats.tenth)}\u00a0km`;
}
