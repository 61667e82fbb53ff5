package identity_test

import (
	"bytes"
	"context"
	"crypto/x509"
	"encoding/asn1"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"html"
	"math/big"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode/utf16"

	"rechallenge/core/identity"
)

// made is what openssl made for the tests of containers.
type made struct {
	dir                          string
	cert, key, sec1, sealed, p12 []byte // PEM, and a PFX with corpusPassword
}

func openssl3(t testing.TB, dir string, args ...string) []byte {
	t.Helper()
	cmd := exec.Command("openssl", args...)
	cmd.Dir = dir
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("openssl %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return out
}

func make1(t testing.TB, kind ...string) made {
	t.Helper()
	m := made{dir: t.TempDir()}
	run := func(args ...string) { openssl3(t, m.dir, args...) }
	read := func(name string) []byte {
		data, err := os.ReadFile(filepath.Join(m.dir, name))
		if err != nil {
			t.Fatal(err)
		}
		return data
	}
	if kind == nil {
		kind = []string{"-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"}
	}
	run(append([]string{"genpkey", "-out", "key.pem"}, kind...)...)
	run("req", "-new", "-x509", "-key", "key.pem", "-subj", "/CN=alice", "-days", "30", "-out", "cert.pem")
	m.cert, m.key = read("cert.pem"), read("key.pem")
	run("pkcs12", "-export", "-in", "cert.pem", "-inkey", "key.pem", "-passout", "pass:"+corpusPassword, "-out", "id.p12")
	m.p12 = read("id.p12")
	if kind[1] != "ed25519" {
		run("pkey", "-in", "key.pem", "-traditional", "-out", "sec1.pem")
		m.sec1 = read("sec1.pem")
	}
	run("pkcs8", "-topk8", "-in", "key.pem", "-passout", "pass:"+corpusPassword, "-iter", "1", "-out", "sealed.pem")
	m.sealed = read("sealed.pem")
	return m
}

func b64(b []byte) string { return base64.StdEncoding.EncodeToString(b) }

func der(pem []byte) []byte {
	text := regexp.MustCompile(`-----[^-]*-----|\s`).ReplaceAllString(string(pem), "")
	out, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		panic(err)
	}
	return out
}

func indented(b []byte, by string) string {
	return by + strings.ReplaceAll(strings.TrimSpace(string(b)), "\n", "\n"+by) + "\n"
}

func relabelled(b []byte, label string) string {
	return regexp.MustCompile(`(BEGIN|END) [A-Z0-9 ]+`).ReplaceAllString(string(b), "$1 "+label)
}

func wide(s string, big bool) []byte {
	var out []byte
	for _, u := range utf16.Encode([]rune(s)) {
		if big {
			out = append(out, byte(u>>8), byte(u))
		} else {
			out = append(out, byte(u), byte(u>>8))
		}
	}
	return out
}

func jsonOf(v any) string {
	b, _ := json.MarshalIndent(v, "", "  ")
	return string(b)
}

func folded(s string, width int, with string) string {
	var out strings.Builder
	for len(s) > width {
		out.WriteString(s[:width] + with)
		s = s[width:]
	}
	return out.String() + s
}

// numbers are bytes as Java prints them.
func numbers(b []byte) string {
	var out strings.Builder
	for i, c := range b {
		fmt.Fprintf(&out, "%d, ", int8(c))
		if i%16 == 15 {
			out.WriteString("\n\t")
		}
	}
	return "{" + out.String() + "}"
}

// container is a key and its certificate as people have them, in something that
// is put around such.
type container struct {
	name, text string
	found      string // the name where it was found, which is told
}

