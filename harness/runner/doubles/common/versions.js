// Which version of a tool was asked for, which is here, and whether the one will do for the other.
'use strict';

const { execFileSync } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');
const core = require('./core.js');

const WORDS = ['', 'latest', 'current', 'node', '*', 'x', 'lts/*'];
// https://github.com/nodejs/Release: what a name of long-term support stands for.
const LTS = { hydrogen: '18', iron: '20', jod: '22', krypton: '24' };

const numbers = (text) => text.split('.').map((part) => Number.parseInt(part, 10) || 0);

function compare(one, other) {
  for (let at = 0; at < 3; at += 1) {
    const difference = (one[at] || 0) - (other[at] || 0);
    if (difference) return difference;
  }
  return 0;
}

function meets(part, here) {
  const [, sign, asked] = part.match(/^(>=|<=|>|<|=|~>|~=|\^|~|==|!=)?\s*v?(.*)$/);
  const given = asked.split('.').filter((one) => !/^[x*]$/i.test(one));
  const wanted = numbers(asked.replace(/\.[x*]/gi, ''));
  const same = given.every((_, at) => numbers(here)[at] === wanted[at]);
  const order = compare(numbers(here), wanted);
  const prefix = (length) => wanted.slice(0, length).every((one, at) => numbers(here)[at] === one);
  switch (sign) {
    case '>=': return order >= 0;
    case '<=': return order <= 0;
    case '>': return order > 0;
    case '<': return order < 0;
    case '!=': return !same;
    case '^': return order >= 0 && prefix(wanted[0] ? 1 : 2);
    case '~': return order >= 0 && prefix(Math.min(given.length, 2));
    case '~>':
    case '~=': return order >= 0 && prefix(Math.max(given.length - 1, 1));
    default: return same;
  }
}

// Whether the version that is here is one of those asked for.
function satisfies(asked, here) {
  const name = asked.replace(/^(node|python|cpython)-?(?=\d)/i, '').replace(/-dev$/, '').trim();
  if (WORDS.includes(name.toLowerCase())) return true;
  const lts = LTS[name.toLowerCase().replace(/^lts\//, '')];
  return (lts || name).split('||').some((choice) => choice.trim().replace(/\s*-\s+/g, ' - ')
    .split(/\s*,\s*|\s+(?=[<>=~^!v\d])/).filter(Boolean).every((part) => meets(part, here)));
}

// From a file such as .nvmrc, .node-version, .python-version, .tool-versions, package.json, pyproject.toml.
function fromFile(name, tool) {
  const file = path.resolve(process.env.GITHUB_WORKSPACE, name);
  if (!fs.existsSync(file)) {
    throw new Error(`The specified ${tool} version file at: ${file} does not exist`);
  }
  const text = fs.readFileSync(file, 'utf8');
  if (path.basename(file) === 'package.json') {
    const { volta = {}, engines = {}, devEngines = {} } = JSON.parse(text);
    return volta.node || (devEngines.runtime || {}).version || engines.node || '';
  }
  if (path.basename(file) === 'pyproject.toml') {
    return (text.match(/^\s*requires-python\s*=\s*["']([^"']*)["']/m) || [])[1] || '';
  }
  if (path.basename(file) === '.tool-versions') {
    const names = { node: 'node(?:js)?', python: 'python', tofu: 'opentofu', terraform: 'terraform' };
    return (text.match(new RegExp(`^\\s*${names[tool] || tool}\\s+(\\S+)`, 'm')) || [])[1] || '';
  }
  return text.split('\n').map((line) => line.replace(/#.*/, '').trim()).find(Boolean) || '';
}

// [path, version] of a program on PATH, or null.
function found(name, options = ['--version']) {
  for (const folder of process.env.PATH.split(path.delimiter)) {
    const file = path.join(folder, name);
    try {
      fs.accessSync(file, fs.constants.X_OK);
      const said = execFileSync(file, options, { stdio: ['ignore', 'pipe', 'pipe'] }).toString();
      const version = said.match(/\d+(\.\d+)+/);
      if (version) return [file, version[0]];
    } catch { /* not here */ }
  }
  return null;
}

// Say what was asked for and what there is; another version than asked for is worth a finding.
function tell(action, tool, asked, here) {
  core.info(`${action}: ${tool} ${asked || '(any version)'} was asked for, ${here} is what this machine has`);
  if (!satisfies(asked, here)) {
    core.finding(`${action} was asked for ${tool} ${asked}; the drill went on with ${here}, `
      + 'which this machine has');
  }
}

module.exports = { satisfies, fromFile, found, tell };
