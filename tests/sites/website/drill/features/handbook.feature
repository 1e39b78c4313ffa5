Feature: The handbook comes back
  The bucket serves the site by itself. Whatever is wrong with it, one of the jobs of the emergency
  workflow must bring it back.

  Scenario Outline: <incident> was released, and rolled back by <method>
    Given live serves the newest release
    And the site is in its steady state
    When the next release ships with "<incident>"
    And viewers see it
    And the engineer on call rolls back by <method>
    Then the site recovers
    And the drill meets its expectation

    Examples: The pages are wrong
      | incident                | method          |
      | html-broken-asset-links | last_known_good |
      | html-broken-asset-links | specific_commit |
      | wrong-hour              | content_only    |

  Scenario Outline: live drifted into <incident>, and was rolled back by <method>
    Given live serves the newest release
    And the site is in its steady state
    When the live environment drifts into "<incident>"
    And viewers see it
    And the engineer on call rolls back by <method>
    Then the site <outcome>
    And the drill meets its expectation

    Examples: The bucket answers otherwise
      | incident                | method              | outcome          |
      | website-index-missing   | infrastructure_only | recovers         |
      | website-error-page-lost | content_only        | does not recover |
