"""What somebody puts in their shell to use the real `gh` and git against a world.

    certificate = ensure_certificate(directory / "people")
    shell = Shell("octo", token, host="127.0.0.1:4711", repository="acme/site", directory=...)
    subprocess.run(["gh", "run", "list"], env={**os.environ, **shell.environment})
    shell.write()                           # DIR/people/octo.sh, to be sourced

`gh` takes the world for a GitHub Enterprise Server: it speaks HTTPS to `GH_HOST`, which may have a port,
and believes the authority that `SSL_CERT_FILE` names. Its configuration is the person's in the world, so
that whoever they are on the real GitHub neither shows nor changes.

https://cli.github.com/manual/gh_help_environment
"""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import trustme

HOST = "127.0.0.1"
AUTHORITY, SERVER = "ca.pem", "server.pem"


def ensure_certificate(directory: Path) -> Path:
    """The certificate of the world's GitHub, with its key; made when it is not there.

    Whom it was signed by lies beside it, for those who are to believe it.
    """
    server, authority = directory / SERVER, directory / AUTHORITY
    if server.exists() and authority.exists():
        return server
    directory.mkdir(parents=True, exist_ok=True)
    made = trustme.CA(organization_name="sitedrill", organization_unit_name="this world only")
    shown = made.issue_cert(HOST, "localhost")
    made.cert_pem.write_to_path(authority)
    scratch = directory / f"{SERVER}.new"
    scratch.touch(mode=0o600)
    scratch.write_bytes(shown.private_key_and_cert_chain_pem.bytes())
    scratch.replace(server)
    return server


@dataclass(frozen=True)
class Shell:
    """One person's.

    Attributes:
        handle: who they are.
        token: with which they prove it.
        host: where the world's GitHub listens by HTTPS, with its port.
        repository: the site's.
        directory: where the authority lies, and what is the person's own goes.
    """

    handle: str
    token: str = field(repr=False)
    host: str
    repository: str
    directory: Path

    @property
    def environment(self) -> Mapping[str, str]:
        """The variables, besides what is in the person's shell anyway."""
        authority = str((self.directory / AUTHORITY).resolve())
        own = (self.directory / f"{self.handle}.gh").resolve()
        return {
            "GH_HOST": self.host,
            "GH_REPO": f"{self.host}/{self.repository}",
            "GH_ENTERPRISE_TOKEN": self.token,
            # Those of the real GitHub are for nobody to see in here.
            "GH_TOKEN": "",
            "GITHUB_TOKEN": "",
            "GH_CONFIG_DIR": str(own),
            "GH_NO_UPDATE_NOTIFIER": "1",
            "SSL_CERT_FILE": authority,
            "GIT_SSL_CAINFO": authority,
            # git asks `gh` for a password, as after `gh auth setup-git`.
            "GIT_CONFIG_COUNT": "2",
            "GIT_CONFIG_KEY_0": f"credential.https://{self.host}.helper",
            "GIT_CONFIG_VALUE_0": "",
            "GIT_CONFIG_KEY_1": f"credential.https://{self.host}.helper",
            "GIT_CONFIG_VALUE_1": "!gh auth git-credential",
        }

    def write(self) -> Path:
        """The file to be sourced: readable by nobody else, for it holds the token."""
        file = self.directory / f"{self.handle}.sh"
        lines = [f"# {self.handle}, in this world only: . {shlex.quote(str(file))}"]
        lines += [f"export {name}={shlex.quote(value)}" for name, value in self.environment.items()]
        scratch = file.with_suffix(".new")
        scratch.unlink(missing_ok=True)
        scratch.touch(mode=0o600)
        scratch.write_text("\n".join(lines) + "\n", encoding="utf-8")
        return scratch.replace(file)
