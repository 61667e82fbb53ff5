# A process each: no session is kept from one to the next.
curl --cacert roots.pem --cert first.pem --key first.key https://api.test/
curl --cacert roots.pem --cert second.pem --key second.key https://api.test/
