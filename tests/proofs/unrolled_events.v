// snn_unrolled_events: a beat stays until it is taken; every spike of a timestep is one beat, lowest first; an end follows,
// with which the next timestep is taken.
`default_nettype none
module proof (
    input wire       clk,
    input wire       rst,
    input wire [2:0] s_spikes,
    input wire       s_first,
    input wire       s_valid,
    input wire       m_ready
);
    wire       s_ready, m_last, m_first, m_valid;
    wire [1:0] m_index;
    snn_unrolled_events #(.OUTPUTS(3), .INDEX_BITS(2)) dut (
        .clk(clk), .rst(rst), .s_spikes(s_spikes), .s_first(s_first), .s_valid(s_valid), .s_ready(s_ready),
        .m_index(m_index), .m_last(m_last), .m_first(m_first), .m_valid(m_valid), .m_ready(m_ready)
    );
    reg        begun = 1'b0, there = 1'b0, first = 1'b0;
    reg  [2:0] left = 3'd0;     // spikes that are still to be given
    wire [2:0] one = 3'd1 << m_index;
    wire       out = m_valid && m_ready;
    always @(posedge clk) begin
        begun <= 1'b1;
        if (s_valid && s_ready) {there, first, left} <= {1'b1, s_first, s_spikes};
        else if (out && m_last) there <= 1'b0;
        else if (out) left <= left & ~one;
        if (rst) there <= 1'b0;
    end
    always @* begin
        if (!begun) assume (rst);
        if (begun) begin
            assert (m_valid == there);
            if (m_valid) assert (m_first == first && m_last == (left == 3'd0));
            if (m_valid && !m_last) assert ((left & one) == one && (left & (one - 1'b1)) == 3'd0);
            assert (s_ready == (!there || (out && m_last)));
        end
    end
endmodule
`default_nettype wire
