Feature: A bad release is answered
  A release that broke the site is live. The engineer on call answers with the emergency workflow,
  and the site comes back, or stays broken, as the method they chose lets us expect.

  Scenario Outline: <incident> was released, and rolled back by <method>
    Given staging serves the newest release
    And the site is in its steady state
    When the next release ships with "<incident>"
    And viewers see it
    And the engineer on call rolls back by <method>
    Then the site <outcome>
    And the audit trail tells who, what, when and why
    And the drill meets its expectation

    @seed
    Examples: The distribution is broken
      | incident                | method              | outcome          |
      | cloudfront-wrong-origin | last_known_good     | recovers         |
      | cloudfront-wrong-origin | specific_commit     | recovers         |
      | cloudfront-wrong-origin | infrastructure_only | recovers         |
      | cloudfront-wrong-origin | content_only        | does not recover |

    @seed
    Examples: The pages are broken
      | incident       | method              | outcome          |
      | html-truncated | last_known_good     | recovers         |
      | html-truncated | specific_commit     | recovers         |
      | html-truncated | infrastructure_only | does not recover |
      | html-truncated | content_only        | recovers         |

    Examples: The home page is lost, and the style is lost
      | incident                       | method              | outcome          |
      | cloudfront-root-object-missing | last_known_good     | recovers         |
      | cloudfront-root-object-missing | specific_commit     | recovers         |
      | cloudfront-root-object-missing | infrastructure_only | recovers         |
      | cloudfront-root-object-missing | content_only        | does not recover |
      | html-broken-asset-links        | last_known_good     | recovers         |
      | html-broken-asset-links        | specific_commit     | recovers         |
      | html-broken-asset-links        | infrastructure_only | does not recover |
      | html-broken-asset-links        | content_only        | recovers         |
