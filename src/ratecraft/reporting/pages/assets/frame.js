// Every page of the site: the link to the other language takes the state in the address along.
"use strict";

for (const link of document.querySelectorAll(".switches a[hreflang]")) {
  const address = link.getAttribute("href");
  const follow = () => link.setAttribute("href", address + window.location.search + window.location.hash);
  for (const event of ["pointerdown", "focus", "click"]) link.addEventListener(event, follow);
}
