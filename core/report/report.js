"use strict";
// Zoom, hover and a filter. The page is complete without them.
(() => {
  const make = (tag, text, act) => {
    const e = document.createElement(tag);
    e.textContent = text;
    if (act) e.addEventListener("click", act);
    return e;
  };
  const panel = document.querySelector(".panel.tl"), svg = panel && panel.querySelector("svg");
  if (svg) {
    const bar = make("div", "");
    bar.className = "tools";
    let zoom = 1;
    const to = (z, x) => {
      const before = zoom;
      zoom = Math.min(Math.max(z, 1), 40);
      const middle = panel.scrollLeft + (x ?? panel.clientWidth / 2);
      svg.style.maxWidth = zoom === 1 ? "" : "none";
      svg.style.width = zoom === 1 ? "" : panel.clientWidth * zoom + "px";
      panel.scrollLeft = middle * zoom / before - (x ?? panel.clientWidth / 2);
    };
    bar.append(make("button", "+", () => to(zoom * 1.5)), make("button", "−", () => to(zoom / 1.5)), make("button", "whole", () => to(1)));
    panel.before(bar);
    panel.addEventListener("wheel", e => {
      if (!e.ctrlKey) return;
      e.preventDefault();
      to(zoom * (e.deltaY < 0 ? 1.2 : 1 / 1.2), e.clientX - panel.getBoundingClientRect().left);
    }, {passive: false});
    const tip = make("div", "");
    tip.className = "tip";
    tip.hidden = true;
    document.body.append(tip);
    svg.addEventListener("mousemove", e => {
      const title = e.target.querySelector && e.target !== svg && e.target.querySelector(":scope > title");
      tip.hidden = !title;
      if (!title) return;
      tip.textContent = title.textContent;
      tip.style.left = Math.min(e.clientX + 12, innerWidth - tip.offsetWidth - 8) + "px";
      tip.style.top = e.clientY + 16 + "px";
    });
    svg.addEventListener("mouseleave", () => tip.hidden = true);
  }
  const rows = [...document.querySelectorAll("#compare tbody tr")];
  if (rows.length > 20) {
    const bar = make("div", ""), field = make("input", ""), count = make("span", "");
    bar.className = "tools";
    field.placeholder = "show only rows with …";
    field.type = "search";
    field.addEventListener("input", () => {
      const words = field.value.toLowerCase();
      let shown = 0;
      for (const row of rows) {
        row.hidden = !row.textContent.toLowerCase().includes(words);
        if (!row.hidden) shown++;
      }
      count.textContent = words ? shown + " of " + rows.length : "";
    });
    bar.append(field, count);
    document.querySelector("#compare").before(bar);
  }
  const details = [...document.querySelectorAll("details")];
  if (details.length > 2) {
    const bar = make("div", "");
    bar.className = "tools";
    bar.append(make("button", "open all", () => details.forEach(d => d.open = true)), make("button", "close all", () => details.forEach(d => d.open = false)));
    document.querySelector("#connections").after(bar);
  }
  // A link to something folded opens it.
  const open = () => {
    let e = location.hash.length > 1 && document.getElementById(location.hash.slice(1));
    for (const target = e; e; e = e.parentElement) {
      if (e.tagName === "DETAILS") e.open = true;
      if (!e.parentElement) target.scrollIntoView({block: "center"});
    }
  };
  addEventListener("hashchange", open);
  open();
})();
