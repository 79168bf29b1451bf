//! Calls to be made later: `delayed(f).call(args)`.

use joblib_core::Callable;

/// Makes tasks that call `f`, for [`Parallel::run`](crate::Parallel::run).
pub fn delayed<F>(f: F) -> Delayed<F> {
    Delayed(f)
}

/// A function whose calls are tasks.
#[derive(Clone, Copy, Debug)]
pub struct Delayed<F>(F);

impl<F: Clone> Delayed<F> {
    /// A task that calls the function with the arguments in this tuple.
    pub fn call<A>(&self, args: A) -> Task<F, A>
    where
        F: Callable<A>,
    {
        Task { f: self.0.clone(), args }
    }
}

/// One call that has not been made yet.
#[derive(Clone, Copy, Debug)]
#[must_use = "a task does nothing until it is run"]
pub struct Task<F, A> {
    f: F,
    args: A,
}

impl<F: Callable<A>, A> Task<F, A> {
    pub(crate) fn into_args(self) -> A {
        self.args
    }

    /// Makes the call, on this thread.
    pub fn run(self) -> F::Output {
        self.f.call_with(self.args)
    }
}
