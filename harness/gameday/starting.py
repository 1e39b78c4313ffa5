"""A first plan for a site, commented, to be filled in by the team."""

from __future__ import annotations

from collections.abc import Sequence

from harness.errors import ConfigError
from harness.incidents import Incident
from harness.settings import FILE_NAME, SiteSettings

_TEXT = """\
# A game day in {environment}. Every line is to be read by the whole team; FILL IN marks what sitedrill
# cannot know. `sitedrill gameday plan {file} --check` proves it against AWS and GitHub.
#:schema ./gameday.schema.json          (sitedrill schema gameday-plan > gameday.schema.json)

title = "Game day in {environment}"
environment = "{environment}"
url = "{url}"                    # what viewers type
# release = "v1.4.0"            # the tag that is live; by default the newest release of the repository
hypothesis = "FILL IN: what do we believe? Whoever is on call brings the site back within ..."
checklist = [
  "Everybody who may be alarmed knows that this is a game day",
  "Nobody deploys to {environment} besides the responders",
  "The STOP object works: everybody knows how to put it there",
]

[roles]                         # handles on GitHub
facilitator = ["FILL-IN"]       # starts and stops the day, and does not help
responder = ["FILL-IN"]         # respond as at night, with the tools of the night
observer = []                   # take notes
approver = []                   # approve the deployment, if {environment} has required reviewers

[aws]
account = "000000000000"        # FILL IN: aws sts get-caller-identity
region = "{region}"
bucket = "{bucket}"
distribution = "{distribution}"           # FILL IN: the distribution's id{no_distribution}
# profile = "gameday"           # a named profile; else credentials come from the environment

{incidents}
[stop]                          # everything is put back at once, in reverse order, and compared
time_box = "2h"                 # of the whole day
availability = {{ floor = 0.01, during = "15m" }}   # or when it has been this bad for so long
abort_key = "x"                 # in the terminal
# object = "s3://FILL-IN/STOP"  # whoever puts an object there stops the day

# [evidence]
# alarms = ["staging-5xx"]      # CloudWatch alarms that tell of detection

[after]
# Ends with 0 where the infrastructure is as the repository says:
# drift = ["terraform -chdir=infra plan -detailed-exitcode -lock=false"]
# Further addresses of the site whose caches can be asked:
# addresses = ["https://d111111abcdef8.cloudfront.net"]
"""
_INCIDENT = """\
[[incidents]]
incident = "{id}"
# {title}
hypothesis = "FILL IN: who notices first, and by what?"
time_box = "20m"
success = {{ detect = "5m", decide = "10m", recover = "15m", methods = [{methods}], audit = true }}

"""


def example_plan(
    settings: SiteSettings, environment: str, incidents: Sequence[Incident], *, file: str
) -> str:
    """The text of a first plan.

    Args:
        settings: the site's.
        environment: where it is to be held.
        incidents: those of the day, in order.
        file: what the plan will be called.

    Raises:
        ConfigError: the site has no such environment.
    """
    section = settings.environments.get(environment)
    if section is None:
        raise ConfigError(
            file=FILE_NAME,
            key="environments",
            value=environment,
            expected="one of " + ", ".join(settings.environments),
        )
    website = section.serves == "website"
    return _TEXT.format(
        environment=environment,
        file=file,
        url=f"{'http' if website else 'https'}://{section.host}",
        region=section.region,
        bucket=section.bucket,
        distribution="",
        no_distribution=", stays empty: the bucket serves the site" if website else "",
        incidents="".join(_incident(one) for one in incidents),
    )


def _incident(incident: Incident) -> str:
    mending = [
        response for response, outcome in incident.expect.drift.items() if outcome == "recovers"
    ]
    methods = ", ".join(f'"{response}"' for response in mending)
    return _INCIDENT.format(id=incident.id, title=incident.title, methods=methods)
