"""Object stores and folders: s3, gs and file."""
