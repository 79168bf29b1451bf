//! Structs of options, each of which may be unset.

/// Declares one: every field is an `Option`, found in an outer set where it is unset, and shown where it is
/// set.
macro_rules! declare {
    ($(#[$doc:meta])* pub(crate) struct $name:ident { $($(#[$about:meta])* $option:ident: $type:ty,)* }) => {
        $(#[$doc])*
        #[derive(Clone, Default)]
        pub(crate) struct $name {
            $($(#[$about])* pub(crate) $option: Option<$type>,)*
        }

        impl $name {
            #[cfg(test)]
            pub(crate) const NAMES: &[&str] = &[$(stringify!($option)),*];

            /// Takes from `outer` what is unset here. In place: runs of a few tasks do this each.
            pub(crate) fn fill_from(&mut self, outer: &Self) {
                $(if self.$option.is_none() {
                    self.$option.clone_from(&outer.$option);
                })*
            }

            /// Shows what is set.
            pub(crate) fn show(&self, shown: &mut std::fmt::DebugStruct<'_, '_>) {
                $(if let Some(value) = &self.$option {
                    shown.field(stringify!($option), value);
                })*
            }
        }
    };
}

pub(crate) use declare;
