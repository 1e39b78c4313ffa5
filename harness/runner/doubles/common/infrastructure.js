// Offers `terraform` or `tofu`, whichever is asked for, by the one that is here; with a wrapper that turns
// what the program says into outputs of the step.
// https://github.com/hashicorp/setup-terraform/blob/main/wrapper/terraform.js
'use strict';

const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const core = require('./core.js');
const versions = require('./versions.js');

const OTHER = { terraform: 'tofu', tofu: 'terraform' };
const TITLE = { terraform: 'Terraform', tofu: 'OpenTofu' };

function setUp(program) {
  core.run(() => {
    const action = program === 'tofu' ? 'setup-opentofu' : 'setup-terraform';
    const file = core.input(`${program}_version_file`);
    const asked = file ? versions.fromFile(file, program) : core.input(`${program}_version`) || 'latest';
    const own = versions.found(program, ['version']);
    const here = own || versions.found(OTHER[program], ['version']);
    if (!here) {
      throw new Error(`${action}: ${TITLE[program]} ${asked} was asked for, and this machine has neither `
        + '`terraform` nor `tofu` on PATH');
    }
    if (own) versions.tell(action, TITLE[program], asked, here[1]);
    else {
      core.info(`${action}: ${program} is not here; ${here[0]} ${here[1]} stands in for it`);
      core.finding(`${action} was asked for ${TITLE[program]} ${asked}; the drill went on with `
        + `${TITLE[OTHER[program]]} ${here[1]}, which this machine has`);
    }
    const folder = fs.mkdtempSync(path.join(process.env.RUNNER_TEMP || os.tmpdir(), `${program}-`));
    const offered = path.join(folder, program);
    if (core.input(`${program}_wrapper`) === 'false') fs.symlinkSync(here[0], offered);
    else {
      fs.copyFileSync(path.join(__dirname, 'wrapper.js'), offered);
      fs.chmodSync(offered, 0o755);
      core.exported(`${program.toUpperCase()}_CLI_PATH`, folder);
    }
    fs.symlinkSync(here[0], path.join(folder, `${program}-bin`));
    core.addPath(folder);
    const token = core.input('cli_config_credentials_token');
    if (token) {
      const host = core.input('cli_config_credentials_hostname');
      fs.writeFileSync(path.join(os.homedir(), program === 'tofu' ? '.tofurc' : '.terraformrc'),
        `credentials "${host}" {\n  token = "${token}"\n}\n`, { mode: 0o600 });
    }
  });
}

module.exports = { setUp };
