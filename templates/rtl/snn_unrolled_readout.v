// Readout of an unrolled network: the timesteps of a sample become one score per element, all of them at once, and the highest
// score a class, ties to the lowest index. Integer rules: runtime-nostd/src/readout.rs. One timestep per clock; never waits.
`default_nettype none
module snn_unrolled_readout #(
    parameter ELEMENTS   = 10,
    parameter VALUE_BITS = 2,     // signed
    parameter SCORE_BITS = 6,     // signed, VALUE_BITS or more
    parameter TIMESTEPS  = 8,
    parameter REDUCE     = 0,     // 0: sum, 1: last, 2: maximum, 3: first
    parameter INDEX_BITS = 4
) (
    input  wire                           clk,
    input  wire                           rst,          // synchronous, active high
    input  wire                           i_valid,
    input  wire                           i_first,      // first timestep of a sample
    input  wire [ELEMENTS*VALUE_BITS-1:0] i_values,
    output reg                            score_valid,  // for one clock, after the last timestep
    output wire [ELEMENTS*SCORE_BITS-1:0] scores,
    output wire                           class_valid,  // for one clock, LEVELS clocks later
    output wire [INDEX_BITS-1:0]          class_index   // stays until the next
);
    localparam LEVELS    = ELEMENTS > 1 ? $clog2(ELEMENTS) : 0;
    localparam LEAVES    = 1 << LEVELS;
    localparam TIME_BITS = $clog2(TIMESTEPS + 1);
    localparam ONE       = 1;

    reg  [TIME_BITS-1:0] left_q;                        // timesteps from the last one to the end
    wire [TIME_BITS-1:0] left = i_first ? TIMESTEPS[TIME_BITS-1:0] : left_q - 1'b1;
    always @(posedge clk) begin
        if (i_valid) left_q <= left;
        score_valid <= i_valid && left == ONE[TIME_BITS-1:0] && !rst;
    end

    // a tournament: node 1 has won, those of node n are 2n and 2n + 1, the leaves begin at LEAVES
    wire [2*LEAVES*SCORE_BITS-1:0] best;
    wire [2*LEAVES*INDEX_BITS-1:0] index;
    wire [LEVELS:0]                valids;
    assign valids[0] = score_valid;
    assign best[SCORE_BITS-1:0]  = {SCORE_BITS{1'b0}};
    assign index[INDEX_BITS-1:0] = {INDEX_BITS{1'b0}};
    wire unused_root = &{1'b0, best[2*SCORE_BITS-1:0], index[INDEX_BITS-1:0]};
    genvar i, level;
    generate
        for (i = 0; i < LEAVES; i = i + 1) begin : element
            assign index[(LEAVES+i)*INDEX_BITS +: INDEX_BITS] = i;
            if (i < ELEMENTS) begin : there
                reg  [SCORE_BITS-1:0] score_q;
                wire [VALUE_BITS-1:0] given = i_values[i*VALUE_BITS +: VALUE_BITS];
                wire [SCORE_BITS-1:0] value, next;
                if (SCORE_BITS > VALUE_BITS) begin : wider
                    assign value = {{(SCORE_BITS-VALUE_BITS){given[VALUE_BITS-1]}}, given};
                end else begin : same
                    assign value = given;
                end
                if (REDUCE == 0) begin : sum
                    assign next = i_first ? value : score_q + value;
                end else if (REDUCE == 1) begin : last
                    assign next = value;
                end else if (REDUCE == 2) begin : maximum
                    assign next = i_first || $signed(value) >= $signed(score_q) ? value : score_q;
                end else begin : first
                    wire positive = !value[SCORE_BITS-1] && value != {SCORE_BITS{1'b0}};
                    assign next = !i_first && score_q != {SCORE_BITS{1'b0}} ? score_q :
                                  positive ? {{(SCORE_BITS-TIME_BITS){1'b0}}, left} : {SCORE_BITS{1'b0}};
                end
                always @(posedge clk) if (i_valid) score_q <= next;
                assign scores[i*SCORE_BITS +: SCORE_BITS] = score_q;
                assign best[(LEAVES+i)*SCORE_BITS +: SCORE_BITS] = score_q;
            end else begin : absent
                assign best[(LEAVES+i)*SCORE_BITS +: SCORE_BITS] = {SCORE_BITS{1'b0}};
            end
        end
        for (level = 0; level < LEVELS; level = level + 1) begin : round
            localparam NODES = LEAVES >> (level + 1);
            reg valid_q;
            always @(posedge clk) valid_q <= valids[level] && !rst;
            assign valids[level+1] = valid_q;
            for (i = 0; i < NODES; i = i + 1) begin : node
                localparam A     = 2 * (NODES + i);
                localparam B     = A + 1;
                localparam FIRST = (2 * i + 1) << level;    // leaf of the other half
                reg  [SCORE_BITS-1:0] best_q;
                reg  [INDEX_BITS-1:0] index_q;
                wire [SCORE_BITS-1:0] a = best[A*SCORE_BITS +: SCORE_BITS];
                wire [SCORE_BITS-1:0] b = best[B*SCORE_BITS +: SCORE_BITS];
                wire                  better = FIRST < ELEMENTS && $signed(b) > $signed(a);
                always @(posedge clk) if (valids[level]) begin
                    best_q  <= better ? b : a;
                    index_q <= index[(better ? B : A)*INDEX_BITS +: INDEX_BITS];
                end
                assign best[(NODES+i)*SCORE_BITS +: SCORE_BITS]  = best_q;
                assign index[(NODES+i)*INDEX_BITS +: INDEX_BITS] = index_q;
            end
        end
    endgenerate
    assign class_valid = valids[LEVELS];
    assign class_index = index[INDEX_BITS +: INDEX_BITS];
endmodule
`default_nettype wire
