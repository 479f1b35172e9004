//! Roles by the names that people type and read.

use loquet::RoleId;

/// The role's name, or its number if the host defined it.
pub(crate) fn role(role: RoleId) -> String {
    match role {
        RoleId::MEMBER => "parent".to_owned(),
        RoleId::STAFF => "employee".to_owned(),
        RoleId::ADMINISTRATOR => "administrator".to_owned(),
        RoleId(number) => number.to_string(),
    }
}

/// Reads a role's name or number.
pub(crate) fn role_id(text: &str) -> Result<RoleId, String> {
    match text {
        "parent" => Ok(RoleId::MEMBER),
        "employee" => Ok(RoleId::STAFF),
        "administrator" => Ok(RoleId::ADMINISTRATOR),
        number => number
            .parse()
            .map(RoleId)
            .map_err(|_| "expected employee, parent, administrator, or a role's number".to_owned()),
    }
}
