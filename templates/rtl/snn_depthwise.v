// Accumulators of a depthwise convolution: SLOTS taps of the kernel per clock, each for all channels of a word at once. A
// lane belongs to a channel, and adds its own weight of the tap where that channel's bit is set. MULTIPLE lanes are those
// of one channel. Sums are made and leave as in snn_lanes.
// Clocks: one per item; the first group leaves FIRST_OUT = 6 clocks after the item that ends a sum, one later for each
// doubling of SLOTS.
`default_nettype none
module snn_depthwise #(
    parameter ROWS        = 8,     // words of weights
    parameter ROW_BITS    = 3,
    parameter SLOTS       = 1,     // rows of an item: 1, 2 or 4
    parameter LANES       = 4,     // a multiple of GROUP and of MULTIPLE
    parameter MULTIPLE    = 1,     // lanes of a channel
    parameter WEIGHT_BITS = 8,     // signed
    parameter SUBTRACTS   = 0,     // 0: nothing is subtracted
    parameter PLANES      = 1,     // 1: no item shifts the sum
    parameter DIGIT_BITS  = 1,     // by so many bits; 2: a bit may count twice
    parameter SUM_BITS    = 16,    // signed, above the bits of SLOTS weights; proven not to overflow
    parameter GROUP       = 2,     // lanes that leave per clock
    parameter WEIGHTS     = "",    // file for $readmemh
    parameter LOADED      = 0,     // of snn_weights
    parameter LARGE       = 0
) (
    input  wire                      clk,
    input  wire                      rst,        // synchronous, active high
    input  wire                      i_valid,    // an item: ...
    input  wire [SLOTS*ROW_BITS-1:0] i_row,      // ... rows of weights
    input  wire [SLOTS*LANES/MULTIPLE-1:0] i_hit,      // ... of which these channels' are added
    input  wire [SLOTS*LANES/MULTIPLE-1:0] i_subtract, // ... or subtracted
    input  wire [SLOTS*LANES/MULTIPLE-1:0] i_twice,    // ... and count twice
    input  wire                      i_load,     // ... to zero
    input  wire                      i_shift,    // ... to the shifted sum
    input  wire                      i_done,     // ... and the sum is finished; not within LANES / GROUP clocks
    input  wire [3:0]                i_tag,      // goes with a finished sum
    output wire                      o_valid,
    output wire [GROUP*SUM_BITS-1:0] o_sums,     // lowest lane in the lowest bits
    output wire [3:0]                o_tag,
    input  wire                      w_valid,    // a word of weights, to snn_weights
    input  wire [ROW_BITS-1:0]       w_row,
    input  wire [(LANES*WEIGHT_BITS+31)/32-1:0] w_columns,
    input  wire [31:0]               w_data
);
    localparam RUNNING  = PLANES == 1;
    localparam CHANNELS = LANES / MULTIPLE;
    localparam WIDTH    = WEIGHT_BITS + DIGIT_BITS - 1;
    localparam DEPTH    = SLOTS == 1 ? 0 : SLOTS == 2 ? 1 : 2;   // of the adders before a sum
    localparam STAGES   = 2 + DEPTH;                      // of an item before its sum
    localparam ROW      = LANES * WEIGHT_BITS;
    wire [SLOTS*ROW-1:0] weights_1q;
    snn_weights #(.ROWS(ROWS), .ROW_BITS(ROW_BITS), .WIDTH(ROW), .PORTS(SLOTS), .LOADED(LOADED), .LARGE(LARGE), .FILE(WEIGHTS)) u_weights (
        .clk(clk), .read(i_valid), .rows(i_row), .data(weights_1q),
        .w_valid(w_valid), .w_row(w_row), .w_columns(w_columns), .w_data(w_data)
    );

    // what travels beside the weights: the memory, its output register, adders
    reg [STAGES-1:0]         valids_q, loads_q, shifts_q;
    reg [STAGES:0]           dones_q;
    reg [4*STAGES+3:0]       tags_q;
    reg [SLOTS*CHANNELS-1:0] hit_1q, subtract_1q, twice_1q, carry_2q, carry_3q, carry_4q;
    always @(posedge clk) begin
        {hit_1q, subtract_1q, twice_1q} <= {i_hit, i_subtract, i_twice};
        carry_2q <= SUBTRACTS == 0 ? {(SLOTS*CHANNELS){1'b0}} : hit_1q & subtract_1q;
        carry_3q <= carry_2q;
        carry_4q <= carry_3q;
        loads_q  <= {loads_q[STAGES-2:0], i_load};
        shifts_q <= {shifts_q[STAGES-2:0], i_shift};
        tags_q   <= {tags_q[4*STAGES-1:0], i_tag};
        valids_q <= rst ? {STAGES{1'b0}} : {valids_q[STAGES-2:0], i_valid};
        dones_q  <= rst ? {(STAGES+1){1'b0}} : {dones_q[STAGES-1:0], i_valid && i_done};
    end
    wire load  = loads_q[STAGES-1];
    wire shift = shifts_q[STAGES-1];

    // an inverted number lacks one of its negative: each adder takes one of these in, the sum the last
    wire [CHANNELS-1:0] carry = SLOTS == 1 ? carry_2q[CHANNELS-1:0] :
                                SLOTS == 2 ? carry_3q[SLOTS*CHANNELS-1 -: CHANNELS] : carry_4q[SLOTS*CHANNELS-1 -: CHANNELS];
    wire [LANES*SUM_BITS-1:0] sums;
    genvar i, s;
    generate for (i = 0; i < LANES; i = i + 1) begin : lane
        localparam CHANNEL = i / MULTIPLE;
        // its weights; zero where nothing is added, inverted to subtract
        reg [SLOTS*WIDTH-1:0] weights_2q;
        for (s = 0; s < SLOTS; s = s + 1) begin : slot
            wire                   hit       = hit_1q[s*CHANNELS+CHANNEL];
            wire                   subtracts = SUBTRACTS != 0 && subtract_1q[s*CHANNELS+CHANNEL];
            wire [WEIGHT_BITS-1:0] signed_1  = weights_1q[(s*LANES+i)*WEIGHT_BITS +: WEIGHT_BITS] ^ {WEIGHT_BITS{subtracts}};
            wire [WIDTH-1:0]       weight_1;
            if (DIGIT_BITS > 1) begin : scaled
                // what is shifted into an inverted number is inverted too
                assign weight_1 = twice_1q[s*CHANNELS+CHANNEL] ? {signed_1, subtracts} : {signed_1[WEIGHT_BITS-1], signed_1};
            end else begin : as_it_is
                assign weight_1 = signed_1;
            end
            always @(posedge clk) weights_2q[s*WIDTH +: WIDTH] <= hit ? weight_1 : {WIDTH{1'b0}};
        end
        wire [WIDTH+DEPTH-1:0] added;
        if (SLOTS == 1) begin : one
            assign added = weights_2q;
        end else begin : tree
            reg [SLOTS/2*(WIDTH+1)-1:0] pairs_3q;
            for (s = 0; s < SLOTS / 2; s = s + 1) begin : pair
                wire [WIDTH:0] a = {weights_2q[2*s*WIDTH+WIDTH-1], weights_2q[2*s*WIDTH +: WIDTH]};
                wire [WIDTH:0] b = {weights_2q[(2*s+1)*WIDTH+WIDTH-1], weights_2q[(2*s+1)*WIDTH +: WIDTH]};
                wire [WIDTH:0] total;
                snn_add #(.BITS(WIDTH+1), .CARRY(SUBTRACTS)) u_add (.a(a), .b(b), .carry(carry_2q[2*s*CHANNELS+CHANNEL]), .total(total));
                always @(posedge clk) pairs_3q[s*(WIDTH+1) +: WIDTH+1] <= total;
            end
            if (SLOTS == 2) begin : two
                assign added = pairs_3q;
            end else begin : four
                wire [WIDTH+1:0] a = {pairs_3q[WIDTH], pairs_3q[WIDTH:0]};
                wire [WIDTH+1:0] b = {pairs_3q[2*WIDTH+1], pairs_3q[WIDTH+1 +: WIDTH+1]};
                wire [WIDTH+1:0] total;
                reg  [WIDTH+1:0] total_4q;
                snn_add #(.BITS(WIDTH+2), .CARRY(SUBTRACTS)) u_add (.a(a), .b(b), .carry(carry_3q[CHANNELS+CHANNEL]), .total(total));
                always @(posedge clk) total_4q <= total;
                assign added = total_4q;
            end
        end
        reg  [SUM_BITS-1:0] sum_q;
        wire [SUM_BITS-1:0] wide = {{(SUM_BITS-WIDTH-DEPTH){added[WIDTH+DEPTH-1]}}, added};
        wire [SUM_BITS-1:0] so_far, total;
        if (RUNNING) begin : running
            assign so_far = sum_q;
        end else begin : planes
            assign so_far = load ? {SUM_BITS{1'b0}} : shift ? {sum_q[SUM_BITS-DIGIT_BITS-1:0], {DIGIT_BITS{1'b0}}} : sum_q;
        end
        snn_add #(.BITS(SUM_BITS), .CARRY(SUBTRACTS)) u_add (.a(wide), .b(so_far), .carry(carry[CHANNEL]), .total(total));
        always @(posedge clk)
            if (rst) sum_q <= {SUM_BITS{1'b0}};
            else if (valids_q[STAGES-1]) sum_q <= total;
        assign sums[i*SUM_BITS +: SUM_BITS] = sum_q;
    end endgenerate
    wire unused = &{1'b0, load, shift, carry_4q, subtract_1q, twice_1q};

    snn_drain #(.LANES(LANES), .SUM_BITS(SUM_BITS), .GROUP(GROUP), .RUNNING(RUNNING)) u_drain (
        .clk(clk), .rst(rst), .i_done(dones_q[STAGES]), .i_sums(sums), .i_tag(tags_q[4*STAGES +: 4]),
        .o_valid(o_valid), .o_sums(o_sums), .o_tag(o_tag)
    );
endmodule
`default_nettype wire
