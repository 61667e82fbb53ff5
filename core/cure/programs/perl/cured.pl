use strict;
use warnings;
use IO::Socket::SSL;

my ($ca, $highest, @visits) = @ARGV;
my %contexts;    # by identity, each with a cache of its own

sub context_of {
    my $who = shift;
    my %ssl = (SSL_session_cache => IO::Socket::SSL::Session_Cache->new(10));
    $ssl{SSL_verify_mode} = SSL_VERIFY_NONE if $ca eq 'none';
    $ssl{SSL_ca_file} = $ca if $ca ne '-' && $ca ne 'none';
    $ssl{SSL_version} = 'TLSv1_2' if $highest eq '1.2';
    @ssl{qw(SSL_use_cert SSL_cert_file SSL_key_file)} = (1, "$who.pem", "$who.key") if $who ne '-';
    return $contexts{$who} //= IO::Socket::SSL::SSL_Context->new(%ssl) || die "$SSL_ERROR\n";
}

while (my ($url, $address, $who) = splice @visits, 0, 3) {
    my ($name, $path) = $url =~ m{^https://([^/:]+)[^/]*(/.*)?$};
    my ($host, $port) = $address =~ /^(.*):(\d+)$/;
    my $socket = IO::Socket::SSL->new(
        PeerHost => $host, PeerPort => $port, Timeout => 10, SSL_reuse_ctx => context_of($who),
        SSL_hostname => $name, SSL_verifycn_name => $name, SSL_verifycn_scheme => 'http',
    ) or die "$SSL_ERROR\n";
    print $socket 'GET ' . ($path // '/') . " HTTP/1.1\r\nHost: $name\r\nConnection: close\r\n\r\n";
    1 while defined(my $line = <$socket>);
    close $socket;
}
