// SPDX-License-Identifier: GPL-2.0-or-later
// Runs in the page that is tested, once it is laid out. Gives a list of what is wrong with it.
(() => {
  const findings = [];
  const shown = (box) => box.width > 0 && box.height > 0;
  const name = (element) => {
    const text = element.getAttribute('aria-label') || element.textContent || '';
    return `${element.tagName.toLowerCase()} "${text.trim().replace(/\s+/g, ' ').slice(0, 50)}"`;
  };
  // How far two boxes cover each other in both directions, in pixels.
  const covers = (a, b) => Math.min(
    Math.min(a.right, b.right) - Math.max(a.left, b.left),
    Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top));
  const width = document.documentElement.clientWidth;

  if (document.documentElement.scrollWidth > width) {
    findings.push(`overflow: the page is ${document.documentElement.scrollWidth} wide on a screen of ${width}`);
  }

  const scrolls = (element) => element.closest('.scroll, pre, .skip, .hidden, summary, details:not([open]) > *');
  for (const element of document.body.querySelectorAll('*')) {
    if (element.closest('svg svg, svg *') || scrolls(element)) continue;
    const box = element.getBoundingClientRect();
    if (shown(box) && (box.right > width + 1 || box.left < -1)) {
      findings.push(`outside: ${name(element)} spans ${Math.round(box.left)} to ${Math.round(box.right)} of ${width}`);
    }
  }

  // Boxes of one parent lie next to each other, not on each other; a table arranges its rows and cells itself.
  for (const parent of document.body.querySelectorAll('body, main, header, section, div, figure, figcaption, details, ul, li, td')) {
    const children = [...parent.children].filter((child) =>
      getComputedStyle(child).position !== 'absolute' && getComputedStyle(child).display !== 'inline');
    const boxes = children.map((child) => child.getBoundingClientRect());
    boxes.forEach((a, i) => boxes.slice(i + 1).forEach((b, j) => {
      if (shown(a) && shown(b) && covers(a, b) > 1) {
        findings.push(`overlap: ${name(children[i])} and ${name(children[i + 1 + j])}`);
      }
    }));
  }

  for (const cell of document.body.querySelectorAll('td, th, caption, h1, h2, h3, h4, p')) {
    if (cell.closest('details:not([open]) > *, .hidden')) continue;
    if (cell.scrollWidth > cell.clientWidth + 1 && cell.clientWidth > 0 && getComputedStyle(cell).display !== 'inline') {
      findings.push(`overflow: the text of ${name(cell)} is ${cell.scrollWidth} wide in ${cell.clientWidth}`);
    }
  }

  for (const svg of document.querySelectorAll('svg')) {
    if (svg.closest('details:not([open]) > *')) continue;
    const frame = svg.getBoundingClientRect();
    const what = name(svg);
    // Marks carry the colours of data, which the style sheet gives to these places in the drawing.
    const data = ['3', '5', '10', '11', '12', '13', '14', '15'].map((n) => `#0000${n.padStart(2, '0')}`);
    const marks = [...svg.querySelectorAll('rect, circle, polyline, polygon, path, line')].filter((mark) => {
      const box = mark.getBoundingClientRect();
      const seen = data.includes(mark.getAttribute('fill')) || data.includes(mark.getAttribute('stroke'));
      return seen && (box.width > 0.2 || box.height > 0.2);
    });
    if (!shown(frame) || marks.length === 0) findings.push(`no marks: ${what}`);
    const hidden = marks.filter((mark) => {
      const style = getComputedStyle(mark);
      const colours = [style.fill, style.stroke].filter((colour) => colour !== 'none');
      return colours.every((colour) => ['rgba(0, 0, 0, 0)', 'rgb(0, 0, 3)', 'rgb(0, 0, 5)'].includes(colour));
    });
    if (hidden.length > 0) findings.push(`no marks: ${hidden.length} in ${what} have no colour of the page's`);
    const texts = [...svg.querySelectorAll('text')].filter((text) => text.textContent.trim() !== '');
    const boxes = texts.map((text) => text.getBoundingClientRect());
    boxes.forEach((a, i) => {
      if (a.left < frame.left - 1 || a.right > frame.right + 1 || a.top < frame.top - 1 || a.bottom > frame.bottom + 1) {
        findings.push(`letters: "${texts[i].textContent.trim()}" leaves the plot ${what}`);
      }
      boxes.slice(i + 1).forEach((b, j) => {
        if (covers(a, b) > 1) {
          findings.push(`letters: "${texts[i].textContent.trim()}" lies on "${texts[i + 1 + j].textContent.trim()}" in ${what}`);
        }
      });
    });
  }
  return findings;
})()
