"""What holds for every test."""

from hypothesis import settings

# How long an example takes is the machine's affair: no test here is about time.
settings.register_profile("flowrun", deadline=None)
settings.load_profile("flowrun")
