// Accumulators: one active input and one wide row of weights per clock. Each lane sums one output; a finished sum leaves
// (snn_drain) while the next one accumulates, so nothing is ever cleared.
// Integer rules: runtime-nostd/src/synapse. A multi-bit input comes as digit planes: the sum doubles between them.
// Clocks: one per item; the first group leaves FIRST_OUT = 5 clocks after the item that ends a sum.
`default_nettype none
module snn_lanes #(
    parameter ROWS        = 8,     // words of weights
    parameter ROW_BITS    = 3,
    parameter LANES       = 4,     // a multiple of GROUP
    parameter WEIGHT_BITS = 8,     // signed; 1: a bit, 1 for +1 and 0 for -1
    parameter ODD         = 0,     // 1: a weight is 2 q + 1 of the stored q
    parameter SUM_BITS    = 16,    // signed, above WEIGHT_BITS + ODD; proven not to overflow
    parameter GROUP       = 2,     // lanes that leave per clock
    parameter WEIGHTS     = ""    // file for $readmemh
) (
    input  wire                      clk,
    input  wire                      rst,        // synchronous, active high
    input  wire                      i_valid,    // an item: ...
    input  wire [ROW_BITS-1:0]       i_row,      // ... a row of weights
    input  wire                      i_hit,      // ... which is added (else only what follows happens)
    input  wire                      i_subtract, // ... or subtracted
    input  wire                      i_load,     // ... to zero
    input  wire                      i_double,   // ... to the doubled sum
    input  wire                      i_done,     // ... and the sum is finished; not within LANES / GROUP clocks
    input  wire [3:0]                i_tag,      // goes with a finished sum
    output wire                      o_valid,
    output wire [GROUP*SUM_BITS-1:0] o_sums,     // lowest lane in the lowest bits
    output wire [3:0]                o_tag
);
    (* ram_style = "block" *) reg [LANES*WEIGHT_BITS-1:0] weights [0:ROWS-1];
    initial if (WEIGHTS != "") $readmemh(WEIGHTS, weights);

    // the memory, its output register, the sum
    reg [LANES*WEIGHT_BITS-1:0] read_q;
    reg [LANES*WEIGHT_BITS-1:0] row_q;
    reg       valid_1q, valid_2q, hit_1q, hit_2q, subtract_1q, subtract_2q, load_1q, load_2q, double_1q, double_2q;
    reg       done_1q, done_2q, done_3q;
    reg [3:0] tag_1q, tag_2q, tag_3q;
    always @(posedge clk) begin
        if (i_valid) read_q <= weights[i_row];
        if (valid_1q) row_q <= read_q;
        {hit_1q, subtract_1q, load_1q, double_1q, tag_1q} <= {i_hit, i_subtract, i_load, i_double, i_tag};
        {hit_2q, subtract_2q, load_2q, double_2q, tag_2q} <= {hit_1q, subtract_1q, load_1q, double_1q, tag_1q};
        tag_3q <= tag_2q;
        {valid_1q, valid_2q} <= rst ? 2'b00 : {i_valid, valid_1q};
        {done_1q, done_2q, done_3q} <= rst ? 3'b000 : {i_valid && i_done, done_1q, done_2q};
    end

    wire                      carry = hit_2q && subtract_2q;
    wire [LANES*SUM_BITS-1:0] sums;
    genvar i;
    generate for (i = 0; i < LANES; i = i + 1) begin : lane
        reg  [SUM_BITS-1:0]    sum_q;
        wire [WEIGHT_BITS-1:0] weight = row_q[i*WEIGHT_BITS +: WEIGHT_BITS];
        // what is added is inverted to subtract; `carry` adds the one that is missing then
        wire [SUM_BITS-1:0]    wide;
        if (WEIGHT_BITS == 1) begin : binary
            assign wide = {{(SUM_BITS-1){!weight}}, 1'b1};
        end else if (ODD != 0) begin : odd
            assign wide = {{(SUM_BITS-WEIGHT_BITS-1){weight[WEIGHT_BITS-1]}}, weight, 1'b1};
        end else begin : integer_
            assign wide = {{(SUM_BITS-WEIGHT_BITS){weight[WEIGHT_BITS-1]}}, weight};
        end
        always @(posedge clk) begin
            if (valid_2q) sum_q <= (load_2q ? {SUM_BITS{1'b0}} : double_2q ? {sum_q[SUM_BITS-2:0], 1'b0} : sum_q)
                                 + (hit_2q ? wide ^ {SUM_BITS{subtract_2q}} : {SUM_BITS{1'b0}})
                                 + {{(SUM_BITS-1){1'b0}}, carry};
        end
        assign sums[i*SUM_BITS +: SUM_BITS] = sum_q;
    end endgenerate

    snn_drain #(.LANES(LANES), .SUM_BITS(SUM_BITS), .GROUP(GROUP)) u_drain (
        .clk(clk), .rst(rst), .i_done(done_3q), .i_sums(sums), .i_tag(tag_3q),
        .o_valid(o_valid), .o_sums(o_sums), .o_tag(o_tag)
    );
endmodule
`default_nettype wire
