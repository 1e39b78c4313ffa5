// Puts the Python asked for first on PATH, if this machine has it, else the one that is here.
// https://github.com/actions/setup-python
'use strict';

const { execFileSync } = require('node:child_process');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const core = require('./common/core.js');
const versions = require('./common/versions.js');

function named() {
  if (core.lines('python-version').length) return core.lines('python-version');
  const file = core.input('python-version-file')
    || (fs.existsSync(path.join(process.env.GITHUB_WORKSPACE, '.python-version')) ? '.python-version' : '');
  return [file ? versions.fromFile(file, 'python') : ''];
}

// `python` and `pip` of this interpreter, in a folder of their own.
function offer(interpreter) {
  const folder = fs.mkdtempSync(path.join(process.env.RUNNER_TEMP || os.tmpdir(), 'python-'));
  for (const name of ['python', 'python3']) fs.symlinkSync(interpreter, path.join(folder, name));
  for (const name of ['pip', 'pip3']) {
    fs.writeFileSync(path.join(folder, name), `#!/bin/sh\nexec '${interpreter}' -m pip "$@"\n`, { mode: 0o755 });
  }
  return folder;
}

core.run(() => {
  const all = named();
  const asked = all[all.length - 1];
  const minor = (asked.match(/^(?:cpython-?)?(3\.\d+)/) || [])[1];
  const here = (minor && versions.found(`python${minor}`)) || versions.found('python3') || versions.found('python');
  if (!here) throw new Error(`setup-python: Python ${asked} was asked for, and this machine has none on PATH`);
  versions.tell('setup-python', 'Python', asked, here[1]);
  const interpreter = execFileSync(here[0], ['-c', 'import sys; print(sys.executable)']).toString().trim();
  if (core.input('cache')) core.info(`setup-python: cache: ${core.input('cache')} is not honoured`);
  if (core.input('update-environment') !== 'false') {
    core.addPath(offer(interpreter));
    core.exported('pythonLocation', path.dirname(path.dirname(interpreter)));
  }
  core.output('python-version', here[1]);
  core.output('python-path', interpreter);
  core.output('cache-hit', 'false');
});
