// The spikes of the last layer as a stream of events: one beat per spike, lowest index first, and one that ends the
// timestep. Clocks of a timestep without back-pressure: 1 + words * 3 + spikes + 1.
`default_nettype none
module snn_events #(
    parameter CHUNK        = 10,   // elements of a word
    parameter CHUNKS       = 1,    // words of a timestep
    parameter FRAMES       = 2,    // timesteps of the memory
    parameter ADDRESS_BITS = 1,    // of two timesteps
    parameter INDEX_BITS   = 4
) (
    input  wire                    clk,
    input  wire                    rst,           // synchronous, active high
    input  wire                    write,
    input  wire [ADDRESS_BITS-1:0] write_address,
    input  wire [CHUNK-1:0]        write_data,
    input  wire                    full,          // from the link: a timestep can be read
    input  wire                    first,         // it is the first of a sample
    output wire                    read,          // it has been read
    output wire [INDEX_BITS-1:0]   m_index,       // a spike, or ...
    output wire                    m_last,        // ... the end of its timestep
    output wire                    m_first,       // first timestep of a sample
    output wire                    m_valid,
    input  wire                    m_ready
);
    localparam [2:0] IDLE = 3'd0, FETCH = 3'd1, LOAD = 3'd2, SEND = 3'd3, END = 3'd4;
    localparam LAST_BASE = (CHUNKS - 1) * CHUNK;
    localparam ALL_WORDS = FRAMES * CHUNKS - 1;

    reg  [2:0]              state_q;
    reg  [ADDRESS_BITS-1:0] address_q;
    reg  [INDEX_BITS-1:0]   base_q;
    reg  [CHUNK-1:0]        rest_q;
    wire [CHUNK-1:0]        word;
    wire [CHUNK-1:0]        lowest, beyond;
    wire                    silent = rest_q == {CHUNK{1'b0}};
    wire                    last_word = base_q == LAST_BASE[INDEX_BITS-1:0];
    snn_ram #(.WIDTH(CHUNK), .DEPTH(FRAMES * CHUNKS), .ADDRESS_BITS(ADDRESS_BITS)) u_ram (
        .clk(clk), .write(write), .write_address(write_address), .write_data(write_data),
        .read(state_q == FETCH), .read_address(address_q), .read_data(word)
    );
    snn_pick #(.BITS(CHUNK)) u_pick (.bits(rest_q), .ones(lowest), .rest(beyond));
    wire [INDEX_BITS-1:0] offset;
    snn_binary #(.BITS(CHUNK), .INDEX_BITS(INDEX_BITS)) u_binary (.one(lowest), .index(offset));

    assign m_index = base_q + offset;
    assign m_last  = state_q == END;
    assign m_first = first;
    assign m_valid = state_q == END || (state_q == SEND && !silent);
    assign read    = state_q == END && m_ready;
    always @(posedge clk) begin
        case (state_q)
            IDLE: if (full) state_q <= FETCH;
            FETCH: state_q <= LOAD;
            LOAD: begin
                rest_q  <= word;
                state_q <= SEND;
            end
            SEND: if (silent) begin
                state_q   <= last_word ? END : FETCH;
                base_q    <= base_q + CHUNK[INDEX_BITS-1:0];
                address_q <= address_q == ALL_WORDS[ADDRESS_BITS-1:0] ? {ADDRESS_BITS{1'b0}} : address_q + 1'b1;
            end else if (m_ready) rest_q <= beyond;
            END: if (m_ready) begin
                state_q <= IDLE;
                base_q  <= {INDEX_BITS{1'b0}};
            end
            default: state_q <= IDLE;
        endcase
        if (rst) begin
            state_q   <= IDLE;
            address_q <= {ADDRESS_BITS{1'b0}};
            base_q    <= {INDEX_BITS{1'b0}};
        end
    end
endmodule
`default_nettype wire
