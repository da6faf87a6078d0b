"""Takes more memory than the runner's limit: the kernel answers with SIGKILL."""

hoard = [bytearray(b"x" * (64 << 20)) for _ in range(64)]
