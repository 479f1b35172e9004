//! The limits of the rules, each with its reason and the attack that it stops. Durations are in seconds.
//!
//! # Chance of guessing a code
//! The table compares limits against a thief who has the password, uses any number of machines and attacks
//! one secret, while the owner logs in once a day. Three codes of a million are good at a time (RFC 6238
//! §5.2: the present step and its neighbours), so that one guess succeeds with a chance of 0.0003 %. The
//! chance that a code was guessed:
//!
//! | limit | in a day | in a year | in a hundred | the owner meanwhile |
//! |---|---|---|---|---|
//! | Loquet, a thief who has the password | 0.010 % | 0.024 % | 0.024 % | logs in from a known device |
//! | Loquet, a thief who has a known device too | 0.010 % | 0.030 % | 0.030 % | needs an administrator |
//! | Loquet, the same with three authenticators | 0.030 % | 0.030 % | 0.030 % | needs an administrator |
//! | Twilio Verify: 5 failures, then a new factor | 0.0015 % | 0.0015 % | 0.0015 % | needs a new factor |
//! | django-otp: waits double from 1 s, a success ends them | 0.0051 % | 1.8 % | 84 % | waits with the thief |
//! | NIST SP 800-63B-4: at most 100 *in a row* | 0.030 % | 10 % | 100 % | logs in, which ends the row |
//! | GitLab: 10 failures, then 10 minutes | 0.43 % | 79 % | 100 % | waits with the thief |
//! | google-authenticator-libpam: 3 in 30 s | 2.6 % | 100 % | 100 % | waits with the thief |
//! | Microsoft until October 2024: no limit over sessions, a code good for 3 minutes | 100 % | 100 % | 100 % | gets no notice |
//!
//! A wrong code costs one failure for each active authenticator, because it could have been right for any of them.
//!
//! We found no published numbers for Google and GitHub. Sources of the others, with the same three good codes
//! assumed for all but the last: Twilio error 60310; the change log of django-otp 0.7.0; NIST SP 800-63B-4
//! §3.2.2; GitLab's page on locked users; google-authenticator(1); Oasis Security on AuthQuake, December 2024
//! (half of the accounts in 70 minutes). `tests/rules/simulate.rs` simulates the attack on
//! [`decide`](crate::decide()), prints its own rows, and checks the others.
//!
//! # What the password alone can do besides
//! Report the phone lost: that ends the sessions and suspends the authenticator, until its owner gives a code and the
//! link in the notice, once in [`REPORTS_REFUSED`] seconds. Nothing else: wrong reset and recovery codes cost the waits
//! of [`SESSION_WAIT`], and void nothing. `tests/rules/simulate.rs` plays that too, and the explorer has the thieves who
//! also find the phone, or read the mail.

/// A minute, in seconds.
pub const MINUTE: u64 = 60;
/// An hour, in seconds.
pub const HOUR: u64 = 60 * MINUTE;
/// A day, in seconds.
pub const DAY: u64 = 24 * HOUR;

