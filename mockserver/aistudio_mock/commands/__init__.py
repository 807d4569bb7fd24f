"""What `aistudio-mock` can be told to do, one file each."""
