# Visits each URL as alice, dave, alice, dave with Net::HTTP.
# Usage: client.rb one|two URL...: one object that is somebody else at each visit, or an object for each identity.
require 'net/http'
require 'openssl'
require 'uri'

def fresh(uri)
  http = Net::HTTP.new(uri.host, uri.port)
  http.use_ssl = true
  http.ca_file = 'ca.pem'
  http.open_timeout = http.read_timeout = 10
  http
end

how, *urls = ARGV
urls.each do |url|
  uri = URI(url)
  objects = {}
  %w[alice dave alice dave].each do |who|
    http = objects[how == 'one' ? '' : who] ||= fresh(uri)
    http.cert = OpenSSL::X509::Certificate.new(File.read("#{who}.pem"))
    http.key = OpenSSL::PKey.read(File.read("#{who}.key"))
    begin
      http.start { |h| h.get(uri.request_uri, 'Connection' => 'close') }
    rescue StandardError
      raise unless url.end_with?('/ask')
    end
  end
end
