@refusals
Feature: A request that must not be carried out is refused
  Before anything is tagged or changed. Whoever asks sees why, and can ask again.

  Scenario Outline: a rollback whose reason is <what>
    Given staging serves the newest release
    And the site is in its steady state
    When the next release ships with "html-truncated"
    And viewers see it
    And the engineer on call rolls back by last_known_good, because "<reason>"
    Then the request is refused
    And the drill meets its expectation

    Examples:
      | what                | reason    |
      | one character short | 123456789 |
      | padded with blanks  |   short   |

  Scenario Outline: a rollback to a commit that is <what>
    Given staging serves the newest release
    And the site is in its steady state
    When the next release ships with "html-truncated"
    And viewers see it
    And the engineer on call rolls back by specific_commit, to "<target>"
    Then the request is refused
    And the drill meets its expectation

    Examples:
      | what            | target                                   |
      | not named       |                                          |
      | named too short | 0123456                                  |
      | not there       | 0123456789abcdef0123456789abcdef01234567 |

  Scenario: a rollback of production by somebody who owns nothing
    Given prod serves the newest release
    And the site is in its steady state
    When the next release ships with "html-truncated"
    And viewers see it
    And somebody who owns nothing rolls back by last_known_good
    Then the request is refused
    And the drill meets its expectation