/// Life of a half log-in. A user needs time to find the phone, not to leave the desk.
pub const HALF_LOGIN: u64 = 10 * MINUTE;
/// Life of a pending enrollment. NIST SP 800-63B-4 §4.1.2.2 allows ten minutes for a binding code.
pub const PENDING: u64 = 10 * MINUTE;
/// Wrong codes after which a pending enrollment is erased.
pub const PENDING_TRIES: u8 = 10;
/// Pending enrollments that an account may have at a time, each in its own session.
pub const PENDINGS: usize = 3;
/// Enrollments that an account may begin in 24 hours. Each one is recorded, and so is its cancellation: without a limit
/// the password alone could fill the disk. A reset by an administrator starts the count again.
pub const ENROLLMENTS_A_DAY: u8 = 30;
/// How far a stored time may lie ahead of the present one, because the clocks of two nodes differ. A time further ahead
/// was taken by a clock that was wrong: it is not recent, and nothing is young because of it.
pub const CLOCK_TOLERANCE: u64 = MINUTE;
/// A *recent* code was submitted, or a recent password given, in this session at most this long ago (OWASP ASVS 7.5.1, 7.5.3).
pub const RECENT: u64 = 5 * MINUTE;
/// Default time in which a covered account may enroll with its password alone.
pub const ENROLLMENT_WINDOW: u64 = 14 * DAY;
/// Longest enrollment window that an organization may choose.
pub const ENROLLMENT_WINDOW_MAX: u64 = 90 * DAY;
/// Default life of a reset code. NIST SP 800-63B-4 §4.2.1.2 allows 24 h for codes sent by mail.
pub const RESET_CODE: u64 = DAY;
/// Longest life of a reset code that an organization may choose.
pub const RESET_CODE_MAX: u64 = 3 * DAY;
/// Life of a reset code that is read aloud. NIST allows ten minutes for a spoken code.
pub const RESET_CODE_ALOUD: u64 = 10 * MINUTE;
/// The wait of a session after its first wrong reset or recovery code. It doubles with each further one. These codes
/// have 128 bits: the wait is no protection from guessing, and nothing is ever void because of wrong ones, or else
/// the password alone could void an administrator's fresh reset code.
pub const SESSION_WAIT: u64 = 1;
/// The longest such wait.
pub const SESSION_WAIT_MAX: u64 = 30;
/// Sessions of an account whose waits are remembered.
pub const SESSION_WAITS: usize = 4;
/// Waits of sessions that begin in a day. After that a wrong code changes nothing; the right one counts all the same.
pub const SESSION_WAITS_A_DAY: u8 = 60;
/// Life of the link in an enrollment notice that reports it as unrecognized.
pub const BINDING_LINK: u64 = 7 * DAY;
/// How long a loss cannot be reported with the password alone after such a report was made or undone, unless the password
/// changes before. Otherwise a thief of the password could suspend the authenticator again and again.
pub const REPORTS_REFUSED: u64 = 30 * DAY;
/// How long a previous address still receives notices, so that an attacker who changes the address cannot
/// hide from the owner.
pub const ADDRESS_OVERLAP: u64 = 14 * DAY;
/// Life of the code that is sent to a new notice address. NIST SP 800-63B-4 §3.1.3.2 allows ten minutes.
pub const ADDRESS_CODE: u64 = 10 * MINUTE;
/// Wrong ones after which such a code is void. They are counted for a day, over all codes that are sent in it: a code of
/// eight digits is then guessed with a chance of one in ten million a day.
pub const ADDRESS_CODE_TRIES: u8 = 10;
/// Such codes that are sent for one account in a day, because a user can name the address of a stranger.
pub const ADDRESS_CODES_A_DAY: u8 = 10;
/// Shortest notice of a mandate, unless it begins immediately with a confirmation.
pub const NOTICE: u64 = 7 * DAY;
/// Latest date of a mandate. A later one is probably a mistyped year.
pub const NOTICE_MAX: u64 = 730 * DAY;
/// Mandates that an organization's administrators may announce, move or impose in 24 hours.
pub const ANNOUNCEMENTS_A_DAY: u8 = 10;
/// Changes of settings, roles and active accounts that one administrator may make in 24 hours. Most take no code of their own,
/// and each is a letter to all administrators or ends a user's access. As many names may a user give to authenticators.
pub const CHANGES_A_DAY: u8 = 30;
/// How often an announced mandate may be postponed.
pub const POSTPONEMENTS: u8 = 2;
/// How long a weakening change waits, so that another administrator can cancel it.
pub const WEAKENING: u64 = 72 * HOUR;
/// How long a new administrator may not act on other accounts, so that a thief who promotes an accomplice
/// must wait.
pub const PROBATION: u64 = 72 * HOUR;
/// Resets that one administrator may make in 24 hours, which limits a take-over.
pub const RESETS_A_DAY: u8 = 5;
/// How long break-glass waits, so that an administrator who can log in cancels it.
pub const BREAK_GLASS: u64 = DAY;
/// How long the reset code can be collected after that wait.
pub const BREAK_GLASS_COLLECT: u64 = DAY;
/// Life of the reset code that break-glass gives.
pub const BREAK_GLASS_RESET_CODE: u64 = 10 * MINUTE;
/// Wrong attempts after which the break-glass code is void.
pub const BREAK_GLASS_TRIES: u8 = 10;
/// How long a void break-glass code stays void unless it is renewed. If it stayed void, ten wrong codes on
/// the host could lock out an organization permanently. A code of 112 bits cannot be guessed at ten tries in
/// three days.
pub const BREAK_GLASS_CODE_VOID: u64 = 72 * HOUR;

