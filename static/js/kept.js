// What was typed into a form that came too late, because the session had ended, is there again after the sign-in.
// It stays in this tab, for a quarter of an hour, for the same person; never a password, a file or a hidden value.
const KEY = "kept-form";
const LIFETIME = 15 * 60_000;
const TYPED = "textarea[name], select[name], input[name]:not([type=password], [type=file], [type=hidden])";
const user = document.body.dataset.user;
const typedIn = (form) => [...form.elements].filter((field) => field.matches(TYPED));
const numberOf = (form) => [...document.forms].indexOf(form);

document.addEventListener("submit", ({ target: form }) => {
  if (!user || form.method !== "post" || !form.closest("main")) return;
  const values = typedIn(form).map(({ value, checked }) => ({ value, checked }));
  const kept = { at: Date.now(), user, page: location.pathname, number: numberOf(form), values };
  sessionStorage.setItem(KEY, JSON.stringify(kept));
});

const putBack = (form, values) => {
  const fields = form ? typedIn(form) : [];
  if (fields.length !== values.length) return;
  fields.forEach((field, number) => Object.assign(field, values[number]));
  fields[0]?.focus();
};

const kept = JSON.parse(sessionStorage.getItem(KEY) ?? "null");
const isOver = !kept || Date.now() - kept.at > LIFETIME || (user && (user !== kept.user || !kept.isLost));
if (isOver) sessionStorage.removeItem(KEY);
else if (!user) sessionStorage.setItem(KEY, JSON.stringify({ ...kept, isLost: true }));
else if (location.pathname === kept.page) {
  sessionStorage.removeItem(KEY);
  putBack(document.forms[kept.number], kept.values);
}
