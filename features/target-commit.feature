@promises @refusals
Feature: A rollback by specific_commit goes to exactly the commit that was named
  The whole SHA of a commit that has been on the default branch, or was tagged: anything shorter may
  mean something else by tomorrow, a tag can be moved, and what was never merged was never reviewed.
  Whatever else is typed is refused before anything is tagged or changed, and whoever asks is told why.

  Scenario Outline: a commit that is <what> is refused
    Given staging serves the newest release
    And the site is in its steady state
    When the live environment drifts into "html-truncated"
    And viewers see it
    And the engineer on call rolls back by specific_commit, to "<target>"
    Then the request is refused, saying "<said>"
    And the drill meets its expectation

    Examples:
      | what                           | target                                   | said                                  |
      | not named                      |                                          | specific_commit needs target_commit   |
      | named too short                | [good release, shortened]                | must be a full SHA                    |
      | not there                      | 0123456789abcdef0123456789abcdef01234567 | is not a commit of this repository    |
      | a tag's name                   | v1.1.0                                   | must be a full SHA                    |
      | a tag itself, not its commit   | [tag object of the good release]         | is not a commit of this repository    |
      | a branch's name                | main                                     | must be a full SHA                    |
      | followed by a blank            | [good release][blank]                    | must be a full SHA                    |
      | followed by another line       | [good release][newline][good release]    | must be a full SHA                    |
      | a command that prints a commit | $(git rev-parse HEAD)                    | must be a full SHA                    |
      | an expression that is one      | ${{ github.sha }}                        | must be a full SHA                    |

  Scenario: a commit of another branch, which nobody has merged, is refused
    Given staging serves the newest release
    And the site is in its steady state
    When a colleague pushes unmerged work to a branch
    And the live environment drifts into "html-truncated"
    And viewers see it
    And the engineer on call rolls back by specific_commit, to "[unmerged work]"
    Then the request is refused, saying "has never been on main"
    And the drill meets its expectation
