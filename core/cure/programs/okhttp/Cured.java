import java.io.FileInputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketAddress;
import java.security.KeyStore;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.util.Collections;
import java.util.HashMap;
import java.util.Map;
import javax.net.SocketFactory;
import javax.net.ssl.KeyManager;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509TrustManager;
import okhttp3.ConnectionSpec;
import okhttp3.OkHttpClient;
import okhttp3.Protocol;
import okhttp3.Request;
import okhttp3.Response;
import okhttp3.TlsVersion;

/** Each identity has an OkHttpClient and an SSLContext of its own. */
public class Cured {
    static final char[] PASSWORD = "client".toCharArray();

    public static void main(String[] args) throws Exception {
        Map<String, OkHttpClient> clients = new HashMap<>();
        for (int i = 2; i + 2 < args.length; i += 3) {
            OkHttpClient client = clients.get(args[i + 2]);
            if (client == null) {
                client = client(keys(args[i + 2]), args[0], args[1]);
                clients.put(args[i + 2], client);
            }
            get(client, args[i], args[i + 1]);
        }
    }

    static void get(OkHttpClient client, String url, String at) throws Exception {
        To.at = new InetSocketAddress(at.substring(0, at.lastIndexOf(':')), Integer.parseInt(at.substring(at.lastIndexOf(':') + 1)));
        Request request = new Request.Builder().url(url).header("Connection", "close").build();
        try (Response response = client.newCall(request).execute()) {
            response.body().bytes();
        }
    }

    static OkHttpClient client(KeyManager[] keys, String ca, String highest) throws Exception {
        X509TrustManager trust = trust(ca);
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(keys, new TrustManager[] {trust}, null);
        ConnectionSpec.Builder spec = new ConnectionSpec.Builder(ConnectionSpec.COMPATIBLE_TLS);
        spec = highest.equals("1.2") ? spec.tlsVersions(TlsVersion.TLS_1_2) : spec.tlsVersions(TlsVersion.TLS_1_3, TlsVersion.TLS_1_2);
        OkHttpClient.Builder builder = new OkHttpClient.Builder()
            .sslSocketFactory(context.getSocketFactory(), trust)
            .connectionSpecs(Collections.singletonList(spec.allEnabledCipherSuites().build()))
            .protocols(Collections.singletonList(Protocol.HTTP_1_1))
            .dns(name -> Collections.singletonList(InetAddress.getLoopbackAddress()))
            .socketFactory(new To());
        return ca.equals("none") ? builder.hostnameVerifier((name, session) -> true).build() : builder.build();
    }

    /** Makes sockets that go where the visit is sent, whatever the URL says. */
    static class To extends SocketFactory {
        static SocketAddress at;

        public Socket createSocket() {
            return new Socket() {
                public void connect(SocketAddress ignored, int timeout) throws IOException {
                    super.connect(at, timeout);
                }
            };
        }

        public Socket createSocket(String host, int port) {
            throw new UnsupportedOperationException();
        }

        public Socket createSocket(String host, int port, InetAddress local, int localPort) {
            throw new UnsupportedOperationException();
        }

        public Socket createSocket(InetAddress host, int port) {
            throw new UnsupportedOperationException();
        }

        public Socket createSocket(InetAddress host, int port, InetAddress local, int localPort) {
            throw new UnsupportedOperationException();
        }
    }

    static X509TrustManager trust(String ca) throws Exception {
        if (ca.equals("none")) {
            return new X509TrustManager() {
                public void checkClientTrusted(X509Certificate[] chain, String type) {}
                public void checkServerTrusted(X509Certificate[] chain, String type) {}
                public X509Certificate[] getAcceptedIssuers() {
                    return new X509Certificate[0];
                }
            };
        }
        KeyStore store = null;
        if (!ca.equals("-")) {
            store = KeyStore.getInstance("PKCS12");
            store.load(null, null);
            try (FileInputStream in = new FileInputStream(ca)) {
                int n = 0;
                for (var certificate : CertificateFactory.getInstance("X.509").generateCertificates(in)) {
                    store.setCertificateEntry("ca" + n++, certificate);
                }
            }
        }
        TrustManagerFactory factory = TrustManagerFactory.getInstance("PKIX");
        factory.init(store);
        return (X509TrustManager) factory.getTrustManagers()[0];
    }

    static KeyManager[] keys(String who) throws Exception {
        if (who.equals("-")) {
            return null;
        }
        KeyStore store = KeyStore.getInstance("PKCS12");
        try (FileInputStream in = new FileInputStream(who + ".p12")) {
            store.load(in, PASSWORD);
        }
        KeyManagerFactory factory = KeyManagerFactory.getInstance("SunX509");
        factory.init(store, PASSWORD);
        return factory.getKeyManagers();
    }
}
