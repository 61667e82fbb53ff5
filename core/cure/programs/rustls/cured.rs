// A ClientConfig for each identity, made anew: a clone would share the store of
// its sessions, in which versions before 0.23.24 tell nobody apart.
use rustls::{ClientConfig, RootCertStore};
use std::sync::Arc;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    for who in ["first", "second"] {
        let (chain, key) = identity(who)?;
        let config = Arc::new(
            ClientConfig::builder()
                .with_root_certificates(roots()?)
                .with_client_auth_cert(chain, key)?,
        );
        visit(config, "api.test")?;
    }
    Ok(())
}
