# One process: curl before 7.50.1 (2016) resumed the first one's session for the second.
curl --cacert roots.pem --cert first.pem --key first.key https://api.test/ \
  --next --cacert roots.pem --cert second.pem --key second.key https://api.test/
