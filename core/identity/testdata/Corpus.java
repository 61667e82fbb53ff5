import java.io.*;
import java.math.BigInteger;
import java.nio.file.*;
import java.security.*;
import java.security.cert.*;
import java.security.cert.Certificate;
import java.security.interfaces.RSAKey;
import java.security.spec.*;
import java.util.*;
import javax.crypto.Mac;
import javax.crypto.SecretKeyFactory;
import javax.crypto.spec.*;
import org.bouncycastle.asn1.*;
import org.bouncycastle.asn1.nist.NISTObjectIdentifiers;
import org.bouncycastle.asn1.ntt.NTTObjectIdentifiers;
import org.bouncycastle.asn1.oiw.OIWObjectIdentifiers;
import org.bouncycastle.asn1.pkcs.*;
import org.bouncycastle.asn1.x509.AlgorithmIdentifier;
import org.bouncycastle.asn1.x509.DigestInfo;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.cert.X509CRLHolder;
import org.bouncycastle.cert.X509v2CRLBuilder;
import org.bouncycastle.crypto.ExtendedDigest;
import org.bouncycastle.crypto.digests.*;
import org.bouncycastle.crypto.util.*;
import org.bouncycastle.jce.provider.BouncyCastleProvider;
import org.bouncycastle.operator.OutputEncryptor;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;
import org.bouncycastle.pkcs.*;
import org.bouncycastle.pkcs.bc.BcPKCS12MacCalculatorBuilder;
import org.bouncycastle.pkcs.jcajce.*;

/**
 * The Java side of the corpus: makes files with Java's own keystore, keytool
 * and BouncyCastle, and says what Java's own keystore reads. One process does
 * everything, because starting Java is what costs.
 *
 * Corpus DIR PASSWORD; each line of standard input gets one line on standard output:
 * make: from rsa.key.der, p256.key.der and *.pem in DIR, writes java-* and bc-*; "made".
 * keytool TAB legacy-or-not TAB ARGUMENT...: runs keytool; "made".
 * read TAB FILE TAB PASSWORD: "reads", or why not.
 */
public class Corpus {
    static Path dir;
    static char[] password;
    static PrivateKey rsa, ec;
    static Certificate[] rsaChain, ecChain;

