#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| {
    snnc_tests::hostile::run("nir", input);
});
