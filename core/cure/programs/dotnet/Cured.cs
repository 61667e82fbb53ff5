// A handler for each identity, and so a pool of connections. Sessions are kept by
// the certificate where it is given in ClientCertificates.
using System.Net.Http;
using System.Security.Cryptography.X509Certificates;

HttpClient Client(string who)
{
    var handler = new SocketsHttpHandler();
    handler.SslOptions.ClientCertificates = new X509CertificateCollection
    {
        new X509Certificate2(who + ".p12", Environment.GetEnvironmentVariable(who.ToUpper() + "_PASSWORD")),
    };
    return new HttpClient(handler);
}

foreach (var who in new[] { "first", "second" })
{
    using var client = Client(who);
    Console.WriteLine(await client.GetStringAsync("https://api.test/" + who));
}
