// Looks for the key, then for the newest whose key begins with one of the restore-keys.
// https://docs.github.com/en/actions/reference/workflows-and-actions/dependency-caching
'use strict';

const core = require('./common/core.js');
const results = require('./common/results.js');
const paths = require('./paths.js');

core.run(async () => {
  const key = core.input('key');
  const wanted = core.lines('path');
  if (!key) throw new Error('Input required and not supplied: key');
  if (!wanted.length) throw new Error('Input required and not supplied: path');
  for (const one of [key, ...core.lines('restore-keys')]) {
    if (one.length > 512) throw new Error(`Key Validation Error: ${one} cannot be larger than 512 characters.`);
    if (one.includes(',')) throw new Error(`Key Validation Error: ${one} cannot contain commas.`);
  }
  core.state('key', key);
  core.output('cache-primary-key', key);
  const found = await results.call('CacheService', 'GetCacheEntryDownloadURL', {
    key, restore_keys: core.lines('restore-keys'), version: paths.version(wanted),
  });
  if (!found.ok) {
    if (core.flag('fail-on-cache-miss')) {
      throw new Error(`Failed to restore cache entry. Exiting as fail-on-cache-miss is set. Input key: ${key}`);
    }
    core.info(`Cache not found for input keys: ${[key, ...core.lines('restore-keys')].join(', ')}`);
    return;
  }
  if (!core.flag('lookup-only')) paths.unpack(await results.get(found.signed_download_url));
  core.state('matched', found.matched_key);
  core.output('cache-hit', String(found.matched_key === key));
  core.output('cache-matched-key', found.matched_key);
  core.info(`Cache ${core.flag('lookup-only') ? 'found and can be ' : ''}restored from key: ${found.matched_key}`);
});
