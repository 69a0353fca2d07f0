// Tells the sign-in in which time zone this browser is: at the first one it becomes the person's.
const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
const secure = location.protocol === "https:" ? "; secure" : "";
if (zone) document.cookie = `msi-zone=${encodeURIComponent(zone)}; path=/; max-age=3600; samesite=lax${secure}`;
