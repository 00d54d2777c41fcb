{% extends "testbench.v" %}
{% block first %}first input beat{% endblock %}
{% block memories %}
    // {sample starts, first, last, keep, indices}
    reg [{{ beat_bits - 1 }}:0] beats [0:BEATS-1];
    reg [{{ out_bits + 1 }}:0] outputs [0:OUTPUTS-1];
    reg [{{ out_bits - 1 }}:0] classes [0:SAMPLES-1];
    reg [{{ score_bits - 1 }}:0] scores [0:SAMPLES*{{ elements }}-1];
{%- for layer in layers %}
    reg [{{ layer.group - 1 }}:0] expected_{{ layer.step }} [0:{{ layer.words }}*TIMESTEPS*SAMPLES-1];
    reg [31:0] order_{{ layer.step }} [0:{{ layer.words - 1 }}];
{%- endfor %}
    initial begin
{%- for layer in layers %}
        $readmemh("tb_order_{{ layer.step }}.mem", order_{{ layer.step }});
{%- endfor %}
    end
{%- endblock %}
{% block ports %}
    wire s_ready, m_last, m_first, m_valid, class_valid;
    wire [{{ out_bits - 1 }}:0] m_index;
    wire [{{ out_bits - 1 }}:0] class_index;
{%- if weights > 0 %}
    // the weights first
    reg        load_start = 1'b1;
    reg        load_valid = 1'b0;
    reg [31:0] load_data = 32'd0;
    reg [31:0] words [0:{{ weights - 1 }}];
    integer    loaded = 0;
    initial $readmemh("tb_weights.mem", words);
    always @(posedge clk) begin
        load_start <= 1'b0;
        load_valid <= !load_start && loaded < {{ weights }};
        load_data  <= words[loaded];
        if (!load_start) loaded <= loaded + 1;
    end
    wire running = loaded > {{ weights }} + 1;
{%- endif %}
    {{ top }} dut (
        .clk(clk), .rst(rst),
        .s_index(beat[{{ index_bits - 1 }}:0]), .s_keep(beat[{{ beat_bits - 4 }}:{{ index_bits }}]),
        .s_last(beat[{{ beat_bits - 3 }}]), .s_first(beat[{{ beat_bits - 2 }}]),
        .s_valid(s_valid), .s_ready(s_ready),
        .m_index(m_index), .m_last(m_last), .m_first(m_first), .m_valid(m_valid), .m_ready(m_ready),
        .class_valid(class_valid), .class_index(class_index)
{%- if weights > 0 %},
        .load_start(load_start), .load_valid(load_valid), .load_data(load_data)
{%- endif %}
    );
{%- endblock %}
{% block differ %}

    // the first neuron of a group that differs
    task differ(input integer step, input integer word, input integer words, input integer first, input [63:0] expected,
                input [63:0] found);
        begin
            if (!failed) begin
                k = 0;
                while (expected[k] === found[k]) k = k + 1;
                $display("DIFFERENCE sample=%0d step=%0d timestep=%0d neuron=%0d expected=%0d found=%0d",
                         word / words / TIMESTEPS, step, word / words % TIMESTEPS, first + k, expected[k], found[k]);
                failed = 1'b1;
            end
        end
    endtask
{%- endblock %}
{% block running %}{% if weights > 0 %}if (running) {% endif %}{% endblock %}
{% block observed %}
            // output
            random = seed == 0 ? 0 : $random(seed);
            m_ready <= random[2:0] < 3'd4;
            if (m_valid && m_ready) begin
                busy = clock;
                if (!failed && (given >= OUTPUTS || outputs[given] !== {m_first, m_last, m_last ? {{ out_bits }}'d0 : m_index})) begin
                    $display("WRONG output beat %0d: found index=%0d last=%b first=%b", given, m_index, m_last, m_first);
                    failed = 1'b1;
                end
                given = given + 1;
                if (m_last) ended = ended + 1;
            end
            // every layer
{%- for layer in layers %}
            if (dut.{{ layer.id }}__spikes_valid && at_{{ layer.step }} < {{ layer.words }}*TIMESTEPS*SAMPLES) begin
                if (dut.{{ layer.id }}__spikes !== expected_{{ layer.step }}[at_{{ layer.step }}])
                    differ({{ layer.step }}, at_{{ layer.step }}, {{ layer.words }}, order_{{ layer.step }}[at_{{ layer.step }} % {{ layer.words }}],
                           { {{- 64 - layer.group -}} 'd0, expected_{{ layer.step }}[at_{{ layer.step }}]}, { {{- 64 - layer.group -}} 'd0, dut.{{ layer.id }}__spikes});
                at_{{ layer.step }} = at_{{ layer.step }} + 1;
            end
{%- endfor %}
            // readout
            if (dut.unused_score_valid && scored < SAMPLES*{{ elements }}) begin
                if (!failed && dut.unused_score !== scores[scored]) begin
                    $display("WRONG score of sample %0d, element %0d: found %0d, expected %0d", scored / {{ elements }},
                             scored % {{ elements }}, $signed(dut.unused_score), $signed(scores[scored]));
                    failed = 1'b1;
                end
                scored = scored + 1;
            end
{%- endblock %}
