@promises @refusals
Feature: Nobody and nothing but a person begins an emergency operation
  By hand, with a reason, or not at all. Production is broken, and around it goes on what always goes
  on: pushes, tags, schedules, events, deployments that fail. None of it may begin a rollback by itself.

  Scenario Outline: <what> begins no emergency
    Given prod serves the newest release
    And the site is in its steady state
    When the live environment drifts into "html-truncated"
    And viewers see it
    And <event>
    Then no emergency operation begins
    And the drill meets its expectation

    Examples:
      | what                       | event                                                     |
      | a push to a branch         | a colleague pushes unmerged work to a branch              |
      | a push that does not build | a colleague pushes a change to main that cannot be built  |
      | a tag                      | a colleague pushes the tag "emergency-rollback"           |
      | time                       | every schedule comes round                                |
      | an event from elsewhere    | another system sends the event "rollback"                 |
      | a run's own token          | a run of the standard pipeline asks for one with its token |

  Scenario: a deployment that fails begins no emergency
    Given prod serves the newest release
    And the site is in its steady state
    When the next release ships with "cloudfront-wrong-origin"
    And viewers see it
    Then no emergency operation begins
    And the drill meets its expectation
