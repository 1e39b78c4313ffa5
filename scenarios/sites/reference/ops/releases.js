// Release records: what each deployment to an environment left behind, oldest first.
//
//   deployments/20260105T100003Z-4711.json
//   { "at", "run", "attempt", "workflow", "actor", "tag", "release", "commit", "layers": ["content"],
//     "live": { "content": COMMIT, "infrastructure": COMMIT }, "outcome", "replaces": [COMMIT] }
//
// `release` is the version tag on the commit, or null; `live` is what each layer holds afterwards;
// `replaces` are the commits that an emergency operation took out of service.
'use strict';

const { execFileSync } = require('node:child_process');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { aws } = require('../infra/lib.js');

const RELEASE = /^v(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)$/;

async function readRecords(bucket) {
  const directory = fs.mkdtempSync(path.join(os.tmpdir(), 'releases-'));
  try {
    execFileSync('aws', ['s3', 'cp', `s3://${bucket}/deployments/`, directory, '--recursive', '--quiet']);
    return fs.readdirSync(directory).sort()
      .map((name) => JSON.parse(fs.readFileSync(path.join(directory, name), 'utf8')));
  } finally {
    fs.rmSync(directory, { recursive: true });
  }
}

async function writeRecord(bucket, record) {
  const directory = fs.mkdtempSync(path.join(os.tmpdir(), 'release-'));
  try {
    const name = path.join(directory, 'record.json');
    fs.writeFileSync(name, `${JSON.stringify(record, null, 2)}\n`);
    const key = `deployments/${record.at.replace(/[-:]|\.\d+/g, '')}-${record.run}.json`;
    await aws('s3api', 'put-object', '--bucket', bucket, '--key', key, '--body', name,
      '--content-type', 'application/json');
    return key;
  } finally {
    fs.rmSync(directory, { recursive: true });
  }
}

// The release tag on a commit (the highest, should there be several), or null.
function releaseOf(commit) {
  const tags = execFileSync('git', ['tag', '--points-at', commit, '--sort=-v:refname'])
    .toString().split('\n');
  return tags.find((tag) => RELEASE.test(tag)) || null;
}

// What is live now in each layer, or null before the first deployment.
function liveNow(records) {
  return records.length ? records[records.length - 1].live : null;
}

// The newest release that was successfully deployed before what is live now in these layers, and that
// no emergency operation has taken out of service. Returns { commit, release } or null.
function lastKnownGood(records, layers) {
  const live = liveNow(records);
  if (!live) return null;
  const replaced = new Set(records.flatMap((record) => record.replaces || []));
  const firstSeen = new Map();
  records.forEach((record, index) => {
    if (!firstSeen.has(record.commit)) firstSeen.set(record.commit, index);
  });
  const serving = layers.map((layer) => live[layer]);
  const newest = Math.max(...serving.map((commit) => firstSeen.get(commit) ?? records.length));
  const good = records.filter((record, index) => index < newest
    && RELEASE.test(record.release || '') && record.outcome === 'success'
    && record.layers.length === 2
    && !replaced.has(record.commit) && !serving.every((commit) => commit === record.commit));
  const last = good[good.length - 1];
  return last ? { commit: last.commit, release: last.release } : null;
}

module.exports = { lastKnownGood, liveNow, readRecords, releaseOf, writeRecord };
