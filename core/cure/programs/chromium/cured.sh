# A profile for each identity: each remembers its own choice and keeps its own sessions.
chromium --user-data-dir="$HOME/.config/chromium-first" https://api.test/first
chromium --user-data-dir="$HOME/.config/chromium-second" https://api.test/second
