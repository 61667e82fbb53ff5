package wire_test

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"flag"
	"io"
	"math/big"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"rechallenge/core/wire"
	"rechallenge/core/wire/wiretest"
)

var record = flag.Bool("record", false, "record the flows anew, with every TLS implementation that is installed; then run with -update")

// recorder records the connections of one flow through a relay.
type recorder struct {
	t    *testing.T
	dir  string
	pool *x509.CertPool
	mu   sync.Mutex
	flow wiretest.Flow
}

func newRecorder(t *testing.T) *recorder {
	r := &recorder{t: t, dir: t.TempDir(), pool: x509.NewCertPool()}
	caKey, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	ca := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "Throw-away CA", Organization: []string{"Rechallenge"}}, IsCA: true, BasicConstraintsValid: true,
		NotBefore: time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC), NotAfter: time.Date(2060, 1, 1, 0, 0, 0, 0, time.UTC), KeyUsage: x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, ca, ca, caKey.Public(), caKey)
	if err != nil {
		t.Fatal(err)
	}
	ca, _ = x509.ParseCertificate(der)
	r.pool.AddCert(ca)
	r.pem("ca.pem", "CERTIFICATE", der)
	caP8, _ := x509.MarshalPKCS8PrivateKey(caKey)
	r.pem("ca.key", "PRIVATE KEY", caP8)
	for i, name := range []string{"server", "rsa", "alice"} {
		var key any
		if name == "rsa" {
			key, err = rsa.GenerateKey(rand.Reader, 2048)
		} else {
			key, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		}
		if err != nil {
			t.Fatal(err)
		}
		leaf := &x509.Certificate{
			SerialNumber: big.NewInt(int64(i + 2)), Subject: pkix.Name{CommonName: name}, DNSNames: []string{"localhost", "a.test"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
			NotBefore: ca.NotBefore, NotAfter: ca.NotAfter, KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageKeyEncipherment,
			ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth, x509.ExtKeyUsageServerAuth},
		}
		der, err := x509.CreateCertificate(rand.Reader, leaf, ca, key.(crypto.Signer).Public(), caKey)
		if err != nil {
			t.Fatal(err)
		}
		r.pem(name+".pem", "CERTIFICATE", der)
		p8, _ := x509.MarshalPKCS8PrivateKey(key)
		r.pem(name+".key", "PRIVATE KEY", p8)
	}
	return r
}

func (r *recorder) path(name string) string { return filepath.Join(r.dir, name) }

func (r *recorder) pem(name, kind string, der []byte) {
	if err := os.WriteFile(r.path(name), pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), 0o600); err != nil {
		r.t.Fatal(err)
	}
}

func (r *recorder) pair(name string) tls.Certificate {
	c, err := tls.LoadX509KeyPair(r.path(name+".pem"), r.path(name+".key"))
	if err != nil {
		r.t.Fatal(err)
	}
	return c
}

// Write takes key log lines.
func (r *recorder) Write(b []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.flow.KeyLog = append(r.flow.KeyLog, b...)
	return len(b), nil
}

// relay listens for connections and records each on its way to addr.
func (r *recorder) relay(addr string) string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		r.t.Fatal(err)
	}
	r.t.Cleanup(func() { l.Close() })
	go func() {
		for {
			client, err := l.Accept()
			if err != nil {
				return
			}
			server, err := net.Dial("tcp", addr)
			if err != nil {
				client.Close()
				continue
			}
			r.mu.Lock()
			n := len(r.flow.Connections)
			r.flow.Connections = append(r.flow.Connections, nil)
			r.mu.Unlock()
			pump := func(to, from net.Conn, side wire.Side) {
				buf := make([]byte, 32<<10)
				for {
					k, err := from.Read(buf)
					if k > 0 {
						r.mu.Lock()
						r.flow.Connections[n] = append(r.flow.Connections[n], wire.Chunk{From: side, Data: bytes.Clone(buf[:k])})
						r.mu.Unlock()
						to.Write(buf[:k])
					}
					if err != nil {
						to.(*net.TCPConn).CloseWrite()
						return
					}
				}
			}
			go pump(server, client, wire.Client)
			go pump(client, server, wire.Server)
		}
	}()
	return l.Addr().String()
}

