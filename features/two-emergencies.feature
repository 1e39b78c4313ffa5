@promises @refusals
Feature: One emergency operation at a time
  Two people answer the same page. What they start in one environment goes one after the other, never
  both at once and never stopped half-way; of those that wait, only the newest is carried out.

  Scenario: the second emergency waits for the first
    Given staging serves the newest release
    And the site is in its steady state
    When the live environment drifts into "html-truncated"
    And viewers see it
    And a colleague has begun a rollback by content_only
    And the engineer on call rolls back by content_only, to "[good release]"
    Then the site recovers
    And the audit trail tells who, what, when and why
    And the drill meets its expectation

  Scenario: of two that wait, the newer one is carried out
    Given staging serves the newest release
    And the site is in its steady state
    When the live environment drifts into "html-truncated"
    And viewers see it
    And a colleague has begun a rollback by content_only
    And another colleague's rollback by last_known_good waits behind it
    And the engineer on call rolls back by content_only, to "[good release]"
    Then the site recovers
    And the audit trail tells who, what, when and why
    And the drill meets its expectation
