// What infra/apply and ops/* share: the AWS CLI, the environment's settings, the distribution's id.
'use strict';

const { execFile } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');

// Runs the AWS CLI; resolves to its parsed answer (null when it prints nothing).
function aws(...args) {
  return new Promise((resolve, reject) => {
    const options = { maxBuffer: 64 * 1024 * 1024 };
    execFile('aws', [...args, '--output', 'json'], options, (error, stdout, stderr) => {
      if (error) {
        error.message = `aws ${args.slice(0, 2).join(' ')}: ${stderr.trim() || error.message}`;
        reject(error);
      } else {
        resolve(stdout.trim() ? JSON.parse(stdout) : null);
      }
    });
  });
}

// Like aws(), but null when the thing asked for does not exist.
async function awsOrNull(...args) {
  try {
    return await aws(...args);
  } catch (error) {
    if (/\((404|NoSuch\w+|Not Found)\)/.test(error.message)) return null;
    throw error;
  }
}

function settings(environment) {
  const file = path.join(__dirname, 'environments', `${environment}.json`);
  if (!/^[a-z]+$/.test(environment || '') || !fs.existsSync(file)) {
    throw new Error(`unknown environment "${environment}": expected staging or prod`);
  }
  return { ENVIRONMENT: environment, ...JSON.parse(fs.readFileSync(file, 'utf8')) };
}

// The distribution that serves the environment's alias, or null.
async function findDistribution(alias) {
  // The AWS CLI prints nothing at all when there is none.
  const list = (await aws('cloudfront', 'list-distributions'))?.DistributionList;
  const found = (list?.Items || []).filter((d) => (d.Aliases.Items || []).includes(alias));
  return found.length ? { id: found[0].Id, arn: found[0].ARN } : null;
}

// Ends the process with one line that GitHub shows as an error, never with a stack trace; on stderr, so
// that it is seen also where a script keeps what is printed.
function run(main) {
  main().catch((error) => {
    console.error(`::error::${error.message.replace(/\r?\n/g, ' ')}`);
    process.exitCode = 1;
  });
}

module.exports = { aws, awsOrNull, findDistribution, run, settings };