// serve is a crypto/tls server behind the relay that answers one line.
func (r *recorder) serve(cfg *tls.Config) string {
	cfg.KeyLogWriter = r
	if cfg.Certificates == nil {
		cfg.Certificates = []tls.Certificate{r.pair("server")}
	}
	cfg.ClientCAs = r.pool
	l, err := tls.Listen("tcp", "127.0.0.1:0", cfg)
	if err != nil {
		r.t.Fatal(err)
	}
	r.t.Cleanup(func() { l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close()
				c.SetDeadline(time.Now().Add(5 * time.Second))
				buf := make([]byte, 4096)
				if _, err := c.Read(buf); err == nil {
					io.WriteString(c, "HTTP/1.0 200 OK\r\nContent-Length: 3\r\n\r\nok\n")
				}
			}()
		}
	}()
	return r.relay(l.Addr().String())
}

// dial makes connections with one crypto/tls client configuration, one after
// the other.
func (r *recorder) dial(addr string, times int, cfg *tls.Config) {
	cfg.RootCAs, cfg.ServerName, cfg.KeyLogWriter = r.pool, "a.test", r
	cfg.ClientSessionCache = tls.NewLRUClientSessionCache(1)
	for range times {
		c, err := tls.Dial("tcp", addr, cfg)
		if err != nil {
			r.t.Logf("dial: %v", err)
			return
		}
		c.SetDeadline(time.Now().Add(5 * time.Second))
		io.WriteString(c, "GET / HTTP/1.0\r\n\r\n")
		io.Copy(io.Discard, c)
		c.Close()
	}
}

// start runs a server program behind the relay; PORT in its arguments is where
// it listens. say is written to its input after that many milliseconds.
func (r *recorder) start(input []string, name string, args ...string) string {
	port := freePort(r.t)
	for i := range args {
		args[i] = strings.ReplaceAll(args[i], "PORT", port)
	}
	return r.startOn(port, input, name, args...)
}

// startOn is start of a program that knows its port.
func (r *recorder) startOn(port string, input []string, name string, args ...string) string {
	cmd := r.command(name, args...)
	in, err := cmd.StdinPipe()
	if err != nil {
		r.t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		r.t.Fatal(err)
	}
	r.t.Cleanup(func() {
		in.Close()
		cmd.Process.Kill()
		cmd.Wait()
		if data, err := os.ReadFile(r.path("keylog")); err == nil {
			r.Write(data)
		}
	})
	for range 200 {
		if c, err := net.Dial("tcp", "127.0.0.1:"+port); err == nil {
			c.Close()
			break
		}
		time.Sleep(20 * time.Millisecond)
	}
	time.Sleep(200 * time.Millisecond)
	go func() {
		for _, line := range input {
			time.Sleep(1500 * time.Millisecond)
			io.WriteString(in, line+"\n")
		}
	}()
	return r.relay("127.0.0.1:" + port)
}

// run runs a client program; each input line comes 700 ms after the one before.
func (r *recorder) run(input []string, name string, args ...string) {
	cmd := r.command(name, args...)
	in, err := cmd.StdinPipe()
	if err != nil {
		r.t.Fatal(err)
	}
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Start(); err != nil {
		r.t.Fatal(err)
	}
	kill := time.AfterFunc(8*time.Second, func() { cmd.Process.Kill() })
	defer kill.Stop()
	for _, line := range input {
		time.Sleep(700 * time.Millisecond)
		io.WriteString(in, line+"\n")
	}
	time.Sleep(700 * time.Millisecond)
	in.Close()
	err = cmd.Wait()
	r.t.Logf("%s %s: %v\n%s", name, strings.Join(args, " "), err, tail(out.String(), 600))
}

