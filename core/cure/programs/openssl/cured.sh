# A session file for each identity.
ca=$1 highest=$2
shift 2
while [ $# -ge 3 ]; do
  url=$1 at=$2 who=$3
  shift 3
  name=${url#https://}
  case $name in */*) path=/${name#*/} ;; *) path=/ ;; esac
  name=${name%%/*}
  name=${name%%:*}
  args="-connect $at -servername $name -quiet -ign_eof"
  case $ca in -) args="$args -verify_return_error -verify_hostname $name" ;; none) ;; *) args="$args -CAfile $ca -verify_return_error -verify_hostname $name" ;; esac
  [ "$highest" = 1.2 ] && args="$args -no_tls1_3"
  [ "$who" = - ] || args="$args -cert $who.pem -key $who.key"
  session=session.$who
  [ -s $session ] && args="$args -sess_in $session"
  [ -n "$SSLKEYLOGFILE" ] && args="$args -keylogfile $SSLKEYLOGFILE"
  printf 'GET %s HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n\r\n' "$path" "$name" | openssl s_client $args -sess_out $session || exit
done
