// SPDX-License-Identifier: MIT OR Apache-2.0
//! Work on several processors, or one after another without the feature `rayon`.

/// Runs both.
#[cfg(feature = "rayon")]
pub(crate) fn join<A: Send, B: Send>(
    a: impl FnOnce() -> A + Send,
    b: impl FnOnce() -> B + Send,
) -> (A, B) {
    rayon::join(a, b)
}

/// Runs both.
#[cfg(not(feature = "rayon"))]
pub(crate) fn join<A, B>(a: impl FnOnce() -> A, b: impl FnOnce() -> B) -> (A, B) {
    (a(), b())
}

/// A piece of work.
pub(crate) type Task<'a> = Box<dyn FnOnce() + Send + 'a>;

/// Runs all tasks; those that come first are started first.
pub(crate) fn run_all(tasks: Vec<Task<'_>>) {
    #[cfg(feature = "rayon")]
    rayon::scope(|scope| tasks.into_iter().for_each(|task| scope.spawn(move |_| task())));
    #[cfg(not(feature = "rayon"))]
    tasks.into_iter().for_each(|task| task());
}

/// How many tasks run at the same time.
pub(crate) fn threads() -> usize {
    #[cfg(feature = "rayon")]
    return rayon::current_num_threads();
    #[cfg(not(feature = "rayon"))]
    1
}
