package trace

// CapturePass is the cache id of the one pass of a trace that was made from
// somebody else's capture: nobody asked for its connections here.
const CapturePass = "capture"

// TrustUnknown is the Trust of a TLS event where nobody can say how the
// client judged the server; ServerTrust stays "" then.
const TrustUnknown = "unknown"
