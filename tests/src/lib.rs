//! Whole-path tests: see the files of this package beside `src`.
