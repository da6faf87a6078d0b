"""What is wrong with a spec, and where: the words of an InvalidSpec."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Problem:
    """One fault of a user's spec; path is written as the user would look for it."""

    path: str
    message: str

    def __str__(self) -> str:
        return f"{self.path}: {self.message}"
