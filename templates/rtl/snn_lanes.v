// Accumulators: SLOTS active inputs and as many wide rows of weights per clock. Each lane sums one output; a finished sum
// leaves (snn_drain) while the next one accumulates, so nothing is ever cleared.
// Integer rules: runtime-nostd/src/synapse. A multi-bit input comes as digit planes: the sum shifts between them. Without
// planes the sums run on from one to the next, modulo 2^SUM_BITS, and what leaves is the difference: no lane needs to load.
// Where the items are changes (snn_delta), what leaves is the sum. Of a depthwise convolution an item is a tap of the kernel
// for all channels of a word (snn_columns), and each lane looks at the bit of its own channel.
// Clocks: one per item; the first group leaves FIRST_OUT = 6 clocks after the item that ends a sum, one later for each
// doubling of SLOTS.
`default_nettype none
module snn_lanes #(
    parameter ROWS        = 8,     // words of weights
    parameter ROW_BITS    = 3,
    parameter SLOTS       = 1,     // rows of an item: 1, 2 or 4
    parameter LANES       = 4,     // a multiple of GROUP
    parameter CHANNELS    = 1,     // bits of an item's row, each for as many lanes; 1: for all
    parameter WEIGHT_BITS = 8,     // signed; 1: a bit, 1 for +1 and 0 for -1
    parameter ODD         = 0,     // 1: a weight is 2 q + 1 of the stored q
    parameter SUBTRACTS   = 0,     // 0: no item subtracts
    parameter PLANES      = 1,     // 1: no item shifts the sum
    parameter DIGIT_BITS  = 1,     // by so many bits; 2: an item may count twice
    parameter PERSISTS    = 0,     // 1: items are changes of the sum before; of one plane
    parameter SUM_BITS    = 16,    // signed, above the bits of SLOTS weights; proven not to overflow
    parameter GROUP       = 2,     // lanes that leave per clock
    parameter WEIGHTS     = "",   // file for $readmemh
    parameter LOADED      = 0,    // of snn_weights
    parameter LARGE       = 0
) (
    input  wire                      clk,
    input  wire                      rst,        // synchronous, active high
    input  wire                      i_valid,    // an item: ...
    input  wire [SLOTS*ROW_BITS-1:0] i_row,      // ... rows of weights
    input  wire [SLOTS*CHANNELS-1:0] i_hit,      // ... that are added (else only what follows happens)
    input  wire [SLOTS*CHANNELS-1:0] i_subtract, // ... or subtracted
    input  wire [SLOTS*CHANNELS-1:0] i_twice,    // ... and count twice
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
    localparam RUNNING = PLANES == 1;
    localparam BINARY  = WEIGHT_BITS == 1;
    localparam UNEVEN  = ODD != 0 || BINARY;              // an odd weight's lowest bit says that it is added
    localparam ONCE    = UNEVEN ? WEIGHT_BITS + 1 : WEIGHT_BITS;
    localparam WIDTH   = ONCE + DIGIT_BITS - 1;
    localparam DEPTH   = SLOTS == 1 ? 0 : SLOTS == 2 ? 1 : 2;   // of the adders before a sum
    localparam STAGES  = 2 + DEPTH;                       // of an item before its sum
    localparam ROW     = LANES * WEIGHT_BITS;
    localparam ALL     = SLOTS * CHANNELS;
    localparam EACH    = LANES / CHANNELS;                // lanes of a channel
    wire [SLOTS*ROW-1:0] weights_1q;
    snn_weights #(.ROWS(ROWS), .ROW_BITS(ROW_BITS), .WIDTH(ROW), .PORTS(SLOTS), .LOADED(LOADED), .LARGE(LARGE), .FILE(WEIGHTS)) u_weights (
        .clk(clk), .read(i_valid), .rows(i_row), .data(weights_1q),
        .w_valid(w_valid), .w_row(w_row), .w_columns(w_columns), .w_data(w_data)
    );

    // what travels beside the weights: the memory, its output register, adders
    reg [STAGES-1:0]   valids_q, loads_q, shifts_q;
    reg [STAGES:0]     dones_q;
    reg [4*STAGES+3:0] tags_q;
    reg [ALL-1:0]      hit_1q, subtract_1q, twice_1q, carry_2q, carry_3q, carry_4q;
    always @(posedge clk) begin
        {hit_1q, subtract_1q, twice_1q} <= {i_hit, i_subtract, i_twice};
        carry_2q  <= UNEVEN || SUBTRACTS == 0 ? {ALL{1'b0}} : hit_1q & subtract_1q;
        carry_3q  <= carry_2q;
        carry_4q  <= carry_3q;
        loads_q   <= {loads_q[STAGES-2:0], i_load};
        shifts_q  <= {shifts_q[STAGES-2:0], i_shift};
        tags_q    <= {tags_q[4*STAGES-1:0], i_tag};
        valids_q  <= rst ? {STAGES{1'b0}} : {valids_q[STAGES-2:0], i_valid};
        dones_q   <= rst ? {(STAGES+1){1'b0}} : {dones_q[STAGES-1:0], i_valid && i_done};
    end
    wire load  = loads_q[STAGES-1];
    wire shift = shifts_q[STAGES-1];

    // rows of weights; zero where nothing is added, inverted to subtract (of an odd weight that is its negative)
    localparam HELD = DIGIT_BITS > 1 ? WIDTH : WEIGHT_BITS;   // bits of a weight that are held for the adders
    reg [SLOTS*LANES*HELD-1:0] rows_2q;
    reg [ALL-1:0]              hit_2q;
    always @(posedge clk) hit_2q <= hit_1q;

    // an inverted number lacks one of its negative: each adder takes one of these in, the sum the last
    wire [CHANNELS-1:0]       carry = SLOTS == 1 ? carry_2q[CHANNELS-1:0] :
                                      SLOTS == 2 ? carry_3q[ALL-1 -: CHANNELS] : carry_4q[ALL-1 -: CHANNELS];
    wire [LANES*SUM_BITS-1:0] sums;
    genvar i, s;
    generate for (i = 0; i < LANES; i = i + 1) begin : lane
        localparam CHANNEL = i / EACH;
        wire [WIDTH-1:0] weight [0:SLOTS-1];
        for (s = 0; s < SLOTS; s = s + 1) begin : slot
            localparam AT   = s * CHANNELS + CHANNEL;
            localparam HERE = (s * LANES + i) * HELD;
            wire                   subtracts = SUBTRACTS != 0 && subtract_1q[AT];
            wire [WEIGHT_BITS-1:0] signed_1  = weights_1q[(s*LANES+i)*WEIGHT_BITS +: WEIGHT_BITS] ^ {WEIGHT_BITS{subtracts ^ BINARY}};
            wire [HELD-1:0]        weight_1;
            always @(posedge clk) rows_2q[HERE +: HELD] <= hit_1q[AT] ? weight_1 : {HELD{1'b0}};
            if (DIGIT_BITS > 1) begin : scaled
                wire [ONCE-1:0] once;
                if (UNEVEN) begin : odd
                    assign once = {signed_1, 1'b1};
                end else begin : integer_
                    assign once = signed_1;
                end
                // what is shifted into an inverted number is inverted too
                assign weight_1 = twice_1q[AT] ? {once, !UNEVEN && subtracts} : {once[ONCE-1], once};
            end else begin : as_it_is
                assign weight_1 = signed_1;
            end
            if (UNEVEN && DIGIT_BITS == 1) begin : odd
                assign weight[s] = {rows_2q[HERE +: HELD], hit_2q[AT]};
            end else begin : whole
                assign weight[s] = rows_2q[HERE +: HELD];
            end
        end
        wire [WIDTH+DEPTH-1:0] added;
        if (SLOTS == 1) begin : one
            assign added = weight[0];
        end else begin : tree
            reg [SLOTS/2*(WIDTH+1)-1:0] pairs_3q;
            for (s = 0; s < SLOTS / 2; s = s + 1) begin : pair
                wire [WIDTH:0] a = {weight[2*s][WIDTH-1], weight[2*s]};
                wire [WIDTH:0] b = {weight[2*s+1][WIDTH-1], weight[2*s+1]};
                wire [WIDTH:0] total;
                snn_add #(.BITS(WIDTH+1), .CARRY(SUBTRACTS != 0 && !UNEVEN)) u_add (.a(a), .b(b), .carry(carry_2q[s*CHANNELS+CHANNEL]), .total(total));
                always @(posedge clk) pairs_3q[s*(WIDTH+1) +: WIDTH+1] <= total;
            end
            if (SLOTS == 2) begin : two
                assign added = pairs_3q;
            end else begin : four
                wire [WIDTH+1:0] a = {pairs_3q[WIDTH], pairs_3q[WIDTH:0]};
                wire [WIDTH+1:0] b = {pairs_3q[2*WIDTH+1], pairs_3q[WIDTH+1 +: WIDTH+1]};
                wire [WIDTH+1:0] total;
                reg  [WIDTH+1:0] total_4q;
                snn_add #(.BITS(WIDTH+2), .CARRY(SUBTRACTS != 0 && !UNEVEN)) u_add (.a(a), .b(b), .carry(carry_3q[2*CHANNELS+CHANNEL]), .total(total));
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
        snn_add #(.BITS(SUM_BITS), .CARRY(SUBTRACTS != 0 && !UNEVEN)) u_add (.a(wide), .b(so_far), .carry(carry[CHANNEL]), .total(total));
        always @(posedge clk)
            if (rst) sum_q <= {SUM_BITS{1'b0}};
            else if (valids_q[STAGES-1]) sum_q <= total;
        assign sums[i*SUM_BITS +: SUM_BITS] = sum_q;
    end endgenerate
    wire unused = &{1'b0, load, shift, carry_4q, hit_2q, subtract_1q, twice_1q};

    snn_drain #(.LANES(LANES), .SUM_BITS(SUM_BITS), .GROUP(GROUP), .RUNNING(RUNNING && PERSISTS == 0)) u_drain (
        .clk(clk), .rst(rst), .i_done(dones_q[STAGES]), .i_sums(sums), .i_tag(tags_q[4*STAGES +: 4]),
        .o_valid(o_valid), .o_sums(o_sums), .o_tag(o_tag)
    );
endmodule
`default_nettype wire
