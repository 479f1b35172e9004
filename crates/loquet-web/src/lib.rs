//! Mountable axum pages for Loquet, in French and English, and guards for a host's own routes.
//!
//! The second half of log-in, enrollment by QR code or by hand, "My account", the administration: everything but passkeys works
//! without JavaScript; three small scripts count down, copy, and ask for passkeys. The embedding service implements
//! [`PagesHost`] (sessions, names, the frame around a page), merges [`Pages::router`] into its own routes, and calls [`Pages::admit`] after a right password.
//!
//! ```no_run
//! use axum::response::{IntoResponse, Response};
//! use axum::{Router, extract::State, middleware, routing::get};
//! use loquet_web::{PagesHost, Pages, Settings, User, Visit, require_mfa};
//!
//! fn app<H: PagesHost>(mfa: loquet::Mfa, host: H) -> Router {
//!     let pages = Pages::new(mfa, host, &Settings::default());
//!     let private = Router::new()
//!         .route("/", get(|user: User| async move { user.external_id().to_owned() }))
//!         .layer(middleware::from_fn_with_state(pages.clone(), require_mfa::<Pages<H>>));
//!     Router::new()
//!         .route("/log-in", get(log_in::<H>))
//!         .merge(private)
//!         .with_state(pages.clone())
//!         .layer(middleware::from_fn_with_state(pages.scheme(), loquet_web::guard))
//!         .merge(pages.router())
//! }
//!
//! /// The QR code or the field for the code after the password; before it the form, whose handler ends in
//! /// `pages.admit(&visit, account, form_id)`.
//! async fn log_in<H: PagesHost>(State(pages): State<Pages<H>>, visit: Visit) -> Response {
//!     match pages.interim(&visit).await {
//!         Some(page) => page,
//!         None => "the form with name and password".into_response(),
//!     }
//! }
//! ```
//!
//! Handlers of the host's own answer a refusal with [`Pages::refuse`], and keep a session that an operation returned with
//! [`Pages::go_on`].
//!
//! A host with pages of its own needs none of these: [`User`], [`Progress`], [`require_mfa`], [`require_password`] and
//! [`Problem`] work with a plain [`loquet::Mfa`] as the router's state, with [`CookieSessions`] where the host keeps no
//! sessions of its own, or with a [`SessionSource`] of the host's.
//!
//! # Security
//! - The cookie holds 128 random bits and nothing else; the host stores their hash with the session. It changes after each
//!   step of the log-in.
//! - Every form is refused that does not come from a page of the same origin ([`guard()`]), and carries an id that makes
//!   sending it twice harmless (the log-in form begins a session each time). A GET changes nothing.
//! - Pages run no inline script, cannot be framed and are not cached.
//! - Every field has a length limit, every form a size limit.

mod answer;
mod cookie;
mod cookie_sessions;
mod countries;
mod facts;
mod field_fault;
mod fields;
mod form;
mod form_id;
mod guard;
mod host;
mod layout;
mod mount;
mod names;
mod pages;
mod parts;
mod permission;
mod plan;
mod problem;
pub mod reason;
mod redirect;
pub mod refusal;
mod router;
mod session;
mod source;
mod user;
mod views;
mod visit;
mod when;

pub use cookie::SessionKey;
pub use cookie_sessions::{CookieSessions, StepPaths};
pub use field_fault::{FieldFault, FieldFaultKind};
pub use fields::{Fields, NotAForm};
pub use form_id::FormId;
pub use guard::{Scheme, guard};
pub use host::{BoxError, PagesHost, SavedSession};
pub use layout::{Brand, Content, Page, Viewer, document};
pub use loquet_mail::Language;
pub use mount::{Pages, Settings};
pub use problem::Problem;
pub use source::{Rejection, SessionSource};
pub use user::{Progress, User, require_mfa, require_password};
pub use visit::Visit;
