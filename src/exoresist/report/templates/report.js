(() => {
  "use strict";
  const specifications = JSON.parse(document.getElementById("specifications").textContent);
  const settings = { displayModeBar: false, responsive: false, displaylogo: false, scrollZoom: false, doubleClick: false };
  const drawn = new Map();

  const merge = (base, over) => {
    const merged = { ...base };
    for (const [key, value] of Object.entries(over || {})) {
      const both = value && merged[key] && [value, merged[key]].every((one) => typeof one === "object" && !Array.isArray(one));
      merged[key] = both ? merge(merged[key], value) : value;
    }
    return merged;
  };
  const copy = (value) => JSON.parse(JSON.stringify(value));

  // Each plot is laid out for its own width, not the window's: panels beside each other are narrow on a desk too.
  const draw = (plot, forced) => {
    const specification = specifications[plot.id];
    const width = forced || Math.floor(plot.clientWidth);
    if (!width || (drawn.get(plot) === width && plot.data)) return;
    drawn.set(plot, width);
    try {
      lay(plot, specification, width);
    } catch (error) {
      // One plot that fails must not take the others with it.
      plot.textContent = `This figure could not be drawn (${error.message}); its numbers are in tables/.`;
    }
  };
  const lay = (plot, specification, width) => {
    const layout = merge(specification.layout, width < 560 ? specification.narrow : specification.wide);
    const data = copy(plot.data || specification.data);
    Plotly.react(plot, data, { ...copy(layout), width, autosize: false }, settings);
  };
  const plots = [...document.querySelectorAll(".plot")];
  plots.forEach((plot) => draw(plot));

  let waiting = 0;
  addEventListener("resize", () => {
    clearTimeout(waiting);
    waiting = setTimeout(() => plots.forEach((plot) => draw(plot)), 120);
  });
  addEventListener("beforeprint", () => plots.forEach((plot) => draw(plot, Math.min(plot.clientWidth, plot.closest(".several") ? 320 : 660))));
  addEventListener("afterprint", () => plots.forEach((plot) => draw(plot)));

  document.querySelectorAll(".legend button").forEach((button) => {
    button.addEventListener("click", () => {
      const on = button.getAttribute("aria-pressed") !== "true";
      button.setAttribute("aria-pressed", String(on));
      document.querySelectorAll(`#figure-${button.dataset.figure} .plot`).forEach((plot) => {
        const indices = plot.data.map((trace, index) => (trace.legendgroup === button.dataset.group ? index : -1)).filter((index) => index >= 0);
        if (indices.length) Plotly.restyle(plot, { visible: on }, indices);
      });
    });
  });

  // A saved picture stands alone on a slide, so it carries the legend that the page draws outside the plot.
  document.querySelectorAll("[data-save]").forEach((button) => {
    button.addEventListener("click", () => {
      document.querySelectorAll(`#figure-${button.dataset.save} .plot`).forEach((plot, index) => {
        const specification = specifications[plot.id];
        const base = merge(specification.layout, specification.wide);
        const keyed = specification.data.some((trace) => trace.legendgroup) && plot.closest(".figure").querySelector(".legend");
        const layout = merge(copy(base), { showlegend: Boolean(keyed), legend: { orientation: "v", x: 0, xanchor: "left", y: -0.28, yanchor: "top" } });
        const seen = new Set();
        const data = copy(plot.data).map((trace) => {
          const first = trace.name && !seen.has(trace.legendgroup);
          if (trace.name) seen.add(trace.legendgroup);
          return { ...trace, showlegend: Boolean(first) };
        });
        const height = layout.height + (keyed ? 30 + 22 * seen.size : 0);
        Plotly.downloadImage({ data, layout: { ...layout, height, width: 900 } }, { format: "svg", width: 900, height, filename: `${button.dataset.name}-${index + 1}` });
      });
    });
  });

  const search = document.getElementById("parameter-search");
  if (search) {
    const rows = [...document.querySelectorAll("#parameter-table tbody tr")].map((row) => ({ row, text: row.textContent.toLowerCase() }));
    const boxes = [...document.querySelectorAll(".filter input[type=checkbox]")];
    const count = document.getElementById("parameter-count");
    const filter = () => {
      const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
      const kinds = new Set(boxes.filter((box) => box.checked).map((box) => box.value));
      let left = 0;
      for (const { row, text } of rows) {
        row.hidden = !(kinds.has(row.dataset.kind) && words.every((word) => text.includes(word)));
        left += row.hidden ? 0 : 1;
      }
      count.textContent = left === rows.length ? "" : `${left} of ${rows.length}`;
    };
    search.addEventListener("input", filter);
    boxes.forEach((box) => box.addEventListener("change", filter));
    search.form.addEventListener("submit", (event) => event.preventDefault());
  }

  // A link to a source or a row must find it even where its section is folded away.
  const unfold = () => {
    const target = location.hash && document.getElementById(decodeURIComponent(location.hash.slice(1)));
    const folded = target && target.closest("details");
    if (folded) { folded.open = true; target.scrollIntoView(); }
  };
  addEventListener("hashchange", unfold);
  unfold();
})();
