"""What is told: the status out of World and Verdict, Events, metrics."""
