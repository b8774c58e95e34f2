(function () {
  const figures = JSON.parse(document.getElementById("figures").textContent);
  function colour(name) {
    return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  }
  function axis(given) {
    return Object.assign({ gridcolor: colour("--line"), zeroline: false }, given);
  }
  function draw() {
    figures.forEach(function (figure, k) {
      const place = document.getElementById("figure-" + k);
      const layout = Object.assign({}, figure.layout, {
        width: place.clientWidth,
        paper_bgcolor: "rgba(0,0,0,0)",
        plot_bgcolor: "rgba(0,0,0,0)",
        font: { color: colour("--ink"), family: "system-ui, sans-serif", size: 12 },
        xaxis: axis(figure.layout.xaxis),
        yaxis: axis(figure.layout.yaxis),
      });
      Plotly.react(place, figure.data, layout, { displayModeBar: false });
    });
  }
  let waiting = 0;
  function later() {
    clearTimeout(waiting);
    waiting = setTimeout(draw, 150);
  }
  draw();
  new ResizeObserver(later).observe(document.querySelector("main"));
  window.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", later);
})();
