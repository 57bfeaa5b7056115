// Charts follow the record: each figure that names a source is fetched again and replaced when it changed.
// Everything on the pages works without this file.
"use strict";

const PERIOD_MS = 5000;

async function refresh(figure) {
  const answer = await fetch(figure.dataset.live, { headers: { accept: "text/html" } });
  if (!answer.ok) throw new Error(String(answer.status));
  const text = await answer.text();
  if (figure.dataset.seen === text) return figure;
  const fresh = new DOMParser().parseFromString(text, "text/html").querySelector("figure");
  const details = figure.querySelector("details");
  if (details && details.contains(document.activeElement)) return figure;
  fresh.dataset.seen = text;
  fresh.classList.add("is-live");
  if (details && details.open) fresh.querySelector("details").open = true;
  // Ids must stay unique on the page: a fragment does not know which place it will take.
  const own = figure.querySelector("title").id.slice(0, -3);
  for (const part of fresh.querySelectorAll("[id^='live']")) part.id = part.id.replace("live", own);
  for (const plot of fresh.querySelectorAll("[aria-labelledby]")) {
    plot.setAttribute("aria-labelledby", plot.getAttribute("aria-labelledby").replaceAll("live", own));
  }
  figure.replaceWith(fresh);
  return fresh;
}

function follow(figure) {
  setTimeout(async () => {
    let next = figure;
    try {
      if (!document.hidden) next = await refresh(figure);
    } catch {
      figure.classList.remove("is-live");
    }
    follow(next);
  }, PERIOD_MS);
}

// A page of the past does not change.
if (!new URLSearchParams(location.search).has("as_of")) {
  document.querySelectorAll("figure[data-live]").forEach(follow);
}
