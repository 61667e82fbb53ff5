# One process: curl before 7.50.1 (2016) resumed the first one's session for the second.
curl --cacert ca.pem --cert alice.pem --key alice.key https://api.test/ \
  --next --cacert ca.pem --cert bob.pem --key bob.key https://api.test/
