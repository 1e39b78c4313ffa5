// Files by patterns, as GitHub's toolkit finds them: * ? [..] **, `!` takes away, # is a comment, a
// folder stands for everything below it.  https://github.com/actions/toolkit/tree/main/packages/glob
'use strict';

const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');

const MAGIC = /[*?[]/;

function expression(pattern) {
  const parts = pattern.split('/');
  let source = '';
  parts.forEach((part, index) => {
    const last = index === parts.length - 1;
    if (part === '**') {
      source += last ? '.*' : '(?:[^/]+/)*';
      return;
    }
    for (let at = 0; at < part.length; at += 1) {
      const letter = part[at];
      if (letter === '*') source += '[^/]*';
      else if (letter === '?') source += '[^/]';
      else if (letter === '[' && part.indexOf(']', at + 2) > 0) {
        const end = part.indexOf(']', at + 2);
        source += `[${part.slice(at + 1, end).replace(/^[!^]/, '^').replace(/\\/g, '\\\\')}]`;
        at = end;
      } else source += letter.replace(/[\\^$.|+(){}[\]]/g, '\\$&');
    }
    if (!last) source += '/';
  });
  return new RegExp(`^${source}$`);
}

function rooted(pattern) {
  const home = pattern === '~' || pattern.startsWith('~/')
    ? path.join(os.homedir(), pattern.slice(1)) : pattern;
  const whole = path.isAbsolute(home) ? home : path.join(process.cwd(), home);
  const normal = path.normalize(whole);
  return normal.length > 1 ? normal.replace(/\/+$/, '') : normal;
}

// The longest beginning of a pattern that is no pattern.
function searchPath(pattern) {
  const parts = pattern.split('/');
  const first = parts.findIndex((part) => MAGIC.test(part));
  return first < 0 ? pattern : parts.slice(0, first).join('/') || '/';
}

function* walk(place, seen = new Set()) {
  let stat;
  try { stat = fs.statSync(place); } catch { return; }
  yield [place, stat.isDirectory()];
  if (!stat.isDirectory()) return;
  const real = fs.realpathSync(place);
  if (seen.has(real)) return;
  for (const name of fs.readdirSync(place).sort()) {
    yield* walk(path.join(place, name), new Set([...seen, real]));
  }
}

function parse(patterns) {
  const read = (typeof patterns === 'string' ? patterns.split('\n') : patterns)
    .map((line) => line.trim()).filter((line) => line && !line.startsWith('#'));
  return read.map((line) => {
    const taken = /^!+/.test(line) && line.match(/^!+/)[0].length % 2 === 1;
    const pattern = rooted(line.replace(/^!+/, ''));
    const matches = expression(pattern);
    const below = expression(`${pattern}/**`);
    return { taken, pattern, matches: (place) => matches.test(place) || below.test(place) };
  });
}

function searchPaths(patterns) {
  const found = [...new Set(parse(patterns).filter((p) => !p.taken).map((p) => searchPath(p.pattern)))];
  return found.filter((one) => !found.some((other) => other !== one && one.startsWith(`${other}/`)));
}

function find(patterns, { directories = true, hidden = true } = {}) {
  const parsed = parse(patterns);
  const found = new Set();
  for (const root of searchPaths(patterns)) {
    for (const [place, folder] of walk(root)) {
      let in_ = false;
      for (const pattern of parsed) if (pattern.matches(place)) in_ = !pattern.taken;
      const tail = path.relative(root, place);
      const secret = !hidden && tail.split('/').some((part) => part.startsWith('.') && part !== '..');
      if (in_ && !secret && (directories || !folder)) found.add(place);
    }
  }
  return [...found];
}

// Like minimatch, for names: used for `pattern:` of download-artifact.
const nameMatches = (name, pattern) => expression(pattern).test(name);

module.exports = { find, searchPaths, nameMatches };
