// Does with git what actions/checkout does with it, from the address a real run would use; the world
// resolves that address. https://github.com/actions/checkout
'use strict';

const { execFileSync } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');

const input = (name) => (process.env[`INPUT_${name.toUpperCase()}`] || '').trim();
const output = (name, value) => fs.appendFileSync(process.env.GITHUB_OUTPUT, `${name}=${value}\n`);

// As the real one keeps the token: as a header for the server, and for whatever address stands for it.
function authorisation(git) {
  const token = input('token');
  if (!token) return [];
  const header = `AUTHORIZATION: basic ${Buffer.from(`x-access-token:${token}`).toString('base64')}`;
  let instead = '';
  try {
    instead = git('config', '--get-regexp', '^url\\..*\\.insteadof$');
  } catch { /* nothing stands for it */ }
  const places = [`${process.env.GITHUB_SERVER_URL}/`,
    ...instead.split('\n').map((line) => (/^url\.(.*)\.insteadof /.exec(line) || [])[1]).filter(Boolean)];
  return places.map((place) => [`http.${place}.extraheader`, header]);
}

function main() {
  const workspace = process.env.GITHUB_WORKSPACE;
  const repository = input('repository') || process.env.GITHUB_REPOSITORY;
  const directory = path.resolve(workspace, input('path') || '.');
  if (path.relative(workspace, directory).startsWith('..')) {
    throw new Error(`Repository path '${directory}' is not under '${workspace}'`);
  }
  const depth = Number(input('fetch-depth') || 1);
  if (!Number.isInteger(depth) || depth < 0) {
    throw new Error(`fetch-depth is '${input('fetch-depth')}', expected a whole number, 0 or more`);
  }
  const own = repository === process.env.GITHUB_REPOSITORY;
  const wanted = input('ref') || (own ? process.env.GITHUB_SHA : 'HEAD');
  const git = (...args) => {
    const options = { stdio: ['ignore', 'pipe', 'pipe'] };
    try {
      return execFileSync('git', ['-C', directory, ...args], options).toString().trim();
    } catch (error) {
      const said = (error.stderr || '').toString().trim().split('\n').pop();
      throw new Error(`git ${args[0]}: ${said || error.message}`);
    }
  };
  const knows = (name) => {
    try {
      git('rev-parse', '--verify', '--quiet', `${name}^{commit}`);
      return true;
    } catch { return false; }
  };

  // As the real one: what is left of an earlier checkout here goes, a nested one beside it stays out.
  fs.rmSync(path.join(directory, '.git'), { recursive: true, force: true });
  fs.mkdirSync(directory, { recursive: true });
  for (const name of fs.readdirSync(directory)) {
    fs.rmSync(path.join(directory, name), { recursive: true, force: true });
  }
  git('init', '--quiet');
  git('remote', 'add', 'origin', `${process.env.GITHUB_SERVER_URL}/${repository}`);
  const credentials = authorisation(git);
  for (const [key, value] of credentials) git('config', '--local', key, value);
  const limit = depth === 0 ? [] : [`--depth=${depth}`];
  const tags = depth === 0 || input('fetch-tags') === 'true' ? ['--tags'] : ['--no-tags'];
  const fetch = (...specs) => git('fetch', '--quiet', ...limit, ...tags, 'origin', ...specs);

  const sha = /^[0-9a-f]{40}$/.test(wanted);
  if (depth === 0) {
    fetch('+refs/heads/*:refs/remotes/origin/*', '+refs/tags/*:refs/tags/*');
  }
  if (sha) {
    if (depth !== 0 || !knows(wanted)) fetch(wanted);
    git('checkout', '--quiet', '--detach', wanted);
  } else {
    const short = wanted.replace(/^refs\/(heads|tags)\//, '');
    const names = wanted.startsWith('refs/') ? [wanted] : [`refs/heads/${short}`, `refs/tags/${short}`];
    const remote = wanted === 'HEAD' ? 'HEAD'
      : names.find((name) => git('ls-remote', 'origin', name) !== '');
    if (!remote) throw new Error(`A branch or tag with the name '${short}' could not be found`);
    fetch(remote);
    if (remote.startsWith('refs/heads/')) {
      git('update-ref', `refs/remotes/origin/${short}`, 'FETCH_HEAD');
      git('checkout', '--quiet', '-B', short, 'FETCH_HEAD');
    } else {
      git('checkout', '--quiet', '--detach', 'FETCH_HEAD');
    }
  }
  if (input('persist-credentials') === 'false') {
    for (const [key] of credentials) git('config', '--local', '--unset-all', key);
  }
  const commit = git('rev-parse', 'HEAD');
  console.log(`${repository} checked out at ${commit}`);
  output('ref', input('ref') || process.env.GITHUB_REF || '');
  output('commit', commit);
}

try {
  main();
} catch (error) {
  console.log(`::error::${error.message.split('\n')[0]}`);
  process.exitCode = 1;
}
