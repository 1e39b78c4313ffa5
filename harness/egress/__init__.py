"""What a run asks of the world outside: answered from inside, from a double, or refused by name."""
