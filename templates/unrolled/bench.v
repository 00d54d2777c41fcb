{% extends "testbench.v" %}
{% block first %}first frame{% endblock %}
{% block memories %}
    // {sample starts, first, spikes}
    reg [{{ beat_bits - 1 }}:0] beats [0:BEATS-1];
    // {first, spikes}
    reg [{{ elements }}:0] outputs [0:OUTPUTS-1];
    reg [{{ class_bits - 1 }}:0] classes [0:SAMPLES-1];
    reg [{{ elements * score_bits - 1 }}:0] scores [0:SAMPLES-1];
{%- for layer in layers %}
    reg [{{ layer.neurons - 1 }}:0] expected_{{ layer.step }} [0:TIMESTEPS*SAMPLES-1];
{%- endfor %}
{%- endblock %}
{% block ports %}
    wire s_ready, m_first, m_valid, class_valid;
    wire [{{ elements - 1 }}:0] m_spikes;
    wire [{{ class_bits - 1 }}:0] class_index;
    {{ top }} dut (
        .clk(clk), .rst(rst),
        .s_spikes(beat[{{ beat_bits - 3 }}:0]), .s_first(beat[{{ beat_bits - 2 }}]), .s_valid(s_valid), .s_ready(s_ready),
        .m_spikes(m_spikes), .m_first(m_first), .m_valid(m_valid), .m_ready(m_ready),
        .class_valid(class_valid), .class_index(class_index)
    );
{%- endblock %}
{% block observed %}
            // every layer, before the output that it becomes
{%- for layer in layers %}
            if (dut.{{ layer.id }}__spikes_valid && at_{{ layer.step }} < TIMESTEPS*SAMPLES) begin
                for (k = 0; k < {{ layer.neurons }}; k = k + 1)
                    if (!failed && dut.{{ layer.id }}__spikes[k] !== expected_{{ layer.step }}[at_{{ layer.step }}][k]) begin
                        $display("DIFFERENCE sample=%0d step={{ layer.step }} timestep=%0d neuron=%0d expected=%0d found=%0d",
                                 at_{{ layer.step }} / TIMESTEPS, at_{{ layer.step }} % TIMESTEPS, k,
                                 expected_{{ layer.step }}[at_{{ layer.step }}][k], dut.{{ layer.id }}__spikes[k]);
                        failed = 1'b1;
                    end
                at_{{ layer.step }} = at_{{ layer.step }} + 1;
            end
{%- endfor %}
            // output: held back for a while now and then, so that the queue fills
            random = seed == 0 ? 0 : $random(seed);
            m_ready <= random[2:0] < 3'd4 && (seed == 0 || random[8:3] != 6'd0 && clock[7:6] != 2'd1);
            if (m_valid && m_ready) begin
                busy = clock;
                if (!failed && (given >= OUTPUTS || outputs[given] !== {m_first, m_spikes})) begin
                    $display("WRONG output of timestep %0d: found %b first=%b, expected {first, spikes} = %b", given, m_spikes,
                             m_first, outputs[given]);
                    failed = 1'b1;
                end
                given = given + 1;
                ended = ended + 1;
            end
            // readout
            if (dut.unused_score_valid && scored < SAMPLES*{{ elements }}) begin
                for (k = 0; k < {{ elements }}; k = k + 1)
                    if (!failed && dut.unused_scores[k*{{ score_bits }} +: {{ score_bits }}] !== scores[scored/{{ elements }}][k*{{ score_bits }} +: {{ score_bits }}]) begin
                        $display("WRONG score of sample %0d, element %0d: found %0d, expected %0d", scored / {{ elements }}, k,
                                 $signed(dut.unused_scores[k*{{ score_bits }} +: {{ score_bits }}]),
                                 $signed(scores[scored/{{ elements }}][k*{{ score_bits }} +: {{ score_bits }}]));
                        failed = 1'b1;
                    end
                scored = scored + {{ elements }};
            end
{%- endblock %}
