// Timesteps of an unrolled network's output to events, for a host: one beat per spike, lowest index first, and one that ends
// the timestep.
`default_nettype none
module snn_unrolled_events #(
    parameter OUTPUTS    = 10,
    parameter INDEX_BITS = 4
) (
    input  wire                  clk,
    input  wire                  rst,       // synchronous, active high
    input  wire [OUTPUTS-1:0]    s_spikes,
    input  wire                  s_first,   // first timestep of a sample
    input  wire                  s_valid,
    output wire                  s_ready,
    output wire [INDEX_BITS-1:0] m_index,   // a spike, or ...
    output wire                  m_last,    // ... the end of its timestep
    output wire                  m_first,
    output wire                  m_valid,
    input  wire                  m_ready
);
    reg                valid_q, first_q;
    reg  [OUTPUTS-1:0] rest_q;              // spikes that are still to be given
    wire [OUTPUTS-1:0] lowest, beyond;
    snn_pick #(.BITS(OUTPUTS)) u_pick (.bits(rest_q), .ones(lowest), .rest(beyond));
    snn_binary #(.BITS(OUTPUTS), .INDEX_BITS(INDEX_BITS)) u_binary (.one(lowest), .index(m_index));

    assign m_last  = rest_q == {OUTPUTS{1'b0}};
    assign m_first = first_q;
    assign m_valid = valid_q;
    assign s_ready = !valid_q || (m_ready && m_last);
    always @(posedge clk) begin
        if (s_ready) begin
            valid_q <= s_valid;
            first_q <= s_first;
            rest_q  <= s_spikes;
        end else if (m_ready) rest_q <= beyond;
        if (rst) valid_q <= 1'b0;
    end
endmodule
`default_nettype wire
