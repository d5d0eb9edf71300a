// Which symbols stand on the map: the theme's own choice until somebody says otherwise.

function overlaySwitches(map, layers, follow) {
  const usual = { dots: true, schools: true, hamlets: true, water: true, forest: true, roads: true, districts: true, power_lines: false, online: false };
  const offers = (name) => Boolean(layers[name]) && (name !== "dots" || isChoropleth(state.theme) || isList(state.theme));
  const wants = (name) => state.shown[name] ?? usual[name] ?? isList(state.theme);
  const fits = (name) => !["schools", "hamlets"].includes(name) || map.getZoom() >= PLACES_FROM_ZOOM;
  const apply = () => {
    Object.entries(layers).forEach(([name, layer]) => {
      if (layer) toggleLayer(map, layer, offers(name) && wants(name) && fits(name));
    });
    map.getContainer().classList.toggle("over-online", Boolean(layers.online) && wants("online"));
  };
  const set = (name, value) => { state.shown[name] = value; follow(); };
  return { offers, wants, set, apply };
}

function toggleLayer(map, layer, wanted) {
  if (wanted !== map.hasLayer(layer)) (wanted ? map.addLayer(layer) : map.removeLayer(layer));
}

// Pictures of somebody else's server: only where the maker of the map named one, and only once they are asked for.
function onlineLayer() {
  if (!data.base.online) return null;
  const attribution = node("span", {}, data.base.credit).outerHTML; // Leaflet takes markup; the credit is a text
  return L.tileLayer(data.base.online, { pane: "online", maxZoom: 19, maxNativeZoom: 18, attribution });
}
