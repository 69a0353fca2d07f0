// After an answer the focus is where it says what came of it: on the first field that was refused, otherwise on the
// message. An address with a place in it keeps that place.
const place = document.querySelector("main [aria-invalid='true']") ?? document.querySelector("[data-result] > .notice");
if (place && !location.hash) {
  if (place.matches(".notice")) place.tabIndex = -1;
  place.focus();
}
