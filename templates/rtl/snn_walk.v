// Walk of a kernel over a frame: which word of each bank, which rows of weights, chunk after chunk.
// Innermost first: chunks of a row of the window, rows of the window (BY_CHANNEL: the other way round), digit planes,
// groups of lanes, positions of a pool window, pool windows. One step per clock. Addresses run: a step adds a constant, nothing is multiplied.
// One of several engines (snn_turns) walks over the columns of positions that are its own, as if there were no others.
`default_nettype none
module snn_walk #(
    parameter PLANES       = 1,    // digit planes, most significant first
    parameter LANE_GROUPS  = 1,    // times that the window is read
    parameter HEIGHT       = 4,    // output positions
    parameter WIDTH        = 4,
    parameter POOL_Y       = 1,    // pool window, in positions
    parameter POOL_X       = 1,
    parameter KEEP_Y       = 4,    // positions from here on belong to no window
    parameter KEEP_X       = 4,
    parameter KERNEL_Y     = 3,
    parameter BY_CHANNEL   = 0,    // 1: all rows of a chunk before the next chunk, and a row of weights for each channel
    parameter BANKS        = 3,    // kernel width
    parameter CHUNK        = 8,    // channels of a word
    parameter CHUNKS       = 1,    // words of a column
    parameter ROW          = 2,    // words from row to row
    parameter STRIDE_Y     = 1,
    parameter STRIDE_X     = 1,
    parameter FRAME        = 8,    // words of a frame
    parameter FRAMES       = 2,    // frames of the memory
    parameter START        = 0,    // word of its bank where the first window's first column is
    parameter FIRST_BANK   = 0,    // that bank
    parameter OPENS        = 1,    // 0: the first position of a pool window is another engine's
    parameter CLOSES       = 1,    // 0: the last one is
    parameter ADDRESS_BITS = 4,
    parameter ROW_BITS     = 7,    // of a row of weights
    parameter PLANE_BITS   = 1,
    parameter BY_COLUMN    = 0,    // 1: a row of weights for each column of a chunk (snn_columns)
    parameter OWN_WORDS    = 0     // 1: each group of lanes reads one word of a column, its own
) (
    input  wire                    clk,
    input  wire                    rst,        // synchronous, active high
    input  wire                    step,
    output wire [ADDRESS_BITS-1:0] address,    // of the banks that hold the window's first column or a later one of its word
    output wire [BANKS-1:0]        bank,       // one bit: where the window's first column is
    output wire [PLANE_BITS-1:0]   plane,      // bit of an element
    output wire [ROW_BITS-1:0]     row,        // of the chunk's first weights
    output wire                    load,       // first chunk of a sum (BY_CHANNEL: each row of it)
    output wire                    shift,      // first chunk of a further plane
    output wire                    done,       // last chunk of a sum
    output wire                    start,      // of the frame's first sum
    output wire [2:0]              tag,        // keep, last and first position of a pool window
    output wire                    finished    // last chunk of the frame
);
    localparam CHUNK_BITS = CHUNKS > 1 ? $clog2(CHUNKS) : 1;
    localparam KY_BITS    = KERNEL_Y > 1 ? $clog2(KERNEL_Y) : 1;
    localparam LANE_BITS  = LANE_GROUPS > 1 ? $clog2(LANE_GROUPS) : 1;
    localparam PX_BITS    = POOL_X > 1 ? $clog2(POOL_X) : 1;
    localparam PY_BITS    = POOL_Y > 1 ? $clog2(POOL_Y) : 1;
    localparam X_BITS     = $clog2(WIDTH + POOL_X + 1);
    localparam Y_BITS     = $clog2(HEIGHT + POOL_Y + 1);
    localparam ALL        = BANKS * CHUNK;
    localparam NEXT_ROW   = BY_CHANNEL != 0 || OWN_WORDS != 0 ? ROW : ROW - CHUNKS + 1;
    localparam WEIGHTS    = BY_COLUMN != 0 ? BANKS : BY_CHANNEL != 0 ? CHUNK : ALL;    // rows of a chunk's weights
    localparam NEXT_LINE  = STRIDE_Y * ROW;
    localparam LAST_START = (FRAMES - 1) * FRAME + START;
    localparam NEXT_BAND  = POOL_Y * STRIDE_Y * ROW;
    localparam DX_WORDS   = STRIDE_X / BANKS * CHUNKS - (OWN_WORDS != 0 ? LANE_GROUPS - 1 : 0);
    localparam DX_TURN    = STRIDE_X % BANKS;
    localparam WX_WORDS   = POOL_X * STRIDE_X / BANKS * CHUNKS;
    localparam WX_TURN    = POOL_X * STRIDE_X % BANKS;
    localparam [BANKS-1:0] LEFT = 1 << FIRST_BANK;
    localparam TOP_X      = WIDTH - 1;
    localparam TOP_Y      = HEIGHT - 1;
    localparam [CHUNK_BITS-1:0]   LAST_CHUNK = CHUNKS[CHUNK_BITS-1:0] - 1'b1;
    localparam [KY_BITS-1:0]      LAST_KY    = KERNEL_Y[KY_BITS-1:0] - 1'b1;
    localparam [PLANE_BITS-1:0]   LAST_PLANE = PLANES[PLANE_BITS-1:0] - 1'b1;
    localparam [LANE_BITS-1:0]    LAST_LANE  = LANE_GROUPS[LANE_BITS-1:0] - 1'b1;
    localparam [PX_BITS-1:0]      LAST_PX    = POOL_X[PX_BITS-1:0] - 1'b1;
    localparam [PY_BITS-1:0]      LAST_PY    = POOL_Y[PY_BITS-1:0] - 1'b1;

    reg [CHUNK_BITS-1:0]   chunk_q;
    reg [KY_BITS-1:0]      ky_q;
    reg [PLANE_BITS-1:0]   plane_q;
    reg [LANE_BITS-1:0]    lane_q;
    reg [PX_BITS-1:0]      px_q;
    reg [PY_BITS-1:0]      py_q;
    reg [X_BITS-1:0]       x_q, window_x_q;
    reg [Y_BITS-1:0]       y_q, window_y_q;
    reg [ADDRESS_BITS-1:0] address_q, chunk_address_q, position_q, line_q, window_q, band_q;    // starts of these
    reg [BANKS-1:0]        bank_q, window_bank_q;
    reg [ROW_BITS-1:0]     row_q, lane_row_q;
    reg [ADDRESS_BITS-1:0] start_q;           // first word of the frame

    // the ends of what is walked over first, and second; where there is one of a kind it needs no counter
    wire last_chunk   = CHUNKS == 1 || OWN_WORDS != 0 || chunk_q == LAST_CHUNK;
    wire last_ky      = KERNEL_Y == 1 || ky_q == LAST_KY;
    wire inner_end    = BY_CHANNEL != 0 ? last_ky : last_chunk;
    wire weights_end  = BY_CHANNEL == 0 || last_ky;
    wire plane_end    = last_chunk && last_ky;
    wire sum_end      = plane_end && (PLANES == 1 || plane_q == {PLANE_BITS{1'b0}});
    wire position_end = sum_end && (LANE_GROUPS == 1 || lane_q == LAST_LANE);
    wire edge_x       = WIDTH == 1 || x_q == TOP_X[X_BITS-1:0];
    wire edge_y       = HEIGHT == 1 || y_q == TOP_Y[Y_BITS-1:0];
    wire last_px      = px_q == LAST_PX || edge_x;
    wire last_py      = py_q == LAST_PY || edge_y;
    wire line_end     = position_end && last_px;
    wire window_end   = line_end && last_py;
    wire band_end     = window_end && edge_x;

    // one position, one pool window to the right: the columns that a word takes turn by the stride
    wire [2*BANKS-1:0]      dx_turn    = {{BANKS{1'b0}}, bank_q} << DX_TURN;
    wire                    dx_wraps   = |dx_turn[2*BANKS-1:BANKS];
    wire [BANKS-1:0]        dx_bank    = dx_turn[2*BANKS-1:BANKS] | dx_turn[BANKS-1:0];
    wire [ADDRESS_BITS-1:0] dx_address = position_q + DX_WORDS[ADDRESS_BITS-1:0]
                                       + (dx_wraps ? CHUNKS[ADDRESS_BITS-1:0] : {ADDRESS_BITS{1'b0}});
    wire [2*BANKS-1:0]      wx_turn    = {{BANKS{1'b0}}, window_bank_q} << WX_TURN;
    wire                    wx_wraps   = |wx_turn[2*BANKS-1:BANKS];
    wire [BANKS-1:0]        wx_bank    = wx_turn[2*BANKS-1:BANKS] | wx_turn[BANKS-1:0];
    wire [ADDRESS_BITS-1:0] wx_address = window_q + WX_WORDS[ADDRESS_BITS-1:0]
                                       + (wx_wraps ? CHUNKS[ADDRESS_BITS-1:0] : {ADDRESS_BITS{1'b0}});
    wire [ADDRESS_BITS-1:0] line_address  = line_q + NEXT_LINE[ADDRESS_BITS-1:0];
    wire [ADDRESS_BITS-1:0] band_address  = band_q + NEXT_BAND[ADDRESS_BITS-1:0];
    wire [ADDRESS_BITS-1:0] frame_address = start_q == LAST_START[ADDRESS_BITS-1:0] ? START[ADDRESS_BITS-1:0]
                                                                                    : start_q + FRAME[ADDRESS_BITS-1:0];
    wire [ADDRESS_BITS-1:0] next_position = finished   ? frame_address :
                                            band_end   ? band_address :
                                            window_end ? wx_address :
                                            line_end   ? line_address : dx_address;

    assign address  = address_q;
    assign bank     = bank_q;
    assign plane    = plane_q;
    assign row      = row_q;
    wire   top      = BY_CHANNEL != 0 || ky_q == {KY_BITS{1'b0}};
    assign load     = chunk_q == {CHUNK_BITS{1'b0}} && top && plane_q == LAST_PLANE;
    assign shift    = chunk_q == {CHUNK_BITS{1'b0}} && top && plane_q != LAST_PLANE;
    assign done     = sum_end;
    assign start    = x_q == {X_BITS{1'b0}} && y_q == {Y_BITS{1'b0}} && lane_q == {LANE_BITS{1'b0}};
    assign tag      = {window_x_q < KEEP_X[X_BITS-1:0] && window_y_q < KEEP_Y[Y_BITS-1:0],
                       CLOSES != 0 && last_px && last_py,
                       OPENS != 0 && px_q == {PX_BITS{1'b0}} && py_q == {PY_BITS{1'b0}}};
    assign finished = band_end && edge_y;

    always @(posedge clk) begin
        if (step) begin
            if (BY_CHANNEL == 0 || last_ky) chunk_q <= last_chunk ? {CHUNK_BITS{1'b0}} : chunk_q + 1'b1;
            if (BY_CHANNEL != 0 || last_chunk) ky_q <= last_ky ? {KY_BITS{1'b0}} : ky_q + 1'b1;
            if (plane_end) plane_q <= sum_end ? LAST_PLANE : plane_q - 1'b1;
            if (sum_end) lane_q <= position_end ? {LANE_BITS{1'b0}} : lane_q + 1'b1;

            row_q <= position_end          ? {ROW_BITS{1'b0}} :
                     plane_end && !sum_end ? lane_row_q : weights_end ? row_q + WEIGHTS[ROW_BITS-1:0] : row_q;
            if (sum_end) lane_row_q <= position_end ? {ROW_BITS{1'b0}} : row_q + WEIGHTS[ROW_BITS-1:0];

            address_q <= position_end                  ? next_position :
                         OWN_WORDS != 0 && sum_end     ? position_q + 1'b1 :
                         plane_end                     ? position_q :
                         BY_CHANNEL != 0 && inner_end  ? chunk_address_q + 1'b1 :
                         BY_CHANNEL != 0 || inner_end  ? address_q + NEXT_ROW[ADDRESS_BITS-1:0] : address_q + 1'b1;
            if (inner_end) chunk_address_q <= position_end ? next_position :
                                              plane_end    ? position_q : chunk_address_q + 1'b1;
            if (position_end) begin
                position_q <= next_position;
                px_q       <= line_end ? {PX_BITS{1'b0}} : px_q + 1'b1;
                x_q        <= band_end                ? {X_BITS{1'b0}} :
                              line_end && !window_end ? window_x_q : x_q + 1'b1;
                bank_q     <= band_end   ? LEFT :
                              window_end ? wx_bank :
                              line_end   ? window_bank_q : dx_bank;
            end else if (OWN_WORDS != 0 && sum_end) position_q <= position_q + 1'b1;
            if (line_end) begin
                line_q <= next_position;
                py_q   <= window_end ? {PY_BITS{1'b0}} : py_q + 1'b1;
                y_q    <= finished               ? {Y_BITS{1'b0}} :
                          window_end && !band_end ? window_y_q : y_q + 1'b1;
            end
            if (window_end) begin
                window_q          <= next_position;
                window_x_q        <= band_end ? {X_BITS{1'b0}} : x_q + 1'b1;
                window_bank_q     <= band_end ? LEFT : wx_bank;
            end
            if (band_end) begin
                band_q     <= next_position;
                window_y_q <= finished ? {Y_BITS{1'b0}} : y_q + 1'b1;
            end
            if (finished) start_q <= frame_address;
        end
        if (rst) begin
            chunk_q           <= {CHUNK_BITS{1'b0}};
            ky_q              <= {KY_BITS{1'b0}};
            plane_q           <= LAST_PLANE;
            lane_q            <= {LANE_BITS{1'b0}};
            px_q              <= {PX_BITS{1'b0}};
            py_q              <= {PY_BITS{1'b0}};
            x_q               <= {X_BITS{1'b0}};
            y_q               <= {Y_BITS{1'b0}};
            window_x_q        <= {X_BITS{1'b0}};
            window_y_q        <= {Y_BITS{1'b0}};
            address_q         <= START[ADDRESS_BITS-1:0];
            chunk_address_q   <= START[ADDRESS_BITS-1:0];
            position_q        <= START[ADDRESS_BITS-1:0];
            line_q            <= START[ADDRESS_BITS-1:0];
            window_q          <= START[ADDRESS_BITS-1:0];
            band_q            <= START[ADDRESS_BITS-1:0];
            bank_q            <= LEFT;
            window_bank_q     <= LEFT;
            row_q             <= {ROW_BITS{1'b0}};
            lane_row_q        <= {ROW_BITS{1'b0}};
            start_q           <= START[ADDRESS_BITS-1:0];
        end
    end
endmodule
`default_nettype wire
