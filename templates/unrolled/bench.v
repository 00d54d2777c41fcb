// Self-checking testbench of {{ top }}: {{ samples }} samples, every spike of every layer. Written by snnc.
// Run it where the memory files are:  verilator --binary --timing -O3 {{ top }}_tb.v {{ top }}.v rtl/*.v
//                              or:    iverilog -g2005 -o {{ top }}_tb {{ top }}_tb.v {{ top }}.v rtl/*.v
// +seed=N other than 0 holds input and output back at random. Without it the samples stand back to back, and the clocks
// of each are printed: from its first frame to the next sample's, of the last one to the last output.
// +restart=N resets the design in clock N and begins again.
// +vcd writes every signal to waveform.vcd (Verilator: built with --trace).
`timescale 1ns/1ns
`default_nettype none

module {{ top }}_tb;
    localparam SAMPLES   = {{ samples }};
    localparam TIMESTEPS = {{ timesteps }};
    localparam FRAMES    = {{ frames }};
    localparam PATIENCE  = {{ patience }};      // clocks in which something must happen

    reg clk = 1'b0;
    reg rst = 1'b1;
    always #5 clk = !clk;

    // {sample starts, first, spikes}
    reg [{{ inputs + 1 }}:0] frames [0:FRAMES-1];
    // {first, spikes}
    reg [{{ outputs }}:0] outputs [0:TIMESTEPS*SAMPLES-1];
    reg [{{ class_bits - 1 }}:0] classes [0:SAMPLES-1];
    reg [{{ outputs * score_bits - 1 }}:0] scores [0:SAMPLES-1];
{%- for layer in layers %}
    reg [{{ layer.neurons - 1 }}:0] expected_{{ layer.step }} [0:TIMESTEPS*SAMPLES-1];
{%- endfor %}
    initial begin
        $readmemh("tb_input.mem", frames);
        $readmemh("tb_output.mem", outputs);
        $readmemh("tb_class.mem", classes);
        $readmemh("tb_score.mem", scores);
{%- for layer in layers %}
        $readmemh("tb_expected_{{ layer.step }}.mem", expected_{{ layer.step }});
{%- endfor %}
    end

    reg [{{ inputs + 1 }}:0] frame = 0;
    reg s_valid = 1'b0;
    reg m_ready = 1'b0;
    wire s_ready, m_first, m_valid, class_valid;
    wire [{{ outputs - 1 }}:0] m_spikes;
    wire [{{ class_bits - 1 }}:0] class_index;
    {{ top }} dut (
        .clk(clk), .rst(rst),
        .s_spikes(frame[{{ inputs - 1 }}:0]), .s_first(frame[{{ inputs }}]), .s_valid(s_valid), .s_ready(s_ready),
        .m_spikes(m_spikes), .m_first(m_first), .m_valid(m_valid), .m_ready(m_ready),
        .class_valid(class_valid), .class_index(class_index)
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
    integer next = 0;            // frame
    integer started = -1;        // sample
    integer start_clock = 0;
    integer end_clock = 0;
    integer given = 0;           // timesteps
    integer classed = 0;         // samples
    integer scored = 0;          // samples
{%- for layer in layers %}
    integer at_{{ layer.step }} = 0;
{%- endfor %}
    integer k;
    reg failed = 1'b0;

    always @(posedge clk) begin
        clock = clock + 1;
        if (clock == 4 || clock == restart + 1) rst <= 1'b0;
        if (clock == restart) begin
            rst     <= 1'b1;
            s_valid <= 1'b0;
            next    = 0;
            started = -1;
            given   = 0;
            classed = 0;
            scored  = 0;
{%- for layer in layers %}
            at_{{ layer.step }} = 0;
{%- endfor %}
        end else if (!rst) begin
            // input
            if (s_valid && s_ready) begin
                busy = clock;
                if (frame[{{ inputs + 1 }}]) begin
                    if (started >= 0) $display("CLOCKS %0d", clock - start_clock);
                    started = started + 1;
                    start_clock = clock;
                end
            end
            if (!s_valid || s_ready) begin
                random = seed == 0 ? 0 : $random(seed);
                if (next < FRAMES && random[2:0] < 3'd5) begin
                    frame   <= frames[next];
                    s_valid <= 1'b1;
                    next = next + 1;
                end else s_valid <= 1'b0;
            end
            // every layer, before the output that it becomes
{%- for layer in layers %}
            if (dut.{{ layer.id }}__spikes_valid && at_{{ layer.step }} < TIMESTEPS*SAMPLES) begin
                if (!failed && dut.{{ layer.id }}__spikes !== expected_{{ layer.step }}[at_{{ layer.step }}]) begin
                    for (k = {{ layer.neurons }} - 1; k >= 0; k = k - 1)
                        if (dut.{{ layer.id }}__spikes[k] !== expected_{{ layer.step }}[at_{{ layer.step }}][k]) started = k;
                    $display("DIFFERENCE sample=%0d step={{ layer.step }} timestep=%0d neuron=%0d expected=%0d found=%0d",
                             at_{{ layer.step }} / TIMESTEPS, at_{{ layer.step }} % TIMESTEPS, started,
                             expected_{{ layer.step }}[at_{{ layer.step }}][started], dut.{{ layer.id }}__spikes[started]);
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
                if (!failed && (given >= TIMESTEPS*SAMPLES || outputs[given] !== {m_first, m_spikes})) begin
                    $display("WRONG output of timestep %0d: found %b first=%b, expected {first, spikes} = %b", given, m_spikes,
                             m_first, outputs[given]);
                    failed = 1'b1;
                end
                given = given + 1;
            end
            // readout
            if (dut.unused_score_valid && scored < SAMPLES) begin
                for (k = 0; k < {{ outputs }}; k = k + 1)
                    if (!failed && dut.unused_scores[k*{{ score_bits }} +: {{ score_bits }}] !== scores[scored][k*{{ score_bits }} +: {{ score_bits }}]) begin
                        $display("WRONG score of sample %0d, element %0d: found %0d, expected %0d", scored, k,
                                 $signed(dut.unused_scores[k*{{ score_bits }} +: {{ score_bits }}]), $signed(scores[scored][k*{{ score_bits }} +: {{ score_bits }}]));
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
            $display("WRONG silence: nothing has happened for %0d clocks, at input frame %0d and output timestep %0d", PATIENCE,
                     next, given);
            failed = 1'b1;
        end
        if (failed) begin
            $display("FAIL %0d", $time);
            $finish;
        end else if (given == SAMPLES*TIMESTEPS) begin
            if (end_clock == 0) begin
                end_clock = clock;
                $display("CLOCKS %0d", clock - start_clock);
            end
            if (scored == SAMPLES && classed == SAMPLES) begin
                $display("PASS");
                $finish;
            end
        end
    end
endmodule

`default_nettype wire
