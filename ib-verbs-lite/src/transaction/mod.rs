//! Requests in MADs and their answers.
//!
//! What belongs here: the table of open requests ([`Requester`]), the transaction identifiers they are known by, and
//! the reception of long answers (RMPP). What does not: what a request means, which the SA client knows.
//!
//! An answer counts only if transaction identifier, class, method with its response bit, attribute, and the source's
//! LID and queue pair are those of an open request. Identifiers come from the seed and can't be guessed from earlier
//! ones in order.
//!
//! ```text
//! us                                   peer
//!  | GetTable, TID t  ------------------> |
//!  | <------ GetTableResp, DATA 1, FIRST |   the window is one segment
//!  | GetTable, ACK 1, up to 9 ---------> |   the window is eight
//!  | <-------------------- DATA 2 to 9   |
//!  | GetTable, ACK 9, up to 17 --------> |
//!  | <---------------- DATA 10, LAST     |
//!  | GetTable, ACK 10 -----------------> |
//! ```

mod requester;
mod rmpp;
mod slot;

pub use requester::{Event, Policy, Requester, Ticket};
