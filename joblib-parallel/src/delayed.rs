//! Calls to be made later: `delayed(f).call(args)`.

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
        self.f.call(self.args)
    }
}

/// Functions of up to eight arguments, given as a tuple.
pub trait Callable<A> {
    /// What the function returns.
    type Output;

    /// Calls it.
    fn call(&self, args: A) -> Self::Output;
}

macro_rules! callable {
    ($($arg:ident)*) => {
        impl<Fun: Fn($($arg),*) -> Out, Out, $($arg),*> Callable<($($arg,)*)> for Fun {
            type Output = Out;

            #[allow(non_snake_case)]
            fn call(&self, ($($arg,)*): ($($arg,)*)) -> Out {
                self($($arg),*)
            }
        }
    };
}

callable! {}
callable! { A }
callable! { A B }
callable! { A B C }
callable! { A B C D }
callable! { A B C D E }
callable! { A B C D E F }
callable! { A B C D E F G }
callable! { A B C D E F G H }
