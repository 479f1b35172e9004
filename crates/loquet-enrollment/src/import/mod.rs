//! Reading of key URIs and exports.

mod errors;
#[cfg(feature = "import-migration")]
mod export_data;
mod key_uri;
#[cfg(feature = "import-migration")]
mod migration;
mod pieces;

pub use errors::{ImportError, ImportFault, Warning, WarningKind};
pub use key_uri::Import;
#[cfg(feature = "import-migration")]
pub use migration::{
    AccountError, BatchError, MAX_MIGRATION_URI, Migration, MigrationError, MigrationFault,
    MigrationPart,
};
