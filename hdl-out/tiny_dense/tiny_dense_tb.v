// Self-checking testbench of tiny_dense: 2 samples, every spike of every layer. Written by snnc.
// Run it where the memory files are:  verilator --binary --timing -O3 tiny_dense_tb.v tiny_dense.v rtl/*.v
//                              or:    iverilog -g2005 -o tiny_dense_tb tiny_dense_tb.v tiny_dense.v rtl/*.v
// +seed=N other than 0 holds input and output back at random. Without it the samples stand back to back, and the clocks
// of each are printed: from its first input beat to the next sample's, of the last one to the last output.
// +restart=N resets the design in clock N and begins again.
// +vcd writes every signal to waveform.vcd (Verilator: built with --trace).
`timescale 1ns/1ns
`default_nettype none

module tiny_dense_tb;
    localparam SAMPLES   = 2;
    localparam TIMESTEPS = 5;
    localparam BEATS     = 22;
    localparam OUTPUTS   = 11;
    localparam PATIENCE  = 11030;      // clocks in which something must happen

    reg clk = 1'b0;
    reg rst = 1'b1;
    always #5 clk = !clk;

    // {sample starts, first, last, keep, indices}
    reg [7:0] beats [0:BEATS-1];
    reg [3:0] outputs [0:OUTPUTS-1];
    reg [1:0] classes [0:SAMPLES-1];
    reg [3:0] scores [0:SAMPLES*3-1];
    reg [1:0] expected_0 [0:4*TIMESTEPS*SAMPLES-1];
    reg [31:0] order_0 [0:3];
    reg [0:0] expected_1 [0:3*TIMESTEPS*SAMPLES-1];
    reg [31:0] order_1 [0:2];
    initial begin
        $readmemh("tb_order_0.mem", order_0);
        $readmemh("tb_order_1.mem", order_1);
    end
    initial begin
        $readmemh("tb_input.mem", beats);
        $readmemh("tb_output.mem", outputs);
        $readmemh("tb_class.mem", classes);
        $readmemh("tb_score.mem", scores);
        $readmemh("tb_expected_0.mem", expected_0);
        $readmemh("tb_expected_1.mem", expected_1);
    end

    reg [7:0] beat = 0;
    reg s_valid = 1'b0;
    reg m_ready = 1'b0;
    wire s_ready, m_last, m_first, m_valid, class_valid;
    wire [1:0] m_index;
    wire [1:0] class_index;
    tiny_dense dut (
        .clk(clk), .rst(rst),
        .s_index(beat[3:0]), .s_keep(beat[4:4]),
        .s_last(beat[5]), .s_first(beat[6]),
        .s_valid(s_valid), .s_ready(s_ready),
        .m_index(m_index), .m_last(m_last), .m_first(m_first), .m_valid(m_valid), .m_ready(m_ready),
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
            $dumpvars(0, tiny_dense_tb);
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
                if (beat[7]) begin
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
                if (!failed && (given >= OUTPUTS || outputs[given] !== {m_first, m_last, m_last ? 2'd0 : m_index})) begin
                    $display("WRONG output beat %0d: found index=%0d last=%b first=%b", given, m_index, m_last, m_first);
                    failed = 1'b1;
                end
                given = given + 1;
                if (m_last) ended = ended + 1;
            end
            // every layer
            if (dut.layer_0__spikes_valid && at_0 < 4*TIMESTEPS*SAMPLES) begin
                if (dut.layer_0__spikes !== expected_0[at_0])
                    differ(0, at_0, 4, order_0[at_0 % 4],
                           {62'd0, expected_0[at_0]}, {62'd0, dut.layer_0__spikes});
                at_0 = at_0 + 1;
            end
            if (dut.layer_1__spikes_valid && at_1 < 3*TIMESTEPS*SAMPLES) begin
                if (dut.layer_1__spikes !== expected_1[at_1])
                    differ(1, at_1, 3, order_1[at_1 % 3],
                           {63'd0, expected_1[at_1]}, {63'd0, dut.layer_1__spikes});
                at_1 = at_1 + 1;
            end
            // readout
            if (dut.unused_score_valid && scored < SAMPLES*3) begin
                if (!failed && dut.unused_score !== scores[scored]) begin
                    $display("WRONG score of sample %0d, element %0d: found %0d, expected %0d", scored / 3,
                             scored % 3, $signed(dut.unused_score), $signed(scores[scored]));
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
            // what is behind the last output may still be on its way
            if (given == OUTPUTS && scored == SAMPLES*3 && classed == SAMPLES && at_0 == 4*TIMESTEPS*SAMPLES && at_1 == 3*TIMESTEPS*SAMPLES) begin
                $display("PASS");
                $finish;
            end
        end
    end
endmodule

`default_nettype wire