func containers(m made) []container {
	both := string(m.cert) + string(m.key)
	cert, key, pfx := strings.TrimSpace(string(m.cert)), strings.TrimSpace(string(m.key)), b64(m.p12)
	line := func(s, with string) string { return strings.ReplaceAll(s, "\n", with) }
	certDER, keyDER := der(m.cert), der(m.key)
	dump := func(b []byte) string { return hex.Dump(b) }
	return []container{
		{"plain", both, ""},
		{"line ends lost, spaces", line(both, " "), ""},
		{"line ends lost, nothing", line(both, ""), ""},
		{"carriage returns", line(both, "\r"), ""},
		{"glued", cert + key, ""},
		{"escaped", line(both, `\n`), ""},
		{"escaped twice", line(both, `\\n`), ""},
		{"escaped as CRLF", line(both, `\r\n`), ""},
		{"escaped and real", line(both, "\\n\n"), ""},
		{"folded like LDIF", "userCertificate:: x\ncert: " + line(cert, "\n ") + "\nkey: " + line(key, "\n ") + "\n", "key"},
		{"quoted", `"` + cert + `"` + "\n'" + key + "'", ""},
		{"KEY=", "CERT=" + line(cert, `\n`) + "\nexport TLS_KEY=" + line(key, `\n`) + "\n", "TLS_KEY"},
		{"KEY= quoted, several lines", "CERT=\"" + cert + "\"\nTLS_KEY='" + key + "'\n", "TLS_KEY"},
		{"KEY= in one line of spaces", "CERT=\"" + line(cert, " ") + "\"\nTLS_KEY=\"" + line(key, " ") + "\"\n", "TLS_KEY"},
		{"Dockerfile ENV", "ENV CERT " + line(cert, `\n\`+"\n") + "\nENV KEY " + line(key, `\n\`+"\n") + "\n", ""},
		{"YAML block", "tls:\n  cert: |\n" + indented(m.cert, "    ") + "  key: |-\n" + indented(m.key, "    "), "key"},
		{"YAML folded", "tls:\n  cert: >\n" + indented(m.cert, "    ") + "  key: >-\n" + indented(m.key, "    "), "key"},
		{"YAML quoted", "cert: \"" + line(cert, `\n`) + "\"\nprivateKey: \"" + line(key, `\n`) + "\"\n", "privateKey"},
		{"YAML list", "pem:\n  - |\n" + indented(m.cert, "    ") + "  - |\n" + indented(m.key, "    "), ""},
		{"JSON", jsonOf(map[string]string{"cert": cert + "\n", "key": key + "\n"}), "key"},
		{"JSON, slashes and plus escaped", strings.NewReplacer("/", `\/`, "+", `\u002b`, "=", `\u003d`).Replace(jsonOf(map[string]string{"certificate": cert, "private_key": key})), "private_key"},
		{"JSON in JSON", jsonOf(map[string]string{"secret": jsonOf(map[string]string{"cert": cert, "key": key})}), ""},
		{"JSON, lines as a list", jsonOf(map[string]any{"cert": strings.Split(cert, "\n"), "key": strings.Split(key, "\n")}), ""},
		{"cfssl", jsonOf(map[string]string{"cert": cert, "csr": "-----BEGIN CERTIFICATE REQUEST-----\nAAAA\n-----END CERTIFICATE REQUEST-----\n", "key": key}), "key"},
		{"ACME (Traefik)", jsonOf(map[string]any{"Certificates": []any{map[string]any{"certificate": b64(m.cert), "key": b64(m.key)}}}), "key"},
		{"XML", "<cfg><cert>" + html.EscapeString(cert) + "</cert><key type=\"pem\">" + key + "</key></cfg>", "key"},
		{"XML, entities for line ends", "<c cert=\"" + line(cert, "&#10;") + "\" key=\"" + line(key, "&#xA;") + "\"/>", "key"},
		{"XML, CDATA", "<cert><![CDATA[" + cert + "]]></cert><key><![CDATA[" + key + "]]></key>", "key"},
		{"web page", "<pre>" + line(cert, "<br/>\n") + "</pre><pre>" + line(key, "<br>") + "</pre>", ""},
		{"Java", "String cert = \"" + line(cert, "\\n\" +\n    \"") + "\";\nString key = \"" + line(key, "\\n\" +\n  \"") + "\";\n", "key"},
		{"JavaScript", "const cert = `" + cert + "`;\nconst key = `" + key + "`;\n", "key"},
		{"C", "static const char cert[] = \"" + line(cert, "\\n\"\n\"") + "\";\nchar key[] = \"" + line(key, "\\n\"\n\"") + "\";\n", ""},
		{"Python, bytes of several lines", "cert = (b'" + line(cert, "\\n'\n  b'") + "')\nkey = (rb'" + line(key, "\n'\n  rb'") + "')\n", "key"},
		{"JavaScript Buffer", `{"pfx": {"type": "Buffer", "data": ` + strings.ReplaceAll(fmt.Sprint([]byte(m.p12)), " ", ",") + `}}`, "data"},
		{"numbers, in lines, signed", numbers(m.p12), ""},
		{"web form", "<textarea name=\"pem\">" + line(cert, "&#13;&#10;") + "&#10;" + line(key, "&NewLine;") + "</textarea>", ""},
		{"percent", "cert=" + url.QueryEscape(cert) + "&key=" + url.QueryEscape(key), ""},
		{"percent, path", strings.ReplaceAll(url.QueryEscape(both), "+", "%20"), ""},
		{"percent, spaces alone", strings.NewReplacer(" ", "%20", "\n", "%0a").Replace(both), ""},
		{"quoted-printable", strings.ReplaceAll(folded(strings.ReplaceAll(both, "=", "=3D"), 75, "=\r\n"), "\n\n", "\n"), ""},
		{"mail quotation", "> " + strings.ReplaceAll(strings.TrimSpace(both), "\n", "\n> "), ""},
		{"comment signs", "# " + strings.ReplaceAll(strings.TrimSpace(both), "\n", "\n# "), ""},
		{"word processor's dashes", strings.ReplaceAll(both, "-----", "\u2014\u2014-"), ""},
		{"four dashes", strings.ReplaceAll(both, "-----", "----"), ""},
		{"no END", both[:max(0, strings.LastIndex(both, "-----END"))], ""},
		{"UTF-8 BOM", "\xef\xbb\xbf" + both, ""},
		{"UTF-16 LE with BOM", "\xff\xfe" + string(wide(both, false)), ""},
		{"UTF-16 BE with BOM", "\xfe\xff" + string(wide(both, true)), ""},
		{"UTF-16 LE", string(wide(both, false)), ""},
		{"UTF-16 BE", string(wide(both, true)), ""},
		{"base64 of PEM", b64([]byte(both)), ""},
		{"base64 of PEM, lines", folded(b64([]byte(both)), 76, "\n"), ""},
		{"base64 of base64", b64([]byte(b64([]byte(both)))), ""},
		{"base64 of UTF-16", b64(wide(both, false)), ""},
		{"base64url", base64.RawURLEncoding.EncodeToString([]byte(both)), ""},
		{"base64 of PFX", pfx, ""},
		{"base64 of PFX, lines", folded(pfx, 64, "\r\n"), ""},
		{"base64url of PFX", base64.URLEncoding.EncodeToString(m.p12), ""},
		{"base64 of DER", "cert: " + b64(certDER) + "\nkey: " + b64(keyDER) + "\n", "key"},
		{"data: URL", "data:application/x-pkcs12;base64," + pfx, ""},
		{"data: URL in CSS or HTML", `<a download="id.p12" href="data:application/x-pkcs12;base64,` + pfx + `">id</a>`, "href"},
		{"data: URL, escaped", "data:application/x-pkcs12;base64," + url.QueryEscape(pfx), ""},
		{"certutil -encode of a PFX", "-----BEGIN CERTIFICATE-----\r\n" + folded(pfx, 64, "\r\n") + "\r\n-----END CERTIFICATE-----\r\n", ""},
		{"certutil -encodehex", dump(m.p12), ""},
		{"hex", hex.EncodeToString(m.p12), ""},
		{"hex, capitals, colons", strings.ToUpper(regexp.MustCompile(`..`).ReplaceAllString(hex.EncodeToString(m.p12), "$0:")), ""},
		{"hex, lines of xxd -p", folded(hex.EncodeToString(m.p12), 60, "\n"), ""},
		{"hex, 0x", "unsigned char p12[] = {\n" + regexp.MustCompile(`..`).ReplaceAllString(hex.EncodeToString(m.p12), "0x$0, ") + "};\n", ""},
		{`hex, \x`, `"` + regexp.MustCompile(`..`).ReplaceAllString(hex.EncodeToString(m.p12), `\x$0`) + `"`, ""},
		{"hex of SQL", "INSERT INTO keys VALUES (1, X'" + hex.EncodeToString(m.p12) + "');", ""},
		{"hex of PEM", hex.EncodeToString([]byte(both)), ""},
		{"kubeconfig", "apiVersion: v1\nusers:\n- name: alice\n  user:\n    client-certificate-data: " + b64(m.cert) + "\n    client-key-data: " + b64(m.key) + "\n", "client-key-data"},
		{"Kubernetes secret", "kind: Secret\ntype: kubernetes.io/tls\ndata:\n  tls.crt: " + b64(m.cert) + "\n  tls.key: " + b64(m.key) + "\n", "tls.key"},
		{"Kubernetes secret, JSON", jsonOf(map[string]any{"data": map[string]string{"tls.crt": b64(m.cert), "tls.key": b64(m.key)}}), "tls.key"},
		{"Kubernetes secret, PFX", "data:\n  keystore.p12: " + pfx + "\n", "keystore.p12"},
		{"Kubernetes stringData", "stringData:\n  tls.crt: |\n" + indented(m.cert, "    ") + "  tls.key: |\n" + indented(m.key, "    "), "tls.key"},
		{"secret of a kubeconfig", "data:\n  config: " + b64([]byte("users:\n- name: alice\n  user:\n    client-certificate-data: "+b64(m.cert)+"\n    client-key-data: "+b64(m.key)+"\n")) + "\n", "config"},
		{"OpenVPN", "client\nremote a.test 1194\n<cert>\n" + cert + "\n</cert>\n<key>\n" + key + "\n</key>\n<tls-auth>\n-----BEGIN OpenVPN Static key V1-----\n6acef03f62675b4b1bbd03e53b187727\n-----END OpenVPN Static key V1-----\n</tls-auth>\n", "key"},
		{"OpenVPN, PFX", "client\n<pkcs12>\n" + folded(pfx, 64, "\n") + "\n</pkcs12>\nkey-direction 1\n", "pkcs12"},
		{"mail attachment", "Content-Type: application/x-pkcs12; name=id.p12\r\nContent-Transfer-Encoding: base64\r\n\r\n" + folded(pfx, 76, "\r\n") + "\r\n\r\n--frontier--\r\n", ""},
		{"mobileconfig", "<dict>\n<key>PayloadContent</key>\n<data>\n\t" + folded(pfx, 52, "\n\t") + "\n</data>\n</dict>\n", "data"},
		// Labels that do not fit.
		{"PKCS#8 as RSA PRIVATE KEY", cert + "\n" + relabelled(m.key, "RSA PRIVATE KEY"), ""},
		{"PKCS#8 as EC PRIVATE KEY", cert + "\n" + relabelled(m.key, "EC PRIVATE KEY"), ""},
		{"PKCS#8 as Ed25519 PRIVATE KEY", cert + "\n" + relabelled(m.key, "Ed25519 PRIVATE KEY"), ""},
		{"SEC1 as PRIVATE KEY", cert + "\n" + relabelled(m.sec1, "PRIVATE KEY"), ""},
		{"SEC1 as RSA PRIVATE KEY", cert + "\n" + relabelled(m.sec1, "RSA PRIVATE KEY"), ""},
		{"encrypted as PRIVATE KEY", cert + "\n" + relabelled(m.sealed, "PRIVATE KEY"), ""},
		{"certificate as TRUSTED CERTIFICATE", relabelled(m.cert, "TRUSTED CERTIFICATE") + key, ""},
		{"anything", relabelled(m.cert, "SOMETHING") + relabelled(m.key, "ELSE"), ""},
		{"END of another label", strings.Replace(both, "END PRIVATE KEY", "END EC PRIVATE KEY", 1), ""},
		// One of them foreign or broken.
		{"beside an OpenVPN key", "-----BEGIN OpenVPN Static key V1-----\n6acef03f62675b4b1bbd03e53b187727\n-----END OpenVPN Static key V1-----\n" + both, ""},
		{"beside a cosign key", "-----BEGIN ENCRYPTED COSIGN PRIVATE KEY-----\neyJrZGYiOnsibmFtZSI6InNjcnlwdCJ9fQ==\n-----END ENCRYPTED COSIGN PRIVATE KEY-----\n" + both, ""},
		{"beside a Nebula key", "-----BEGIN NEBULA X25519 PRIVATE KEY-----\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n-----END NEBULA X25519 PRIVATE KEY-----\n" + both, ""},
		{"beside a broken certificate", "-----BEGIN CERTIFICATE-----\nMIIBszCCAV2gAwIBAgIUQ\n-----END CERTIFICATE-----\n" + both, ""},
		{"beside broken base64", "-----BEGIN CERTIFICATE-----\nMIIB(szCCAV2gAwIBAgIUQ\n-----END CERTIFICATE-----\n" + both, ""},
		{"beside a block that was cut off", "-----BEGIN CERTIFICATE-----\nMIIBszCCAV2gAwIBAgIUQ\n" + both, ""},
	}
}

// TestContainers reads each, and proves key and certificate.
func TestContainers(t *testing.T) {
	tools(t, "openssl")
	tests := containers(make1(t))
	password := corpusPassword
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			f, err := identity.Read(context.Background(), "file", []byte(test.text), &password, identity.Options{})
			if err != nil {
				t.Fatalf("read: %v (%+v)", err, f.Problems)
			}
			if len(f.Identities) != 1 || f.Identities[0].Subject != "CN=alice" || !f.Identities[0].Usable {
				t.Fatalf("got %+v", f.Identities)
			}
			proveKey(t, f.Identities[0])
			if strings.HasPrefix(test.name, "beside") && len(f.Problems) == 0 {
				t.Error("nothing is said of the other block")
			}
			told := slices.ContainsFunc(f.Problems, func(p identity.Problem) bool {
				return p.Code == "found-in" && strings.Contains(p.Message, `"`+test.found+`"`)
			})
			if test.found != "" && !told {
				t.Errorf("it is not said that it was found in %q: %+v", test.found, f.Problems)
			}
			if test.name == "plain" && len(f.Problems) > 0 {
				t.Errorf("remarks on a plain file: %+v", f.Problems)
			}
		})
	}
}

// TestSeveralUsers: several identities in one container have names to choose by.
func TestSeveralUsers(t *testing.T) {
	tools(t, "openssl")
	a, b := make1(t), make1(t)
	user := func(name string, m made) string {
		return fmt.Sprintf("- name: %s\n  user:\n    client-certificate-data: %s\n    client-key-data: %s\n", name, b64(m.cert), b64(m.key))
	}
	tests := []struct{ name, text, want string }{
		{"kubeconfig", "users:\n" + user("alice", a) + user("bob", b), "alice bob"},
		{"secrets", "a.crt: " + b64(a.cert) + "\na.key: " + b64(a.key) + "\nb.crt: " + b64(b.cert) + "\nb.key: " + b64(b.key), "alice alice-2"},
		{"PEM", string(a.cert) + string(b.cert) + string(b.key) + string(a.key), "alice alice-2"},
	}
	for _, test := range tests {
		f, err := identity.Read(context.Background(), "file", []byte(test.text), nil, identity.Options{})
		if err != nil {
			t.Errorf("%s: %v", test.name, err)
			continue
		}
		var names []string
		for _, id := range f.Identities {
			names = append(names, id.Alias)
		}
		if got := strings.Join(names, " "); got != test.want {
			t.Errorf("%s: aliases %q, want %q", test.name, got, test.want)
		}
	}
}

// TestWrongPasswords: no wrong password is called damage, though one in some
// thousands decrypts to what looks like the beginning of something.
func TestWrongPasswords(t *testing.T) {
	tools(t, "openssl")
	m := make1(t, "-algorithm", "ed25519")
	for n := range 12000 {
		password := fmt.Sprintf("guess%d", n)
		_, err := identity.Read(context.Background(), "file", append(m.cert, m.sealed...), &password, identity.Options{})
		var e *identity.Error
		if !errors.As(err, &e) || e.Code != identity.WrongPassword {
			t.Fatalf("%s: %v", password, err)
		}
	}
	// The right one with the end of the key changed is not called wrong without more.
	text := strings.Split(string(m.sealed), "\n")
	raw := der(m.sealed)
	raw[len(raw)-1] ^= 1
	changed := text[0] + "\n" + b64(raw) + "\n-----END ENCRYPTED PRIVATE KEY-----\n"
	password := corpusPassword
	_, err := identity.Read(context.Background(), "file", append(m.cert, changed...), &password, identity.Options{})
	if err == nil || !strings.Contains(err.Error(), "changed") && !strings.Contains(err.Error(), "is not what was written") {
		t.Errorf("a changed key: %v", err)
	}
}

// TestOpenFile: a file in which nothing is encrypted is read whatever the
// password, and says what that means.
func TestOpenFile(t *testing.T) {
	tools(t, "openssl")
	m := make1(t)
	openssl3(t, m.dir, "pkcs12", "-export", "-in", "cert.pem", "-inkey", "key.pem", "-certpbe", "NONE", "-keypbe", "NONE", "-passout", "pass:"+corpusPassword, "-out", "open.p12")
	data, err := os.ReadFile(filepath.Join(m.dir, "open.p12"))
	if err != nil {
		t.Fatal(err)
	}
	flipped := bytes.Clone(data)
	flipped[len(flipped)-30] ^= 1 // in the MAC
	right, wrong := corpusPassword, "wrong"
	tests := []struct {
		name     string
		data     []byte
		password *string
		want     string
	}{
		{"right", data, &right, ""},
		{"none", data, nil, "without its password"},
		{"wrong", data, &wrong, "can't be told"},
		{"flipped", flipped, &right, "can't be told"},
	}
	for _, test := range tests {
		f, err := identity.Read(context.Background(), "file", test.data, test.password, identity.Options{})
		if err != nil || len(f.Identities) != 1 {
			t.Errorf("%s: %v", test.name, err)
			continue
		}
		said := fmt.Sprint(f.Problems)
		if !strings.Contains(said, test.want) || test.want == "" && strings.Contains(said, "MAC") {
			t.Errorf("%s: %s, want %q", test.name, said, test.want)
		}
	}
}

// TestAdvice runs the commands of the advice, and reads what they wrote.
func TestAdvice(t *testing.T) {
	tools(t, "openssl")
	m := make1(t, "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048")
	password := corpusPassword
	legacy := []string{"-provider", "legacy", "-provider", "default"}
	tests := []struct {
		name string
		make []string
		pem  bool
	}{
		{"ARIA-256-CBC", []string{"pkcs8", "-topk8", "-in", "key.pem", "-v2", "aria-256-cbc"}, true},
		{"AES-256-CFB", []string{"pkcs8", "-topk8", "-in", "key.pem", "-v2", "aes-256-cfb"}, true},
		{"AES-256-OFB", []string{"pkcs8", "-topk8", "-in", "key.pem", "-v2", "aes-256-ofb"}, true},
		{"SEED-CBC", append([]string{"pkcs8", "-topk8", "-in", "key.pem", "-v2", "seed-cbc"}, legacy...), true},
		{"Blowfish-CBC", append([]string{"pkcs8", "-topk8", "-in", "key.pem", "-v2", "bf-cbc"}, legacy...), true},
		{"CAST5-CBC", append([]string{"pkcs8", "-topk8", "-in", "key.pem", "-v2", "cast5-cbc"}, legacy...), true},
		{`"SEED-CBC"`, append([]string{"rsa", "-traditional", "-in", "key.pem", "-seed"}, legacy...), true},
		{`"ARIA-128-CBC"`, []string{"rsa", "-traditional", "-in", "key.pem", "-aria128"}, true},
		{`"AES-128-CFB"`, []string{"rsa", "-traditional", "-in", "key.pem", "-aes-128-cfb"}, true},
		{"ARIA-256-CBC", []string{"pkcs12", "-export", "-in", "cert.pem", "-inkey", "key.pem", "-keypbe", "aria-256-cbc", "-certpbe", "aria-256-cbc"}, false},
		{"AES-256-CFB", []string{"pkcs12", "-export", "-in", "cert.pem", "-inkey", "key.pem", "-keypbe", "aes-256-cfb"}, false},
		{"SEED-CBC", append([]string{"pkcs12", "-export", "-in", "cert.pem", "-inkey", "key.pem", "-keypbe", "seed-cbc"}, legacy...), false},
		{"GOST 28147-89", []string{"pkcs8", "-engine", "gost", "-topk8", "-in", "key.pem", "-v2", "gost89"}, true},
		{"GOST 28147-89", []string{"pkcs12", "-engine", "gost", "-export", "-in", "cert.pem", "-inkey", "key.pem", "-keypbe", "gost89", "-certpbe", "gost89", "-macalg", "md_gost12_256"}, false},
	}
	for _, test := range tests {
		t.Run(test.make[0]+" "+test.name, func(t *testing.T) {
			if slices.Contains(test.make, "gost") {
				if err := exec.Command("openssl", "engine", "gost").Run(); err != nil && os.Getenv("RECHALLENGE_REQUIRE_TOOLS") == "" {
					t.Skip("no GOST engine here (libengine-gost-openssl)")
				}
			}
			openssl3(t, m.dir, append(slices.Clone(test.make), "-passout", "pass:"+password, "-out", "OLD")...)
			old, err := os.ReadFile(filepath.Join(m.dir, "OLD"))
			if err != nil {
				t.Fatal(err)
			}
			if test.pem {
				old = append(bytes.Clone(m.cert), old...)
			}
			_, err = identity.Read(context.Background(), "OLD", old, &password, identity.Options{})
			var e *identity.Error
			if !errors.As(err, &e) || e.Code != identity.UnsupportedAlgorithm || !strings.Contains(e.What, test.name) {
				t.Fatalf("got %v, want %s named", err, test.name)
			}
			_, commands, _ := strings.Cut(e.Do, ": ")
			var written string
			for c := range strings.SplitSeq(commands, ", then ") {
				args := append(strings.Fields(c)[1:], "-passout", "pass:"+password)
				if slices.Contains(args, "OLD") {
					args = append(args, "-passin", "pass:"+password)
				}
				if args[0] == "pkcs12" && slices.Contains(args, "-nodes") {
					args = slices.DeleteFunc(args, func(s string) bool { return s == "-passout" })
					args = slices.Delete(args, slices.Index(args, "pass:"+password), slices.Index(args, "pass:"+password)+1)
				}
				openssl3(t, m.dir, args...)
				written = args[slices.Index(args, "-out")+1]
			}
			data, err := os.ReadFile(filepath.Join(m.dir, written))
			if err != nil {
				t.Fatal(err)
			}
			if test.pem {
				data = append(bytes.Clone(m.cert), data...)
			}
			f, err := identity.Read(context.Background(), "NEW", data, &password, identity.Options{})
			if err != nil || len(f.Identities) != 1 {
				t.Errorf("what the advice wrote is not read: %v", err)
			}
		})
	}
}

// foreigners make files that are no identities, by the format they are told to be.
var foreigners = []struct {
	format, what string
	make         func(m made, openssl func(args ...string) []byte) []byte
}{
	{"crl", "revocation list", func(m made, openssl func(...string) []byte) []byte { return crl(m, openssl, "DER") }},
	{"crl", "revocation list", func(m made, openssl func(...string) []byte) []byte { return crl(m, openssl, "PEM") }},
	{"parameters", "parameters", func(_ made, openssl func(...string) []byte) []byte {
		return openssl("ecparam", "-name", "prime256v1")
	}},
	{"parameters", "parameters", func(_ made, openssl func(...string) []byte) []byte {
		return openssl("ecparam", "-name", "prime256v1", "-param_enc", "explicit", "-outform", "DER")
	}},
	{"parameters", "parameters", func(_ made, openssl func(...string) []byte) []byte {
		return openssl("genpkey", "-genparam", "-algorithm", "DH", "-pkeyopt", "group:ffdhe2048")
	}},
	{"parameters", "parameters", func(_ made, openssl func(...string) []byte) []byte {
		return openssl("dhparam", "-dsaparam", "-outform", "DER", "512")
	}},
	{"csr", "certificate request", func(_ made, openssl func(...string) []byte) []byte {
		return openssl("req", "-new", "-key", "key.pem", "-subj", "/CN=x", "-outform", "DER")
	}},
	{"public-key", "public key", func(_ made, openssl func(...string) []byte) []byte {
		return openssl("pkey", "-in", "key.pem", "-pubout", "-outform", "DER")
	}},
	{"ocsp", "OCSP answer", func(m made, openssl func(...string) []byte) []byte {
		write(m, "index.txt", "")
		openssl("ocsp", "-issuer", "cert.pem", "-cert", "cert.pem", "-reqout", "q.der")
		openssl("ocsp", "-index", "index.txt", "-CA", "cert.pem", "-rsigner", "cert.pem", "-rkey", "key.pem", "-reqin", "q.der", "-respout", "r.der")
		data, _ := os.ReadFile(filepath.Join(m.dir, "r.der"))
		return data
	}},
	{"enveloped", "encrypted to somebody's certificate", func(m made, openssl func(...string) []byte) []byte {
		return openssl("cms", "-encrypt", "-in", "key.pem", "-outform", "DER", "cert.pem")
	}},
	{"tpm", "sealed in a TPM", func(made, func(...string) []byte) []byte {
		// TPMKey of draft-bottomley-tpm2-keys: type, emptyAuth, parent, pubkey, privkey.
		inside := "060667810" + "50a0103" + "a003010" + "1ff" + "020440000001" + "0404aaaaaaaa" + "0404bbbbbbbb"
		raw, _ := hex.DecodeString(inside)
		return []byte("-----BEGIN TSS2 PRIVATE KEY-----\n" + b64(append([]byte{0x30, byte(len(raw))}, raw...)) + "\n-----END TSS2 PRIVATE KEY-----\n")
	}},
	{"openvpn-static", "OpenVPN static key", func(made, func(...string) []byte) []byte {
		return []byte("-----BEGIN OpenVPN Static key V1-----\n6acef03f62675b4b\n-----END OpenVPN Static key V1-----\n")
	}},
	{"cosign", "cosign key", func(made, func(...string) []byte) []byte {
		return []byte("-----BEGIN ENCRYPTED COSIGN PRIVATE KEY-----\neyJrZGYi\n-----END ENCRYPTED COSIGN PRIVATE KEY-----\n")
	}},
	{"nebula", "Nebula", func(made, func(...string) []byte) []byte {
		return []byte("-----BEGIN NEBULA CERTIFICATE-----\nCmMKEWxp\n-----END NEBULA CERTIFICATE-----\n")
	}},
	{"pvk", "PVK", func(m made, openssl func(...string) []byte) []byte {
		openssl("genrsa", "-out", "rsa.pem", "2048")
		return openssl("rsa", "-provider", "legacy", "-provider", "default", "-in", "rsa.pem", "-outform", "PVK", "-pvk-none")
	}},
	{"capi", "key blob", func(m made, openssl func(...string) []byte) []byte {
		openssl("genrsa", "-out", "rsa.pem", "2048")
		return openssl("rsa", "-in", "rsa.pem", "-outform", "MSBLOB")
	}},
}

func write(m made, name, text string) {
	if err := os.WriteFile(filepath.Join(m.dir, name), []byte(text), 0o600); err != nil {
		panic(err)
	}
}

func crl(m made, openssl func(...string) []byte, form string) []byte {
	write(m, "index.txt", "")
	write(m, "number", "01\n")
	write(m, "ca.cnf", "[ca]\ndefault_ca=a\n[a]\ndatabase=index.txt\ncrlnumber=number\ndefault_md=sha256\ndefault_crl_days=9\n")
	openssl("ca", "-config", "ca.cnf", "-gencrl", "-cert", "cert.pem", "-keyfile", "key.pem", "-out", "list.pem")
	openssl("crl", "-in", "list.pem", "-outform", form, "-out", "list")
	data, _ := os.ReadFile(filepath.Join(m.dir, "list"))
	return data
}

// TestForeigners: what is no identity is named, with what it is for.
func TestForeigners(t *testing.T) {
	tools(t, "openssl")
	m := make1(t)
	openssl := func(args ...string) []byte {
		cmd := exec.Command("openssl", args...)
		cmd.Dir = m.dir
		out, err := cmd.Output()
		if err != nil {
			t.Fatalf("openssl %s: %v", strings.Join(args, " "), err)
		}
		return out
	}
	for _, test := range foreigners {
		data := test.make(m, openssl)
		f, err := identity.Read(context.Background(), "file", data, nil, identity.Options{})
		var e *identity.Error
		if !errors.As(err, &e) || e.Code != identity.NotAnIdentity || !strings.Contains(e.What, test.what) || e.Do == "" || f.Format != test.format {
			t.Errorf("%s: format %q, %v", test.what, f.Format, err)
		}
		// Beside an identity it is passed over, and named.
		if !bytes.HasPrefix(data, []byte("-----")) {
			continue
		}
		f, err = identity.Read(context.Background(), "file", slices.Concat(m.cert, data, m.key), nil, identity.Options{})
		if err != nil || !slices.ContainsFunc(f.Problems, func(p identity.Problem) bool { return p.Code == "skipped" }) {
			t.Errorf("%s beside an identity: %v, %+v", test.what, err, f.Problems)
		}
	}
}

// TestLargeExponent: an RSA key whose d is larger than n, which crypto/rsa
// refuses, signs all the same.
func TestLargeExponent(t *testing.T) {
	tools(t, "openssl")
	m := make1(t, "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048")
	k, err := x509.ParsePKCS1PrivateKey(der(m.sec1))
	if err != nil {
		t.Fatal(err)
	}
	one := big.NewInt(1)
	phi := new(big.Int).Mul(new(big.Int).Sub(k.Primes[0], one), new(big.Int).Sub(k.Primes[1], one))
	for k.D.Cmp(k.N) < 0 {
		k.D.Add(k.D, phi)
	}
	data, err := asn1.Marshal(struct {
		Version                  int
		N                        *big.Int
		E                        int
		D, P, Q, Dp, Dq, Inverse *big.Int
	}{0, k.N, k.E, k.D, k.Primes[0], k.Primes[1], k.Precomputed.Dp, k.Precomputed.Dq, k.Precomputed.Qinv})
	if err != nil {
		t.Fatal(err)
	}
	text := string(m.cert) + "-----BEGIN RSA PRIVATE KEY-----\n" + b64(data) + "\n-----END RSA PRIVATE KEY-----\n"
	f, err := identity.Read(context.Background(), "file", []byte(text), nil, identity.Options{})
	if err != nil {
		t.Fatal(err)
	}
	proveKey(t, f.Identities[0])
}

// TestMade: structures that no tool here makes.
func TestMade(t *testing.T) {
	tools(t, "openssl")
	m := make1(t)
	openssl3(t, m.dir, "pkcs12", "-export", "-in", "cert.pem", "-inkey", "key.pem", "-certpbe", "NONE", "-keypbe", "NONE", "-nomac", "-passout", "pass:", "-out", "open.p12")
	data, err := os.ReadFile(filepath.Join(m.dir, "open.p12"))
	if err != nil {
		t.Fatal(err)
	}
	type contentInfo struct {
		Type    asn1.ObjectIdentifier
		Content asn1.RawValue `asn1:"explicit,optional,tag:0"`
	}
	var pfx struct {
		Version  int
		AuthSafe contentInfo
	}
	if _, err := asn1.Unmarshal(data, &pfx); err != nil {
		t.Fatal(err)
	}
	write := func(v any) []byte {
		out, err := asn1.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	octets := func(b []byte) asn1.RawValue { return asn1.RawValue{FullBytes: write(b)} }
	// A PBMAC1 without keyLength (RFC 9579 section 4 wants it).
	null := asn1.RawValue{Tag: 5}
	type algorithm struct {
		OID        asn1.ObjectIdentifier
		Parameters asn1.RawValue
	}
	raw := func(v any) asn1.RawValue { return asn1.RawValue{FullBytes: write(v)} }
	hmac := algorithm{asn1.ObjectIdentifier{1, 2, 840, 113549, 2, 9}, null}
	pbkdf2 := algorithm{asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 5, 12}, raw(struct {
		Salt       []byte
		Iterations int
		PRF        algorithm
	}{[]byte("saltsalt"), 2048, hmac})}
	pbmac1 := algorithm{asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 5, 14}, raw(struct{ KDF, Scheme algorithm }{pbkdf2, hmac})}
	macData := struct {
		Mac struct {
			Algorithm algorithm
			Digest    []byte
		}
		Salt       []byte
		Iterations int
	}{Salt: []byte("x"), Iterations: 1}
	macData.Mac.Algorithm, macData.Mac.Digest = pbmac1, make([]byte, 32)
	made := write(struct {
		Version  int
		AuthSafe asn1.RawValue
		Mac      asn1.RawValue
	}{3, raw(pfx.AuthSafe), raw(macData)})
	f, err := identity.Read(context.Background(), "file", made, nil, identity.Options{})
	if err != nil || !slices.ContainsFunc(f.Problems, func(p identity.Problem) bool { return p.Code == "pbmac1-no-key-length" }) {
		t.Errorf("a PBMAC1 without keyLength: %v, %+v", err, f.Problems)
	}
	// A safe that is encrypted to an account of Windows, or to a certificate.
	safes := write([]contentInfo{{Type: asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 7, 3}, Content: asn1.RawValue{Class: 2, IsCompound: true, Bytes: write(struct{ Version int }{2})}}})
	made = write(struct {
		Version  int
		AuthSafe contentInfo
	}{3, contentInfo{asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 7, 1}, asn1.RawValue{Class: 2, IsCompound: true, Bytes: octets(safes).FullBytes}}})
	_, err = identity.Read(context.Background(), "file", made, nil, identity.Options{})
	var e *identity.Error
	if !errors.As(err, &e) || e.Code != identity.UnsupportedAlgorithm || !strings.Contains(e.Error(), "user or group of Windows") {
		t.Errorf("a safe for an account: %v", err)
	}
}
