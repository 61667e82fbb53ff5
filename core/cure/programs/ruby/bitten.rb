require 'net/http'
require 'openssl'

ca, highest, *visits = ARGV
kept = {} # one Net::HTTP for each server: it keeps the session of its last connection
visits.each_slice(3) do |url, address, who|
  uri = URI(url)
  host, _, port = address.rpartition(':')
  http = kept[address] ||= Net::HTTP.new(uri.host, port.to_i, nil)
  http.ipaddr = host
  http.use_ssl = true
  http.ca_file = ca unless ['-', 'none'].include?(ca)
  http.verify_mode = OpenSSL::SSL::VERIFY_NONE if ca == 'none'
  http.max_version = OpenSSL::SSL::TLS1_2_VERSION if highest == '1.2'
  http.open_timeout = http.read_timeout = 10
  unless who == '-'
    http.cert = OpenSSL::X509::Certificate.new(File.read("#{who}.pem"))
    http.key = OpenSSL::PKey.read(File.read("#{who}.key"))
  end
  http.start { http.get(uri.request_uri, 'Host' => uri.host, 'Connection' => 'close') }
end
