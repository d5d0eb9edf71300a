// Before and after: what the towers change is seen right of a line that can be drawn across the map.

function swipeControl(map, change) {
  const line = node("div", { id: "swipe", role: "slider", tabindex: "0", "aria-label": say("swipe"), "aria-valuemin": "0", "aria-valuemax": "100",
    onpointerdown: grab, onkeydown: step },
  node("span", { class: "before" }, say("swipe_before")), node("span", { class: "after" }, say("swipe_after")), node("i", { class: "grip", "aria-hidden": "true" }));
  document.getElementById("stage").append(line);
  L.DomEvent.disableClickPropagation(line);
  const panes = ["reach", "markerPane"].map((name) => map.getPane(name)); // markers are towers, nothing else
  const at = () => (state.theme === "towers" && state.swipe !== null ? state.swipe : null);
  const rightOf = (share) => {
    const size = map.getSize();
    const [from, to] = [[size.x * share, -size.y], [2 * size.x, 2 * size.y]].map((point) => map.containerPointToLayerPoint(point));
    return `path("M${from.x} ${from.y}H${to.x}V${to.y}H${from.x}Z")`;
  };
  const place = () => {
    line.hidden = at() === null;
    panes.forEach((pane) => { pane.style.clipPath = at() === null ? "" : rightOf(at()); });
    if (at() === null) return;
    line.style.left = `${100 * at()}%`;
    line.setAttribute("aria-valuenow", String(Math.round(100 * at())));
  };
  const set = (share) => { state.swipe = Math.max(0.02, Math.min(0.98, share)); place(); };
  function grab(event) {
    line.setPointerCapture(event.pointerId);
    const box = map.getContainer().getBoundingClientRect();
    line.onpointermove = ({ clientX }) => set((clientX - box.left) / box.width);
    line.onpointerup = line.onpointercancel = () => { line.onpointermove = null; change(); };
    event.preventDefault();
    line.focus();
  }
  function step(event) {
    const move = { ArrowLeft: -0.03, ArrowRight: 0.03, Home: -1, End: 1 }[event.key];
    if (move === undefined) return;
    event.preventDefault();
    set(at() + move);
    change();
  }
  map.on("move zoom viewreset resize", place);
  return { place };
}
