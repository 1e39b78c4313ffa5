"""The step vocabulary of the features."""
