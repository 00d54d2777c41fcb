// Packs the elements of a frame, in raster order and channels last, into the words that the next layer's window reads:
// CHUNK channels of one column, column x in bank x mod BANKS. Every word is written, so nothing is ever cleared.
`default_nettype none
module snn_writer #(
    parameter GROUP        = 2,    // elements per clock
    parameter PLANES       = 1,    // bits of an element
    parameter CHUNK        = 8,    // channels of a word, a multiple of GROUP
    parameter CHANNELS     = 8,    // a multiple of GROUP
    parameter HEIGHT       = 4,
    parameter WIDTH        = 4,
    parameter BANKS        = 3,
    parameter START        = 0,    // word of the first column of the map, behind the padding
    parameter FIRST_BANK   = 0,    // its bank
    parameter ROW          = 2,    // words from row to row
    parameter FRAME        = 8,    // words of a frame
    parameter FRAMES       = 2,    // frames of the reader's memory
    parameter ADDRESS_BITS = 4
) (
    input  wire                    clk,
    input  wire                    rst,           // synchronous, active high
    input  wire                    i_valid,
    input  wire [GROUP*PLANES-1:0] i_data,
    input  wire                    i_first,       // first timestep of a sample
    output reg  [BANKS-1:0]        write,
    output reg  [ADDRESS_BITS-1:0] write_address,
    output wire [PLANES*CHUNK-1:0] write_data,    // plane after plane, the least significant first
    output reg                     written,       // the frame is complete
    output reg                     written_first
);
    localparam SLOTS      = CHUNK / GROUP;
    localparam PER_COLUMN = CHANNELS / GROUP;
    localparam CHUNKS     = (CHANNELS + CHUNK - 1) / CHUNK;
    localparam SLOT_BITS  = SLOTS > 1 ? $clog2(SLOTS) : 1;
    localparam GROUP_BITS = PER_COLUMN > 1 ? $clog2(PER_COLUMN) : 1;
    localparam X_BITS     = WIDTH > 1 ? $clog2(WIDTH) : 1;
    localparam Y_BITS     = HEIGHT > 1 ? $clog2(HEIGHT) : 1;
    localparam BACK       = CHUNKS - 1;
    localparam LAST_START = START + (FRAMES - 1) * FRAME;
    localparam [SLOT_BITS-1:0]  LAST_SLOT  = SLOTS[SLOT_BITS-1:0] - 1'b1;
    localparam [GROUP_BITS-1:0] LAST_GROUP = PER_COLUMN[GROUP_BITS-1:0] - 1'b1;
    localparam [X_BITS-1:0]     LAST_X     = WIDTH[X_BITS-1:0] - 1'b1;
    localparam [Y_BITS-1:0]     LAST_Y     = HEIGHT[Y_BITS-1:0] - 1'b1;
    localparam ONE_HOT = 1 << FIRST_BANK;
    localparam [BANKS-1:0]      FIRST      = ONE_HOT[BANKS-1:0];

    reg [SLOT_BITS-1:0]    slot_q;
    reg [GROUP_BITS-1:0]   group_q;
    reg [X_BITS-1:0]       x_q;
    reg [Y_BITS-1:0]       y_q;
    reg [BANKS-1:0]        bank_q;      // one bit
    reg [ADDRESS_BITS-1:0] address_q;
    reg [ADDRESS_BITS-1:0] row_q;
    reg [ADDRESS_BITS-1:0] start_q;     // first word of this frame

    wire column_end = group_q == LAST_GROUP;
    wire chunk_end  = column_end || slot_q == LAST_SLOT;
    wire row_end    = column_end && x_q == LAST_X;
    wire frame_end  = row_end && y_q == LAST_Y;
    wire [ADDRESS_BITS-1:0] frame_start = start_q == LAST_START[ADDRESS_BITS-1:0] ? START[ADDRESS_BITS-1:0]
                                                                                  : start_q + FRAME[ADDRESS_BITS-1:0];
    wire [ADDRESS_BITS-1:0] row_start   = row_q + ROW[ADDRESS_BITS-1:0];

    // slot by slot; the first group of a word clears the others
    genvar p, i;
    generate for (p = 0; p < PLANES; p = p + 1) begin : plane
        wire [GROUP-1:0] bits;
        for (i = 0; i < GROUP; i = i + 1) begin : element
            assign bits[i] = i_data[i*PLANES+p];
        end
        reg [CHUNK-1:0] chunk_q;
        integer s;
        always @(posedge clk)
            if (i_valid)
                for (s = 0; s < SLOTS; s = s + 1)
                    if (slot_q == s[SLOT_BITS-1:0]) chunk_q[s*GROUP +: GROUP] <= bits;
                    else if (slot_q == {SLOT_BITS{1'b0}}) chunk_q[s*GROUP +: GROUP] <= {GROUP{1'b0}};
        assign write_data[p*CHUNK +: CHUNK] = chunk_q;
    end endgenerate

    wire [BANKS-1:0] next_bank;
    generate if (BANKS > 1) begin : ring
        assign next_bank = {bank_q[BANKS-2:0], bank_q[BANKS-1]};
    end else begin : one
        assign next_bank = bank_q;
    end endgenerate

    always @(posedge clk) begin
        write         <= i_valid && chunk_end ? bank_q : {BANKS{1'b0}};
        written       <= i_valid && frame_end;
        if (i_valid) begin
            write_address <= address_q;
            written_first <= i_first;
            slot_q  <= chunk_end ? {SLOT_BITS{1'b0}} : slot_q + 1'b1;
            group_q <= column_end ? {GROUP_BITS{1'b0}} : group_q + 1'b1;
            if (column_end) begin
                x_q    <= row_end ? {X_BITS{1'b0}} : x_q + 1'b1;
                bank_q <= row_end ? FIRST : next_bank;
            end
            if (row_end) y_q <= frame_end ? {Y_BITS{1'b0}} : y_q + 1'b1;
            if (frame_end) start_q <= frame_start;
            if (row_end) row_q <= frame_end ? frame_start : row_start;
            address_q <= frame_end                          ? frame_start :
                         row_end                            ? row_start :
                         column_end && !bank_q[BANKS-1]     ? address_q - BACK[ADDRESS_BITS-1:0] :
                         chunk_end                          ? address_q + 1'b1 : address_q;
        end
        if (rst) begin
            slot_q    <= {SLOT_BITS{1'b0}};
            group_q   <= {GROUP_BITS{1'b0}};
            x_q       <= {X_BITS{1'b0}};
            y_q       <= {Y_BITS{1'b0}};
            bank_q    <= FIRST;
            address_q <= START[ADDRESS_BITS-1:0];
            row_q     <= START[ADDRESS_BITS-1:0];
            start_q   <= START[ADDRESS_BITS-1:0];
            write     <= {BANKS{1'b0}};
            written   <= 1'b0;
        end
    end
endmodule
`default_nettype wire
