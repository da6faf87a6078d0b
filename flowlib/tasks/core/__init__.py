"""The tasks that a flow makes by itself: constants, collections, functions, items."""
