@promises @refusals
Feature: Where nothing was live before, nobody goes back to nothing
  The first release breaks. There is no last known good, and whoever asks for it is told so, before
  anything is tagged or changed, and told the way that is left: the release itself, by its commit.

  Scenario Outline: <method> has nothing to go back to
    Given staging serves its first release
    And the site is in its steady state
    When the live environment drifts into "html-truncated"
    And viewers see it
    And the engineer on call rolls back by <method>
    Then the request is refused, saying "staging has no earlier good release to return to"
    And the drill meets its expectation

    Examples:
      | method              |
      | last_known_good     |
      | content_only        |
      | infrastructure_only |

  Scenario: the first release is deployed anew, by its commit
    Given staging serves its first release
    And the site is in its steady state
    When the live environment drifts into "html-truncated"
    And viewers see it
    And the engineer on call rolls back by specific_commit
    Then the site recovers
    And the audit trail tells who, what, when and why
    And the drill meets its expectation

  Scenario: a hotfix needs no earlier release
    Given staging serves its first release
    And the site is in its steady state
    When the live environment drifts into "html-truncated"
    And viewers see it
    And the engineer on call deploys a hotfix at once
    Then the site recovers
    And the audit trail tells who, what, when and why
    And the drill meets its expectation
