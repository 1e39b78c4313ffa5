// Says which Node.js is here; fetches none. https://github.com/actions/setup-node
'use strict';

const fs = require('node:fs');
const path = require('node:path');
const core = require('./common/core.js');
const versions = require('./common/versions.js');

// https://github.com/actions/setup-node/blob/main/docs/advanced-usage.md#publish-to-npmjs-and-gpr-with-npm
function registry(url) {
  const { host, pathname } = new URL(url);
  const scope = core.input('scope');
  const file = path.join(process.env.RUNNER_TEMP || process.env.TMPDIR || '/tmp', '.npmrc');
  fs.writeFileSync(file, `//${host}${pathname.replace(/\/?$/, '/')}:_authToken=\${NODE_AUTH_TOKEN}\n`
    + `${scope ? `@${scope.replace(/^@/, '')}:` : ''}registry=${url}\n`);
  core.exported('NPM_CONFIG_USERCONFIG', file);
  core.exported('NODE_AUTH_TOKEN', process.env.NODE_AUTH_TOKEN || 'XXXXX-XXXXX-XXXXX-XXXXX');
}

core.run(() => {
  const file = core.input('node-version-file');
  const asked = core.input('node-version') || (file ? versions.fromFile(file, 'node') : '');
  const here = versions.found('node');
  if (!here) throw new Error('setup-node: this machine has no Node.js on PATH');
  versions.tell('setup-node', 'Node.js', asked, here[1]);
  if (core.input('cache')) {
    core.info(`setup-node: cache: ${core.input('cache')} is not honoured, nothing is restored`);
    core.output('cache-hit', 'false');
  }
  if (core.input('registry-url')) registry(core.input('registry-url'));
  core.output('node-version', `v${here[1]}`);
});
