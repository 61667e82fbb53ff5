// Each identity visits a name of its own (a wildcard DNS record and certificate): the
// name is in the key of the cache. Better still: a URLSession for each identity.
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
    let request = URLRequest(url: URL(string: "https://\(who.name).api.test/")!)
    NSURLConnection(request: request, delegate: Visit(who.credential))?.start()
}
