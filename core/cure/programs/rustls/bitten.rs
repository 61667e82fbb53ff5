// One ClientConfig for both identities, with a resolver that changes its answer:
// the sessions of one are offered as the other.
use rustls::client::ResolvesClientCert;
use rustls::sign::CertifiedKey;
use rustls::{ClientConfig, RootCertStore, SignatureScheme};
use std::sync::{Arc, Mutex};

#[derive(Debug)]
struct Now(Mutex<Option<Arc<CertifiedKey>>>);

impl ResolvesClientCert for Now {
    fn resolve(&self, _issuers: &[&[u8]], _schemes: &[SignatureScheme]) -> Option<Arc<CertifiedKey>> {
        self.0.lock().unwrap().clone()
    }
    fn has_certs(&self) -> bool {
        true
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let now = Arc::new(Now(Mutex::new(None)));
    let config = Arc::new(
        ClientConfig::builder()
            .with_root_certificates(roots()?)
            .with_client_cert_resolver(now.clone()),
    );
    for who in ["first", "second"] {
        *now.0.lock().unwrap() = Some(Arc::new(identity(who)?));
        visit(config.clone(), "api.test")?;
    }
    Ok(())
}
