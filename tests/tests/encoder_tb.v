// Bitmaps in, events out, both held back at random where +seed is not 0; prints the clocks between first and last.
`default_nettype none
module encoder_tb;
    reg clk = 1'b0, rst = 1'b1;
    always #1 clk = !clk;
    reg [9:0]  words  [0:`WORDS-1];      // {first, last, bits}
    reg [8:0]  events [0:`EVENTS-1];     // {first, last, keep, index}
    initial begin
        $readmemh("words.mem", words);
        $readmemh("events.mem", events);
    end
    integer seed, random = 0, next = 0, given = 0, clock = 0, started = 0;
    initial if (!$value$plusargs("seed=%d", seed)) seed = 0;
    reg [9:0] word = 0;
    reg s_valid = 1'b0, m_ready = 1'b0;
    wire s_ready, m_keep, m_last, m_first, m_valid;
    wire [5:0] m_index;
    snn_encoder #(.WORD(8), .INDEX_BITS(6)) dut (
        .clk(clk), .rst(rst), .s_bits(word[7:0]), .s_last(word[8]), .s_first(word[9]), .s_valid(s_valid),
        .s_ready(s_ready), .m_index(m_index), .m_keep(m_keep), .m_last(m_last), .m_first(m_first), .m_valid(m_valid), .m_ready(m_ready)
    );
    always @(posedge clk) begin
        clock = clock + 1;
        if (clock == 3) rst <= 1'b0;
        if (!rst) begin
            if (s_valid && s_ready && started == 0) started = clock;
            if (!s_valid || s_ready) begin
                random = seed == 0 ? 0 : $random(seed);
                s_valid <= next < `WORDS && random[1:0] != 2'd3;
                if (next < `WORDS && random[1:0] != 2'd3) begin
                    word <= words[next];
                    next = next + 1;
                end
            end
            random = seed == 0 ? 0 : $random(seed);
            m_ready <= random[1:0] != 2'd3;
            if (m_valid && m_ready) begin
                if (events[given] !== {m_first, m_last, m_keep, m_index}) begin
                    $display("FAIL event %0d: found %h, expected %h", given, {m_first, m_last, m_keep, m_index}, events[given]);
                    $finish;
                end
                given = given + 1;
                if (given == `EVENTS) begin
                    $display("PASS %0d", clock - started);
                    $finish;
                end
            end
        end
        if (clock == 100000) begin
            $display("FAIL silence");
            $finish;
        end
    end
endmodule
`default_nettype wire
