// {{ title }}, unrolled: every weight is logic, every neuron has adders of its own. Written by snnc. The fixed modules are in
// rtl/, beside the adder trees of each layer; the integer rules they follow are the runtime's.
// {{ timesteps }} timesteps a sample. A frame has a bit for each input
{%- if planes > 1 %}; {{ planes }} frames, the digit planes of the inputs, most significant first, make a timestep
{%- endif %}.
{%- if constant %} A sample has the input of one timestep, which every timestep takes.{% endif %}
// {{ depth }} clocks deep.
`default_nettype none

module {{ name }} (
    input  wire clk,
    input  wire rst,            // synchronous, active high; one clock is enough
    input  wire [{{ inputs - 1 }}:0] s_spikes,    // a frame
    input  wire s_first,        // of a sample's first timestep
    input  wire s_valid,
    output wire s_ready,
    output wire [{{ outputs - 1 }}:0] m_spikes,    // the output spikes of a timestep
    output wire m_first,        // of a sample's first timestep
    output wire m_valid,
    input  wire m_ready,
    output wire class_valid,    // for one clock, after the last timestep of a sample
    output wire [{{ class_bits - 1 }}:0] class_index    // the prediction; stays until the next
);
{%- for section in sections %}
{%- for (bits, name) in section.wires %}
    wire [{{ bits - 1 }}:0] {{ name }};
{%- endfor %}
{%- endfor %}
{%- for section in sections %}

    // ---- {{ section.comment }}
{%- for instance in section.instances %}
    {{ instance.module }} #(
{%- for (name, value) in instance.parameters %}
        .{{ name }}({{ value }}){% if !loop.last %},{% endif %}
{%- endfor %}
    ) {{ instance.name }} (
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
