"""What this machine shows, asked of the Linux kernel itself."""
