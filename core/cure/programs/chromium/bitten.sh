# One profile: the certificate that was chosen is remembered for the site until the
# browser ends; choosing another one drops the site's sessions.
chromium --user-data-dir="$HOME/.config/chromium" https://api.test/
