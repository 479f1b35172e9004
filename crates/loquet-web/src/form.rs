//! A form that was sent.

use crate::fields::{Fields, NotAForm};
use crate::form_id::FormId;

/// A form that was sent.
pub(crate) struct Form {
    pub(crate) id: FormId,
    pub(crate) fields: Fields,
}

impl Form {
    /// Without an id it is no form of these pages.
    pub(crate) fn of(fields: Result<Fields, NotAForm>) -> Result<Self, NotAForm> {
        let fields = fields?;
        let id = fields.form_id().map_err(|_| NotAForm::Id)?;
        Ok(Self { id, fields })
    }
}
