// Self-checking testbench of {{ top }}: {{ samples }} samples, every spike of every layer. Written by snnc.
// Run it where the memory files are:  verilator --binary --timing -O3 {{ top }}_tb.v {{ top }}.v rtl/*.v
//                              or:    iverilog -g2005 -o {{ top }}_tb {{ top }}_tb.v {{ top }}.v rtl/*.v
// +seed=N other than 0 holds input and output back at random. Without it the samples stand back to back, and the clocks
// of each are printed: from its {% block first %}{% endblock %} to the next sample's, of the last one to the last output.
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
{% block memories %}{% endblock %}
    initial begin
        $readmemh("tb_input.mem", beats);
        $readmemh("tb_output.mem", outputs);
        $readmemh("tb_class.mem", classes);
        $readmemh("tb_score.mem", scores);
{%- for layer in layers %}
        $readmemh("tb_expected_{{ layer.step }}.mem", expected_{{ layer.step }});
{%- endfor %}
    end

    reg [{{ beat_bits - 1 }}:0] beat = 0;
    reg s_valid = 1'b0;
    reg m_ready = 1'b0;
{%- block ports %}{% endblock %}

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
{%- block differ %}{% endblock %}

    always @(posedge clk) {% block running %}{% endblock %}begin
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
{%- block observed %}{% endblock %}
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
            // what is behind the last output may still be on its way
            if (given == OUTPUTS && scored == SAMPLES*{{ elements }} && classed == SAMPLES
{%- for layer in layers %} && at_{{ layer.step }} == {{ layer.words }}*TIMESTEPS*SAMPLES{% endfor %}) begin
                $display("PASS");
                $finish;
            end
        end
    end
endmodule

`default_nettype wire
