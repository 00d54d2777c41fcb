// snn_unrolled_collect: a frame stays until it is taken; it has the events since the frame before, each of them once, and the
// mark of its last one; an event waits for nothing but a frame that has not been taken, and only if it ends one.
`default_nettype none
module proof (
    input wire       clk,
    input wire       rst,
    input wire [1:0] s_index,
    input wire       s_keep,
    input wire       s_last,
    input wire       s_first,
    input wire       s_valid,
    input wire       m_ready
);
    wire       s_ready, m_first, m_valid;
    wire [2:0] m_spikes;
    snn_unrolled_collect #(.FAN_IN(3), .INDEX_BITS(2)) dut (
        .clk(clk), .rst(rst), .s_index(s_index), .s_keep(s_keep), .s_last(s_last), .s_first(s_first), .s_valid(s_valid),
        .s_ready(s_ready), .m_spikes(m_spikes), .m_first(m_first), .m_valid(m_valid), .m_ready(m_ready)
    );
    reg        begun = 1'b0, waits = 1'b0, first = 1'b0;
    reg  [2:0] gathered = 3'd0, frame = 3'd0;
    wire [2:0] more = gathered | (s_keep ? 3'd1 << s_index : 3'd0);
    wire       taken = s_valid && s_ready;
    always @(posedge clk) begin
        begun <= 1'b1;
        waits <= !rst && ((taken && s_last) || (waits && !m_ready));
        if (taken) gathered <= s_last ? 3'd0 : more;
        if (taken && s_last) {first, frame} <= {s_first, more};
        if (rst) gathered <= 3'd0;
    end
    always @* begin
        if (!begun) assume (rst);
        if (begun) begin
            assert (m_valid == waits);
            if (m_valid) assert (m_spikes == frame && m_first == first);
            if (taken && s_last) assert (!waits || m_ready);
            if (!s_ready) assert (s_last && m_valid && !m_ready);
        end
    end
endmodule
`default_nettype wire
