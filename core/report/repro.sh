
# --- From here on nothing is particular to what was found. ---
umask 077
set -u
OPENSSL=${OPENSSL:-openssl}
CURL=${CURL:-curl}
WAIT=${WAIT:-2} # seconds to wait for the answer, and in TLS 1.3 for the ticket, which comes after the handshake
LC_ALL=C
export LC_ALL

say() { printf '%s\n' "$*"; }
stop() { printf 'not tried: %s\n' "$*" >&2; exit 2; }
plain() { tr -cd '\11\12\40-\176'; } # what a server sends may hold what a terminal obeys

[ -z "$CANNOT" ] || stop "$CANNOT"
case $("$OPENSSL" version 2>/dev/null) in
'') stop "$OPENSSL is missing: install it, or set OPENSSL=/path/to/openssl" ;;
OpenSSL\ 0.* | OpenSSL\ 1.0.* | OpenSSL\ 1.1.0*) stop "openssl is too old: 1.1.1 or later is needed, set OPENSSL=/path/to/openssl" ;;
OpenSSL*) ;;
*) stop "this is not OpenSSL, whose s_client is needed: set OPENSSL=/path/to/openssl" ;;
esac
if [ "$HTTP" = yes ]; then
	"$CURL" --version >/dev/null 2>&1 || stop "$CURL is missing: install it, or set CURL=/path/to/curl"
fi

work=$(mktemp -d) || stop "mktemp makes no folder"
trap 'rm -rf "$work"' EXIT
trap 'exit 2' HUP INT TERM

# issuers: the certificates of a PEM file but the first, which is the identity's own.
issuers() { awk '/-----BEGIN CERTIFICATE/ { n++; on = 1 } on && n > 1 { print } /-----END CERTIFICATE/ { on = 0 }'; }

# pem NAME FILE KEY: $work/NAME.pem gets the key, the certificate and those that go with it, of a PKCS#12 or PEM file.
# The password is in the variable NAME_PASSWORD.
pem() {
	[ -r "$2" ] || stop "the file $2 is not here: change its name at the top of this script"
	if grep -q -e '-----BEGIN' <"$2"; then
		[ -r "$3" ] || stop "the file $3 is not here: change its name at the top of this script"
		eval "$1_PASSWORD=\${$1_PASSWORD-}; export $1_PASSWORD"
		"$OPENSSL" x509 <"$2" >"$work/$1.cert" 2>"$work/err" || stop "openssl finds no certificate in $2: $(plain <"$work/err")"
		"$OPENSSL" pkey -passin "env:$1_PASSWORD" <"$3" >"$work/$1.key" 2>"$work/err" ||
			stop "openssl reads no key from $3 (a password goes into the variable $1_PASSWORD): $(plain <"$work/err")"
		issuers <"$2" >"$work/$1.rest"
	else
		eval "[ \"\${$1_PASSWORD+set}\" = set ]" || stop "put the password of $2 into the variable $1_PASSWORD and export it"
		for legacy in '' -legacy; do # those made long ago need it, and OpenSSL 1.1.1 does not know it
			"$OPENSSL" pkcs12 $legacy -passin "env:$1_PASSWORD" -nodes <"$2" >"$work/$1.all" 2>"$work/err" && break
		done
		[ -s "$work/$1.all" ] || stop "openssl does not read $2 (is $1_PASSWORD right?): $(plain <"$work/err")"
		"$OPENSSL" pkey <"$work/$1.all" >"$work/$1.key" 2>"$work/err" || stop "no key is in $2: $(plain <"$work/err")"
		if "$OPENSSL" pkcs12 $legacy -passin "env:$1_PASSWORD" -nokeys -clcerts <"$2" 2>/dev/null | "$OPENSSL" x509 >"$work/$1.cert" 2>/dev/null; then
			"$OPENSSL" pkcs12 $legacy -passin "env:$1_PASSWORD" -nokeys -cacerts <"$2" >"$work/$1.rest" 2>/dev/null
		else # the file does not say which certificate is the key's: the first one
			"$OPENSSL" x509 <"$work/$1.all" >"$work/$1.cert" 2>"$work/err" || stop "no certificate is in $2: $(plain <"$work/err")"
			issuers <"$work/$1.all" >"$work/$1.rest"
		fi
	fi
	cat "$work/$1.key" "$work/$1.cert" "$work/$1.rest" >"$work/$1.pem"
}

