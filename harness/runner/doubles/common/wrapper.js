#!/usr/bin/env node
// Runs the program beside it, and keeps what it says as outputs of the step that called it.
'use strict';

const { spawn } = require('node:child_process');
const crypto = require('node:crypto');
const fs = require('node:fs');
const path = require('node:path');

const program = path.join(__dirname, `${path.basename(__filename)}-bin`);
const said = { stdout: [], stderr: [] };
const child = spawn(program, process.argv.slice(2), { stdio: ['inherit', 'pipe', 'pipe'] });
for (const name of ['stdout', 'stderr']) {
  child[name].on('data', (part) => { said[name].push(part); process[name].write(part); });
}
child.on('error', (error) => { process.stderr.write(`${error.message}\n`); process.exitCode = 127; });
child.on('close', (code) => {
  const outputs = {
    stdout: Buffer.concat(said.stdout).toString(),
    stderr: Buffer.concat(said.stderr).toString(),
    exitcode: String(code),
  };
  if (process.env.GITHUB_OUTPUT) {
    for (const [name, value] of Object.entries(outputs)) {
      const end = `ghadelimiter_${crypto.randomUUID()}`;
      fs.appendFileSync(process.env.GITHUB_OUTPUT, `${name}<<${end}\n${value}\n${end}\n`);
    }
  }
  // 2 is what `plan -detailed-exitcode` says of changes.
  process.exitCode = code === null ? 1 : code;
});
