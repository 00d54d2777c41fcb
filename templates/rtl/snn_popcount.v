// Accumulators of binary weights: BITS inputs per clock, of which each lane has the signs. Of inputs in {0, 1} and weights
// in {-1, +1} the sum is `2 * popcount(inputs & signs) - popcount(inputs)` (runtime-nostd/src/synapse/binary.rs). A lane
// adds up the first count only; the second one is the same for all and is taken off where a finished sum leaves.
// Counts are made of three bits at a time, each with its sign: two functions of six inputs. Three of those make a count of
// nine, and these are added up in pairs. Digit planes, sums that run on and changes: as in snn_lanes.
// Clocks: one per item; the first group leaves FIRST_OUT = 8 clocks after the item that ends a sum, one later for each
// doubling of nines of bits.
`default_nettype none
module snn_popcount #(
    parameter ROWS      = 8,     // words of weights
    parameter ROW_BITS  = 3,
    parameter BITS      = 8,     // inputs of an item
    parameter LANES     = 4,     // a multiple of GROUP
    parameter SUBTRACTS = 0,     // 0: nothing is subtracted
    parameter PLANES    = 1,     // 1: no item doubles the sum
    parameter PERSISTS  = 0,     // 1: items are changes of the sum before; of one plane
    parameter SUM_BITS  = 16,    // signed, above the bits of a count; proven not to overflow
    parameter GROUP     = 2,     // lanes that leave per clock
    parameter WEIGHTS   = "",    // file for $readmemh: the signs of a lane together, 1 for +1, the first input's lowest
    parameter LOADED    = 0,     // of snn_weights
    parameter LARGE     = 0
) (
    input  wire                      clk,
    input  wire                      rst,        // synchronous, active high
    input  wire                      i_valid,    // an item: ...
    input  wire [ROW_BITS-1:0]       i_row,      // ... a row of signs
    input  wire [BITS-1:0]           i_hit,      // ... inputs that are added
    input  wire [BITS-1:0]           i_subtract, // ... or subtracted
    input  wire                      i_load,     // ... to zero
    input  wire                      i_shift,    // ... to the doubled sum
    input  wire                      i_done,     // ... and the sum is finished; not within LANES / GROUP clocks
    input  wire [3:0]                i_tag,      // goes with a finished sum
    output reg                       o_valid,
    output reg  [GROUP*SUM_BITS-1:0] o_sums,     // lowest lane in the lowest bits
    output reg  [3:0]                o_tag,
    input  wire                      w_valid,    // a word of signs, to snn_weights
    input  wire [ROW_BITS-1:0]       w_row,
    input  wire [(LANES*BITS+31)/32-1:0] w_columns,
    input  wire [31:0]               w_data
);
    localparam RUNNING = PLANES == 1;
    localparam NINES   = (BITS + 8) / 9;
    localparam LEVELS  = NINES > 1 ? $clog2(NINES) : 0;   // of adders before a sum
    localparam LEAVES  = 1 << LEVELS;
    localparam STAGES  = 3 + LEVELS;                      // of an item before its sum
    localparam WIDTH   = 4 + LEVELS;                      // of a count
    wire [LANES*BITS-1:0] signs_1q;
    snn_weights #(.ROWS(ROWS), .ROW_BITS(ROW_BITS), .WIDTH(LANES*BITS), .LOADED(LOADED), .LARGE(LARGE), .FILE(WEIGHTS)) u_weights (
        .clk(clk), .read(i_valid), .rows(i_row), .data(signs_1q),
        .w_valid(w_valid), .w_row(w_row), .w_columns(w_columns), .w_data(w_data)
    );

    // what travels beside the signs: the memory, counts of three, counts of nine, adders
    reg [STAGES-1:0]   valids_q, loads_q, shifts_q;
    reg [STAGES:0]     dones_q;
    reg [4*STAGES+3:0] tags_q;
    reg [BITS-1:0]     hit_1q, subtract_1q;
    always @(posedge clk) begin
        hit_1q      <= i_hit;
        subtract_1q <= SUBTRACTS != 0 ? i_subtract : {BITS{1'b0}};
        loads_q     <= {loads_q[STAGES-2:0], i_load};
        shifts_q    <= {shifts_q[STAGES-2:0], i_shift};
        tags_q      <= {tags_q[4*STAGES-1:0], i_tag};
        valids_q    <= rst ? {STAGES{1'b0}} : {valids_q[STAGES-2:0], i_valid};
        dones_q     <= rst ? {(STAGES+1){1'b0}} : {dones_q[STAGES-1:0], i_valid && i_done};
    end
    wire load  = loads_q[STAGES-1];
    wire shift = shifts_q[STAGES-1];
    wire adds  = valids_q[STAGES-1];

    // the counts of each lane, and behind them that of all inputs
    wire [(LANES+1)*WIDTH-1:0] counts;
    genvar i, k;
    generate for (i = 0; i <= LANES; i = i + 1) begin : counted
        wire [9*NINES-1:0] ones;
        for (k = 0; k < 9 * NINES; k = k + 1) begin : place
            if (k >= BITS) begin : beyond
                assign ones[k] = 1'b0;
            end else if (i < LANES) begin : signed_
                assign ones[k] = hit_1q[k] && signs_1q[i*BITS+k] != subtract_1q[k];
            end else begin : all
                assign ones[k] = hit_1q[k];
            end
        end
        reg [3*NINES-1:0] parity_2q, carry_2q;            // of three bits
        for (k = 0; k < 3 * NINES; k = k + 1) begin : three
            wire [2:0] bits = ones[3*k +: 3];
            always @(posedge clk) begin
                parity_2q[k] <= ^bits;
                carry_2q[k]  <= (bits[0] && bits[1]) || (bits[2] && (bits[0] || bits[1]));
            end
        end
        reg  [NINES*4-1:0]  nines_3q;
        for (k = 0; k < NINES; k = k + 1) begin : nine
            wire [2:0] low   = parity_2q[3*k +: 3];
            wire [2:0] high  = carry_2q[3*k +: 3];
            wire       twos  = (low[0] && low[1]) || (low[2] && (low[0] || low[1]));
            wire [1:0] upper = {(high[0] && high[1]) || (high[2] && (high[0] || high[1])), ^high};
            wire       fours = upper[0] && twos;
            always @(posedge clk) nines_3q[4*k +: 4] <= {upper[1] && fours, upper[1] != fours, upper[0] != twos, ^low};
        end
        // node n is the sum of 2n and 2n + 1, the leaves begin at LEAVES
        wire [2*LEAVES*WIDTH-1:0] nodes;
        assign nodes[WIDTH-1:0] = {WIDTH{1'b0}};          // there is no node 0
        for (k = 0; k < LEAVES; k = k + 1) begin : leaf
            if (k < NINES) begin : nine
                wire [WIDTH+3:0] wide = {{WIDTH{1'b0}}, nines_3q[4*k +: 4]};
                wire unused = &{1'b0, wide[WIDTH+3:WIDTH]};
                assign nodes[(LEAVES+k)*WIDTH +: WIDTH] = wide[WIDTH-1:0];
            end else begin : none
                assign nodes[(LEAVES+k)*WIDTH +: WIDTH] = {WIDTH{1'b0}};
            end
        end
        for (k = 1; k < LEAVES; k = k + 1) begin : pair
            reg [WIDTH-1:0] total_q;
            always @(posedge clk) total_q <= nodes[2*k*WIDTH +: WIDTH] + nodes[(2*k+1)*WIDTH +: WIDTH];
            assign nodes[k*WIDTH +: WIDTH] = total_q;
        end
        assign counts[i*WIDTH +: WIDTH] = nodes[WIDTH +: WIDTH];
        wire unused = &{1'b0, nodes[WIDTH-1:0]};
    end endgenerate

    wire [LANES*SUM_BITS-1:0] sums;
    generate for (i = 0; i < LANES; i = i + 1) begin : lane
        reg  [SUM_BITS-1:0] sum_q;
        wire [SUM_BITS-1:0] wide = {{(SUM_BITS-WIDTH){1'b0}}, counts[i*WIDTH +: WIDTH]};
        wire [SUM_BITS-1:0] so_far;
        if (RUNNING) begin : running
            assign so_far = sum_q;
        end else begin : planes
            assign so_far = load ? {SUM_BITS{1'b0}} : shift ? {sum_q[SUM_BITS-2:0], 1'b0} : sum_q;
        end
        always @(posedge clk)
            if (rst) sum_q <= {SUM_BITS{1'b0}};
            else if (adds) sum_q <= so_far + wide;
        assign sums[i*SUM_BITS +: SUM_BITS] = sum_q;
    end endgenerate
    wire                      drained;
    wire [GROUP*SUM_BITS-1:0] halves;
    wire [3:0]                drained_tag;
    snn_drain #(.LANES(LANES), .SUM_BITS(SUM_BITS), .GROUP(GROUP), .RUNNING(RUNNING && PERSISTS == 0)) u_drain (
        .clk(clk), .rst(rst), .i_done(dones_q[STAGES]), .i_sums(sums), .i_tag(tags_q[4*STAGES +: 4]),
        .o_valid(drained), .o_sums(halves), .o_tag(drained_tag)
    );

    // the count of all inputs goes beside the lanes' sums: aside, with a group of them, with the difference
    reg  [SUM_BITS-1:0] all_q, all_1q, all_2q, all_3q;
    wire [SUM_BITS-1:0] wide_all = {{(SUM_BITS-WIDTH){1'b0}}, counts[LANES*WIDTH +: WIDTH]};
    wire [SUM_BITS-1:0] all_so_far = load && PERSISTS == 0 ? {SUM_BITS{1'b0}} : shift ? {all_q[SUM_BITS-2:0], 1'b0} : all_q;
    always @(posedge clk) begin
        if (rst) all_q <= {SUM_BITS{1'b0}};
        else if (adds) all_q <= all_so_far + wide_all;
        if (dones_q[STAGES]) all_1q <= all_q;
        all_2q  <= all_1q;
        all_3q  <= all_2q;
        o_valid <= drained && !rst;
        if (drained) o_tag <= drained_tag;
    end
    generate for (i = 0; i < GROUP; i = i + 1) begin : element
        wire [SUM_BITS-1:0] half = halves[i*SUM_BITS +: SUM_BITS];
        wire unused = &{1'b0, half[SUM_BITS-1]};
        always @(posedge clk)
            if (drained) o_sums[i*SUM_BITS +: SUM_BITS] <= {half[SUM_BITS-2:0], 1'b0} - all_3q;
    end endgenerate
endmodule
`default_nettype wire
