// snn_encoder: a beat stays until it is taken; every one of every word is one event, lowest first, none is lost or doubled;
// the last event of the last word, or a beat without one, ends the timestep.
`default_nettype none
module proof (
    input wire       clk,
    input wire       rst,
    input wire [3:0] s_bits,
    input wire       s_last, s_first, s_valid,
    input wire       m_ready
);
    wire       s_ready, m_keep, m_last, m_first, m_valid;
    wire [4:0] m_index;
    snn_encoder #(.WORD(4), .INDEX_BITS(5)) dut (
        .clk(clk), .rst(rst), .s_bits(s_bits), .s_last(s_last), .s_first(s_first), .s_valid(s_valid), .s_ready(s_ready),
        .m_index(m_index), .m_keep(m_keep), .m_last(m_last), .m_first(m_first), .m_valid(m_valid), .m_ready(m_ready)
    );
    reg        begun = 1'b0, held = 1'b0, has = 1'b0, last = 1'b0, first = 1'b0;
    reg  [7:0] beat = 8'd0;
    reg  [3:0] left = 4'd0;    // ones of the word that have not gone out
    reg  [4:0] base = 5'd0;
    wire       in = s_valid && s_ready, out = m_valid && m_ready;
    wire [4:0] place = m_index - base;
    wire [3:0] one = 4'd1 << place[1:0];
    wire [3:0] rest = out && m_keep ? left & ~one : left;
    wire       over = rest == 4'd0 && (!last || (out && m_last));
    always @(posedge clk) begin
        begun <= 1'b1;
        held  <= m_valid && !m_ready && !rst;
        beat  <= {m_index, m_keep, m_last, m_first};
        if (in) begin
            left  <= s_bits;
            last  <= s_last;
            first <= s_first;
        end else left <= rest;
        has <= !rst && (in || (has && !over));
        // the next word's events follow
        if (rst) base <= 5'd0;
        else if (has && over) base <= last ? 5'd0 : base + 5'd4;
    end
    always @* begin
        if (!begun) assume (rst);
        if (begun) begin
            if (held) assert (m_valid && beat == {m_index, m_keep, m_last, m_first});
            if (m_valid) assert (has && m_first == first && m_keep == (left != 4'd0));
            if (m_valid && m_keep) assert (place < 5'd4 && (left & one) == one && (left & (one - 1'b1)) == 4'd0);
            if (m_valid) assert (m_last == (last && (left & ~one) == 4'd0));
            if (m_valid && !m_keep) assert (m_last);
            if (!rst) assert (s_ready == (!has || over)); // a word waits until nothing of the one before is left, no longer
        end
    end
endmodule
`default_nettype wire
