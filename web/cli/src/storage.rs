//! Object stores: which addresses are supported, and whose credentials are used.
//!
//! | address | service | settings, from the environment |
//! | --- | --- | --- |
//! | `s3://BUCKET/PATH` | Amazon S3 and compatible services | `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY`, `AWS_SESSION_TOKEN`, `AWS_REGION`, `AWS_ENDPOINT_URL`, `AWS_ALLOW_HTTP`, web identity and instance roles |
//! | `gs://BUCKET/PATH` | Google Cloud Storage | `GOOGLE_SERVICE_ACCOUNT`, `GOOGLE_APPLICATION_CREDENTIALS` |
//! | `az://CONTAINER/PATH`, `abfss://…` | Azure Blob Storage | `AZURE_STORAGE_ACCOUNT_NAME`, `AZURE_STORAGE_ACCOUNT_KEY`, `AZURE_CLIENT_ID` … |
//!
//! No credentials are ever printed. Transient failures are retried with exponential backoff and jitter.

use std::sync::Arc;

use clio_lake::{Stores, register_stores};
use object_store::ObjectStore;
use object_store::aws::AmazonS3Builder;
use object_store::azure::MicrosoftAzureBuilder;
use object_store::gcp::GoogleCloudStorageBuilder;
use url::Url;

/// Registers object stores for all parts: lakes, sources and lookups.
///
/// A commit is a conditional write ("only if no object has this name"), which all three support: two writers
/// are as safe against each other there as in a local folder.
pub(crate) fn register() {
    let services = [
        (Service::S3, &["s3", "s3a"][..]),
        (Service::Gcs, &["gs"]),
        (Service::Azure, &["az", "azure", "abfs", "abfss", "adl"]),
    ];
    for (service, schemes) in services {
        let stores: Arc<dyn Stores> = Arc::new(service);
        register_stores(schemes, &stores);
    }
}

#[derive(Debug, Clone, Copy)]
enum Service {
    S3,
    Gcs,
    Azure,
}

impl Stores for Service {
    fn open(&self, url: &Url) -> object_store::Result<Arc<dyn ObjectStore>> {
        let address = url.as_str();
        Ok(match self {
            Self::S3 => Arc::new(AmazonS3Builder::from_env().with_url(address).build()?),
            Self::Gcs => Arc::new(GoogleCloudStorageBuilder::from_env().with_url(address).build()?),
            Self::Azure => Arc::new(MicrosoftAzureBuilder::from_env().with_url(address).build()?),
        })
    }
}
