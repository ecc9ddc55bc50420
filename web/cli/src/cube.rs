//! The cube that a command queries: of a lake, or of a running service.

use std::sync::Arc;

use clio_proto::{CubeService, RemoteConfig, RemoteCubes};
use clio_serving::{MarginalLimits, ServingConfig};

use crate::address;
use crate::args::CubeAddress;
use crate::settings::Settings;

/// Opens it.
pub(crate) async fn open(
    from_where: &CubeAddress,
    settings: &Settings,
) -> anyhow::Result<Arc<dyn CubeService>> {
    if let Some(endpoint) = &from_where.serving {
        let config = RemoteConfig { endpoints: vec![endpoint.clone()], ..settings.remote.clone() };
        return Ok(Arc::new(RemoteCubes::new(&config)?));
    }
    let lake = from_where.lake.as_deref().expect("clap asks for a lake or a service");
    // One question takes less than what would be united in advance for it.
    let marginals = MarginalLimits { percent: 0, ..MarginalLimits::default() };
    let config = ServingConfig { marginals, ..settings.serving(address::folder(lake)?) };
    Ok(clio_serving::Cubes::load_once(config).await?)
}
