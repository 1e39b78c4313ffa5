"""What a run is given so that its programs go through the proxy and trust what they meet there."""

from __future__ import annotations

import shutil
from pathlib import Path

#: Reached directly: the world's own ports.
DIRECT = "127.0.0.1,localhost,::1"
_NODE = Path(__file__).with_name("node-proxy.cjs")
#: The variables by which programs are told whom to trust: OpenSSL and Go, curl, Python's requests,
#: Node, the AWS CLI, git, pip, npm, Deno.
_TRUST = (
    "SSL_CERT_FILE",
    "CURL_CA_BUNDLE",
    "REQUESTS_CA_BUNDLE",
    "NODE_EXTRA_CA_CERTS",
    "AWS_CA_BUNDLE",
    "GIT_SSL_CAINFO",
    "PIP_CERT",
    "NPM_CONFIG_CAFILE",
    "DENO_CERT",
)


def outward_environment(
    directory: Path, *, certificate: Path, door: int, app: int, run: str, token: str
) -> dict[str, str]:
    """Environment variables for a run, and the files they name, in a folder of the run's own.

    Args:
        directory: where the files go; made.
        certificate: the authority that the proxy's certificates are signed by.
        door: the port at which the run meets the proxy.
        app: the port at which the proxy meets the world.
        run: who asks.
        token: by which it is known.
    """
    directory.mkdir(parents=True, exist_ok=True)
    trusted = directory / "ca.pem"
    shutil.copyfile(certificate, trusted)
    node = directory / _NODE.name
    shutil.copyfile(_NODE, node)
    # GNU Wget looks at no variable for that.
    wget = directory / "wgetrc"
    wget.write_text(f"ca_certificate = {trusted}\n")
    proxy = f"http://{run}.{app}:{token}@127.0.0.1:{door}"
    found = {name: str(trusted) for name in _TRUST}
    for name, value in (("HTTP_PROXY", proxy), ("HTTPS_PROXY", proxy), ("NO_PROXY", DIRECT)):
        found[name] = found[name.lower()] = value
    return {**found, "NODE_OPTIONS": f"--require={node}", "WGETRC": str(wget)}
