// One URLSession for both identities: its delegate is asked once, and not again
// while a session or a connection lives.
import Foundation

final class Chooser: NSObject, URLSessionDelegate {
    var now: URLCredential?

    func urlSession(_ session: URLSession, didReceive challenge: URLAuthenticationChallenge) async
        -> (URLSession.AuthChallengeDisposition, URLCredential?) {
        guard challenge.protectionSpace.authenticationMethod == NSURLAuthenticationMethodClientCertificate else {
            return (.performDefaultHandling, nil)
        }
        return (.useCredential, now)
    }
}

let chooser = Chooser()
let session = URLSession(configuration: .ephemeral, delegate: chooser, delegateQueue: nil)
for who in [first, second] {
    chooser.now = who.credential
    _ = try await session.data(from: URL(string: "https://api.test/\(who.name)")!)
}
