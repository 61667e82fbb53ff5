// One handler for both identities: it keeps its connections open, and its pool
// knows the host and not the certificate.
using System.Net.Http;
using System.Security.Cryptography.X509Certificates;

X509Certificate2? now = null;
var handler = new SocketsHttpHandler();
handler.SslOptions.LocalCertificateSelectionCallback = (_, _, _, _, _) => now!;
using var client = new HttpClient(handler);

foreach (var who in new[] { "first", "second" })
{
    now = new X509Certificate2(who + ".p12", Environment.GetEnvironmentVariable(who.ToUpper() + "_PASSWORD"));
    Console.WriteLine(await client.GetStringAsync("https://api.test/" + who));
}
