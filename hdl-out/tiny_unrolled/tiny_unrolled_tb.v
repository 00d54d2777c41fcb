// Self-checking testbench of tiny_unrolled: 2 samples, every spike of every layer. Written by snnc.
// Run it where the memory files are:  verilator --binary --timing -O3 tiny_unrolled_tb.v tiny_unrolled.v rtl/*.v
//                              or:    iverilog -g2005 -o tiny_unrolled_tb tiny_unrolled_tb.v tiny_unrolled.v rtl/*.v
// +seed=N other than 0 holds input and output back at random. Without it the samples stand back to back, and the clocks
// of each are printed: from its first frame to the next sample's, of the last one to the last output.
// +restart=N resets the design in clock N and begins again.
// +vcd writes every signal to waveform.vcd (Verilator: built with --trace).
`timescale 1ns/1ns
`default_nettype none

module tiny_unrolled_tb;
    localparam SAMPLES   = 2;
    localparam TIMESTEPS = 5;
    localparam BEATS     = 10;
    localparam OUTPUTS   = 10;
    localparam PATIENCE  = 10080;      // clocks in which something must happen

    reg clk = 1'b0;
    reg rst = 1'b1;
    always #5 clk = !clk;

    // {sample starts, first, spikes}
    reg [13:0] beats [0:BEATS-1];
    // {first, spikes}
    reg [3:0] outputs [0:OUTPUTS-1];
    reg [1:0] classes [0:SAMPLES-1];
    reg [11:0] scores [0:SAMPLES-1];
    reg [7:0] expected_0 [0:TIMESTEPS*SAMPLES-1];
    reg [2:0] expected_1 [0:TIMESTEPS*SAMPLES-1];
    initial begin
        $readmemh("tb_input.mem", beats);
        $readmemh("tb_output.mem", outputs);
        $readmemh("tb_class.mem", classes);
        $readmemh("tb_score.mem", scores);
        $readmemh("tb_expected_0.mem", expected_0);
        $readmemh("tb_expected_1.mem", expected_1);
    end

    reg [13:0] beat = 0;
    reg s_valid = 1'b0;
    reg m_ready = 1'b0;
    wire s_ready, m_first, m_valid, class_valid;
    wire [2:0] m_spikes;
    wire [1:0] class_index;
    tiny_unrolled dut (
        .clk(clk), .rst(rst),
        .s_spikes(beat[11:0]), .s_first(beat[12]), .s_valid(s_valid), .s_ready(s_ready),
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
            $dumpvars(0, tiny_unrolled_tb);
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
    integer at_0 = 0;
    integer at_1 = 0;
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
            ended   = 0;
            classed = 0;
            scored  = 0;
            at_0 = 0;
            at_1 = 0;
        end else if (!rst) begin
            // input
            if (s_valid && s_ready) begin
                busy = clock;
                if (beat[13]) begin
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
            // every layer, before the output that it becomes
            if (dut.layer_0__spikes_valid && at_0 < TIMESTEPS*SAMPLES) begin
                for (k = 0; k < 8; k = k + 1)
                    if (!failed && dut.layer_0__spikes[k] !== expected_0[at_0][k]) begin
                        $display("DIFFERENCE sample=%0d step=0 timestep=%0d neuron=%0d expected=%0d found=%0d",
                                 at_0 / TIMESTEPS, at_0 % TIMESTEPS, k,
                                 expected_0[at_0][k], dut.layer_0__spikes[k]);
                        failed = 1'b1;
                    end
                at_0 = at_0 + 1;
            end
            if (dut.layer_1__spikes_valid && at_1 < TIMESTEPS*SAMPLES) begin
                for (k = 0; k < 3; k = k + 1)
                    if (!failed && dut.layer_1__spikes[k] !== expected_1[at_1][k]) begin
                        $display("DIFFERENCE sample=%0d step=1 timestep=%0d neuron=%0d expected=%0d found=%0d",
                                 at_1 / TIMESTEPS, at_1 % TIMESTEPS, k,
                                 expected_1[at_1][k], dut.layer_1__spikes[k]);
                        failed = 1'b1;
                    end
                at_1 = at_1 + 1;
            end
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
            if (dut.unused_score_valid && scored < SAMPLES*3) begin
                for (k = 0; k < 3; k = k + 1)
                    if (!failed && dut.unused_scores[k*4 +: 4] !== scores[scored/3][k*4 +: 4]) begin
                        $display("WRONG score of sample %0d, element %0d: found %0d, expected %0d", scored / 3, k,
                                 $signed(dut.unused_scores[k*4 +: 4]),
                                 $signed(scores[scored/3][k*4 +: 4]));
                        failed = 1'b1;
                    end
                scored = scored + 3;
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
            // what is behind the last output may still be on its way
            if (given == OUTPUTS && scored == SAMPLES*3 && classed == SAMPLES && at_0 == 1*TIMESTEPS*SAMPLES && at_1 == 1*TIMESTEPS*SAMPLES) begin
                $display("PASS");
                $finish;
            end
        end
    end
endmodule

`default_nettype wire
