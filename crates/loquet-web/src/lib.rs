//! Mountable axum pages for Loquet, in French and English.
//!
//! Log-in's second half, enrollment by QR code or by hand, "Mon compte", the administration: everything works without
//! JavaScript; two small scripts count down and copy. The embedding service implements [`Host`] (sessions, names, the frame
//! around a page), merges [`Pages::router`] into its own routes, and calls [`Pages::admit`] when a password was right.
//!
//! ```no_run
//! use axum::{Router, extract::State, response::{IntoResponse, Response}, routing::get};
//! use loquet_web::{Host, Pages, Settings, Visit};
//!
//! fn app<H: Host>(service: loquet::Service, host: H) -> Router {
//!     let pages = Pages::new(service, host, &Settings::default());
//!     Router::new()
//!         .route("/log-in", get(log_in::<H>))
//!         .with_state(pages.clone())
//!         .layer(axum::middleware::from_fn(loquet_web::guard))
//!         .merge(pages.router())
//! }
//!
//! /// The QR code or the field for six digits to whoever is half-way; to others the form, whose handler ends in
//! /// `pages.admit(&visit, account, attempt)`.
//! async fn log_in<H: Host>(State(pages): State<Pages<H>>, visit: Visit) -> Response {
//!     match pages.interim(&visit).await {
//!         Some(page) => page,
//!         None => "the form with name and password".into_response(),
//!     }
//! }
//! ```
//!
//! # Security
//! - The cookie holds 128 random bits and nothing else; the host stores their hash with the stamp. It changes at each
//!   change of level.
//! - Every form is refused that does not come from a page of the same origin ([`guard`]), and carries the attempt that
//!   makes sending it twice harmless. A GET changes nothing.
//! - Pages run no inline script, are framed by nobody and cached nowhere.
//! - Every field has a length limit, every form a size limit.

mod answer;
mod cookie;
mod countries;
mod facts;
mod fields;
mod guard;
mod host;
mod language;
mod layout;
mod mount;
mod names;
mod pages;
mod parts;
mod permission;
mod plan;
pub mod reason;
pub mod refusal;
mod router;
mod session;
mod views;
mod visit;
mod when;

pub use cookie::SessionKey;
pub use fields::{FieldFault, FieldFaultKind, Fields, NotAForm};
pub use guard::guard;
pub use host::{BoxError, Host};
pub use language::Language;
pub use layout::{Brand, Content, Page, Viewer, document};
pub use mount::{Pages, Settings};
pub use visit::Visit;
