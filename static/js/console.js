// Small helps on top of pages that work without them.
// A form must not be sent twice by a double click. Whoever stops the loading may send it again: the browser tells by
// `navigateerror`; where it does not know that, Escape does, or half a minute.
const PATIENCE = 30_000;
document.addEventListener("submit", (event) => {
  if (Date.now() - Number(event.target.dataset.sent ?? 0) < PATIENCE) event.preventDefault();
  else event.target.dataset.sent = Date.now();
});
const mayBeSentAgain = () => {
  for (const form of document.querySelectorAll("form[data-sent]")) delete form.dataset.sent;
};
window.addEventListener("pageshow", mayBeSentAgain);
window.navigation?.addEventListener("navigateerror", mayBeSentAgain);
window.addEventListener("keydown", (event) => {
  if (event.key === "Escape") mayBeSentAgain();
});
// A menu closes when one looks elsewhere; Escape closes the innermost one, with the focus back where it was opened.
const openMenus = () => [...document.querySelectorAll("details.menu[open]")];
document.addEventListener("click", (event) => {
  for (const menu of openMenus()) if (!menu.contains(event.target)) menu.open = false;
});
document.addEventListener("keydown", (event) => {
  const menu = event.key === "Escape" && openMenus().pop();
  if (!menu) return;
  menu.open = false;
  menu.querySelector("summary").focus();
});
// A dialog that came opens over the page; its Cancel closes it. Escape and the focus afterwards are the browser's.
document.addEventListener("htmx:load", (event) => {
  if (event.target.matches("dialog")) event.target.showModal();
});
document.addEventListener("click", (event) => {
  const dialog = event.target.closest("[data-closes-dialog]")?.closest("dialog");
  if (!dialog) return;
  event.preventDefault();
  dialog.close();
});
// Whoever must sign in again gets that as a page, never inside this one.
document.addEventListener("htmx:beforeSwap", ({ detail }) => {
  const answered = new URL(detail.xhr.responseURL || location.href).pathname;
  if (answered === new URL(detail.pathInfo.finalRequestPath, location.href).pathname) return;
  detail.shouldSwap = false;
  location.assign(detail.pathInfo.finalRequestPath);
});
// A page that renews itself says when it cannot; the next answer brings it up to date and takes the notice away.
const showLost = () => document.getElementById("lost")?.removeAttribute("hidden");
for (const trouble of ["htmx:sendError", "htmx:timeout"]) document.addEventListener(trouble, showLost);
document.addEventListener("htmx:responseError", ({ detail }) => {
  if (detail.xhr.status >= 500) showLost();
});
// Where the part that has the focus is exchanged for one without that button, the focus stays in the part.
let hadFocus = false;
document.addEventListener("htmx:beforeSwap", ({ detail }) => {
  hadFocus = detail.target.contains(document.activeElement);
});
document.addEventListener("htmx:afterSettle", ({ target }) => {
  if (!hadFocus || document.activeElement !== document.body) return;
  target.tabIndex = -1;
  target.focus({ preventScroll: true });
});
// One box ticks all lines of its table.
document.addEventListener("change", ({ target }) => {
  if (!target.matches("[data-tick-all]")) return;
  for (const box of target.closest("table").querySelectorAll("tbody input[type=checkbox]")) box.checked = target.checked;
});
