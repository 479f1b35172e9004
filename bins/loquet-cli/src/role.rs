//! Roles by the names that people type and read.

use loquet::RoleId;

/// The role's name, or its number if the host defined it.
pub(crate) fn role(role: RoleId) -> String {
    match role {
        RoleId::MEMBER => "member".to_owned(),
        RoleId::STAFF => "staff".to_owned(),
        RoleId::ADMINISTRATOR => "administrator".to_owned(),
        RoleId(number) => number.to_string(),
    }
}

/// Reads a role's name or number.
pub(crate) fn role_id(text: &str) -> Result<RoleId, String> {
    match text {
        "member" => Ok(RoleId::MEMBER),
        "staff" => Ok(RoleId::STAFF),
        "administrator" => Ok(RoleId::ADMINISTRATOR),
        number => number
            .parse()
            .map(RoleId)
            .map_err(|_| "expected member, staff, administrator, or a role's number".to_owned()),
    }
}
