// The service that keeps artifacts and caches, by the protocol of GitHub's toolkit (Twirp, as JSON).
// https://github.com/actions/toolkit/tree/main/packages/artifact/src/generated/results
'use strict';

const { ACTIONS_RESULTS_URL: url, ACTIONS_RUNTIME_TOKEN: token } = process.env;

async function call(service, method, body) {
  if (!url || !token) throw new Error('Unable to get the ACTIONS_RESULTS_URL env variable');
  const answer = await fetch(new URL(`/twirp/github.actions.results.api.v1.${service}/${method}`, url), {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  const said = await answer.json().catch(() => ({}));
  if (!answer.ok) {
    const error = new Error(`Failed to ${method}: Received non-retryable error: Failed request: `
      + `(${answer.status}) ${answer.statusText}: ${said.msg || ''}`);
    error.status = answer.status;
    throw error;
  }
  return said;
}

// The ids of the run and of the job stand in the token.
function ids() {
  const claims = JSON.parse(Buffer.from(token.split('.')[1], 'base64url').toString());
  const [, run, job] = claims.scp.split(' ').find((s) => s.startsWith('Actions.Results:')).split(':');
  return { workflow_run_backend_id: run, workflow_job_run_backend_id: job };
}

async function put(place, body) {
  const answer = await fetch(place, {
    method: 'PUT', headers: { 'x-ms-blob-type': 'BlockBlob' }, body,
  });
  if (!answer.ok) throw new Error(`the upload was refused: ${answer.status}`);
}

async function get(place, headers = {}) {
  const answer = await fetch(place, { headers });
  if (!answer.ok) throw new Error(`the download was refused: ${answer.status}`);
  return Buffer.from(await answer.arrayBuffer());
}

module.exports = { call, ids, put, get };
