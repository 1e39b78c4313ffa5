@promises
Feature: A hotfix is deployed
  The fault is understood and mended on main; what remains is to bring it to the viewers.

  @seed
  Scenario: html-truncated is mended by a hotfix in production
    Given prod serves the newest release
    And the site is in its steady state
    When the next release ships with "html-truncated"
    And viewers see it
    And the engineer on call deploys a hotfix at once
    Then the site recovers
    And the audit trail tells who, what, when and why
    And the drill meets its expectation

  Scenario: cloudfront-wrong-origin is mended through the standard pipeline
    Given staging serves the newest release
    And the site is in its steady state
    When the next release ships with "cloudfront-wrong-origin"
    And viewers see it
    And the engineer on call hands a hotfix to the standard pipeline
    Then the site recovers
    And the audit trail tells who, what, when and why
    And the drill meets its expectation
