// Which of the proposed towers stand, and whom they connect together.

const isOn = (tower) => !state.off.has(tower.order);

// Learners whom the standing towers connect, at least: each group counts once, whoever of its towers stand, and groups
// too small to be told are in the number of the whole plan alone.
function connected() {
  if (!data.reach) return null;
  if (data.reach.less && data.towers.every(isOn)) return data.plan.objective;
  const exact = data.reach.sums.reduce((sum, [orders, learners]) =>
    sum + (orders.some((order) => !state.off.has(order)) ? learners : 0), 0);
  return data.reach.tens ? Math.round(exact / 10) * 10 : Math.round(exact);
}

function connectedWords() {
  const standing = data.towers.filter(isOn).length;
  const counts = { standing: show(standing), all: show(data.towers.length) };
  const learners = connected();
  return learners === null ? [node("span", {}, say("towers_on", counts))]
    : [node("strong", {}, `${data.reach.less && standing && standing < data.towers.length ? "≥ " : "+"}${show(learners)}`),
      node("span", {}, say("towers_connect", counts))];
}

// Marks of the towers, and on canvas whom the standing ones reach: a line to each cell, the cell in another colour.
function towerLayer(open) {
  const marks = data.towers.map((tower) => {
    const icon = L.divIcon({ className: "tower", html: node("span", {}, String(tower.order)), iconSize: [26, 26] });
    const label = say("tower_title", { order: tower.order });
    return L.marker(tower.at, { icon, alt: label, riseOnHover: true })
      .bindTooltip(() => towerTip(tower), { opacity: 1, direction: "top", offset: [0, -14] })
      .on("click", () => open(tower));
  });
  const layer = L.layerGroup(marks);
  layer.follow = () => marks.forEach((mark, index) => mark.getElement()?.classList.toggle("off", !isOn(data.towers[index])));
  return layer;
}

function towerTip(tower) {
  return node("div", { class: "tip" }, node("strong", {}, say("tower_title", { order: tower.order })),
    node("span", {}, [nearestServed(tower), communeOf(tower.commune_code)?.name].filter(Boolean).join(" · ")),
    node("span", {}, `+${show(tower.learners_gained)} ${say("learners")}`),
    isOn(tower) ? null : node("span", { class: "faint" }, say("tower_off")));
}

const ReachLayer = CanvasLayer.extend({
  paint(context) {
    if (!data.reach) return;
    const at = new Map(data.towers.map((tower) => [tower.order, this._map.latLngToLayerPoint(tower.at)]));
    const cells = data.reach.cells.map(([latitude, longitude, orders]) => ({
      point: this._map.latLngToLayerPoint([latitude, longitude]), by: orders.filter((order) => !state.off.has(order)),
    })).filter(({ by }) => by.length > 0);
    context.strokeStyle = data.colours.reached;
    context.globalAlpha = 0.55;
    context.lineWidth = 1;
    context.beginPath();
    for (const { point, by } of cells) {
      const [tower] = by.map((order) => at.get(order)).sort((one, other) => one.distanceTo(point) - other.distanceTo(point));
      context.moveTo(tower.x, tower.y);
      context.lineTo(point.x, point.y);
    }
    context.stroke();
    context.globalAlpha = 1;
    const size = Math.max(2.2, Math.min(6, (this._map.getZoom() - 6) * 0.62));
    for (const { point: { x, y } } of cells) {
      context.fillStyle = "#5c3d00";
      shapes.diamond(context, x, y, size + 0.9);
      context.fillStyle = data.colours.reached;
      shapes.diamond(context, x, y, size);
    }
  },
});
