// Both identities visit one host: Secure Transport's cache knows address, port and
// name, and keeps a session for ten minutes.
import Foundation

final class Visit: NSObject, NSURLConnectionDataDelegate {
    let identity: URLCredential
    init(_ identity: URLCredential) { self.identity = identity }

    func connection(_ connection: NSURLConnection, willSendRequestFor challenge: URLAuthenticationChallenge) {
        if challenge.protectionSpace.authenticationMethod == NSURLAuthenticationMethodClientCertificate {
            challenge.sender?.use(identity, for: challenge)
        } else {
            challenge.sender?.performDefaultHandling?(for: challenge)
        }
    }
}

for who in [first, second] {
    let request = URLRequest(url: URL(string: "https://api.test/")!)
    NSURLConnection(request: request, delegate: Visit(who.credential))?.start()
}
