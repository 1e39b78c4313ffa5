// What a script knows of its run: https://github.com/actions/toolkit/blob/main/packages/github/src/context.ts
'use strict';

const fs = require('node:fs');

const { env } = process;
let payload = {};
try { payload = JSON.parse(fs.readFileSync(env.GITHUB_EVENT_PATH, 'utf8')); } catch { /* there is none */ }

const context = {
  payload,
  eventName: env.GITHUB_EVENT_NAME,
  sha: env.GITHUB_SHA,
  ref: env.GITHUB_REF,
  workflow: env.GITHUB_WORKFLOW,
  action: env.GITHUB_ACTION,
  actor: env.GITHUB_ACTOR,
  job: env.GITHUB_JOB,
  runAttempt: Number(env.GITHUB_RUN_ATTEMPT),
  runNumber: Number(env.GITHUB_RUN_NUMBER),
  runId: Number(env.GITHUB_RUN_ID),
  apiUrl: env.GITHUB_API_URL,
  serverUrl: env.GITHUB_SERVER_URL,
  graphqlUrl: env.GITHUB_GRAPHQL_URL,
  get repo() {
    const [owner, repo] = env.GITHUB_REPOSITORY.split('/');
    return { owner, repo };
  },
  get issue() {
    const about = payload.issue || payload.pull_request || payload;
    return { ...this.repo, number: about.number };
  },
};

module.exports = { context };
