//! Every number of the rules, with its reason and the attack it stops.
//!
//! # What guessing is worth
//! A thief who has the password, on as many machines as he likes, against one secret; the owner
//! logs in once a day. Three codes of a million are good at a time (the present one and its two
//! neighbours), so that a guess is worth 0.0003 %. Chance of having guessed right:
//!
//! | limit | in a day | in a year | in a hundred | the owner meanwhile |
//! |---|---|---|---|---|
//! | Loquet, a thief who has the password | 0.010 % | 0.024 % | 0.024 % | comes in from a known device |
//! | Loquet, a thief who has a known device too | 0.010 % | 0.030 % | 0.030 % | needs an administrator |
//! | Twilio Verify: 5 failures, then a new factor | 0.0015 % | 0.0015 % | 0.0015 % | needs a new factor |
//! | django-otp: waits double from 1 s, a success ends them | 0.0051 % | 1.8 % | 84 % | waits with the thief |
//! | NIST SP 800-63B-4: at most 100 *in a row* | 0.030 % | 10 % | 100 % | comes in, and ends the row |
//! | GitLab: 10 failures, then 10 minutes | 0.43 % | 79 % | 100 % | waits with the thief |
//! | google-authenticator-libpam: 3 in 30 s | 2.6 % | 100 % | 100 % | waits with the thief |
//! | Microsoft until October 2024: no limit over sessions, a code good for 3 minutes | 100 % | 100 % | 100 % | hears nothing |
//!
//! Google and GitHub publish no number that we found. The limits are those that their makers
//! publish, with the same three codes granted to all but the last: Twilio error 60310; the
//! change log of django-otp 0.7.0; NIST SP 800-63B-4 §3.2.2; GitLab's page on locked users;
//! google-authenticator(1); Oasis Security on AuthQuake, December 2024 (half of the accounts in
//! 70 minutes). `tests/rules/simulate.rs` lays siege to the production function, prints its own rows, and
//! checks the others.

/// A minute, in seconds.
pub const MINUTE: u64 = 60;
/// An hour, in seconds.
pub const HOUR: u64 = 60 * MINUTE;
/// A day, in seconds.
pub const DAY: u64 = 24 * HOUR;

/// How long a half log-in waits for its code: time to find the phone, not to leave the desk.
pub const HALF_LOGIN: u64 = 10 * MINUTE;
/// How long a begun enrollment waits for its first code. NIST SP 800-63B-4 §4.1.2.2 allows ten
/// minutes for a binding code.
pub const PENDING: u64 = 10 * MINUTE;
/// Wrong codes after which a begun enrollment is erased: a person who mistypes starts over,
/// a guesser gets ten tries at a secret that opens nothing yet.
pub const PENDING_TRIES: u8 = 10;
/// Enrollments that an account may have begun at the same time, each in its own session.
pub const PENDINGS: usize = 3;
/// A *recent* code was given in this session at most this long ago (OWASP ASVS 7.5.3).
pub const RECENT: u64 = 5 * MINUTE;
/// Default time in which a covered account may enroll with its password alone.
pub const ENROLLMENT_WINDOW: u64 = 14 * DAY;
/// The widest enrollment window an organization can choose.
pub const ENROLLMENT_WINDOW_MAX: u64 = 90 * DAY;
/// Default life of a reset reset code. NIST SP 800-63B-4 §4.2.1.2 allows 24 h for what goes by mail.
pub const RESET_CODE: u64 = DAY;
/// The longest life of a reset code that an organization can choose (three working days).
pub const RESET_CODE_MAX: u64 = 3 * DAY;
/// Life of a reset code that is read aloud: NIST's ten minutes for a spoken code.
pub const RESET_CODE_ALOUD: u64 = 10 * MINUTE;
/// Wrong presentations after which a reset code is void.
pub const RESET_CODE_TRIES: u8 = 10;
/// A link in a notice repudiates an enrollment for this long.
pub const REPUDIATION: u64 = 7 * DAY;
/// How long a replaced address still hears every notice: whoever leads notices elsewhere must not
/// silence the owner.
pub const ADDRESS_OVERLAP: u64 = 14 * DAY;
/// The shortest notice of a mandate, unless it starts now and says so.
pub const NOTICE: u64 = 7 * DAY;
/// The farthest date of a mandate: later than that is a mistyped year.
pub const NOTICE_MAX: u64 = 730 * DAY;
/// How often an announced mandate may be put off, so that "announced" keeps its meaning.
pub const POSTPONEMENTS: u8 = 2;
/// How long a change that weakens waits, so that another administrator can see and stop it.
pub const WEAKENING: u64 = 72 * HOUR;
/// How long a new administrator may not act on people: a thief who promotes an accomplice waits.
pub const PROBATION: u64 = 72 * HOUR;
/// Resets that one administrator may make in a day: one person's lost phone, not a take-over.
pub const RESETS_A_DAY: u8 = 5;
/// How long break-glass waits, so that an administrator who can still log in cancels it.
pub const BREAK_GLASS: u64 = DAY;
/// How long a break-glass reset code can be collected after the wait, before the break-glass code is whole again.
pub const BREAK_GLASS_COLLECT: u64 = DAY;
/// Life of the reset code that break-glass gives.
pub const BREAK_GLASS_RESET_CODE: u64 = 10 * MINUTE;
/// Wrong break-glass codes after which the break-glass code is void.
pub const BREAK_GLASS_TRIES: u8 = 10;
/// How long a void break-glass code stays void when nobody renews it. For ever would let ten wrong codes on
/// the host lock out an organization whose last administrator loses the phone; a code of 112
/// bits is out of reach at ten guesses in three days.
pub const BREAK_GLASS_CODE_VOID: u64 = 72 * HOUR;

/// Failures, in a row or in all for one secret, that disable it: the ceiling of NIST
/// SP 800-63B-4 §3.2.2, not configurable above.
pub const FAILURES: u8 = 100;
/// The same for a phone whose clock was found two steps off or more. Its codes are good at its own
/// time and at the right one, so that four are good at a time rather than three: seventy-five
/// guesses at four are worth a hundred at three.
pub const FAILURES_CORRECTED: u8 = 75;
/// Of these the last twenty are kept for known devices and live sessions, so that a stranger
/// with the password cannot use up the owner's.
pub const RESERVE: u8 = 20;
/// Failures in all at which the owner is told to replace the authenticator.
pub const ADVISE_REPLACEMENT: u8 = 50;
/// The failure in a row from which on there is a wait.
pub const FIRST_WAIT: u8 = 6;
/// The first wait; it doubles with each further failure in a row.
pub const WAIT: u64 = 30;
/// The longest wait (NIST allows 30 s to 1 h).
pub const WAIT_MAX: u64 = HOUR;
/// Steps that a resynchronization may correct, either way (RFC 6238 §6: bounded).
pub const DRIFT_MAX: i8 = 4;

/// Recovery codes in one set.
pub const RECOVERY_CODES: usize = 10;
/// Roles that one account may hold.
pub const ROLES: usize = 8;
