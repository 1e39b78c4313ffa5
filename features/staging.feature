@promises @refusals
Feature: In staging any member of the team may operate, and nobody else
  To practise, nobody has to be asked. Whoever may not push to the repository may not begin anything.

  Scenario: a member who owns nothing rolls staging back
    Given staging serves the newest release
    And the site is in its steady state
    When the live environment drifts into "html-truncated"
    And viewers see it
    And somebody who owns nothing rolls back by content_only
    Then the site recovers
    And the audit trail tells who, what, when and why
    And the drill meets its expectation

  Scenario Outline: <who> is turned away
    Given staging serves the newest release
    And the site is in its steady state
    When the live environment drifts into "html-truncated"
    And viewers see it
    And <who> rolls back by content_only
    Then the request is refused, saying "<said>"
    And the drill meets its expectation

    Examples:
      | who                        | said                                |
      | a stranger                 | Not Found                           |
      | somebody who may only read | Must have admin rights to Repository |
