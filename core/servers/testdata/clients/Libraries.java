import java.io.InputStream;
import java.net.Socket;
import java.net.URI;
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
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509ExtendedKeyManager;
import javax.net.ssl.X509KeyManager;
import javax.net.ssl.X509TrustManager;
import okhttp3.OkHttpClient;
import okhttp3.Protocol;
import okhttp3.Request;
import okhttp3.Response;
import org.apache.http.client.methods.CloseableHttpResponse;
import org.apache.http.client.methods.HttpGet;
import org.apache.http.impl.client.CloseableHttpClient;
import org.apache.http.impl.client.HttpClients;
import org.apache.http.util.EntityUtils;

/**
 * Visits each URL as alice, dave, alice, dave with libraries that the distribution packages. Arguments: "httpclient" or "okhttp", "one" (a client whose
 * KeyManager changes its answer) or "two" (a client each), then URLs; the PKCS#12 files stand in the current directory.
 */
public class Libraries {
    static final String[] STEPS = {"alice", "dave", "alice", "dave"};
    static String who;
    static X509TrustManager trust;

    interface Visitor {
        void get(String url) throws Exception;
    }

    public static void main(String[] args) throws Exception {
        for (int i = 2; i < args.length; i++) {
            Map<String, Visitor> visitors = new HashMap<>();
            for (String step : STEPS) {
                who = step;
                String key = args[1].equals("one") ? "" : step;
                if (!visitors.containsKey(key)) {
                    visitors.put(key, args[0].equals("okhttp") ? okhttp(context()) : httpclient(context()));
                }
                try {
                    visitors.get(key).get(args[i]);
                } catch (Exception e) {
                    if (!URI.create(args[i]).getPath().equals("/ask")) {
                        throw e;
                    }
                }
            }
        }
        System.exit(0);
    }

    static Visitor httpclient(SSLContext context) {
        CloseableHttpClient client = HttpClients.custom().setSSLContext(context).build();
        return url -> {
            HttpGet request = new HttpGet(url);
            request.setHeader("Connection", "close");
            try (CloseableHttpResponse response = client.execute(request)) {
                EntityUtils.consume(response.getEntity());
            }
        };
    }

    static Visitor okhttp(SSLContext context) {
        OkHttpClient client = new OkHttpClient.Builder().sslSocketFactory(context.getSocketFactory(), trust).protocols(java.util.List.of(Protocol.HTTP_1_1)).build();
        return url -> {
            try (Response response = client.newCall(new Request.Builder().url(url).header("Connection", "close").build()).execute()) {
                response.body().bytes();
            }
        };
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
        TrustManagerFactory factory = TrustManagerFactory.getInstance("PKIX");
        factory.init(ca);
        trust = (X509TrustManager) factory.getTrustManagers()[0];
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(new KeyManager[] {new Chosen(managers)}, factory.getTrustManagers(), null);
        return context;
    }

    /** Chosen answers with whoever is meant at the moment. */
    static class Chosen extends X509ExtendedKeyManager {
        final Map<String, X509KeyManager> managers;

        Chosen(Map<String, X509KeyManager> managers) {
            this.managers = managers;
        }

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
