// Spikes to AXI4-Stream: a transfer for each, TLAST on the last one of its timestep; a silent timestep is one transfer of
// which no byte is kept. A spike is held until it is known whether another follows.
`default_nettype none
module snn_axis_out #(
    parameter INDEX_BITS  = 4,
    parameter INDEX_BYTES = 1      // of INDEX_BITS
) (
    input  wire                     clk,
    input  wire                     rst,           // synchronous, active high
    input  wire [INDEX_BITS-1:0]    s_index,
    input  wire                     s_keep,        // there is a spike
    input  wire                     s_last,        // the timestep ends
    input  wire                     s_first,
    input  wire                     s_valid,
    output wire                     s_ready,
    output wire [INDEX_BYTES*8-1:0] m_axis_tdata,
    output wire [INDEX_BYTES-1:0]   m_axis_tkeep,
    output wire                     m_axis_tlast,
    output wire                     m_axis_tuser,
    output wire                     m_axis_tvalid,
    input  wire                     m_axis_tready
);
    reg                  valid_q, keep_q, last_q, first_q;
    reg [INDEX_BITS-1:0] index_q;

    wire joins = s_valid && valid_q && !last_q && !s_keep;    // the end belongs to the spike that is held
    wire sent  = m_axis_tvalid && m_axis_tready;
    generate if (INDEX_BYTES * 8 > INDEX_BITS) begin : padded
        assign m_axis_tdata = {{(INDEX_BYTES*8-INDEX_BITS){1'b0}}, index_q};
    end else begin : exact
        assign m_axis_tdata = index_q;
    end endgenerate
    assign m_axis_tkeep  = {INDEX_BYTES{keep_q}};
    assign m_axis_tlast  = last_q;
    assign m_axis_tuser  = first_q;
    assign m_axis_tvalid = valid_q && (last_q || (s_valid && s_keep));
    assign s_ready       = !valid_q || joins || sent;
    always @(posedge clk) begin
        if (s_valid && s_ready) begin
            last_q  <= s_last;
            if (!joins) begin
                index_q <= s_keep ? s_index : {INDEX_BITS{1'b0}};
                keep_q  <= s_keep;
                first_q <= s_first;
            end
        end
        valid_q <= !rst && (s_valid || (valid_q && !sent));
    end
endmodule
`default_nettype wire
