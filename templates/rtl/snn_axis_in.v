// AXI4-Stream to beats of events. A transfer has SLOTS indices, each in whole bytes; an event counts if all of its bytes
// are kept. TLAST ends the timestep or digit plane, TUSER marks the first timestep. What says nothing is dropped.
`default_nettype none
module snn_axis_in #(
    parameter SLOTS       = 1,
    parameter INDEX_BITS  = 10,
    parameter INDEX_BYTES = 2      // of INDEX_BITS
) (
    input  wire [SLOTS*INDEX_BYTES*8-1:0] s_axis_tdata,
    input  wire [SLOTS*INDEX_BYTES-1:0]   s_axis_tkeep,
    input  wire                           s_axis_tlast,
    input  wire                           s_axis_tuser,
    input  wire                           s_axis_tvalid,
    output wire                           s_axis_tready,
    input  wire                           enable,      // nothing is taken while it is low
    output wire [SLOTS*INDEX_BITS-1:0]    m_index,
    output wire [SLOTS-1:0]               m_keep,
    output wire                           m_last,
    output wire                           m_first,
    output wire                           m_valid,
    input  wire                           m_ready
);
    genvar k;
    generate for (k = 0; k < SLOTS; k = k + 1) begin : slot
        assign m_index[k*INDEX_BITS +: INDEX_BITS] = s_axis_tdata[k*INDEX_BYTES*8 +: INDEX_BITS];
        assign m_keep[k] = &s_axis_tkeep[k*INDEX_BYTES +: INDEX_BYTES];
    end endgenerate
    wire unused_padding = &{1'b0, s_axis_tdata};
    wire something = s_axis_tlast || m_keep != {SLOTS{1'b0}};

    assign m_last        = s_axis_tlast;
    assign m_first       = s_axis_tuser;
    assign m_valid       = s_axis_tvalid && enable && something;
    assign s_axis_tready = enable && (m_ready || !something);
endmodule
`default_nettype wire
