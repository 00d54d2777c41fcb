// Encoder in front of a codebook: the input channels that have a spike in the window, lowest first, one per clock and
// without bubbles, each with the taps that are set: a row of indices and what the codewords respond to.
// The rows of a chunk arrive one after the other; while its channels leave, those of the next chunk are gathered.
// A chunk without spikes takes one clock. The item that ends a sum waits until the sum before has left the lanes (INTERVAL
// clocks), that of a frame's first sum also until the output has room.
`default_nettype none
module snn_taps #(
    parameter KERNEL_Y    = 3,     // rows of a chunk
    parameter BANKS       = 3,     // kernel width
    parameter CHUNK       = 8,     // channels of a chunk
    parameter OFFSET_BITS = 5,     // of 0 .. BANKS * CHUNK - 1
    parameter ROW_BITS    = 7,     // of a row of indices
    parameter INTERVAL    = 1      // least clocks between two sums
) (
    input  wire                      clk,
    input  wire                      rst,        // synchronous, active high
    input  wire                      i_valid,
    input  wire [BANKS*CHUNK-1:0]    i_bits,
    input  wire [OFFSET_BITS-1:0]    i_rotation, // CHUNK times the bank of the window's first column
    input  wire [ROW_BITS-1:0]       i_row,      // of the chunk's first channel
    input  wire [3:0]                i_flags,    // start, done, shift, load
    input  wire [3:0]                i_tag,
    output wire                      i_pop,
    output wire                      start,      // reserves the output, while ...
    input  wire                      free,       // ... there is room
    output reg                       o_valid,    // to the lanes
    output reg  [ROW_BITS-1:0]       o_row,
    output reg  [KERNEL_Y*BANKS-1:0] o_taps,     // row by row of the kernel
    output reg                       o_done,
    output reg  [3:0]                o_tag
);
    localparam ALL        = BANKS * CHUNK;
    localparam TAPS       = KERNEL_Y * BANKS;
    localparam KY_BITS    = KERNEL_Y > 1 ? $clog2(KERNEL_Y) : 1;
    localparam INDEX_BITS = CHUNK > 1 ? $clog2(CHUNK) : 1;
    localparam WAIT_BITS  = $clog2(INTERVAL + 1);
    localparam [KY_BITS-1:0]   LAST_KY = KERNEL_Y[KY_BITS-1:0] - 1'b1;
    localparam [WAIT_BITS-1:0] WAIT    = INTERVAL[WAIT_BITS-1:0] - 1'b1;
    wire unused_flags = &{1'b0, i_flags[1:0]};

    // the chunk that is gathered: its rows, the first lowest, and its channels that have a spike
    reg                      full_q;
    reg [KY_BITS-1:0]        ky_q;
    reg [KERNEL_Y*ALL-1:0]   rows_q;
    reg [CHUNK-1:0]          any_q;
    reg [OFFSET_BITS-1:0]    next_rotation_q;
    reg [ROW_BITS-1:0]       next_row_q;
    reg                      next_start_q, next_done_q;
    reg [3:0]                next_tag_q;

    // the chunk in hand
    reg                      valid_q, more_q;
    reg [KERNEL_Y*ALL-1:0]   hand_q;
    reg [CHUNK-1:0]          one_q;              // the channel of this clock
    reg [CHUNK-1:0]          rest_q;             // those above it
    reg [OFFSET_BITS-1:0]    rotation_q;
    reg [ROW_BITS-1:0]       row_q;
    reg                      start_q, done_q;
    reg [3:0]                tag_q;
    reg [WAIT_BITS-1:0]      wait_q;             // clocks until the lanes can be drained again

    wire done    = done_q && !more_q;
    wire blocked = done && (wait_q != {WAIT_BITS{1'b0}} || (start_q && !free));
    wire issue   = valid_q && !blocked;
    wire take    = full_q && (!valid_q || (issue && !more_q));
    assign i_pop = i_valid && (!full_q || take);
    assign start = issue && done && start_q;

    wire [CHUNK-1:0]         any;                // of the row that arrives
    wire [(KERNEL_Y+1)*ALL-1:0] shifted = {i_bits, rows_q};
    wire unused_row = &{1'b0, shifted[ALL-1:0]};
    genvar b, c, k;
    generate for (c = 0; c < CHUNK; c = c + 1) begin : channel
        wire [BANKS-1:0] columns;
        for (b = 0; b < BANKS; b = b + 1) begin : bank
            assign columns[b] = i_bits[b*CHUNK + c];
        end
        assign any[c] = |columns;
    end endgenerate
    wire [CHUNK-1:0] any_less  = any_q - 1'b1;
    wire [CHUNK-1:0] rest_less = rest_q - 1'b1;
    always @(posedge clk) begin
        if (i_pop) begin
            rows_q          <= shifted[ALL +: KERNEL_Y*ALL];
            any_q           <= ky_q == {KY_BITS{1'b0}} ? any : any_q | any;
            ky_q            <= ky_q == LAST_KY ? {KY_BITS{1'b0}} : ky_q + 1'b1;
            next_rotation_q <= i_rotation;
            next_row_q      <= i_row;
            {next_start_q, next_done_q} <= i_flags[3:2];
            next_tag_q      <= i_tag;
        end
        full_q <= (full_q && !take) || (i_pop && ky_q == LAST_KY);
        if (take) begin
            valid_q    <= 1'b1;
            hand_q     <= rows_q;
            one_q      <= any_q & ~any_less;
            rest_q     <= any_q & any_less;
            more_q     <= |(any_q & any_less);
            rotation_q <= next_rotation_q;
            row_q      <= next_row_q;
            {start_q, done_q} <= {next_start_q, next_done_q};
            tag_q      <= next_tag_q;
        end else if (issue) begin
            valid_q <= more_q;
            one_q   <= rest_q & ~rest_less;
            rest_q  <= rest_q & rest_less;
            more_q  <= |(rest_q & rest_less);
        end
        if (issue && done) wait_q <= WAIT;
        else if (wait_q != {WAIT_BITS{1'b0}}) wait_q <= wait_q - 1'b1;
        if (rst) begin
            full_q  <= 1'b0;
            ky_q    <= {KY_BITS{1'b0}};
            valid_q <= 1'b0;
            wait_q  <= {WAIT_BITS{1'b0}};
        end
    end

    // 1: number of the channel and its taps, 2: from the window's first column on, 3: its row
    wire [INDEX_BITS-1:0]  index;
    snn_binary #(.BITS(CHUNK), .INDEX_BITS(INDEX_BITS)) u_binary (.one(one_q), .index(index));
    reg  [INDEX_BITS-1:0]  index_1q;
    reg  [OFFSET_BITS-1:0] rotation_1q;
    reg  [TAPS-1:0]        taps_1q, taps_2q;
    wire [TAPS-1:0]        found, turned;
    wire [BANKS-1:0]       first;                // the bank of the window's first column
    generate
        for (b = 0; b < BANKS; b = b + 1) begin : bank
            localparam COLUMN = b * CHUNK;
            assign first[b] = rotation_1q == COLUMN[OFFSET_BITS-1:0];
        end
        for (k = 0; k < TAPS; k = k + 1) begin : tap
            localparam START = k / BANKS * BANKS;
            wire [BANKS-1:0] from;
            assign found[k]  = |(hand_q[k*CHUNK +: CHUNK] & one_q);
            for (b = 0; b < BANKS; b = b + 1) begin : bank
                assign from[b] = first[b] && taps_1q[START + (k + b) % BANKS];
            end
            assign turned[k] = |from;
        end
    endgenerate
    reg [ROW_BITS-1:0]     row_1q, row_2q;
    reg [4:0]              flags_1q, flags_2q;
    reg                    valid_1q, valid_2q;
    wire [ROW_BITS-1:0]    wide_index;
    generate if (ROW_BITS > INDEX_BITS) begin : wider
        assign wide_index = {{(ROW_BITS-INDEX_BITS){1'b0}}, index_1q};
    end else begin : equal
        assign wide_index = index_1q[ROW_BITS-1:0];
    end endgenerate
    always @(posedge clk) begin
        if (issue) begin
            index_1q    <= index;
            taps_1q     <= found;
            rotation_1q <= rotation_q;
            row_1q      <= row_q;
            flags_1q    <= {done, tag_q};
        end
        if (valid_1q) begin
            row_2q   <= row_1q + wide_index;
            taps_2q  <= turned;
            flags_2q <= flags_1q;
        end
        if (valid_2q) begin
            o_row  <= row_2q;
            o_taps <= taps_2q;
            {o_done, o_tag} <= flags_2q;
        end
        {valid_1q, valid_2q, o_valid} <= rst ? 3'b000 : {issue, valid_1q, valid_2q};
    end
endmodule
`default_nettype wire
