// Ones of a word, SLOTS of them at once, each by itself. Two slots take the lowest and the highest one, so that both are
// one carry chain away; four do so among the even and among the odd bits.
`default_nettype none
module snn_pick #(
    parameter BITS  = 24,    // 2 or more where SLOTS is 4
    parameter SLOTS = 1      // 1, 2 or 4
) (
    input  wire [BITS-1:0]       bits,
    output wire [SLOTS*BITS-1:0] ones,    // one bit each, or none
    output wire [BITS-1:0]       rest     // what no slot took
);
    localparam PARTS = SLOTS > 2 ? SLOTS / 2 : 1;
    localparam EACH  = SLOTS / PARTS;
    genvar p, k;
    generate for (p = 0; p < PARTS; p = p + 1) begin : part
        localparam SIZE = (BITS + PARTS - 1 - p) / PARTS;
        wire [SIZE-1:0] in, below, above, lowest, highest, left;
        assign below  = in - 1'b1;                      // keeps all but the lowest one
        assign lowest = in & ~below;
        if (EACH > 1) begin : pair
            wire [SIZE-1:0] turned;
            wire [SIZE-1:0] less = turned - 1'b1;
            for (k = 0; k < SIZE; k = k + 1) begin : turn
                assign turned[k] = in[SIZE-1-k];
                assign above[k]  = less[SIZE-1-k];      // keeps all but the highest one
            end
            assign highest = in & ~above & below;       // a single one is the lowest
            assign left    = in & above & below;
        end else begin : single
            assign above   = {SIZE{1'b1}};
            assign highest = {SIZE{1'b0}};
            assign left    = in & below;
            wire unused = &{1'b0, above, highest};
        end
        for (k = 0; k < BITS; k = k + 1) begin : bit_
            if (k % PARTS == p) begin : mine
                assign in[k/PARTS]          = bits[k];
                assign rest[k]              = left[k/PARTS];
                assign ones[EACH*p*BITS+k]  = lowest[k/PARTS];
                if (EACH > 1) begin : second
                    assign ones[(EACH*p+1)*BITS+k] = highest[k/PARTS];
                end
            end else begin : other
                assign ones[EACH*p*BITS+k]  = 1'b0;
                if (EACH > 1) begin : second
                    assign ones[(EACH*p+1)*BITS+k] = 1'b0;
                end
            end
        end
    end endgenerate
endmodule
`default_nettype wire
