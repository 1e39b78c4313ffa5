// Gets artifacts of this run, or with run-id and github-token of another one, and unpacks them.
// https://github.com/actions/download-artifact
'use strict';

const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const core = require('./common/core.js');
const glob = require('./common/glob.js');
const results = require('./common/results.js');
const zip = require('./common/zip.js');

const SERVICE = 'ArtifactService';

// Of this run: [{name, id, archives}], from the service.
async function own() {
  const ids = results.ids();
  const { artifacts } = await results.call(SERVICE, 'ListArtifacts', ids);
  return artifacts.map(({ name, database_id: id }) => ({
    name,
    id: String(id),
    archives: async () => {
      const answer = await results.call(SERVICE, 'GetSignedArtifactURL', { ...ids, name });
      return Promise.all([answer.signed_url, ...(answer.more_signed_urls || [])].map((url) => results.get(url)));
    },
  }));
}

// Of another run, by the REST API. https://docs.github.com/en/rest/actions/artifacts
async function foreign(repository, run, token) {
  const api = `${process.env.GITHUB_API_URL}/repos/${repository}/actions`;
  const headers = { authorization: `Bearer ${token}` };
  const answer = await fetch(`${api}/runs/${run}/artifacts?per_page=100`, { headers });
  const said = await answer.json();
  if (!answer.ok) throw new Error(`Unable to list artifacts of run ${run}: ${said.message}`);
  return said.artifacts.map(({ name, id }) => ({
    name, id: String(id), archives: async () => [await results.get(`${api}/artifacts/${id}/zip`, headers)],
  }));
}

core.run(async () => {
  const { GITHUB_WORKSPACE: workspace, GITHUB_RUN_ID: here } = process.env;
  const name = core.input('name');
  const wanted = core.input('artifact-ids').split(',').map((id) => id.trim()).filter(Boolean);
  if (name && wanted.length) {
    throw new Error("Inputs 'name' and 'artifact-ids' cannot be used together. Please specify only one.");
  }
  const run = core.input('run-id') || here;
  const token = core.input('github-token');
  const given = core.input('path') || workspace;
  const target = path.resolve(workspace, given.replace(/^~(?=\/|$)/, os.homedir()));
  const all = token ? await foreign(core.input('repository'), run, token) : await own();
  let chosen = all;
  if (name) {
    chosen = all.filter((artifact) => artifact.name === name);
    if (!chosen.length) throw new Error(`Unable to download artifact(s): Artifact not found for name: ${name}`);
  } else if (wanted.length) {
    chosen = all.filter((artifact) => wanted.includes(artifact.id));
    if (!chosen.length) throw new Error('None of the provided artifact IDs were found');
  } else if (core.input('pattern')) {
    chosen = all.filter((artifact) => glob.nameMatches(artifact.name, core.input('pattern')));
  }
  // From v5 on a single artifact chosen by its id is put down like one chosen by its name.
  const flat = Boolean(name) || core.flag('merge-multiple') || (wanted.length === 1 && core.major() >= 5);
  for (const artifact of chosen) {
    const place = flat ? target : path.join(target, artifact.name);
    fs.mkdirSync(place, { recursive: true });
    let files = 0;
    for (const archive of await artifact.archives()) files += zip.unpack(archive, place);
    core.info(`Artifact ${artifact.name} has been downloaded to ${place}: ${files} file(s)`);
  }
  fs.mkdirSync(target, { recursive: true });
  core.info(`Total of ${chosen.length} artifact(s) downloaded`);
  core.output('download-path', target);
});
