//! Weights, and one number per channel; {% if in_ram %}weights are copied to RAM before anything runs{% else %}both stay in flash{% endif %}.

/// Begins at a word, so that four weights are read at once.
#[repr(C, align(4))]
pub(crate) struct Aligned<T>(pub(crate) T);

/// The bytes of a file as numbers, lowest byte first as on every Cortex-M.
macro_rules! weights {
    ($file:literal) => {
        // SAFETY: any bits are a number, and the compiler checks that the sizes are equal.
        Aligned(unsafe { core::mem::transmute::<_, _>(*include_bytes!($file)) })
    };
}

#[cfg(target_endian = "big")]
compile_error!("the weights are stored with their lowest byte first");
{% for weights in weights %}
/// {{ weights.doc }}
{%- if in_ram %}
#[unsafe(link_section = ".data.weights")]
{%- endif %}
pub(crate) static {{ weights.constant }}: Aligned<[{{ weights.element }}; {{ weights.len }}]> =
    weights!("../{{ weights.path }}");
{% endfor %}
{%- for table in tables %}
/// {{ table.doc }}
pub(crate) static {{ table.constant }}: [{{ table.element }}; {{ table.len }}] = {{ table.numbers }};
{% endfor %}
