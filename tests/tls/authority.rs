//! An authority of certificates, made for one test.

use std::path::Path;
use std::sync::Arc;

use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use tokio_rustls::rustls::crypto::aws_lc_rs;
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

pub(super) struct Authority {
    issuer: Issuer<'static, KeyPair>,
    own: rcgen::Certificate,
}

impl Authority {
    pub(super) fn new() -> Self {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let own = params.self_signed(&key).unwrap();
        Self { issuer: Issuer::new(params, key), own }
    }

    pub(super) fn pem(&self) -> String {
        self.own.pem()
    }

    /// Writes a new certificate for this machine's address, and its key; both into one file if it is the same.
    pub(super) fn sign(&self, certificate_file: &Path, key_file: &Path) {
        let key = KeyPair::generate().unwrap();
        let params = CertificateParams::new(vec!["127.0.0.1".to_owned()]).unwrap();
        let certificate = params.signed_by(&key, &self.issuer).unwrap().pem();
        if certificate_file == key_file {
            std::fs::write(key_file, certificate + &key.serialize_pem()).unwrap();
        } else {
            std::fs::write(certificate_file, certificate).unwrap();
            std::fs::write(key_file, key.serialize_pem()).unwrap();
        }
    }

    /// A client that believes this authority.
    pub(super) fn client(&self) -> Arc<ClientConfig> {
        let mut roots = RootCertStore::empty();
        roots.add(self.own.der().clone()).unwrap();
        let config = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(roots)
            .with_no_client_auth();
        Arc::new(config)
    }
}
