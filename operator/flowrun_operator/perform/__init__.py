"""The only Kubernetes client: creates, deletes, stops, writes status, emits Events."""
