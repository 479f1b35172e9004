//! loquet-otp.