# connect NAME WHO [s_client's session options]: one connection as FIRST or SECOND, at most WAIT+10 seconds long.
# $work/NAME.out gets what s_client prints, $work/NAME.msg the handshake messages.
connect() {
	name=$1 who=$2
	shift 2
	if [ "$who" = FIRST ]; then
		address=$FIRST_ADDRESS sni=$FIRST_SERVER_NAME host=$FIRST_HOST path=$FIRST_PATH method=$FIRST_METHOD trust=$FIRST_TRUST anonymous=$FIRST_ANONYMOUS
	else
		address=$SECOND_ADDRESS sni=$SECOND_SERVER_NAME host=$SECOND_HOST path=$SECOND_PATH method=$SECOND_METHOD trust=$SECOND_TRUST anonymous=no
	fi
	[ "$anonymous" = yes ] || set -- "$@" -cert "$work/$who.pem" -key "$work/$who.pem"
	if [ "$anonymous" = no ] && grep -q -e '-----BEGIN' "$work/$who.rest"; then set -- "$@" -cert_chain "$work/$who.rest"; fi
	if [ -n "$sni" ]; then set -- "$@" -servername "$sni"; else set -- "$@" -noservername; fi
	[ -z "$STARTTLS" ] || set -- "$@" -starttls "$STARTTLS"
	[ -z "$ALPN" ] || set -- "$@" -alpn "$ALPN"
	case $trust in
	none) ;;
	system) set -- "$@" -verify 9 -verify_return_error ;;
	*)
		[ -r "$trust" ] || stop "the file $trust with the server's CA is not here: change its name at the top of this script"
		set -- "$@" -CAfile "$trust" -verify 9 -verify_return_error
		;;
	esac
	{
		[ "$HTTP" = no ] || printf '%s %s HTTP/1.1\r\nHost: %s\r\nUser-Agent: repro.sh\r\nConnection: close\r\n\r\n' "$method" "$path" "$host"
		sleep "$WAIT"
	} | "$OPENSSL" s_client -connect "$address" $OPTIONS -msg -msgfile "$work/$name.msg" "$@" >"$work/$name.out" 2>&1 &
	pid=$! left=$((WAIT + 10))
	while kill -0 "$pid" 2>/dev/null && [ "$left" -gt 0 ]; do
		sleep 1
		left=$((left - 1))
	done
	[ "$left" -gt 0 ] || kill "$pid" 2>/dev/null
	wait "$pid" 2>/dev/null
	asked=no
	if grep -q '^<<<.*, CertificateRequest' "$work/$name.msg" 2>/dev/null; then asked=yes; fi
	refused=$(grep '^<<<.*Alert.*fatal' "$work/$name.msg" 2>/dev/null | head -n 1 | plain)
	word=$(grep -E '^(New|Reused), ' "$work/$name.out" | head -n 1)
	case $word in
	'' | *'(NONE)'*)
		# A control that was asked and then turned away has told what it is there for.
		[ "$name$asked" = controlyes ] || stop "connection $name failed: $refused $(grep -iE 'error|refused|verify|connect:' "$work/$name.out" | head -n 3 | plain)"
		word='no session'
		;;
	esac
	case $word in Reused*) resumed=yes ;; *) resumed=no ;; esac
	# In TLS 1.3 it is turned away when the client has finished its handshake.
	if [ "$name" = first ] && [ -n "$refused" ]; then stop "the server turned $FIRST away, who was to make the session: $refused"; fi
	say "  s_client says: $word"
	say "  CertificateRequest received: $asked"
	[ -z "$refused" ] || say "  the server turned it away: $refused"
	seen <"$work/$name.out"
}

