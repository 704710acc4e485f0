// Every text on the page with the contrast of its colour to what lies behind it, worst first.
() => {
  const parse = (colour) => {
    const [red, green, blue, alpha = 1] = colour.match(/[\d.]+/g).map(Number);
    return { rgb: [red, green, blue], alpha };
  };
  const channel = (value) =>
    value / 255 <= 0.04045 ? value / 255 / 12.92 : ((value / 255 + 0.055) / 1.055) ** 2.4;
  const luminance = ([red, green, blue]) =>
    0.2126 * channel(red) + 0.7152 * channel(green) + 0.0722 * channel(blue);
  const behind = (element) => {
    for (let at = element; at; at = at.parentElement) {
      const { rgb, alpha } = parse(getComputedStyle(at).backgroundColor);
      if (alpha === 1) return rgb;
      if (alpha !== 0) throw Error(`half transparent: ${at.className}`);
    }
    throw Error("a page without a background of its own");
  };
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const found = new Map();
  while (walker.nextNode()) {
    const element = walker.currentNode.parentElement;
    if (!walker.currentNode.data.trim() || !element.checkVisibility()) continue;
    const style = getComputedStyle(element);
    const front = parse(element.closest("svg") ? style.fill : style.color).rgb;
    const back = behind(element);
    const [high, low] = [luminance(front), luminance(back)].sort((x, y) => y - x);
    const name = `${element.tagName}.${element.getAttribute("class")} ${front} on ${back}`;
    found.set(name, (high + 0.05) / (low + 0.05));
  }
  return [...found].sort((x, y) => x[1] - y[1]);
};
