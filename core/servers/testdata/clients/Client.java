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
import java.util.HashMap;
import java.util.Map;
import javax.net.ssl.KeyManager;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509KeyManager;

/**
 * Visits each URL as alice, dave, alice, dave. Arguments: "one" (an SSLContext whose KeyManager changes its answer) or "two" (an SSLContext each), then URLs;
 * the PKCS#12 files stand in the current directory.
 */
public class Client {
    static final String[] STEPS = {"alice", "dave", "alice", "dave"};
    static String who;

    public static void main(String[] args) throws Exception {
        for (int i = 1; i < args.length; i++) {
            Map<String, SSLContext> contexts = new HashMap<>();
            for (String step : STEPS) {
                who = step;
                String key = args[0].equals("one") ? "" : step;
                if (!contexts.containsKey(key)) {
                    contexts.put(key, context());
                }
                try {
                    visit(contexts.get(key), URI.create(args[i]));
                } catch (Exception e) {
                    if (!args[i].endsWith("/ask")) {
                        throw e;
                    }
                }
            }
        }
    }

    static void visit(SSLContext context, URI url) throws Exception {
        try (SSLSocket socket = (SSLSocket) context.getSocketFactory().createSocket(url.getHost(), url.getPort())) {
            socket.setSoTimeout(10000);
            String request = "GET " + url.getPath() + " HTTP/1.1\r\nHost: " + url.getAuthority() + "\r\nConnection: close\r\n\r\n";
            socket.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
            socket.getInputStream().readAllBytes();
        }
    }

    static SSLContext context() throws Exception {
        Map<String, X509KeyManager> managers = new HashMap<>();
        for (String name : new String[] {"alice", "dave"}) {
            KeyStore store = KeyStore.getInstance("PKCS12");
            char[] password = (name + "-password").toCharArray();
            try (InputStream in = Files.newInputStream(Path.of(name + ".p12"))) {
                store.load(in, password);
            }
            KeyManagerFactory factory = KeyManagerFactory.getInstance("SunX509");
            factory.init(store, password);
            managers.put(name, (X509KeyManager) factory.getKeyManagers()[0]);
        }
        KeyStore ca = KeyStore.getInstance("PKCS12");
        ca.load(null, null);
        try (InputStream in = Files.newInputStream(Path.of("ca.pem"))) {
            ca.setCertificateEntry("ca", CertificateFactory.getInstance("X.509").generateCertificate(in));
        }
        TrustManagerFactory trust = TrustManagerFactory.getInstance("PKIX");
        trust.init(ca);
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(new KeyManager[] {new Chosen(managers)}, trust.getTrustManagers(), null);
        return context;
    }

    /** Chosen answers with whoever is meant at the moment. */
    record Chosen(Map<String, X509KeyManager> managers) implements X509KeyManager {
        X509KeyManager now() {
            return managers.get(who);
        }

        public String chooseClientAlias(String[] types, Principal[] issuers, Socket socket) {
            return now().chooseClientAlias(types, issuers, socket);
        }

        public String[] getClientAliases(String type, Principal[] issuers) {
            return now().getClientAliases(type, issuers);
        }

        public X509Certificate[] getCertificateChain(String alias) {
            return now().getCertificateChain(alias);
        }

        public PrivateKey getPrivateKey(String alias) {
            return now().getPrivateKey(alias);
        }

        public String[] getServerAliases(String type, Principal[] issuers) {
            return null;
        }

        public String chooseServerAlias(String type, Principal[] issuers, Socket socket) {
            return null;
        }
    }
}
