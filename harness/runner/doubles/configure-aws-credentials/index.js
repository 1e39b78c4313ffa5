// Gets an identity token from the job's issuer and exchanges it with STS for the role's credentials.
// https://github.com/aws-actions/configure-aws-credentials
// https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithWebIdentity.html
'use strict';

const fs = require('node:fs');

const input = (name) => (process.env[`INPUT_${name.toUpperCase()}`] || '').trim();
const write = (file, name, value) => fs.appendFileSync(process.env[file], `${name}=${value}\n`);

function export_(name, value, secret) {
  if (secret) console.log(`::add-mask::${value}`);
  write('GITHUB_ENV', name, value);
}

async function identityToken() {
  const { ACTIONS_ID_TOKEN_REQUEST_URL: url, ACTIONS_ID_TOKEN_REQUEST_TOKEN: token } = process.env;
  if (!url) {
    throw new Error('Credentials could not be loaded, please check your action inputs: '
      + 'no identity token can be had, is `permissions: id-token: write` missing?');
  }
  const answer = await fetch(`${url}&audience=${encodeURIComponent(input('audience'))}`, {
    headers: { authorization: `Bearer ${token}` },
  });
  if (!answer.ok) throw new Error(`the identity token was refused: ${answer.status}`);
  return (await answer.json()).value;
}

async function main() {
  const region = input('aws-region');
  if (!/^[a-z]{2}(-[a-z]+)+-\d$/.test(region)) throw new Error(`Region is not valid: ${region}`);
  export_('AWS_REGION', region);
  export_('AWS_DEFAULT_REGION', region);
  const role = input('role-to-assume');
  if (!role) {
    if (!input('aws-access-key-id')) throw new Error('role-to-assume is empty, and there are no keys');
    export_('AWS_ACCESS_KEY_ID', input('aws-access-key-id'), true);
    export_('AWS_SECRET_ACCESS_KEY', input('aws-secret-access-key'), true);
    if (input('aws-session-token')) export_('AWS_SESSION_TOKEN', input('aws-session-token'), true);
    return;
  }
  const answer = await fetch(process.env.AWS_ENDPOINT_URL_STS || process.env.AWS_ENDPOINT_URL
    || `https://sts.${region}.amazonaws.com`, {
    method: 'POST',
    headers: { accept: 'text/xml' },
    body: new URLSearchParams({
      Action: 'AssumeRoleWithWebIdentity',
      Version: '2011-06-15',
      RoleArn: role,
      RoleSessionName: input('role-session-name').replace(/[^\w+=,.@-]/g, '-').slice(0, 64),
      DurationSeconds: input('role-duration-seconds'),
      WebIdentityToken: await identityToken(),
    }),
  });
  const xml = await answer.text();
  const field = (name) => (xml.match(new RegExp(`<${name}>([^<]+)</${name}>`)) || [])[1];
  if (!answer.ok) {
    throw new Error(`Could not assume role with OIDC: ${field('Message') || answer.status}`);
  }
  export_('AWS_ACCESS_KEY_ID', field('AccessKeyId'), true);
  export_('AWS_SECRET_ACCESS_KEY', field('SecretAccessKey'), true);
  export_('AWS_SESSION_TOKEN', field('SessionToken'), true);
  write('GITHUB_OUTPUT', 'aws-account-id', role.split(':')[4] || '');
  write('GITHUB_OUTPUT', 'aws-expiration', field('Expiration'));
  console.log(`Authenticated as ${field('Arn') || role}`);
}

main().catch((error) => {
  console.log(`::error::${error.message}`);
  process.exitCode = 1;
});
