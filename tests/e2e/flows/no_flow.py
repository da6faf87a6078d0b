"""Holds no flow."""

ANSWER = 42
