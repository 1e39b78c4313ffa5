// Runs the script as actions/github-script does: as the body of an async function that is given these names.
// https://github.com/actions/github-script
'use strict';

const { createRequire } = require('node:module');
const path = require('node:path');
const core = require('./common/core.js');
const { client } = require('./client.js');
const toolkit = require('./toolkit.js');
const { context } = require('./context.js');

const AsyncFunction = Object.getPrototypeOf(async () => null).constructor;

core.run(async () => {
  const encoding = core.input('result-encoding') || 'json';
  if (!['json', 'string'].includes(encoding)) {
    throw new Error('"result-encoding" must be either "string" or "json"');
  }
  const token = core.input('github-token');
  if (!token) throw new Error('Input required and not supplied: github-token');
  const github = client({ auth: token, baseUrl: core.input('base-url') });
  // A script requires what lies in the workspace.
  const required = createRequire(path.join(process.cwd(), 'script.js'));
  const given = {
    require: (id) => required(id.startsWith('.') ? path.resolve(process.cwd(), id) : id),
    __original_require__: require,
    github,
    octokit: github,
    getOctokit: (auth, options = {}) => client({ ...options, auth }),
    context,
    core: toolkit.core,
    exec: toolkit.exec,
    glob: toolkit.glob,
    io: toolkit.io,
  };
  const result = await new AsyncFunction(...Object.keys(given), core.input('script'))(...Object.values(given));
  core.output('result', encoding === 'json' ? JSON.stringify(result) || '' : String(result));
});
