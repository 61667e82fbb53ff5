import java.io.InputStream;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.security.Principal;
import java.security.PrivateKey;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import javax.net.ssl.KeyManager;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509ExtendedTrustManager;
import javax.net.ssl.X509KeyManager;

/** Both identities share one SSLContext, whose KeyManager changes its answer. */
public class Bitten {
    static final char[] PASSWORD = "client".toCharArray();
    static boolean verify;
    static X509KeyManager now;

    public static void main(String[] args) throws Exception {
        verify = !args[0].equals("none");
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(new KeyManager[] {new Chosen()}, trust(args[0]), null);
        for (int i = 2; i + 2 < args.length; i += 3) {
            KeyManager[] own = keys(args[i + 2]);
            now = own == null ? null : (X509KeyManager) own[0];
            visit(context, args[1], URI.create(args[i]), args[i + 1]);
        }
    }

    /** Answers with whoever is meant at the moment. */
    static class Chosen implements X509KeyManager {
        public String chooseClientAlias(String[] types, Principal[] issuers, Socket socket) {
            return now == null ? null : now.chooseClientAlias(types, issuers, socket);
        }

        public String[] getClientAliases(String type, Principal[] issuers) {
            return now == null ? null : now.getClientAliases(type, issuers);
        }

        public X509Certificate[] getCertificateChain(String alias) {
            return now.getCertificateChain(alias);
        }

        public PrivateKey getPrivateKey(String alias) {
            return now.getPrivateKey(alias);
        }

        public String[] getServerAliases(String type, Principal[] issuers) {
            return null;
        }

        public String chooseServerAlias(String type, Principal[] issuers, Socket socket) {
            return null;
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
