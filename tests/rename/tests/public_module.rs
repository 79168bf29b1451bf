//! A cached impl in a public module adds nothing public that its author did not write.

use beside::*;
use joblib_rename_test::scores::*;

/// Has the names that the macro makes. If the module had them too, they would be ambiguous here.
mod beside {
    pub(super) trait ScoreU32ForModel {
        fn score_entry(&self, _x: u32) -> &'static str {
            "beside"
        }

        fn score_memo() -> &'static str {
            "beside"
        }
    }

    impl<T> ScoreU32ForModel for T {}
}

#[test]
fn the_trait_of_its_companions_is_not_seen_outside() {
    assert_eq!(Model.score(3), 6);
    assert_eq!(<Model as ScoreU32ForModel>::score_memo(), "beside");
    assert_eq!(Model.score_entry(3), "beside");
    assert_eq!(joblib_rename_test::scores::inner_score(), 3);
    assert!(!joblib_rename_test::is_stored(&Model, 3));
}
