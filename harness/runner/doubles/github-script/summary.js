// Builds a step's summary: https://github.com/actions/toolkit/blob/main/packages/core/src/summary.ts
'use strict';

const fs = require('node:fs');
const os = require('node:os');

const wrap = (tag, content, attributes = {}) => {
  const said = Object.entries(attributes).filter(([, value]) => value !== undefined && value !== '')
    .map(([name, value]) => ` ${name}="${value}"`).join('');
  return content === null ? `<${tag}${said}>` : `<${tag}${said}>${content}</${tag}>`;
};

class Summary {
  constructor() { this.buffer = ''; }

  async write(options = {}) {
    const write = options.overwrite ? fs.writeFileSync : fs.appendFileSync;
    write(process.env.GITHUB_STEP_SUMMARY, this.buffer);
    return this.emptyBuffer();
  }

  async clear() { return this.emptyBuffer().write({ overwrite: true }); }

  stringify() { return this.buffer; }

  isEmptyBuffer() { return this.buffer.length === 0; }

  emptyBuffer() { this.buffer = ''; return this; }

  addRaw(text, addEOL = false) { this.buffer += text; return addEOL ? this.addEOL() : this; }

  addEOL() { return this.addRaw(os.EOL); }

  addCodeBlock(code, lang) { return this.addRaw(wrap('pre', wrap('code', code), { lang })).addEOL(); }

  addList(items, ordered = false) {
    return this.addRaw(wrap(ordered ? 'ol' : 'ul', items.map((item) => wrap('li', item)).join(''))).addEOL();
  }

  addTable(rows) {
    const cell = (one) => (typeof one === 'string' ? wrap('td', one)
      : wrap(one.header ? 'th' : 'td', one.data, { colspan: one.colspan, rowspan: one.rowspan }));
    return this.addRaw(wrap('table', rows.map((row) => wrap('tr', row.map(cell).join(''))).join(''))).addEOL();
  }

  addDetails(label, content) { return this.addRaw(wrap('details', wrap('summary', label) + content)).addEOL(); }

  addImage(src, alt, { width, height } = {}) { return this.addRaw(wrap('img', null, { src, alt, width, height })).addEOL(); }

  addHeading(text, level) {
    const tag = ['h1', 'h2', 'h3', 'h4', 'h5', 'h6'].includes(`h${level}`) ? `h${level}` : 'h1';
    return this.addRaw(wrap(tag, text)).addEOL();
  }

  addSeparator() { return this.addRaw(wrap('hr', null)).addEOL(); }

  addBreak() { return this.addRaw(wrap('br', null)).addEOL(); }

  addQuote(text, cite) { return this.addRaw(wrap('blockquote', text, { cite })).addEOL(); }

  addLink(text, href) { return this.addRaw(wrap('a', text, { href })).addEOL(); }
}

module.exports = { summary: new Summary() };
