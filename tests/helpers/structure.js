// What is wrong with headings, labels, captions, ids and links, in words; nothing if all is well.
() => {
  const wrong = [];
  const all = (selector) => [...document.querySelectorAll(selector)];
  const seen = (selector) => all(selector).filter((element) => element.checkVisibility());
  if (!document.documentElement.lang) wrong.push("no language");
  if (!document.title) wrong.push("no title");
  for (const tag of ["main", "h1"])
    if (seen(tag).length !== 1) wrong.push(`${seen(tag).length} of ${tag}`);
  let last = 0;
  for (const heading of seen("h1, h2, h3, h4, h5, h6")) {
    const level = Number(heading.tagName[1]);
    if (level > last + 1) wrong.push(`h${level} after h${last}: ${heading.textContent}`);
    last = level;
  }
  for (const element of all("img:not([alt])")) wrong.push(`no words for ${element.outerHTML}`);
  for (const element of all("input, select"))
    if (!element.labels.length && !element.ariaLabel) wrong.push(`no label: ${element.outerHTML}`);
  for (const element of all("svg"))
    if (!element.ariaLabel && !element.ariaHidden) wrong.push(`no label: ${element.outerHTML}`);
  for (const table of seen("table"))
    if (!table.closest(".student") && !table.caption) wrong.push("a table without a caption");
  const ids = all("[id]").map((element) => element.id);
  if (new Set(ids).size !== ids.length) wrong.push("an id twice");
  for (const link of all('a[href^="#"]:not([data-route])'))
    if (!document.getElementById(link.hash.slice(1))) wrong.push(`leads nowhere: ${link.hash}`);
  return wrong;
};
