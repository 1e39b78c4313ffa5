// Keeps the files under the key; a key is kept once and never changed. What goes wrong is only a warning.
'use strict';

const core = require('./common/core.js');
const results = require('./common/results.js');
const paths = require('./paths.js');

async function save() {
  const key = process.env.STATE_key || core.input('key');
  if (process.env.STATE_matched === key) {
    core.info(`Cache hit occurred on the primary key ${key}, not saving cache.`);
    return;
  }
  const wanted = core.lines('path');
  const archive = paths.pack(wanted);
  const entry = { key, version: paths.version(wanted) };
  const created = await results.call('CacheService', 'CreateCacheEntry', entry);
  if (!created.ok) {
    core.info(`Failed to save: Unable to reserve cache with key ${key}, another job may be creating this cache.`);
    return;
  }
  await results.put(created.signed_upload_url, archive);
  await results.call('CacheService', 'FinalizeCacheEntryUpload', { ...entry, size_bytes: String(archive.length) });
  core.info(`Cache saved with key: ${key}`);
}

save().catch((error) => core.warning(error.message));
