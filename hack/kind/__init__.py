"""The test cluster: kind and nothing else, from whatever the machine has.

``python3 -m hack.kind up`` brings it up and may be called again at any time. Standard library only,
since it runs before anything is installed.
"""
