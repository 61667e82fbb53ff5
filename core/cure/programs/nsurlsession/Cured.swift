// A URLSession for each identity, ended before the next one begins. Apple gives each
// a session cache of its own; developers have reported otherwise: measure it.
import Foundation

final class Chooser: NSObject, URLSessionDelegate {
    let own: URLCredential
    init(_ own: URLCredential) { self.own = own }

    func urlSession(_ session: URLSession, didReceive challenge: URLAuthenticationChallenge) async
        -> (URLSession.AuthChallengeDisposition, URLCredential?) {
        guard challenge.protectionSpace.authenticationMethod == NSURLAuthenticationMethodClientCertificate else {
            return (.performDefaultHandling, nil)
        }
        return (.useCredential, own)
    }
}

for who in [first, second] {
    let session = URLSession(configuration: .ephemeral, delegate: Chooser(who.credential), delegateQueue: nil)
    _ = try await session.data(from: URL(string: "https://api.test/\(who.name)")!)
    session.invalidateAndCancel()
}
