<?php
// Visits each URL as alice, dave, alice, dave.
// Usage: php client.php streams|curl|curl-alive URL...: the https stream, or one handle of the curl extension.
$how = $argv[1];
foreach (array_slice($argv, 2) as $url) {
    $late = str_ends_with($url, '/ask');
    $handle = str_starts_with($how, 'curl') ? curl_init() : null;
    foreach (['alice', 'dave', 'alice', 'dave'] as $who) {
        if ($handle === null) {
            $got = file_get_contents($url, false, stream_context_create([
                'http' => ['timeout' => 10, 'ignore_errors' => $late],
                'ssl' => ['cafile' => 'ca.pem', 'local_cert' => "$who.pem", 'local_pk' => "$who.key"],
            ]));
        } else {
            curl_setopt_array($handle, [
                CURLOPT_URL => $url, CURLOPT_RETURNTRANSFER => true, CURLOPT_TIMEOUT => 10, CURLOPT_CAINFO => 'ca.pem', CURLOPT_FAILONERROR => !$late,
                CURLOPT_SSLCERT => "$who.pem", CURLOPT_SSLKEY => "$who.key", CURLOPT_HTTP_VERSION => CURL_HTTP_VERSION_1_1,
                CURLOPT_HTTPHEADER => $how === 'curl' ? ['Connection: close'] : [],
            ]);
            $got = curl_exec($handle);
        }
        if ($got === false && !$late) {
            fwrite(STDERR, "$url as $who failed\n");
            exit(1);
        }
    }
}
