"""A LocalStack that somebody else runs: one for all drills, so they take turns and it is reset between.

    endpoint = Endpoint(resolve("auto"), account="123456789012")
    template = SharedLocalStack(endpoint)         # must be empty; the baseline is built in it
    drill = template.clone(os.getpid())           # the baseline's state, written anew
    drill.stop()                                  # empty again

Nothing can be forked there: its state is read and written through the AWS API.
"""

from __future__ import annotations

import re

import httpx
from localstack_client.config import get_service_endpoint

from harness.cloud.clients import Clients
from harness.cloud.emulator import Headers
from harness.cloud.localstack.answers import says_it_lacks
from harness.cloud.localstack.copying import State, clear, names, read, write
from harness.errors import ConfigError, EmulatorError

#: What `--endpoint` says for the one that LocalStack's own clients would call.
AUTO = "auto"
ANSWER_WITHIN = 10.0
#: https://docs.localstack.cloud/aws/capabilities/networking/internal-endpoints/
_HEALTH = "/_localstack/health"
#: Our own tools' keys; keys that LocalStack gave out tell it their account by themselves.
_OURS = re.compile(rb"Credential=SITEDRILL\w*/")


def resolve(endpoint: str) -> str:
    """The URL that `--endpoint` means; `auto` is where LocalStack's own clients look.

    They take AWS_ENDPOINT_URL, else LOCALSTACK_HOST and EDGE_PORT, else port 4566 on this machine:
    https://github.com/localstack/localstack-python-client#configuration

    Raises:
        ConfigError: it is no URL.
    """
    url = str(get_service_endpoint("s3")) if endpoint == AUTO else endpoint.rstrip("/")
    parsed = httpx.URL(url) if "://" in url else None
    if parsed is None or parsed.scheme not in {"http", "https"} or not parsed.host:
        raise ConfigError(
            file="options",
            key="--endpoint",
            value=endpoint,
            expected="a URL such as http://127.0.0.1:4566, or auto",
        )
    return url


class Endpoint:
    """The LocalStack at a URL; what is made there belongs to `account`."""

    def __init__(self, url: str, *, account: str) -> None:
        """Nothing is asked yet."""
        self.url = url
        self.account = account
        self._version = ""

    def version(self) -> str:
        """LocalStack's, as it tells itself.

        Raises:
            EmulatorError: nothing answers there, or it is not LocalStack.
        """
        if self._version:
            return self._version
        try:
            answer = httpx.get(f"{self.url}{_HEALTH}", timeout=ANSWER_WITHIN, trust_env=False)
        except httpx.HTTPError as error:
            raise EmulatorError(
                f"nothing answers at the endpoint {self.url}: {error}",
                hint="start LocalStack (docker compose up --wait localstack), or see --endpoint",
            ) from error
        try:
            said = answer.json()
            edition, version = str(said["edition"]), str(said["version"])
            services = said["services"]
        except (ValueError, KeyError, TypeError):
            raise EmulatorError(
                f"what answers at the endpoint {self.url} is not LocalStack: it has no {_HEALTH}",
                hint="see --endpoint",
            ) from None
        if "s3" not in services or not edition:
            raise EmulatorError(
                f"the LocalStack at {self.url} has no S3", hint="see its SERVICES setting"
            )
        self._version = version
        return version

    def clients(self) -> Clients:
        """Clients whose calls belong to the account, to be used in a `with`."""
        return Clients(self.url, "setup", access_key=self.account)


class SharedLocalStack:
    """The endpoint as an emulator: a template whose clones are itself, in their turn."""

    name = "localstack"

    def __init__(self, endpoint: Endpoint, *, number: int = 0, template: bool = True) -> None:
        """A template begins empty; `number` tells apart the baselines that it holds in turn.

        Raises:
            EmulatorError: there is something already, which a drill would destroy.
        """
        self._endpoint = endpoint
        self._number = number
        self._state: State | None = None
        if template:
            with endpoint.clients() as clients:
                found = names(clients)
            if found:
                raise EmulatorError(
                    f"the LocalStack at {endpoint.url} is not empty ({', '.join(found[:4])}"
                    f"{', ...' if found[4:] else ''}); drills begin with an empty one and empty it "
                    "after each",
                    hint="give them one of their own, or start this one anew "
                    "(docker compose up --wait --force-recreate localstack)",
                )

    @property
    def endpoint(self) -> str:
        """Its URL, and which baseline."""
        return f"{self._endpoint.url}#{self._number}"

    def part(self, service: str) -> SharedLocalStack:
        """Itself: it answers every service."""
        del service
        return self

    def prepared(self, headers: Headers) -> Headers:
        """With our own keys told as the account's: LocalStack reads the account from the key.

        https://docs.localstack.cloud/aws/capabilities/config/multi-account-setups/
        """
        account = b"Credential=" + self._endpoint.account.encode() + b"/"
        return [
            (name, _OURS.sub(account, value) if name == b"authorization" else value)
            for name, value in headers
        ]

    def implements(self, service: str, operation: str) -> bool:
        """LocalStack says by itself what it lacks."""
        del service, operation
        return True

    def admits(self, status: int, body: bytes) -> bool:
        """As a LocalStack process of our own."""
        return says_it_lacks(status, body)

    def keep(self) -> None:
        """Note what is there, the first time."""
        if self._state is None:
            with self._endpoint.clients() as clients:
                self._state = read(clients)

    def clone(self, owner_pid: int, *, grace: float = 0) -> SharedLocalStack:
        """The endpoint with this one's state; whatever else is there is deleted."""
        del owner_pid, grace
        self.keep()
        if self._state is None:
            raise EmulatorError(f"the state of {self.endpoint} was not read")
        with self._endpoint.clients() as clients:
            clear(clients)
            write(clients, self._state)
        return SharedLocalStack(self._endpoint, number=self._number, template=False)

    def adopt(self, owner_pid: int) -> None:
        """It belongs to whoever started it, and is there as long as they want."""
        del owner_pid

    def stop(self) -> None:
        """Leave it empty."""
        with self._endpoint.clients() as clients:
            clear(clients)
