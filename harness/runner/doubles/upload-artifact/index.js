// Finds the files, packs them, and hands them to the service that keeps artifacts.
// https://github.com/actions/upload-artifact
'use strict';

const crypto = require('node:crypto');
const path = require('node:path');
const core = require('./common/core.js');
const glob = require('./common/glob.js');
const results = require('./common/results.js');
const zip = require('./common/zip.js');

const WHEN_NONE = ['warn', 'error', 'ignore'];
const SERVICE = 'ArtifactService';

// With several paths, names begin below the folder that all have in common; a single file stands alone.
function root(patterns, files) {
  const paths = glob.searchPaths(patterns);
  if (paths.length === 1) return files.length === 1 && files[0] === paths[0] ? path.dirname(paths[0]) : paths[0];
  const split = paths.map((one) => one.split('/'));
  let common = 0;
  while (split.every((parts) => parts.length > common && parts[common] === split[0][common])) common += 1;
  return split[0].slice(0, common).join('/') || '/';
}

core.run(async () => {
  const name = core.input('name') || 'artifact';
  const patterns = core.input('path');
  const whenNone = core.input('if-no-files-found') || 'warn';
  if (!patterns) throw new Error('Input required and not supplied: path');
  if (!WHEN_NONE.includes(whenNone)) {
    throw new Error(`Unrecognized if-no-files-found input. Provided: ${whenNone}. `
      + `Available options: ${WHEN_NONE}`);
  }
  const bad = name.match(/["*/:<>?\\|\r\n]/);
  if (bad) throw new Error(`The artifact name is not valid: ${name}. Contains the following character: ${bad[0]}`);
  const files = glob.find(patterns, { directories: false, hidden: core.flag('include-hidden-files') });
  if (!files.length) {
    const said = `No files were found with the provided path: ${patterns.split('\n').join(', ')}. `
      + 'No artifacts will be uploaded.';
    if (whenNone === 'error') throw new Error(said);
    if (whenNone === 'warn') core.warning(said);
    else core.info(said);
    return;
  }
  const base = root(patterns, files);
  const archive = zip.pack(files.map((file) => [path.relative(base, file), file]),
    Number(core.input('compression-level') || 6));
  const ids = results.ids();
  if (core.flag('overwrite')) {
    await results.call(SERVICE, 'DeleteArtifact', { ...ids, name }).catch((error) => {
      if (error.status !== 404) throw error;
    });
  }
  // Up to v3 an artifact could be added to by several jobs; the service keeps the parts.
  const created = await results.call(SERVICE, 'CreateArtifact',
    { ...ids, name, version: core.major() < 4 ? 3 : 4 });
  await results.put(created.signed_upload_url, archive);
  const digest = crypto.createHash('sha256').update(archive).digest('hex');
  const done = await results.call(SERVICE, 'FinalizeArtifact',
    { ...ids, name, size: String(archive.length), hash: `sha256:${digest}` });
  const { GITHUB_SERVER_URL: server, GITHUB_REPOSITORY: repository, GITHUB_RUN_ID: run } = process.env;
  core.output('artifact-id', done.artifact_id);
  core.output('artifact-digest', digest);
  core.output('artifact-url', `${server}/${repository}/actions/runs/${run}/artifacts/${done.artifact_id}`);
  core.info(`With the provided path, there will be ${files.length} file(s) uploaded`);
  core.info(`Artifact ${name} has been successfully uploaded! Final size is ${archive.length} bytes. `
    + `Artifact ID is ${done.artifact_id}`);
});
