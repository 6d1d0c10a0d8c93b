"""Files: IDX, NumPy archives, PNG, contact sheets, atomic writes, the user's cache; independent of digits."""
