@promises @refusals
Feature: Every emergency operation says why
  At least ten characters, blanks at either end not counted. Whatever else the reason holds is text:
  it goes into the tag, the log and the summary as it was typed, and nothing in it is ever executed.

  Scenario Outline: a reason that is <what> is refused
    Given staging serves the newest release
    And the site is in its steady state
    When the live environment drifts into "html-truncated"
    And viewers see it
    And the engineer on call rolls back by content_only, because "<reason>"
    Then the request is refused, saying "<said>"
    And the drill meets its expectation

    Examples:
      | what                          | reason                              | said                        |
      | one character short           | 123456789                           | the reason has 9 characters |
      | short, and padded with blanks | [blank][blank]123456789[blank][tab] | the reason has 9 characters |
      | short, and padded with lines  | [newline]123456789[newline]         | the reason has 9 characters |
      | nothing but blanks            | [blank][blank][blank][blank][blank][blank][blank][blank][blank][blank][blank][blank] | the reason has 0 characters |
      | nothing but empty lines       | [newline][newline][newline][newline][newline][newline][newline][newline][newline][newline] | the reason has 0 characters |
      | nine emoji                    | 🚢🚢🚢🚢🚢🚢🚢🚢🚢                  | the reason has 9 characters |
      | not given                     |                                     | Required input 'reason' not provided |

  Scenario Outline: a reason that holds <what> is kept to the letter
    Given staging serves the newest release
    And the site is in its steady state
    When the live environment drifts into "html-truncated"
    And viewers see it
    And the engineer on call rolls back by content_only, because "<reason>"
    Then the site recovers
    And the audit trail tells who, what, when and why
    And the drill meets its expectation

    Examples: Just long enough, all that anybody might read as something else, very long
      | what             | reason                                                                  |
      | ten characters   | 1234567890                                                              |
      | all kinds at once | [blank][tab]it's "down" 🚢[newline]$(exit 9) `exit 9` && exit 9; ${HOME} ::error::no %0A <b>*so*</b> ${{ github.token }}[newline] |
      | ten kilobytes    | [10 kB]                                                                 |

    @long
    Examples: Each kind by itself
      | what                   | reason                                                            |
      | blanks around          | [blank][tab]the site is down[newline][blank]                      |
      | several lines          | the site is down[newline]since the release[newline]of six         |
      | quotes                 | it's "down", and nobody's told the 'duty' manager                 |
      | a command              | the site is down; $(exit 9) && exit 9; echo ${HOME} > /tmp/reason |
      | backticks              | the site is down `exit 9` since six                               |
      | emoji                  | 🚢⚓🌊🚨 the timetable 🗓️ is cut off 😱                           |
      | an expression          | the token is ${{ github.token }} and the actor ${{ github.actor }} |
      | a workflow command     | the site is down ::error::or so it says %0A::set-output name=x::y |
