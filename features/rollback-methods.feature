@promises
Feature: Each method of rollback does what it says, in production
  Both layers go back, or one of them does and the other is left alone. last_known_good finds the
  release before the live one by itself, specific_commit is told.

  Scenario Outline: <method> in production
    Given prod serves the newest release
    And the site is in its steady state
    When the live environment drifts into "html-truncated"
    And viewers see it
    And the engineer on call rolls back by <method>
    Then the site <outcome>
    And the audit trail tells who, what, when and why
    And the drill meets its expectation

    Examples:
      | method              | outcome          |
      | last_known_good     | recovers         |
      | specific_commit     | recovers         |
      | infrastructure_only | does not recover |
      | content_only        | recovers         |
