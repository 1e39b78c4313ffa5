// What a cache holds, and the version by which the service tells caches of other paths apart.
// https://github.com/actions/toolkit/tree/main/packages/cache
'use strict';

const { execFileSync } = require('node:child_process');
const crypto = require('node:crypto');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const glob = require('./common/glob.js');

const version = (paths) => crypto.createHash('sha256').update([...paths, 'gzip', '1.0'].join('|')).digest('hex');

function inTemporaryFile(work) {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'cache-'));
  try { return work(folder); } finally { fs.rmSync(folder, { recursive: true, force: true }); }
}

// tar keeps modes and links; names begin at the workspace, as in the real archives.
function pack(paths) {
  const places = glob.find(paths).filter((one, _, all) => !all.includes(path.dirname(one)))
    .map((one) => path.relative(process.env.GITHUB_WORKSPACE, one));
  if (!places.length) {
    throw new Error('Path Validation Error: Path(s) specified in the action for caching do(es) not exist, '
      + 'hence no cache is being saved.');
  }
  return inTemporaryFile((folder) => {
    fs.writeFileSync(path.join(folder, 'names'), places.join('\n'));
    const file = path.join(folder, 'cache.tgz');
    execFileSync('tar', ['-czPf', file, '-C', process.env.GITHUB_WORKSPACE, '-T', path.join(folder, 'names')]);
    return fs.readFileSync(file);
  });
}

function unpack(archive) {
  inTemporaryFile((folder) => {
    const file = path.join(folder, 'cache.tgz');
    fs.writeFileSync(file, archive);
    execFileSync('tar', ['-xzPf', file, '-C', process.env.GITHUB_WORKSPACE]);
  });
}

module.exports = { version, pack, unpack };
