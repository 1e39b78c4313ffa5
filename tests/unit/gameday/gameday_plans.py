"""A plan as teams write them, for tests to change."""

from __future__ import annotations

PLAN = """\
title = "Autumn game day"
environment = "staging"
url = "https://staging.harbourlight.example"
hypothesis = "Whoever is on call brings the site back within ten minutes."
checklist = ["Everybody is in the room", "Support knows"]

[roles]
facilitator = ["octo-ops"]
responder = ["octo-dev", "octo-web"]
observer = ["octo-writer"]
approver = ["octo-ops"]

[aws]
account = "123456789012"
region = "us-east-1"
bucket = "harbourlight-staging"
distribution = "E2QWRUHAPOMQZL"

[[incidents]]
incident = "cloudfront-root-object-missing"
hypothesis = "The alarm tells within two minutes."
time_box = "15m"
success = { detect = "2m", decide = "5m", recover = "10m", methods = ["infrastructure_only"] }

[stop]
time_box = "1h"
availability = { floor = 0.05, during = "10m" }
object = "s3://harbourlight-ops/STOP"
"""
