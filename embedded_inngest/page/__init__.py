"""The page for people: what the engine knows as server-rendered HTML, and forms that act on it."""
