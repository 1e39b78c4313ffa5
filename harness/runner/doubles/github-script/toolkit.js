// What scripts use of @actions/core, exec, glob and io.  https://github.com/actions/toolkit
'use strict';

const { spawn } = require('node:child_process');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const plain = require('./common/core.js');
const files = require('./common/glob.js');
const { summary } = require('./summary.js');

function input(name, options = {}) {
  const raw = process.env[`INPUT_${name.replace(/ /g, '_').toUpperCase()}`] || '';
  if (options.required && !raw) throw new Error(`Input required and not supplied: ${name}`);
  return options.trimWhitespace === false ? raw : raw.trim();
}

const said = (message) => (message instanceof Error ? message.toString() : message);
const annotate = (kind) => (message, properties = {}) => {
  const { startLine: line, startColumn: col, ...rest } = properties;
  plain.command(kind, { ...rest, line, col }, said(message));
};

const core = {
  ExitCode: { Success: 0, Failure: 1 },
  getInput: input,
  getMultilineInput: (name, options) => input(name, options).split('\n').filter(Boolean),
  getBooleanInput: (name) => plain.flag(name),
  setOutput: plain.output,
  exportVariable: plain.exported,
  addPath: plain.addPath,
  saveState: plain.state,
  getState: (name) => process.env[`STATE_${name}`] || '',
  setSecret: (secret) => plain.command('add-mask', {}, secret),
  setCommandEcho: () => {},
  setFailed(message) { process.exitCode = 1; this.error(message); },
  isDebug: () => process.env.RUNNER_DEBUG === '1',
  debug: (message) => plain.command('debug', {}, message),
  info: plain.info,
  notice: annotate('notice'),
  warning: annotate('warning'),
  error: annotate('error'),
  startGroup: (name) => plain.command('group', {}, name),
  endGroup: () => plain.command('endgroup', {}, ''),
  async group(name, work) {
    this.startGroup(name);
    try { return await work(); } finally { this.endGroup(); }
  },
  async getIDToken(audience) {
    const { ACTIONS_ID_TOKEN_REQUEST_URL: url, ACTIONS_ID_TOKEN_REQUEST_TOKEN: token } = process.env;
    if (!url) throw new Error('Error message: Unable to get ACTIONS_ID_TOKEN_REQUEST_URL env variable');
    const asked = audience ? `${url}&audience=${encodeURIComponent(audience)}` : url;
    const answer = await fetch(asked, { headers: { authorization: `Bearer ${token}` } });
    const { value } = await answer.json();
    plain.command('add-mask', {}, value);
    return value;
  },
  toPosixPath: (name) => name.replace(/\\/g, '/'),
  toWin32Path: (name) => name.replace(/\//g, '\\'),
  toPlatformPath: (name) => name.replace(/[/\\]/g, path.sep),
  platform: { platform: os.platform(), arch: os.arch(), isWindows: false, isMacOS: false, isLinux: true },
  summary,
  markdownSummary: summary,
};

// A command line is split at blanks, quotes keep together: toolkit's argStringToArray.
function words(line) {
  const found = [];
  let word = null;
  let quoted = false;
  for (let at = 0; at < line.length; at += 1) {
    const letter = line[at];
    if (letter === '\\' && line[at + 1] === '"') { word = (word || '') + '"'; at += 1; } else if (letter === '"') {
      quoted = !quoted; word = word || '';
    } else if (letter === ' ' && !quoted) { if (word !== null) found.push(word); word = null; } else word = (word || '') + letter;
  }
  if (word !== null) found.push(word);
  return found;
}

function start(line, args = [], options = {}) {
  const [program, ...own] = words(line);
  if (!program) throw new Error("Parameter 'commandLine' cannot be null or empty.");
  const all = [...own, ...args];
  if (!options.silent) plain.info(`[command]${[program, ...all].join(' ')}`);
  return new Promise((resolve, reject) => {
    const child = spawn(program, all, { cwd: options.cwd, env: options.env || process.env });
    const listeners = options.listeners || {};
    child.stdout.on('data', (part) => {
      if (!options.silent) process.stdout.write(part);
      listeners.stdout?.(part);
    });
    child.stderr.on('data', (part) => {
      if (!options.silent) (options.failOnStdErr ? process.stderr : process.stdout).write(part);
      listeners.stderr?.(part);
    });
    if (options.input) child.stdin.end(options.input); else child.stdin.end();
    child.on('error', (error) => reject(new Error(error.code === 'ENOENT'
      ? `Unable to locate executable file: ${program}. Please verify either the file path exists or the file `
        + 'can be found within a directory specified by the PATH environment variable.' : error.message)));
    child.on('close', (code) => (code === 0 || options.ignoreReturnCode ? resolve(code)
      : reject(new Error(`The process '${program}' failed with exit code ${code}`))));
  });
}

const exec = {
  exec: start,
  async getExecOutput(line, args, options = {}) {
    const kept = { stdout: [], stderr: [] };
    const listeners = {
      stdout: (part) => { kept.stdout.push(part); options.listeners?.stdout?.(part); },
      stderr: (part) => { kept.stderr.push(part); options.listeners?.stderr?.(part); },
    };
    const exitCode = await start(line, args, { ...options, listeners });
    return { exitCode, stdout: Buffer.concat(kept.stdout).toString(), stderr: Buffer.concat(kept.stderr).toString() };
  },
};

const glob = {
  create: async (patterns, options = {}) => {
    const found = () => files.find(patterns, { directories: options.matchDirectories !== false });
    return {
      glob: async () => found(),
      getSearchPaths: () => files.searchPaths(patterns),
      async* globGenerator() { yield* found(); },
    };
  },
  hashFiles: async (patterns) => {
    const { createHash } = require('node:crypto');
    const all = createHash('sha256');
    const found = files.find(patterns, { directories: false });
    for (const file of found) all.update(createHash('sha256').update(fs.readFileSync(file)).digest());
    return found.length ? all.digest('hex') : '';
  },
};

const io = {
  mkdirP: async (folder) => { fs.mkdirSync(folder, { recursive: true }); },
  rmRF: async (place) => { fs.rmSync(place, { recursive: true, force: true }); },
  mv: async (from, to) => {
    fs.renameSync(from, fs.existsSync(to) && fs.statSync(to).isDirectory() ? path.join(to, path.basename(from)) : to);
  },
  cp: async (from, to, { recursive = false, force = true, copySourceDirectory = true } = {}) => {
    const into = fs.existsSync(to) && fs.statSync(to).isDirectory() && copySourceDirectory;
    if (fs.statSync(from).isDirectory() && !recursive) {
      throw new Error(`Failed to copy. ${from} is a directory, but tried to copy without recursive flag.`);
    }
    fs.cpSync(from, into ? path.join(to, path.basename(from)) : to, { recursive, force });
  },
  which: async (name, check = false) => {
    for (const folder of process.env.PATH.split(path.delimiter)) {
      const file = path.join(folder, name);
      try { fs.accessSync(file, fs.constants.X_OK); if (fs.statSync(file).isFile()) return file; } catch { /* not here */ }
    }
    if (check) throw new Error(`Unable to locate executable file: ${name}.`);
    return '';
  },
};

module.exports = { core, exec, glob, io };
