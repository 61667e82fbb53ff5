# A process each: no session is kept from one to the next.
curl --cacert ca.pem --cert alice.pem --key alice.key https://api.test/
curl --cacert ca.pem --cert bob.pem --key bob.key https://api.test/
