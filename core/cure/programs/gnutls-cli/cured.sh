ca=$1 highest=$2
shift 2
while [ $# -ge 3 ]; do # a process each: gnutls-cli keeps no session beyond its end
  url=$1 at=$2 who=$3
  shift 3
  name=${url#https://}
  case $name in */*) path=/${name#*/} ;; *) path=/ ;; esac
  name=${name%%/*}
  name=${name%%:*}
  args="--sni-hostname=$name --verify-hostname=$name --port=${at##*:}"
  case $ca in -) ;; none) args="$args --insecure" ;; *) args="$args --x509cafile=$ca" ;; esac
  [ "$highest" = 1.2 ] && args="$args --priority=NORMAL:-VERS-TLS1.3"
  [ "$who" = - ] || args="$args --x509certfile=$who.pem --x509keyfile=$who.key"
  printf 'GET %s HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n\r\n' "$path" "$name" | gnutls-cli $args "${at%:*}" >answer || exit
done
