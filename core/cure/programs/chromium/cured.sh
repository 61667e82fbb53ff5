# A profile for each identity: each remembers its own choice and keeps its own sessions.
chromium --user-data-dir="$HOME/.config/chromium-alice" https://api.test/alice
chromium --user-data-dir="$HOME/.config/chromium-bob" https://api.test/bob
