//! Data files as numpy writes them.

use snnc::data::{Presentation, Values};
use snnc::ir::Shape;
use snnc_tests::fixtures::{reference_outputs, reference_spikes, samples};

#[test]
fn images_are_read_with_their_classes() {
    let test = samples("mnist/test200.npz");
    assert_eq!((test.len, test.sample_shape.as_slice()), (200, &[28, 28][..]));
    assert_eq!(test.labels.as_ref().map(|labels| labels[..8].to_vec()), Some(vec![7, 2, 1, 0, 4, 1, 4, 9]));
    let Values::U8(pixels) = &test.x else { panic!("images are bytes") };
    let ink: u64 = pixels.iter().map(|&pixel| u64::from(pixel)).sum();
    assert_eq!(ink, 4_757_429, "the sum that numpy gives");
    let shape = Shape::new(1, 28, 28);
    assert_eq!(test.presentation(shape, Some(25)).ok(), Some(Presentation::Constant));
    assert_eq!(samples("mnist/train200.npz").labels.map(|labels| labels[..5].to_vec()), Some(vec![5, 0, 4, 1, 9]));
}

#[test]
fn every_model_has_its_frameworks_outputs_and_spikes() {
    let models = [
        ("a_snntorch_fc", 2, 25),
        ("b_snntorch_conv_maxpool", 3, 8),
        ("c_if_spikingjelly_conv", 3, 4),
        ("c_nir_spikingjelly_conv", 3, 6),
        ("d_snntorch_binary_conv", 3, 8),
    ];
    for (model, layers, timesteps) in models {
        let outputs = reference_outputs(model);
        assert!(outputs.len() == 200 && outputs.iter().all(|out| out.len() == 10), "{model}");
        for layer in 1..=layers {
            let (shape, spikes) = reference_spikes(model, layer).unwrap_or_else(|| panic!("{model}, layer {layer}"));
            assert_eq!(shape[..2], [timesteps, 4], "{model}, layer {layer}");
            assert!(spikes.contains(&1) && spikes.iter().all(|&spike| spike <= 1), "{model}, layer {layer}");
        }
        assert_eq!(reference_spikes(model, layers + 1), None);
    }
}
