Feature: Production is rolled back by one of its owners
  In production only an owner of the emergency workflow may start it, whatever the reason says.

  Scenario: html-truncated is rolled back in production
    Given prod serves the newest release
    And the site is in its steady state
    When the next release ships with "html-truncated"
    And viewers see it
    And the engineer on call rolls back by last_known_good, because "it's down; $(id) `id` && echo 'broken'"
    Then the site recovers
    And the audit trail tells who, what, when and why
    And the drill meets its expectation
