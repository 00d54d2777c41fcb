// {{ title }}: the weights of {{ sums }} sums over {{ inputs }} inputs, {{ trees.size.weights }} of them not zero, in logic. Written by snnc.
{%- if trees.registered %} {{ trees.clocks }} clocks deep.
{%- else %} Without a clock.
{%- endif %}
`default_nettype none
module {{ name }} (
{%- if trees.registered %}
    input  wire clk,
{%- endif %}
    input  wire [{{ inputs - 1 }}:0] spikes,
    output wire [{{ sums * trees.bits - 1 }}:0] sums    // of {{ trees.bits }} bits, signed, the first lowest
);
    wire unused_spikes = &{1'b0, spikes};
{%- for tree in trees.trees %}

    // {{ loop.index0 }}: {{ tree.weights }} weights
{%- let sum = loop.index0 %}
{%- for leaf in tree.leaves %}
    wire [{{ leaf.bits - 1 }}:0] n{{ sum }}_{{ leaf.node }};
    snn_unrolled_leaf #(.INPUTS({{ leaf.inputs }}), .BITS({{ leaf.bits }}), .WEIGHTS({ {{- leaf.weights -}} })
        {%- if leaf.bias != 0 %}, .BIAS({% if leaf.bias < 0 %}-{% endif %}32'sd{{ leaf.bias.abs() }}){% endif %}
        {%- if !trees.registered %}, .REGISTERED(0){% endif %}) u_n{{ sum }}_{{ leaf.node }} (.clk({% if trees.registered %}clk{% else %}1'b0{% endif %}), .spikes({ {{- leaf.spikes -}} }), .sum(n{{ sum }}_{{ leaf.node }}));
{%- endfor %}
{%- for inner in tree.inner %}
{%- if trees.registered %}
    reg  [{{ inner.bits - 1 }}:0] n{{ sum }}_{{ inner.node }};
    always @(posedge clk) n{{ sum }}_{{ inner.node }} <= {{ inner.next }};
{%- else %}
    wire [{{ inner.bits - 1 }}:0] n{{ sum }}_{{ inner.node }} = {{ inner.next }};
{%- endif %}
{%- endfor %}
    assign sums[{{ sum * trees.bits + trees.bits - 1 }}:{{ sum * trees.bits }}] = {{ tree.result }};
{%- endfor %}
endmodule
`default_nettype wire
