"""Speech: recordings and conversations as words with their times."""
