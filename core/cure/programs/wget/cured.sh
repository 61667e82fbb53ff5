ca=$1 highest=$2
shift 2
while [ $# -ge 3 ]; do # a process each: wget keeps no session beyond its end
  url=$1 at=$2 who=$3
  shift 3
  name=${url#https://}
  case $name in */*) path=/${name#*/} ;; *) path=/ ;; esac
  name=${name%%/*}
  name=${name%%:*}
  args="--no-verbose --output-document=answer --no-config --no-proxy --tries=1 --timeout=10 --content-on-error"
  case $ca in -) ;; none) args="$args --no-check-certificate" ;; *) args="$args --ca-certificate=$ca" ;; esac
  case $highest$(wget --version) in # of which TLSv1_2 is the lowest with GnuTLS, the only one with OpenSSL
  1.2*+ssl/gnutls*) args="$args --ciphers=NORMAL:-VERS-TLS1.3" ;;
  1.2*) args="$args --secure-protocol=TLSv1_2" ;;
  esac
  [ "$who" = - ] || args="$args --certificate=$who.pem --private-key=$who.key"
  wget $args "https://$name:${at##*:}$path"
  code=$?
  [ $code = 0 ] || [ $code = 8 ] || exit $code # 8: the server answered with an error
done
