<?php
[$ca, $highest] = [$argv[1], $argv[2]];
$curl = curl_init(); // the one handle of both: libcurl tells them apart by the certificate's path
foreach (array_chunk(array_slice($argv, 3), 3) as [$url, $address, $who]) {
    $options = [
        CURLOPT_URL => $url, CURLOPT_CONNECT_TO => ["::$address"], CURLOPT_NOPROXY => '*', CURLOPT_RETURNTRANSFER => true, CURLOPT_TIMEOUT => 10,
        CURLOPT_HTTPHEADER => ['Connection: close'], CURLOPT_SSL_VERIFYPEER => $ca !== 'none', CURLOPT_SSL_VERIFYHOST => $ca === 'none' ? 0 : 2,
    ];
    if (!in_array($ca, ['-', 'none'])) {
        $options[CURLOPT_CAINFO] = $ca;
    }
    if ($highest === '1.2') {
        $options[CURLOPT_SSLVERSION] = CURL_SSLVERSION_MAX_TLSv1_2;
    }
    if ($who !== '-') {
        $options += [CURLOPT_SSLCERT => "$who.pem", CURLOPT_SSLKEY => "$who.key"];
    }
    curl_setopt_array($curl, $options);
    if (curl_exec($curl) === false) {
        fwrite(STDERR, curl_error($curl) . "\n");
        exit(1);
    }
}
