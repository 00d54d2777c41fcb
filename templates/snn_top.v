// {{ title }}: written by snnc. The modules it is made of are in rtl/; the integer rules they follow are the runtime's.
// {{ timesteps }} timesteps a sample. An input event is {{ input }}.
`default_nettype none

module {{ name }} (
    input  wire        clk,
    input  wire        rst,         // synchronous, active high; one clock is enough
    input  wire [{{ index_bits - 1 }}:0] s_index,     // {{ slots }} active input{% if slots > 1 %}s{% endif %}, ...
    input  wire [{{ slots - 1 }}:0] s_keep,      // ... in these slots
    input  wire        s_last,      // the last beat of its timestep or digit plane
    input  wire        s_first,     // on every beat of a sample's first timestep
    input  wire        s_valid,
    output wire        s_ready,
    output wire [{{ out_bits - 1 }}:0] m_index,     // an output spike, or ...
    output wire        m_last,      // ... the end of its timestep
    output wire        m_first,
    output wire        m_valid,
    input  wire        m_ready,
    output wire        class_valid, // for one clock, after the last timestep of a sample
    output wire [{{ out_bits - 1 }}:0] class_index{% if weights > 0 %},{% endif %}  // the prediction; stays until the next
{%- if weights > 0 %}
    input  wire        load_start,  // the weights: the next word is the first again
    input  wire        load_valid,  // {{ weights }} words, while no sample is under way
    input  wire [31:0] load_data
{%- endif %}
);
{%- for section in sections %}
{%- for (bits, name) in section.wires %}
    wire [{{ bits - 1 }}:0] {{ name }};
{%- endfor %}
{%- endfor %}
{%- for section in sections %}

    // ---- {{ section.comment }}
{%- for instance in section.instances %}
    {{ instance.module }} {% if !instance.parameters.is_empty() %}#(
{%- for (name, value) in instance.parameters %}
        .{{ name }}({{ value }}){% if !loop.last %},{% endif %}
{%- endfor %}
    ) {% endif %}{{ instance.name }} (
{%- for (name, value) in instance.ports %}
        .{{ name }}({{ value }}){% if !loop.last %},{% endif %}
{%- endfor %}
    );
{%- endfor %}
{%- for statement in section.statements %}
    {{ statement }}
{%- endfor %}
{%- endfor %}
endmodule

`default_nettype wire
