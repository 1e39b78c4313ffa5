@promises @refusals
Feature: Production is operated by its owners alone, and never by one of them alone
  Whoever begins an emergency in production owns the emergency workflow by CODEOWNERS, and another
  owner approves before anything is tagged or changed.

  Scenario: an owner rolls production back, and another owner approves
    Given prod serves the newest release
    And the site is in its steady state
    And another owner is there to approve
    When the next release ships with "html-truncated"
    And viewers see it
    And the engineer on call rolls back by last_known_good, because "it's down; $(id) `id` && echo 'broken'"
    Then the site recovers
    And the audit trail tells who, what, when and why
    And the drill meets its expectation

  Scenario Outline: <who> is refused
    Given prod serves the newest release
    And the site is in its steady state
    When the live environment drifts into "html-truncated"
    And viewers see it
    And <who> rolls back by content_only
    Then the request is refused, saying "is not among the owners of .github/workflows/emergency.yml"
    And the drill meets its expectation

    Examples: Members of the team, who may write
      | who                             |
      | somebody who owns nothing       |
      | somebody called harbourlight-on |
      | somebody called harbourlight-oncall-2 |
      | somebody called harbourlight-web |

  Scenario: who asks cannot approve of it themselves
    Given prod serves the newest release
    And the site is in its steady state
    And nobody is there to approve but who asks
    When the live environment drifts into "html-truncated"
    And viewers see it
    And the engineer on call rolls back by content_only
    Then the request is refused, saying "is not permitted to review deployments to prod of a run of their own"
    And the drill meets its expectation

  Scenario: an owner who is asked rejects it
    Given prod serves the newest release
    And the site is in its steady state
    And whoever is asked to approve rejects it
    When the live environment drifts into "html-truncated"
    And viewers see it
    And the engineer on call rolls back by content_only
    Then the request is refused, saying "the deployment to prod was rejected by"
    And the drill meets its expectation