func tail(s string, n int) string {
	if len(s) > n {
		return s[len(s)-n:]
	}
	return s
}

func (r *recorder) command(name string, args ...string) *exec.Cmd {
	if _, err := exec.LookPath(name); err != nil {
		r.t.Skipf("%s is not installed", name)
	}
	cmd := exec.Command(name, args...)
	cmd.Dir = r.dir
	cmd.Env = append(os.Environ(), "HOME="+r.dir)
	return cmd
}

func freePort(t *testing.T) string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	_, port, _ := net.SplitHostPort(l.Addr().String())
	return port
}

// save writes the flow once everything that belongs to it has run.
func (r *recorder) save(name, about string) {
	time.Sleep(300 * time.Millisecond)
	if data, err := os.ReadFile(r.path("keylog")); err == nil {
		r.Write(data)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.flow.About = about
	var kept [][]wire.Chunk
	for _, c := range r.flow.Connections {
		if len(c) > 0 {
			kept = append(kept, c)
		}
	}
	if len(kept) == 0 {
		r.t.Fatal("nothing was recorded")
	}
	r.flow.Connections = kept
	r.flow.Write(r.t, flows, name)
}

func TestRecord(t *testing.T) {
	if !*record {
		t.Skip("only with -record")
	}
	for _, s := range scenarios {
		t.Run(s.name, func(t *testing.T) {
			r := newRecorder(t)
			s.run(r)
			r.save(s.name, s.about)
		})
	}
}

// openssl starts s_server on TLS of the flow's leaf.
func (r *recorder) openssl(input []string, leaf string, args ...string) string {
	return r.start(input, "openssl", append([]string{
		"s_server", "-accept", "127.0.0.1:PORT", "-cert", r.path(leaf + ".pem"), "-key", r.path(leaf + ".key"), "-CAfile", r.path("ca.pem"),
		"-keylogfile", r.path("keylog"),
	}, args...)...)
}

// sClient runs s_client with the identity alice.
func (r *recorder) sClient(addr string, input []string, args ...string) {
	r.run(input, "openssl", append([]string{
		"s_client", "-connect", addr, "-servername", "a.test", "-CAfile", r.path("ca.pem"), "-cert", r.path("alice.pem"), "-key", r.path("alice.key"),
	}, args...)...)
}

// java runs a client of the JDK, which trusts everybody.
func (r *recorder) java(addr, protocol string) {
	host, port, _ := net.SplitHostPort(addr)
	source := `import javax.net.ssl.*; import java.security.cert.X509Certificate;
public class Client { public static void main(String[] a) throws Exception {
  SSLContext c = SSLContext.getInstance("TLS");
  c.init(null, new TrustManager[]{ new X509ExtendedTrustManager() {
    public void checkClientTrusted(X509Certificate[] x, String s) {} public void checkServerTrusted(X509Certificate[] x, String s) {}
    public void checkClientTrusted(X509Certificate[] x, String s, java.net.Socket k) {} public void checkServerTrusted(X509Certificate[] x, String s, java.net.Socket k) {}
    public void checkClientTrusted(X509Certificate[] x, String s, SSLEngine k) {} public void checkServerTrusted(X509Certificate[] x, String s, SSLEngine k) {}
    public X509Certificate[] getAcceptedIssuers() { return new X509Certificate[0]; } } }, null);
  for (int i = 0; i < 2; i++) {
    SSLSocket s = (SSLSocket) c.getSocketFactory().createSocket("` + host + `", ` + port + `);
    s.setEnabledProtocols(new String[]{"` + protocol + `"});
    SSLParameters p = s.getSSLParameters(); p.setServerNames(java.util.List.of(new SNIHostName("a.test"))); p.setApplicationProtocols(new String[]{"http/1.1"}); s.setSSLParameters(p);
    s.getOutputStream().write("GET / HTTP/1.0\r\n\r\n".getBytes()); s.getInputStream().readAllBytes(); s.close();
  } } }
`
	if err := os.WriteFile(r.path("Client.java"), []byte(source), 0o600); err != nil {
		r.t.Fatal(err)
	}
	r.run(nil, "java", r.path("Client.java"))
}

// javaServer is a server of the JDK that asks for a certificate, trusts
// everybody and answers one line; it keeps no key log.
func (r *recorder) javaServer(protocol string, properties ...string) string {
	if out, err := r.command("openssl", "pkcs12", "-export", "-inkey", r.path("server.key"), "-in", r.path("server.pem"), "-name", "server", "-passout", "pass:changeit", "-out", r.path("server.p12")).CombinedOutput(); err != nil {
		r.t.Fatalf("openssl pkcs12: %v\n%s", err, out)
	}
	source := `import javax.net.ssl.*; import java.security.*; import java.security.cert.*; import java.io.*; import java.net.*;
public class Server { public static void main(String[] a) throws Exception {
  char[] pw = "changeit".toCharArray();
  KeyStore ks = KeyStore.getInstance("PKCS12"); ks.load(new FileInputStream("` + r.path("server.p12") + `"), pw);
  KeyManagerFactory k = KeyManagerFactory.getInstance("SunX509"); k.init(ks, pw);
  X509Certificate ca = (X509Certificate) CertificateFactory.getInstance("X.509").generateCertificate(new FileInputStream("` + r.path("ca.pem") + `"));
  KeyStore ts = KeyStore.getInstance("PKCS12"); ts.load(null, null); ts.setCertificateEntry("ca", ca);
  TrustManagerFactory t = TrustManagerFactory.getInstance("PKIX"); t.init(ts);
  SSLContext c = SSLContext.getInstance("TLS"); c.init(k.getKeyManagers(), t.getTrustManagers(), null);
  SSLServerSocket l = (SSLServerSocket) c.getServerSocketFactory().createServerSocket(PORT, 5, InetAddress.getByName("127.0.0.1"));
  l.setEnabledProtocols(new String[]{"` + protocol + `"}); l.setNeedClientAuth(true);
  while (true) { try (Socket s = l.accept()) {
    new BufferedReader(new InputStreamReader(s.getInputStream())).readLine();
    s.getOutputStream().write("HTTP/1.0 200 OK\r\nContent-Length: 3\r\n\r\nok\n".getBytes());
  } catch (IOException e) { } }
} }
`
	port := freePort(r.t)
	if err := os.WriteFile(r.path("Server.java"), []byte(strings.Replace(source, "PORT", port, 1)), 0o600); err != nil {
		r.t.Fatal(err)
	}
	return r.startOn(port, nil, "java", append(properties, r.path("Server.java"))...)
}

// hostPort splits an address for programs that want it so.
func (r *recorder) hostPort(addr string) (host, port string) {
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		r.t.Fatal(err)
	}
	return host, port
}

var get = []string{"GET / HTTP/1.0\r\n\r"}

// psk is the external key of the PSK flow.
const psk = "00112233445566778899aabbccddeeff"

func (r *recorder) gnutlsServer(priority string, args ...string) string {
	return r.start(nil, "env", append([]string{
		"SSLKEYLOGFILE=" + r.path("keylog"), "gnutls-serv", "--port=PORT", "--x509certfile=" + r.path("server.pem"), "--x509keyfile=" + r.path("server.key"),
		"--x509cafile=" + r.path("ca.pem"), "--echo", "--priority=" + priority,
	}, args...)...)
}

func (r *recorder) gnutlsClient(addr, priority string, args ...string) {
	_, port := r.hostPort(addr)
	r.run([]string{"hello", ""}, "gnutls-cli", append([]string{
		"--port=" + port, "--sni-hostname=a.test", "--verify-hostname=a.test", "--x509cafile=" + r.path("ca.pem"),
		"--x509certfile=" + r.path("alice.pem"), "--x509keyfile=" + r.path("alice.key"), "--priority=" + priority, "127.0.0.1",
	}, args...)...)
}
