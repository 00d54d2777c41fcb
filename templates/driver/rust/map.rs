//! The register map and the numbers of `{{ i.top }}`.

/// Of the network, its weights included.
pub const NETWORK: u32 = {{ "{:#010x}"|format(i.fingerprint) }};
/// Height, width and channels of the input; an element is a place in it, channels last.
pub const SHAPE: [u32; 3] = {{ "{:?}"|format(i.shape) }};
/// Bits of the row, the column and the channel in the index of an input event.
pub const INDEX: [u32; 3] = {{ "{:?}"|format(i.index) }};
/// Elements of the input.
pub const ELEMENTS: u32 = {{ i.inputs() }};
/// Elements of the output.
pub const CLASSES: u32 = {{ i.outputs }};
/// Timesteps of a sample.
pub const STEPS: u32 = {{ i.timesteps }};
/// Timesteps of a sample that have input.
pub const INPUT_STEPS: u32 = {{ i.frames }};
/// Digit planes of a timestep of input, most significant first; 1: spikes.
pub const DIGITS: u32 = {{ i.planes }};
{%- if host != Host::Axi %}
/// Bytes of an input event in a packet.
pub const EVENT_BYTES: usize = {{ i.event_bytes() }};
/// Bytes of an output event in a packet.
pub const SPIKE_BYTES: usize = {{ i.spike_bytes() }};
{%- endif %}
{%- if i.weights > 0 %}
/// Words of weights that are loaded.
pub const WEIGHT_WORDS: u32 = {{ i.weights }};
/// What a file of weights begins with, and the version of its form.
pub const WEIGHTS_HEADER: [u32; 2] = [u32::from_le_bytes(*b"SNNW"), 1];
{%- endif %}
{% for register in registers %}
/// {{ register.doc }} ({{ register.access.name() }}).
pub const {{ register.name }}: u8 = {{ loop.index0 }};
{%- endfor %}
{% for (what, bits) in bits -%}
{%- for bit in bits.iter() %}
/// Bit of {{ what }}: {{ bit.doc }}.
pub const {{ what }}_{{ bit.name }}: u32 = 1 << {{ bit.place }};
{%- endfor %}
{%- endfor %}

/// Registers from IDENTITY on that reading does not change.
pub const READABLE: usize = {{ readable.len() }};

/// What they read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Registers {
{%- for register in readable.iter() %}
    /// {{ register.doc }}.
    pub {{ register.name|lower }}: u32,
{%- endfor %}
}

impl Registers {
    /// The words as they are read from IDENTITY on.
    pub const fn new(words: [u32; READABLE]) -> Self {
        let [
{%- for register in readable.iter() %}{{ register.name|lower }}{% if !loop.last %}, {% endif %}{% endfor -%}
        ] = words;
        Self { {% for register in readable.iter() %}{{ register.name|lower }}{% if !loop.last %}, {% endif %}{% endfor %} }
    }
}
