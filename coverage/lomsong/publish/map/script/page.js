// The wiring: one state, one function that shows it.

let pageMap = null;

// Which symbols stand on the map: the theme's own choice until somebody says otherwise.
function overlaySwitches(map, layers, follow) {
  const asked = {};
  const usual = { dots: true, schools: true, hamlets: true, water: true, forest: true, roads: true, power_lines: false };
  const offers = (name) => Boolean(layers[name]) && (name !== "dots" || isChoropleth(state.theme) || isList(state.theme));
  const wants = (name) => asked[name] ?? usual[name] ?? isList(state.theme);
  const fits = (name) => !["schools", "hamlets"].includes(name) || map.getZoom() >= PLACES_FROM_ZOOM;
  const apply = () => Object.entries(layers).forEach(([name, layer]) => {
    if (layer) toggleLayer(map, layer, offers(name) && wants(name) && fits(name));
  });
  const set = (name, value) => { asked[name] = value; follow(); };
  return { offers, wants, set, apply };
}

function toggleLayer(map, layer, wanted) {
  if (wanted !== map.hasLayer(layer)) (wanted ? map.addLayer(layer) : map.removeLayer(layer));
}

function makeMap(id) {
  const map = L.map(id, { zoomControl: false, attributionControl: false, zoomSnap: 0.1, zoomDelta: 0.5, maxZoom: 16, wheelPxPerZoomLevel: 120 });
  L.control.zoom({ position: "bottomright", zoomInTitle: say("zoom_in"), zoomOutTitle: say("zoom_out") }).addTo(map);
  L.control.scale({ position: "bottomright", imperial: false }).addTo(map);
  return map;
}

// The whole territory clear of panel and legend, which have their size by now, unless the address names a view.
function setView(map, view, home) {
  if (view) map.setView([view[1], view[2]], view[0]);
  else map.fitBounds(home, roomAround(map, home));
  map.setMaxBounds(home.pad(1));
  map.setMinZoom(Math.min(map.getZoom(), map.getBoundsZoom(home) - 0.5));
}

// Padding that keeps bounds clear of legend and card. Beside the legend or above it: whichever shows them larger.
function roomAround(map, bounds) {
  const [legend, card] = [document.getElementById("legend"), document.getElementById("card")];
  if (window.matchMedia("(max-width: 720px)").matches) {
    const top = legend.offsetHeight > 0 ? legend.offsetHeight + 24 : 24; // an open card puts the legend away
    return { paddingTopLeft: [16, top], paddingBottomRight: [16, card.hidden ? 24 : card.offsetHeight + 24] };
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
  const communes = communeLayer((code) => pageMap.openCommune(code));
  const home = communes.getBounds().isValid() ? communes.getBounds() : L.latLngBounds([[8, 102], [24, 110]]);
  const view = assemble(map, communes);
  const sheet = foldSheet();
  pageMap = commands(map, communes, view, sheet.close);
  drawChoices((choice) => { choose(choice); view.show(); });
  view.describe();
  sheet.measure();
  setView(map, given.view, home);
  listen(map, view);
  view.show();
  if (state.commune) openCommuneCard(communeOf(state.commune));
  return map;
}

// Build every layer once and return the function that shows the state.
function assemble(map, communes) {
  const base = baseLayers();
  const [hatch, surface, survey, names] = [hatchLayer(), surfaceLayer(map), surveyLayer(), nameLayer()];
  const towers = towerLayer((tower) => pageMap.openTower(tower));
  const zones = zoneLayer((zone) => pageMap.openZone(zone));
  map.addLayer(communes).addLayer(names);
  const overlays = overlaySwitches(map, base, () => show());
  const describe = () => {
    drawSummary();
    drawLegend(overlays);
  };
  const show = () => {
    toggleLayer(map, hatch, isRaster(state.theme));
    toggleLayer(map, survey, state.theme === "survey");
    toggleLayer(map, towers, state.theme === "towers");
    toggleLayer(map, zones, state.theme === "zones");
    [communes, surface, survey, base.sites, base.schools, base.hamlets].forEach((layer) => layer?.follow(state));
    names.avoid(state.theme === "towers" ? data.towers.map(({ at }) => at) : []);
    overlays.apply();
    markChoices();
    describe();
    drawTables();
    writeAddress(map);
  };
  return { show, describe, overlays, surface, names };
}

function drawTables() {
  document.getElementById("ranking").hidden = isList(state.theme);
  document.getElementById("plan").hidden = state.theme !== "towers";
  document.getElementById("gap-zones").hidden = state.theme !== "zones";
  drawRanking((code) => pageMap.openCommune(code, true));
  drawTowers((tower) => pageMap.openTower(tower));
  drawZones((zone) => pageMap.openZone(zone, true));
}

// What cards and rows may ask of the map.
function commands(map, communes, view, closeSheet) {
  const mark = (code) => {
    state.commune = code;
    communes.follow();
    document.querySelectorAll("#communes tbody tr").forEach((row) => row.classList.toggle("chosen", row.dataset.code === code));
    writeAddress(map);
  };
  return {
    surfaceClass: (place) => view.surface.classAt(place),
    flyTo: (at, zoom) => map.flyTo(at, Math.max(map.getZoom(), zoom), { duration: 0.6 }),
    openCommune(code, fly = false) {
      openCommuneCard(communeOf(code));
      closeSheet();
      mark(code);
      if (fly) map.flyToBounds(communes.shapeOf(code).getBounds(), { ...roomAround(map, communes.shapeOf(code).getBounds()), maxZoom: 12.5, duration: 0.6 });
    },
    openTower(tower) {
      openTowerCard(tower);
      closeSheet();
      map.flyTo(tower.at, Math.max(map.getZoom(), 11.5), { duration: 0.6 });
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

function listen(map, view) {
  map.on("zoomend", () => view.overlays.apply());
  map.on("moveend", () => writeAddress(map));
  new ResizeObserver(() => map.invalidateSize({ animate: false, pan: false })).observe(map.getContainer());
  document.getElementById("filter").addEventListener("input", () => drawRanking((code) => pageMap.openCommune(code, true)));
  document.getElementById("controls").addEventListener("submit", (event) => event.preventDefault());
  document.addEventListener("keydown", ({ key }) => { if (key === "Escape") pageMap.closeCard(); });
  window.addEventListener("hashchange", () => followAddress(map, view));
  window.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => view.names.repaint());
  window.matchMedia("print").addEventListener("change", () => {
    map.invalidateSize({ animate: false }); // the map has another size on paper
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