/// How long the host may issue reset codes after a restore in which the replaced store could not be read. No
/// authenticator is known then, so that no administrator can issue them.
pub const RESTORE_RESETS: u64 = 7 * DAY;

/// Failures that disable an account's authenticators, also where fewer are left than another wrong code would cost: the
/// limit of NIST SP 800-63B-4 §3.2.2. It cannot be configured higher.
pub const FAILURES: u8 = 100;
/// The same for a phone whose clock is off by two steps or more. Four codes are then good at a time, so that
/// 75 guesses have the chance of 100 guesses at three codes.
pub const FAILURES_CORRECTED: u8 = 75;
/// Of these failures, the last ones are reserved for known devices and live sessions, so that a stranger with
/// the password cannot block the owner.
pub const RESERVE: u8 = 20;
/// Of these, the last ones are reserved for known devices: a thief of the password who phished one code has a session too.
pub const RESERVE_OF_DEVICES: u8 = 10;
/// Failures after which the owner is advised to replace the authenticator.
pub const ADVISE_REPLACEMENT: u8 = 50;
/// The consecutive failure from which on there is a wait.
pub const FIRST_WAIT: u8 = 6;
/// The first wait. It doubles with each further consecutive failure.
pub const WAIT: u64 = 30;
/// The longest wait. NIST allows 30 s to 1 h.
pub const WAIT_MAX: u64 = HOUR;
/// Steps that a resynchronization may correct, in either direction (RFC 6238 §6 requires a bound).
pub const DRIFT_MAX: i8 = 4;
/// Steps by which the clock of a hardware token may be off when its owner confirms it.
pub const TOKEN_REACH: i8 = 20;
/// Steps that the resynchronizations of a hardware token may correct together: its clock cannot be set, and is wrong by
/// minutes after a year.
pub const TOKEN_DRIFT_MAX: i8 = 120;

/// Apps and hardware tokens that one account may have. Each is a code more that is good at a time.
pub const CODE_AUTHENTICATORS: usize = 3;
/// Passkeys that one account may have.
pub const PASSKEYS: usize = 5;
/// Authenticators that one account may have in all.
pub const AUTHENTICATORS: usize = CODE_AUTHENTICATORS + PASSKEYS;
/// How long a passkey may take to answer a challenge: what WebAuthn Level 3 §5.4 recommends.
pub const CHALLENGE: u64 = 5 * MINUTE;
/// Links in notices of enrollments that are kept at a time: those of what is bound, and of what this came from within
/// [`BINDING_LINK`] seconds. That is one which enrolled first, and for each that is bound a line of three that followed
/// each other by [`SETTLING`]. Only recovery codes make more, and then those are given up first of which the authenticator is
/// bound no more.
pub const BINDING_LINKS: usize = 1 + 3 * AUTHENTICATORS;
/// How long an authenticator that was added or put in place of another proves log-ins alone: it neither adds, removes
/// nor replaces one, nor renews recovery codes, nor changes the address, nor turns the second factor off, nor administers.
/// The same holds for one that was bound with recovery codes which were made less than this long ago. Meanwhile the link in
/// the notice takes it back.
pub const SETTLING: u64 = 72 * HOUR;
/// How long the codes of an app are enough where a mandate demands a passkey, once a reset or a recovery has led to it: the
/// time to get another passkey.
pub const CODES_AFTER_RESET: u64 = 72 * HOUR;
/// Recovery codes in one set.
pub const RECOVERY_CODES: usize = 10;
/// From so many recovery codes on, the owner is advised to make new ones.
pub const FEW_RECOVERY_CODES: u8 = 3;
/// Roles that one account may hold.
pub const ROLES: usize = 8;
