"""Files: IDX, PNG, contact sheets, atomic writes and the user's cache. Knows no digit."""
