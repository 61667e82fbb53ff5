# Visits each URL as alice, dave, alice, dave, with an LWP::UserAgent for each visit.
# Usage: client.pl URL...
use strict;
use warnings;
use LWP::UserAgent;

for my $url (@ARGV) {
    for my $who (qw(alice dave alice dave)) {
        my %as = (SSL_ca_file => 'ca.pem', SSL_cert_file => "$who.pem", SSL_key_file => "$who.key");
        my $answer = LWP::UserAgent->new(timeout => 10, ssl_opts => \%as)->get($url, Connection => 'close');
        die "$url as $who: " . $answer->status_line . "\n" unless $answer->is_success || $url =~ m{/ask$};
    }
}