    public static void main(String[] args) throws Exception {
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in, "UTF-8"));
        PrintStream out = new PrintStream(new FileOutputStream(FileDescriptor.out), true, "UTF-8");
        System.setOut(System.err);
        dir = Paths.get(args[0]);
        password = args[1].toCharArray();
        for (String line; (line = in.readLine()) != null; ) {
            String[] f = line.split("\t", -1);
            switch (f[0]) {
            case "make":
                make();
                out.println("made");
                break;
            case "keytool":
                keytool(f[1].equals("legacy"), Arrays.copyOfRange(f, 2, f.length));
                out.println("made");
                break;
            default:
                out.println(judge(dir.resolve(f[1]), f[2].toCharArray()));
            }
        }
    }

    static void make() throws Exception {
        rsa = key("RSA", "rsa.key.der");
        ec = key("EC", "p256.key.der");
        rsaChain = chain("rsa.pem");
        ecChain = chain("p256.pem");
        makeSun();
        Security.addProvider(new BouncyCastleProvider());
        makeBouncyCastle();
        // What reads files is Java alone.
        Security.removeProvider("BC");
    }

    /** keytool's own entry; it ends the process where it fails. */
    static void keytool(boolean legacy, String[] args) throws Exception {
        if (legacy) {
            System.setProperty("keystore.pkcs12.legacy", "");
        }
        sun.security.tools.keytool.Main.main(args);
        System.clearProperty("keystore.pkcs12.legacy");
    }

    static PrivateKey key(String algorithm, String file) throws Exception {
        return KeyFactory.getInstance(algorithm).generatePrivate(new PKCS8EncodedKeySpec(Files.readAllBytes(dir.resolve(file))));
    }

    static Certificate[] chain(String leaf) throws Exception {
        CertificateFactory f = CertificateFactory.getInstance("X.509");
        List<Certificate> list = new ArrayList<>();
        for (String name : new String[] {leaf, "chain.pem"}) {
            try (InputStream in = Files.newInputStream(dir.resolve(name))) {
                list.addAll(f.generateCertificates(in));
            }
        }
        return list.toArray(new Certificate[0]);
    }

    static void makeSun() throws Exception {
        sun("java-rc2-40-certificates", "PBEWithSHA1AndRC2_40", "PBEWithSHA1AndDESede", "HmacPBESHA1");
        sun("java-rc4-128", "PBEWithSHA1AndRC4_128", "PBEWithSHA1AndRC4_128", "HmacPBESHA1");
        sun("java-aes-128-sha512", "PBEWithHmacSHA512AndAES_128", "PBEWithHmacSHA512AndAES_128", "HmacPBESHA512");
        sun("java-open-certificates", "NONE", "PBEWithHmacSHA256AndAES_256", "HmacPBESHA384");
        sun("java-no-mac", "PBEWithHmacSHA256AndAES_256", "PBEWithHmacSHA256AndAES_256", "NONE");
        reset();

        KeyStore two = store("PKCS12");
        two.setKeyEntry("first key", rsa, password, rsaChain);
        two.setKeyEntry("second key", ec, password, ecChain);
        save(two, "java-two-keys.p12");

        KeyStore mixed = store("PKCS12");
        mixed.setKeyEntry("identity", rsa, password, rsaChain);
        mixed.setCertificateEntry("trusted", ecChain[0]);
        mixed.setEntry("secret", new KeyStore.SecretKeyEntry(new SecretKeySpec(new byte[16], "AES")), new KeyStore.PasswordProtection(password));
        save(mixed, "java-secret-and-trusted.p12");

        KeyStore secret = store("PKCS12");
        secret.setEntry("secret", new KeyStore.SecretKeyEntry(new SecretKeySpec(new byte[16], "AES")), new KeyStore.PasswordProtection(password));
        save(secret, "java-secret-only.p12");

        KeyStore own = store("PKCS12");
        own.setKeyEntry("identity", rsa, "another password".toCharArray(), rsaChain);
        save(own, "java-key-password-differs.p12");
    }

    static void sun(String name, String certificates, String key, String mac) throws Exception {
        Security.setProperty("keystore.pkcs12.certProtectionAlgorithm", certificates);
        Security.setProperty("keystore.pkcs12.keyProtectionAlgorithm", key);
        Security.setProperty("keystore.pkcs12.macAlgorithm", mac);
        KeyStore s = store("PKCS12");
        s.setKeyEntry("alice", rsa, password, rsaChain);
        save(s, name + ".p12");
    }

    static void reset() {
        for (String p : new String[] {"certProtectionAlgorithm", "keyProtectionAlgorithm", "macAlgorithm"}) {
            Security.setProperty("keystore.pkcs12." + p, "");
        }
    }

    static KeyStore store(String type) throws Exception {
        KeyStore s = KeyStore.getInstance(type);
        s.load(null, null);
        return s;
    }

    static void save(KeyStore s, String name) throws Exception {
        try (OutputStream out = Files.newOutputStream(dir.resolve(name))) {
            s.store(out, password);
        }
    }

    interface Encryptor {
        OutputEncryptor make() throws Exception;
    }

    static Encryptor pbes1(ASN1ObjectIdentifier oid) {
        return () -> new JcePKCSPBEOutputEncryptorBuilder(oid).setProvider("BC").setIterationCount(1024).build(password);
    }

    static Encryptor pbes2(AlgorithmIdentifier prf, ASN1ObjectIdentifier cipher) {
        return () -> new JcePKCSPBEOutputEncryptorBuilder(new PBKDF2Config.Builder().withPRF(prf).withIterationCount(1024).build(), cipher)
            .setProvider("BC").build(password);
    }

    static AlgorithmIdentifier hmac(ASN1ObjectIdentifier oid) {
        return new AlgorithmIdentifier(oid, DERNull.INSTANCE);
    }

    static void makeBouncyCastle() throws Exception {
        ASN1ObjectIdentifier sha1 = OIWObjectIdentifiers.idSHA1, sha256 = NISTObjectIdentifiers.id_sha256;
        ASN1ObjectIdentifier aes128 = NISTObjectIdentifiers.id_aes128_CBC, aes192 = NISTObjectIdentifiers.id_aes192_CBC, aes256 = NISTObjectIdentifiers.id_aes256_CBC;
        bc("bc-rc2-40", pbes1(PKCSObjectIdentifiers.pbeWithSHAAnd40BitRC2_CBC), pbes1(PKCSObjectIdentifiers.pbeWithSHAAnd3_KeyTripleDES_CBC), sha1);
        bc("bc-rc2-128", pbes1(PKCSObjectIdentifiers.pbeWithSHAAnd128BitRC2_CBC), pbes1(PKCSObjectIdentifiers.pbeWithSHAAnd128BitRC2_CBC), sha1);
        bc("bc-2des", pbes1(PKCSObjectIdentifiers.pbeWithSHAAnd2_KeyTripleDES_CBC), pbes1(PKCSObjectIdentifiers.pbeWithSHAAnd2_KeyTripleDES_CBC), sha1);
        bc("bc-rc4-40", pbes1(PKCSObjectIdentifiers.pbeWithSHAAnd40BitRC4), pbes1(PKCSObjectIdentifiers.pbeWithSHAAnd128BitRC4), sha1);
        bc("bc-aes-256-sha384", pbes2(hmac(PKCSObjectIdentifiers.id_hmacWithSHA384), aes256), pbes2(hmac(PKCSObjectIdentifiers.id_hmacWithSHA384), aes256), NISTObjectIdentifiers.id_sha384);
        bc("bc-aes-192-sha512", pbes2(hmac(PKCSObjectIdentifiers.id_hmacWithSHA512), aes192), pbes2(hmac(PKCSObjectIdentifiers.id_hmacWithSHA512), aes192), NISTObjectIdentifiers.id_sha512);
        bc("bc-aes-128-sha1", pbes2(hmac(PKCSObjectIdentifiers.id_hmacWithSHA1), aes128), pbes2(hmac(PKCSObjectIdentifiers.id_hmacWithSHA1), aes128), sha1);
        bc("bc-aes-256-sha3", pbes2(hmac(NISTObjectIdentifiers.id_hmacWithSHA3_256), aes256), pbes2(hmac(NISTObjectIdentifiers.id_hmacWithSHA3_512), aes256), NISTObjectIdentifiers.id_sha3_256);
        bc("bc-aes-256-sha512-256", pbes2(hmac(PKCSObjectIdentifiers.id_hmacWithSHA256), aes256), pbes2(hmac(PKCSObjectIdentifiers.id_hmacWithSHA224), aes256), NISTObjectIdentifiers.id_sha512_256);
        bc("bc-camellia-128", pbes2(hmac(PKCSObjectIdentifiers.id_hmacWithSHA256), NTTObjectIdentifiers.id_camellia128_cbc), pbes2(hmac(PKCSObjectIdentifiers.id_hmacWithSHA256), NTTObjectIdentifiers.id_camellia128_cbc), sha256);
        bc("bc-3des-pbes2", pbes2(hmac(PKCSObjectIdentifiers.id_hmacWithSHA256), PKCSObjectIdentifiers.des_EDE3_CBC), pbes2(hmac(PKCSObjectIdentifiers.id_hmacWithSHA256), PKCSObjectIdentifiers.des_EDE3_CBC), sha256);
        Encryptor scrypt = () -> new JcePKCSPBEOutputEncryptorBuilder(new ScryptConfig.Builder(4096, 8, 1).build(), aes256).setProvider("BC").build(password);
        bc("bc-scrypt", scrypt, scrypt, sha256);
        bc("bc-open", null, null, sha256);
        bc("bc-open-no-mac", null, null, null);
        pbmac1();
        crl();

        for (String type : new String[] {"PKCS12", "PKCS12-3DES-3DES", "BKS", "BCFKS"}) {
            KeyStore s = KeyStore.getInstance(type, "BC");
            s.load(null, null);
            s.setKeyEntry("alice", rsa, password, rsaChain);
            save(s, "bc-store-" + type.toLowerCase() + (type.startsWith("PKCS12") ? ".p12" : ".keystore"));
        }
    }

    /** The CA certificates come first here, and the key in a safe of its own behind them. */
    static PKCS12PfxPdu bc(Encryptor certificates, Encryptor key, ASN1ObjectIdentifier mac) throws Exception {
        PKCS12SafeBag[] certs = new PKCS12SafeBag[rsaChain.length];
        for (int i = 0; i < certs.length; i++) {
            JcaPKCS12SafeBagBuilder b = new JcaPKCS12SafeBagBuilder((X509Certificate) rsaChain[i]);
            if (i == 0) {
                b.addBagAttribute(PKCS12SafeBag.friendlyNameAttribute, new DERBMPString("alice"));
            }
            certs[certs.length - 1 - i] = b.build();
        }
        PKCS12PfxPduBuilder pfx = new PKCS12PfxPduBuilder();
        if (certificates != null) {
            pfx.addEncryptedData(certificates.make(), certs);
        } else {
            for (PKCS12SafeBag c : certs) {
                pfx.addData(c);
            }
        }
        PKCS12SafeBagBuilder k = key == null ? new JcaPKCS12SafeBagBuilder(rsa) : new JcaPKCS12SafeBagBuilder(rsa, key.make());
        k.addBagAttribute(PKCS12SafeBag.friendlyNameAttribute, new DERBMPString("alice"));
        pfx.addData(k.build());
        return pfx.build(mac == null ? null : new BcPKCS12MacCalculatorBuilder(digest(mac), new AlgorithmIdentifier(mac, DERNull.INSTANCE)).setIterationCount(1024), password);
    }

    /** An identity with a revocation list beside it. */
    static void crl() throws Exception {
        Date now = new Date();
        X509CRLHolder list = new X509v2CRLBuilder(new X500Name("CN=Corpus"), now).setNextUpdate(new Date(now.getTime() + 86400000L))
            .build(new JcaContentSignerBuilder("SHA256withRSA").build(rsa));
        PKCS12PfxPduBuilder pfx = new PKCS12PfxPduBuilder();
        PKCS12SafeBag[] bags = {new PKCS12SafeBagBuilder(list).build(), new JcaPKCS12SafeBagBuilder((X509Certificate) rsaChain[0]).build(),
            new JcaPKCS12SafeBagBuilder((X509Certificate) rsaChain[1]).build(), new JcaPKCS12SafeBagBuilder((X509Certificate) rsaChain[2]).build()};
        Encryptor aes = pbes2(hmac(PKCSObjectIdentifiers.id_hmacWithSHA256), NISTObjectIdentifiers.id_aes256_CBC);
        pfx.addEncryptedData(aes.make(), bags);
        pfx.addData(new JcaPKCS12SafeBagBuilder(rsa, aes.make()).build());
        Files.write(dir.resolve("bc-crl.p12"), pfx.build(new BcPKCS12MacCalculatorBuilder(new SHA256Digest(),
            new AlgorithmIdentifier(NISTObjectIdentifiers.id_sha256, DERNull.INSTANCE)).setIterationCount(1024), password).getEncoded());
    }

    static ExtendedDigest digest(ASN1ObjectIdentifier oid) {
        if (oid.equals(NISTObjectIdentifiers.id_sha384)) {
            return new SHA384Digest();
        } else if (oid.equals(NISTObjectIdentifiers.id_sha512)) {
            return new SHA512Digest();
        } else if (oid.equals(NISTObjectIdentifiers.id_sha512_256)) {
            return new SHA512tDigest(256);
        } else if (oid.equals(NISTObjectIdentifiers.id_sha3_256)) {
            return new SHA3Digest(256);
        } else if (oid.equals(NISTObjectIdentifiers.id_sha256)) {
            return new SHA256Digest();
        }
        return new SHA1Digest();
    }

    static void bc(String name, Encryptor certificates, Encryptor key, ASN1ObjectIdentifier mac) throws Exception {
        Files.write(dir.resolve(name + ".p12"), bc(certificates, key, mac).getEncoded());
    }

    /** RFC 9579, with Java's own PBKDF2 and HMAC. */
    static void pbmac1() throws Exception {
        Encryptor aes = pbes2(hmac(PKCSObjectIdentifiers.id_hmacWithSHA256), NISTObjectIdentifiers.id_aes256_CBC);
        Pfx plain = bc(aes, aes, null).toASN1Structure();
        byte[] content = ASN1OctetString.getInstance(plain.getAuthSafe().getContent()).getOctets();
        byte[] salt = "eight...".getBytes("US-ASCII");
        int iterations = 3000;
        byte[] k = SecretKeyFactory.getInstance("PBKDF2WithHmacSHA512").generateSecret(new PBEKeySpec(password, salt, iterations, 8 * 32)).getEncoded();
        Mac mac = Mac.getInstance("HmacSHA256");
        mac.init(new SecretKeySpec(k, "RAW"));
        ASN1EncodableVector kdf = new ASN1EncodableVector();
        kdf.add(PKCSObjectIdentifiers.id_PBKDF2);
        kdf.add(new PBKDF2Params(salt, iterations, 32, hmac(PKCSObjectIdentifiers.id_hmacWithSHA512)));
        ASN1EncodableVector params = new ASN1EncodableVector();
        params.add(new DERSequence(kdf));
        params.add(hmac(PKCSObjectIdentifiers.id_hmacWithSHA256));
        DigestInfo info = new DigestInfo(new AlgorithmIdentifier(PKCSObjectIdentifiers.id_PBMAC1, new DERSequence(params)), mac.doFinal(content));
        Files.write(dir.resolve("bc-pbmac1.p12"), new Pfx(plain.getAuthSafe(), new MacData(info, "unused".getBytes("US-ASCII"), 1)).getEncoded());
    }

    static String judge(Path file, char[] password) {
        try (InputStream in = Files.newInputStream(file)) {
            KeyStore s = KeyStore.getInstance("PKCS12", "SunJSSE");
            s.load(in, password);
            for (String alias : Collections.list(s.aliases())) {
                if (s.isKeyEntry(alias) && s.getKey(alias, password) instanceof PrivateKey && s.getCertificateChain(alias) != null) {
                    Key key = s.getKey(alias, password), leaf = s.getCertificateChain(alias)[0].getPublicKey();
                    if (key instanceof RSAKey && !(leaf instanceof RSAKey && ((RSAKey) leaf).getModulus().equals(((RSAKey) key).getModulus()))) {
                        return "takes another certificate for the key's";
                    }
                    return "reads";
                }
            }
            return "no key with a chain";
        } catch (Exception e) {
            return String.valueOf(e).replaceAll("\\s+", " ");
        }
    }
}
