"""What is seen of one run: its own object, its pods, its Dask objects, its runner's words."""
