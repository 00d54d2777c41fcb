// Self-checking testbench of {{ top }}: {{ samples }} samples, every spike of every layer. Written by snnc.
// Run it where the memory files are:  verilator --binary --timing -O3 {{ top }}_tb.v {{ top }}.v rtl/*.v
//                              or:    iverilog -g2005 -o {{ top }}_tb {{ top }}_tb.v {{ top }}.v rtl/*.v
// +seed=N other than 0 holds input and output back at random. Without it the samples stand back to back, and the clocks
// of each are printed: from its first input beat to the next sample's, of the last one to the last output.
// +restart=N resets the design in clock N and begins again.
// +vcd writes every signal to waveform.vcd (Verilator: built with --trace).
`timescale 1ns/1ns
`default_nettype none

module {{ top }}_tb;
    localparam SAMPLES   = {{ samples }};
    localparam TIMESTEPS = {{ timesteps }};
    localparam BEATS     = {{ beats }};
    localparam OUTPUTS   = {{ outputs }};
    localparam PATIENCE  = {{ patience }};      // clocks in which something must happen

    reg clk = 1'b0;
    reg rst = 1'b1;
    always #5 clk = !clk;

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
        $readmemh("tb_input.mem", beats);
        $readmemh("tb_output.mem", outputs);
        $readmemh("tb_class.mem", classes);
        $readmemh("tb_score.mem", scores);
{%- for layer in layers %}
        $readmemh("tb_expected_{{ layer.step }}.mem", expected_{{ layer.step }});
        $readmemh("tb_order_{{ layer.step }}.mem", order_{{ layer.step }});
{%- endfor %}
    end

    reg [{{ beat_bits - 1 }}:0] beat = 0;
    reg s_valid = 1'b0;
    reg m_ready = 1'b0;
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

    integer seed = 0;
    integer restart = 0;
    integer random = 0;
    initial begin
        if (!$value$plusargs("seed=%d", seed)) seed = 0;
        if (!$value$plusargs("restart=%d", restart)) restart = 0;
        if ($test$plusargs("vcd")) begin
            $dumpfile("waveform.vcd");
            $dumpvars(0, {{ top }}_tb);
        end
    end

    integer clock = 0;
    integer busy = 0;            // clock of the last handshake
    integer next = 0;            // beat
    integer started = -1;        // sample
    integer start_clock = 0;
    integer end_clock = 0;
    integer given = 0;           // output beats
    integer ended = 0;           // output timesteps
    integer classed = 0;         // samples
    integer scored = 0;          // scores
{%- for layer in layers %}
    integer at_{{ layer.step }} = 0;
{%- endfor %}
    integer k;
    reg failed = 1'b0;

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

    always @(posedge clk) {% if weights > 0 %}if (running) {% endif %}begin
        clock = clock + 1;
        if (clock == 4 || clock == restart + 1) rst <= 1'b0;
        if (clock == restart) begin
            rst     <= 1'b1;
            s_valid <= 1'b0;
            next    = 0;
            started = -1;
            given   = 0;
            ended   = 0;
            classed = 0;
            scored  = 0;
{%- for layer in layers %}
            at_{{ layer.step }} = 0;
{%- endfor %}
        end else if (!rst) begin
            // input
            if (s_valid && s_ready) begin
                busy = clock;
                if (beat[{{ beat_bits - 1 }}]) begin
                    if (started >= 0) $display("CLOCKS %0d", clock - start_clock);
                    started = started + 1;
                    start_clock = clock;
                end
            end
            if (!s_valid || s_ready) begin
                random = seed == 0 ? 0 : $random(seed);
                if (next < BEATS && random[2:0] < 3'd5) begin
                    beat    <= beats[next];
                    s_valid <= 1'b1;
                    next = next + 1;
                end else s_valid <= 1'b0;
            end
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
            if (class_valid && classed < SAMPLES) begin
                if (!failed && class_index !== classes[classed]) begin
                    $display("WRONG class of sample %0d: found %0d, expected %0d", classed, class_index, classes[classed]);
                    failed = 1'b1;
                end
                classed = classed + 1;
            end
        end
        if (clock - busy > PATIENCE) begin
            $display("WRONG silence: nothing has happened for %0d clocks, at input beat %0d and output beat %0d", PATIENCE, next, given);
            failed = 1'b1;
        end
        if (failed) begin
            $display("FAIL %0d", $time);
            $finish;
        end else if (ended == SAMPLES*TIMESTEPS) begin
            if (end_clock == 0) begin
                end_clock = clock;
                $display("CLOCKS %0d", clock - start_clock);
            end
            // positions behind the last pool window may still be on their way
            if (given == OUTPUTS && scored == SAMPLES*{{ elements }} && classed == SAMPLES
{%- for layer in layers %} && at_{{ layer.step }} == {{ layer.words }}*TIMESTEPS*SAMPLES{% endfor %}) begin
                $display("PASS");
                $finish;
            end
        end
    end
endmodule

`default_nettype wire