# seen: what the server answered, and its words for whom it saw, where the run knew them.
seen() {
	[ "$HTTP" = yes ] || return 0
	plain >"$work/answer"
	sed -n 's/^.*\(HTTP\/[0-9.]* [1-5][0-9][0-9].*\)$/  server: \1/p' "$work/answer" | head -n 1
	[ -z "$WHOAMI_HEADER" ] || grep -i -F -e "$WHOAMI_HEADER:" "$work/answer" | head -n 1 | sed 's/^/  server: /'
	[ -z "$SEEN_FIRST" ] || ! grep -q -F -e "$SEEN_FIRST" "$work/answer" || say "  the answer holds: $SEEN_FIRST"
	[ -z "$SEEN_SECOND" ] || ! grep -q -F -e "$SEEN_SECOND" "$work/answer" || say "  the answer holds: $SEEN_SECOND"
}

# fresh WHO: the same by curl, a process of its own, which has no session to offer.
fresh() {
	[ "$HTTP" = yes ] || return 0
	if [ "$1" = FIRST ]; then url=$FIRST_URL to=$FIRST_ADDRESS host=$FIRST_HOST trust=$FIRST_TRUST anonymous=$FIRST_ANONYMOUS method=$FIRST_METHOD; else url=$SECOND_URL to=$SECOND_ADDRESS host=$SECOND_HOST trust=$SECOND_TRUST anonymous=no method=$SECOND_METHOD; fi
	set -- "$work/$1.pem"
	case $anonymous in yes) set -- ;; *) set -- --cert "$1" --key "$1" ;; esac
	case $trust in none) set -- "$@" --insecure ;; system) ;; *) set -- "$@" --cacert "$trust" ;; esac
	if [ "$method" = HEAD ]; then set -- "$@" --head; else set -- "$@" -X "$method"; fi
	"$CURL" -q -g -s -S -i --http1.1 --noproxy '*' --max-time 20 $CURL_OPTIONS --connect-to "::$to" -H "Host: $host" "$@" --url "$url" >"$work/curl" 2>"$work/err" ||
		say "  curl: $(plain <"$work/err" | head -n 1)"
	say "  curl, a fresh process:"
	seen <"$work/curl"
}

[ "$FIRST_ANONYMOUS" = yes ] || pem FIRST "$FIRST_FILE" "$FIRST_KEY"
pem SECOND "$SECOND_FILE" "$SECOND_KEY"

say "1. The control: $SECOND, with no session. Is a fresh connection asked for a certificate?"
connect control SECOND
control_asked=$asked
fresh SECOND

say "2. $FIRST, with no session; the session that the server gives is written to a file."
connect first FIRST -sess_out "$work/session"
fresh FIRST

say "3. $SECOND, who offers $FIRST's session from that file."
if [ ! -s "$work/session" ]; then
	say "  The server gave no session in $WAIT seconds: there is nothing to take up. (A slow server: set WAIT to more.)"
	resumed=no asked=unknown
else
	connect second SECOND -sess_in "$work/session"
fi

if [ "$resumed" = yes ] && [ "$asked" = no ] && [ "$control_asked" = yes ]; then
	say "SHOWN: the server took up $FIRST's session for $SECOND and did not ask $SECOND for a certificate; on a fresh connection it asks."
	exit 0
fi
say "NOT SHOWN:"
[ "$control_asked" = yes ] || say "  a fresh connection was not asked for a certificate either, so that nothing was left out."
[ "$resumed" = yes ] || say "  the second connection was not resumed."
[ "$resumed" = no ] || [ "$asked" = no ] || say "  the second connection was resumed, and asked for a certificate all the same."
exit 1
