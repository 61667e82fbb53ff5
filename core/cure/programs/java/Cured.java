import java.io.InputStream;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.util.HashMap;
import java.util.Map;
import javax.net.ssl.KeyManager;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509ExtendedTrustManager;

/** Each identity has an SSLContext, and so a session cache, of its own. */
public class Cured {
    static final char[] PASSWORD = "client".toCharArray();
    static boolean verify;

    public static void main(String[] args) throws Exception {
        verify = !args[0].equals("none");
        Map<String, SSLContext> contexts = new HashMap<>();
        for (int i = 2; i + 2 < args.length; i += 3) {
            SSLContext context = contexts.get(args[i + 2]);
            if (context == null) {
                context = SSLContext.getInstance("TLS");
                context.init(keys(args[i + 2]), trust(args[0]), null);
                contexts.put(args[i + 2], context);
            }
            visit(context, args[1], URI.create(args[i]), args[i + 1]);
        }
    }

    static void visit(SSLContext context, String highest, URI url, String at) throws Exception {
        int colon = at.lastIndexOf(':');
        Socket raw = new Socket(at.substring(0, colon), Integer.parseInt(at.substring(colon + 1)));
        int port = url.getPort() < 0 ? 443 : url.getPort();
        try (SSLSocket socket = (SSLSocket) context.getSocketFactory().createSocket(raw, url.getHost(), port, true)) {
            socket.setSoTimeout(10000);
            SSLParameters parameters = socket.getSSLParameters();
            if (verify) {
                parameters.setEndpointIdentificationAlgorithm("HTTPS");
            }
            if (highest.equals("1.2")) {
                parameters.setProtocols(new String[] {"TLSv1.2"});
            }
            socket.setSSLParameters(parameters);
            String path = url.getRawPath().isEmpty() ? "/" : url.getRawPath();
            String request = "GET " + path + " HTTP/1.1\r\nHost: " + url.getRawAuthority() + "\r\nConnection: close\r\n\r\n";
            socket.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
            socket.getInputStream().readAllBytes();
        }
    }

    static TrustManager[] trust(String ca) throws Exception {
        if (ca.equals("-")) {
            return null;
        }
        if (!verify) {
            return new TrustManager[] {new X509ExtendedTrustManager() {
                public void checkClientTrusted(X509Certificate[] chain, String type) {}
                public void checkClientTrusted(X509Certificate[] chain, String type, Socket socket) {}
                public void checkClientTrusted(X509Certificate[] chain, String type, SSLEngine engine) {}
                public void checkServerTrusted(X509Certificate[] chain, String type) {}
                public void checkServerTrusted(X509Certificate[] chain, String type, Socket socket) {}
                public void checkServerTrusted(X509Certificate[] chain, String type, SSLEngine engine) {}
                public X509Certificate[] getAcceptedIssuers() {
                    return new X509Certificate[0];
                }
            }};
        }
        KeyStore store = KeyStore.getInstance("PKCS12");
        store.load(null, null);
        try (InputStream in = Files.newInputStream(Path.of(ca))) {
            int n = 0;
            for (var certificate : CertificateFactory.getInstance("X.509").generateCertificates(in)) {
                store.setCertificateEntry("ca" + n++, certificate);
            }
        }
        TrustManagerFactory factory = TrustManagerFactory.getInstance("PKIX");
        factory.init(store);
        return factory.getTrustManagers();
    }

    static KeyManager[] keys(String who) throws Exception {
        if (who.equals("-")) {
            return null;
        }
        KeyStore store = KeyStore.getInstance("PKCS12");
        try (InputStream in = Files.newInputStream(Path.of(who + ".p12"))) {
            store.load(in, PASSWORD);
        }
        KeyManagerFactory factory = KeyManagerFactory.getInstance("SunX509");
        factory.init(store, PASSWORD);
        return factory.getKeyManagers();
    }
}
