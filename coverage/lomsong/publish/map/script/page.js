// The wiring: one state, one function that shows it.

let pageMap = null;
const NOWHERE = [];

function makeMap(id) {
  const map = L.map(id, { zoomControl: false, attributionControl: false, zoomSnap: 0.1, zoomDelta: 0.5, maxZoom: 16, wheelPxPerZoomLevel: 120 });
  L.control.zoom({ position: "bottomright", zoomInTitle: say("zoom_in"), zoomOutTitle: say("zoom_out") }).addTo(map);
  if (data.base.online) L.control.attribution({ position: "bottomright", prefix: false }).addTo(map);
  L.control.scale({ position: "bottomright", imperial: false }).addTo(map);
  return map;
}

// The whole territory clear of panel and legend, which have their size by now, unless the address names a view.
function setView(map, view, home) {
  if (view) map.setView([view[1], view[2]], view[0]);
  else map.fitBounds(home, roomAround(map, home));
  // Of bounds smaller than the window the map would show the middle, under the legend on a short screen.
  map.setMaxBounds(home.pad(1).extend(map.getBounds()));
  map.setMinZoom(Math.min(map.getZoom(), map.getBoundsZoom(home) - 0.5));
}

// Padding that keeps bounds clear of legend and card. Beside the legend or above it: whichever shows them larger.
function roomAround(map, bounds) {
  const [legend, card] = [document.getElementById("legend"), document.getElementById("card")];
  if (window.matchMedia("(max-width: 720px)").matches) {
    const bottom = card.hidden ? 24 : card.offsetHeight + 24;
    if (2 * legend.offsetWidth < map.getSize().x) return { paddingTopLeft: [legend.offsetWidth + 26, 24], paddingBottomRight: [16, bottom] };
    const top = legend.offsetHeight > 0 ? legend.offsetHeight + 24 : 24; // an open card puts the legend away
    return { paddingTopLeft: [16, top], paddingBottomRight: [16, bottom] };
  }
  const right = card.hidden ? 24 : card.offsetWidth + 30;
  const beside = { paddingTopLeft: [legend.offsetWidth + 30, 24], paddingBottomRight: [right, 24] };
  const above = { paddingTopLeft: [24, 24], paddingBottomRight: [right, legend.offsetHeight + 30] };
  const zoom = ({ paddingTopLeft, paddingBottomRight }) =>
    map.getBoundsZoom(bounds, false, L.point(paddingTopLeft).add(paddingBottomRight));
  return zoom(beside) > zoom(above) ? beside : above;
}

function openPage(id) {
  const map = makeMap(id);
  makePanes(map);
  const given = readAddress();
  choose(given);
  const communes = communeLayer((code, place) => pageMap.openAt(code, place));
  const home = communes.getBounds().isValid() ? communes.getBounds() : L.latLngBounds([[8, 102], [24, 110]]);
  const view = assemble(map, communes);
  const sheet = foldSheet();
  pageMap = commands(map, communes, view, sheet.close);
  drawChoices((choice) => { choose(choice); view.show(); });
  drawThreshold((choice) => { choose(choice); if ("dbm" in choice) view.retune(); else view.show(); });
  drawZones((zone) => pageMap.openZone(zone, true));
  drawTowers((tower) => pageMap.openTower(tower), pageMap.toggleTowers);
  listenTowers(pageMap.toggleTowers, () => { view.compare(); sheet.close(); });
  view.describe();
  sheet.measure();
  setView(map, given.view, home);
  listen(map, view, home);
  view.show();
  if (state.commune) openCommuneCard(communeOf(state.commune));
  if (data.signal) whenIdle(prepareField);
  return map;
}

// Build every layer once and return the functions that show the state.
function assemble(map, communes) {
  const base = baseLayers();
  const towerPlaces = data.towers.map(({ at }) => at);
  const [hatch, survey, names] = [hatchLayer(), surveyLayer(), nameLayer()];
  const surface = surfaceLayer(map, tellShare);
  const [claims, reach] = [new ClaimLayer({ pane: "claims" }), new ReachLayer({ pane: "reach" })];
  const towers = towerLayer((tower) => pageMap.openTower(tower));
  const zones = zoneLayer((zone) => pageMap.openZone(zone));
  map.addLayer(communes).addLayer(names);
  const overlays = overlaySwitches(map, base, () => show());
  const compare = () => { state.swipe = state.swipe === null ? 0.5 : null; plan(); };
  const swipe = swipeControl(map, () => writeAddress(map));
  const describe = () => {
    drawSummary();
    drawLegend(overlays);
  };
  const plan = () => {
    towers.follow();
    reach.repaint();
    markTowers();
    swipe.place();
    writeAddress(map);
  };
  const retune = () => { // another threshold changes the surface and its legend, nothing else
    surface.follow();
    markThreshold();
    drawLegend(overlays);
    writeAddress(map);
  };
  const show = () => {
    toggleLayer(map, hatch, isRaster(state.theme) || state.theme === "claims");
    [[survey, "survey"], [claims, "claims"], [towers, "towers"], [reach, "towers"], [zones, "zones"]].forEach(
      ([layer, theme]) => toggleLayer(map, layer, state.theme === theme));
    [communes, surface, survey, base.sites, base.schools, base.hamlets, towers].forEach((layer) => layer?.follow(state));
    claims.repaint();
    names.avoid(state.theme === "towers" ? towerPlaces : NOWHERE);
    overlays.apply();
    swipe.place();
    markChoices();
    markThreshold();
    describe();
    drawTables();
    writeAddress(map);
  };
  return { show, describe, plan, retune, compare, overlays, surface, names, base };
}

