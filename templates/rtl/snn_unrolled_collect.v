// Events of a timestep or digit plane to a frame, for an unrolled network behind a host. One event per clock; the one that
// ends a frame waits while the frame before it has not been taken.
`default_nettype none
module snn_unrolled_collect #(
    parameter FAN_IN     = 8,    // inputs
    parameter INDEX_BITS = 3
) (
    input  wire                  clk,
    input  wire                  rst,       // synchronous, active high
    input  wire [INDEX_BITS-1:0] s_index,   // an active input, ...
    input  wire                  s_keep,    // ... if there is one
    input  wire                  s_last,    // the frame's last beat
    input  wire                  s_first,   // first timestep of a sample
    input  wire                  s_valid,
    output wire                  s_ready,
    output reg  [FAN_IN-1:0]     m_spikes,
    output reg                   m_first,
    output reg                   m_valid,
    input  wire                  m_ready
);
    reg  [FAN_IN-1:0] frame_q;    // as far as it has come
    wire [FAN_IN-1:0] one   = {{(FAN_IN-1){1'b0}}, s_keep} << s_index;
    wire [FAN_IN-1:0] frame = frame_q | one;
    wire              taken = s_valid && s_ready;
    wire              ends  = taken && s_last;

    assign s_ready = !s_last || !m_valid || m_ready;
    always @(posedge clk) begin
        if (taken) frame_q <= ends ? {FAN_IN{1'b0}} : frame;
        if (ends) begin
            m_spikes <= frame;
            m_first  <= s_first;
        end
        m_valid <= ends || (m_valid && !m_ready);
        if (rst) begin
            frame_q <= {FAN_IN{1'b0}};
            m_valid <= 1'b0;
        end
    end
endmodule
`default_nettype wire
