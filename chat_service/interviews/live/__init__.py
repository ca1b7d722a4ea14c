"""Live interviews: what happens in one, told to every socket on it, on any worker."""
