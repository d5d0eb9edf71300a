// Hamlets and schools, painted in the colour of their state; what lies under a pointer is looked up.
//
// A school stands in its hamlet: the smaller mark lies on the larger one, and each shows its own state.

const PLACES = { school: { list: data.schools, size: 3.7, shape: "square" }, hamlet: { list: data.hamlets, size: 6, shape: "circle" } };

const PlaceLayer = CanvasLayer.extend({
  initialize(kind, options) {
    CanvasLayer.prototype.initialize.call(this, options);
    this.kind = kind;
  },

  follow() {
    this.repaint();
  },

  paint(context, bounds) {
    const { list, size, shape } = PLACES[this.kind];
    for (const place of list) {
      const { x, y } = this._map.latLngToLayerPoint(place.at);
      if (x < bounds.min.x - size || x > bounds.max.x + size || y < bounds.min.y - size || y > bounds.max.y + size) continue;
      const stateName = stateOf(place, state.operator);
      context.fillStyle = stateName === "unsurveyed" ? "#1b2a33" : "#ffffff";
      shapes[shape](context, x, y, size + 0.8);
      context.fillStyle = data.colours.states[stateName];
      shapes[shape](context, x, y, size - 0.6);
    }
  },

  nearest(place) {
    const { list, size } = PLACES[this.kind];
    const at = this._map.latLngToLayerPoint(place);
    return list.find((one) => this._map.latLngToLayerPoint(one.at).distanceTo(at) <= size + 2);
  },
});

function placeLayer(kind) {
  return PLACES[kind].list.length > 0 ? new PlaceLayer(kind, { pane: "places" }) : null;
}

// The place whose mark holds a position, the smaller mark first, as kind and place; null where none is shown there.
function placeAt(layers, position) {
  for (const layer of [layers.schools, layers.hamlets]) {
    const place = layer?._map ? layer.nearest(position) : null;
    if (place) return [layer.kind, place];
  }
  return null;
}
