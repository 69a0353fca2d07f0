// Follows the system's light or dark setting, before the first paint; paper is light.
const dark = window.matchMedia("(prefers-color-scheme: dark)");
const paper = window.matchMedia("print");
const apply = () => document.documentElement.setAttribute("data-bs-theme", dark.matches && !paper.matches ? "dark" : "light");
dark.addEventListener("change", apply);
paper.addEventListener("change", apply);
apply();