function drawTables() {
  document.getElementById("ranking").hidden = isList(state.theme);
  document.getElementById("plan").hidden = state.theme !== "towers";
  document.getElementById("gap-zones").hidden = state.theme !== "zones";
  if (!isList(state.theme)) drawRanking((code) => pageMap.openCommune(code, null, true));
  else markTowers();
}

// What cards and rows may ask of the map.
function commands(map, communes, view, closeSheet) {
  const mark = (code) => {
    state.commune = code;
    communes.follow();
    document.querySelectorAll("#communes tbody tr").forEach((row) => chooseRow(row, row.dataset.code === code));
    writeAddress(map);
  };
  return {
    codeAt: (place) => view.surface.codeAt(place),
    placeAt: (place) => placeAt(view.base, place),
    showsPlaces: () => map.getZoom() >= PLACES_FROM_ZOOM,
    flyTo: (at, zoom) => map.flyTo(at, Math.max(map.getZoom(), zoom), { duration: 0.6 }),
    openAt(code, place) {
      const found = placeAt(view.base, place);
      if (found) openPlace(found[1], found[0]);
      else this.openCommune(code, place);
    },
    openCommune(code, place = null, fly = false) {
      const tested = place && state.theme === "claims" ? claimAt(place) : null;
      if (tested) openClaimCard(tested);
      else openCommuneCard(communeOf(code));
      closeSheet();
      mark(code);
      if (fly) map.flyToBounds(communes.shapeOf(code).getBounds(), { ...roomAround(map, communes.shapeOf(code).getBounds()), maxZoom: 12.5, duration: 0.6 });
    },
    openTower(tower) {
      openTowerCard(tower, this.toggleTowers);
      closeSheet();
      map.flyTo(tower.at, Math.max(map.getZoom(), 11.5), { duration: 0.6 });
    },
    toggleTowers(orders, on) {
      orders.forEach((order) => (on ? state.off.delete(order) : state.off.add(order)));
      view.plan();
      const [box, only] = [document.querySelector("#card input[name=card-tower]"), orders.length === 1];
      if (box && only) box.checked = on;
    },
    openZone(zone, fly = false) {
      openZoneCard(zone);
      closeSheet();
      const bounds = L.latLngBounds(zone.shape.flat(2));
      if (fly) map.flyToBounds(bounds, { ...roomAround(map, bounds), maxZoom: 13, duration: 0.6 });
    },
    closeCard() {
      document.getElementById("card").hidden = true;
      mark(null);
    },
  };
}

function whenIdle(act) {
  (window.requestIdleCallback ?? window.setTimeout)(act);
}

// Read the surfaces while nobody waits for them, so that the first look at one is as quick as the next.
function prepareField() {
  loadField().then(() => ["any", "all"].forEach((choice) => whenIdle(() => jointTable(choice))));
}

function listen(map, view, home) {
  map.on("zoomend", () => view.overlays.apply());
  map.on("moveend", () => writeAddress(map));
  document.getElementById("filter").addEventListener("input", () => drawRanking((code) => pageMap.openCommune(code, null, true)));
  document.getElementById("controls").addEventListener("submit", (event) => event.preventDefault());
  document.addEventListener("keydown", ({ key }) => { if (key === "Escape") pageMap.closeCard(); });
  window.addEventListener("hashchange", () => followAddress(map, view));
  window.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => view.names.repaint());
  layOnPaper(map, view, home);
}

// On paper the map has another size, which must show what the screen showed; afterwards the screen is as it was.
function layOnPaper(map, view, home) {
  const paper = window.matchMedia("print");
  let screen = null;
  new ResizeObserver(() => {
    if (!paper.matches) map.invalidateSize({ animate: false, pan: false });
  }).observe(map.getContainer());
  paper.addEventListener("change", () => {
    if (paper.matches) screen = { centre: map.getCenter(), zoom: map.getZoom(), least: map.getMinZoom(), seen: map.getBounds() };
    map.invalidateSize({ animate: false });
    map.setMinZoom(paper.matches ? 0 : screen.least);
    if (paper.matches) map.fitBounds(screen.seen.contains(home) ? home : screen.seen, { animate: false, padding: [8, 8] });
    else map.setView(screen.centre, screen.zoom, { animate: false });
    view.names.repaint();
  });
}

function followAddress(map, view) {
  const given = readAddress();
  choose(given);
  view.show();
  // A view set at once leaves the drawings between two pixels, blurred; the end of a move lays them straight.
  if (given.view) map.setView([given.view[1], given.view[2]], given.view[0], { animate: false }).fire("moveend");
  if (state.commune) openCommuneCard(communeOf(state.commune));
}
