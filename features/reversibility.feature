@promises @refusals
Feature: An emergency operation that went wrong can be rolled back itself
  It left a tag and a record. Neither makes what it deployed a good release.

  Scenario: a rollback to the wrong commit failed, and is rolled back by last_known_good
    Given staging serves the newest release
    And the site is in its steady state
    When the next release ships with "cloudfront-wrong-origin"
    And viewers see it
    And a colleague's rollback by specific_commit, to "[bad release]", has failed
    And the engineer on call rolls back by last_known_good
    Then the site recovers
    And the audit trail tells who, what, when and why
    And the drill meets its expectation

  Scenario: a rollback went too far, and is taken back
    Given staging serves the newest release
    And the site is in its steady state
    When the live environment drifts into "html-truncated"
    And viewers see it
    And a colleague has rolled back by content_only
    And the engineer on call rolls back by content_only, to "[good release]"
    Then the site recovers
    And the audit trail tells who, what, when and why
    And the drill meets its expectation
