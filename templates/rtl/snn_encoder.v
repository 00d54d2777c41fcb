// Bitmap to events: for a host that has a timestep as words of bits. It stands in front of a network's top module.
// Bit b of word w is the event WORD * w + b. Clocks: one per spike, and one per word without spikes.
`default_nettype none
module snn_encoder #(
    parameter WORD       = 32,   // bits of a word
    parameter INDEX_BITS = 10    // of an event
) (
    input  wire                  clk,
    input  wire                  rst,       // synchronous, active high
    input  wire [WORD-1:0]       s_bits,    // word after word of a timestep (or digit plane)
    input  wire                  s_last,    // its last word
    input  wire                  s_first,   // on every word of a sample's first timestep
    input  wire                  s_valid,
    output wire                  s_ready,
    output wire [INDEX_BITS-1:0] m_index,
    output wire                  m_keep,    // the beat carries an event
    output wire                  m_last,    // the last beat of its timestep
    output wire                  m_first,
    output wire                  m_valid,
    input  wire                  m_ready
);
    reg                  valid_q, last_q, first_q;
    reg [WORD-1:0]       rest_q;
    reg [INDEX_BITS-1:0] base_q;
    wire [WORD-1:0]      lowest, beyond;
    snn_pick #(.BITS(WORD)) u_pick (.bits(rest_q), .ones(lowest), .rest(beyond));
    wire                 silent = rest_q == {WORD{1'b0}};
    wire                 ends   = beyond == {WORD{1'b0}};                 // nothing is left of the word behind this event
    wire                 ended  = valid_q && ends && (m_ready || (silent && !last_q));

    wire [INDEX_BITS-1:0] offset;
    snn_binary #(.BITS(WORD), .INDEX_BITS(INDEX_BITS)) u_binary (.one(lowest), .index(offset));

    assign s_ready = !valid_q || ended;
    assign m_index = silent ? {INDEX_BITS{1'b0}} : base_q + offset;
    assign m_keep  = !silent;
    assign m_last  = last_q && ends;
    assign m_first = first_q;
    assign m_valid = valid_q && (!silent || last_q);
    always @(posedge clk) begin
        if (s_ready) begin
            valid_q <= s_valid;
            rest_q  <= s_bits;
            last_q  <= s_last;
            first_q <= s_first;
        end else if (m_ready) rest_q <= beyond;
        if (ended) base_q <= last_q ? {INDEX_BITS{1'b0}} : base_q + WORD[INDEX_BITS-1:0];
        if (rst) begin
            valid_q <= 1'b0;
            base_q  <= {INDEX_BITS{1'b0}};
        end
    end
endmodule
`default_nettype wire
