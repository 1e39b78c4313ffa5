// What every action needs of GitHub's toolkit, by the same environment variables and files.
// https://github.com/actions/toolkit/tree/main/packages/core
// https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands
'use strict';

const crypto = require('node:crypto');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');

const input = (name) => (process.env[`INPUT_${name.replace(/ /g, '_').toUpperCase()}`] || '').trim();
const lines = (name) => input(name).split('\n').map((line) => line.trim()).filter(Boolean);

function flag(name) {
  const value = input(name);
  if (['true', 'True', 'TRUE'].includes(value)) return true;
  if (['false', 'False', 'FALSE', ''].includes(value)) return false;
  throw new TypeError('Input does not meet YAML 1.2 "Core Schema" specification: '
    + `${name}\nSupport boolean input list: \`true | True | TRUE | false | False | FALSE\``);
}

const text = (value) => (value === undefined || value === null ? ''
  : typeof value === 'string' || value instanceof String ? String(value) : JSON.stringify(value));
const escapeData = (value) => text(value)
  .replace(/%/g, '%25').replace(/\r/g, '%0D').replace(/\n/g, '%0A');
const escapeProperty = (value) => escapeData(value).replace(/:/g, '%3A').replace(/,/g, '%2C');

function command(name, properties, message) {
  const said = Object.entries(properties || {}).filter(([, value]) => value)
    .map(([key, value]) => `${key}=${escapeProperty(value)}`).join(',');
  process.stdout.write(`::${name}${said ? ` ${said}` : ''}::${escapeData(message)}${os.EOL}`);
}

// A value may have several lines: https://docs.github.com/en/actions/reference/workflows-and-actions/
// workflow-commands#multiline-strings
function write(file, name, value) {
  const end = `ghadelimiter_${crypto.randomUUID()}`;
  fs.appendFileSync(process.env[file], `${name}<<${end}\n${text(value)}\n${end}\n`);
}

const output = (name, value) => write('GITHUB_OUTPUT', name, value);
const exported = (name, value) => { process.env[name] = text(value); write('GITHUB_ENV', name, value); };
const state = (name, value) => write('GITHUB_STATE', name, value);
const addPath = (folder) => {
  fs.appendFileSync(process.env.GITHUB_PATH, `${folder}\n`);
  process.env.PATH = `${folder}${path.delimiter}${process.env.PATH}`;
};
const info = (message) => process.stdout.write(message + os.EOL);
const warning = (message, properties) => command('warning', properties, message);

// Told to whoever reads the drill's findings, not only in the log.
const finding = (message) => command('notice', { title: 'double' }, message);

// The major version that the workflow names of this action, by tag or by the comment of a pinned commit.
function major() {
  try {
    return Number(fs.readFileSync(path.join(__dirname, 'version'), 'utf8')) || Infinity;
  } catch { return Infinity; }
}

function run(main) {
  Promise.resolve().then(main).catch((error) => {
    command('error', {}, error.message.split('\n')[0]);
    process.exitCode = 1;
  });
}

module.exports = {
  input, lines, flag, text, command, output, exported, state, addPath, info, warning, finding, major, run,
};
