// Collects events, in any order, into a frame of packed words for a window reader (snn_window).
// A frame is filled one event per clock, then copied FRAME words long to the reader, and cleared behind itself. It is copied
// column by column, so that the reader's words can hold STACK rows: row y of the reader's is rows y to y + STACK - 1.
// Clocks of a frame: one per beat, COPY = FRAME + 6 after the last one. After a reset FRAME clocks of clearing.
`default_nettype none
module snn_collect #(
    parameter PLANES       = 1,    // digit planes, most significant first
    parameter CHUNK        = 8,    // channels of a word, a power of two where there is more than one word
    parameter CHUNKS       = 1,    // words of a column
    parameter BANKS        = 3,
    parameter PAD_Y        = 0,
    parameter PAD_X        = 0,
    parameter ROW          = 2,    // words from row to row
    parameter ROWS         = 4,
    parameter STACK        = 1,    // rows of a word of the reader's, at most ROWS
    parameter ADDRESS_BITS = 4,    // of the reader's two frames
    parameter Y_BITS       = 3,
    parameter X_BITS       = 3,
    parameter C_BITS       = 3
) (
    input  wire                          clk,
    input  wire                          rst,       // synchronous, active high
    input  wire [Y_BITS-1:0]             s_y,       // an active input, or ...
    input  wire [X_BITS-1:0]             s_x,
    input  wire [C_BITS-1:0]             s_c,
    input  wire                          s_keep,    // ... none in this beat
    input  wire                          s_last,    // the last beat of its timestep or plane
    input  wire                          s_first,   // first timestep of a sample
    input  wire                          s_valid,
    output wire                          s_ready,
    output wire                          start,     // reserves a frame, while ...
    input  wire                          free,      // ... there is room
    output reg  [BANKS-1:0]              write,
    output reg  [ADDRESS_BITS-1:0]       write_address,
    output wire [BANKS*PLANES*STACK*CHUNK-1:0] write_data,
    output reg                           written,
    output reg                           written_first
);
    localparam WORD       = PLANES * CHUNK;
    localparam PLANE_BITS = PLANES > 1 ? $clog2(PLANES) : 1;
    localparam SLOT_BITS  = CHUNK > 1 ? $clog2(CHUNK) : 1;
    localparam BANK_BITS  = BANKS > 1 ? $clog2(BANKS) : 1;
    localparam FRAME      = ROWS * ROW;
    localparam FRAME_BITS = FRAME > 1 ? $clog2(FRAME) : 1;
    localparam READER     = (ROWS - STACK + 1) * ROW;     // words of a frame of the reader's
    localparam ROW_BITS   = ROWS > 1 ? $clog2(ROWS) : 1;
    localparam LAST_ROW   = ROWS - 1;
    localparam LAST_WORD  = ROW - 1;
    localparam ABOVE      = (STACK - 1) * ROW;            // words of the rows that only begin a word of the reader's
    localparam [CHUNK-1:0] ONE = 1;
    localparam [PLANE_BITS-1:0] LAST_PLANE = PLANES[PLANE_BITS-1:0] - 1'b1;
    localparam [1:0] CLEAR = 2'd0, FILL = 2'd1, SETTLE = 2'd2, COPY = 2'd3;

    // where a row and a column lie
    reg [FRAME_BITS-1:0]   rows    [0:(1<<Y_BITS)-1];
    reg [FRAME_BITS-1:0]   columns [0:(1<<X_BITS)-1];
    reg [BANK_BITS-1:0]    banks   [0:(1<<X_BITS)-1];
    localparam FIRST_ROW    = PAD_Y * ROW;
    localparam FIRST_COLUMN = PAD_X / BANKS * CHUNKS;
    localparam FIRST_BANK   = PAD_X % BANKS;
    localparam LAST_BANK    = BANKS - 1;
    reg [FRAME_BITS-1:0] row, column;
    reg [BANK_BITS-1:0]  turn;
    integer k;
    initial begin
        row = FIRST_ROW[FRAME_BITS-1:0];
        for (k = 0; k < (1<<Y_BITS); k = k + 1) begin
            rows[k] = row;
            row     = row + ROW[FRAME_BITS-1:0];
        end
        column = FIRST_COLUMN[FRAME_BITS-1:0];
        turn   = FIRST_BANK[BANK_BITS-1:0];
        for (k = 0; k < (1<<X_BITS); k = k + 1) begin
            columns[k] = column;
            banks[k]   = turn;
            if (turn == LAST_BANK[BANK_BITS-1:0]) begin
                turn   = {BANK_BITS{1'b0}};
                column = column + CHUNKS[FRAME_BITS-1:0];
            end else turn = turn + 1'b1;
        end
    end

    reg [1:0]              state_q;
    reg [ROW_BITS-1:0]     row_q;      // of the copy
    reg [FRAME_BITS-1:0]   word_q;     // within the first row
    reg [FRAME_BITS-1:0]   place_q;    // its address
    reg [2:0]              settle_q;
    reg [PLANE_BITS-1:0]   plane_q;
    reg                    first_q;
    reg                    second_q;   // which of the reader's two frames
    wire last_row  = row_q == LAST_ROW[ROW_BITS-1:0];
    wire last_word = last_row && word_q == LAST_WORD[FRAME_BITS-1:0];
    wire take      = s_valid && s_ready;
    wire copied    = state_q == COPY && last_word;
    assign s_ready = state_q == FILL;
    assign start   = state_q == SETTLE && settle_q == 3'd0 && free;
    always @(posedge clk) begin
        case (state_q)
            CLEAR: if (last_word) state_q <= FILL;
            FILL: if (take && s_last && plane_q == {PLANE_BITS{1'b0}}) state_q <= SETTLE;
            SETTLE: if (start) state_q <= COPY;
            COPY: if (last_word) state_q <= FILL;
        endcase
        settle_q <= state_q != SETTLE ? 3'd4 : settle_q - {2'd0, settle_q != 3'd0};
        if (state_q == CLEAR || state_q == COPY) begin
            row_q <= last_row ? {ROW_BITS{1'b0}} : row_q + 1'b1;
            if (last_row) word_q <= last_word ? {FRAME_BITS{1'b0}} : word_q + 1'b1;
            place_q <= last_word ? {FRAME_BITS{1'b0}} : last_row ? word_q + 1'b1 : place_q + ROW[FRAME_BITS-1:0];
        end
        if (take && s_last) begin
            plane_q <= plane_q == {PLANE_BITS{1'b0}} ? LAST_PLANE : plane_q - 1'b1;
            first_q <= s_first;
        end
        if (copied) second_q <= !second_q;
        if (rst) begin
            state_q  <= CLEAR;
            row_q    <= {ROW_BITS{1'b0}};
            word_q   <= {FRAME_BITS{1'b0}};
            place_q  <= {FRAME_BITS{1'b0}};
            plane_q  <= LAST_PLANE;
            second_q <= 1'b0;
        end
    end

    // 1: the event, 2: its row and column, 3: its address, 4: the word with one more bit
    reg                    valid_1q, valid_2q, valid_3q, valid_4q, valid_5q;
    reg [Y_BITS-1:0]       y_1q;
    reg [X_BITS-1:0]       x_1q;
    reg [C_BITS-1:0]       c_1q;
    reg [PLANE_BITS-1:0]   plane_1q, plane_2q, plane_3q, plane_4q;
    reg [FRAME_BITS-1:0]   row_2q, column_2q, address_3q, address_4q, address_5q;
    reg [BANK_BITS-1:0]    bank_2q, bank_3q, bank_4q, bank_5q;
    reg [SLOT_BITS-1:0]    slot_2q, slot_3q, slot_4q;
    wire [FRAME_BITS-1:0]   chunk_1;
    wire [SLOT_BITS-1:0]    slot_1;
    generate if (CHUNKS > 1) begin : several
        wire [FRAME_BITS+C_BITS-1:0] wide = {{FRAME_BITS{1'b0}}, c_1q};
        wire unused_wide = &{1'b0, wide};
        assign chunk_1 = wide[$clog2(CHUNK) +: FRAME_BITS];
        assign slot_1  = CHUNK > 1 ? c_1q[SLOT_BITS-1:0] : {SLOT_BITS{1'b0}};
    end else begin : single
        assign chunk_1 = {FRAME_BITS{1'b0}};
        assign slot_1  = c_1q;
    end endgenerate
    reg  [FRAME_BITS-1:0]   chunk_2q;
    reg                     copy_q, whole_q, clear_q, written_1q, first_1q, second_1q;
    reg  [FRAME_BITS-1:0]   copy_address_q;
    always @(posedge clk) begin
        y_1q       <= s_y;
        x_1q       <= s_x;
        c_1q       <= s_c;
        plane_1q   <= plane_q;
        row_2q     <= rows[y_1q];
        column_2q  <= columns[x_1q];
        bank_2q    <= banks[x_1q];
        slot_2q    <= slot_1;
        chunk_2q   <= chunk_1;
        plane_2q   <= plane_1q;
        address_3q <= row_2q + column_2q + chunk_2q;
        bank_3q    <= bank_2q;
        slot_3q    <= slot_2q;
        plane_3q   <= plane_2q;
        address_4q <= address_3q;
        bank_4q    <= bank_3q;
        slot_4q    <= slot_3q;
        plane_4q   <= plane_3q;
        address_5q <= address_4q;
        bank_5q    <= bank_4q;
        copy_q         <= state_q == COPY;
        clear_q        <= state_q == CLEAR || state_q == COPY;
        whole_q        <= {1'b0, row_q} + 1'b1 >= STACK[ROW_BITS:0];
        copy_address_q <= place_q;
        {valid_1q, valid_2q, valid_3q, valid_4q, valid_5q} <=
            rst ? 5'd0 : {take && s_keep, valid_1q, valid_2q, valid_3q, valid_4q};
        write         <= copy_q && whole_q && !rst ? {BANKS{1'b1}} : {BANKS{1'b0}};
        write_address <= reader_address[ADDRESS_BITS-1:0] + (second_1q ? READER[ADDRESS_BITS-1:0] : {ADDRESS_BITS{1'b0}});
        written_1q    <= copied && !rst;
        written       <= written_1q && !rst;
        second_1q     <= second_q;
        first_1q      <= first_q;
        written_first <= first_1q;
    end

    wire [FRAME_BITS+ADDRESS_BITS-1:0] reader_address = {{ADDRESS_BITS{1'b0}}, copy_address_q - ABOVE[FRAME_BITS-1:0]};
    wire unused_address = &{1'b0, reader_address[FRAME_BITS+ADDRESS_BITS-1:ADDRESS_BITS]};
    wire again = valid_5q && address_5q == address_4q && bank_5q == bank_4q; // the word is still being written
    wire [CHUNK-1:0] channel_4 = ONE << slot_4q;
    genvar b, p, r;
    generate for (b = 0; b < BANKS; b = b + 1) begin : bank
        localparam BANK = b;
        wire [WORD-1:0] stored, one, with_one;
        reg  [WORD-1:0]       newest_5q;
        reg  [STACK*WORD-1:0] copied_q;    // rows, the last one highest
        wire            mine = bank_4q == BANK[BANK_BITS-1:0];
        for (p = 0; p < PLANES; p = p + 1) begin : plane
            localparam PLANE = p;
            assign one[p*CHUNK +: CHUNK] = plane_4q == PLANE[PLANE_BITS-1:0] ? channel_4 : {CHUNK{1'b0}};
        end
        assign with_one = one | (again ? newest_5q : stored);
        snn_ram #(.WIDTH(WORD), .DEPTH(FRAME), .ADDRESS_BITS(FRAME_BITS)) u_ram (
            .clk(clk), .write(clear_q || (valid_4q && mine)), .write_address(clear_q ? copy_address_q : address_4q),
            .write_data(clear_q ? {WORD{1'b0}} : with_one),
            .read(state_q == COPY || valid_3q), .read_address(state_q == COPY ? place_q : address_3q), .read_data(stored)
        );
        always @(posedge clk) begin
            if (valid_4q) newest_5q <= with_one;
        end
        if (STACK > 1) begin : stack
            always @(posedge clk) if (copy_q) copied_q <= {stored, copied_q[STACK*WORD-1:WORD]};
        end else begin : row
            always @(posedge clk) if (copy_q) copied_q <= stored;
        end
        for (p = 0; p < PLANES; p = p + 1) begin : plane_of
            for (r = 0; r < STACK; r = r + 1) begin : row_of
                assign write_data[((b*PLANES+p)*STACK+r)*CHUNK +: CHUNK] = copied_q[(r*PLANES+p)*CHUNK +: CHUNK];
            end
        end
    end endgenerate
endmodule
`default_nettype wire
