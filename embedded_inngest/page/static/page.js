/* Keeps the parts marked data-live as the server would write them now. Without it each page is whole, and stands still.

   Whatever is typed is safe: forms to fill in are outside of those parts, and a part in which text is selected waits. */
"use strict";

const EVERY = 1000; // milliseconds between two looks
const parts = new Map([...document.querySelectorAll("[data-live]")].map((part) => [part.id, part.innerHTML]));
const live = document.getElementById("live");
const news = document.getElementById("news");
let mark = null; // of the page as it was last seen whole

function tell(text) {
  if (news.textContent !== text) news.textContent = text;
}

function isSelectedIn(part) {
  const selection = document.getSelection();
  return !selection.isCollapsed && part.contains(selection.anchorNode);
}

function nameOf(element) {
  if (element.id) return `#${CSS.escape(element.id)}`;
  const link = element.getAttribute("href");
  return link === null ? null : `${element.tagName}[href="${CSS.escape(link)}"]`;
}

function renew(part, fresh) {
  const focused = part.contains(document.activeElement) ? nameOf(document.activeElement) : null;
  const opened = [...part.querySelectorAll("details[open][id]")].map((each) => each.id);
  part.innerHTML = fresh.innerHTML;
  for (const id of opened) {
    const details = document.getElementById(id);
    if (details) details.open = true;
  }
  if (focused) part.querySelector(focused)?.focus({ preventScroll: true });
}

/* Returns whether everything on the page is as the server has it. */
function renewAll(fresh) {
  let isAll = true;
  for (const [id, shown] of parts) {
    const part = document.getElementById(id);
    const now = fresh.getElementById(id) ?? document.createElement("section"); // what is gone is empty
    if (now.innerHTML === shown) continue;
    if (isSelectedIn(part)) {
      isAll = false;
      continue;
    }
    renew(part, now);
    parts.set(id, now.innerHTML);
    part.hidden = now.innerHTML === "";
    const said = now.dataset.say;
    if (said && said !== part.dataset.say) tell(said);
    part.dataset.say = said ?? "";
  }
  return isAll;
}

/* Returns what is wrong, if anything. */
async function look() {
  const answer = await fetch(location.href, { cache: "no-store", headers: mark ? { "If-None-Match": mark } : {} });
  if (answer.status === 304) return null;
  if (!answer.ok) return "The engine no longer knows this.";
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
  if (renewAll(fresh)) mark = answer.headers.get("ETag");
  return null;
}

async function keepLooking() {
  if (!document.hidden) {
    const wrong = await look().catch(() => "The engine does not answer: what stands here may be old.");
    if (wrong) tell(wrong);
    live.textContent = wrong ?? "live";
    live.classList.toggle("wrong", wrong !== null);
  }
  setTimeout(keepLooking, EVERY);
}

live.textContent = "";
if (parts.size) keepLooking();
