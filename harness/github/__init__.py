"""GitHub's side: the origin repository, the people, and what decides which workflow runs."""
