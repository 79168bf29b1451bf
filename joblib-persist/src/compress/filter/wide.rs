//! Plain loops, compiled again for wider vectors and chosen at run time. There is no faster way known than
//! what the compiler makes of them.
//!
//! Unsafe, for code compiled for a processor's features must run on no other: each call stands behind the
//! question for the very features that the callee is compiled for.

/// Defines functions as plain ones, compiled for the first of these lists of features that the processor has.
macro_rules! widest {
    ($(
        $(#[$doc:meta])*
        fn $name:ident<const $n:ident: usize> $parameters:tt -> $result:ty = $plain:ident [$($features:tt),+];
    )+) => {$(
        widest!(@define [$(#[$doc])* pub(super)] $name $n $parameters $result {
            $(widest!(@wide $features $n $parameters $result, $plain);)+
            widest!(@call $plain $parameters)
        });
    )+};
    (@define [$($before:tt)*] $name:ident $n:ident ($($arg:ident: $ty:ty),*) $result:ty $body:block) => {
        $($before)* fn $name<const $n: usize>($($arg: $ty),*) -> $result $body
    };
    (@wide ($($feature:tt),+) $n:ident $parameters:tt $result:ty, $plain:ident) => {
        #[cfg(target_arch = "x86_64")]
        {
            widest!(@define [$(#[target_feature(enable = $feature)])+] wide $n $parameters $result {
                widest!(@call $plain $parameters)
            });
            if $(is_x86_feature_detected!($feature))&&+ {
                // SAFETY: the processor has the features.
                #[allow(unsafe_code)]
                return unsafe { widest!(@call wide $parameters) };
            }
        }
    };
    (@call $function:ident ($($arg:ident: $ty:ty),*)) => {
        $function($($arg),*)
    };
}
pub(super) use widest;
