@promises @refusals
Feature: An emergency operation waits for a deployment that is under way
  Half a release and half a rollback would be worse than either.

  Scenario: the bad release is being deployed once more
    Given staging serves the newest release
    And the site is in its steady state
    When the next release ships with "html-truncated"
    And viewers see it
    And a colleague has begun to deploy the live release once more
    And the engineer on call rolls back by last_known_good
    Then the site recovers
    And the audit trail tells who, what, when and why
    And the drill meets its expectation
